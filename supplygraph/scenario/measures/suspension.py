"""Suspensions: measures that are out of force for a while."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from supplygraph.scenario.measures.modifier import Change, Modifier


class Suspension(Modifier):
    """The measures named do not apply in the window."""

    kind: Literal["suspension"]
    suspends: list[str] = Field(
        min_length=1, description="Ids of measures; globs such as CN-2025-61-* are allowed."
    )

    def changes(self) -> Iterable[Change]:
        """Each measure out of force."""
        return [Change(name, "in_force", False) for name in self.suspends]
