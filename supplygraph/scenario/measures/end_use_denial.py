"""Denial by end use: some users get nothing over the arcs that the measure closes to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from supplygraph.scenario.fields import Share
from supplygraph.scenario.measures.base import Covers, Measure, Part, Time
from supplygraph.scenario.measures.uses import share_of_uses, with_dedicated_makers
from supplygraph.scenario.network_queries import ANYWHERE, World


class EndUseDenial(Measure):
    """Flows to some end uses are denied; others may still draw on the same arcs.

    Users that need one of the materials are touched, and none in the imposing countries: products,
    and plants there whose goods serve nothing but denied products, since who applies for a licence
    declares the end use. What is denied is the share of a user's draws that may not come over the
    closed arcs. A month that is in force in part denies in proportion.
    """

    kind: Literal["end_use_denial"]
    covers: Covers = Field(description="Materials denied.")
    destinations: list[str] = Field(default=["*"], description="Markets or regions; * for all.")
    segments: Annotated[dict[Literal["civil", "military", "mixed"], Share], Field()] = Field(
        default={}, description="Share of the uses of each segment that is denied."
    )
    products: dict[str, Share] = Field(
        default={}, description="Share denied of single products, in place of their segment's."
    )

    def parts(self, world: World, time: Time) -> Iterable[Part]:
        """Denied shares of users, and the arcs closed to them."""
        uses = share_of_uses(world, self.segments, self.products, [ANYWHERE])
        share = with_dedicated_makers(world, uses)
        share[~world.users_in(self.destinations)] = 0.0
        materials = self.covers.ids(world)
        # By market: a region may be called as a market is, and hold others.
        share[np.isin(world.markets_of_users, self.origins(world))] = 0.0
        rows = (share > 0) & world.users_of(materials)
        arcs = world.arcs(materials, self.origins(world), self.destinations)
        if arcs.any():
            yield Part("denied", rows, share * float(time.on.mean()), arcs=arcs)
