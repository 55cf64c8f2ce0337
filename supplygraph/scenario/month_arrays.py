"""What a scenario leaves of the chain, month by month: arrays that the timeline engine reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from supplygraph.errors import ScenarioError, UsageError
from supplygraph.graph import SupplyGraph
from supplygraph.scenario.content_test import ContentTest

FIRST_YEAR, LAST_YEAR = 1900, 2200
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Setter:
    """Who sets a bound: a measure or removal, and the modifiers that act on it then."""

    measure: str
    modifiers: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = ", ".join(self.modifiers)
        return f"{self.measure} with {names}" if names else self.measure


@dataclass(frozen=True)
class Applied:
    """One bound that differs from the base, and who set it.

    Attributes
    ----------
    month
        ``YYYY-MM``.
    block
        ``activity``, ``made``, ``arc``, ``demand``, ``need``, ``denied``, ``release``, ``hold``,
        ``duty``, ``premium`` or ``content``.
    entity
        Id of the plant, pool, arc, or product@market; of a need its user and materials.
    value
        Share left, factor on demand or need, tonnes, rate on value, or the content from which on
        goods are caught.
    setters
        Who set it; the tightest where several meet.
    evidence
        Weakest grade of the figures that set it; empty for removals.
    """

    month: str
    block: str
    entity: str
    value: float
    setters: tuple[Setter, ...]
    evidence: str = ""

    @property
    def set_by(self) -> str:
        """Who set it, as tables print it."""
        return ", ".join(map(str, self.setters))


@dataclass(frozen=True)
class Denial:
    """Arcs that are closed to some end uses.

    Attributes
    ----------
    arcs
        Mask of the arcs closed.
    share
        Share of the draws of every activity, then of every demand, that may not come over them, one
        row a month.
    """

    arcs: np.ndarray
    share: np.ndarray


@dataclass(frozen=True)
class Bounds:
    """Bounds of every month, one row a month; season and growth are the engine's.

    Attributes
    ----------
    months
        ``YYYY-MM`` of every row.
    activity
        Share left of every activity: of base activity under `none`, of capacity under `least`.
    made
        Share left of what every pool makes.
    arc
        Share left of every arc: the most that it may carry, of its flow of the same month of
        the base year (season and growth apply to it too); infinite where nothing limits it.
    demand
        Factor on every demand.
    release, hold
        Tonnes that a state's stock adds to, or takes from, every pool.
    need
        Factor on what one unit of activity or demand needs of every group of inputs.
    duty, premium
        Rate of duty on the value that an arc carries, and the rise of its mean price by what
        comes through third countries. Neither changes a quantity.
    denials
        End uses denied, one entry for each set of arcs that something closes.
    tests
        Tests of content of every month, which the engine holds against its own flows.
    applied
        Every bound that differs from the base and who set it, in order.
    idle
        What does nothing in these months, and why, in sentences for the reader.
    """

    months: tuple[str, ...]
    activity: np.ndarray
    made: np.ndarray
    arc: np.ndarray
    demand: np.ndarray
    release: np.ndarray
    hold: np.ndarray
    need: np.ndarray
    duty: np.ndarray
    premium: np.ndarray
    denials: tuple[Denial, ...] = ()
    tests: tuple[tuple[ContentTest, ...], ...] = ()
    applied: tuple[Applied, ...] = ()
    idle: tuple[str, ...] = ()

    @staticmethod
    def open(graph: SupplyGraph, months: Sequence[str]) -> Bounds:
        """Bounds that limit nothing.

        Examples
        --------
        >>> from supplygraph.dataset import read_dataset
        >>> from supplygraph.graph import compile_graph
        >>> graph = compile_graph(read_dataset("three-nodes"))
        >>> bounds = Bounds.open(graph, month_range("2025-04", 3))
        >>> bounds.months, bounds.first_shock
        (('2025-04', '2025-05', '2025-06'), None)
        """
        count, pools, arcs = len(months), len(graph.pools), len(graph.arcs)
        return Bounds(
            tuple(months),
            activity=np.ones((count, graph.n_activities)),
            made=np.ones((count, pools)),
            arc=np.full((count, arcs), np.inf),
            demand=np.ones((count, graph.n_demands)),
            release=np.zeros((count, pools)),
            hold=np.zeros((count, pools)),
            need=np.ones((count, graph.inputs.n_groups)),
            duty=np.zeros((count, arcs)),
            premium=np.zeros((count, arcs)),
            tests=((),) * count,
        )

    @cached_property
    def denied(self) -> np.ndarray:
        """Largest share denied of every activity, then demand, over any arcs, one row a month."""
        none = np.zeros((len(self.months), self.activity.shape[1] + self.demand.shape[1]))
        return np.max([none, *(denial.share for denial in self.denials)], axis=0)

    @property
    def first_cut(self) -> int | None:
        """Row of the first month in which less than the base is left; None if there is none."""
        return _first(
            (self.activity < 1).any(axis=1)
            | (self.made < 1).any(axis=1)
            | (self.arc < 1).any(axis=1)
            | (self.denied > 0).any(axis=1)
            | np.array([any(test.bites for test in tests) for tests in self.tests], dtype=bool)
        )

    @property
    def first_rise(self) -> int | None:
        """Row of the first month in which more than the base is asked for; None if there is none.

        Asked for by end users, by recipes that need more, or by a state that fills its stock.
        """
        asked = (self.demand > 1, self.need > 1, self.hold > 0)
        return _first(np.any([more.any(axis=1) for more in asked], axis=0))

    @property
    def first_shock(self) -> int | None:
        """Row of the first cut; of the first rise if nothing is cut; None without either."""
        # A rise counts only by itself: growth that long precedes a ban is not what buyers
        # answer to when they look for other suppliers.
        return self.first_cut if self.first_cut is not None else self.first_rise


def _first(found: np.ndarray) -> int | None:
    rows = np.flatnonzero(found)
    return int(rows[0]) if len(rows) else None


def check_month(text: str, option: str = "month") -> str:
    """A month ``YYYY-MM`` of the years that runs may lie in.

    Raises
    ------
    UsageError
        If it is another text, or a month of another year.

    Examples
    --------
    >>> check_month("2026-11")
    '2026-11'
    """
    if not _MONTH.fullmatch(text):
        raise UsageError(f"{option} '{text}' is not YYYY-MM. Write a month such as 2026-11.")
    if not FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
        raise UsageError(
            f"{option} '{text}' lies outside {FIRST_YEAR} to {LAST_YEAR}. Correct the year."
        )
    return text


def month_range(start: str, count: int) -> tuple[str, ...]:
    """``count`` months from ``start`` on.

    Raises
    ------
    ScenarioError
        If the month is not ``YYYY-MM`` or the count is not at least 1.

    Examples
    --------
    >>> month_range("2025-11", 3)
    ('2025-11', '2025-12', '2026-01')
    """
    year, _, month = start.partition("-")
    good = len(year) == 4 and year.isdigit() and month.isdigit() and 1 <= int(month) <= 12
    if not good:
        raise ScenarioError(f"month '{start}' is not YYYY-MM. Write one such as 2025-04.")
    if count < 1:
        raise ScenarioError(f"{count} months: a run has at least one. Write a number such as 24.")
    first = 12 * int(year) + int(month) - 1
    return tuple(f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(first, first + count))
