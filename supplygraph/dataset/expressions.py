"""Expressions of observations parse, and every call in them names something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from supplygraph.dataset.cells import shorten
from supplygraph.dataset.expression_units import SHARE_UNIT, Named, is_part, unit_problem
from supplygraph.dataset.place_hints import place_hint
from supplygraph.dataset.recipe_checks import HIDDEN_ACTIVITY, SAME
from supplygraph.dataset.tables import ROW, Dataset
from supplygraph.errors import Fault, SelectorError
from supplygraph.selectors import Call, IndexedColumn, Selector, Term, match, parse_expression

_POOL_FUNCTIONS = ("use", "surplus", "unexplained", "trade")
TERMS_KEPT = 256
_NEEDED = ("countries", "facilities", "capacities", "recipes", "materials")


def check_expressions(dataset: Dataset) -> Iterator[Fault]:
    """Parse each expression and look for the nodes it names.

    Made amounts are sought among the materials that each plant's recipes put out; use, trade,
    surplus and unexplained use among materials in markets. What a sum adds up, and the two parts
    of a share, are in one unit, which the row states; a part of a whole is at most 1.
    """
    frame = dataset["observations"]
    complete = all(dataset.has(t) for t in _NEEDED)
    nodes = _Nameable(dataset) if complete and len(frame) else None
    columns = (frame[c] for c in (ROW, "expression", "unit", "value"))
    for row, text, unit, value in zip(*columns, strict=True):
        if not text:
            continue
        try:
            parsed = parse_expression(text)
            if nodes is not None:
                above = [nodes.require(call) for call in parsed.numerator]
                below = [nodes.require(call) for call in parsed.denominator]
                yield from _check_parts(row, text, unit, value, above, below)
        except SelectorError as error:
            rule, way_out = _split(str(error))
            yield Fault("observations.csv", row, "expression", shorten(text), rule, way_out)


def _check_parts(
    row: int, text: str, unit: str, value: float, above: list[Named], below: list[Named]
) -> Iterator[Fault]:
    """The unit of a row whose expression names something, and a share above its whole."""
    if bool(below) != (unit == SHARE_UNIT):
        return  # a fault of its own
    problem = unit_problem(unit, above, below)
    if problem:
        column, rule, way_out = problem
        shown = unit if column == "unit" else text
        yield Fault("observations.csv", row, column, shorten(shown), rule, way_out)
    elif below and value > 1 and is_part(above, below):
        percent = f"{value:g} % is written {value / 100:g}. " if value <= 100 else ""
        way_out = f"{percent}Write a share from 0 to 1."
        rule = "a part above its whole"
        yield Fault("observations.csv", row, "value", f"{value:g}", rule, way_out)


def _split(message: str) -> tuple[str, str]:
    """Rule and way out of a selector error, which reads "what 'text': rule. Way out."."""
    rule, _, way_out = message.partition("': ")[2].partition(". ")
    return (f"not an expression that names something: {rule or message}", way_out)


class _Nameable:
    """What selectors can name: (plant, output) rows and (material, market) rows."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.markets = tuple(dict.fromkeys(dataset["countries"]["market"]))
        materials = dataset["materials"]
        self.elements = dict(zip(materials["id"], materials["element"], strict=True))
        self.stages = dict(zip(materials["id"], materials["stage"], strict=True))
        self.units = {
            name: frozenset({unit})
            for name, unit in zip(materials["id"], materials["unit"], strict=True)
            if unit
        }
        self.activity_units = _activity_units(dataset, self.units)
        self.takers = _takers(dataset)
        self.tables = {"plants": self._plants(), "pools": self._pools()}
        self.names = [*map(str, (*dataset["facilities"]["id"], *dataset["products"]["id"]))]
        self.users = IndexedColumn(self.names)
        self.find = lru_cache(maxsize=TERMS_KEPT)(self._find)

    def require(self, call: Call) -> Named:
        """What a call names; raise if that is nothing."""
        place = "pools" if call.function in _POOL_FUNCTIONS else "plants"
        rows: np.ndarray | None = None
        users: np.ndarray | None = None
        for term in call.selector.terms:
            if call.function == "use" and term.key == "id":
                found = match(Selector((term,), call.selector.text), {"id": self.users})
                users = found if users is None else users & found
                continue
            found = self.find(place, term, call.selector.text)
            rows = found if rows is None else rows & found
        if rows is not None and not rows.any():
            text = call.selector.text
            raise SelectorError(f"selector '{text}': no node meets all its terms. Drop one.")
        for end in (*call.origin.split("|"), *call.destination.split("|")):
            if end != "*" and end not in self.markets:
                near = place_hint(end, self.dataset["countries"], "market", everywhere=True)
                near = near or "Name a market of countries.csv."
                raise SelectorError(f"selector '{call.selector.text}': no market '{end}'. {near}")
        table = self.tables[place]
        hit = np.ones(len(table["id"]), dtype=bool) if rows is None else rows
        return self._named(call, table, np.flatnonzero(hit), users)

    def _named(
        self,
        call: Call,
        table: Mapping[str, IndexedColumn],
        rows: np.ndarray,
        users: np.ndarray | None,
    ) -> Named:
        """What the rows found stand for: recipes for `activity`, else materials."""
        cells = table["recipe" if call.function == "activity" else "material"].cells
        things = {str(cells[int(i)]) for i in rows}
        places = frozenset[object](rows.tolist())
        if call.function == "use":
            named = range(len(self.names)) if users is None else np.flatnonzero(users)
            names = {self.names[int(i)] for i in named}
            drawn = [(int(i), n) for i in rows for n in self.takers.get(str(cells[int(i)]), ())]
            places = frozenset((row, name) for row, name in drawn if name in names)
            things = {str(cells[row]) for row, name in drawn if name in names}
            if users is not None and not places:
                text = call.selector.text
                raise SelectorError(
                    f"selector '{text}': no plant or product uses it. Name one that does."
                )
        unit_of = self.activity_units if call.function == "activity" else self.units
        return Named(call, {t: unit_of[t] for t in things if unit_of.get(t)}, places)

    def _find(self, place: str, term: Term, text: str) -> np.ndarray:
        table = self.tables[place]
        if term.key == "kind" or not len(table["id"]):
            return np.ones(len(table["id"]), dtype=bool)
        column = {term.key: table[term.key]} if term.key in table else {"id": table["id"]}
        return match(Selector((term,), text), column)

    def _plants(self) -> dict[str, IndexedColumn]:
        lines, made = self.dataset["capacities"], self._made()
        plants = _by_id(self.dataset["facilities"])
        countries = _by_id(self.dataset["countries"])
        operators = _by_id(self.dataset["operators"])
        rows: dict[tuple[object, ...], None] = {}
        for name, recipes, process in zip(
            lines["facility"], lines["recipes"], lines["process"], strict=True
        ):
            plant = plants.get(name, {})
            country = plant.get("country", "")
            place = countries.get(country, {})
            head = (
                name,
                country,
                place.get("market", ""),
                place.get("region", ""),
                plant.get("stage", ""),
                process or plant.get("process", ""),
                plant.get("operator", ""),
                operators.get(plant.get("operator", ""), {}).get("country", ""),
                plant.get("status", ""),
            )
            for recipe in recipes:
                for material in made.get(recipe, ()):
                    rows[(*head, material, self.elements.get(material, ()), recipe)] = None
        first = ("id", "country", "market", "region", "stage", "process", "operator")
        keys = (*first, "owner_country", "status", "material", "element", "recipe")
        return _columns(keys, list(rows))

    def _made(self) -> dict[str, list[str]]:
        """Materials that each recipe puts out, oxides of an ore written out."""
        frame = self.dataset["materials"]
        oxides = {
            parts[0]: name
            for name, unit, parts in zip(frame["id"], frame["unit"], frame["element"], strict=True)
            if unit == "t_oxide" and len(parts) == 1
        }
        shares = self.dataset["compositions"]
        vectors = shares.groupby("material")["element"].agg(list).to_dict()
        for bundle, parts in zip(frame["id"], frame["bundle_elements"], strict=True):
            if parts:
                vectors[bundle] = list(parts)
        recipes = self.dataset["recipes"]
        outputs = recipes[recipes["direction"] == "out"]
        made: dict[str, list[str]] = {}
        for recipe, material in zip(outputs["recipe"], outputs["material"], strict=True):
            found = made.setdefault(recipe, [])
            if material.startswith("oxides:"):
                parts = vectors.get(material.removeprefix("oxides:"), [])
                found += [oxides[element] for element in parts if element in oxides]
            else:
                found.append(material.removeprefix("bundle:"))
        return made

    def _pools(self) -> dict[str, IndexedColumn]:
        countries = self.dataset["countries"]
        members = countries.groupby("market")["id"].agg(tuple).to_dict()
        regions = dict(zip(countries["market"], countries["region"], strict=True))
        rows = []
        for material, stage in self.stages.items():
            for market in self.markets:
                place = (members[market], market, regions[market])
                name = f"{material}@{market}"
                rows.append((name, *place, stage, material, self.elements[material]))
        return _columns(("id", "country", "market", "region", "stage", "material", "element"), rows)


def _activity_units(
    dataset: Dataset, units: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    """Units of which one stands for one unit of activity of a recipe.

    A recipe that takes 1 t of ore for 0.9 t of oxides counts t_reo; one that gives 0.7 t of
    finished magnets a tonne of what no material stands for counts its blanks.
    """
    found: dict[str, set[str]] = {}
    frame = dataset["recipes"]
    rows = zip(frame["recipe"], frame["material"], frame["quantity"], strict=True)
    for recipe, material, quantity in rows:
        counted = found.setdefault(recipe, set())
        unit = units.get(material, frozenset())
        counted |= unit if abs(quantity - 1) < SAME else frozenset()
        counted |= {HIDDEN_ACTIVITY[u] for u in unit if u in HIDDEN_ACTIVITY}
    return {recipe: frozenset(counted) for recipe, counted in found.items()}


def _takers(dataset: Dataset) -> dict[str, set[str]]:
    """Plants and products that take in each material."""
    takers: dict[str, set[str]] = {}
    frame = dataset["recipes"]
    inputs = frame[frame["direction"] == "in"].groupby("recipe")["material"].agg(set).to_dict()
    lines = dataset["capacities"]
    for plant, recipes in zip(lines["facility"], lines["recipes"], strict=True):
        for recipe in recipes:
            for material in inputs.get(recipe, ()):
                takers.setdefault(material, set()).add(plant)
    needs = dataset["needs"]
    for product, material in zip(needs["product"], needs["material"], strict=True):
        takers.setdefault(material, set()).add(product)
    return takers


def _by_id(frame: pd.DataFrame) -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in frame.to_dict("records")}


def _columns(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> dict[str, IndexedColumn]:
    return {name: IndexedColumn([row[i] for row in rows]) for i, name in enumerate(names)}
