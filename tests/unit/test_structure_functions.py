"""Flows, reachability and Shapley values on networks solved by hand."""

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import supplygraph as sg
from supplygraph.analysis.structure.dominators import Reach, dominators, reachable
from supplygraph.analysis.structure.flow_betweenness import flow_betweenness
from supplygraph.analysis.structure.max_flow import FlowProgram, max_flow, most_vital, vitality
from supplygraph.analysis.structure.shapley import coalitions_of, shapley
from supplygraph.errors import UsageError

SEEDS = st.integers(0, 10_000)
ANY_TIME = settings(deadline=None)  # the first call imports scipy or HiGHS


def layered(seed: int, gains: bool = False) -> nx.DiGraph:
    """Three layers with random arcs and capacities in tenths."""
    rng = np.random.default_rng(seed)
    network = nx.DiGraph()
    layers = [[f"{layer}{i}" for i in range(rng.integers(1, 5))] for layer in "abc"]
    for name in itertools.chain(*layers):
        network.add_node(name, capacity=float(rng.integers(0, 60)) / 10)
    for name in layers[0]:
        network.nodes[name]["source"] = True
    for name in layers[2]:
        network.nodes[name]["sink"] = True
    for first, second in itertools.pairwise(layers):
        for tail, head in itertools.product(first, second):
            if rng.random() < 0.7:
                gain = float(rng.integers(5, 11)) / 10 if gains else 1.0
                network.add_edge(tail, head, gain=gain)
    return network


def integer_flow(network: nx.DiGraph) -> float:
    """Maximum flow in tenths by networkx, nodes split; exact since all is integer."""
    split = nx.DiGraph()
    for name, data in network.nodes(data=True):
        split.add_edge((name, 0), (name, 1), capacity=round(10 * data["capacity"]))
        if data.get("source"):
            split.add_edge("from", (name, 0))
        if data.get("sink"):
            split.add_edge((name, 1), "to")
    for tail, head in network.edges:
        split.add_edge((tail, 1), (head, 0))
    if "from" not in split or "to" not in split:
        return 0.0
    return nx.maximum_flow_value(split, "from", "to") / 10


@pytest.mark.slow
@ANY_TIME
@given(SEEDS)
def test_flow_is_that_of_another_method(seed):
    network = layered(seed)
    assert max_flow(network) == pytest.approx(integer_flow(network), abs=1e-8)


@pytest.mark.slow
@ANY_TIME
@given(SEEDS, st.booleans())
def test_vitality_lies_between_nothing_and_all(seed, gains):
    network = layered(seed, gains)
    total = max_flow(network)
    found = vitality(network)
    for name, loss in found.items():
        assert 0.0 <= loss <= total + 1e-9
        assert loss == pytest.approx(total - max_flow(network, [name]), abs=1e-7)
    program = FlowProgram(network)
    names = sorted(found)
    for pair in itertools.combinations(names, 2):
        assert program.loss(pair) >= max(found[name] for name in pair) - 1e-7


@pytest.mark.slow
@ANY_TIME
@given(SEEDS)
def test_the_most_vital_pair_is_no_better_than_any_other(seed):
    network = layered(seed)
    groups = {name: (name,) for name in network if not network.nodes[name].get("sink")}
    if len(groups) < 2:
        return
    _, best = most_vital(network, 2, groups)
    for pair in itertools.combinations(sorted(groups), 2):
        assert FlowProgram(network).loss(pair) <= best + 1e-7
    assert most_vital(network, 2, groups, method="greedy")[1] <= best + 1e-7


def test_tenths_that_are_no_binary_fractions():
    """0.1 + 0.2 through a neck of 0.3: nothing is left over."""
    network = nx.DiGraph([("a", "neck"), ("b", "neck"), ("neck", "use")])
    capacity = {"a": 0.1, "b": 0.2, "neck": 0.3, "use": 1.0}
    nx.set_node_attributes(network, capacity, "capacity")
    found = vitality(network)
    assert max_flow(network) == pytest.approx(0.3, rel=1e-12)
    assert (found["a"], found["b"]) == pytest.approx((0.1, 0.2), rel=1e-9)
    network.nodes["neck"]["capacity"] = 0.1
    assert vitality(network)["a"] == 0.0


def test_gain_and_shared_line():
    """Half is lost on the way; two recipes of one line share 10 units, one takes 2 a tonne."""
    network = nx.DiGraph()
    network.add_node("use", capacity=100.0)
    for name in ("r1", "r2"):
        network.add_node(name, capacity=100.0)
        network.add_edge(name, "use", gain=0.5)
    network.graph["shared"] = [(10.0, {"r1": 1.0, "r2": 2.0})]
    assert max_flow(network) == pytest.approx(5.0)
    assert vitality(network) == pytest.approx({"r1": 2.5, "r2": 0.0})


def test_a_marked_dead_end_is_no_sink():
    network = nx.DiGraph([("a", "use"), ("a", "stray")])
    nx.set_node_attributes(network, {"a": 5.0, "use": 2.0, "stray": 9.0}, "capacity")
    assert max_flow(network) == pytest.approx(5.0)
    network.nodes["use"]["sink"] = True
    assert max_flow(network) == pytest.approx(2.0)
    nx.set_node_attributes(network, False, "sink")
    assert (max_flow(network), vitality(network)["a"]) == (0.0, 0.0)


def test_flow_errors_say_what_to_do():
    free = nx.DiGraph([("a", "use")])
    with pytest.raises(sg.UnboundedError, match="Give one of its nodes a capacity"):
        max_flow(free)
    free.nodes["a"]["capacity"] = -1
    with pytest.raises(sg.UsageError, match="capacity of 'a' is below 0"):
        max_flow(free)
    free.nodes["a"]["capacity"] = 1
    with pytest.raises(sg.UsageError, match="no node 'b'"):
        max_flow(free, ["b"])
    free.edges["a", "use"]["gain"] = 2
    with pytest.raises(sg.UsageError, match="gain of 'a' to 'use'"):
        max_flow(free)
    many = nx.DiGraph([(f"n{i}", "use") for i in range(200)])
    nx.set_node_attributes(many, 1.0, "capacity")
    with pytest.raises(sg.UsageError, match="too many"):
        most_vital(many, 3)
    with pytest.raises(sg.UsageError, match="method 'best'"):
        most_vital(many, 1, method="best")


# Flow betweenness


@ANY_TIME
@given(SEEDS)
def test_betweenness_is_a_share_and_a_cut_has_all(seed):
    rng = np.random.default_rng(seed)
    network = layered(seed)
    for _, _, data in network.edges(data=True):
        data["flow"] = float(rng.integers(0, 5))
    last = [n for n, d in network.nodes(data=True) if d.get("sink")]
    if sum(network.edges[a, b]["flow"] for a, b in network.edges if b in last) == 0:
        with pytest.raises(sg.UndefinedMetricError):
            flow_betweenness(network)
        return
    found = flow_betweenness(network)
    assert all(-1e-12 <= share <= 1 + 1e-12 for share in found.values())
    middle = [n for n in network if n.startswith("b")]
    assert flow_betweenness(network, {"all": middle})["all"] == pytest.approx(1.0)


def test_betweenness_through_a_loop():
    """Scrap that comes back: half of what the plant makes returns once, twice, ..."""
    network = nx.DiGraph()
    network.add_weighted_edges_from(
        [("mine", "plant", 4), ("plant", "use", 4), ("plant", "scrap", 4), ("scrap", "plant", 4)],
        weight="flow",
    )
    found = flow_betweenness(network, sinks=["use"])
    assert found == pytest.approx({"plant": 1.0, "mine": 1.0, "scrap": 0.5})


# Dominators


def brute_force(network: nx.DiGraph, removed: set[str]) -> set[str]:
    """Nodes that run, by trying one after another until nothing changes."""
    running: set[str] = set()
    while True:
        grown = set(running)
        for name, data in network.nodes(data=True):
            if name in removed or not data.get("open", True):
                continue
            kinds: dict[object, bool] = {}
            for tail, _, edge in network.in_edges(name, data=True):
                if edge.get("essential", True):
                    kinds[edge.get("kind")] = kinds.get(edge.get("kind"), False) or tail in running
            bare = network.in_degree(name) == 0 and data.get("source") is False
            if all(kinds.values()) and not bare:
                grown.add(name)
        if grown == running:
            return running
        running = grown


def random_plants(seed: int) -> nx.DiGraph:
    """A network with AND kinds, optional inputs, closed plants, empty pools and loops."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 9))
    network = nx.DiGraph()
    for i in range(count):
        network.add_node(f"n{i}", open=bool(rng.random() > 0.1))
    for i, j in itertools.permutations(range(count), 2):
        if rng.random() < (0.35 if i < j else 0.05):
            network.add_edge(
                f"n{i}", f"n{j}", kind=int(rng.integers(0, 2)), essential=bool(rng.random() > 0.15)
            )
    network.nodes["n1"]["source"] = False
    return network


@pytest.mark.slow
@ANY_TIME
@given(SEEDS)
def test_dominators_are_what_their_definition_says(seed):
    network = random_plants(seed)
    everything = brute_force(network, set())
    assert set(reachable(network)) == everything
    found = dominators(network, list(network.nodes))
    for target, names in found.items():
        wanted = {
            name
            for name in network
            if name != target
            and target in everything
            and target not in brute_force(network, {name})
        }
        assert set(names) == wanted


@pytest.mark.slow
@ANY_TIME
@given(SEEDS)
def test_with_one_kind_they_are_the_dominators_of_a_flow_graph(seed):
    network = layered(seed)
    for name in list(network):
        network.nodes[name]["source"] = False
        if name.startswith("a"):
            network.add_edge("root", name)
    tree = nx.immediate_dominators(network, "root")
    targets = [n for n in network if n.startswith("c") and n in tree]
    for target, names in dominators(network, targets).items():
        chain = set()
        node = target
        while tree.get(node) not in (None, node):
            node = tree[node]
            chain.add(node)
        if nx.has_path(network, "root", target):
            assert set(names) == chain


def test_a_loop_does_not_feed_itself():
    network = nx.DiGraph([("mine", "plant"), ("plant", "scrap"), ("scrap", "plant")])
    network.edges["mine", "plant"]["kind"] = "ore"
    network.edges["scrap", "plant"]["kind"] = "ore"
    assert reachable(network, ["mine"]) == frozenset()
    assert dominators(network, ["plant"]) == {"plant": ("mine",)}


def test_strange_names_are_refused():
    network = nx.DiGraph([("a", "b")])
    with pytest.raises(sg.UsageError, match="no node 'x'"):
        reachable(network, ["x"])
    with pytest.raises(sg.UsageError, match="no node 'y'"):
        dominators(network, ["y"])
    assert Reach(network).nodes == ["a", "b"]


# Shapley


@ANY_TIME
@given(st.integers(1, 5), SEEDS)
def test_shapley_is_the_mean_over_all_orders(count, seed):
    players = [f"p{i}" for i in range(count)]
    rng = np.random.default_rng(seed)
    worth = {s: float(rng.random()) for s in coalitions_of(players)}
    worth[frozenset()] = 0.0
    found = shapley(players, lambda sets: [worth[s] for s in sets])
    assert sum(found.values()) == pytest.approx(worth[frozenset(players)], abs=1e-12)
    mean = dict.fromkeys(players, 0.0)
    orders = list(itertools.permutations(players))
    for order in orders:
        for place, player in enumerate(order):
            before = frozenset(order[:place])
            mean[player] += (worth[before | {player}] - worth[before]) / len(orders)
    assert found == pytest.approx(mean, abs=1e-12)


@ANY_TIME
@given(st.integers(2, 6), SEEDS)
def test_equal_players_get_equal_parts_and_idle_ones_none(count, seed):
    rng = np.random.default_rng(seed)
    step = np.append(0.0, np.sort(rng.random(count)))
    players = [*(f"p{i}" for i in range(count)), "idle"]
    found = shapley(players, lambda sets: [float(step[len(s - {"idle"})]) for s in sets])
    assert found["idle"] == pytest.approx(0.0, abs=1e-12)
    assert [found[f"p{i}"] for i in range(count)] == pytest.approx([step[-1] / count] * count)


def test_too_many_players_or_one_twice():
    with pytest.raises(sg.UsageError, match="at most 12"):
        shapley([f"p{i}" for i in range(13)], lambda sets: [0.0] * len(sets))
    with pytest.raises(sg.UsageError, match="once"):
        shapley(["a", "a"], lambda sets: [0.0] * len(sets))


def test_a_gain_above_one_is_refused():
    network = nx.DiGraph([("a", "use", {"gain": 1.5})])
    with pytest.raises(UsageError, match="gain of 'a' to 'use' must be between 0 and 1"):
        max_flow(network)
