"""Stocks: months of cover tier by tier, and time to survive against time to recover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from supplygraph.errors import UsageError
from supplygraph.results import Results
from supplygraph.views.pictures.bars import BAND_KEY, TOP, Bar, draw_bars, finite, months_text
from supplygraph.views.pictures.losses import place_labels
from supplygraph.views.pictures.sheet import Key, PictureSheet
from supplygraph.views.style import PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure


ENDS = ("months_central", "months_low", "months_high")
BOUNDS = {"none": "nobody rerouting", "least": "this row served before all others"}


def cover(results: Results, title: str | None) -> Figure:
    """Months that each stated stock covers, from the product upwards."""
    table = results.table
    known = table[table["months_central"].notna()]
    if known.empty:
        raise UsageError("no row states a stock, so there is nothing to draw. Write a table.")
    one = len(table.drop_duplicates(["product", "region"])) == 1
    parts = known["holder"].str.partition("@")
    known = known.assign(maker=parts[0], market=parts[2])
    if not one:  # a stock of a market stands behind many products
        known = known.drop_duplicates(["holder", "material", "stage", "months_central"])
    order = ["tier", "months_central"] if one else ["months_central", "tier"]
    known = known.sort_values([*order, "material", "holder"], kind="stable")
    alike = ["tier", "material", "stage", "holder_kind", "maker", *ENDS]
    groups = [group for _, group in known.groupby(alike, sort=False, dropna=False)][:TOP]
    drawn = sum(map(len, groups))
    bars = [
        Bar.of(_stock(results, group, one), _ends(group.iloc[0]), months_text) for group in groups
    ]
    first = place_labels(results, known.head(1))[0]
    blank = int(table["months_central"].isna().sum())
    notes = [f"{blank} more rows are not drawn: nobody states a stock, and missing is not zero."]
    sheet = PictureSheet(
        title or (f"Stocks behind {first}" if one else "The stocks that run out first"),
        "Months that a stock covers its holder's use with nothing coming in"
        f"{f': the {drawn} least of {len(known)}' if drawn < len(known) else ''}",
    )
    sheet.keys(_keys())
    draw_bars(sheet, bars, "Months of cover", share=False)
    return sheet.done(results, notes if blank else ())


def _ends(row: Mapping[str, object]) -> list[float | None]:
    return [finite(row[name]) for name in ENDS]


def _stock(results: Results, rows: pd.DataFrame, one: bool) -> str:
    """What is held by whom, markets by id if there are several; of one product also the tier."""
    row, names = rows.iloc[0], results.names
    market = row["market"] if row["holder_kind"] == "product" else row["holder"]
    if len(rows) > 1:
        markets = rows["market" if row["holder_kind"] == "product" else "holder"]
        where = ", ".join(dict.fromkeys(markets))
    else:
        where = names.get(market, market)
    what = names.get(row["material"]) or row["material"] or f"several of stage {row['stage']}"
    maker = "its maker" if one else f"makers of {names.get(row['maker'], row['maker'])}"
    who = "the market" if row["holder_kind"] == "market" else maker
    if one:
        return f"Tier {row['tier']}: {what}, held by {who}{f', {where}' if where else ''}"
    return f"{what}, held by {who}{f': {where}' if where else ''}"


def survival(results: Results, title: str | None) -> Figure:
    """Time to survive of those who run out first, against time to recover."""
    table = results.table
    bound = "none" if (table["rerouting"] == "none").any() else str(table["rerouting"].iloc[0])
    rows = table[(table["rerouting"] == bound) & (table["product"] != "total")]
    found = []
    for key, part in rows.groupby(["removed", "product", "region"], sort=True):
        times = part.set_index("cover")["tts_months"]
        ends = [finite(times.get(size)) for size in ("central", "low", "high")]
        if ends[0] is not None:
            found.append((ends, key, finite(part["ttr_months"].iloc[0])))
    if not found:
        raise UsageError("no row states a time to survive: nothing to draw. Write a table.")
    found.sort(key=lambda row: (row[0][0], row[0][1] or 0.0, row[1]))
    shown = found[:TOP]
    keys = pd.DataFrame([key for _, key, _ in shown], columns=["removed", "product", "region"])
    labels = place_labels(results, keys)
    if table["removed"].nunique() > 1:
        removed = keys["removed"]
        labels = [f"{label}, without {out}" for label, out in zip(labels, removed, strict=True)]
    bars = []
    for label, (ends, _, recovery) in zip(labels, shown, strict=True):
        bar = Bar.of(label, ends, months_text, recovery)
        told = "" if recovery is None else f", recovers in {months_text(recovery)}"
        bars.append(replace(bar, text=bar.text + told))
    longest = finite(results.params.get("longest"))
    sheet = PictureSheet(
        title or f"Who runs out first without {' and '.join(sorted(set(table['removed'])))}",
        f"Months until output falls short on stated stocks, {BOUNDS.get(bound, bound)}"
        f"{f': the {TOP} soonest of {len(found)}' if len(found) > TOP else ''}",
    )
    recovers = [bar for bar in bars if bar.other is not None]
    sheet.keys([*_keys(), *[Key("time to recover", PAPER["least"], "ring")][: len(recovers)]])
    axes = draw_bars(sheet, bars, "Months", share=False)
    times = {bar.other for bar in recovers}
    if len(times) == 1:
        axes.axvline(times.pop(), color=PAPER["least"], linewidth=1.2, linestyle="--", zorder=0)
    notes = [f"A time of {longest:g} months is that or more: no longer one was looked for."]
    capped = longest is not None and any(bar.most >= longest for bar in bars)
    return sheet.done(results, notes if capped else ())


def _keys() -> Sequence[Key]:
    return [
        Key("central stocks", PAPER["loss"], "dot"),
        Key("from low to high stocks", BAND_KEY),
    ]
