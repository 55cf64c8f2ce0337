"""Stocks of a state: tonnes that it buys or sells in a market, spread over the days in force."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator

from supplygraph.errors import ScenarioError
from supplygraph.hints import did_you_mean
from supplygraph.scenario.calendar import first_day, last_day
from supplygraph.scenario.measures.base import Measure, Part, Time
from supplygraph.scenario.network_queries import World


class StateStock(Measure):
    """Tonnes of one material in one market, spread evenly over the days in force."""

    block: ClassVar[str]

    material: str = Field(description="Id of the material.")
    market: str = Field(description="Market.")
    tonnes: float = Field(gt=0, description="Tonnes in all, in the material's unit.")

    @model_validator(mode="after")
    def _window(self) -> StateStock:
        if not (self.effective and self.expires):
            raise ValueError("tonnes are spread over a window. Give effective and expires.")
        return self

    def parts(self, world: World, time: Time) -> Iterable[Part]:
        """Tonnes of the month."""
        pools = world.graph.pools
        name = f"{self.material}@{self.market}"
        rows = (pools["id"] == name).to_numpy()
        if not rows.any():
            raise ScenarioError(f"{self.id}: no pool '{name}'. {did_you_mean(name, pools['id'])}")
        span = last_day(self.expires or "") - first_day(self.effective or "") + 1
        yield Part(self.block, rows, np.full(len(rows), self.tonnes * float(time.on.sum()) / span))
