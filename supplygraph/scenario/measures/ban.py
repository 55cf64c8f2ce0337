"""Export bans: a share of the flow is blocked, by material and destination."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from pydantic import Field

from supplygraph.errors import ScenarioError
from supplygraph.scenario.fields import Share
from supplygraph.scenario.measures.base import Covers, Measure, Part, Time, mean_share
from supplygraph.scenario.measures.leak import Leak
from supplygraph.scenario.network_queries import World


class Ban(Measure):
    """No export to the destinations: share left = 1 - blocked, on the days in force.

    With a `leak` no less than its share comes through by way of third countries.
    """

    kind: Literal["ban"]
    covers: Covers = Field(description="Materials banned.")
    destinations: list[str] = Field(default=["*"], description="Markets or regions; * for all.")
    blocked: Share = Field(default=1.0, description="Share of the flow that is blocked.")
    leak: Leak | None = Field(default=None, description="What comes through third countries.")

    def controlled(self, world: World) -> list[str]:
        """Materials banned."""
        return self.covers.ids(world)

    def parts(self, world: World, time: Time) -> Iterable[Part]:
        """Caps of arcs out of the imposing countries."""
        materials, origins = self.covers.ids(world), self.origins(world)
        rows = world.arcs(materials, origins, self.destinations)
        left = np.full(len(rows), mean_share(time.on, 1 - self.blocked))
        if self.leak is None:
            yield Part("arc", rows, left)
            return
        if (rows & world.arcs(materials, origins, self.leak.via)).any():
            raise ScenarioError(
                f"{self.id}: its leak goes through places that it bans itself. "
                "Name others in leak.via, or fewer destinations."
            )
        through = mean_share(time.on, max(1 - self.blocked, self.leak.share))
        yield from self.leak.parts(rows, left, np.full(len(rows), through), self.size_evidence)
