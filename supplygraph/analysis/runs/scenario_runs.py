"""A scenario run month by month: bounds of what is lost, and first stops beside what was seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.caveats import rests_on_unsized
from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.runs.backtest import SERIES, WORLD, Series
from supplygraph.analysis.runs.inferred_cover import inferred_cover
from supplygraph.analysis.runs.months_by_element import element_rows
from supplygraph.analysis.runs.months_lost import month_rows
from supplygraph.baseline import Baseline
from supplygraph.dataset import Dataset
from supplygraph.engines.timeline import Pace, Timeline, run_months
from supplygraph.errors import UsageError
from supplygraph.graph import SupplyGraph
from supplygraph.hints import check_choice, did_you_mean
from supplygraph.progress import steps
from supplygraph.scenario import Shock
from supplygraph.scenario.bounds import compose
from supplygraph.scenario.load import scenario_of
from supplygraph.scenario.model import Scenario
from supplygraph.scenario.modifier_windows import begin_after
from supplygraph.scenario.month_arrays import Bounds, month_range

BOTH = ("none", "least")
ASKED = {
    "both": BOTH,
    "all": ("none", "qualified", "least"),
    "none": ("none",),
    "qualified": ("qualified",),
    "least": ("least",),
}
HISTORY = "2025-01"
ORDER = (
    "product",
    "region",
    "segment",
    "month",
    "rerouting",
    "rationing",
    "cover",
    "demand",
    "unit",
    "served",
    "loss",
    "binding",
    "first_shortage",
    "months_lost",
    "tts_months",
    "ttr_months",
    "observed",
    "need_evidence",
    "quantity_evidence",
    "flags",
)
BY = ("product", "element")
BY_ELEMENT = (
    "element",
    "region",
    "month",
    "rerouting",
    "rationing",
    "cover",
    "demand",
    "unit",
    "served",
    "loss",
    "shortage",
    "binding",
    "binding_share",
    "first_shortage",
    "months_lost",
    "months_short",
    "tts_months",
    "ttr_months",
    "quantity_evidence",
    "flags",
)
OUTBID = 1e-6
ONE_SHARING = "a row under least is one sharing among several: quote totals, or ask with --product"


def season_of(dataset: Dataset) -> tuple[float, ...] | None:
    """Factors of twelve months from Chinese magnet exports of 2024, mean 1; None without them."""
    table = dataset.tables["series"]
    if not (table["series"] == SERIES).any():
        return None
    tonnes = Series(table).tonnes
    months = [tonnes.get((f"2024-{m:02d}", WORLD)) for m in range(1, 13)]
    if any(value is None or not value > 0 for value in months):
        return None
    known = [float(value) for value in months if value is not None]
    mean = sum(known) / len(known)
    return tuple(value / mean for value in known)


def pace_of(dataset: Dataset, scenario: Scenario) -> tuple[Pace, tuple[str, ...]]:
    """Season and growth of a scenario, and what a reader should know of them."""
    season = season_of(dataset) if scenario.season else None
    if season is None:
        notes = ("no season: the dataset has no months of a base year",) if scenario.season else ()
        return Pace(growth=scenario.growth), notes
    note = "season: months of Chinese magnet exports of 2024, for demand and caps alike (calc)"
    return Pace(season, scenario.growth), (note,)


@dataclass(frozen=True)
class Setting:
    """What a scenario is stepped through with.

    Attributes
    ----------
    months
        Months to step through.
    skip
        How many of them lie before the start and only set the stage.
    """

    scenario: Scenario
    bounds: Bounds
    pace: Pace
    months: tuple[str, ...]
    skip: int
    notes: tuple[str, ...]


def setting_of(baseline: Baseline, scenario: Scenario) -> Setting:
    """Bounds, pace and months of a scenario.

    Raises
    ------
    ScenarioError
        If the scenario contradicts itself or is a replay without a network.
    """
    pace, notes = pace_of(baseline.graph.dataset, scenario)
    months, skip = _months(scenario)
    bounds = compose(baseline.graph, baseline, scenario, months)
    return Setting(scenario, bounds, pace, months, skip, (*notes, *bounds.idle))


def lines_of(
    tracer: Tracer, setting: Setting, rerouting: str, rationing: str | None, covers: Sequence[str]
) -> Iterator[Timeline]:
    """The run under each rerouting asked for, one after the other.

    Raises
    ------
    UsageError
        If the rerouting is unknown.
    """
    check_choice(rerouting, tuple(ASKED), "rerouting")
    month = tracer.month
    for name in steps(ASKED[rerouting], "Reroutings"):
        yield run_months(
            month.baseline,
            setting.bounds,
            rerouting=name,
            rationing=rationing or setting.scenario.rationing,
            pace=setting.pace,
            covers=covers,
            weights=month.weights,
            threads=month.threads,
        )


def run_scenario(
    tracer: Tracer,
    scenario: Scenario,
    *,
    rerouting: str = "both",
    rationing: str | None = None,
    covers: Sequence[str] = ("low", "central", "high"),
    by_month: bool = False,
    by: str = "product",
) -> tuple[pd.DataFrame, tuple[str, ...], tuple[str, ...]]:
    """Rows of a scenario under each rerouting and cover.

    Parameters
    ----------
    tracer
        Engines, weights and causes; its product and region choose the rows.
    scenario
        With all measures written out.
    rerouting
        ``both`` (none and least), ``all``, ``none``, ``qualified`` or ``least``.
    rationing
        Of qualified and least; the scenario's if left out.
    covers
        Sizes of stocks to run.
    by_month
        Give the rows of single months too.
    by
        ``product``, or ``element``: what is lost of the demand for each.

    Returns
    -------
    table : pandas.DataFrame
        Columns of kind ``run``, or ``run-by-element``, in `schema/results.csv`.
    warnings : tuple of str
    applied : tuple of str
        What set bounds, in which months and on how many entities.

    Raises
    ------
    UsageError
        If the rerouting, or what to order by, is unknown.
    ScenarioError
        If the scenario contradicts itself or is a replay without a network.
    """
    if by not in BY:
        raise UsageError(f"by '{by}' is not known. {did_you_mean(by, BY)}")
    rows = element_rows if by == "element" else month_rows
    setting = setting_of(tracer.month.baseline, scenario)
    skip = setting.skip
    parts: list[pd.DataFrame] = []
    caught: list[str] = []
    for line in lines_of(tracer, setting, rerouting, rationing, covers):
        parts.append(rows(tracer, line, monthly=by_month, skip=skip))
        caught += _caught(tracer.month.baseline.graph, line)
    table = pd.concat(parts, ignore_index=True)
    shown = setting.months[skip:]
    if by == "element":
        table, order = _outbid(table, ["element", "region", "cover"]), BY_ELEMENT
    else:
        table["observed"] = _observed(tracer.month.baseline.graph.dataset, table, shown)
        table, order = _outbid(table, ["product", "region", "segment", "cover"]), ORDER
    unsized = rests_on_unsized(tracer.month, held_back=False) if by == "product" else ()
    notes = (*what_to_know(setting), ONE_SHARING, *unsized)
    return table[list(order)], notes, (*applied_by(setting.bounds), *caught)


def applied_by(bounds: Bounds) -> tuple[str, ...]:
    """Each measure that set a bound, with its months and how many things it bound."""
    months: dict[str, set[str]] = {}
    entities: dict[str, set[tuple[str, str]]] = {}
    for bound in bounds.applied:
        months.setdefault(bound.set_by, set()).add(bound.month)
        entities.setdefault(bound.set_by, set()).add((bound.block, bound.entity))
    return tuple(
        f"{name}: {min(months[name])} to {max(months[name])}, {len(entities[name])} bounds a month"
        for name in sorted(months)
    )


def _caught(graph: SupplyGraph, line: Timeline) -> list[str]:
    """Goods that each rule of content caught by mixing, and in which months."""
    months: dict[str, list[str]] = {}
    pools: dict[str, np.ndarray] = {}
    for month, rules in zip(line.months, line.caught, strict=True):
        for rule in rules:
            if rule.pools.any():
                months.setdefault(rule.measure, []).append(month)
                found = pools.get(rule.measure, np.zeros(len(graph.pools), dtype=bool))
                pools[rule.measure] = found | rule.pools.any(axis=1)
    return [
        f"{name} caught by mixing under {line.rerouting}: {min(months[name])} to "
        f"{max(months[name])}, {', '.join(graph.pools['id'][pools[name]])}"
        for name in sorted(months)
    ]


def _months(scenario: Scenario) -> tuple[tuple[str, ...], int]:
    """Months to step through, and how many of them lie before the start."""
    start = scenario.month_names[0]
    if scenario.initial == "base" or start <= HISTORY:
        return scenario.month_names, 0
    before = (int(start[:4]) - int(HISTORY[:4])) * 12 + int(start[5:]) - int(HISTORY[5:])
    return month_range(HISTORY, before + len(scenario.month_names)), before


def what_to_know(setting: Setting) -> tuple[str, ...]:
    """What a reader of any months of a scenario must know."""
    months = setting.months[setting.skip :]
    return (
        *setting.notes,
        f"{months[0]} to {months[-1]}: every month is solved on its own and none knows the next; "
        "depth and dates are a range over stocks (low, central, high), most of which are assumed",
    )


def _outbid(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Flag rows under `least` or `qualified` that lose more than the same row under `none`."""
    months = table["month"].astype(object).where(table["month"].notna(), "")
    key = list(zip(*(table[name] for name in keys), months, strict=True))
    none = {
        k: loss
        for k, loss, name in zip(key, table["loss"], table["rerouting"], strict=True)
        if name == "none"
    }
    flags = [
        (*old, "outbid") if name != "none" and loss > none.get(k, 2.0) + OUTBID else old
        for k, old, loss, name in zip(
            key, table["flags"], table["loss"], table["rerouting"], strict=True
        )
    ]
    return table.assign(flags=flags)


def first_stops(dataset: Dataset, months: Sequence[str]) -> pd.DataFrame:
    """First stoppage, slowdown or shortage on record for each product and region, in the run."""
    first: dict[tuple[str, str], dict[str, str]] = {}
    events = dataset.tables["events"].sort_values(["date", "id"], kind="stable")
    kinds = ("stoppage", "slowdown", "shortage")
    for row in events.to_dict("records"):
        if not any(kind in str(row["id"]) for kind in kinds):
            continue
        if not months[0] <= str(row["date"])[:7] <= months[-1]:
            continue
        for product in str(row["product"]).split(";"):
            stop = {"product": product, "region": str(row["region"])}
            stop |= {name: str(row[name]) for name in ("date", "id", "event", "evidence")}
            first.setdefault((product, str(row["region"])), stop)
    columns = ["product", "region", "date", "id", "event", "evidence"]
    return pd.DataFrame([first[key] for key in sorted(first)], columns=columns)


def _observed(dataset: Dataset, table: pd.DataFrame, months: Sequence[str]) -> list[str]:
    """First stop on record beside each row over all months."""
    first = {
        (row["product"], row["region"]): f"{row['date']} {row['event']} ({row['evidence']})"
        for row in first_stops(dataset, months).to_dict("records")
    }
    pairs = zip(table["product"], table["region"], table["month"].isna(), strict=True)
    return [first.get((p, r), "") if whole else "" for p, r, whole in pairs]


def cover_from_events(
    tracer: Tracer, scenario: Scenario, product: str | None, region: str | None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Cover inferred from first stops in a scenario; see :func:`inferred_cover`."""
    baseline = tracer.month.baseline
    dataset = baseline.graph.dataset
    pace, notes = pace_of(dataset, scenario)
    bounds = compose(baseline.graph, baseline, scenario)
    events = first_stops(dataset, bounds.months)
    table, warnings = inferred_cover(tracer, bounds, pace, events, product, region)
    return table, (*notes, *bounds.idle, *warnings)


def standing_shock(
    baseline: Baseline, month: str | None, measures: Sequence[str], sets: Sequence[str]
) -> Shock:
    """What measures of states leave in one month, as a shock that lasts.

    Parameters
    ----------
    baseline
        Balanced base year.
    month
        Month ``YYYY-MM`` in which the measures act.
    measures, sets
        Ids of measures and modifiers, and changes of their parameters.

    Raises
    ------
    UsageError
        If no month is named, nothing binds in it, or a measure acts on end uses, stocks, demand
        or needs, which a static answer does not have.
    """
    if month is None:
        raise UsageError("--measure acts in a month. Add --at, such as --at 2025-05.")
    graph = baseline.graph
    content = {"title": "what-if", "start": month, "months": 1, "season": False}
    told = scenario_of(graph.dataset, content, sets, measures, file="--measure", graph=graph)
    for name, day in begin_after(told, (month,)).items():
        raise UsageError(
            f"--measure: '{name}' begins on {day}, after {month}. Name a later month by --at."
        )
    bounds = compose(graph, baseline, told)
    other = any(bounds.tests) or bounds.denied.any() or bounds.release.any() or bounds.hold.any()
    if other or (bounds.demand != 1).any() or (bounds.need != 1).any():
        raise UsageError(
            "--measure: it acts on content, end uses, stocks, demand or needs, which take months. "
            "Put it into a scenario: supplygraph scenario run."
        )
    shock = Shock(bounds.activity[0], bounds.made[0], np.minimum(bounds.arc[0], 1.0))
    if shock.empty:
        raise UsageError(
            f"--measure: nothing is bound in {month}. Name a month in which it is in force."
        )
    return shock
