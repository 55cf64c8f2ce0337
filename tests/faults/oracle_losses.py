"""The oracle's losses from base flows: a cascade of its own, and a linear program of its own.

Rules, in words. Nobody reroutes: a user runs at the least level of its essential kinds; a kind at
the base-weighted level of what it draws; a market sees what stays of its own output and what
arrives; an arc carries the level of what its origin makes. Everybody reroutes: serve as much
weighted demand as balance, capacities and held shares allow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from tests.faults.oracle_base import Base, pool_id
from tests.faults.oracle_network import Activity, Network, Pool
from tests.faults.oracle_rows import Rows

SWEEPS, SETTLED = 100_000, 1e-13


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0 else 0.0


def served_rigid(base: Base, left: Callable[[Activity], float]) -> dict[str, float]:
    """Served share of every demand when nobody reroutes."""
    net, home = base.net, {pool: base.home(pool) for pool in base.net.pools}
    cap = {a.id: left(a) for a in net.activities}
    level = {user.id: cap.get(user.id, 1.0) for user in net.users}
    kinds = []
    for user in net.users:
        for group in user.groups:
            need = {p: base.drawn(user.id, p, q, group.free) / q for p, q in group.quantity.items()}
            total = sum(need.values())
            if group.essential and total > 0:
                kinds.append((user.id, {p: n / total for p, n in need.items()}))
    makers: dict[Pool, list[tuple[str, float]]] = {}
    for a in net.activities:
        for pool, quantity in a.makes.items():
            share = _ratio(quantity * base.level(a.id), base.made[pool])
            makers.setdefault(pool, []).append((a.id, share))
    for _ in range(SWEEPS):
        made = {p: sum(s * level[n] for n, s in makers.get(p, ())) for p in net.pools}
        got = {
            p: _ratio(max(base.made[p] - base.exports[p], 0.0), home[p]) * made[p]
            for p in net.pools
        }
        for (material, start, end), flow in base.arc.items():
            pool = (material, end)
            got[pool] += _ratio(flow, home[pool]) * made[material, start]
        new = {user.id: cap.get(user.id, 1.0) for user in net.users}
        for user_id, shares in kinds:
            new[user_id] = min(new[user_id], sum(w * got[p] for p, w in shares.items()))
        new = {name: min(value, level[name]) for name, value in new.items()}
        moved = max((level[name] - new[name] for name in new), default=0.0)
        level = new
        if moved <= SETTLED:
            return {d.id: level[d.id] for d in net.demands}
    raise ArithmeticError("the oracle's cascade does not settle")


class LeastProgram(Rows):
    """One linear program over the base flows; a removal only changes bounds."""

    def __init__(self, base: Base) -> None:
        super().__init__(base)
        self._held(base.net)

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

    def served(
        self, left: Callable[[Activity], float], weights: Mapping[str, float]
    ) -> dict[str, float]:
        """Served share of every demand of the allocation with the least weighted loss."""
        net, base, n = self.base.net, self.base, len(self.columns)
        upper = np.full(n, np.inf)
        cost = np.zeros(n)
        limits = list(self.rows)
        for a in net.activities:
            upper[self.columns["activity", a.id]] = self.most(a) * left(a)
        for line, row in self.line_row.items():
            mine = [a for a in net.activities if a.line == line]
            stated = net.capacity[line]
            if not math.isnan(stated):
                used = sum(a.line_units * base.level(a.id) for a in mine)
                limits[row] = (-math.inf, max(stated, used) * max(left(a) for a in mine))
        for d in net.demands:
            column = self.columns["demand", d.id]
            upper[column] = base.level(d.id)
            if base.level(d.id) > 0:
                cost[column] = -weights.get(d.id, 0.0) / base.level(d.id)
        x = self.solve(cost, upper, limits).x
        return {
            d.id: min(_ratio(x[self.columns["demand", d.id]], base.level(d.id)), 1.0)
            if base.level(d.id) > 0
            else 1.0
            for d in net.demands
        }


def loss(weights: Mapping[str, float], served: Mapping[str, float]) -> float:
    """Weighted loss."""
    return sum(weight * (1.0 - served[name]) for name, weight in weights.items())
