"""Scenarios: side by side, and what both sides of one lose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from supplygraph.errors import UsageError
from supplygraph.results import Results
from supplygraph.trade_words import word
from supplygraph.views.pictures.bars import (
    BAND_KEY,
    SEEN,
    TOP,
    Bar,
    end_text,
    few_ticks,
    finite,
    months_text,
    rows_panel,
    text_room,
)
from supplygraph.views.pictures.losses import place_labels
from supplygraph.views.pictures.months import middle_cover
from supplygraph.views.pictures.sheet import SMALL, Key, PictureSheet
from supplygraph.views.style import LIGHT, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure


GROUPS = 10  # the worst
THICK = 0.19  # of a bar, in inches
SIDES = {"exporter": "Exporter does not sell", "importer": "Importers lose", "home": "Home loses"}
SCALES = ((1e12, " tn"), (1e9, " bn"), (1e6, " m"), (1e3, " k"))


def comparison(results: Results, title: str | None) -> Figure:
    """Months of output lost in each scenario, side by side for those who lose most."""
    table = results.table
    bound = "none" if (table["rerouting"] == "none").any() else str(table["rerouting"].iloc[0])
    keys = [name for name in ("product", "region") if name in table]
    rows = table[(table["rerouting"] == bound) & (table[keys[0]] != "total")]
    scenarios = list(dict.fromkeys(table["scenario"]))
    worst = rows.groupby(keys, sort=True)[["lost_central", "lost_low", "lost_high"]].max()
    worst = worst.sort_values(["lost_central", "lost_low"], ascending=False, kind="stable")
    order = (worst[worst.max(axis=1) > SEEN] if worst.max(axis=None) > SEEN else worst).index[
        :GROUPS
    ]
    frame = pd.DataFrame([key if isinstance(key, tuple) else (key,) for key in order], columns=keys)
    labels = place_labels(
        results, frame.assign(**{n: "" for n in ("product", "region") if n not in keys})
    )
    found = [_of(rows, keys, key, scenarios) for key in frame.itertuples(index=False, name=None)]
    sheet = PictureSheet(
        title or f"Months of output lost: {' beside '.join(scenarios)}",
        f"The {len(order)} of {len(worst)} that lose most; bars at central stocks, lines from high "
        "to low stocks; nobody reroutes"
        if bound == "none"
        else "",
    )
    colours = [LIGHT[place % len(LIGHT)] for place in (6, 2, 3, 5, 0, 1, 4, 7)]
    names = zip(scenarios, colours, strict=False)
    sheet.keys([Key(name, colour) for name, colour in names])
    _draw_groups(sheet, labels, found, colours)
    return sheet.done(results)


def _of(rows: pd.DataFrame, keys: list[str], key: Sequence[str], scenarios: list[str]) -> list[Bar]:
    """One bar a scenario."""
    for name, value in zip(keys, key, strict=True):
        rows = rows[rows[name] == value]
    found = rows.set_index("scenario")
    bars = []
    for scenario in scenarios:
        row = found.loc[scenario] if scenario in found.index else {}
        ends = [finite(row.get(f"lost_{size}")) for size in ("central", "high", "low")]
        bars.append(Bar.of(scenario, ends, months_text))
    return bars


def _draw_groups(
    sheet: PictureSheet, labels: list[str], groups: list[list[Bar]], colours: list[str]
) -> None:
    count = max(len(group) for group in groups)
    right = text_room(sheet, [bar.text for group in groups for bar in group])
    axes, middles = rows_panel(sheet, labels, right=right, row=count * THICK + 0.16)
    most = max((bar.most for group in groups for bar in group), default=0.0) or 1.0
    for group, middle in zip(groups, middles, strict=True):
        for place, bar in enumerate(group):
            at = middle + THICK * (place - (len(group) - 1) / 2)
            colour = colours[place % len(colours)]
            axes.barh(at, bar.value or 0.0, height=THICK * 0.8, color=colour)
            if bar.low is not None and bar.high is not None:
                axes.hlines(at, bar.low, bar.high, color=PAPER["ink"], linewidth=1)
            end_text(axes, bar.text, bar.most, at, SMALL)
    axes.set_xlim(0, most * 1.02)
    few_ticks(axes)
    axes.set_xlabel("Months of output lost", loc="left")


def account(results: Results, title: str | None) -> Figure:
    """What the exporter does not sell beside what importers lose, in dollars."""
    table = results.table[results.table["month"].isna()]
    bound = "none" if (table["rerouting"] == "none").any() else str(table["rerouting"].iloc[0])
    rows = table[(table["rerouting"] == bound) & table["side"].isin(SIDES)]
    if rows.empty:
        raise UsageError("nothing in it has a value in dollars to draw. Write a table.")
    found, cover = [], middle_cover(rows)
    for key, part in rows.groupby(["side", "group", "region", "item"], sort=True):
        low, high = finite(part["value_low_usd"].min()), finite(part["value_high_usd"].max())
        value = finite(part.set_index("cover")["value_high_usd"].get(cover))
        if value and low and high:
            found.append(Bar.of(_side(results, key), (value, low, high), dollars))
    if not found:
        raise UsageError("nothing in it has a value in dollars to draw. Write a table.")
    found.sort(key=lambda bar: (-(bar.value or 0.0), bar.label))
    bars = found[:TOP]
    sheet = PictureSheet(
        title or f"Both sides of {results.params.get('scenario', 'the scenario')}",
        "US dollars over the run, on a scale where each step is ten times the one before; "
        "nobody reroutes"
        if bound == "none"
        else "US dollars over the run",
    )
    sheet.keys(
        [
            Key(f"{cover} stocks, upper prices", PAPER["loss"], "dot"),
            Key("from the least to the most over prices and stocks", BAND_KEY),
        ]
    )
    _draw_dollars(sheet, bars)
    return sheet.done(results)


def _side(results: Results, key: tuple[str, ...]) -> str:
    side, group, region, item = map(str, key)
    names = results.names
    parts = ["total" if group == "total" else names.get(group, word(group).lower())]
    parts += [names.get(part, part) for part in (region, item) if part]
    return f"{SIDES[side]}: {', '.join(parts)}"


def _draw_dollars(sheet: PictureSheet, bars: Sequence[Bar]) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    right = text_room(sheet, [bar.text for bar in bars])
    axes, middles = rows_panel(sheet, [bar.label for bar in bars], right=right)
    axes.set_xscale("log")
    for bar, middle in zip(bars, middles, strict=True):
        low, high = bar.low or 0.0, bar.high or 0.0
        axes.hlines(middle, low, high, color=PAPER["loss"], alpha=0.28, linewidth=9)
        axes.plot([bar.value or 0.0], [middle], marker="o", markersize=7, color=PAPER["loss"])
        end_text(axes, bar.text, bar.most, middle)
    lows = [bar.low for bar in bars if bar.low]
    axes.set_xlim(min(lows) / 1.6, max(bar.most for bar in bars) * 1.25)
    axes.xaxis.set_major_locator(LogLocator(10, numticks=7))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: dollars(value)))
    axes.set_xlabel("US dollars", loc="left")


def dollars(value: float) -> str:
    """Money as a person reads it.

    Examples
    --------
    >>> dollars(463_285_500), dollars(2.77e11), dollars(12.0)
    ('463 m', '277 bn', '12')
    """
    for size, name in SCALES:
        if value >= size:
            return f"{value / size:.3g}{name}"
    return f"{value:.3g}"
