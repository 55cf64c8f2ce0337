"""Shortage shared over time: who goes without while routes open and plants start.

Between nobody reroutes (`none`) and the least loss that any allocation could reach (`least`) lies
who gives way. Here nobody outbids anybody: the served shares of a step are the leximin

    u^h = leximin { u : balance rows, capacities of month h, routes open by month h,
                        u >= u^(h') of the step before }            u^(0) = u of `none`

The worst served is served as well as can be, then the next worst, and so on. Floors say that
contracts are kept (our assumption): they make u^h rise with h in every row. A route carries at
most 1.15 of its base flow until its buyer has qualified it, and anything after; one without a base
flow is closed until then.

A need of unknown size gets no more than the worst served sized use of that material in its
market, or than its part of what arrives where no use is sized: its grams would else be served
first and count as no loss. Where it is ahead of them when nobody reroutes it stays so by as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from supplygraph.engines.allocation import LOSS_SCALE, AllocationProgram
from supplygraph.engines.capacity_left import capacity_left
from supplygraph.engines.cascade import Levels
from supplygraph.engines.leximin import FULL, Leximin
from supplygraph.engines.qualification import most_of_routes, qualification_months
from supplygraph.engines.shocked_model import Allocation
from supplygraph.engines.unsized_needs import UnsizedNeeds
from supplygraph.graph.balance_matrix import INFINITY
from supplygraph.scenario import Shock
from supplygraph.scenario.month_arrays import month_range
from supplygraph.solver import Basis, LinearProgram, Triplets

STEPS = (3, 6, 12, 24, 36)


@dataclass(frozen=True)
class Capacities:
    """Most of every activity and line in the month of a step."""

    activity: np.ndarray
    line: np.ndarray


class SharedShortage:
    """Programs of one month's question, to which shocks and steps are put as bounds.

    Parameters
    ----------
    allocation
        The allocation whose rows hold, of the last month that any step asks for.
    month
        Month from which steps count; None for the base year, whose capacities hold throughout.
    lag
        Months until each route is qualified; ours by default.
    """

    def __init__(
        self,
        allocation: AllocationProgram,
        month: str | None = None,
        lag: np.ndarray | None = None,
    ) -> None:
        self.whole, self.graph, self.month = allocation, allocation.graph, month
        self.lag = qualification_months(self.graph) if lag is None else lag
        self.units = allocation.base_units
        self.some = self.units > 0
        self.unsized = UnsizedNeeds(allocation.baseline, first_column=allocation.common + 1)
        self._capacities: dict[int, Capacities] = {}
        # Of one plant alone in its process, stage and country four rankings ask the same.
        self._paths: dict[bytes, np.ndarray] = {}
        self._of_losses: dict[bytes, Basis] = {}
        self.model = self._build()
        self._of_shares = self.model.keep_basis()
        demands = allocation.columns.start["demand"] + np.arange(len(self.units))
        self.leximin = Leximin(
            self.model, allocation.share_row, demands, allocation.common, self.units
        )

    def _build(self) -> LinearProgram:
        whole, unsized = self.whole, self.unsized
        rows = whole.rows.stacked(unsized.rows)
        scale = np.concatenate([whole.scale, np.ones(unsized.n_columns)])
        size = np.zeros(rows.n_rows)
        np.maximum.at(size, rows.row, np.abs(rows.value) * scale[rows.column])
        model = LinearProgram(
            Triplets(rows.row, rows.column, rows.value, rows.lower, rows.upper),
            np.zeros(len(scale)),
            np.zeros(len(scale)),
            np.concatenate([whole.ub, np.ones(unsized.n_columns)]),
            column_scale=scale,
            row_scale=np.where(size > 0, size, 1.0),
            threads=whole.threads,
        )
        model.set_cost(np.array([whole.common]), np.array([-1.0]))
        model.solve("shared shortage without a removal")
        return model

    def capacities(self, step: int) -> Capacities:
        """Capacities of the month of a step; they never fall from step to step.

        Whichever step is asked for first, those before it count.
        """
        if step not in self._capacities:
            at = self.month
            month = self.whole.month if at is None else month_range(at, step + 1)[-1]
            left = capacity_left(self.whole.baseline, *self.graph.line_capacity(month))
            activity, line = left.activity, left.line
            earlier = [other for other in (0, *STEPS) if other < step]
            if earlier:
                before = self.capacities(earlier[-1])
                activity = np.maximum(activity, before.activity)
                line = np.maximum(line, before.line)
            self._capacities[step] = Capacities(activity, line)
        return self._capacities[step]

    def path(
        self,
        shock: Shock,
        none: Levels,
        steps: Sequence[int] = STEPS,
        *,
        most: np.ndarray | None = None,
        floors: bool = True,
    ) -> np.ndarray:
        """Served shares of every demand at each step: steps x demands.

        Parameters
        ----------
        shock
            What is taken away.
        none
            Levels when nobody reroutes, one column.
        steps
            Months after it, rising.
        most
            Steps x demands: what each demand gets without the removal; all of it by default.
        floors
            Whether contracts are kept. Without floors a row may be worse than under `none`.
        """
        key = _digest(shock, none.user, np.array(steps), np.array([floors]), most)
        if key not in self._paths:
            self._paths[key] = self._path(shock, none, steps, most, floors=floors)
        return self._paths[key].copy()

    def _path(
        self,
        shock: Shock,
        none: Levels,
        steps: Sequence[int],
        most: np.ndarray | None,
        *,
        floors: bool,
    ) -> np.ndarray:
        served = none.user[self.graph.n_activities :, 0]
        result, last = [], (-1, Capacities(np.zeros(0), np.zeros(0)))
        for number, step in enumerate(steps):
            ceiling = np.ones(len(served)) if most is None else most[number]
            served = np.minimum(served, ceiling)
            now = (int((self.lag <= step).sum()), self.capacities(step))
            if most is not None or not self._as_before(now, last):
                served = self._step(shock, none, step, served if floors else 0 * served, ceiling)
            result.append(served)
            last = now
        return np.array(result)

    def _as_before(self, now: tuple[int, Capacities], last: tuple[int, Capacities]) -> bool:
        """Whether nothing opened since the step before, so that its answer holds."""
        return (
            now[0] == last[0]
            and np.array_equal(now[1].activity, last[1].activity)
            and np.array_equal(now[1].line, last[1].line)
        )

    def _step(
        self, shock: Shock, none: Levels, step: int, floor: np.ndarray, ceiling: np.ndarray
    ) -> np.ndarray:
        """The leximin of one step."""
        if (floor >= ceiling - FULL)[self.some].all():
            return floor
        routes = most_of_routes(self.whole.baseline.block("arc"), self.lag <= step)
        reached = self._bound(shock, self.capacities(step), routes, none)
        return self.leximin.shares(floor, np.where(reached, ceiling, floor))

    def least(
        self,
        shock: Shock,
        none: Levels,
        weights: np.ndarray,
        *,
        step: int = STEPS[-1],
        most: np.ndarray | None = None,
    ) -> Allocation:
        """The allocation of least weighted loss, all others served as when nobody reroutes.

        Parameters
        ----------
        shock
            What is taken away.
        none
            Levels when nobody reroutes, one column.
        weights
            Of every demand; those without weight keep at least their share of `none`.
        step
            Month whose capacities hold; all routes are open.
        most
            What each demand gets without the removal; all of it by default.
        """
        ceiling = np.ones(len(weights)) if most is None else most
        floor = np.minimum(none.user[self.graph.n_activities :, 0], ceiling)
        with self._costs_of(weights):
            reached = self._bound(shock, self.capacities(step), self._open_routes(), none)
            keep = np.where(weights > 0, 0.0, floor)
            most = np.where(reached, ceiling, floor)
            return self.whole.answer(self.leximin.kept("least loss", keep, most))

    @contextmanager
    def _costs_of(self, weights: np.ndarray) -> Iterator[None]:
        """Costs of a weighted loss, and as the basis to start from its optimum without a removal.

        A removal changes bounds alone, so that this basis keeps its prices and few steps are left.
        """
        index = np.arange(self.whole.common + 1)
        self.model.set_cost(index, self._costs(weights))
        key = weights.tobytes()
        try:
            if key not in self._of_losses:
                self._of_losses[key] = self._undisturbed(weights)
            self.model.start_from(self._of_losses[key])
            yield
        finally:
            self.model.start_from(self._of_shares)
            self.model.set_cost(index, np.where(index == self.whole.common, -1.0, 0.0))

    def _undisturbed(self, weights: np.ndarray) -> Basis:
        """Basis of the least loss with nothing removed, the same whatever was asked before."""
        nothing, full = Shock.nothing(self.graph), Levels.undisturbed(self.graph)
        self._bound(nothing, self.capacities(0), self._open_routes(), full)
        self.leximin.kept("least loss", np.zeros(len(weights)), np.ones(len(weights)))
        return self.model.keep_basis()

    def _open_routes(self) -> np.ndarray:
        return np.full(len(self.lag), INFINITY)

    def _costs(self, weights: np.ndarray) -> np.ndarray:
        """Loss per unit of the demands that weigh; tie-break costs on all flows."""
        cost = self.whole.cost.copy()
        total = weights.sum()
        worth = np.divide(
            weights / (total if total > 0 else 1.0) * LOSS_SCALE,
            self.units,
            out=np.zeros(len(weights)),
            where=self.some,
        )
        cost[self.whole.columns.block("demand")] = -worth
        cost[self.whole.common] = 0.0
        return cost

    def _bound(
        self, shock: Shock, capacities: Capacities, routes: np.ndarray, none: Levels
    ) -> np.ndarray:
        """Put bounds of a shock at a step's capacities and routes; which demands are reached then.

        No share rises above that of the step before where nothing can arrive.
        """
        whole = self.whole
        ub = whole.upper_bounds(shock, capacities.activity)
        arc = whole.columns.block("arc")
        ub[arc] = np.minimum(ub[arc], routes)
        index = np.arange(whole.common)
        self.model.set_column_bounds(index, np.zeros(len(index)), ub[index])
        limits = whole.limits(shock, capacities.line, capacities.activity)
        self.model.set_row_bounds(whole.limited, np.full(len(limits), -INFINITY), limits)
        # What a plant lacks is told by the first month, so that no later step is held tighter.
        able = self.capacities(0).activity * shock.activity
        self.unsized.set_ahead(self.model, whole.rows.n_rows, none, able)
        return whole.reached(shock, ub)


def _digest(shock: Shock, *parts: np.ndarray | None) -> bytes:
    """What tells one question from another."""
    whole = blake2b(digest_size=16)
    exports = shock.left_to_export
    sent = (exports.arc, exports.pool, exports.stopped)
    for part in (shock.activity, shock.made, shock.arc, *sent, *parts):
        whole.update(b"-" if part is None else np.ascontiguousarray(part).tobytes())
    return whole.digest()
