"""Maximum flow, and what of it is lost with a node: vitality and the most vital sets.

The flow is found as a linear program, not by augmenting paths: capacities are fractions of a
tonne, on which augmenting paths leave crumbs (0.1 + 0.2 - 0.3 is not 0) and may never end,
scipy's maximum flow takes 32-bit integers only, and an element loses a share at every stage,
which no plain maximum flow can carry. HiGHS solves it to 1e-9 of the total, and from one warm
basis a removal costs a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from supplygraph.errors import InfeasibleError, UnboundedError, UsageError
from supplygraph.solver import LinearProgram, Triplets

if TYPE_CHECKING:
    import networkx as nx

INFINITY = float("inf")
MOST_SETS = 20_000
NOISE = 1e-8
Groups = Mapping[str, Collection[Hashable]]


class FlowProgram:
    """The maximum flow of one network, cheap to ask again without some nodes.

    Parameters
    ----------
    network
        Nodes may carry ``capacity`` (most that may pass a year; without one: no limit), and
        ``source`` or ``sink`` (true or false). Without any such mark, nodes that nothing
        enters are sources and nodes that nothing leaves are sinks. Edges may carry ``gain``,
        the share of what enters the edge that arrives (1). ``network.graph["shared"]`` may
        list capacities that several nodes share, as pairs of capacity and {node: use per unit
        that passes}.

    Raises
    ------
    UsageError
        If a capacity is negative or a gain lies outside 0..1.
    """

    def __init__(self, network: nx.DiGraph) -> None:
        self.network = network
        self.nodes = list(network.nodes)
        self.place = {name: i for i, name in enumerate(self.nodes)}
        self.sources = self._marked("source", network.in_degree)
        self.sinks = self._marked("sink", network.out_degree)
        self.capacity = np.array(
            [float(network.nodes[name].get("capacity", INFINITY)) for name in self.nodes]
        )
        if (self.capacity < 0).any() or np.isnan(self.capacity).any():
            worst = self.nodes[int(np.argmax(~(self.capacity >= 0)))]
            raise UsageError(f"flow: the capacity of '{worst}' is below 0. Give one >= 0.")
        self._build()

    def _marked(self, mark: str, degree: object) -> np.ndarray:
        marks = [self.network.nodes[name].get(mark) for name in self.nodes]
        if any(value is not None for value in marks):
            return np.flatnonzero([bool(value) for value in marks])
        return np.flatnonzero([count == 0 for _, count in degree(self.nodes)])  # type: ignore[operator]

    def _build(self) -> None:
        """One column per edge, source and sink; rows: balance and throughput of every node."""
        n, edges = len(self.nodes), list(self.network.edges(data="gain", default=1.0))
        tail = np.array([self.place[a] for a, _, _ in edges], dtype=int)
        head = np.array([self.place[b] for _, b, _ in edges], dtype=int)
        gain = np.array([float(value) for _, _, value in edges])
        bad = np.flatnonzero(~((gain >= 0) & (gain <= 1)))
        if len(bad):
            start, end, _ = edges[int(bad[0])]
            raise UsageError(f"flow: the gain of '{start}' to '{end}' must be between 0 and 1.")
        count, total = len(edges), len(edges) + len(self.sources) + len(self.sinks)
        enter = count + np.arange(len(self.sources))
        out = enter[-1:].max(initial=count - 1) + 1 + np.arange(len(self.sinks))
        into = np.concatenate([head, self.sources])
        arrive, part = np.concatenate([np.arange(count), enter]), np.append(gain, enter * 0 + 1.0)
        limits, shared = self._shared_rows(into, arrive, part)
        left = np.concatenate([tail, self.sinks])
        entries = [
            (into, arrive, part),
            (left, np.concatenate([np.arange(count), out]), np.full(len(left), -1.0)),
            (n + into, arrive, part),
            *shared,
        ]
        row, column, value = (np.concatenate(parts) for parts in zip(*entries, strict=True))
        finite = self.capacity[np.isfinite(self.capacity) & (self.capacity > 0)]
        self.size, self.first = (float(finite.max()) if len(finite) else 1.0), n
        self._empty = not len(out) or not len(enter)
        if self._empty:
            return
        cost = np.zeros(total)
        cost[out] = -1.0 / self.size
        lower = np.concatenate([np.zeros(n), np.full(n + len(limits), -INFINITY)])
        upper = np.concatenate([np.zeros(n), self.capacity, limits])
        size = np.full(len(lower), 1e-12)
        np.maximum.at(size, row, np.abs(value) * self.size)
        self._program = LinearProgram(
            Triplets(row, column, value, lower, upper),
            cost,
            np.zeros(total),
            np.full(total, INFINITY),
            column_scale=np.full(total, self.size),
            row_scale=size,
        )
        self._total = self._solve()
        self._program.keep_basis()

    def _shared_rows(
        self, into: np.ndarray, arrive: np.ndarray, part: np.ndarray
    ) -> tuple[list[float], list[tuple[np.ndarray, np.ndarray, np.ndarray]]]:
        """Limits that several nodes share, and their entries."""
        limits: list[float] = []
        entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for limit, uses in self.network.graph.get("shared", ()):
            row = 2 * len(self.nodes) + len(limits)
            limits.append(float(limit))
            for name, use in sorted(uses.items(), key=lambda item: self.place[item[0]]):
                mine = np.flatnonzero(into == self.place[name])
                entries.append((np.full(len(mine), row), arrive[mine], part[mine] * use))
        return limits, entries

    def _solve(self) -> float:
        try:
            return max(-self._program.solve("maximum flow").objective * self.size, 0.0)
        except (UnboundedError, InfeasibleError):
            raise UnboundedError(
                "maximum flow: a path from a source to a sink has no capacity at all. "
                "Give one of its nodes a capacity."
            ) from None

    @property
    def total(self) -> float:
        """Maximum flow with nothing removed."""
        return 0.0 if self._empty else self._total

    def without(self, nodes: Iterable[Hashable]) -> float:
        """Maximum flow without some nodes.

        Raises
        ------
        UsageError
            If a node is not in the network.
        """
        names = list(nodes)
        missing = [name for name in names if name not in self.place]
        if missing:
            raise UsageError(f"flow: no node '{missing[0]}' in the network. Name one that is.")
        if self._empty or not names:
            return self.total
        rows = np.array(sorted({self.place[name] for name in names}))
        low = np.full(len(rows), -INFINITY)
        self._program.set_row_bounds(self.first + rows, low, np.zeros(len(rows)))
        try:
            return min(self._solve(), self._total)
        finally:
            self._program.set_row_bounds(self.first + rows, low, self.capacity[rows])

    def loss(self, nodes: Iterable[Hashable]) -> float:
        """Flow lost without some nodes; 0 where the solver's tolerance is all there is."""
        lost = self.total - self.without(nodes)
        return 0.0 if lost <= NOISE * max(self.total, 1e-300) else lost


def max_flow(network: nx.DiGraph, removed: Iterable[Hashable] = ()) -> float:
    """Most that can pass from all sources to all sinks of a network.

    See :class:`FlowProgram` for what nodes and edges may carry. Equal to the least cut
    (Ford and Fulkerson 1956, doi:10.4153/CJM-1956-045-5) where every gain is 1.

    Parameters
    ----------
    network
        ``networkx.DiGraph`` with node capacities, any one unit a year.
    removed
        Nodes taken away.

    Raises
    ------
    UnboundedError
        If nothing limits some path.
    UsageError
        If a capacity or gain is impossible, or a removed node is not there.

    Examples
    --------
    >>> import networkx as nx
    >>> chain = nx.DiGraph([("mine", "smelter"), ("smelter", "car")])
    >>> nx.set_node_attributes(chain, {"mine": 0.3, "smelter": 0.2, "car": 1.0}, "capacity")
    >>> round(max_flow(chain), 9)
    0.2
    """
    return FlowProgram(network).without(removed)


def vitality(network: nx.DiGraph, groups: Groups | None = None) -> dict[str, float]:
    """Flow lost with each node, though everybody re-routes perfectly: V(i) = F0 - F(G without i).

    A lower bound on harm: it ignores who may sell to whom beyond the arcs given, time, stocks
    and every input but the one that flows. Node vitality after Corley and Chang 1974
    (doi:10.1287/mnsc.21.3.362).

    Parameters
    ----------
    network
        As for :func:`max_flow`.
    groups
        Names and the nodes that vanish together; every node alone by default, sinks apart.

    Returns
    -------
    dict of float
        Loss by name, in the network's unit, largest first, ties by name.

    Examples
    --------
    >>> import networkx as nx
    >>> pair = nx.DiGraph([("a", "car"), ("b", "car")])
    >>> nx.set_node_attributes(pair, {"a": 8, "b": 8, "car": 8}, "capacity")
    >>> vitality(pair)
    {'a': 0.0, 'b': 0.0}
    """
    program = FlowProgram(network)
    chosen = _groups(program, groups)
    lost = {name: program.loss(nodes) for name, nodes in chosen.items()}
    return dict(sorted(lost.items(), key=lambda item: (-round(item[1], 9), item[0])))


def most_vital(
    network: nx.DiGraph, k: int, groups: Groups | None = None, *, method: str = "exact"
) -> tuple[tuple[str, ...], float]:
    """The k nodes, or groups, whose joint loss stops most flow.

    Top singles are not the best set: nodes that replace each other hide each other. Exact by
    enumeration (the problem is NP-hard: Wood 1993, doi:10.1016/0895-7177(93)90236-R).

    Parameters
    ----------
    network, groups
        As for :func:`vitality`.
    k
        Size of the set.
    method
        ``exact``, or ``greedy`` (the worst single, then the worst beside it) to see the gap.

    Raises
    ------
    UsageError
        If there are more than 20,000 sets to try, or the method is unknown.

    Examples
    --------
    >>> import networkx as nx
    >>> pair = nx.DiGraph([("a", "car"), ("b", "car")])
    >>> nx.set_node_attributes(pair, {"a": 8, "b": 8, "car": 8}, "capacity")
    >>> most_vital(pair, 2)
    (('a', 'b'), 8.0)
    """
    program = FlowProgram(network)
    chosen = _groups(program, groups)
    names = sorted(chosen)
    k = min(k, len(names))
    if method == "greedy":
        return _greedy(program, chosen, k)
    if method != "exact":
        raise UsageError(f"most_vital: method '{method}' is not known. Use exact or greedy.")
    if comb(len(names), k) > MOST_SETS:
        raise UsageError(
            f"most_vital: {comb(len(names), k):,} sets of {k} among {len(names)} are too many to "
            "try. Ask for fewer, or name fewer groups."
        )
    best: tuple[tuple[str, ...], float] = ((), 0.0)
    for pick in combinations(names, k):
        lost = program.loss({node for name in pick for node in chosen[name]})
        if not best[0] or lost > best[1] + 1e-9 * program.total:
            best = (pick, lost)
    return best[0], float(round(best[1], 9))


def _greedy(program: FlowProgram, chosen: Groups, k: int) -> tuple[tuple[str, ...], float]:
    picked: list[str] = []
    gone: set[Hashable] = set()
    for _ in range(k):
        rest = [name for name in sorted(chosen) if name not in picked]
        losses = {name: program.loss(gone | set(chosen[name])) for name in rest}
        picked.append(max(rest, key=lambda name: round(losses[name], 9)))
        gone |= set(chosen[picked[-1]])
    return tuple(sorted(picked)), float(round(program.loss(gone), 9))


def _groups(program: FlowProgram, groups: Groups | None) -> Groups:
    if groups is not None:
        return groups
    sinks = set(program.sinks.tolist())
    return {str(name): (name,) for i, name in enumerate(program.nodes) if i not in sinks}
