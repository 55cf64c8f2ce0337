"""The balance as a table: written to `derived/baseline.csv`, read back, shown to people."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd

from supplygraph.baseline.figure_causes import Causes
from supplygraph.baseline.observations import observations_of
from supplygraph.baseline.reconcile import Baseline, balance_rows, reconcile
from supplygraph.graph import Columns, SupplyGraph, columns_of
from supplygraph.progress import steps
from supplygraph.reading import TABLE_LIMIT, UnreadableError, read_text

BASELINE_FILE = Path("derived") / "baseline.csv"
HASH_ROW = "hash"
DAMAGED = 1e-6  # largest relative imbalance of a balance that was not edited by hand


def column_ids(graph: SupplyGraph, columns: Columns) -> list[tuple[str, str, str]]:
    """Block, id and unit of every column, in column order."""
    pools = graph.pools
    pool_id, pool_unit = list(pools["id"]), list(pools["unit"])
    rows: list[tuple[str, str, str]] = []
    for row in graph.activities.itertuples():
        rows.append(("activity", f"{row.id}/{row.line}/{row.recipe}", "activity/yr"))
    for row in graph.demands.itertuples():
        rows.append(("demand", f"{row.product}@{row.market}", f"{row.unit}/yr"))
    users = [f"{r.id}/{r.line}/{r.recipe}" for r in graph.activities.itertuples()]
    users += [f"{r.product}@{r.market}" for r in graph.demands.itertuples()]
    inputs = graph.inputs
    for entry in np.flatnonzero(inputs.draw >= 0):
        pool = int(inputs.pool[entry])
        rows.append(
            ("draw", f"{users[inputs.user[entry]]}:{pool_id[pool]}", f"{pool_unit[pool]}/yr")
        )
    for name, origin in zip(graph.arcs["id"], graph.arcs["origin"], strict=True):
        rows.append(("arc", name, f"{pool_unit[origin]}/yr"))
    for block, owners in (
        ("surplus", columns.surplus_of),
        ("unexplained", columns.unexplained_of),
        ("made", columns.made_of),
        ("withheld", columns.made_of),
    ):
        rows += [(block, pool_id[p], f"{pool_unit[p]}/yr") for p in owners]
    return rows


def baseline_text(baseline: Baseline) -> str:
    """The file `derived/baseline.csv`: hash of the tables, then every flow that is not zero."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["block", "id", "quantity", "unit"])
    writer.writerow([HASH_ROW, baseline.graph.dataset.tables_hash, repr(baseline.deviation), ""])
    ids = column_ids(baseline.graph, baseline.columns)
    for (block, name, unit), value in zip(ids, baseline.x, strict=True):
        if value > 0 and block not in ("made", "withheld"):
            writer.writerow([block, name, repr(float(value)), unit])
    return buffer.getvalue()


def load_or_reconcile(graph: SupplyGraph) -> tuple[Baseline, bool]:
    """The shipped balance if it was computed from these very tables, else a new one.

    Returns
    -------
    baseline : Baseline
    shipped : bool
        Whether it was read and not computed.
    """
    path = graph.dataset.path / BASELINE_FILE
    if path.is_file():
        found = read_baseline(graph, path)
        if found is not None:
            return found, True
    return reconcile(graph), False


def read_baseline(graph: SupplyGraph, path: Path) -> Baseline | None:
    """Read a written balance; None if it belongs to other tables or is damaged."""
    try:
        found = _read_flows(graph, path)
    except (UnreadableError, ValueError, IndexError, csv.Error):
        return None
    if found is None or not np.isfinite(found.x).all() or (found.x < 0).any():
        return None
    return found if found.residual() <= DAMAGED else None


def _read_flows(graph: SupplyGraph, path: Path) -> Baseline | None:
    rows = list(csv.reader(io.StringIO(read_text(path, TABLE_LIMIT), newline="")))[1:]
    if not rows or rows[0][0] != HASH_ROW or rows[0][1] != graph.dataset.tables_hash:
        return None
    columns = columns_of(graph)
    ids = {(block, name): i for i, (block, name, _) in enumerate(column_ids(graph, columns))}
    x = np.zeros(columns.total)
    for block, name, value, _ in rows[1:]:
        if (block, name) not in ids:
            return None
        x[ids[block, name]] = float(value)
    made = graph.made_quantity * x[: graph.n_activities][graph.made_activity]
    total = np.bincount(graph.made_pool, made, minlength=len(graph.pools))
    x[columns.block("made")] = total[columns.made_of]
    matrix = balance_rows(graph, columns)
    observations = tuple(observations_of(graph, columns))
    return Baseline(graph, columns, matrix, x, observations, float(rows[0][2]))


def flow_table(baseline: Baseline) -> pd.DataFrame:
    """Every flow of the base year: block, id, quantity, unit."""
    rows = column_ids(baseline.graph, baseline.columns)
    table = pd.DataFrame(rows, columns=["kind", "id", "unit"])
    table.insert(2, "quantity", baseline.x)
    return table


def balance_table(baseline: Baseline, *, why: bool = True) -> pd.DataFrame:
    """Each published figure beside the balance.

    Parameters
    ----------
    baseline
        Balanced base year.
    why
        Also say, for figures that moved by more than 1 %, what stands against them.

    Returns
    -------
    pandas.DataFrame
        Columns ``id, what, observed, balanced, moved, unit, role, evidence, year, why, source``;
        ``moved`` is balanced / observed - 1.
    """
    rows = []
    for o in baseline.observations:
        balanced = o.balanced(baseline.x)
        rows.append(
            {
                "id": o.id,
                "what": o.what,
                "observed": o.value,
                "balanced": balanced,
                "moved": balanced / o.value - 1 if o.value else np.nan,
                "unit": o.unit,
                "role": o.role,
                "evidence": o.grade,
                "year": o.year,
                "why": "",
                "source": o.source,
                "low": o.low,
                "high": o.high,
            }
        )
    table = pd.DataFrame(rows)
    table["within"] = [
        bool(o.low <= b <= o.high) if not (np.isnan(o.low) or np.isnan(o.high)) else None
        for o, b in zip(baseline.observations, table["balanced"], strict=True)
    ]
    if why:
        table["why"] = explain_moves(baseline, table["moved"])
    return table


def explain_moves(baseline: Baseline, moved: pd.Series) -> list[str]:
    """For each figure that moved by more than 1 %: what stands against it (`causes`).

    Parameters
    ----------
    baseline
        Balanced base year.
    moved
        How far figures moved, by their place among the observations; all or some of them.
    """
    causes = Causes(baseline)
    pairs = [(baseline.observations[place], by) for place, by in moved.items()]
    return [causes.why(o, m) for o, m in steps(pairs, "What figures stand against")]


def held_table(baseline: Baseline) -> pd.DataFrame:
    """Surplus and unexplained use as named rows, largest share of the world's output first."""
    graph = baseline.graph
    world: dict[str, float] = {}
    for material, made in zip(graph.pools["material"], baseline.made, strict=True):
        world[material] = world.get(material, 0.0) + made
    parts = []
    for name in ("surplus", "unexplained"):
        held = baseline.held(name)
        part = graph.pools[["material", "market", "unit"]].assign(kind=name, quantity=held)
        parts.append(part[held > 1e-9])
    table = pd.concat(parts)
    table["share_of_world"] = [
        q / world[m] if world[m] > 0 else np.nan
        for q, m in zip(table["quantity"], table["material"], strict=True)
    ]
    order = ["kind", "quantity", "material", "market"]
    table = table.sort_values(order, ascending=[True, False, True, True])
    return table[["kind", "material", "market", "quantity", "unit", "share_of_world"]].reset_index(
        drop=True
    )
