"""Small supply networks for tests, written by hand in a few lines.

A `Network` collects rows and writes the same CSV tables that a person would. `solve` reads the
folder back and gives the baseline with both engines over it (`solved_networks`).
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml

from supplygraph.dataset import read_dataset
from supplygraph.graph import SupplyGraph, compile_graph
from tests.solved_networks import Solved

YEAR = 2024
UNIT = {
    "mine": "t_reo",
    "separation": "t_oxide",
    "metal": "t_metal",
    "magnet": "t_finished",
    "component": "piece",
}
Amounts = Mapping[str, float]


@dataclass
class Network:
    """Rows of a dataset, table by table."""

    tables: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    documents: dict[str, dict[str, object]] = field(default_factory=dict)

    def document(self, folder: str, name: str, **content: object) -> Network:
        """A YAML file of the dataset, such as a project."""
        self.documents.setdefault(folder, {})[name] = content
        return self

    def later(self, plant: str, month: str, capacity: float | None, line: int = 1) -> Network:
        """Another dated row of a line, with the recipes it has."""
        row = next(
            row
            for row in self.tables["capacities"]
            if row["facility"] == plant and row["line"] == line
        )
        quantity = "" if capacity is None else repr(float(capacity))
        self.tables["capacities"].append(row | {"from_date": month, "quantity": quantity})
        return self

    def add(self, table: str, **row: object) -> None:
        self.tables.setdefault(table, []).append(row)

    def places(self, *names: str) -> Network:
        """Countries that are markets of their own; ``C2/C`` puts country C2 into market C."""
        for name in names:
            country, _, market = name.partition("/")
            market = market or country
            self.add("countries", id=country, name=country, market=market, region=market)
        return self

    def material(self, name: str, stage: str) -> Network:
        self.add("materials", id=name, stage=stage, element="", unit=UNIT[stage])
        return self

    def recipe(
        self,
        name: str,
        makes: Amounts,
        takes: Amounts | None = None,
        optional: Amounts | None = None,
        either: Sequence[Amounts] = (),
    ) -> Network:
        """Inputs that must all come, inputs that may lack, and groups that replace each other."""
        for material, quantity in makes.items():
            self.add("recipes", recipe=name, material=material, direction="out", quantity=quantity)
        for flags, material, quantity in _inputs(takes, optional, either):
            self.add(
                "recipes",
                recipe=name,
                material=material,
                direction="in",
                quantity=quantity,
                **flags,
            )
        return self

    def plant(
        self,
        name: str,
        country: str,
        *recipes: str,
        capacity: float | None = None,
        process: str = "",
        status: str = "operating",
        parent: str = "",
        kind: str = "",
        separate: bool = False,
    ) -> Network:
        """A plant with all recipes on one line, or with a line for each (``separate``)."""
        stage, unit = self._made_at(recipes[0]) if recipes else ("mine", "t_reo")
        self.add(
            "facilities",
            id=name,
            name=name,
            country=country,
            operator="op",
            stage=stage,
            process=process or stage,
            status=status,
            parent_id=parent,
            aggregate_kind=kind,
        )
        groups = [[recipe] for recipe in recipes] if separate else [list(recipes)] * bool(recipes)
        for line, group in enumerate(groups, 1):
            self.add(
                "capacities",
                facility=name,
                line=line,
                recipes=";".join(group),
                quantity="" if capacity is None else repr(float(capacity)),
                unit=f"{unit}/yr",
                kind="nameplate",
                from_date="2020-01",
                counts=self._counts(group, unit),
            )
        return self

    def _counts(self, recipes: Sequence[str], unit: str) -> str:
        """Feed, where a capacity in this unit might count feed or product."""
        sides: dict[str, set[str]] = {recipe: set() for recipe in recipes}
        for row in self.tables["recipes"]:
            if row["recipe"] in sides and self._unit(str(row["material"])) == unit:
                sides[str(row["recipe"])].add(str(row["direction"]))
        unclear = any(len(found) == 2 for found in sides.values())
        return "feed" if unclear and all("in" in found for found in sides.values()) else ""

    def _made_at(self, recipe: str) -> tuple[str, str]:
        stage = {row["id"]: str(row["stage"]) for row in self.tables["materials"]}
        for row in self.tables["recipes"]:
            if row["recipe"] == recipe and row["direction"] == "out":
                found = stage[row["material"]]
                return found, UNIT[found]
        raise KeyError(recipe)

    def product(
        self,
        name: str,
        needs: Amounts,
        optional: Amounts | None = None,
        either: Sequence[Amounts] = (),
        *,
        sector: str = "other",
        value: float | None = None,
        grade: str = "A",
        segment: str = "civil",
        kind: str = "",
    ) -> Network:
        """Tonnes of each material for one unit of the product."""
        self.add(
            "products",
            id=name,
            name=name,
            sector=sector,
            segment=segment,
            kind=kind,
            basis="counted",
            unit="unit",
            value_usd="" if value is None else repr(value),
        )
        for flags, material, quantity in _inputs(needs, optional, either):
            mass = "piece" if self._unit(material) == "piece" else "t"
            self.add(
                "needs",
                product=name,
                material=material,
                quantity=repr(float(quantity)),
                unit=f"{mass}/unit",
                need_evidence="A",
                quantity_evidence=grade,
                **flags,
            )
        return self

    def _unit(self, material: str) -> object:
        return next(row["unit"] for row in self.tables["materials"] if row["id"] == material)

    def demand(self, product: str, sigma: float = 0.05, **units: float) -> Network:
        """Units a year by market."""
        for market, count in units.items():
            self.add(
                "demand",
                product=product,
                market=market,
                units=repr(float(count)),
                year=YEAR,
                sigma=sigma,
            )
        return self

    def observe(
        self,
        expression: str,
        value: float,
        sigma: float | str = 0.05,
        role: str = "fit",
        unit: str = "t/yr",
        evidence: str = "",
    ) -> Network:
        number = len(self.tables.get("observations", [])) + 1
        if unit == "t/yr":
            unit = self._guess_unit(expression)
        self.add(
            "observations",
            id=f"o{number:03d}",
            expression=expression,
            value=repr(float(value)),
            unit=unit,
            year=YEAR,
            sigma=sigma,
            role=role,
            evidence=evidence,
        )
        return self

    def _guess_unit(self, expression: str) -> str:
        """Unit of the material that is named, or else of what the plant named makes."""
        ended = expression.replace(" ", ")")
        for row in self.tables["materials"]:
            if f"material={row['id']})" in ended:
                return f"{row['unit']}/yr"
        for row in self.tables.get("capacities", []):
            if f"id={row['facility']})" in ended:
                return f"{self._made_at(str(row['recipes']).split(';')[0])[1]}/yr"
        return "t_reo/yr"

    def trade(
        self, material: str, origin: str, to: str, quantity: float | None, sigma: float = 0.05
    ) -> Network:
        self.add(
            "trade",
            material=material,
            to=to,
            year=YEAR,
            unit=self._unit(material),
            sigma=sigma,
            quantity="" if quantity is None else repr(float(quantity)),
            role="arc" if quantity is None else "fit",
            **{"from": origin},
        )
        return self

    def stock(self, holder: str, material: str, weeks: float) -> Network:
        self.add("stocks", holder=holder, material=material, weeks_central=repr(float(weeks)))
        return self

    def bar(self, material: str, origin: str, to: str) -> Network:
        self.add("arcs", material=material, to=to, kind="barred", **{"from": origin})
        return self

    def shuffled(self, seed: int) -> Network:
        """The same rows in another order, in every table."""
        rng = np.random.default_rng(seed)
        return Network(
            {
                name: [rows[i] for i in rng.permutation(len(rows))]
                for name, rows in self.tables.items()
            },
            self.documents,
        )

    def _open_arcs(self) -> list[dict[str, object]]:
        """Trade rows that declare every arc from a maker to a user, unless a row says more."""
        market = {row["id"]: row["market"] for row in self.tables["countries"]}
        place = {row["id"]: market[row["country"]] for row in self.tables.get("facilities", [])}
        ends: dict[str, dict[object, set[object]]] = {"out": {}, "in": {}}
        for line in self.tables.get("capacities", []):
            for row in self.tables.get("recipes", []):
                if row["recipe"] in str(line["recipes"]).split(";"):
                    where = ends[str(row["direction"])].setdefault(row["material"], set())
                    where.add(place[line["facility"]])
        for need in self.tables.get("needs", []):
            for row in self.tables.get("demand", []):
                if row["product"] == need["product"]:
                    ends["in"].setdefault(need["material"], set()).add(row["market"])
        keys = ("material", "from", "to")
        said = {
            tuple(row[k] for k in keys)
            for name in ("trade", "arcs")
            for row in self.tables.get(name, [])
        }
        return [
            {
                "material": material,
                "from": origin,
                "to": end,
                "year": YEAR,
                "unit": self._unit(str(material)),
                "role": "arc",
                "quantity": "",
            }
            for material, makers in ends["out"].items()
            for origin in makers
            for end in ends["in"].get(material, ())
            if origin != end and (material, origin, end) not in said
        ]

    def write(self, folder: Path) -> Path:
        """One CSV file per table; `observations` and `trade` may be missing."""
        tables = {**self.tables}
        arcs = self._open_arcs()
        if arcs:
            tables["trade"] = [*tables.get("trade", []), *arcs]
        for name, rows in tables.items():
            header = list(dict.fromkeys(column for row in rows for column in row))
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, header, restval="")
                writer.writeheader()
                writer.writerows(rows)
        for kind, files in self.documents.items():
            (folder / kind).mkdir(exist_ok=True)
            for name, content in files.items():
                text = yaml.safe_dump(content, sort_keys=False)
                (folder / kind / f"{name}.yaml").write_text(text, encoding="utf-8")
        return folder

    def compile(self) -> SupplyGraph:
        with tempfile.TemporaryDirectory() as folder:
            return compile_graph(read_dataset(self.write(Path(folder))))

    def solve(self) -> Solved:
        return Solved(self.compile())


def _inputs(
    needed: Amounts | None, optional: Amounts | None, either: Iterable[Amounts]
) -> Iterable[tuple[dict[str, str], str, float]]:
    for material, quantity in (needed or {}).items():
        yield {"essential": "true", "alternative_group": ""}, material, quantity
    for material, quantity in (optional or {}).items():
        yield {"essential": "false", "alternative_group": ""}, material, quantity
    for number, group in enumerate(either, 1):
        for material, quantity in group.items():
            yield {"essential": "true", "alternative_group": f"g{number}"}, material, quantity
