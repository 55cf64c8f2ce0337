"""Months of scenarios as a page shows them: losses by product, what acted when.

Numbers are those of `analysis.runs.scenario_runs`, less what a page does not show: rows under
``least`` (each is one sharing among several) and the causes at low and high stocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import numpy as np

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.pages.measure_spans import measure_spans
from supplygraph.analysis.pages.month_flows import month_flows, recorded
from supplygraph.analysis.runs.months_lost import Key, RunRows
from supplygraph.analysis.runs.scenario_runs import lines_of, setting_of, what_to_know
from supplygraph.dataset import Dataset
from supplygraph.dataset.names import full_names
from supplygraph.engines.timeline import Timeline
from supplygraph.scenario.model import Scenario
from supplygraph.scenario.projects import Deal
from supplygraph.vocabulary import COVERS

Record = dict[str, Any]
# What readers ask for first, of the shipped dataset: licences, truce, its end, three capitals.
USUAL = ("april-2025-shock", "busan-window", "snapback-2026", "kl-tokyo-canberra")


def usual_scenarios(dataset: Dataset) -> tuple[str, ...]:
    """Scenarios of a dataset that a page shows unless it is told otherwise.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> usual_scenarios(read_dataset("three-nodes"))
    ()
    """
    there = dataset.documents.get("scenarios", {})
    return tuple(name for name in USUAL if name in there)


def scenario_record(
    tracer: Tracer, scenario: Scenario, built: tuple[str, ...], deals: Mapping[str, Deal]
) -> Record:
    """Losses of a scenario month by month, and what acted when.

    Parameters
    ----------
    tracer
        Engines over the capacities of the scenario; its product and region choose the rows.
    scenario
        With all measures written out.
    built
        Ids of the projects that are built.
    deals
        Deals of the dataset; of those that pay for what is built the date is told.

    Returns
    -------
    dict
        ``rows`` are products by region that lose something, nobody rerouting, at each size of
        stocks; ``total`` the weighted total, also the least that any allocation could reach;
        ``flows`` and ``recorded`` those of `month_flows`, at central stocks.

    Raises
    ------
    ScenarioError
        If the scenario contradicts itself or is a replay without a network.
    """
    setting = setting_of(tracer.month.baseline, scenario)
    (rigid,) = lines_of(tracer, setting, "none", None, COVERS)
    (least,) = lines_of(tracer, setting, "least", None, ("central",))
    work = RunRows(tracer, rigid, setting.skip)
    groups = list(work.groups())
    rows = [_row(work, key, members) for key, members in groups]
    total = _by_cover(rigid, [work.total_by_month(cover) for cover in range(len(COVERS))])
    total["least"] = RunRows(tracer, least, setting.skip).total_by_month(0).tolist()
    shown, baseline = setting.months[setting.skip :], tracer.month.baseline
    central = COVERS.index("central")
    return {
        "title": scenario.title,
        "description": scenario.description,
        "note": scenario.note,
        "months": list(shown),
        "total": total,
        "rows": [row for row in rows if any(any(row[cover]) for cover in COVERS)],
        "asked": len(groups),
        "spans": list(measure_spans(scenario, setting.bounds, shown, built, deals)),
        "notes": list(what_to_know(setting)),
        "flows": month_flows(baseline, rigid, setting, central),
        "recorded": recorded(baseline, rigid, setting, central),
    }


def _row(work: RunRows, key: Key, members: np.ndarray) -> Record:
    """One product in one region: losses by month at each size of stocks, what binds at central."""
    product, region, segment = key
    dataset = work.graph.dataset
    names, sector = full_names(dataset), work.demands["sector"].iat[members[0]]
    losses = [work.loss_by_month(members, cover) for cover in range(len(COVERS))]
    central = COVERS.index("central")
    binding, nominal = _binding(work, product, members, central)
    return {
        "product": product,
        "name": names.get(product, product),
        "sector": str(sector),
        "region": region,
        "place": names.get(region, region),
        "segment": segment,
        "binding": binding,
        "nominal": nominal,
        **_by_cover(work.line, losses),
    }


def _binding(
    work: RunRows, product: str, members: np.ndarray, cover: int
) -> tuple[list[list[Any]], bool]:
    """Spells of months, as their first place and the material that binds; whether any is nominal.

    The name stands in for the id, as in other columns that people read.
    """
    materials = work.graph.dataset.tables["materials"].set_index("id")["name"]
    found: list[str] = []
    nominal = False
    for row in range(work.skip, len(work.line.months)):
        worst = int(members[work.loss[row, members, cover].argmax()])
        material, _, _, unsized = work.cause(row, worst, cover, product)
        found.append(str(materials.get(material) or material))
        nominal |= unsized
    spells = []
    for name, places in groupby(range(len(found)), key=found.__getitem__):
        spells.append([next(places), name])
    return spells, nominal


def _by_cover(line: Timeline, losses: list[np.ndarray]) -> Record:
    return {cover: loss.tolist() for cover, loss in zip(line.covers, losses, strict=True)}
