"""Time to recover: as given, or from the lags of the dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from supplygraph.errors import UsageError
from supplygraph.graph import SupplyGraph
from supplygraph.hints import did_you_mean
from supplygraph.scenario import Shock
from supplygraph.units import time_in_months

RECOVERY = "recovery"


@dataclass(frozen=True)
class Recovery:
    """Months until what was removed runs again, and where the figure is from.

    Attributes
    ----------
    months
        Central, or the long end where no central is stated; NaN where unknown.
    note
        What a reader should know about it.
    """

    months: float
    note: str


def recovery_of(graph: SupplyGraph, shock: Shock, asked: str | float | None) -> Recovery:
    """Time to recover: months as given, a row of `lags` by id, or the lag that fits.

    Left out, a row of `lags` of kind ``recovery`` with a unit of time applies if its `case` is
    the process or the stage of the plants removed; of several the longest. A recovery that is
    a yield is none.

    Raises
    ------
    UsageError
        If the months are not above 0, or no lag has the id, or it is no time.
    """
    if asked is not None:
        months = _number(asked)
        return _lag(graph, str(asked)) if months is None else Recovery(months, "")
    hit = graph.activities[shock.activity < 1]
    cases = set(hit["process"]) | set(hit["stage"])
    rows = [row for row in _timed(graph) if row["kind"] == RECOVERY and row["case"] in cases]
    if rows:
        found = [_lag(graph, str(row["id"])) for row in rows]
        return max(found, key=lambda recovery: (recovery.months, recovery.note))
    if hit.empty:
        return Recovery(
            float("nan"),
            "no TTR: exports go on when whoever stopped them lets them. Give --ttr MONTHS.",
        )
    stages = sorted(set(hit["stage"]))
    near = [
        str(row["id"])
        for row in _timed(graph)
        if row["kind"] != RECOVERY and str(row["case"]).partition(":")[0] in stages
    ]
    such = f" Or name a lag, such as {', '.join(near[:3])}." if near else ""
    return Recovery(
        float("nan"),
        "no TTR: lags holds no time of recovery for what was removed. Give --ttr MONTHS." + such,
    )


def _number(asked: str | float) -> float | None:
    try:
        months = float(asked)
    except ValueError:
        return None
    if not (0 < months < float("inf")):
        raise UsageError(f"--ttr {asked}: months are above 0. Write such as --ttr 12.")
    return months


def _timed(graph: SupplyGraph) -> list[dict[str, Any]]:
    """Lags in a unit of time."""
    found = []
    for row in graph.dataset.tables["lags"].to_dict("records"):
        try:
            found.append({**row, "month": time_in_months(row["unit"])})
        except UsageError:
            continue
    return found


def _lag(graph: SupplyGraph, name: str) -> Recovery:
    rows = {str(row["id"]): row for row in _timed(graph)}
    if name not in rows:
        if name in set(graph.dataset.tables["lags"]["id"]):
            raise UsageError(f"--ttr '{name}': this lag is a share, no time. Give months.")
        raise UsageError(f"--ttr '{name}' is neither months nor a lag. {did_you_mean(name, rows)}")
    row = rows[name]
    ends = [row["low"] * row["month"], row["central"] * row["month"], row["high"] * row["month"]]
    months = next((end for end in (ends[1], ends[2], ends[0]) if not np.isnan(end)), np.nan)
    shown = [f"{end:g}" for end in ends if not np.isnan(end)]
    grade = row["evidence"] or "D"
    note = f"TTR {months:g} months from lag {name}, grade {grade} ({' to '.join(shown)} months)"
    return Recovery(float(months), note)
