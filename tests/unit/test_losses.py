"""Losses of removals: whose exports stop, where, for how long; what ranks owe to weights."""

from __future__ import annotations

import pytest
from networks import Network
from program import shipped_chain
from toy import toy

import supplygraph as sg
from supplygraph.analysis.losses.lost_by_year import first_month, loss_by_month, lost_by_year
from supplygraph.errors import SelectorError

pytestmark = pytest.mark.sampled

HELD = "holder,material,weeks_low,weeks_central,weeks_high\nev@JP,mag-a,0,4,8.666666667\n"


@pytest.fixture(scope="module")
def shipped() -> sg.Chain:
    return shipped_chain()


def near(value: float) -> object:
    return pytest.approx(value, abs=1e-6)


# Months of output lost ------------------------------------------------------------------------


def test_months_lost_with_two_months_of_cover(tmp_path):
    """55 % is lost from the first month on: 12 x 0.55 - 2 = 4.6 months, then 6.6 a year."""
    chain = sg.load(toy(tmp_path / "toy", stocks=HELD))
    solution = chain.stop_exports("id=mine-a share=0.55").solve()
    for row in (solution.table.iloc[0], solution.table.iloc[-1]):
        assert [row[f"months_lost_year_{year}_low"] for year in (1, 2, 3)] == near([6.6] * 3)
        assert [row[f"months_lost_year_{year}_high"] for year in (1, 2, 3)] == near([4.6, 6.6, 6.6])
        # After three months 1.65 are lost, less than the two held; after four 2.2.
        assert (row["first_month_low"], row["first_month_high"]) == (1, 4)


def test_what_opens_later_ends_the_loss_from_that_month_on():
    loss = loss_by_month({3: 0.6, 12: 0.2, 36: 0.0})
    # Eleven months at 0.6 and one at 0.2, less one held; then 0.2 until the last month.
    assert lost_by_year(loss, 1.0).tolist() == near([11 * 0.6 + 0.2 - 1, 12 * 0.2, 11 * 0.2])
    assert first_month(loss, 1.0) == 2


def test_cover_that_lasts_longer_than_what_is_counted_loses_nothing():
    loss = loss_by_month({3: 0.1})
    assert lost_by_year(loss, 3.6).tolist() == near([0, 0, 0])
    assert first_month(loss, 3.6) != first_month(loss, 3.6)  # never
    assert lost_by_year(loss, 2.0).tolist() == near([0, 0.4, 1.2])


# Goods that a measure lists -------------------------------------------------------------------


def licensed(**terms: object) -> Network:
    """C makes metal and magnets, and licences the export of metal alone."""
    net = Network().places("C", "X").material("metal", "mine").material("magnet", "magnet")
    net.recipe("dig", {"metal": 1}).recipe("sinter", {"magnet": 1}, {"metal": 1})
    net.plant("mine-c", "C", "dig", capacity=10)
    net.plant("works-c", "C", "sinter", capacity=8).plant("works-x", "X", "sinter", capacity=2)
    net.product("car", {"magnet": 1}, sector="autos").demand("car", C=4, X=6)
    net.trade("metal", "C", "X", 2, sigma=0.01).trade("magnet", "C", "X", 4, sigma=0.01)
    return net.document(
        "measures",
        "C-LIST",
        title="Licences for metal",
        kind="licence",
        imposed_by=["C"],
        announced="2024-01-01",
        effective="2024-01-01",
        covers={"materials": ["metal"]},
        **terms,
    )


@pytest.mark.parametrize(
    ("terms", "selector", "abroad"),
    [
        ({"approval": {"*": 0.0}}, "measure=C-LIST", 1 / 3),
        ({"approval": {"*": 0.5}}, "measure=C-LIST share=0.5", 1 / 6),
    ],
)
def test_goods_listed_stop_as_under_a_licence_that_nobody_gets(tmp_path, terms, selector, abroad):
    """Without floor, grace and general licences, a licence leaves what is approved."""
    steps = {"curve": {"kind": "steps", "from_days": {0: 1.0}}}
    chain = sg.load(licensed(**steps, **terms).write(tmp_path))
    stopped = chain.stop_exports(selector).solve(rerouting="none")
    licence = chain.remove().solve(rerouting="none", measures=["C-LIST"], at="2024-12")
    rows = ["product", "region", "segment", "place"]
    assert stopped.table[rows].equals(licence.table[rows])
    lost = stopped.table["loss_none"].tolist()
    assert lost == near(licence.table["loss_none"].tolist())
    assert (stopped.home["loss_none"], stopped.abroad["loss_none"]) == (near(0), near(abroad))


def test_goods_held_besides_those_listed_do_not_stop(shipped):
    shock = shipped.stop_exports("measure=CN-2025-18").stop.shock
    arcs = shipped.network.arcs
    cut = arcs[shock.arc < 1]
    assert set(cut["from"]) == {"CN"} and (shock.activity == 1).all() and (shock.made == 1).all()
    assert {"ndfeb-hre", "smco", "dy-oxide"} <= set(cut["material"])
    assert not {"ndfeb-std", "nd-oxide"} & set(cut["material"])


@pytest.mark.parametrize(
    ("selector", "says"),
    [
        ("measure=CN-2025-18 country=CN", "Write measure=ID alone"),
        ("measure=CN-2025-61-CONTENT", "lists no goods whose export it controls"),
    ],
)
def test_a_measure_that_lists_no_goods_is_refused(shipped, selector, says):
    with pytest.raises(SelectorError, match=says):
        shipped.stop_exports(selector)


# Forms of an element --------------------------------------------------------------------------


def test_all_forms_of_an_element_are_more_than_the_refined(shipped):
    """All that holds neodymium: ores, metal with praseodymium, every magnet, none of samarium."""
    pools, arcs = shipped.network.pools, shipped.network.arcs
    removed, stopped = {}, {}
    for forms in ("refined", "all"):
        made = shipped.remove("element=Nd", forms=forms).stop.shock.made
        left = shipped.stop_exports("element=Nd market=CN", forms=forms).stop.shock.arc
        removed[forms] = set(pools["material"][made < 1])
        stopped[forms] = set(arcs["material"][left < 1])
    assert removed["refined"] == stopped["refined"] == {"nd-oxide"}
    for names in (removed["all"], stopped["all"]):
        assert {"nd-oxide", "ndpr-metal", "ndfeb-std", "ndfeb-hre"} < names
        assert not names & {"dy-oxide", "sm-metal", "smco", "y-oxide"}
    assert "ore-ion-clay-myanmar" in removed["all"]


def test_forms_asked_for_once_hold_for_what_is_taken_away_later(shipped):
    hit = shipped.remove("element=Nd", forms="all")
    assert hit.remove("element=Dy").taken.forms == "all"
    assert hit.solve(rerouting="none").results.params["forms"] == "all"
    with pytest.raises(sg.UsageError, match="forms 'metals' is not known"):
        shipped.remove("element=Nd", forms="metals")


# Abroad and at home ---------------------------------------------------------------------------


def row(table, name):
    return table[table["id"] == name].iloc[0]


def test_what_nobody_buys_abroad_is_lost_at_home_and_said_to_be():
    chain = sg.load("three-nodes")  # a mine in CN, a magnet plant and all demand in JP
    table = chain.rank(acts_as="outage").table
    plant, mine = row(table, "plant-b"), row(table, "mine-a")
    assert "no_abroad" in plant["flags"] and "no_abroad" not in mine["flags"]
    assert plant["loss_abroad_none"] != plant["loss_abroad_none"]
    assert (plant["loss_home_none"], mine["loss_abroad_none"]) == (near(1), near(1))
    assert mine["loss_home_none"] != mine["loss_home_none"]


@pytest.mark.slow
def test_a_fixed_home_makes_rows_of_several_countries_compare():
    chain = sg.load("three-nodes")
    table = chain.rank(acts_as="outage", outside=["CN"]).table
    assert table["loss_abroad_none"].tolist() == near([1, 1])
    assert not any("no_abroad" in flags for flags in table["flags"])
    table = chain.rank(acts_as="outage", outside=["JP"]).table
    assert table["loss_home_none"].tolist() == near([1, 1])
    assert all("no_abroad" in flags for flags in table["flags"])
    hit = chain.stop_exports("country=CN").solve(outside=["JP"])
    assert hit.table["place"].tolist() == ["home", "abroad", "home", ""]
    with pytest.raises(sg.UsageError, match=r"outside .JPX.: no such country\. Did you mean .JP."):
        chain.rank(outside=["JPX"])


@pytest.mark.slow
def test_exports_stop_where_one_country_can_stop_them(tmp_path):
    """Every plant stands in one market; the operator owns one in each of two."""
    net = Network().places("C", "D", "X").material("goods", "mine").recipe("dig", {"goods": 1})
    net.plant("mine-c", "C", "dig", capacity=6).plant("mine-d", "D", "dig", capacity=4)
    net.product("car", {"goods": 1}, sector="autos").demand("car", X=10)
    chain = sg.load(net.write(tmp_path))
    assert chain.rank("facility").params["as"] == "export-stop"
    ranking = chain.rank("operator")
    assert ranking.params["as"] == "outage"
    assert any(text.startswith("as outage: the plants stop") for text in ranking.warnings)
    assert chain.rank("operator", acts_as="export-stop").params["as"] == "export-stop"
    with pytest.raises(sg.UsageError, match="as 'stop' is not known"):
        chain.rank(acts_as="stop")


@pytest.mark.slow
def test_cover_counts_exports_that_stop():
    """Half of the ore no longer leaves: stock of 4 weeks lasts twice as long, then half is lost."""
    hit = sg.load("three-nodes").stop_exports("id=mine-a share=0.5")
    results = hit.cover()
    table = results.table.set_index(["cover", "rerouting"])
    central = table.loc["central", "none"]
    months = 4 * 12 / 52
    assert central["tts_months"] == pytest.approx(2 * months)
    lost = [central[f"months_lost_year_{year}"] for year in (1, 2, 3)]
    assert lost == pytest.approx([6 - months, 6, 6])
    # Nobody else sends ore, and the mine may not send what it could dig beyond the year: the plant
    # that stops for a half could still dig 60 of the 90 t.
    plants = sg.load("three-nodes").remove("id=mine-a share=0.5").cover().table
    plants = plants.set_index(["cover", "rerouting"])
    assert table.loc["central", "least"]["tts_months"] == pytest.approx(2 * months)
    assert plants.loc["central", "least"]["tts_months"] == pytest.approx(3 * months)
    assert table["months_lost_year_1"].xs("least", level=1).isna().all()
    row = hit.solve(rerouting="none").table.iloc[0]
    for cover in ("low", "high"):
        asked = table.loc[cover, "none"]["months_lost_year_1"]
        assert asked == pytest.approx(row[f"months_lost_year_1_{cover}"])
    assert results.params["stop_exports"] == ["id=mine-a share=0.5"]
    assert set(results.table["removed"]) == {"exports of id=mine-a share=0.5"}
    assert sg.headline(results).text.startswith("Without exports of 50 % of Mine A, stocks carry")
    both = hit.remove("id=plant-b share=0.5").cover()
    begins = "Without 50 % of Plant B and exports of 50 % of Mine A, stocks carry"
    assert sg.headline(both).text.startswith(begins)
    told = " ".join(results.warnings)
    assert "as export-stop" in told and "exports go on when whoever stopped them" in told


# Other weights --------------------------------------------------------------------------------


def valued() -> Network:
    """Mine a serves two cheap products, mine b one of a hundred times the value."""
    net = Network().places("C", "X")
    for name in "ab":
        net.material(f"ore-{name}", "mine").recipe(f"dig-{name}", {f"ore-{name}": 1})
    net.product("cheap-1", {"ore-a": 1}, sector="autos", value=1.0).demand("cheap-1", X=10)
    net.product("cheap-2", {"ore-a": 1}, sector="autos", value=1.0).demand("cheap-2", X=10)
    net.product("dear", {"ore-b": 1}, sector="chips", value=100.0).demand("dear", X=10)
    net.plant("mine-a", "C", "dig-a", capacity=20).plant("mine-b", "C", "dig-b", capacity=10)
    return net


@pytest.mark.slow
def test_ranks_under_every_scheme_stand_beside_the_ranking(tmp_path):
    """Three products of a third each: two hang on a. By value b leads; by sectors they are even."""
    ranking = sg.load(valued().write(tmp_path)).rank(weights="all")
    table = ranking.table.set_index("id")
    schemes = ("level", "sectors", "value", "equal", "mass")
    ranks = {name: table[f"rank_{name}"].to_dict() for name in schemes}
    a_first, b_first = {"mine-a": 1, "mine-b": 2}, {"mine-a": 2, "mine-b": 1}
    assert ranks == {
        "level": a_first,
        "sectors": {"mine-a": 1, "mine-b": 1},
        "value": b_first,
        "equal": a_first,
        "mass": a_first,
    }
    assert table["rank"].to_dict() == a_first
    said = "\n".join(ranking.warnings)
    assert "rank correlation (Spearman) with level over 2 rows with a loss abroad: " in said
    assert "sectors all alike, value -1.00, equal 1.00, mass 1.00" in said
    # Without either cheap product both mines lose one of two.
    assert (
        "dropping one product moves no row of the first 2 by more than 1: without cheap-1 mine-b "
        "goes from 2 to 1"
    ) in said


# Overlaps and slips ---------------------------------------------------------------------------


@pytest.mark.slow
def test_what_a_plant_no_longer_makes_is_not_taken_from_its_exports_again(shipped):
    """Half of all magnet plants stop, and half of their exports: the plants that run may export."""
    for text in ("id=cn-jlmag", "country=CN process=ndfeb share=0.5", "country=CN process=heavy"):
        alone = shipped.remove(text).solve(rerouting="none").abroad["loss_none"]
        for both in (
            shipped.remove(text).stop_exports(text),
            shipped.stop_exports(text).remove(text),
        ):
            assert both.solve(rerouting="none").abroad["loss_none"] == near(alone)


def test_the_rest_of_a_pool_stops_exporting_beside_a_plant_that_is_gone(shipped):
    plant, all_ = "id=cn-jlmag", "country=CN process=ndfeb"
    whole = shipped.stop_exports(all_).solve(rerouting="none").abroad["loss_none"]
    both = shipped.remove(plant).stop_exports(all_).solve(rerouting="none")
    assert both.abroad["loss_none"] == near(whole)
    assert both.home["loss_none"] > 0.01


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda chain: chain.stop_exports(None), "None is no selector"),
        (lambda chain: chain.remove(["country=CN"]), "is no selector"),
        (lambda chain: chain.remove("measure=CN-2025-18"), "Stop their exports"),
        (lambda chain: chain.stop_exports("measure=CN-2025-81"), "no measure that can act here"),
        (lambda chain: chain.rank(product="ev", sector="defence"), "not of the sector"),
    ],
)
def test_slips_are_refused_with_a_way_out(shipped, ask, said):
    with pytest.raises(sg.SupplygraphError, match=said):
        ask(shipped)


@pytest.mark.slow
@pytest.mark.parametrize("sector", ["autos", "chips"])
def test_a_sector_alone_and_its_column_in_a_whole_ranking_are_one_number(tmp_path, sector):
    """What counts does not change who goes without: only the denominator is another."""
    net = valued()
    net.product("phone", {"ore-a": 1}, sector="chips").demand("phone", X=30, C=5)
    chain = sg.load(net.write(tmp_path))
    whole = chain.chokepoints().set_index("id")
    alone = chain.chokepoints(sector=sector).set_index("id").reindex(whole.index)
    assert whole[f"loss_abroad_12m_{sector}"].max() > 0
    for bound in ("none", "12m"):
        column = f"loss_abroad_{bound}"
        assert alone[column].tolist() == pytest.approx(
            whole[f"{column}_{sector}"].tolist(), abs=1e-9
        )
