"""Quotas: a yearly amount, spread evenly over the year, against the base of what it limits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from supplygraph.errors import ScenarioError
from supplygraph.scenario.calendar import day_text
from supplygraph.scenario.fields import Share
from supplygraph.scenario.measures.base import Covers, Measure, Part, Time, mean_share
from supplygraph.scenario.network_queries import World
from supplygraph.selectors import parse_selector


class Quota(Measure):
    """At most so many tonnes a year: share left = tonnes / base, no more than 1.

    `limits: exports` caps the arcs out of the imposing countries, whose base is their flow of the
    base year, or `base_tonnes`. Tonnes of different units are added as they stand, so give
    `base_tonnes` where the quota counts in a unit of its own. `limits: output` caps the plants
    that `select` names, whose base is their made output of the covered materials.
    """

    kind: Literal["quota"]
    limits: Literal["exports", "output"] = Field(default="exports", description="What it caps.")
    covers: Covers | None = Field(default=None, description="Materials counted.")
    destinations: list[str] = Field(default=["*"], description="Markets or regions; * for all.")
    select: str = Field(default="", description="Plants, as a selector, if it limits output.")
    tonnes: dict[Annotated[str, Field(pattern="^[0-9]{4}$")], Annotated[float, Field(ge=0)]] = (
        Field(default={}, description="Tonnes by year; a year without one has the last before it.")
    )
    base_tonnes: float | None = Field(
        default=None, gt=0, description="Tonnes a year without the quota, in its own unit."
    )
    share: Share | None = Field(default=None, description="Share left, in place of tonnes.")

    @model_validator(mode="after")
    def _enough(self) -> Quota:
        if (self.share is None) == (not self.tonnes):
            raise ValueError("a quota has tonnes by year, or a share left. Give one of the two.")
        if self.limits == "output" and not self.select:
            raise ValueError("limits output without select. Name plants such as country=CN.")
        if self.limits == "exports" and self.covers is None:
            raise ValueError("limits exports without covers. Name materials.")
        return self

    def parts(self, world: World, time: Time) -> Iterable[Part]:
        """Caps of arcs or of plants."""
        if self.limits == "exports":
            assert self.covers is not None
            rows = world.arcs(self.covers.ids(world), self.origins(world), self.destinations)
            base = float(world.flow[rows].sum())
            block = "arc"
        else:
            rows = world.graph.select_activities(parse_selector(self.select))
            base = self._output(world, rows)
            block = "activity"
        left = self.share if self.share is not None else self._left(time.days, base)
        yield Part(block, rows, np.full(len(rows), mean_share(time.on, left)))

    def _left(self, days: np.ndarray, base: float) -> float:
        year = day_text(int(days[0]))[:4]
        known = [name for name in sorted(self.tonnes) if name <= year]
        if not known:
            raise ScenarioError(
                f"{self.id}: no tonnes for {year} or before. Give them, or a later effective date."
            )
        total = self.base_tonnes if self.base_tonnes is not None else base
        return min(1.0, self.tonnes[known[-1]] / total) if total > 0 else 1.0

    def _output(self, world: World, rows: np.ndarray) -> float:
        graph = world.graph
        wanted = set(self.covers.ids(world)) if self.covers else None
        made = graph.pools["material"].to_numpy()[graph.made_pool]
        counted = rows[graph.made_activity]
        if wanted is not None:
            counted &= np.isin(made, sorted(wanted))
        level = world.baseline.block("activity")[graph.made_activity]
        return float((graph.made_quantity * level)[counted].sum())
