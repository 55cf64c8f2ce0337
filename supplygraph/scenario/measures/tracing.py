"""Which materials can carry content on its way from where it begins to the goods tested."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from supplygraph.scenario.network_queries import World


def traced_materials(world: World, begins: Collection[str], goods: Collection[str]) -> set[str]:
    """Materials that lie on a way from some materials to some goods, both ends with them.

    Parameters
    ----------
    world
        Whose recipes say what is made of what.
    begins
        Materials in which content can begin.
    goods
        Materials that are tested.
    """
    made_of = _made_of(world)
    down = _closure(set(begins), made_of)
    up = _closure(set(goods), [(source, target) for target, source in made_of])
    return (down & up) | set(goods)


def pools_of(
    world: World, materials: Collection[str], markets: Collection[str] | None
) -> np.ndarray:
    """Mask of the pools of some materials, in some markets or in all."""
    pools = world.graph.pools
    mask = pools["material"].isin(set(materials)).to_numpy()
    if markets is not None:
        mask = mask & pools["market"].isin(set(markets)).to_numpy()
    return np.asarray(mask, dtype=bool)


def _made_of(world: World) -> list[tuple[str, str]]:
    """Pairs (input, output) of all recipes in use, in order."""
    graph = world.graph
    material = graph.pools["material"].to_numpy(dtype=object)
    plants = np.flatnonzero(graph.inputs.user < graph.n_activities)
    drawn: dict[int, set[str]] = {}
    for entry in plants.tolist():
        drawn.setdefault(int(graph.inputs.user[entry]), set()).add(
            str(material[graph.inputs.pool[entry]])
        )
    pairs = {
        (source, str(material[pool]))
        for activity, pool in zip(graph.made_activity, graph.made_pool, strict=True)
        for source in drawn.get(int(activity), ())
    }
    return sorted(pairs)


def _closure(found: set[str], steps: list[tuple[str, str]]) -> set[str]:
    """All that some materials lead to."""
    while True:
        more = {target for source, target in steps if source in found} - found
        if not more:
            return found
        found = found | more
