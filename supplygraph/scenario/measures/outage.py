"""Outages: plants, materials or arcs stand still in part, by a shock and not by a rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from pydantic import Field

from supplygraph.scenario.calendar import last_day
from supplygraph.scenario.fields import Share
from supplygraph.scenario.measures.base import Measure, Part, Time, mean_share
from supplygraph.scenario.network_queries import World
from supplygraph.scenario.shocks import shock_of
from supplygraph.selectors import Removal, parse_selector


class Outage(Measure):
    """What a selector names loses a share of its output on the days in force.

    After `expires` the loss fades to nothing in a straight line over `recovery_days`. The share
    is of base output under none and of capacity under least, as for removals.
    """

    kind: Literal["outage"]
    select: str = Field(description="Plants, materials or one arc, as a selector.")
    share: Share = Field(default=1.0, description="Share lost.")
    recovery_days: float = Field(
        default=0.0, ge=0, description="Days of recovery after the last day."
    )

    def days_in_force(self, days: np.ndarray) -> np.ndarray:
        """Days of the outage with its recovery."""
        on = super().days_in_force(days)
        if self.expires and self.recovery_days and self.in_force:
            end = last_day(self.expires)
            on |= (days > end) & (days <= end + self.recovery_days)
        return on

    def parts(self, world: World, time: Time) -> Iterable[Part]:
        """Levels of plants, pools or arcs."""
        lost = np.full(len(time.days), self.share)
        if self.expires and self.recovery_days:
            after = (time.days - last_day(self.expires)) / (self.recovery_days + 1)
            lost *= np.clip(1 - np.maximum(after, 0), 0, 1)
        mean = mean_share(time.on, 1 - lost)
        shock = shock_of(world.graph, Removal(parse_selector(self.select), 1.0))
        for block, left in (("activity", shock.activity), ("made", shock.made), ("arc", shock.arc)):
            rows = left < 1
            if rows.any():
                yield Part(block, rows, np.full(len(rows), mean))
