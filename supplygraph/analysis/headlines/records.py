"""What is on record of a dataset, as sentences."""

from __future__ import annotations

import re
from math import inf

from supplygraph.analysis.headlines.statement import (
    Statement,
    Teller,
    number_words,
    plain_name,
    worst,
)
from supplygraph.trade_words import in_a_sentence, step_text

MOVED = re.compile(
    r"(?P<country>\w+)/(?P<process>[\w-]+) (?P<bound>\w+)"
    r"(?: (?P<product>\S+)@(?P<region>\S+))? (?P<points>[-+]?[\d.]+) points"
)
LITTLE = 0.1  # a figure that the balance moves by no more is told as met


def headline_of_info(tell: Teller) -> Statement:
    """Size of the dataset, and which part of its figures rests on assumption."""
    if not tell.rows:
        return tell.say("There is no dataset.")
    row = tell.rows[0]
    plants, arcs = tell.number(0, "facilities"), tell.number(0, "arcs")
    assumed = row["evidence_shares"].get("D", 0.0)
    words = f"{100 * assumed:.0f} %"
    tell.cell(0, "evidence_shares", words)
    return tell.say(
        f"{plants} plants and mines, {tell.number(0, 'materials')} materials and "
        f"{tell.number(0, 'products')} products, joined by {arcs} routes; {words} of the figures "
        "are assumptions of ours (grade D)."
    )


def headline_of_validate(tell: Teller) -> Statement:
    """How many rules are broken, and what was read."""
    if not tell.rows:
        sizes = {name: tell.results.params.get(name) for name in ("tables", "rows", "documents")}
        read = [tell.asked(name, f"{size:,} {name}") for name, size in sizes.items() if size]
        return tell.say(f"No fault{': ' if read else ''}{', '.join(read)}.")
    files = len({row["file"] for row in tell.rows})
    return tell.say(
        f"{tell.count(len(tell.rows), 'fault')} in {tell.count(files, 'file')}; the first: "
        f"{tell.as_name(tell.rows[0]['rule'])}"
    )


def headline_of_balance(tell: Teller) -> Statement:
    """The figure that the balance moves most."""
    moved = [0.0 if row["moved"] is None else abs(row["moved"]) for row in tell.rows]
    if not moved:
        return tell.say("No published figure was compared.")
    index = max(range(len(moved)), key=lambda i: (moved[i], -i))
    row = tell.rows[index]
    within = tell.tally(sum(share <= LITTLE for share in moved), "figure that moved little")
    seen, found = tell.number(index, "observed"), tell.number(index, "balanced", row["unit"])
    return tell.say(
        f"Of {tell.count(len(moved), 'published figure')} {within} moved by at most "
        f"{tell.as_name(f'{100 * LITTLE:.0f} %')} to balance; the most: "
        f"{tell.as_name(row['id'])}, published {seen}, balanced {found}; grade {row['evidence']}."
    )


def headline_of_held(tell: Teller) -> Statement:
    """The largest surplus or use that nobody names."""
    index = worst(tell.rows, "quantity")
    if index is None:
        return tell.say("Nothing is left over or used without a name.")
    row = tell.rows[index]
    word = {"surplus": "left over", "unexplained": "used by nobody who is named"}
    return tell.say(
        f"{tell.percent(index, 'share_of_world')} of all {tell.name(row['material'])} is "
        f"{word.get(row['kind'], row['kind'])} in {tell.place(row['market'])}."
    )


def headline_of_flows(tell: Teller) -> Statement:
    """How many flows of the base year there are."""
    used = sum(row["quantity"] > 0 for row in tell.rows)
    return tell.say(f"{tell.count(used, 'flow')} above nothing in the base year.")


def headline_of_intervals(tell: Teller) -> Statement:
    """The route that figures leave most open."""
    if not tell.rows:
        return tell.say("No route carries this material.")
    wide = [inf if row["high"] is None else row["high"] - row["low"] for row in tell.rows]
    index = max(range(len(wide)), key=lambda i: (wide[i], tell.rows[i]["balanced"], -i))
    row = tell.rows[index]
    if row["high"] is None:
        least = tell.number(index, "low", row["unit"])
        balanced = tell.number(index, "balanced", row["unit"])
        ends = f"at least {least}, {balanced} in the balance, no upper end"
    else:
        ends = f"{tell.between(index, 'low', 'high', words=number_words)} {row['unit']}"
    return tell.say(
        f"Least certain: {tell.name(row['material'])} from {tell.place(row['from'])} to "
        f"{tell.place(row['to'])}, {ends}."
    )


def headline_of_deciding(tell: Teller) -> Statement:
    """The figure on which most conclusions rest."""
    index = worst(tell.rows, "moves")
    if index is None:
        return tell.say("No figure moves a conclusion.")
    row = tell.rows[index]
    return tell.say(
        f"The conclusions rest most on {tell.as_name(row['id'])} ({row['table']}, {row['field']}; "
        f"grade {row['evidence']}): within its range it moves "
        f"{moved_words(tell, str(row['moved_most']))}."
    )


def moved_words(tell: Teller, text: str, whose: str = "") -> str:
    """What a figure moves most, such as ``CN/ndfeb none ev@US +38 points``, in words.

    Parameters
    ----------
    tell
        Of the figures.
    text
        A cell of the column ``moved_most``.
    whose
        In place of the product and region, where the sentences before have named them.
    """
    found = MOVED.fullmatch(text)
    if found is None:
        return tell.as_name(text)
    bounds = {"none": "if nobody reroutes", "least": "at best"}
    step = in_a_sentence(step_text("", found["process"]))
    node = tell.as_name(f"{step}, {plain_name(tell.results.names, found['country'])}")
    points = tell.as_name(f"{found['points']} points")
    loss = whose or "the loss of all that counts"
    if found["product"] and not whose:
        loss = f"the loss of {tell.name(found['product'])} in {tell.place(found['region'])}"
    return f"{loss} without {node} by {points} {bounds.get(found['bound'], found['bound'])}"


def headline_of_explain(tell: Teller) -> Statement:
    """How many figures are on record, and the weakest grade among them."""
    if not tell.rows:
        return tell.say("Nothing is on record.")
    first = tell.rows[0]
    grades = {grade for row in tell.rows for grade in str(row["evidence"]).split("/") if grade}
    order = ("A", "B", "C", "calc", "D")
    weakest = max(grades & set(order), key=order.index, default="")
    grade = f"; weakest grade {weakest}" if weakest else ""
    entries = tell.count(len(tell.rows), "entry", "entries")
    return tell.say(f"{tell.as_name(first['what'])}: {entries} on record{grade}.")


def headline_of_scenarios(tell: Teller) -> Statement:
    """How many scenarios there are."""
    return tell.say(f"{tell.count(len(tell.rows), 'scenario')} can be run by name.")


def headline_of_bounds(tell: Teller) -> Statement:
    """How many routes and plants a scenario binds, and by which measures."""
    if not tell.rows:
        return tell.say("The scenario binds nothing.")
    by = sorted({row["set_by"] for row in tell.rows})
    closed = sum(row["value"] == 0 for row in tell.rows)
    named = ", ".join(tell.as_name(name) for name in by[:3]) + (" and others" if by[3:] else "")
    shut = tell.count(closed, "of them closes a route or plant", "of them close a route or plant")
    return tell.say(f"{tell.count(len(tell.rows), 'bound')} set by {named}; {shut}.")


def headline_of_view(tell: Teller) -> Statement:
    """What a page holds."""
    return tell.say(f"The page has {tell.count(len(tell.rows), 'part')}.")
