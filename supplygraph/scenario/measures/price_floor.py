"""Price floors: they keep projects alive; taken away, what they kept stands still."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from supplygraph.scenario.calendar import day_text
from supplygraph.scenario.measures.base import Measure, Part, Time
from supplygraph.scenario.network_queries import World


class PriceFloor(Measure):
    """A guaranteed price on which named projects live.

    While it is in force nothing changes: their capacity is in the dataset. From the day on which
    it ends, is suspended or is switched off by `in_force: false`, the capacity that these
    projects added since the base year stands still; what ran before goes on.
    """

    acts_when_off: ClassVar[bool] = True
    kind: Literal["price_floor"]
    keeps: list[str] = Field(min_length=1, description="Projects that would stop without it.")
    floor_usd_per_kg: float | None = Field(
        default=None, gt=0, description="The floor, USD a kg. On record."
    )

    def parts(self, world: World, time: Time) -> Iterable[Part]:
        """Caps of the lines that the projects open or raise."""
        names = world.project_ids(self.keeps, self.id)
        rows = world.lines_of(names)
        kept = world.kept_without(names, day_text(int(time.days[0]))[:7])
        mean = np.where(time.on[:, None], kept[None, :], 1.0).mean(axis=0)
        yield Part("activity", rows, mean)
