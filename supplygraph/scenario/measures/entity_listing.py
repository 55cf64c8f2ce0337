"""Listed firms: those named, and those they own, may not buy or may not sell."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

import numpy as np
from pydantic import Field

from supplygraph.errors import ScenarioError
from supplygraph.hints import did_you_mean
from supplygraph.scenario.fields import Share
from supplygraph.scenario.measures.base import Covers, Measure, Part, Time
from supplygraph.scenario.network_queries import World


class EntityListing(Measure):
    """Firms on a list, with those they own at or above a threshold.

    The chain of owners is followed upwards over `operators.parent_id`; each step must reach the
    threshold by its own share. A step without a share is noted and does not count.

    `stops: buying` — listed plants lose what came from the imposing countries: the level of a
    plant is at most 1 minus the largest such share, `denied` times the share of those countries
    in its market's supply of any essential covered input. Alternatives count only by the least of
    their group. It is an upper bound: inside a market nobody shifts supply. `stops: selling` —
    arcs out of listed plants carry nothing; in a pooled market the plant's activity stops.
    """

    kind: Literal["entity_listing"]
    operators: list[str] = Field(description="Ids of operators.")
    ownership_threshold: Share | None = Field(
        default=None,
        description="Share from which owned firms are listed too, such as 0.5; none if null.",
    )
    stops: Literal["buying", "selling"] = Field(
        default="buying", description="What they may not do."
    )
    covers: Covers | None = Field(default=None, description="Materials that they may not buy.")
    denied: Share = Field(default=1.0, description="Share of the trade that is stopped.")

    def listed(self, world: World) -> tuple[list[str], list[str]]:
        """Operators on the list, owned ones too, and those whose share in a step is unknown.

        Raises
        ------
        ScenarioError
            If an operator does not exist.
        """
        table = world.graph.dataset["operators"]
        parent = dict(zip(table["id"], table["parent_id"], strict=True))
        share = dict(zip(table["id"], table["share"], strict=True))
        for name in self.operators:
            if name not in parent:
                hint = did_you_mean(name, parent)
                raise ScenarioError(f"{self.id}: no operator '{name}'. {hint}")
        found, unknown = set(self.operators), set()
        grown = self.ownership_threshold is not None
        while grown:
            grown = False
            for name in sorted(set(parent) - found):
                if parent[name] in found:
                    if math.isnan(share[name]):
                        unknown.add(name)
                    elif share[name] >= (self.ownership_threshold or 0):
                        found.add(name)
                        grown = True
        return sorted(found), sorted(unknown - found)

    def parts(self, world: World, time: Time) -> Iterable[Part]:
        """Levels of listed plants."""
        names, _ = self.listed(world)
        rows = world.graph.activities["operator"].isin(names).to_numpy()
        part = self.denied * float(time.on.mean())
        if self.stops == "selling":
            yield Part("activity", rows, np.full(len(rows), 1 - part))
            return
        lost = self._bought(world) * part
        yield Part("activity", rows & (lost > 0), 1 - lost)

    def _bought(self, world: World) -> np.ndarray:
        """Share of an activity's worst essential input that came from the imposing countries."""
        graph, inputs = world.graph, world.graph.inputs
        materials = self.covers.ids(world) if self.covers else sorted(graph.pools["material"])
        arcs = world.arcs(materials, self.origins(world), ["*"])
        end = graph.arcs["destination"].to_numpy()
        arrived = np.bincount(end, world.flow * arcs, minlength=len(graph.pools))
        supply = world.baseline.made - world.baseline.exports + world.baseline.imports
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(supply > 0, np.clip(arrived / supply, 0, 1), 0.0)
        least: dict[int, float] = {}
        user_of: dict[int, int] = {}
        for user, pool, group, essential in zip(
            inputs.user, inputs.pool, inputs.group, inputs.essential, strict=True
        ):
            if essential and user < graph.n_activities:
                least[int(group)] = min(least.get(int(group), 1.0), float(share[pool]))
                user_of[int(group)] = int(user)
        worst = np.zeros(graph.n_activities)
        for number, value in least.items():
            worst[user_of[number]] = max(worst[user_of[number]], value)
        return worst
