"""Solved fits: the optimum, and what each figure and each limit does to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from supplygraph.errors import NotConvergedError
from supplygraph.solver.active_set import on_faces
from supplygraph.solver.faces import PRICE, Conditions, Face, SolvedFace
from supplygraph.solver.interior import interior
from supplygraph.solver.quadratic import FitProgram

SHARP = 1e-11  # tolerance of the interior point from which the face of the optimum is sought
BLUNT = 1e-9  # tolerance at which an interior point is an answer, where that search does not end
MEETS = 1e-5  # how far an interior point may miss a row, and the best cost relative to it
# Pull of a figure on a column, above which rounding of prices hides what an optimum would be: the
# shipped data have 30, a need of a million million tonnes a unit 5e12.
STIFF = 1e9
LARGE = 6_000  # columns from which on that search takes longer than its digits are worth
# Below it a figure holds its columns nearly alone, and what is left cannot be told by subtraction.
ALONE = 1e-3


def solve_fit(program: FitProgram, what: str = "program") -> Fit:
    """The one optimum.

    Raises
    ------
    InfeasibleError
        If no point satisfies the rows and bounds.
    NotConvergedError
        If no road ends at a point that satisfies the optimality conditions.

    Examples
    --------
    Two figures, 10 and 6, and their sum, published as 17, with errors of 1, 0.8 and 1:

    >>> from scipy import sparse
    >>> figures = sparse.csr_matrix([[1.0, 0.0], [0.0, 1.25], [1.0, 1.0]])
    >>> none = sparse.csr_matrix((0, 2))
    >>> program = FitProgram(none, np.zeros(0), np.zeros(0), figures,
    ...     np.array([10.0, 7.5, 17.0]), np.zeros(2), np.zeros(2), float("inf"))
    >>> solve_fit(program).x.round(3).tolist()
    [10.379, 6.242]
    """
    scaled, size = program.row_scaled()
    if len(program.low) <= LARGE:
        found = on_faces(scaled, interior(scaled, SHARP, what)[0])
        if found is not None and found[0].unit <= STIFF:
            return Fit(program, *found, size)
    face, price = interior(scaled, BLUNT, what)
    solved = None if price is None else _as_solved(scaled, face, price)
    if solved is not None:
        return Fit(program, solved, face.touching(scaled), size)
    raise NotConvergedError(f"{what}: no point meets the conditions of an optimum.")


def _diagonal(entries: np.ndarray) -> Any:
    from scipy import sparse

    return sparse.diags(entries).tocsr()


def _as_solved(program: FitProgram, face: Face, price: np.ndarray) -> SolvedFace | None:
    """An interior point as an optimum; None if it does not meet the conditions of one.

    The method's tolerances are relative to the largest number it sees: its word is not taken.
    """
    x = np.maximum(face.x, program.low)
    lack = program.figures @ x - program.values
    pulls = np.abs(2 * np.clip(lack, -program.huber, program.huber))
    unit = max(float((abs(program.figures).T @ pulls).max(initial=0.0)), 1.0)
    slope = program.gradient(x)
    touching = face.touching(program)
    free, held = np.flatnonzero(~touching.fixed), np.flatnonzero(touching.row)
    value, reduced = program.rows @ x, slope + program.rows.T @ price
    missed = np.maximum(program.lower - value, value - program.upper).max(initial=0.0)
    loose = np.where(price > 0, program.upper - value, program.lower - value)
    left = price[price != 0] @ loose[price != 0]  # what the prices say could still be gained
    gap = float(np.abs(reduced) @ (x - program.low)) + abs(float(left))
    if missed > MEETS or unit > STIFF or not gap <= MEETS * (1.0 + program.cost(x)):
        return None
    return SolvedFace(x, price, slope, reduced, unit, free, held)


@dataclass(frozen=True)
class Fit:
    """An optimum and what holds it there.

    Attributes
    ----------
    program
        The program it solves.
    """

    program: FitProgram
    _solved: SolvedFace
    _face: Face
    _size: np.ndarray

    @property
    def x(self) -> np.ndarray:
        """Columns, in scaled units; those at their bound exactly there."""
        return self._solved.x

    @property
    def at_bound(self) -> np.ndarray:
        """Mask of the columns at their lower bound."""
        return self._face.fixed

    @property
    def price(self) -> np.ndarray:
        """Price of every row: how much the cost falls for a unit of its limit."""
        return self._solved.price / self._size

    def binding_limits(self) -> np.ndarray:
        """Rows that are no equations, and at whose limit the optimum would rather not be."""
        equal = self.program.lower == self.program.upper
        return np.flatnonzero(
            (self._face.row != 0)
            & ~equal
            & (np.abs(self._solved.price) > PRICE * self._solved.unit)
        )

    def without_figure(self, number: int) -> np.ndarray:
        """Change of every column if one figure were left out, with the same bounds binding.

        Huber's optimum is that of weighted squares with weights w = min(1, delta / |r|). Left out
        of those, a figure with row f and residual r changes the columns by H^-1 f 2 w r / (1 - c),
        with H the curvature on the face and c = 2 w f H^-1 f the share of it along f that is the
        figure's own.
        """
        row = self.program.figures[[number]].toarray().ravel()
        weight = self._weights[number]
        lack = float(row @ self.x) - self.program.values[number]
        move = self._moved(self._weighted, row[self._solved.free])
        own = 2.0 * weight * float(row @ move)
        if 1.0 - own > ALONE:
            return move * (2.0 * weight * lack / (1.0 - own))
        others = self._weights.copy()
        others[number] = 0.0
        return self._moved(self._conditions(others), row[self._solved.free]) * (2.0 * weight * lack)

    def without_limit(self, row: int) -> np.ndarray:
        """Change of every column if a binding row were lifted, with all other bounds binding."""
        place = np.flatnonzero(self._solved.held == row)
        limit = np.zeros(len(self._solved.held))
        limit[place] = 1.0
        free, figures = len(self._solved.free), len(self.program.values)
        found = self._weighted.solve(np.zeros(free), limit, np.zeros(figures))
        if found is None or not len(place) or abs(found[1][place[0]]) <= 1e-12:
            return np.zeros(len(self.x))  # nothing moves when the row does
        change = np.zeros(len(self.x))
        change[self._solved.free] = found[0] * -(
            self._solved.price[row] / float(found[1][place[0]])
        )
        return change

    def refitted(self, *, figure: int | None = None, row: int | None = None) -> np.ndarray | None:
        """Change of every column if a figure or a limit were left out and all else solved again.

        None if that search does not end.
        """
        scaled, _ = self.program.row_scaled()
        face = replace(self._face, x=self.x)
        if figure is not None:
            keep = np.ones(len(scaled.values))
            keep[figure] = 0.0
            scaled = replace(
                scaled, figures=_diagonal(keep) @ scaled.figures, values=keep * scaled.values
            )
        if row is not None:
            lower, upper, rows = scaled.lower.copy(), scaled.upper.copy(), face.row.copy()
            lower[row], upper[row], rows[row] = -np.inf, np.inf, 0
            scaled, face = replace(scaled, lower=lower, upper=upper), replace(face, row=rows)
        found = on_faces(scaled, face)
        return None if found is None else found[0].x - self.x

    @cached_property
    def _weights(self) -> np.ndarray:
        lack = np.abs(self.program.figures @ self.x - self.program.values)
        return np.minimum(1.0, self.program.huber / np.maximum(lack, 1e-300))

    @cached_property
    def _weighted(self) -> Conditions:
        return self._conditions(self._weights)

    def _conditions(self, trust: np.ndarray) -> Conditions:
        """The face with every figure at a weight."""
        from scipy import sparse

        free = self._solved.free
        rows = (sparse.diags(1.0 / self._size) @ self.program.rows).tocsr()
        figures = sparse.csr_matrix(self.program.figures)[:, free]
        return Conditions(
            self.program.weight[free], rows[self._solved.held][:, free], figures, trust
        )

    def _moved(self, conditions: Conditions, pull: np.ndarray) -> np.ndarray:
        """Change of the columns for a pull along the free ones."""
        limits, targets = np.zeros(len(self._solved.held)), np.zeros(len(self.program.values))
        found = conditions.solve(pull, limits, targets)
        change = np.zeros(len(self.x))
        if found is not None:
            change[self._solved.free] = found[0]
        return change
