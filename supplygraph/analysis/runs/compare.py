"""Scenarios side by side: months of output lost, by product and region, between their bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from supplygraph.errors import UsageError
from supplygraph.grades import weakest
from supplygraph.hints import did_you_mean

BY = ("product", "region")
GRADED = ("need_evidence", "quantity_evidence")


def compare_runs(runs: Mapping[str, pd.DataFrame], by: Sequence[str] = BY) -> pd.DataFrame:
    """Each scenario's loss beside the first one's.

    Parameters
    ----------
    runs
        Rows of `run_scenario` by scenario, in order; the first is what others are compared with.
    by
        ``product``, or ``product`` and ``region``.

    Returns
    -------
    pandas.DataFrame
        Columns of kind ``comparison`` in `schema/results.csv`: months of output lost at low,
        central and high stocks, and the difference at central stocks.

    Raises
    ------
    UsageError
        If a key is unknown or `product` is missing: units of products do not add.
    """
    for name in by:
        if name not in BY:
            raise UsageError(f"--by '{name}' is not known. {did_you_mean(name, BY)}")
    if "product" not in by:
        raise UsageError("--by: units of different products do not add. Keep 'product'.")
    parts = [_months_lost(table, by).assign(scenario=name) for name, table in runs.items()]
    table = pd.concat(parts, ignore_index=True)
    first = next(iter(runs))
    base = {
        (*key, rerouting): lost
        for *key, rerouting, lost, name in table[
            ["product", "region", "rerouting", "lost_central", "scenario"]
        ].itertuples(index=False)
        if name == first
    }
    keys = zip(table["product"], table["region"], table["rerouting"], strict=True)
    table["change_central"] = table["lost_central"] - [base.get(k, np.nan) for k in keys]
    order = {name: number for number, name in enumerate(runs)}
    table["_order"] = table["scenario"].map(order)
    table["_total"] = table["product"] == "total"
    table = table.sort_values(["_total", "product", "region", "rerouting", "_order"])
    columns = [
        "product",
        "region",
        "rerouting",
        "scenario",
        "lost_low",
        "lost_central",
        "lost_high",
        "first_shortage",
        "change_central",
        "unit",
        *GRADED,
        "flags",
    ]
    return table[columns].reset_index(drop=True)


def _months_lost(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Months of output lost by key, rerouting and cover; regions weighed by demand."""
    whole = table[table["month"].isna()]
    rows: list[dict[str, Any]] = []
    keys = ["product", "region"] if "region" in by else ["product"]
    for key, group in whole.groupby([*keys, "rerouting"], sort=True):
        lost = {
            cover: _lost(group[group["cover"] == cover]) for cover in ("low", "central", "high")
        }
        central = group[group["cover"] == "central"]
        months = sorted(m for m in central["first_shortage"] if isinstance(m, str))
        flags = sorted({flag for cell in group["flags"] for flag in cell})
        losing = group[group["months_lost"] > 0]
        graded = group if losing.empty else losing
        rows.append(
            {
                "product": key[0],
                "region": key[1] if len(keys) == 2 else "",
                "rerouting": key[-1],
                "unit": "months of output",
                "first_shortage": months[0] if months else None,
                "flags": tuple(flags),
            }
            | {f"lost_{cover}": value for cover, value in lost.items()}
            | {name: weakest(graded[name]) for name in GRADED}
        )
    return pd.DataFrame(rows)


def _lost(group: pd.DataFrame) -> float:
    if group.empty or group["months_lost"].isna().all():
        return float("nan")
    if len(group) == 1:
        return float(group["months_lost"].iloc[0])
    weight = group["demand"].to_numpy()
    return float((group["months_lost"].fillna(0.0) * weight).sum() / weight.sum())
