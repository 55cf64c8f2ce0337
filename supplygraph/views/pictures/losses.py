"""Losses of a static year: rankings with their bounds, and who is hit hardest by one removal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from supplygraph.errors import UsageError
from supplygraph.results import Results
from supplygraph.trade_words import step_text
from supplygraph.views.pictures.bars import (
    BAND_KEY,
    TOP,
    Bar,
    draw_bars,
    finite,
    percent_text,
)
from supplygraph.views.pictures.lines import LossPath, draw_paths
from supplygraph.views.pictures.sheet import Key, PictureSheet
from supplygraph.views.style import LIGHT, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure


STEPS = ("none", "3m", "6m", "12m", "24m", "36m", "least")
SIDES = ("abroad", "home")
QUOTED = ("12m", "6m", "3m", "24m", "36m", "none", "least")  # the first that is there is marked
WORDS = {"none": "if nobody reroutes", "least": "in the best of all allocations"}


def ranking(results: Results, title: str | None) -> Figure:
    """Removals by the loss they cause."""
    table = results.table
    side = next((one for one in SIDES if table[f"loss_{one}_none"].notna().any()), SIDES[0])
    step = _quoted(table, f"loss_{side}_", results.params)
    losses = {name: table[f"loss_{side}_{name}"] for name in {step, "none", "least"}}
    found = table[losses[step].notna()]
    ranked = found.assign(mark=losses[step], most=losses["none"].fillna(0.0))
    ranked = ranked.sort_values(["mark", "most", "id"], ascending=[False, False, True])
    rows = ranked[(ranked["mark"] > 0) | (ranked["most"] > 0)].head(TOP)
    if rows.empty:
        rows = ranked.head(TOP)
    labels = [_name(results, row) for row in rows.to_dict("records")]
    bars = _bars(rows, labels, step, f"loss_{side}_")
    by = str(results.params.get("by", ""))
    stops = "exports stop" if results.params.get("as") == "export-stop" else "plants stop"
    where = "abroad" if side == "abroad" else "at home"
    sheet = PictureSheet(
        title or f"Chokepoints by {by.replace('-', ' and ')}{_count(len(bars), len(table))}",
        f"Share of the demand {where} that is lost when {stops}, {_step_words(step)}"
        f"{_asked(results)}",
    )
    sheet.keys(_keys(step, bars))
    draw_bars(sheet, bars, f"Loss {where}, weighted share of demand")
    return sheet.done(results)


def hit_hardest(results: Results, title: str | None) -> Figure:
    """Products and regions that one removal hits hardest, and the totals over time."""
    table = results.table
    rows = table[table["product"] != "total"]
    step = _quoted(rows, "loss_", results.params)
    rows = rows.assign(mark=rows[f"loss_{step}"], most=rows["loss_none"].fillna(0.0))
    order = ["mark", "most", "product", "region", "segment"]
    rows = rows.sort_values(order, ascending=[False, False, True, True, True])
    hit = rows[(rows["mark"] > 0) | (rows["most"] > 0)]
    hit = hit if len(hit) else rows
    alike = ["product", "loss_least", f"loss_{step}", "loss_none"]
    groups = [group for _, group in hit.groupby(alike, sort=False, dropna=False)][:TOP]
    labels = [_places(results, group) for group in groups]
    bars = _bars(pd.concat([group.head(1) for group in groups]), labels, step, "loss_")
    count = sum(map(len, groups))
    sheet = PictureSheet(
        title or f"Hit hardest without {_removed(results)}{_count(count, len(rows))}",
        f"Share of the base year's demand that is lost, {_step_words(step)}{_asked(results)}",
    )
    sheet.keys(_keys(step, bars))
    draw_bars(sheet, bars, "Loss, share of demand")
    paths = _paths(table[table["product"] == "total"])
    if paths:
        sheet.write("Weighted total in the months after the stop", 10.5, bold=True)
        sheet.space(0.08)
        least = Key("the least that any allocation could reach", PAPER["soft"], "dashes")
        sheet.keys([*(Key(path.name, path.colour, "line") for path in paths), least])
        draw_paths(sheet, paths, "Months after the stop; at 0 nobody reroutes")
    return sheet.done(results)


def place_labels(results: Results, rows: pd.DataFrame) -> list[str]:
    """Product and region of each row by full name, the segment where it tells two rows apart."""
    names = results.names
    keys = [(str(row["product"]), str(row["region"])) for row in rows.to_dict("records")]
    segments = [str(name) for name in rows["segment"]] if "segment" in rows else [""] * len(keys)
    return [
        ", ".join(
            filter(
                None,
                (
                    names.get(product, product),
                    names.get(region, region),
                    segment if keys.count((product, region)) > 1 else "",
                ),
            )
        )
        for (product, region), segment in zip(keys, segments, strict=True)
    ]


def _places(results: Results, rows: pd.DataFrame) -> str:
    """Rows of one product that lose the same, as one: its regions by id where there are several."""
    if len(rows) == 1:
        return place_labels(results, rows)[0]
    product = str(rows["product"].iloc[0])
    regions = ", ".join(dict.fromkeys(map(str, rows["region"])))
    return f"{results.names.get(product, product)}: {regions}"


def _bars(rows: pd.DataFrame, labels: Sequence[str], step: str, prefix: str) -> list[Bar]:
    bars = []
    for label, row in zip(labels, rows.to_dict("records"), strict=True):
        value, least, none = (finite(row[f"{prefix}{name}"]) for name in (step, "least", "none"))
        both = least is not None and none is not None
        bars.append(
            Bar.of(label, (value, least, none) if both else (value, None, None), percent_text)
        )
    return bars


def _quoted(table: pd.DataFrame, prefix: str, params: Any) -> str:
    """The step that is quoted: the one that ranks, else the first of `QUOTED` that was asked for.

    Raises
    ------
    UsageError
        If no row knows a loss.
    """
    asked = str(params.get("rerouting"))
    first = f"{params.get('after')}m" if "after" in params else ""
    for step in (asked if asked in WORDS else first, *QUOTED):
        if f"{prefix}{step}" in table and table[f"{prefix}{step}"].notna().any():
            return step
    raise UsageError("no row knows a loss, so there is nothing to draw. Write a table.")


def _step_words(step: str) -> str:
    return WORDS.get(step) or f"{step.removesuffix('m')} months later, nobody outbidding anybody"


def _keys(step: str, bars: Sequence[Bar]) -> list[Key]:
    keys = [Key(f"{_step_words(step)}", PAPER["loss"], "dot")]
    if any(bar.ranged for bar in bars):
        band = "from the best of all allocations to nobody reroutes"
        keys.append(Key(band, BAND_KEY))
    return keys


def _asked(results: Results) -> str:
    """What the losses count, as far as it was asked for."""
    said = {"product": "", "sector": "sector ", "region": "", "at": "in "}
    found = [
        f"{word}{results.names.get(str(value), str(value))}"
        for name, word in said.items()
        if (value := results.params.get(name))
    ]
    return f"; {', '.join(found)}" if found else ""


def _removed(results: Results) -> str:
    stops = [f"exports of {text}" for text in results.params.get("stop_exports") or ()]
    named = [*(results.params.get("remove") or ()), *stops, *(results.params.get("measure") or ())]
    return " and ".join(map(str, named)) or "what was taken away"


def _count(shown: int, of: int) -> str:
    worst = f"the {shown} worst" if shown > 1 else "the worst"
    return f": {worst} of {of}" if shown < of else ""


def _name(results: Results, row: dict[str, Any]) -> str:
    """A removal by full name: a step of a country as people name steps."""
    country = results.names.get(str(row["country"]))
    if row["kind"] == "country-process" and country:
        return f"{step_text(str(row['stage']), str(row['process']))}, {country}"
    return str(row["name"] or row["id"])


def _paths(totals: pd.DataFrame) -> list[LossPath]:
    """Totals abroad and at home over months, with the least that was possible."""
    paths: list[LossPath] = []
    named = {"abroad": ("abroad", PAPER["loss"]), "home": ("at home", LIGHT[1])}
    for row in totals.to_dict("records"):
        months = {step: finite(row[f"loss_{step}"]) for step in STEPS}
        points = [
            (0.0 if step == "none" else float(step.removesuffix("m")), loss)
            for step, loss in months.items()
            if loss is not None and step != "least"
        ]
        if row["place"] in named and len(points) > 1:
            paths.append(LossPath(*named[row["place"]], points, months["least"]))
    return paths
