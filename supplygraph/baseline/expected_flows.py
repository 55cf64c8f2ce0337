"""What flows are expected at the expected levels: demand, draws, arcs, and what nobody uses.

An arc that trade declares: what the origin makes x what the destination lacks after its own make
/ world output. Surplus and unexplained use: what stated output leaves over.
"""

from __future__ import annotations

import numpy as np

from supplygraph.baseline.expected_levels import ExpectedLevels
from supplygraph.baseline.observations import Observation

OWN_FIRST = 0.02  # share of its need that a place which makes enough still takes from elsewhere


class ExpectedFlows:
    """Expected flow of every column.

    Attributes
    ----------
    value
        By column, in each column's own unit.
    need
        Of every pool.
    """

    def __init__(self, levels: ExpectedLevels) -> None:
        self.levels, self.graph, self.columns = levels, levels.graph, levels.columns
        self.value = np.zeros(self.columns.total)
        self.value[self.columns.block("activity")] = levels.level
        self._demands()
        self._draws()
        self._arcs()
        self._held()
        self.value[self.columns.block("made")] = levels.made[self.columns.made_of]

    def _demands(self) -> None:
        self.value[self.columns.block("demand")] = self.graph.demands["units"].to_numpy()

    def _draws(self) -> None:
        """Need of every pool; alternatives in proportion to how much of them the world makes."""
        inputs = self.graph.inputs
        weight = np.ones(len(inputs.user))
        chosen = inputs.draw >= 0
        worth = self.levels.world[inputs.pool] / inputs.quantity
        total = np.bincount(inputs.group, worth, minlength=inputs.n_groups)[inputs.group]
        count = np.bincount(inputs.group, minlength=inputs.n_groups)[inputs.group]
        share = np.where(total > 0, worth / np.where(total > 0, total, 1.0), 1.0 / count)
        weight[chosen] = share[chosen]
        draw = weight * inputs.quantity * self.value[inputs.user]
        self.value[self.columns.start["draw"] + inputs.draw[chosen]] = draw[chosen]
        self.need = np.bincount(inputs.pool, draw, minlength=len(self.graph.pools))

    def _arcs(self) -> None:
        """Trade in proportion to what makers make and users lack, then as figures say."""
        arcs = self.graph.arcs
        lacking = np.maximum(self.need - self.levels.made, OWN_FIRST * self.need)
        origin, end = arcs["origin"].to_numpy(), arcs["destination"].to_numpy()
        world = self.levels.world[origin]
        declared = arcs["declared"].to_numpy()
        flow = np.where(
            declared & (world > 0),
            self.levels.made[origin] * lacking[end] / np.where(world > 0, world, 1.0),
            0.0,
        )
        self._meet_figures(flow, declared)
        self.value[self.columns.block("arc")] = flow

    def _held(self) -> None:
        """What makers state above all that is needed of it and sent away stays with them.

        Expected as nothing, it would push goods on whoever buys a little of them. Where a maker's
        output is itself a guess, an excess is no more than that, and nothing is expected.
        """
        graph, columns = self.graph, self.columns
        pools, flow = len(graph.pools), self.value[columns.block("arc")]
        origin, end = (graph.arcs[c].to_numpy() for c in ("origin", "destination"))
        net = np.bincount(end, flow, minlength=pools) - np.bincount(origin, flow, minlength=pools)
        excess = np.maximum(self.levels.made + net - self.need, 0.0)
        guessed = (self.levels.level > 0) & ~self.levels.figured
        excess[graph.made_pool[guessed[graph.made_activity]]] = 0.0
        excess[self.levels.made <= 0] = 0.0
        self.value[columns.block("surplus")] = excess[columns.surplus_of]
        self.value[columns.block("unexplained")] = excess[columns.unexplained_of]

    def _meet_figures(self, flow: np.ndarray, declared: np.ndarray) -> None:
        """Arcs of a trade figure carry what it says, less what figures of fewer arcs fix.

        The rest is shared by its other arcs as their expected flows are, equally if none expects
        any. Figures with equally many arcs left act together, each arc by their weighted mean.
        """
        start = self.columns.start["arc"]
        figures = []
        for o in self.levels.fit:
            index = o.columns - start
            if not o.is_share and len(index) and index.min() >= 0 and index.max() < len(flow):
                figures.append((index[declared[index]], o))
        settled = ~declared
        while True:
            found: dict[int, list[tuple[np.ndarray, np.ndarray, Observation]]] = {}
            for index, o in figures:
                left = index[~settled[index]]
                if len(left):
                    found.setdefault(len(left), []).append((index, left, o))
            if not found:
                return
            weight, total = np.zeros(len(flow)), np.zeros(len(flow))
            for index, left, o in found[min(found)]:
                rest = max(o.value - float(flow[index[settled[index]]].sum()), 0.0)
                seen = flow[left].sum()
                share = flow[left] / seen if seen > 0 else 1.0 / len(left)
                weight[left] += 1.0 / o.sigma**2
                total[left] += rest * share / o.sigma**2
            named = weight > 0
            flow[named] = total[named] / weight[named]
            settled |= named
