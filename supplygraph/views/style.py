"""Colours and words that every picture shares.

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

STAGES = {
    "mine": "Mine",
    "separation": "Separation",
    "metal": "Metal",
    "magnet": "Magnet",
    "component": "Component",
    "product": "Products",
}
SECTORS = {
    "autos": "Autos",
    "defence": "Defence",
    "chips": "Chips",
    "energy": "Energy",
    "industry": "Industry",
    "other": "Other",
}
PROCESSES = {
    "hard-rock": "Hard-rock mining",
    "clay": "Ion-clay mining",
    "sands": "Mineral-sand mining",
    "by-product": "By-product mining",
    "crack": "Cracking",
    "light": "Light separation",
    "heavy": "Heavy separation",
    "recycle": "Recycling",
    "scandium": "Scandium separation",
    "unrecorded": "Unrecorded output",
    "ndpr": "NdPr metal",
    "dytb": "Dy and Tb metal",
    "sm": "Sm metal",
    "ndfeb": "NdFeB magnets",
    "smco": "SmCo magnets",
    "bonded": "Bonded magnets",
}
UNITS = {
    "t_gross": "t gross",
    "t_reo": "t REO",
    "t_oxide": "t oxide",
    "t_metal": "t metal",
    "t_blank": "t of blanks",
    "t_finished": "t of magnets",
    "piece": "pieces",
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


def unit_text(unit: str) -> str:
    """A unit as people write it.

    Examples
    --------
    >>> unit_text("t_reo/yr"), unit_text("vehicle/yr"), unit_text("")
    ('t REO a year', 'vehicle a year', '')
    """
    name, _, per = unit.partition("/")
    text = UNITS.get(name, name)
    return f"{text} a year" if per == "yr" else text + (f" a {per}" if per else "")


def word(name: str) -> str:
    """An identifier as a title.

    Examples
    --------
    >>> word("hard-rock"), word("autos")
    ('Hard-rock', 'Autos')
    """
    return STAGES.get(name) or SECTORS.get(name) or name[:1].upper() + name[1:]


def step_text(stage: str, process: str) -> str:
    """A process as people name it.

    Examples
    --------
    >>> step_text("separation", "heavy"), step_text("magnet", "sinter"), step_text("mine", "mine")
    ('Heavy separation', 'Sinter (magnet)', 'Mine')
    """
    if stage == "product" or stage == process:
        return word(process)
    return PROCESSES.get(process) or f"{word(process)} ({stage})"


def is_reported(grade: str) -> bool:
    """Whether a grade rests on a publication."""
    return grade in REPORTED
