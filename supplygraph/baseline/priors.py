"""Where a flow is expected before the figures are balanced, and how far it may lie from there.

An activity: its observed output; else stated capacity x mean utilisation of its country and
process; else its share of what a group is known to make; for separators the feed that
reaches them; for what closes a group, and for processes nobody knows anything of, the need that
nobody else meets. An arc that trade declares: what the origin makes x what the destination lacks
after its own make / world output. Surplus and unexplained use: what stated output leaves over.

Expected flows are a function of the data alone, so every rule here is one of three kinds: a sum, a
share in proportion, or an equal share among *classes* of plants that nothing in the data tells
apart. The number of rows that a plant is written in is no information about its size, and nor is
the order of its id. A stated capacity counts only as far as buyers could take its output
(`carried`): a nameplate of a million tonnes says no more than one just large enough.

The variance of a column is ``TAU^2 p P``, with p its expected flow and P that of its group: the
process of an activity, the material of an arc or draw, the product of a demand; of what nobody is
seen to use it is ``(TAU size)^2``, with size what the place makes and needs. Variances of parts add
up to that of the whole, so two halves of a plant pull as the plant does, and when a group's total
has to move all its members move in the same proportion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from supplygraph.baseline.classes import Classes
from supplygraph.baseline.observations import Observation
from supplygraph.graph import Columns, SupplyGraph

TAU = 0.7  # sd of the log of an expected flow: half to double, as plants and utilisation differ
DEFAULT_UTILISATION = 0.75
# Expected flow that counts for the variance of a column nobody expected, as a share of its group:
# small enough that it stays near nothing unless the figures need it.
UNEXPECTED = 1e-3
UNSEEN_PLANT = 2e-3  # the same for a plant of which nothing is known but that it runs
CLOSING_ROW = 0.2  # and for a row that closes a group: it takes what is left
# Share of the world that what nobody uses may easily be in a place with a maker, however little is
# known of that maker.
MAKES = 0.1
AMPLE = 10.0  # times what users could take: a capacity beyond that is no larger
MAIN = 0.1  # share of a recipe's largest output from which on another is a reason to run it
OWN_FIRST = 0.02  # share of its need that a place which makes enough still takes from elsewhere
NOTHING = 1e-9  # share of the largest group that stands for a group of which nothing is known
STAGES = 8  # rounds in which a need travels from the product to the mine


@dataclass(frozen=True)
class Priors:
    """Expected flow and standard deviation of every column, and what a line's output could carry.

    ``carried`` is in units of each activity; a capacity beyond it says nothing.
    """

    value: np.ndarray
    scale: np.ndarray
    carried: np.ndarray


def compute_priors(
    graph: SupplyGraph, columns: Columns, observations: Sequence[Observation]
) -> Priors:
    """Priors of all columns, from the figures that fit."""
    # A figure of nothing has its say in the program. Expected flows of nothing besides would let
    # nobody see that it is this one figure that stands against all others.
    work = _Work(graph, columns, [o for o in observations if o.role == "fit" and o.value > 0])
    work.activities()
    work.demands()
    work.needs()
    work.arcs()
    work.held()
    return Priors(work.value, work.scales(), work.carried)


class _Work:
    def __init__(self, graph: SupplyGraph, columns: Columns, fit: list[Observation]) -> None:
        self.graph, self.columns, self.fit = graph, columns, fit
        self.capacity, self.open = graph.line_capacity(graph.base_month)
        self.value = np.zeros(columns.total)
        self.material = graph.pools["material"].to_numpy().astype(str)
        # The same word at another stage names another process.
        self.process = (graph.activities["stage"] + "/" + graph.activities["process"]).to_numpy()
        self.closing = (graph.activities["kind"] != "").to_numpy()
        self.groups = [o for o in fit if self._plants_only(o)]
        self.classes = Classes(graph, self.capacity, self.open, self.groups)
        self.carried = self._carried()

    def activities(self) -> None:
        level = np.where(self.open, np.nan, 0.0)
        self.figured = np.zeros(len(level), dtype=bool)  # levels that figures state
        self._group_rest(level, self.open, alone=True)
        self._from_capacity(level)
        stage = self.graph.activities["stage"].to_numpy()
        self._group_rest(level, stage == "mine")
        for _ in range(3):
            self._from_feed(level, stage == "separation")
        self._group_rest(level, self.open)
        self._from_need(level)
        self.unseen = np.isnan(level)
        self.level = np.nan_to_num(level)
        self.value[self.columns.block("activity")] = self.level
        self.made = self._made(self.level)
        self.world = _total(self.material, self.made)

    def _made(self, level: np.ndarray) -> np.ndarray:
        """What every pool makes at some levels; unknown ones count as nothing."""
        graph = self.graph
        made = graph.made_quantity * np.nan_to_num(level)[graph.made_activity]
        return np.bincount(graph.made_pool, made, minlength=len(graph.pools))

    def _plants_only(self, o: Observation) -> bool:
        return not o.is_share and len(o.columns) > 0 and o.columns.max() < self.graph.n_activities

    def _carried(self) -> np.ndarray:
        """Most of each activity that users could take, or that a figure says it had."""
        graph, n = self.graph, self.graph.n_activities
        users = np.concatenate([np.zeros(n), graph.demands["units"].to_numpy().astype(float)])
        main = self._main_outputs()
        for _ in range(STAGES):
            need = self._need(users)
            most = np.zeros(n)
            np.maximum.at(
                most, graph.made_activity[main], (need[graph.made_pool] / graph.made_quantity)[main]
            )
            most[~self.open] = 0.0
            if np.allclose(users[:n], most, rtol=1e-12, atol=0.0):
                break
            users[:n] = most
        for o in self.groups:
            users[o.columns] = np.maximum(users[o.columns], o.value / o.coefficients)
        return users[:n]

    def _main_outputs(self) -> np.ndarray:
        """Mask of the outputs that are a reason to run a plant.

        Nobody runs it for a by-product. On a loop only the largest output counts: a need of swarf
        would ask for the magnets it falls from, those for more swarf, and so without end.
        """
        graph = self.graph
        largest = np.zeros(graph.n_activities)
        np.maximum.at(largest, graph.made_activity, graph.made_quantity)
        largest = largest[graph.made_activity]
        share = np.where(self._on_loop(), 1.0, MAIN)
        return graph.made_quantity >= share * largest

    def _on_loop(self) -> np.ndarray:
        """Mask of the outputs that come back, through other recipes, to what makes them."""
        import networkx as nx

        graph = self.graph
        ways = nx.DiGraph()
        ways.add_nodes_from(np.unique(self.material))
        inputs: dict[int, list[str]] = {}
        for user, pool in zip(graph.inputs.user, graph.inputs.pool, strict=True):
            inputs.setdefault(int(user), []).append(self.material[pool])
        made = list(zip(graph.made_activity, self.material[graph.made_pool], strict=True))
        for activity, material in made:
            ways.add_edges_from((name, material) for name in inputs.get(int(activity), ()))
        loops = {
            name: number
            for number, part in enumerate(nx.strongly_connected_components(ways))
            for name in part
        }
        return np.array(
            [
                any(loops[name] == loops[material] for name in inputs.get(int(activity), ()))
                for activity, material in made
            ],
            dtype=bool,
        )

    def _need(self, users: np.ndarray) -> np.ndarray:
        """World need of the material of every pool if users ran so; alternatives count in full.

        What makers alike would need counts once: each could make all, not all together.
        """
        graph, inputs = self.graph, self.graph.inputs
        n = graph.n_activities
        key = np.concatenate(
            [
                graph.activities["recipe"].to_numpy().astype(str),
                np.array(
                    [
                        f"{p}@{m}"
                        for p, m in zip(
                            graph.demands["product"], graph.demands["market"], strict=True
                        )
                    ],
                    dtype=str,
                ),
            ]
        )
        final = np.concatenate([np.zeros(n, bool), np.ones(graph.n_demands, bool)])
        total: dict[str, float] = dict.fromkeys(self.material, 0.0)
        largest: dict[tuple[str, str], float] = {}
        for user, pool, quantity in zip(inputs.user, inputs.pool, inputs.quantity, strict=True):
            amount = float(quantity * users[user])
            if final[user]:
                total[self.material[pool]] += amount
            else:
                slot = (self.material[pool], key[user])
                largest[slot] = max(largest.get(slot, 0.0), amount)
        for (material, _), amount in sorted(largest.items()):
            total[material] += amount
        return np.array([total[m] for m in self.material])

    def _from_capacity(self, level: np.ndarray) -> None:
        """Lines with a stated capacity run at the mean utilisation seen beside them."""
        graph = self.graph
        recipes = np.bincount(graph.line_of[self.open], minlength=len(graph.lines))
        stated = self.capacity[graph.line_of] / np.maximum(recipes[graph.line_of], 1)
        stated = stated / graph.line_units
        most = self.carried / self.classes.size  # plants alike share what users could take
        bearing = np.minimum(stated, most)
        country = graph.activities["country"].to_numpy()
        known = ~np.isnan(level) & ~np.isnan(stated) & self.open
        seen = level.copy()
        for index in np.flatnonzero(np.isnan(level) & ~np.isnan(stated)):
            same = known & (self.process == self.process[index])
            near = same & (country == country[index])
            pool = near if near.any() else same
            room = bearing[pool].sum()
            share = seen[pool].sum() / room if room > 0 else DEFAULT_UTILISATION
            runs = min(stated[index], AMPLE * most[index]) * min(share, 1.0)
            level[index] = min(runs, most[index])

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
        elsewhere = _total(self.material, np.where(reached > 0, 0.0, made))
        traded = _total(self.material, reached) - elsewhere
        named = _total(self.material, need) - _total(self.material, made)
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

    def demands(self) -> None:
        self.value[self.columns.block("demand")] = self.graph.demands["units"].to_numpy()

    def needs(self) -> None:
        """Need of every pool; alternatives in proportion to how much of them the world makes."""
        inputs = self.graph.inputs
        weight = np.ones(len(inputs.user))
        chosen = inputs.draw >= 0
        worth = self.world[inputs.pool] / inputs.quantity
        total = np.bincount(inputs.group, worth, minlength=inputs.n_groups)[inputs.group]
        count = np.bincount(inputs.group, minlength=inputs.n_groups)[inputs.group]
        share = np.where(total > 0, worth / np.where(total > 0, total, 1.0), 1.0 / count)
        weight[chosen] = share[chosen]
        draw = weight * inputs.quantity * self.value[inputs.user]
        self.value[self.columns.start["draw"] + inputs.draw[chosen]] = draw[chosen]
        self.need = np.bincount(inputs.pool, draw, minlength=len(self.graph.pools))

    def arcs(self) -> None:
        arcs = self.graph.arcs
        lacking = np.maximum(self.need - self.made, OWN_FIRST * self.need)
        origin, end = arcs["origin"].to_numpy(), arcs["destination"].to_numpy()
        world = self.world[origin]
        declared = arcs["declared"].to_numpy()
        flow = np.where(
            declared & (world > 0),
            self.made[origin] * lacking[end] / np.where(world > 0, world, 1.0),
            0.0,
        )
        self._meet_figures(flow, declared)
        self.value[self.columns.block("arc")] = flow

    def held(self) -> None:
        """What makers state above all that is needed of it and sent away stays with them.

        Expected as nothing, it would push goods on whoever buys a little of them. Where a maker's
        output is itself a guess, an excess is no more than that, and nothing is expected.
        """
        graph, columns = self.graph, self.columns
        pools, flow = len(graph.pools), self.value[columns.block("arc")]
        origin, end = (graph.arcs[c].to_numpy() for c in ("origin", "destination"))
        net = np.bincount(end, flow, minlength=pools) - np.bincount(origin, flow, minlength=pools)
        excess = np.maximum(self.made + net - self.need, 0.0)
        guessed = (self.level > 0) & ~self.figured
        excess[graph.made_pool[guessed[graph.made_activity]]] = 0.0
        excess[self.made <= 0] = 0.0
        self.value[columns.block("surplus")] = excess[columns.surplus_of]
        self.value[columns.block("unexplained")] = excess[columns.unexplained_of]

    def _meet_figures(self, flow: np.ndarray, declared: np.ndarray) -> None:
        """Arcs of a trade figure carry what it says, less what figures of fewer arcs fix.

        The rest is shared by its other arcs as their expected flows are, equally if none expects
        any. Figures with equally many arcs left act together, each arc by their weighted mean.
        """
        start = self.columns.start["arc"]
        figures = []
        for o in self.fit:
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

    def _worlds(self) -> np.ndarray:
        """World's size of the material of every pool: the most that anything says of it.

        What is made, what users could draw of it were it the only alternative, and any figure.
        """
        graph, columns = self.graph, self.columns
        users = self.value[graph.inputs.user]
        could = np.bincount(
            graph.inputs.pool, graph.inputs.quantity * users, minlength=len(graph.pools)
        )
        pool_of = np.full(columns.total, -1)
        pool_of[columns.block("arc")] = graph.arcs["origin"].to_numpy()
        own = graph.inputs.draw >= 0
        pool_of[columns.start["draw"] + graph.inputs.draw[own]] = graph.inputs.pool[own]
        said = np.zeros(len(graph.pools))
        for o in self.fit:
            named = pool_of[o.columns[pool_of[o.columns] >= 0]]
            # A figure of several materials together says the size of none.
            if not o.is_share and len(set(self.material[named])) == 1:
                np.maximum.at(said, named, o.value)
        _, kind = np.unique(self.material, return_inverse=True)
        most = np.zeros(int(kind.max(initial=-1)) + 1)
        np.maximum.at(most, kind, said)
        return np.maximum.reduce([self.world, _total(self.material, could), most[kind]])

    def scales(self) -> np.ndarray:
        """Standard deviation of every column."""
        columns, graph, inputs = self.columns, self.graph, self.graph.inputs
        n = graph.n_activities
        world = _at_least(self._worlds(), NOTHING)
        group = np.zeros(columns.total)
        floor = np.full(columns.total, UNEXPECTED)
        process = _total(self.process, self.level)
        main = self._main_outputs()
        reach = np.zeros(n)
        np.maximum.at(
            reach,
            graph.made_activity[main],
            (world[graph.made_pool] / graph.made_quantity)[main],
        )
        group[:n] = np.where(process > 0, process, reach)
        floor[:n] = (
            np.where(self.unseen, np.where(self.closing, CLOSING_ROW, UNSEEN_PLANT), UNEXPECTED)
            / self.classes.size
        )
        demand = columns.block("demand")
        group[demand] = _total(graph.demands["product"].to_numpy().astype(str), self.value[demand])
        own = inputs.draw >= 0
        draw = columns.start["draw"] + inputs.draw[own]
        group[draw] = world[inputs.pool[own]]
        twins = np.concatenate([self.classes.size, np.ones(graph.n_demands)])
        floor[draw] = UNEXPECTED / twins[inputs.user[own]]
        group[columns.block("arc")] = world[graph.arcs["origin"].to_numpy()]
        made = columns.block("made")
        self.value[made] = self.made[columns.made_of]
        group[made] = world[columns.made_of]
        scale = TAU * np.sqrt(np.maximum(self.value, floor * group) * group)
        # What nobody is seen to use is measured by the place itself: large where it is made or
        # figures say that it arrives, small where little is needed. Measured by the world, what
        # one country cannot place would be sent to whoever buys a little of it.
        flow = self.value[columns.block("arc")]
        end = graph.arcs["destination"].to_numpy()
        reached = np.bincount(end, flow, minlength=len(graph.pools))
        least = np.full(len(graph.pools), UNEXPECTED)
        least[graph.made_pool[self.open[graph.made_activity]]] = MAKES
        held = np.maximum(self.made + np.maximum(self.need, reached), least * world)
        scale[columns.block("surplus")] = TAU * held[columns.surplus_of]
        scale[columns.block("unexplained")] = TAU * held[columns.unexplained_of]
        scale[columns.block("withheld")] = TAU * world[columns.made_of]
        return scale


def _total(names: np.ndarray, quantity: np.ndarray) -> np.ndarray:
    """Sum of quantities over all rows of the same name, for every row."""
    _, kind = np.unique(names, return_inverse=True)
    return np.bincount(kind, quantity)[kind]


def _at_least(quantity: np.ndarray, share: float) -> np.ndarray:
    """Quantities no smaller than a share of the largest; 1 where all are nothing."""
    largest = float(quantity.max(initial=0.0))
    return np.maximum(quantity, share * largest if largest > 0 else 1.0)
