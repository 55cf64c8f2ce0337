"""Cover of years to come, solved by hand: stages as complements, feed, odds, slip, growth."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from networks import Network

from supplygraph.analysis.deals.cover_by_year import Years, outlook_table
from supplygraph.analysis.deals.deal_tables import deal_table, project_table
from supplygraph.analysis.deals.outlook_question import OutlookQuestion
from supplygraph.engines.shocked_model import Allocation
from supplygraph.errors import UsageError
from supplygraph.scenario.offtakes import Offtake
from supplygraph.scenario.projects import Deal, deals_of, projects_of
from tests.solved_networks import Solved

pytestmark = pytest.mark.sampled

ALL = ("announced", "binding", "late-12", "late-24", "none", "without-mine", "without-metal")


@cache
def world(metal: float | None = 60.0) -> Solved:
    """China makes all metal: 60 t for the US, 40 for Japan. From 2027 ore and metal elsewhere.

    The new mine digs 90 t in Australia, the new smelter melts 60 t (or what nobody states) in
    Japan; the mine is only announced.
    """
    net = Network().places("CN", "AU", "JP", "US")
    net.add("elements", id="Dy", name="Dysprosium", group="heavy", metal_per_oxide=1)
    net.material("ore", "mine").material("dy-metal", "metal")
    net.tables["materials"][1]["element"] = "Dy"
    net.recipe("dig", {"ore": 1}).recipe("melt", {"dy-metal": 1}, {"ore": 1})
    net.plant("cn-mine", "CN", "dig", capacity=100).plant("cn-melt", "CN", "melt", capacity=100)
    net.plant("au-mine", "AU", "dig", capacity=90, status="project")
    net.tables["capacities"][-1]["from_date"] = "2027-01"
    net.plant("jp-melt", "JP", "melt", capacity=metal, status="construction")
    net.tables["capacities"][-1]["from_date"] = "2027-01"
    for name, firm in (("au-mine", "announced"), ("jp-melt", "binding")):
        line = {"facility": name, "full": "2027-01"}
        net.document("projects", name, title=name, lines=[line], firmness=firm)
    net.document("deals", "one", title="One", firmness="binding", projects=["jp-melt"])
    net.document(
        "deals", "two", title="Two", firmness="binding", projects=["jp-melt"], counted_in="one"
    )
    net.document("deals", "talk", title="Talk", firmness="announced", reason="No tonnes.")
    net.product("car", {"dy-metal": 1}).demand("car", US=60, JP=40)
    net.trade("dy-metal", "CN", "US", 60).trade("dy-metal", "CN", "JP", 40)
    return net.solve()


def asked(solved: Solved, **keys: object) -> dict[tuple[str, str], dict]:
    keys = {"years": (2028,), "elements": ("Dy",), "pool": ("US", "JP"), "variants": ALL, **keys}
    graph = solved.graph
    table, _ = outlook_table(
        solved.baseline,
        projects_of(graph.dataset),
        solved.shock("country=CN"),
        OutlookQuestion(**keys),
    )
    return {(row["portfolio"], row["place"]): row for row in table.to_dict("records")}


def test_stages_are_complements_and_half_a_chain_covers_nothing():
    rows = asked(world())
    pool = {name: row for (name, place), row in rows.items() if place == "US+JP"}
    assert pool["announced"]["cover_high"] == pytest.approx(0.6)
    for name in ("binding", "none", "without-mine", "without-metal"):
        assert pool[name]["cover_high"] == pytest.approx(0.0, abs=1e-9), name
    assert pool["announced"]["cover_none"] == pytest.approx(0.0)
    assert pool["announced"]["binding"] == "dy-metal"
    assert pool["announced"]["need"] == pytest.approx(100)


def test_the_split_between_regions_is_an_interval():
    rows = asked(world())
    us, jp = rows["announced", "US"], rows["announced", "JP"]
    # 60 t for 60 and 40; the pool keeps 98 % of them, so as little as 58.8 need be served.
    assert us["cover_high"] == pytest.approx(1.0)
    assert us["cover_low"] == pytest.approx((58.8 - 40) / 60)
    assert jp["cover_high"] == pytest.approx(1.0)
    assert jp["cover_low"] == pytest.approx(0.0, abs=1e-9)


def test_a_delay_is_the_year_before():
    rows = asked(world(), years=(2028,))
    assert rows["late-12", "US+JP"]["cover_high"] == pytest.approx(0.6)
    assert rows["late-24", "US+JP"]["cover_high"] == pytest.approx(0.0, abs=1e-9)
    known = asked(world(), years=(2028,), known_to="2027-01")
    assert known["late-24", "US+JP"]["cover_high"] == pytest.approx(0.6)


def test_a_year_is_the_mean_of_its_months():
    rows = asked(world(), years=(2027,), known_to="2026-01")
    assert rows["announced", "US+JP"]["cover_high"] == pytest.approx(0.6)
    assert rows["late-12", "US+JP"]["cover_high"] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.slow
def test_tonnes_nobody_states_add_nothing_or_as_much_as_feed_allows():
    row = asked(world(None))["announced", "US+JP"]
    assert row["cover_high"] == pytest.approx(0.0, abs=1e-9)
    assert row["cover_unsized"] == pytest.approx(0.9)


@pytest.mark.slow
def test_a_mine_nobody_sizes_gives_what_its_buyers_can_take():
    net = Network().places("CN", "AU", "JP")
    net.add("elements", id="Dy", name="Dysprosium", group="heavy", metal_per_oxide=1)
    net.material("ore", "mine").material("clay", "mine").material("dy-metal", "metal")
    net.tables["materials"][2]["element"] = "Dy"
    net.recipe("dig", {"ore": 1}).recipe("dig-clay", {"clay": 1})
    net.recipe("melt", {"dy-metal": 1}, {"ore": 1}).recipe("wash", {"dy-metal": 1}, {"clay": 1})
    net.plant("cn-mine", "CN", "dig", capacity=100).plant("cn-melt", "CN", "melt", capacity=100)
    # Nobody dug this clay in the base year, so its world output says nothing of the mine.
    net.plant("au-mine", "AU", "dig-clay", capacity=None, status="project")
    net.tables["capacities"][-1]["from_date"] = "2027-01"
    net.plant("jp-melt", "JP", "wash", capacity=60, status="project")
    net.tables["capacities"][-1]["from_date"] = "2027-01"
    for name in ("au-mine", "jp-melt"):
        line = {"facility": name, "full": "2027-01"}
        net.document("projects", name, title=name, lines=[line], firmness="binding")
    net.product("car", {"dy-metal": 1}).demand("car", JP=100)
    net.trade("dy-metal", "CN", "JP", 100)
    row = asked(net.solve(), pool=("JP",))["announced", "JP"]
    assert row["cover_high"] == pytest.approx(0.0, abs=1e-9)
    assert row["cover_unsized"] == pytest.approx(0.6)


def test_a_pool_of_one_region_has_one_row_for_each_portfolio():
    solved = world()
    table, _ = outlook_table(
        solved.baseline,
        projects_of(solved.graph.dataset),
        solved.shock("country=CN"),
        OutlookQuestion((2028, 2028), ("Dy",), ("US", "US"), ("announced", "announced")),
    )
    assert list(table["place"]) == ["US"]
    assert table.loc[0, "cover_high"] == pytest.approx(1.0)


def test_growth_of_demand_lowers_cover():
    row = asked(world(), growth=0.05)["announced", "US+JP"]
    assert row["need"] == pytest.approx(100 * 1.05**4)
    assert row["cover_high"] == pytest.approx(60 / (100 * 1.05**4))


def test_two_dear_inputs_hide_no_limit_behind_the_step_they_feed():
    net = Network().places("JP")
    net.add("elements", id="Dy", name="Dysprosium", group="heavy", metal_per_oxide=1)
    net.material("ore", "mine").material("light", "metal").material("dy-metal", "metal")
    net.material("magnet", "magnet")
    net.tables["materials"][2]["element"] = "Dy"
    net.recipe("dig", {"ore": 1}).recipe("melt", {"light": 1}, {"ore": 1})
    net.recipe("melt-dy", {"dy-metal": 1}, {"ore": 1})
    net.recipe("press", {"magnet": 2}, {"light": 1, "dy-metal": 1})
    net.plant("jp-mine", "JP", "dig", capacity=200).plant("jp-light", "JP", "melt", capacity=50)
    net.plant("jp-dy", "JP", "melt-dy", capacity=50).plant("jp-press", "JP", "press", capacity=100)
    net.product("car", {"magnet": 1}).demand("car", JP=100)
    solved = net.solve()
    question = OutlookQuestion((2028,), ("Dy",), ("JP",), ("none",))
    years = Years(solved.baseline, {}, solved.shock("country=JP"), question)
    price = {"magnet": 5.0, "light": 4.6, "dy-metal": 4.8, "ore": 0.0}
    names = solved.graph.pools["material"]
    answer = Allocation(
        solved.baseline.x, np.zeros(solved.graph.n_demands), names.map(price).to_numpy(float)
    )
    # A magnet draws half of each: 2.3 and 2.4 of its price of 5, so neither alone is half of it.
    assert years.steps.of(years.tonnes["Dy"], answer).materials == ("dy-metal",)


@pytest.mark.slow
def test_odds_are_drawn_from_a_seed():
    one = asked(world(), variants=("odds",), seed=3)
    assert one == asked(world(), variants=("odds",), seed=3)
    row = one["odds", "US+JP"]
    # Mine and smelter together stand in .45 of all futures.
    assert row["cover_low"] == pytest.approx(0.0, abs=1e-9)
    assert row["cover_high"] == pytest.approx(0.6)


def test_projects_say_how_far_their_feed_goes():
    solved = world()
    question = OutlookQuestion((2028,), ("Dy",), ("US", "JP"), ("announced",))
    known = projects_of(solved.graph.dataset)
    years = Years(solved.baseline, known, solved.shock("country=CN"), question)
    table = project_table(years).set_index("id")
    assert table.loc["jp-melt", "could_run"] == pytest.approx(1.0)
    assert table.loc["jp-melt", "added"] == 60.0
    starved = Years(solved.baseline, known, solved.shock("country=CN|AU"), question)
    row = project_table(starved).set_index("id").loc["jp-melt"]
    assert row["could_run"] == pytest.approx(0.0, abs=1e-9)
    assert row["short_of"] == ["ore"]
    stopped = Years(solved.baseline, known, solved.shock("country=JP"), question)
    row = project_table(stopped).set_index("id").loc["jp-melt"]
    assert row["could_run"] == 0.0 and row["short_of"] == []


@pytest.mark.parametrize(
    ("keys", "size", "grade"),
    [
        ({}, "B", "B"),
        ({}, "D", "D"),
        ({"growth": 0.01}, "B", "D"),
        ({"variants": ("late-12",)}, "B", "D"),
        ({"variants": ("odds",)}, "B", "D"),
    ],
)
def test_the_weakest_grade_of_what_a_cover_rests_on(keys, size, grade):
    solved = world()
    known = {
        name: project.model_copy(update={"evidence": "A", "size_evidence": size})
        for name, project in projects_of(solved.graph.dataset).items()
    }
    question = OutlookQuestion(
        **{
            "years": (2028,),
            "elements": ("Dy",),
            "pool": ("US",),
            "variants": ("announced",),
            **keys,
        }
    )
    table, _ = outlook_table(solved.baseline, known, solved.shock("country=CN"), question)
    assert list(table["evidence"]) == [grade]


@pytest.mark.slow
def test_what_had_no_user_in_the_base_year_feeds_the_plant_that_opens_for_it():
    net = Network().places("CN", "US")
    net.add("elements", id="Dy", name="Dysprosium", group="heavy", metal_per_oxide=1)
    net.material("ore", "mine").material("oxide", "separation").material("bundle", "separation")
    net.material("dy-oxide", "separation")
    net.tables["materials"][3]["element"] = "Dy"
    net.recipe("dig", {"ore": 1}).recipe("split", {"oxide": 0.5, "bundle": 0.2}, {"ore": 1})
    net.recipe("heavy", {"dy-oxide": 1}, {"bundle": 1}).recipe("cn-dig", {"dy-oxide": 1})
    net.plant("us-mine", "US", "dig", capacity=100).plant("us-sep", "US", "split", capacity=100)
    net.plant("cn-dy", "CN", "cn-dig", capacity=40)
    net.plant("us-heavy", "US", "heavy", capacity=40, status="construction")
    net.tables["capacities"][-1]["from_date"] = "2027-01"
    net.document(
        "projects",
        "us-heavy",
        title="Heavy",
        firmness="binding",
        lines=[{"facility": "us-heavy", "full": "2027-01"}],
    )
    net.product("glass", {"oxide": 1}).demand("glass", US=50)
    net.product("car", {"dy-oxide": 1}).demand("car", US=40).trade("dy-oxide", "CN", "US", 40)
    solved = net.solve()
    known = projects_of(solved.graph.dataset)
    question = OutlookQuestion((2028,), ("Dy",), ("US",), ("announced",))
    years = Years(solved.baseline, known, solved.shock("country=CN"), question)
    row = project_table(years).iloc[0]
    # 100 t of ore give 20 t of bundle, all surplus before; the plant takes 40.
    assert row["could_run"] == pytest.approx(0.5)
    assert row["short_of"] == ["bundle"]
    assert asked(solved, pool=("US",))["announced", "US"]["cover_high"] == pytest.approx(0.5)


def test_tonnes_of_two_deals_over_one_project_count_once():
    solved = world()
    question = OutlookQuestion((2028,), ("Dy",), ("US", "JP"), ("announced",))
    graph = solved.graph
    years = Years(solved.baseline, projects_of(graph.dataset), solved.shock("country=CN"), question)
    table = deal_table(deals_of(graph.dataset), project_table(years), 2028).set_index("id")
    assert table["metal_added"].to_dict() == {"one": 60.0, "two": 0.0, "talk": 0.0}
    assert table.loc["talk", "why_none"] == "No tonnes."


def test_who_may_buy_is_told_until_it_ends():
    solved = world()
    known = projects_of(solved.graph.dataset)
    own = {"holder": "Cal", "material": "ore", "tonnes": 20.0}
    known["au-mine"] = known["au-mine"].model_copy(update={"offtake": [Offtake(**own)]})
    talk = {"terms": "They talk."}
    held = [{"holder": "Ann", "share": 0.5, "until": "2028-06"}, {"holder": "Bob"}, talk]
    other = {"holder": "Dan", "share": 1.0, "projects": ["au-mine"]}
    text = {"title": "A deal", "firmness": "binding"}
    deals = {
        name: Deal.model_validate({"id": name, **text, **more})
        for name, more in {
            "one": {"projects": ["jp-melt"], "offtake": held},
            "two": {"reason": "Money alone.", "offtake": [other]},
        }.items()
    }
    question = OutlookQuestion((2028, 2029), ("Dy",), ("US", "JP"), ("announced",))
    years = Years(solved.baseline, known, solved.shock("country=CN"), question)
    table = project_table(years, deals).set_index(["id", "year"])["offtake"]
    assert table["jp-melt", 2028] == ["Ann: 50 %, until 2028-06", "Bob"]
    assert table["jp-melt", 2029] == ["Bob"]
    both = ["Cal: ore, 20 t a year", "Dan: 100 %"]
    assert table["au-mine", 2028] == table["au-mine", 2029] == both
    told = deal_table(deals, project_table(years, deals), 2029).set_index("id")["offtake"]
    # A deal says all that its source says, what is over and what are words too.
    assert told["one"] == ["Ann: 50 %, until 2028-06", "Bob", "They talk."]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"years": (1999,)}, "year 1999 is out of"),
        ({"elements": ("Xx",)}, "no element 'Xx'"),
        ({"pool": ("Mars",)}, "no region 'Mars'"),
        ({"variants": ("late-13",)}, "no portfolio 'late-13'"),
        ({"growth": 3.0}, "growth 3 a year"),
        ({"years": ()}, "no year is asked for"),
        ({"elements": ()}, "no element is asked for"),
        ({"pool": ()}, "no region is asked for"),
        ({"variants": ()}, "no portfolio is asked for"),
    ],
)
def test_unknown_words_are_one_clear_line(keys, said):
    with pytest.raises(UsageError, match=said):
        asked(world(), **keys)
