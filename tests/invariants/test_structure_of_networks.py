"""Structure measures against the engines, on random networks and on the shipped data."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from program import shipped_chain
from random_networks import random_network, removals

from supplygraph.analysis.losses.entities import entities_of
from supplygraph.analysis.structure.dominators import Reach
from supplygraph.analysis.structure.element_networks import Elements, groups_in
from supplygraph.analysis.structure.max_flow import FlowProgram
from supplygraph.analysis.structure.shapley import coalition_losses, players_of, shapley
from supplygraph.baseline import Ranges
from supplygraph.errors import NotConvergedError
from supplygraph.scenario import Shock, parse_shock

SAME = 1e-7


def elements_of(solved) -> Elements:
    program = solved.program
    return Elements(solved.baseline, program.activity_upper, program.line_upper)


@given(st.integers(0, 400))
@settings(max_examples=40, deadline=None)
def test_what_cannot_be_reached_is_lost_under_the_engines(seed):
    """Base links: nothing served under none. Any link: nothing under least either."""
    solved = random_network(seed).solve()
    try:
        elements = elements_of(solved)
    except NotConvergedError:  # a use that a solver does not tell from nothing is refused
        reject()
    graph = solved.graph
    units = solved.baseline.block("demand")
    for texts in removals(solved, seed, most=6):
        shock = parse_shock(graph, texts)
        if (shock.made < 1).any() or (shock.arc < 1).any() or (shock.activity % 1 > 0).any():
            continue
        gone = [elements.user_name[i] for i in np.flatnonzero(shock.activity == 0)]
        none = solved.cascade.served(solved.cascade.levels([shock]))[:, 0]
        least = solved.program.solve(shock).served
        for links, served in (("base", none), ("any", least)):
            reach = Reach(elements.all_inputs(links))
            runs = reach.runs(reach.closed([gone]))[:, 0]
            for demand in np.flatnonzero(units > 0):
                name = elements.user_name[graph.n_activities + demand]
                if not runs[reach.place[name]]:
                    assert served[demand] <= SAME, (links, name)


@cache
def shipped_elements() -> Elements:
    program = shipped_chain().loaded.tracer().month.program
    return Elements(shipped_chain().baseline, program.activity_upper, program.line_upper)


@pytest.mark.parametrize("element", ["Ce", "Dy", "Gd", "La", "Nd", "Pr", "Sc", "Sm", "Tb", "Y"])
def test_base_flow_is_the_maximum_flow_of_an_element(element):
    """Demand is served in the base year and cannot be exceeded, so F0 is demand exactly."""
    network = shipped_elements().network(element)
    demand = sum(data["capacity"] for _, data in network.nodes(data=True) if data["sink"])
    program = FlowProgram(network)
    assert demand > 0
    assert program.total == pytest.approx(demand, rel=1e-6)
    for name, data in network.nodes(data=True):
        arriving = sum(flow for _, _, flow in network.in_edges(name, data="flow"))
        if "capacity" in data and not data["sink"] and not data["source"]:
            assert arriving <= data["capacity"] * (1 + 1e-6) + 1e-6, name
    for gain in (data.get("gain", 1.0) for _, _, data in network.edges(data=True)):
        assert 0.0 <= gain <= 1.0


@pytest.mark.parametrize("element", ["Ce", "Dy", "Nd", "Sm", "Tb", "Y"])
def test_no_tonne_of_an_element_is_lost_unseen(element):
    """What enters leaves, but for recovery at plants and the share that nobody names."""
    elements = shipped_elements()
    network = elements.network(element)
    held = dict(zip(elements.home_name, elements.held_share, strict=True))
    for name, data in network.nodes(data=True):
        if data["source"] or data["sink"]:
            continue
        arrives = sum(flow for _, _, flow in network.in_edges(name, data="flow"))
        leaves = sum(flow for _, _, flow in network.out_edges(name, data="flow"))
        if name in held:
            wanted = arrives * (1 - held[name])
        elif name.endswith("(made)"):
            wanted = arrives
        else:
            gains = {data.get("gain", 1.0) for _, _, data in network.out_edges(name, data=True)}
            assert len(gains) == 1, f"{name} has one output that carries it"
            wanted = arrives * gains.pop()
        assert leaves == pytest.approx(wanted, rel=1e-4, abs=1e-3), name


def test_more_is_lost_with_a_country_than_with_one_of_its_processes():
    elements, baseline = shipped_elements(), shipped_chain().baseline
    network = elements.network("Dy")
    program = FlowProgram(network)
    by_process = groups_in(network, elements, entities_of(baseline, "country-process"))
    by_country = groups_in(network, elements, entities_of(baseline, "country"))
    for name, nodes in by_process.items():
        country = name.partition("/")[0]
        assert program.loss(nodes) <= program.loss(by_country[country]) + 1e-6


def test_shapley_shares_sum_to_the_loss_of_all_together():
    tracer = shipped_chain().loaded.tracer()
    players = sorted(players_of(tracer)[0])
    assert "CN" in players and 2 <= len(players) <= 12
    found = shapley(players, lambda sets: coalition_losses(tracer, sets))
    everybody = coalition_losses(tracer, [frozenset(players), frozenset()])
    assert sum(found.values()) == pytest.approx(float(everybody[0]), abs=1e-9)
    assert float(everybody[1]) == pytest.approx(0.0, abs=1e-12)
    alone = {p: float(coalition_losses(tracer, [frozenset([p])])[0]) for p in players}
    for player in players:
        # A removal leaves output without a record in place, a coalition stops all.
        removed = shipped_chain().remove(f"id={player}").solve(rerouting="none")
        assert alone[player] >= removed.total["loss_none"] - 1e-9


def test_ranges_hold_the_base_share_and_are_wider_for_less_certain_figures():
    baseline = shipped_chain().baseline
    ranges = Ranges(baseline)
    graph = baseline.graph
    heavy = np.flatnonzero((graph.activities["process"] == "heavy").to_numpy())
    china = [i for i in heavy if graph.activities["country"][i] == "CN"]
    share = ranges.share({int(i): 1.0 for i in china}, {int(i): 1.0 for i in heavy}, 1.0)
    assert share == pytest.approx((1.0, 1.0), abs=1e-3)
    assert np.isnan(ranges.share({}, {0: 1.0}, float("nan"))[0])


def test_nothing_removed_is_nothing_lost():
    tracer = shipped_chain().loaded.tracer()
    shock = Shock.nothing(shipped_chain().network)
    assert tracer.month.cascade.served(tracer.month.cascade.levels([shock])).min() >= 1 - 1e-9
