"""Every bound that a scenario sets, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from supplygraph.baseline import Baseline
from supplygraph.errors import UsageError
from supplygraph.graph import SupplyGraph
from supplygraph.results import Results
from supplygraph.scenario.bounds import compose
from supplygraph.scenario.load import load_scenario
from supplygraph.scenario.measures import Measure
from supplygraph.scenario.model import Scenario
from supplygraph.scenario.month_arrays import Bounds
from supplygraph.scenario.series import series_of

UNITS = {
    "activity": "share",
    "made": "share",
    "arc": "share",
    "demand": "factor",
    "denied": "share",
    "content": "share",
    "need": "factor",
    "duty": "rate",
    "premium": "rate",
}
COLUMNS = ("id", "month", "block", "value", "unit", "base", "base_unit", "set_by", "evidence")


def show_scenario(
    graph: SupplyGraph,
    baseline: Baseline,
    name: str | Path,
    *,
    month: str | None = None,
    sets: Iterable[str] = (),
    measures: Iterable[str] = (),
) -> Results:
    """Every bound that a scenario sets, month by month, and who set it.

    Parameters
    ----------
    graph, baseline
        Network and base flows.
    name
        A scenario of the dataset, or a YAML file.
    month
        Only this month.
    sets, measures
        Changes and additions, as in :func:`load_scenario`.

    Raises
    ------
    UsageError
        If the month is not one of the run.
    """
    dataset, sets, measures = graph.dataset, list(sets), list(measures)
    scenario = load_scenario(dataset, name, sets, measures, graph=graph)
    if month is not None and month not in scenario.month_names:
        first, last = scenario.month_names[0], scenario.month_names[-1]
        raise UsageError(f"--month '{month}' lies outside the run, {first} to {last}.")
    months = scenario.month_names
    rows: list[dict[str, Any]]
    notes = _notes(scenario)
    if scenario.network:
        bounds = compose(graph, baseline, scenario)
        rows = _bound_rows(graph, baseline, bounds, month)
        notes += bounds.idle
    else:
        rows = _series_rows(scenario, [month] if month else list(months))
    params = {
        "scenario": scenario.name,
        "month": month,
        "set": sets,
        "measure": measures,
        "network": scenario.network,
    }
    about = {"name": dataset.name, "version": dataset.version, "hash": dataset.hash}
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return Results("bounds", table, about, params, warnings=notes)


def _bound_rows(
    graph: SupplyGraph, baseline: Baseline, bounds: Bounds, month: str | None
) -> list[dict[str, Any]]:
    bases = _bases(graph, baseline)
    rows = []
    for applied in bounds.applied:
        if month is not None and applied.month != month:
            continue
        base, unit = bases.get((applied.block, applied.entity), (None, ""))
        rows.append(
            {
                "id": applied.entity,
                "month": applied.month,
                "block": applied.block,
                "value": applied.value,
                "unit": UNITS.get(applied.block, "t"),
                "base": base,
                "base_unit": unit,
                "set_by": applied.set_by,
                "evidence": applied.evidence,
            }
        )
    return rows


def _bases(
    graph: SupplyGraph, baseline: Baseline
) -> dict[tuple[str, str], tuple[float | None, str]]:
    """Monthly mean of the base year of every arc, plant, pool and demand."""
    unit_of = graph.pools["unit"].to_numpy()
    found: dict[tuple[str, str], tuple[float | None, str]] = {}
    flows = np.maximum(baseline.block("arc"), 0.0) / 12
    for name, flow, origin in zip(graph.arcs["id"], flows, graph.arcs["origin"], strict=True):
        found["arc", str(name)] = (float(flow), f"{unit_of[origin]}/month")
    level = baseline.block("activity") / 12
    for row, value in zip(graph.activities.itertuples(index=False), level, strict=True):
        found["activity", f"{row.id}/{row.line}/{row.recipe}"] = (float(value), "activity/month")
    for name, made, unit in zip(graph.pools["id"], baseline.made / 12, unit_of, strict=True):
        found["made", str(name)] = (float(made), f"{unit}/month")
    return found


def _series_rows(scenario: Scenario, months: list[str]) -> list[dict[str, Any]]:
    grades = {measure.id: measure.size_evidence for measure in scenario.acting}
    return [
        {
            "id": point.measure,
            "month": point.month,
            "block": "series",
            "value": point.value,
            "unit": point.unit,
            "base": None,
            "base_unit": "",
            "set_by": point.measure,
            "evidence": grades[point.measure],
        }
        for point in series_of(scenario, months)
    ]


def _notes(scenario: Scenario) -> tuple[str, ...]:
    notes = (
        []
        if scenario.network
        else ["a replay of published series: the network of the base year says nothing about it"]
    )
    records = [m.id for m in scenario.measures if not isinstance(m, Measure | str)]
    if records:
        notes.append(f"on record, without effect here: {', '.join(records)}")
    return tuple(notes)
