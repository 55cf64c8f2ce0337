"""What deals and projects add, when, and how far their feed lets them run without a country."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from supplygraph.analysis.deals.cover_by_year import Years
from supplygraph.analysis.deals.outlook_question import PROJECT_STAGES
from supplygraph.analysis.losses.project_effects import short_inputs
from supplygraph.scenario.offtakes import offtake_text, offtakes_of
from supplygraph.scenario.projects import Deal

SHORT = 0.99
Record = Mapping[str, Any]


def project_table(years: Years, deals: Mapping[str, Deal] | None = None) -> pd.DataFrame:
    """One row per project, line and year: capacity added, what feed allows, what is short.

    `could_run` is the most that the line can do of its capacity when all that is announced is
    built and what was asked for stops, whoever goes without; each line is asked for alone. Lines
    that nobody sizes give no feed; a line that is stopped itself runs at 0, short of nothing.
    `deals` say who may buy its output in the year, beside what the project says itself.
    """
    written = {name: deal.model_dump() for name, deal in (deals or {}).items()}
    held = {
        name: [record for _, record in offtakes_of(name, project.model_dump(), written)]
        for name, project in years.projects.items()
    }
    return pd.DataFrame(list(_project_rows(years, held)))


def _project_rows(years: Years, held: Mapping[str, list[Record]]) -> Iterator[dict[str, object]]:
    portfolio = years.portfolio("announced")
    before = {n: years.capacity(years.portfolio("none"), n) for n in years.question.years}
    for year in years.question.years:
        capacity = years.capacity(portfolio, year)
        years.program.set_year(capacity, years.shock)
        for name in years.all:
            project = years.projects[name]
            for line in project.lines:
                number = years.lines[line.facility, line.line]
                room = float(capacity.lines[number])
                was = float(before[year].lines[number])
                run, short = _run(years, number, room)
                yield {
                    "id": name,
                    "name": project.title,
                    "line": f"{line.facility}/{line.line}",
                    "stage": _stage(years, number),
                    "process": _cell(years, number, "process"),
                    "country": _cell(years, number, "country"),
                    "firmness": project.firmness,
                    "odds": project.chance,
                    "year": year,
                    "capacity": room,
                    "added": room - was,
                    "unit": str(years.graph.lines["unit"].iat[number]),
                    "could_run": run,
                    "short_of": short,
                    "needs": [_feed(need) for need in project.needs],
                    "evidence": project.evidence,
                    "offtake": [offtake_text(one) for one in held[name] if _runs(one, year)],
                }


def _runs(offtake: Record, year: int) -> bool:
    """Whether an offtake is not over before a year."""
    return not offtake["until"] or int(str(offtake["until"])[:4]) >= year


def _feed(need: object) -> str:
    plants = getattr(need, "plants", ())
    text = str(getattr(need, "material", need))
    return f"{text} ({', '.join(plants)})" if plants else text


def _activities(years: Years, number: int) -> np.ndarray:
    return np.flatnonzero(years.graph.line_of == number)


def _stage(years: Years, number: int) -> str:
    return str(years.graph.activities["stage"].iat[_activities(years, number)[0]])


def _cell(years: Years, number: int, column: str) -> str:
    return str(years.graph.activities[column].iat[_activities(years, number)[0]])


def _run(years: Years, number: int, room: float) -> tuple[float, list[str]]:
    """Share of a line's capacity that its feed allows, and what is short."""
    if np.isnan(room):
        return np.nan, []
    if room <= 0:
        return 0.0, []
    own = _activities(years, number)
    if years.shock.activity[own].max(initial=0.0) <= 0:
        return 0.0, []
    answer = years.program.most_of_line(number)
    level = answer.x[years.base.columns.block("activity")][own]
    run = min(float(years.graph.line_units[own] @ level) / room, 1.0)
    return run, short_inputs(years.graph, own, answer.price, 4) if run < SHORT else []


def deal_table(deals: Mapping[str, Deal], projects: pd.DataFrame, last: int) -> pd.DataFrame:
    """One row per deal: its projects, the tonnes they add by stage in a year, and why not.

    Parameters
    ----------
    deals
        Deals of the dataset.
    projects
        Rows of :func:`project_table`.
    last
        Year whose capacities are added up.
    """
    rows = []
    for name, deal in deals.items():
        mine = projects[projects["id"].isin(deal.projects) & (projects["year"] == last)]
        counted = deal.counted_in is None
        added = {stage: _added(mine, stage, counted) for stage in PROJECT_STAGES}
        rows.append(
            {
                "id": name,
                "name": deal.title,
                "date": deal.date or "",
                "kind": deal.kind,
                "firmness": deal.firmness,
                "parties": deal.parties,
                "projects": deal.projects,
                "year": last,
                **{f"{stage}_added": added[stage] for stage in PROJECT_STAGES},
                "unsized": int(mine["capacity"].isna().sum()),
                "could_run": _mean_run(mine),
                "short_of": _all_short(mine),
                "counted_in": deal.counted_in or "",
                "money_usd": _number(deal.money_usd),
                "why_none": deal.reason,
                "evidence": deal.evidence,
                "offtake": [offtake_text(one.model_dump()) for one in deal.offtake],
            }
        )
    return pd.DataFrame(rows)


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def _added(rows: pd.DataFrame, stage: str, counted: bool) -> float:
    """Tonnes a year added at a stage; nothing where another deal counts them."""
    if not counted:
        return 0.0
    return float(rows["added"][rows["stage"] == stage].sum())


def _mean_run(rows: pd.DataFrame) -> float:
    known = rows[rows["could_run"].notna() & (rows["capacity"] > 0)]
    weight = known["capacity"].sum()
    return float((known["could_run"] * known["capacity"]).sum() / weight) if weight > 0 else np.nan


def _all_short(rows: pd.DataFrame) -> list[str]:
    names: Sequence[list[str]] = list(rows["short_of"])
    return list(dict.fromkeys(name for part in names for name in part))[:4]
