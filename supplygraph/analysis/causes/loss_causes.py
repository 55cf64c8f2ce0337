"""What stops a product: the input with the least level, followed to the first cut."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.caveats import left_out
from supplygraph.analysis.causes.evidence import Evidence
from supplygraph.baseline import Baseline
from supplygraph.engines import Allocation, Cascade, Levels
from supplygraph.engines.month_model import Month
from supplygraph.graph import SupplyGraph
from supplygraph.scenario import Shock
from supplygraph.units import weeks_to_months

NONE = np.zeros(0, dtype=int)


@dataclass(frozen=True)
class Path:
    """The way from a product to the cut that stops it.

    Attributes
    ----------
    material, market
        First material whose own makers or arcs were cut.
    steps
        Pools passed, products' own first.
    need
        Entry of the inputs through which the product is stopped.
    """

    material: str
    market: str
    steps: tuple[int, ...]
    need: int


class Binding:
    """Follows losses to their causes over one baseline."""

    def __init__(self, cascade: Cascade) -> None:
        self.cascade, self.graph = cascade, cascade.graph
        graph = self.graph
        self.makers: dict[int, np.ndarray] = _by(graph.made_pool, graph.made_activity)
        self.entries: dict[int, np.ndarray] = _by(
            graph.inputs.user, np.arange(len(graph.inputs.user))
        )
        self.live = np.flatnonzero(cascade.baseline.block("arc") > 0)
        self.end = graph.arcs["destination"].to_numpy()
        self.arriving: dict[int, np.ndarray] = _by(self.end[self.live], self.live)
        self.material = [str(name) for name in graph.pools["material"]]
        self.market = [str(name) for name in graph.pools["market"]]
        self.names = [str(name) for name in graph.pools["id"]]

    def cut(self, shock: Shock) -> np.ndarray:
        """Pools whose own makers, or makers and arcs that feed them, were cut."""
        graph, base = self.graph, self.cascade.baseline
        n = len(graph.pools)
        hit = (shock.activity < 1) & (base.block("activity") > 0)
        own = (shock.made < 1) & (base.made > 0)
        own[graph.made_pool[hit[graph.made_activity]]] = True
        reached = np.zeros(n, dtype=bool)
        fed = own[self.cascade.origin[self.live]] | (shock.arc[self.live] < 1)
        reached[self.end[self.live[fed]]] = True
        return own | reached

    def under_none(self, demand: int, cut: np.ndarray, levels: Levels) -> Path | None:
        """Path of a demand's loss when nobody reroutes; None without a loss."""
        user = self.graph.n_activities + demand
        if levels.user[user, 0] >= 1 - 1e-9:
            return None
        need = self._worst_entry(user, levels)
        if need is None:
            return None
        pool = int(self.graph.inputs.pool[need])
        steps = [pool]
        while not cut[pool]:
            entry = self._worst_maker_entry(pool, levels)
            if entry is None:
                break
            pool = int(self.graph.inputs.pool[entry])
            if pool in steps:
                break
            steps.append(pool)
        return Path(self.material[pool], self.market[pool], tuple(steps), int(need))

    def _worst_entry(self, user: int, levels: Levels) -> int | None:
        """Entry with the least home level inside the kind with the least level."""
        inputs = self.graph.inputs
        entries = [e for e in self.entries.get(user, ()) if self.cascade.limits[inputs.group[e]]]
        if not entries:
            return None
        return min(
            entries,
            key=lambda e: (
                round(float(levels.kind[inputs.group[e], 0]), 12),
                -round(float(self.cascade.share[e]), 12) * (levels.home[inputs.pool[e], 0] < 1),
                round(float(levels.home[inputs.pool[e], 0]), 12),
                self.names[inputs.pool[e]],
            ),
        )

    def _sources(self, pool: int) -> list[int]:
        """The pool itself and the origins that feed it."""
        return [pool, *self.cascade.origin[self.arriving.get(pool, NONE)].tolist()]

    def _worst_maker_entry(self, pool: int, levels: Levels) -> int | None:
        base = self.cascade.baseline.block("activity")
        makers = {
            int(a) for s in self._sources(pool) for a in self.makers.get(s, ()) if base[a] > 0
        }
        if not makers:
            return None
        worst = min(makers, key=lambda a: (round(float(levels.user[a, 0]), 12), -base[a], a))
        return None if levels.user[worst, 0] >= 1 - 1e-9 else self._worst_entry(worst, levels)

    def under_least(self, demand: int, cut: np.ndarray, answer: Allocation) -> str | None:
        """Cut material and market with the largest price x base use by the product."""
        if answer.served[demand] >= 1 - 1e-9:
            return None
        worth = np.where(cut, answer.price * self.uses[demand], 0.0)
        if worth.max(initial=0.0) <= 0:
            return None
        return self.material[int(worth.argmax())]

    @cached_property
    def alternatives(self) -> dict[str, frozenset[str]]:
        """Materials that can stand in for each, in some recipe or need."""
        inputs = self.graph.inputs
        found: dict[str, set[str]] = {}
        for entries in _by(inputs.group, np.arange(len(inputs.group))).values():
            names = {self.material[pool] for pool in inputs.pool[entries].tolist()}
            for name in names:
                found.setdefault(name, set()).update(names - {name})
        return {name: frozenset(others) for name, others in found.items()}

    def lacking_with(
        self, demand: int, material: str, cut: np.ndarray, lacks: np.ndarray
    ) -> frozenset[str]:
        """A binding material, and those that could stand in for it but are cut and lack too.

        Parameters
        ----------
        demand, material
            Who is short, and for want of what.
        cut, lacks
            Masks of pools: cut, and with less than they need (or, under `least`, with a price).
        """
        pools = np.flatnonzero(cut & lacks & (self.uses[demand] > 0))
        short = {self.material[pool] for pool in pools.tolist()}
        return frozenset({material}) | (self.alternatives.get(material, frozenset()) & short)

    @cached_property
    def uses(self) -> np.ndarray:
        """Base use of every pool by every demand, directly and through what it is made of."""
        return base_uses(self.cascade.baseline)


def base_uses(baseline: Baseline) -> np.ndarray:
    """Material units a year of every pool that a demand's base units take, by mixing.

    Returns
    -------
    numpy.ndarray
        Demands x pools. A joint recipe's whole feed counts for each of its outputs.
    """
    graph = baseline.graph
    n, first = len(graph.pools), graph.n_activities
    uses = np.zeros((graph.n_demands, n))
    own = graph.inputs.user >= first
    np.add.at(uses, (graph.inputs.user[own] - first, graph.inputs.pool[own]), baseline.drawn[own])
    step = _mixing_step(baseline)
    total, wave = uses.copy(), uses
    for _ in range(64):
        wave = wave @ step
        if wave.max(initial=0.0) < 1e-12:
            break
        total += wave
    return total


def _mixing_step(baseline: Baseline) -> np.ndarray:
    """Use of feed pools per unit used at a home pool."""
    graph = baseline.graph
    n = len(graph.pools)
    home = baseline.made - baseline.exports + baseline.imports
    origin_share = np.zeros((n, n))
    stay = np.maximum(baseline.made - baseline.exports, 0.0)
    np.fill_diagonal(origin_share, np.divide(stay, home, out=np.zeros(n), where=home > 0))
    end = graph.arcs["destination"].to_numpy()
    flow = baseline.block("arc")
    share = np.divide(flow, home[end], out=np.zeros_like(flow), where=home[end] > 0)
    np.add.at(origin_share, (end, graph.arcs["origin"].to_numpy()), share)
    level = baseline.block("activity")
    drawn = np.zeros((graph.n_activities, n))
    plants = graph.inputs.user < graph.n_activities
    np.add.at(drawn, (graph.inputs.user[plants], graph.inputs.pool[plants]), baseline.drawn[plants])
    made_by = np.zeros((n, graph.n_activities))
    output = graph.made_quantity * level[graph.made_activity]
    made = baseline.made[graph.made_pool]
    part = np.divide(output, made, out=np.zeros_like(output), where=made > 0)
    np.add.at(made_by, (graph.made_pool, graph.made_activity), part)
    per_unit = np.divide(1.0, baseline.made, out=np.zeros(n), where=baseline.made > 0)
    feed = (made_by @ drawn) * per_unit[:, None]
    return origin_share @ feed


def _by(keys: np.ndarray, values: np.ndarray) -> dict[int, np.ndarray]:
    order = np.argsort(keys, kind="stable")
    names, start = np.unique(keys[order], return_index=True)
    parts = np.split(np.asarray(values)[order], start[1:]) if len(names) else []
    return {int(name): part for name, part in zip(names, parts, strict=True)}


class Tracer:
    """Causes, grades and stocks of one month, shared by all its questions."""

    def __init__(self, month: Month) -> None:
        self.month = month
        self.binding = Binding(month.cascade)
        self.evidence = Evidence(month.baseline)
        self.stock = months_to_shortage(month.baseline.graph)

    @cached_property
    def left_out(self) -> tuple[str, ...]:
        """Products and places that no table of losses can hold, as sentences."""
        return left_out(self.month.baseline)

    @cached_property
    def rows(self) -> list[tuple[tuple[str, str, str], np.ndarray]]:
        """Rows of demand by product, region and segment, in order; only those asked for."""
        demands, units = self.month.baseline.graph.demands, self.month.baseline.block("demand")
        keys: dict[tuple[str, str, str], list[int]] = {}
        columns = (demands[name] for name in ("product", "region", "segment", "sector"))
        asked = (self.month.product, self.month.region, None, self.month.sector)
        for index, (*key, sector) in enumerate(zip(*columns, strict=True)):
            wanted = all(a in (None, k) for a, k in zip(asked, (*key, sector), strict=True))
            if wanted and units[index] > 0:
                keys.setdefault((key[0], key[1], key[2]), []).append(index)
        return [(key, np.array(keys[key])) for key in sorted(keys)]


def months_to_shortage(graph: SupplyGraph) -> np.ndarray:
    """Central months of stock behind every entry of the inputs, NaN where none is stated."""
    stocks = graph.dataset.tables["stocks"]
    held = {
        (row.holder, row.material): weeks_to_months(row.weeks_central)
        for row in stocks.itertuples()
        if not pd.isna(row.weeks_central)
    }
    months = np.full(len(graph.inputs.user), np.nan)
    demands, materials = graph.demands, graph.pools["material"].tolist()
    holders = [
        f"{product}@{market}"
        for product, market in zip(demands["product"], demands["market"], strict=True)
    ]
    for entry in np.flatnonzero(graph.inputs.user >= graph.n_activities):
        holder = holders[int(graph.inputs.user[entry]) - graph.n_activities]
        months[entry] = held.get((holder, materials[graph.inputs.pool[entry]]), np.nan)
    return months
