"""Which figures decide most: each set to its low and its high, balanced and ranked again.

A figure is a row with a range (needs, recipes, demand, observations, trade, capacities) or
an ore with a rival vector. The conclusions watched are the losses, under both bounds, of
the ten country-processes that lead the ranking, and under `none` those of a few products.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from supplygraph.analysis.losses.entities import Entity, entities_of
from supplygraph.baseline import Baseline, reconcile
from supplygraph.dataset import Dataset
from supplygraph.engines.month_model import Month
from supplygraph.errors import SupplygraphError
from supplygraph.graph import compile_graph
from supplygraph.progress import doing, steps, watching

FIGURE_COLUMNS = {
    "needs": ("quantity", "quantity_evidence", ("product", "material")),
    "recipes": ("quantity", "evidence", ("recipe", "material", "direction")),
    "demand": ("units", "evidence", ("product", "market")),
    "observations": ("value", "evidence", ("id",)),
    "trade": ("quantity", "evidence", ("material", "from", "to")),
    "capacities": ("quantity", "evidence", ("facility", "line", "from_date")),
}
COLUMNS = (
    *("table", "id", "field", "value", "low", "high", "evidence"),
    *("moves", "at_low", "at_high", "ranks", "moved_most"),
)
LEADERS = 10
WATCHED = 5


@dataclass(frozen=True)
class RangedFigure:
    """One figure with a range, or an ore with a rival vector (`variant`)."""

    table: str
    name: str
    position: int
    column: str
    value: float
    low: float
    high: float
    evidence: str
    variant: str = ""


def figures_of(dataset: Dataset) -> Iterator[RangedFigure]:
    """All figures that can be set to a low and a high value."""
    for table, (column, grade, keys) in FIGURE_COLUMNS.items():
        frame = dataset.tables[table].reset_index(drop=True)
        for position, row in enumerate(frame.to_dict("records")):
            idle = row.get("role") in ("check", "arc")
            ranged = not any(np.isnan(row[end]) for end in (column, "low", "high"))
            if ranged and not idle and row["low"] < row["high"]:
                parts = [row[key] for key in keys]
                name = "/".join("+".join(p) if isinstance(p, tuple) else str(p) for p in parts if p)
                yield RangedFigure(
                    table, name, position, column, row[column], row["low"], row["high"], row[grade]
                )
    vectors = dataset.tables["compositions"]
    rivals = vectors[vectors["variant"] != "default"]
    for (material, variant), rows in rivals.groupby(["material", "variant"], sort=True):
        grade = str(rows["evidence"].iat[0])
        nan = float("nan")
        yield RangedFigure(
            "compositions", str(material), -1, "vector", nan, nan, nan, grade, str(variant)
        )


def changed(dataset: Dataset, figure: RangedFigure, value: float) -> Dataset:
    """The dataset with one figure set to another value."""
    frame = dataset.tables[figure.table].copy()
    row = frame.index[figure.position]
    frame.loc[row, figure.column] = value
    tables = MappingProxyType({**dataset.tables, figure.table: frame})
    mark = f"/{figure.name}={value}"
    return replace(
        dataset,
        tables=tables,
        hash=dataset.hash + mark,
        tables_hash=dataset.tables_hash + mark,
    )


@dataclass(frozen=True)
class Conclusions:
    """Losses of the leading country-processes: weighted totals and single products."""

    totals: pd.DataFrame
    products: pd.DataFrame

    def leaders(self, count: int) -> list[str]:
        """Ids in order of the loss under `none`."""
        order = self.totals.assign(id=self.totals.index).sort_values(
            ["none", "id"], ascending=[False, True]
        )
        return list(order.index[:count])


def conclude(
    baseline: Baseline, watched: Sequence[tuple[str, str]], only: set[str] | None
) -> Conclusions:
    """Losses of country-processes over one balance.

    Parameters
    ----------
    baseline
        A balanced base year.
    watched
        Products and regions whose own loss under `none` is watched.
    only
        Ids to solve under `least`; all by default.
    """
    month = Month(baseline, scheme="level")  # as in every ranking, whose totals are watched here
    entities = [e for e in entities_of(baseline, "country-process") if not e.flags]
    levels = month.cascade.levels([entity.shock for entity in entities])
    lost = 1.0 - month.cascade.served(levels)
    demands, units = baseline.graph.demands, baseline.block("demand")
    totals = pd.DataFrame({"none": month.weights @ lost}, index=[e.id for e in entities])
    totals["least"] = [
        _least(month, e) if only is None or e.id in only else np.nan for e in entities
    ]
    products = {}
    for product, region in watched:
        mine = (demands["product"] == product) & (demands["region"] == region)
        share = np.where(mine, units, 0.0)
        if share.sum() > 0:
            products[f"{product}@{region}"] = share @ lost / share.sum()
    return Conclusions(totals, pd.DataFrame(products, index=totals.index))


def _least(month: Month, entity: Entity) -> float:
    answer = month.program.solve(entity.shock)
    return float(month.weights @ (month.program.reference.served - answer.served))


def deciding(dataset: Dataset, *, processes: int = 2) -> pd.DataFrame:
    """Figures ranked by how far they move the main conclusions.

    Parameters
    ----------
    dataset
        Checked dataset.
    processes
        Processes to use.

    Returns
    -------
    pandas.DataFrame
        Columns ``rank, table, id, field, value, low, high, evidence, moves, at_low, at_high,
        ranks, moved_most``: ``moves`` is the sum of absolute changes of losses (shares of 1)
        at the worse end, ``ranks`` how many of the first ten change place, ``moved_most``
        the conclusion that moved furthest and by how much.
    """
    with doing("Ranking as it is"):
        base = conclude(reconcile(compile_graph(dataset)), (), None)
        leaders = base.leaders(LEADERS)
        watched = _watched(dataset)
        base = conclude(reconcile(compile_graph(dataset)), watched, set(leaders))
    figures = list(figures_of(dataset))
    tasks = [(f, end) for f in figures for end in ((f.variant,) if f.variant else (f.low, f.high))]
    with ProcessPoolExecutor(
        processes, initializer=_start, initargs=(dataset, watched, leaders)
    ) as pool:
        answers = list(steps(pool.map(_trial, tasks), "Figures at their ends", len(tasks)))
    return _rank(figures, tasks, answers, base, leaders)


def _watched(dataset: Dataset) -> list[tuple[str, str]]:
    """Products and regions to watch: by sector, the largest weighing need in each."""
    wanted = [("f-35", "US"), ("ev", "US"), ("ev", "EU"), ("ev", "JP"), ("wind-offshore", "EU")]
    known = set(dataset.tables["demand"]["product"])
    return [pair for pair in wanted if pair[0] in known][:WATCHED]


@dataclass(frozen=True)
class _TrialData:
    """What every worker process shares."""

    dataset: Dataset
    watched: list[tuple[str, str]]
    leaders: set[str]


_TRIAL_DATA: list[_TrialData] = []


def _start(dataset: Dataset, watched: list[tuple[str, str]], leaders: list[str]) -> None:
    _TRIAL_DATA[:] = [_TrialData(dataset, watched, set(leaders))]
    # Ctrl-C reaches every process of a terminal: the first takes no more answers and says so.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _trial(task: tuple[RangedFigure, float | str]) -> Conclusions | None:
    """Conclusions with one figure changed; None where no balance exists."""
    figure, end = task
    setting = _TRIAL_DATA[0]
    with watching(None):  # a watcher of the first process must not draw from here too
        try:
            if figure.variant:
                graph = compile_graph(setting.dataset, variants={figure.name: figure.variant})
            else:
                graph = compile_graph(changed(setting.dataset, figure, float(end)))
            return conclude(reconcile(graph), setting.watched, setting.leaders)
        except SupplygraphError:
            return None


def _rank(
    figures: Sequence[RangedFigure],
    tasks: Sequence[tuple[RangedFigure, float | str]],
    answers: Sequence[Conclusions | None],
    base: Conclusions,
    leaders: list[str],
) -> pd.DataFrame:
    found: dict[int, list[dict[str, Any]]] = {}
    order = {id(figure): number for number, figure in enumerate(figures)}
    for (figure, _), answer in zip(tasks, answers, strict=True):
        found.setdefault(order[id(figure)], []).append(_moves(base, answer, leaders))
    rows = []
    for number, figure in enumerate(figures):
        ends = found[number]
        worst = max(ends, key=lambda end: end["moves"])
        rows.append(
            {
                "table": figure.table,
                "id": figure.name,
                "field": figure.variant or figure.column,
                "value": figure.value,
                "low": figure.low,
                "high": figure.high,
                "evidence": figure.evidence,
                "moves": worst["moves"],
                "at_low": ends[0]["moves"],
                "at_high": ends[-1]["moves"],
                "ranks": worst["ranks"],
                "moved_most": worst["moved_most"],
            }
        )
    table = pd.DataFrame(rows, columns=COLUMNS)  # a dataset may hold no range at all
    table["_key"] = -table["moves"].round(9)
    table = table.sort_values(["_key", "table", "id", "field"]).drop(columns="_key")
    table.insert(0, "rank", range(1, len(table) + 1))
    return table.reset_index(drop=True)


def _moves(base: Conclusions, answer: Conclusions | None, leaders: list[str]) -> dict[str, Any]:
    """Sum of changes, change of ranks, and the conclusion that moved furthest."""
    if answer is None:
        return {"moves": float("nan"), "ranks": 0, "moved_most": "no balance"}
    parts = []
    for name in ("none", "least"):
        shift = (answer.totals[name].reindex(leaders) - base.totals[name].reindex(leaders)).fillna(
            0
        )
        parts += [(f"{process} {name}", float(value)) for process, value in shift.items()]
    for product in base.products.columns:
        now = answer.products.get(product)
        if now is None:
            continue
        shift = (now.reindex(leaders) - base.products[product].reindex(leaders)).fillna(0)
        parts += [(f"{process} none {product}", float(value)) for process, value in shift.items()]
    name, value = max(parts, key=lambda part: (abs(part[1]), part[0]))
    ranks = sum(a != b for a, b in zip(answer.leaders(LEADERS), leaders, strict=False))
    total = sum(abs(value) for _, value in parts)
    return {"moves": total, "ranks": ranks, "moved_most": f"{name} {round(100 * value):+d} points"}
