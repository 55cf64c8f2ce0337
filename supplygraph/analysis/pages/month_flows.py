"""What flows in each month of a scenario, and what was recorded, as a page shows them.

A level is a share of what the base year has in a month of the same season: 1 where nothing is
lost. Of plants it is the level of their activity, of arcs what they carry, of a pool what it makes.
Told are those under `none` at central stocks; whatever keeps its level is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from supplygraph.analysis.runs.customs import CHINA, MAGNET, record_of
from supplygraph.analysis.runs.scenario_runs import Setting, first_stops
from supplygraph.baseline import Baseline
from supplygraph.dataset.names import full_names
from supplygraph.engines.timeline import MONTHS_A_YEAR, Timeline

Record = dict[str, Any]
WHOLE = 5e-4  # a level nearer to 1 is drawn as 1


def month_flows(baseline: Baseline, line: Timeline, setting: Setting, cover: int) -> Record:
    """Levels of plants, arcs and pools by month, by their ids.

    Parameters
    ----------
    baseline
        Balanced base year.
    line
        The run under `none`.
    setting
        What it was stepped through with.
    cover
        Place of the size of stocks.

    Returns
    -------
    dict
        ``plant``, ``arc`` and ``pool``: lists of levels by id, for those with a month below 1.
    """
    graph = baseline.graph
    shown = slice(setting.skip, None)
    user = np.stack([levels.user[: graph.n_activities, cover] for levels in line.levels[shown]])
    made = np.stack([levels.made[:, cover] for levels in line.levels[shown]])
    scale = [setting.pace.scale(m, graph.base_year) for m in setting.months[shown]]
    flow = baseline.block("arc")[None, :] / MONTHS_A_YEAR * np.array(scale)[:, None]
    carried = line.arc_tonnes[shown, :, cover]
    arc = np.divide(carried, flow, out=np.ones_like(flow), where=flow > 0)
    return {
        "plant": _below(graph.activities["id"], user, baseline.block("activity")),
        "arc": _below(graph.arcs["id"], arc, baseline.block("arc")),
        "pool": _below(graph.pools["id"], made, baseline.made),
    }


def _below(names: Any, level: np.ndarray, base: np.ndarray) -> dict[str, list[float]]:
    """Levels by id of what moves in the base year and is below 1 in a month."""
    moved = np.flatnonzero((level < 1.0 - WHOLE).any(axis=0) & (base > 0))
    found = {str(names.iat[i]): np.clip(level[:, i], 0.0, 1.0).tolist() for i in moved}
    return dict(sorted(found.items()))


def recorded(baseline: Baseline, line: Timeline, setting: Setting, cover: int) -> Record:
    """What happened beside what the run says: magnets at the customs, stops of makers.

    Parameters
    ----------
    baseline, line, setting, cover
        As of :func:`month_flows`.

    Returns
    -------
    dict
        ``seen`` and ``ships``, tonnes of Chinese magnets by month that customs counted (None where
        they are not known) and that the run ships abroad, both empty without a month on record;
        ``fitted``, whether the licence's curve was fitted to them; ``stops`` on record.
    """
    graph, dataset = baseline.graph, baseline.graph.dataset
    months = setting.months[setting.skip :]
    customs = record_of(dataset, CHINA, setting.scenario, setting.bounds)
    seen = [customs.seen.get(month) for month in months]
    stage = graph.pools["stage"].to_numpy()[graph.arcs["origin"].to_numpy()]
    abroad = (graph.arcs["from"] == CHINA) & (graph.arcs["to"] != CHINA)
    magnets = abroad.to_numpy() & (stage == MAGNET)
    ships = line.arc_tonnes[setting.skip :, magnets, cover].sum(axis=1)
    names = full_names(dataset)
    stops = [_stop(row, names) for row in first_stops(dataset, months).to_dict("records")]
    known = any(tonnes is not None for tonnes in seen)
    return {
        "seen": seen if known else [],
        "ships": ships.tolist() if known else [],
        "fitted": customs.fitted,
        "stops": sorted(stops, key=lambda stop: (stop["date"], stop["product"], stop["region"])),
    }


def _stop(row: Mapping[Any, Any], names: Mapping[str, str]) -> Record:
    """A stop with its month, its product and place in words."""
    told = {name: str(row[name]) for name in ("product", "region", "date", "event", "evidence")}
    return told | {
        "name": names.get(told["product"], told["product"]),
        "place": names.get(told["region"], told["region"]),
    }
