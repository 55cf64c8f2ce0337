"""Plants that nothing in the data tells apart: they count as one where sizes are guessed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from supplygraph.baseline.observations import Observation
from supplygraph.graph import SupplyGraph


class Classes:
    """Classes of activities that are alike in all but their name.

    Alike are activities of one country, recipe, process and kind, on lines of equal capacity with
    equally many open recipes, that the same figures name with the same coefficients. A plant
    written as two equal halves is one class of two: it takes one share of what is split equally.

    Attributes
    ----------
    size
        Number of activities in the class of each activity.
    """

    def __init__(
        self,
        graph: SupplyGraph,
        capacity: np.ndarray,
        open_: np.ndarray,
        groups: Sequence[Observation],
    ) -> None:
        named: list[list[tuple[int, float]]] = [[] for _ in range(graph.n_activities)]
        for number, o in enumerate(groups):
            for column, coefficient in zip(o.columns, o.coefficients, strict=True):
                named[column].append((number, float(coefficient)))
        recipes = np.bincount(graph.line_of[open_], minlength=len(graph.lines))
        rows = graph.activities[["country", "recipe", "process", "kind", "status"]]
        keys: dict[object, int] = {}
        number_of = []
        for index, row in enumerate(rows.itertuples(index=False, name=None)):
            line = graph.line_of[index]
            key = (
                *row,
                repr(capacity[line]),
                int(recipes[line]),
                bool(open_[index]),
                tuple(named[index]),
            )
            number_of.append(keys.setdefault(key, len(keys)))
        self._class = np.array(number_of, dtype=int)
        self.size = np.bincount(self._class, minlength=len(keys))[self._class].astype(float)

    def count(self, activities: np.ndarray) -> int:
        """Number of classes among some activities."""
        return len(np.unique(self._class[activities]))

    def shares(self, activities: np.ndarray) -> np.ndarray:
        """An equal share for each class among some activities, split equally inside it."""
        _, place, size = np.unique(self._class[activities], return_inverse=True, return_counts=True)
        return 1.0 / (len(size) * size[place]) if len(size) else np.zeros(0)
