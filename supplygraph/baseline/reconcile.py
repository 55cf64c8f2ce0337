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
from typing import Any

import numpy as np
import pandas as pd

from supplygraph.baseline.observations import Observation, observations_of
from supplygraph.baseline.priors import compute_priors, widen
from supplygraph.errors import InfeasibleError, NotConvergedError
from supplygraph.graph import Columns, Matrix, SupplyGraph, balance_matrix, columns_of
from supplygraph.graph.matrix import INFINITY, RowWriter, first_line_row
from supplygraph.solver import LinearProgram, Triplets, nearest

SLACK = 0.02
AGREEMENT = 1e-4
SMALL_ARC = 0.004
UNIDENTIFIED = 1e4
DEVIATION_WEIGHT = 1e-2
ZERO = 1e-7
VANISHED = 1e-6


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
        return np.bincount(graph.made_pool, graph.made_quantity * level, minlength=len(graph.pools))

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

    def balance(self, *, why: bool = True) -> pd.DataFrame:
        """Each published figure beside the balance: observed, balanced, moved, why."""
        from supplygraph.baseline.table import balance_table

        return balance_table(self, why=why)

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
        self.matrix = balance_rows(graph, self.columns)
        self.observations = observations_of(graph, self.columns)
        self.fit = [o for o in self.observations if o.role == "fit" and len(o.columns)]
        self.priors = compute_priors(graph, self.columns, self.observations)
        self.ub = self._upper_bounds()
        first, _ = self.least_deviation()
        self.priors = widen(self.priors, graph, self.columns, first)

    def _upper_bounds(self) -> np.ndarray:
        """Nothing above what open plants and the feeds they can reach allow."""
        columns, graph = self.columns, self.graph
        _, open_ = graph.line_capacity(graph.base_month)
        runs, reached, made = _reachable(graph, open_)
        inputs = graph.inputs
        ub = np.full(columns.total, INFINITY)
        ub[columns.block("activity")] = np.where(runs, INFINITY, 0.0)
        ub[columns.block("withheld")] = 0.0
        ub[columns.block("made")] = np.where(made[columns.made_of], INFINITY, 0.0)
        origin, declared = (graph.arcs[name].to_numpy() for name in ("origin", "declared"))
        ub[columns.block("arc")] = np.where(made[origin] & declared, INFINITY, 0.0)
        own = np.flatnonzero(inputs.draw >= 0)
        user_runs = np.concatenate([runs, np.ones(graph.n_demands, dtype=bool)])
        drawn = reached[inputs.pool[own]] & user_runs[inputs.user[own]]
        ub[columns.start["draw"] + inputs.draw[own]] = np.where(drawn, INFINITY, 0.0)
        for name, pools in (
            ("surplus", columns.surplus_of),
            ("unexplained", columns.unexplained_of),
        ):
            ub[columns.block(name)] = np.where(reached[pools], INFINITY, 0.0)
        return ub

    def run(self) -> Baseline:
        """Both phases, small arcs closed, balance made exact."""
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
        _, deviation = self.least_deviation()
        try:
            return deviation, self._nearest(deviation)
        except InfeasibleError as error:
            zero = sorted(o.id for o in self.fit if o.value == 0)
            if not zero:
                raise
            raise InfeasibleError(
                f"{error} A figure of 0 has no relative error and weighs without limit: "
                f"{', '.join(zero)}. Give it role check, or close the plant by a capacity of 0."
            ) from None

    def _small_arcs(self, x: np.ndarray) -> np.ndarray:
        arcs = self.graph.arcs
        flow = x[self.columns.block("arc")]
        end = arcs["destination"].to_numpy()
        imports = np.bincount(end, flow, minlength=len(self.graph.pools))[end]
        observed = {int(c) for o in self.fit if len(o.columns) == 1 for c in o.columns}
        index = np.flatnonzero((flow < SMALL_ARC * imports) | (flow < ZERO))
        index = index + self.columns.start["arc"]
        return np.array([i for i in index if i not in observed and self.ub[i] > 0], dtype=int)

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
        """Typical size of each figure's deviation: its value, or that share of the total."""
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
        self, extra: Matrix | None = None, more: tuple[np.ndarray, np.ndarray] | None = None
    ) -> _Reduced:
        """Phase one as a program, with other rows added if given.

        `more` gives upper bounds and typical sizes of further columns that those rows use,
        numbered from :attr:`width`.
        """
        rows = self.rows() if extra is None else self.rows().stacked(extra)
        scale = np.concatenate([self.priors.scale, np.repeat(self.sizes(), 2)])
        ub = np.concatenate([self.ub, np.full(2 * len(self.fit), INFINITY)])
        if more is not None:
            ub, scale = np.concatenate([ub, more[0]]), np.concatenate([scale, more[1]])
        return _Reduced(rows, ub, scale)

    @property
    def width(self) -> int:
        """Number of columns of phase one: flows, and two deviations of each figure."""
        return self.columns.total + 2 * len(self.fit)

    def least_deviation(self, extra: Matrix | None = None) -> tuple[np.ndarray, float]:
        """Phase one: flows with the least weighted deviation, and that deviation."""
        cost = np.concatenate([np.zeros(self.columns.total), self.weights()])
        return self.program(extra).solve(cost, "balance, phase one")

    def spent(self, x: np.ndarray) -> float:
        """Weighted absolute deviation of some flows from the figures that fit."""
        lack = [
            float(o.coefficients @ x[o.columns])
            - o.value * (1.0 if o.below is None else float(o.below[1] @ x[o.below[0]]))
            for o in self.fit
        ]
        return float(np.abs(lack) @ self.weights()[::2])

    def limit_row(self, deviation: float) -> Matrix:
        """Deviation at most 2 % above the least."""
        writer = RowWriter()
        limit = deviation * (1 + SLACK) + 1e-9
        row = writer.add_rows(1, -INFINITY, limit)
        weights = self.weights()
        pairs = self.columns.total + np.arange(len(weights))
        writer.add(np.full(len(weights), row), pairs, weights)
        return writer.matrix()

    def conflicts(self, observation: Observation, baseline: Baseline) -> str:
        """Which figures would have to give way for one figure to hold exactly.

        One program: the figure is held, the least weighted deviation of all others found; the
        figures whose deviation grows most are named.
        """
        writer = RowWriter()
        share = 0.0 if observation.is_share else observation.value
        row = writer.add_rows(1, share, share)
        columns = [(observation.columns, observation.coefficients)]
        if observation.below is not None:
            columns.append((observation.below[0], -observation.value * observation.below[1]))
        for index, coefficient in columns:
            writer.add(np.full(len(index), row), index, coefficient)
        try:
            answer, _ = self.least_deviation(writer.matrix())
        except InfeasibleError:
            return "no flows at all could meet it: capacities or recipes forbid it"
        held = answer[: self.columns.total]
        return _name_conflicts(self.fit, observation, baseline.x, held)

    def intervals(self, arcs: Sequence[int] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Least and most that arcs can carry with the deviation within 2 % of the least.

        Returns
        -------
        low, high : numpy.ndarray
            In the arcs' own unit a year; what one program each can identify.
        """
        _, deviation = self.least_deviation()
        program = self.program(self.limit_row(deviation)).persistent()
        columns = self.columns.start["arc"] + np.asarray(arcs)
        ends = [(program.extreme(c, 1.0), program.extreme(c, -1.0)) for c in columns]
        low, high = np.array(ends).T.reshape(2, -1)
        return low, high

    def _nearest(self, deviation: float) -> np.ndarray:
        target = np.concatenate([self.priors.value, np.zeros(2 * len(self.fit))])
        weight = np.ones(len(target))
        for name in ("made", "withheld"):
            weight[self.columns.block(name)] = 0.0
        weight[self.columns.total :] = DEVIATION_WEIGHT
        try:
            program = self.program(self.limit_row(deviation))
            return program.nearest(target, weight)[: self.columns.total]
        except NotConvergedError:
            if deviation >= AGREEMENT:
                raise
            # Figures that agree leave the interior point method no interior.
            program = self.program(self.limit_row(AGREEMENT))
            return program.nearest(target, weight)[: self.columns.total]


class _Reduced:
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

    def solve(self, cost: np.ndarray, what: str) -> tuple[np.ndarray, float]:
        """All columns of the cheapest point, and its cost."""
        program = LinearProgram(
            self.rows, cost[self.kept], np.zeros(len(self.kept)), self.ub,
            column_scale=self.scale, row_scale=self.size,
        )  # fmt: skip
        optimum = program.solve(what)
        return self._full(optimum.x), optimum.objective

    def persistent(self, *, restart: bool = True) -> _Extremes:
        """The rows as one warm program for many objectives.

        With `restart` each begins at the same basis, else where the last one ended.
        """
        return _Extremes(self, restart)

    def nearest(self, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """All columns of the point nearest to a target."""
        return self._full(
            nearest(
                self.rows,
                target[self.kept],
                weight[self.kept],
                self.ub,
                column_scale=self.scale,
                row_scale=self.size,
                what="balance, phase two",
            )
        )

    def _full(self, x: np.ndarray) -> np.ndarray:
        full = np.zeros(self.total)
        full[self.kept] = np.maximum(x, 0.0)
        return full


class _Extremes:
    """Least and most of single columns, from one warm program."""

    def __init__(self, reduced: _Reduced, restart: bool) -> None:
        self.position = {int(c): i for i, c in enumerate(reduced.kept)}
        n = len(reduced.kept)
        most = np.minimum(reduced.ub, UNIDENTIFIED * reduced.scale)
        self._program = LinearProgram(
            reduced.rows, np.zeros(n), np.zeros(n), most,
            column_scale=reduced.scale, row_scale=reduced.size,
        )  # fmt: skip
        self._program.solve("interval")
        if restart:
            self._program.keep_basis()
        self._total = reduced.total
        self._kept = reduced.kept

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
            answer = self._program.solve("range").x
        finally:
            self._program.set_cost(index, np.zeros(len(index)))
        full = np.zeros(self._total)
        full[self._kept] = np.maximum(answer, 0.0)
        return full

    def extreme(self, column: int, sign: float) -> float:
        """Least value of a column (sign 1) or its most (sign -1)."""
        if int(column) not in self.position:
            return 0.0
        index = np.array([self.position[int(column)]])
        self._program.set_cost(index, np.array([sign]))
        try:
            return max(float(self._program.solve("interval").x[index[0]]), 0.0)
        finally:
            self._program.set_cost(index, np.zeros(1))


def _reachable(graph: SupplyGraph, open_: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Activities that can run, pools that can hold something, pools that can make something."""
    inputs, n = graph.inputs, len(graph.pools)
    runs = open_.copy()
    arcs = graph.arcs[graph.arcs["declared"]]
    origin, end = (arcs[c].to_numpy() for c in ("origin", "destination"))
    while True:
        made = np.zeros(n, dtype=bool)
        made[graph.made_pool[runs[graph.made_activity]]] = True
        reached = made.copy()
        reached[end[made[origin]]] = True
        served = np.zeros(inputs.n_groups, dtype=bool)
        np.logical_or.at(served, inputs.group, reached[inputs.pool] | ~inputs.essential)
        lacking = inputs.user[~served[inputs.group]]
        new = runs.copy()
        new[lacking[lacking < graph.n_activities]] = False
        if (new == runs).all():
            return runs, reached, made
        runs = new


def balance_rows(graph: SupplyGraph, columns: Columns) -> Matrix:
    """Balance rows of the base year; stated capacities bound their lines, blank ones stay open."""
    matrix = balance_matrix(graph, columns)
    capacity, _ = graph.line_capacity(graph.base_month)
    upper = matrix.upper.copy()
    upper[first_line_row(matrix, graph) :] = np.where(np.isnan(capacity), INFINITY, capacity)
    return Matrix(matrix.row, matrix.column, matrix.value, matrix.lower, upper)


def polish(matrix: Matrix, x: np.ndarray, rounds: int = 8) -> np.ndarray:
    """Restore exact balance: the least relative change of flows that closes every row.

    Equations, and limits that some round finds broken. Flows that are zero stay zero; a
    solver's tolerance of 1e-9 becomes rounding error.
    """
    from scipy import sparse

    inside = x[matrix.column] > 0
    rows, row = np.unique(matrix.row[inside], return_inverse=True)
    used, position = np.unique(matrix.column[inside], return_inverse=True)
    shape = (len(rows), len(used))
    sparse_rows = sparse.csr_matrix((matrix.value[inside], (row, position)), shape=shape)
    flow, lower, upper = x[used], matrix.lower[rows], matrix.upper[rows]
    tight, target = lower == upper, lower.copy()
    for _ in range(rounds):
        value = sparse_rows @ flow
        over, under = ~tight & (value > upper), ~tight & (value < lower)
        target[over], target[under] = upper[over], lower[under]
        tight |= over | under
        if not tight.any():  # nothing flows
            break
        flow = _closed(sparse_rows[tight], flow, target[tight] - value[tight])
    result = x.copy()
    result[used] = np.where(flow > VANISHED * x[used], flow, 0.0)
    return result


def _closed(rows: Any, flow: np.ndarray, lack: np.ndarray) -> np.ndarray:
    """One step: relative changes of least size that close the rows, by normal equations."""
    from scipy import sparse
    from scipy.sparse import linalg

    if not len(flow) or not rows.shape[0]:
        return flow
    weighted = rows @ sparse.diags(flow)
    size = np.maximum(abs(weighted).max(axis=1).toarray().ravel(), 1e-300)
    weighted = sparse.diags(1.0 / size) @ weighted
    gram = (weighted @ weighted.T + 1e-13 * sparse.identity(len(size))).tocsc()
    step = weighted.T @ linalg.splu(gram).solve(lack / size)
    return np.maximum(flow * (1 + step), 0.0)


def _name_conflicts(
    fit: Sequence[Observation], held: Observation, before: np.ndarray, after: np.ndarray
) -> str:
    """Text: the three figures that would move most, counted in their own standard errors."""
    worse = []
    for o in fit:
        if o.id == held.id or not o.value:
            continue
        old, new = (o.balanced(x) / o.value - 1 for x in (before, after))
        if np.isnan(old) or np.isnan(new):
            continue
        growth = (abs(new) - abs(old)) / o.sigma
        if growth > 0.05:
            worse.append((growth, o, new))
    worse.sort(key=lambda item: (-item[0], item[1].id))
    named = [f"{o.id} ({o.grade}) by {100 * new:+.0f} %" for _, o, new in worse[:3]]
    if not named:
        return "within the balance's slack of 2 %: drawn towards the priors"
    return "to meet it would move " + "; ".join(named)
