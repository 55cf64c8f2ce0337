"""What must hold for time to survive on any network with stocks, under both bounds."""

from dataclasses import replace

import numpy as np
import pytest

from supplygraph.engines.full_service import SurvivalProgram
from supplygraph.engines.inventories import stocks_of
from supplygraph.engines.stock_depletion import course
from supplygraph.scenario import Shock, parse_shock
from tests.networks import Network
from tests.random_networks import random_network, removals

SEEDS = range(9)
UNTIL = 40.0
CENTRAL = 1


def with_stocks(network: Network, seed: int) -> Network:
    """Stocks of products, markets and plants, some stated and some not, some of nothing."""
    rng = np.random.default_rng(1000 + seed)
    graph = network.compile()
    holders = set()
    inputs = graph.inputs
    for user, pool in zip(inputs.user, inputs.pool, strict=True):
        material, market = graph.pools["material"].iat[pool], graph.pools["market"].iat[pool]
        if user >= graph.n_activities:
            row = graph.demands.iloc[int(user) - graph.n_activities]
            holders.add((f"{row['product']}@{row['market']}", material))
        else:
            holders.add((graph.activities["id"].iat[int(user)], material))
        holders.add((market, material))
    for activity, pool in zip(graph.made_activity, graph.made_pool, strict=True):
        holders.add((graph.activities["id"].iat[activity], graph.pools["material"].iat[pool]))
    for holder, material in sorted(holders):
        if rng.random() < 0.6:
            low, central, high = np.sort(rng.uniform(0, 30, 3)).round(3)
            central = 0.0 if rng.random() < 0.1 else central
            network.add(
                "stocks",
                holder=holder,
                material=material,
                weeks_low=min(low, central),
                weeks_central=central,
                weeks_high=high,
            )
    return network


class Case:
    """A network with stocks, both engines, and its removals."""

    def __init__(self, seed: int) -> None:
        solved = with_stocks(random_network(seed), seed).solve()
        self.baseline, self.graph = solved.baseline, solved.graph
        self.cascade, self.program = solved.cascade, solved.program
        self.stocks = stocks_of(self.baseline)
        self.least = SurvivalProgram(self.program, self.stocks, CENTRAL)
        self.demands = np.flatnonzero(self.baseline.block("demand") > 0)
        self.full = np.ones(self.graph.n_demands)
        self.shocks = [parse_shock(self.graph, texts) for texts in removals(solved, seed, 6)]

    def path(self, shock, stocks=None, cover=CENTRAL, until=UNTIL):
        return course(self.cascade, shock, self.stocks if stocks is None else stocks, cover, until)


@pytest.fixture(scope="module", params=SEEDS)
def case(request):
    return Case(request.param)


def months(value: float) -> float:
    """A time as compared: at least the horizon is the horizon, impossible from day one is 0."""
    return 0.0 if np.isnan(value) else min(value, UNTIL)


def test_no_removal_never_ends(case):
    nothing = Shock.nothing(case.graph)
    path = case.path(nothing)
    assert len(path.start) == 1
    assert path.first_short(case.demands, case.full) == (float("inf"), -1)
    assert case.least.longest(nothing, case.demands).months == float("inf")
    assert case.least.lost(
        nothing, 12.0, case.demands, np.ones(len(case.demands))
    ) == pytest.approx(0.0, abs=1e-8)


def test_nobody_rerouting_never_survives_longer_nor_loses_less(case):
    for shock in case.shocks:
        path = case.path(shock)
        groups = [np.array([d]) for d in case.demands] + [case.demands]
        for demands in groups:
            none, _ = path.first_short(demands, case.full)
            least = months(case.least.longest(shock, demands).months)
            assert months(none) <= least * (1 + 1e-6) + 1e-6
            weights = np.full(len(demands), 1.0 / len(demands))
            for until in (0.5, 6.0):
                lost_none = weights @ path.lost(case.full, until)[demands]
                lost_least = weights @ case.least.lost(shock, until, demands, weights)[demands]
                assert lost_least <= lost_none + 1e-6


def test_losing_nothing_until_the_time_to_survive_and_something_after(case):
    for shock in case.shocks:
        survival = case.least.longest(shock, case.demands)
        if not 0.1 < survival.months < UNTIL:
            continue
        weights = np.full(len(case.demands), 1.0 / len(case.demands))
        before = case.least.lost(shock, survival.months * 0.99, case.demands, weights)
        after = case.least.lost(shock, survival.months * 1.05, case.demands, weights)
        assert before[case.demands].sum() < 1e-6 < after[case.demands].sum() * 1e3
        assert survival.decides >= 0


def test_more_stock_never_shortens_a_time(case):
    rng = np.random.default_rng(5)
    more = tuple(
        replace(s, months=(s.months[0], s.months[1] * rng.uniform(1, 3) + 0.1, s.months[2]))
        for s in case.stocks
    )
    richer = SurvivalProgram(case.program, more, CENTRAL)
    for shock in case.shocks[:3]:
        poor, rich = case.path(shock), case.path(shock, more)
        for demand in case.demands:
            one = np.array([demand])
            assert months(rich.first_short(one, case.full)[0]) >= (
                months(poor.first_short(one, case.full)[0]) - 1e-6
            )
        assert months(richer.longest(shock, case.demands).months) >= (
            months(case.least.longest(shock, case.demands).months) * (1 - 1e-6)
        )


def test_more_removed_never_lasts_longer(case):
    for first, second in zip(case.shocks, case.shocks[1:], strict=False):
        both = first.with_(second)
        small, large = case.path(first), case.path(both)
        for demand in case.demands:
            one = np.array([demand])
            assert months(large.first_short(one, case.full)[0]) <= (
                months(small.first_short(one, case.full)[0]) + 1e-6
            )
        assert months(case.least.longest(both, case.demands).months) <= (
            months(case.least.longest(first, case.demands).months) * (1 + 1e-6) + 1e-6
        )


def test_order_of_questions_changes_no_answer(case):
    shock = case.shocks[0]
    first = case.least.longest(shock, case.demands)
    case.least.lost(case.shocks[-1], 3.0, case.demands, np.ones(len(case.demands)))
    again = case.least.longest(shock, case.demands)
    assert again.months == pytest.approx(first.months, rel=1e-7, nan_ok=True)


def test_levels_only_fall_and_stocks_empty_once(case):
    for shock in case.shocks:
        path = case.path(shock)
        assert (np.diff(path.start) > 0).all()
        assert (np.diff(path.served, axis=0) <= 1e-9).all()
        emptied = [k for step in path.emptied for k in step]
        assert len(emptied) == len(set(emptied))
