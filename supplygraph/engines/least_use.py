"""What a linear program cannot see: a use that is dust beside what its own market holds."""

from __future__ import annotations

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.errors import NotConvergedError

# HiGHS keeps rows to 1e-9 and drops smaller entries, and between a plant and its user lie several
# rows: a use below this share of what its market holds might pass for served, whatever stops.
LEAST_USE = 1e-8
# What makes less of its material than this share of the world is small itself: were it taken for
# served, no loss would move by more. A mistaken unit shows at plants that matter.
COUNTS = 1e-4


def check_uses_are_seen(baseline: Baseline) -> None:
    """Refuse to allocate where an essential use is below `LEAST_USE` of what its market holds.

    Raises
    ------
    NotConvergedError
        With the user, the market and both quantities.
    """
    graph, inputs = baseline.graph, baseline.graph.inputs
    held = baseline.made - baseline.exports + baseline.imports
    used, own = baseline.drawn, inputs.draw >= 0  # an alternative alone may be dust
    unseen = inputs.essential & ~own & (used > 0) & (used < LEAST_USE * held[inputs.pool])
    unseen &= (_part_of_world(baseline) > COUNTS)[inputs.user]
    if not unseen.any():
        return
    first = int(np.flatnonzero(unseen)[0])
    ends = graph.demands["product"] + "@" + graph.demands["market"]
    names = [*graph.activities["id"], *ends]
    pool = graph.pools.iloc[inputs.pool[first]]
    raise NotConvergedError(
        f"allocation: {names[inputs.user[first]]} uses {used[first]:.2g} of the "
        f"{held[inputs.pool[first]]:.2g} {pool['unit']} of {pool['id']}, "
        f"a share below {LEAST_USE:g} that no solver tells from nothing. "
        "Look for a unit mistaken in a need, a recipe or a figure."
    )


def _part_of_world(baseline: Baseline) -> np.ndarray:
    """Largest share that an activity has in what the world makes of a material; 1 of a demand."""
    graph = baseline.graph
    _, material = np.unique(graph.pools["material"].to_numpy().astype(str), return_inverse=True)
    world = np.bincount(material, baseline.made)[material]
    made = graph.made_quantity * baseline.block("activity")[graph.made_activity]
    part = np.zeros(graph.n_activities)
    share = np.divide(made, world[graph.made_pool], out=np.zeros_like(made), where=made > 0)
    np.maximum.at(part, graph.made_activity, share)
    return np.concatenate([part, np.ones(graph.n_demands)])
