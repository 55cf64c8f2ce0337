"""Nodes on every way to a product: reachability with AND across kinds of input."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from supplygraph.errors import UsageError

if TYPE_CHECKING:
    import networkx as nx


class Reach:
    """Which nodes of a network can run, for many sets of closed nodes at once.

    A node runs if it is open and, for each kind of essential input, one supplier runs (AND
    across kinds, OR within one). Nodes that nothing enters run by themselves unless they carry
    ``source=False``. Found forwards from the sources, so a loop does not feed itself.
    Capacities and stocks are ignored.

    Parameters
    ----------
    network
        Edges may carry ``kind`` (inputs of one kind replace each other; without one all
        inputs are one kind) and ``essential`` (true). Nodes may carry ``open`` (true).
    """

    def __init__(self, network: nx.DiGraph) -> None:
        self.nodes = list(network.nodes)
        self.place = {name: i for i, name in enumerate(self.nodes)}
        self.open = np.array([network.nodes[name].get("open", True) for name in self.nodes], bool)
        keys: dict[tuple[int, Hashable], int] = {}
        entries: list[tuple[int, int]] = []
        entered = np.zeros(len(self.nodes), dtype=bool)
        for tail, head, data in network.edges(data=True):
            entered[self.place[head]] = True
            if data.get("essential", True):
                key = keys.setdefault((self.place[head], data.get("kind")), len(keys))
                entries.append((key, self.place[tail]))
        barred = [network.nodes[name].get("source") is False for name in self.nodes]
        self.open &= entered | ~np.array(barred, dtype=bool)
        entries.sort()
        self._tail = np.array([tail for _, tail in entries], dtype=int)
        kinds = np.array([key for key, _ in entries], dtype=int)
        self._start = np.flatnonzero(np.diff(kinds, prepend=-1)) if len(kinds) else kinds
        owner = np.array([node for node, _ in keys], dtype=int)
        self._order = np.argsort(owner, kind="stable")
        self._owner, self._first = np.unique(owner[self._order], return_index=True)

    def runs(self, open_: np.ndarray) -> np.ndarray:
        """Nodes that run, one column for each column of open nodes."""
        allowed = open_ & self.open[:, None]
        run = allowed.copy()
        run[self._owner] = False
        while len(self._owner):
            served = np.logical_or.reduceat(run[self._tail], self._start, axis=0)
            able = np.logical_and.reduceat(served[self._order], self._first, axis=0)
            new = allowed.copy()
            new[self._owner] &= able
            if (new == run).all():
                break
            run = new
        return run

    def closed(self, groups: Iterable[Collection[Hashable]]) -> np.ndarray:
        """Open nodes by column, all but those of one group each; strange names are refused."""
        sets = list(groups)
        mask = np.ones((len(self.nodes), len(sets)), dtype=bool)
        for column, names in enumerate(sets):
            for name in names:
                if name not in self.place:
                    raise UsageError(f"reach: no node '{name}' in the network. Name one that is.")
                mask[self.place[name], column] = False
        return mask


def reachable(network: nx.DiGraph, removed: Iterable[Hashable] = ()) -> frozenset[Hashable]:
    """Nodes that can run without some others; see :class:`Reach` for the rule.

    Examples
    --------
    >>> import networkx as nx
    >>> plant = nx.DiGraph()
    >>> for supplier, kind in (("nd-1", "nd"), ("nd-2", "nd"), ("dy", "dy")):
    ...     plant.add_edge(supplier, "magnet", kind=kind)
    >>> "magnet" in reachable(plant, ["nd-1"]), "magnet" in reachable(plant, ["dy"])
    (True, False)
    """
    reach = Reach(network)
    runs = reach.runs(reach.closed([list(removed)]))[:, 0]
    return frozenset(name for name, run in zip(reach.nodes, runs, strict=True) if run)


def dominators(
    network: nx.DiGraph,
    targets: Collection[Hashable],
    groups: Mapping[str, Collection[Hashable]] | None = None,
) -> dict[Hashable, tuple[str, ...]]:
    """Nodes, or groups, without which a target cannot run at all.

    By definition: each is removed, and the target tested. With one kind of input everywhere
    these are the dominators of a flow graph (Prosser 1959, doi:10.1145/1460299.1460314); with
    several kinds no tree of immediate dominators exists, since a plant waits for all of them.
    Boolean: a node with one tonne of capacity counts as a way round.

    Parameters
    ----------
    network
        As for :class:`Reach`.
    targets
        Nodes whose dominators are sought.
    groups
        Names and the nodes removed together; every node alone by default.

    Returns
    -------
    dict of tuple
        Sorted names by target, the target itself left out; nothing for a target that cannot
        run anyway.

    Examples
    --------
    >>> import networkx as nx
    >>> net = nx.DiGraph([("m1", "s"), ("m2", "s"), ("s", "car")])
    >>> dominators(net, ["car"])
    {'car': ('s',)}
    """
    reach = Reach(network)
    chosen = {str(name): (name,) for name in reach.nodes} if groups is None else dict(groups)
    names = sorted(chosen)
    runs = reach.runs(reach.closed([(), *(chosen[name] for name in names)]))
    found: dict[Hashable, tuple[str, ...]] = {}
    for target in targets:
        if target not in reach.place:
            raise UsageError(f"dominators: no node '{target}' in the network. Name one that is.")
        row = runs[reach.place[target]]
        lost = np.flatnonzero(~row[1:]) if row[0] else np.zeros(0, dtype=int)
        found[target] = tuple(names[i] for i in lost if names[i] != str(target))
    return found
