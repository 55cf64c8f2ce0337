"""Stocks, and how long they last, as sentences."""

from __future__ import annotations

from supplygraph.analysis.headlines.statement import Statement, Teller, worst

NO_STOCK = "No stock on the way is stated by anybody."


def headline_of_cover(tell: Teller) -> Statement:
    """The stock that is used up first, and how many say nothing."""
    rows = tell.rows
    stated = [i for i, row in enumerate(rows) if row["months_central"] is not None]
    first = [i for i in stated if rows[i]["first_out"]] or stated
    silent = len(rows) - len(stated)
    unknown = ""
    if silent:
        told = tell.tally(silent, "stock without a figure")
        unknown = f" Of {tell.count(len(rows), 'stock')} {told} have no figure."
    if not first:
        return tell.say(f"{NO_STOCK}{unknown}")
    index = min(first, key=lambda i: (rows[i]["months_central"], rows[i]["product"], i))
    row = rows[index]
    low, central, high = (
        tell.months(index, f"months_{name}") for name in ("low", "central", "high")
    )
    range_ = f" ({low} to {high})" if low != high else ""
    place = f"{tell.name(row['product'])} in {tell.place(row['region'])}"
    holder = " held by its makers" if row["holder_kind"] == "product" else " in the market"
    whose = f"The {tell.name(row['material'])}{holder}"
    return tell.say(
        f"{place}: stock lasts about {central} months{range_} once nothing comes in. {whose} runs "
        f"out first; grade {row['evidence'] or 'D'}.{unknown}"
    )


def headline_of_survival(tell: Teller) -> Statement:
    """How long stocks carry the product that falls first, if nobody reroutes and at best."""
    rows = tell.rows
    none = [
        i
        for i, row in enumerate(rows)
        if row["rerouting"] == "none"
        and row["cover"] == "central"
        and row["tts_months"] is not None
    ]
    index = min(none, key=lambda i: (rows[i]["tts_months"], i), default=None)
    if index is None:
        return tell.say("No time to survive is known for what was asked.")
    row = rows[index]
    ends = [_other(tell, index, cover=cover) for cover in ("low", "high")]
    told = [tell.months(i, "tts_months") for i in ends if i is not None]
    central = tell.months(index, "tts_months")
    range_ = f" ({' to '.join(told)})" if len(told) == 2 and told[0] != told[1] else ""
    what = _taken_away(tell, row["removed"])
    first = f", {runs_out(tell, row['runs_out'])} runs out first" if row["runs_out"] else ""
    return tell.say(
        f"Without {what}, stocks carry {tell.name(row['product'])} in {tell.place(row['region'])} "
        f"for {central} months{range_} if nobody reroutes{first}"
        f"{_at_best(tell, index)}{_recovery(tell, index)}; grade {row['evidence'] or 'D'}."
        f"{_lost_by_year(tell, index)}"
    )


def _taken_away(tell: Teller, removed: str) -> str:
    """What no longer stands or is no longer exported; removals compared are named by their row."""
    asked = tell.results.params
    gone = [tell.selector(text) for text in asked.get("remove") or ()]
    gone += [f"exports of {tell.selector(text)}" for text in asked.get("stop_exports") or ()]
    if asked.get("each") or not gone:
        return tell.selector(removed)
    return " and ".join(gone)


def _lost_by_year(tell: Teller, index: int) -> str:
    """Months lost in each year, if any are lost within three."""
    names = [f"months_lost_year_{year}" for year in (1, 2, 3)]
    lost = [tell.rows[index][name] for name in names]
    if None in lost or not any(lost):
        return ""
    first, second, third = (tell.months(index, name) for name in names)
    return (
        f" If it lasts, {first} months of output are lost in the first year, {second} in the "
        f"second and {third} in the third."
    )


def runs_out(tell: Teller, text: str) -> str:
    """Name of what runs out, such as ``ndfeb-hre held by f-35@US`` in the column ``runs_out``."""
    material, _, holder = text.partition(" held by ")
    product, _, place = holder.partition("@")
    held = f" held by {tell.name(product)}" if place else f" held in {tell.place(holder)}"
    return f"{tell.name(material)}{held if holder else ''}"


def _other(tell: Teller, index: int, **asked: str) -> int | None:
    """The row beside one that differs in what is asked alone."""
    keys = ("removed", "product", "region", "cover", "rerouting")
    wanted = {key: tell.rows[index][key] for key in keys} | asked
    for other, row in enumerate(tell.rows):
        if all(row[key] == value for key, value in wanted.items()):
            return other if row["tts_months"] is not None else None
    return None


def _at_best(tell: Teller, index: int) -> str:
    best = _other(tell, index, rerouting="least")
    if best is None:
        return ""
    capped = "capped" in tell.rows[best]["flags"]
    least = "at least " if capped else ""
    return f"; served before all others {least}{tell.months(best, 'tts_months')} months"


def _recovery(tell: Teller, index: int) -> str:
    if tell.rows[index]["ttr_months"] is None:
        return "; how long recovery takes is not known"
    return f"; recovery takes {tell.months(index, 'ttr_months')} months"


def headline_of_inferred(tell: Teller) -> Statement:
    """The stock with which the model would first be short when somebody was."""
    index = worst(tell.rows, "months_high")
    if index is None:
        return tell.say("No event on record can be met by any stock of this scenario.")
    row = tell.rows[index]
    met = tell.count(sum(row["months_high"] is not None for row in tell.rows), "event")
    return tell.say(
        f"The most stock an event speaks for: {tell.name(row['product'])} in "
        f"{tell.place(row['region'])}, {tell.months(index, 'months_low')} to "
        f"{tell.months(index, 'months_high')} months, since it was short in "
        f"{tell.date(index, 'month')}. Fitted to {met}: it proves nothing."
    )
