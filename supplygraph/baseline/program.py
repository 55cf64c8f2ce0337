"""The balance: figures in, flows out, by one strictly convex program.

    min  sum_o h((a_o x - v_o) / (sigma_o s_o)) + PRIOR_WEIGHT sum_j ((x_j - c_j) / d_j)^2

subject to the balance rows and x >= 0. h is Huber's loss, v_o a published figure and sigma_o its
relative error, s_o its size; c_j is at first the flow expected (`baseline.priors`), with standard
deviation d_j, and in each round after it, `ROUNDS` or more, the answer of the one before:
Tikhonov's method, iterated (King and Chillingworth, Numer. Funct. Anal. Optim. 1, 1979). Beyond
`ROUNDS`, what turned out larger than expected has the deviation of a flow of its size. What the
figures hold firmly converges to them, so that our own expectations move a figure of relative error
sigma by about
(PRIOR_WEIGHT (sigma / TAU)^2)^ROUNDS of its distance from them; what they barely touch stays near
what is expected, where one round with almost no weight on that would send it anywhere for the sake
of a digit. The choice of the loss, its constant, the weight and the rounds:
docs/decisions/0010-one-convex-balance.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from supplygraph.baseline.observations import Observation
from supplygraph.baseline.priors import Priors
from supplygraph.errors import NotConvergedError
from supplygraph.graph import Columns, Matrix, SupplyGraph
from supplygraph.graph.balance_matrix import export_rows, first_line_row
from supplygraph.solver import Fit, FitProgram, solve_fit

HUBER = 1.345  # errors; keeps 95 % of the precision of squares where figures err normally
PRIOR_WEIGHT = 1e-2  # of an expected flow, beside a figure
ROUNDS = 3  # as many as bring agreeing figures of grade D to 1e-7 of their distance
# A figure of small error far from what is expected lies in the straight part of Huber's loss, where
# a round takes a step of limited length towards it: then the rounds go on until no figure is still
# to move by more than this many of its errors. The shipped data need none. Figures that contradict
# each other may still move in the last round; its answer stands then, the optimum around the one
# before.
STEADY, MOST_ROUNDS = 0.05, 40
GO_ON = 1e3  # rounds for which steps that do not shrink count: many, as later ones are longer
# A figure of nothing, or far below what is expected, is measured against this share of it: a
# relative error of almost nothing would otherwise weigh without limit.
LEAST_SIZE = 1e-3
FAR = 100.0  # a capacity so many times what is expected of its line is looked at afterwards
BALANCED = 1e-9  # largest imbalance of a row, relative to its largest entry
SHIFTED = 1e-2  # largest change, in standard deviations, that closing rows may take
NEGLIGIBLE = 1e-9  # share of a material's world below which a market's own size is not told
DUST = 1e-8  # flows below this share of their column's deviation are below what a row is closed to


@dataclass(frozen=True)
class Balance:
    """A solved balance: flows, the fit behind them and what each of its columns stands for.

    Attributes
    ----------
    x
        One flow per column of the balance.
    fit
        Optimum in scaled units, over the open columns.
    kept
        Column of the balance behind each column of the fit.
    rows
        Row of the balance behind each row of the fit.
    scale
        What one scaled unit of each column of the fit is.
    centre
        Flows around which the last round was solved.
    """

    x: np.ndarray
    fit: Fit
    kept: np.ndarray
    rows: np.ndarray
    scale: np.ndarray
    centre: np.ndarray


def solve_balance(
    graph: SupplyGraph,
    columns: Columns,
    matrix: Matrix,
    figures: Sequence[Observation],
    priors: Priors,
    open_: np.ndarray,
) -> Balance:
    """Solve the program and check what comes out.

    Parameters
    ----------
    figures
        Published figures that fit.
    open_
        Mask of the columns that may carry something.

    Raises
    ------
    InfeasibleError
        If no flows satisfy the balance rows.
    NotConvergedError
        If no road ends at an optimum, or one fails the checks: balance of every row to 1e-9 of its
        largest entry, no flow below 0, no line above its capacity.
    """
    kept = np.flatnonzero(open_)
    weight = np.full(len(kept), PRIOR_WEIGHT)
    for name in ("made", "withheld"):  # sums of others, which have their own
        block = columns.block(name)
        weight[(kept >= block.start) & (kept < block.stop)] = 0.0
    far = _far_lines(graph, matrix, priors)
    before, centre, spread, rounds = priors.value, priors.value, priors.scale, 0
    sparse_figures, values = _figures(figures, priors, centre, spread, kept)
    steps = (np.full(len(values), np.inf),) * 2
    while rounds < ROUNDS or (rounds < MOST_ROUNDS and _still_to_move(*steps) > STEADY):
        scale = spread[kept]
        rows, lower, upper, used = _rows(matrix, centre, spread, kept, far)
        low = -centre[kept] / scale
        program = FitProgram(rows, lower, upper, sparse_figures, values, weight, low, HUBER)
        fit = solve_fit(program, "balance")
        x = np.zeros(columns.total)
        x[kept] = np.where(fit.at_bound, 0.0, centre[kept] + scale * fit.x)
        passed = far & (matrix.times(x) > matrix.upper)
        if passed.any():
            far &= ~passed  # it does bind after all
        else:
            before, centre, rounds, missed = centre, x, rounds + 1, values
            spread = priors.scale if rounds < ROUNDS else priors.scale_around(centre)
            sparse_figures, values = _figures(figures, priors, centre, spread, kept)
            steps = (steps[1], np.abs(values - missed))
    closed = _closed_rows(graph, columns, matrix, priors, x)
    return Balance(closed, fit, kept, used, scale, before)


def _still_to_move(before: np.ndarray, last: np.ndarray) -> float:
    """How far more rounds would still move a figure, in its errors, by the last two steps of each.

    A short step alone says little: of a figure that barely pulls, each round may take a tenth of a
    distance that is many times as long. Steps that shrink by one share add up as its powers do;
    steps that do not shrink are taken to go on.

    Examples
    --------
    >>> _still_to_move(np.array([0.04, 0.2]), np.array([0.03, 0.02]))  # 0.03 x (3/4 + 9/16 + ...)
    0.09
    >>> _still_to_move(np.array([0.001]), np.array([0.001]))
    1.0
    """
    share = np.divide(last, before, out=np.ones_like(last), where=last < before)
    rounds = np.divide(share, 1.0 - share, out=np.full_like(last, GO_ON), where=share < 1)
    return float((last * np.minimum(rounds, GO_ON)).max(initial=0.0))


def _closed_rows(
    graph: SupplyGraph, columns: Columns, matrix: Matrix, priors: Priors, x: np.ndarray
) -> np.ndarray:
    """Flows with every row closed; refused if that takes more than rounding."""
    # Dust goes, unless a larger flow is left behind with nowhere to go but where the dust was.
    for dust in (DUST * priors.scale, np.zeros(columns.total)):
        closed = close_rows(matrix, _without_dust(matrix, x, dust))
        imbalance = float(relative_imbalance(graph, columns, matrix, closed).max(initial=0.0))
        shift = _shift(columns, matrix, priors, x, closed)
        if imbalance <= BALANCED and shift <= SHIFTED:
            return closed
    raise NotConvergedError(
        f"balance: a row misses by {imbalance:.1e} of its largest entry, over {BALANCED:g}, or "
        f"takes a shift of {shift:.1e} to close, over {SHIFTED:g}. Look for quantities of very "
        "different sizes in one market."
    )


def _shift(
    columns: Columns, matrix: Matrix, priors: Priors, x: np.ndarray, closed: np.ndarray
) -> float:
    """Largest change of a flow by closing rows, in standard deviations."""
    largest, beside = np.zeros(matrix.n_rows), np.zeros(columns.total)
    np.maximum.at(largest, matrix.row, np.abs(matrix.value * closed[matrix.column]))
    np.maximum.at(beside, matrix.column, largest[matrix.row])
    unit = np.maximum(priors.scale, NEGLIGIBLE / SHIFTED * beside)
    # What the world's largest material would not notice is no shift; of materials as they are made,
    # since beside one figure of a million million tonnes that nothing meets all others are nothing.
    unit = np.maximum(unit, 10 * NEGLIGIBLE * x[columns.block("made")].max(initial=0.0))
    return float((np.abs(closed - x) / unit).max(initial=0.0))


def _without_dust(matrix: Matrix, x: np.ndarray, dust: np.ndarray) -> np.ndarray:
    """Flows that are no more than rounding set to 0, and those that then have nowhere to go.

    A row of only positive entries whose limit is 0, or only negative ones, holds if they are 0.
    """
    x = np.where(x > dust, x, 0.0)
    limits = ((1.0, matrix.upper == 0), (-1.0, matrix.lower == 0))
    while True:
        entries = matrix.value * x[matrix.column]
        lost = np.zeros(len(entries), dtype=bool)
        for sign, limited in limits:
            against = np.bincount(matrix.row, sign * entries < 0, minlength=matrix.n_rows) > 0
            lost |= (limited & ~against)[matrix.row] & (sign * entries > 0)
        if not lost.any():
            return x
        x[matrix.column[lost]] = 0.0


def _far_lines(graph: SupplyGraph, matrix: Matrix, priors: Priors) -> np.ndarray:
    """Mask of the rows of lines whose capacity lies far above anything expected of them.

    Beside a limit of a million million tonnes a solver's relative tolerance is thousands of them.
    """
    n = graph.n_activities
    reach = (priors.value[:n] + priors.scale[:n]) * graph.line_units
    expected = np.bincount(graph.line_of, reach, minlength=len(graph.lines))
    far = np.zeros(matrix.n_rows, dtype=bool)
    first = first_line_row(matrix, graph)
    far[first:] = matrix.upper[first:] > FAR * expected
    return far


def _rows(
    matrix: Matrix, centre: np.ndarray, scale: np.ndarray, kept: np.ndarray, far: np.ndarray
) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray]:
    """Balance rows over the open columns, less those of far limits, around a centre."""
    from scipy import sparse

    full = sparse.csr_matrix(
        (matrix.value, (matrix.row, matrix.column)), shape=(matrix.n_rows, len(scale))
    )
    upper = np.where(far, np.inf, matrix.upper)
    part = full[:, kept]
    used = np.flatnonzero(
        (np.diff(part.indptr) > 0) & (np.isfinite(matrix.lower) | np.isfinite(upper))
    )
    shift = part[used] @ centre[kept]
    rows = part[used] @ sparse.diags(scale[kept])
    return rows, matrix.lower[used] - shift, upper[used] - shift, used


def figure_sizes(figures: Sequence[Observation], priors: Priors) -> np.ndarray:
    """Size that the relative error of each figure refers to, in the figure's own unit.

    Its value, at least a thousandth of what is expected of it; for a share, times the expected
    total.
    """
    sizes = []
    for o in figures:
        whole = 1.0 if o.below is None else float(o.below[1] @ priors.value[o.below[0]])
        expected = float(o.coefficients @ priors.value[o.columns])
        if o.below is not None and whole <= 0:
            whole = float(np.sqrt((o.below[1] * priors.scale[o.below[0]]) ** 2).max(initial=0.0))
        if expected <= 0:
            spread = o.coefficients * priors.scale[o.columns]
            expected = float(np.sqrt(spread @ spread))
        sizes.append(max(abs(o.value) * whole, LEAST_SIZE * expected))
    return np.array(sizes)


def _figures(
    figures: Sequence[Observation],
    priors: Priors,
    centre: np.ndarray,
    spread: np.ndarray,
    kept: np.ndarray,
) -> tuple[Any, np.ndarray]:
    """Figures over the open columns in their own standard errors, around a centre."""
    from scipy import sparse

    scale = spread[kept]
    position = np.full(len(centre), -1)
    position[kept] = np.arange(len(kept))
    row: list[int] = []
    column: list[int] = []
    entry: list[float] = []
    values = np.zeros(len(figures))
    expected = np.zeros(len(centre))
    expected[kept] = centre[kept]
    for number, (o, size) in enumerate(zip(figures, figure_sizes(figures, priors), strict=True)):
        error = o.sigma * size
        parts = [(o.columns, o.coefficients)]
        if o.below is not None:
            parts.append((o.below[0], -o.value * o.below[1]))
        target = 0.0 if o.is_share else o.value
        for index, coefficient in parts:
            target -= float(coefficient @ expected[index])
            inside = position[index] >= 0
            row += [number] * int(inside.sum())
            column += position[index[inside]].tolist()
            entry += (coefficient[inside] * scale[position[index[inside]]] / error).tolist()
        values[number] = target / error
    shape = (len(figures), len(kept))
    return sparse.csr_matrix((entry, (row, column)), shape=shape), values


def relative_imbalance(
    graph: SupplyGraph, columns: Columns, matrix: Matrix, x: np.ndarray
) -> np.ndarray:
    """How far each row misses its bounds, relative to its largest entry.

    For rows of a material at least relative to `NEGLIGIBLE` of what the world makes of it: beside
    that, a market that holds a trillionth is dust.
    """
    value = matrix.times(x)
    missed = np.maximum(np.maximum(matrix.lower - value, value - matrix.upper), 0.0)
    size = np.zeros(matrix.n_rows)
    np.maximum.at(size, matrix.row, np.abs(matrix.value * x[matrix.column]))
    made = np.zeros(len(graph.pools))
    made[columns.made_of] = x[columns.block("made")]
    _, material = np.unique(graph.pools["material"].to_numpy().astype(str), return_inverse=True)
    world = np.bincount(material, made)[material]
    _, origins = export_rows(graph, columns)
    pools = np.concatenate([columns.made_of, np.arange(len(graph.pools)), origins])
    size[: len(pools)] = np.maximum(size[: len(pools)], NEGLIGIBLE * world[pools])
    return missed / np.maximum(size, 1e-300)


def close_rows(matrix: Matrix, x: np.ndarray, rounds: int = 4) -> np.ndarray:
    """Restore exact balance: the least relative change of flows that closes every row.

    Equations, and limits that some round finds broken. Flows that are zero stay zero; the rounding
    of one factorisation becomes that of the flows themselves.
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
    result[used] = flow
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
