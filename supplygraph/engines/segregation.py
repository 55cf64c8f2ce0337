"""What could be had if supply were kept apart from content: mixing against segregation.

The allocation program over the two copies of `engines.segregated_network`.

    pass m -> d       open while mixing leaves its goods uncaught
    surplus, unexplained use
                      take their base share of what both copies make and receive

Closing the clean activities gives supply by proportional mixing; opening them gives segregation
(an attestation of mass balance), whose feasible flows hold those of mixing: it is never less.
One period without stocks, solved by `engines.allocation`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from supplygraph.engines.allocation import AllocationProgram
from supplygraph.engines.capacity_left import sources
from supplygraph.engines.content_exclusions import (
    MAX_ROUNDS,
    ContentMeter,
    caught,
)
from supplygraph.engines.held_shares import held_rows, idle_pools
from supplygraph.engines.segregated_network import SegregatedNetwork
from supplygraph.errors import NotConvergedError
from supplygraph.graph import Matrix
from supplygraph.scenario import Shock


class SegregationProgram(AllocationProgram):
    """The allocation program over two copies that share lines, scrap and held shares."""

    def __init__(
        self, copies: SegregatedNetwork, *, weights: np.ndarray, month: str | None
    ) -> None:
        self.copies = copies
        super().__init__(copies.baseline, weights=weights, month=month)

    def _capacities(self) -> None:
        """Scrap is no more in two copies than in one: its line holds the base use of both."""
        super()._capacities()
        plain, clean = self.copies.plain, self.copies.cleanable
        graph, base = plain.graph, plain.block("activity")
        _, open_ = graph.line_capacity(self.month)
        held = sources(graph)
        most = self.activity_upper[graph.n_activities :]
        self.activity_upper[graph.n_activities :] = np.where(
            held[clean], np.where(open_, base, 0.0)[clean], most
        )
        lines = np.unique(graph.line_of[held])
        self.line_upper[lines] = np.minimum(self.line_upper[lines], plain.line_use[lines])

    def _held(self) -> Matrix:
        """Held shares of the plain network, of what both copies make and receive."""
        plain, columns = self.copies.plain, self.columns
        rows, old = held_rows(plain), plain.columns
        # Column of the mixed copy for every plain column; clean twins are added below.
        place = np.zeros(old.total, dtype=int)
        for name in ("surplus", "unexplained", "made"):
            owners = getattr(old, f"{name}_of")
            here = getattr(columns, f"{name}_of")
            place[old.block(name)] = columns.start[name] + np.searchsorted(here, owners)
        place[old.block("arc")] = columns.start["arc"] + np.arange(old.size["arc"])
        parts = [(rows.row, place[rows.column], rows.value)]
        for twin, plain_column in self._twins():
            hit = {int(c): int(t) for c, t in zip(plain_column, twin, strict=True)}
            mine = np.flatnonzero(np.isin(rows.column, plain_column))
            column = np.array([hit[int(c)] for c in rows.column[mine]], dtype=int)
            parts.append((rows.row[mine], column, rows.value[mine]))
        row, column, value = (np.concatenate(part) for part in zip(*parts, strict=True))
        return Matrix(row, column, value, rows.lower, rows.upper)

    def _idle(self) -> np.ndarray:
        return idle_pools(self.copies.plain)

    def _twins(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Columns of clean pools, clean arcs and passes, each beside its plain column."""
        copies, columns, old = self.copies, self.columns, self.copies.plain.columns
        made = np.flatnonzero(np.isin(copies.twin[old.made_of], columns.made_of))
        twin = np.searchsorted(columns.made_of, copies.twin[old.made_of[made]])
        arc, plain_arc = columns.start["arc"], old.start["arc"]
        clean = arc + old.size["arc"] + np.arange(len(copies.clean_arcs))
        passes = arc + copies.first_pass + np.arange(len(copies.pass_arcs))
        return [
            (columns.start["made"] + twin, old.start["made"] + made),
            (clean, plain_arc + copies.clean_arcs),
            (passes, plain_arc + copies.pass_arcs),
        ]


@dataclass(frozen=True)
class Compliant:
    """Best supply of bound buyers under both readings of a rule.

    Attributes
    ----------
    mixing, segregated
        Served share of every bound buyer.
    prices
        Of pools of both copies, under segregation.
    caught
        Mask of tested pools that mixing leaves caught.
    """

    mixing: np.ndarray
    segregated: np.ndarray
    prices: np.ndarray
    caught: np.ndarray


def compliant_supply(
    copies: SegregatedNetwork, weights: np.ndarray, left: np.ndarray, month: str | None = None
) -> Compliant:
    """Most that bound buyers can draw, by proportional mixing and by segregation.

    Parameters
    ----------
    copies
        Both copies.
    weights
        Weight of every bound buyer, in their order.
    left
        Share of every pass's base flow that is left if its goods are caught.
    month
        Capacities of that month; of the base year if left out.

    Raises
    ------
    NotConvergedError
        If mixing still catches more after a fixed number of rounds.
    """
    first = copies.plain.graph.n_demands
    whole = np.concatenate([np.zeros(first), weights / max(weights.sum(), 1e-300)])
    program = SegregationProgram(copies, weights=whole, month=month)
    meter = ContentMeter(copies.plain.graph, copies.test)
    found = np.zeros(len(copies.plain.graph.pools), dtype=bool)
    for _ in range(MAX_ROUNDS):
        closed = _closed(copies, found, left)
        mixing = program.solve(replace(closed, activity=_no_clean(copies, closed.activity)))
        new = found | caught(copies.test, meter.content(copies.mixed(mixing)))
        if (new == found).all():
            kept = program.solve(closed)
            return Compliant(mixing.served[first:], kept.served[first:], kept.price, found)
        found = new
    raise NotConvergedError(
        f"{copies.test.measure}: mixing still catches more goods after {MAX_ROUNDS} rounds."
    )


def _closed(copies: SegregatedNetwork, found: np.ndarray, left: np.ndarray) -> Shock:
    """Passes of caught goods, and of goods made where content begins, at what is left of them."""
    shock = Shock.nothing(copies.graph)
    hit = found[copies.pass_from] | ~copies.test.goods[copies.pass_from]
    first = copies.first_pass
    shock.arc[first:] = np.where(hit, left, 1.0)
    return shock


def _no_clean(copies: SegregatedNetwork, activity: np.ndarray) -> np.ndarray:
    none = activity.copy()
    none[copies.plain.graph.n_activities :] = 0.0
    return none
