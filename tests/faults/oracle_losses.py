"""The oracle's losses from base flows: a cascade of its own, and a linear program of its own.

Rules, in words. Nobody reroutes: a user runs at the least level of its essential kinds; a kind at
the base-weighted level of what it draws; a market sees what stays of its own output and what
arrives; an arc carries the level of what its origin makes. Everybody reroutes: serve as much
weighted demand as balance, capacities and held shares allow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from tests.faults.oracle_network import Activity, Network, Pool

Key = tuple[str, str]
Flows = Mapping[Key, float]
SWEEPS, SETTLED = 100_000, 1e-13


def pool_id(pool: Pool) -> str:
    """Name of a material in a market."""
    return f"{pool[0]}@{pool[1]}"


@dataclass
class Base:
    """Base flows of a network by pool and user."""

    net: Network
    flows: Flows
    made: dict[Pool, float] = field(init=False)
    exports: dict[Pool, float] = field(init=False)
    imports: dict[Pool, float] = field(init=False)
    arc: dict[tuple[str, str, str], float] = field(init=False)

    def __post_init__(self) -> None:
        zero = dict.fromkeys(self.net.pools, 0.0)
        self.made, self.exports, self.imports = dict(zero), dict(zero), dict(zero)
        for a in self.net.activities:
            for pool, quantity in a.makes.items():
                self.made[pool] += quantity * self.level(a.id)
        self.arc = {key: self.flows.get(("arc", "{}:{}>{}".format(*key)), 0.0) for key in self.net.arcs}
        for (material, start, end), flow in self.arc.items():
            self.exports[material, start] += flow
            self.imports[material, end] += flow

    def level(self, user: str) -> float:
        """Activity or units of a user."""
        return self.flows.get(("activity", user), self.flows.get(("demand", user), 0.0))

    def drawn(self, user: str, pool: Pool, quantity: float, free: bool) -> float:
        """What a user draws from a pool."""
        if free:
            return self.flows.get(("draw", f"{user}:{pool_id(pool)}"), 0.0)
        return quantity * self.level(user)

    def held(self, pool: Pool) -> float:
        """Surplus or unexplained use of a pool: it has one of the two."""
        kind = "surplus" if pool in self.net.surplus else "unexplained"
        return self.flows.get((kind, pool_id(pool)), 0.0)

    def home(self, pool: Pool) -> float:
        """What stays at home and what arrives."""
        return self.made[pool] - self.exports[pool] + self.imports[pool]

    def imbalance(self) -> float:
        """Largest relative gap of what a pool has and what it gives, and of its kinds."""
        worst, use = 0.0, dict.fromkeys(self.net.pools, 0.0)
        for user in self.net.users:
            for group in user.groups:
                parts = {
                    p: self.drawn(user.id, p, q, group.free) for p, q in group.quantity.items()
                }
                for pool, amount in parts.items():
                    use[pool] += amount
                if group.free:
                    level = self.level(user.id)
                    got = sum(amount / group.quantity[p] for p, amount in parts.items())
                    gap = abs(got - level) if group.essential else max(got - level, 0.0)
                    worst = max(worst, gap / max(level, got, 1e-6))
        for pool in self.net.pools:
            gap = self.home(pool) - use[pool] - self.held(pool)
            size = max(self.made[pool], self.imports[pool], use[pool], self.held(pool), 1e-6)
            over = self.exports[pool] - self.made[pool]
            worst = max(worst, abs(gap) / size, over / size)
        return worst

    def weights(self) -> dict[str, float]:
        """Sectors equal; inside by value if every product has one; inside a product by units."""
        units: dict[str, float] = {}
        live = [d for d in self.net.demands if d.weighs and self.level(d.id) > 0]
        for d in live:
            units[d.product] = units.get(d.product, 0.0) + self.level(d.id)
        sectors: dict[str, dict[str, float]] = {}
        for d in live:
            value = d.value * units[d.product] if d.basis == "counted" else math.nan
            sectors.setdefault(d.sector, {})[d.product] = value
        product: dict[str, float] = {}
        for part in sectors.values():
            valued = all(value > 0 for value in part.values())
            size = part if valued else dict.fromkeys(part, 1.0)
            for name in part:
                product[name] = size[name] / sum(size.values()) / len(sectors)
        return {d.id: product[d.product] * self.level(d.id) / units[d.product] for d in live}


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
            need = {
                p: base.drawn(user.id, p, q, group.free) / q for p, q in group.quantity.items()
            }
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


class FreeProgram:
    """One linear program over the base flows; a removal only changes bounds."""

    def __init__(self, base: Base) -> None:
        self.base, net = base, base.net
        self.columns: dict[Key, int] = {}
        self.size: list[float] = []
        self.entries: list[tuple[int, Key, float]] = []
        self.rows: list[tuple[float, float]] = []
        self._columns(net)
        self._balance(net)
        self._kinds(net)
        self.line_row = {}
        for line in net.capacity:
            self.line_row[line] = self._row(-math.inf, math.inf)
        for a in net.activities:
            self._entry(self.line_row[a.line], ("activity", a.id), a.line_units)
        self._held(net)

    def _columns(self, net: Network) -> None:
        world: dict[str, float] = {}
        for pool in net.pools:
            material = pool[0]
            world[material] = world.get(material, 0.0) + max(self.base.home(pool), 0.0)
        # What nobody made in the base year is sized by what could be made: columns of almost no
        # size have entries that HiGHS drops, and their plants would stand still.
        able: dict[str, float] = {}
        for a in net.activities:
            for pool, quantity in a.makes.items():
                able[pool[0]] = able.get(pool[0], 0.0) + quantity * self.most(a)
        size = {m: max(world.get(m, 0.0), able.get(m, 0.0) * 1e-2, 1e-6) for m in net.stage}
        floor = {m: size[m] * 1e-3 for m in size}

        def add(kind: str, name: str, least: float) -> None:
            self.columns[kind, name] = len(self.columns)
            self.size.append(max(self.base.flows.get((kind, name), 0.0), least))

        for a in net.activities:
            add("activity", a.id, max((floor[p[0]] / q for p, q in a.makes.items()), default=1e-6))
        for d in net.demands:
            add("demand", d.id, 1e-6)
        for user in net.users:
            for group in user.groups:
                for pool in group.quantity if group.free else ():
                    add("draw", f"{user.id}:{pool_id(pool)}", floor[pool[0]])
        for key in net.arcs:
            add("arc", "{}:{}>{}".format(*key), floor[key[0]])
        for pool in net.pools:
            add("held", pool_id(pool), max(self.base.held(pool), floor[pool[0]]))

    def _row(self, low: float, high: float) -> int:
        self.rows.append((low, high))
        return len(self.rows) - 1

    def _entry(self, row: int, key: Key, value: float) -> None:
        self.entries.append((row, key, value))

    def _balance(self, net: Network) -> None:
        stock = {pool: self._row(0.0, 0.0) for pool in net.pools}
        own = {pool: self._row(0.0, math.inf) for pool in net.pools}
        for a in net.activities:
            for pool, quantity in a.makes.items():
                self._entry(stock[pool], ("activity", a.id), quantity)
                self._entry(own[pool], ("activity", a.id), quantity)
        for material, start, end in net.arcs:
            key = ("arc", f"{material}:{start}>{end}")
            self._entry(stock[material, start], key, -1.0)
            self._entry(own[material, start], key, -1.0)
            self._entry(stock[material, end], key, 1.0)
        for user in net.users:
            kind = "activity" if isinstance(user, Activity) else "demand"
            for group in user.groups:
                for pool, quantity in group.quantity.items():
                    key = ("draw", f"{user.id}:{pool_id(pool)}") if group.free else (kind, user.id)
                    self._entry(stock[pool], key, -1.0 if group.free else -quantity)
        for pool in net.pools:
            self._entry(stock[pool], ("held", pool_id(pool)), -1.0)

    def _kinds(self, net: Network) -> None:
        for user in net.users:
            kind = "activity" if isinstance(user, Activity) else "demand"
            for group in user.groups:
                if not group.free:
                    continue
                row = self._row(0.0 if group.essential else -math.inf, 0.0)
                for pool, quantity in group.quantity.items():
                    self._entry(row, ("draw", f"{user.id}:{pool_id(pool)}"), 1.0 / quantity)
                self._entry(row, (kind, user.id), -1.0)

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

    def most(self, a: Activity) -> float:
        """Upper bound of an activity: capacity, or its base level where nobody states one."""
        base, stated = self.base.level(a.id), self.base.net.capacity[a.line]
        if not a.open:
            return 0.0
        if math.isnan(stated) or (not a.groups and a.stage != "mine"):
            return base
        used = sum(
            other.line_units * self.base.level(other.id)
            for other in self.base.net.activities
            if other.line == a.line
        )
        return max(stated, used) / a.line_units

    def served(self, left: Callable[[Activity], float], weights: Mapping[str, float]) -> dict[str, float]:  # noqa: E501
        """Served share of every demand of the allocation with the least weighted loss."""
        net, base, n = self.base.net, self.base, len(self.columns)
        size = np.array(self.size)
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
        row, column, value = zip(
            *((r, self.columns[k], v) for r, k, v in self.entries), strict=True
        )
        data = np.array(value) * size[list(column)]
        matrix = coo_matrix((data, (row, column)), shape=(len(limits), n)).tocsr()
        largest = np.maximum(abs(matrix).max(axis=1).toarray().ravel(), 1e-300)
        matrix = matrix.multiply(1 / largest[:, None]).tocsr()
        low, high = (np.array(ends) / largest for ends in zip(*limits, strict=True))
        equal = low == high
        over, under = np.isfinite(low) & ~equal, np.isfinite(high) & ~equal
        from scipy.sparse import vstack

        answer = linprog(
            cost * size,
            A_ub=vstack([-matrix[over], matrix[under]]), b_ub=np.concatenate([-low[over], high[under]]),
            A_eq=matrix[equal], b_eq=low[equal], bounds=np.column_stack([np.zeros(n), upper / size]),
            method="highs", options={"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9},
        )  # fmt: skip
        if answer.status != 0:
            raise ArithmeticError(f"the oracle's program: {answer.message}")
        x = answer.x * size
        return {
            d.id: min(_ratio(x[self.columns["demand", d.id]], base.level(d.id)), 1.0)
            if base.level(d.id) > 0 else 1.0
            for d in net.demands
        }  # fmt: skip


def loss(weights: Mapping[str, float], served: Mapping[str, float]) -> float:
    """Weighted loss."""
    return sum(weight * (1.0 - served[name]) for name, weight in weights.items())
