"""Truces: a package that suspends some measures and eases others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field, model_validator

from supplygraph.errors import ScenarioError
from supplygraph.scenario.measures.modifier import Change, Modifier
from supplygraph.scenario.measures.paths import split_path


class Truce(Modifier):
    """Suspends measures, and sets parameters of others, in the window."""

    kind: Literal["truce"]
    suspends: list[str] = Field(default=[], description="Ids of measures; globs are allowed.")
    sets: dict[str, float | bool | str] = Field(
        default={}, description="Parameters by path, such as CN-2025-18.approval.US: 0.8."
    )

    @model_validator(mode="after")
    def _does_something(self) -> Truce:
        if not self.suspends and not self.sets:
            raise ValueError("changes nothing. Give suspends or sets, or effect: none.")
        for path in self.sets:
            try:
                split_path(path)
            except ScenarioError as error:
                raise ValueError(str(error)) from None
        return self

    def changes(self) -> Iterable[Change]:
        """Suspensions and settings."""
        for name in self.suspends:
            yield Change(name, "in_force", False)
        for path, value in self.sets.items():
            yield Change(*split_path(path), value)
