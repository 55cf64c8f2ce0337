"""Tariffs: a rate on the value of imports, by origin and goods. It costs; it stops nothing.

    duty(t) = rate(t) x price x flow(t)

Rates of several tariffs on one arc add up. A tariff moves no tonne unless somebody states how
buyers answer: with a trade elasticity e, at most (1 + sum of rates)^-e of the base flow comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from supplygraph.errors import ScenarioError
from supplygraph.scenario.calendar import first_day
from supplygraph.scenario.fields import Day, Grade, Strict
from supplygraph.scenario.measures.base import Measure, Part, Time
from supplygraph.scenario.measures.leak import Leak
from supplygraph.scenario.network_queries import World

Rate = Annotated[float, Field(ge=0)]
RateByPlace = Annotated[dict[str, Rate], Field(min_length=1, examples=[{"CN": 0.25, "*": 0.1}])]


class Goods(Strict):
    """Materials that pay: whole stages, or one by one."""

    stages: list[str] = Field(default=[], description="Stages whose materials all pay.")
    materials: list[str] = Field(default=[], description="Ids of materials.")

    def ids(self, world: World) -> list[str]:
        """Ids of the materials, in order.

        Raises
        ------
        ScenarioError
            If there are none.
        """
        stages = set(self.stages)
        found = {name for name, stage, _ in world.materials if stage in stages}
        found |= set(self.materials)
        if not found:
            raise ScenarioError("goods: no material fits. Name materials or stages.")
        return sorted(found)


class Tariff(Measure):
    """A duty on the value of what the imposing countries import.

    Rates are those added since the base year: what was due before is in its flows. A month is
    the mean over its days. Without `trade_elasticity` no quantity changes.
    """

    kind: Literal["tariff"]
    goods: Goods = Field(description="What pays.")
    rate: RateByPlace = Field(
        description="Rate by origin: market, region or *; 0.25 for 25 %, above 1 is allowed."
    )
    steps: dict[Day, Rate] = Field(
        default={}, description="Rate from these days on, of every origin named in `rate`."
    )
    held: Rate | None = Field(
        default=None, description="Rate in place of all others, as a truce sets it."
    )
    trade_elasticity: float | None = Field(
        default=None, ge=0, description="How flows answer; empty: they do not."
    )
    elasticity_evidence: Grade = Field(default="D", description="Grade of the elasticity.")
    leak: Leak | None = Field(
        default=None, description="What avoids the duty by way of third countries."
    )

    @model_validator(mode="after")
    def _steps_in_force(self) -> Tariff:
        for day in self.steps:
            if self.effective and first_day(day) < first_day(self.effective):
                raise ValueError(
                    f"step {day} before it is effective ({self.effective}). "
                    "Put the first rate into `rate`, or correct the date."
                )
        return self

    def parts(self, world: World, time: Time) -> Iterable[Part]:
        """Rates on the value of arcs into the imposing countries."""
        rows = world.arcs(self.goods.ids(world), None, self.origins(world))
        first = world.by_origin(self.rate, 0.0)
        rows &= first > 0
        rate = self._mean_rate(first, time)
        rows &= rate > 0
        evading = self.leak.share if self.leak else 0.0
        yield Part("duty", rows, rate * (1.0 - evading))
        if self.leak:
            on = float(time.on.mean())
            grade = self.leak.size_evidence
            yield Part("premium", rows, np.full(len(rows), evading * self.leak.premium * on), grade)
            yield Part("leak", rows, np.full(len(rows), evading), grade)
        if self.trade_elasticity is not None:
            answer = np.full(len(rows), self.trade_elasticity)
            yield Part("elasticity", rows, answer, self.elasticity_evidence)

    def _mean_rate(self, first: np.ndarray, time: Time) -> np.ndarray:
        """Mean over the days of the month by arc; no duty on days out of force."""
        if self.held is not None:
            return np.full(len(first), self.held * float(time.on.mean()))
        stepped = np.full(len(time.days), np.nan)
        for day in sorted(self.steps, key=first_day):
            stepped[time.days >= first_day(day)] = self.steps[day]
        own = time.on & np.isnan(stepped)
        rest = float(np.where(time.on & ~own, stepped, 0.0).sum())
        return (first * own.sum() + rest) / len(time.days)
