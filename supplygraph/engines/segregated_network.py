"""Two copies of a chain, one kept free of content, with their base flows.

Every pool in which content can be gets a clean twin, and every plant a clean activity that
takes clean inputs and fills clean pools; plants whose make is content by definition have none,
nor has supply of no recorded source. Both activities share the line, so nothing is made twice.
What is clean may serve anybody; buyers bound by the rule draw on clean pools alone.

    base flows        stay in the mixed copy; bound buyers are served over passes
    pass m -> d       a tested good from mixed pool m, taken as clean in d
    blank capacity    of a line both copies share: its base use
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from supplygraph.baseline import Baseline
from supplygraph.engines.content_exclusions import (
    UNRECORDED,
    Flows,
)
from supplygraph.engines.shocked_model import Allocation
from supplygraph.graph import SupplyGraph, columns_of
from supplygraph.graph.balance_matrix import balance_matrix
from supplygraph.graph.line_capacities import DatedCapacity
from supplygraph.graph.network import Inputs
from supplygraph.scenario.content_test import ContentTest


class SegregatedNetwork:
    """A network in two copies, with its base flows.

    Parameters
    ----------
    baseline
        Balanced base year of the plain network.
    test
        What is content, and which goods are tested.
    bound
        Share of every demand that may draw on tested goods only if they are clean.
    """

    def __init__(self, baseline: Baseline, test: ContentTest, bound: np.ndarray) -> None:
        self.plain, self.test, self.share = baseline, test, bound
        graph = baseline.graph
        self.twin = np.full(len(graph.pools), -1)
        traced = np.flatnonzero(test.traced)
        self.twin[traced] = len(graph.pools) + np.arange(len(traced))
        self.cleanable = self._cleanable()
        self.bound = np.flatnonzero(bound > 0)
        self.goods = (
            graph.pools["material"].isin(set(graph.pools["material"][test.goods])).to_numpy()
        )
        self._lay_out_arcs()
        self.inputs, self.own_draws = self._inputs()
        self.graph = self._graph()
        self.baseline = self._baseline()

    def _cleanable(self) -> np.ndarray:
        """Activities that can run on clean inputs alone and make something traced."""
        graph, test = self.plain.graph, self.test
        makes, foul = np.zeros((2, graph.n_activities), dtype=bool)
        np.logical_or.at(makes, graph.made_activity, test.traced[graph.made_pool])
        np.logical_or.at(foul, graph.made_activity, test.foul[graph.made_pool])
        unrecorded = (graph.activities["process"] == UNRECORDED).to_numpy()
        return np.flatnonzero(makes & ~foul & ~unrecorded)

    def _lay_out_arcs(self) -> None:
        """Clean arcs beside traced ones, and passes from tested goods to bound buyers."""
        graph = self.plain.graph
        origin = graph.arcs["origin"].to_numpy()
        end = graph.arcs["destination"].to_numpy()
        twins = np.zeros(len(graph.pools), dtype=bool)
        rows = np.isin(graph.made_activity, self.cleanable)
        twins[graph.made_pool[rows]] = True
        self.clean_arcs = np.flatnonzero(self.test.traced[origin] & twins[origin])
        users = graph.n_activities + self.bound
        drawn_by = np.isin(graph.inputs.user, users)
        self.bought = np.unique(graph.inputs.pool[drawn_by & self.goods[graph.inputs.pool]])
        maker = np.zeros(len(graph.pools), dtype=bool)
        maker[graph.made_pool] = True
        self.pass_arcs = np.flatnonzero(np.isin(end, self.bought))
        self.pass_own = self.bought[maker[self.bought]]
        self.pass_from = np.concatenate([origin[self.pass_arcs], self.pass_own])
        self.pass_to = np.concatenate([end[self.pass_arcs], self.pass_own])

    @property
    def first_pass(self) -> int:
        """Arc number of the first pass."""
        return len(self.plain.graph.arcs) + len(self.clean_arcs)

    def _inputs(self) -> tuple[Inputs, np.ndarray]:
        """Draws of both copies, and of which plain entry each is.

        Plants of the mixed copy and free buyers draw on either copy; clean plants, and bound
        buyers of tested goods, on the clean one alone.
        """
        old, plants = self.plain.graph.inputs, self.plain.graph.n_activities
        clean_plant = {int(a): plants + i for i, a in enumerate(self.cleanable)}
        shift = len(self.cleanable)
        first_bound = plants + shift + self.plain.graph.n_demands
        bound_user = {plants + int(d): first_bound + i for i, d in enumerate(self.bound)}
        rows: list[tuple[int, int, int, bool]] = []  # user, pool, entry, among several
        for number, (who, plain_pool) in enumerate(zip(old.user, old.pool, strict=True)):
            source, twin = int(plain_pool), int(self.twin[plain_pool])
            either = [source] if twin < 0 else [source, twin]
            place = int(who) if who < plants else int(who) + shift
            rows += [(place, p, number, twin >= 0) for p in either]
            if who in clean_plant:
                rows.append((clean_plant[who], either[-1], number, False))
            if who in bound_user:
                only = [twin] if twin >= 0 and self.goods[source] else either
                rows += [(bound_user[who], p, number, len(only) > 1) for p in only]
        user, pool, entry, several = (np.array(column) for column in zip(*rows, strict=True))
        pairs = np.stack([user, old.group[entry]], axis=1)
        group = np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1)
        own = several | (old.draw[entry] >= 0)
        # A kind has its own draws in all its entries or in none.
        mixed = np.bincount(group, own, minlength=int(group.max()) + 1) > 0
        own = mixed[group]
        draw = np.where(own, np.cumsum(own) - 1, -1)
        inputs = Inputs(user, pool, old.quantity[entry], group, old.essential[entry], draw)
        return inputs, entry

    def _graph(self) -> SupplyGraph:
        graph = self.plain.graph
        clean = self.cleanable
        activities = pd.concat([graph.activities, graph.activities.iloc[clean]], ignore_index=True)
        demands = pd.concat([graph.demands, graph.demands.iloc[self.bound]], ignore_index=True)
        pools = pd.concat(
            [graph.pools, graph.pools.iloc[np.flatnonzero(self.twin >= 0)]], ignore_index=True
        )
        number = np.full(graph.n_activities, -1)
        number[clean] = graph.n_activities + np.arange(len(clean))
        rows = np.flatnonzero(number[graph.made_activity] >= 0)
        made = graph.made_pool[rows]
        made = np.where(self.twin[made] >= 0, self.twin[made], made)
        return replace(
            graph,
            activities=activities,
            demands=demands,
            pools=pools,
            arcs=self._arcs(),
            inputs=self.inputs,
            made_activity=np.concatenate([graph.made_activity, number[graph.made_activity[rows]]]),
            made_pool=np.concatenate([graph.made_pool, made]),
            made_quantity=np.concatenate([graph.made_quantity, graph.made_quantity[rows]]),
            line_of=np.concatenate([graph.line_of, graph.line_of[clean]]),
            line_units=np.concatenate([graph.line_units, graph.line_units[clean]]),
            capacities=self._capacities(),
        )

    def _arcs(self) -> pd.DataFrame:
        arcs = self.plain.graph.arcs
        clean = arcs.iloc[self.clean_arcs].assign(
            origin=self.twin[arcs["origin"].to_numpy()[self.clean_arcs]],
            destination=self.twin[arcs["destination"].to_numpy()[self.clean_arcs]],
        )
        passes = pd.DataFrame({"origin": self.pass_from, "destination": self.twin[self.pass_to]})
        return pd.concat([arcs, clean, passes], ignore_index=True)

    def _capacities(self) -> dict[int, tuple[DatedCapacity, ...]]:
        """Dated capacities; a blank one is the base use, for both copies together."""
        return {
            line: tuple(
                row._replace(rate=float(self.plain.line_use[line])) if np.isnan(row.rate) else row
                for row in rows
            )
            for line, rows in self.plain.graph.capacities.items()
        }

    def _baseline(self) -> Baseline:
        """Base flows in the mixed copy; bound buyers are served over passes."""
        plain, graph, columns = self.plain, self.graph, columns_of(self.graph)
        old, x = plain.graph, np.zeros(columns.total)
        x[: old.n_activities] = plain.block("activity")
        units = plain.block("demand")
        demand = columns.start["demand"]
        x[demand : demand + old.n_demands] = units * (1 - self.share)
        x[demand + old.n_demands : demand + graph.n_demands] = (units * self.share)[self.bound]
        self._fill_draws(x, columns.start["draw"])
        self._fill_arcs(x, columns.start["arc"])
        for name, owners in (
            ("surplus", columns.surplus_of),
            ("unexplained", columns.unexplained_of),
        ):
            held = np.append(plain.held(name), np.zeros(len(graph.pools) - len(old.pools)))
            x[columns.block(name)] = held[owners]
        made = graph.made_quantity * x[: graph.n_activities][graph.made_activity]
        total = np.bincount(graph.made_pool, made, minlength=len(graph.pools))
        x[columns.block("made")] = total[columns.made_of]
        return Baseline(graph, columns, balance_matrix(graph, columns), x, (), 0.0)

    def _fill_draws(self, x: np.ndarray, start: int) -> None:
        """Base draws: of the mixed pool, or of the clean one where nothing else may be drawn."""
        old, inputs = self.plain.graph, self.inputs
        first_bound = self.graph.n_activities + old.n_demands
        entry = self.own_draws
        user = old.inputs.user[entry]
        part = np.ones(len(entry))
        sold = user >= old.n_activities
        share = self.share[user[sold] - old.n_activities]
        part[sold] = np.where(inputs.user[sold] >= first_bound, share, 1 - share)
        clean = inputs.pool >= len(old.pools)
        only = np.isin(old.inputs.pool[entry], self.bought) & (inputs.user >= first_bound)
        plants = inputs.user < old.n_activities
        takes = np.where(plants | (inputs.user >= self.graph.n_activities), clean == only, False)
        own = inputs.draw >= 0
        drawn = np.where(takes, self.plain.drawn[entry] * part, 0.0)
        x[start + inputs.draw[own]] = drawn[own]

    def _fill_arcs(self, x: np.ndarray, start: int) -> None:
        """Base flows of arcs, less what bound buyers take over passes."""
        plain, old = self.plain, self.plain.graph
        users = old.inputs.user
        sold = (users >= old.n_activities) & self.goods[old.inputs.pool]
        amount = np.where(sold, plain.drawn, 0.0)
        amount[sold] *= self.share[users[sold] - old.n_activities]
        taken = np.bincount(old.inputs.pool, amount, minlength=len(old.pools))
        home = plain.made - plain.exports + plain.imports
        part = np.divide(taken, home, out=np.zeros_like(home), where=home > 0)
        flow = plain.block("arc").copy()
        passed = flow[self.pass_arcs] * part[self.pass_to[: len(self.pass_arcs)]]
        flow[self.pass_arcs] -= passed
        stays = (plain.made - plain.exports)[self.pass_own] * part[self.pass_own]
        x[start : start + len(flow)] = flow
        first = start + self.first_pass
        x[first : first + len(self.pass_from)] = np.concatenate([passed, np.maximum(stays, 0.0)])

    def mixed(self, answer: Allocation) -> Flows:
        """Flows of the mixed copy, laid on the plain network."""
        plain, columns = self.plain.graph, self.baseline.columns
        x = answer.x
        arc = x[columns.block("arc")]
        flow = arc[: len(plain.arcs)].copy()
        passed = arc[self.first_pass : self.first_pass + len(self.pass_arcs)]
        np.add.at(flow, self.pass_arcs, passed)
        activity = x[: plain.n_activities]
        made = np.bincount(
            plain.made_pool,
            plain.made_quantity * activity[plain.made_activity],
            minlength=len(plain.pools),
        )
        drawn = replace(self.baseline, x=x).drawn
        mine = self.inputs.user < plain.n_activities
        entries = self.own_draws[mine & (self.inputs.pool < len(plain.pools))]
        by_entry = np.bincount(
            entries,
            drawn[mine & (self.inputs.pool < len(plain.pools))],
            minlength=len(plain.inputs.user),
        )
        zeros = np.zeros(len(plain.pools))
        return Flows(activity, made, flow, by_entry, zeros, np.zeros(len(by_entry)))
