"""Cover of years to come, solved by hand: stages as complements, feed, odds, slip, growth."""

from __future__ import annotations

from functools import cache

import pytest
from networks import Network, Solved

from supplygraph.analysis.deals import deal_table, project_table
from supplygraph.analysis.outlook import Question, Years, outlook_table
from supplygraph.errors import UsageError
from supplygraph.scenario.projects import deals_of, projects_of

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
        solved.baseline, projects_of(graph.dataset), solved.shock("country=CN"), Question(**keys)
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


def test_tonnes_nobody_states_add_nothing_or_as_much_as_feed_allows():
    row = asked(world(None))["announced", "US+JP"]
    assert row["cover_high"] == pytest.approx(0.0, abs=1e-9)
    assert row["cover_unsized"] == pytest.approx(0.9)


def test_growth_of_demand_lowers_cover():
    row = asked(world(), growth=0.05)["announced", "US+JP"]
    assert row["need"] == pytest.approx(100 * 1.05**4)
    assert row["cover_high"] == pytest.approx(60 / (100 * 1.05**4))


def test_odds_are_drawn_from_a_seed():
    one = asked(world(), variants=("odds",), seed=3)
    assert one == asked(world(), variants=("odds",), seed=3)
    row = one["odds", "US+JP"]
    # Mine and smelter together stand in .45 of all futures.
    assert row["cover_low"] == pytest.approx(0.0, abs=1e-9)
    assert row["cover_high"] == pytest.approx(0.6)


def test_projects_say_how_far_their_feed_goes():
    solved = world()
    question = Question((2028,), ("Dy",), ("US", "JP"), ("announced",))
    known = projects_of(solved.graph.dataset)
    years = Years(solved.baseline, known, solved.shock("country=CN"), question)
    table = project_table(years).set_index("id")
    assert table.loc["jp-melt", "could_run"] == pytest.approx(1.0)
    assert table.loc["jp-melt", "added"] == 60.0
    starved = Years(solved.baseline, known, solved.shock("country=CN|AU"), question)
    row = project_table(starved).set_index("id").loc["jp-melt"]
    assert row["could_run"] == pytest.approx(0.0, abs=1e-9)
    assert row["short_of"] == ["ore"]


def test_tonnes_of_two_deals_over_one_project_count_once():
    solved = world()
    question = Question((2028,), ("Dy",), ("US", "JP"), ("announced",))
    graph = solved.graph
    years = Years(solved.baseline, projects_of(graph.dataset), solved.shock("country=CN"), question)
    table = deal_table(deals_of(graph.dataset), project_table(years), 2028).set_index("id")
    assert table["metal_added"].to_dict() == {"one": 60.0, "two": 0.0, "talk": 0.0}
    assert table.loc["talk", "why_none"] == "No tonnes."


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"years": (1999,)}, "year 1999 is out of"),
        ({"elements": ("Xx",)}, "no element 'Xx'"),
        ({"pool": ("Mars",)}, "no region 'Mars'"),
        ({"variants": ("late-13",)}, "no portfolio 'late-13'"),
        ({"growth": 3.0}, "growth 3 a year"),
    ],
)
def test_unknown_words_are_one_clear_line(keys, said):
    with pytest.raises(UsageError, match=said):
        asked(world(), **keys)
