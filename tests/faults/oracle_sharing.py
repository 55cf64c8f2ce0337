"""The oracle's losses when others step in: a linear program of its own over base flows.

Least: serve as much weighted demand as balance, capacities and held shares allow, with every other
demand at what it gets when nobody reroutes. Shared: the worst served as well as can be, then the
next worst; nobody less than in the step before, and routes open as their buyers qualify them.

A need of unknown size is served no further above what it gets when nobody reroutes than the worst
served sized use of that material in its market, or the arrivals where no use is sized.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tests.faults.lexicographic import lexicographic
from tests.faults.oracle_base import Base, Key, pool_id
from tests.faults.oracle_losses import Rigid, ratio
from tests.faults.oracle_network import Activity, Demand, Network, Pool
from tests.faults.oracle_rows import Rows
from tests.faults.oracle_stops import Removal

COMMON: Key = ("common", "")
# Of a share that is held, so that rounding leaves room: rows kept to 1e-9 of their size may be more
# of a user who takes little, so that the next slack is tried. All are well below `RISES`.
SLACKS = (1e-9, 1e-8, 1e-7)
SURGE = 1.15
PART, TRACTION = 6, 18  # months until a route is open
ALL_OPEN = 1200
SEEN = 3e-5  # of a material: below, the tolerance of its rows is 1e-5 and more of a use
# Times as much of one good as of another that it replaces, from which on what the one adds is worth
# no more than the tolerance of a price: both programs then stop 1e-5 short, each elsewhere.
UNLIKE = 300.0
Limits = list[tuple[float, float]]


@dataclass(frozen=True)
class _Pair:
    """A row: the share of a demand less that of a sized use, or of all arrivals, of a pool."""

    row: int
    demand: Demand
    pool: Pool
    use: str  # a user's id, empty for arrivals


class SharedProgram(Rows):
    """One linear program over the base flows; a removal only changes bounds."""

    def __init__(self, base: Base) -> None:
        super().__init__(base)
        self.columns[COMMON] = len(self.columns)
        self.size.append(1.0)
        self.activity = {a.id: a for a in base.net.activities}
        self.lag = _lags(base.net)
        self._held(base.net)
        self.live = [d for d in base.net.demands if base.level(d.id) > 0]
        self.place = np.array([self.columns["demand", d.id] for d in self.live], dtype=int)
        self.units = np.array([base.level(d.id) for d in self.live])
        self.share_row = [self._row(-math.inf, math.inf) for _ in self.live]
        for row, d in zip(self.share_row, self.live, strict=True):
            self._entry(row, ("demand", d.id), 1.0 / base.level(d.id))
            self._entry(row, COMMON, -1.0)
        self.pairs = list(self._unsized())
        self.leaving: dict[Pool, int] = {}
        for material, start, end in base.net.arcs:
            if (material, start) not in self.leaving:
                self.leaving[material, start] = self._row(-math.inf, math.inf)
            row = self.leaving[material, start]
            self._entry(row, ("arc", f"{material}:{start}>{end}"), 1.0)

    def _held(self, net: Network) -> None:
        """Of each tonne made and received, surplus and unexplained use keep their base share."""
        base = self.base
        for pool in net.pools:
            held, home = base.held(pool), base.home(pool)
            if held <= 0 or home <= 0:
                continue
            row = self._row(0.0, math.inf)
            self._entry(row, ("held", pool_id(pool)), 1.0)
            stay = 1.0 - base.exports[pool] / base.made[pool] if base.made[pool] > 0 else 0.0
            for a in net.activities:
                if pool in a.makes:
                    self._entry(row, ("activity", a.id), -held / home * stay * a.makes[pool])
            for material, start, end in net.arcs:
                if (material, end) == pool:
                    self._entry(row, ("arc", f"{material}:{start}>{end}"), -held / home)

    def _unsized(self) -> Sequence[_Pair]:
        """Rows that hold needs of unknown size back; their right-hand sides are of a removal."""
        base, sized = self.base, self._sized_uses()
        found = []
        for d in self.live:
            for group in d.groups:
                for pool in group.blank & group.trusted if len(group.quantity) == 1 else ():
                    for use in sized.get(pool, [""]):
                        row = self._row(-math.inf, math.inf)
                        self._entry(row, ("demand", d.id), 1.0 / base.level(d.id))
                        if use:
                            kind = "activity" if use in self.activity else "demand"
                            self._entry(row, (kind, use), -1.0 / base.level(use))
                        else:
                            self._arrivals(row, pool)
                        found.append(_Pair(row, d, pool, use))
        return found

    def _sized_uses(self) -> dict[Pool, list[str]]:
        found: dict[Pool, list[str]] = {}
        for user in self.base.net.users:
            for group in user.groups if self.base.level(user.id) > 0 else ():
                for pool in group.trusted - group.blank:
                    if self.base.drawn(user.id, pool, group.quantity[pool], group.free) > 0:
                        found.setdefault(pool, []).append(user.id)
        return found

    def _arrivals(self, row: int, pool: Pool) -> None:
        """Less what arrives in a pool, as a share of the base year."""
        home = self.base.home(pool)
        for a in self.base.net.activities:
            if pool in a.makes:
                self._entry(row, ("activity", a.id), -a.makes[pool] / home)
        for material, start, end in self.base.net.arcs:
            key = ("arc", f"{material}:{start}>{end}")
            if material == pool[0] and pool[1] in (start, end):
                self._entry(row, key, (1.0 if start == pool[1] else -1.0) / home)

    @property
    def distinct(self) -> bool:
        """Whether nobody takes so little of a pool, or of a choice, that rounding is part of it."""
        base = self.base
        choices = [g for user in base.net.users for g in user.groups if g.free and g.quantity]
        if any(max(g.quantity.values()) > UNLIKE * min(g.quantity.values()) for g in choices):
            return False
        world: dict[str, float] = {}
        for material, place in base.net.pools:
            world[material] = world.get(material, 0.0) + base.home((material, place))
        # Of the world's, as who takes a trace of a good competes by less than rounding.
        drawn = (
            base.drawn(user.id, pool, group.quantity[pool], group.free) / world[pool[0]]
            for user in base.net.users
            for group in user.groups
            for pool in group.trusted - group.blank
            if base.home(pool) > 0 and base.level(user.id) > 0
        )
        return all(share >= SEEN for share in drawn if share > 0)

    def _able(self, a: Activity, removal: Removal) -> float:
        return self.most(a) * removal.left(a)

    def _case(self, removal: Removal, none: Rigid, months: int) -> tuple[np.ndarray, Limits]:
        """Upper bounds and rows of a removal so many months after it."""
        net, base = self.base.net, self.base
        upper, limits = np.full(len(self.columns), np.inf), list(self.rows)
        for a in net.activities:
            upper[self.columns["activity", a.id]] = self._able(a, removal)
        for line, row in self.line_row.items():
            mine = [a for a in net.activities if a.line == line]
            stated = net.capacity[line]
            if not math.isnan(stated):
                used = sum(a.line_units * base.level(a.id) for a in mine)
                limits[row] = (-math.inf, max(stated, used) * max(removal.left(a) for a in mine))
        for d in net.demands:
            upper[self.columns["demand", d.id]] = base.level(d.id)
        for key, flow in base.arc.items():
            most = math.inf if self.lag[key[0]] <= months else SURGE * flow
            pool = (key[0], key[1])
            if pool in removal.pools:
                most = min(most, self._leaves(pool, removal))
            elif removal.open(key) < 1:
                most = min(most, flow * removal.open(key))
            upper[self.columns["arc", "{}:{}>{}".format(*key)]] = most
        for pool in removal.pools:
            if pool in self.leaving:
                limits[self.leaving[pool]] = (-math.inf, self._leaves(pool, removal))
        upper[self.columns[COMMON]] = 1.0
        for pair in self.pairs:
            limits[pair.row] = (-math.inf, self._room(pair, removal, none))
        return upper, limits

    def _leaves(self, pool: Pool, removal: Removal) -> float:
        """What may leave a pool: others' part of the base year and what they can make beyond."""
        more = sum(
            max(self._able(a, removal) - self.base.level(a.id), 0.0) * a.makes[pool]
            for a in self.base.net.activities
            if pool in a.makes and a.id not in removal.gone
        )
        return removal.pools[pool] * self.base.exports[pool] + more

    def _room(self, pair: _Pair, removal: Removal, none: Rigid) -> float:
        """How far a need of unknown size may be ahead of a sized use or of arrivals."""
        own = [p.use for p in self.pairs if (p.demand, p.pool) == (pair.demand, pair.pool)]
        worst = min(
            none.user[use] + self._lacks(use, removal) if use else none.pool[pair.pool]
            for use in own
        )
        ahead = max(none.user[pair.demand.id] - min(worst, 1.0), 0.0)
        return ahead + self._lacks(pair.use, removal)

    def _lacks(self, use: str, removal: Removal) -> float:
        """Part of its base level that a plant can no longer do."""
        if use not in self.activity:
            return 0.0
        able = ratio(self._able(self.activity[use], removal), self.base.level(use))
        return 1.0 - min(able, 1.0)

    def least(
        self, removal: Removal, none: Rigid, weights: Mapping[str, float]
    ) -> dict[str, float]:
        """Served shares of the allocation with the least weighted loss."""
        upper, limits = self._case(removal, none, ALL_OPEN)
        cost = np.zeros(len(self.columns))
        low = np.zeros(len(self.live))
        for number, d in enumerate(self.live):
            if weights.get(d.id, 0.0) > 0:
                cost[self.place[number]] = -weights[d.id] / self.units[number]
            else:
                low[number] = none.user[d.id]
        return self._named(self._shares(cost, upper, limits, low))

    def shared(
        self, removal: Removal, none: Rigid, floor: Mapping[str, float], months: int
    ) -> dict[str, float]:
        """Served shares of the leximin of a step."""
        upper, limits = self._case(removal, none, months)
        least = np.array([floor[d.id] for d in self.live])

        def common_of(low: np.ndarray, open_: np.ndarray) -> float:
            rows = list(limits)
            for number in np.flatnonzero(open_):
                rows[self.share_row[number]] = (0.0, math.inf)
            cost = np.zeros(len(self.columns))
            cost[self.columns[COMMON]] = -1.0
            return float(self._solved(cost, upper, rows, low)[self.columns[COMMON]])

        def together(low: np.ndarray, some: np.ndarray) -> np.ndarray:
            cost = np.zeros(len(self.columns))
            cost[self.place[some]] = -1.0 / self.units[some]
            return self._shares(cost, upper, limits, low)

        return self._named(lexicographic(least, least < 1 - 1e-9, common_of, together))

    def _solved(
        self, cost: np.ndarray, upper: np.ndarray, limits: Limits, low: np.ndarray
    ) -> np.ndarray:
        lower = np.zeros(len(self.columns))
        for slack in SLACKS:
            lower[self.place] = np.maximum(low - slack, 0.0) * self.units
            try:
                return np.asarray(self.solve(cost, upper, limits, lower).x)
            except ArithmeticError as error:
                found = error
        raise found

    def _shares(
        self, cost: np.ndarray, upper: np.ndarray, limits: Limits, low: np.ndarray
    ) -> np.ndarray:
        x = self._solved(cost, upper, limits, low)
        return np.minimum(x[self.place] / self.units, 1.0)

    def _named(self, shares: np.ndarray) -> dict[str, float]:
        served = {d.id: 1.0 for d in self.base.net.demands}
        return served | {d.id: float(s) for d, s in zip(self.live, shares, strict=True)}


def _lags(net: Network) -> dict[str, int]:
    """Months until routes of a material open: magnets with a choice of heavy inputs take longer."""
    rows, choice = net.tables["recipes"], set()
    for row in rows:
        essential = (row.get("essential") or "true").lower() == "true"
        if row["direction"] == "in" and row.get("alternative_group") and essential:
            choice.add(row["recipe"])
    made = {r["material"] for r in rows if r["direction"] == "out" and r["recipe"] in choice}
    return {m: TRACTION if m in made and net.stage[m] == "magnet" else PART for m in net.stage}
