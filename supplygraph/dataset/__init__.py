"""Datasets: folders of CSV and YAML, read, checked and described.

`read_dataset` gives a `Dataset` or raises with every fault found; `write_package` describes a
folder as a Tabular Data Package.
"""

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
