"""Denied technology: plants that depend on it yield less, and projects ramp more slowly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from supplygraph.scenario.calendar import day_text, first_day
from supplygraph.scenario.measures.base import Measure, Part, Time
from supplygraph.scenario.network_queries import World
from supplygraph.selectors import parse_selector

NEVER = "0000-01"  # before every step
Answer = Literal["yes", "unknown", "no"]


class TechnologyDenial(Measure):
    """Plants and projects that lean on denied equipment or know-how, from a date on.

    With y the share of output lost per unit of feed, a plant makes at most 1 - y of what it
    would, and each unit takes 1 / (1 - y) of the feed, so a full plant draws as before. A plant
    that `select` names loses it on all it makes, a project on the part that it adds. Steps of
    projects from the first day on take `ramp_factor` times the months to their full rate; a
    later suspension does not give those months back. Which projects depend on it says their
    `chinese_equipment`; whether unknown counts, `counts` says. Those of the imposing countries
    do not.
    """

    kind: Literal["technology_denial"]
    select: str = Field(default="", description="Plants that depend on it, as a selector.")
    projects: list[str] = Field(
        default=[], description="Projects that depend on it; * for all whose answer counts."
    )
    stages: list[str] = Field(
        default=[], description="Stages whose lines depend on it; all if empty."
    )
    counts: list[Answer] = Field(
        default=["yes"], description="Answers of chinese_equipment that count for *."
    )
    yield_loss: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Share of output lost per unit of feed; 0.1 for ten points of 1."
    )
    ramp_factor: float = Field(
        default=1.0, ge=1, description="Months of a ramp over those without the denial."
    )

    @model_validator(mode="after")
    def _somebody(self) -> TechnologyDenial:
        if not self.select and not self.projects:
            raise ValueError("nobody depends on it. Name plants by select, or projects.")
        if self.ramp_factor > 1 and not self.projects:
            raise ValueError("a ramp belongs to projects. Name projects, or leave it at 1.")
        return self

    def parts(self, world: World, time: Time) -> Iterable[Part]:
        """Caps of plants, and factors on what they need of each input."""
        graph, inputs = world.graph, world.graph.inputs
        lost = np.zeros(graph.n_activities)
        if self.select:
            lost[graph.select_activities(parse_selector(self.select))] = 1.0
        if self.projects:
            names = self.hit(world)
            added = 1.0 - world.kept_without(names, day_text(int(time.days[0]))[:7])
            lost = np.maximum(lost, np.where(self._staged(world), added, 0.0))
        left = 1.0 - self.yield_loss * lost * float(time.on.mean())
        plants = left < 1
        if not plants.any():
            return
        yield Part("activity", plants, left)
        users = np.concatenate([left, np.ones(graph.n_demands)])
        need = np.ones(inputs.n_groups)
        need[inputs.group] = 1.0 / users[inputs.user]
        yield Part("feed", need > 1, need)

    def _staged(self, world: World) -> np.ndarray:
        """Mask of activities at the stages that depend on it."""
        if not self.stages:
            return np.ones(world.graph.n_activities, dtype=bool)
        return world.graph.activities["stage"].isin(self.stages).to_numpy()

    def hit(self, world: World) -> list[str]:
        """Ids of the projects that depend on it, in order.

        Raises
        ------
        ScenarioError
            If a project is not known.
        """
        known = world.projects
        names = world.project_ids([n for n in self.projects if n != "*"], self.id)
        if "*" in self.projects:
            names += [n for n, item in known.items() if item.chinese_equipment in self.counts]
        home = world.graph.activities["country"].isin(self.imposed_by).to_numpy()
        abroad = self._staged(world) & ~home
        return sorted(name for name in set(names) if (world.lines_of([name]) & abroad).any())


def slowed(measures: Iterable[Measure], world: World) -> tuple[tuple[tuple[str, float], ...], str]:
    """Factors on the ramps of projects, and the month from which new steps take them.

    Parameters
    ----------
    measures
        Measures of a scenario; where several slow one project the largest factor counts.
    world
        The network and its projects.
    """
    found: dict[str, float] = {}
    first = ""
    for measure in measures:
        if not isinstance(measure, TechnologyDenial) or not measure.in_force:
            continue
        if measure.ramp_factor == 1:
            continue
        for name in measure.hit(world):
            found[name] = max(found.get(name, 1.0), measure.ramp_factor)
        begun = day_text(first_day(measure.effective))[:7] if measure.effective else NEVER
        first = min(first or begun, begun)
    return tuple(sorted(found.items())), first or NEVER
