"""End uses: which share of which demand a measure means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from supplygraph.scenario.network_queries import ANYWHERE, World
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
    if ANYWHERE not in places:
        inside = demands["market"].isin(set(places)) | demands["region"].isin(set(places))
        share[~inside.to_numpy()] = 0.0
    return share
