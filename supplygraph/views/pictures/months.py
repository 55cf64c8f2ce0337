"""Months of a scenario: losses with the range of stocks and what was in force; a back-test."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from supplygraph.results import Results
from supplygraph.views.pictures.bars import BAND_KEY, TOP, Bar, draw_bars, finite, months_text
from supplygraph.views.pictures.lines import TimeLine, Track, draw_tracks
from supplygraph.views.pictures.losses import place_labels
from supplygraph.views.pictures.sheet import MARGIN, Key, PictureSheet
from supplygraph.views.style import PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure


PANELS = 6  # the worst
MEASURES = 10  # drawn below them
NAMES = ("January", "February", "March", "April", "May", "June", "July", "August", "September")
MONTHS = tuple(name[:3] for name in (*NAMES, "October", "November", "December"))
_SPAN = re.compile(r"(?P<name>.+?): (?P<first>\d{4}-\d{2}) to (?P<last>\d{4}-\d{2})\b")


def run(results: Results, title: str | None) -> Figure:
    """Loss month by month where months were asked for, else months of output lost."""
    table = results.table
    table = table[table[_thing(table)] != "total"]
    if not results.params.get("product"):  # a row under it is one sharing among several
        table = table[table["rerouting"] == _bound(table)]
    months = table[table["month"].notna()]
    if months.empty:
        return _whole_run(results, table, title)
    return _by_month(results, months, title)


def _by_month(results: Results, rows: pd.DataFrame, title: str | None) -> Figure:
    keys = _keys(rows)
    bound = _bound(rows)
    drawn = rows[rows["rerouting"] == bound]
    worst = drawn.groupby(keys, sort=True)["loss"].sum().sort_values(ascending=False, kind="stable")
    shown = list((worst[worst > 0] if worst.gt(0).any() else worst).index[:PANELS])
    times = sorted(set(rows["month"]))
    labels = _labels(results, pd.DataFrame(shown, columns=keys))
    tracks = [
        Track(label, _time_lines(rows, dict(zip(keys, key, strict=True)), bound, times))
        for label, key in zip(labels, shown, strict=True)
    ]
    what = "elements and regions" if "element" in rows else "products and regions"
    sheet = PictureSheet(
        title or f"{results.params.get('scenario', 'Scenario')}: loss month by month",
        f"Share of the month's demand that is not served, {what} that lose most first"
        f"{f': {len(shown)} of {len(worst)}' if len(shown) < len(worst) else ''}",
    )
    spans = _spans(results.params.get("applied") or ())
    sheet.keys(_month_keys(rows, bound))
    words = [_month_word(month) for month in times]
    draw_tracks(sheet, tracks, words, "Month")
    notes = _draw_measures(sheet, spans, times, words)
    return sheet.done(results, notes)


def _time_lines(
    rows: pd.DataFrame, key: dict[str, str], bound: str, times: list[str]
) -> list[TimeLine]:
    """Loss at central stocks with the range from low to high; the other bound dashed."""
    for name, value in key.items():
        rows = rows[rows[name] == value]
    found = []
    for rerouting in sorted(set(rows["rerouting"]), key=lambda name: name != bound):
        part = rows[rows["rerouting"] == rerouting]
        by_cover = {
            cover: [finite(value) for value in _by_time(part[part["cover"] == cover], times)]
            for cover in ("low", "central", "high")
            if (part["cover"] == cover).any()
        }
        middle = by_cover[middle_cover(part)]
        if rerouting != bound:
            found.append(TimeLine(PAPER["least"], middle, form="dashes"))
        elif {"low", "high"} <= set(by_cover):
            found.append(TimeLine(PAPER["loss"], middle, by_cover["high"], by_cover["low"]))
        else:
            found.append(TimeLine(PAPER["loss"], middle))
    return found


def _by_time(rows: pd.DataFrame, times: list[str]) -> list[float]:
    return list(rows.set_index("month")["loss"].reindex(times))


def _month_keys(rows: pd.DataFrame, bound: str) -> list[Key]:
    covers = set(rows["cover"])
    keys = [Key(f"{_bound_words(bound)}, {middle_cover(rows)} stocks", PAPER["loss"], "line")]
    if {"low", "high"} <= covers:
        keys.append(Key("from high to low stocks", BAND_KEY))
    others = sorted(set(rows["rerouting"]) - {bound})
    return keys + [Key(_bound_words(name), PAPER["least"], "dashes") for name in others]


def _draw_measures(
    sheet: PictureSheet, spans: Sequence[tuple[str, str, str]], times: list[str], words: list[str]
) -> list[str]:
    """When each measure that set a bound was in force, on the same scale of time."""
    shown = [span for span in spans if span[1] <= times[-1] and span[2] >= times[0]][:MEASURES]
    if not shown:
        return []
    above = sheet.figure.axes[-1]
    left = sheet.left_of(above)
    sheet.write("Measures in force", 10.5, bold=True)
    sheet.space(0.05)
    wrapped = [sheet.wrap(name, left - 2 * MARGIN) for name, _, _ in shown]
    tall = max(0.24, 0.175 * max(map(len, wrapped)))
    for place, lines in enumerate(wrapped):
        sheet.beside(lines, sheet.top + tall * (place + 0.5))
    axes = sheet.panel(tall * len(shown), left, below=0.35)
    for place, (_, first, last) in enumerate(shown):
        start, end = _place(first, times), _place(last, times)
        axes.barh(place, end - start + 1, left=start - 0.5, height=0.5, color=PAPER["least"])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xlim(above.get_xlim())
    axes.set_xticks(above.get_xticks(), [words[int(place)] for place in above.get_xticks()])
    more = len(spans) - len(shown)
    return [f"{more} more measures set bounds outside these months or are not drawn."] * (more > 0)


def _place(month: str, times: list[str]) -> int:
    """Place of a month among those drawn; the nearest end for one outside."""
    return min(max(sum(time < month for time in times), 0), len(times) - 1)


def _spans(applied: Iterable[str]) -> list[tuple[str, str, str]]:
    """Measure, first and last month of each line of ``applied`` that tells them."""
    found = (_SPAN.match(str(line)) for line in applied)
    return [(span["name"], span["first"], span["last"]) for span in found if span]


def _whole_run(results: Results, rows: pd.DataFrame, title: str | None) -> Figure:
    """Months of output lost over the run, with the range of stocks."""
    keys, bound = _keys(rows), _bound(rows)
    found = []
    middle = middle_cover(rows)
    for key, part in rows.groupby(keys, sort=True):
        lost = part[part["rerouting"] == bound].set_index("cover")["months_lost"]
        ends = [finite(lost.get(cover)) for cover in (middle, "high", "low")]
        other = part[(part["rerouting"] != bound) & (part["cover"] == middle)]["months_lost"]
        found.append((key, *ends, finite(next(iter(other), None))))
    found.sort(key=lambda row: (-(row[1] or 0.0), -(row[3] or 0.0), row[0]))
    hit = [row for row in found if row[1] or row[3]] or found
    labels = _labels(results, pd.DataFrame([row[0] for row in hit[:TOP]], columns=keys))
    bars = []
    for label, (_, value, low, high, other) in zip(labels, hit, strict=False):
        bars.append(Bar.of(label, (value, low, high), months_text, other))
    months = results.params.get("months")
    sheet = PictureSheet(
        title or f"{results.params.get('scenario', 'Scenario')}: who loses most output",
        f"Months of output lost{f' in {months} months' if months else ''}, worst first"
        f"{f': {len(bars)} of {len(found)}' if len(bars) < len(found) else ''}",
    )
    sheet.keys(_whole_keys(rows, bound, bars))
    draw_bars(sheet, bars, "Months of output lost", share=False)
    return sheet.done(results)


def _whole_keys(rows: pd.DataFrame, bound: str, bars: Sequence[Bar]) -> list[Key]:
    keys = [Key(f"{_bound_words(bound)}, {middle_cover(rows)} stocks", PAPER["loss"], "dot")]
    if any(bar.ranged for bar in bars):
        keys.append(Key("from high to low stocks", BAND_KEY))
    if any(bar.other is not None for bar in bars):
        others = sorted(set(rows["rerouting"]) - {bound})
        keys.append(Key(_bound_words(others[0]), PAPER["least"], "ring"))
    return keys


def middle_cover(rows: pd.DataFrame) -> str:
    """The size of stocks that is drawn as a line or mark: central where it was asked for."""
    covers = set(rows["cover"])
    return next(cover for cover in ("central", "low", "high") if cover in covers)


def _thing(table: pd.DataFrame) -> str:
    return "element" if "element" in table else "product"


def _keys(table: pd.DataFrame) -> list[str]:
    return [name for name in (_thing(table), "region", "segment") if name in table]


def _bound(rows: pd.DataFrame) -> str:
    """The bound that is quoted: nobody reroutes, where it was asked for."""
    found = sorted(set(rows["rerouting"]))
    return "none" if "none" in found else found[0]


def _bound_words(bound: str) -> str:
    words = {"none": "nobody reroutes", "least": "the best of all allocations"}
    return words.get(bound, f"rerouting {bound}")


def _labels(results: Results, keys: pd.DataFrame) -> list[str]:
    return place_labels(results, keys.rename(columns={"element": "product"}))


def _month_word(month: str) -> str:
    """A month in few signs.

    Examples
    --------
    >>> _month_word("2025-04")
    'Apr 2025'
    """
    year, _, number = month.partition("-")
    return f"{MONTHS[int(number) - 1]} {year}"


def backtest(results: Results, title: str | None) -> Figure:
    """What happened beside what was forecast, month by month."""
    rows = results.table[results.table["month"].notna()]
    forecast = rows[rows["role"].isin(["fit", "test"])]
    named = list(dict.fromkeys(forecast["destination"]))
    shown = sorted(named, key=lambda name: name != "World")[:PANELS]
    if "World" in shown:  # the others are small beside it, and the table has them
        shown = ["World"]
    times = sorted(set(forecast["month"]))
    tracks = []
    for name in shown:
        part = forecast[forecast["destination"] == name].set_index("month").reindex(times)
        columns = ("forecast", "low", "high", "naive_year", "observed")
        line, low, high, naive, seen = ([finite(v) for v in part[column]] for column in columns)
        tracks.append(
            Track(
                results.names.get(name, name),
                [
                    TimeLine(PAPER["least"], naive, form="dashes"),
                    TimeLine(PAPER["loss"], line, low, high),
                    TimeLine(PAPER["ink"], seen, form="dot"),
                ],
            )
        )
    tested = [times.index(month) for month in forecast[forecast["role"] == "test"]["month"]]
    sheet = PictureSheet(
        title or "Chinese magnet exports: the forecast beside what happened",
        f"Tonnes a month; fitted on the months before, forecast in those that are shaded"
        f"{'' if len(shown) == len(named) else f'; {shown[0]}, one of {len(named)} destinations'}",
    )
    sheet.keys(
        [
            Key("observed", PAPER["ink"], "dot"),
            Key("forecast", PAPER["loss"], "line"),
            Key("from the least to the most of the named choices", BAND_KEY),
            Key("same month a year before", PAPER["least"], "dashes"),
        ]
    )
    spans = [(min(tested), max(tested))] if tested else []
    words = [_month_word(month) for month in times]
    draw_tracks(sheet, tracks, words, "Month", lambda tonnes, _: f"{tonnes:,.0f} t", spans)
    return sheet.done(results)
