"""Measures, modifiers and removals of a scenario into bounds by month: one function owns it.

Order: measures as written, then `set`, then the modifiers of the day, then over all measures and
removals the tightest share of arcs, plants and pools and the largest denial; demand factors
multiply, tonnes of stocks add.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import combinations

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.errors import ScenarioError
from supplygraph.graph import SupplyGraph
from supplygraph.scenario.calendar import day_text, days_of, first_day, last_day
from supplygraph.scenario.measures import Measure, Modifier, Outage
from supplygraph.scenario.measures.base import Part, Time, set_path
from supplygraph.scenario.model import UNTIL, Removed, Scenario
from supplygraph.scenario.months import Applied, Bounds
from supplygraph.scenario.world import World

NEUTRAL = {
    "activity": 1.0, "made": 1.0, "arc": 1.0, "demand": 1.0, "denied": 0.0, "denied_arcs": 0.0,
    "release": 0.0, "hold": 0.0,
}  # fmt: skip
MIN_BLOCKS, SUM_BLOCKS = ("activity", "made", "arc"), ("release", "hold")


@dataclass(frozen=True)
class Window:
    """One parameter of one measure, changed by a modifier from one day to another."""

    modifier: str
    measure: str
    path: str
    value: object
    first: int
    last: int


@dataclass(frozen=True)
class Plan:
    """What changes when: windows of modifiers, and the last day of measures that are lifted."""

    windows: tuple[Window, ...]
    lifted: dict[str, tuple[int, str]]


def compose(
    graph: SupplyGraph,
    baseline: Baseline,
    scenario: Scenario,
    months: Sequence[str] | None = None,
) -> Bounds:
    """Bounds of every month of a scenario; see the module for the order.

    Parameters
    ----------
    graph, baseline
        Network and base flows.
    scenario
        With all measures written out, as `load_scenario` gives it.
    months
        Months ``YYYY-MM``; those of the scenario if left out.

    Raises
    ------
    ScenarioError
        If two modifiers meet on one parameter in one month, a modifier ends within the run and
        nobody says what follows, a measure lies outside the run or names what does not exist, or
        the scenario replays series without a network.

    Examples
    --------
    >>> from supplygraph.chain import load
    >>> from supplygraph.scenario.load import scenario_of
    >>> chain = load("three-nodes")
    >>> half = {"id": "half", "kind": "ban", "imposed_by": ["CN"], "blocked": 0.5,
    ...         "covers": {"materials": ["ore-a"]}, "effective": "2025-02"}
    >>> scenario = scenario_of(chain.dataset, {
    ...     "title": "Half", "start": "2025-01", "months": 2, "measures": [half]})
    >>> compose(chain.network, chain.baseline, scenario).arc.tolist()
    [[inf], [0.5]]
    """
    names = tuple(months) if months is not None else scenario.month_names
    if not scenario.network:
        raise ScenarioError(
            f"scenario '{scenario.name}' replays published series; the network of "
            f"{graph.base_year} says nothing about it. Read it with "
            f"'supplygraph scenario show {scenario.name}'."
        )
    plan = plan_of(scenario, names)
    world = World(graph, baseline)
    bounds = Bounds.open(graph, names)
    who = _Names(graph, names)
    for measure in _all_measures(scenario):
        parts = _monthly(world, measure, plan, names)
        for block in sorted(parts):
            rows, values, by = parts[block]
            if block == "arc":
                values = measure.settle(values)
            _merge(bounds, block, rows, values)
            who.note(block, rows, values, by)
    return replace(bounds, applied=tuple(who.applied(bounds)))


def _all_measures(scenario: Scenario) -> list[Measure]:
    """Measures with a mechanism, and removals as outages."""
    found = list(scenario.acting)
    for number, removed in enumerate(scenario.removals, 1):
        item = removed if isinstance(removed, Removed) else Removed.model_validate(removed)
        found.append(
            Outage.model_validate(
                {"id": f"removal {number}: {item.select}", "kind": "outage", **item.model_dump()}
            )
        )
    return found


def plan_of(scenario: Scenario, months: Sequence[str]) -> Plan:
    """Windows of all modifiers over these months, checked for conflicts.

    Raises
    ------
    ScenarioError
        As :func:`compose`.
    """
    start, end = first_day(months[0]), last_day(months[-1])
    for measure in scenario.acting:
        _check_window(measure, start, end, months)
    for modifier in scenario.changing:
        _check_window(modifier, start, end, months)
    known = [measure.id for measure in scenario.acting]
    ends = {m.id: _last_day(m, scenario, end) for m in scenario.changing}
    replaced = _replaced(scenario)
    windows: list[Window] = []
    lifted: dict[str, tuple[int, str]] = {}
    for modifier in scenario.changing:
        first = _first(modifier, start)
        cut, outcome = ends[modifier.id]
        if modifier.id in replaced:
            cut, outcome = min(cut, replaced[modifier.id] - 1), "lapses"
        if outcome == "ask":
            raise _ask(modifier, months[-1])
        for change in modifier.changes():
            for name in known:
                if fnmatchcase(name, change.measure):
                    window = (modifier.id, name, change.path, change.value, first, cut)
                    windows.append(Window(*window))
                    if outcome == "lifted":
                        lifted[name] = min(lifted.get(name, (cut, modifier.id)), (cut, modifier.id))
        if not any(w.modifier == modifier.id for w in windows):
            raise ScenarioError(
                f"modifier '{modifier.id}' changes no measure of the scenario. Add one of "
                f"{', '.join(sorted({c.measure for c in modifier.changes()}))}, or drop it."
            )
    _check_conflicts(windows)
    return Plan(tuple(windows), lifted)


def _first(entry: Measure | Modifier, start: int) -> int:
    return first_day(entry.effective) if entry.effective else start


def _check_window(entry: Measure | Modifier, start: int, end: int, months: Sequence[str]) -> None:
    run = f"the run of {months[0]} to {months[-1]}"
    if entry.effective and first_day(entry.effective) > end:
        raise ScenarioError(
            f"'{entry.id}' begins on {day_text(first_day(entry.effective))}, after {run}. "
            "Drop it, or run longer."
        )
    extra = getattr(entry, "recovery_days", 0.0)
    renewed = isinstance(entry, Modifier) and entry.after == "renewed"
    if entry.expires and last_day(entry.expires) + extra < start and not renewed:
        raise ScenarioError(
            f"'{entry.id}' ended on {day_text(last_day(entry.expires))}, before {run}. "
            "Drop it, or start earlier."
        )


def _last_day(modifier: Modifier, scenario: Scenario, end: int) -> tuple[int, str]:
    """Last day in the run and what follows; nothing follows at the end of the run."""
    if not modifier.expires or last_day(modifier.expires) >= end:
        return end, "lapses"
    outcome = scenario.after_expiry.get(modifier.id, modifier.after)
    if outcome.startswith(UNTIL):
        return min(end, last_day(outcome.removeprefix(UNTIL))), "lapses"
    return (end, outcome) if outcome == "renewed" else (last_day(modifier.expires), outcome)


def _ask(modifier: Modifier, month: str) -> ScenarioError:
    name = modifier.id
    return ScenarioError(
        f"'{name}' ends on {day_text(last_day(modifier.expires or ''))}, the run goes on to "
        f"{month}, and no source says what followed. Choose after_expiry: {name}: lapses "
        f"(the measures return), renewed or lifted (they end), or --set {name}.after=lapses."
    )


def _replaced(scenario: Scenario) -> dict[str, int]:
    """First day from which a modifier is replaced by another."""
    found: dict[str, int] = {}
    names = {modifier.id for modifier in scenario.changing}
    for modifier in scenario.changing:
        for other in modifier.replaces:
            if other in names and modifier.effective:
                day = first_day(modifier.effective)
                found[other] = min(found.get(other, day), day)
    return found


def _check_conflicts(windows: Sequence[Window]) -> None:
    by_measure: dict[str, list[Window]] = {}
    for window in windows:
        by_measure.setdefault(window.measure, []).append(window)
    for name in sorted(by_measure):
        for one, two in combinations(by_measure[name], 2):
            if one.modifier == two.modifier or not _same_parameter(one.path, two.path):
                continue
            first, last = max(one.first, two.first), min(one.last, two.last)
            if day_text(first)[:7] <= day_text(last)[:7] and one.first <= one.last:
                raise ScenarioError(
                    f"'{one.modifier}' and '{two.modifier}' both change {name}.{one.path} in "
                    f"{day_text(first)[:7]}. Drop one, move its dates, or let one say "
                    f"replaces: [{one.modifier}]."
                )


def _same_parameter(one: str, two: str) -> bool:
    return one == two or one.startswith(two + ".") or two.startswith(one + ".")


Monthly = dict[str, tuple[np.ndarray, np.ndarray, list[str]]]


def _monthly(world: World, measure: Measure, plan: Plan, months: Sequence[str]) -> Monthly:
    """By block: rows limited (month x entry), values, and who set them each month."""
    found: Monthly = {}
    windows = [w for w in plan.windows if w.measure == measure.id]
    copies: dict[tuple[Window, ...], Measure] = {}
    starts = _spells(measure, windows, plan, first_day(months[0]), last_day(months[-1]))
    for row, month in enumerate(months):
        days = days_of(month)
        for start, active, on in _segments(windows, days, starts):
            if active not in copies:
                copies[active] = _changed(measure, active)
            for part in copies[active].parts(world, Time(days, on, start)):
                _add(found, part, row, len(months), _label(measure, active))
    return found


def _spells(
    measure: Measure, windows: Sequence[Window], plan: Plan, start: int, end: int
) -> dict[int, int]:
    """First day of the spell in force, for every day in force of the run."""
    first = min(start, first_day(measure.effective)) if measure.effective else start
    days = np.arange(first, end + 1)
    on = measure.days_in_force(days)
    for window in windows:
        if window.path == "in_force":
            on[(days >= window.first) & (days <= window.last)] = bool(window.value)
    if measure.id in plan.lifted:
        on &= days <= plan.lifted[measure.id][0]
    found: dict[int, int] = {}
    begun = first
    for day, now, before in zip(days.tolist(), on, [False, *on[:-1]], strict=True):
        begun = day if now and not before else begun
        if now:
            found[day] = begun
    return found


def _segments(
    windows: Sequence[Window], days: np.ndarray, starts: dict[int, int]
) -> Iterator[tuple[int, tuple[Window, ...], np.ndarray]]:
    """Days in force of a month, grouped by their spell and the modifiers that act on them."""
    groups: dict[tuple[int, tuple[Window, ...]], np.ndarray] = {}
    for index, day in enumerate(days.tolist()):
        if day in starts:
            active = tuple(w for w in windows if w.first <= day <= w.last and w.path != "in_force")
            key = (starts[day], active)
            groups.setdefault(key, np.zeros(len(days), dtype=bool))[index] = True
    for (start, active), on in groups.items():
        yield start, active, on


def _changed(measure: Measure, windows: Sequence[Window]) -> Measure:
    """The measure with its parameters of the day."""
    from pydantic import ValidationError

    content = measure.model_dump()
    for window in windows:
        content = set_path(content, window.path, window.value, measure.id)
    try:
        return type(measure).model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        names = ", ".join(sorted({w.modifier for w in windows}))
        raise ScenarioError(
            f"{names} changes {measure.id}.{place}: {first['msg']}. Correct the modifier."
        ) from None


def _label(measure: Measure, windows: Sequence[Window]) -> str:
    names = list(dict.fromkeys(w.modifier for w in windows))
    return f"{measure.id} with {', '.join(names)}" if names else measure.id


def _add(found: Monthly, part: Part, row: int, count: int, label: str) -> None:
    """Add a part: value = neutral + sum over segments of (value - neutral)."""
    neutral = NEUTRAL[part.block]
    if part.block not in found:
        shape = (count, len(part.rows))
        found[part.block] = (np.zeros(shape, dtype=bool), np.full(shape, neutral), [""] * count)
    rows, values, by = found[part.block]
    rows[row] |= part.rows
    values[row, part.rows] += part.values[part.rows] - neutral
    by[row] = label if len(label) > len(by[row]) else by[row]


def _merge(bounds: Bounds, block: str, rows: np.ndarray, values: np.ndarray) -> None:
    """Tightest share, largest denial, product of factors, sum of tonnes."""
    whole = getattr(bounds, block)
    if block in MIN_BLOCKS:
        whole[rows] = np.minimum(whole[rows], values[rows])
    elif block == "denied":
        whole[rows] = np.maximum(whole[rows], np.minimum(values[rows], 1.0))
    elif block == "denied_arcs":
        whole |= rows
    elif block == "demand":
        whole[rows] *= values[rows]
    else:
        whole[rows] += values[rows]


class _Names:
    """Who set each bound; where several meet, the tightest, ties by order."""

    def __init__(self, graph: SupplyGraph, months: Sequence[str]) -> None:
        self.months = months
        activities, demands = graph.activities, graph.demands
        self.ids = {
            "activity": [f"{r.id}/{r.line}/{r.recipe}" for r in activities.itertuples(index=False)],
            "made": list(graph.pools["id"]),
            "arc": list(graph.arcs["id"]),
            "demand": list(demands["product"] + "@" + demands["market"]),
        }
        self.ids |= {
            "denied": self.ids["demand"],
            "release": self.ids["made"],
            "hold": self.ids["made"],
        }
        self.found: dict[tuple[str, int, int], tuple[float, str]] = {}

    def note(self, block: str, rows: np.ndarray, values: np.ndarray, by: Sequence[str]) -> None:
        """Remember a measure's bounds."""
        if block not in self.ids:
            return
        for month, entry in np.argwhere(rows).tolist():
            value, key = float(values[month, entry]), (block, month, entry)
            old = self.found.get(key)
            if old is None:
                self.found[key] = (value, by[month])
            elif block in MIN_BLOCKS:
                self.found[key] = min(old, (value, by[month]), key=lambda pair: pair[0])
            elif block == "denied":
                self.found[key] = max(old, (value, by[month]), key=lambda pair: pair[0])
            else:
                self.found[key] = (value, f"{old[1]}, {by[month]}")

    def applied(self, bounds: Bounds) -> Iterator[Applied]:
        """Every bound that was set, by month, block and entity."""
        order = {name: number for number, name in enumerate(self.ids)}
        for block, month, entry in sorted(self.found, key=lambda k: (k[1], order[k[0]], k[2])):
            value = float(getattr(bounds, block)[month, entry])
            name = str(self.ids[block][entry])
            _, by = self.found[block, month, entry]
            yield Applied(self.months[month], block, name, value, by)
