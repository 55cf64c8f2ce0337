"""What can be ranked: plants, countries, processes, owners, elements, arcs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from supplygraph.baseline import Baseline
from supplygraph.errors import UsageError
from supplygraph.graph import SupplyGraph
from supplygraph.hints import did_you_mean
from supplygraph.scenario import Shock
from supplygraph.scenario.shocks import CLOSING, real_places

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
NO_FLOW = 1e-6  # of the world's output of each material it makes: less is no figure of the data


@dataclass(frozen=True)
class Entity:
    """One thing that may be removed, and which part of the network goes with it.

    ``cut`` is the part of a `Shock` (``activity``, ``made`` or ``arc``) and ``index`` its
    entries; thousands of full shocks would not fit into memory.
    """

    id: str
    name: str
    kind: str
    country: str
    stage: str
    process: str
    graph: SupplyGraph = field(repr=False)
    cut: str
    index: np.ndarray = field(repr=False)
    baseline_share: float
    flags: tuple[str, ...] = ()

    @property
    def identity(self) -> dict[str, object]:
        """First columns of its row in a ranking, not ranked yet."""
        return {
            "id": self.id,
            "rank": pd.NA,
            "name": self.name,
            "kind": self.kind,
            "country": self.country,
            "stage": self.stage,
            "process": self.process,
        }

    @property
    def shock(self) -> Shock:
        """The shock that removes it, made anew at each call."""
        shock = Shock.nothing(self.graph)
        getattr(shock, self.cut)[self.index] = 0.0
        return shock


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


def idle_activities(baseline: Baseline) -> np.ndarray:
    """Mask of activities without a flow in the base year that a figure could be meant by.

    The balance may leave a closed plant 1e-7 t where no published figure is that exact: below a
    millionth of the world's output of everything that it makes a plant counts as idle.
    """
    graph, level = baseline.graph, baseline.block("activity")
    material = np.unique(graph.pools["material"], return_inverse=True)[1]
    world = np.bincount(material, baseline.made, minlength=len(material))[material]
    makes = graph.made_quantity * level[graph.made_activity]
    idle = np.ones(graph.n_activities, dtype=bool)
    runs = (makes > NO_FLOW * world[graph.made_pool]) & (makes > 0)
    idle[graph.made_activity[runs]] = False
    # One that makes nothing that is counted runs if it runs at all.
    makers = np.isin(np.arange(graph.n_activities), graph.made_activity)
    return np.where(makers, idle, level <= 0)


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
        table = self.graph.activities
        named = ("id", "name", "country", "stage", "process", "operator", "kind")
        self.of = {column: table[column].tolist() for column in named}
        self.level = baseline.block("activity")
        self.idle = idle_activities(baseline)
        countries = self.graph.dataset.tables["countries"]
        self.country_name = dict(zip(countries["id"], countries["name"], strict=True))
        self.world: dict[str, float] = {}
        for process, level in zip(self.of["process"], self.level.tolist(), strict=True):
            self.world[process] = self.world.get(process, 0.0) + level

    def _grouped(
        self, rows: Iterable[int], *columns: str
    ) -> list[tuple[tuple[str, ...], list[int]]]:
        """Activities by the values of some columns, in order of the values."""
        cells = [self.of[column] for column in columns]
        found: dict[tuple[str, ...], list[int]] = {}
        for row in rows:
            found.setdefault(tuple(cell[row] for cell in cells), []).append(row)
        return sorted(found.items())

    def facility(self) -> Iterator[Entity]:
        for (name,), rows in self._grouped(range(len(self.level)), "id"):
            kind = self.of["kind"][rows[0]]
            if kind in CLOSING:
                continue
            flags = ("district",) if kind == "district" else ()
            yield self._plants(name, self.of["name"][rows[0]], "facility", rows, flags)

    def _known(self) -> list[int]:
        """Activities of real places."""
        return np.flatnonzero(real_places(self.graph)).tolist()

    def country(self) -> Iterator[Entity]:
        for (country,), rows in self._grouped(self._known(), "country"):
            name = self.country_name[country]
            yield self._plants(country, name, "country", rows, process="", stage="")

    def country_stage(self) -> Iterator[Entity]:
        for (country, stage), rows in self._grouped(self._known(), "country", "stage"):
            name = f"{stage}, {self.country_name[country]}"
            yield self._plants(f"{country}/{stage}", name, "country-stage", rows, process="")

    def country_process(self) -> Iterator[Entity]:
        for (country, process), rows in self._grouped(self._known(), "country", "process"):
            name = f"{process} ({self.of['stage'][rows[0]]}), {self.country_name[country]}"
            yield self._plants(f"{country}/{process}", name, "country-process", rows)

    def operator(self) -> Iterator[Entity]:
        operators = self.graph.dataset.tables["operators"]
        names = dict(zip(operators["id"], operators["name"], strict=True))
        chains = self.graph.controllers
        own = [row for row, kind in enumerate(self.of["kind"]) if kind not in CLOSING]
        for operator in sorted({name for row in own for name in chains[row]}):
            name = names.get(operator, operator)
            rows = [row for row in own if operator in chains[row]]
            yield self._plants(operator, name, "operator", rows, process="", stage="")

    def element(self) -> Iterator[Entity]:
        for element, pools in self._elements():
            yield self._pools(element, pools)

    def element_country(self) -> Iterator[Entity]:
        market = self.graph.pools["market"].to_numpy()
        for element, pools in self._elements():
            for place in sorted(set(market[pools])):
                here = pools[market[pools] == place]
                yield self._pools(element, here, place)

    def arc(self) -> Iterator[Entity]:
        flow = self.baseline.block("arc")
        end = self.graph.arcs["destination"].to_numpy()
        stage = self.graph.pools["stage"].to_numpy()
        named = ("id", "material", "from", "to")
        names, materials, sources, targets = (self.graph.arcs[c].tolist() for c in named)
        for index in np.flatnonzero(flow > 0).tolist():
            share = float(flow[index] / self.baseline.imports[end[index]])
            name = f"{materials[index]} from {sources[index]} to {targets[index]}"
            yield Entity(
                names[index],
                name,
                "arc",
                sources[index],
                str(stage[end[index]]),
                "",
                self.graph,
                "arc",
                np.array([index]),
                share,
            )

    def _plants(
        self,
        id_: str,
        name: str,
        kind: str,
        rows: list[int],
        flags: tuple[str, ...] = (),
        **override: str,
    ) -> Entity:
        base: dict[str, float] = {}
        for row in rows:
            process = self.of["process"][row]
            base[process] = base.get(process, 0.0) + float(self.level[row])
        runs = sum(base.values()) > 0
        process = min(base, key=lambda p: (-base[p], p)) if runs else self.of["process"][rows[0]]
        share = float("nan")
        if kind != "country" and "process" not in override and self.world[process] > 0:
            share = base[process] / self.world[process]
        if self.idle[rows].all():
            flags = (*flags, "no_base_flow")
        countries = {self.of["country"][row] for row in rows}
        country = countries.pop() if len(countries) == 1 else ""
        return Entity(
            id_,
            str(name),
            kind,
            country,
            override.get("stage", self.of["stage"][rows[0]]),
            override.get("process", process),
            self.graph,
            "activity",
            np.array(rows),
            share,
            flags,
        )

    def _elements(self) -> Iterator[tuple[str, np.ndarray]]:
        pools = self.graph.pools
        known = sorted({e for cell in pools["element"] for e in cell})
        for element in known:
            mask = self.graph.refined(np.array([element in cell for cell in pools["element"]]))
            mask &= self.baseline.made > 0
            if mask.any():
                yield element, np.flatnonzero(mask)

    def _pools(self, element: str, index: np.ndarray, place: str = "") -> Entity:
        """What is made of an element, in one market or everywhere."""
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
        id_ = f"{element}/{place}" if place else element
        name = f"{element}, {place}" if place else element
        kind = "element-country" if place else "element"
        return Entity(id_, name, kind, place, "", "", self.graph, "made", index, share)
