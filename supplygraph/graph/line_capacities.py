"""What each line can do from which month on, and in one month, before anything is taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

import numpy as np

from supplygraph.dataset.capacities import RUNNING

if TYPE_CHECKING:
    from supplygraph.graph.network import SupplyGraph


class DatedCapacity(NamedTuple):
    """What a line can do from a month on, as engines read it.

    Attributes
    ----------
    month
        ``YYYY-MM``; empty for always.
    rate
        In the unit of the line: NaN where unknown, 0 where closed.
    recipes
        Recipes that the line can run.
    """

    month: str
    rate: float
    recipes: frozenset[str]


class _Dated(Protocol):
    @property
    def month(self) -> str: ...


_Row = TypeVar("_Row", bound=_Dated)


def in_force(rows: Sequence[_Row], month: str) -> _Row | None:
    """Of rows in order of date the one that holds in a month; None before the first.

    Examples
    --------
    >>> small = DatedCapacity("2020-01", 5.0, frozenset({"dig"}))
    >>> rows = [small, small._replace(month="2025-06", rate=9.0)]
    >>> [row and row.rate for row in (in_force(rows, m) for m in ("2019-12", "2025-05", "2025-06"))]
    [None, 5.0, 9.0]
    """
    current = [row for row in rows if row.month <= month]
    return current[-1] if current else None


def line_capacities(graph: SupplyGraph, month: str) -> tuple[np.ndarray, np.ndarray]:
    """Capacity of every line in a month, and which activities are open; read-only arrays.

    A line whose plant does not run is closed, whatever its rows state.
    """
    capacity = np.zeros(len(graph.lines))
    open_ = np.zeros(graph.n_activities, dtype=bool)
    on: dict[int, frozenset[str]] = {}
    status = graph.lines["status"].to_numpy()
    for line, rows in graph.capacities.items():
        current = in_force(rows, month)
        if current is not None and status[line] in RUNNING:
            capacity[line], on[line] = current.rate, current.recipes
    recipes = graph.activities["recipe"].to_numpy()
    for index, line in enumerate(graph.line_of):
        runs = recipes[index] in on.get(int(line), frozenset())
        open_[index] = runs and capacity[line] != 0
    for shared in (capacity, open_):
        shared.setflags(write=False)
    return capacity, open_
