"""The balance as results: figures beside it, what is held, flows, intervals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from supplygraph.baseline import (
    Baseline,
    IdentifiedSet,
    balance_table,
    explain_moves,
    flow_table,
    held_table,
)
from supplygraph.dataset.names import full_names
from supplygraph.dataset.sources import cited_sources
from supplygraph.errors import UsageError
from supplygraph.hints import did_you_mean
from supplygraph.results import Results

NO_UPPER_END = (
    "no_upper_end: {} of {} routes; no figure and no capacity limits both what is made there and "
    "what of it finds no buyer"
)


def _results(baseline: Baseline, kind: str, table: pd.DataFrame, **params: object) -> Results:
    dataset = baseline.graph.dataset
    about = {"name": dataset.name, "version": dataset.version, "hash": dataset.hash}
    sources = cited_sources(dataset, table)
    table = table.reset_index(drop=True)
    found = Results(kind, table, about, params, warnings=dataset.warnings, sources=sources)
    return replace(found, names=full_names(dataset))


def figures(baseline: Baseline, *, moved: float | None = None, role: str | None = None) -> Results:
    """Each published figure beside the balance, the figures that moved most first.

    Raises
    ------
    UsageError
        If the role is neither fit nor check.
    """
    if role is not None and role not in ("fit", "check"):
        raise UsageError(f"--role '{role}' is not known. {did_you_mean(role, ('fit', 'check'))}")
    table = balance_table(baseline, why=False)
    if role is not None:
        table = table[table["role"] == role]
    if moved is not None:
        table = table[(table["moved"].abs() > moved) | table["balanced"].isna()]
    # Causes take a balance each, so that only those of the rows asked for are looked for.
    table = table.assign(why=explain_moves(baseline, table["moved"]))
    order = pd.DataFrame(
        {
            "role": table["role"] == "check",
            "size": -table["moved"].abs().round(9),
            "id": table["id"],
        }
    ).sort_values(["role", "size", "id"])
    return _results(baseline, "balance", table.loc[order.index], moved=moved, role=role)


def held(baseline: Baseline) -> Results:
    """Surplus and unexplained use by material and market."""
    return _results(baseline, "held", held_table(baseline))


def flows(baseline: Baseline) -> Results:
    """Every flow of the base year that is not zero."""
    table = flow_table(baseline)
    return _results(baseline, "flows", table[table["quantity"] > 0])


def intervals(baseline: Baseline, material: str) -> Results:
    """Least and most that each arc of a material can carry at the balance's slack.

    Where nothing gives the most an end, ``high`` is null and the flag ``no_upper_end`` is set.

    Raises
    ------
    UsageError
        If no arc carries the material.
    """
    graph = baseline.graph
    rows = np.flatnonzero((graph.arcs["material"] == material).to_numpy())
    if not len(rows):
        hint = did_you_mean(material, graph.arcs["material"], full_names(graph.dataset))
        raise UsageError(f"--intervals: no arc carries '{material}'. {hint}")
    low, high = IdentifiedSet(baseline).intervals(rows)
    endless = np.isinf(high)
    table = graph.arcs.loc[rows, ["id", "material", "from", "to"]].assign(
        low=low,
        balanced=baseline.block("arc")[rows],
        high=np.where(endless, np.nan, high),
        unit=f"{graph.dataset.tables['materials'].set_index('id')['unit'][material]}/yr",
        flags=[["no_upper_end"] if one else [] for one in endless],
    )
    table = table[high > 1e-6].sort_values(["balanced", "id"], ascending=[False, True])
    found = _results(baseline, "intervals", table, material=material)
    if not endless.any():
        return found
    note = NO_UPPER_END.format(int(endless.sum()), len(table))
    return replace(found, warnings=(note, *found.warnings))
