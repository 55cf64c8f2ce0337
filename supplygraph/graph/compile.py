"""From checked tables to the compiled network, block by block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from supplygraph.dataset.capacities import stated_capacities
from supplygraph.dataset.recipes import Recipe, expand
from supplygraph.dataset.tables import Dataset
from supplygraph.dataset.years import base_year as newest_demand
from supplygraph.graph.input_rows import Row, inputs_of
from supplygraph.graph.line_capacities import DatedCapacity
from supplygraph.graph.network import BASE_YEAR, Inputs, SupplyGraph
from supplygraph.units import per_unit

ACTIVITY_COLUMNS = (
    "id",
    "line",
    "recipe",
    "name",
    "country",
    "market",
    "region",
    "stage",
    "process",
    "operator",
    "owner_country",
    "status",
    "kind",
    "material",
    "element",
    "line_index",
    "line_units",
)
DEMAND_COLUMNS = (
    "product",
    "name",
    "market",
    "region",
    "sector",
    "segment",
    "basis",
    "unit",
    "value_usd",
    "kind",
    "units",
    "sigma",
    "low",
    "high",
    "evidence",
    "source",
    "note",
)
POOL_COLUMNS = ("id", "material", "market", "region", "stage", "element", "unit", "country")
ARC_COLUMNS = (
    "id",
    "material",
    "from",
    "to",
    "origin",
    "destination",
    "qualified_from",
    "declared",
)


def compile_graph(
    dataset: Dataset,
    *,
    base_year: int | None = None,
    variants: Mapping[str, str] | None = None,
) -> SupplyGraph:
    """Compile a checked dataset.

    Parameters
    ----------
    dataset
        Dataset that passed its checks.
    base_year
        Year of the balance; the newest year of `demand` by default.
    variants
        Rival ore vectors by material.

    Raises
    ------
    DatasetError
        If a recipe names a vector or an oxide that does not exist.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> graph = compile_graph(read_dataset("three-nodes"))
    >>> graph.arcs["id"].tolist(), graph.base_year
    (['ore-a:CN>JP'], 2024)
    """
    year = base_year or newest_demand(dataset) or BASE_YEAR
    return _Builder(dataset, expand(dataset, variants), year).build()


class _Builder:
    """Turns tables into arrays."""

    def __init__(self, dataset: Dataset, recipes: Mapping[str, Recipe], year: int) -> None:
        self.dataset, self.recipes, self.year = dataset, recipes, year
        self.stated = stated_capacities(dataset)
        self.materials = _records_by(dataset.tables["materials"], "id")
        self.units = {name: str(row["unit"]) for name, row in self.materials.items()}
        countries = dataset.tables["countries"]
        self.market_of = dict(zip(countries["id"], countries["market"], strict=True))
        self.region_of = dict(zip(countries["market"], countries["region"], strict=True))
        trade = dataset.tables["trade"]
        self.declared = {
            (material, origin, end)
            for names, origin, end in zip(
                trade["material"], trade["from"], trade["to"], strict=True
            )
            for material in names
            if "*" not in (origin, end)
        }

    def build(self) -> SupplyGraph:
        """All blocks, in the order in which they need each other."""
        activities, lines = self._activities()
        demands, needs = self._demands(), self._needs()
        pools = self._pools(activities, demands, needs)
        index = {(row[1], row[2]): i for i, row in enumerate(pools)}
        made = self._made(activities, index)
        inputs = inputs_of(activities, demands, needs, self.recipes, index)
        arcs = self._arcs(pools, made[1], inputs)
        frame = pd.DataFrame(activities, columns=list(ACTIVITY_COLUMNS))
        return SupplyGraph(
            dataset=self.dataset,
            activities=frame,
            demands=pd.DataFrame(demands, columns=list(DEMAND_COLUMNS)),
            pools=pd.DataFrame(pools, columns=list(POOL_COLUMNS)),
            arcs=pd.DataFrame(arcs, columns=list(ARC_COLUMNS)).astype(
                {"origin": int, "destination": int, "declared": bool}
            ),
            inputs=inputs,
            made_activity=made[0],
            made_pool=made[1],
            made_quantity=made[2],
            line_of=np.array([row["line_index"] for row in activities], dtype=int),
            line_units=np.array([row["line_units"] for row in activities], dtype=float),
            lines=pd.DataFrame(lines, columns=["facility", "line", "status", "process", "unit"]),
            stated_capacities=tuple(self.stated.values()),
            capacities={
                number: tuple(
                    DatedCapacity(row.month, row.rate, frozenset(row.recipes)) for row in rows
                )
                for number, rows in enumerate(self.stated.values())
            },
            recipes=self.recipes,
            base_year=self.year,
        )

    def _activities(self) -> tuple[list[Row], list[tuple]]:
        tables = self.dataset.tables
        plants = _records_by(tables["facilities"], "id")
        owners = _owner_countries(tables["operators"])
        lines: list[tuple] = []
        activities: list[Row] = []
        for (facility, line), rows in self.stated.items():
            plant = plants[facility]
            process = next((row.process for row in rows if row.process), plant["process"])
            head = self._head(plant, line, len(lines), process, owners)
            lines.append((facility, line, plant["status"], process, rows[0].rate_unit))
            for recipe in sorted({name for row in rows for name in row.recipes}):
                activities.append(head | self._tail(recipe, rows[0].substance, rows[0].counts))
        return activities, lines

    def _head(
        self, plant: Row, line: str, number: int, process: str, owners: Mapping[str, str]
    ) -> Row:
        """What all activities of a line share."""
        market = self.market_of[plant["country"]]
        return {
            "id": plant["id"],
            "line": line,
            "name": plant["name"],
            "country": plant["country"],
            "market": market,
            "region": self.region_of[market],
            "stage": plant["stage"],
            "process": process,
            "operator": plant["operator"],
            "owner_country": owners.get(plant["operator"], ""),
            "status": plant["status"],
            "kind": plant["aggregate_kind"],
            "line_index": number,
        }

    def _tail(self, recipe: str, substance: str, counts: str) -> Row:
        """What an activity has by its recipe."""
        detail = self.recipes[recipe]
        outputs = tuple(flow.material for flow in detail.outputs)
        elements = {e for name in outputs for e in self.materials[name]["element"]}
        return {
            "recipe": recipe,
            "material": outputs,
            "element": tuple(sorted(elements)),
            "line_units": detail.units_of(substance, self.units, counts),
        }

    def _demands(self) -> list[Row]:
        products = _records_by(self.dataset.tables["products"], "id")
        rows = []
        for row in self.dataset.tables["demand"].to_dict("records"):
            if row["units"] > 0 and (row["year"] == self.year or np.isnan(row["year"])):
                product = products[row["product"]]
                shared = ("name", "sector", "segment", "basis", "unit", "value_usd", "kind")
                head = {key: product[key] for key in shared}
                rows.append({**row, **head, "region": self.region_of[row["market"]]})
        rows.sort(key=lambda row: (row["product"], row["market"]))
        return [{name: row[name] for name in DEMAND_COLUMNS} for row in rows]

    def _needs(self) -> dict[str, list[Row]]:
        """Needs by product with tonnes per unit, NaN where nobody has sized them."""
        products = self.dataset.tables["products"]
        unit = dict(zip(products["id"], products["unit"], strict=True))
        needs: dict[str, list[Row]] = {}
        for row in self.dataset.tables["needs"].to_dict("records"):
            row["tonnes"] = row["quantity"] * per_unit(row["unit"], unit[row["product"]])
            needs.setdefault(row["product"], []).append(row)
        for rows in needs.values():
            rows.sort(key=lambda row: row["material"])
        return needs

    def _pools(
        self, activities: Sequence[Row], demands: Sequence[Row], needs: Mapping[str, list[Row]]
    ) -> list[tuple]:
        keys: set[tuple[str, str]] = set()
        for row in activities:
            detail = self.recipes[row["recipe"]]
            keys |= {(flow.material, row["market"]) for flow in (*detail.inputs, *detail.outputs)}
        for row in demands:
            keys |= {(need["material"], row["market"]) for need in needs.get(row["product"], ())}
        for material, origin, end in self.declared:
            keys |= {(material, origin), (material, end)}
        result = []
        for name, market in sorted(keys):
            material = self.materials[name]
            result.append(
                (
                    f"{name}@{market}",
                    name,
                    market,
                    self.region_of[market],
                    material["stage"],
                    material["element"],
                    material["unit"],
                    market,
                )
            )
        return result

    def _made(
        self, activities: Sequence[Row], index: Mapping[tuple[str, str], int]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = [
            (i, index[flow.material, row["market"]], flow.quantity)
            for i, row in enumerate(activities)
            for flow in self.recipes[row["recipe"]].outputs
            if flow.quantity > 0
        ]
        return (
            np.array([row[0] for row in rows], dtype=int),
            np.array([row[1] for row in rows], dtype=int),
            np.array([row[2] for row in rows], dtype=float),
        )

    def _arcs(self, pools: Sequence[tuple], made: np.ndarray, inputs: Inputs) -> list[tuple]:
        """Arcs that trade declares, and candidates: every maker to every user.

        A material that `arcs` lists has only the candidates listed; barred arcs never open.
        """
        makes, uses = set(made.tolist()), set(inputs.pool.tolist())
        listed = self.dataset.tables["arcs"]
        triples = list(zip(listed["material"], listed["from"], listed["to"], strict=True))
        barred = {
            key for key, kind in zip(triples, listed["kind"], strict=True) if kind == "barred"
        }
        dated = dict(zip(triples, listed["qualified_from"], strict=True))
        closed = {key[0] for key in dated if key not in barred}
        places: dict[str, list[tuple[int, str]]] = {}
        for i, row in enumerate(pools):
            places.setdefault(row[1], []).append((i, row[2]))
        rows = []
        for material, members in sorted(places.items()):
            for origin, source in members:
                for end, target in members:
                    if origin == end or origin not in makes:
                        continue
                    key = (material, source, target)
                    named = key in self.declared or key in dated
                    if key in barred or not (named or (end in uses and material not in closed)):
                        continue
                    name = f"{material}:{source}>{target}"
                    declared = key in self.declared
                    rows.append((name, *key, origin, end, dated.get(key, ""), declared))
        return rows


def _records_by(frame: pd.DataFrame, key: str) -> dict[str, Row]:
    return {row[key]: row for row in frame.to_dict("records")}


def _owner_countries(operators: pd.DataFrame) -> dict[str, str]:
    """Country of the ultimate owner of each operator."""
    parent = dict(zip(operators["id"], operators["parent_id"], strict=True))
    country = dict(zip(operators["id"], operators["country"], strict=True))

    def top(name: str) -> str:
        seen = {name}
        while parent.get(name) and parent[name] not in seen:
            name = parent[name]
            seen.add(name)
        return name

    return {name: country.get(top(name), "") for name in parent}
