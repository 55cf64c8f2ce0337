"""Clarabel's interior point method: a point near the optimum, and the face it seems to lie on."""

from __future__ import annotations

from typing import Any

import numpy as np

from supplygraph.errors import InfeasibleError
from supplygraph.solver.faces import Face
from supplygraph.solver.quadratic import FitProgram

REGULARIZATION = 1e-13  # Clarabel's 1e-8 stalls one balance in twenty


def interior(program: FitProgram, tolerance: float, what: str) -> tuple[Face, np.ndarray | None]:
    """Solve to a tolerance: the face of the bounds whose price outweighs their distance.

    Also the prices of the rows if the tolerance was reached.

    Raises
    ------
    InfeasibleError
        If no point satisfies the rows and bounds.
    """
    import clarabel
    from scipy import sparse

    n, k = len(program.weight), len(program.values)
    tails = 0 if np.isinf(program.huber) else 2 * k
    equal, above, below = program.kinds()
    unit = sparse.identity
    residual = [program.figures, -unit(k)] + ([-unit(k), unit(k)] if tails else [])

    def wide(block: Any) -> Any:
        return sparse.hstack([block, sparse.csr_matrix((block.shape[0], k + tails))])

    blocks = [
        wide(program.rows[equal]),
        sparse.hstack(residual),
        wide(program.rows[above]),
        wide(-program.rows[below]),
        wide(-unit(n, format="csr")),
    ]
    limits = [
        program.lower[equal],
        program.values,
        program.upper[above],
        -program.lower[below],
        -program.low,
    ]
    if tails:
        blocks.append(sparse.hstack([sparse.csr_matrix((tails, n + k)), -unit(tails)]))
        limits.append(np.zeros(tails))
    stacked = sparse.vstack(blocks).tocsc()
    count = int(equal.sum()) + k
    hessian = sparse.diags(
        np.concatenate([2 * program.weight, np.full(k, 2.0), np.zeros(tails)])
    ).tocsc()
    linear = np.concatenate([np.zeros(n + k), np.full(tails, 2 * program.huber if tails else 0.0)])
    cones = [clarabel.ZeroConeT(count), clarabel.NonnegativeConeT(stacked.shape[0] - count)]
    answer = clarabel.DefaultSolver(
        hessian, linear, stacked, np.concatenate(limits), cones, _settings(tolerance)
    ).solve()
    status = clarabel.SolverStatus
    if answer.status in (status.PrimalInfeasible, status.AlmostPrimalInfeasible):
        raise InfeasibleError(f"{what}: no flows satisfy the constraints.")
    reached = answer.status == status.Solved
    return face_of(program, answer, n), _prices(program, answer) if reached else None


def face_of(program: FitProgram, answer: Any, n: int) -> Face:
    """Bounds whose price outweighs their distance count as binding."""
    equal, above, below = program.kinds()
    x, slack, price = (np.array(getattr(answer, name)) for name in ("x", "s", "z"))
    binding = price > slack
    first = int(equal.sum()) + len(program.values)
    middle = first + int(above.sum())
    last = middle + int(below.sum())
    row = equal.astype(int)
    row[np.flatnonzero(above)[binding[first:middle]]] = 1
    row[np.flatnonzero(below)[binding[middle:last]]] = -1
    return Face(binding[last : last + n], row, program.tail(x[:n]), x[:n])


def _prices(program: FitProgram, answer: Any) -> np.ndarray:
    """Price of every row, positive at an upper and negative at a lower limit."""
    equal, above, below = program.kinds()
    dual, price = np.array(answer.z), np.zeros(len(program.lower))
    first = int(equal.sum())
    price[equal] = dual[:first]
    middle = first + len(program.values) + int(above.sum())
    price[above] += dual[first + len(program.values) : middle]
    price[below] -= dual[middle : middle + int(below.sum())]
    return price


def _settings(tolerance: float) -> Any:
    import clarabel

    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.direct_solve_method = "qdldl"  # one way at every size; half the time of faer on a core
    settings.static_regularization_constant = REGULARIZATION
    for name in ("tol_gap_abs", "tol_gap_rel", "tol_feas"):
        setattr(settings, name, tolerance)
    return settings
