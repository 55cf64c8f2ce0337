"""No loop of recipes gives more than it takes, of anything or of one element.

Recipes form a loop where what one gives another takes. Run side by side at rates ``x >= 0``, with
``A`` their outputs less their inputs, a loop makes goods from nothing if some ``x`` has

    A x >= 0    and    A x > 0 for one material

so that no mine and no outside feed is needed. Of one element the same holds over the materials
that hold it or may hold it, with all others at will: a magnet plant may draw on iron, never make
dysprosium from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

import networkx as nx
import numpy as np

from supplygraph.dataset.mass import Contents, contents, excess
from supplygraph.dataset.recipe_checks import sound_recipes
from supplygraph.dataset.recipes import Recipe
from supplygraph.dataset.tables import Dataset
from supplygraph.errors import Fault

# A loop without loss, written with a few digits, may seem to gain by its last one.
ROUNDING = 1e-3
# Rates are solved to 1e-7; what a loop gains must stand out of that.
CLEAR_GAIN = 1e-5
CHOICES = 64


@dataclass(frozen=True)
class _Way:
    """One way to run a recipe: its outputs less its inputs, with one choice of each group."""

    recipe: Recipe
    taken: Mapping[str, float]
    given: Mapping[str, float]


def check_loops(dataset: Dataset) -> Iterator[Fault]:
    """No loop of recipes with material inputs makes goods, or an element, from nothing."""
    ends = contents(dataset)
    recipes = {
        name: recipe
        for name, recipe in sound_recipes(dataset).items()
        if recipe.inputs and not excess(recipe, ends)  # a fault of its own
    }
    told: set[str] = set()
    for loop in _loops(recipes.values()):
        ways = [way for name in sorted(loop) for way in _ways(recipes[name])]
        for element in ("", *_elements(ways, ends[0])):
            held = _holders(ways, element, ends[0])
            if told.isdisjoint(loop) and (found := _gain(ways, held, ROUNDING)):
                told |= loop
                yield _fault(_gain([way for way, _ in found], held, 0.0) or found, element)


def _loops(recipes: Collection[Recipe]) -> Iterator[set[str]]:
    """Recipes between materials that lead to each other, a set for each such group."""
    graph = nx.DiGraph()
    for recipe in recipes:
        for flow in recipe.inputs:
            graph.add_edge(("material", flow.material), ("recipe", recipe.name))
        for flow in recipe.outputs:
            graph.add_edge(("recipe", recipe.name), ("material", flow.material))
    groups = [part for part in nx.strongly_connected_components(graph) if len(part) > 1]
    for part in sorted(groups, key=min):
        yield {name for kind, name in part if kind == "recipe"}


def _ways(recipe: Recipe) -> Iterator[_Way]:
    groups: dict[str, list[tuple[str, float]]] = {}
    for flow in recipe.inputs:
        key = flow.group or f"={flow.material}"
        groups.setdefault(key, []).append((flow.material, flow.quantity))
    given: dict[str, float] = {}
    for flow in recipe.outputs:
        given[flow.material] = given.get(flow.material, 0.0) + flow.quantity
    for choice in islice(product(*groups.values()), CHOICES):
        taken: dict[str, float] = {}
        for material, quantity in choice:
            taken[material] = taken.get(material, 0.0) + quantity
        yield _Way(recipe, taken, given)


def _elements(ways: Sequence[_Way], known: Contents) -> list[str]:
    return sorted({e for way in ways for m in way.given for e in known.known(m)})


def _holders(ways: Sequence[_Way], element: str, known: Contents) -> list[str]:
    """Materials that hold an element or may hold it; all of them where none is named."""
    every = sorted({m for way in ways for m in (*way.taken, *way.given)})
    wanted = frozenset({element})
    return [m for m in every if not element or known.most(m, wanted) > 0]


def _gain(
    ways: Sequence[_Way], held: Sequence[str], rounding: float
) -> list[tuple[_Way, float]] | None:
    """Rates at which the ways make some of what is held and use up none of it, or None."""
    from scipy.optimize import linprog

    place = {material: i for i, material in enumerate(held)}
    net = np.zeros((len(held), len(ways)))
    for column, way in enumerate(ways):
        for side, sign in ((way.given, 1 - rounding), (way.taken, -1.0)):
            for material, quantity in side.items():
                if material in place and quantity > 0:
                    net[place[material], column] += sign * quantity
    # A recipe may count in tonnes what another counts in kilograms: each at a rate of its size.
    size = np.abs(net).max(axis=0, initial=0.0)
    size[size == 0] = 1.0
    scaled = net / size
    answer = linprog(-scaled.sum(axis=0), A_ub=-scaled, b_ub=np.zeros(len(held)), bounds=(0, 1))
    if answer.status != 0:
        return None
    rates = np.where(answer.x > CLEAR_GAIN, answer.x, 0.0)
    if not rates.any() or (scaled @ rates).max() < CLEAR_GAIN:
        return None
    return [(way, r / s) for way, r, s in zip(ways, rates, size, strict=True) if r > 0]


def _fault(found: Sequence[tuple[_Way, float]], element: str) -> Fault:
    """Names the recipes, and the material of which most comes back for what is taken."""
    taken: dict[str, float] = {}
    given: dict[str, float] = {}
    for way, rate in found:
        for side, total in ((way.taken, taken), (way.given, given)):
            for material, quantity in side.items():
                total[material] = total.get(material, 0.0) + rate * quantity
    gains = {m: given.get(m, 0.0) / t for m, t in taken.items() if t > 0}
    best = max(sorted(gains), key=lambda m: gains[m])
    names = sorted({way.recipe.name for way, _ in found})
    what = f" {element}" if element else ""
    rule = f"a loop that makes more{what} than it takes: of 1 {best} comes back {gains[best]:.4g}"
    row = min(way.recipe.outputs[0].row for way, _ in found)
    way_out = "Correct the quantities of one of them: nothing comes from nothing."
    return Fault("recipes.csv", row, "recipe", ", ".join(names), rule, way_out)
