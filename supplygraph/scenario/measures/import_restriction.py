"""Rules of purchase by origin: some users buy nothing that was worked in named countries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from pydantic import Field

from supplygraph.scenario.content_test import ContentTest
from supplygraph.scenario.fields import Share
from supplygraph.scenario.measures.base import Covers, Measure, Time
from supplygraph.scenario.measures.tracing import pools_of, traced_materials
from supplygraph.scenario.measures.uses import share_of_uses
from supplygraph.scenario.network_queries import World

Worked = Literal["mine", "separation", "metal", "magnet"]


class ImportRestriction(Measure):
    """Some end uses may not buy goods that passed named stages in named countries.

    Tested is all that the buyers' goods went through, goods made at home included: content is
    the share by weight, by proportional mixing of the month's own flows, that was worked at one
    of the stages in one of the countries. Above 0, and at or above the threshold, a good is
    caught and the buyers get none of it. Supply of no recorded source counts as worked there:
    nobody can show that it was not. What is in stock already is not tested, nor is scrap, whose
    first life nobody records.
    """

    kind: Literal["import_restriction"]
    covers: Covers = Field(description="Goods tested.")
    countries: list[str] = Field(
        min_length=1, description="Countries that no good may come through."
    )
    stages: list[Worked] = Field(min_length=1, description="Stages that must lie elsewhere.")
    destinations: list[str] = Field(
        min_length=1, description="Markets or regions of the buyers; * for all."
    )
    segments: dict[Literal["civil", "military", "mixed"], Share] = Field(
        default={}, description="Share of each segment that is bound by the rule."
    )
    products: dict[str, Share] = Field(
        default={}, description="Share of single products, in place of their segment's."
    )
    threshold: Share = Field(default=0.0, description="Content by weight that is let pass.")
    waived: Share = Field(default=0.0, description="Share of the bound uses that has a waiver.")

    def tests(self, world: World, time: Time) -> Iterable[ContentTest]:
        """The test of a month."""
        goods = self.covers.ids(world)
        markets = [world.market(country, self.id) for country in self.countries]
        worked = {name for name, stage, _ in world.materials if stage in self.stages}
        traced = traced_materials(world, worked, goods)
        share = share_of_uses(world, self.segments, self.products, self.destinations)
        share[~world.demands_for(goods)] = 0.0
        arcs = world.arcs(goods, None, self.destinations)
        yield ContentTest(
            measure=self.id,
            goods=pools_of(world, goods, None),
            foul=pools_of(world, worked & traced, markets),
            traced=pools_of(world, traced, None),
            worth=np.ones(len(world.graph.pools)),
            by_value=False,
            threshold=self.threshold,
            arcs=arcs,
            left=np.ones(len(arcs)),
            denied=share * (1 - self.waived) * float(time.on.mean()),
            home=True,
        )
