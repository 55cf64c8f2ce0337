"""Expressions of observations parse, and every call in them names something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from supplygraph.dataset.cells import shorten
from supplygraph.dataset.tables import ROW, Dataset
from supplygraph.errors import Fault, SelectorError
from supplygraph.schema import hint
from supplygraph.selectors import Call, IndexedColumn, Selector, Term, match, parse_expression

_POOL_FUNCTIONS = ("use", "surplus", "unexplained", "trade")
TERMS_KEPT = 256
_NEEDED = ("countries", "facilities", "capacities", "recipes", "materials")


def check_expressions(dataset: Dataset) -> Iterator[Fault]:
    """Parse each expression and look for the nodes it names.

    Made amounts are sought among the materials that each plant's recipes put out; use, trade,
    surplus and unexplained use among materials in markets.
    """
    frame = dataset["observations"]
    complete = all(dataset.has(t) for t in _NEEDED)
    nodes = _Nodes(dataset) if complete and len(frame) else None
    for row, text in zip(frame[ROW], frame["expression"], strict=True):
        if not text:
            continue
        try:
            parsed = parse_expression(text)
            for call in (*parsed.numerator, *parsed.denominator):
                if nodes is not None:
                    nodes.require(call)
        except SelectorError as error:
            rule, way_out = _split(str(error))
            yield Fault("observations.csv", row, "expression", shorten(text), rule, way_out)


def _split(message: str) -> tuple[str, str]:
    """Rule and way out of a selector error, which reads "what 'text': rule. Way out."."""
    rule, _, way_out = message.partition("': ")[2].partition(". ")
    return (f"not an expression that names something: {rule or message}", way_out)


class _Nodes:
    """What selectors can name: (plant, output) rows and (material, market) rows."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.markets = tuple(dict.fromkeys(dataset["countries"]["market"]))
        materials = dataset["materials"]
        self.elements = dict(zip(materials["id"], materials["element"], strict=True))
        self.stages = dict(zip(materials["id"], materials["stage"], strict=True))
        self.tables = {"plants": self._plants(), "pools": self._pools()}
        self.users = IndexedColumn([*dataset["facilities"]["id"], *dataset["products"]["id"]])
        self.find = lru_cache(maxsize=TERMS_KEPT)(self._find)

    def require(self, call: Call) -> None:
        """Raise if a call names nothing."""
        place = "pools" if call.function in _POOL_FUNCTIONS else "plants"
        rows: np.ndarray | None = None
        for term in call.selector.terms:
            if call.function == "use" and term.key == "id":
                match(Selector((term,), call.selector.text), {"id": self.users})
                continue
            found = self.find(place, term, call.selector.text)
            rows = found if rows is None else rows & found
        if rows is not None and not rows.any():
            text = call.selector.text
            raise SelectorError(f"selector '{text}': no node meets all its terms. Drop one.")
        for end in (*call.origin.split("|"), *call.destination.split("|")):
            if end != "*" and end not in self.markets:
                near = hint(end, self.markets).strip() or "Name a market of countries.csv."
                raise SelectorError(f"selector '{call.selector.text}': no market '{end}'. {near}")

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
            for material in {m: None for recipe in recipes for m in made.get(recipe, ())}:
                rows[(*head, material, self.elements.get(material, ()))] = None
        keys = ("id", "country", "market", "region", "stage", "process", "operator")
        return _columns((*keys, "owner_country", "status", "material", "element"), list(rows))

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


def _by_id(frame: pd.DataFrame) -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in frame.to_dict("records")}


def _columns(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> dict[str, IndexedColumn]:
    return {name: IndexedColumn([row[i] for row in rows]) for i, name in enumerate(names)}
