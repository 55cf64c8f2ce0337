"""Stock by tier and time to survive: small cases solved by hand, and what is not known."""

import math

import numpy as np
import pytest
from program import shipped_chain

import supplygraph as sg
from supplygraph.errors import UsageError
from supplygraph.units import weeks_to_months
from tests.networks import Network

pytestmark = pytest.mark.sampled

MONTH = 52 / 12


def chain_of(network: Network, folder):
    return sg.load(network.write(folder))


def toy(stocks: bool = True) -> Network:
    """90 t of ore in A make 30 t of magnets in B for 30 units."""
    net = Network().places("A", "B")
    net.material("ore", "mine").material("mag", "magnet")
    net.recipe("dig", {"ore": 1}).recipe("press", {"mag": 1}, {"ore": 3})
    net.plant("mine", "A", "dig", capacity=120).plant("press", "B", "press", capacity=40)
    net.product("car", {"mag": 1}, value=10.0).demand("car", B=30)
    net.observe("output(id=mine)", 90, unit="t_reo/yr")
    if stocks:
        hold(net, "car@B", "mag", 1)
    return net


def hold(net: Network, holder: str, material: str, months, low=None, high=None) -> Network:
    weeks = [
        "" if m is None else m * MONTH
        for m in (months if low is None else low, months, months if high is None else high)
    ]
    net.add(
        "stocks",
        holder=holder,
        material=material,
        weeks_low=weeks[0],
        weeks_central=weeks[1],
        weeks_high=weeks[2],
    )
    return net


def lag(
    net: Network, name: str, kind: str, case: str, central, *, unit="months", high=""
) -> Network:
    net.add("lags", id=name, kind=kind, case=case, low="", central=central, high=high, unit=unit)
    return net


def times(chain, cover="central", **options):
    table = chain.cover(**options).table
    rows = table[table["cover"] == cover]
    return {(r["product"], r["rerouting"]): r for r in rows.to_dict("records")}


def test_own_stock_over_the_share_lost(tmp_path):
    hit = chain_of(toy(), tmp_path).remove("id=mine share=0.75")
    rows = times(hit, ttr=3)
    assert rows["car", "none"]["tts_months"] == pytest.approx(1 / 0.75)
    # A quarter of 120 t still digs 30 of 90.
    assert rows["car", "least"]["tts_months"] == pytest.approx(1 / (2 / 3), rel=1e-6)
    assert rows["car", "none"]["loss_at_ttr"] == pytest.approx(0.75 * (3 - 4 / 3) / 3)
    assert rows["car", "least"]["loss_at_ttr"] == pytest.approx(2 / 3 * 1.5 / 3, rel=1e-6)
    assert rows["car", "none"]["lost_units"] == pytest.approx(30 / 12 * 0.75 * (3 - 4 / 3))
    assert rows["car", "none"]["runs_out"] == "mag held by car@B"


@pytest.mark.parametrize("holder", ["B", "press", "mine"])
def test_stock_up_the_chain_adds_its_months(tmp_path, holder):
    """Ore held by the market that uses it, by the plant that uses it, or by the mine."""
    hit = chain_of(hold(toy(), holder, "ore", 3), tmp_path).remove("id=mine")
    rows = times(hit)
    for rerouting in ("none", "least"):
        assert rows["car", rerouting]["tts_months"] == pytest.approx(4.0, rel=1e-6)


def test_stock_of_the_mine_does_not_pass_an_arc_that_is_cut(tmp_path):
    hit = chain_of(hold(toy(), "mine", "ore", 3), tmp_path).remove("id=ore:A>B")
    assert times(hit)["car", "none"]["tts_months"] == pytest.approx(1.0)
    assert times(hit)["car", "least"]["tts_months"] == pytest.approx(1.0, rel=1e-6)


@pytest.mark.slow
def test_low_central_high(tmp_path):
    net = hold(toy(stocks=False), "car@B", "mag", 2, low=1, high=5)
    hit = chain_of(net, tmp_path).remove("id=mine")
    found = [times(hit, cover)["car", "none"]["tts_months"] for cover in ("low", "central", "high")]
    assert found == pytest.approx([1, 2, 5])


def test_the_stock_of_one_product_serves_no_other(tmp_path):
    net = toy()
    net.product("bus", {"mag": 1}).demand("bus", B=10)
    hold(net, "bus@B", "mag", 0)
    net.tables["observations"].clear()
    net.observe("output(id=mine)", 120, unit="t_reo/yr")
    hit = chain_of(net, tmp_path).remove("id=mine")
    rows = times(hit)
    assert rows["car", "least"]["tts_months"] == pytest.approx(1.0, rel=1e-6)
    assert rows["bus", "least"]["tts_months"] == 0.0
    assert rows["total", "least"]["tts_months"] == 0.0
    assert rows["bus", "least"]["flags"] == ()


@pytest.mark.slow
def test_freed_magnets_may_serve_another_under_least(tmp_path):
    """Half the ore left: cars live on stock, so buses get the fresh magnets."""
    net = toy()
    net.product("bus", {"mag": 1}).demand("bus", B=10)
    hold(net, "bus@B", "mag", 0)
    net.tables["observations"].clear()
    net.observe("output(id=mine)", 120, unit="t_reo/yr")
    hit = chain_of(net, tmp_path).remove("id=mine share=0.5")
    rows = times(hit)
    assert rows["bus", "none"]["tts_months"] == 0.0
    # 20 of 40 t come; cars hold 2.5 t and 20 t a year lack.
    assert rows["total", "least"]["tts_months"] == pytest.approx(2.5 / 20 * 12, rel=1e-6)


def test_no_figure_is_neither_none_nor_without_end(tmp_path):
    hit = chain_of(toy(stocks=False), tmp_path).remove("id=mine")
    results = hit.cover(ttr=3)
    row = results.table.iloc[0]
    assert math.isnan(row["tts_months"]) and row["flags"] == ("no_figure",)
    assert row["exposed"] is None
    assert any("states no stock" in note for note in results.warnings)


@pytest.mark.slow
def test_a_stated_zero_is_a_zero_and_a_blank_low_is_no_figure(tmp_path):
    net = toy(stocks=False)
    net.add("stocks", holder="car@B", material="mag", weeks_low="", weeks_central=0, weeks_high=0)
    hit = chain_of(net, tmp_path).remove("id=mine")
    central, low = times(hit)["car", "none"], times(hit, "low")["car", "none"]
    assert (central["tts_months"], central["flags"]) == (0.0, ())
    assert math.isnan(low["tts_months"]) and low["flags"] == ("no_figure",)


def test_nothing_lost_is_capped(tmp_path):
    net = toy()
    net.plant("idle", "A", "dig", capacity=5, status="suspended")
    hit = chain_of(net, tmp_path).remove("id=idle")
    for row in times(hit, longest=7, ttr=6).values():
        assert (row["tts_months"], row["flags"], row["exposed"]) == (7.0, ("capped",), False)
    for row in times(hit, longest=7, ttr=9).values():
        assert row["exposed"] is None and math.isnan(row["gap_months"])


def test_two_needs_the_shorter_counts_and_is_marked(tmp_path):
    net = toy()
    net.material("lens", "component").recipe("grind", {"lens": 1}).plant("glass", "B", "grind")
    net.add(
        "needs",
        product="car",
        material="lens",
        quantity=1,
        unit="piece/unit",
        need_evidence="A",
        quantity_evidence="A",
        essential="true",
        alternative_group="",
    )
    hold(net, "car@B", "lens", 0.5)
    chain = chain_of(net, tmp_path)
    table = chain.cover("car").table
    own = table[table["tier"] == 0].set_index("material")
    assert own["first_out"].to_dict() == {"lens": True, "mag": False}
    both = chain.remove("id=mine", "id=glass").cover().table
    row = both[(both["cover"] == "central") & (both["rerouting"] == "none")].iloc[0]
    assert row["tts_months"] == pytest.approx(0.5)
    assert row["runs_out"] == "lens held by car@B"


def test_alternatives_run_out_together(tmp_path):
    """Half of each by the balance: 2 and 4 months of them last 3 months on average."""
    net = Network().places("A")
    for name in ("dy", "tb", "w"):
        net.material(name, "mine").recipe(f"dig-{name}", {name: 1})
        net.plant(f"mine-{name}", "A", f"dig-{name}", capacity=100)
    net.product("car", {"w": 1}, either=[{"dy": 1, "tb": 1}]).demand("car", A=20)
    net.observe("output(material=dy)", 10).observe("output(material=tb)", 10)
    hold(net, "car@A", "dy", 2)
    hold(net, "car@A", "tb", 4)
    hold(net, "car@A", "w", 3.5)
    table = chain_of(net, tmp_path).cover().table
    table = table[table["tier"] == 0].set_index("material")
    assert table.loc["dy", "share"] == pytest.approx(0.5, abs=0.02)
    assert table["first_out"].to_dict() == {"dy": True, "tb": True, "w": False}


def test_tiers_of_the_toy():
    table = sg.load("three-nodes").cover().table
    assert table[["tier", "holder", "material"]].to_numpy().tolist() == [
        [0, "ev@JP", "mag-a"],
        [1, "", "mag-a"],
        [2, "", "ore-a"],
    ]
    first, *rest = table.to_dict("records")
    months = [first[f"months_{end}"] for end in ("low", "central", "high")]
    assert months == pytest.approx([weeks_to_months(w) for w in (2, 4, 8)])
    assert first["first_out"] and first["use"] == pytest.approx(30)
    assert all(np.isnan(row["months_central"]) and row["flags"] == ("no_figure",) for row in rest)


def test_a_market_stock_counts_by_the_share_that_passes_there(tmp_path):
    net = toy()
    net.plant("press-a", "A", "press", capacity=20)
    net.observe("output(id=press-a material=mag)", 10, unit="t_finished/yr")
    net.observe("output(id=press material=mag)", 20, unit="t_finished/yr")
    hold(net, "A", "ore", 6)
    table = chain_of(net, tmp_path).cover().table
    rows = table[table["material"] == "ore"].set_index("holder")
    assert rows.loc["A", "share"] == pytest.approx(1 / 3, abs=0.02)
    assert rows.loc["A", "months_central"] == pytest.approx(6)
    assert rows.loc["", "share"] == pytest.approx(2 / 3, abs=0.02)
    assert rows.loc["", "flags"] == ("no_figure",)


@pytest.mark.slow
def test_scenarios_of_their_own_are_compared(tmp_path):
    net = toy()
    net.plant("mine-b", "A", "dig", capacity=60)
    net.observe("output(id=mine-b)", 30, unit="t_reo/yr")
    net.tables["observations"][0]["value"] = "60.0"
    results = chain_of(net, tmp_path).cover(each=["id=mine", "id=mine-b"], ttr=12)
    rows = results.table
    none = rows[(rows["cover"] == "central") & (rows["rerouting"] == "none")].set_index("removed")
    assert none.loc["id=mine", "rei"] == 1.0
    assert 0 < none.loc["id=mine-b", "rei"] < 1
    alone = chain_of(net, tmp_path).remove("id=mine").cover(ttr=12).table
    assert alone["rei"].isna().all()


class TestTimeToRecover:
    """Where a time to recover comes from."""

    @pytest.fixture
    def chain(self, tmp_path):
        net = toy()
        lag(net, "mine-back", "recovery", "mine", 9, high=12)
        lag(net, "mine-slow", "recovery", "mine", "", unit="years", high=1.5)
        lag(net, "yield", "recovery", "press", 0.9, unit="fraction")
        lag(net, "build", "lead_time", "magnet: new press", 24)
        return chain_of(net, tmp_path)

    def test_a_lag_of_the_process_applies_the_longest_of_several(self, chain):
        results = chain.remove("id=mine").cover()
        assert set(results.table["ttr_months"]) == {18.0}
        assert any("lag mine-slow, grade D" in note for note in results.warnings)

    def test_a_yield_is_no_time(self, chain):
        results = chain.remove("id=press").cover()
        assert results.table["ttr_months"].isna().all()
        assert results.table["loss_at_ttr"].isna().all()
        assert any("Give --ttr MONTHS. Or name a lag, such as build" in n for n in results.warnings)
        with pytest.raises(UsageError, match="'yield': this lag is a share, no time"):
            chain.remove("id=press").cover(ttr="yield")

    def test_a_lag_by_name(self, chain):
        assert set(chain.remove("id=press").cover(ttr="build").table["ttr_months"]) == {24.0}
        with pytest.raises(UsageError, match="neither months nor a lag"):
            chain.remove("id=press").cover(ttr="biuld")

    @pytest.mark.parametrize("ttr", [0, -1, "nan", "inf"])
    def test_months_are_above_zero(self, chain, ttr):
        with pytest.raises(UsageError, match="months are above 0"):
            chain.remove("id=mine").cover(ttr=ttr)


def test_what_makes_no_sense_is_refused(tmp_path):
    chain = chain_of(toy(), tmp_path)
    with pytest.raises(UsageError, match="remove something"):
        chain.cover(ttr=3)
    with pytest.raises(UsageError, match="no product 'cra'"):
        chain.cover("cra")
    with pytest.raises(UsageError, match="months are above 0"):
        chain.remove("id=mine").cover(longest=0)


@pytest.fixture(scope="module")
def shipped():
    return shipped_chain()


HEAVY = "country=CN process=heavy"


@pytest.mark.slow
def test_a_product_that_is_not_assembled_there(shipped):
    with pytest.raises(UsageError, match=r"'f-35' is not assembled in region 'JP'\. It is in: US"):
        shipped.cover("f-35", "JP")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("product", "region"), [("ev", "IN"), ("hev", "ROW"), ("wind-onshore", "CN")]
)
def test_without_stock_up_the_chain_it_is_the_first_shortage_of_whatif(shipped, product, region):
    """Central stock over loss, unless some stock further up is drawn first."""
    hit = shipped.remove(HEAVY)
    said = hit.solve(rerouting="none").table.set_index(["product", "region"])
    found = times(hit, product=product, region=region)[product, "none"]["tts_months"]
    expected = said.loc[(product, region), "months_to_first_shortage"]
    # A few tonnes that arrive from a place with stock of its own may lengthen it a little.
    assert found == pytest.approx(expected, rel=1e-3) and found >= expected * (1 - 1e-6)


@pytest.mark.slow
def test_stock_up_the_chain_only_lengthens_the_first_shortage(shipped):
    hit = shipped.remove(HEAVY)
    said = hit.solve(rerouting="none").table.set_index(["product", "region"])
    months = said.loc[("ev", "US"), "months_to_first_shortage"]
    found = times(hit, product="ev", region="US")["ev", "none"]["tts_months"]
    assert months < found < 2 * months


def test_an_unsized_need_has_no_least_bound(tmp_path):
    net = toy()
    net.product("relic", {"mag": 1}).demand("relic", B=1)
    net.tables["needs"][-1]["quantity"] = ""
    hold(net, "relic@B", "mag", 1)
    rows = times(chain_of(net, tmp_path).remove("id=mine"), product="relic", ttr=24)
    least = rows["relic", "least"]
    assert "nominal" in least["flags"] and math.isnan(least["tts_months"])
    assert rows["relic", "none"]["tts_months"] > 0
