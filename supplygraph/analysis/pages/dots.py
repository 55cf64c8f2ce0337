"""Plants and products as the dots of a picture, each with every figure behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.evidence import Evidence
from supplygraph.analysis.pages.stage_columns import StageColumn, place_of
from supplygraph.baseline import Baseline
from supplygraph.dataset.capacities import RUNNING
from supplygraph.dataset.recipes import vectors
from supplygraph.grades import weakest
from supplygraph.graph import SupplyGraph

Record = dict[str, Any]


class Places:
    """Nodes of a page.

    Parameters
    ----------
    baseline
        Balanced base year.
    evidence
        Grades of its flows.
    columns
        Columns of plants, then of sectors.
    """

    def __init__(
        self, baseline: Baseline, evidence: Evidence, columns: Sequence[StageColumn]
    ) -> None:
        self.baseline, self.graph = baseline, baseline.graph
        self.tables = self.graph.dataset.tables
        self.columns = {column.id: column for column in columns}
        self.at = place_of(columns)
        self.evidence = evidence
        self.level = baseline.block("activity")
        made = self.graph.made_quantity * self.level[self.graph.made_activity]
        self.made = np.bincount(self.graph.made_activity, made, minlength=self.graph.n_activities)
        operators = self.tables["operators"].to_dict("records")
        self.operators = {row["id"]: row for row in operators}
        self.facts = self._facts()
        self.elements = material_elements(self.graph)

    def plants(self) -> Iterator[Record]:
        """One record for each plant of the dataset, whether it runs or not."""
        compiled = self.graph.activities.groupby("id", sort=True).indices
        for plant in self.tables["facilities"].sort_values("id").to_dict("records"):
            rows = np.array(compiled.get(plant["id"], []), dtype=int)
            quantity = float(self.made[rows].sum())
            column = self._column_of(plant, rows)
            owner = self.operators.get(plant["operator"], {})
            top = self._owner(plant["operator"])
            flows = [self.evidence.flows[i] for i in rows if self.level[i] > 0]
            materials = sorted({m for i in rows for m in self.graph.activities["material"].iat[i]})
            elements = {e for m in materials for e in self.elements.get(m, ())}
            total = column.total
            yield {
                "id": plant["id"],
                "name": plant["name"],
                "kind": plant["aggregate_kind"] or "site",
                "country": plant["country"],
                "column": column.id,
                "stage": plant["stage"],
                "process": plant["process"],
                "status": plant["status"],
                "running": plant["status"] in RUNNING,
                "operator": str(owner.get("name", plant["operator"])),
                "owner": str(top.get("name", "")),
                "owner_country": str(top.get("country", "")),
                "place": plant["place"],
                "quantity": quantity,
                "unit": column.unit,
                "share": quantity / total if total > 0 and column.unit else None,
                "grade": weakest(flows),
                "elements": sorted(elements),
                "materials": materials,
                "parent": plant["parent_id"],
                "latitude": plant["latitude"],
                "longitude": plant["longitude"],
                "facts": self.facts.get(plant["id"], []),
            }

    def products(self) -> Iterator[Record]:
        """One record for each product in each market where it is assembled."""
        units = self.baseline.block("demand")
        drawn = np.zeros(self.graph.n_demands)
        first = self.graph.n_activities
        own = self.graph.inputs.user >= first
        np.add.at(drawn, self.graph.inputs.user[own] - first, self.baseline.drawn[own])
        for index, row in enumerate(self.graph.demands.to_dict("records")):
            if units[index] <= 0:
                continue
            column = self.at["product", row["sector"]]
            need, quantity = self.evidence.products.get(row["product"], ("", ""))
            yield {
                "id": f"{row['product']}@{row['market']}",
                "name": row["name"],
                "kind": "product",
                "product": row["product"],
                "country": row["market"],
                "region": row["region"],
                "column": column.id,
                "stage": "product",
                "process": row["sector"],
                "segment": row["segment"],
                "status": "",
                "running": True,
                "quantity": float(drawn[index]),
                "units": float(units[index]),
                "unit": f"{row['unit']}/yr",
                "stated": row["units"],
                "grade": quantity,
                "need_grade": need,
                "demand_grade": row["evidence"],
                "facts": [_fact("demand", f"assembled in {row['market']}", row, "units")],
            }

    def _column_of(self, plant: Record, rows: np.ndarray) -> StageColumn:
        """Column of the process that makes most, since a line may differ from its plant."""
        if not len(rows):
            return self.at[plant["stage"], plant["process"]]
        largest = rows[np.argmax(self.made[rows])] if self.made[rows].any() else rows[0]
        row = self.graph.activities.iloc[int(largest)]
        return self.at[row["stage"], row["process"]]

    def _owner(self, name: str) -> Record:
        """The last owner that the dataset follows."""
        seen: set[str] = set()
        row = self.operators.get(name, {})
        while row and row["parent_id"] in self.operators and row["parent_id"] not in seen:
            seen.add(row["id"])
            row = self.operators[row["parent_id"]]
        return row

    def _facts(self) -> dict[str, list[Record]]:
        """Figures of each plant: itself, capacities, observations that cover it alone."""
        found: dict[str, list[Record]] = {}
        for row in self.tables["facilities"].to_dict("records"):
            found[row["id"]] = [_fact("plant", f"{row['process']}, {row['status']}", row, "")]
        for capacity in (row for rows in self.graph.stated_capacities for row in rows):
            since = f" from {capacity.from_date}" * bool(capacity.from_date)
            what = f"{capacity.kind or 'capacity'}, line {capacity.line}{since}"
            found[capacity.facility].append(_fact("capacity", what, vars(capacity), "quantity"))
        plants = [str(name) for name in self.graph.activities["id"]]
        for o in self.baseline.observations:
            inside = len(o.columns) and o.columns.max() < self.graph.n_activities
            covered = {plants[int(i)] for i in o.columns} if inside else set()
            if len(covered) == 1:
                found[covered.pop()].append(
                    {
                        "part": "observation",
                        "what": f"{o.what} ({o.role})",
                        "quantity": o.value,
                        "unit": o.unit,
                        "year": int(o.year) if o.year == o.year else None,
                        "evidence": o.grade,
                        "source": list(o.source),
                        "note": o.note,
                        "balanced": float(o.balanced(self.baseline.x)),
                    }
                )
        return found


def material_elements(graph: SupplyGraph) -> dict[str, frozenset[str]]:
    """Elements in every material: stated, of its ore's vector, or of what it is made from."""
    found = {
        str(row.id): frozenset(row.element)
        for row in graph.dataset.tables["materials"].itertuples()
    }
    for material, vector in vectors(graph.dataset).items():
        found[material] = frozenset(name for name, share in vector.items() if share > 0)
    open_ = {material for material, elements in found.items() if not elements}
    for _ in found:
        before = {material: found[material] for material in open_}
        for recipe in graph.recipes.values():
            inside = frozenset(e for flow in recipe.inputs for e in found.get(flow.material, ()))
            for flow in recipe.outputs:
                if flow.material in open_:
                    found[flow.material] |= inside
        if before == {material: found[material] for material in open_}:
            break
    return found


def _fact(part: str, what: str, row: Mapping[str, Any], quantity: str) -> Record:
    """A figure of a table with its provenance and, where stated, its range."""
    year = row.get("year")
    return {
        "part": part,
        "what": what,
        "quantity": row.get(quantity) if quantity else None,
        "low": row.get("low"),
        "high": row.get("high"),
        "unit": str(row.get("unit") or ""),
        "year": None if year is None or pd.isna(year) else int(year),
        "evidence": str(row.get("evidence") or row.get("quantity_evidence") or ""),
        "source": list(row.get("source") or ()),
        "note": str(row.get("note") or ""),
    }


def need_facts(table: pd.DataFrame, product: str) -> list[Record]:
    """What a product needs, with both grades."""
    rows = table[table["product"] == product].to_dict("records")
    return [
        {
            **_fact("need", row["material"], row, "quantity"),
            "material": row["material"],
            "need_evidence": row["need_evidence"],
            "essential": bool(row["essential"]) and row["need_evidence"] != "D",
            "group": row["alternative_group"],
        }
        for row in rows
    ]
