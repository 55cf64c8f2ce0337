"""Provenance by proportional mixing on any flow graph.

Whatever leaves a node is taken to be a fair sample of what came in. Going back from a node,
the next step is to predecessor i with probability ``P_ji = F_ij / inflow_j``, and the walk ends
at nodes without inflow. With Q the steps between other nodes and R those into the ends, the
shares of the ends are a row of ``B = (I - Q)^-1 R``, which sums to 1.

Mixing is an assumption, and another than a certificate: a buyer who pays for a named batch may
hold it by contract while the atoms are mixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from supplygraph.errors import UndefinedMetricError, UsageError
from supplygraph.hints import did_you_mean

Flows = Sequence[tuple[str, str, float]]


class Mixing:
    """Back steps of a flow graph; nodes are numbers.

    Parameters
    ----------
    origin, target
        Node from which and to which each flow goes.
    amount
        Size of each flow, one unit for all (such as t of dysprosium a year), >= 0.
    size
        Number of nodes.

    Examples
    --------
    >>> chain = Mixing(np.array([0, 1]), np.array([2, 2]), np.array([3.0, 1.0]), 3)
    >>> chain.visits(np.array([0.0, 0.0, 1.0])).tolist()
    [0.75, 0.25, 1.0]
    """

    def __init__(
        self, origin: np.ndarray, target: np.ndarray, amount: np.ndarray, size: int
    ) -> None:
        used = amount > 0
        self.origin, self.target, self.size = origin[used], target[used], size
        inflow = np.bincount(self.target, amount[used], minlength=size)
        self.share = amount[used] / inflow[self.target]
        self.ends = inflow <= 0

    def visits(self, start: np.ndarray, stops: np.ndarray | None = None) -> np.ndarray:
        """Expected visits of every node by a walk back; at an end, the share that came from it.

        Parameters
        ----------
        start
            Where the walk begins, shares adding up to 1.
        stops
            Mask of further nodes where it ends.

        Raises
        ------
        UndefinedMetricError
            If goods run in a circle that nothing enters.
        """
        return self._solved(self._back(stops).T, start)

    def reaching(self, hit: np.ndarray, stops: np.ndarray | None = None) -> np.ndarray:
        """Probability, from every node, that the walk back ends in one of some stops."""
        return self._solved(self._back(stops), hit.astype(float))

    def _back(self, stops: np.ndarray | None) -> Any:
        from scipy import sparse

        going = np.ones(len(self.share), bool) if stops is None else ~stops[self.target]
        shape = (self.size, self.size)
        entries = (self.share[going], (self.target[going], self.origin[going]))
        return sparse.csr_matrix(entries, shape=shape)

    def _solved(self, steps: Any, right: np.ndarray) -> np.ndarray:
        from scipy import sparse
        from scipy.sparse import linalg

        try:
            solver = linalg.splu((sparse.identity(self.size) - steps).tocsc())
        except RuntimeError:
            raise UndefinedMetricError(
                "trace: goods run in a circle that no mine, scrap or other source enters."
            ) from None
        return np.asarray(solver.solve(right))


def origin_shares(flows: Flows, node: str) -> dict[str, float]:
    """Where what reaches a node comes from: share of every end of the graph, adding up to 1.

    Parameters
    ----------
    flows
        Rows ``(from, to, amount)`` in one unit.
    node
        Where to begin.

    Raises
    ------
    UsageError
        If no flow names the node.
    UndefinedMetricError
        If goods run in a circle that nothing enters.

    Examples
    --------
    >>> flows = [("CN mine", "smelter", 70), ("US mine", "smelter", 30), ("smelter", "car", 50)]
    >>> {name: round(share, 4) for name, share in origin_shares(flows, "car").items()}
    {'CN mine': 0.7, 'US mine': 0.3}
    """
    names, chain = _numbered(flows, node)
    visits = chain.visits(_start(names, node))
    return {name: float(visits[i]) for name, i in names.items() if chain.ends[i] and visits[i] > 0}


def touched_share(flows: Flows, node: str, places: Iterable[str]) -> float:
    """Share of what reaches a node that passed at least one of some places on its way.

    One minus the mass on paths that avoid them all; not the sum over stages, which counts twice
    what passed two of them.

    Examples
    --------
    >>> flows = [("CN mine", "CN plant", 60), ("US mine", "CN plant", 20),
    ...          ("US mine", "JP plant", 20), ("CN plant", "car", 80), ("JP plant", "car", 20)]
    >>> round(touched_share(flows, "car", ["CN mine", "CN plant"]), 4)
    0.8
    """
    names, chain = _numbered(flows, node)
    stops = np.zeros(len(names), dtype=bool)
    for place in places:
        stops[_number(names, place)] = True
    return float(chain.visits(_start(names, node), stops)[stops].sum())


def _numbered(flows: Flows, node: str) -> tuple[dict[str, int], Mixing]:
    known = sorted({name for origin, target, _ in flows for name in (origin, target)})
    names = {name: i for i, name in enumerate(known)}
    _number(names, node)
    amount = np.array([quantity for _, _, quantity in flows], dtype=float)
    if not (np.isfinite(amount) & (amount >= 0)).all():
        raise UsageError("flows: an amount is below 0 or not a number. A flow is >= 0.")
    origin = np.array([names[row[0]] for row in flows], dtype=int)
    target = np.array([names[row[1]] for row in flows], dtype=int)
    return names, Mixing(origin, target, amount, len(names))


def _number(names: Mapping[str, int], node: str) -> int:
    if node not in names:
        raise UsageError(f"no flow names '{node}'. {did_you_mean(node, names)}")
    return names[node]


def _start(names: Mapping[str, int], node: str) -> np.ndarray:
    start = np.zeros(len(names))
    start[names[node]] = 1.0
    return start
