"""Years to come: how much of the need deals and projects cover when something stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from supplygraph.results import Results
from supplygraph.views.pictures.bars import finite
from supplygraph.views.pictures.lines import TimeLine, Track, draw_tracks
from supplygraph.views.pictures.sheet import Key, PictureSheet
from supplygraph.views.style import LIGHT, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure


PANELS = 8
DRAWN = ("announced", "binding")  # of the portfolios, where they were asked for
WORDS = {"announced": "all that is announced", "binding": "what binds by contract"}


def outlook(results: Results, title: str | None) -> Figure:
    """Cover by year of each element, from the least to the most that the pool gets."""
    table = results.table
    place = str(table["place"].iloc[0])
    table = table[table["place"] == place]
    asked = list(dict.fromkeys(table["portfolio"]))
    drawn = [name for name in DRAWN if name in asked] or asked[:2]
    colours = dict(zip(drawn, (LIGHT[6], LIGHT[2]), strict=False))
    years = sorted({int(year) for year in table["year"]})
    elements = list(dict.fromkeys(table["element"]))
    tracks = []
    for element in elements[:PANELS]:
        rows = table[table["element"] == element]
        lines = [
            TimeLine(PAPER["least"], _over(rows, drawn[0], "cover_none", years), (), (), "dashes")
        ]
        lines += [
            TimeLine(
                colours[name],
                low=_over(rows, name, "cover_low", years),
                high=_over(rows, name, "cover_high", years),
                aside=0.07 * (2 * place - len(drawn) + 1),
            )
            for place, name in enumerate(drawn)
        ]
        tracks.append(Track(_element(results, element), lines))
    without = results.params.get("without")
    where = " + ".join(results.names.get(part, part) for part in place.split("+"))
    sheet = PictureSheet(
        title or f"How much of the need is covered{f' without {without}' if without else ''}",
        f"Share of the need in {where} that is covered, from the least to the most they get",
    )
    keys = [Key(WORDS.get(name, f"portfolio {name}"), colours[name]) for name in drawn]
    sheet.keys([*keys, Key("nobody changes supplier, nothing is built", PAPER["least"], "dashes")])
    draw_tracks(sheet, tracks, [str(year) for year in years], "Year")
    more = len(elements) - PANELS
    return sheet.done(results, [f"{more} more elements stand in the table."] * (more > 0))


def _over(rows: pd.DataFrame, portfolio: str, column: str, years: list[int]) -> list[float | None]:
    values = rows[rows["portfolio"] == portfolio].set_index("year")[column].reindex(years)
    return [finite(value) for value in values]


def _element(results: Results, element: str) -> str:
    full = results.names.get(element)
    return full or ("Neodymium and praseodymium" if element == "NdPr" else element)
