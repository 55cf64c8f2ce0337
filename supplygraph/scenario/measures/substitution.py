"""Substitution: users who learn to need less of a material, and more of another in its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from supplygraph.errors import ScenarioError
from supplygraph.hints import did_you_mean
from supplygraph.scenario.fields import Share, Strict
from supplygraph.scenario.measures.base import Measure, Part, Time
from supplygraph.scenario.network_queries import World
from supplygraph.selectors import parse_selector

DAYS_A_MONTH = 365.25 / 12


class Substitute(Strict):
    """What is drawn in place of the material."""

    material: str = Field(description="Id of the material.")
    ratio: float = Field(
        default=1.0, gt=0, description="Units of it for each unit that is saved (the penalty)."
    )


class Substitution(Measure):
    """From a date on, one unit of some products or plants needs less of a material.

    With limit g, t months since the first day, lag l and ramp r, what a unit needs is

        n(t) = n0 (1 - g x min(max((t - l) / r, 0), 1)),

    a mean over the days of the month. A design that has changed stays changed: users need less
    whether the material is short or not, and under every rerouting. Heavy metal spread along
    grain borders lowers the dysprosium of a magnet; a ferrite motor does without the magnet.
    Where alternatives add up to one need (Dy or Tb), the limit applies to the part of the need
    that the named materials carry in the base year.
    """

    kind: Literal["substitution"]
    materials: list[str] = Field(min_length=1, description="Ids of materials that are saved.")
    products: list[str] = Field(default=[], description="Products that need less; * for all.")
    select: str = Field(default="", description="Plants that need less, as a selector.")
    markets: list[str] = Field(default=["*"], description="Markets or regions; * for all.")
    limit: Share = Field(description="Largest share of the need that is saved; below 1.", lt=1)
    lag_months: float = Field(
        default=0.0, ge=0, description="Months from the first day until anything is saved."
    )
    ramp_months: float = Field(
        default=0.0, ge=0, description="Months from then until the limit is reached."
    )
    instead: Substitute | None = Field(
        default=None, description="Drawn in its place by the same users; nothing if empty."
    )
    extra_cost: float = Field(
        default=0.0, ge=0, description="Extra cost of a unit, as a share of its value. On record."
    )

    @model_validator(mode="after")
    def _somebody(self) -> Substitution:
        if not self.products and not self.select:
            raise ValueError("nobody needs less. Name products, or plants by select.")
        if self.instead and self.instead.material in self.materials:
            raise ValueError(
                f"instead of itself: '{self.instead.material}'. Name another material."
            )
        return self

    def parts(self, world: World, time: Time) -> Iterable[Part]:
        """Factors on needs of groups of inputs."""
        past = (time.days - time.start + 0.5) / DAYS_A_MONTH - self.lag_months
        reached = past >= 0 if self.ramp_months == 0 else np.clip(past / self.ramp_months, 0, 1)
        saved = self.limit * float(np.where(time.on, reached, 0.0).mean())
        users = self._users(world)
        share = world.groups(users, self.materials)
        rows = share > 0
        if not rows.any():
            raise ScenarioError(
                f"{self.id}: none of the users named draws {', '.join(self.materials)}. "
                "Name others."
            )
        if saved > 0:
            yield Part("need", rows, 1.0 - saved * share)
            if self.instead:
                yield self._instead(world, users, saved, self.instead)

    def _users(self, world: World) -> np.ndarray:
        """Mask over activities, then demands."""
        graph = world.graph
        users = np.zeros(graph.n_activities + graph.n_demands, dtype=bool)
        if self.select:
            users[: graph.n_activities] = graph.select_activities(parse_selector(self.select))
        known = set(graph.demands["product"])
        for name in self.products:
            if name != "*" and name not in known:
                hint = did_you_mean(name, known)
                raise ScenarioError(f"{self.id}: no demand for product '{name}'. {hint}")
        named = graph.demands["product"].isin(self.products).to_numpy() | ("*" in self.products)
        users[graph.n_activities :] = named
        return users & world.users_in(self.markets)

    def _instead(self, world: World, users: np.ndarray, saved: float, other: Substitute) -> Part:
        """The substitute's tonnes by user, over what the user draws of it in the base year."""
        graph, inputs, drawn = world.graph, world.graph.inputs, world.baseline.drawn
        material = graph.pools["material"]
        mine = users[inputs.user]
        old = mine & material.isin(self.materials).to_numpy()[inputs.pool]
        new = mine & (material == other.material).to_numpy()[inputs.pool]
        count = graph.n_activities + graph.n_demands
        less = np.bincount(inputs.user[old], drawn[old], minlength=count) * saved * other.ratio
        base = np.bincount(inputs.user[new], drawn[new], minlength=count)
        lacking = (less > 0) & (base <= 0)
        if lacking.any():
            raise ScenarioError(
                f"{self.id}: some of its users draw no {other.material} in the base year, so the "
                "network has no way for it. Leave instead out, or name a material they draw."
            )
        rise = np.divide(less, base, out=np.zeros(count), where=base > 0)
        share = world.groups(users, [other.material])
        owner = np.zeros(inputs.n_groups, dtype=int)
        owner[inputs.group] = inputs.user
        rows = (share > 0) & (rise[owner] > 0)
        return Part("need", rows, 1.0 + rise[owner] * share)
