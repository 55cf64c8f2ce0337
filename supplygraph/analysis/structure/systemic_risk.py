"""Economic systemic risk index: how much of a network's sales falls when one firm fails.

Two cascades in levels h from 1, run apart and joined only at the end (psi 0 for what failed,
else 1; s_i a firm's sales, p_i its sector, W_ij what i sells to j):

    sigma_j = min(1, s_j / sum over the sector of s_l h_l)         how irreplaceable j is
    down: h_i = min{ over essential kinds k: 1 - sum_{j of kind k} sigma_j L1_ji (1 - h_j),
                     1 - sum_{j not essential} sigma_j L2_ji (1 - h_j),  psi_i }
    up:   h_i = min{ sum_j Lu_ij h_j, psi_i }                      1 for a firm without customers
    L1_ji = W_ji / sum over that kind;  L2_ji = W_ji / all that i buys;  Lu_ij = W_ij / s_i
    ESRI  = sum_j (s_j / sum_l s_l) (1 - min(h_j down, h_j up))    at the fixed points

Every firm is updated at once from the step before. A kind of input is the supplier's sector
unless the caller knows better.

Paper: Diem, Borsos, Reisch, Kertesz, Thurner, Sci. Rep. 12:7719, 2022,
doi:10.1038/s41598-022-11522-z.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from supplygraph.errors import NotConvergedError, UndefinedMetricError, UsageError
from supplygraph.hints import did_you_mean

TOLERANCE = 1e-9
MAX_SWEEPS = 10_000
ESSENTIAL, OTHER, INERT = 2, 1, 0
TYPES = {"es": ESSENTIAL, "ne": OTHER, "none": INERT}
READING = (
    "share of all sales in the network, over both directions, that falls if the firm fails and "
    "only its market share stands for how hard it is to replace."
)
BLIND_TO = (
    "stocks, time, spare capacity and new suppliers; a sector counts as one market, so a maker "
    "of another grade or in another country replaces it by its share of sales."
)


@dataclass(frozen=True)
class FirmNetwork:
    """Firms and what they sell to each other, as arrays.

    Attributes
    ----------
    names
        One per node.
    sector
        Number of each node's sector.
    firm
        Number of the firm each node belongs to; a firm's market share in a sector counts all
        its nodes there, and it fails with all of them.
    seller, buyer, weight
        Sales, in one unit for all that a node buys or sells.
    kind
        Number of the input kind of each sale; sales of one kind to one buyer replace each other.
    type_
        ``ESSENTIAL``, ``OTHER`` (not essential) or ``INERT`` (a sale to final use: what happens
        to the seller does not reach the buyer).
    importance
        Share of each node in the index; they sum to 1. By sales unless given.
    """

    names: tuple[str, ...]
    sector: np.ndarray
    firm: np.ndarray
    seller: np.ndarray
    buyer: np.ndarray
    weight: np.ndarray
    kind: np.ndarray
    type_: np.ndarray
    importance: np.ndarray

    @property
    def sales(self) -> np.ndarray:
        """What each node sells."""
        return np.bincount(self.seller, self.weight, minlength=len(self.names))


@dataclass(frozen=True)
class EsriAnswer:
    """Index of each failure, and the levels behind it (nodes x failures).

    Attributes
    ----------
    index, downstream, upstream
        Of both cascades together, and of each alone.
    level_down, level_up
        Levels at the fixed points.
    sweeps, residual
        Passes until nothing moved by more than the tolerance, and the largest last change.
    """

    index: np.ndarray
    downstream: np.ndarray
    upstream: np.ndarray
    level_down: np.ndarray
    level_up: np.ndarray
    sweeps: int
    residual: float


def firm_network(
    sectors: Mapping[str, Hashable], arcs: Iterable[tuple[str, str, float, str]]
) -> FirmNetwork:
    """A network written by hand.

    Parameters
    ----------
    sectors
        Sector of every firm.
    arcs
        ``(seller, buyer, sales a period, type)``, the type ``es`` (essential), ``ne`` (not
        essential) or ``none`` (final use).

    Raises
    ------
    UsageError
        If an arc names an unknown firm or type, or its sales are not above 0.
    UndefinedMetricError
        If nobody sells anything.

    Examples
    --------
    >>> sectors = {"M1": "mine", "M2": "mine", "S1": "sep", "G1": "mag", "G2": "mag",
    ...            "T1": "trim", "C1": "car", "H": "final"}
    >>> arcs = [("M1", "S1", 80, "es"), ("M2", "S1", 20, "es"), ("S1", "G1", 70, "es"),
    ...         ("S1", "G2", 30, "es"), ("G1", "C1", 70, "es"), ("G2", "C1", 30, "es"),
    ...         ("T1", "C1", 50, "ne"), ("C1", "H", 200, "none")]
    >>> scores = esri_by_firm(firm_network(sectors, arcs))
    >>> [round(scores[name], 4) for name in ("C1", "S1", "M2")]
    [1.0, 0.9091, 0.0656]
    """
    names = tuple(sectors)
    place = {name: i for i, name in enumerate(names)}
    rows = [_arc(place, arc) for arc in arcs]
    seller, buyer, type_ = (np.array([row[i] for row in rows], int) for i in (0, 1, 3))
    weight = np.array([row[2] for row in rows], float)
    sector = _numbered(list(sectors.values()))
    sales = np.bincount(seller, weight, minlength=len(names))
    if not sales.sum() > 0:
        raise UndefinedMetricError("esri: nobody in the network sells anything.")
    return FirmNetwork(
        names,
        sector,
        np.arange(len(names)),
        seller,
        buyer,
        weight,
        sector[seller],
        type_,
        sales / sales.sum(),
    )


def _arc(place: Mapping[str, int], arc: tuple[str, str, float, str]) -> tuple[int, int, float, int]:
    seller, buyer, weight, type_ = arc
    for name in (seller, buyer):
        if name not in place:
            raise UsageError(f"esri: arc {seller}-{buyer}: no firm '{name}'. Give it a sector.")
    if type_ not in TYPES:
        raise UsageError(f"esri: arc {seller}-{buyer}: '{type_}': {did_you_mean(type_, TYPES)}")
    if not weight > 0:
        raise UsageError(f"esri: arc {seller}-{buyer}: sales of {weight}. Sales are above 0.")
    return place[seller], place[buyer], float(weight), TYPES[type_]


def _numbered(values: Sequence[Hashable]) -> np.ndarray:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], int)


def esri_by_firm(network: FirmNetwork, *, tolerance: float = TOLERANCE) -> dict[str, float]:
    """Index of every node of a network on its own, by name; see :func:`esri`."""
    failures = [np.array([i]) for i in range(len(network.names))]
    index = esri(network, failures, tolerance=tolerance).index
    return {name: float(value) for name, value in zip(network.names, index, strict=True)}


def esri(
    network: FirmNetwork,
    failures: Sequence[np.ndarray],
    *,
    tolerance: float = TOLERANCE,
    max_sweeps: int = MAX_SWEEPS,
) -> EsriAnswer:
    """Index of each set of nodes that fails together.

    Parameters
    ----------
    network
        Firms and sales.
    failures
        Numbers of the nodes that fail, one array per failure.
    tolerance
        Largest change of a level at which a cascade counts as settled (the paper's code: 1e-2).
    max_sweeps
        Passes after which it is given up.

    Raises
    ------
    NotConvergedError
        If levels still move: no half-finished value is ever returned.
    """
    psi = np.ones((len(network.names), len(failures)))
    for column, nodes in enumerate(failures):
        psi[nodes, column] = 0.0
    down, first = _settle(_Down(network), psi, "downstream", tolerance, max_sweeps)
    up, second = _settle(_Up(network), psi, "upstream", tolerance, max_sweeps)
    share = network.importance
    return EsriAnswer(
        share @ (1.0 - np.minimum(down, up)),
        share @ (1.0 - down),
        share @ (1.0 - up),
        down,
        up,
        max(first[0], second[0]),
        max(first[1], second[1]),
    )


def _settle(
    step: _Down | _Up, psi: np.ndarray, what: str, tolerance: float, max_sweeps: int
) -> tuple[np.ndarray, tuple[int, float]]:
    """Levels from 1 downwards until no level moves by more than the tolerance."""
    level = np.ones_like(psi)
    change = np.inf
    for sweep in range(1, max_sweeps + 1):
        # Rounding alone could raise a level again; the exact update never does.
        new = np.minimum(step(level, psi), level)
        change = float((level - new).max(initial=0.0))
        level = new
        if change <= tolerance:
            return level, (sweep, change)
    raise NotConvergedError(
        f"esri: the {what} cascade still moves by {change:.2g} after {max_sweeps} passes "
        f"(tolerance {tolerance:g}). Allow more passes, or a coarser tolerance."
    )


class _SumsByTarget:
    """Sum of weighted rows by target."""

    def __init__(self, target: np.ndarray, weight: np.ndarray, size: int) -> None:
        self.order = np.argsort(target, kind="stable")
        self.targets, self.start = np.unique(target[self.order], return_index=True)
        self.weight, self.size = weight[self.order][:, None], size

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        out = np.zeros((self.size, rows.shape[1]))
        if len(self.order):
            out[self.targets] = np.add.reduceat(self.weight * rows[self.order], self.start)
        return out


class _Down:
    """Synchronous step of the cascade from suppliers to customers."""

    def __init__(self, network: FirmNetwork) -> None:
        self.sales, n = network.sales, len(network.names)
        self.sector = network.sector
        self._in_sector = _SumsByTarget(network.sector, self.sales, int(network.sector.max()) + 1)
        both = network.firm * (int(network.sector.max()) + 1) + network.sector
        _, group = np.unique(both, return_inverse=True)
        self.share_of = np.bincount(group, self.sales)[group][:, None]
        bought = np.bincount(network.buyer, network.weight, minlength=n)
        needed, other = (np.flatnonzero(network.type_ == t) for t in (ESSENTIAL, OTHER))
        self.needed, self.other = network.seller[needed], network.seller[other]
        weight = network.weight[other] / bought[network.buyer[other]]
        self._other = _SumsByTarget(network.buyer[other], weight, n)
        self._kinds(network, needed)

    def _kinds(self, network: FirmNetwork, needed: np.ndarray) -> None:
        """Groups of essential sales: one buyer, one kind."""
        buyer, weight = network.buyer[needed], network.weight[needed]
        keys = np.stack([buyer, network.kind[needed]], axis=1).reshape(-1, 2)
        kinds, group = np.unique(keys, axis=0, return_inverse=True)
        group = group.ravel()
        total = np.bincount(group, weight, minlength=len(kinds))
        self._kind = _SumsByTarget(
            group, weight / total[group] if len(group) else weight, len(kinds)
        )
        self.buyers, self.start = np.unique(kinds[:, 0], return_index=True)

    def __call__(self, level: np.ndarray, psi: np.ndarray) -> np.ndarray:
        left = self._in_sector(level)[self.sector]
        share = np.broadcast_to(self.share_of, level.shape)
        sigma = np.divide(share, left, out=np.ones_like(level), where=left > share)
        lost = sigma * (1.0 - level)
        new = np.minimum(psi, 1.0 - self._other(lost[self.other]))
        if len(self.buyers):
            kinds = 1.0 - self._kind(lost[self.needed])
            least = np.minimum.reduceat(kinds, self.start, axis=0)
            new[self.buyers] = np.minimum(new[self.buyers], least)
        return np.maximum(new, 0.0)


class _Up:
    """Synchronous step of the cascade from customers to suppliers."""

    def __init__(self, network: FirmNetwork) -> None:
        sales = network.sales
        self.alone = sales <= 0
        self.buyer = network.buyer
        self._sold = _SumsByTarget(
            network.seller, network.weight / sales[network.seller], len(network.names)
        )

    def __call__(self, level: np.ndarray, psi: np.ndarray) -> np.ndarray:
        sold = self._sold(level[self.buyer])
        sold[self.alone] = 1.0
        return np.minimum(sold, psi)
