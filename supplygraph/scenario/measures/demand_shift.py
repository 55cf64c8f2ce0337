"""Demand that grows or shrinks by itself, as by a subsidy or a slump."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from pydantic import Field

from supplygraph.errors import ScenarioError
from supplygraph.hints import did_you_mean
from supplygraph.scenario.measures.base import Measure, Part, Time
from supplygraph.scenario.network_queries import World


class DemandShift(Measure):
    """Demand of some products in some markets times a factor on the days in force."""

    kind: Literal["demand_shift"]
    products: list[str] = Field(default=["*"], description="Ids of products; * for all.")
    markets: list[str] = Field(default=["*"], description="Markets or regions; * for all.")
    factor: float = Field(ge=0, description="Demand over what it would be.")

    def parts(self, world: World, time: Time) -> Iterable[Part]:
        """Factors of demands."""
        demands = world.graph.demands
        rows = np.ones(len(demands), dtype=bool)
        if "*" not in self.products:
            known = set(demands["product"])
            for name in self.products:
                if name not in known:
                    hint = did_you_mean(name, known)
                    raise ScenarioError(f"{self.id}: no demand for product '{name}'. {hint}")
            rows &= demands["product"].isin(self.products).to_numpy()
        rows &= world.users_in(self.markets)[world.graph.n_activities :]
        mean = float(np.where(time.on, self.factor, 1.0).mean())
        yield Part("demand", rows, np.full(len(rows), mean))
