"""What a whole chain and one with removals have in common."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from supplygraph.api.loaded import Loaded
from supplygraph.baseline import Baseline
from supplygraph.dataset import Dataset
from supplygraph.graph import SupplyGraph
from supplygraph.scenario import parse_shock
from supplygraph.scenario.export_stops import Stop, outage_of, parse_export_stop
from supplygraph.scenario.shocks import FORMS


@dataclass(frozen=True)
class Taken:
    """What is taken away: selectors of plants that stop, and of exports that do.

    Attributes
    ----------
    removed, stopped
        Selectors.
    forms
        Of elements ``refined`` or ``all``.
    """

    removed: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    forms: str = FORMS[0]

    def __bool__(self) -> bool:
        return bool(self.removed or self.stopped)

    def __str__(self) -> str:
        return " and ".join((*self.removed, *(f"exports of {text}" for text in self.stopped)))

    def stop(self, baseline: Baseline) -> Stop:
        """As the engines read it."""
        plants = outage_of(baseline, parse_shock(baseline.graph, self.removed, self.forms))
        if not self.stopped:
            return plants
        stopped = parse_export_stop(baseline, self.stopped, self.forms, plants.shock)
        return plants.with_(stopped)


class Handle:
    """A loaded dataset and what was removed from its chain. It never changes.

    `dataset`, `network` and `baseline` are what was loaded, whatever is removed.

    Parameters
    ----------
    loaded
        Shared by all handles of the dataset.
    taken
        What was taken away.
    """

    def __init__(self, loaded: Loaded, taken: Taken = Taken()) -> None:
        self.loaded = loaded
        self.taken = taken

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
    def stop(self) -> Stop:
        """What was taken away, as the engines read it."""
        return self.taken.stop(self.baseline)

    def about(self) -> dict[str, str]:
        """Name, version and hash of the dataset."""
        return self.loaded.about()
