"""What can be ranked: plants, countries, processes, owners, elements, arcs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from supplygraph.baseline import Baseline
from supplygraph.errors import UsageError
from supplygraph.graph import SupplyGraph
from supplygraph.scenario import Shock
from supplygraph.selectors import did_you_mean

BY = (
    "facility",
    "country",
    "country-stage",
    "country-process",
    "operator",
    "element",
    "element-country",
    "arc",
)
CLOSING = ("rest", "country")
UNRECORDED = "unrecorded"


@dataclass(frozen=True)
class Entity:
    """One thing that may be removed, with the shock that removes it."""

    id: str
    name: str
    kind: str
    country: str
    stage: str
    process: str
    shock: Shock
    baseline_share: float
    flags: tuple[str, ...] = ()


def entities_of(baseline: Baseline, by: str) -> list[Entity]:
    """Everything that can be ranked by one criterion, in order of id.

    Raises
    ------
    UsageError
        If the criterion is unknown.
    """
    if by not in BY:
        raise UsageError(f"--by '{by}' is not known. {did_you_mean(by, BY)}")
    maker = _Maker(baseline)
    found = list(getattr(maker, by.replace("-", "_"))())
    return sorted(found, key=lambda entity: entity.id)


def unranked_facilities(graph: SupplyGraph) -> pd.DataFrame:
    """Running plants whose share of their group nobody states, with the group's closing row.

    Returns
    -------
    pandas.DataFrame
        Columns ``id, name, country, stage, process, parent_id``.
    """
    plants = graph.dataset.tables["facilities"]
    compiled = set(graph.activities["id"])
    parents = plants.set_index("id")["parent_id"].to_dict()
    rows = plants[
        ~plants["id"].isin(compiled)
        & plants["status"].isin(["operating", "ramping"])
        & (plants["aggregate_kind"] == "")
        & plants["parent_id"].map(lambda p: _with_lines(p, parents, compiled) != "")
    ].copy()
    rows["parent_id"] = [_with_lines(p, parents, compiled) for p in rows["parent_id"]]
    columns = ["id", "name", "country", "stage", "process", "parent_id"]
    return rows[columns].sort_values("id").reset_index(drop=True)


def _with_lines(parent: str, parents: dict[str, str], compiled: set[str]) -> str:
    """Nearest ancestor that has lines of its own."""
    seen: set[str] = set()
    while parent and parent not in seen:
        if parent in compiled:
            return parent
        seen.add(parent)
        parent = parents.get(parent, "")
    return ""


class _Maker:
    """Builds entities of one baseline."""

    def __init__(self, baseline: Baseline) -> None:
        self.baseline, self.graph = baseline, baseline.graph
        self.table = self.graph.activities
        self.level = baseline.block("activity")
        _, self.open = self.graph.line_capacity(self.graph.base_month)
        process = self.table["process"].to_numpy()
        self.world = {p: float(self.level[process == p].sum()) for p in np.unique(process)}

    def facility(self) -> Iterator[Entity]:
        for name, rows in self.table.groupby("id", sort=True):
            first = rows.iloc[0]
            if first["kind"] in CLOSING:
                continue
            flags = ("district",) if first["kind"] == "district" else ()
            yield self._plants(str(name), first["name"], "facility", rows, flags)

    def _known(self) -> pd.DataFrame:
        """Activities of real places: no closing row of a group of countries, no hole."""
        countries = self.graph.dataset.tables["countries"]
        size = countries.groupby("market")["id"].count()
        pooled = {market for market, count in size.items() if count > 1}
        whole = self.table["country"].isin(pooled) & self.table["kind"].isin(CLOSING)
        return self.table[~whole & (self.table["process"] != UNRECORDED)]

    def country(self) -> Iterator[Entity]:
        names = self.graph.dataset.tables["countries"].set_index("id")["name"]
        for country, rows in self._known().groupby("country", sort=True):
            yield self._plants(str(country), names[country], "country", rows, process="", stage="")

    def country_stage(self) -> Iterator[Entity]:
        for (country, stage), rows in self._known().groupby(["country", "stage"], sort=True):
            name = f"{stage}, {self._country(country)}"
            yield self._plants(f"{country}/{stage}", name, "country-stage", rows, process="")

    def country_process(self) -> Iterator[Entity]:
        for (country, process), rows in self._known().groupby(["country", "process"], sort=True):
            name = f"{process} ({rows['stage'].iat[0]}), {self._country(country)}"
            yield self._plants(f"{country}/{process}", name, "country-process", rows)

    def operator(self) -> Iterator[Entity]:
        operators = self.graph.dataset.tables["operators"]
        names = dict(zip(operators["id"], operators["name"], strict=True))
        own = ~self.table["kind"].isin(CLOSING).to_numpy()
        chains = self.graph.controllers
        for operator in sorted({name for chain in chains for name in chain}):
            mask = own & np.array([operator in chain for chain in chains])
            if mask.any():
                name = names.get(operator, operator)
                rows = self.table[mask]
                yield self._plants(operator, name, "operator", rows, process="", stage="")

    def element(self) -> Iterator[Entity]:
        for element, pools in self._elements():
            yield self._pools(element, element, "element", "", pools)

    def element_country(self) -> Iterator[Entity]:
        market = self.graph.pools["market"].to_numpy()
        for element, pools in self._elements():
            for place in sorted(set(market[pools])):
                here = pools[market[pools] == place]
                name = f"{element}, {place}"
                yield self._pools(f"{element}/{place}", name, "element-country", place, here)

    def arc(self) -> Iterator[Entity]:
        flow = self.baseline.block("arc")
        end = self.graph.arcs["destination"].to_numpy()
        stage = self.graph.pools["stage"].to_numpy()
        for index in np.flatnonzero(flow > 0):
            shock = Shock.nothing(self.graph)
            shock.arc[index] = 0.0
            row = self.graph.arcs.iloc[index]
            share = float(flow[index] / self.baseline.imports[end[index]])
            name = f"{row['material']} from {row['from']} to {row['to']}"
            yield Entity(
                row["id"], name, "arc", row["from"], str(stage[end[index]]), "", shock, share
            )

    def _country(self, code: object) -> str:
        names = self.graph.dataset.tables["countries"].set_index("id")["name"]
        return str(names[str(code)])

    def _plants(
        self, id_: str, name: str, kind: str, rows: pd.DataFrame, flags: tuple[str, ...] = (),
        **override: str,
    ) -> Entity:  # fmt: skip
        shock = Shock.nothing(self.graph)
        index = rows.index.to_numpy()
        shock.activity[index] = 0.0
        base = pd.Series(self.level[index]).groupby(rows["process"].to_numpy()).sum()
        process = str(base.idxmax()) if base.sum() > 0 else str(rows["process"].iat[0])
        share = float("nan")
        if kind != "country" and "process" not in override and self.world[process] > 0:
            share = float(base[process] / self.world[process])
        if base.sum() <= 0:
            flags = (*flags, "no_base_flow")
        country = rows["country"].iat[0] if rows["country"].nunique() == 1 else ""
        return Entity(
            id_, str(name), kind, str(country), override.get("stage", str(rows["stage"].iat[0])),
            override.get("process", process), shock, share, flags,
        )  # fmt: skip

    def _elements(self) -> Iterator[tuple[str, np.ndarray]]:
        pools = self.graph.pools
        known = sorted({e for cell in pools["element"] for e in cell})
        for element in known:
            mask = self.graph.refined(np.array([element in cell for cell in pools["element"]]))
            mask &= self.baseline.made > 0
            if mask.any():
                yield element, np.flatnonzero(mask)

    def _pools(self, id_: str, name: str, kind: str, place: str, index: np.ndarray) -> Entity:
        shock = Shock.nothing(self.graph)
        shock.made[index] = 0.0
        element = id_.split("/")[0]
        oxide = np.array(
            [
                unit == "t_oxide" and element in cell
                for unit, cell in zip(
                    self.graph.pools["unit"], self.graph.pools["element"], strict=True
                )
            ]
        )
        world = self.baseline.made[oxide].sum()
        own = self.baseline.made[index[oxide[index]]].sum()
        share = float(own / world) if world > 0 else float("nan")
        return Entity(id_, name, kind, place, "", "", shock, share)
