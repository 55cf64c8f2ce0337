"""Measures of the network's structure as sentences."""

from __future__ import annotations

from supplygraph.analysis.headlines.statement import Statement, Teller, number_words, worst
from supplygraph.trade_words import step_text

NOTHING = "No row answers this question."


def headline_of_concentration(tell: Teller) -> Statement:
    """The stage that fewest make, and who makes most of it."""
    told = _of_kind(tell, "stage", "largest")
    index = _largest(tell, told, "largest_share")
    if index is None:
        return tell.say(NOTHING)
    row = tell.rows[index]
    share = tell.between(index, "largest_low", "largest_high")
    maker = f"{tell.place(row['largest'])} makes {share}"
    if row["kind"] == "stage":
        text = f"Of all stages {row['stage']} is the most concentrated: {maker} of it"
    else:
        what = step_text("", row["id"]) if row["kind"] == "process" else row["id"]
        most = ", the most concentrated" if len(told) > 1 else ""
        text = f"{tell.name(what)}{most}: {maker} of it"
    return tell.say(f"{text}; grade {row['evidence']}.")


def headline_of_dependence(tell: Teller) -> Statement:
    """What a region buys abroad, and where most of it comes from."""
    told = _of_kind(tell, "group", "largest_origin")
    index = _largest(tell, told, "import_dependence")
    if index is None:
        return tell.say(NOTHING)
    row = tell.rows[index]
    imported = tell.between(index, "import_dependence_low", "import_dependence_high")
    largest = tell.between(index, "largest_low", "largest_high")
    return tell.say(
        f"{tell.place(tell.results.params['region'])} buys {imported} of its "
        f"{tell.name(row['id'])} abroad; most of its supply comes from "
        f"{_origin(tell, row['largest_origin'])} ({largest}); grade {row['evidence']}."
    )


def headline_of_gap(tell: Teller) -> Statement | None:
    """The largest gap between a published share and the balance, with its reason."""
    gaps = [
        (abs(row["difference"]), -index)
        for index, row in enumerate(tell.rows)
        if row.get("difference") is not None
    ]
    if not gaps:
        return None
    index = -max(gaps)[1]
    row = tell.rows[index]
    why = f" Reason: {tell.as_name(row['note'])}" if row["note"] else " No reason is on record."
    return tell.say(
        f"Widest gap to a published share: {tell.name(row['id'])}, published "
        f"{tell.percent(index, 'published')}, here {tell.percent(index, 'computed')}.{why}"
    )


def headline_of_dominators(tell: Teller) -> Statement:
    """Nodes without which a product cannot be made at all."""
    stops = [i for i, row in enumerate(tell.rows) if row["stops"]]
    cuts = [i for i, row in enumerate(tell.rows) if row["cuts"]]
    if not cuts and not stops:
        return tell.say("No node alone lies on every way from mines to what was asked for.")
    product = {row["product"] for row in tell.rows}
    what = tell.name(product.pop()) if len(product) == 1 else "a product"
    if not stops:
        row = tell.rows[cuts[0]]
        return tell.say(
            f"Without {tell.node_within(cuts[0])} no {tell.name(row['element'])} reaches {what}; "
            f"no node alone stops it; grade {row['evidence']}."
        )
    names = dict.fromkeys(tell.node_within(i) for i in stops)
    named = " or ".join(list(names)[:3])
    more = f" ({tell.count(len(names), 'such node')} in all)" if len(names) > 3 else ""
    base = all(tell.rows[i]["links"] == "base" for i in stops)
    routes = ", by the trade of the base year" if base else ""
    return tell.say(f"Without {named}{more}, {what} cannot be made{routes}.")


def headline_of_vitality(tell: Teller) -> Statement:
    """The node whose end keeps most of an element from products."""
    return _of_element(
        tell,
        "vitality_share",
        "Without {name}, {share} of the {element} in named products no longer arrives, "
        "all others rerouting at will",
    )


def headline_of_betweenness(tell: Teller) -> Statement:
    """The node that most of an element in products has passed."""
    return _of_element(
        tell, "passing_share", "{share} of the {element} in named products has passed {name}"
    )


def _of_element(tell: Teller, column: str, text: str) -> Statement:
    index = worst(tell.rows, column)
    if index is None:
        return tell.say(NOTHING)
    row = tell.rows[index]
    share = tell.percent(index, column)
    told = text.format(name=tell.node_within(index), share=share, element=tell.name(row["element"]))
    return tell.say(f"{told[0].upper()}{told[1:]}; grade {row['evidence']}.")


def headline_of_shapley(tell: Teller) -> Statement:
    """Whose control the joint loss is, by fair parts."""
    ranked = [i for i, row in enumerate(tell.rows) if row["id"] != "total"]
    column = "shapley_none"
    if all(tell.rows[i][column] is None for i in ranked):
        column = "shapley_least"
    index = _largest(tell, ranked, column)
    if index is None:
        return tell.say(NOTHING)
    other = "shapley_least" if column == "shapley_none" else ""
    beside = ""
    if other and tell.rows[index][other] is not None:
        beside = f" (of what no rerouting makes good, {tell.percent(index, other)})"
    return tell.say(
        f"{tell.node(index)} controls most: its fair part of the loss if "
        f"all countries withheld together is {tell.percent(index, column)}{beside}; "
        f"grade {tell.rows[index]['evidence']}."
    )


def headline_of_esri(tell: Teller) -> Statement:
    """The plant whose failure shakes most sales."""
    index = worst(tell.rows, "esri")
    if index is None:
        return tell.say(NOTHING)
    row = tell.rows[index]
    return tell.say(
        f"The failure of {tell.node(index)} shakes most: {tell.percent(index, 'esri')} "
        f"of all sales in the network; grade {row['evidence']}."
    )


def headline_of_supply_risk(tell: Teller) -> Statement:
    """The material of the highest supply risk."""
    return _of_index(tell, "supply_risk_low", "supply_risk_high", "supply risk")


def headline_of_geopolrisk(tell: Teller) -> Statement:
    """The material of the highest geopolitical supply risk."""
    return _of_index(tell, "geopolrisk_low", "geopolrisk_high", "GeoPolRisk")


def _of_index(tell: Teller, low: str, high: str, title: str) -> Statement:
    index = worst(tell.rows, high)
    if index is None:
        return tell.say(NOTHING)
    row = tell.rows[index]
    ends = tell.between(index, low, high, words=number_words)
    return tell.say(
        f"{tell.name(row['id'])} has the highest {title}: {ends}; grade {row['evidence']}."
    )


def _of_kind(tell: Teller, kind: str, named: str) -> list[int]:
    """Rows of a kind that name the largest; of all kinds where none of this one does."""
    told = [index for index, row in enumerate(tell.rows) if row[named]]
    return [index for index in told if tell.rows[index]["kind"] == kind] or told


def _origin(tell: Teller, key: str) -> str:
    return "its own plants" if key == "own" else tell.place(key)


def _largest(tell: Teller, indices: list[int], column: str) -> int | None:
    found = worst([tell.rows[i] for i in indices], column)
    return None if found is None else indices[found]
