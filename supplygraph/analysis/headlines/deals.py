"""What deals and projects add, as sentences."""

from __future__ import annotations

from supplygraph.analysis.headlines.statement import Statement, Teller, number_words

AS_STOP = {"export-stop": "exports of {} stop", "outage": "{} stops"}
BUILT = {
    "announced": "if all that is announced is built",
    "binding": "with what is bound by contract",
    "none": "without any project",
}


def headline_of_outlook(tell: Teller) -> Statement:
    """The element that is covered worst in the last year asked for."""
    index = _least_covered(tell)
    if index is None:
        return tell.say("Nothing that is asked for is needed.")
    row = tell.rows[index]
    ends = tell.between(index, "cover_low", "cover_high")
    built = BUILT.get(row["portfolio"], f"with the projects '{tell.as_name(row['portfolio'])}'")
    stopped = _stopped(tell)
    place = " + ".join(tell.place(part) for part in str(row["place"]).split("+"))
    because = f" What binds: {tell.as_name(row['because'])}." if row["because"] else ""
    several = len({row["element"] for row in tell.rows}) > 1
    first = f", {stopped}," if stopped else ""
    least = ", the least covered element" if several else ""
    return tell.say(
        f"In {tell.date(index, 'year')}{first or ''} {place} cover {ends} of their need of "
        f"{tell.name(row['element'])}{least} {built}; grade {row['evidence']}.{because}"
    )


def _stopped(tell: Teller) -> str:
    params = tell.results.params
    text = AS_STOP.get(str(params.get("as")), "")
    return f"when {text.format(tell.selector(str(params['without'])))}" if text else ""


def _least_covered(tell: Teller) -> int | None:
    """Row of the pool in the last year, with all announced or the first portfolio there is."""
    known = [i for i, row in enumerate(tell.rows) if row["cover_high"] is not None]
    if not known:
        return None
    last = max(tell.rows[i]["year"] for i in known)
    known = [i for i in known if tell.rows[i]["year"] == last]
    place = tell.rows[known[0]]["place"]
    portfolios = [tell.rows[i]["portfolio"] for i in known]
    portfolio = "announced" if "announced" in portfolios else portfolios[0]
    mine = [
        i
        for i in known
        if tell.rows[i]["place"] == place and tell.rows[i]["portfolio"] == portfolio
    ]
    mine = mine or known
    return min(mine, key=lambda i: (tell.rows[i]["cover_high"], i))


def headline_of_projects(tell: Teller) -> Statement:
    """How many lines projects add, and how many of them lack feed."""
    sized = [i for i, row in enumerate(tell.rows) if row["added"] is not None]
    if not tell.rows:
        return tell.say("No project adds a line.")
    unsized = len(tell.rows) - len(sized)
    hungry = [i for i in sized if tell.rows[i]["short_of"]]
    lines = tell.count(len(tell.rows), "line of projects", "lines of projects")
    unknown = f"; of {tell.count(unsized, 'one', 'of them')} nobody states the tonnes"
    text = f"{lines} by {tell.date(0, 'year')}{unknown if unsized else ''}"
    if hungry:
        index = min(
            hungry, key=lambda i: (tell.rows[i]["could_run"] or 0.0, -tell.rows[i]["added"])
        )
        row = tell.rows[index]
        run = tell.percent(index, "could_run")
        feed = tell.name(row["short_of"][0])
        text += (
            f". {tell.count(len(hungry), 'line lacks', 'lines lack')} feed, most of all "
            f"{tell.as_name(row['name'])}, which could run {run} for want of {feed}"
        )
    return tell.say(f"{text}.")


def headline_of_deals(tell: Teller) -> Statement:
    """How many deals add tonnes, and how many have no project at all."""
    stages = ("mine", "separation", "metal", "magnet")
    adds = [i for i, row in enumerate(tell.rows) if any(row[f"{s}_added"] > 0 for s in stages)]
    bare = [i for i, row in enumerate(tell.rows) if not row["projects"]]
    if not tell.rows:
        return tell.say("No deal is on record.")
    text = f"Of {tell.count(len(tell.rows), 'deal')} {tell.count(len(adds), 'adds', 'add')} tonnes"
    if adds:
        index = max(adds, key=lambda i: (sum(tell.rows[i][f"{s}_added"] for s in stages), -i))
        row = tell.rows[index]
        most = max(stages, key=lambda s: row[f"{s}_added"])
        tonnes = tell.cell(index, f"{most}_added", number_words(row[f"{most}_added"]))
        text += (
            f" by {tell.date(index, 'year')}, most {tell.as_name(row['name'])} "
            f"({tonnes} t a year at the {most} stage)"
        )
    no_project = f"; {tell.count(len(bare), 'has', 'have')} no project beneath" if bare else ""
    return tell.say(f"{text}{no_project}.")
