"""Months of scenarios as sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from supplygraph.analysis.headlines.statement import Statement, Teller, number_words
from supplygraph.grades import weakest

TOTAL = "total"
LITTLE = 0.095  # months that one decimal would tell as 0.1 or nothing
LEAST = 0.005
TOLD = 4  # scenarios of a comparison that are told
NAMED = 3  # goods without a value that are named
BOUNDS = {"none": "nobody reroutes", "qualified": "buyers qualify others", "least": "at best"}


def headline_of_run(tell: Teller) -> Statement:
    """Months of output lost in all, and the row that loses most."""
    return _of_months(tell, "product", "months_lost")


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


def _of_months(tell: Teller, key: str, column: str) -> Statement:
    totals = [i for i, r in enumerate(tell.rows) if r[key] == TOTAL and r["month"] is None]
    parts = [
        (ends, _how(bound)) for bound in BOUNDS if (ends := _range_of(tell, totals, bound, column))
    ]
    hardest = _most(tell, lambda row: row[key] != TOTAL and row["month"] is None, column)
    total = ""
    if parts:
        (ends, how), *others = parts
        rest = "".join(f", {ends} {how}" for ends, how in others)
        graded = _weakest_of(tell, totals)
        total = f"In all {ends} months of output are lost {how}{rest}{graded}."
    if hardest is None or not tell.rows[hardest][column]:
        return tell.say(total or "Nothing is lost.")
    return tell.say(f"{total} {_hardest(tell, hardest, column)}".strip())


def _how(bound: str) -> str:
    """How a shortage is shared, such as ``if nobody reroutes``."""
    words = BOUNDS.get(bound, bound)
    return words if bound == "least" else f"if {words}"


def _weakest_of(tell: Teller, rows: list[int]) -> str:
    """The weakest grades of needs behind some rows, in words; empty if they carry none."""
    names = ("need_evidence", "quantity_evidence")
    grades = [weakest(tell.rows[i][name] for i in rows) for name in names]
    need, size = grades
    return f" (weakest grades: need {need}, quantity {size})" if all(grades) else ""


def _range_of(tell: Teller, rows: list[int], bound: str, column: str) -> str:
    """What is lost in all under a bound, with high to low stocks."""
    mine = [i for i in rows if tell.rows[i]["rerouting"] == bound]
    mine = [i for i in mine if tell.rows[i][column] is not None]
    if not mine:
        return ""
    mine.sort(key=lambda i: tell.rows[i][column])
    told = [tell.cell(i, column, _months(tell.rows[i][column])) for i in (mine[0], mine[-1])]
    return told[0] if told[0] == told[1] else f"{told[0]} to {told[1]}"


def _hardest(tell: Teller, index: int, column: str) -> str:
    row = tell.rows[index]
    since = ""
    if row["first_shortage"] is not None:
        since = f", short from {tell.date(index, 'first_shortage')} on"
    through = f", for want of {tell.name(row['binding'])}" if row["binding"] else ""
    size = ", the size of its need is not known" if "nominal" in row["flags"] else ""
    return (
        f"Hit hardest: {tell.name(row['product'])} in {tell.place(row['region'])}, "
        f"{tell.months(index, column)} months with {row['cover']} stocks "
        f"{_how(row['rerouting'])}{since}{through} "
        f"(grades {row['need_evidence']}/{row['quantity_evidence']}{size})."
    )


def headline_of_account(tell: Teller) -> Statement:
    """What the exporter does not sell, and what importers lose."""
    exporter = str(tell.results.params.get("exporter") or "the exporter")
    who = {"exporter": tell.place(exporter), "importer": "importers"}
    who["home"] = f"users in {who['exporter']}"
    parts = [part for side, name in who.items() if (part := _side(tell, side, name))]
    if not parts:
        return tell.say("Nothing is withheld and nothing lost.")
    text = "; ".join(parts)
    return tell.say(f"{text[:1].upper()}{text[1:]}.")


def _side(tell: Teller, side: str, who: str) -> str:
    """What a side does not sell, or what it loses, over the bounds; values in dollars."""
    rows = [
        i
        for i, row in enumerate(tell.rows)
        if row["side"] == side and row["month"] is None and _is_whole(row)
    ]
    ends = ("value_low_usd", "value_high_usd")
    known = [i for i in rows if None not in (tell.rows[i][name] for name in ends)]
    blank = [i for i in rows if i not in known]
    least = min(known, key=lambda i: tell.rows[i][ends[0]], default=None)
    most = max(known, key=lambda i: tell.rows[i][ends[1]], default=None)
    if least is None or most is None:
        return _without_value(tell, blank, who)
    if not tell.rows[most][ends[1]]:
        nothing = f"{who} {'sells no less' if side == 'exporter' else 'lose nothing'}"
        return _without_value(tell, blank, who) or nothing
    low = tell.cell(least, ends[0], _dollars(tell.rows[least][ends[0]]))
    high = tell.cell(most, ends[1], _dollars(tell.rows[most][ends[1]]))
    grade = weakest(tell.rows[i]["evidence"] for i in known)
    words = ("does not sell goods", "prices") if side == "exporter" else ("lose output", "values")
    graded = f" ({words[1]} of grade {grade})" if grade else ""
    told = f"{who} {words[0]} worth {low if low == high else f'{low} to {high}'}{graded}"
    if not blank:
        return told
    cases = f"{tell.tally(len(blank), 'without a value')} of {tell.tally(len(rows), 'cases')} cases"
    they = "it" if side == "exporter" else "they"
    return f"{told}, and in {cases} {_without_value(tell, blank, they)}"


def _is_whole(row: Mapping[str, Any]) -> bool:
    return row["group"] == TOTAL and not row["region"] and not row["item"]


def _without_value(tell: Teller, rows: list[int], who: str) -> str:
    """Why totals of a side hold no value, in words, with some names of what has none."""
    if not rows:
        return ""
    if any("undetermined" in tell.rows[i]["flags"] for i in rows):
        return f"what {who} does not sell is not determined, since its own plants are cut"
    names = sorted({name for i in rows for name in tell.rows[i]["unpriced"]})
    told = ", ".join(tell.name(name) for name in names[:NAMED])
    more = f" and {tell.tally(len(names) - NAMED, 'names')} more" if len(names) > NAMED else ""
    named = f" ({told}{more})" if told else ""
    if any("nominal" in tell.rows[i]["flags"] for i in rows):
        unknown = f"what is lost where nobody has sized the need is not known{named}"
        return f"{who} lose nothing that has a value on record; {unknown}"
    if tell.rows[rows[0]]["side"] == "exporter":
        return f"what {who} does not sell has no value on record{named}"
    return f"{who} lose only what has no value on record{named}"


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
    lost = [tell.rows[i]["lost_central"] for i in mine[:TOLD]]
    close = len({_months(value) for value in lost}) < len({round(value, 6) for value in lost})
    words = _closely if close else _months
    for index in mine[:TOLD]:
        row = tell.rows[index]
        ends = tell.between(index, "lost_high", "lost_low", words=words)
        central = tell.cell(index, "lost_central", words(row["lost_central"]))
        within = "" if ends == central else f" ({ends})"
        parts.append(f"{tell.as_name(row['scenario'])} {central}{within}")
    how = f" if {BOUNDS['none']}" if bound == "none" else ""
    name = tell.as_name(tell.rows[worst]["scenario"])
    most = f" Most is lost in {name} with central stocks."
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
        f"{tell.as_name(tell.rows[i]['scenario'])} "
        f"{tell.cell(i, 'lost_central', _months(tell.rows[i]['lost_central']))}"
        for i in best[:TOLD]
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
        held = f" Its range held {tell.percent(index, 'coverage')} of the months"
        held += f", of which there are {tell.number(index, 'count')}." if row["count"] else "."
    grade = row["base_evidence"]
    graded = f" Its base months are of grade {grade} or better." if grade else ""
    where = "the world" if row["destination"] == "World" else tell.place(row["destination"])
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
        if row[name]
    ]
    value = tell.cell(index, "value_usd", _dollars(row["value_usd"]))
    return tell.say(f"On goods worth {value} buyers pay {' and '.join(told) or 'nothing known'}.")


def _most(tell: Teller, asked: Callable[[dict[str, object]], bool], column: str) -> int | None:
    """The row that loses most if nobody reroutes; of equal ones the first."""
    mine = [i for i, row in enumerate(tell.rows) if asked(row) and row[column] is not None]
    none = [i for i in mine if tell.rows[i]["rerouting"] == "none"] or mine
    central = [i for i in none if tell.rows[i]["cover"] == "central"] or none
    return max(central, key=lambda i: (tell.rows[i][column], -i), default=None)


def _months(value: float | None) -> str:
    """Months to one decimal; little is not told as nothing."""
    if value is None:
        return "an unknown number"
    if 0 < value < LITTLE:
        return f"{value:.2f}" if value >= LEAST else f"less than {LEAST}"
    return f"{value:.1f}" if value else "0"


def _closely(value: float | None) -> str:
    """Months to two decimals, where one would not tell scenarios apart."""
    return "an unknown number" if value is None else f"{value:.2f}"
