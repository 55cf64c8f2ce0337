"""Which parameters of measures change when: windows of modifiers, their outcomes and conflicts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import combinations

from pydantic import ValidationError

from supplygraph.errors import ScenarioError
from supplygraph.scenario.calendar import day_text, first_day, last_day
from supplygraph.scenario.document_faults import words_for_numbers
from supplygraph.scenario.measures import Measure, Modifier
from supplygraph.scenario.measures.base import set_path
from supplygraph.scenario.model import UNTIL, Removed, Scenario


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


def plan_of(scenario: Scenario, months: Sequence[str]) -> Plan:
    """Windows of all modifiers over these months, checked for conflicts.

    Raises
    ------
    ScenarioError
        As :func:`compose`.
    """
    start, end = first_day(months[0]), last_day(months[-1])
    _check_windows(scenario, start, f"the run of {months[0]} to {months[-1]}")
    known = [measure.id for measure in scenario.acting]
    ends = {m.id: _last_day(m, scenario, end) for m in scenario.changing}
    replaced = _replaced(scenario)
    windows: list[Window] = []
    lifted: dict[str, tuple[int, str]] = {}
    for modifier in scenario.changing:
        first = _first(modifier, start)
        cut, outcome = ends[modifier.id]
        if replaced.get(modifier.id, cut + 2) - 1 <= cut:
            cut, outcome = replaced[modifier.id] - 1, "lapses"
        if outcome == "ask":
            raise _ask(modifier, months[-1])
        found = _windows_of(modifier, known, first, cut)
        windows += found
        if outcome == "lifted":
            for window in found:
                last = (cut, modifier.id)
                lifted[window.measure] = min(lifted.get(window.measure, last), last)
    _check_conflicts(windows, {(m.id, other) for m in scenario.changing for other in m.replaces})
    return Plan(tuple(windows), lifted)


def _windows_of(modifier: Modifier, known: Sequence[str], first: int, last: int) -> list[Window]:
    """What a modifier changes, of the measures known, from one day to another."""
    windows = [
        Window(modifier.id, name, change.path, change.value, first, last)
        for change in modifier.changes()
        for name in known
        if fnmatchcase(name, change.measure)
    ]
    if not windows:
        raise ScenarioError(
            f"modifier '{modifier.id}' changes no measure of the scenario. Add one of "
            f"{', '.join(sorted({c.measure for c in modifier.changes()}))}, or drop it."
        )
    return windows


def _first(entry: Measure | Modifier, start: int) -> int:
    return first_day(entry.effective) if entry.effective else start


def _check_windows(scenario: Scenario, start: int, run: str) -> None:
    """Nothing that acts in the scenario ended before the run begins."""
    for measure in scenario.acting:
        if not measure.acts_when_off:
            _check_window(measure, measure.id, start, run)
    for removed, name in scenario.named_removals():
        _check_window(removed, name, start, run)
    for modifier in scenario.changing:
        if not scenario.after_expiry.get(modifier.id, modifier.after).startswith("renewed"):
            _check_window(modifier, modifier.id, start, run)


def _check_window(entry: Measure | Modifier | Removed, name: str, start: int, run: str) -> None:
    extra = getattr(entry, "recovery_days", 0.0)
    if entry.expires and last_day(entry.expires) + extra < start:
        raise ScenarioError(
            f"'{name}' ended on {day_text(last_day(entry.expires))}, before {run}. "
            "Drop it, or start earlier."
        )


def begin_after(scenario: Scenario, months: Sequence[str]) -> dict[str, str]:
    """First day of the measures, modifiers and removals that begin after a run, by id.

    A run that ends before its measure answers another question than the one asked, and a loss of
    0 looks like an answer.
    """
    end = last_day(months[-1])
    dates = [(entry.id, entry.effective) for entry in (*scenario.acting, *scenario.changing)]
    dates += [(name, removed.effective) for removed, name in scenario.named_removals()]
    found = {}
    for name, effective in dates:
        if effective and first_day(effective) > end:
            found[name] = day_text(first_day(effective))
    return found


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


def _check_conflicts(windows: Sequence[Window], replaced: Collection[tuple[str, str]]) -> None:
    by_measure: dict[str, list[Window]] = {}
    for window in windows:
        by_measure.setdefault(window.measure, []).append(window)
    for name in sorted(by_measure):
        for one, two in combinations(by_measure[name], 2):
            pair = (one.modifier, two.modifier)
            if pair in replaced or pair[::-1] in replaced or pair[0] == pair[1]:
                continue
            if not _same_parameter(one.path, two.path):
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


def changed(measure: Measure, windows: Sequence[Window]) -> Measure:
    """The measure with its parameters as modifiers change them.

    Raises
    ------
    ScenarioError
        If a modifier sets what the measure does not have, or a value that it cannot take.
    """
    content = measure.model_dump()
    for window in windows:
        content = set_path(content, window.path, window.value, measure.id)
    names = ", ".join(sorted({w.modifier for w in windows}))
    try:
        made = type(measure).model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ScenarioError(
            f"'{names}' changes {measure.id}.{place}: {first['msg']}. Correct the modifier."
        ) from None
    for place, word in words_for_numbers(content, made):
        raise ScenarioError(
            f"'{names}' changes {measure.id}.{place}: '{word}' is no number. Correct the modifier."
        )
    return made
