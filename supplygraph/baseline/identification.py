"""The identified set: all flows that give the published figures the values that the balance gives.

The figures do not fix every flow. Here the balance rows hold, and each figure may leave its
balanced value; the sum of what they leave, each in its own standard errors, stays within `SLACK`
of the balance's own deviation. The least and the most of a flow over this set is what the figures
say of it, whatever the priors were.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from supplygraph.baseline.reconcile import BalanceProblem, Baseline
from supplygraph.graph import Matrix
from supplygraph.graph.balance_matrix import INFINITY, RowWriter
from supplygraph.progress import steps
from supplygraph.solver import LinearProgram, Optimum, Triplets

SLACK = (
    0.02  # share of the balance's deviation: a figure held to the last digit identifies rounding
)
AGREED = 1e-9  # standard errors left open where all figures agree
UNIDENTIFIED = 1e4  # standard deviations beyond which a flow counts as without an upper end
RESTS = 1e-6  # part of a most that may rest on that limit without being its mere echo


class IdentifiedSet:
    """Flows that fit the figures as the balance does, as rows of linear programs.

    Parameters
    ----------
    baseline
        Balanced base year; it lies in the set.
    """

    def __init__(self, baseline: Baseline) -> None:
        self.baseline = baseline
        self.problem = BalanceProblem(baseline.graph)
        self.columns, self.matrix = self.problem.columns, self.problem.matrix
        self.priors, self.figures = self.problem.priors, self.problem.figures
        self.upper = self.problem.upper.copy()

    def rows(self) -> Matrix:
        """Balance rows with one row per figure; its two departures are the last columns."""
        writer = RowWriter()
        first = self.columns.total
        x = self.baseline.x
        for number, o in enumerate(self.figures):
            held = o.balanced(x)
            held = o.value if np.isnan(held) else held
            target = 0.0 if o.is_share else held
            row = writer.add_rows(1, target, target)
            writer.add(np.full(len(o.columns), row), o.columns, o.coefficients)
            if o.below is not None:
                writer.add(np.full(len(o.below[0]), row), o.below[0], -held * o.below[1])
            pair = first + 2 * number + np.arange(2)
            writer.add(np.full(2, row), pair, np.array([1.0, -1.0]))
        return self.matrix.stacked(writer.matrix())

    def limit_row(self) -> Matrix:
        """All departures together at most the slack."""
        writer = RowWriter()
        limit = SLACK * self.baseline.deviation + AGREED
        row = writer.add_rows(1, -INFINITY, limit)
        errors = np.array([o.sigma for o in self.figures]) * self.problem.sizes
        weights = np.repeat(1.0 / errors, 2)
        pairs = self.columns.total + np.arange(len(weights))
        writer.add(np.full(len(weights), row), pairs, weights)
        return writer.matrix()

    def program(
        self, extra: Matrix | None = None, more: tuple[np.ndarray, np.ndarray] | None = None
    ) -> OpenColumns:
        """The rows as a program, with other rows added if given.

        `more` gives upper bounds and typical sizes of further columns that those rows use,
        numbered from :attr:`width`.
        """
        rows = self.rows() if extra is None else self.rows().stacked(extra)
        scale = np.concatenate([self.priors.scale, np.repeat(self.problem.sizes, 2)])
        upper = np.concatenate([self.upper, np.full(2 * len(self.figures), INFINITY)])
        if more is not None:
            upper = np.concatenate([upper, more[0]])
            scale = np.concatenate([scale, more[1]])
        return OpenColumns(rows, upper, scale)

    @property
    def width(self) -> int:
        """Number of columns: flows, and two departures of each figure."""
        return self.columns.total + 2 * len(self.figures)

    def intervals(self, arcs: Sequence[int] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Least and most that arcs can carry.

        Returns
        -------
        low, high : numpy.ndarray
            In the arcs' own unit a year; ``high`` is infinite where nothing gives it an end: no
            figure and no capacity limits what is made there, or what of it finds no buyer.
        """
        program = self.program(self.limit_row()).persistent()
        columns = self.columns.start["arc"] + np.asarray(arcs)
        each = steps(columns, "Least and most of routes")
        ends = [(program.extreme(c, 1.0), program.extreme(c, -1.0)) for c in each]
        low, high = np.array(ends).T.reshape(2, -1)
        balanced = self.baseline.x[columns]
        return np.minimum(low, balanced), np.maximum(high, balanced)


class OpenColumns:
    """Rows without the columns that are closed; answers come back in full."""

    def __init__(self, rows: Matrix, ub: np.ndarray, scale: np.ndarray) -> None:
        self.kept = np.flatnonzero(ub > 0)
        position = np.full(len(ub), -1)
        position[self.kept] = np.arange(len(self.kept))
        inside = position[rows.column] >= 0
        used, row = np.unique(rows.row[inside], return_inverse=True)
        self.used = used
        column, value = position[rows.column[inside]], rows.value[inside]
        self.total, self.ub, self.scale = len(ub), ub[self.kept], scale[self.kept]
        self.size = np.full(len(used), 1e-12)
        np.maximum.at(self.size, row, np.abs(value) * self.scale[column])
        self.rows = Triplets(row, column, value, rows.lower[used], rows.upper[used])

    def persistent(self, *, restart: bool = True) -> Extremes:
        """The rows as one warm program for many objectives.

        With `restart` each begins at the same basis, else where the last one ended.
        """
        return Extremes(self, restart)


class Extremes:
    """Least and most of single columns, from one warm program."""

    def __init__(self, reduced: OpenColumns, restart: bool) -> None:
        self.position = {int(c): i for i, c in enumerate(reduced.kept)}
        n = len(reduced.kept)
        most = np.minimum(reduced.ub, UNIDENTIFIED * reduced.scale)
        self._program = LinearProgram(
            reduced.rows,
            np.zeros(n),
            np.zeros(n),
            most,
            column_scale=reduced.scale,
            row_scale=reduced.size,
        )
        self._endless = np.flatnonzero(reduced.ub > most)
        self._restart = restart
        self._program.solve("interval")
        if restart:
            self._program.keep_basis()
        self._total = reduced.total
        self._kept = reduced.kept

    def _solve(self, what: str) -> Optimum:
        """Solve with costs alone changed, so that the basis it starts from is feasible."""
        return self._program.solve(
            what, prices=False, onward=not self._restart, costs_only=self._restart
        )

    def greatest(self, columns: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """A point where a weighted sum of columns is greatest; all its columns.

        Columns that are closed may be named; they stay 0.
        """
        inside = np.isin(columns, self._kept)
        index, place = np.unique(columns[inside], return_inverse=True)
        index = np.searchsorted(self._kept, index)
        cost = -np.bincount(place, weight[inside], minlength=len(index))
        scaled = np.abs(cost * self._program.columns[index]).max(initial=0.0)
        if scaled > 0:
            self._program.set_cost(index, cost / scaled)
        try:
            answer = self._solve("range").x
        finally:
            self._program.set_cost(index, np.zeros(len(index)))
        full = np.zeros(self._total)
        full[self._kept] = np.maximum(answer, 0.0)
        return full

    def extreme(self, column: int, sign: float) -> float:
        """Least value of a column (sign 1) or its most (sign -1), infinite if that has no end."""
        if int(column) not in self.position:
            return 0.0
        index = np.array([self.position[int(column)]])
        self._program.set_cost(index, np.array([sign]))
        try:
            found = self._solve("interval")
            # What only the limit of the search stopped is no end of the flow's own.
            if sign < 0 and self._program.held_by_bounds(self._endless) > RESTS * abs(
                found.objective
            ):
                return float("inf")
            return max(float(found.x[index[0]]), 0.0)
        finally:
            self._program.set_cost(index, np.zeros(1))
