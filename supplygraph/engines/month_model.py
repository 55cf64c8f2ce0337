"""Both engines over one baseline in one month, with the weights of a question."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.dataset.names import place_or_name
from supplygraph.engines.allocation import AllocationProgram
from supplygraph.engines.capacity_left import capacity_left
from supplygraph.engines.cascade import Cascade
from supplygraph.engines.shared_shortage import STEPS, SharedShortage
from supplygraph.engines.weights import demand_weights
from supplygraph.errors import UsageError
from supplygraph.scenario import Shock
from supplygraph.scenario.month_arrays import month_range


@dataclass(frozen=True)
class Month:
    """Engines and their state without a removal.

    ``at`` moves capacities only; demand and base flows stay those of the base year, and
    losses are counted against this same month without the removal.

    Attributes
    ----------
    baseline
        Balanced base year.
    at
        Month ``YYYY-MM``; the base year's last month by default.
    scheme, product, region, sector
        What a total counts.
    """

    baseline: Baseline
    at: str | None = None
    scheme: str = "level"
    product: str | None = None
    region: str | None = None
    threads: int = 1
    sector: str | None = None

    @property
    def month(self) -> str:
        """Month whose capacities hold."""
        return self.at or self.baseline.graph.base_month

    @cached_property
    def weights(self) -> np.ndarray:
        """Weight of every demand in a total; they sum to 1, or to 0 if nothing weighs.

        Raises
        ------
        UsageError
            If the product, region or sector does not exist.
        """
        demands = self.baseline.graph.demands
        units = self.baseline.block("demand")
        asked = {"product": self.product, "region": self.region, "sector": self.sector}
        for column, value in asked.items():
            if value is not None and value not in set(demands[column]):
                dataset = self.baseline.graph.dataset
                known = {*demands[column], *(demands["market"] if column == "region" else ())}
                hint = place_or_name(dataset, column, value, known)
                raise UsageError(f"no {column} '{value}' in demand. {hint}")
        weights = demand_weights(self.baseline, self.scheme)
        # The world's weights: what counts little in the world does not count more in one region.
        counted = np.ones(len(weights), dtype=bool)
        for column, value in asked.items():
            if value is not None:
                counted &= (demands[column] == value).to_numpy()
        if self.product is not None and self.sector is not None and not counted.any():
            raise UsageError(
                f"product '{self.product}' is not of the sector '{self.sector}'. Name one of them."
            )
        # One product counts by its units, whether or not it weighs in the world.
        weights = np.where(counted, weights if self.product is None else units, 0.0)
        total = weights.sum()
        return weights / total if total > 0 else weights

    @cached_property
    def shock(self) -> Shock:
        """What the month itself takes from base-year activities (plants closed since)."""
        graph = self.baseline.graph
        shock = Shock.nothing(graph)
        if self.month == graph.base_month:
            return shock
        shock.activity[:] = capacity_left(self.baseline, *graph.line_capacity(self.month)).kept
        return shock

    @cached_property
    def cascade(self) -> Cascade:
        """The kernel under `none`."""
        return Cascade(self.baseline)

    @cached_property
    def served_none(self) -> np.ndarray:
        """Served share of every demand in the month, under `none`, without a removal."""
        return self.cascade.served(self.cascade.levels([self.shock]))[:, 0]

    @cached_property
    def program(self) -> AllocationProgram:
        """The program under `least`."""
        return AllocationProgram(
            self.baseline, weights=self.weights, month=self.month, threads=self.threads
        )

    @cached_property
    def shortage(self) -> SharedShortage:
        """The program that shares a shortage over the months after `at`.

        Its rows are those of its last step, when most plants run; of the base year they are the
        program's own.
        """
        if self.at is None:
            return SharedShortage(self.program)
        last = month_range(self.at, STEPS[-1] + 1)[-1]
        program = AllocationProgram(
            self.baseline, weights=self.weights, month=last, threads=self.threads
        )
        return SharedShortage(program, self.at)
