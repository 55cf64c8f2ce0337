"""One sentence about an origin that may be quoted: no more certain than its figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from supplygraph.graph import SupplyGraph

VERBS = {
    "mine": "was mined in",
    "separation": "was separated in",
    "metal": "was made into metal in",
    "magnet": "was made into magnets in",
    "component": "was built into components in",
}
WHOLE = 1e-5  # a share this near to 1 is all of it


class Wording:
    """Names of a dataset as they stand in a sentence.

    Parameters
    ----------
    graph
        Compiled network.
    product, region
        What was asked; region '' for everywhere.
    """

    def __init__(self, graph: SupplyGraph, product: str, region: str) -> None:
        self.graph, self.region = graph, region
        demands = graph.demands
        self.product = str(demands.loc[demands["product"] == product, "name"].iat[0])

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of every country and element."""
        tables = self.graph.dataset.tables
        found: dict[str, str] = {}
        for table in ("countries", "elements"):
            rows = tables[table]
            found |= dict(zip(rows["id"], rows["name"], strict=True))
        return found

    @cached_property
    def pooled(self) -> set[str]:
        """Countries whose id stands for a market of several."""
        countries = self.graph.dataset.tables["countries"]
        members = countries.groupby("market")["id"].count()
        return {str(market) for market, count in members.items() if count > 1}

    def place(self, country: str) -> str:
        """Name with its article."""
        name = self.names.get(country, country).partition(" (")[0]
        article = name.startswith(("United ", "European Union", "Philippines", "Netherlands"))
        return f"the {name}" if article else name

    def sentence(self, element: str, lead: Mapping[str, Any], touched: Mapping[str, Any]) -> str:
        """What was found about the largest place, and what passed it at any stage.

        Parameters
        ----------
        element
            Symbol, '' for feed of any kind.
        lead
            Row of the largest place at one stage; its `kinds` say whether scrap is in it.
        touched
            Row of the same place, any stage.
        """
        graph = self.graph
        made = f"assembled in {self.place(self.region)}" if self.region else "assembled anywhere"
        name = self.names.get(element, element).lower() or "feed"
        verb = VERBS[lead["stage"]]
        if "scrap" in lead.get("kinds", ()):
            verb = verb.removesuffix(" in") + " (from ore or from scrap) in"
        text = (
            f"{self.product}, {made} in {graph.base_year}: {_about(lead['share'])} of the {name} "
            f"{verb} {self.place(lead['country'])}{_range(lead)}"
        )
        if touched["share_low"] > lead["share_low"] + 0.01:
            least = _floor(touched["share_low"])
            text += f"; at least {least} passed through it at some stage"
        grade = f"weakest evidence {lead['evidence']}" if lead["evidence"] else "no evidence graded"
        return f"{text} (estimate, goods of a place taken as mixed; {grade})."


def _about(share: float) -> str:
    """A share in words that do not round up to all of it.

    Examples
    --------
    >>> _about(0.9999), _about(1.0), _about(0.623), _about(0.003)
    ('over 99 %', 'all', 'about 62 %', 'less than 1 %')
    """
    if share > 1 - WHOLE:
        return "all"
    if share > 0.99:
        return "over 99 %"
    return "less than 1 %" if share < 0.01 else f"about {100 * share:.0f} %"


def _range(row: Mapping[str, Any]) -> str:
    low, high = row["share_low"], row["share_high"]
    if math.isnan(low) or math.isnan(high):
        return ""
    if low > 1 - WHOLE:
        return "; the published figures allow nothing else"
    return f"; the published figures allow {_floor(low)} to {_ceil(high)}"


def _floor(share: float) -> str:
    """Whole per cent, never above the share.

    Examples
    --------
    >>> _floor(0.9399), _ceil(0.9301), _floor(0.0)
    ('93 %', '94 %', '0 %')
    """
    return f"{math.floor(100 * share + 1e-4)} %"


def _ceil(share: float) -> str:
    return f"{min(math.ceil(100 * share - 1e-4), 100)} %"
