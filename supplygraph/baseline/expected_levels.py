"""At what level every activity is expected to run, before figures are balanced.

Its observed output; else stated capacity x mean utilisation of its country and process; else its
share of what a group is known to make; for separators the feed that reaches them; for what closes
a group, and for processes nobody knows anything of, the need that nobody else meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from supplygraph.baseline.carried_output import STAGES, carried_output
from supplygraph.baseline.classes import Classes
from supplygraph.baseline.observations import Observation
from supplygraph.graph import Columns, SupplyGraph

DEFAULT_UTILISATION = 0.75
AMPLE = 10.0  # times what users could take: a capacity beyond that is no larger


class ExpectedLevels:
    """Expected level of every activity, and what every pool then makes.

    Attributes
    ----------
    level
        Of every activity, in its own units.
    figured, unseen
        Masks of activities whose level a figure states, and of which nothing is known.
    made, world
        What every pool makes, and what the world makes of its material.
    carried
        Most of each activity that users could take; a capacity beyond it says nothing.
    """

    def __init__(self, graph: SupplyGraph, columns: Columns, fit: Sequence[Observation]) -> None:
        self.graph, self.columns, self.fit = graph, columns, fit
        self.capacity, self.open = graph.line_capacity(graph.base_month)
        self.material = graph.pools["material"].to_numpy().astype(str)
        # The same word at another stage names another process.
        self.process = (graph.activities["stage"] + "/" + graph.activities["process"]).to_numpy()
        self.closing = (graph.activities["kind"] != "").to_numpy()
        self.groups = [o for o in fit if self._plants_only(o)]
        self.classes = Classes(graph, self.capacity, self.open, self.groups)
        self.carried = carried_output(graph, self.open, self.groups)
        level = np.where(self.open, np.nan, 0.0)
        self.figured = np.zeros(len(level), dtype=bool)
        self._fill(level)
        self.unseen = np.isnan(level)
        self.level = np.nan_to_num(level)
        self.made = self._made(self.level)
        self.world = total_by_name(self.material, self.made)

    def _fill(self, level: np.ndarray) -> None:
        """From what figures say of one plant to what only its users' need tells."""
        self._group_rest(level, self.open, alone=True)
        self._from_capacity(level)
        stage = self.graph.activities["stage"].to_numpy()
        self._group_rest(level, stage == "mine")
        # A separator may take what another one makes: after three rounds its feed stands.
        for _ in range(3):
            self._from_feed(level, stage == "separation")
        self._group_rest(level, self.open)
        self._from_need(level)

    def _made(self, level: np.ndarray) -> np.ndarray:
        """What every pool makes at some levels; unknown ones count as nothing."""
        graph = self.graph
        made = graph.made_quantity * np.nan_to_num(level)[graph.made_activity]
        return np.bincount(graph.made_pool, made, minlength=len(graph.pools))

    def _plants_only(self, o: Observation) -> bool:
        return not o.is_share and len(o.columns) > 0 and o.columns.max() < self.graph.n_activities

    def _from_capacity(self, level: np.ndarray) -> None:
        """Lines with a stated capacity run at the mean utilisation seen beside them."""
        graph = self.graph
        stated = self._room(level)
        most = self.carried / self.classes.size  # plants alike share what users could take
        bearing = np.minimum(stated, most)
        country = graph.activities["country"].to_numpy()
        # How busy a line is can be seen only where all its recipes are known.
        blank = np.bincount(graph.line_of, self.open & np.isnan(level), minlength=len(graph.lines))
        known = ~np.isnan(level) & ~np.isnan(stated) & self.open & (blank[graph.line_of] == 0)
        seen = level.copy()
        for index in np.flatnonzero(np.isnan(level) & ~np.isnan(stated)):
            same = known & (self.process == self.process[index])
            near = same & (country == country[index])
            pool = near if near.any() else same
            room = bearing[pool].sum()
            share = seen[pool].sum() / room if room > 0 else DEFAULT_UTILISATION
            runs = min(stated[index], AMPLE * most[index]) * min(share, 1.0)
            level[index] = min(runs, most[index])

    def _room(self, level: np.ndarray) -> np.ndarray:
        """Part of the stated capacity of its line that each activity may be expected to have.

        An equal part for all recipes, or of what the known ones leave if some are known.
        """
        graph = self.graph
        lines = len(graph.lines)
        recipes = np.bincount(graph.line_of[self.open], minlength=lines)
        used = np.bincount(graph.line_of, np.nan_to_num(level) * graph.line_units, minlength=lines)
        blank = np.bincount(graph.line_of[self.open & np.isnan(level)], minlength=lines)
        some = (blank > 0) & (blank < recipes)
        left = np.where(some, np.maximum(self.capacity - used, 0.0), self.capacity)
        room = left / np.maximum(np.where(some, blank, recipes), 1)
        return room[graph.line_of] / graph.line_units

    def _group_rest(self, level: np.ndarray, allowed: np.ndarray, *, alone: bool = False) -> None:
        """What a group is known to make, less its known members, shared by its other classes.

        Groups with the fewest unknown classes first, all of them at once; where several name a
        class, their weighted mean. With ``alone`` only figures of one class.
        """
        while True:
            found: dict[int, list[tuple[Observation, np.ndarray]]] = {}
            for o in self.groups:
                open_ = o.columns[self.open[o.columns]]
                unknown = open_[np.isnan(level[open_]) & allowed[open_]]
                if alone and self.classes.count(open_) != 1:
                    continue
                if len(unknown):
                    found.setdefault(self.classes.count(unknown), []).append((o, unknown))
            if not found:
                return
            weight, total = np.zeros(len(level)), np.zeros(len(level))
            for o, unknown in found[min(found)]:
                rest = max(o.value - float(o.coefficients @ np.nan_to_num(level[o.columns])), 0.0)
                share = rest * self.classes.shares(unknown)
                coefficient = o.coefficients[np.searchsorted(o.columns, unknown)]
                weight[unknown] += 1.0 / o.sigma**2
                total[unknown] += share / coefficient / o.sigma**2
            named = weight > 0
            level[named] = total[named] / weight[named]
            self.figured |= named

    def _from_feed(self, level: np.ndarray, allowed: np.ndarray) -> None:
        """Separators share the feed that is mined or brought to their market."""
        graph, inputs = self.graph, self.graph.inputs
        supply = self._made(level)
        entries = np.bincount(inputs.user, minlength=graph.n_activities)
        for index in np.flatnonzero(np.isnan(level) & allowed & (entries[: len(level)] == 1)):
            entry = int(np.flatnonzero(inputs.user == index)[0])
            pool = int(inputs.pool[entry])
            users = inputs.user[inputs.pool == pool]
            users = users[users < graph.n_activities]
            users = np.unique(users[self.open[users]])
            feed = self._feed(pool, supply)
            if feed > 0:
                share = self.classes.shares(users)[np.searchsorted(users, index)]
                level[index] = feed * float(share) / inputs.quantity[entry]

    def _feed(self, pool: int, supply: np.ndarray) -> float:
        same = np.flatnonzero(self.material == self.material[pool])
        own, reached = supply[pool], self._observed_trade(pool)
        if own > 0 or reached != 0:
            return max(own + reached, 0.0)
        users = [p for p in same if (self.graph.inputs.pool == p).any()]
        outside = sum(supply[p] for p in same if p not in users)
        takers = [p for p in users if supply[p] == 0]
        return outside / len(takers) if takers else 0.0

    def _observed_trade(self, pool: int) -> float:
        """Net imports of a pool that figures state."""
        return float(self._traded["in"][pool] - self._traded["out"][pool])

    @cached_property
    def _traded(self) -> dict[str, np.ndarray]:
        """What figures say of all that reaches and of all that leaves each pool.

        The larger of the figures of single arcs, added, and of one figure of many arcs.
        """
        start, arcs = self.columns.start["arc"], self.graph.arcs
        ends = {"in": arcs["destination"].to_numpy(), "out": arcs["origin"].to_numpy()}
        single = {way: np.zeros(len(self.graph.pools)) for way in ends}
        many = {way: np.zeros(len(self.graph.pools)) for way in ends}
        for o in self.fit:
            index = o.columns - start
            if o.is_share or not len(index) or index.min() < 0 or index.max() >= len(arcs):
                continue
            for way, end in ends.items():
                pools = np.unique(end[index])
                if len(index) == 1:
                    single[way][pools] += o.value
                elif len(pools) == 1:
                    many[way][pools] = np.maximum(many[way][pools], o.value)
        return {way: np.maximum(single[way], many[way]) for way in ends}

    def _lacking(self, need: np.ndarray, made: np.ndarray) -> np.ndarray:
        """Of the material of each pool: what nobody known makes, of the need or of what is traded.

        Of what reaches a place by figures of trade, makers elsewhere must have made it all.
        """
        reached = self._traded["in"]
        elsewhere = total_by_name(self.material, np.where(reached > 0, 0.0, made))
        traded = total_by_name(self.material, reached) - elsewhere
        named = total_by_name(self.material, need) - total_by_name(self.material, made)
        return np.maximum(np.maximum(named, traded), 0.0)

    def _from_need(self, level: np.ndarray) -> None:
        """What users are expected to need, and nobody else makes, of each material.

        Shared by the classes of rows that close a group; and by all plants of a process of which
        nothing at all is known. One stage a round, from the products down.
        """
        graph, inputs = self.graph, self.graph.inputs
        size = np.bincount(inputs.group, minlength=inputs.n_groups)
        for _ in range(STAGES):
            known = set(self.process[~np.isnan(level) & self.open])
            blank = np.array([p not in known for p in self.process]) if known else self.open
            taking = np.isnan(level) & self.open & (self.closing | blank)
            if not taking.any():
                return
            users = np.concatenate(
                [np.nan_to_num(level), graph.demands["units"].to_numpy().astype(float)]
            )
            draw = inputs.quantity * users[inputs.user] / size[inputs.group]
            need = np.bincount(inputs.pool, draw, minlength=len(graph.pools))
            lack = self._lacking(need, self._made(level))
            wanted = np.zeros(len(level))
            makers = taking[graph.made_activity]
            for material in np.unique(self.material[graph.made_pool[makers]]):
                rows = np.flatnonzero(makers & (self.material[graph.made_pool] == material))
                here = np.unique(graph.made_activity[rows])
                share = self.classes.shares(here)
                amount = lack[graph.made_pool[rows[0]]]
                for row in rows:
                    activity = graph.made_activity[row]
                    part = float(share[np.searchsorted(here, activity)])
                    wanted[activity] = max(
                        wanted[activity], amount * part / graph.made_quantity[row]
                    )
            met = taking & (wanted > 0)
            if not met.any():
                return
            level[met] = wanted[met]


def total_by_name(names: np.ndarray, quantity: np.ndarray) -> np.ndarray:
    """Sum of quantities over all rows of the same name, for every row."""
    _, kind = np.unique(names, return_inverse=True)
    return np.bincount(kind, quantity)[kind]
