"""Every fault of the folders of documents, for `supplygraph validate`."""

from __future__ import annotations

from supplygraph.dataset import Dataset
from supplygraph.errors import DatasetError, Fault
from supplygraph.graph import SupplyGraph
from supplygraph.scenario.load import library, read_entry, scenario_names, scenario_of
from supplygraph.scenario.projects import deals_of, projects_of
from supplygraph.scenario.reference_checks import check_entry


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
            scenario_of(dataset, content, file=file, graph=graph)
        except DatasetError as error:
            faults += error.faults
    return list(dict.fromkeys(faults))
