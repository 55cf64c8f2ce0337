"""Export bans: a share of the flow is blocked, by material and destination."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from pydantic import Field

from supplygraph.scenario.measures.base import Covers, Measure, Part, Share, Time, mean_share
from supplygraph.scenario.world import World


class Ban(Measure):
    """No export to the destinations: share left = 1 - blocked, on the days in force."""

    kind: Literal["ban"]
    covers: Covers = Field(description="Materials banned.")
    destinations: list[str] = Field(default=["*"], description="Markets or regions; * for all.")
    blocked: Share = Field(default=1.0, description="Share of the flow that is blocked.")

    def parts(self, world: World, time: Time) -> Iterable[Part]:
        """Caps of arcs out of the imposing countries."""
        rows = world.arcs(self.covers.ids(world), self.origins(world), self.destinations)
        left = mean_share(time.on, 1 - self.blocked)
        yield Part("arc", rows, np.full(len(rows), left))
