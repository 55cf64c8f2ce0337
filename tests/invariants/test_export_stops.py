"""A joint stop of exports is the measure that lists the goods, on any network."""

import numpy as np
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st
from networks import Network
from random_networks import random_network

from supplygraph.analysis.runs.scenario_runs import standing_shock
from supplygraph.scenario.export_stops import parse_export_stop
from tests.solved_networks import Solved

# A smaller seed is no simpler network: nothing is shrunk.
SLOW = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
SAME = 1e-6
MEASURE, MONTH = "stop-of-goods", "2025-06"


def goods_of(network: Network, rng: np.random.Generator) -> tuple[str, list[str]]:
    """A country that is a market of its own, and some of what it makes."""
    graph = network.compile()
    markets = graph.dataset["countries"]["market"]
    pools = graph.pools.iloc[np.unique(graph.made_pool)]
    makers = set(pools["market"]) - set(markets[markets.duplicated()])
    assume(makers)
    country = str(rng.choice(sorted(makers)))
    goods = sorted(pools["material"][pools["market"] == country])
    some = rng.choice(goods, int(rng.integers(1, len(goods) + 1)), replace=False)
    return country, sorted(str(name) for name in some)


def licensed(seed: int, approval: float, effective: str) -> tuple[Solved, str, list[str]]:
    """A random network with a licence on goods of one country, with no curve, grace or floor."""
    network = random_network(seed)
    country, goods = goods_of(network, np.random.default_rng(seed))
    network.document(
        "measures",
        MEASURE,
        title="Licences on some goods",
        kind="licence",
        imposed_by=[country],
        effective=effective,
        covers={"materials": goods},
        curve={"kind": "steps", "from_days": {0: 1.0}},
        approval={"*": approval},
        evidence="D",
    )
    return network.solve(), country, goods


@SLOW
@given(st.integers(0, 400), st.floats(0.001, 1), st.sampled_from(["2023-01-01", "2025-06-01"]))
@example(3, 1.0, "2025-06-01")
def test_a_joint_stop_equals_its_measure(seed, depth, effective):
    """All of it is approval 0 everywhere, depth s is approval 1 - s."""
    net, country, goods = licensed(seed, 1 - depth, effective)
    base, share = net.baseline, f"share={depth:.12f}"
    listed = [f"material={name} market={country} {share}" for name in goods]
    stops = [
        parse_export_stop(base, listed),
        parse_export_stop(base, [f"measure={MEASURE} {share}"]),
    ]
    assume((stops[0].shock.arc < 1).any())
    assert np.abs(stops[0].shock.arc - stops[1].shock.arc).max() <= SAME
    measured = standing_shock(base, MONTH, [MEASURE], [])
    served = net.cascade.served(net.cascade.levels([measured, *(s.shock for s in stops)]))
    assert np.abs(served - served[:, :1]).max() <= SAME


@SLOW
@given(st.integers(0, 400), st.floats(0, 1))
def test_a_deeper_stop_never_serves_more_and_no_stop_loses_anything(seed, depth):
    net, _, _ = licensed(seed, 0.0, "2025-06-01")
    shares = (0.0, depth / 2, depth, 1.0)
    stops = [parse_export_stop(net.baseline, [f"measure={MEASURE} share={s:.12f}"]) for s in shares]
    served = net.cascade.served(net.cascade.levels([stop.shock for stop in stops]))
    assert (np.diff(served, axis=1) <= 1e-9).all()
    assert np.abs(served[:, 0] - 1).max() <= 1e-9
