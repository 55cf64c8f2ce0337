"""Shares of actual flow that pass a node: flow betweenness by proportional mixing."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from supplygraph.errors import NotConvergedError, UndefinedMetricError, UsageError

if TYPE_CHECKING:
    import networkx as nx

SWEEPS = 10_000
TOLERANCE = 1e-13


def flow_betweenness(
    network: nx.DiGraph,
    groups: Mapping[str, Collection[Hashable]] | None = None,
    *,
    sinks: Collection[Hashable] | None = None,
) -> dict[str, float]:
    """Share of what reaches the sinks that has passed each node, at any stage.

    Every node mixes what it receives, so what leaves it has the origins of what came in. The
    share that passed a group is one less the share that came by paths which avoid all of its
    nodes; it is no sum over stages, so a country is counted once. Exposure, not
    indispensability: spare capacity elsewhere is ignored.

    Parameters
    ----------
    network
        ``networkx.DiGraph`` whose edges carry ``flow`` >= 0, any one unit a year.
    groups
        Names and their nodes; every node alone by default, sinks apart.
    sinks
        Where the share is counted; nodes marked ``sink``, else nodes that nothing leaves.

    Returns
    -------
    dict of float
        Share by name, largest first, ties by name.

    Raises
    ------
    UndefinedMetricError
        If nothing reaches the sinks.
    UsageError
        If a flow is negative or a node is not there.

    Examples
    --------
    >>> import networkx as nx
    >>> net = nx.DiGraph()
    >>> net.add_weighted_edges_from([("a", "c", 3.0), ("b", "c", 1.0)], weight="flow")
    >>> flow_betweenness(net)
    {'a': 0.75, 'b': 0.25}
    """
    nodes = list(network.nodes)
    place = {name: i for i, name in enumerate(nodes)}
    ends = [place[name] for name in _sinks(network, sinks)]
    chosen = groups
    if chosen is None:
        chosen = {str(name): (name,) for name in nodes if place[name] not in set(ends)}
    names = sorted(chosen)
    inside = np.zeros((len(nodes), len(names)), dtype=bool)
    for column, name in enumerate(names):
        for node in chosen[name]:
            if node not in place:
                raise UsageError(f"betweenness: no node '{node}' in the network. Name one that is.")
            inside[place[node], column] = True
    avoided, received = _avoided(network, place, inside)
    total = received[ends].sum()
    if total <= 0:
        raise UndefinedMetricError("betweenness: nothing reaches the sinks. Give flows that do.")
    share = 1.0 - received[ends] @ avoided[ends] / total
    share = np.where(np.abs(share) < TOLERANCE * 10, 0.0, share)
    found = {name: float(share[column]) for column, name in enumerate(names)}
    return dict(sorted(found.items(), key=lambda item: (-round(item[1], 12), item[0])))


def _sinks(network: nx.DiGraph, sinks: Collection[Hashable] | None) -> list[Hashable]:
    if sinks is not None:
        return list(sinks)
    marked = [name for name, data in network.nodes(data=True) if data.get("sink")]
    return marked or [name for name, count in network.out_degree() if count == 0]


def _avoided(
    network: nx.DiGraph, place: Mapping[Hashable, int], inside: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Share of each node's flow that avoided each group, and what each node receives."""
    from scipy import sparse

    edges = list(network.edges(data="flow", default=0.0))
    tail = np.array([place[a] for a, _, _ in edges], dtype=int)
    head = np.array([place[b] for _, b, _ in edges], dtype=int)
    flow = np.array([float(value) for _, _, value in edges])
    if (flow < 0).any():
        worst = edges[int(flow.argmin())]
        raise UsageError(f"betweenness: the flow of '{worst[0]}' to '{worst[1]}' is below 0.")
    n = len(place)
    received = np.bincount(head, flow, minlength=n)
    weight = np.divide(flow, received[head], out=np.zeros_like(flow), where=received[head] > 0)
    mix = sparse.csr_matrix((weight, (head, tail)), shape=(n, n))
    start = (~inside & (received <= 0)[:, None]).astype(float)
    share = start
    for _ in range(SWEEPS):
        new = np.where(inside, 0.0, start + mix @ share)
        change = float(np.abs(new - share).max(initial=0.0))
        share = new
        if change <= TOLERANCE:
            return share, received
    raise NotConvergedError(f"betweenness: shares still move after {SWEEPS} passes of a cycle.")
