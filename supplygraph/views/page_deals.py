"""Cover by year and deals for the page, where the record holds them."""

from __future__ import annotations

from typing import Any

from supplygraph.views.page_parts import PageRecord, compact

COVER = ("year", "portfolio", "element", "place", "need", "unit", "evidence", "because")
SHARES = ("cover_none", "cover_low", "cover_high", "cover_unsized")
DEAL = (
    "id",
    "name",
    "date",
    "firmness",
    "kind",
    "parties",
    "projects",
    "year",
    "mine_added",
    "separation_added",
    "metal_added",
    "magnet_added",
    "unsized",
    "could_run",
    "counted_in",
    "why_none",
    "evidence",
    "offtake",
)


def deals_of_page(record: PageRecord) -> dict[str, Any] | None:
    """What the tab of deals needs; None where the record was made without.

    Parameters
    ----------
    record
        Of the page.
    """
    asked = record.rows("outlook").get("question")
    if asked is None:
        return None
    return {
        "params": asked["params"],
        "notes": asked["notes"],
        "places": asked["places"],
        "cover": [
            compact({name: row[name] for name in (*COVER, *SHARES)})
            for row in record.rows("cover").values()
        ],
        "deals": [
            compact({name: row[name] for name in DEAL}) for row in record.rows("deal").values()
        ],
    }
