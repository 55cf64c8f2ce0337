"""How much of each activity's output users could take at most.

A stated capacity counts only as far as buyers could take its output: a nameplate of a million
tonnes says no more than one just large enough.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from supplygraph.baseline.observations import Observation
from supplygraph.graph import SupplyGraph

MAIN = 0.1  # share of a recipe's largest output from which on another is a reason to run it
STAGES = 8  # rounds in which a need travels from the product to the mine


def carried_output(
    graph: SupplyGraph, open_: np.ndarray, groups: Sequence[Observation]
) -> np.ndarray:
    """Most of each activity that users could take, or that a figure says it had.

    Parameters
    ----------
    graph
        Compiled network.
    open_
        Mask of activities that run in the base year.
    groups
        Figures of the output of plants.
    """
    n = graph.n_activities
    material = graph.pools["material"].to_numpy().astype(str)
    users = np.concatenate([np.zeros(n), graph.demands["units"].to_numpy().astype(float)])
    main = main_outputs(graph)
    for _ in range(STAGES):
        need = _need(graph, material, users)
        most = np.zeros(n)
        np.maximum.at(
            most, graph.made_activity[main], (need[graph.made_pool] / graph.made_quantity)[main]
        )
        most[~open_] = 0.0
        if np.allclose(users[:n], most, rtol=1e-12, atol=0.0):
            break
        users[:n] = most
    for o in groups:
        users[o.columns] = np.maximum(users[o.columns], o.value / o.coefficients)
    return users[:n]


def main_outputs(graph: SupplyGraph) -> np.ndarray:
    """Mask of the outputs that are a reason to run a plant.

    Nobody runs it for a by-product. On a loop only the largest output counts: a need of swarf
    would ask for the magnets it falls from, those for more swarf, and so without end.
    """
    largest = np.zeros(graph.n_activities)
    np.maximum.at(largest, graph.made_activity, graph.made_quantity)
    largest = largest[graph.made_activity]
    share = np.where(_on_loop(graph), 1.0, MAIN)
    return graph.made_quantity >= share * largest


def _on_loop(graph: SupplyGraph) -> np.ndarray:
    """Mask of the outputs that come back, through other recipes, to what makes them."""
    import networkx as nx

    name_of = graph.pools["material"].to_numpy().astype(str)
    ways = nx.DiGraph()
    ways.add_nodes_from(np.unique(name_of))
    inputs: dict[int, list[str]] = {}
    for user, pool in zip(graph.inputs.user, graph.inputs.pool, strict=True):
        inputs.setdefault(int(user), []).append(name_of[pool])
    made = list(zip(graph.made_activity, name_of[graph.made_pool], strict=True))
    for activity, material in made:
        ways.add_edges_from((name, material) for name in inputs.get(int(activity), ()))
    loops = {
        name: number
        for number, part in enumerate(nx.strongly_connected_components(ways))
        for name in part
    }
    return np.array(
        [
            any(loops[name] == loops[material] for name in inputs.get(int(activity), ()))
            for activity, material in made
        ],
        dtype=bool,
    )


def _need(graph: SupplyGraph, name_of: np.ndarray, users: np.ndarray) -> np.ndarray:
    """World need of the material of every pool if users ran so; alternatives count in full.

    What makers alike would need counts once: each could make all, not all together.
    """
    inputs = graph.inputs
    n = graph.n_activities
    key = np.concatenate(
        [
            graph.activities["recipe"].to_numpy().astype(str),
            np.array(
                [
                    f"{p}@{m}"
                    for p, m in zip(graph.demands["product"], graph.demands["market"], strict=True)
                ],
                dtype=str,
            ),
        ]
    )
    final = np.concatenate([np.zeros(n, bool), np.ones(graph.n_demands, bool)])
    total: dict[str, float] = dict.fromkeys(name_of, 0.0)
    largest: dict[tuple[str, str], float] = {}
    for user, pool, quantity in zip(inputs.user, inputs.pool, inputs.quantity, strict=True):
        amount = float(quantity * users[user])
        if final[user]:
            total[name_of[pool]] += amount
        else:
            slot = (name_of[pool], key[user])
            largest[slot] = max(largest.get(slot, 0.0), amount)
    for (material, _), amount in sorted(largest.items()):
        total[material] += amount
    return np.array([total[m] for m in name_of])
