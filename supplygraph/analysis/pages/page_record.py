"""Everything a page shows, as one record: what views draw without asking an engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.origins.plant_flows import arcs_in_use, cell_flows, pools_in_use
from supplygraph.analysis.pages.cascade_record import cascade_record, removables
from supplygraph.analysis.pages.dots import Places, need_facts
from supplygraph.analysis.pages.single_removals import Removals
from supplygraph.analysis.pages.stage_columns import (
    StageColumn,
    columns_of_sectors,
    columns_of_stages,
)
from supplygraph.dataset.capacities import RUNNING
from supplygraph.results import plain_row

Record = dict[str, Any]
# Of an outage: its removal has the same.
IDENTITY = ("id", "name", "kind", "country", "stage", "process", "baseline_share")


def page_table(
    tracer: Tracer,
    added: Iterable[tuple[str, str, Record]] = (),
    *,
    product: str | None = None,
    region: str | None = None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The record of a page: plants, products, flows, single removals, sources.

    Parameters
    ----------
    tracer
        Engines of a month, with weights of the products asked for, causes and grades.
    added
        Parts that other engines answer: ``scenario``, ``cover``, ``deal``, ``outlook``.
    product, region
        Count only this product or region in losses (the month's weights must match).

    Returns
    -------
    table : pandas.DataFrame
        Columns ``part``, ``id`` and ``values``; the last a mapping whose keys belong to the
        part. Parts: ``meta, column, country, element, material, node, pool, arc, flow,
        removal, outage, product, source, cascade, removable``, and those added.
    warnings : tuple of str
    """
    work = _Page(tracer, product, region)
    rows = [
        {"part": part, "id": id_, "values": values} for part, id_, values in (*work.rows(), *added)
    ]
    return pd.DataFrame(rows, columns=["part", "id", "values"]), work.removals.warnings


class _Page:
    def __init__(self, tracer: Tracer, product: str | None, region: str | None) -> None:
        self.tracer, self.baseline = tracer, tracer.month.baseline
        self.graph = self.baseline.graph
        self.tables = self.graph.dataset.tables
        made = self.graph.made_quantity * self.baseline.block("activity")[self.graph.made_activity]
        stages = columns_of_stages(self.baseline, made)
        sectors = sorted(set(self.graph.demands["sector"]))
        self.columns = [*stages, *columns_of_sectors(len(stages), sectors)]
        self.places = Places(self.baseline, tracer.evidence, self.columns)
        self.nodes = [*self.places.plants(), *self.places.products()]
        self.removals = Removals(tracer, product=product, region=region)
        self.pools = pools_in_use(self.baseline)
        self.arcs = arcs_in_use(self.baseline, tracer.evidence)

    def rows(self) -> Iterator[tuple[str, str, Record]]:
        """Every part in order; identifiers sorted within a part, the chain's order for columns."""
        yield "meta", "page", self._meta()
        for column in self.columns:
            yield "column", column.id, self._column(column)
        for row in self._countries():
            yield "country", row["id"], row
        for row in self.tables["elements"].to_dict("records"):
            values = {"name": row["name"], "group": row["group"]}
            yield "element", row["id"], values
        for row in self._materials():
            yield "material", row["id"], row
        for node in self.nodes:
            yield "node", node["id"], plain_row(node)
        for pool in self.pools.values():
            yield "pool", pool.id, asdict(pool)
        for arc in self.arcs:
            yield "arc", arc.id, asdict(arc)
        cells = {node["id"]: (node["country"], node["column"]) for node in self.nodes}
        for number, flow in enumerate(cell_flows(self.pools, self.arcs, cells)):
            yield "flow", f"f{number:05d}", asdict(flow)
        yield from self._removals()
        for row in self._products():
            yield "product", row["id"], plain_row(row)
        for row in self._sources():
            yield "source", row["id"], plain_row(row)
        yield "cascade", "network", cascade_record(self.tracer)
        for name, record in removables(self.tracer.month, self.removals.exports, self.nodes):
            yield "removable", name, record

    def _removals(self) -> Iterator[tuple[str, str, Record]]:
        for name, record in self.removals.exports.items():
            yield "removal", name, record
        for name, record in self.removals.outages.items():
            yield "outage", name, {key: record[key] for key in record if key not in IDENTITY}

    def _meta(self) -> Record:
        month = self.tracer.month
        return {
            "base_year": self.graph.base_year,
            "at": month.at,
            "weights": month.scheme,
            "product": month.product,
            "region": month.region,
        }

    def _column(self, column: StageColumn) -> Record:
        ranked = column.ranked()
        plants = [n for n in self.nodes if n["column"] == column.id]
        sites = [n for n in plants if n["kind"] in ("site", "district") and n["status"] in RUNNING]
        return plain_row(
            {
                "stage": column.stage,
                "processes": list(column.processes),
                "unit": column.unit,
                "sites": len(sites),
                "products": len({n.get("product") for n in plants} - {None}),
                "markets": len({n["country"] for n in plants}),
                "total": column.total,
                "parts": {n: q / column.total for n, q in sorted(column.parts.items())},
                "hhi": column.hhi(),
                "top": [list(row) for row in ranked[:8]],
            }
        )

    def _countries(self) -> list[Record]:
        """Countries by their mean share of the stages in which plants run."""
        known = {row["id"]: row for row in self.tables["countries"].to_dict("records")}
        made: dict[str, dict[str, float]] = {}
        for column in self.columns:
            for name, quantity in column.output.items() if column.unit else ():
                part = made.setdefault(column.stage, {})
                part[name] = part.get(name, 0.0) + quantity
        share: dict[str, float] = {}
        for part in made.values():
            for name, quantity in part.items():
                whole = sum(part.values()) * len(made)
                share[name] = share.get(name, 0.0) + quantity / whole
        used = {str(node["country"]) for node in self.nodes}
        active = {str(node["country"]) for node in self.nodes if node["quantity"] > 0}
        rows = [
            {
                "id": name,
                "name": str(known[name]["name"]),
                "market": str(known[name]["market"]),
                "region": str(known[name]["region"]),
                "share": share.get(name, 0.0),
                "active": name in active,
            }
            for name in used
        ]
        return sorted(rows, key=lambda row: (-round(row["share"], 12), row["id"]))

    def _materials(self) -> list[Record]:
        rows = self.tables["materials"].sort_values("id").to_dict("records")
        used = {pool.material for pool in self.pools.values()}
        used |= set(self.tables["needs"]["material"])
        return [
            {
                "id": str(row["id"]),
                "name": str(row["name"] or row["id"]),
                "stage": str(row["stage"]),
                "unit": str(row["unit"]),
                "elements": sorted(self.places.elements[str(row["id"])]),
            }
            for row in rows
            if row["id"] in used
        ]

    def _products(self) -> list[Record]:
        stopped = {act: lost.stopped_by() for act, lost in self.removals.products.items()}
        shown = set().union(*stopped.values())
        needs = self.tables["needs"]
        return [
            {
                "id": row["id"],
                "name": row["name"],
                "sector": row["sector"],
                "segment": row["segment"],
                "basis": row["basis"],
                "unit": row["unit"],
                "note": row["note"],
                "evidence": row["evidence"],
                "source": list(row["source"]),
                "needs": need_facts(needs, row["id"]),
                "stopped_by": {act: found[row["id"]] for act, found in stopped.items()},
            }
            for row in self.tables["products"].sort_values("id").to_dict("records")
            if row["id"] in shown
        ]

    def _sources(self) -> list[Record]:
        """Every source with the number of rows of the dataset that cite it."""
        if "sources" not in self.tables:
            return []
        cited: dict[str, int] = {}
        for table in self.tables.values():
            for keys in table.get("source", ()):
                for key in _keys(keys):
                    cited[key] = cited.get(key, 0) + 1
        rows = self.tables["sources"].to_dict("records")
        return [
            {
                "id": str(row["key"]),
                "title": row["title"],
                "publisher": row["publisher"],
                "date": row["date"],
                "url": row["url"],
                "accessed": row["accessed"],
                "doi": row["doi"],
                "cited": cited.get(str(row["key"]), 0),
            }
            for row in sorted(rows, key=lambda row: str(row["key"]))
        ]


def _keys(value: Any) -> Sequence[str]:
    return value if isinstance(value, tuple | list) else ()
