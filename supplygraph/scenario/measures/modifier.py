"""What all modifiers share: named parameters of measures, changed in a window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from supplygraph.scenario.measures.base import Entry

Outcome = Literal["ask", "lapses", "renewed", "lifted"]


@dataclass(frozen=True)
class Change:
    """One parameter of one measure, changed.

    Attributes
    ----------
    measure
        Id, or a glob over ids.
    path
        Dotted path of the parameter, as in `--set`.
    value
        What it is in the window.
    """

    measure: str
    path: str
    value: Any


class Modifier(Entry):
    """Changes parameters of measures from `effective` to `expires`.

    What follows its last day is `after`: it lapses and the measures are as written again; it is
    renewed and goes on; or it is lifted, and the measures it changes end with it. Where no source
    tells, `after` is `ask`, and a scenario that runs beyond the last day must choose.
    """

    after: Outcome = Field(
        default="ask", description="What follows the last day, if any source tells."
    )
    replaces: list[str] = Field(
        default=[], description="Modifiers that no longer count from its first day on."
    )

    def changes(self) -> Iterable[Change]:
        """Parameters that it changes."""
        raise NotImplementedError
