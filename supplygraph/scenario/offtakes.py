"""Who may buy the output of projects: what deals and projects state of it, in numbers and words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from supplygraph.scenario.fields import Day, Grade, Share, Source, Strict


class Offtake(Strict):
    """One buyer's right to output; what nobody states is left out."""

    holder: str = Field(default="", description="Who may buy; empty where nobody is named.")
    material: str = Field(default="", description="What, as an id or in words.")
    tonnes: float | None = Field(default=None, gt=0, description="Tonnes a year.")
    share: Share | None = Field(default=None, description="Share of the output.")
    until: Day | None = Field(default=None, description="Last day, or its year or month.")
    projects: list[str] = Field(
        default=[], description="Of a deal: whose output; that of its own projects if empty."
    )
    terms: str = Field(default="", description="The words of the source.")
    source: Source | None = Field(
        default=None, description="Where it was read, if not where the document was."
    )
    evidence: Grade | None = Field(default=None, description="Grade, if not the document's.")


def offtake_text(record: Mapping[str, Any]) -> str:
    """An offtake as it is written in a document, in a line.

    Examples
    --------
    >>> offtake_text({"holder": "Iluka", "material": "concentrate", "tonnes": 6000})
    'Iluka: concentrate, 6,000 t a year'
    >>> offtake_text({"share": 0.5, "until": 2038})
    'buyer not stated: 50 %, until 2038'
    >>> offtake_text({"terms": "talks"})
    'talks'
    """
    tonnes, share, until = (record.get(key) for key in ("tonnes", "share", "until"))
    parts = [
        str(record.get("material") or ""),
        f"{tonnes:,g} t a year" if isinstance(tonnes, int | float) else "",
        f"{100 * share:g} %" if isinstance(share, int | float) else "",
        f"until {until}" if until else "",
    ]
    said, holder = ", ".join(filter(None, parts)), str(record.get("holder") or "")
    if not said and not holder:
        return str(record.get("terms") or "")
    holder = holder or "buyer not stated"
    said = said or str(record.get("terms") or "")
    return f"{holder}: {said}" if said else holder


def is_held(record: Mapping[str, Any]) -> bool:
    """Whether an offtake says more than words: a buyer, or how much."""
    return any(record.get(key) for key in ("holder", "tonnes", "share"))


def offtakes_of(
    project: str,
    content: Mapping[str, Any],
    deals: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What is held of a project's output: the deal that says so (empty: the project), the record.

    Parameters
    ----------
    project
        Id of the project.
    content
        Its document, as written.
    deals
        Documents of all deals by id, as written.
    """
    for record in _records(content):
        yield "", record
    for name, deal in deals.items():
        for record in _records(deal):
            whose = record.get("projects") or deal.get("projects")
            if isinstance(whose, list) and project in whose and is_held(record):
                yield name, record


def _records(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Offtakes of a document; what is no record is left to the check of documents."""
    found = content.get("offtake")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
