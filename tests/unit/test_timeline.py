"""Months solved by hand: stocks, caps, seasons, lags, scrap."""

from __future__ import annotations

import pytest
from networks import Network
from random_networks import random_network
from solved_months import arc, near, opened, run, served

import supplygraph as sg
from supplygraph.engines.timeline import Pace, run_months
from supplygraph.scenario.month_arrays import Bounds, month_range
from tests.solved_networks import Solved

pytestmark = pytest.mark.sampled

WEEK = 12 / 52
SEASON = (1.3, 0.6, 1.1, 1.0, 1.0, 0.9, 1.1, 1.0, 1.0, 1.0, 1.0, 1.0)


def chain(weeks: float = 0.0, capacity: float = 120.0) -> Solved:
    """A mine in A digs 120 t for 120 cars a year in B: ten a month."""
    net = Network().places("A", "B").material("met", "mine").recipe("melt", {"met": 1})
    net.plant("melter", "A", "melt", capacity=capacity).trade("met", "A", "B", 120)
    net.observe("output(id=melter material=met)", 120)
    net.product("car", {"met": 1}).demand("car", B=120)
    return (net.stock("car@B", "met", weeks) if weeks else net).solve()


@pytest.fixture(scope="module")
def three_nodes():
    return sg.load("three-nodes")


@pytest.mark.parametrize("rerouting", ["none", "qualified", "least"])
def test_a_stopped_mine_is_felt_when_the_stock_is_gone(three_nodes, rerouting):
    bounds = Bounds.open(three_nodes.network, month_range("2025-01", 3))
    bounds.activity[:, 0] = 0.0
    line = run_months(three_nodes.baseline, bounds, rerouting=rerouting)
    # 2, 4 and 8 weeks of a month of 52/12 weeks.
    assert line.served[0, 0] == near([2 * WEEK, 4 * WEEK, 1.0])
    assert line.served[1, 0] == near([0.0, 0.0, 8 * WEEK - 1.0])
    assert line.served[2, 0] == near([0.0, 0.0, 0.0])
    assert line.covers == ("low", "central", "high")


@pytest.mark.parametrize("rerouting", ["none", "least"])
def test_a_cap_of_a_half_uses_half_a_month_of_stock_each_month(rerouting):
    solved = chain(weeks=4)
    bounds = opened(solved, 4)
    bounds.arc[:3, arc(solved, "met:A>B")] = 0.5
    bounds.arc[3, arc(solved, "met:A>B")] = 1.0
    stock = 4 * WEEK
    line = run(solved, bounds, rerouting)
    assert line.served[:, 0, 0] == near([1.0, 0.5 + (stock - 0.5), 0.5, 1.0])
    assert line.entry_stock[:, 0, 0] / 10 == near([stock - 0.5, 0.0, 0.0, 0.0])
    assert line.arc_tonnes[:, 0, 0] == near([5.0, 5.0, 5.0, 10.0])


def test_nothing_is_caught_up_under_a_cap_and_stocks_refill_where_there_is_room():
    solved = chain(weeks=4, capacity=180)
    bounds = opened(solved, 4)
    bounds.arc[0, arc(solved, "met:A>B")] = 0.5
    least = run(solved, bounds, "least")
    # 15 t a month can be made: 10 are used, 5 refill what was taken.
    assert least.entry_stock[:, 0, 0] / 10 == near([4 * WEEK - 0.5, 4 * WEEK, 4 * WEEK, 4 * WEEK])
    rigid = run(solved, bounds, "none")
    assert rigid.entry_stock[:, 0, 0] / 10 == near([4 * WEEK - 0.5] * 4)
    assert rigid.served.min() == 1.0 and least.served.min() == 1.0


def test_what_arrives_unused_refills_a_stock_when_nobody_reroutes():
    net = Network().places("A", "B").material("met", "mine").material("ox", "separation")
    net.recipe("melt", {"met": 1}).recipe("split", {"ox": 1})
    net.plant("m", "A", "melt", capacity=120).plant("s", "A", "split", capacity=120)
    net.trade("met", "A", "B", 120).trade("ox", "A", "B", 120)
    net.product("car", {"met": 1, "ox": 1}).demand("car", B=120)
    solved = net.stock("car@B", "met", 52 / 12).solve()
    bounds = opened(solved, 3)
    bounds.arc[0, arc(solved, "met:A>B")] = 0.5
    bounds.arc[1, arc(solved, "ox:A>B")] = 0.5
    line = run(solved, bounds, "none")
    assert line.served[:, 0, 0] == near([1.0, 0.5, 1.0])
    # Month 1 takes half a month of metal; in month 2 half of the metal that comes is not used.
    assert line.entry_stock[:, 0, 0] / 10 == near([0.5, 1.0, 1.0])


@pytest.mark.parametrize("rerouting", ["none", "least"])
def test_a_market_stock_serves_all_its_users_alike(rerouting):
    net = Network().places("A", "B").material("met", "mine").recipe("melt", {"met": 1})
    net.plant("melter", "A", "melt", capacity=120).trade("met", "A", "B", 120)
    net.product("car", {"met": 1}).product("fan", {"met": 1})
    net.demand("car", B=60).demand("fan", B=60)
    solved = net.stock("B", "met", 26 / 12).solve()
    bounds = opened(solved, 2)
    bounds.arc[:, arc(solved, "met:A>B")] = 0.0
    line = run(solved, bounds, rerouting)
    assert line.served[0, :, 0].mean() == near(0.5)
    if rerouting == "none":
        assert line.served[0, :, 0] == near([0.5, 0.5])
    assert line.served[1, :, 0] == near([0.0, 0.0])
    assert line.pool_stock[:, 0, 0] == near([0.0, 0.0])


@pytest.mark.parametrize("rerouting", ["none", "qualified", "least"])
@pytest.mark.parametrize(
    "pace", [Pace(), Pace(SEASON), Pace(growth=0.1)], ids=["flat", "season", "growth"]
)
def test_without_a_shock_everything_is_served_for_five_years(three_nodes, rerouting, pace):
    bounds = Bounds.open(three_nodes.network, month_range("2025-01", 60))
    line = run_months(three_nodes.baseline, bounds, rerouting=rerouting, pace=pace)
    assert (line.served == 1.0).all()
    assert line.entry_stock[11] == near(line.stocks.entry_target)
    assert line.entry_stock[-1] == near(line.stocks.entry_target)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_without_a_shock_random_networks_serve_one(seed):
    solved = random_network(seed).solve()
    for rerouting in ("none", "qualified", "least"):
        line = run(solved, opened(solved, 13), rerouting, pace=Pace(SEASON))
        asked = solved.baseline.block("demand") > 0
        assert line.served[:, asked].min(initial=1.0) >= 1 - 1e-6, rerouting


def test_demand_and_flows_follow_season_and_growth():
    solved = chain()
    line = run(solved, opened(solved, 13, "2024-12"), "none", pace=Pace(SEASON, 0.1))
    assert line.units[0, 0] == near(10 * SEASON[11])
    assert line.units[1, 0] == near(10 * SEASON[0] * 1.1)
    assert line.arc_tonnes[1, 0, 0] == near(10 * SEASON[0] * 1.1)


def test_a_plant_that_shrank_keeps_its_share():
    net = Network().places("A").material("met", "mine").recipe("melt", {"met": 1})
    net.plant("melter", "A", "melt", capacity=120)
    net.add(
        "capacities",
        facility="melter",
        line=1,
        recipes="melt",
        quantity="30.0",
        unit="t_reo/yr",
        kind="nameplate",
        from_date="2025-03",
    )
    solved = net.product("car", {"met": 1}).demand("car", A=120).solve()
    for rerouting in ("none", "least"):
        assert served(solved, opened(solved, 4), rerouting, "car@A") == near([1, 1, 0.25, 0.25])


def test_other_arcs_open_after_their_lag():
    net = Network().places("C", "J", "U").material("met", "mine").recipe("melt", {"met": 1})
    net.plant("c", "C", "melt", capacity=80).plant("j", "J", "melt", capacity=200)
    net.observe("output(id=j material=met)", 40).observe("output(id=c material=met)", 80)
    net.trade("met", "C", "U", 80).trade("met", "J", "U", 20)
    net.product("car", {"met": 1}).demand("car", U=100)
    net.product("fan", {"met": 1}).demand("fan", J=20)
    solved = net.solve()
    bounds = opened(solved, 3)
    bounds.arc[:, arc(solved, "met:C>U")] = 0.0
    # The arc from J carries 15 per cent more at once, without limit under least.
    assert served(solved, bounds, "qualified", "car@U") == near([0.23] * 3)
    assert served(solved, bounds, "least", "car@U") == near([1.0] * 3)
    assert served(solved, bounds, "none", "car@U") == near([0.2] * 3)


def candidate() -> Solved:
    """U buys from C alone; J could sell to it."""
    net = Network().places("C", "J", "U").material("met", "mine").recipe("melt", {"met": 1})
    net.plant("c", "C", "melt", capacity=100).plant("j", "J", "melt", capacity=200)
    net.observe("output(id=j material=met)", 20).trade("met", "C", "U", 100)
    net.product("car", {"met": 1}).demand("car", U=100)
    return net.product("fan", {"met": 1}).demand("fan", J=20).solve()


def test_a_new_supplier_of_the_same_part_takes_six_months_from_the_first_shock():
    solved = candidate()
    bounds = opened(solved, 9)
    bounds.arc[1:, arc(solved, "met:C>U")] = 0.0
    assert served(solved, bounds, "qualified", "car@U") == near([1.0] + [0.0] * 6 + [1.0] * 2)


def test_a_state_stock_is_released_or_built_up():
    solved = chain()
    bounds = opened(solved, 2)
    bounds.arc[:, arc(solved, "met:A>B")] = 0.5
    pool = solved.graph.pools["id"].tolist().index("met@B")
    bounds.release[0, pool] = 3.0
    for rerouting in ("none", "least"):
        assert served(solved, bounds, rerouting, "car@B") == near([0.8, 0.5])
    bounds.release[:] = 0.0
    bounds.hold[0, pool] = 2.0
    assert served(solved, bounds, "none", "car@B") == near([0.3, 0.5])


def test_more_demand_than_the_chain_can_follow():
    solved = chain(capacity=180)
    bounds = opened(solved, 1)
    bounds.demand[:] = 2.0
    assert served(solved, bounds, "none", "car@B") == near([0.5])
    assert served(solved, bounds, "least", "car@B") == near([0.75])
    line = run(solved, bounds, "none")
    assert line.units[0, 0] == near(20.0)


def test_scrap_of_a_month_follows_the_magnets_of_the_month_before():
    net = Network().places("C", "J").material("ox", "separation").material("mag", "magnet")
    net.recipe("split", {"ox": 1}).recipe("scrap", {"ox": 1}).recipe(
        "sinter", {"mag": 1}, {"ox": 1}
    )
    net.plant("sep", "C", "split", capacity=75).plant("rec", "C", "scrap", process="recycle")
    net.plant("mag", "C", "sinter", capacity=100).trade("mag", "C", "J", 50)
    net.observe("output(id=rec material=ox)", 25).observe("output(id=sep material=ox)", 75)
    net.product("car", {"mag": 1}).demand("car", C=50, J=50)
    solved = net.solve()
    bounds = opened(solved, 2)
    bounds.arc[0, arc(solved, "mag:C>J")] = 0.0
    # Half of the magnets are not made in month 1, so half of the scrap is missing in month 2:
    # 12.5 of 100 t of oxide.
    assert served(solved, bounds, "none", "car@C") == near([1.0, 0.875])
    assert served(solved, bounds, "none", "car@J") == near([0.0, 0.875])


def test_priority_serves_the_military_first():
    net = Network().places("A", "B").material("met", "mine").recipe("melt", {"met": 1})
    net.plant("melter", "A", "melt", capacity=100).trade("met", "A", "B", 100)
    net.product("jet", {"met": 1}, value=1, segment="military").product("car", {"met": 1}, value=9)
    solved = net.demand("jet", B=50).demand("car", B=50).solve()
    bounds = opened(solved, 1)
    bounds.arc[:, arc(solved, "met:A>B")] = 0.5
    assert served(solved, bounds, "least", "car@B", rationing="value") == near([1.0])
    assert served(solved, bounds, "least", "jet@B", rationing="priority") == near([1.0])
    both = run(solved, bounds, "least", rationing="shared").served[0, :, 0]
    assert both == pytest.approx([0.5, 0.5], abs=1e-5)


def test_words_and_seasons_that_are_not_known(three_nodes):
    bounds = Bounds.open(three_nodes.network, month_range("2025-01", 1))
    with pytest.raises(sg.UsageError, match="rerouting 'fre' is not known"):
        run_months(three_nodes.baseline, bounds, rerouting="fre")
    with pytest.raises(sg.UsageError, match="rationing 'prior'"):
        run_months(three_nodes.baseline, bounds, rerouting="least", rationing="prior")
    with pytest.raises(sg.ScenarioError, match="twelve factors above 0 with mean 1"):
        Pace((1.0,) * 11)
    with pytest.raises(sg.ScenarioError, match="growth 3"):
        Pace(growth=3.0)
    with pytest.raises(sg.ScenarioError, match="month '2025-13' is not"):
        month_range("2025-13", 3)
