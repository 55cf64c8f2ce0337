"""What measures and scenarios name exists, and their dates are possible."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from supplygraph.dataset import Dataset
from supplygraph.dataset.names import full_names
from supplygraph.errors import Fault, ScenarioError, SelectorError
from supplygraph.graph import SupplyGraph
from supplygraph.hints import did_you_mean
from supplygraph.scenario.document_faults import sentence_fault
from supplygraph.scenario.measures import Entry, Modifier, Record
from supplygraph.scenario.model import Removed, Scenario
from supplygraph.scenario.modifier_windows import changed, plan_of
from supplygraph.scenario.network_queries import World
from supplygraph.scenario.portfolios import WORDS
from supplygraph.scenario.shocks import shock_of
from supplygraph.selectors import Removal, parse_removal, parse_selector

PLACES = ("approval", "general", "floor", "delay_days", "held", "friction")
LISTS = {
    "materials": ("materials", "id"),
    "elements": ("elements", "id"),
    "operators": ("operators", "id"),
}


def check_entry(
    dataset: Dataset, entry: Entry, file: str, graph: SupplyGraph | None = None
) -> list[Fault]:
    """What a measure names stands in the tables."""
    faults = list(_check_countries(dataset, entry, file))
    if isinstance(entry, Record):
        return faults
    content = entry.model_dump(exclude_unset=True, exclude={"record", "ranges"})
    faults += _walk(content, _known(dataset), "", file, full_names(dataset))
    # A range of what is told already is no second fault.
    told = tuple(f"{fault.column}." for fault in faults)
    faults += _check_ranges(entry, file, told)
    faults += _check_operators(dataset, content, file)
    select = content.get("select")
    if select:
        faults += check_selector(str(select), file, "select", graph)
    if graph is not None:
        faults += _check_goods(entry, file, graph)
    return faults


def _check_goods(entry: Entry, file: str, graph: SupplyGraph) -> Iterator[Fault]:
    """Elements, stages and materials together name some material."""
    for key in ("covers", "goods"):
        goods = getattr(entry, key, None)
        if goods is not None:
            try:
                goods.ids(World.without_flows(graph))
            except ScenarioError as error:
                yield sentence_fault(file, key, str(error).removeprefix(f"{key}: "))


def _known(dataset: Dataset) -> dict[str, list[str]]:
    """Words allowed under each key, where the table exists."""
    countries = dataset["countries"]
    places = sorted({*countries["market"], *countries["region"], "*"})
    known = dict.fromkeys((*PLACES, "destinations", "markets", "rate", "via"), places)
    known["market"] = sorted(set(countries["market"]))
    known["stages"] = sorted(set(dataset["materials"]["stage"]))
    for key, (table, column) in LISTS.items():
        if dataset.has(table):
            known[key] = sorted(set(dataset[table][column]))
    if dataset.has("products"):
        known["products"] = [*sorted(set(dataset["products"]["id"])), "*"]
    projects = [*dataset.documents.get("projects", {}), "*"]
    known["projects"] = known["keeps"] = projects
    known["material"] = sorted(set(dataset["materials"]["id"]))
    return known


def _walk(
    content: Mapping[str, Any],
    known: Mapping[str, list[str]],
    place: str,
    file: str,
    names: Mapping[str, str],
) -> Iterator[Fault]:
    """Words under keys that refer to tables."""
    for key, value in content.items():
        here = f"{place}.{key}" if place else key
        if key in known and isinstance(value, str | list | Mapping):
            for word in [value] if isinstance(value, str) else list(value):
                if str(word) not in known[key]:
                    rule = "not in the dataset"
                    hint = did_you_mean(str(word), known[key], names)
                    yield Fault(file, 0, here, str(word), rule, hint)
        elif isinstance(value, Mapping):
            yield from _walk(value, known, here, file, names)


def _check_countries(dataset: Dataset, entry: Entry, file: str) -> Iterator[Fault]:
    countries, names = set(dataset["countries"]["id"]), full_names(dataset)
    for name in entry.imposed_by:
        if name not in countries and not isinstance(entry, Record):
            rule, way_out = "no country of countries.csv", did_you_mean(name, countries, names)
            yield Fault(file, 0, "imposed_by", name, rule, way_out)


def _check_operators(dataset: Dataset, content: Mapping[str, Any], file: str) -> Iterator[Fault]:
    if "operators" in content and not dataset.has("operators"):
        rule, way_out = "named without operators.csv", "Write the table, with parent_id and share."
        yield Fault(file, 0, "operators", "", rule, way_out)


def _check_ranges(entry: Entry, file: str, told: tuple[str, ...]) -> Iterator[Fault]:
    """A range names a parameter and holds its value; nothing of places whose fault is told."""
    content = entry.model_dump()
    for path, (low, high) in sorted(entry.ranges.items()):
        value: Any = content
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if not isinstance(value, int | float) and path.startswith(told):
            continue
        if not isinstance(value, int | float):
            rule, way_out = "no number of this measure", "Name one such as approval.US."
            yield Fault(file, 0, "ranges", path, rule, way_out)
        elif not low <= value <= high:
            rule = f"out of order: {low:g} <= {value:g} <= {high:g} does not hold"
            yield Fault(file, 0, "ranges", path, rule, "Correct one of the three.")


def check_selector(text: str, file: str, place: str, graph: SupplyGraph | None) -> Iterator[Fault]:
    """A selector parses and, if a network is given, names something in it."""
    try:
        selector = parse_selector(text)
        if graph is not None:
            shock_of(graph, Removal(selector, 1.0))
    except SelectorError as error:
        yield sentence_fault(file, place, str(error))


def check_scenario(
    dataset: Dataset, scenario: Scenario, file: str, known: Collection[str]
) -> list[Fault]:
    """Windows, conflicts and choices of a scenario whose measures are written out.

    Parameters
    ----------
    dataset
        Whose sources it may name.
    scenario
        The scenario.
    file
        Where it stands.
    known
        Ids of all measures that modifiers may name.
    """
    faults: list[Fault] = []
    names = [item.id for item in scenario.changing]
    for name in sorted(set(scenario.after_expiry) - set(names)):
        rule, hint = "no modifier of this scenario", did_you_mean(name, names)
        faults.append(Fault(file, 0, "after_expiry", name, rule, hint))
    for modifier in scenario.changing:
        faults += _check_targets(modifier, [m.id for m in scenario.acting], known, file)
    faults += _check_sources(dataset, scenario, file)
    if not faults and scenario.network:
        try:
            plan = plan_of(scenario, scenario.month_names)
            for measure in scenario.acting:
                for window in plan.windows:
                    if window.measure == measure.id:
                        changed(measure, [window])
        except ScenarioError as error:
            faults.append(sentence_fault(file, "", str(error)))
    return faults


def _check_targets(
    modifier: Modifier, present: Iterable[str], known: Iterable[str], file: str
) -> Iterator[Fault]:
    words = {*known, *present}
    for change in modifier.changes():
        if not any(mark in change.measure for mark in "*?[") and change.measure not in words:
            hint = did_you_mean(change.measure, words)
            yield Fault(file, 0, modifier.id, change.measure, "no measure", hint)


def _check_sources(dataset: Dataset, scenario: Scenario, file: str) -> Iterator[Fault]:
    if scenario.sources and dataset.has("sources"):
        keys = set(dataset["sources"]["key"])
        for key in scenario.sources:
            if key not in keys:
                yield Fault(file, 0, "sources", key, "not in sources.csv", did_you_mean(key, keys))


def check_projects(dataset: Dataset, scenario: Scenario, file: str) -> Iterator[Fault]:
    """Projects that a scenario builds exist."""
    known = [*dataset.documents.get("projects", {}), *WORDS]
    for word in scenario.projects:
        if word.removeprefix("-") not in known:
            yield Fault(file, 0, "projects", word, "no project", did_you_mean(word, known))


def read_removals(
    items: Iterable[str | Removed], file: str = "scenario", graph: SupplyGraph | None = None
) -> tuple[list[Removed], list[Fault]]:
    """Removals as text (``SELECTOR share=0..1``) written out, and what is wrong with them.

    Examples
    --------
    >>> removals, faults = read_removals(["id=mine-a share=0.5", "mine-a"])
    >>> removals[0].share, str(faults[0]).partition(". ")[0]
    (0.5, "scenario, removals.1: selector 'mine-a': 'mine-a' is not key=value")
    """
    found: list[Removed] = []
    faults: list[Fault] = []
    for number, item in enumerate(items):
        place = f"removals.{number}"
        removed = item
        if isinstance(removed, str):
            try:
                removal = parse_removal(removed)
            except SelectorError as error:
                faults.append(sentence_fault(file, place, str(error)))
                continue
            words = [w for w in removed.split() if not w.startswith("share=")]
            removed = Removed(select=" ".join(words), share=removal.share)
        else:
            place += ".select"
        found.append(removed)
        faults += check_selector(removed.select, file, place, graph)
    return found, faults
