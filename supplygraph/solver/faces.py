"""Faces of a program: bounds taken as equations, and the optimum there by one factorisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from supplygraph.solver.quadratic import FitProgram

FEASIBLE = 1e-10  # how far a value may lie beyond its bound, in scaled units, to count as on it
TOUCHES = 1e-9  # how near an interior point comes to what it lies on
PRICE = 1e-9  # how wrong the sign of a price may be: below it, rounding
SHIFT = 1e-9  # of the factorised matrix: prices of rows that say the same stay finite
# Each refinement takes off a part of what the shift left: most of it as a rule, so that a few reach
# rounding; half or less where a figure weighs as little as the shift. These go on for as long as
# one takes off a tenth.
FEW, REFINEMENTS, TAKES_OFF = 10, 100, 0.9


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
    def count(self) -> int:
        """Number of bounds and figures that contradict an optimum."""
        parts = (self.below, self.held, self.over, self.under, self.loose, self.moved)
        return int(sum(np.count_nonzero(part) for part in parts))


@dataclass(frozen=True)
class Face:
    """Columns at their bound, rows at a limit (1 upper, -1 lower), figures in their tails."""

    fixed: np.ndarray
    row: np.ndarray
    tail: np.ndarray
    x: np.ndarray

    def touching(self, program: FitProgram) -> Face:
        """The face with only those bounds that the point touches.

        A bound that the interior point lies near, but not on, may contradict others that bind.
        """
        equal, _, _ = program.kinds()
        value = program.rows @ self.x
        far = np.where(self.row > 0, program.upper - value, value - program.lower) > TOUCHES
        row = np.where(far & ~equal, 0, self.row)
        return Face(self.fixed & (self.x - program.low <= TOUCHES), row, self.tail, self.x)

    def changed(self, wrong: Wrong) -> Face:
        """The face with all that is wrong put right."""
        fixed, row = self.fixed.copy(), self.row.copy()
        fixed[wrong.below > 0], fixed[wrong.held > 0] = True, False
        row[wrong.loose > 0] = 0
        row[wrong.over > 0], row[wrong.under > 0] = 1, -1
        return Face(fixed, row, np.where(wrong.moved, wrong.tail, self.tail), self.x)


@dataclass(frozen=True)
class SolvedFace:
    """Optimum on a face.

    Attributes
    ----------
    x
        Columns.
    price
        Price of every row.
    slope
        Slope of the cost along every column.
    reduced
        Slope with prices: 0 for free columns, at least 0 for those that their bound holds.
    unit
        Largest pull of figures on a column, at least 1: prices are sums of such pulls, so their
        rounding is a share of it.
    free, held
        Columns that are free and rows that are held.
    """

    x: np.ndarray
    price: np.ndarray
    slope: np.ndarray
    reduced: np.ndarray
    unit: float
    free: np.ndarray
    held: np.ndarray


def solve_face(program: FitProgram, face: Face) -> SolvedFace | None:
    """Least cost with the face's bounds as equations; None if they contradict each other."""
    free = np.flatnonzero(~face.fixed)
    x = np.where(face.fixed, program.low, 0.0)
    inner = face.tail == 0
    rows = np.flatnonzero(face.row)
    part = program.rows[rows][:, free]
    rows, part = rows[np.diff(part.indptr) > 0], part[np.diff(part.indptr) > 0]
    limit = np.where(face.row[rows] < 0, program.lower[rows], program.upper[rows])
    figures = program.figures[inner]
    pulls = np.zeros(len(program.values))
    pulls[~inner] = 2 * face.tail[~inner] * min(program.huber, 1e300)
    conditions = Conditions(program.weight[free], part, figures[:, free], np.ones(int(inner.sum())))
    found = conditions.solve(
        -(program.figures[:, free].T @ pulls),
        limit - program.rows[rows] @ x,
        program.values[inner] - figures @ x,
    )
    if found is None:
        return None
    x[free], part_price, pulls[inner] = found
    price = np.zeros(len(program.lower))
    price[rows] = part_price
    slope = 2 * program.weight * x + program.figures.T @ pulls
    unit = max(float((abs(program.figures).T @ np.abs(pulls)).max(initial=0.0)), 1.0)
    return SolvedFace(x, price, slope, slope + program.rows.T @ price, unit, free, rows)


class Conditions:
    """The conditions of an optimum on a face, factorised.

    Unknown are the columns x, the prices p of the rows and the pulls s of the figures:

        2 W x + A' p + F' s = pull      A x = limit      F x - s / (2 v) = target

    The pulls stay unknowns of their own: taken out, a figure of a thousandth of a percent beside
    one of fifty per cent would leave no digit of the other.

    Parameters
    ----------
    weight
        Weight of the square of every column.
    rows, figures
        Rows held and figures that pull, over the free columns.
    trust
        Weight v of each figure; those of 0 pull nothing.
    """

    def __init__(self, weight: np.ndarray, rows: Any, figures: Any, trust: np.ndarray) -> None:
        from scipy import sparse
        from scipy.sparse import linalg

        self._pulling = trust > 0
        near = figures[self._pulling]
        slack = sparse.diags(-0.5 / trust[self._pulling])
        self._sizes = len(weight), rows.shape[0], len(trust)
        blocks = [
            [sparse.diags(2 * weight), rows.T, near.T],
            [rows, None, None],
            [near, None, slack],
        ]
        exact = sparse.bmat(blocks, format="csr")
        self._scale = _equilibrium(exact)
        scaled = sparse.diags(self._scale) @ exact @ sparse.diags(self._scale)
        # Rows that say the same on this face make the matrix singular: a shift far below rounding
        # of the answer lets it be factorised, and refinement removes what the shift did.
        n, m, k = len(weight), rows.shape[0], near.shape[0]
        shift = np.concatenate([np.full(n, SHIFT * 1e-4), np.full(m + k, -SHIFT)])
        self._exact = scaled.tocsr()
        try:
            self._lu = (
                linalg.splu((scaled + sparse.diags(shift)).tocsc(), permc_spec="MMD_AT_PLUS_A")
                if n + m + k
                else None
            )
        except RuntimeError:  # exactly singular all the same
            self._lu = None

    def solve(
        self, pull: np.ndarray, limit: np.ndarray, target: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Columns, prices and pulls for the right-hand sides; None if none satisfy them."""
        n, m, k = self._sizes
        pulls = np.zeros(k)
        right = np.concatenate([pull, limit, target[self._pulling]]) * self._scale
        if not len(right):
            return np.zeros(n), np.zeros(m), pulls
        if self._lu is None:
            return None
        found, rest = self._refined(self._lu, right)
        lack = np.abs(rest) / self._scale
        missed = ~(lack[n : n + m] <= 10 * TOUCHES * np.maximum(1.0, np.abs(limit)))
        if missed.any() or not np.isfinite(found).all():
            return None
        found = found * self._scale
        pulls[self._pulling] = found[n + m :]
        return found[:n], found[n : n + m], pulls

    def _refined(self, lu: Any, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Solution of the exact matrix by that of the shifted one, and what it leaves over."""
        found = lu.solve(right)
        missed = np.inf
        for number in range(REFINEMENTS):
            rest = right - self._exact @ found
            last, missed = missed, float(np.abs(rest).max())
            if number > FEW and not missed < TAKES_OFF * last:
                break
            found = found + lu.solve(rest)
        return found, right - self._exact @ found


def _equilibrium(matrix: Any) -> np.ndarray:
    """Factors that bring the largest entry of every row of a symmetric matrix near 1 (Ruiz)."""
    from scipy import sparse

    scale = np.ones(matrix.shape[0])
    for _ in range(4):
        scaled = sparse.diags(scale) @ matrix @ sparse.diags(scale)
        if not matrix.shape[0]:
            break
        size = np.asarray(abs(scaled).max(axis=1).todense()).ravel()
        scale /= np.sqrt(np.where(size > 0, size, 1.0))
    return scale
