"""Losses when nobody reroutes: shortage is shared in proportion (`none`).

Levels h in 0..1 relative to the base year, from h = 1 down to the greatest fixed point:

    made_k = left_k  sum_a (q_ak x_a / P_k) h_a                 a pool's own output
    home_k = (P_k - E_k)/L_k made_k + sum_arc (f/L_k) left_arc made_origin
    h_i    = min(left_i, min over essential kinds g of sum_j w_gj home_j)

with P made, E exports, L = P - E + imports, w the base shares of alternatives. An arc
carries the made level of its origin, never the pooled one. An input that is not essential
sets no limit. Then one pass from products to mines scales every activity to what is used,
which gives flows that satisfy every row of the allocation program: so free <= none.

Paper: the kernel is the generalised Leontief cascade of Diem et al. 2022
(doi:10.1038/s41598-022-11522-z) with theta 1 or 0 and the base shares as weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.errors import NotConvergedError
from supplygraph.scenario import Shock

TOLERANCE = 1e-12
MAX_SWEEPS = 10_000


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

    def column(self, index: int) -> Levels:
        """Levels of one shock of the batch."""
        part = slice(index, index + 1)
        return Levels(
            self.user[:, part], self.made[:, part], self.home[:, part], self.kind[:, part],
            self.sweeps, self.residual,
        )  # fmt: skip


@dataclass(frozen=True)
class Stocked:
    """What stocks keep whole for now: masks of pools, of inputs' entries and of outputs.

    A pool stands for its named users: they draw in full, while what is sent on is as it comes.
    """

    pools: np.ndarray
    entries: np.ndarray
    outputs: np.ndarray


class _Scatter:
    """Sum of weighted rows into targets, edges sorted by target once."""

    def __init__(self, target: np.ndarray, source: np.ndarray, weight: np.ndarray, size: int):
        order = np.argsort(target, kind="stable")
        self.source, self.weight = source[order], weight[order][:, None]
        self.targets, self.start = np.unique(target[order], return_index=True)
        self.size = size

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        out = np.zeros((self.size, rows.shape[1]))
        if len(self.source):
            out[self.targets] = np.add.reduceat(self.weight * rows[self.source], self.start)
        return out


class Cascade:
    """The kernel over one baseline; cheap to call for thousands of shocks at once."""

    def __init__(self, baseline: Baseline) -> None:
        self.baseline, self.graph = baseline, baseline.graph
        graph, n = self.graph, len(self.graph.pools)
        self.made, self.exports, self.imports = baseline.made, baseline.exports, baseline.imports
        self.home = self.made - self.exports + self.imports
        level = baseline.block("activity")[graph.made_activity]
        share = _ratio(graph.made_quantity * level, self.made[graph.made_pool])
        self.part = share
        self._to_made = _Scatter(graph.made_pool, graph.made_activity, share, n)
        self.own = _ratio(np.maximum(self.made - self.exports, 0.0), self.home)
        end = graph.arcs["destination"].to_numpy()
        self.origin = graph.arcs["origin"].to_numpy()
        flow = _ratio(baseline.block("arc"), self.home[end])
        self.live = np.flatnonzero(flow > 0)
        self._to_home = _Scatter(end[self.live], np.arange(len(self.live)), flow[self.live], n)
        self._groups()

    def _groups(self) -> None:
        inputs = self.graph.inputs
        need = self.baseline.drawn / inputs.quantity if len(inputs.user) else np.zeros(0)
        total = np.bincount(inputs.group, need, minlength=inputs.n_groups)
        self.share = _ratio(need, total[inputs.group])
        self.limits = np.zeros(inputs.n_groups, dtype=bool)
        np.logical_or.at(self.limits, inputs.group, inputs.essential)
        self.limits &= total > 0
        self._to_group = _Scatter(inputs.group, inputs.pool, self.share, inputs.n_groups)
        owner = np.zeros(inputs.n_groups, dtype=int)
        owner[inputs.group] = inputs.user
        limiting = np.flatnonzero(self.limits)
        order = limiting[np.argsort(owner[limiting], kind="stable")]
        self._limit_order = order
        self._users, self._user_start = np.unique(owner[order], return_index=True)

    def levels(self, shocks: Sequence[Shock], stocked: Stocked | None = None) -> Levels:
        """Greatest fixed point of a batch of shocks, with what stocks keep whole if given.

        Raises
        ------
        NotConvergedError
            If levels still move after the cap of passes (slow cyclic collapse).
        """
        graph, count = self.graph, len(shocks)
        left = _stack([s.activity for s in shocks], graph.n_activities)
        left_made = _stack([s.made for s in shocks], len(graph.pools))
        left_arc = _stack([s.arc for s in shocks], len(graph.arcs))[self.live]
        user = np.ones((graph.n_activities + graph.n_demands, count))
        user[: graph.n_activities] = left
        cap = user.copy()
        for sweep in range(1, MAX_SWEEPS + 1):
            made = (self._to_made(user) + self._from_outputs(user, stocked)) * left_made
            moved = left_arc * made[self.origin[self.live]]
            home = self.own[:, None] * made + self._to_home(moved)
            kind = self._to_group(home) + self._from_stocks(home, stocked)
            new = cap.copy()
            if len(self._limit_order):
                low = np.minimum.reduceat(kind[self._limit_order], self._user_start)
                new[self._users] = np.minimum(new[self._users], low)
            new = np.minimum(new, user)
            change = float((user - new).max(initial=0.0))
            user = new
            if change <= TOLERANCE:
                return Levels(user, made, home, kind, sweep, change)
        raise NotConvergedError(f"cascade: levels still move by {change:.2g} after {MAX_SWEEPS}.")

    def _from_outputs(self, user: np.ndarray, stocked: Stocked | None) -> np.ndarray | float:
        """What stocks of plants' outputs add to the made level of each pool."""
        if stocked is None or not stocked.outputs.any():
            return 0.0
        graph, rows = self.graph, np.flatnonzero(stocked.outputs)
        lack = self.part[rows][:, None] * (1.0 - user[graph.made_activity[rows]])
        added = np.zeros((len(graph.pools), user.shape[1]))
        np.add.at(added, graph.made_pool[rows], lack)
        return added

    def _from_stocks(self, home: np.ndarray, stocked: Stocked | None) -> np.ndarray | float:
        """What stocks add to the served share of each kind: all that its entries lack."""
        inputs = self.graph.inputs
        if stocked is None:
            return 0.0
        rows = np.flatnonzero(stocked.entries | stocked.pools[inputs.pool])
        lack = self.share[rows][:, None] * (1.0 - home[inputs.pool[rows]])
        added = np.zeros((inputs.n_groups, home.shape[1]))
        np.add.at(added, inputs.group[rows], lack)
        return added

    def served(self, levels: Levels) -> np.ndarray:
        """Served share of every demand and shock."""
        return levels.user[self.graph.n_activities :]

    def flows(self, levels: Levels, shock: Shock) -> np.ndarray:
        """Flows of one shock that satisfy every row of the allocation program.

        One pass from products to mines; repeated until it settles if a stage feeds an
        earlier one.
        """
        return _Backward(self, levels, shock).run()


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.zeros_like(top, dtype=float), where=bottom > 0)


def _stack(columns: Sequence[np.ndarray], size: int) -> np.ndarray:
    return np.stack(columns, axis=1) if columns else np.ones((size, 0))


class _Backward:
    """Scales activities to what is used, for one shock."""

    def __init__(self, cascade: Cascade, levels: Levels, shock: Shock) -> None:
        self.cascade, self.graph, self.shock = cascade, cascade.graph, shock
        self.baseline = cascade.baseline
        self.level = levels.user[:, 0]
        self.made_level, self.home_level = levels.made[:, 0], levels.home[:, 0]
        columns, graph = self.baseline.columns, self.graph
        self.x = np.zeros(columns.total)
        self.user = np.zeros(len(self.level))
        self.user[graph.n_activities :] = self.level[graph.n_activities :] * self.baseline.block(
            "demand"
        )
        self.draw = np.zeros(len(graph.inputs.user))
        self.surplus = self.baseline.held("surplus")
        self.unexplained = self.baseline.held("unexplained")

    def run(self) -> np.ndarray:
        order = self._material_order()
        for _ in range(MAX_SWEEPS):
            before = self.user.copy()
            self._draw_demands()
            for material in order:
                self._settle(material)
            if np.allclose(before, self.user, rtol=1e-12, atol=0.0) or self._acyclic:
                break
        return self._assemble()

    def _material_order(self) -> list[np.ndarray]:
        """Pools by material, products' materials first, ores last."""
        graph = self.graph
        depth = dict.fromkeys(graph.pools["material"], 0)
        made_by: dict[int, list[int]] = {}
        for a, p in zip(graph.made_activity, graph.made_pool, strict=True):
            made_by.setdefault(int(a), []).append(int(p))
        names = graph.pools["material"].to_numpy()
        pairs = {
            (names[pool], names[out])
            for user, pool in zip(graph.inputs.user, graph.inputs.pool, strict=True)
            for out in made_by.get(int(user), ())
        }
        changed = True
        while changed:
            changed = False
            for source, target in sorted(pairs):
                if depth[target] < depth[source] + 1 and depth[source] < len(depth):
                    depth[target], changed = depth[source] + 1, True
        self._acyclic = max(depth.values(), default=0) < len(depth)
        pools = {m: np.flatnonzero(names == m) for m in depth}
        return [pools[m] for m in sorted(depth, key=lambda m: (-depth[m], m))]

    def _draw_demands(self) -> None:
        self._draw(np.arange(self.graph.n_activities, len(self.user)))

    def _draw(self, users: np.ndarray) -> None:
        """Draws of users at their level; alternatives by what reaches them, optional at most so."""
        inputs = self.graph.inputs
        entries = np.flatnonzero(np.isin(inputs.user, users))
        if not len(entries):
            return
        reach = self.cascade.share * self.home_level[inputs.pool]
        total = np.bincount(inputs.group, reach, minlength=inputs.n_groups)
        part = _ratio(reach, total[inputs.group])
        draw = inputs.quantity * self.user[inputs.user] * part
        weak = ~self.cascade.limits[inputs.group]
        ceiling = self.baseline.drawn * self.home_level[inputs.pool]
        draw[weak] = np.minimum(draw, ceiling)[weak]
        fixed = inputs.draw < 0
        draw[fixed] = (inputs.quantity * self.user[inputs.user])[fixed]
        self.draw[entries] = draw[entries]

    def _settle(self, pools: np.ndarray) -> None:
        """Exports and home use of one material, then the activities that make it."""
        cascade, baseline, graph = self.cascade, self.baseline, self.graph
        n = len(pools)
        home_use = np.bincount(graph.inputs.pool, self.draw, minlength=len(graph.pools))[pools]
        held = _ratio((self.surplus + self.unexplained)[pools], cascade.home[pools])
        stay_share = 1.0 - _ratio(cascade.exports[pools], cascade.made[pools])
        stay_share[cascade.made[pools] <= 0] = 0.0
        own = (cascade.made - cascade.exports)[pools] * self.made_level[pools]
        flow = np.zeros((n, n))
        place = {int(p): i for i, p in enumerate(pools)}
        rows = np.flatnonzero(np.isin(graph.arcs["origin"].to_numpy(), pools))
        base = baseline.block("arc")
        end = graph.arcs["destination"].to_numpy()
        left = self.shock.arc
        for arc in rows:
            o, d = place[int(cascade.origin[arc])], place[int(end[arc])]
            flow[o, d] = base[arc] * self.made_level[cascade.origin[arc]] * left[arc]
        coefficient = own * (1 - held * stay_share) + flow.sum(axis=0) * (1 - held)
        system = np.diag(coefficient) - (held * stay_share)[:, None] * flow
        idle = coefficient <= 0
        system[idle] = 0.0
        system[idle, idle] = 1.0
        scale = np.linalg.solve(system, np.where(idle, 0.0, home_use))
        scale = np.clip(scale, 0.0, 1.0)
        for arc in rows:
            o, d = place[int(cascade.origin[arc])], place[int(end[arc])]
            self.x[baseline.columns.start["arc"] + arc] = flow[o, d] * scale[d]
        needed = (flow * scale[None, :]).sum(axis=1) + own * scale
        self._run_makers(pools, needed)

    def _run_makers(self, pools: np.ndarray, needed: np.ndarray) -> None:
        cascade, graph = self.cascade, self.graph
        full = cascade.made[pools] * self.made_level[pools]
        ratio = np.zeros(len(graph.pools))
        ratio[pools] = np.minimum(_ratio(needed, full), 1.0)
        mask = np.isin(graph.made_pool, pools)
        activity = graph.made_activity[mask]
        level = self.level[activity] * self.baseline.block("activity")[activity]
        wanted = np.zeros(graph.n_activities)
        np.maximum.at(wanted, activity, level * ratio[graph.made_pool[mask]])
        grown = wanted > self.user[: graph.n_activities]
        self.user[: graph.n_activities][grown] = wanted[grown]
        self._draw(np.unique(activity))

    def _assemble(self) -> np.ndarray:
        """Columns of the balance, with what nobody takes in surplus."""
        graph, columns = self.graph, self.baseline.columns
        x, inputs = self.x, graph.inputs
        x[: len(self.user)] = self.user
        own = inputs.draw >= 0
        x[columns.start["draw"] + inputs.draw[own]] = self.draw[own]
        n = len(graph.pools)
        level = self.user[graph.made_activity]
        made = np.bincount(graph.made_pool, graph.made_quantity * level, minlength=n)
        usable = made * self.shock.made
        x[columns.block("made")] = usable[columns.made_of]
        x[columns.block("withheld")] = (made - usable)[columns.made_of]
        arc = x[columns.block("arc")]
        exports = np.bincount(self.cascade.origin, arc, minlength=n)
        imports = np.bincount(graph.arcs["destination"].to_numpy(), arc, minlength=n)
        use = np.bincount(inputs.pool, self.draw, minlength=n)
        rest = usable - exports + imports - use
        stay = 1.0 - _ratio(self.cascade.exports, self.cascade.made)
        stay[self.cascade.made <= 0] = 0.0
        unexplained = _ratio(self.unexplained, self.cascade.home) * (stay * usable + imports)
        unexplained = np.minimum(unexplained, np.maximum(rest, 0.0))
        x[columns.block("unexplained")] = unexplained[columns.unexplained_of]
        surplus = np.zeros(n)
        surplus[columns.surplus_of] = (rest - unexplained)[columns.surplus_of]
        x[columns.block("surplus")] = np.maximum(surplus[columns.surplus_of], 0.0)
        return x
