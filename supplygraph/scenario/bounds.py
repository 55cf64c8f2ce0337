"""Measures, modifiers and removals of a scenario into bounds by month: one function owns it.

Order: measures as written, then `set`, then the modifiers of the day, then over all measures and
removals the tightest share of arcs, plants and pools, the largest denial over the same arcs and
the largest loss of yield; factors on demand and of what users save multiply; tonnes of stocks,
rates of duty and premiums add. Where a tariff states an elasticity e, the sum of the duties r on
an arc caps it at (1 + r)^-e of its base flow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.errors import ScenarioError
from supplygraph.grades import weakest
from supplygraph.graph import SupplyGraph
from supplygraph.scenario.calendar import days_of, first_day, last_day
from supplygraph.scenario.content_test import ContentTest
from supplygraph.scenario.measures import Measure, Outage
from supplygraph.scenario.measures.base import Part, Time
from supplygraph.scenario.model import Scenario
from supplygraph.scenario.modifier_windows import Plan, Window, begin_after, changed, plan_of
from supplygraph.scenario.month_arrays import Applied, Bounds, Denial, Setter
from supplygraph.scenario.network_queries import World, need_names

NEUTRAL = {
    "activity": 1.0,
    "made": 1.0,
    "arc": 1.0,
    "demand": 1.0,
    "denied": 0.0,
    "release": 0.0,
    "hold": 0.0,
    "need": 1.0,
    "duty": 0.0,
    "premium": 0.0,
    "elasticity": 0.0,
    "leak": 0.0,
    "feed": 1.0,
}
FACTORS = ("demand", "need")
LARGEST = ("elasticity", "leak", "feed")
# What holds for the whole month, however many spells or modifiers cut it in parts.
UNDIVIDED = ("elasticity", "leak")
MIN_BLOCKS = ("activity", "made", "arc")
IDLE = "no bound is set (suspended, looser than another, or nothing to act on) by"


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
    >>> from supplygraph.api import load
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
    notes, closed = _Notes(graph, names), _Closed()
    grades = {modifier.id: modifier.size_evidence for modifier in scenario.changing}
    largest = {
        block: _BlockLimits.none(len(names), size, NEUTRAL[block], None)
        for block, size in zip(
            LARGEST, (len(graph.arcs), len(graph.arcs), graph.inputs.n_groups), strict=True
        )
    }
    for measure in _all_measures(scenario):
        for (block, _), limits in sorted(_monthly(world, measure, plan, names, grades).items()):
            if block in LARGEST:
                largest[block].raise_to(limits)
                continue
            if block == "arc":
                limits.values = measure.settle(limits.values)
            if block == "denied":
                closed.add(limits)
            else:
                _merge(bounds, block, limits)
            notes.note(block, limits)
    tests = _tests(world, scenario, plan, names, grades, notes)
    response = _answer_to_duties(bounds, largest["elasticity"], largest["leak"], notes)
    for block, limits in (("arc", response), ("need", largest["feed"])):
        _merge(bounds, block, limits)
        notes.note(block, limits)
    bounds = replace(bounds, denials=closed.denials, tests=tests)
    applied = tuple(notes.applied(bounds))
    return replace(bounds, applied=applied, idle=_idle(scenario, names, applied))


def _idle(scenario: Scenario, months: Sequence[str], applied: Sequence[Applied]) -> tuple[str, ...]:
    """What sets no bound, which a reader should not take for harmless."""
    late = begin_after(scenario, months)
    seen = {setter.measure for bound in applied for setter in bound.setters}
    idle = [m.id for m in scenario.acting if m.id not in seen and m.id not in late]
    told = [
        f"'{name}' begins on {day}, after the run of {months[0]} to {months[-1]}: it does nothing "
        "here. Run more months, or drop it."
        for name, day in late.items()
    ]
    return (*told, *([f"{IDLE}: {', '.join(idle)}"] if idle else []))


def _tests(
    world: World,
    scenario: Scenario,
    plan: Plan,
    months: Sequence[str],
    grades: Mapping[str, str],
    notes: _Notes,
) -> tuple[tuple[ContentTest, ...], ...]:
    """Tests of content of every month; one that can touch nothing is left out."""
    found: list[dict[str, ContentTest]] = [{} for _ in months]
    for measure in scenario.acting:
        for row, time, acting, active in _in_force(measure, plan, months):
            for test in acting.tests(world, time):
                if not test.bites:
                    continue
                old = found[row].get(measure.id)
                found[row][measure.id] = test if old is None else old.joined(test)
                weaker = [measure.size_evidence, *(grades[w.modifier] for w in active)]
                notes.test(row, test, _setter(measure, active), weakest(weaker))
    return tuple(tuple(tests.values()) for tests in found)


def _answer_to_duties(
    bounds: Bounds, elasticity: _BlockLimits, leak: _BlockLimits, notes: _Notes
) -> _BlockLimits:
    """Caps of arcs whose duty meets a stated elasticity: (1 + rate)^-e, no less than leaks."""
    rows = elasticity.rows & (elasticity.values > 0) & (bounds.duty > 0)
    left = np.maximum((1.0 + bounds.duty) ** -elasticity.values, leak.values)
    by = []
    for month, row in enumerate(rows):
        found = [notes.setters("duty", month, arc) for arc in np.flatnonzero(row).tolist()]
        by.append(tuple(dict.fromkeys(setter for setters in found for setter in setters)))
    return _BlockLimits(rows, np.where(rows, left, np.inf), by, elasticity.evidence, None)


def _all_measures(scenario: Scenario) -> list[Measure]:
    """Measures with a mechanism, and removals as outages."""
    removals = [
        Outage.model_validate({"id": name, "kind": "outage", **removed.model_dump()})
        for removed, name in scenario.named_removals()
    ]
    return [*scenario.acting, *removals]


def _monthly(
    world: World, measure: Measure, plan: Plan, months: Sequence[str], grades: Mapping[str, str]
) -> dict[tuple[str, bytes], _BlockLimits]:
    """What a measure limits, by block, denials also by the arcs they close."""
    found: dict[tuple[str, bytes], _BlockLimits] = {}
    for row, time, acting, active in _in_force(measure, plan, months):
        weaker = [grades[w.modifier] for w in active]
        for part in acting.parts(world, time):
            neutral = NEUTRAL[part.block]
            key = (part.block, b"" if part.arcs is None else part.arcs.tobytes())
            if key not in found:
                found[key] = _BlockLimits.none(len(months), len(part.rows), neutral, part.arcs)
            grade = weakest([part.evidence or measure.size_evidence, *weaker])
            found[key].add(part, row, _setter(measure, active), grade, neutral)
    return found


def _in_force(
    measure: Measure, plan: Plan, months: Sequence[str]
) -> Iterator[tuple[int, Time, Measure, tuple[Window, ...]]]:
    """Months with the days in force, and the measure as modifiers leave it on them."""
    windows = [w for w in plan.windows if w.measure == measure.id]
    copies: dict[tuple[Window, ...], Measure] = {}
    starts = _spells(measure, windows, plan, first_day(months[0]), last_day(months[-1]))
    for row, month in enumerate(months):
        days = days_of(month)
        for start, active, on in _segments(windows, days, starts):
            if active not in copies:
                copies[active] = changed(measure, active)
            yield row, Time(days, on, start), copies[active], active


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
    if measure.acts_when_off:  # what ends, never what has yet to begin
        on = ~on & (days >= (first_day(measure.effective) if measure.effective else first))
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


def _setter(measure: Measure, windows: Sequence[Window]) -> Setter:
    return Setter(measure.id, tuple(dict.fromkeys(window.modifier for window in windows)))


@dataclass
class _BlockLimits:
    """What one measure limits in one block, month by month."""

    rows: np.ndarray
    values: np.ndarray
    by: list[tuple[Setter, ...]]
    evidence: np.ndarray
    arcs: np.ndarray | None

    @staticmethod
    def none(months: int, size: int, neutral: float, arcs: np.ndarray | None) -> _BlockLimits:
        shape = (months, size)
        rows, values = np.zeros(shape, dtype=bool), np.full(shape, neutral)
        return _BlockLimits(rows, values, [()] * months, np.full(shape, "", dtype=object), arcs)

    def raise_to(self, other: _BlockLimits) -> None:
        """The larger value of both, with its grade."""
        higher = other.rows & (other.values > self.values)
        self.values[higher] = other.values[higher]
        self.evidence[higher] = other.evidence[higher]
        self.rows |= other.rows
        for month in np.flatnonzero(higher.any(axis=1)):
            self.by[month] += other.by[month]

    def add(self, part: Part, month: int, setter: Setter, grade: str, neutral: float) -> None:
        """Add a part of a month: value = neutral + sum over its parts of (value - neutral)."""
        fresh = part.rows & ~self.rows[month]
        again = part.rows & self.rows[month]
        self.values[month, fresh] = part.values[fresh]
        if part.block in UNDIVIDED:
            largest = np.maximum(self.values[month, again], part.values[again])
            self.values[month, again] = largest
        else:
            self.values[month, again] += part.values[again] - neutral
        self.rows[month] |= part.rows
        self.evidence[month, part.rows] = grade
        # One spell of the month is named: that under most modifiers, which has the longest text.
        # Between two under as many that is arbitrary, but the same in every run.
        self.by[month] = (max((*self.by[month], setter), key=lambda each: len(str(each))),)


def _merge(bounds: Bounds, block: str, limits: _BlockLimits) -> None:
    """Tightest share, product of factors, sum of tonnes."""
    whole, rows, values = getattr(bounds, block), limits.rows, limits.values
    if block in MIN_BLOCKS:
        whole[rows] = np.minimum(whole[rows], values[rows])
    elif block in FACTORS:
        whole[rows] *= values[rows]
    else:
        whole[rows] += values[rows]


class _Closed:
    """Denials by the arcs they close: over the same arcs the largest share counts."""

    def __init__(self) -> None:
        self.found: dict[bytes, Denial] = {}

    def add(self, limits: _BlockLimits) -> None:
        """Add one measure's denial."""
        assert limits.arcs is not None
        share = np.where(limits.rows, np.minimum(limits.values, 1.0), 0.0)
        key = limits.arcs.tobytes()
        if key in self.found:
            share = np.maximum(share, self.found[key].share)
        self.found[key] = Denial(limits.arcs, share)

    @property
    def denials(self) -> tuple[Denial, ...]:
        """All of them, whatever the order of measures."""
        return tuple(self.found[key] for key in sorted(self.found) if self.found[key].share.any())


class _Notes:
    """Who set each bound; where several meet the tightest, ties by order."""

    def __init__(self, graph: SupplyGraph, months: Sequence[str]) -> None:
        self.months = months
        activities, demands, pools = graph.activities, graph.demands, list(graph.pools["id"])
        named = zip(activities["id"], activities["line"], activities["recipe"], strict=True)
        plants = [f"{plant}/{line}/{recipe}" for plant, line, recipe in named]
        products = list(demands["product"] + "@" + demands["market"])
        self.ids = {
            "activity": plants,
            "made": pools,
            "arc": list(graph.arcs["id"]),
            "demand": products,
            "denied": [*plants, *products],
            "release": pools,
            "hold": pools,
            "content": pools,
            "need": [],
            "duty": list(graph.arcs["id"]),
            "premium": list(graph.arcs["id"]),
        }
        self.graph = graph
        self.maker = np.zeros(len(pools), dtype=bool)
        self.maker[graph.made_pool] = True
        self.found: dict[tuple[str, int, int], tuple[float, tuple[Setter, ...], str]] = {}

    def note(self, block: str, limits: _BlockLimits) -> None:
        """Remember a measure's bounds."""
        if block not in self.ids:
            return
        if block == "need" and not self.ids["need"]:
            self.ids["need"] = need_names(self.graph)
        for month, entry in np.argwhere(limits.rows).tolist():
            new = (float(limits.values[month, entry]), limits.by[month])
            grade, key = str(limits.evidence[month, entry]), (block, month, entry)
            old = self.found.get(key)
            if old is None:
                self.found[key] = (*new, grade)
            elif block in MIN_BLOCKS or block == "denied":
                tighter = new[0] < old[0] if block in MIN_BLOCKS else new[0] > old[0]
                self.found[key] = (*new, grade) if tighter else old
            else:
                self.found[key] = (new[0], old[1] + new[1], weakest([old[2], grade]))

    def test(self, month: int, test: ContentTest, setter: Setter, grade: str) -> None:
        """Remember which goods a rule of content tests, and from which content on."""
        for pool in np.flatnonzero(test.goods & self.maker).tolist():
            self.found["content", month, pool] = (test.threshold, (setter,), grade)

    def setters(self, block: str, month: int, entry: int) -> tuple[Setter, ...]:
        """Who set a bound so far."""
        found = self.found.get((block, month, entry))
        return found[1] if found else ()

    def applied(self, bounds: Bounds) -> Iterator[Applied]:
        """Every bound that was set, by month, block and entity."""
        order = {name: number for number, name in enumerate(self.ids)}
        for block, month, entry in sorted(self.found, key=lambda k: (k[1], order[k[0]], k[2])):
            value, by, grade = self.found[block, month, entry]
            if block != "content":
                value = float(getattr(bounds, block)[month, entry])
            yield Applied(self.months[month], block, str(self.ids[block][entry]), value, by, grade)
