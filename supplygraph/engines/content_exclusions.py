"""What goods of a month contain, and the repeated cut of those that a rule catches.

Content by proportional mixing: what leaves a pool is a fair sample of what came in, so a walk
back from a good,

    home pool   to its own make and to arcs, by tonnes; to what stocks gave
    made pool   to the plants that make it, by tonnes
    plant       to the pools it drew from, by what the tonnes are worth; under a rule by value
                the rest of the good's worth is a step to nowhere
    made pool of a named country and ingredient: the walk ends, and this is content

ends in content with a probability that is the content as a share of the good (`graph.mixing`
solves it). Stocks hold what the base year's mixture held: they were filled before the rule, so
a good stays caught while any of its old stock is used.

A rule's threshold is not linear in flows. So a month is solved, its goods are measured, those
that are caught are cut, and it is solved again until nothing more is caught. What was caught
stays caught within the month.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.engines.cascade import Levels
from supplygraph.engines.cascade_step import MONTHS, Limits, Refusal, RigidMonth, State
from supplygraph.engines.stock_targets import Targets
from supplygraph.errors import NotConvergedError, ScenarioError
from supplygraph.graph import SupplyGraph
from supplygraph.graph.mixing import Mixing
from supplygraph.scenario.content_test import ContentTest

MAX_ROUNDS = 50
TRACE = 1e-6  # less of a good than solvers resolve is no content
ROUNDING = 1e-9
UNRECORDED = "unrecorded"
Solved = TypeVar("Solved")


@dataclass(frozen=True)
class Flows:
    """Flows of one period, all in tonnes of the same length of time.

    Attributes
    ----------
    activity, made, arc, drawn
        Levels of activities; make of pools; flows of arcs; draws of inputs' entries.
    from_pool, from_entry
        Of these, what stocks of pools and of entries gave.
    """

    activity: np.ndarray
    made: np.ndarray
    arc: np.ndarray
    drawn: np.ndarray
    from_pool: np.ndarray
    from_entry: np.ndarray

    @staticmethod
    def of_base(baseline: Baseline) -> Flows:
        """Flows of the base year."""
        return Flows(
            baseline.block("activity"),
            baseline.made,
            np.maximum(baseline.block("arc"), 0.0),
            baseline.drawn,
            np.zeros(len(baseline.made)),
            np.zeros(len(baseline.drawn)),
        )


def rigid_flows(
    engine: RigidMonth, solved: tuple[Levels, np.ndarray, State], before: State, scale: float
) -> list[Flows]:
    """Flows of a month when nobody reroutes, in tonnes of a year of scale 1; one item a cover."""
    (levels, arc, after), cascade = solved, engine.cascade
    base, yearly = cascade.baseline, MONTHS / scale
    found = []
    for cover in range(arc.shape[1]):
        flow, pool = np.zeros(len(engine.graph.arcs)), np.zeros(len(engine.graph.pools))
        flow[cascade.live] = base.block("arc")[cascade.live] * arc[:, cover]
        pool[engine.stocks.pool] = np.maximum((before.pool - after.pool)[:, cover], 0.0)
        plants = levels.user[: engine.graph.n_activities, cover]
        found.append(
            Flows(
                base.block("activity") * plants,
                base.made * levels.made[:, cover],
                flow,
                engine.drawn[:, cover] * yearly,
                pool * yearly,
                engine.from_entry[:, cover] * yearly,
            )
        )
    return found


def allocated_flows(
    baseline: Baseline,
    x: np.ndarray,
    stocks: Targets,
    from_pool: np.ndarray,
    from_entry: np.ndarray,
) -> Flows:
    """Flows of an allocation, with what its stocks gave in the same units."""
    graph, columns = baseline.graph, baseline.columns
    made, pool = np.zeros(len(graph.pools)), np.zeros(len(graph.pools))
    made[columns.made_of] = x[columns.block("made")]
    pool[stocks.pool] = np.maximum(from_pool, 0.0)
    entry = np.zeros(len(graph.inputs.user))
    entry[stocks.entry] = np.maximum(from_entry, 0.0)
    return Flows(
        x[columns.block("activity")],
        made,
        x[columns.block("arc")],
        drawn_by(baseline, x),
        pool,
        entry,
    )


def drawn_by(baseline: Baseline, x: np.ndarray) -> np.ndarray:
    """What each entry of the inputs draws, for some values of the columns."""
    return replace(baseline, x=x).drawn


class ContentMeter:
    """Measures content under one test; what does not depend on flows is laid out once.

    Parameters
    ----------
    graph
        Network.
    test
        The test; goods, foul, traced and worth are read.

    Examples
    --------
    >>> from supplygraph.api import load
    >>> from supplygraph.scenario.network_queries import World
    >>> chain = load("three-nodes")
    >>> ore, magnet = (np.array(chain.network.pools["material"] == m) for m in ("ore-a", "mag-a"))
    >>> test = ContentTest(
    ...     "rule", goods=magnet, foul=ore & np.array(chain.network.pools["market"] == "CN"),
    ...     traced=ore | magnet, worth=np.ones(len(ore)), by_value=False, threshold=0.0,
    ...     arcs=np.zeros(1, bool), left=np.ones(1), denied=np.ones(1), home=True)
    >>> content = ContentMeter(chain.network, test).content(Flows.of_base(chain.baseline))
    >>> dict(zip(chain.network.pools["id"], content.tolist()))["mag-a@JP"]
    1.0
    """

    def __init__(self, graph: SupplyGraph, test: ContentTest) -> None:
        self.graph, self.test = graph, test
        inputs = graph.inputs
        self.pools, self.plants = len(graph.pools), graph.n_activities
        self.origin = graph.arcs["origin"].to_numpy()
        self.end = graph.arcs["destination"].to_numpy()
        self.arcs = np.flatnonzero(test.traced[self.origin])
        plant = inputs.user < self.plants
        self.entries = np.flatnonzero(plant & test.traced[inputs.pool])
        self.outputs = np.flatnonzero(test.traced[graph.made_pool])
        self.traced = np.flatnonzero(test.traced)
        unrecorded = (graph.activities["process"] == UNRECORDED).to_numpy()
        self.hit = np.zeros(self.size)
        self.hit[self.pools : 2 * self.pools] = test.foul
        if not test.by_value:
            self.hit[2 * self.pools : 2 * self.pools + self.plants] = unrecorded
        self.stops = self.hit > 0

    @property
    def size(self) -> int:
        """Number of nodes: home and made pools, plants, stocks of pools, and nowhere."""
        return 3 * self.pools + self.plants + 1

    def content(self, flows: Flows, stocks: np.ndarray | None = None) -> np.ndarray:
        """Content of what every pool makes, as a share of it; 0 where it makes nothing.

        Parameters
        ----------
        flows
            Of one period.
        stocks
            Content of what is in stock in every pool, as `at_home` gives it.
        """
        return self._shares(flows, stocks)[self.pools : 2 * self.pools]

    def at_home(self, flows: Flows) -> np.ndarray:
        """Content of what every pool holds to be drawn, in the base year.

        Raises
        ------
        ScenarioError
            If ingredients are worth more than what is made of them. In later months they may be: a
            plant that must run on terbium alone pays more than its magnets bring.
        """
        if self.test.by_value:
            self._check_prices(flows)
        return self._shares(flows, None)[: self.pools]

    def _check_prices(self, flows: Flows) -> None:
        whole, brought = self._made_worth(flows), self._brought(flows)
        wrong = np.flatnonzero((whole > 0) & (whole - brought < -1e-6 * whole))
        if len(wrong):
            row = self.graph.activities.iloc[int(wrong[0])]
            ratio = brought[wrong[0]] / whole[wrong[0]]
            raise ScenarioError(
                f"{self.test.measure}: the listed ingredients of {row['id']} ({row['recipe']}) are "
                f"worth {ratio:.3g} times what it makes of them. Correct prices or price_month."
            )

    def _shares(self, flows: Flows, stocks: np.ndarray | None) -> np.ndarray:
        parts = [self._arrivals(flows), self._stays(flows), self._makes(flows)]
        parts += [*self._draws(flows), self._stock(flows)]
        origin, target, amount = (np.concatenate(column) for column in zip(*parts, strict=True))
        hit = self.hit.copy()
        if stocks is not None:
            hit[2 * self.pools + self.plants : -1] = stocks
        chain = Mixing(origin, target, np.where(amount > 0, amount, 0.0), self.size)
        return np.asarray(chain.reaching(hit, self.stops))

    def _arrivals(self, flows: Flows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        origin, end = self.origin[self.arcs], self.end[self.arcs]
        return self.pools + origin, end, flows.arc[self.arcs]

    def _stays(self, flows: Flows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        sent = np.bincount(self.origin, flows.arc, minlength=self.pools)
        stays = (flows.made - sent)[self.traced]
        noise = ROUNDING * flows.made[self.traced]
        return self.pools + self.traced, self.traced, np.where(stays > noise, stays, 0.0)

    def _stock(self, flows: Flows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        node = 2 * self.pools + self.plants + self.traced
        return node, self.traced, flows.from_pool[self.traced]

    def _makes(self, flows: Flows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        plant, pool = self.graph.made_activity[self.outputs], self.graph.made_pool[self.outputs]
        tonnes = flows.activity[plant] * self.graph.made_quantity[self.outputs]
        return 2 * self.pools + plant, self.pools + pool, tonnes

    def _draws(self, flows: Flows) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """What plants drew, from pools and from their own stocks, and the worth they added."""
        inputs, worth = self.graph.inputs, self.test.worth
        pool, user = inputs.pool[self.entries], inputs.user[self.entries]
        plant = 2 * self.pools + user
        stock = flows.from_entry[self.entries] * worth[pool]
        whole = flows.drawn[self.entries] * worth[pool]
        parts = [
            (pool, plant, whole - stock),
            (2 * self.pools + self.plants + pool, plant, stock),
        ]
        if self.test.by_value:
            parts.append(self._added(flows))
        return parts

    def _brought(self, flows: Flows) -> np.ndarray:
        """Worth of the traced inputs of every plant."""
        inputs = self.graph.inputs
        pool, user = inputs.pool[self.entries], inputs.user[self.entries]
        drawn = flows.drawn[self.entries] * self.test.worth[pool]
        return np.bincount(user, drawn, minlength=self.plants)

    def _made_worth(self, flows: Flows) -> np.ndarray:
        """Worth of the traced goods that every plant makes."""
        graph = self.graph
        plant, pool = graph.made_activity[self.outputs], graph.made_pool[self.outputs]
        worth = flows.activity[plant] * graph.made_quantity[self.outputs] * self.test.worth[pool]
        return np.bincount(plant, worth, minlength=self.plants)

    def _added(self, flows: Flows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Worth of what plants make beyond what traced inputs brought; never less than nothing."""
        whole = self._made_worth(flows)
        makes = np.flatnonzero(whole > 0)
        added = np.maximum(whole - self._brought(flows), 0.0)[makes]
        return np.full(len(makes), self.size - 1), 2 * self.pools + makes, added


@dataclass(frozen=True)
class Caught:
    """Goods that a test caught in one month.

    Attributes
    ----------
    measure
        Id of the rule.
    pools
        Mask of pools, one column a cover.
    """

    measure: str
    pools: np.ndarray


class ContentRules:
    """Tests of all months of a run over one baseline."""

    def __init__(self, baseline: Baseline, tests: Sequence[Sequence[ContentTest]]) -> None:
        self.baseline, self.graph = baseline, baseline.graph
        self._meters: dict[str, tuple[ContentTest, ContentMeter, np.ndarray]] = {}
        for test in (test for month in tests for test in month):
            self._meter(test)

    def _meter(self, test: ContentTest) -> tuple[ContentMeter, np.ndarray]:
        """Meter of a test, and content of stocks; months whose test is the same share it."""
        known = self._meters.get(test.measure)
        if known is None or not _same_measuring(known[0], test):
            meter = ContentMeter(self.graph, test)
            known = (test, meter, meter.at_home(Flows.of_base(self.baseline)))
            self._meters[test.measure] = known
        return known[1], known[2]

    def settle(
        self,
        tests: Sequence[ContentTest],
        limits: Limits,
        solve: Callable[[Limits], Solved],
        flows: Callable[[Solved], Sequence[Flows]],
        month: str,
    ) -> tuple[Solved, Limits, list[Caught]]:
        """Solve a month until no rule catches more.

        Parameters
        ----------
        tests
            Tests of the month.
        limits
            What the month leaves besides.
        solve
            Solves a month under limits.
        flows
            Flows of an answer, one item a cover.
        month
            For messages.

        Returns
        -------
        solved
            The last answer.
        limits : Limits
            Under which it was solved.
        caught : list of Caught
            One item a test.

        Raises
        ------
        NotConvergedError
            If rules still catch more after a fixed number of rounds.
        """
        now, found = limits, [np.zeros((len(self.graph.pools), 1), dtype=bool) for _ in tests]
        for _ in range(MAX_ROUNDS):
            solved = solve(now)
            covers = flows(solved)
            new = [
                np.stack([self._caught(test, one) for one in covers], axis=1) | old
                for test, old in zip(tests, found, strict=True)
            ]
            grown = any((n != o).any() for n, o in zip(new, found, strict=True))
            found = new
            if not grown:
                pairs = zip(tests, found, strict=True)
                return solved, now, [Caught(test.measure, pools) for test, pools in pairs]
            now = self._cut(limits, tests, found)
        raise NotConvergedError(
            f"months, {month}: rules of content still catch more goods after {MAX_ROUNDS} rounds."
        )

    def _caught(self, test: ContentTest, flows: Flows) -> np.ndarray:
        meter, stocks = self._meter(test)
        return caught(test, meter.content(flows, stocks))

    def _cut(
        self, limits: Limits, tests: Sequence[ContentTest], found: Sequence[np.ndarray]
    ) -> Limits:
        """Limits with the arcs and users of caught goods cut."""
        origin = self.graph.arcs["origin"].to_numpy()
        arc = limits.arc if limits.arc.ndim == 2 else limits.arc[:, None]
        refusals = []
        for test, pools in zip(tests, found, strict=True):
            hit = pools[origin] & test.arcs[:, None]
            if test.by_use:
                refusals.append(Refusal(test.measure, test.denied, hit, pools & test.home))
            left = np.where(test.left < 1, test.left, np.inf)[:, None]
            arc = np.where(hit, np.minimum(arc, left), arc)
        return replace(limits, arc=arc, refusals=tuple(refusals))


def caught(test: ContentTest, content: np.ndarray) -> np.ndarray:
    """Mask of tested pools whose make is at or above the threshold, and above nothing."""
    return test.goods & (content > TRACE) & (content >= test.threshold * (1 - ROUNDING))


def _same_measuring(one: ContentTest, other: ContentTest) -> bool:
    """Whether two tests measure alike, whatever they then do."""
    names = ("goods", "foul", "traced", "worth")
    same = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)
    return same and one.by_value == other.by_value
