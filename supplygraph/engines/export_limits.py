"""Rows that limit what leaves a pool some of whose plants no longer export.

    exports of a pool <= left x its base exports + sum over plants not stopped of
                         output per unit x max(what the plant can do - its base level, 0)

The plants that go on exporting keep their customers at home; what they make beyond the base year
may leave. An allocation that may be reached while the stopped plants stand still, its customers at
home kept, can then also be reached while they run for their own country alone.
"""

from __future__ import annotations

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.graph.balance_matrix import INFINITY, Matrix, RowWriter
from supplygraph.scenario import Shock


class ExportLimits:
    """One row for each pool from which arcs start, open until a shock closes it.

    Parameters
    ----------
    baseline
        Balanced base year.

    Attributes
    ----------
    rows
        The rows, without upper bound.
    """

    def __init__(self, baseline: Baseline) -> None:
        self.graph, self.base = baseline.graph, baseline.block("activity")
        self.origin = self.graph.arcs["origin"].to_numpy()
        self.exports = baseline.exports
        self.pools, row = np.unique(self.origin, return_inverse=True)
        writer = RowWriter()
        first = writer.add_rows(len(self.pools), -INFINITY, INFINITY)
        arcs = baseline.columns.start["arc"] + np.arange(len(self.origin))
        writer.add(first + row, arcs, 1.0)
        self.rows: Matrix = writer.matrix()

    def upper(self, shock: Shock, able: np.ndarray) -> np.ndarray:
        """Most that may leave each pool of the network under a shock; infinite where nothing stops.

        Parameters
        ----------
        shock
            What is taken away.
        able
            Most of every activity under it.
        """
        if shock.exports is None:
            return np.full(len(self.graph.pools), INFINITY)
        graph, exports = self.graph, shock.exports
        grown = np.where(exports.stopped, 0.0, np.maximum(able - self.base, 0.0))
        more = graph.made_quantity * grown[graph.made_activity]
        more = np.bincount(graph.made_pool, more, minlength=len(graph.pools))
        return np.where(exports.pool < 1, exports.pool * self.exports + more, INFINITY)
