"""Colours that every picture shares.

Seven colours and a grey that stay apart for people with protanopia, deuteranopia and
tritanopia (`tests/unit/test_view_style.py` simulates all three after Machado, Oliveira and
Fernandes 2009). Lanes carry the country as well, so no reading depends on colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence

LIGHT = ("#C1443C", "#332288", "#E69F00", "#009E73", "#56B4E9", "#AA3377", "#4477AA", "#9AA3AD")
DARK = ("#F36149", "#8F7FD0", "#DDBE2E", "#7ECE85", "#79E3FF", "#FF8CC0", "#4C88FA", "#85807C")
COLOURED = len(LIGHT) - 1
# Of the page in light (`web/page.css` has the same), also for what is printed.
PAPER = {
    "paper": "#fbfaf7",
    "ink": "#1b2430",
    "soft": "#525d6a",
    "faint": "#656e7a",
    "line": "#e5e3dc",
    "loss": "#a6342d",
    "least": "#5a6a7b",
    "track": "#ece9e1",
}

REPORTED = ("A", "B", "C")  # grades that rest on a publication; D and calc are estimates


def colour_of(countries: Sequence[str]) -> dict[str, int]:
    """Number of the colour of each country, given largest first; the last is "other".

    Examples
    --------
    >>> colour_of(["CN", "US"])
    {'CN': 0, 'US': 1}
    """
    return {name: min(rank, COLOURED) for rank, name in enumerate(countries)}


def is_reported(grade: str) -> bool:
    """Whether a grade rests on a publication."""
    return grade in REPORTED
