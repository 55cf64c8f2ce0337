"""The convex program that fits figures: Huber's loss, squares to priors, linear rows, x >= low.

    min  sum_j weight_j x_j^2 + sum_i h((F x)_i - y_i)     lower <= A x <= upper,  x >= low

with h(r) = r^2 for |r| <= delta and 2 delta |r| - delta^2 beyond: a figure far from all others
pulls no harder than one at delta (Huber 1964, doi:10.1214/aoms/1177703732). Two steps:

1. Clarabel's interior point method, which stays short of every bound by its tolerance.
2. The optimum on the face it ended on, by one sparse factorisation: bounds that bind are met
   exactly, all else to rounding. Bounds whose price has the wrong sign are released, broken ones
   taken in, and it is solved again until nothing changes (primal-dual active set, Hintermueller,
   Ito and Kunisch 2002, doi:10.1137/S1052623401383558). Where that cycles, the same faces are
   walked downhill from the interior point, one bound a step (Nocedal and Wright 2006, 16.5).

What comes out satisfies the optimality conditions or is an error; it is never a last iterate. The
factorisation stays at hand to tell what each figure and each bound does to the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class FitProgram:
    """A program in scaled units: every column's typical change is about 1.

    Attributes
    ----------
    rows, lower, upper
        Sparse matrix of the rows and their bounds; equal bounds make an equation.
    figures, values
        Sparse matrix of the figures in their own standard errors, and what was published.
    weight
        Weight of each column's square, >= 0.
    low
        Lower bound of each column.
    huber
        Standard errors beyond which a figure pulls no harder; infinite for squares.
    """

    rows: Any
    lower: np.ndarray
    upper: np.ndarray
    figures: Any
    values: np.ndarray
    weight: np.ndarray
    low: np.ndarray
    huber: float

    def row_scaled(self) -> tuple[FitProgram, np.ndarray]:
        """The program with rows divided by their largest entry, and what each was divided by.

        Rows without an entry are left as they are.
        """
        from scipy import sparse

        rows = sparse.csr_matrix(self.rows)
        size = np.asarray(abs(rows).max(axis=1).todense()).ravel() if rows.shape[0] else np.zeros(0)
        size = np.where(size > 0, size, 1.0)
        return FitProgram(
            (sparse.diags(1.0 / size) @ rows).tocsr(),
            self.lower / size,
            self.upper / size,
            sparse.csr_matrix(self.figures),
            self.values,
            self.weight,
            self.low,
            self.huber,
        ), size

    def kinds(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Masks of equations, of rows with an upper and of rows with a lower limit."""
        equal = self.lower == self.upper
        return equal, ~equal & np.isfinite(self.upper), ~equal & np.isfinite(self.lower)

    def tail(self, x: np.ndarray) -> np.ndarray:
        """Sign of every figure that lies in the linear part of its loss, else 0."""
        lack = self.figures @ x - self.values
        return np.where(np.abs(lack) > self.huber, np.sign(lack), 0.0)

    def cost(self, x: np.ndarray) -> float:
        """What is minimised: squares of the columns and Huber's loss of the figures."""
        lack = np.abs(self.figures @ x - self.values)
        near = np.minimum(lack, self.huber)
        return float(self.weight @ x**2 + (near * (2 * lack - near)).sum())

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """Slope of the cost along every column."""
        lack = self.figures @ x - self.values
        slope = 2 * np.clip(lack, -self.huber, self.huber)
        return 2 * self.weight * x + self.figures.T @ slope
