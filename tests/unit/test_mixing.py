"""Proportional mixing on graphs small enough to work out by hand."""

import numpy as np
import pytest

from supplygraph.errors import UndefinedMetricError, UsageError
from supplygraph.graph.mixing import Mixing, origin_shares, touched_share
from tests.worked_examples import MIXED


def test_the_worked_example():
    shares = origin_shares(MIXED, "EV")
    assert shares == pytest.approx(
        {"CN_mine": 0.67233, "US_mine": 0.14407, "AU_mine": 0.18360}, abs=5e-6
    )
    assert touched_share(MIXED, "EV", ["CN_sep"]) == pytest.approx(0.86442, abs=5e-6)
    assert touched_share(MIXED, "EV", ["CN_mag"]) == pytest.approx(0.73529, abs=5e-6)


def test_touched_at_any_stage_is_not_the_sum_over_stages():
    places = ["CN_mine", "CN_sep", "CN_mag"]
    anywhere = touched_share(MIXED, "EV", places)
    # What avoids China: AU ore separated in Malaysia, made into magnets in Japan.
    assert anywhere == pytest.approx(1 - (18 / 68) * (8 / 18))
    assert sum(touched_share(MIXED, "EV", [place]) for place in places) > 1.5


@pytest.mark.parametrize("seed", range(20))
def test_shares_of_any_graph_add_up_to_1(seed):
    rng = np.random.default_rng(seed)
    names = [f"n{i:02d}" for i in range(12)]
    flows = []
    for target in range(3, 12):  # the first three have no inflow; later ones may run in circles
        flows.append((names[rng.integers(3)], names[target], float(rng.uniform(0.01, 5))))
        for origin in rng.choice(12, 3, replace=False):
            if origin != target:
                flows.append((names[origin], names[target], float(rng.uniform(0, 5))))
    shares = origin_shares(flows, "n11")
    assert sum(shares.values()) == pytest.approx(1, abs=1e-12)
    assert touched_share(flows, "n11", ["n00", "n01", "n02"]) == pytest.approx(1, abs=1e-12)
    once = touched_share(flows, "n11", ["n04"])
    assert once <= touched_share(flows, "n11", ["n04", "n05"]) + 1e-12


def test_going_round_a_circle_is_counted_once():
    flows = [("mine", "a", 1.0), ("b", "a", 3.0), ("a", "b", 4.0), ("a", "car", 1.0)]
    assert origin_shares(flows, "car") == {"mine": pytest.approx(1)}
    assert touched_share(flows, "car", ["b"]) == pytest.approx(0.75)


def test_a_circle_that_nothing_enters():
    with pytest.raises(UndefinedMetricError, match="run in a circle"):
        origin_shares([("a", "b", 1.0), ("b", "a", 1.0), ("a", "car", 1.0)], "car")


@pytest.mark.parametrize(
    ("flows", "node", "says"),
    [
        ([("a", "b", -1.0)], "b", "below 0"),
        ([("a", "b", float("nan"))], "b", "not a number"),
        ([("mine", "car", 1.0)], "cat", "Did you mean 'car'"),
    ],
)
def test_what_is_no_flow_graph(flows, node, says):
    with pytest.raises(UsageError, match=says):
        origin_shares(flows, node)


def test_reaching_is_the_walk_seen_from_every_node():
    chain = Mixing(np.array([0, 1, 2]), np.array([2, 2, 3]), np.array([1.0, 3.0, 2.0]), 4)
    hit = np.array([True, False, False, False])
    assert chain.reaching(hit).tolist() == [1.0, 0.0, 0.25, 0.25]
