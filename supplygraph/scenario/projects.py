"""Projects: capacity to come, by line and date, with ramp, firmness, slip and odds; deals over it.

Tonnes and start dates stay in `capacities.csv`; a project claims rows of it, and no row has two.
A portfolio names the projects that are built. Its capacities are those of the lines without any
project plus, for every claimed step from q0 to q1 at month s with ramp R,

    (q1 - q0) x rho((m - s + 1/2) / R),    rho(a) = 3 a^2 - 2 a^3 between 0 and 1.

Whatever a portfolio leaves out stays closed, or as it was before the project.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from supplygraph.dataset import Dataset
from supplygraph.errors import DatasetError, Fault, UsageError
from supplygraph.graph import SupplyGraph
from supplygraph.scenario.document_faults import validated
from supplygraph.scenario.fields import Day, Grade, Share, Source, Strict
from supplygraph.scenario.month_arrays import month_range
from supplygraph.selectors import did_you_mean

FIRMNESS = ("binding", "announced", "non_binding")
ODDS = {"binding": 0.9, "announced": 0.5, "non_binding": 0.2}
RAMP_MONTHS = {"mine": 36, "separation": 24, "metal": 18, "magnet": 24}
OTHER_RAMP = 24
WORDS = {
    "none": (),
    "binding": FIRMNESS[:1],
    "announced": FIRMNESS[:2],
    "non_binding": FIRMNESS,
}
Month = Annotated[str, BeforeValidator(str), Field(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$")]


class Line(Strict):
    """Dated rows of one line of `capacities.csv` that belong to a project."""

    facility: str = Field(description="Id of the plant or mine.")
    line: Annotated[str, BeforeValidator(str)] = Field(default="1", description="Its line.")
    first: Month | None = Field(
        default=None,
        alias="from",
        description="First dated row that belongs to the project; the first after the base year "
        "if empty.",
    )
    full: Month | None = Field(
        default=None,
        description="Month of the full rate of the last step; if empty the ramp takes "
        + ", ".join(f"{months} months at a {stage}" for stage, months in RAMP_MONTHS.items())
        + " (D).",
    )


class Feed(Strict):
    """A material that a project draws, and who could give it."""

    material: str = Field(description="Id of the material, or words.")
    plants: list[str] = Field(default=[], description="Plants named as its makers.")


class Project(Strict):
    """Capacity to come: which rows of `capacities.csv`, how firm, how late, from what feed."""

    id: str = Field(description="The file's name.")
    title: str = Field(description="What it is, in a few words.")
    lines: list[Line] = Field(min_length=1, description="Lines it opens or raises.")
    firmness: Literal["binding", "announced", "non_binding"] = Field(
        description="binding: decided and paid for, or being built; announced; or only spoken of."
    )
    odds: Share | None = Field(
        default=None,
        description="Chance that it is built at all; if empty "
        + ", ".join(f"{value} if {word}" for word, value in ODDS.items())
        + " (D).",
    )
    slip_months: tuple[float, float, float] | None = Field(
        default=None, description="Months late: low, central, high."
    )
    off_by_default: bool = Field(
        default=False, description="true: only built where it is named by its id."
    )
    needs: list[str | Feed] = Field(default=[], description="Feed and upstream plants it needs.")
    chinese_equipment: Literal["yes", "no", "unknown"] = Field(
        default="unknown", description="Whether it depends on Chinese equipment or know-how."
    )
    price_floor_usd_per_kg: float | None = Field(
        default=None, gt=0, description="Price floor for its NdPr oxide, USD a kg."
    )
    money_usd: float | None = Field(default=None, ge=0, description="Public and deal money, USD.")
    sources: list[Source] = Field(default=[], description="Where it was read.")
    evidence: Grade = Field(default="D", description="Grade that it is planned, as stated.")
    size_evidence: Grade = Field(default="D", description="Weakest grade of dates and ramp.")
    note: str = Field(default="", description="Doubts, and how figures were made.")

    @property
    def chance(self) -> float:
        """Odds that it is built at all."""
        return ODDS[self.firmness] if self.odds is None else self.odds


class Deal(Strict):
    """An agreement: it adds what its projects add, and nothing of its own."""

    id: str = Field(description="The file's name.")
    title: str = Field(description="What it is, in a few words.")
    date: Day | None = Field(default=None, description="When it was signed or announced.")
    parties: list[str] = Field(default=[], description="Who agreed.")
    countries: list[str] = Field(default=[], description="Countries, by name or code.")
    kind: str = Field(default="", description="framework, loan, equity, offtake, plant, …")
    firmness: Literal["binding", "announced", "non_binding"] = Field(description="How firm it is.")
    projects: list[str] = Field(default=[], description="Ids of the projects it pays for.")
    counted_in: str | None = Field(
        default=None, description="Deal that already counts the same tonnes."
    )
    reason: str = Field(default="", description="Why it has no project, if it has none.")
    money_usd: float | None = Field(default=None, ge=0, description="Money, USD.")
    price_floor: str = Field(default="", description="Price floor, in words.")
    offtake: str = Field(default="", description="Who may buy how much, in words.")
    conditions: str = Field(default="", description="On what it depends.")
    stages: list[str] = Field(default=[], description="Stages it names.")
    elements: list[str] = Field(default=[], description="Elements it names.")
    record: dict[str, str] = Field(default={}, description="The text of the facts, as found.")
    sources: list[Source] = Field(default=[], description="Where it was read.")
    evidence: Grade = Field(default="D", description="Grade that it happened, as stated.")
    note: str = Field(default="", description="Doubts, and how figures were made.")


def projects_of(dataset: Dataset) -> dict[str, Project]:
    """Projects of a dataset by id, in order.

    Raises
    ------
    DatasetError
        With every fault of the folder.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> projects_of(read_dataset("three-nodes"))
    {}
    """
    found, faults = _read(dataset, "projects", Project)
    faults += [fault for name in found for fault in _check_slip(found[name])]
    faults += [fault for name in found for fault in _check_lines(dataset, found[name])]
    faults += [fault for name in found for fault in _check_feed(dataset, found[name])]
    faults += _check_claims(dataset, found)
    if faults:
        raise DatasetError("projects", faults)
    return found


def deals_of(dataset: Dataset) -> dict[str, Deal]:
    """Deals of a dataset by id, in order.

    Raises
    ------
    DatasetError
        With every fault of the folder.
    """
    found, faults = _read(dataset, "deals", Deal)
    projects = dataset.documents.get("projects", {})
    for name, deal in found.items():
        file = f"deals/{name}.yaml"
        for project in deal.projects:
            if project not in projects:
                hint = did_you_mean(project, projects)
                faults.append(Fault(file, 0, "projects", project, "no project", hint))
        if deal.counted_in is not None and deal.counted_in not in found:
            hint = did_you_mean(deal.counted_in, found)
            faults.append(Fault(file, 0, "counted_in", deal.counted_in, "no deal", hint))
        if not deal.projects and not deal.reason:
            rule, way_out = "is missing", "Say why the deal has no project, or name one."
            faults.append(Fault(file, 0, "reason", "", rule, way_out))
    if faults:
        raise DatasetError("deals", faults)
    return found


def _read(dataset: Dataset, folder: str, model: type[Any]) -> tuple[dict[str, Any], list[Fault]]:
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for stem, content in sorted(dataset.documents.get(folder, {}).items()):
        file = f"{folder}/{stem}.yaml"
        item, problems = validated(model, {"id": stem, **content}, file)
        faults += problems
        if item is not None and item.id != stem:
            way_out = f"Call the file {item.id}.yaml, or leave the id out."
            faults.append(Fault(file, 0, "id", item.id, "not the name of its file", way_out))
        elif item is not None:
            found[stem] = item
    return found, faults


def _dates(dataset: Dataset) -> dict[tuple[str, str], list[str]]:
    """Months of the dated rows of every line, in order."""
    table = dataset.tables["capacities"]
    found: dict[tuple[str, str], list[str]] = {}
    for key in zip(table["facility"], table["line"], table["from_date"], strict=True):
        found.setdefault((str(key[0]), str(key[1])), []).append(str(key[2])[:7])
    return {key: sorted(months) for key, months in found.items()}


def _base_end(dataset: Dataset) -> str:
    years = dataset.tables["demand"]["year"].dropna()
    return f"{int(years.max())}-12" if len(years) else "0000-12"


def _claimed(line: Line, dates: Mapping[tuple[str, str], list[str]], base: str) -> list[str]:
    """Months of the rows that a line of a project claims."""
    months = dates.get((line.facility, line.line), [])
    return [m for m in months if (m >= line.first if line.first else m > base)]


def _check_slip(project: Project) -> list[Fault]:
    """Months late are finite, not early, and in order."""
    slip = project.slip_months or (0.0, 0.0, 0.0)
    if 0 <= slip[0] <= slip[1] <= slip[2] < np.inf:
        return []
    shown, rule = ", ".join(f"{part:g}" for part in slip), "not months late from low to high"
    way_out = "Write such as [0, 3, 6]; what comes early is a date of capacities.csv."
    return [Fault(f"projects/{project.id}.yaml", 0, "slip_months", shown, rule, way_out)]


def _check_lines(dataset: Dataset, project: Project) -> list[Fault]:
    """The rows a project claims exist, and its full rate comes after its last step."""
    dates, base = _dates(dataset), _base_end(dataset)
    file, faults = f"projects/{project.id}.yaml", []
    lines = sorted({f"{plant} line {line}" for plant, line in dates})
    for number, line in enumerate(project.lines):
        place, named = f"lines.{number}", f"{line.facility} line {line.line}"
        claimed = _claimed(line, dates, base)
        if (line.facility, line.line) not in dates:
            hint = did_you_mean(named, lines)
            faults.append(Fault(file, 0, place, named, "no line of capacities.csv", hint))
        elif not claimed:
            rule, way_out = "claims no dated row", "Add one to capacities.csv, or correct `from`."
            faults.append(Fault(file, 0, place, named, rule, way_out))
        elif line.full is not None and line.full < claimed[-1]:
            rule = f"before the last step of the line, {claimed[-1]}"
            faults.append(Fault(file, 0, f"{place}.full", line.full, rule, "Correct one date."))
    return faults


def _check_feed(dataset: Dataset, project: Project) -> list[Fault]:
    """Plants named as makers of its feed exist; the material may be said in words."""
    known, file = set(dataset.tables["facilities"]["id"]), f"projects/{project.id}.yaml"
    return [
        Fault(file, 0, f"needs.{number}.plants", plant, "no plant", did_you_mean(plant, known))
        for number, feed in enumerate(project.needs)
        if isinstance(feed, Feed)
        for plant in feed.plants
        if plant not in known
    ]


def _check_claims(dataset: Dataset, projects: Mapping[str, Project]) -> list[Fault]:
    """No dated row belongs to two projects."""
    dates, base = _dates(dataset), _base_end(dataset)
    owner: dict[tuple[str, str, str], str] = {}
    faults = []
    for name, project in projects.items():
        for line in project.lines:
            for month in _claimed(line, dates, base):
                key = (line.facility, line.line, month)
                if key in owner:
                    shown = f"{line.facility} line {line.line} from {month}"
                    rule = f"counted twice, here and in {owner[key]}"
                    way_out = "Let one of them claim it; `from` says from which row on."
                    faults.append(Fault(f"projects/{name}.yaml", 0, "lines", shown, rule, way_out))
                owner.setdefault(key, name)
    return faults


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
            known = [*projects] if word.startswith("-") else [*projects, *WORDS]
            raise UsageError(f"no project '{name}'. {did_you_mean(name, known)}")
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
    dates, base = _dates(graph.dataset), _base_end(graph.dataset)
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
            months = _claimed(line, dates, base)
            claimed.setdefault(index, set()).update(months)
            if name in portfolio.projects:
                ramp = RAMP_MONTHS.get(str(stage.get(index)), OTHER_RAMP)
                steps.setdefault(index, []).extend(_steps(project, line, months, ramp, portfolio))
    for index, taken in claimed.items():
        rows = capacities[index]
        kept = tuple(row for row in rows if row[0] not in taken)
        mine = [step.at(rows) for step in steps.get(index, ())]
        capacities[index] = _ramped(kept, sorted(mine, key=lambda step: step.start))
        if mine:
            status[index] = "ramping"
    lines = graph.lines.assign(status=status)
    return replace(graph, capacities=capacities, lines=lines)


Row = tuple[str, float, frozenset[str]]


@dataclass(frozen=True)
class _Step:
    """One dated row of a line as a project builds it."""

    dated: str
    start: str
    months: int
    quantity: float = np.nan
    recipes: frozenset[str] = frozenset()

    def part(self, month: str) -> float:
        """Share of the step that runs in a month, taken at its middle."""
        if self.months == 0:
            return 1.0
        return float(rho((_apart(self.start, month) + 0.5) / self.months))

    def at(self, rows: Sequence[Row]) -> _Step:
        """The step with what its row states."""
        row = next(row for row in rows if row[0] == self.dated)
        return replace(self, quantity=row[1], recipes=row[2])


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


def _ramped(kept: Sequence[Row], steps: Sequence[_Step]) -> tuple[Row, ...]:
    """Dated rows of a line: as it was, then month by month while a step ramps.

    A step from or to a capacity that nobody states comes at once.
    """
    if not steps:
        return tuple(kept)
    first = steps[0].start
    last = max(month_range(step.start, step.months + 1)[-1] for step in steps)
    rows = [row for row in kept if row[0] < first]
    before = rows[-1] if rows else ("", 0.0, frozenset[str]())
    for month in month_range(first, _apart(first, last) + 1):
        quantity, recipes = before[1], set(before[2])
        later = [row for row in kept if first <= row[0] <= month]
        if later:
            quantity, recipes = later[-1][1], set(later[-1][2])
        level = quantity
        for step in steps:
            if step.start > month:
                break
            part = step.part(month)
            known = not np.isnan(quantity) and not np.isnan(step.quantity)
            level = level + (step.quantity - quantity) * part if known else step.quantity
            quantity = step.quantity
            recipes |= step.recipes
        rows.append((month, level, frozenset(recipes)))
    return tuple(rows)
