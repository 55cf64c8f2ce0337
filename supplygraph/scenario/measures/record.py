"""Measures without a mechanism here: they are on record, and leave every bound as it is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from supplygraph.scenario.measures.base import Entry

LEGAL_KINDS = (
    "boycott",
    "entity_listing",
    "export_ban",
    "export_licence",
    "extraterritorial_de_minimis",
    "general_licence",
    "import_restriction",
    "military_end_use_ban",
    "price_floor",
    "quota",
    "suspension",
    "tariff",
    "tech_export_ban",
    "truce",
)


class Record(Entry):
    """A measure that has no effect in the network, with the reason."""

    kind: str = Field(description="What it is in law.", json_schema_extra={"enum": [*LEGAL_KINDS]})
    effect: Literal["none"]
    reason: str = Field(min_length=10, description="Why it has no mechanism.")

    @property
    def acts(self) -> bool:
        """It has no mechanism."""
        return False
