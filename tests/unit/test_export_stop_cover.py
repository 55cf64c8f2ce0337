"""Cover when exports stop and when plants stop, solved by hand on chains of one element."""

from __future__ import annotations

import pytest
from networks import Network

from supplygraph.analysis.deals.cover_by_year import outlook_table
from supplygraph.analysis.deals.outlook_question import OutlookQuestion
from supplygraph.scenario.export_stops import export_stop_of, outage_of
from tests.solved_networks import Solved

STOPS = {"export-stop": export_stop_of, "outage": outage_of}
KEPT = 0.98  # of the best that is held while a part is least


def chain(*countries: str) -> Network:
    """Ore, oxide and metal of dysprosium, and cars that need a tonne of metal each."""
    net = Network().places(*countries)
    net.add("elements", id="Dy", name="Dysprosium", group="heavy", metal_per_oxide=1)
    net.material("ore", "mine").material("oxide", "separation").material("metal", "metal")
    for row in net.tables["materials"][1:]:
        row["element"] = "Dy"
    net.recipe("dig", {"ore": 1}).recipe("split", {"oxide": 1}, {"ore": 1})
    net.recipe("melt", {"metal": 1}, {"oxide": 1}).recipe("make", {"metal": 1})
    return net.product("car", {"metal": 1})


def cover(solved: Solved, stop: str, selector: str, *pool: str) -> dict[str, dict]:
    """Rows of cover by place."""
    shock = STOPS[stop](solved.baseline, solved.shock(selector)).shock
    question = OutlookQuestion((2028,), ("Dy",), pool, ("announced",))
    table, _ = outlook_table(solved.baseline, {}, shock, question)
    return {row["place"]: row for row in table.to_dict("records")}


def shares(row: dict) -> tuple[float, float, float]:
    return row["cover_none"], row["cover_low"], row["cover_high"]


def near(*values: float) -> object:
    return pytest.approx(values, abs=1e-6)


@pytest.mark.slow
def test_for_others_a_whole_country_that_stops_exporting_is_one_that_stopped():
    net = chain("CN", "JP", "US").demand("car", CN=20, JP=40, US=60)
    net.plant("cn", "CN", "make", capacity=100).plant("jp", "JP", "make", capacity=20)
    net.trade("metal", "CN", "US", 60).trade("metal", "CN", "JP", 20)
    solved = net.solve()
    for stop in STOPS:
        rows = cover(solved, stop, "country=CN", "US", "JP")
        assert shares(rows["US+JP"]) == near(0.2, 0.2 * KEPT, 0.2), stop
        assert shares(rows["US"])[::2] == near(0, 20 / 60), stop
        assert shares(rows["JP"])[::2] == near(0.5, 0.5), stop


def test_a_step_that_stops_exporting_still_feeds_the_next_one_at_home():
    net = chain("CN", "JP", "US").demand("car", JP=40, US=60)
    net.plant("cn-dig", "CN", "dig", capacity=100).plant("cn-sep", "CN", "split", capacity=100)
    net.plant("cn-melt", "CN", "melt", capacity=60).plant("jp-melt", "JP", "melt", capacity=40)
    net.trade("oxide", "CN", "JP", 40).trade("metal", "CN", "US", 60)
    solved = net.solve()
    selector = "country=CN stage=separation"
    rows = cover(solved, "outage", selector, "US", "JP")
    assert shares(rows["US+JP"]) == near(0, 0, 0)
    rows = cover(solved, "export-stop", selector, "US", "JP")
    # 60 t of Chinese metal go on: to the United States as before, or to either of the two.
    assert shares(rows["US+JP"]) == near(0.6, 0.6 * KEPT, 0.6)
    assert shares(rows["US"]) == near(1, (60 * KEPT - 40) / 60, 1)
    assert shares(rows["JP"]) == near(0, 0, 1)


def test_a_country_that_still_sells_counts_for_what_is_left():
    net = chain("CN", "US").demand("car", CN=40, US=60)
    net.plant("cn-a", "CN", "make", capacity=50).plant("cn-b", "CN", "make", capacity=50)
    solved = net.trade("metal", "CN", "US", 60).solve()
    # Half of the exports end: 30 t come. China's 40 t count too, so 2 % of 70 t are open.
    row = cover(solved, "export-stop", "id=cn-b", "US")["US"]
    assert shares(row) == near(0.5, (70 * KEPT - 40) / 60, 0.5)
    # Half of the metal ends: 50 t are left, for the United States first or for China first.
    row = cover(solved, "outage", "id=cn-b", "US")["US"]
    assert shares(row) == near(0.5, (50 * KEPT - 40) / 60, 50 / 60)


def test_one_that_sells_nothing_has_no_claim_on_the_ore_of_others():
    net = chain("AU", "CN", "JP").demand("car", CN=30, JP=30)
    net.plant("au", "AU", "dig", capacity=60)
    for place in ("cn", "jp"):
        net.plant(f"{place}-sep", place.upper(), "split", capacity=60)
        net.plant(f"{place}-melt", place.upper(), "melt", capacity=60)
        net.trade("ore", "AU", place.upper(), 30)
    solved = net.later("au", "2025-01", 30).solve()
    # The mine is down to 30 t, which Japan or China could use.
    row = cover(solved, "export-stop", "country=CN", "JP")["JP"]
    assert row["cover_high"] == pytest.approx(1)
    assert row["cover_low"] == pytest.approx(KEPT)


def test_a_country_of_the_pool_keeps_what_it_does_not_sell():
    net = chain("JP", "US").demand("car", JP=40, US=60)
    solved = net.plant("jp", "JP", "make", capacity=100).trade("metal", "JP", "US", 60).solve()
    rows = cover(solved, "export-stop", "country=JP", "US", "JP")
    assert shares(rows["US+JP"]) == near(0.4, 0.4 * KEPT, 0.4)
    assert shares(rows["JP"]) == near(1, KEPT, 1)
    assert shares(rows["US"]) == near(0, 0, 0)
    rows = cover(solved, "outage", "country=JP", "US", "JP")
    assert [shares(row) for row in rows.values()] == [near(0, 0, 0)] * 3
