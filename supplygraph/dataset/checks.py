"""Stub."""

from supplygraph.dataset.tables import Dataset
from supplygraph.errors import Fault


def run_checks(dataset: Dataset, broken: frozenset[str]) -> list[Fault]:
    """Nothing yet."""
    return []
