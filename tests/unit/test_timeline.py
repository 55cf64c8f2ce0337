"""Months solved by hand: stocks, caps, seasons, denial, lags, scrap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from networks import Network
from random_networks import random_network

import supplygraph as sg
from supplygraph.engines.timeline import Pace, Timeline, run_months
from supplygraph.scenario.bounds import compose
from supplygraph.scenario.load import scenario_of
from supplygraph.scenario.month_arrays import Bounds, Denial, month_range
from tests.solved_networks import Solved

pytestmark = pytest.mark.sampled

WEEK = 12 / 52
SEASON = (1.3, 0.6, 1.1, 1.0, 1.0, 0.9, 1.1, 1.0, 1.0, 1.0, 1.0, 1.0)


def near(value: float | list) -> object:
    return pytest.approx(value, abs=2e-6)


def opened(solved: Solved, months: int, start: str = "2025-01") -> Bounds:
    return Bounds.open(solved.graph, month_range(start, months))


def arc(solved: Solved, name: str) -> int:
    return solved.graph.arcs["id"].tolist().index(name)


def demand(solved: Solved, name: str) -> int:
    rows = solved.graph.demands
    return [f"{p}@{m}" for p, m in zip(rows["product"], rows["market"], strict=True)].index(name)


def run(solved: Solved, bounds: Bounds, rerouting: str, **options: object) -> Timeline:
    options.setdefault("covers", ("central",))
    return run_months(solved.baseline, bounds, rerouting=rerouting, **options)


def served(solved: Solved, bounds: Bounds, rerouting: str, name: str, **options: object) -> list:
    line = run(solved, bounds, rerouting, **options)
    return line.served[:, demand(solved, name), 0].tolist()


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


def denied(solved: Solved, *denials: tuple[dict[str, float], list[str]]) -> Bounds:
    """One month in which products are denied shares of their draws over arcs."""
    found, plants = [], solved.graph.n_activities
    for shares, arcs in denials:
        mask = solved.graph.arcs["id"].isin(arcs).to_numpy()
        share = np.zeros((1, plants + solved.graph.n_demands))
        for name, value in shares.items():
            share[0, plants + demand(solved, name)] = value
        assert mask.sum() == len(arcs)
        found.append(Denial(mask, share))
    return replace(opened(solved, 1), denials=tuple(found))


def military() -> Solved:
    """Jets and cars in U take magnets from C (60) and J (40); each needs half of all."""
    net = Network().places("C", "J", "U").material("mag", "magnet").recipe("sinter", {"mag": 1})
    net.plant("c", "C", "sinter", capacity=60).plant("j", "J", "sinter", capacity=40)
    net.trade("mag", "C", "U", 60).trade("mag", "J", "U", 40)
    net.product("jet", {"mag": 1}, segment="military").product("car", {"mag": 1})
    return net.demand("jet", U=50).demand("car", U=50).solve()


def test_what_is_denied_to_an_end_use():
    solved = military()
    bounds = denied(solved, ({"jet@U": 1.0}, ["mag:C>U"]))
    # Nobody reroutes: a jet keeps the 40 per cent that come from J, cars keep everything.
    assert served(solved, bounds, "none", "jet@U") == near([0.4])
    assert served(solved, bounds, "none", "car@U") == near([1.0])
    # Rerouted, all of J goes to jets: 40 of 50.
    assert served(solved, bounds, "least", "jet@U") == near([0.8])
    assert served(solved, bounds, "least", "car@U") == near([1.0])


def arms_and_cars() -> Solved:
    """Metal of C becomes magnets for jets and others for cars in U; those in J also serve jets."""
    net = Network().places("C", "J", "U")
    net.material("met", "metal").material("mag-jet", "magnet").material("mag", "magnet")
    net.recipe("melt", {"met": 1}).recipe("sinter", {"mag": 1}, {"met": 1})
    net.recipe("sinter-jet", {"mag-jet": 1}, {"met": 1})
    net.plant("c", "C", "melt", capacity=100).plant("j-jet", "J", "sinter-jet", capacity=20)
    net.plant("u", "U", "sinter", capacity=50).plant("u-jet", "U", "sinter-jet", capacity=30)
    net.trade("met", "C", "U", 80).trade("met", "C", "J", 20).trade("mag-jet", "J", "U", 20)
    net.product("jet", {"mag-jet": 1}, segment="military").product("car", {"mag": 1})
    return net.demand("jet", U=50).demand("car", U=50).solve()


@pytest.mark.parametrize(("places", "left"), [(["U"], 0.4), (["*"], 0.0), (["J"], 0.6)])
def test_who_makes_nothing_but_arms_is_denied_what_they_are(places, left):
    """No jet draws metal itself: a denial of metal reaches it through who works for it alone."""
    solved = arms_and_cars()
    denial = {
        "id": "d",
        "kind": "end_use_denial",
        "imposed_by": ["C"],
        "covers": {"materials": ["met"]},
        "segments": {"military": 1.0},
        "destinations": places,
        "effective": "2025-01",
    }
    scenario = scenario_of(
        solved.graph.dataset, {"title": "t", "start": "2025-01", "months": 1, "measures": [denial]}
    )
    found = compose(solved.graph, solved.baseline, scenario)
    for rerouting in ("none", "qualified", "least"):
        assert served(solved, found, rerouting, "jet@U") == near([left]), rerouting
        assert served(solved, found, rerouting, "car@U") == near([1.0]), rerouting
    plants = {a.entity for a in found.applied if a.block == "denied"}
    makers = {"U": {"u-jet/1/sinter-jet"}, "J": {"j-jet/1/sinter-jet"}}
    assert plants == makers.get(places[0], makers["U"] | makers["J"])


def test_half_a_denial_exempts_half_of_the_draws():
    solved = military()
    bounds = denied(solved, ({"jet@U": 0.5}, ["mag:C>U", "mag:J>U"]))
    assert served(solved, bounds, "none", "jet@U") == near([0.5])
    assert served(solved, bounds, "least", "jet@U") == near([0.5])


def four_places() -> Solved:
    """In U 60 magnets from C, 30 from J and 10 from K: half for cars, a quarter each for jets
    and radars."""
    net = Network().places("C", "J", "K", "U").material("mag", "magnet")
    net.recipe("sinter", {"mag": 1})
    for place, tonnes in (("C", 60), ("J", 30), ("K", 10)):
        net.plant(place.lower(), place, "sinter", capacity=tonnes).trade("mag", place, "U", tonnes)
    for product, units in (("jet", 25), ("radar", 25), ("car", 50)):
        net.product(product, {"mag": 1}, segment="civil" if product == "car" else "military")
        net.demand(product, U=units)
    return net.solve()


@pytest.mark.parametrize("rerouting", ["none", "least"])
def test_two_denials_close_their_own_arcs_alone(rerouting):
    solved = four_places()
    # Jets get nothing from C, radars nothing from J: one mask for both would leave both only K.
    bounds = denied(solved, ({"jet@U": 1.0}, ["mag:C>U"]), ({"radar@U": 1.0}, ["mag:J>U"]))
    share = {name: served(solved, bounds, rerouting, f"{name}@U")[0] for name in PRODUCTS}
    # Rerouted, 25 of the 40 from J and K go to jets and radars draw on C.
    none = {"jet": 0.4, "radar": 0.7, "car": 1.0}
    assert share == near(none if rerouting == "none" else dict.fromkeys(PRODUCTS, 1.0))


PRODUCTS = ("jet", "radar", "car")


@pytest.mark.slow
def test_what_one_end_use_takes_no_other_takes_again():
    solved = four_places()
    closed = ["mag:C>U", "mag:J>U"]
    # Jets may use K alone, radars J and K: together 40 t for 50, of which jets get at most 10.
    bounds = denied(solved, ({"jet@U": 1.0}, closed), ({"radar@U": 1.0}, ["mag:C>U"]))
    share = {name: served(solved, bounds, "least", f"{name}@U")[0] for name in PRODUCTS}
    assert share == near({"jet": 0.4, "radar": 1.0, "car": 1.0})
    # Nobody may use C: 40 t for all three, whatever each of them is denied besides.
    everyone = dict.fromkeys((f"{name}@U" for name in PRODUCTS), 1.0)
    bounds = denied(solved, (everyone, ["mag:C>U"]), ({"radar@U": 1.0}, ["mag:J>U"]))
    lost = [1 - served(solved, bounds, "least", f"{name}@U")[0] for name in PRODUCTS]
    assert 25 * lost[0] + 25 * lost[1] + 50 * lost[2] == near(60.0)
    assert 25 * (1 - lost[1]) <= 10 + 1e-6
    none = [served(solved, bounds, "none", f"{name}@U")[0] for name in PRODUCTS]
    assert none == near([0.4, 0.1, 0.4])


def test_over_one_arc_the_largest_of_two_denials_counts():
    solved = four_places()
    bounds = denied(solved, ({"jet@U": 0.5}, ["mag:C>U"]), ({"jet@U": 0.8}, ["mag:C>U", "mag:J>U"]))
    # Kept of C 20 per cent of 60, of J 20 per cent of 30, and the 10 from K.
    assert served(solved, bounds, "none", "jet@U") == near([0.2 * 0.6 + 0.2 * 0.3 + 0.1])
    # Rerouted, 5 of its 25 may come from C or J and 10 from K.
    assert served(solved, bounds, "least", "jet@U") == near([15 / 25])
    assert served(solved, bounds, "least", "radar@U") == near([1.0])


def test_two_parts_of_the_draws_are_denied_apart():
    solved = four_places()
    bounds = denied(solved, ({"jet@U": 0.6}, ["mag:C>U"]), ({"jet@U": 1.0}, ["mag:J>U"]))
    # 40 per cent of C and none of J; rerouted 10 from C and 10 from K.
    assert served(solved, bounds, "none", "jet@U") == near([0.4 * 0.6 + 0.1])
    assert served(solved, bounds, "least", "jet@U") == near([0.8])


def test_a_denied_user_keeps_its_own_stock_and_no_other():
    net = Network().places("C", "U").material("mag", "magnet").recipe("sinter", {"mag": 1})
    net.plant("c", "C", "sinter", capacity=120).trade("mag", "C", "U", 120)
    for name in ("jet", "radar", "car"):
        net.product(name, {"mag": 1}, segment="civil" if name == "car" else "military")
        net.demand(name, U=40)
    solved = net.stock("jet@U", "mag", 26 / 12).stock("car@U", "mag", 52 / 12).solve()
    bounds = denied(solved, ({"jet@U": 1.0}, ["mag:C>U"]), ({"radar@U": 0.5}, ["mag:C>U"]))
    for rerouting in ("none", "least"):
        share = {name: served(solved, bounds, rerouting, f"{name}@U")[0] for name in PRODUCTS}
        assert share == near({"jet": 0.5, "radar": 0.5, "car": 1.0}), rerouting


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_denials_of_random_networks_are_ordered(seed):
    solved = random_network(seed).solve()
    rng = np.random.default_rng(seed)
    arcs, users = len(solved.graph.arcs), solved.graph.n_activities + solved.graph.n_demands
    denials = tuple(
        Denial(rng.random(arcs) < 0.5, rng.choice([0.0, 0.5, 1.0], (2, users))) for _ in range(3)
    )
    bounds = replace(opened(solved, 2), denials=denials)
    one, fewer = (replace(bounds, denials=part) for part in (denials, denials[:1]))
    weight = np.asarray(solved.program.weights)
    lost = {
        rerouting: [
            float(((1 - run(solved, each, rerouting).served[0, :, 0]) * weight).sum())
            for each in (one, fewer)
        ]
        for rerouting in ("none", "least")
    }
    assert lost["least"][0] <= lost["none"][0] + 1e-6
    assert lost["least"][1] <= lost["least"][0] + 1e-6
    assert lost["none"][1] <= lost["none"][0] + 1e-6


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
