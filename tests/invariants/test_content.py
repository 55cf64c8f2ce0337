"""What must hold for rules of content on any network, under both readings and all engines."""

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from supplygraph.engines.content_exclusions import ContentMeter, Flows
from supplygraph.engines.segregated_network import SegregatedNetwork
from supplygraph.engines.segregation import SegregationProgram, compliant_supply
from supplygraph.engines.timeline import run_months
from supplygraph.scenario import Shock
from supplygraph.scenario.bounds import compose
from supplygraph.scenario.load import scenario_of
from supplygraph.scenario.measures import ImportRestriction
from supplygraph.scenario.measures.base import Time
from supplygraph.scenario.network_queries import World
from tests.random_networks import random_network
from tests.solved_networks import Solved

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


class Case:
    """A random network with a rule of purchase: one country, some stages, some buyers."""

    def __init__(self, seed: int) -> None:
        self.solved: Solved = random_network(seed).solve()
        rng, graph = np.random.default_rng(seed), self.solved.graph
        demands = graph.demands
        needed = np.unique(graph.inputs.pool[graph.inputs.user >= graph.n_activities])
        goods = sorted(set(graph.pools["material"].iloc[needed]))
        market = {m: c for c, m in zip(*self._countries(), strict=True)}
        country = market[str(rng.choice(sorted(market)))]
        stages = sorted(set(graph.activities["stage"]) & {"mine", "separation", "metal", "magnet"})
        products = sorted(set(demands["product"]))
        bound = {p: round(float(rng.uniform(0.3, 1.0)), 2) for p in products if rng.random() < 0.6}
        self.rule = {
            "id": "buy",
            "kind": "import_restriction",
            "countries": [country],
            "covers": {"materials": goods},
            "destinations": ["*"],
            "products": bound,
            "stages": [s for s in stages if rng.random() < 0.7] or stages[:1],
            "threshold": float(rng.choice([0.0, 0.0, 0.3])),
        }
        self.good = bool(stages and bound and goods)

    def _countries(self) -> tuple[list[str], list[str]]:
        """Countries that are markets of their own."""
        table = self.solved.graph.dataset["countries"]
        alone = [m for m in table["market"] if (table["market"] == m).sum() == 1]
        rows = table[table["market"].isin(alone)]
        return list(rows["id"]), list(rows["market"])

    def copies(self) -> SegregatedNetwork | None:
        if not self.good:
            return None
        baseline = self.solved.baseline
        world = World(self.solved.graph, baseline)
        time = Time(np.arange(30), np.ones(30, dtype=bool), 0)
        (test,) = ImportRestriction(**self.rule).tests(world, time)
        share = np.where(baseline.block("demand") > 0, test.denied, 0.0)
        return SegregatedNetwork(baseline, test, share) if (share > 0).any() else None


@SLOW
@given(st.integers(0, 400))
def test_two_copies_balance_as_one_and_segregation_is_never_below_mixing(seed):
    case = Case(seed)
    copies = case.copies()
    assume(copies is not None)
    assert copies.baseline.residual() < 1e-5
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.1, 1.0, len(copies.bound))
    left = np.zeros(len(copies.pass_from))
    found = compliant_supply(copies, weights, left)
    mixing, kept = weights @ found.mixing, weights @ found.segregated
    assert kept >= mixing - 1e-6 * weights.sum()
    half = compliant_supply(copies, weights, left + 0.5)
    assert weights @ half.mixing >= mixing - 1e-6 * weights.sum()


@SLOW
@given(st.integers(0, 400))
def test_without_a_rule_two_copies_serve_what_one_does(seed):
    """Base flows stand in the mixed copy, so every demand is served in full."""
    case = Case(seed)
    copies = case.copies()
    assume(copies is not None)
    plain = case.solved.program
    first = case.solved.graph.n_demands
    weights = np.concatenate([plain.weights, np.zeros(len(copies.bound))])
    bound = copies.bound
    weights[first:] = plain.weights[bound] * copies.share[bound]
    weights[bound] *= 1 - copies.share[bound]
    program = SegregationProgram(copies, weights=weights, month=None)
    whole = program.solve(Shock.nothing(copies.graph))
    assert whole.served[program.base_units > 0].min() > 1 - 1e-6


@SLOW
@given(st.integers(0, 400))
def test_content_is_a_share_and_is_whole_where_it_begins(seed):
    case = Case(seed)
    copies = case.copies()
    assume(copies is not None)
    meter = ContentMeter(case.solved.graph, copies.test)
    found = meter.content(Flows.of_base(case.solved.baseline))
    assert (found >= -1e-9).all() and (found <= 1 + 1e-9).all()
    made = case.solved.baseline.made > 0
    assert np.allclose(found[copies.test.foul & made], 1.0)


@SLOW
@given(st.integers(0, 400))
def test_a_rule_never_serves_more_than_none_does(seed):
    case = Case(seed)
    assume(case.good)
    solved = case.solved
    content = {
        "title": "t",
        "start": "2025-01",
        "months": 1,
        "season": False,
        "measures": [case.rule],
    }
    scenario = scenario_of(solved.graph.dataset, content)
    bounds = compose(solved.graph, solved.baseline, scenario)
    weights = solved.program.weights
    line = {
        name: run_months(solved.baseline, bounds, rerouting=name, covers=("central",))
        for name in ("none", "least")
    }
    total = {name: float(weights @ item.served[0, :, 0]) for name, item in line.items()}
    assert total["none"] <= 1 + 1e-6 and total["least"] <= 1 + 1e-6
    bound = [p in case.rule["products"] for p in solved.graph.demands["product"]]
    untouched = line["none"].served[0, ~np.array(bound), 0]
    assert (untouched > 1 - 1e-6).all()
