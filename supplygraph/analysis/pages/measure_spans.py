"""When measures, modifiers, truces and deals of a scenario acted: spans of months with a state.

A month of a measure is

    in force    it set a bound that differs from the base
    suspended   a modifier keeps it out of force on a day of it, and it set no bound
    no effect   it is in force, and leaves every bound as another, or the base year, has it

and an entry without a mechanism is ``on record`` from its first to its last day. A modifier is
``changes`` for as long as it changes something, a deal ``agreed`` from its date on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from supplygraph.scenario.calendar import days_of, first_day, last_day
from supplygraph.scenario.measures import Measure, Modifier
from supplygraph.scenario.measures.base import Entry
from supplygraph.scenario.model import Scenario
from supplygraph.scenario.modifier_windows import Window, plan_of
from supplygraph.scenario.month_arrays import Bounds
from supplygraph.scenario.projects import Deal

Span = dict[str, Any]
IN_FORCE, SUSPENDED, NO_EFFECT = "in force", "suspended", "no effect"
CHANGES, ON_RECORD, AGREED = "changes", "on record", "agreed"


def measure_spans(
    scenario: Scenario,
    bounds: Bounds,
    months: Sequence[str],
    built: Sequence[str],
    deals: Mapping[str, Deal],
) -> Iterator[Span]:
    """Spans of all that a scenario names, and of the deals behind its projects.

    Parameters
    ----------
    scenario
        With all measures written out.
    bounds
        What it leaves of every month.
    months
        Months that are shown.
    built
        Ids of the projects that are built.
    deals
        Deals of the dataset.

    Yields
    ------
    dict
        ``id``, ``title``, ``state`` and the places of the ``first`` and ``last`` month.
    """
    set_in: dict[str, set[str]] = {}
    for applied in bounds.applied:
        for setter in applied.setters:
            set_in.setdefault(setter.measure, set()).add(applied.month)
    windows = plan_of(scenario, bounds.months).windows
    for measure in scenario.acting:
        own = [w for w in windows if w.measure == measure.id]
        yield from _spans(
            measure, [_state(measure, m, set_in.get(measure.id, set()), own) for m in months]
        )
    for _, name in scenario.named_removals():
        acts = set_in.get(name, set())
        yield from _runs(name, name, [IN_FORCE if month in acts else "" for month in months])
    for modifier in scenario.changing:
        own = [w for w in windows if w.modifier == modifier.id]
        yield from _spans(modifier, [CHANGES if _covers(own, m) else "" for m in months])
    for entry in scenario.measures:
        if isinstance(entry, Entry) and not isinstance(entry, Measure):
            yield from _spans(entry, [ON_RECORD if _dated(entry, m) else "" for m in months])
    for name, deal in sorted(deals.items(), key=lambda item: (item[1].date or "", item[0])):
        if deal.date and months[0] <= deal.date[:7] and set(deal.projects) & set(built):
            states = [AGREED if deal.date[:7] <= month else "" for month in months]
            yield from _runs(name, deal.title, states)


def _state(measure: Measure, month: str, acts: set[str], windows: Sequence[Window]) -> str:
    if month in acts:
        return IN_FORCE
    off = [w for w in windows if (w.path, w.value) == ("in_force", False)]
    if _covers(off, month):
        return SUSPENDED
    return NO_EFFECT if measure.days_in_force(days_of(month)).any() else ""


def _covers(windows: Sequence[Window], month: str) -> bool:
    first, last = first_day(month), last_day(month)
    return any(w.first <= last and first <= w.last for w in windows)


def _dated(entry: Entry, month: str) -> bool:
    """Whether a month lies in an entry's dates; one without a first day has no place in time."""
    start = entry.effective or entry.announced
    if start is None or first_day(start) > last_day(month):
        return False
    end = entry.expires or entry.suspended
    return end is None or last_day(end) >= first_day(month)


def _spans(entry: Measure | Modifier | Entry, states: Sequence[str]) -> Iterator[Span]:
    return _runs(entry.id, entry.title, states)


def _runs(name: str, title: str, states: Sequence[str]) -> Iterator[Span]:
    """Months on end in one state; none where it is empty."""
    for state, places in groupby(range(len(states)), key=states.__getitem__):
        found = list(places)
        if state:
            yield {
                "id": name,
                "title": title or name,
                "state": state,
                "first": found[0],
                "last": found[-1],
            }
