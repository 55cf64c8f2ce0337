"""Slow-walking: the same licence, handled more slowly or for fewer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field, model_validator

from supplygraph.scenario.fields import ByPlace
from supplygraph.scenario.measures.licence import DelayByPlace
from supplygraph.scenario.measures.modifier import Change, Modifier


class SlowWalking(Modifier):
    """Ceiling, delay or held share of a licence by destination, in the window."""

    kind: Literal["slow_walking"]
    measure: str = Field(description="Id of the licence.")
    approval: ByPlace = Field(default={}, description="Ceiling of the licensed share, of tonnes.")
    delay_days: DelayByPlace = Field(default={}, description="Days by which the curve comes later.")
    held: ByPlace = Field(
        default={}, description="Share that passes in all, in place of the curve."
    )
    groups: list[str] = Field(
        default=[], description="Groups of the licence that it reaches; the main one if left out."
    )

    @model_validator(mode="after")
    def _does_something(self) -> SlowWalking:
        if not (self.approval or self.delay_days or self.held):
            raise ValueError("changes nothing. Give approval, delay_days or held.")
        return self

    def changes(self) -> Iterable[Change]:
        """One change for each destination and parameter."""
        yield from place_changes(self, "approval", self.approval)
        yield from place_changes(self, "delay_days", self.delay_days)
        yield from place_changes(self, "held", self.held)


def place_changes(modifier: object, name: str, values: Mapping[str, float]) -> Iterable[Change]:
    """Changes of a parameter by destination, in the groups that a modifier names."""
    measure: str = getattr(modifier, "measure")  # noqa: B009
    groups: list[str] = getattr(modifier, "groups")  # noqa: B009
    for prefix in [f"groups.{group}." for group in groups] or [""]:
        for place, value in values.items():
            yield Change(measure, f"{prefix}{name}.{place}", value)
