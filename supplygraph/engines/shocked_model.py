"""One warm linear program of an allocation, on which shocks are put and taken off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from supplygraph.graph.balance_matrix import INFINITY
from supplygraph.scenario import Shock
from supplygraph.solver import LinearProgram, Triplets

if TYPE_CHECKING:
    from supplygraph.engines.allocation import AllocationProgram


@dataclass(frozen=True)
class Allocation:
    """Optimal allocation of one shock.

    Attributes
    ----------
    x
        Columns of the balance.
    served
        Served share of every demand.
    price
        Loss avoided per tonne more at home, per pool.
    warnings
        Sentences for the reader.
    """

    x: np.ndarray
    served: np.ndarray
    price: np.ndarray
    warnings: tuple[str, ...] = ()


class ShockedModel:
    """One persistent model of an allocation; the bounds of a shock are put on and taken off."""

    def __init__(self, allocation: AllocationProgram) -> None:
        self.allocation, rows = allocation, allocation.rows
        size = np.zeros(rows.n_rows)
        np.maximum.at(size, rows.row, np.abs(rows.value) * allocation.scale[rows.column])
        size = np.where(size > 0, size, 1.0)
        self.model = LinearProgram(
            Triplets(rows.row, rows.column, rows.value, rows.lower, rows.upper),
            allocation.cost,
            np.zeros(len(allocation.ub)),
            allocation.ub,
            column_scale=allocation.scale,
            row_scale=size,
            threads=allocation.threads,
        )

    @contextmanager
    def under(self, shock: Shock) -> Iterator[LinearProgram]:
        """The model with the bounds of a shock, restored afterwards."""
        whole = self.allocation
        ub, limits = whole.bounds(shock)
        before = whole.unlimited
        index = np.flatnonzero(ub != whole.ub)
        rows = np.flatnonzero(limits != before)
        self._bound(index, ub, rows, limits)
        try:
            yield self.model
        finally:
            self._bound(index, whole.ub, rows, before)

    def _bound(
        self, index: np.ndarray, ub: np.ndarray, rows: np.ndarray, limits: np.ndarray
    ) -> None:
        self.model.set_column_bounds(index, np.zeros(len(index)), ub[index])
        lower = np.full(len(rows), -INFINITY)
        self.model.set_row_bounds(self.allocation.limited[rows], lower, limits[rows])
