"""Scenarios and measures from YAML: read, set, checked; all faults come together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from supplygraph.dataset import Dataset
from supplygraph.dataset.cells import shorten
from supplygraph.dataset.documents import load_yaml
from supplygraph.errors import DatasetError, Fault, ScenarioError, UsageError
from supplygraph.graph import SupplyGraph
from supplygraph.hints import closest, did_you_mean
from supplygraph.reading import DOCUMENT_LIMIT, UnreadableError, read_text
from supplygraph.scenario.document_faults import sentence_fault, validated
from supplygraph.scenario.measures import KINDS, MODIFIERS, Entry, Modifier, Record
from supplygraph.scenario.measures.base import set_path
from supplygraph.scenario.measures.paths import split_path
from supplygraph.scenario.model import Scenario
from supplygraph.scenario.reference_checks import (
    check_entry,
    check_projects,
    check_scenario,
    read_removals,
)

SCENARIO_KEYS = tuple(Scenario.model_fields)


@dataclass(frozen=True)
class Written:
    """A document of a measure as it was read, and the file it stands in."""

    content: Mapping[str, Any]
    file: str


def library(dataset: Dataset) -> dict[str, Written]:
    """Documents of the folder `measures` by id."""
    found = {}
    for stem, content in sorted(dataset.documents.get("measures", {}).items()):
        whole = {"id": stem, **content}
        found[str(whole["id"])] = Written(whole, f"measures/{stem}.yaml")
    return found


def read_entry(written: Written) -> tuple[Entry | None, list[Fault]]:
    """A measure, modifier or record from its document."""
    content, file = written.content, written.file
    if "effect" in content:
        return validated(Record, content, file)
    kind = _kind_of(content)
    slip = _slip_of(content, "kind") if content.get("kind") is None else _slip_of(content, "effect")
    if slip:
        key, meant = slip
        return None, [Fault(file, 0, key, key, "not a key here", f"Did you mean '{meant}'?")]
    if kind not in KINDS:
        if content.get("kind") is None:
            fault = Fault(
                file,
                0,
                "kind",
                "",
                "is missing",
                f"Name one of {', '.join(KINDS)}, or effect: none.",
            )
        else:
            way_out = f"{did_you_mean(kind, KINDS)} Without a mechanism write effect: none."
            fault = Fault(file, 0, "kind", shorten(kind), "no kind of measure", way_out)
        return None, [fault]
    return validated(KINDS[kind], content, file)


def _slip_of(content: Mapping[str, Any], meant: str) -> tuple[str, str] | None:
    """A key that no kind of measure has and that is closest to one which says what it is."""
    kinds: tuple[type[Entry], ...] = (*KINDS.values(), Record)
    known = {key for model in kinds for key in model.model_fields}
    for key in map(str, content):
        if key not in known and closest(key, known) == meant:
            return key, meant
    return None


def _kind_of(content: Mapping[str, Any]) -> str:
    """The kind of a document as text: a list or mapping in its place is none, but can be shown."""
    return str(content.get("kind"))


def scenario_names(dataset: Dataset) -> tuple[str, ...]:
    """Names of the dataset's scenarios."""
    return tuple(sorted(dataset.documents.get("scenarios", {})))


def load_scenario(
    dataset: Dataset,
    name: str | Path,
    sets: Iterable[str] = (),
    measures: Iterable[str] = (),
    *,
    graph: SupplyGraph | None = None,
) -> Scenario:
    """A scenario with every measure written out.

    Parameters
    ----------
    dataset
        Whose measures and scenarios are known by name.
    name
        A scenario of the dataset, or a YAML file.
    sets
        Changes ``PATH=VALUE`` such as ``CN-2025-18.approval.US=0.3`` or ``growth=0.05``.
    measures
        Ids of measures and modifiers added to it.
    graph
        Network that its selectors must name something in, if given.

    Raises
    ------
    UsageError
        If there is no such scenario, or a change cannot be read.
    DatasetError
        With every fault of the files that it uses.
    """
    documents = dataset.documents.get("scenarios", {})
    if str(name) in documents:
        content, file = documents[str(name)], f"scenarios/{name}.yaml"
    else:
        content, file = _read_file(dataset, name), str(name)
    whole = {"name": Path(str(name)).stem, **content}
    return scenario_of(dataset, whole, sets, measures, file=file, graph=graph)


def _read_file(dataset: Dataset, name: str | Path) -> Mapping[str, Any]:
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        scenarios = dataset.documents.get("scenarios", {})
        titles = {one: str(content.get("title", "")) for one, content in scenarios.items()}
        raise UsageError(f"no scenario '{name}'. {did_you_mean(str(name), titles, titles)}")
    try:
        return load_yaml(read_text(path, DOCUMENT_LIMIT))
    except UnreadableError as error:
        raise UsageError(str(error)) from None
    except yaml.YAMLError as error:
        reason = str(error).replace("\n", " ")
        raise UsageError(f"'{name}' is no plain YAML: {reason}. Correct it.") from None


def scenario_of(
    dataset: Dataset,
    content: Mapping[str, Any],
    sets: Iterable[str] = (),
    measures: Iterable[str] = (),
    *,
    file: str = "scenario",
    graph: SupplyGraph | None = None,
) -> Scenario:
    """A scenario from plain values; see :func:`load_scenario`.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> found = scenario_of(read_dataset("three-nodes"), {
    ...     "title": "Mine stops", "start": "2025-01", "months": 3,
    ...     "measures": [{"id": "stop", "kind": "outage", "select": "id=mine-a"}]},
    ...     ["stop.share=0.5"])
    >>> found.acting[0].share
    0.5
    """
    known = library(dataset)
    whole = {"name": "", **content}
    changes = [(path, value, "") for path, value in map(parse_set, sets)]
    if isinstance(whole.get("set"), Mapping):
        changes = [*((str(p), v, file) for p, v in whole["set"].items()), *changes]
    whole = _set_own(whole, changes)
    lists, faults = _entries(whole, known, changes, file, list(measures))
    plain = {k: v for k, v in whole.items() if k not in ("measures", "modifiers")}
    scenario, found = validated(Scenario, plain, file)
    faults = [*_without_lists(faults, found), *found]
    for entry, place in lists:
        faults += check_entry(dataset, entry, place, graph)
    if scenario is not None:
        removals, found = read_removals(scenario.removals, file, graph)
        faults += [*found, *check_projects(dataset, scenario, file)]
    if scenario is not None and not faults:
        scenario = scenario.model_copy(
            update={
                "removals": removals,
                "measures": [e for e, _ in lists if not isinstance(e, Modifier)],
                "modifiers": [e for e, _ in lists if isinstance(e, Modifier)],
            }
        )
        faults += check_scenario(dataset, scenario, file, known)
    if faults:
        raise DatasetError(file, list(dict.fromkeys(faults)))
    assert isinstance(scenario, Scenario)
    return scenario


def _without_lists(faults: list[Fault], keys: list[Fault]) -> list[Fault]:
    """Faults without those of `set`, where the list of measures it changes is misspelt."""
    meant = {closest(fault.value, SCENARIO_KEYS) for fault in keys if fault.value == fault.column}
    if meant & {"measures", "modifiers"}:
        return [fault for fault in faults if fault.column != "set"]
    return faults


def sets_by_scenario(
    dataset: Dataset, names: Sequence[str | Path], sets: Sequence[str], measures: Iterable[str]
) -> list[list[str]]:
    """Of some changes those that each scenario can take: it has the measure that they name.

    A change that none can take is left to all, so that each says what it lacks.
    """
    added = list(measures)
    ids: list[set[str]] = []
    for name in names:
        told = load_scenario(dataset, name, (), added)
        entries = [*told.measures, *told.modifiers]
        ids.append({getattr(entry, "id", str(entry)) for entry in entries})
    found: list[list[str]] = [[] for _ in names]
    for text in sets:
        path, _ = parse_set(text)
        fits = [any(path.startswith(f"{name}.") for name in known) for known in ids]
        everywhere = path.partition(".")[0] in SCENARIO_KEYS or not any(fits)
        for own, fit in zip(found, fits, strict=True):
            own += [text] if fit or everywhere else []
    return found


def parse_set(text: str) -> tuple[str, Any]:
    """Path and value of ``--set``.

    Raises
    ------
    UsageError
        If it is not PATH=VALUE.

    Examples
    --------
    >>> parse_set("CN-2025-18.approval.US=0.3")
    ('CN-2025-18.approval.US', 0.3)
    """
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise UsageError(f"--set '{text}' is not PATH=VALUE. Write CN-2025-18.approval.US=0.3.")
    try:
        return path.strip(), load_yaml(f"value: {value}")["value"]
    except yaml.YAMLError:
        raise UsageError(f"--set '{text}': '{value}' is no plain value. Quote it.") from None


def _set_own(whole: dict[str, Any], changes: Iterable[tuple[str, Any, str]]) -> dict[str, Any]:
    """Changes of the scenario's own keys."""
    for path, value, origin in changes:
        if path.partition(".")[0] in SCENARIO_KEYS:
            whole = _set(whole, path, value, "scenario", origin)
    return whole


def _set(
    content: Mapping[str, Any], path: str, value: Any, who: str, origin: str
) -> dict[str, Any]:
    """Set a value; a path that leads nowhere is a fault of the file or of the option."""
    try:
        return set_path(content, path, value, who)
    except ScenarioError as error:
        if origin:
            raise DatasetError(origin, [sentence_fault(origin, "set", str(error))]) from None
        raise UsageError(f"--set {path}: {error}") from None


def _is_modifier(known: Mapping[str, Written], name: str) -> bool:
    return (
        name in known
        and _kind_of(known[name].content) in MODIFIERS
        and ("effect" not in known[name].content)
    )


def _entries(
    whole: Mapping[str, Any],
    known: Mapping[str, Written],
    changes: list[tuple[str, Any, str]],
    file: str,
    added: list[str],
) -> tuple[list[tuple[Entry, str]], list[Fault]]:
    """Measures and modifiers of a scenario and those added to it, written out and changed."""
    written: dict[str, Written] = {}
    faults: list[Fault] = []
    for key in ("measures", "modifiers"):
        more = [name for name in added if _is_modifier(known, name) == (key == "modifiers")]
        for number, item in enumerate([*_as_list(whole.get(key), key, file, faults), *more]):
            place = f"{key}.{number}"
            found, fault = _written(item, known, file, place)
            fault = fault or _misplaced(found, key, known, file, place)
            if fault is not None or found is None:
                faults += [fault] if fault else []
                continue
            name = str(found.content["id"])
            if name in written:
                rule, way_out = "named twice", "Keep one."
                faults.append(Fault(file, 0, place, name, rule, way_out))
            written[name] = found
    for path, value, origin in changes:
        if path.partition(".")[0] not in SCENARIO_KEYS:
            _change(written, path, value, origin, faults)
    entries = []
    for found in written.values():
        entry, problems = read_entry(found)
        faults += problems
        entries += [(entry, found.file)] if entry is not None else []
    return entries, faults


def _as_list(value: Any, key: str, file: str, faults: list[Fault]) -> list[Any]:
    if value is None or isinstance(value, list):
        return value or []
    faults.append(Fault(file, 0, key, shorten(str(value)), "no list", "Write [ID, …]."))
    return []


def _written(
    item: Any, known: Mapping[str, Written], file: str, place: str
) -> tuple[Written | None, Fault | None]:
    if isinstance(item, str):
        if item in known:
            return known[item], None
        titles = {name: str(written.content.get("title", "")) for name, written in known.items()}
        return None, Fault(file, 0, place, item, "no measure", did_you_mean(item, titles, titles))
    if not isinstance(item, Mapping):
        rule, way_out = "no id and no measure", "Name a measure, or write one out with id and kind."
        return None, Fault(file, 0, place, shorten(str(item)), rule, way_out)
    if not item.get("id"):
        return None, Fault(file, 0, f"{place}.id", "", "is missing", "Give it a name of your own.")
    if str(item["id"]) in known:
        way_out = "Name it alone and change it by set, or choose another id."
        return None, Fault(file, 0, f"{place}.id", str(item["id"]), "taken already", way_out)
    return Written(item, f"{file} {place}"), None


def _misplaced(
    found: Written | None, key: str, known: Mapping[str, Written], file: str, place: str
) -> Fault | None:
    if found is None or "effect" in found.content:
        return None
    kind = _kind_of(found.content)
    other = "modifiers" if kind in MODIFIERS else "measures"
    if other == key or kind not in KINDS:
        return None
    rule = f"a {kind}, which is none of the {key}"
    return Fault(file, 0, place, str(found.content["id"]), rule, f"Move it to {other}.")


def _change(
    written: dict[str, Written], path: str, value: Any, origin: str, faults: list[Fault]
) -> None:
    """Set one parameter of a measure; ids may hold dots, so the longest that fits counts."""
    names = [name for name in written if path.startswith(name + ".")]
    if not names:
        try:
            first = split_path(path)[0]
        except ScenarioError as error:
            first = ""
            message = str(error)
        else:
            message = (
                f"'{first}' is no measure of this scenario. "
                f"{did_you_mean(first, [*written, *SCENARIO_KEYS])}"
            )
        if not origin:
            raise UsageError(f"--set {path}: {message}")
        faults.append(sentence_fault(origin, "set", message))
        return
    name = max(names, key=len)
    old = written[name]
    content = _set(old.content, path[len(name) + 1 :], value, name, origin)
    changed = path[len(name) + 1 :]
    ranges = content.get("ranges")
    if isinstance(ranges, Mapping) and changed != "ranges":
        # What the user sets may lie outside the range of what it was.
        content["ranges"] = {k: v for k, v in ranges.items() if not f"{k}.".startswith(changed)}
    file = origin or "--set"
    mark = old.file if " set by " in old.file else f"{old.file} set by {file}"
    written[name] = Written(content, mark)
