"""Where a flow is expected before the figures are balanced, and how far it may lie from there.

`expected_levels` says how much every activity runs, `expected_flows` what then moves between
places, and `prior_scales` how far both may be off.

Expected flows are a function of the data alone, so every rule here is one of three kinds: a sum, a
share in proportion, or an equal share among *classes* of plants that nothing in the data tells
apart. The number of rows that a plant is written in is no information about its size, and nor is
the order of its id. A stated capacity counts only as far as buyers could take its output
(`carried_output`): a nameplate of a million tonnes says no more than one just large enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from supplygraph.baseline.expected_flows import ExpectedFlows
from supplygraph.baseline.expected_levels import ExpectedLevels
from supplygraph.baseline.observations import Observation
from supplygraph.baseline.prior_scales import spread, spread_sizes
from supplygraph.graph import Columns, SupplyGraph


@dataclass(frozen=True)
class Priors:
    """Expected flow and standard deviation of every column, and what a line's output could carry.

    ``counted`` is the flow by which the deviation is measured, and ``group`` that of all its kind.
    ``carried`` is in units of each activity; a capacity beyond it says nothing.
    """

    value: np.ndarray
    counted: np.ndarray
    group: np.ndarray
    carried: np.ndarray

    @cached_property
    def scale(self) -> np.ndarray:
        """Standard deviation of every column."""
        return spread(self.counted, self.group)

    def scale_around(self, flows: np.ndarray) -> np.ndarray:
        """The same where flows are known to be what they are, and some larger than expected."""
        return spread(np.maximum(self.counted, flows), self.group)


def compute_priors(
    graph: SupplyGraph, columns: Columns, observations: Sequence[Observation]
) -> Priors:
    """Priors of all columns, from the figures that fit."""
    # A figure of nothing has its say in the program. Expected flows of nothing besides would let
    # nobody see that it is this one figure that stands against all others.
    levels = ExpectedLevels(
        graph, columns, [o for o in observations if o.role == "fit" and o.value > 0]
    )
    expected = ExpectedFlows(levels)
    return Priors(expected.value, *spread_sizes(expected), levels.carried)
