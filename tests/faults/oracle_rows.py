"""Rows of a network as the oracle writes them, over base flows that give their sizes.

What a market makes and receives is used, exported or held; exports are of its own make;
alternatives add up to the need; lines have capacities.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import OptimizeResult, linprog
from scipy.sparse import coo_matrix, csr_matrix, vstack

from tests.faults.oracle_base import Base, Key, pool_id
from tests.faults.oracle_network import Activity, Network

FREE = ("deviation",)
# Typical flows beyond which a limit is none: HiGHS, given one of 1e12, ended above the optimum.
FAR = 1e8
AMPLE = 1e3  # times what the world made: what could be made beside it sizes no column


class Rows:
    """Columns, entries and bounds of a program; a subclass adds rows and an objective."""

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

    def _sizes(self, net: Network) -> dict[str, float]:
        """What the world makes of each material, or could make of what nobody made.

        Columns of almost no size have entries that HiGHS drops, and their plants would stand still.
        A capacity of a million million tonnes sizes nothing that somebody made.
        """
        world: dict[str, float] = dict.fromkeys(net.stage, 0.0)
        for pool in net.pools:
            world[pool[0]] += max(self.base.home(pool), 0.0)
        able = dict.fromkeys(net.stage, 0.0)
        for a in net.activities:
            for pool, quantity in a.makes.items():
                able[pool[0]] += quantity * self.most(a) * 1e-2
        most = {m: AMPLE * world[m] if world[m] > 0 else math.inf for m in net.stage}
        return {m: max(world[m], min(able[m], most[m]), 1e-6) for m in net.stage}

    def _columns(self, net: Network) -> None:
        size = self._sizes(net)
        floor = {m: size[m] * 1e-3 for m in size}

        def add(kind: str, name: str, least: float) -> None:
            self.columns[kind, name] = len(self.columns)
            self.size.append(max(self.base.flows.get((kind, name), 0.0), least))

        for a in net.activities:
            add("activity", a.id, max((floor[p[0]] / q for p, q in a.makes.items()), default=1e-6))
        for d in net.demands:
            # A demand that the balance gives nothing is sized by what is stated: see above.
            add("demand", d.id, max(1e-3 * d.units, 1e-6))
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

    def solve(
        self,
        cost: np.ndarray,
        upper: np.ndarray,
        limits: Sequence[tuple[float, float]],
        lower: np.ndarray | None = None,
    ) -> OptimizeResult:
        """Least cost under rows and bounds; columns scaled by size, rows by their largest entry."""
        size, n = np.array(self.size), len(self.columns)
        row, column, value = zip(
            *((r, self.columns[k], v) for r, k, v in self.entries), strict=True
        )
        data = np.array(value) * size[list(column)]
        matrix: csr_matrix = coo_matrix((data, (row, column)), shape=(len(limits), n)).tocsr()
        largest = np.maximum(abs(matrix).max(axis=1).toarray().ravel(), 1e-300)
        matrix = matrix.multiply(1 / largest[:, None]).tocsr()
        low, high = (np.array(ends) / largest for ends in zip(*limits, strict=True))
        high = np.where(high > FAR, np.inf, high)
        equal = low == high
        over, under = np.isfinite(low) & ~equal, np.isfinite(high) & ~equal
        least = np.array([-np.inf if key[0] in FREE else 0.0 for key in self.columns])
        if lower is not None:
            least = np.maximum(least, lower / size)
        answer = linprog(
            cost * size,
            A_ub=vstack([-matrix[over], matrix[under]]),
            b_ub=np.concatenate([-low[over], high[under]]),
            A_eq=matrix[equal],
            b_eq=low[equal],
            bounds=np.column_stack([least, upper / size]),
            method="highs",
            options={"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9},
        )
        if answer.status != 0:
            raise ArithmeticError(f"the oracle's program: {answer.message}")
        answer.x = answer.x * size
        return answer
