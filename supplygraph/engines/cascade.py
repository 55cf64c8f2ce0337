"""Losses when nobody reroutes: shortage is shared in proportion (`none`).

Levels h in 0..1 relative to the base year, from h = 1 down to the greatest fixed point:

    made_k = left_k  sum_a (q_ak x_a / P_k) h_a                 a pool's own output
    home_k = (P_k - E_k)/L_k made_k + sum_arc (f/L_k) left_arc made_origin
    h_i    = min(left_i, min over essential kinds g of sum_j w_gj home_j)

with P made, E exports, L = P - E + imports, w the base shares of alternatives. An arc
carries the made level of its origin, never the pooled one. An input that is not essential
sets no limit. Then one pass from products to mines scales every activity to what is used,
which gives flows that satisfy every row of the allocation program: so least <= none.

Paper: the kernel is the generalised Leontief cascade of Diem et al. 2022
(doi:10.1038/s41598-022-11522-z) with theta 1 or 0 and the base shares as weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.engines.flow_recovery import Backward, ratio
from supplygraph.errors import NotConvergedError
from supplygraph.graph import SupplyGraph
from supplygraph.scenario import Shock

TOLERANCE = 1e-12
MAX_SWEEPS = 10_000
BLOCK = 64


@dataclass(frozen=True)
class Levels:
    """Levels of a batch of shocks, one column each.

    Attributes
    ----------
    user
        Activities, then demands.
    made, home
        Pools.
    kind
        Served share of every input group.
    sweeps
        Passes until nothing changed.
    residual
        Largest change of the last pass.
    """

    user: np.ndarray
    made: np.ndarray
    home: np.ndarray
    kind: np.ndarray
    sweeps: int
    residual: float

    @staticmethod
    def undisturbed(graph: SupplyGraph) -> Levels:
        """Levels of one shock that takes nothing away: 1 everywhere."""
        user = np.ones((graph.n_activities + graph.n_demands, 1))
        pool, kind = np.ones((len(graph.pools), 1)), np.ones((graph.inputs.n_groups, 1))
        return Levels(user, pool, pool.copy(), kind, sweeps=0, residual=0.0)

    @property
    def parts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The four tables of levels."""
        return self.user, self.made, self.home, self.kind

    def column(self, index: int) -> Levels:
        """Levels of one shock of the batch."""
        part = slice(index, index + 1)
        return Levels(
            self.user[:, part],
            self.made[:, part],
            self.home[:, part],
            self.kind[:, part],
            self.sweeps,
            self.residual,
        )


class _SortedEdges:
    """Sum of weighted rows into some targets, edges sorted by target once."""

    def __init__(self, target: np.ndarray, source: np.ndarray, weight: np.ndarray) -> None:
        self.order = np.argsort(target, kind="stable")
        self.source, self.weight = source[self.order], weight[self.order]
        self.targets, self.start = np.unique(target[self.order], return_index=True)
        self.count = np.diff(np.append(self.start, len(self.order)))

    def touched(self, changed: np.ndarray) -> np.ndarray:
        """Mask of the targets that some changed edge reaches; edges in sorted order."""
        return np.logical_or.reduceat(changed, self.start) if len(changed) else changed

    def edges(self, where: np.ndarray) -> tuple[slice | np.ndarray, np.ndarray]:
        """Edges, in sorted order, of the targets at some positions."""
        if len(where) == len(self.targets):
            return slice(None), self.start
        count = self.count[where]
        start = np.cumsum(count) - count
        return np.arange(int(count.sum())) + np.repeat(self.start[where] - start, count), start

    def sums(self, values: np.ndarray, where: np.ndarray) -> np.ndarray:
        """Weighted sums for the targets at some positions."""
        edges, start = self.edges(where)
        return np.add.reduceat(self.weight[edges, None] * values[self.source[edges]], start)


@dataclass(frozen=True)
class _Layer:
    """Pools, groups and users whose inputs lie in this layer or earlier ones."""

    made: _SortedEdges
    pools: np.ndarray
    arcs: _SortedEdges
    groups: _SortedEdges
    users: _SortedEdges


class _BlockLevels:
    """Levels of a block of shocks, and which rows any of them has reached so far."""

    new_user: np.ndarray
    cut_made: np.ndarray
    cut_arc: np.ndarray

    def __init__(self, start: Levels, shocks: Sequence[Shock], live: np.ndarray) -> None:
        count = len(shocks)
        self.user, self.made, self.home, self.kind = (
            np.repeat(part, count, axis=1) for part in start.parts
        )
        self.cap = np.ones_like(self.user)
        plants = np.stack([shock.activity for shock in shocks], axis=1)
        self.cap[: len(plants)] = plants
        self.left_made = np.stack([shock.made for shock in shocks], axis=1)
        self.left_arc = np.stack([shock.arc[live] for shock in shocks], axis=1)
        np.minimum(self.user, self.cap, out=self.user)
        self.new_user = np.any(self.cap < 1, axis=1)
        self.cut_made = np.any(self.left_made < 1, axis=1)
        self.cut_arc = np.any(self.left_arc < 1, axis=1)
        self.new_made = np.zeros(len(self.made), dtype=bool)
        self.new_home, self.new_kind = self.new_made.copy(), np.zeros(len(self.kind), dtype=bool)


class Cascade:
    """The kernel over one baseline; cheap to call for thousands of shocks at once.

    Nodes are sorted into layers once, so that a chain without loops is settled in one pass
    from mines to products. In a block of shocks only the nodes that one of them reaches are
    computed; the others keep their level without a shock. A chain with loops is one layer and
    is passed through until nothing moves.

    Attributes
    ----------
    live
        Arcs that carry something.
    need
        Per input: units of its group's need that it covered in the base year.
    limits, owner
        Per group: whether it can stop its user, and which user that is.
    """

    def __init__(self, baseline: Baseline) -> None:
        self.baseline, self.graph = baseline, baseline.graph
        graph = self.graph
        self.made, self.exports, self.imports = baseline.made, baseline.exports, baseline.imports
        self.home = self.made - self.exports + self.imports
        self.own = ratio(np.maximum(self.made - self.exports, 0.0), self.home)
        self.end = graph.arcs["destination"].to_numpy()
        self.origin = graph.arcs["origin"].to_numpy()
        self.flow = ratio(baseline.block("arc"), self.home[self.end])
        self.live = np.flatnonzero(self.flow > 0)
        self._groups()
        self._layers, self._loops = self._sorted_layers()
        self._base = self._without_shock()

    def _groups(self) -> None:
        inputs = self.graph.inputs
        self.need = self.baseline.drawn / inputs.quantity if len(inputs.user) else np.zeros(0)
        total = np.bincount(inputs.group, self.need, minlength=inputs.n_groups)
        self.share = ratio(self.need, total[inputs.group])
        self.limits = np.zeros(inputs.n_groups, dtype=bool)
        np.logical_or.at(self.limits, inputs.group, inputs.essential)
        self.limits &= total > 0
        self.owner = np.zeros(inputs.n_groups, dtype=int)
        self.owner[inputs.group] = inputs.user

    def _depths(self) -> tuple[np.ndarray, ...] | None:
        """Layer of each made level, home level, group and user; None if the chain has a loop.

        A user lies in the layer of its last limiting input.
        """
        graph, inputs, n = self.graph, self.graph.inputs, len(self.graph.pools)
        limiting = np.flatnonzero(self.limits)
        user = np.zeros(graph.n_activities + graph.n_demands, dtype=int)
        for _ in range(n + 2):
            made, group = np.zeros(n, dtype=int), np.zeros(inputs.n_groups, dtype=int)
            np.maximum.at(made, graph.made_pool, user[graph.made_activity])
            home = made.copy()
            np.maximum.at(home, self.end[self.live], made[self.origin[self.live]])
            np.maximum.at(group, inputs.group, home[inputs.pool])
            before, user = user, np.zeros_like(user)
            np.maximum.at(user, self.owner[limiting], group[limiting] + 1)
            if (before == user).all():
                return made, home, group, user - 1
        return None

    def _sorted_layers(self) -> tuple[list[_Layer], bool]:
        """Layers from mines to products, and whether the chain has a loop."""
        graph, inputs, n = self.graph, self.graph.inputs, len(self.graph.pools)
        depths = self._depths()
        sizes = (n, n, inputs.n_groups, graph.n_activities + graph.n_demands)
        made, home, group, user = depths or (np.zeros(size, dtype=int) for size in sizes)
        level = self.baseline.block("activity")[graph.made_activity]
        share = ratio(graph.made_quantity * level, self.made[graph.made_pool])
        layers = []
        for depth in range(int(max(home.max(initial=0), group.max(initial=0))) + 1):
            makes = made[graph.made_pool] == depth
            arcs = np.flatnonzero(home[self.end[self.live]] == depth)
            draws = group[inputs.group] == depth
            limiting = np.flatnonzero(self.limits & (user[self.owner] == depth))
            layers.append(
                _Layer(
                    _SortedEdges(graph.made_pool[makes], graph.made_activity[makes], share[makes]),
                    np.flatnonzero(home == depth),
                    _SortedEdges(self.end[self.live[arcs]], arcs, self.flow[self.live[arcs]]),
                    _SortedEdges(inputs.group[draws], inputs.pool[draws], self.share[draws]),
                    _SortedEdges(self.owner[limiting], limiting, np.ones(len(limiting))),
                )
            )
        return layers, depths is None

    def _without_shock(self) -> Levels:
        """Levels that a block starts from: 1 to rounding wherever something flows."""
        n, groups = len(self.graph.pools), self.graph.inputs.n_groups
        users = self.graph.n_activities + self.graph.n_demands
        ones, zeros, none = np.ones((users, 1)), np.zeros((n, 1)), np.zeros((groups, 1))
        nothing = Shock.nothing(self.graph)
        state = _BlockLevels(Levels(ones, zeros, zeros, none, 0, 0.0), [nothing], self.live)
        state.new_user[:] = state.cut_made[:] = True
        return self._settle(state)

    def levels(self, shocks: Sequence[Shock]) -> Levels:
        """Greatest fixed point of a batch of shocks.

        Raises
        ------
        NotConvergedError
            If levels still move after the cap of passes (slow cyclic collapse).
        """
        blocks = [
            self._settle(_BlockLevels(self._base, shocks[first : first + BLOCK], self.live))
            for first in range(0, len(shocks), BLOCK)
        ]
        if not blocks:
            nothing = [part[:, :0] for part in self._base.parts]
            return Levels(nothing[0], nothing[1], nothing[2], nothing[3], 0, 0.0)
        if len(blocks) == 1:
            return blocks[0]
        user, made, home, kind = (
            np.concatenate(parts, axis=1)
            for parts in zip(*(block.parts for block in blocks), strict=True)
        )
        sweeps = max(block.sweeps for block in blocks)
        return Levels(user, made, home, kind, sweeps, max(block.residual for block in blocks))

    def _settle(self, state: _BlockLevels) -> Levels:
        for sweep in range(1, MAX_SWEEPS + 1):
            change = max(self._pass(layer, state) for layer in self._layers)
            if not self._loops:
                change = 0.0
            if change <= TOLERANCE:
                return Levels(state.user, state.made, state.home, state.kind, sweep, change)
        raise NotConvergedError(
            f"cascade did not converge: levels still change by {change:.2g} "
            f"after {MAX_SWEEPS} passes."
        )

    def _pass(self, layer: _Layer, state: _BlockLevels) -> float:
        """Work through one layer; the largest fall of a user's level."""
        self._make(layer.made, state)
        self._bring_home(layer, state)
        groups = layer.groups
        where = np.flatnonzero(groups.touched(state.new_home[groups.source]))
        if len(where):
            state.kind[groups.targets[where]] = groups.sums(state.home, where)
            state.new_kind[groups.targets[where]] = True
        return self._limit(layer.users, state)

    def _make(self, made: _SortedEdges, state: _BlockLevels) -> None:
        reached = made.touched(state.new_user[made.source]) | state.cut_made[made.targets]
        where = np.flatnonzero(reached)
        if len(where):
            pools = made.targets[where]
            state.made[pools] = made.sums(state.user, where) * state.left_made[pools]
            state.new_made[pools] = True

    def _bring_home(self, layer: _Layer, state: _BlockLevels) -> None:
        arcs = layer.arcs
        origin = self.origin[self.live[arcs.source]]
        reached = arcs.touched(state.new_made[origin] | state.cut_arc[arcs.source])
        state.new_home[layer.pools] |= state.new_made[layer.pools]
        state.new_home[arcs.targets[reached]] = True
        pools = layer.pools[state.new_home[layer.pools]]
        state.home[pools] = self.own[pools, None] * state.made[pools]
        where = np.flatnonzero(state.new_home[arcs.targets])
        if len(where):
            edges, start = arcs.edges(where)
            moved = state.made[origin[edges]]
            if state.cut_arc.any():
                moved *= state.left_arc[arcs.source[edges]]
            state.home[arcs.targets[where]] += np.add.reduceat(
                arcs.weight[edges, None] * moved, start
            )

    def _limit(self, users: _SortedEdges, state: _BlockLevels) -> float:
        reached = users.touched(state.new_kind[users.source]) | state.new_user[users.targets]
        where = np.flatnonzero(reached)
        if not len(where):
            return 0.0
        edges, start = users.edges(where)
        rows = users.targets[where]
        low = np.minimum.reduceat(state.kind[users.source[edges]], start)
        new = np.minimum(state.cap[rows], low)
        if self._loops:
            new = np.minimum(new, state.user[rows])
        fall = float((state.user[rows] - new).max(initial=0.0))
        state.user[rows] = new
        state.new_user[rows] = True
        return fall

    def served(self, levels: Levels) -> np.ndarray:
        """Served share of every demand and shock."""
        return levels.user[self.graph.n_activities :]

    def flows(self, levels: Levels, shock: Shock) -> np.ndarray:
        """Flows of one shock that satisfy every row of the allocation program.

        One pass from products to mines; repeated until it settles if a stage feeds an
        earlier one.
        """
        return Backward(self, levels, shock).run()
