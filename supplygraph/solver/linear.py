"""Arrays in, optimum out: a persistent HiGHS model per linear program.

The only module that imports highspy. Rows and columns are scaled by the caller's typical sizes, so
that a country's fifteen tonnes and the world's three hundred thousand are solved to the same
relative accuracy.

Signs: a row's dual is the change of the (minimised) objective per unit of its right-hand
side, in unscaled units.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import highspy
import numpy as np

from supplygraph.errors import InfeasibleError, NotConvergedError, UnboundedError

LARGE_ROWS = 3_000
TOLERANCE = 1e-9
NOTHING = 1e-12
DUAL, PRIMAL = 1, 4  # of HiGHS: which feasibility the simplex keeps
AGAIN = (
    ("off", "simplex", TOLERANCE),
    ("on", "simplex", TOLERANCE),
    ("off", "ipm", TOLERANCE),
    ("on", "ipm", 1e-7),
)


Basis = highspy.HighsBasis  # where a solve starts; no caller looks into it

_scheduled: list[int] = []


def _schedule(threads: int) -> None:
    """Give HiGHS its threads: it refuses another count within one process unless it is reset."""
    if _scheduled != [threads]:
        highspy.Highs.resetGlobalScheduler(True)
        _scheduled[:] = [threads]


class Status(Enum):
    """How a solve ended; only OPTIMAL carries an answer."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    STOPPED = "stopped"


_STATUS = {
    highspy.HighsModelStatus.kOptimal: Status.OPTIMAL,
    highspy.HighsModelStatus.kInfeasible: Status.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: Status.UNBOUNDED,
    highspy.HighsModelStatus.kUnboundedOrInfeasible: Status.INFEASIBLE,
}


@dataclass(frozen=True)
class Triplets:
    """Sparse matrix entries and row bounds, unscaled."""

    row: np.ndarray
    column: np.ndarray
    value: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


@dataclass(frozen=True)
class Optimum:
    """Columns, row duals (empty if not asked for) and objective of an optimal solve, unscaled."""

    x: np.ndarray
    dual: np.ndarray
    objective: float
    iterations: int


class LinearProgram:
    """A persistent program ``min c x``, ``lower <= A x <= upper``, ``lb <= x <= ub``.

    Parameters
    ----------
    rows
        Matrix entries and row bounds.
    cost
        Objective per column.
    lb, ub
        Column bounds.
    column_scale, row_scale
        Typical size of each column and row (> 0).
    threads
        Threads HiGHS may use.
    """

    def __init__(
        self,
        rows: Triplets,
        cost: np.ndarray,
        lb: np.ndarray,
        ub: np.ndarray,
        *,
        column_scale: np.ndarray | None = None,
        row_scale: np.ndarray | None = None,
        threads: int = 1,
    ) -> None:
        n, m = len(cost), len(rows.lower)
        self.columns = np.ones(n) if column_scale is None else np.asarray(column_scale, float)
        self.rows = np.ones(m) if row_scale is None else np.asarray(row_scale, float)
        self._threads = threads
        self._model = highspy.Highs()
        self._options(threads, m)
        self._pass(rows, np.asarray(cost, float), np.asarray(lb, float), np.asarray(ub, float))
        self._basis: Basis | None = None
        self.solves = 0
        self.iterations = 0

    def _options(self, threads: int, rows: int) -> None:
        set_ = self._model.setOptionValue
        set_("output_flag", False)
        set_("threads", threads)
        set_("random_seed", 0)
        self._tolerance(TOLERANCE)
        set_("solver", "ipm" if rows > LARGE_ROWS else "simplex")

    def _tolerance(self, value: float) -> None:
        self._model.setOptionValue("primal_feasibility_tolerance", value)
        self._model.setOptionValue("dual_feasibility_tolerance", value)

    def _pass(self, rows: Triplets, cost: np.ndarray, lb: np.ndarray, ub: np.ndarray) -> None:
        order = np.lexsort((rows.row, rows.column))
        row, column = rows.row[order], rows.column[order]
        value = rows.value[order] * self.columns[column] / self.rows[row]
        n, m = len(cost), len(rows.lower)
        first = np.ones(len(row), dtype=bool)
        first[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
        value = np.add.reduceat(value, np.flatnonzero(first)) if len(value) else value
        row, column = row[first], column[first]
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = n, m
        lp.col_cost_ = cost * self.columns
        self._low, self._high = lb / self.columns, ub / self.columns
        lp.col_lower_, lp.col_upper_ = self._low, self._high
        lp.row_lower_, lp.row_upper_ = rows.lower / self.rows, rows.upper / self.rows
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = np.searchsorted(column, np.arange(n + 1)).astype(np.int32)
        lp.a_matrix_.index_ = row.astype(np.int32)
        lp.a_matrix_.value_ = value
        self._model.passModel(lp)

    def _from_scratch(self) -> Status:
        """Other methods in turn, the last at a coarser tolerance, until one finds an optimum.

        Otherwise what the last of them said that ended properly.
        """
        set_ = self._model.setOptionValue
        set_("simplex_strategy", DUAL)
        ended = Status.STOPPED
        try:
            for presolve, method, tolerance in AGAIN:
                self._model.clearSolver()
                set_("presolve", presolve)
                set_("solver", method)
                self._tolerance(tolerance)
                self._model.run()
                status = _STATUS.get(self._model.getModelStatus(), Status.STOPPED)
                ended = ended if status is Status.STOPPED else status
                if status is Status.OPTIMAL:
                    break
        finally:
            self._tolerance(TOLERANCE)
            set_("presolve", "choose" if self._basis is None else "off")
            set_("solver", "simplex")
        return ended

    def set_column_bounds(self, index: np.ndarray, lb: np.ndarray, ub: np.ndarray) -> None:
        """Change bounds of some columns, unscaled.

        An upper bound that is nothing beside the column's size becomes 0: what arithmetic leaves
        of an empty stock makes HiGHS find no flows at all.
        """
        index = np.asarray(index, dtype=np.int32)
        if index.size:
            low, high = lb / self.columns[index], ub / self.columns[index]
            high = np.where((high < NOTHING) & (low <= 0), np.maximum(low, 0.0), high)
            self._model.changeColsBounds(index.size, index, low, high)
            self._low[index], self._high[index] = low, high

    def set_row_bounds(self, index: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        """Change bounds of some rows, unscaled."""
        index = np.asarray(index, dtype=np.int32)
        if index.size:
            size = self.rows[index]
            lower, upper = lower / size, upper / size
            # The stubs of HiGHS leave this call out; every version that we allow has it.
            self._model.changeRowsBounds(index.size, index, lower, upper)  # type: ignore[attr-defined]

    def set_cost(self, index: np.ndarray, cost: np.ndarray) -> None:
        """Change costs of some columns, unscaled."""
        index = np.asarray(index, dtype=np.int32)
        if index.size:
            self._model.changeColsCost(index.size, index, cost * self.columns[index])

    def set_entries(self, row: np.ndarray, column: np.ndarray, value: np.ndarray) -> None:
        """Change entries of the matrix, unscaled."""
        scaled = value * self.columns[column] / self.rows[row]
        for i, j, entry in zip(row, column, scaled, strict=True):
            self._model.changeCoeff(int(i), int(j), float(entry))

    def keep_basis(self) -> Basis:
        """Remember the present basis; every later solve starts from it, until another is."""
        self._basis = self._model.getBasis()
        set_ = self._model.setOptionValue
        set_("solver", "simplex")
        set_("presolve", "off")
        set_("simplex_dual_edge_weight_strategy", 1)
        set_("dual_simplex_cost_perturbation_multiplier", 0.0)
        set_("simplex_scale_strategy", 0)  # rows and columns are scaled by the caller already
        return self._basis

    def start_from(self, basis: Basis) -> None:
        """Let every later solve start from a basis that :meth:`keep_basis` gave earlier."""
        self._basis = basis

    def solve(
        self,
        what: str = "program",
        *,
        prices: bool = True,
        onward: bool = False,
        costs_only: bool = False,
    ) -> Optimum:
        """Solve; from the kept basis if there is one, so that order of solves never matters.

        Parameters
        ----------
        what
            Name of the program in messages.
        prices
            Whether to read the row duals too.
        onward
            Go on from the last solve instead, by the primal simplex: for a chain of programs whose
            last answer is still feasible.
        costs_only
            Whether nothing but costs differs from the program of the kept basis. That basis is
            feasible then, so that the primal simplex goes on from it in a tenth of the steps.

        Raises
        ------
        InfeasibleError, UnboundedError, NotConvergedError
            By status; nothing but an optimum is ever returned.
        """
        _schedule(self._threads)
        self._model.setOptionValue("simplex_strategy", PRIMAL if onward or costs_only else DUAL)
        if self._basis is not None and not onward:
            self._model.clearSolver()
            self._model.setBasis(self._basis)
        self._model.run()
        status = _STATUS.get(self._model.getModelStatus(), Status.STOPPED)
        # From a kept basis "infeasible" may be false on rows of very different sizes.
        if status is Status.STOPPED or (status is not Status.OPTIMAL and self._basis is not None):
            status = self._from_scratch()
        info = self._model.getInfo()
        count = max(info.simplex_iteration_count, 0) + max(info.ipm_iteration_count, 0)
        self.solves += 1
        self.iterations += count
        if status is Status.INFEASIBLE:
            raise InfeasibleError(f"{what}: no flows satisfy the constraints.")
        if status is Status.UNBOUNDED:
            raise UnboundedError(f"{what}: the objective has no lower end.")
        if status is Status.STOPPED:
            ended = self._model.modelStatusToString(self._model.getModelStatus())
            raise NotConvergedError(f"{what}: the solver stopped early ({ended}).")
        solution = self._model.getSolution()
        return Optimum(
            # HiGHS keeps bounds to its tolerance: a closed plant that makes -1e-9 t is closed.
            np.clip(np.asarray(solution.col_value), self._low, self._high) * self.columns,
            np.asarray(solution.row_dual) / self.rows if prices else np.zeros(0),
            float(info.objective_function_value),
            count,
        )

    def held_by_bounds(self, columns: np.ndarray) -> float:
        """Part of the last optimum's objective that the upper bounds of some columns account for.

        By duality the objective is the sum of all bounds times their prices; 0 says that it would
        stay where it is without these bounds.
        """
        prices = np.asarray(self._model.getSolution().col_dual)[columns]
        at = np.isclose(
            np.asarray(self._model.getSolution().col_value)[columns],
            self._high[columns],
            rtol=TOLERANCE,
        )
        return float(np.abs(prices[at] * self._high[columns][at]).sum())
