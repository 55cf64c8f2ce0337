"""End uses: which share of which demand a measure means, and who works for nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from supplygraph.scenario.network_queries import World
from supplygraph.selectors import Selector, Term, match


def share_of_uses(
    world: World,
    segments: Mapping[Any, float],
    products: Mapping[str, float],
    places: Sequence[str],
) -> np.ndarray:
    """Share of every demand that belongs to some end uses in some places.

    Parameters
    ----------
    world
        Whose demands.
    segments
        Share by segment: civil, military or mixed.
    products
        Share of single products, in place of their segment's.
    places
        Markets or regions; ``*`` for all.
    """
    demands = world.graph.demands
    share = np.zeros(len(demands))
    for segment in sorted(segments):
        share[(demands["segment"] == segment).to_numpy()] = segments[segment]
    for name in sorted(products):
        picked = Selector((Term("id", "=", (name,)),), f"product {name}")
        share[match(picked, {"id": list(demands["product"])})] = products[name]
    share[~world.users_in(places)[world.graph.n_activities :]] = 0.0
    return share


def with_dedicated_makers(world: World, uses: np.ndarray) -> np.ndarray:
    """Shares of demands that belong to some end uses, and of the plants that serve no other.

    Of a material the smallest share of all its users counts, wherever they are, and of a plant that
    of all its goods: who also works for others can say that the goods are for those.

    Parameters
    ----------
    world
        Whose users.
    uses
        Share of every demand.

    Returns
    -------
    shares : array
        Of every activity, then of every demand.

    Examples
    --------
    All that the mine and the plant of this network make ends in the one product:

    >>> from supplygraph.api import load
    >>> chain = load("three-nodes")
    >>> world = World(chain.network, chain.baseline)
    >>> with_dedicated_makers(world, np.array([0.5])).tolist()
    [0.5, 0.5, 0.5]
    """
    graph, inputs = world.graph, world.graph.inputs
    _, kind = np.unique(graph.pools["material"].to_numpy().astype(str), return_inverse=True)
    share = np.concatenate([np.zeros(graph.n_activities), uses])
    while True:  # each round goes one stage up, and shares only rise
        of_material = np.full(int(kind.max(initial=-1)) + 1, np.inf)
        np.minimum.at(of_material, kind[inputs.pool], share[inputs.user])
        found = np.full(graph.n_activities, np.inf)
        np.minimum.at(found, graph.made_activity, of_material[kind[graph.made_pool]])
        found[~np.isfinite(found)] = 0.0  # of goods that nobody uses
        if (found <= share[: graph.n_activities]).all():
            break
        share[: graph.n_activities] = found
    return share
