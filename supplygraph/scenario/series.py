"""Published series of measures, for scenarios that lie before the base year of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from supplygraph.scenario.calendar import days_of
from supplygraph.scenario.measures import Ban, Measure, Quota
from supplygraph.scenario.measures.base import mean_share
from supplygraph.scenario.model import Scenario


@dataclass(frozen=True)
class Point:
    """A measure in one month, in its own unit."""

    month: str
    measure: str
    value: float
    unit: str


def series_of(scenario: Scenario, months: Sequence[str] | None = None) -> list[Point]:
    """What the measures of a scenario say, month by month; years without a figure have no row.

    Quotas by tonnes give their year's tonnes, other quotas and bans the share left of the month.
    """
    names = months if months is not None else scenario.month_names
    return [
        point
        for month in names
        for measure in scenario.acting
        if (point := _point(measure, month)) is not None
    ]


def _point(measure: Measure, month: str) -> Point | None:
    on = measure.days_in_force(days_of(month))
    if not on.any():
        return None
    if isinstance(measure, Quota) and measure.share is None:
        tonnes = measure.tonnes.get(month[:4])
        return None if tonnes is None else Point(month, measure.id, tonnes, "t/yr")
    if isinstance(measure, Quota):
        return Point(month, measure.id, mean_share(on, measure.share or 0.0), "share")
    if isinstance(measure, Ban):
        return Point(month, measure.id, mean_share(on, 1 - measure.blocked), "share")
    return None
