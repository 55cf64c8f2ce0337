"""Stock that would make the model run short when somebody did: inferred from events, no test.

For a product and region with a stop on record, every needed input of the product there is given
c months of base use as its own stock, all other stocks stay central, and the scenario runs under
`none`. The months of cover whose first shortage falls into the month of the event are an
interval [low, high). It says what stock would square the model with the event; it is fitted to
the event, so it is no evidence for either, and nothing else here uses it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.runs.months_lost import SHORT, Row
from supplygraph.analysis.stocks.stock_cover import demand_groups
from supplygraph.engines.inventories import stocks_of
from supplygraph.engines.stock_targets import MONTHS_A_YEAR, Targets, targets_of
from supplygraph.engines.timeline import Pace, run_months
from supplygraph.scenario.month_arrays import Bounds

STEP, MOST = 0.1, 18.0
WARNINGS = (
    "inferred: the cover at which the model, under none, would first be short in the month of the "
    "event; fitted to that event, so it tests nothing, and no run uses it",
    "the scenario must hold what stopped them, as april-2025-shock does for 2025; of another it is "
    "an answer to a question nobody asked",
    "an event is one firm or plant, a row a region's whole output: the firm's own stock may differ",
)


def inferred_cover(
    tracer: Tracer,
    bounds: Bounds,
    pace: Pace,
    events: pd.DataFrame,
    product: str | None = None,
    region: str | None = None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Months of cover inferred from the first stop on record of each product and region.

    Parameters
    ----------
    tracer
        Engines and balance.
    bounds, pace
        What the scenario leaves of every month, and its season and growth.
    events
        First stops with columns ``product, region, date, id, event, evidence``.
    product, region
        Only these.

    Returns
    -------
    table : pandas.DataFrame
        Columns of kind ``inferred-cover`` in `schema/results.csv`.
    warnings : tuple of str
    """
    groups = dict(demand_groups(tracer, product, region))
    stops = [row for row in events.to_dict("records") if (row["product"], row["region"]) in groups]
    members = [groups[row["product"], row["region"]] for row in stops]
    grid = np.round(np.arange(0.0, MOST + STEP / 2, STEP), 6)
    stocks = _held(tracer, np.concatenate([np.zeros(0, int), *members]), grid)
    line = run_months(tracer.month.baseline, bounds, pace=pace, stocks=stocks)
    stated = _stated(tracer)
    rows: list[Row] = []
    for row, demands in zip(stops, members, strict=True):
        units = line.units[:, demands]
        lost = np.einsum("md,mdc->mc", units, 1.0 - line.served[:, demands])
        short = lost > SHORT * units.sum(axis=1, keepdims=True)
        first = np.where(short.any(axis=0), short.argmax(axis=0), len(line.months))
        month = line.months.index(str(row["date"])[:7])
        known = stated.get((row["product"], row["region"]), (np.nan,) * 3)
        rows.append(
            {
                "product": row["product"],
                "region": row["region"],
                "event": row["id"],
                "month": line.months[month],
                "what": row["event"],
                "evidence": row["evidence"],
            }
            | dict(zip(("stated_low", "stated_central", "stated_high"), known, strict=True))
            | _interval(first, month, grid)
        )
    return pd.DataFrame(rows, columns=list(COLUMNS)), WARNINGS


COLUMNS = (
    "product",
    "region",
    "month",
    "months_low",
    "months_high",
    "stated_low",
    "stated_central",
    "stated_high",
    "event",
    "what",
    "evidence",
    "flags",
)


def _interval(first: np.ndarray, month: int, grid: np.ndarray) -> Row:
    """Covers with which the first shortage falls into a month; first rises with cover."""
    fits = np.flatnonzero(first == month)
    if len(fits):
        end = int(fits[-1]) + 1
        high = float(grid[end]) if end < len(grid) else np.nan
        flags: tuple[str, ...] = ("inferred",) + ("open_end",) * (end == len(grid))
        return {"months_low": float(grid[fits[0]]), "months_high": high, "flags": flags}
    late = "later_without_stock" if first[0] > month else "between_months"
    return {"months_low": np.nan, "months_high": np.nan, "flags": ("inferred", late)}


def _held(tracer: Tracer, demands: np.ndarray, grid: np.ndarray) -> Targets:
    """Central stocks, those of some demands replaced by every cover of a grid."""
    baseline = tracer.month.baseline
    graph, central = baseline.graph, targets_of(baseline).at("central")
    own = np.flatnonzero(np.isin(graph.inputs.user - graph.n_activities, demands))
    own = own[baseline.drawn[own] > 0]
    entry = np.union1d(central.entry, own)
    target = np.zeros((len(entry), len(grid)))
    target[np.searchsorted(entry, central.entry)] = central.entry_target
    target[np.searchsorted(entry, own)] = baseline.drawn[own, None] * grid / MONTHS_A_YEAR
    pool = np.repeat(central.pool_target, len(grid), axis=1)
    return Targets(entry, target, central.pool, pool, tuple(f"{c:g} months" for c in grid))


def _stated(tracer: Tracer) -> dict[tuple[str, str], tuple[float, ...]]:
    """Least months of own stock that the dataset states for any need of a product and region."""
    found: dict[tuple[str, str], tuple[float, ...]] = {}
    for place, months in _own_stocks(tracer):
        found[place] = tuple(np.fmin(found.get(place, (np.nan,) * 3), months).tolist())
    return found


def _own_stocks(tracer: Tracer) -> Iterator[tuple[tuple[str, str], tuple[float, float, float]]]:
    graph = tracer.month.baseline.graph
    for stock in stocks_of(tracer.month.baseline):
        if stock.kind == "product":
            demand = int(graph.inputs.user[stock.entries[0]]) - graph.n_activities
            holder = graph.demands.iloc[demand]
            yield (str(holder["product"]), str(holder["region"])), stock.months
