"""What all measures share: who acts, on what, when, by which source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from pydantic import Field, model_validator

from supplygraph.errors import ScenarioError
from supplygraph.scenario.calendar import first_day, last_day
from supplygraph.scenario.content_test import ContentTest
from supplygraph.scenario.fields import Day, Grade, Source, Strict, check_order
from supplygraph.scenario.network_queries import World


class Covers(Strict):
    """Materials, named one by one or by element and stage.

    A material belongs if its id is listed, or if it stands at one of the stages and holds one of
    the elements. Ores and magnets name no element, so list them.
    """

    elements: list[str] = Field(default=[], description="Elements such as Dy.")
    stages: list[str] = Field(
        default=["separation", "metal"], description="Stages at which the elements count."
    )
    materials: list[str] = Field(default=[], description="Ids of materials.")

    def ids(self, world: World) -> list[str]:
        """Ids of the materials named, in order.

        Raises
        ------
        ScenarioError
            If they name none.
        """
        named, wanted = set(self.materials), set(self.elements)
        for name, stage, elements in world.materials:
            if stage in self.stages and not wanted.isdisjoint(elements):
                named.add(name)
        if not named:
            raise ScenarioError("covers: no material fits. Name materials, or elements and stages.")
        return sorted(named)


@dataclass(frozen=True)
class Time:
    """The days of one month, seen by one measure.

    Attributes
    ----------
    days
        Days of the month.
    on
        On which of them the measure is in force; at least one.
    start
        First day of the spell in force that they belong to: a suspension ends a spell.
    """

    days: np.ndarray
    on: np.ndarray
    start: int


@dataclass(frozen=True)
class Part:
    """What a measure leaves in one month, in one block.

    Attributes
    ----------
    block
        A field of `Bounds`, or ``denied``.
    rows
        Mask of entries that the measure limits.
    values
        One value per entry of the block; meaningless outside `rows`.
    evidence
        Grade of the figures, if not that of the measure.
    arcs
        Of ``denied``, whose entries are activities, then demands: the mask of arcs closed to them.
    """

    block: str
    rows: np.ndarray
    values: np.ndarray
    evidence: str = ""
    arcs: np.ndarray | None = None


class Entry(Strict):
    """A document of the folder `measures`: what a state did, when, and how we know."""

    id: str = Field(description="Its name everywhere; the file's name for shipped ones.")
    title: str = Field(default="", description="What it is, in a few words.")
    imposed_by: list[str] = Field(default=[], description="Countries that act, as codes.")
    announced: Day | None = Field(default=None, description="Date of announcement, may be partial.")
    effective: Day | None = Field(
        default=None, description="First day in force; of a partial date its first day."
    )
    expires: Day | None = Field(
        default=None, description="Last day in force; of a partial date its last day."
    )
    suspended: Day | None = Field(
        default=None,
        description="Day on which it was in fact suspended. For the record: a suspension acts "
        "only where a scenario names it.",
    )
    sources: list[Source] = Field(default=[], description="Where it was read.")
    evidence: Grade = Field(default="D", description="Grade that it happened, as stated.")
    size_evidence: Grade = Field(default="D", description="Grade of the figures of its mechanism.")
    record: dict[str, str] = Field(default={}, description="The text of the facts, as found.")
    ranges: dict[str, tuple[float, float]] = Field(
        default={}, description="Low and high of a parameter, by its path."
    )
    note: str = Field(default="", description="Doubts, and how figures were made.")

    @model_validator(mode="after")
    def _order_of_dates(self) -> Entry:
        check_order(self.effective, self.expires)
        if (
            self.announced
            and self.effective
            and last_day(self.effective) < first_day(self.announced)
        ):
            raise ValueError(
                f"effective {self.effective} before it is announced ({self.announced}). "
                "Correct one of the two dates."
            )
        return self

    @property
    def acts(self) -> bool:
        """Whether it has a mechanism."""
        return True


class Measure(Entry):
    """A measure with a mechanism; kinds say which bounds it leaves."""

    acts_when_off: ClassVar[bool] = False  # on the days after its start on which it is not in force
    in_force: bool = Field(
        default=True, description="false switches it off; suspensions do so by day."
    )

    def days_in_force(self, days: np.ndarray) -> np.ndarray:
        """On which of these days it is in force by its own dates.

        Without `effective` it is in force from the first day on.
        """
        on = np.full(len(days), self.in_force)
        if self.effective:
            on &= days >= first_day(self.effective)
        if self.expires:
            on &= days <= last_day(self.expires)
        return on

    def parts(self, world: World, time: Time) -> Iterable[Part]:
        """Bounds of one month; none for a kind that only tests content."""
        return ()

    def tests(self, world: World, time: Time) -> Iterable[ContentTest]:
        """Tests of content of one month; none for most kinds."""
        return ()

    def settle(self, shares: np.ndarray) -> np.ndarray:
        """Shares of arcs by month (rows) after what earlier months left undone; as given here."""
        return shares

    def controlled(self, world: World) -> list[str]:
        """Ids of the materials whose export it controls; none if it controls no exports."""
        return []

    def origins(self, world: World) -> list[str]:
        """Markets of the countries that impose it.

        Raises
        ------
        ScenarioError
            If none is named.
        """
        if not self.imposed_by:
            raise ScenarioError(f"{self.id}: names no imposed_by. Write such as imposed_by: [CN].")
        return [world.market(country, self.id) for country in self.imposed_by]


def mean_share(on: np.ndarray, share: np.ndarray | float) -> float:
    """Mean over the days of a month: the share on days in force, 1 on the others."""
    daily = np.where(on, share, 1.0)
    # The mean of equal numbers is not quite that number.
    return float(daily[0] if (daily == daily[0]).all() else daily.mean())


def set_path(content: Mapping[str, Any], path: str, value: Any, who: str) -> dict[str, Any]:
    """A document with the value at a dotted path set.

    Raises
    ------
    ScenarioError
        If the path leads through something that is no mapping.

    Examples
    --------
    >>> set_path({"approval": {"*": 1}}, "approval.US", 0.3, "CN-2025-18")
    {'approval': {'*': 1, 'US': 0.3}}
    """
    key, dot, rest = path.partition(".")
    copy = dict(content)
    if not dot:
        copy[key] = value
        return copy
    below = copy.get(key)
    if below is None:
        below = {}
    if not isinstance(below, Mapping):
        raise ScenarioError(
            f"{who}: '{key}' is {below!r} and holds no '{rest}'. Set '{key}' itself."
        )
    copy[key] = set_path(below, rest, value, who)
    return copy
