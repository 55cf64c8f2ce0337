"""What goods can reach at all: users with a way to each input they cannot do without."""

from __future__ import annotations

import numpy as np

from supplygraph.graph.network import SupplyGraph


def reachable(
    graph: SupplyGraph, open_: np.ndarray, arcs: np.ndarray, withheld: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Users that can run, pools that can hold something, pools that can make something.

    Parameters
    ----------
    graph
        Compiled network.
    open_, arcs
        Masks of the activities and arcs that are open.
    withheld
        Mask of the pools of which nothing that is made comes to the market.

    Returns
    -------
    tuple of numpy.ndarray
        Masks of users (activities, then demands), of pools reached and of pools that make.

    Examples
    --------
    >>> from supplygraph import load
    >>> graph = load("three-nodes").network
    >>> arcs = graph.arcs["declared"].to_numpy()
    >>> [part.tolist() for part in reachable(graph, np.array([True, True]), arcs)]
    [[True, True, True], [True, True, True], [True, True, False]]
    >>> reachable(graph, np.array([False, True]), arcs)[0].tolist()
    [False, False, False]
    """
    inputs, n, own = graph.inputs, len(graph.pools), graph.n_activities
    runs = np.concatenate([open_, np.ones(graph.n_demands, dtype=bool)])
    origin, end = (graph.arcs[c].to_numpy()[arcs] for c in ("origin", "destination"))
    while True:
        made = np.zeros(n, dtype=bool)
        made[graph.made_pool[runs[:own][graph.made_activity]]] = True
        if withheld is not None:
            made &= ~withheld
        reached = made.copy()
        reached[end[made[origin]]] = True
        served = np.zeros(inputs.n_groups, dtype=bool)
        np.logical_or.at(served, inputs.group, reached[inputs.pool] | ~inputs.essential)
        new = runs.copy()
        new[inputs.user[~served[inputs.group]]] = False
        if (new[:own] == runs[:own]).all():
            return new, reached, made
        runs = new
