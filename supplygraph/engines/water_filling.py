"""Rationing in proportion: the highest common served share, then the next highest.

Water-filling: raise the served share of all demands together until one of them can go no
higher, hold that one, raise the others, and so on; what twelve rounds leave open is served at
least weighted loss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from supplygraph.engines.shocked_model import Allocation, ShockedModel
from supplygraph.graph.balance_matrix import INFINITY
from supplygraph.scenario import Shock
from supplygraph.solver import Optimum

if TYPE_CHECKING:
    from supplygraph.engines.allocation import AllocationProgram

WATER_ROUNDS = 12
FLOOR_SLACK = 1e-6
RISE = 1e-4
FILL_SCALE = 1e3


class WaterFilling:
    """Water-filling over one allocation program, with a model of its own."""

    def __init__(self, allocation: AllocationProgram) -> None:
        self.whole = allocation
        self.warm = ShockedModel(allocation)
        self.model = self.warm.model
        self.model.solve("allocation without a removal")
        self.model.keep_basis()

    def solve(self, shock: Shock) -> Allocation:
        """Allocation under a shock with the highest common served share."""
        with self.warm.under(shock):
            return self._fill()

    def _fill(self) -> Allocation:
        """Raise the common served share until someone can go no higher; hold him; go on.

        Only products that weigh take part; the others follow at their tie-break worth.
        """
        open_ = (self.whole.base_units > 0) & (self.whole.weights > 0)
        floor = np.zeros(len(self.whole.base_units))
        try:
            for _ in range(WATER_ROUNDS):
                floor[open_] = self._common_share(open_, floor)
                open_ &= self._can_rise(open_, floor)
                if not open_.any():
                    break
            self._hold(open_ & False, floor, self.whole.base_units)
            notes = ("water-filling stopped after 12 rounds; the rest is least weighted loss",)
            return self.whole.answer(self.model.solve("allocation"), notes if open_.any() else ())
        finally:
            self._hold(open_ & False, floor * 0.0, self.whole.base_units)

    def _common_share(self, open_: np.ndarray, floor: np.ndarray) -> float:
        """Highest share that all open demands can have at once."""
        self._hold(open_, np.where(open_, 0.0, floor), self.whole.base_units)
        reward = np.zeros(len(open_))
        optimum = self._priced(reward, -FILL_SCALE)
        return float(np.clip(optimum.x[self.whole.common], 0.0, 1.0))

    def _can_rise(self, open_: np.ndarray, floor: np.ndarray) -> np.ndarray:
        """Open demands that get a little more when all may: those that share a limit cannot."""
        room = np.where(open_, np.minimum(floor + RISE, 1.0), 1.0)
        self._hold(open_ & False, floor, room * self.whole.base_units)
        worth = np.divide(
            FILL_SCALE,
            self.whole.base_units,
            out=np.zeros(len(floor)),
            where=self.whole.base_units > 0,
        )
        optimum = self._priced(np.where(open_, -worth, 0.0), 0.0)
        units = optimum.x[self.whole.columns.block("demand")]
        share = np.divide(
            units, self.whole.base_units, out=floor.copy(), where=self.whole.base_units > 0
        )
        return (share > floor + 0.1 * RISE) & (floor < 1.0 - RISE)

    def _priced(self, reward: np.ndarray, common: float) -> Optimum:
        """Optimum with other rewards for demands and for the common share."""
        index = np.append(self._demand_columns(), self.whole.common)
        self.model.set_cost(index, np.append(reward, common))
        try:
            return self.model.solve("allocation, water-filling")
        finally:
            self.model.set_cost(index, self.whole.cost[index])

    def _demand_columns(self) -> np.ndarray:
        return self.whole.columns.start["demand"] + np.arange(len(self.whole.base_units))

    def _hold(self, open_: np.ndarray, floor: np.ndarray, most: np.ndarray) -> None:
        """Rows of open demands active; shares of `floor` as lower bounds, units at most `most`."""
        rows = self.whole.share_row + np.arange(len(open_))
        lower = np.where(open_, 0.0, -INFINITY)
        self.model.set_row_bounds(rows, lower, np.full(len(rows), INFINITY))
        least = np.maximum(floor - FLOOR_SLACK, 0.0) * self.whole.base_units
        self.model.set_column_bounds(self._demand_columns(), least, most)
