"""How far the published figures leave a share open."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from supplygraph.baseline.identification import UNIDENTIFIED, IdentifiedSet
from supplygraph.baseline.reconcile import Baseline
from supplygraph.solver import LinearProgram

MARGIN = 1e-4
ROUNDS = 30
CLOSE = 1e-7
VANISHED = 1e-6
Sum = Mapping[int, float]


class Ranges:
    """Least and most of shares among all balances that fit the figures as well.

    A balance counts if it lies in the identified set (`identification`), as for the intervals
    of arcs, and if no market has more surplus or more use without a name than in the base
    balance: else any plant nobody has counted could make any amount that nobody uses.

    Parameters
    ----------
    baseline
        Balanced base year.
    """

    def __init__(self, baseline: Baseline) -> None:
        self.baseline = baseline

    @cached_property
    def _model(self) -> tuple[LinearProgram, np.ndarray]:
        baseline = self.baseline
        identified = IdentifiedSet(baseline)
        for name in ("surplus", "unexplained"):
            block = baseline.columns.block(name)
            most = baseline.block(name) * (1 + MARGIN) + MARGIN * identified.priors.scale[block]
            identified.upper[block] = np.minimum(identified.upper[block], most)
        reduced = identified.program(identified.limit_row())
        position = np.full(reduced.total, -1)
        position[reduced.kept] = np.arange(len(reduced.kept))
        n = len(reduced.kept)
        program = LinearProgram(
            reduced.rows,
            np.zeros(n),
            np.zeros(n),
            np.minimum(reduced.ub, UNIDENTIFIED * reduced.scale),
            column_scale=reduced.scale,
            row_scale=reduced.size,
        )
        program.solve("range")
        program.keep_basis()
        return program, position

    def share(self, top: Sum, bottom: Sum, start: float) -> tuple[float, float]:
        """Least and most of a quotient of two sums of flows.

        Parameters
        ----------
        top, bottom
            Coefficient of each column of the balance in the two sums.
        start
            The quotient in the base balance.

        Returns
        -------
        low, high : float
            NaN where ``start`` is.

        Notes
        -----
        Dinkelbach 1967 (doi:10.1287/mnsc.13.7.492): minimise top - s bottom with s the last
        quotient, until it stays. Where the lower sum vanishes the last quotient is returned.

        Examples
        --------
        >>> from supplygraph.baseline import reconcile
        >>> from supplygraph.dataset import read_dataset
        >>> from supplygraph.graph import compile_graph
        >>> baseline = reconcile(compile_graph(read_dataset("three-nodes")))
        >>> Ranges(baseline).share({0: 1.0}, {0: 1.0, 1: 3.0}, 0.5)
        (0.5, 0.5)
        """
        if np.isnan(start):
            return start, start
        low, high = self._end(top, bottom, start, 1.0), self._end(top, bottom, start, -1.0)
        return min(low, start), max(high, start)

    def _end(self, top: Sum, bottom: Sum, ratio: float, sign: float) -> float:
        index = np.array(sorted({*top, *bottom}))
        above = np.array([top.get(int(c), 0.0) for c in index])
        below = np.array([bottom.get(int(c), 0.0) for c in index])
        for _ in range(ROUNDS):
            x = self._point(index, sign * (above - ratio * below))
            size = float(below @ x)
            if size <= VANISHED:
                return ratio
            new = float(above @ x) / size
            if sign * (new - ratio) >= -CLOSE:
                return ratio
            ratio = new
        return ratio

    def _point(self, index: np.ndarray, cost: np.ndarray) -> np.ndarray:
        """Values of some columns where a weighted sum of them is least."""
        program, position = self._model
        place = position[index]
        open_ = place >= 0
        found = np.zeros(len(index))
        size = max(float(np.abs(cost).max(initial=0.0)), 1e-300)
        program.set_cost(place[open_], cost[open_] / size)
        try:
            x = program.solve("range", prices=False, costs_only=True).x
            found[open_] = np.maximum(x[place[open_]], 0.0)
        finally:
            program.set_cost(place[open_], np.zeros(int(open_.sum())))
        return found
