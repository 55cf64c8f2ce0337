"""Export licences: how much of each flow passes, by material, destination and day.

flow(t) = D(t) { v + (1 - v) max(w(t), gam + (1 - gam) c L(t)) }

with D the flow of the same month of the base year, v the floor that needs no licence or gets
through anyway, w = 1 while goods cleared before still ship (t < grace), gam the share under
general licences, c the `approval` of a destination (most of the tonnes asked for that is ever
licensed) and L the curve. What flow(t) is of D(t), averaged over the days of a month, is the share
left of an arc, under this name in `Bounds.arc`, in what engines read, and in the rows of a run's
bounds. Goods that the rule
does not name but customs hold (standard magnets) have v = `friction` of their own. The cap stays
when licences recover: no catch-up was seen in 2025.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from supplygraph.scenario.fields import ByPlace, Grade, Share, Strict
from supplygraph.scenario.measures.base import Covers, Measure, Part, Time, mean_share
from supplygraph.scenario.measures.curves import Curve
from supplygraph.scenario.measures.leak import Leak
from supplygraph.scenario.network_queries import World

NOT_HELD = -1.0
DelayByPlace = Annotated[dict[str, int], Field(examples=[{"US": 2}])]


class Terms(Strict):
    """How one group of materials comes through."""

    curve: Curve = Field(description="Share licensed over time.")
    approval: ByPlace = Field(
        default={"*": 1.0}, description="Ceiling of the licensed share, of tonnes, by destination."
    )
    general: ByPlace = Field(
        default={"*": 0.0}, description="Share that ships under general licences."
    )
    floor: ByPlace = Field(default={"*": 0.0}, description="Share that passes without a licence.")
    grace_days: float = Field(
        default=0.0, ge=0, description="Days after the start in which cleared goods ship."
    )
    delay_days: DelayByPlace = Field(
        default={"*": 0}, description="Days by which the curve comes later."
    )
    held: ByPlace = Field(
        default={}, description="Share that passes in all, by destination, in place of the curve."
    )


class Group(Terms):
    """Materials with terms of their own."""

    covers: Covers = Field(description="Materials of the group.")
    size_evidence: Grade | None = Field(
        default=None, description="Grade of its figures, if not that of the measure."
    )


class Uncontrolled(Strict):
    """Goods outside the list that suffer all the same: one customs code covers all chemistries."""

    materials: list[str] = Field(description="Ids of materials.")
    size_evidence: Grade | None = Field(
        default=None, description="Grade of its figures, if not that of the measure."
    )
    friction: ByPlace = Field(default={"*": 1.0}, description="Share that passes at the worst.")


class Orders(Strict):
    """What becomes of orders that did not pass."""

    deferred: Share = Field(
        default=0.0, description="Share of them that comes later; the rest is lost."
    )
    catch_up_months: float = Field(
        default=6.0, gt=0, description="Months over which what waits ships once licences flow."
    )


class Licence(Measure, Terms):
    """A licence for each export: flows are capped by a curve, by material and destination."""

    kind: Literal["licence"]
    covers: Covers = Field(description="Materials controlled.")
    destinations: list[str] = Field(default=["*"], description="Markets or regions; * for all.")
    groups: dict[str, Group] = Field(
        default={}, description="Materials with terms of their own, by name."
    )
    uncontrolled: Uncontrolled | None = Field(
        default=None, description="Goods held though not listed."
    )
    orders: Orders = Field(default=Orders(), description="What becomes of blocked orders.")
    leak: Leak | None = Field(default=None, description="What comes through third countries.")

    def controlled(self, world: World) -> list[str]:
        """Materials controlled, those with terms of their own too; not what is held besides."""
        named = [self.covers, *(group.covers for group in self.groups.values())]
        return sorted({name for covers in named for name in covers.ids(world)})

    def parts(self, world: World, time: Time) -> Iterable[Part]:
        """Caps of arcs out of the imposing countries, as shares of base flow."""
        origins = self.origins(world)
        taken: set[str] = set()
        for lane in self._lanes(world):
            materials = [name for name in lane.materials if name not in taken]
            taken |= set(materials)
            rows = world.arcs(materials, origins, self.destinations)
            if rows.any():
                left = self._share_left(world, lane, rows, time)
                if self.leak is None:
                    yield Part("arc", rows, left, lane.evidence)
                    continue
                through = self._share_left(world, lane, rows, time, self.leak.share)
                own = lane.evidence or self.size_evidence
                yield from self.leak.parts(rows, left, through, own)

    def _lanes(self, world: World) -> Iterator[_SharedTerms]:
        for name in sorted(self.groups):
            group = self.groups[name]
            evidence = group.size_evidence or ""
            yield _SharedTerms(group.covers.ids(world), group, group.floor, group.held, evidence)
        yield _SharedTerms(self.covers.ids(world), self, self.floor, self.held)
        if self.uncontrolled:
            free = self.uncontrolled
            # Approval and general licences are for listed goods; what eases here is the check.
            terms = self.model_copy(update={"approval": {"*": 1.0}, "general": {"*": 0.0}})
            evidence = free.size_evidence or ""
            yield _SharedTerms(sorted(free.materials), terms, free.friction, self.held, evidence)

    def _share_left(
        self, world: World, lane: _SharedTerms, rows: np.ndarray, time: Time, least: float = 0.0
    ) -> np.ndarray:
        """Share left of every arc in the month; places with the same terms are computed once.

        On no day in force is it less than `least`.
        """
        terms = lane.terms
        columns = np.column_stack(
            [
                world.by_place(lane.floor, 0.0),
                world.by_place(terms.general, 0.0),
                world.by_place(terms.approval, 1.0),
                world.by_place(terms.delay_days, 0.0),
                world.by_place(lane.held, NOT_HELD),
            ]
        )
        shares = np.ones(len(rows))
        found, place = np.unique(columns[rows], axis=0, return_inverse=True)
        daily = [
            daily_share(terms, time, floor, general, approval, delay, held=held)
            for floor, general, approval, delay, held in found.tolist()
        ]
        means = [mean_share(time.on, np.maximum(share, least)) for share in daily]
        shares[rows] = np.array(means)[place.reshape(-1)]
        return shares

    def settle(self, shares: np.ndarray) -> np.ndarray:
        """Add what comes later: W(m+1) = W(m) + d (1 - s(m)) - r(m), r = W s / catch-up months.

        Months are taken as equally large; W in base months. Nothing is added if orders are lost.
        """
        if not self.orders.deferred:
            return shares
        settled, waiting = shares.copy(), np.zeros(shares.shape[1])
        for month, row in enumerate(shares):
            share = np.where(np.isfinite(row), np.minimum(row, 1.0), 1.0)
            released = waiting * share / self.orders.catch_up_months
            settled[month] = row + released
            waiting += self.orders.deferred * (1 - share) - released
        return settled


def daily_share(
    terms: Terms,
    time: Time,
    floor: float = 0.0,
    general: float = 0.0,
    approval: float = 1.0,
    delay: float = 0.0,
    *,
    held: float = NOT_HELD,
) -> np.ndarray:
    """Share left on each day: v + (1 - v) max(w, gam + (1 - gam) c L).

    Parameters
    ----------
    terms
        Curve and grace.
    time
        Days, and the day on which the licence came into force.
    floor, general, approval, delay, held
        v, gam, c, days by which the curve comes later, and the share that passes in place of it
        all (negative: none).

    Examples
    --------
    Announcement 18 as fitted for the world, on 1 and 31 May and 30 June 2025:

    >>> from supplygraph.scenario.calendar import first_day
    >>> from supplygraph.scenario.measures.curves import Logistic
    >>> terms = Terms(curve=Logistic(midpoint_days=76.3, width_days=11.8), grace_days=7.9)
    >>> days = np.array([first_day(day) for day in ("2025-05-01", "2025-05-31", "2025-06-30")])
    >>> time = Time(days, days > 0, first_day("2025-04-04"))
    >>> [round(float(share), 2) for share in daily_share(terms, time, floor=0.168)]
    [0.18, 0.31, 0.77]
    """
    past = time.days - time.start + 0.5
    cleared = past < terms.grace_days
    if held >= 0:
        return np.where(cleared, 1.0, held)
    curve = terms.curve.licensed(time.days - round(delay), time.start)
    licensed = general + (1 - general) * approval * curve
    return floor + (1 - floor) * np.maximum(cleared, licensed)


@dataclass(frozen=True)
class _SharedTerms:
    """Materials that share terms."""

    materials: list[str]
    terms: Terms
    floor: dict[str, float]
    held: dict[str, float]
    evidence: str = ""
