"""Where elements come from, and what passes a rule of content, as sentences."""

from __future__ import annotations

from supplygraph.analysis.headlines.statement import Statement, Teller, number_words

BESIDE = ("any", "product", "component")  # no stage that supplies the element
ELEMENTS = 3  # the heaviest
VERBS = {
    "mine": "mined",
    "separation": "separated (from ore or from scrap)",
    "metal": "made into metal",
    "magnet": "made into magnets",
}
GRADES = ("", "A", "B", "C", "calc", "D")  # weakest last


def headline_of_trace(tell: Teller) -> Statement:
    """Where the heaviest elements of a product passed the stage that says most."""
    told = [i for i, row in enumerate(tell.rows) if row["what"] == "sentence" and row["country"]]
    if not told:
        return _stage_by_stage(tell)
    told.sort(key=lambda i: (-tell.rows[i]["tonnes"], i))
    row = tell.rows[told[0]]
    mine = [i for i in told if tell.rows[i]["region"] == row["region"]][:ELEMENTS]
    parts = [_passed(tell, index) for index in mine]
    where = f", assembled in {tell.place(row['region'])}" if row["region"] else ""
    weakest = max((tell.rows[i]["evidence"] for i in mine), key=GRADES.index)
    allowed = " (in brackets what the published figures allow)" if " to " in str(parts) else ""
    told_as = f"In {tell.name(row['product'])}{where}: {'; '.join(parts)}"
    return tell.say(f"{told_as}{allowed}; grade {weakest}.")


def _passed(tell: Teller, index: int) -> str:
    """How much of an element passed a stage in a country."""
    row = tell.rows[index]
    what = f"the {tell.name(row['element'])}" if row["element"] else "the mass"
    verb = VERBS.get(row["stage"], f"at the stage {row['stage']}")
    return f"{_ends(tell, index)} of {what} was {verb} in {tell.place(row['country'])}"


def _stage_by_stage(tell: Teller) -> Statement:
    """Who supplies the heaviest element most, at each stage."""
    places = [i for i, row in enumerate(tell.rows) if row["what"] == "place" and row["country"]]
    places = places or [i for i, row in enumerate(tell.rows) if row["what"] == "owner"]
    if not places:
        return tell.say("Nothing that is asked for is traced.")
    heaviest = max(places, key=lambda i: (tell.rows[i]["tonnes"], -i))
    row = tell.rows[heaviest]
    keys = ("product", "region", "element")
    mine = [i for i in places if all(tell.rows[i][key] == row[key] for key in keys)]
    parts = []
    for stage in dict.fromkeys(tell.rows[i]["stage"] for i in mine):
        here = [i for i in mine if tell.rows[i]["stage"] == stage]
        if stage not in BESIDE:
            parts.append(_largest(tell, max(here, key=lambda i: (tell.rows[i]["share"], -i))))
    where = f", assembled in {tell.place(row['region'])}" if row["region"] else ""
    what = f"the {tell.name(row['element'])}" if row["element"] else "the mass"
    weakest = max((tell.rows[i]["evidence"] for i in mine), key=GRADES.index)
    return tell.say(
        f"Of {what} in {tell.name(row['product'])}{where}: {', '.join(parts)}; grade {weakest}."
    )


def _largest(tell: Teller, index: int) -> str:
    """The largest supplier of a stage."""
    row = tell.rows[index]
    return (
        f"{row['stage']} {'from scrap ' if row['kind'] == 'scrap' else ''}"
        f"{tell.place(row['country'] or row['owner_country'])} {_ends(tell, index)}"
    )


def _ends(tell: Teller, index: int) -> str:
    row, share = tell.rows[index], tell.percent(index, "share")
    if row["share_low"] is None or row["share_high"] is None:
        return share
    ends = tell.between(index, "share_low", "share_high")
    return share if " to " not in ends else f"{share} ({ends})"


def headline_of_comply(tell: Teller) -> Statement:
    """How much of what bound buyers need passes the rule."""
    index = next((i for i, row in enumerate(tell.rows) if row["product"] == "total"), None)
    if index is None:
        return tell.say("No buyer is bound by this rule.")
    row = tell.rows[index]
    need = tell.number(index, "need_t")
    mixed = tell.cell(index, "compliant_mixing_t", number_words(row["compliant_mixing_t"]))
    apart = tell.cell(index, "compliant_segregated_t", number_words(row["compliant_segregated_t"]))
    return tell.say(
        f"Of {need} t that bound buyers need a year, {mixed} t pass the rule as flows mix, and "
        f"{apart} t could if every plant kept clean streams apart."
    )
