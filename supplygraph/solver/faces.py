"""Faces of a program: bounds taken as equations, and the optimum there by one factorisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from supplygraph.solver.quadratic import FitProgram

FEASIBLE = 1e-10  # how far a value may lie beyond its bound, in scaled units, to count as on it
PRICE = 1e-9  # how wrong the sign of a price may be: below it, rounding
REFINEMENTS = 6  # each takes off what the shift of the factorisation left, to rounding


@dataclass(frozen=True)
class Wrong:
    """Columns below their bound or held there, rows broken or held, figures on the wrong part."""

    below: np.ndarray
    held: np.ndarray
    over: np.ndarray
    under: np.ndarray
    loose: np.ndarray
    tail: np.ndarray
    moved: np.ndarray

    @property
    def any(self) -> bool:
        """Whether anything contradicts an optimum."""
        parts = (self.below, self.held, self.over, self.under, self.loose, self.moved)
        return any(bool(part.any()) for part in parts)


@dataclass(frozen=True)
class Face:
    """Columns at their bound, rows at a limit (1 upper, -1 lower), figures in their tails."""

    fixed: np.ndarray
    row: np.ndarray
    tail: np.ndarray
    x: np.ndarray

    def from_values(self, program: FitProgram) -> Face:
        """The same point read by distance alone: what is on its bound counts as binding."""
        near = 1e-6  # ten times what the coarse interior point leaves
        equal, above, below = program.kinds()
        value = program.rows @ self.x
        row = equal.astype(int)
        row[above & (program.upper - value < near)] = 1
        row[below & (value - program.lower < near)] = -1
        return Face(self.x - program.low < near, row, program.tail(self.x), self.x)

    def changed(self, wrong: Wrong) -> Face:
        """The face with all that is wrong put right."""
        fixed, row = self.fixed.copy(), self.row.copy()
        fixed[wrong.below > 0], fixed[wrong.held > 0] = True, False
        row[wrong.loose > 0] = 0
        row[wrong.over > 0], row[wrong.under > 0] = 1, -1
        return Face(fixed, row, np.where(wrong.moved, wrong.tail, self.tail), self.x)


@dataclass(frozen=True)
class SolvedFace:
    """Optimum on a face: columns, price of every row, reduced cost of every column.

    With the columns that are free and the rows that are held there.
    """

    x: np.ndarray
    price: np.ndarray
    reduced: np.ndarray
    free: np.ndarray
    held: np.ndarray


def solve_face(program: FitProgram, face: Face) -> SolvedFace | None:
    """Least cost with the face's bounds as equations; None if that has no finite answer."""
    from scipy import sparse

    free = np.flatnonzero(~face.fixed)
    x = np.where(face.fixed, program.low, 0.0)
    inner = face.tail == 0
    rows = np.flatnonzero(face.row)
    part = program.rows[rows][:, free]
    rows, part = rows[np.diff(part.indptr) > 0], part[np.diff(part.indptr) > 0]
    limit = np.where(face.row[rows] < 0, program.lower[rows], program.upper[rows])
    figures = program.figures[inner]
    near = figures[:, free]
    hessian = 2 * (near.T @ near) + sparse.diags(2 * program.weight[free])
    pull = 2 * near.T @ (program.values[inner] - figures @ x)
    tails = np.where(inner, 0.0, face.tail * (0.0 if np.isinf(program.huber) else program.huber))
    pull -= 2 * program.figures[:, free].T @ tails
    right = np.concatenate([pull, limit - program.rows[rows] @ x])
    if not len(right):
        return SolvedFace(x, np.zeros(len(program.lower)), program.gradient(x), free, rows)
    try:
        lu, exact = factor(hessian, part)
    except RuntimeError:  # exactly singular
        return None
    found = lu.solve(right)
    for _ in range(REFINEMENTS):
        found = found + lu.solve(right - exact @ found)
    if not np.isfinite(found).all():
        return None
    if np.abs(right - exact @ found).max() > FEASIBLE * max(1.0, np.abs(right).max()):
        return None  # the rows of this face contradict each other
    x[free] = found[: len(free)]
    price = np.zeros(len(program.lower))
    price[rows] = found[len(free) :]
    reduced = program.gradient(x) + program.rows.T @ price
    return SolvedFace(x, price, reduced, free, rows)


def factor(hessian: Any, rows: Any) -> tuple[Any, Any]:
    """Factor of the conditions of an optimum on a face, and their exact matrix.

    Rows that say the same on this face make the matrix singular: a shift far below rounding of the
    answer lets it be factorised, and refinement removes what the shift did.
    """
    from scipy import sparse
    from scipy.sparse import linalg

    n, m = rows.shape[1], rows.shape[0]
    exact = sparse.bmat([[hessian, rows.T], [rows, None]], format="csr")
    shift = sparse.diags(np.concatenate([np.full(n, 1e-14), np.full(m, -1e-13)]))
    return linalg.splu((exact + shift).tocsc()), exact
