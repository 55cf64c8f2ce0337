"""The most of an element's need that can be covered in a year to come, under a cut-off.

The program of `engines.allocation` with the mean capacities of a year, demand grown since the
base year, and all weight on one element: with d_p the tonnes of the element in the base units
of demand p and g the growth since, maximise

    sum over p of (d_p / D) u_p / (g u0_p)

over the demands that count. An interval of a part of them is its least and most while this
sum stays within 2 % of its optimum: a single optimum is a corner, which says nothing of the
part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.engines.allocation import LOSS_SCALE, UNWEIGHTED, AllocationProgram
from supplygraph.engines.capacity_left import capacity_left
from supplygraph.engines.shocked_model import Allocation
from supplygraph.graph import Matrix, SupplyGraph
from supplygraph.graph.balance_matrix import INFINITY, RowWriter
from supplygraph.scenario import Shock
from supplygraph.solver import Basis

SLACK = 0.02


@dataclass(frozen=True)
class YearCapacity:
    """Mean capacity of every line over the months of a year, and which activities are open.

    A line that nobody sizes in some month has no figure for the year.
    """

    lines: np.ndarray
    open: np.ndarray

    @staticmethod
    def of(graph: SupplyGraph, months: Sequence[str]) -> YearCapacity:
        """Mean over some months of a network's dated capacities."""
        parts = [graph.line_capacity(month) for month in months]
        opened = np.any([open_ for _, open_ in parts], axis=0)
        return YearCapacity(np.mean([capacity for capacity, _ in parts], axis=0), opened)


class Outlook(AllocationProgram):
    """The persistent program of years to come; a year is a list of bounds.

    Parameters
    ----------
    baseline
        Over a network in which all that is ever asked for is built; it sizes the columns.
    last_month
        Last month that is asked for.
    sums
        Weights of demands by name, whose sums can be held near their optimum.
    """

    def __init__(
        self,
        baseline: Baseline,
        last_month: str,
        sums: Mapping[str, np.ndarray] | None = None,
        *,
        threads: int = 1,
    ) -> None:
        self.sums = {name: w / w.sum() for name, w in (sums or {}).items() if w.sum() > 0}
        super().__init__(baseline, month=last_month, threads=threads)
        self._general = self._warm.model.keep_basis()
        self._of_year: Basis | None = None
        self._of_sum: dict[str, Basis] = {}
        self.growth = 1.0

    def _share_rows(self) -> Matrix:
        """Rows of the allocation program, and one for each sum that can be held."""
        writer = RowWriter()
        size = self.base_units
        for weight in self.sums.values():
            row = writer.add_rows(1, -INFINITY, INFINITY)
            own = np.flatnonzero((weight > 0) & (size > 0))
            columns = self.columns.start["demand"] + own
            writer.add(np.full(len(own), row), columns, weight[own] / size[own])
        rows = super()._share_rows()
        self.sum_row = self.share_row + rows.n_rows
        return rows.stacked(writer.matrix()) if self.sums else rows

    def set_year(self, capacity: YearCapacity, shock: Shock, growth: float = 1.0) -> None:
        """Bounds of a year.

        Parameters
        ----------
        capacity
            Lines of the year; what they leave is told in :mod:`supplygraph.engines.capacity_left`.
        shock
            What is taken away.
        growth
            Demand of the year over that of the base year.
        """
        graph, columns = self.graph, self.columns
        left = capacity_left(self.baseline, capacity.lines, capacity.open)
        self.line_upper, self.activity_upper = left.line, left.activity
        made = graph.made_quantity * self.activity_upper[graph.made_activity]
        self.made_upper = np.bincount(graph.made_pool, made, minlength=len(graph.pools))
        ub, limits = self.bounds(shock)
        ub[columns.block("activity")] = self.activity_upper * shock.activity
        ub[columns.block("demand")] = self.base_units * growth
        self.growth = growth
        model = self._warm.model
        model.set_column_bounds(np.arange(len(ub)), np.zeros(len(ub)), ub)
        held = self.held_row + np.arange(len(self.idle_pool))
        model.set_row_bounds(held, self.held_lower(capacity.open), np.full(len(held), INFINITY))
        model.set_row_bounds(self.limited, np.full(len(limits), -INFINITY), limits)
        self._of_year, self._of_sum = None, {}

    def cover(self, name: str) -> Allocation:
        """The allocation of the year that covers most of a sum; served shares are of its need."""
        model = self._warm.model
        if self._of_year is None:
            self._of_year = self._undisturbed()
        model.start_from(self._of_year)
        found = self._served(self.sums[name])
        self._of_sum[name] = model.keep_basis()
        return found

    def _undisturbed(self) -> Basis:
        """Basis of the year under the weights of the allocation.

        The general basis is an optimum of other bounds and the same costs, so that few steps lead
        here; and from here to each sum of the year, since nothing but costs changes then. Whatever
        was asked before, each sum starts from this one.
        """
        model, units = self._warm.model, self.columns.block("demand")
        model.start_from(self._general)
        model.set_cost(np.arange(units.start, units.stop), self.cost[units])
        model.solve("year")
        return model.keep_basis()

    def end(self, name: str, best: float, part: np.ndarray, *, most: bool) -> Allocation:
        """The allocation in which a part is covered most, or least, near the optimum of a sum.

        Its :meth:`cover` is asked for before: there the sum is more than it must be here, so that
        nothing but costs changes from that optimum.

        Parameters
        ----------
        name
            The sum that is held.
        best
            Its optimum, as a share of its need.
        part
            Weights of the demands asked for.
        most
            Most of them, or least.
        """
        row = np.array([self.sum_row + list(self.sums).index(name)])
        floor = np.array([best * (1.0 - SLACK) * self.growth])
        model = self._warm.model
        model.start_from(self._of_sum[name])
        model.set_row_bounds(row, floor, np.array([INFINITY]))
        try:
            return self._served(part / part.sum() * (1.0 if most else -1.0))
        finally:
            model.set_row_bounds(row, np.array([-INFINITY]), np.array([INFINITY]))

    def _served(self, weight: np.ndarray) -> Allocation:
        units = self.columns.block("demand")
        size = self.base_units * self.growth
        worth = np.where(weight != 0, weight * LOSS_SCALE, UNWEIGHTED * UNWEIGHTED)
        cost = -np.divide(worth, size, out=np.zeros_like(worth), where=size > 0)
        model = self._warm.model
        model.set_cost(np.arange(units.start, units.stop), cost)
        optimum = model.solve("cover of a year", costs_only=True)
        answer = self.answer(optimum)
        served = np.divide(optimum.x[units], size, out=np.ones_like(size), where=size > 0)
        return Allocation(answer.x, np.clip(served, 0.0, 1.0), answer.price)

    def most_of_line(self, line: int) -> Allocation:
        """The allocation of the year in which a line runs most."""
        own = np.flatnonzero(self.graph.line_of == line)
        units = self.columns.block("demand")
        column = self.columns.start["activity"] + own
        index = np.concatenate([np.arange(units.start, units.stop), column])
        size = max(float(self.activity_upper[own].max()), 1e-9)
        cost = np.concatenate(
            [np.zeros(self.graph.n_demands), np.full(len(own), -LOSS_SCALE / size)]
        )
        model = self._warm.model
        model.start_from(self._general)
        model.set_cost(index, cost)
        try:
            return self.answer(model.solve("most of a line"))
        finally:
            model.set_cost(index, self.cost[index])
