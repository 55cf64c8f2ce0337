"""What a linear program cannot see: a use that is dust beside what its own market holds."""

from __future__ import annotations

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.errors import NotConvergedError

# HiGHS keeps rows to 1e-9 and drops smaller entries: a use below this share of what its market
# holds would pass for served, whatever stops.
LEAST_USE = 1e-9


def check_uses_are_seen(baseline: Baseline) -> None:
    """Refuse to allocate where a market holds a billion times what an essential use takes of it.

    Raises
    ------
    NotConvergedError
        With the user, the market and both quantities.
    """
    graph, inputs = baseline.graph, baseline.graph.inputs
    held = baseline.made - baseline.exports + baseline.imports
    used, own = baseline.drawn, inputs.draw >= 0  # an alternative alone may be dust
    unseen = inputs.essential & ~own & (used > 0) & (used < LEAST_USE * held[inputs.pool])
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
