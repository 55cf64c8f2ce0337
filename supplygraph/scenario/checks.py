"""Every fault of the folders of documents, for `supplygraph validate`."""

from __future__ import annotations

from collections.abc import Iterator

from supplygraph.dataset import Dataset
from supplygraph.errors import DatasetError, Fault
from supplygraph.graph import SupplyGraph
from supplygraph.scenario.load import library, read_entry, scenario_names, scenario_of
from supplygraph.scenario.model import Removed, Scenario
from supplygraph.scenario.projects import WORDS, deals_of, projects_of
from supplygraph.scenario.references import check_entry, check_selector
from supplygraph.selectors import did_you_mean


def check_documents(dataset: Dataset, graph: SupplyGraph | None = None) -> list[Fault]:
    """Every fault of the folders `measures`, `projects`, `deals` and `scenarios`.

    Parameters
    ----------
    dataset
        Read and checked.
    graph
        Its network; selectors are matched against it if given.
    """
    faults: list[Fault] = []
    for name, written in library(dataset).items():
        stem = written.file.removeprefix("measures/").removesuffix(".yaml")
        if name != stem:
            way_out = f"Call the file {name}.yaml, or the measure {stem}."
            faults.append(Fault(written.file, 0, "id", name, "not the name of its file", way_out))
        entry, found = read_entry(written)
        faults += found
        if entry is not None:
            faults += check_entry(dataset, entry, written.file, graph)
    for read in (projects_of, deals_of):
        try:
            read(dataset)
        except DatasetError as error:
            faults += error.faults
    for name in scenario_names(dataset):
        file = f"scenarios/{name}.yaml"
        content = {"name": name, **dataset.documents["scenarios"][name]}
        try:
            scenario = scenario_of(dataset, content, file=file)
        except DatasetError as error:
            faults += error.faults
        else:
            faults += _check_removals(scenario, file, graph)
            faults += _check_projects(dataset, scenario, file)
    return list(dict.fromkeys(faults))


def _check_projects(dataset: Dataset, scenario: Scenario, file: str) -> Iterator[Fault]:
    known = [*dataset.documents.get("projects", {}), *WORDS]
    for word in scenario.projects:
        if word.removeprefix("-") not in known:
            hint = did_you_mean(word, known)
            yield Fault(file, 0, "projects", word, "no project", hint)


def _check_removals(scenario: Scenario, file: str, graph: SupplyGraph | None) -> Iterator[Fault]:
    for number, removed in enumerate(scenario.removals):
        if isinstance(removed, Removed):
            yield from check_selector(removed.select, file, f"removals.{number}", graph)
