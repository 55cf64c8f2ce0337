"""Flows of the base year that fit the published figures.

Phase one: least weighted absolute deviation from the figures that fit,

    min  sum_o |a_o x - v_o| / (sigma_o v_o)      subject to the balance rows;

phase two: among all flows whose deviation is within 2 % of that least one, those nearest
to the priors in squared relative distance, which is strictly convex and so unique. Arcs
below 0.4 % of what their destination takes in are closed and both phases run again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from supplygraph.baseline.observations import Observation, observations_of
from supplygraph.baseline.priors import Priors, compute_priors
from supplygraph.graph import Columns, Matrix, SupplyGraph, balance_matrix, columns_of
from supplygraph.graph.matrix import INFINITY, RowWriter, first_line_row
from supplygraph.solver import LinearProgram, Triplets

SLACK = 0.02
SMALL_ARC = 0.004
DEVIATION_WEIGHT = 1e-2
ZERO = 1e-9


@dataclass(frozen=True)
class Baseline:
    """Flows of the base year.

    Attributes
    ----------
    x
        One value per column of the balance, in each column's own unit a year.
    observations
        The figures it was compared with.
    deviation
        Least weighted absolute deviation reached in phase one.
    """

    graph: SupplyGraph
    columns: Columns
    matrix: Matrix
    x: np.ndarray
    observations: tuple[Observation, ...]
    deviation: float

    def block(self, name: str) -> np.ndarray:
        """Flows of one block of columns."""
        return self.x[self.columns.block(name)]

    @cached_property
    def made(self) -> np.ndarray:
        """What each pool makes, material units a year."""
        graph = self.graph
        level = self.block("activity")[graph.made_activity]
        return np.bincount(
            graph.made_pool, graph.made_quantity * level, minlength=len(graph.pools)
        )

    @cached_property
    def exports(self) -> np.ndarray:
        """What leaves each pool."""
        origin = self.graph.arcs["origin"].to_numpy()
        return np.bincount(origin, self.block("arc"), minlength=len(self.graph.pools))

    @cached_property
    def imports(self) -> np.ndarray:
        """What reaches each pool from elsewhere."""
        end = self.graph.arcs["destination"].to_numpy()
        return np.bincount(end, self.block("arc"), minlength=len(self.graph.pools))

    @cached_property
    def drawn(self) -> np.ndarray:
        """What each entry of the inputs draws."""
        inputs = self.graph.inputs
        drawn = inputs.quantity * self.x[inputs.user]
        own = inputs.draw >= 0
        drawn[own] = self.block("draw")[inputs.draw[own]]
        return drawn

    def held(self, name: str) -> np.ndarray:
        """Surplus or unexplained use of every pool."""
        pools = self.columns.surplus_of if name == "surplus" else self.columns.unexplained_of
        full = np.zeros(len(self.graph.pools))
        full[pools] = self.block(name)
        return full

    def residual(self) -> float:
        """Largest relative imbalance of a row."""
        lack = self.matrix.times(self.x)
        low = np.maximum(self.matrix.lower - lack, 0.0)
        high = np.maximum(lack - self.matrix.upper, 0.0)
        return float((np.maximum(low, high) / row_sizes(self.matrix, self.x)).max(initial=0.0))


def row_sizes(matrix: Matrix, x: np.ndarray) -> np.ndarray:
    """Typical size of each row: its largest entry, at least a millionth of a tonne."""
    size = np.full(matrix.n_rows, 1e-6)
    np.maximum.at(size, matrix.row, np.abs(matrix.value * x[matrix.column]))
    return size


def reconcile(graph: SupplyGraph) -> Baseline:
    """Balance a graph against its observations.

    Raises
    ------
    InfeasibleError
        If no flows satisfy the balance rows at all.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> from supplygraph.graph import compile_graph
    >>> baseline = reconcile(compile_graph(read_dataset("three-nodes")))
    >>> [round(float(v), 6) for v in baseline.block("activity")]
    [90.0, 30.0]
    """
    return Reconciler(graph).run()


class Reconciler:
    """The two phases over one graph; kept for intervals and explanations."""

    def __init__(self, graph: SupplyGraph) -> None:
        self.graph = graph
        self.columns = columns_of(graph)
        self.matrix = _with_capacities(balance_matrix(graph, self.columns), graph)
        self.observations = observations_of(graph, self.columns)
        self.fit = [o for o in self.observations if o.role == "fit" and len(o.columns)]
        self.priors = compute_priors(graph, self.columns, self.observations)
        self.ub = self._upper_bounds()

    def _upper_bounds(self) -> np.ndarray:
        _, open_ = self.graph.line_capacity(self.graph.base_month)
        ub = np.full(self.columns.total, INFINITY)
        ub[self.columns.block("activity")] = np.where(open_, INFINITY, 0.0)
        ub[self.columns.block("withheld")] = 0.0
        return ub

    def run(self) -> Baseline:
        deviation, x = self._phases()
        small = self._small_arcs(x)
        if len(small):
            self.ub[small] = 0.0
            deviation, x = self._phases()
        x = polish(self.matrix, np.where(x < ZERO * self.priors.scale, 0.0, x))
        return Baseline(
            self.graph, self.columns, self.matrix, x, tuple(self.observations), deviation
        )

    def _phases(self) -> tuple[float, np.ndarray]:
        deviation = self.program().solve("balance, phase one").objective
        return deviation, self._nearest(deviation)

    def _small_arcs(self, x: np.ndarray) -> np.ndarray:
        arcs = self.graph.arcs
        flow = x[self.columns.block("arc")]
        end = arcs["destination"].to_numpy()
        imports = np.bincount(end, flow, minlength=len(self.graph.pools))[end]
        observed = {int(c) for o in self.fit if len(o.columns) == 1 for c in o.columns}
        index = np.flatnonzero((flow < SMALL_ARC * imports) | (flow < ZERO))
        index = index + self.columns.start["arc"]
        return np.array([i for i in index if i not in observed], dtype=int)

    def rows(self) -> Matrix:
        """Balance rows with one row per figure; its two deviations are the last columns."""
        writer = RowWriter()
        first = self.columns.total
        for number, o in enumerate(self.fit):
            share = 0.0 if o.is_share else o.value
            row = writer.add_rows(1, share, share)
            writer.add(np.full(len(o.columns), row), o.columns, o.coefficients)
            if o.below is not None:
                writer.add(np.full(len(o.below[0]), row), o.below[0], -o.value * o.below[1])
            pair = first + 2 * number + np.arange(2)
            writer.add(np.full(2, row), pair, np.array([1.0, -1.0]))
        return self.matrix.stacked(writer.matrix())

    def sizes(self) -> np.ndarray:
        """Typical size of each figure's deviation: its value, or its share of the expected total."""
        return np.array([self._size(o) for o in self.fit])

    def _size(self, o: Observation) -> float:
        if o.below is None:
            return max(abs(o.value), 1e-9)
        total = float(o.below[1] @ self.priors.value[o.below[0]])
        return max(abs(o.value) * total, 1e-9)

    def weights(self) -> np.ndarray:
        """Cost of one unit of each deviation column."""
        sigma = np.array([o.sigma for o in self.fit])
        return np.repeat(1.0 / (sigma * self.sizes()), 2)

    def program(
        self, extra: Matrix | None = None, cost: np.ndarray | None = None, quadratic: bool = False
    ) -> LinearProgram:
        """Phase one as a linear program (or with other rows and costs, phase two)."""
        rows = self.rows() if extra is None else self.rows().stacked(extra)
        scale = np.concatenate([self.priors.scale, np.repeat(self.sizes(), 2)])
        weights = self.weights()
        if cost is None:
            cost = np.concatenate([np.zeros(self.columns.total), weights])
        hessian = None
        if quadratic:
            own = 2 / self.priors.scale**2
            hessian = np.concatenate([own, 2 * DEVIATION_WEIGHT * weights**2])
        ub = np.concatenate([self.ub, np.full(len(weights), INFINITY)])
        size = np.full(rows.n_rows, 1e-9)
        np.maximum.at(size, rows.row, np.abs(rows.value) * scale[rows.column])
        return LinearProgram(
            Triplets(rows.row, rows.column, rows.value, rows.lower, rows.upper),
            cost, np.zeros(len(ub)), ub, column_scale=scale, row_scale=size, quadratic=hessian,
        )  # fmt: skip

    def limit_row(self, deviation: float) -> Matrix:
        """Deviation at most 2 % above the least."""
        writer = RowWriter()
        limit = deviation * (1 + SLACK) + 1e-7
        row = writer.add_rows(1, -INFINITY, limit)
        weights = self.weights()
        pairs = self.columns.total + np.arange(len(weights))
        writer.add(np.full(len(weights), row), pairs, weights)
        return writer.matrix()

    def _nearest(self, deviation: float) -> np.ndarray:
        cost = np.zeros(self.columns.total + 2 * len(self.fit))
        cost[: self.columns.total] = -2 * self.priors.value / self.priors.scale**2
        program = self.program(self.limit_row(deviation), cost, quadratic=True)
        return program.solve("balance, phase two").x[: self.columns.total]


def _with_capacities(matrix: Matrix, graph: SupplyGraph) -> Matrix:
    """Stated capacities as upper bounds of the line rows; blank ones stay open."""
    capacity, _ = graph.line_capacity(graph.base_month)
    upper = matrix.upper.copy()
    upper[first_line_row(matrix, graph) :] = np.where(np.isnan(capacity), INFINITY, capacity)
    return Matrix(matrix.row, matrix.column, matrix.value, matrix.lower, upper)


def polish(matrix: Matrix, x: np.ndarray, rounds: int = 4) -> np.ndarray:
    """Restore exact balance: the least relative change of flows that closes every equation.

    Flows that are zero stay zero; a solver's tolerance of 1e-9 becomes rounding error.
    """
    equal = matrix.lower == matrix.upper
    keep = equal[matrix.row]
    rows = np.cumsum(equal) - 1
    dense = np.zeros((int(equal.sum()), len(x)))
    np.add.at(dense, (rows[matrix.row[keep]], matrix.column[keep]), matrix.value[keep])
    for _ in range(rounds):
        weighted = dense * x
        size = np.maximum(np.abs(weighted).max(axis=1, initial=0.0), 1e-30)
        lack = matrix.lower[equal] - dense @ x
        step = np.linalg.lstsq(weighted / size[:, None], lack / size, rcond=1e-12)[0]
        x = np.maximum(x * (1 + step), 0.0)
    return x
