"""No recipe gives more of an element than it takes in.

What a tonne of a material holds of an element is known between two bounds:

    ore, carbonate, bundle   share of its oxide by the vector x metal per oxide
    one element's oxide      metal per oxide;  its metal: 1
    several elements         1 in all, each from 0 to 1 (NdPr metal)
    anything else            from nothing to all of its mass (an alloy, a magnet, scrap)

A recipe is at fault only where even the least that its outputs hold is more than the most that
its inputs hold. Mines, which take in no material, are free to give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import inf

from supplygraph.dataset.recipe_checks import sound_recipes
from supplygraph.dataset.recipes import Recipe, RecipeFlow, vectors
from supplygraph.dataset.tables import Dataset
from supplygraph.errors import Fault
from supplygraph.units import element_per_tonne

# Quantities are published to two or three digits: 1.2 t of oxide for what stoichiometry puts at
# 1.208 is no error.
TOLERANCE = 0.01
# Metal in an oxide that the dataset does not state: of rare earths from scandium, .65, upwards.
UNSTATED = (0.6, 1.0)
OXIDE_UNITS = ("t_oxide", "t_reo")
_Elements = frozenset[str]


@dataclass(frozen=True)
class Contents:
    """Bounds of what materials hold, with metal per oxide at one end of what is not stated."""

    units: Mapping[str, str]
    elements: Mapping[str, tuple[str, ...]]
    vectors: Mapping[str, Mapping[str, float]]
    metal: Mapping[str, float]

    def most(self, material: str, wanted: _Elements) -> float:
        """Most tonnes of the elements together that one unit of a material holds."""
        if self.units.get(material) == "piece":
            return inf  # of unknown mass
        if material in self.vectors:
            return self._by_vector(material, wanted)
        stated = frozenset(self.elements.get(material, ()))
        shared = wanted & stated if stated else wanted
        return max((self._of(material, e) for e in shared), default=0.0)

    def least(self, material: str, wanted: _Elements) -> float:
        """Least tonnes of the elements together that one unit of a material holds."""
        if material in self.vectors:
            return self._by_vector(material, wanted)
        stated = frozenset(self.elements.get(material, ()))
        pure = self.units.get(material) in (*OXIDE_UNITS, "t_metal")
        if not pure or not stated or not stated <= wanted:
            return 0.0
        return min(self._of(material, e) for e in stated)

    def known(self, material: str) -> _Elements:
        """Elements of which a material certainly holds some, alone or together."""
        if material in self.vectors:
            return frozenset(e for e, share in self.vectors[material].items() if share > 0)
        stated = frozenset(self.elements.get(material, ()))
        return stated if self.least(material, stated) > 0 else frozenset()

    def _by_vector(self, material: str, wanted: _Elements) -> float:
        shares = self.vectors[material]
        return sum(shares.get(e, 0.0) * self.metal.get(e, 1.0) for e in wanted)

    def _of(self, material: str, element: str) -> float:
        return element_per_tonne(self.units.get(material, ""), self.metal.get(element, 1.0))


def contents(dataset: Dataset) -> tuple[Contents, Contents]:
    """Contents with unstated metal per oxide at its lower and at its upper end."""
    materials, elements = dataset["materials"], dataset["elements"]
    units = dict(zip(materials["id"], materials["unit"], strict=True))
    parts = dict(zip(materials["id"], materials["element"], strict=True))
    shares = vectors(dataset)
    stated = dict(zip(elements["id"], elements["metal_per_oxide"], strict=True))
    names = {e for found in parts.values() for e in found} | {e for v in shares.values() for e in v}
    low, high = (
        {e: stated[e] if stated.get(e, 0.0) > 0 else end for e in names} for end in UNSTATED
    )
    return Contents(units, parts, shares, low), Contents(units, parts, shares, high)


def check_mass(dataset: Dataset) -> Iterator[Fault]:
    """Per element, no recipe with a material input gives more than it takes in."""
    ends = contents(dataset)
    materials = dataset["materials"]
    mined = set(materials.loc[materials["stage"] == "mine", "id"])
    for _, recipe in sorted(sound_recipes(dataset).items()):
        # An ore comes from the ground: what a mine takes in besides, reagents and fuel, states no
        # element and need not hold what comes out.
        reagents = not any(ends[0].known(flow.material) for flow in recipe.inputs)
        if reagents and mined.issuperset(flow.material for flow in recipe.outputs):
            continue
        found = excess(recipe, ends)
        if found:
            elements, given, taken = found
            what = " and ".join(sorted(elements))
            rule = f"a recipe that gives {given:.4g} of {what} and takes in {taken:.4g}"
            way_out = "Correct its quantities or the contents: nothing comes from nothing."
            row = recipe.outputs[0].row
            yield Fault("recipes.csv", row, "recipe", recipe.name, rule, way_out)


def excess(
    recipe: Recipe, ends: tuple[Contents, Contents]
) -> tuple[_Elements, float, float] | None:
    """Elements of which a recipe gives more than it takes, with both in tonnes, or None.

    The difference is linear in the metal per oxide, so what holds at both ends of its range
    holds between them.
    """
    if not recipe.inputs:
        return None
    worst: tuple[float, _Elements, float, float] | None = None
    for wanted in sorted(_sets(recipe, ends[0]), key=sorted):
        sides = [_sides(recipe, wanted, end) for end in ends]
        if all(given > taken * (1 + TOLERANCE) for given, taken in sides):
            given, taken = sides[0]
            ratio = given / taken if taken > 0 else inf
            if worst is None or ratio > worst[0]:
                worst = (ratio, wanted, given, taken)
    return worst[1:] if worst else None


def _sets(recipe: Recipe, known: Contents) -> set[_Elements]:
    """Each element that comes out, those that come out only together, and all of them."""
    parts = [known.known(flow.material) for flow in recipe.outputs]
    every = frozenset().union(*parts)
    return {part for part in [*parts, *(frozenset({e}) for e in every), every] if part}


def _sides(recipe: Recipe, wanted: _Elements, known: Contents) -> tuple[float, float]:
    given = _total(recipe.outputs, lambda m: known.least(m, wanted), min)
    return given, _total(recipe.inputs, lambda m: known.most(m, wanted), min)


def _total(
    flows: tuple[RecipeFlow, ...],
    held: Callable[[str], float],
    choice: Callable[[list[float]], float],
) -> float:
    """Sum over flows; of alternatives, each of which may serve alone, the one chosen."""
    groups: dict[str, list[float]] = {}
    for flow in flows:
        amount = flow.quantity * held(flow.material) if flow.quantity > 0 else 0.0
        groups.setdefault(flow.group or f"={flow.material}", []).append(amount)
    return sum(choice(amounts) for amounts in groups.values())
