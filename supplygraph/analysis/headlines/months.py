"""Months of scenarios as sentences."""

from __future__ import annotations

from collections.abc import Callable

from supplygraph.analysis.headlines.statement import Statement, Teller, number_words
from supplygraph.grades import weakest

TOTAL = "total"
BOUNDS = {"none": "nobody reroutes", "qualified": "buyers qualify others", "least": "at best"}


def headline_of_run(tell: Teller) -> Statement:
    """Months of output lost in all, and the row that loses most."""
    return _of_months(tell, "product", "months_lost", "{} months of output")


def headline_of_run_by_element(tell: Teller) -> Statement:
    """The element that is short longest."""
    index = _most(tell, lambda row: row["month"] is None, "months_short")
    if index is None or not tell.rows[index]["months_short"]:
        return tell.say("No element is ever short.")
    row = tell.rows[index]
    grade = f"; grade {row['quantity_evidence']}" if row["quantity_evidence"] else ""
    return tell.say(
        f"{tell.name(row['element'])} is short longest, in {tell.place(row['region'])}: "
        f"{tell.number(index, 'months_short')} months from {tell.date(index, 'first_shortage')} "
        f"with {row['cover']} stocks ({BOUNDS.get(row['rerouting'], row['rerouting'])}){grade}."
    )


def _of_months(tell: Teller, key: str, column: str, words: str) -> Statement:
    totals = [i for i, r in enumerate(tell.rows) if r[key] == TOTAL and r["month"] is None]
    parts = [part for bound in BOUNDS if (part := _range_of(tell, totals, bound, column, words))]
    hardest = _most(tell, lambda row: row[key] != TOTAL and row["month"] is None, column)
    total = f"In all {'; '.join(parts)}{_weakest_of(tell, totals)}." if parts else ""
    if hardest is None or not tell.rows[hardest][column]:
        return tell.say(total or "Nothing is lost.")
    return tell.say(f"{total} {_hardest(tell, hardest, column)}".strip())


def _weakest_of(tell: Teller, rows: list[int]) -> str:
    """The weakest grades of needs behind some rows, in words; empty if they carry none."""
    names = ("need_evidence", "quantity_evidence")
    grades = [weakest(tell.rows[i][name] for i in rows) for name in names]
    return f" (weakest grades {'/'.join(grades)})" if all(grades) else ""


def _range_of(tell: Teller, rows: list[int], bound: str, column: str, words: str) -> str:
    """What is lost in all under a bound, with high to low stocks."""
    mine = [i for i in rows if tell.rows[i]["rerouting"] == bound]
    mine = [i for i in mine if tell.rows[i][column] is not None]
    if not mine:
        return ""
    mine.sort(key=lambda i: tell.rows[i][column])
    told = [tell.cell(i, column, _one_decimal(tell.rows[i][column])) for i in (mine[0], mine[-1])]
    ends = told[0] if told[0] == told[1] else f"{told[0]} to {told[1]}"
    how = BOUNDS[bound] if bound == "least" else f"if {BOUNDS[bound]}"
    return f"{words.format(ends)} lost {how}"


def _hardest(tell: Teller, index: int, column: str) -> str:
    row = tell.rows[index]
    since = ""
    if row["first_shortage"] is not None:
        since = f", short from {tell.date(index, 'first_shortage')} on"
    through = f", for want of {tell.name(row['binding'])}" if row["binding"] else ""
    size = ", the size of its need is not known" if "nominal" in row["flags"] else ""
    return (
        f"Hit hardest: {tell.name(row['product'])} in {tell.place(row['region'])}, "
        f"{tell.months(index, column)} months with {row['cover']} stocks if "
        f"{BOUNDS.get(row['rerouting'], row['rerouting'])}{since}{through} "
        f"(grades {row['need_evidence']}/{row['quantity_evidence']}{size})."
    )


def headline_of_account(tell: Teller) -> Statement:
    """What the exporter does not sell, and what importers lose."""
    sides = list(dict.fromkeys(row["side"] for row in tell.rows))
    parts = [part for side in sides if (part := _side(tell, side))]
    if not parts:
        return tell.say("Nothing is withheld and nothing lost.")
    return tell.say(f"{'; '.join(parts)}.")


def _side(tell: Teller, side: str) -> str:
    """The range of a side's grand total over the bounds."""
    rows = [
        i
        for i, row in enumerate(tell.rows)
        if row["side"] == side
        and row["month"] is None
        and row["group"] == TOTAL
        and not row["region"]
        and not row["item"]
        and row["value_low_usd"] is not None
        and row["value_high_usd"] is not None
    ]
    if not rows:
        return ""
    low = min(rows, key=lambda i: tell.rows[i]["value_low_usd"])
    high = max(rows, key=lambda i: tell.rows[i]["value_high_usd"])
    ends = [
        tell.cell(low, "value_low_usd", _dollars(tell.rows[low]["value_low_usd"])),
        tell.cell(high, "value_high_usd", _dollars(tell.rows[high]["value_high_usd"])),
    ]
    told = ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    grade = weakest(tell.rows[i]["evidence"] for i in rows)
    return f"{side} {told}".replace("_", " ") + (f" (prices of grade {grade})" if grade else "")


def _dollars(value: float) -> str:
    if 0 < abs(value) < 1:
        return "less than 1 USD"
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if abs(value) >= size:
            return f"{number_words(value / size)} {word} USD"
    return f"{number_words(value)} USD"


def headline_of_comparison(tell: Teller) -> Statement:
    """Which scenario loses most, and how far it is from the first."""
    totals = [
        i
        for i, row in enumerate(tell.rows)
        if TOTAL in (row["product"], row["region"]) and row["lost_central"] is not None
    ]
    bound = "none" if any(tell.rows[i]["rerouting"] == "none" for i in totals) else None
    mine = [i for i in totals if bound in (None, tell.rows[i]["rerouting"])]
    if not mine:
        return tell.say("The scenarios share no total that could be compared.")
    worst = max(mine, key=lambda i: (tell.rows[i]["lost_central"], -i))
    parts = []
    for index in mine[:4]:
        row = tell.rows[index]
        ends = tell.between(index, "lost_high", "lost_low", words=_one_decimal)
        central = tell.months(index, "lost_central")
        parts.append(f"{tell.as_name(row['scenario'])} {central} ({ends})")
    how = f" if {BOUNDS['none']}" if bound == "none" else ""
    name = tell.as_name(tell.rows[worst]["scenario"])
    most = f" Most is lost in {name}."
    if _alike(tell, mine):
        most = _why_alike(tell, totals) if bound == "none" else " They lose the same."
    graded = _weakest_of(tell, mine)
    return tell.say(f"Months of output lost in all{how}: {', '.join(parts)}{graded}.{most}")


def _why_alike(tell: Teller, totals: list[int]) -> str:
    """Why scenarios do not differ when nobody reroutes, and whether they do at best."""
    why = " They do not differ, since nobody then draws on new plants or other suppliers"
    best = [i for i in totals if tell.rows[i]["rerouting"] == "least"]
    if not best or _alike(tell, best):
        return f"{why}."
    told = [
        f"{tell.as_name(tell.rows[i]['scenario'])} {tell.months(i, 'lost_central')}"
        for i in best[:4]
    ]
    return f"{why}; at best {', '.join(told)}."


def _alike(tell: Teller, rows: list[int]) -> bool:
    return len({round(tell.rows[i]["lost_central"], 6) for i in rows}) == 1


def headline_of_backtest(tell: Teller) -> Statement:
    """How far forecasts were off, beside the naive ones."""
    scores = [i for i, row in enumerate(tell.rows) if row["mape"] is not None]
    if not scores:
        return tell.say("No month has both a forecast and an observation.")
    tests = [i for i in scores if tell.rows[i]["role"] == "test"] or scores
    index = next((i for i in tests if tell.rows[i]["destination"] == "world"), tests[0])
    row = tell.rows[index]
    naive = [
        f"{word} {tell.percent(index, name)}"
        for name, word in (
            ("mape_naive_year", "the same month of the year before"),
            ("mape_naive_last", "the last month known"),
        )
        if row[name] is not None
    ]
    beside = f"; {', '.join(naive)}" if naive else ""
    held = ""
    if row["coverage"] is not None:
        held = f" The range held {tell.percent(index, 'coverage')} of the months."
    grade = row["base_evidence"]
    graded = f" Its base months are of grade {grade} or better." if grade else ""
    where = tell.place(row["destination"])
    role = {"test": "not fitted", "fit": "fitted"}.get(row["role"], row["role"])
    return tell.say(
        f"Exports to {where}, months {role}: the forecast is off by {tell.percent(index, 'mape')} "
        f"on average{beside}.{held}{graded}"
    )


def headline_of_duties(tell: Teller) -> Statement:
    """What duties and leaks cost in all."""
    index = next((i for i, row in enumerate(tell.rows) if row["id"] == TOTAL), None)
    if index is None or tell.rows[index]["value_usd"] is None:
        return tell.say("No duty or premium can be valued.")
    row = tell.rows[index]
    if not row["duty_usd"] and not row["premium_usd"]:
        return tell.say("Nobody pays a duty or a premium that could be valued.")
    told = [
        f"{tell.cell(index, name, _dollars(row[name]))} in {word}"
        for name, word in (("duty_usd", "duties"), ("premium_usd", "premiums of leaked goods"))
        if row[name] is not None
    ]
    value = tell.cell(index, "value_usd", _dollars(row["value_usd"]))
    return tell.say(f"On goods worth {value} buyers pay {' and '.join(told) or 'nothing known'}.")


def _most(tell: Teller, asked: Callable[[dict[str, object]], bool], column: str) -> int | None:
    """The row that loses most if nobody reroutes; of equal ones the first."""
    mine = [i for i, row in enumerate(tell.rows) if asked(row) and row[column] is not None]
    none = [i for i in mine if tell.rows[i]["rerouting"] == "none"] or mine
    central = [i for i in none if tell.rows[i]["cover"] == "central"] or none
    return max(central, key=lambda i: (tell.rows[i][column], -i), default=None)


def _one_decimal(value: float | None) -> str:
    return "an unknown number" if value is None else f"{value:.1f}"
