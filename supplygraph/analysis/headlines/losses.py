"""Losses as sentences that can be quoted: what stops, who lacks how much, and for want of what."""

from __future__ import annotations

from collections.abc import Iterator

from supplygraph.analysis.headlines.statement import (
    Row,
    Statement,
    Teller,
    percent_words,
)
from supplygraph.vocabulary import EXPORT_STOP

HARDEST = 5  # products that the sentences of one stop name
PATH = (3, 12, 36)  # months that the sentence of a stop names
SECTOR_WORDS = {
    "autos": "cars",
    "defence": "arms",
    "chips": "chips and electronics",
    "energy": "wind turbines",
    "industry": "industrial goods",
    "other": "other goods",
}
NOTHING_COUNTED = "Nothing that is asked for is counted."


def headline_of_ranking(tell: Teller) -> Statement:
    """What costs others most, of all that was ranked."""
    told = ranked(tell)
    if not told:
        return tell.say(NOTHING_COUNTED)
    what, costs, hit = _of_rank(tell, told[0])
    return tell.say(f"{what}, {costs}.{hit}")


def ranked_sentences(tell: Teller) -> Iterator[Statement]:
    """One sentence for each ranked removal."""
    told = ranked(tell)
    for index in told:
        what, costs, hit = _of_rank(tell, index)
        rank = tell.cell(index, "rank", str(tell.rows[index]["rank"]))
        yield tell.say(f"{rank}. {what}, {costs}.{hit}")
    if not told:
        yield tell.say(NOTHING_COUNTED)


def ranked(tell: Teller) -> list[int]:
    """Rows of a ranking that cost anybody something, or nothing; not those nobody can size."""
    asked = ("loss_abroad_none", "loss_home_none")
    return [
        index
        for index, row in enumerate(tell.rows)
        if row["rank"] is not None and any(row[name] is not None for name in asked)
    ]


def _counted(tell: Teller) -> str:
    """What the losses are shares of."""
    params = tell.results.params
    what = SECTOR_WORDS.get(str(params.get("sector")), "")
    if params.get("product"):
        what = tell.name(params["product"])
    where = f" in {tell.place(params['region'])}" if params.get("region") else ""
    return f"{f'its output of {what}' if what else 'the output counted'}{where}"


def _of_rank(tell: Teller, index: int) -> tuple[str, str, str]:
    """What stops, what that costs, and who is hit hardest."""
    row, params = tell.rows[index], tell.results.params
    stop = "if its exports stop" if params["as"] == EXPORT_STOP else "if it stops"
    if row["loss_abroad_none"] is None:
        costs = f"nothing is counted abroad; at home it costs {_at_home(tell, index)}"
    else:
        costs = f"the rest of the world lacks {_spread(tell, index)} of {_counted(tell)}"
        costs += _beside(tell, index)
        if params["as"] != EXPORT_STOP and row["loss_home_none"] is not None:
            costs += f"; at home {_at_home(tell, index)}"
    return f"{tell.node(index)}: {stop}", costs, _hit(tell, row)


def _hit(tell: Teller, row: Row) -> str:
    if not row["worst_product"]:
        return ""
    want = f"want of {tell.name(row['binding_input'])}" if row["binding_input"] else ""
    params, grade = tell.results.params, f"; grade {row['evidence']}."
    if (row["worst_product"], row["worst_region"]) == (params["product"], params["region"]):
        return f" For {want}{grade}" if want else ""
    where = f" in {tell.place(row['worst_region'])}" if row["worst_region"] else ""
    through = f", for {want}" if want else ""
    return f" Hit hardest: {tell.name(row['worst_product'])}{where}{through}{grade}"


def _step(tell: Teller) -> str:
    """Column of the step that ranks."""
    return f"loss_abroad_{tell.results.params['after']}m"


def quoted(tell: Teller, index: int) -> float:
    """The loss abroad that is quoted of a row of a ranking; at home where nothing weighs abroad."""
    row = tell.rows[index]
    return float(row.get(_quoted_column(tell, index)) or 0.0)


def quote(tell: Teller, index: int) -> str:
    """The same in words."""
    return tell.percent(index, _quoted_column(tell, index))


def _quoted_column(tell: Teller, index: int) -> str:
    row, home = tell.rows[index], f"loss_home_{tell.results.params['after']}m"
    columns = (_step(tell), "loss_abroad_none", home, "loss_home_none")
    return next((name for name in columns if row.get(name) is not None), columns[1])


def _spread(tell: Teller, index: int) -> str:
    """The loss to quote: of the last step, else under none."""
    if tell.rows[index].get(_step(tell)) is None:
        return f"if nobody reroutes {tell.percent(index, 'loss_abroad_none')}"
    return f"after {tell.asked('after')} months {tell.percent(index, _step(tell))}"


def _beside(tell: Teller, index: int) -> str:
    """What the loss lies between, of the bounds that were asked for."""
    row = tell.rows[index]
    parts = [("at best", "loss_abroad_least"), ("if nobody reroutes", "loss_abroad_none")]
    if row.get(_step(tell)) is None:
        parts = parts[:1]
    told = [
        f"{word} {tell.percent(index, column)}"
        for word, column in parts
        if row.get(column) is not None
    ]
    return f" ({', '.join(told)})" if told else ""


def _at_home(tell: Teller, index: int) -> str:
    step = f"loss_home_{tell.results.params['after']}m"
    known = tell.rows[index].get(step) is not None
    return tell.percent(index, step if known else "loss_home_none")


def headline_of_stop(tell: Teller) -> Statement:
    """What others lack in all when something is taken away, and who is hit hardest."""
    abroad, home = _total(tell, "abroad"), _total(tell, "home")
    parts = [_stopped(tell)]
    if abroad is not None:
        parts.append(f"the rest of the world lacks {_lacks(tell, abroad)}{_ends_of(tell, abroad)}")
    if home is not None and (abroad is None or "stop_exports" not in _asked(tell)):
        parts.append(f"at home {_counted(tell)} falls by {tell.percent(home, _last(tell, home))}")
    if len(parts) == 1:
        return tell.say(NOTHING_COUNTED)
    first = f"{parts[0]} {'; '.join(parts[1:])}."
    hardest = _hardest(tell)
    return tell.say(f"{first} Hit hardest: {_short(tell, hardest[0])}." if hardest else first)


def _asked(tell: Teller) -> dict[str, str]:
    """What was taken away, and how."""
    params = tell.results.params
    names = ("remove", "stop_exports", "measure")
    return {
        name: " and ".join(map(tell.selector, params[name])) for name in names if params.get(name)
    }


def _stopped(tell: Teller) -> str:
    """What was asked, as the beginning of a sentence."""
    words = {
        "remove": "Without {}",
        "stop_exports": "Without exports of {}",
        "measure": "Under {}",
    }
    asked = [words[name].format(told) for name, told in _asked(tell).items()]
    if not asked:
        return "With nothing taken away"
    return ", and ".join([asked[0], *(one[0].lower() + one[1:] for one in asked[1:])])


def _short(tell: Teller, index: int) -> str:
    row = tell.rows[index]
    through = f", for want of {tell.name(row['binding_none'])}" if row["binding_none"] else ""
    where = tell.place(row["region"])
    loss = tell.percent(index, _last(tell, index))
    grades = f"grades {row['need_evidence']}/{row['quantity_evidence']}"
    return f"{tell.name(row['product'])} in {where}, {loss}{through} ({grades})"


def stop_sentences(tell: Teller) -> Iterator[Statement]:
    """The total abroad over time, then the products hit hardest."""
    abroad, home = _total(tell, "abroad"), _total(tell, "home")
    if abroad is not None:
        least = tell.rows[abroad]["loss_least"]
        best = "" if least is None else f"; at best {tell.percent(abroad, 'loss_least')}"
        yield tell.say(
            f"The rest of the world lacks {_lacks(tell, abroad)}{best}; if "
            f"nobody reroutes {tell.percent(abroad, 'loss_none')}. "
            f"In the first year it loses {_months(tell, abroad)} of output."
        )
    if home is not None:
        yield tell.say(f"At home: {tell.percent(home, _last(tell, home))}.")
    for index in _hardest(tell):
        yield row_sentence(tell, index)


def row_sentence(tell: Teller, index: int) -> Statement:
    """What one product in one place loses after a stop, from when on, and for want of what."""
    row = tell.rows[index]
    size = ", the size of its need is not known" if "nominal" in row["flags"] else ""
    grades = f"{row['need_evidence']}/{row['quantity_evidence']}"
    return tell.say(
        f"{tell.name(row['product'])} in {tell.place(row['region'])}: "
        f"{tell.percent(index, _last(tell, index))} after a year{_begins(tell, index)}, "
        f"{_months(tell, index)} of output lost in the first year, for want of "
        f"{tell.name(row['binding_none'])} (grades {grades}{size})."
    )


def _total(tell: Teller, place: str) -> int | None:
    """Index of the total of a place; None where nothing weighs there."""
    for index, row in enumerate(tell.rows):
        if row["product"] == "total" and row["place"] == place:
            return index if row["loss_none"] is not None else None
    return None


def _lacks(tell: Teller, index: int) -> str:
    """The loss over the months after a stop; once where it stays the same."""
    row = tell.rows[index]
    losses = [row[f"loss_{step}m"] for step in PATH]
    if None not in losses and len({percent_words(loss) for loss in losses}) == 1:
        ends = [tell.cell(index, f"loss_{step}m", str(step)) for step in (PATH[0], PATH[-1])]
        share = tell.percent(index, f"loss_{PATH[0]}m")
        return f"{share} of {_counted(tell)} from month {ends[0]} to month {ends[1]}"
    told = [
        f"after {tell.cell(index, f'loss_{step}m', str(step))} months "
        f"{tell.percent(index, f'loss_{step}m')}"
        for step in PATH
        if row[f"loss_{step}m"] is not None
    ]
    return f"{', '.join(told) or tell.percent(index, 'loss_none')} of {_counted(tell)}"


def _ends_of(tell: Teller, index: int) -> str:
    row = tell.rows[index]
    words = {"loss_least": "at best", "loss_none": "if nobody reroutes"}
    told = [
        f"{word} {tell.percent(index, name)}"
        for name, word in words.items()
        if row[name] is not None
    ]
    return f" ({', '.join(told)})" if len(told) > 1 else ""


def _hardest(tell: Teller) -> list[int]:
    """Rows hit hardest abroad, of each product where it is hit most; of one product its regions."""
    rows = tell.rows
    loss = [
        0.0 if row["product"] == "total" else row[_last(tell, i)] or 0.0
        for i, row in enumerate(rows)
    ]
    hit = [index for index, share in enumerate(loss) if share > 0]
    hit = [index for index in hit if rows[index]["place"] != "home"] or hit
    hit.sort(  # of equal losses those whose need somebody sized come first
        key=lambda i: (
            -round(loss[i], 9),
            "nominal" in rows[i]["flags"],
            rows[i]["product"],
            -(rows[i]["demand"] or 0.0),
        )
    )
    if len({rows[index]["product"] for index in hit}) == 1:
        return hit[:HARDEST]
    first = {rows[index]["product"]: index for index in reversed(hit)}
    return [index for index in hit if first[rows[index]["product"]] == index][:HARDEST]


def _last(tell: Teller, index: int) -> str:
    """Column of the loss to quote: after a year, else when nobody reroutes."""
    return "loss_12m" if tell.rows[index]["loss_12m"] is not None else "loss_none"


def _begins(tell: Teller, index: int) -> str:
    """First months with low and with high stocks."""
    row = tell.rows[index]
    low, high = (row[f"first_month_{cover}"] for cover in ("low", "high"))
    if low is None:
        return ""
    told = tell.cell(index, "first_month_low", f"{low:.0f}")
    if high is None:
        return f", short from month {told} with low stocks on"
    last = tell.cell(index, "first_month_high", f"{high:.0f}")
    return f", short from month {told if told == last else f'{told} to {last}'} on"


def _months(tell: Teller, index: int) -> str:
    names = ("months_lost_year_1_high", "months_lost_year_1_low")  # high stocks lose less
    return f"{tell.between(index, *names, words=_one_decimal)} months"


def _one_decimal(value: float | None) -> str:
    return "an unknown number of" if value is None else f"{value:.1f}"
