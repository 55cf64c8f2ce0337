"""Flows behind the levels of the cascade: one pass from products to mines.

Exports first; then the rest of own output and each import arc in proportion to base flow x
made level of its maker, surplus and unexplained use drawing exactly their share row; a joint
plant at its most wanted output. The flows satisfy every row of the allocation program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from supplygraph.scenario import Shock

if TYPE_CHECKING:
    from supplygraph.engines.cascade import Cascade, Levels

MAX_SWEEPS = 10_000


def ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Quotient, 0 where the denominator is not above 0."""
    return np.divide(top, bottom, out=np.zeros_like(top, dtype=float), where=bottom > 0)


class Backward:
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
        """Columns of the balance."""
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
        part = ratio(reach, total[inputs.group])
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
        held = ratio((self.surplus + self.unexplained)[pools], cascade.home[pools])
        stay_share = 1.0 - ratio(cascade.exports[pools], cascade.made[pools])
        stay_share[cascade.made[pools] <= 0] = 0.0
        own = (cascade.made - cascade.exports)[pools] * self.made_level[pools]
        place = np.full(len(graph.pools), -1)
        place[pools] = np.arange(n)
        arcs = np.flatnonzero(place[cascade.origin] >= 0)
        origin, end = place[cascade.origin[arcs]], place[cascade.end[arcs]]
        left = self.made_level[cascade.origin[arcs]] * self.shock.arc[arcs]
        flow = np.zeros((n, n))
        flow[origin, end] = baseline.block("arc")[arcs] * left
        coefficient = own * (1 - held * stay_share) + flow.sum(axis=0) * (1 - held)
        system = np.diag(coefficient) - (held * stay_share)[:, None] * flow
        idle = coefficient <= 0
        system[idle] = 0.0
        system[idle, idle] = 1.0
        scale = np.linalg.solve(system, np.where(idle, 0.0, home_use))
        scale = np.clip(scale, 0.0, 1.0)
        self.x[baseline.columns.start["arc"] + arcs] = flow[origin, end] * scale[end]
        needed = (flow * scale[None, :]).sum(axis=1) + own * scale
        self._run_makers(pools, needed)

    def _run_makers(self, pools: np.ndarray, needed: np.ndarray) -> None:
        cascade, graph = self.cascade, self.graph
        full = cascade.made[pools] * self.made_level[pools]
        used = np.zeros(len(graph.pools))
        used[pools] = np.minimum(ratio(needed, full), 1.0)
        mask = np.isin(graph.made_pool, pools)
        activity = graph.made_activity[mask]
        level = self.level[activity] * self.baseline.block("activity")[activity]
        wanted = np.zeros(graph.n_activities)
        np.maximum.at(wanted, activity, level * used[graph.made_pool[mask]])
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
        stay = 1.0 - ratio(self.cascade.exports, self.cascade.made)
        stay[self.cascade.made <= 0] = 0.0
        unexplained = ratio(self.unexplained, self.cascade.home) * (stay * usable + imports)
        unexplained = np.minimum(unexplained, np.maximum(rest, 0.0))
        x[columns.block("unexplained")] = unexplained[columns.unexplained_of]
        surplus = np.zeros(n)
        surplus[columns.surplus_of] = (rest - unexplained)[columns.surplus_of]
        x[columns.block("surplus")] = np.maximum(surplus[columns.surplus_of], 0.0)
        return x
