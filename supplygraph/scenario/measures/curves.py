"""How licences come through over time: share of applied-for goods that is licensed, day by day.

- logistic: L(t) = 1 / (1 + exp(-(t - tm) / k)), t in days, taken at mid-day (0.5, 1.5, ...)
  after 00:00 of the first day in force.
- steps: a share from each date on.
- queue: B(t+1) = B(t) + A(t) - G(t) - R(t) - W(t), pending orders by age in working days.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from supplygraph.scenario.calendar import first_day, working_days
from supplygraph.scenario.fields import Day, Share, Strict


class Logistic(Strict):
    """A smooth recovery: half of the goods are licensed at the midpoint."""

    kind: Literal["logistic"] = "logistic"
    midpoint: Day | None = Field(default=None, description="Day at whose noon half is licensed.")
    midpoint_days: float | None = Field(
        default=None, description="The same in days after 00:00 of the first day in force."
    )
    width_days: float = Field(gt=0, description="k: days in which the odds change by a factor e.")

    @model_validator(mode="after")
    def _one_midpoint(self) -> Logistic:
        if (self.midpoint is None) == (self.midpoint_days is None):
            raise ValueError("a logistic curve has one midpoint. Give midpoint or midpoint_days.")
        return self

    def licensed(self, days: np.ndarray, start: int) -> np.ndarray:
        """Share licensed on each day.

        Examples
        --------
        >>> curve = Logistic(midpoint_days=10.5, width_days=2)
        >>> [round(float(x), 3) for x in curve.licensed(np.array([100, 110, 112]), 100)]
        [0.007, 0.5, 0.731]
        """
        if self.midpoint is not None:
            middle = first_day(self.midpoint) + 0.5
        else:
            middle = start + float(self.midpoint_days or 0.0)
        steepness = np.clip((days + 0.5 - middle) / self.width_days, -700, 700)
        return 1.0 / (1.0 + np.exp(-steepness))


class Steps(Strict):
    """Shares that hold from one day to the next, by date or by days in force.

    Before the first of them nothing is licensed.
    """

    kind: Literal["steps"] = "steps"
    shares: dict[Day, Share] = Field(
        default={}, description="Share from each date on, in order of dates."
    )
    from_days: dict[int, Share] = Field(
        default={}, description="Or share from each day on, days after the first day in force (0)."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Steps:
        if bool(self.shares) == bool(self.from_days):
            raise ValueError("steps has shares by date or from_days. Give one of the two.")
        starts = self._starts(0)
        for before, after in pairwise(starts):
            if after <= before:
                raise ValueError("steps are not in order of time. Sort them.")
        return self

    def _starts(self, start: int) -> list[int]:
        if self.shares:
            return [first_day(text) for text in self.shares]
        return [start + days for days in self.from_days]

    def licensed(self, days: np.ndarray, start: int) -> np.ndarray:
        """Share licensed on each day.

        Examples
        --------
        >>> Steps(shares={"2025-04-04": 0, "2025-04-06": 0.5}).licensed(
        ...     np.arange(first_day("2025-04-05"), first_day("2025-04-08")), 0).tolist()
        [0.0, 0.5, 0.5]
        >>> Steps(from_days={0: 1, 2: 0}).licensed(np.array([100, 101, 102]), 100).tolist()
        [1.0, 1.0, 0.0]
        """
        values = np.array([0.0, *(self.shares or self.from_days).values()])
        return values[np.searchsorted(np.array(self._starts(start)), days, side="right")]


class Queue(Strict):
    """Applications that wait: one base-year working day of orders applies each working day.

    A decision falls after a random number of working days, never before `floor_working_days`.
    Of the decided orders `approval` is granted and the rest refused. Pending orders are withdrawn
    at a steady rate. Grants are no more than `throughput` a working day; what is over waits.
    """

    kind: Literal["queue"] = "queue"
    approval: Share = Field(description="Share of decided tonnes that is granted; no count share.")
    distribution: Literal["lognormal", "gamma"] = Field(
        default="lognormal", description="Law of the days beyond the floor."
    )
    mean_working_days: float = Field(gt=0, description="Mean of the days beyond the floor.")
    sd_working_days: float = Field(gt=0, description="Their standard deviation.")
    floor_working_days: int = Field(default=0, ge=0, description="No decision comes before.")
    throughput: float = Field(
        default=1.0,
        gt=0,
        description="Most that is granted a working day, in base-year working days.",
    )
    withdrawn: Share = Field(
        default=0.0, description="Share of what is pending that is withdrawn each working day."
    )

    def licensed(self, days: np.ndarray, start: int) -> np.ndarray:
        """Grants of each day over a base-year day: the mean over a month is the month's share.

        A working day stands for itself; a day off takes the mean of its month's working days, so
        that months with many holidays are not short of goods.
        """
        last = int(days.max(initial=start))
        flows = queue_flows(self, start, last)
        granted = np.zeros(len(days))
        known = (days >= start) & (days <= last)
        granted[known] = flows.granted[days[known] - start]
        work = working_days(days) & known
        mean = float(granted[work].mean()) if work.any() else 0.0
        return np.where(work, granted, np.where(known, mean, 0.0))


@dataclass(frozen=True)
class QueueFlows:
    """Orders by day, in base-year working days; pending at the end of the day."""

    applied: np.ndarray
    granted: np.ndarray
    refused: np.ndarray
    withdrawn: np.ndarray
    pending: np.ndarray


@lru_cache(maxsize=256)
def queue_flows(queue: Queue, start: int, last: int) -> QueueFlows:
    """Run a queue from an empty desk: B(t+1) = B(t) + A(t) - G(t) - R(t) - W(t).

    Parameters
    ----------
    queue
        Its parameters.
    start, last
        First and last day.
    """
    span = max(last - start + 1, 1)
    work = working_days(np.arange(start, start + span))
    hazard = _hazard(queue, int(work.sum()) + 1)
    applied, granted, refused, withdrawn, pending = np.zeros((5, span))
    waiting = np.zeros(0)  # by age, youngest first
    ripe = 0.0  # decided but for the hands to sign
    for day in range(span):
        if work[day]:
            applied[day] = 1.0
            waiting = np.concatenate([[1.0], waiting])
            due = waiting * hazard[: len(waiting)]
            waiting, ripe = waiting - due, ripe + float(due.sum())
            signed = min(ripe, queue.throughput / queue.approval) if queue.approval else ripe
            granted[day] = queue.approval * signed
            refused[day] = signed - granted[day]
            withdrawn[day] = queue.withdrawn * (float(waiting.sum()) + ripe - signed)
            waiting, ripe = waiting * (1 - queue.withdrawn), (ripe - signed) * (1 - queue.withdrawn)
        pending[day] = float(waiting.sum()) + ripe
    return QueueFlows(applied, granted, refused, withdrawn, pending)


def _hazard(queue: Queue, size: int) -> np.ndarray:
    """Chance that an order of each age, undecided so far, is decided on its next working day."""
    ages = np.arange(size + 1) - queue.floor_working_days
    alive = _undecided(queue, np.maximum(ages, 0).astype(float))
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = 1.0 - alive[1:] / alive[:-1]
    return np.where(alive[:-1] > 1e-12, np.clip(chance, 0.0, 1.0), 1.0)


def _undecided(queue: Queue, days: np.ndarray) -> np.ndarray:
    """Chance that an order waits longer than some days beyond the floor.

    Closed forms of the two laws: `scipy.stats` has them too, and takes a second to import.
    """
    mean, sd = queue.mean_working_days, queue.sd_working_days
    if queue.distribution == "gamma":
        from scipy.special import gammaincc

        return np.asarray(gammaincc((mean / sd) ** 2, days * mean / sd**2))
    spread = math.log1p((sd / mean) ** 2)
    middle, width = math.log(mean) - spread / 2, max(math.sqrt(2.0 * spread), 1e-300)
    return np.array([0.5 * math.erfc((math.log(t) - middle) / width) if t else 1.0 for t in days])


Curve = Annotated[Logistic | Steps | Queue, Field(discriminator="kind")]
