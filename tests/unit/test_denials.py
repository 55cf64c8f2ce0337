"""Denied end uses, month by hand: who may draw nothing over which arc, and who works for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from networks import Network
from random_networks import random_network
from solved_months import demand, near, opened, run, served

from supplygraph.scenario.bounds import compose
from supplygraph.scenario.load import scenario_of
from supplygraph.scenario.month_arrays import Bounds, Denial
from tests.solved_networks import Solved

pytestmark = pytest.mark.sampled


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


def test_a_region_called_as_the_imposing_market_exempts_no_other_market():
    net = Network().places("C").material("mag", "magnet").recipe("sinter", {"mag": 1})
    net.add("countries", id="D", name="D", market="D", region="C")
    net.plant("c", "C", "sinter", capacity=100).trade("mag", "C", "D", 40)
    net.product("jet", {"mag": 1}, segment="military").demand("jet", C=60, D=40)
    solved = net.solve()
    denial = {
        "id": "d",
        "kind": "end_use_denial",
        "imposed_by": ["C"],
        "covers": {"materials": ["mag"]},
        "segments": {"military": 1.0},
        "effective": "2025-01",
    }
    told = {"title": "t", "start": "2025-01", "months": 1, "measures": [denial]}
    found = compose(solved.graph, solved.baseline, scenario_of(solved.graph.dataset, told))
    assert served(solved, found, "none", "jet@D") == near([0.0])
    assert served(solved, found, "none", "jet@C") == near([1.0])


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
