"""Leximin of served shares: the worst served as well as can be, then the next worst, and so on.

    raise the common share of all open demands as far as it goes; hold those whose price in that
    program is positive, since all optima give them that share; go on with the rest

A fixed number of rounds would be wrong: there are as many as there are different shares.

Paper: leximin of a convex program by successive programs, told in Ogryczak and Śliwiński 2006
(doi:10.1007/11751595_85).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from supplygraph.errors import InfeasibleError, NotConvergedError
from supplygraph.graph.balance_matrix import INFINITY
from supplygraph.solver import LinearProgram, Optimum

# A held demand may miss its share by this. Rows are kept to 1e-9 of their size, which may be a
# larger part of a user who takes little of a market's good: a share found may then be out of
# reach by as much in the next program, so that the next slack is tried.
HELD_SLACKS = (1e-9, 1e-7, 1e-5, 1e-4)
# Prices of open demands sum to 1. Below this one is what the solver's tolerance leaves of 0.
PRICED = 1e-7
# Shares this close to their most are served in full.
FULL = 1e-9


@dataclass(frozen=True)
class Leximin:
    """Rounds over one program, whose cost is that of the common share alone.

    Attributes
    ----------
    model
        Minimises minus the common share; bounds of the case are on it.
    share_row
        First of the rows ``units - base units x common share``, one a demand.
    demands
        Columns of the demands, in units.
    common
        Column of the common share.
    units
        Base units of every demand.
    """

    model: LinearProgram
    share_row: int
    demands: np.ndarray
    common: int
    units: np.ndarray

    def shares(self, floor: np.ndarray, ceiling: np.ndarray) -> np.ndarray:
        """Shares between a floor and a ceiling; what the floor serves in full is held at once.

        Raises
        ------
        NotConvergedError
            If a round finds nobody who limits the others.
        """
        value = floor.copy()
        open_ = (self.units > 0) & (floor < ceiling - FULL)
        onward = False
        while open_.any():
            value, tight = self._round(open_, value, ceiling, onward=onward)
            open_ &= ~tight
            onward = True
        return np.clip(value, floor, ceiling)

    def kept(self, what: str, least: np.ndarray, most: np.ndarray) -> Optimum:
        """Optimum with least and most shares of the demands; no common share is raised.

        Parameters
        ----------
        what
            Name of the program in messages.
        least, most
            Shares of every demand.
        """
        rows = self.share_row + np.arange(len(self.units))
        unbounded = np.full(len(rows), INFINITY)
        self.model.set_row_bounds(rows, -unbounded, unbounded)
        return self._solved(what, least, most)

    def _solved(
        self, what: str, least: np.ndarray, most: np.ndarray, *, onward: bool = False
    ) -> Optimum:
        for slack in HELD_SLACKS:
            low = np.maximum(least - slack, 0.0) * self.units
            self.model.set_column_bounds(self.demands, low, np.maximum(most * self.units, low))
            try:
                return self.model.solve(what, onward=onward)
            except InfeasibleError:
                onward = False
        raise NotConvergedError(f"{what}: shares that were just served are found infeasible.")

    def _round(
        self, open_: np.ndarray, value: np.ndarray, ceiling: np.ndarray, *, onward: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Shares after all open demands rose together, and which of them can go no higher."""
        rows = self.share_row + np.arange(len(open_))
        lower = np.where(open_, 0.0, -INFINITY)
        self.model.set_row_bounds(rows, lower, np.full(len(rows), INFINITY))
        top = ceiling[open_].max()  # above 1 where demand has grown
        self.model.set_column_bounds(np.array([self.common]), np.zeros(1), np.array([top]))
        optimum = self._solved("shared shortage", value, ceiling, onward=onward)
        common = float(np.clip(optimum.x[self.common], 0.0, top))
        if common >= top - FULL:
            return np.where(open_, ceiling, value), open_
        reached = np.maximum(value, common)
        price = np.where(open_, np.abs(optimum.dual[rows]) * self.units, 0.0)
        tight = open_ & ((price > PRICED) | (reached >= ceiling - FULL))
        if not tight.any():
            # All prices are dust: hold whoever carries most of it, so that rounds end.
            if not price.any():
                raise NotConvergedError("shared shortage: no open demand limits the others.")
            tight = open_ & (price >= price.max())
        return np.where(tight, np.minimum(reached, ceiling), value), tight
