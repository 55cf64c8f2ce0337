"""Where a flow is expected before the figures are balanced.

An activity: its observed output; else stated capacity x mean utilisation of its country and
process; else its share of what a group is known to make; for separators the feed that
reaches them. An arc that trade declares: what the origin makes x what the destination
lacks after its own make / world output.
Surplus and unexplained use: nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from supplygraph.baseline.observations import Observation
from supplygraph.graph import Columns, SupplyGraph

DEFAULT_UTILISATION = 0.75
FLOOR = 0.01
UNSEEN_PLANT = 0.002
FAR_OXIDE = 0.05
OWN_FIRST = 0.02
CLOSING_ROW = 0.2


@dataclass(frozen=True)
class Priors:
    """Expected value and scale of every column; a deviation counts as ((x - value) / scale)^2."""

    value: np.ndarray
    scale: np.ndarray
    floors: np.ndarray


def compute_priors(
    graph: SupplyGraph, columns: Columns, observations: Sequence[Observation]
) -> Priors:
    """Priors of all columns, from the figures that fit."""
    work = _Work(graph, columns, [o for o in observations if o.role == "fit"])
    work.activities()
    work.demands()
    work.needs()
    work.arcs()
    return work.priors()


def widen(priors: Priors, graph: SupplyGraph, columns: Columns, x: np.ndarray) -> Priors:
    """Scales no smaller than a hundredth of what some feasible flows make of each material.

    A material nobody expected to be made, but which the figures need, would otherwise be
    punished by a scale of nothing.
    """
    made = np.zeros(len(graph.pools))
    made[columns.made_of] = x[columns.block("made")]
    world = _by_material(graph.pools["material"].to_numpy(), made)
    scale = priors.scale.copy()
    n = graph.n_activities
    total = _by_material(graph.activities["process"].to_numpy(), x[:n])
    scale[:n] = np.maximum(scale[:n], priors.floors * total)
    own = graph.inputs.draw >= 0
    for block, pools, floor in (
        (columns.block("arc"), graph.arcs["origin"].to_numpy(), FLOOR),
        (columns.block("surplus"), columns.surplus_of, 1.0),
        (columns.block("unexplained"), columns.unexplained_of, FAR_OXIDE),
        (columns.block("made"), columns.made_of, FLOOR),
        (columns.block("withheld"), columns.made_of, 1.0),
        (columns.start["draw"] + graph.inputs.draw[own], graph.inputs.pool[own], FLOOR),
    ):
        scale[block] = np.maximum(scale[block], floor * world[pools])
    return Priors(priors.value, scale, priors.floors)


def _by_material(names: np.ndarray, quantity: np.ndarray) -> np.ndarray:
    """World total of its kind, for every row."""
    _, kind = np.unique(names.astype(str), return_inverse=True)
    return np.bincount(kind, quantity)[kind]


class _Work:
    def __init__(self, graph: SupplyGraph, columns: Columns, fit: list[Observation]) -> None:
        self.graph, self.columns, self.fit = graph, columns, fit
        self.capacity, self.open = graph.line_capacity(graph.base_month)
        self.value = np.zeros(columns.total)
        self.material = graph.pools["material"].to_numpy()
        self.market = graph.pools["market"].to_numpy()

    def activities(self) -> None:
        level = np.where(self.open, np.nan, 0.0)
        self._observed(level)
        self._from_capacity(level)
        stage = self.graph.activities["stage"].to_numpy()
        self._group_rest(level, stage == "mine")
        for _ in range(3):
            self._from_feed(level, stage == "separation")
        self._group_rest(level, np.ones(len(level), dtype=bool))
        for _ in range(2):
            self._from_need(level)
        self.unseen = np.isnan(level)
        self.level = np.nan_to_num(level)
        self.value[self.columns.block("activity")] = self.level
        made = self.graph.made_quantity * self.level[self.graph.made_activity]
        self.made = np.bincount(self.graph.made_pool, made, minlength=len(self.graph.pools))
        self.world = dict.fromkeys(self.material, 0.0)
        for material, quantity in zip(self.material, self.made, strict=True):
            self.world[material] += quantity

    def _plants_only(self, o: Observation) -> bool:
        return not o.is_share and len(o.columns) > 0 and o.columns.max() < self.graph.n_activities

    def _observed(self, level: np.ndarray) -> None:
        best = np.full(len(level), np.inf)
        for o in self.fit:
            if not self._plants_only(o):
                continue
            open_ = o.columns[self.open[o.columns]]
            if len(open_) == 1 and o.sigma < best[open_[0]]:
                index = open_[0]
                best[index] = o.sigma
                level[index] = o.value / o.coefficients[o.columns == index].sum()

    def _from_capacity(self, level: np.ndarray) -> None:
        """Lines with a stated capacity run at the mean utilisation seen beside them."""
        graph = self.graph
        recipes = np.bincount(graph.line_of[self.open], minlength=len(graph.lines))
        stated = self.capacity[graph.line_of] / np.maximum(recipes[graph.line_of], 1)
        stated = stated / graph.line_units
        country, process = (graph.activities[c].to_numpy() for c in ("country", "process"))
        known = ~np.isnan(level) & ~np.isnan(stated) & self.open
        for index in np.flatnonzero(np.isnan(level) & ~np.isnan(stated)):
            same = known & (process == process[index])
            near = same & (country == country[index])
            pool = near if near.any() else same
            share = level[pool].sum() / stated[pool].sum() if pool.any() else DEFAULT_UTILISATION
            level[index] = stated[index] * min(share, 1.0)

    def _group_rest(self, level: np.ndarray, allowed: np.ndarray) -> None:
        """What a group is known to make, less its known members, shared by the others."""
        for o in sorted(self.fit, key=lambda o: (len(o.columns), o.id)):
            if not self._plants_only(o):
                continue
            unknown = np.isnan(level[o.columns]) & allowed[o.columns]
            if not unknown.any():
                continue
            rest = o.value - float(o.coefficients @ np.nan_to_num(level[o.columns]))
            shared = max(rest, 0.0) / int(unknown.sum())
            level[o.columns[unknown]] = shared / o.coefficients[unknown]

    def _from_feed(self, level: np.ndarray, allowed: np.ndarray) -> None:
        """Separators share the feed that is mined or brought to their market."""
        graph, inputs = self.graph, self.graph.inputs
        made = graph.made_quantity * np.nan_to_num(level)[graph.made_activity]
        supply = np.bincount(graph.made_pool, made, minlength=len(graph.pools))
        for index in np.flatnonzero(np.isnan(level) & allowed):
            entries = np.flatnonzero(inputs.user == index)
            if len(entries) != 1:
                continue
            pool = inputs.pool[entries[0]]
            users = inputs.user[inputs.pool == pool]
            users = users[users < graph.n_activities]
            users = users[self.open[users]]
            feed = self._feed(pool, supply)
            if feed > 0:
                level[index] = feed / inputs.quantity[entries[0]] / max(len(users), 1)

    def _from_need(self, level: np.ndarray) -> None:
        """Rows that close a group make what users are expected to need and nobody else makes."""
        graph, inputs = self.graph, self.graph.inputs
        kind = graph.activities["kind"].to_numpy()
        users = np.concatenate([np.nan_to_num(level), graph.demands["units"].to_numpy()])
        size = np.bincount(inputs.group, minlength=inputs.n_groups)
        need = _total(
            self.material, inputs.pool, inputs.quantity * users[inputs.user] / size[inputs.group]
        )
        made = _total(
            self.material,
            graph.made_pool,
            graph.made_quantity * np.nan_to_num(level)[graph.made_activity],
        )
        closing: dict[str, list[tuple[int, float]]] = {}
        for a, p, q in zip(graph.made_activity, graph.made_pool, graph.made_quantity, strict=True):
            if np.isnan(level[a]) and kind[a] != "" and self.open[a]:
                closing.setdefault(self.material[p], []).append((int(a), float(q)))
        for material, makers in sorted(closing.items()):
            lack = max(need.get(material, 0.0) - made.get(material, 0.0), 0.0)
            for a, q in makers:
                if lack > 0 and np.isnan(level[a]):
                    level[a] = lack / len(makers) / q

    def _feed(self, pool: int, supply: np.ndarray) -> float:
        same = np.flatnonzero(self.material == self.material[pool])
        reached = self._observed_trade(pool)
        own = supply[pool]
        if own > 0 or reached != 0:
            return max(own + reached, 0.0)
        users = [p for p in same if (self.graph.inputs.pool == p).any()]
        outside = sum(supply[p] for p in same if p not in users)
        takers = [p for p in users if supply[p] == 0]
        return outside / len(takers) if takers else 0.0

    def _observed_trade(self, pool: int) -> float:
        """Net imports of a pool that single-arc figures state."""
        start, arcs = self.columns.start["arc"], self.graph.arcs
        total = 0.0
        for o in self.fit:
            if o.is_share or len(o.columns) != 1 or o.columns[0] < start:
                continue
            index = o.columns[0] - start
            if index < len(arcs):
                total += o.value * (arcs["destination"].iat[index] == pool)
                total -= o.value * (arcs["origin"].iat[index] == pool)
        return total

    def demands(self) -> None:
        self.value[self.columns.block("demand")] = self.graph.demands["units"].to_numpy()

    def needs(self) -> None:
        """Need of every pool; alternatives in proportion to how much of them the world makes."""
        inputs = self.graph.inputs
        weight = np.ones(len(inputs.user))
        for group in np.unique(inputs.group[inputs.draw >= 0]):
            entries = np.flatnonzero(inputs.group == group)
            worth = np.array(
                [self.world[self.material[inputs.pool[e]]] / inputs.quantity[e] for e in entries]
            )
            total = worth.sum()
            weight[entries] = worth / total if total > 0 else 1 / len(entries)
        draw = weight * inputs.quantity * self.value[inputs.user]
        own = inputs.draw >= 0
        self.value[self.columns.start["draw"] + inputs.draw[own]] = draw[own]
        self.need = np.bincount(inputs.pool, draw, minlength=len(self.graph.pools))

    def arcs(self) -> None:
        arcs = self.graph.arcs
        lacking = np.maximum(self.need - self.made, OWN_FIRST * self.need)
        total = np.array([max(self.world[m], 1e-12) for m in arcs["material"]])
        origin, end = arcs["origin"].to_numpy(), arcs["destination"].to_numpy()
        flow = np.where(arcs["declared"], self.made[origin] * lacking[end] / total, 0.0)
        start = self.columns.start["arc"]
        for o in sorted(self.fit, key=lambda o: (-len(o.columns), o.id)):
            if o.is_share or not len(o.columns):
                continue
            index = o.columns - start
            if index.min() >= 0 and index.max() < len(arcs):
                index = index[arcs["declared"].to_numpy()[index]]
                if not len(index):
                    continue
                seen = flow[index].sum()
                flow[index] = flow[index] * o.value / seen if seen > 0 else o.value / len(index)
        self.value[self.columns.block("arc")] = flow

    def priors(self) -> Priors:
        """Values with scales: never below a hundredth of what the world makes of it."""
        columns, graph = self.columns, self.graph
        scale = np.abs(self.value)
        world = np.array([max(self.world[m], self.need_of(m), 1e-6) for m in self.material])
        self.floors = self._activity_floors()
        total = _by_material(graph.activities["process"].to_numpy(), self.level)
        scale[: len(total)] = np.maximum(self.level, self.floors * np.maximum(total, 1e-6))
        arc = columns.block("arc")
        origin = graph.arcs["origin"].to_numpy()
        reach = np.zeros(len(graph.pools))
        unseen = np.where(self.unseen, scale[: graph.n_activities], 0.0)
        np.add.at(reach, graph.made_pool, graph.made_quantity * unseen[graph.made_activity])
        scale[arc] = np.maximum(scale[arc], np.maximum(FLOOR * world[origin], reach[origin]))
        own = graph.inputs.draw >= 0
        draw = columns.start["draw"] + graph.inputs.draw[own]
        scale[draw] = np.maximum(scale[draw], FLOOR * world[graph.inputs.pool[own]])
        scale[columns.block("surplus")] = world[columns.surplus_of]
        scale[columns.block("unexplained")] = world[columns.unexplained_of] * self._ease()
        made = columns.block("made")
        self.value[made] = self.made[columns.made_of]
        scale[made] = np.maximum(self.made[columns.made_of], FLOOR * world[columns.made_of])
        scale[columns.block("withheld")] = world[columns.made_of]
        return Priors(self.value, np.maximum(scale, 1e-9), self.floors)

    def _ease(self) -> np.ndarray:
        """Oxides nobody can name a use for stay where they are made rather than travel first."""
        stage = self.graph.pools["stage"].to_numpy()[self.columns.unexplained_of]
        return np.where(stage == "separation", FAR_OXIDE, 1.0)

    def _activity_floors(self) -> np.ndarray:
        """Share of its process that an activity may reach before it counts as one deviation.

        A plant of which nothing is known but that it runs is held near nothing; a row that
        closes a group takes what is left.
        """
        closing = (self.graph.activities["kind"] != "").to_numpy()
        return np.where(self.unseen, np.where(closing, CLOSING_ROW, UNSEEN_PLANT), FLOOR)

    def need_of(self, material: str) -> float:
        """World need of a material."""
        if not hasattr(self, "_needed"):
            self._needed: dict[str, float] = {}
            for name, quantity in zip(self.material, self.need, strict=True):
                self._needed[name] = self._needed.get(name, 0.0) + quantity
        return self._needed[material]


def _total(names: np.ndarray, index: np.ndarray, quantity: np.ndarray) -> dict[str, float]:
    """Sum of quantities by the name behind each index."""
    total: dict[str, float] = {}
    for i, q in zip(index, quantity, strict=True):
        total[names[i]] = total.get(names[i], 0.0) + float(q)
    return total
