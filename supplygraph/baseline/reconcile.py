"""The base year: the flows that fit the published figures best (`baseline.program`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from supplygraph.baseline.observations import Observation, observations_of
from supplygraph.baseline.priors import Priors, compute_priors
from supplygraph.baseline.program import Balance, figure_sizes, relative_imbalance, solve_balance
from supplygraph.graph import Columns, Matrix, SupplyGraph, balance_matrix, columns_of
from supplygraph.graph.balance_matrix import INFINITY, first_line_row
from supplygraph.graph.reachable import reachable
from supplygraph.progress import doing


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
        Distance of the figures that fit from what was published: sum of absolute distances, each in
        its own standard errors.
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
    def line_use(self) -> np.ndarray:
        """What the activities of each line use of it, line units a year."""
        graph = self.graph
        use = graph.line_units * self.block("activity")
        return np.bincount(graph.line_of, use, minlength=len(graph.lines))

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
        """Largest imbalance of a row, relative to its largest entry."""
        return float(
            relative_imbalance(self.graph, self.columns, self.matrix, self.x).max(initial=0.0)
        )


def reconcile(graph: SupplyGraph) -> Baseline:
    """Balance a graph against its observations.

    Raises
    ------
    InfeasibleError
        If no flows satisfy the balance rows at all.
    NotConvergedError
        If what was found fails a check: it never answers then.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> from supplygraph.graph import compile_graph
    >>> baseline = reconcile(compile_graph(read_dataset("three-nodes")))
    >>> [round(float(v), 3) for v in baseline.block("activity")]
    [90.0, 30.0]
    """
    with doing("Balancing the base year"):
        problem = BalanceProblem(graph)
        x = problem.solve().x
        observations, deviation = tuple(problem.observations), problem.deviation(x)
    return Baseline(graph, problem.columns, problem.matrix, x, observations, deviation)


class BalanceProblem:
    """What a balance is made of: rows, figures that fit, expected flows, columns that are open."""

    def __init__(self, graph: SupplyGraph) -> None:
        self.graph = graph
        self.columns = columns_of(graph)
        self.matrix = balance_rows(graph, self.columns)
        self.observations = observations_of(graph, self.columns)
        self.figures = [o for o in self.observations if o.role == "fit" and len(o.columns)]
        self.priors: Priors = compute_priors(graph, self.columns, self.observations)
        self.upper = open_columns(graph, self.columns)

    def solve(self) -> Balance:
        """Flows, with the fit behind them."""
        return solve_balance(
            self.graph, self.columns, self.matrix, self.figures, self.priors, self.upper > 0
        )

    @cached_property
    def sizes(self) -> np.ndarray:
        """Size that the relative error of each figure refers to."""
        return figure_sizes(self.figures, self.priors)

    def deviation(self, x: np.ndarray) -> float:
        """Sum over the figures of how many standard errors some flows miss them by."""
        errors = np.array([o.sigma for o in self.figures]) * self.sizes
        lack = [
            float(o.coefficients @ x[o.columns])
            - o.value * (1.0 if o.below is None else float(o.below[1] @ x[o.below[0]]))
            for o in self.figures
        ]
        return float(np.abs(np.array(lack) / errors).sum())


def open_columns(graph: SupplyGraph, columns: Columns) -> np.ndarray:
    """Upper bound of every column: 0 where no open plant can reach it with its feed, else none."""
    _, open_ = graph.line_capacity(graph.base_month)
    origin, declared = (graph.arcs[name].to_numpy() for name in ("origin", "declared"))
    runs, reached, made = reachable(graph, open_, declared)
    inputs = graph.inputs
    ub = np.full(columns.total, INFINITY)
    ub[columns.block("activity")] = np.where(runs[: graph.n_activities], INFINITY, 0.0)
    ub[columns.block("withheld")] = 0.0
    ub[columns.block("made")] = np.where(made[columns.made_of], INFINITY, 0.0)
    ub[columns.block("arc")] = np.where(made[origin] & declared, INFINITY, 0.0)
    own = np.flatnonzero(inputs.draw >= 0)
    runs[graph.n_activities :] = True  # a demand that lacks an input still asks for the others
    drawn = reached[inputs.pool[own]] & runs[inputs.user[own]]
    ub[columns.start["draw"] + inputs.draw[own]] = np.where(drawn, INFINITY, 0.0)
    for name, pools in (
        ("surplus", columns.surplus_of),
        ("unexplained", columns.unexplained_of),
    ):
        ub[columns.block(name)] = np.where(reached[pools], INFINITY, 0.0)
    return ub


def balance_rows(graph: SupplyGraph, columns: Columns) -> Matrix:
    """Balance rows of the base year; stated capacities bound their lines, blank ones stay open."""
    matrix = balance_matrix(graph, columns)
    capacity, _ = graph.line_capacity(graph.base_month)
    upper = matrix.upper.copy()
    upper[first_line_row(matrix, graph) :] = np.where(np.isnan(capacity), INFINITY, capacity)
    return Matrix(matrix.row, matrix.column, matrix.value, matrix.lower, upper)
