"""Projects: capacity to come, by line and date, with ramp, firmness, slip and odds; deals over it.

Tonnes and start dates stay in `capacities.csv`; a project claims rows of it, and no row has two.
Which of them are built is the business of :mod:`supplygraph.scenario.portfolios`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from supplygraph.dataset import Dataset
from supplygraph.dataset.capacities import capacity_months
from supplygraph.dataset.years import base_year
from supplygraph.errors import DatasetError, Fault
from supplygraph.hints import did_you_mean
from supplygraph.scenario.document_faults import validated
from supplygraph.scenario.fields import Day, Grade, Share, Source, Strict
from supplygraph.scenario.offtakes import Offtake

FIRMNESS = ("binding", "announced", "non_binding")
ODDS = {"binding": 0.9, "announced": 0.5, "non_binding": 0.2}
RAMP_MONTHS = {"mine": 36, "separation": 24, "metal": 18, "magnet": 24}
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
    offtake: list[Offtake] = Field(
        default=[], description="Who may buy its output, where no deal on file says so."
    )
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
    offtake: list[Offtake] = Field(default=[], description="Who may buy how much, until when.")
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
    dates, base = capacity_months(dataset), base_end(dataset)
    faults += [fault for name in found for fault in _check_lines(found[name], dates, base)]
    faults += [fault for name in found for fault in _check_feed(dataset, found[name])]
    faults += _check_claims(found, dates, base)
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
        named = {"projects": deal.projects}
        named |= {f"offtake.{n}.projects": one.projects for n, one in enumerate(deal.offtake)}
        for place, ids in named.items():
            for project in ids:
                if project not in projects:
                    hint = did_you_mean(project, projects)
                    faults.append(Fault(file, 0, place, project, "no project", hint))
        deals = dataset.documents["deals"]  # with those whose own faults are told
        if deal.counted_in is not None and deal.counted_in not in deals:
            hint = did_you_mean(deal.counted_in, deals)
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


def base_end(dataset: Dataset) -> str:
    """Last month of the base year, before which no row belongs to a project by itself."""
    return f"{base_year(dataset) or 0:04d}-12"


def claimed_months(line: Line, dates: Mapping[tuple[str, str], list[str]], base: str) -> list[str]:
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


def _check_lines(
    project: Project, dates: Mapping[tuple[str, str], list[str]], base: str
) -> list[Fault]:
    """The rows a project claims exist, and its full rate comes after its last step."""
    file, faults = f"projects/{project.id}.yaml", []
    lines = sorted({f"{plant} line {line}" for plant, line in dates})
    for number, line in enumerate(project.lines):
        place, named = f"lines.{number}", f"{line.facility} line {line.line}"
        claimed = claimed_months(line, dates, base)
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


def _check_claims(
    projects: Mapping[str, Project], dates: Mapping[tuple[str, str], list[str]], base: str
) -> list[Fault]:
    """No dated row belongs to two projects."""
    owner: dict[tuple[str, str, str], str] = {}
    faults = []
    for name, project in projects.items():
        for line in project.lines:
            for month in claimed_months(line, dates, base):
                key = (line.facility, line.line, month)
                if key in owner:
                    shown = f"{line.facility} line {line.line} from {month}"
                    rule = f"counted twice, here and in {owner[key]}"
                    way_out = "Let one of them claim it; `from` says from which row on."
                    faults.append(Fault(f"projects/{name}.yaml", 0, "lines", shown, rule, way_out))
                owner.setdefault(key, name)
    return faults
