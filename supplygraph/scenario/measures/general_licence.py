"""General licences: some customers ship without a licence for each cargo."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from supplygraph.scenario.fields import ByPlace
from supplygraph.scenario.measures.modifier import Change, Modifier
from supplygraph.scenario.measures.slow_walking import place_changes


class GeneralLicence(Modifier):
    """Share of the flow by destination that ships under general licences, in the window."""

    kind: Literal["general_licence"]
    measure: str = Field(description="Id of the licence.")
    general: ByPlace = Field(min_length=1, description="Share of tonnes, by destination.")
    groups: list[str] = Field(
        default=[], description="Groups of the licence that it reaches; the main one if left out."
    )

    def changes(self) -> Iterable[Change]:
        """One change for each destination."""
        return place_changes(self, "general", self.general)
