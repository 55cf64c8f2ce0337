"""Portfolios: which projects are built and how late, and the capacities that this gives.

A portfolio names the projects that are built. Its capacities are those of the lines without any
project plus, for every claimed step from q0 to q1 at month s with ramp R,

    (q1 - q0) x rho((m - s + 1/2) / R),    rho(a) = 3 a^2 - 2 a^3 between 0 and 1.

Whatever a portfolio leaves out stays closed, or as it was before the project.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from supplygraph.dataset.capacities import capacity_months
from supplygraph.errors import UsageError
from supplygraph.graph import SupplyGraph
from supplygraph.graph.line_capacities import DatedCapacity
from supplygraph.hints import did_you_mean
from supplygraph.scenario.month_arrays import month_range
from supplygraph.scenario.projects import (
    FIRMNESS,
    RAMP_MONTHS,
    Line,
    Project,
    base_end,
    claimed_months,
)
from supplygraph.vocabulary import PROJECT_WORDS

OTHER_RAMP = 24  # months, at a stage that `RAMP_MONTHS` does not name
WORDS = dict(zip(PROJECT_WORDS, ((), FIRMNESS[:1], FIRMNESS[:2], FIRMNESS), strict=True))


@dataclass(frozen=True)
class Portfolio:
    """Projects that are built, and how late.

    Attributes
    ----------
    projects
        Ids, in order.
    delay_months
        Months by which every step after `known_to` comes later.
    known_to
        Month up to which steps have come as dated.
    slip
        ``low``, ``central`` or ``high``: steps after `known_to` come later by the project's own
        `slip_months`; empty for none.
    ramp_factor
        Factor on the ramp of single projects, such as 1.5.
    ramp_from
        Month of the first step that takes its factor.
    """

    projects: tuple[str, ...] = ()
    delay_months: int = 0
    known_to: str = "0000-01"
    slip: str = ""
    ramp_factor: tuple[tuple[str, float], ...] = field(default=())
    ramp_from: str = "0000-01"

    def without(self, names: Collection[str]) -> Portfolio:
        """The same without some projects."""
        return replace(self, projects=tuple(n for n in self.projects if n not in names))

    def late(self, project: Project) -> int:
        """Months by which the steps of a project after `known_to` come later."""
        own = project.slip_months or (0.0, 0.0, 0.0)
        names = ("low", "central", "high")
        slip = own[names.index(self.slip)] if self.slip else 0.0
        return self.delay_months + round(slip)


def chosen(projects: Mapping[str, Project], words: Iterable[str]) -> tuple[str, ...]:
    """Ids that words name: ids, ``-id`` to leave one out, and words for how firm they are.

    ``binding``; ``announced`` (and binding); ``non_binding`` (all); ``none``. What is off by
    default comes only by its id.

    Raises
    ------
    UsageError
        If a word is neither.

    Examples
    --------
    >>> line = {"facility": "a"}
    >>> known = {name: Project.model_validate({"id": name, "title": name, "lines": [line],
    ...          "firmness": firm}) for name, firm in (("a", "binding"), ("b", "announced"))}
    >>> chosen(known, ["announced", "-a"]), chosen(known, ["none"])
    (('b',), ())
    """
    picked: set[str] = set()
    left: set[str] = set()
    for word in words:
        name = word.removeprefix("-")
        if word in WORDS:
            picked |= {
                n for n, p in projects.items() if p.firmness in WORDS[word] and not p.off_by_default
            }
        elif name in projects:
            (left if word.startswith("-") else picked).add(name)
        else:
            known = {one: project.title for one, project in projects.items()}
            known |= {} if word.startswith("-") else dict.fromkeys(WORDS, "")
            raise UsageError(f"no project '{name}'. {did_you_mean(name, known, known)}")
    return tuple(sorted(picked - left))


def rho(part: np.ndarray | float) -> np.ndarray:
    """Share of a step that runs after a part of its ramp: an S from 0 to 1.

    Examples
    --------
    >>> rho(np.array([-1.0, 0.0, 0.5, 1.0, 2.0])).tolist()
    [0.0, 0.0, 0.5, 1.0, 1.0]
    """
    a = np.clip(part, 0.0, 1.0)
    return np.asarray(a * a * (3.0 - 2.0 * a))


def with_projects(
    graph: SupplyGraph, projects: Mapping[str, Project], portfolio: Portfolio
) -> SupplyGraph:
    """The network with the capacities that a portfolio gives; the base year is untouched.

    Parameters
    ----------
    graph
        Compiled network.
    projects
        All projects of the dataset; those outside the portfolio stay closed.
    portfolio
        What is built.
    """
    if not projects:
        return graph
    dates, base = capacity_months(graph.dataset), base_end(graph.dataset)
    keys = zip(graph.lines["facility"], graph.lines["line"].astype(str), strict=True)
    number = {key: index for index, key in enumerate(keys)}
    capacities = dict(graph.capacities)
    status = list(graph.lines["status"])
    stage = dict(zip(graph.activities["line_index"], graph.activities["stage"], strict=True))
    steps: dict[int, list[_Step]] = {}
    claimed: dict[int, set[str]] = {}
    for name, project in projects.items():
        for line in project.lines:
            index = number[line.facility, line.line]
            months = claimed_months(line, dates, base)
            claimed.setdefault(index, set()).update(months)
            if name in portfolio.projects:
                ramp = RAMP_MONTHS.get(str(stage.get(index)), OTHER_RAMP)
                steps.setdefault(index, []).extend(_steps(project, line, months, ramp, portfolio))
    for index, taken in claimed.items():
        rows = capacities[index]
        kept = tuple(row for row in rows if row.month not in taken)
        mine = [step.at(rows) for step in steps.get(index, ())]
        capacities[index] = _ramped(kept, sorted(mine, key=lambda step: step.start))
        if mine:
            status[index] = "ramping"
    lines = graph.lines.assign(status=status)
    return replace(graph, capacities=capacities, lines=lines)


@dataclass(frozen=True)
class _Step:
    """One dated row of a line as a project builds it."""

    dated: str
    start: str
    months: int
    rate: float = np.nan
    recipes: frozenset[str] = frozenset()

    def part(self, month: str) -> float:
        """Share of the step that runs in a month, taken at its middle."""
        if self.months == 0:
            return 1.0
        return float(rho((_apart(self.start, month) + 0.5) / self.months))

    def at(self, rows: Sequence[DatedCapacity]) -> _Step:
        """The step with what its row states."""
        row = next(row for row in rows if row.month == self.dated)
        return replace(self, rate=row.rate, recipes=row.recipes)


def _steps(
    project: Project, line: Line, months: Sequence[str], ramp: int, portfolio: Portfolio
) -> list[_Step]:
    factor = dict(portfolio.ramp_factor).get(project.id, 1.0)
    found = []
    for month in months:
        late = portfolio.late(project) if month > portfolio.known_to else 0
        start = month_range(month, late + 1)[-1] if late >= 0 else month
        last = month == months[-1] and line.full is not None
        span = _apart(month, line.full or month) if last else ramp
        slow = factor if month >= portfolio.ramp_from else 1.0
        found.append(_Step(month, start, round(span * slow)))
    return found


def _apart(first: str, last: str) -> int:
    return 12 * (int(last[:4]) - int(first[:4])) + int(last[5:7]) - int(first[5:7])


def _ramped(kept: Sequence[DatedCapacity], steps: Sequence[_Step]) -> tuple[DatedCapacity, ...]:
    """Dated rows of a line: as it was, then month by month while a step ramps.

    A step from or to a capacity that nobody states comes at once.
    """
    if not steps:
        return tuple(kept)
    first = steps[0].start
    last = max(month_range(step.start, step.months + 1)[-1] for step in steps)
    rows = [row for row in kept if row.month < first]
    before = rows[-1] if rows else DatedCapacity("", 0.0, frozenset())
    for month in month_range(first, _apart(first, last) + 1):
        later = [row for row in kept if first <= row.month <= month]
        _, rate, recipes = later[-1] if later else before
        level = rate
        for step in steps:
            if step.start > month:
                break
            part = step.part(month)
            known = not np.isnan(rate) and not np.isnan(step.rate)
            level = level + (step.rate - rate) * part if known else step.rate
            rate = step.rate
            recipes = recipes | step.recipes
        rows.append(DatedCapacity(month, level, recipes))
    return tuple(rows)
