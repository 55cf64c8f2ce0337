"""The cascade swept whole, for what its layers do not know: stocks that fill what is lacking.

One sweep is the kernel of `engines.cascade` over all nodes at once, from 1 down to the greatest
fixed point. It is slower than the layers and lets any step of it be changed in between.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from supplygraph.engines.cascade import MAX_SWEEPS, TOLERANCE, Cascade, Levels
from supplygraph.engines.flow_recovery import ratio
from supplygraph.errors import NotConvergedError
from supplygraph.scenario import Shock


class Scatter:
    """Sum of weighted rows into targets, edges sorted by target once."""

    def __init__(
        self, target: np.ndarray, source: np.ndarray, weight: np.ndarray, size: int
    ) -> None:
        order = np.argsort(target, kind="stable")
        self.source, self.weight = source[order], weight[order][:, None]
        self.targets, self.start = np.unique(target[order], return_index=True)
        self.size = size

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Sums for every target, 0 where no edge ends."""
        out = np.zeros((self.size, rows.shape[1]))
        if len(self.source):
            out[self.targets] = np.add.reduceat(self.weight * rows[self.source], self.start)
        return out


class Sweep:
    """The steps of one sweep, each over all nodes.

    Attributes
    ----------
    part
        Share of each output in what its pool makes.
    to_made, to_home, to_group
        Levels of users into pools, of live arcs into pools, of entries into input groups.
    """

    def __init__(self, cascade: Cascade) -> None:
        graph, inputs = cascade.graph, cascade.graph.inputs
        n = len(graph.pools)
        level = cascade.baseline.block("activity")[graph.made_activity]
        self.cascade = cascade
        self.part = ratio(graph.made_quantity * level, cascade.made[graph.made_pool])
        self.to_made = Scatter(graph.made_pool, graph.made_activity, self.part, n)
        live = cascade.live
        self.to_home = Scatter(cascade.end[live], np.arange(len(live)), cascade.flow[live], n)
        entries = np.arange(len(inputs.user))
        self.to_group = Scatter(inputs.group, entries, cascade.share, inputs.n_groups)
        owner = np.zeros(inputs.n_groups, dtype=int)
        owner[inputs.group] = inputs.user
        limiting = np.flatnonzero(cascade.limits)
        self._order = limiting[np.argsort(owner[limiting], kind="stable")]
        self._users, self._start = np.unique(owner[self._order], return_index=True)

    def home(self, made: np.ndarray, arc: np.ndarray) -> np.ndarray:
        """What stays of the own make, and what live arcs bring."""
        return self.cascade.own[:, None] * made + self.to_home(arc)

    def limited(self, cap: np.ndarray, kind: np.ndarray) -> np.ndarray:
        """Users at the lowest of their cap and their essential kinds."""
        new = cap.copy()
        if len(self._order):
            low = np.minimum.reduceat(kind[self._order], self._start)
            new[self._users] = np.minimum(new[self._users], low)
        return new


@dataclass(frozen=True)
class Stocked:
    """What stocks keep whole for now: masks of pools, of inputs' entries and of outputs.

    A pool stands for its named users: they draw in full, while what is sent on is as it comes.
    """

    pools: np.ndarray
    entries: np.ndarray
    outputs: np.ndarray


def stocked_levels(sweep: Sweep, shock: Shock, stocked: Stocked) -> Levels:
    """Greatest fixed point under a shock with what stocks keep whole.

    Raises
    ------
    NotConvergedError
        If levels still move after the cap of passes (slow cyclic collapse).
    """
    cascade, graph = sweep.cascade, sweep.cascade.graph
    left_arc = shock.arc[cascade.live][:, None]
    cap = np.ones((graph.n_activities + graph.n_demands, 1))
    cap[: graph.n_activities, 0] = shock.activity
    user = cap.copy()
    for number in range(1, MAX_SWEEPS + 1):
        made = (sweep.to_made(user) + _from_outputs(sweep, user, stocked)) * shock.made[:, None]
        home = sweep.home(made, left_arc * made[cascade.origin[cascade.live]])
        kind = sweep.to_group(home[graph.inputs.pool]) + _from_stocks(cascade, home, stocked)
        new = np.minimum(sweep.limited(cap, kind), user)
        change = float((user - new).max(initial=0.0))
        user = new
        if change <= TOLERANCE:
            return Levels(user, made, home, kind, number, change)
    raise NotConvergedError(
        f"cascade did not converge: levels still change by {change:.2g} after {MAX_SWEEPS} passes."
    )


def _from_outputs(sweep: Sweep, user: np.ndarray, stocked: Stocked) -> np.ndarray:
    """What stocks of plants' outputs add to the made level of each pool."""
    graph, rows = sweep.cascade.graph, np.flatnonzero(stocked.outputs)
    lack = sweep.part[rows][:, None] * (1.0 - user[graph.made_activity[rows]])
    added = np.zeros((len(graph.pools), user.shape[1]))
    np.add.at(added, graph.made_pool[rows], lack)
    return added


def _from_stocks(cascade: Cascade, home: np.ndarray, stocked: Stocked) -> np.ndarray:
    """What stocks add to the served share of each kind: all that its entries lack."""
    inputs = cascade.graph.inputs
    rows = np.flatnonzero(stocked.entries | stocked.pools[inputs.pool])
    lack = cascade.share[rows][:, None] * (1.0 - home[inputs.pool[rows]])
    added = np.zeros((inputs.n_groups, home.shape[1]))
    np.add.at(added, inputs.group[rows], lack)
    return added
