"""Tariffs, leaks, substitution and denied technology, solved by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from networks import Network
from random_networks import random_network
from scenarios import arc, bounds, magnets, scenario

from supplygraph.engines.timeline import run_months
from supplygraph.engines.weights import demand_weights
from supplygraph.errors import DatasetError, ScenarioError
from supplygraph.scenario.bounds import compose
from supplygraph.scenario.load import scenario_of
from supplygraph.scenario.measures.technology_denial import slowed
from supplygraph.scenario.model import Scenario
from supplygraph.scenario.month_arrays import Bounds, month_range
from supplygraph.scenario.network_queries import World
from supplygraph.scenario.portfolios import Portfolio, with_projects
from supplygraph.scenario.projects import projects_of
from tests.solved_networks import Solved

pytestmark = pytest.mark.sampled

MAGNET = {"materials": ["magnet"]}
BAN = {"id": "ban", "kind": "ban", "imposed_by": ["CN"], "covers": MAGNET, "destinations": ["US"]}
DUTY = {
    "id": "duty",
    "kind": "tariff",
    "imposed_by": ["US"],
    "goods": {"stages": ["magnet"]},
    "rate": {"CN": 0.2},
}
ENGINES = ("none", "qualified", "least")


def near(value: float | list) -> object:
    return pytest.approx(value, abs=1e-7)


def on(found: Bounds, block: str, name: str = "magnet:CN>US") -> list[float]:
    return getattr(found, block)[:, magnets().graph.find_arc(name)].tolist()


def test_a_tariff_costs_and_stops_nothing():
    found = bounds(DUTY | {"effective": "2025-02-01", "expires": "2025-03-15"})
    assert on(found, "duty") == near([0, 0.2, 0.2 * 15 / 31])
    assert on(found, "duty", "magnet:CN>JP") == [0, 0, 0]
    assert on(found, "arc") == [float("inf")] * 3 and found.first_shock is None
    applied = [(a.block, a.entity, a.set_by) for a in found.applied if a.month == "2025-02"]
    assert applied == [("duty", "magnet:CN>US", "duty")]


def test_tariffs_on_one_arc_add_up_and_steps_and_truces_change_the_rate():
    steps = DUTY | {
        "id": "war",
        "rate": {"CN": 0.84},
        "steps": {"2025-02-15": 1.25},
        "effective": "2025-02-01",
    }
    truce = {"id": "truce", "kind": "truce", "effective": "2025-03-01", "sets": {"war.held": 0.1}}
    found = bounds(DUTY, steps, modifiers=[truce])
    assert on(found, "duty") == near([0.2, 0.2 + (0.84 + 1.25) / 2, 0.2 + 0.1])
    setters = [a.set_by for a in found.applied if a.month == "2025-03" and a.block == "duty"]
    assert setters == ["duty, war with truce"]


def test_rates_differ_by_origin_and_star_is_everybody_else():
    found = bounds(DUTY | {"goods": {"stages": ["magnet", "metal"]}, "rate": {"CN": 0.3, "*": 0.1}})
    assert on(found, "duty")[0] == near(0.3)
    assert on(found, "duty", "alloy:JP>US")[0] == near(0.1)


def test_an_elasticity_answers_to_the_sum_of_the_rates():
    found = bounds(DUTY | {"trade_elasticity": 1.0}, DUTY | {"id": "more", "trade_elasticity": 2.0})
    assert on(found, "arc") == near([1.4**-2.0] * 3)
    (row,) = [a for a in found.applied if a.block == "arc" and a.month == "2025-01"]
    assert (row.set_by, row.evidence) == ("duty, more", "D")


def test_an_elasticity_is_the_same_in_a_month_that_a_truce_cuts_in_parts():
    truce = {"id": "truce", "kind": "truce", "effective": "2025-02-15", "sets": {"duty.held": 0.1}}
    found = bounds(DUTY | {"trade_elasticity": 1.0}, modifiers=[truce])
    assert on(found, "arc") == near([1 / 1.2, 1 / 1.15, 1 / 1.1])


def test_the_leak_of_a_tariff_is_the_same_in_a_month_that_a_truce_cuts_in_parts():
    leak = {"share": 0.4, "via": ["JP"]}
    truce = {"id": "truce", "kind": "truce", "effective": "2025-02-15", "sets": {"duty.held": 4.0}}
    high = DUTY | {"rate": {"CN": 4.0}, "trade_elasticity": 3.0, "leak": leak}
    assert on(bounds(high, modifiers=[truce]), "arc") == near([0.4] * 3)


def test_a_leak_keeps_an_arc_open_and_raises_its_price():
    net = Network().places("CN", "TH", "US").material("magnet", "magnet")
    net.recipe("sinter", {"magnet": 1}).plant("cn-mag", "CN", "sinter", capacity=100)
    net.product("car", {"magnet": 1}).demand("car", US=60, TH=40)
    net.trade("magnet", "CN", "US", 60).trade("magnet", "CN", "TH", 40)
    solved = net.solve()
    leak = {"share": 0.25, "via": ["TH"], "premium": 0.6}
    content = {
        "title": "t",
        "start": "2025-01",
        "months": 2,
        "season": False,
        "measures": [BAN | {"blocked": 0.9, "leak": leak}],
    }
    dataset = solved.graph.dataset
    found = compose(solved.graph, solved.baseline, scenario_of(dataset, content))
    index = solved.graph.find_arc("magnet:CN>US")
    assert found.arc[:, index].tolist() == near([0.25, 0.25])
    # 0.15 of the 0.25 that come have leaked.
    assert found.premium[:, index].tolist() == near([0.6 * 0.15 / 0.25] * 2)
    wider = scenario_of(dataset, content, ["ban.blocked=0.5"])
    assert compose(solved.graph, solved.baseline, wider).premium[0, index] == 0
    closed = scenario_of(dataset, content, ["ban.destinations=['*']"])
    with pytest.raises(ScenarioError, match="goes through places that it bans itself"):
        compose(solved.graph, solved.baseline, closed)


def test_a_licence_leaks_by_day_and_another_control_still_binds():
    licence = {
        "id": "lic",
        "kind": "licence",
        "imposed_by": ["CN"],
        "covers": MAGNET,
        "effective": "2025-01-01",
        "curve": {"kind": "steps", "from_days": {0: 0.1}},
        "leak": {"share": 0.4, "via": ["JP"], "premium": 0.2},
    }
    found = bounds(licence, BAN | {"blocked": 0.7, "effective": "2025-02-01"})
    assert arc(found, "magnet:CN>US") == near([0.4, 0.3, 0.3])
    assert on(found, "premium")[0] == near(0.2 * 0.3 / 0.4)


def test_a_leaking_tariff_pays_less_and_never_falls_below_its_leak():
    leak = {"share": 0.25, "via": ["JP"], "premium": 0.1}
    found = bounds(DUTY | {"rate": {"CN": 4.0}, "trade_elasticity": 3.0, "leak": leak})
    assert on(found, "duty") == near([3.0] * 3) and on(found, "premium") == near([0.025] * 3)
    assert on(found, "arc") == near([0.25] * 3)


def cars() -> Solved:
    """Country A melts 30 t of met for 30 cars a year in B, and of stuff 15 t."""
    net = Network().places("A", "B").material("met", "metal").material("stuff", "mine")
    net.recipe("melt", {"met": 1}).recipe("cook", {"stuff": 1})
    net.plant("melter", "A", "melt", capacity=30).plant("cook", "A", "cook", capacity=60)
    net.observe("output(id=cook)", 15)
    net.product("car", {"met": 1, "stuff": 0.5}).demand("car", B=30)
    net.trade("met", "A", "B", 30).trade("stuff", "A", "B", 15)
    return net.solve()


def told(solved: Solved, *measures: dict, months: int = 3) -> Bounds:
    content = {
        "title": "t",
        "start": "2025-01",
        "months": months,
        "season": False,
        "measures": list(measures),
    }
    found: Scenario = scenario_of(solved.graph.dataset, content)
    return compose(solved.graph, solved.baseline, found)


def served(solved: Solved, found: Bounds, rerouting: str) -> list[float]:
    line = run_months(solved.baseline, found, rerouting=rerouting, covers=("central",))
    return line.served[:, 0, 0].tolist()


CUT = {"id": "cut", "kind": "outage", "select": "id=melter", "share": 0.5}
SAVE = {
    "id": "save",
    "kind": "substitution",
    "materials": ["met"],
    "products": ["car"],
    "limit": 0.25,
}


@pytest.mark.parametrize("rerouting", ENGINES)
def test_half_the_metal_makes_two_thirds_of_the_cars_if_a_quarter_is_saved(rerouting):
    solved = cars()
    assert served(solved, told(solved, CUT), rerouting) == near([0.5] * 3)
    assert served(solved, told(solved, CUT, SAVE), rerouting) == near([2 / 3] * 3)


@pytest.mark.parametrize("rerouting", ENGINES)
def test_saving_comes_after_its_lag(rerouting):
    solved = cars()
    found = told(solved, CUT, SAVE | {"effective": "2025-01", "lag_months": 1.02})
    assert served(solved, found, rerouting)[::2] == near([0.5, 2 / 3])


@pytest.mark.parametrize("rerouting", ENGINES)
def test_a_substitute_is_drawn_in_its_place(rerouting):
    # Half of 30 t saved at 2:1 draws 30 t more of stuff on 15: three times the need.
    solved = cars()
    swap = SAVE | {"limit": 0.5, "instead": {"material": "stuff", "ratio": 2.0}}
    found = told(solved, CUT, swap)
    names = {a.entity: a.value for a in found.applied if a.block == "need"}
    assert names == {"car@B:met": near(0.5), "car@B:stuff": near(3.0)}
    # Stuff of 60 t a year is more than the 45 t needed, but only where it may come.
    share = {"none": 1 / 3, "qualified": 1.15 / 3, "least": 1.0}[rerouting]
    assert served(solved, found, rerouting) == near([share] * 3)


def test_saving_names_users_who_draw_the_material():
    solved = cars()
    with pytest.raises(ScenarioError, match="none of the users named draws met"):
        told(solved, SAVE | {"products": [], "select": "id=cook"})
    with pytest.raises(DatasetError, match="nobody needs less"):
        told(solved, SAVE | {"products": []})


def smelter() -> Solved:
    """A smelter in A turns 100 t of oxide a year into 100 t of metal, all for cars in A."""
    net = Network().places("A").material("ox", "separation").material("met", "metal")
    net.recipe("sep", {"ox": 1}).recipe("smelt", {"met": 1}, {"ox": 1})
    net.plant("mill", "A", "sep", capacity=100).plant("smelter", "A", "smelt", capacity=100)
    net.product("car", {"met": 1}).demand("car", A=100)
    return net.solve()


@pytest.mark.parametrize("rerouting", ENGINES)
def test_a_lower_yield_makes_less_of_the_same_feed(rerouting):
    solved = smelter()
    denial = {"id": "deny", "kind": "technology_denial", "select": "id=smelter", "yield_loss": 0.2}
    assert served(solved, told(solved, denial), rerouting) == near([0.8] * 3)
    # With half of the feed a plant that yields four fifths makes two fifths.
    half = {"id": "half", "kind": "outage", "select": "id=mill", "share": 0.5}
    assert served(solved, told(solved, denial, half), rerouting) == near([0.4] * 3)


def test_of_two_denials_the_larger_loss_of_yield_counts():
    solved = smelter()
    denial = {"id": "deny", "kind": "technology_denial", "select": "id=smelter", "yield_loss": 0.2}
    found = told(solved, denial, denial | {"id": "other", "yield_loss": 0.1})
    assert served(solved, found, "none") == near([0.8] * 3)
    assert found.need.max() == near(1.25)
    needs = {a.set_by for a in found.applied if a.block == "need"}
    assert needs == {"deny"}


def test_two_demands_on_needs_multiply_and_order_does_not_matter():
    solved = cars()
    one = told(solved, SAVE, SAVE | {"id": "again", "limit": 0.5})
    two = told(solved, SAVE | {"id": "again", "limit": 0.5}, SAVE)
    assert one.need.min() == near(0.375) and (one.need == two.need).all()


def test_a_parameter_is_set_from_outside():
    content = {"title": "t", "start": "2025-01", "months": 1, "measures": [DUTY]}
    found = scenario_of(magnets().graph.dataset, content, ["duty.rate.CN=1.45"])
    assert found.acting[0].rate == {"CN": 1.45}
    with pytest.raises(DatasetError, match=r"steps|before it is effective"):
        scenario(DUTY | {"effective": "2025-02", "steps": {"2025-01": 0.5}})


def growing(**project: object) -> Solved:
    """A smelter of 100 t a year that a project raises to 200 from 2025 on, beside one of 50 t."""
    net = Network().places("A").material("ox", "mine").material("met", "metal")
    net.recipe("dig", {"ox": 1}).recipe("smelt", {"met": 1}, {"ox": 1})
    net.plant("mine", "A", "dig", capacity=900).plant("smelter", "A", "smelt", capacity=100)
    net.plant("old", "A", "smelt", capacity=50)
    net.product("car", {"met": 1}).demand("car", A=150)
    first = next(row for row in net.tables["capacities"] if row["facility"] == "smelter")
    net.tables["capacities"].append({**first, "quantity": 200, "from_date": "2025-01"})
    solved = net.solve()
    lines = [{"facility": "smelter", "line": str(first["line"])}]
    written = {"title": "More", "firmness": "binding", "lines": lines, **project}
    dataset = solved.graph.dataset
    documents = {**dataset.documents, "projects": {"more": written}}
    return Solved(replace(solved.graph, dataset=replace(dataset, documents=documents)))


FLOOR = {"id": "floor", "kind": "price_floor", "keeps": ["more"], "effective": "2025-01"}


def activity(solved: Solved, found: Bounds, name: str) -> list[float]:
    return found.activity[:, list(solved.graph.activities["id"]).index(name)].tolist()


@pytest.mark.slow
def test_a_floor_in_force_changes_nothing_and_its_end_stops_what_it_kept():
    solved = growing()
    assert told(solved, FLOOR).applied == ()
    found = told(solved, FLOOR | {"expires": "2025-02"})
    # 100 of the 200 t were there before.
    assert activity(solved, found, "smelter") == near([1, 1, 0.5])
    assert activity(solved, found, "old") == [1, 1, 1]
    assert {a.set_by for a in found.applied} == {"floor"}
    off = told(solved, FLOOR | {"in_force": False})
    assert activity(solved, off, "smelter") == near([0.5] * 3)


def test_a_floor_that_has_yet_to_begin_changes_nothing():
    solved = growing()
    later = told(solved, FLOOR | {"effective": "2025-03", "expires": "2025-03-15"})
    assert activity(solved, later, "smelter") == near([1, 1, 1 - 0.5 * 16 / 31])
    assert told(solved, FLOOR | {"effective": "2026-01"}).applied == ()


def test_a_suspended_floor_comes_back():
    pause = {
        "id": "pause",
        "kind": "suspension",
        "suspends": ["floor"],
        "effective": "2025-02-01",
        "expires": "2025-02-28",
        "after": "lapses",
    }
    solved = growing()
    content = {
        "title": "t",
        "start": "2025-01",
        "months": 3,
        "measures": [FLOOR],
        "modifiers": [pause],
    }
    found = compose(solved.graph, solved.baseline, scenario_of(solved.graph.dataset, content))
    assert activity(solved, found, "smelter") == near([1, 0.5, 1])


def test_denied_technology_touches_what_a_project_adds_if_its_answer_counts():
    denial = {
        "id": "deny",
        "kind": "technology_denial",
        "imposed_by": ["CN"],
        "projects": ["*"],
        "yield_loss": 0.2,
        "ramp_factor": 2.0,
        "effective": "2025-02",
    }
    unknown = growing()
    with pytest.raises(DatasetError, match="CN"):
        told(unknown, denial)
    denial.pop("imposed_by")
    assert told(unknown, denial).applied == ()
    found = told(unknown, denial | {"counts": ["yes", "unknown"]})
    assert activity(unknown, found, "smelter") == near([1, 0.9, 0.9])
    needs = {a.entity: a.value for a in found.applied if a.block == "need" and a.month == "2025-03"}
    assert list(needs.values()) == near([1 / 0.9])
    asked = scenario_of(
        unknown.graph.dataset,
        {"title": "t", "start": "2025-01", "months": 3, "measures": [denial]},
        ["deny.counts=[unknown]"],
    )
    world = World(unknown.graph, unknown.baseline)
    assert slowed(asked.acting, world) == ((("more", 2.0),), "2025-02")
    elsewhere = told(unknown, denial | {"counts": ["unknown"], "stages": ["mine"]})
    assert elsewhere.applied == ()


def test_a_slowed_ramp_takes_twice_as_long():
    solved = growing(chinese_equipment="yes")
    known = projects_of(solved.graph.dataset)
    number = next(i for i, line in enumerate(solved.graph.lines["facility"]) if line == "smelter")
    sizes = []
    for factor, first in ((1.0, "0000-01"), (2.0, "0000-01"), (2.0, "2025-06")):
        portfolio = Portfolio(("more",), ramp_factor=(("more", factor),), ramp_from=first)
        graph = with_projects(solved.graph, known, portfolio)
        sizes.append([graph.line_capacity(m)[0][number] for m in ("2025-12", "2028-01")])
    # A metal line ramps in 18 months: 100 t + 100 t x rho((11 + 1/2) / 18), or / 36.
    rho = [3 * a**2 - 2 * a**3 for a in (11.5 / 18, 11.5 / 36)]
    fast, slow = (100 + 100 * part for part in rho)
    assert sizes == [near([fast, 200]), near([slow, 200]), near([fast, 200])]


@pytest.mark.parametrize("seed", range(16))
def test_least_loses_no_more_than_none_when_needs_change(seed):
    solved = random_network(seed).solve()
    rng = np.random.default_rng(seed)
    found = Bounds.open(solved.graph, month_range("2025-01", 2))
    found.need[:] = rng.choice([1.0, 1.0, 0.5, 1.25], found.need.shape[1])
    found.activity[:] = rng.choice([1.0, 1.0, 0.6], found.activity.shape[1])
    weights = demand_weights(solved.baseline)
    lost = {}
    for rerouting in ("none", "least"):
        line = run_months(solved.baseline, found, rerouting=rerouting, covers=("central",))
        lost[rerouting] = (1.0 - line.served[:, :, 0]) @ weights
    assert (lost["least"] <= lost["none"] + 1e-6).all()
