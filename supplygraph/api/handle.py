"""What a whole chain and one with removals have in common."""

from __future__ import annotations

from functools import cached_property

from supplygraph.api.loaded import Loaded
from supplygraph.baseline import Baseline
from supplygraph.dataset import Dataset
from supplygraph.graph import SupplyGraph
from supplygraph.scenario import Shock, parse_shock


class Handle:
    """A loaded dataset and what was removed from its chain. It never changes.

    `dataset`, `network` and `baseline` are what was loaded, whatever is removed.

    Parameters
    ----------
    loaded
        Shared by all handles of the dataset.
    removed
        Selectors of what is removed.
    """

    def __init__(self, loaded: Loaded, removed: tuple[str, ...] = ()) -> None:
        self.loaded = loaded
        self.removed = removed

    @property
    def dataset(self) -> Dataset:
        """The checked tables."""
        return self.loaded.dataset

    @property
    def network(self) -> SupplyGraph:
        """The compiled arrays that the engines read."""
        return self.loaded.network

    @property
    def baseline(self) -> Baseline:
        """Balanced flows of the base year."""
        return self.loaded.baseline

    @property
    def baseline_shipped(self) -> bool:
        """Whether the balance was read from the dataset and not computed now."""
        return self.loaded.balanced[1]

    @cached_property
    def shock(self) -> Shock:
        """What was removed, as the engines read it."""
        return parse_shock(self.network, self.removed)

    def about(self) -> dict[str, str]:
        """Name, version and hash of the dataset."""
        return self.loaded.about()
