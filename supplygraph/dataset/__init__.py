"""Datasets: folders of CSV and YAML, read, checked and described.

`read_dataset` gives a `Dataset` or raises with every fault found; `write_package` describes a
folder as a Tabular Data Package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from supplygraph.dataset.package import describe_package, write_package
    from supplygraph.dataset.reader import read_dataset
    from supplygraph.dataset.tables import Dataset
    from supplygraph.schema.folders import shipped_datasets

__all__ = [
    "Dataset",
    "describe_package",
    "read_dataset",
    "shipped_datasets",
    "write_package",
]

# Imported on first use: what lists a dataset's files needs neither its tables nor pandas.
_HOMES = {
    "Dataset": "supplygraph.dataset.tables",
    "describe_package": "supplygraph.dataset.package",
    "read_dataset": "supplygraph.dataset.reader",
    "shipped_datasets": "supplygraph.schema.folders",
    "write_package": "supplygraph.dataset.package",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'supplygraph.dataset' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
