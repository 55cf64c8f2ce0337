"""What stops a product: the input with the least level, followed to the first cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from supplygraph.baseline import Baseline
from supplygraph.engines import Allocation, Cascade, Levels
from supplygraph.graph import SupplyGraph
from supplygraph.scenario import Shock
from supplygraph.units import weeks_to_months

GRADE_ORDER = {"A": 0, "B": 1, "C": 2, "D": 3}


def weakest(grades: list[str]) -> str:
    """Weakest of some grades; calc counts as the inputs it was computed from, here as B.

    Examples
    --------
    >>> weakest(["A", "C", "B"])
    'C'
    """
    known = ["B" if grade == "calc" else grade for grade in grades if grade]
    return max(known, key=lambda g: GRADE_ORDER.get(g, 3)) if known else ""


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
        flow = cascade.baseline.block("arc")
        live = np.flatnonzero(flow > 0)
        self.arriving: dict[int, np.ndarray] = _by(
            graph.arcs["destination"].to_numpy()[live], live
        )
        self._uses: np.ndarray | None = None

    def under_none(self, demand: int, shock: Shock, levels: Levels) -> Path | None:
        """Path of a demand's loss when nobody reroutes; None without a loss."""
        user = self.graph.n_activities + demand
        if levels.user[user, 0] >= 1 - 1e-9:
            return None
        need = self._worst_entry(user, levels)
        if need is None:
            return None
        pool = int(self.graph.inputs.pool[need])
        steps = [pool]
        while True:
            if self._cut(pool, shock):
                break
            entry = self._worst_maker_entry(pool, levels)
            if entry is None:
                break
            pool = int(self.graph.inputs.pool[entry])
            if pool in steps:
                break
            steps.append(pool)
        row = self.graph.pools.iloc[pool]
        return Path(str(row["material"]), str(row["market"]), tuple(steps), int(need))

    def _worst_entry(self, user: int, levels: Levels) -> int | None:
        """Entry with the least home level inside the kind with the least level."""
        inputs = self.graph.inputs
        entries = [e for e in self.entries.get(user, ()) if self.cascade.limits[inputs.group[e]]]
        if not entries:
            return None
        names = self.graph.pools["id"].to_numpy()
        return min(
            entries,
            key=lambda e: (
                round(float(levels.kind[inputs.group[e], 0]), 12),
                -round(float(self.cascade.share[e]), 12) * (levels.home[inputs.pool[e], 0] < 1),
                round(float(levels.home[inputs.pool[e], 0]), 12),
                names[inputs.pool[e]],
            ),
        )

    def _sources(self, pool: int) -> list[int]:
        """The pool itself and the origins that feed it."""
        origin = self.graph.arcs["origin"].to_numpy()
        return [pool, *(int(origin[arc]) for arc in self.arriving.get(pool, ()))]

    def _cut(self, pool: int, shock: Shock) -> bool:
        """Whether own makers or arcs of a pool were cut."""
        base = self.cascade.baseline.block("activity")
        if any(shock.arc[arc] < 1 for arc in self.arriving.get(pool, ())):
            return True
        for source in self._sources(pool):
            makers = self.makers.get(source, np.zeros(0, int))
            if shock.made[source] < 1 and base[makers].sum() > 0:
                return True
            if any(shock.activity[a] < 1 and base[a] > 0 for a in makers):
                return True
        return False

    def _worst_maker_entry(self, pool: int, levels: Levels) -> int | None:
        base = self.cascade.baseline.block("activity")
        makers = {
            int(a) for s in self._sources(pool) for a in self.makers.get(s, ()) if base[a] > 0
        }
        if not makers:
            return None
        worst = min(makers, key=lambda a: (round(float(levels.user[a, 0]), 12), -base[a], a))
        return None if levels.user[worst, 0] >= 1 - 1e-9 else self._worst_entry(worst, levels)

    def under_free(self, demand: int, shock: Shock, answer: Allocation) -> str | None:
        """Cut material and market with the largest price x base use by the product."""
        if answer.served[demand] >= 1 - 1e-9:
            return None
        cut = np.array([self._cut(pool, shock) for pool in range(len(self.graph.pools))])
        worth = np.where(cut, answer.price * self.uses[demand], 0.0)
        if worth.max(initial=0.0) <= 0:
            return None
        return str(self.graph.pools["material"].iat[int(worth.argmax())])

    @property
    def uses(self) -> np.ndarray:
        """Base use of every pool by every demand, directly and through what it is made of."""
        if self._uses is None:
            self._uses = base_uses(self.cascade.baseline)
        return self._uses


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
    np.add.at(
        drawn, (graph.inputs.user[plants], graph.inputs.pool[plants]), baseline.drawn[plants]
    )
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


class Evidence:
    """Grades of the rows behind a path."""

    def __init__(self, graph: SupplyGraph) -> None:
        needs = graph.dataset.tables["needs"]
        pairs = zip(needs["product"], needs["material"], strict=True)
        grades = zip(needs["need_evidence"], needs["quantity_evidence"], strict=True)
        self.needs = dict(zip(pairs, grades, strict=True))
        recipes = graph.dataset.tables["recipes"]
        rows = recipes[recipes["direction"] == "in"]
        self.recipes = (
            rows.groupby("material")["evidence"].agg(lambda g: weakest(list(g))).to_dict()
        )
        self.graph = graph

    def need(self, demand: int, entry: int) -> tuple[str, str]:
        """Grades of a need: that it exists, and how much."""
        product = self.graph.demands["product"].iat[demand]
        material = self.graph.pools["material"].iat[int(self.graph.inputs.pool[entry])]
        return self.needs.get((product, material), ("D", "D"))

    def path(self, demand: int, path: Path) -> str:
        """Weakest grade of the need and of the recipes passed on the way to the cut."""
        names = self.graph.pools["material"].to_numpy()
        grades = [self.need(demand, path.need)[0]]
        grades += [self.recipes.get(names[pool], "") for pool in path.steps[1:]]
        return weakest(grades)


def months_to_shortage(graph: SupplyGraph) -> np.ndarray:
    """Central months of stock behind every entry of the inputs, NaN where none is stated."""
    stocks = graph.dataset.tables["stocks"]
    held = {
        (row.holder, row.material): weeks_to_months(row.weeks_central)
        for row in stocks.itertuples()
        if not pd.isna(row.weeks_central)
    }
    months = np.full(len(graph.inputs.user), np.nan)
    demands = graph.demands
    materials = graph.pools["material"].to_numpy()
    for entry in np.flatnonzero(graph.inputs.user >= graph.n_activities):
        row = demands.iloc[int(graph.inputs.user[entry]) - graph.n_activities]
        holder = f"{row['product']}@{row['market']}"
        months[entry] = held.get((holder, materials[graph.inputs.pool[entry]]), np.nan)
    return months
