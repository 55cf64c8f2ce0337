"""Months until a new supplier is qualified, by route.

A buyer may take a little more at once from whoever supplies him already, and anything from anybody
once the new part is qualified. Both are our assumptions; the press speaks of up to a year.
"""

from __future__ import annotations

import numpy as np

from supplygraph.graph import SupplyGraph
from supplygraph.graph.balance_matrix import INFINITY

# Months after the first shock until a new supplier is qualified.
QUALIFIED_LAG = {"part": 6, "traction": 18, "military": 24}
# A supplier in use gives at most this much of his base flow before that.
QUALIFIED_SURGE = 1.15


def heavy_magnet_routes(graph: SupplyGraph) -> np.ndarray:
    """Mask of routes of magnet grades with dysprosium or terbium, as traction motors need them."""
    stage = graph.pools["stage"].to_numpy()[graph.arcs["origin"].to_numpy()]
    heavy = {
        out.material
        for recipe in graph.recipes.values()
        for out in recipe.outputs
        for flow in recipe.inputs
        if flow.group and flow.essential
    }
    return (stage == "magnet") & np.isin(graph.arcs["material"].to_numpy(), sorted(heavy))


def qualification_months(graph: SupplyGraph) -> np.ndarray:
    """Months until each route is open to buyers who do not use it yet."""
    heavy = heavy_magnet_routes(graph)
    return np.where(heavy, QUALIFIED_LAG["traction"], QUALIFIED_LAG["part"])


def most_of_routes(flow: np.ndarray, qualified: np.ndarray) -> np.ndarray:
    """Upper bound of every route: none once it is qualified, a little above its base flow before.

    Parameters
    ----------
    flow
        Base flow of every route.
    qualified
        Mask of the routes that are qualified.

    Examples
    --------
    >>> most_of_routes(np.array([10.0, 0.0, 0.0]), np.array([False, False, True])).round(6).tolist()
    [11.5, 0.0, inf]
    """
    return np.where(qualified, INFINITY, QUALIFIED_SURGE * flow)
