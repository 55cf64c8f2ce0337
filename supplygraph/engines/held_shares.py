"""Rows that keep surplus and unexplained use at least at their base share of supply."""

from __future__ import annotations

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.graph import Matrix
from supplygraph.graph.balance_matrix import INFINITY, RowWriter

IDLE_SHARE = 1e-2  # a market that uses less than this of what it holds counts as idle


def held_rows(baseline: Baseline) -> Matrix:
    """Surplus and unexplained use take at least their base share of what is made and received."""
    graph, columns = baseline.graph, baseline.columns
    made, exports, imports = baseline.made, baseline.exports, baseline.imports
    home = made - exports + imports
    position = np.full(len(graph.pools), -1)
    position[columns.made_of] = np.arange(len(columns.made_of))
    end = graph.arcs["destination"].to_numpy()
    writer = RowWriter()
    for name, pools in (
        ("surplus", columns.surplus_of),
        ("unexplained", columns.unexplained_of),
    ):
        held = baseline.block(name)
        for number, pool in enumerate(pools):
            if held[number] <= 0 or home[pool] <= 0:
                continue
            share = held[number] / home[pool]
            row = writer.add_rows(1, 0.0, INFINITY)
            writer.add([row], [columns.start[name] + number], 1.0)
            if made[pool] > 0 and position[pool] >= 0:
                stay = 1.0 - exports[pool] / made[pool]
                writer.add([row], [columns.start["made"] + position[pool]], -share * stay)
            arriving = np.flatnonzero(end == pool)
            rows = np.full(len(arriving), row)
            writer.add(rows, columns.start["arc"] + arriving, -share)
    return writer.matrix()


def idle_pools(baseline: Baseline) -> np.ndarray:
    """For each row of `held_rows` its pool if surplus or unexplained use took all, -1 if not."""
    home = baseline.made - baseline.exports + baseline.imports
    parts = []
    for name in ("surplus", "unexplained"):
        pools, held = getattr(baseline.columns, f"{name}_of"), baseline.block(name)
        mine = (held > 0) & (home[pools] > 0)
        parts.append(np.where(held > (1.0 - IDLE_SHARE) * home[pools], pools, -1)[mine])
    return np.concatenate(parts).astype(int)
