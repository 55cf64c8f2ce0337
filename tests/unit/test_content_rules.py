"""Rules of content solved by hand: mixing, threshold, repeated cuts, compliance, both bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from networks import Network
from program import shipped_chain

from supplygraph.analysis.origins.comply import comply_rows
from supplygraph.engines import content_exclusions as content_engine
from supplygraph.engines.content_exclusions import ContentMeter, Flows, caught
from supplygraph.engines.timeline import Timeline, run_months
from supplygraph.errors import NotConvergedError, ScenarioError
from supplygraph.scenario.bounds import compose
from supplygraph.scenario.load import scenario_of
from supplygraph.scenario.measures import ContentRule, ImportRestriction, Measure
from supplygraph.scenario.measures.base import Time
from supplygraph.scenario.measures.prices import PricedAs, prices_per_tonne
from supplygraph.scenario.network_queries import World
from tests.solved_networks import Solved

pytestmark = pytest.mark.sampled

ENGINES = ("none", "qualified", "least")
RULE = {
    "id": "rule",
    "kind": "content_rule",
    "imposed_by": ["C"],
    "covers": {"materials": ["mag"]},
    "ingredients": {"materials": ["met"]},
    "threshold": 0.001,
    "price_month": "2025-04",
    "prices": {"met": 15, "mag": 50},
}
BUY = {
    "id": "buy",
    "kind": "import_restriction",
    "imposed_by": ["U"],
    "countries": ["C"],
    "covers": {"materials": ["mag"]},
    "stages": ["metal", "magnet"],
    "destinations": ["U"],
    "segments": {"military": 1.0},
}


def near(value: float | list) -> object:
    return pytest.approx(value, abs=1e-6)


def abroad(foreign: float = 60, own: float = 40, idle: bool = False) -> Solved:
    """A makes 100 t of magnets for cars in B, of metal from C and of its own; D could too."""
    net = Network().places("A", "B", "C", *(["D"] if idle else []))
    net.material("met", "metal").material("mag", "magnet")
    net.recipe("smelt", {"met": 1}).recipe("sinter", {"mag": 1}, {"met": 1})
    net.plant("met-c", "C", "smelt", capacity=300)
    net.observe("output(id=met-c material=met)", foreign)
    if own:
        net.plant("met-a", "A", "smelt", capacity=own)
        net.observe("output(id=met-a material=met)", own)
    net.plant("mag-a", "A", "sinter", capacity=foreign + own)
    if idle:
        net.plant("mag-d", "D", "sinter", capacity=200)
        net.trade("met", "C", "D", 0).trade("mag", "D", "B", 0)
        net.observe("output(id=mag-d material=mag)", 0)
    net.observe("output(id=mag-a material=mag)", foreign + own)
    net.trade("met", "C", "A", foreign).trade("mag", "A", "B", foreign + own)
    net.product("car", {"mag": 1}, segment="civil").demand("car", B=foreign + own)
    return net.solve()


def at_home(military: float = 20) -> Solved:
    """U makes 100 t of magnets for its army and its cars, 60 t of the metal from C."""
    net = Network().places("C", "U").material("met", "metal").material("mag", "magnet")
    net.recipe("smelt", {"met": 1}).recipe("sinter", {"mag": 1}, {"met": 1})
    net.plant("met-c", "C", "smelt", capacity=60).plant("met-u", "U", "smelt", capacity=40)
    net.plant("mag-u", "U", "sinter", capacity=100)
    for plant, tonnes in (("met-c", 60), ("met-u", 40)):
        net.observe(f"output(id={plant} material=met)", tonnes)
    net.observe("output(id=mag-u material=mag)", 100).trade("met", "C", "U", 60)
    net.product("tank", {"mag": 1}, segment="military").demand("tank", U=military)
    net.product("car", {"mag": 1}).demand("car", U=100 - military)
    return net.solve()


def run(solved: Solved, rule: dict, rerouting: str, months: int = 1, **changes: object) -> Timeline:
    content = {
        "title": "t",
        "start": "2025-01",
        "months": months,
        "season": False,
        "measures": [{**rule, **changes}],
    }
    scenario = scenario_of(solved.graph.dataset, content)
    bounds = compose(solved.graph, solved.baseline, scenario)
    return run_months(solved.baseline, bounds, rerouting=rerouting, covers=("central",))


def shares(solved: Solved, line: Timeline, row: int = -1) -> dict[str, float]:
    demands = solved.graph.demands
    names = [f"{p}@{m}" for p, m in zip(demands["product"], demands["market"], strict=True)]
    return dict(zip(names, line.served[row, :, 0].tolist(), strict=True))


def pools_caught(solved: Solved, line: Timeline, row: int = -1) -> list[str]:
    ids = solved.graph.pools["id"]
    return [str(name) for item in line.caught[row] for name in ids[item.pools[:, 0]]]


def content_of(solved: Solved, measure: Measure, drawn: float = 1.0) -> dict[str, float]:
    """Content by pool, of flows whose plants draw so many times what they drew."""
    time = Time(np.arange(30), np.ones(30, dtype=bool), 0)
    (test,) = measure.tests(World(solved.graph, solved.baseline), time)
    flows = Flows.of_base(solved.baseline)
    flows = replace(flows, drawn=drawn * flows.drawn)
    found = ContentMeter(solved.graph, test).content(flows)
    return dict(zip(solved.graph.pools["id"], found.tolist(), strict=True))


def test_content_is_the_foreign_share_of_the_feed_by_value_and_by_weight():
    solved = abroad()
    # 60 of 100 t of metal at 15 in a magnet of 50.
    assert content_of(solved, ContentRule(**RULE))["mag@A"] == near(0.6 * 15 / 50)
    assert content_of(at_home(), ImportRestriction(**BUY))["mag@U"] == near(0.6)


def test_an_ingredient_turned_into_another_abroad_counts_at_its_own_value():
    net = Network().places("A", "B", "C")
    net.material("ox", "separation").material("met", "metal").material("mag", "magnet")
    net.recipe("split", {"ox": 1}).recipe("smelt", {"met": 1}, {"ox": 2})
    net.recipe("sinter", {"mag": 1}, {"met": 0.5})
    net.plant("ox-c", "C", "split", capacity=100).plant("met-a", "A", "smelt", capacity=50)
    net.plant("mag-a", "A", "sinter", capacity=100).trade("ox", "C", "A", 100)
    net.trade("mag", "A", "B", 100).observe("output(id=mag-a material=mag)", 100)
    net.observe("output(id=ox-c material=ox)", 100)
    net.observe("output(id=met-a material=met)", 50)
    net.product("car", {"mag": 1}).demand("car", B=100)
    rule = RULE | {"ingredients": {"materials": ["ox", "met"]}}
    rule["prices"] = {"ox": 4, "met": 20, "mag": 50}
    found = content_of(net.solve(), ContentRule(**rule))
    # A tonne of magnet holds one of oxide, worth 4, whatever its metal is worth.
    assert found["mag@A"] == near(4 / 50)
    assert found["met@A"] == near(2 * 4 / 20)


@pytest.mark.parametrize(
    ("metal", "magnet", "share", "hit"),
    [(0.045, 45, 0.001, True), (0.02, 500, 0.00004, False), (0.0449, 45, 0.0449 / 45, False)],
)
def test_the_published_examples_of_the_tenth_of_a_percent(metal, magnet, share, hit):
    """A magnet of 45 with 0.045 of listed metal is caught, a target of 500 with 0.02 is not."""
    solved = abroad(foreign=100, own=0)
    rule = RULE | {"prices": {"met": metal, "mag": magnet}}
    assert content_of(solved, ContentRule(**rule))["mag@A"] == pytest.approx(share, rel=1e-9)
    for rerouting in ENGINES:
        line = run(solved, rule, rerouting)
        assert (pools_caught(solved, line) == ["mag@A"]) is hit
        assert shares(solved, line)["car@B"] == near(0.0 if hit else 1.0)


@pytest.mark.slow
def test_cars_and_chips_are_never_tested():
    """A car full of Chinese magnets crosses any border: it is no listed good."""
    net = Network().places("A", "B", "C").material("met", "metal").material("mag", "magnet")
    net.material("motor", "component").recipe("smelt", {"met": 1})
    net.recipe("sinter", {"mag": 1}, {"met": 1}).recipe("wind", {"motor": 1}, {"mag": 1})
    net.plant("met-c", "C", "smelt", capacity=100).plant("mag-a", "A", "sinter", capacity=100)
    net.plant("motor-a", "A", "wind", capacity=100)
    net.trade("met", "C", "A", 100).trade("motor", "A", "B", 100)
    net.observe("output(id=mag-a material=mag)", 100)
    net.product("car", {"motor": 1}).demand("car", B=100)
    solved = net.solve()
    for rerouting in ENGINES:
        line = run(solved, RULE, rerouting)
        assert shares(solved, line)["car@B"] == near(1.0)
        assert pools_caught(solved, line) == []
    # The magnet itself holds enough, but it never leaves the country that made it.
    assert content_of(solved, ContentRule(**RULE))["mag@A"] == near(15 / 50)


@pytest.mark.parametrize("threshold", [0.0, 0.10, 0.25])
def test_thresholds_of_other_states_are_rows_of_the_same_kind(threshold):
    solved = abroad()
    hit = threshold <= 0.6 * 15 / 50
    line = run(solved, RULE, "none", threshold=threshold)
    assert shares(solved, line)["car@B"] == near(0.0 if hit else 1.0)


def test_a_threshold_of_zero_catches_nothing_without_content():
    solved = abroad()
    line = run(solved, RULE | {"imposed_by": ["B"]}, "least", threshold=0.0)
    assert pools_caught(solved, line) == [] and line.served.min() == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("rerouting", ENGINES)
def test_compliance_takes_its_share_of_the_flow(rerouting):
    solved = abroad()
    left = [
        shares(solved, run(solved, RULE, rerouting, compliance={"A": c}))["car@B"]
        for c in (0.0, 0.5, 1.0)
    ]
    assert left == near([1.0, 0.5, 0.0])
    assert shares(solved, run(solved, RULE, rerouting, blocked=0.25))["car@B"] == near(0.75)


@pytest.mark.slow
def test_cuts_are_repeated_until_nothing_more_is_caught():
    """Under least D steps in for A with metal from C, and is caught in its turn."""
    solved = abroad(foreign=100, own=0, idle=True)
    none = run(solved, RULE, "none")
    assert pools_caught(solved, none) == ["mag@A"]
    least = run(solved, RULE, "least")
    assert pools_caught(solved, least) == ["mag@A", "mag@D"]
    assert shares(solved, least)["car@B"] == near(0.0)
    spared = run(solved, RULE, "least", compliance={"D": 0.0, "*": 1.0})
    assert shares(solved, spared)["car@B"] == near(1.0)


def test_rounds_have_an_end(monkeypatch):
    solved = abroad(foreign=100, own=0, idle=True)
    monkeypatch.setattr(content_engine, "MAX_ROUNDS", 1)
    with pytest.raises(NotConvergedError, match="still catch more goods after 1 rounds"):
        run(solved, RULE, "least")


@pytest.mark.parametrize("rerouting", ENGINES)
def test_goods_made_of_old_stock_stay_caught(rerouting):
    """No metal comes from C, but what A has in stock came from there."""
    net = Network().places("A", "B", "C").material("met", "metal").material("mag", "magnet")
    net.recipe("smelt", {"met": 1}).recipe("sinter", {"mag": 1}, {"met": 1})
    net.plant("met-c", "C", "smelt", capacity=100).plant("mag-a", "A", "sinter", capacity=100)
    net.trade("met", "C", "A", 100).trade("mag", "A", "B", 100)
    net.observe("output(id=mag-a material=mag)", 100)
    net.product("car", {"mag": 1}).demand("car", B=100).stock("A", "met", 52)
    solved = net.solve()
    ban = {
        "id": "ban",
        "kind": "ban",
        "imposed_by": ["C"],
        "covers": {"materials": ["met"]},
    }
    content = {
        "title": "t",
        "start": "2025-01",
        "months": 1,
        "season": False,
        "measures": [ban, RULE],
    }
    bounds = compose(solved.graph, solved.baseline, scenario_of(solved.graph.dataset, content))
    line = run_months(solved.baseline, bounds, rerouting=rerouting, covers=("central",))
    assert pools_caught(solved, line) == ["mag@A"]
    assert shares(solved, line)["car@B"] == near(0.0)


@pytest.mark.parametrize("rerouting", ENGINES)
def test_an_army_may_not_buy_at_home_what_holds_foreign_metal(rerouting):
    solved = at_home()
    line = run(solved, BUY, rerouting)
    assert pools_caught(solved, line) == ["mag@U"]
    assert shares(solved, line) == {"car@U": near(1.0), "tank@U": near(0.0)}
    waived = run(solved, BUY, rerouting, waived=0.5)
    assert shares(solved, waived)["tank@U"] == near(0.5)
    passed = run(solved, BUY, rerouting, threshold=0.61)
    assert shares(solved, passed)["tank@U"] == near(1.0)


@pytest.mark.parametrize("rerouting", ENGINES)
def test_a_stock_is_used_once_and_not_refilled_with_what_is_denied(rerouting):
    net = Network().places("C", "U").material("mag", "magnet").recipe("sinter", {"mag": 1})
    net.plant("mag-c", "C", "sinter", capacity=240).trade("mag", "C", "U", 240)
    net.observe("output(id=mag-c material=mag)", 240)
    net.product("tank", {"mag": 1}, segment="military").demand("tank", U=120)
    net.product("car", {"mag": 1}).demand("car", U=120)
    solved = net.stock("tank@U", "mag", 52 / 12).solve()
    deny = {
        "id": "deny",
        "kind": "end_use_denial",
        "imposed_by": ["C"],
        "segments": {"military": 1},
        "covers": {"materials": ["mag"]},
    }
    for rule in (BUY | {"stages": ["magnet"]}, deny):
        line = run(solved, rule, rerouting, months=2)
        army = list(solved.graph.demands["product"]).index("tank")
        assert line.served[:, army, 0].tolist() == near([1.0, 0.0])
        assert line.served[:, 1 - army, 0].tolist() == near([1.0, 1.0])


def test_rules_are_kept_apart():
    """What one rule closes to the army stays open to the uses that another denies."""
    solved = at_home()
    chips = BUY | {"id": "chips", "segments": {}, "products": {"car": 1.0}, "threshold": 0.61}
    content = {
        "title": "t",
        "start": "2025-01",
        "months": 1,
        "season": False,
        "measures": [BUY, chips],
    }
    bounds = compose(solved.graph, solved.baseline, scenario_of(solved.graph.dataset, content))
    for rerouting in ENGINES:
        line = run_months(solved.baseline, bounds, rerouting=rerouting, covers=("central",))
        assert shares(solved, line) == {"car@U": near(1.0), "tank@U": near(0.0)}


@pytest.mark.slow
@pytest.mark.parametrize(("need", "kept_apart"), [(20, 20), (40, 40), (70, 40)])
def test_segregation_gives_the_army_what_clean_metal_there_is(need, kept_apart):
    solved = at_home(need)
    table, _ = comply_rows(solved.baseline, ImportRestriction(**BUY), "2024-12")
    total = table.iloc[-1]
    assert total["need_t"] == near(need) and total["compliant_mixing_t"] == near(0.0)
    assert total["compliant_segregated_t"] == near(kept_apart)
    assert table["binding"].iat[0] == ("met" if kept_apart < need else "")


@pytest.mark.parametrize(("share", "mixing"), [(0.0, 100), (0.5, 50), (1.0, 0)])
def test_segregation_is_never_below_mixing_as_compliance_grows(share, mixing):
    solved = abroad()
    rule = ContentRule(**RULE, compliance={"*": share})
    total = comply_rows(solved.baseline, rule, "2024-12")[0].iloc[-1]
    assert total["compliant_mixing_t"] == near(mixing)
    # A's own metal makes 40 t, whatever its exporters do with the rest.
    assert total["compliant_segregated_t"] == near(max(40, mixing + 40) if share else 100)


@pytest.mark.slow
def test_a_missing_price_is_an_error_and_never_assumed():
    with pytest.raises(ScenarioError, match=r"rule: no price in USD of mag in prices\.csv"):
        run(abroad(), RULE, "none", prices={"met": 15})
    with pytest.raises(ScenarioError, match=r"ingredients of mag-a .* are worth 1\.5 times"):
        run(abroad(foreign=100, own=0), RULE, "none", prices={"met": 75, "mag": 50})


@pytest.mark.slow
def test_a_plant_that_pays_more_than_its_goods_bring_holds_ingredients_alone():
    """Four tonnes of metal at 15 in a magnet of 50, as if only the dear alternative were left."""
    assert content_of(abroad(), ContentRule(**RULE), drawn=2)["mag@A"] == near(0.6 * 30 / 50)
    assert content_of(abroad(), ContentRule(**RULE), drawn=4)["mag@A"] == near(0.6)


def test_prices_are_those_that_the_dataset_chooses_for_the_month():
    chain = shipped_chain()
    world = World(chain.network, chain.baseline)
    found = prices_per_tonne(
        world,
        ["tb-oxide", "tb-metal", "smco", "ndfeb-hre"],
        {"smco": 60},
        {"tb-metal": PricedAs(material="tb-oxide", times=1.2)},
        "2025-04",
        "rule",
    )
    # 930 to 1,000 USD/kg in that month; magnets at the unit value of all, 46,086 USD/t.
    assert found["tb-oxide"] == near(965e3) and found["tb-metal"] == near(1158e3)
    assert found["smco"] == 60e3 and found["ndfeb-hre"] == near(46086)


def test_caught_is_at_or_above_the_threshold_and_above_nothing():
    solved = abroad()
    time = Time(np.arange(30), np.ones(30, dtype=bool), 0)
    (test,) = ContentRule(**RULE).tests(World(solved.graph, solved.baseline), time)
    one = np.where(test.goods, 0.001, 0.5)
    assert caught(test, one).sum() == test.goods.sum()
    assert not caught(test, one * 0.999).any() and not caught(test, one * 0).any()
