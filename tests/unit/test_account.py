"""Both sides by hand: two countries, a price and a value; and prices that are chosen or lacking."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from networks import Network

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.runs.account import account_table, market_of
from supplygraph.dataset.prices import PriceBook
from supplygraph.engines.month_model import Month
from supplygraph.errors import SupplygraphError, UsageError
from supplygraph.results import Results
from supplygraph.scenario.load import scenario_of
from supplygraph.views.account_page import AccountPage, bars, money
from tests.solved_networks import Solved

pytestmark = pytest.mark.sampled

BAN = {
    "id": "ban",
    "kind": "ban",
    "imposed_by": ["A"],
    "covers": {"materials": ["met"]},
    "blocked": 0.4,
    "effective": "2025-01-01",
    "expires": "2025-02-28",
}
OUTAGE = {
    "id": "out",
    "kind": "outage",
    "select": "id=melter",
    "share": 0.4,
    "effective": "2025-01",
}


def network(value: float | None = 500.0, weeks: float = 0.0) -> Network:
    """A sells B 120 t of met a year, ten a month, for as many cars; it keeps 12 t for its own."""
    net = Network().places("A", "B").material("met", "mine").recipe("melt", {"met": 1})
    net.plant("melter", "A", "melt", capacity=132).trade("met", "A", "B", 120, sigma=0.001)
    net.observe("output(id=melter material=met)", 132, sigma=0.001)
    size = 132 if value is None else 1  # an index product is one over all markets
    net.product("car", {"met": size}, value=value)
    net.demand("car", A=12 / size, B=120 / size, sigma=0.001)
    if weeks:
        net.stock("car@B", "met", weeks)
    if value is None:
        net.tables["products"][0]["basis"] = "index"
    return net


def two(value: float | None = 500.0, weeks: float = 0.0, **price: Any) -> Solved:
    """The network with 2 to 3 USD/kg for met, or another price."""
    net = network(value, weeks)
    row = {"date": "2024-12", "basis": "A FOB", "low": 2, "high": 3, "unit": "USD/kg"} | price
    net.add("prices", material="met", evidence="A", **row)
    return net.solve()


def account(solved: Solved, *measures: dict[str, Any], months: int = 3, **options: Any) -> Any:
    content = {
        "title": "t",
        "start": "2025-01",
        "months": months,
        "season": False,
        "growth": options.pop("growth", 0.0),
        "measures": list(measures),
    }
    told = scenario_of(solved.graph.dataset, content)
    options = {"exporter": "A", "covers": ("central",)} | options
    table, notes, _ = account_table(Tracer(Month(solved.baseline)), told, **options)
    return table, notes


def row(table: pd.DataFrame, side: str, month: str | None = None, **keys: str) -> pd.Series:
    keys = {"group": "total", "region": "", "item": "", "rerouting": "none"} | keys
    found = table[(table["side"] == side)]
    for name, value in keys.items():
        found = found[found[name] == value]
    found = found[found["month"].isna() if month is None else found["month"] == month]
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize("rerouting", ["none", "least"])
def test_tonnes_times_price_beside_units_times_value(rerouting):
    """0.4 x 10 t for two months at 2 to 3 USD/kg; as many cars at 500 USD each."""
    table, _ = account(two(), BAN)
    sold = row(table, "exporter", rerouting=rerouting)
    assert sold["quantity"] == pytest.approx(8, rel=1e-3)
    assert (sold["base"], sold["unit"]) == (pytest.approx(30, rel=1e-3), "t_reo")
    assert sold["value_low_usd"] == pytest.approx(16_000, rel=1e-3)
    assert sold["value_high_usd"] == pytest.approx(24_000, rel=1e-3)
    lost = row(table, "importer", rerouting=rerouting)
    assert lost["quantity"] == pytest.approx(8, rel=1e-3)
    assert lost["value_low_usd"] == lost["value_high_usd"] == pytest.approx(4_000, rel=1e-3)
    assert lost["per_dollar_low"] == pytest.approx(4 / 24, rel=1e-3)
    assert lost["per_dollar_high"] == pytest.approx(4 / 16, rel=1e-3)
    home = row(table, "home", rerouting=rerouting)
    assert (home["quantity"], home["value_low_usd"]) == (0, 0)
    # A sum has the weakest grade of what is priced in it.
    assert (sold["evidence"], lost["evidence"], home["evidence"]) == ("D", "D", "")


@pytest.mark.slow
def test_growth_is_in_the_base_and_in_what_is_not_sold():
    table, _ = account(two(), BAN, growth=0.5, rerouting="none")
    sold = row(table, "exporter")
    assert sold["base"] == pytest.approx(45, rel=1e-3)
    assert sold["quantity"] == pytest.approx(12, rel=1e-3)


@pytest.mark.slow
def test_months_sum_to_the_whole_run_on_every_level():
    table, _ = account(two(), BAN, by="item", by_month=True)
    keys = ["side", "group", "region", "item", "rerouting"]
    names = ["quantity", "value_low_usd", "value_high_usd"]
    whole = table[table["month"].isna()].set_index(keys)[names].sort_index()
    months = table[table["month"].notna()].groupby(keys)[names].sum().sort_index()
    pd.testing.assert_frame_equal(whole, months)
    assert row(table, "exporter", "2025-03")["quantity"] == 0
    assert row(table, "exporter", "2025-02")["quantity"] == pytest.approx(4, rel=1e-3)
    one = row(table, "exporter", group="mine", region="B", item="met")
    # A dataset without sources holds no grade better than D.
    assert (one["source"], one["evidence"], one["flags"]) == ("A FOB, 2024-12", "D", ())


@pytest.mark.slow
def test_a_stock_bears_the_first_month_for_the_importer_and_not_for_the_exporter():
    """A month of stock is 52/12 weeks: the 4 t that do not come in January are drawn from it."""
    table, _ = account(two(weeks=52 / 12), BAN, months=1)
    assert row(table, "exporter")["quantity"] == pytest.approx(4, rel=1e-3)
    assert row(table, "importer")["quantity"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("rerouting", ["none", "qualified", "least"])
def test_without_a_measure_both_sides_are_zero_and_no_part_is_listed(rerouting):
    table, notes = account(two(), rerouting=rerouting, by="item", by_month=True)
    assert set(table["group"]) == {"total"}
    assert set(table["quantity"]) == set(table["value_low_usd"]) == {0.0}
    assert table["per_dollar_low"].isna().all()
    assert not any("dollar not sold" in note for note in notes)


@pytest.mark.slow
def test_a_missing_price_is_named_and_never_zero():
    table, notes = account(two(unit="CNY/kg"), BAN, rerouting="none")
    sold = row(table, "exporter")
    assert sold["quantity"] == pytest.approx(8, rel=1e-3)
    assert math.isnan(sold["value_low_usd"]) and math.isnan(sold["value_high_usd"])
    assert (sold["unpriced"], sold["flags"]) == (("met",), ("not_valued",))
    assert any("in no dollars: met (CNY only)" in note for note in notes)
    assert math.isnan(row(table, "importer")["per_dollar_low"])


@pytest.mark.slow
def test_an_index_product_is_named_and_never_zero():
    table, notes = account(two(value=None), BAN, rerouting="none")
    lost = row(table, "importer")
    assert math.isnan(lost["value_low_usd"])
    assert lost["unpriced"] == ("car",)
    assert any(note.startswith("not valued") and note.endswith(": car") for note in notes)


@pytest.mark.slow
def test_a_cut_plant_leaves_the_least_of_least_unknown():
    table, notes = account(two(), OUTAGE)
    none, least = (row(table, "exporter", rerouting=name) for name in ("none", "least"))
    assert none["quantity"] == pytest.approx(12, rel=1e-3)
    assert math.isnan(least["quantity"]) and math.isnan(least["value_low_usd"])
    assert least["flags"] == ("undetermined",)
    assert any("ask --rerouting none" in note for note in notes)


@pytest.mark.slow
def test_an_exporter_is_a_market_that_ships():
    graph = network().places("C2/A").compile()
    assert market_of(graph, "B") == "B"
    with pytest.raises(UsageError, match=r"shares the market 'A'.*--exporter A"):
        market_of(graph, "C2")
    with pytest.raises(UsageError, match="'X' is no market"):
        market_of(graph, "X")
    with pytest.raises(UsageError, match="ships nothing"):
        account(two(), BAN, exporter="B")
    with pytest.raises(UsageError, match="--by 'items' is not known"):
        account(two(), BAN, by="items")


def quotes(*rows: tuple[str, str, float, float, str]) -> PriceBook:
    """Prices of met among met and a second magnet-like material of the same stage."""
    net = network().material("dust", "mine")
    for date, basis, low, high, unit in rows:
        net.add("prices", material="met", date=date, basis=basis, low=low, high=high, unit=unit)
    return PriceBook(net.compile().dataset, "2025-04")


def test_the_exporters_terms_come_before_nearness_and_asks_never():
    book = quotes(
        ("2025-04-05", "Europe", 9, 9, "USD/kg"),
        ("2024-06", "China FOB", 2, 3, "USD/kg"),
        ("2025-06", "China FOB", 5, 6, "USD/kg"),
        ("2025-04", "Europe ask", 90, 90, "USD/kg"),
    )
    price = book.of("met")
    assert (price.low, price.high, price.flags) == (2000, 3000, ())
    assert price.basis == "China FOB, 2024-06"


@pytest.mark.slow
def test_a_later_price_is_taken_only_without_an_earlier_one_and_says_so():
    assert quotes(("2025-06", "FOB", 5, 6, "USD/t")).of("met").flags == ("later_price",)
    year = quotes(("2025", "about half of world use", 5, 6, "USD/t"))
    assert year.of("met").flags == ("not_fob",)
    two_rows = quotes(
        ("2025", "75% of world use", 5, 5, "USD/t"), ("2025", "25% of world use", 8, 9, "USD/t")
    )
    assert (two_rows.of("met").low, two_rows.of("met").high) == (5, 9)


def test_a_price_of_several_quotes_has_the_weakest_of_their_grades():
    net = network()
    for basis in ("75% of world use", "25% of world use"):
        net.add("prices", material="met", date="2025", basis=basis, low=5, high=5, unit="USD/t")
    dataset = net.compile().dataset
    graded = dataset.tables["prices"].assign(evidence=["C", "calc"])
    dataset = replace(dataset, tables={**dataset.tables, "prices": graded})
    assert PriceBook(dataset, "2025-04").of("met").evidence == "calc"


def test_a_customs_heading_prices_its_stage_and_says_so():
    book = quotes(("2025-03", "all metals, China export unit value", 7, 7, "USD/t"))
    for name in ("met", "dust"):
        assert (book.of(name).low, book.of(name).flags) == (7, ("group_price",))
    own = quotes(("2025-03", "China FOB", 7, 7, "USD/t"))
    assert own.of("dust") is None
    assert own.why_not("dust") == "no quote"


def page_of(*measures: dict[str, Any], **options: Any) -> str:
    table, notes = account(two(), *measures, by_month=True, **options)
    params = {
        "scenario": "t",
        "title": "<b>t</b>",
        "exporter": "A",
        "months": 3,
        "covers": ["central"],
    }
    about = {"name": "two", "version": "1", "hash": "x"}
    return AccountPage(Results("account", table, about, params, warnings=notes)).html()


@pytest.mark.slow
def test_a_page_makes_no_request_runs_no_script_and_holds_both_sides():
    html = page_of(BAN)
    assert "default-src 'none'" in html
    for sign in ("<script", "http:", "https:", "src=", "@import", "url(", "<b>t</b>", 'style="'):
        assert sign not in html
    assert html.count("<svg") == 2
    assert "16–24 k" in html and "4 k" in html
    assert "0.167–0.25" in html
    assert html == page_of(BAN)


@pytest.mark.slow
def test_a_page_without_loss_or_value_is_drawn_too():
    assert "<svg" in page_of()
    assert page_of(OUTAGE).count(">?</text>") == 3


@pytest.mark.slow
def test_a_page_needs_months_of_an_account():
    about = {"name": "two", "version": "1", "hash": "x"}
    with pytest.raises(SupplygraphError, match="kind 'account', not 'run'"):
        AccountPage(Results("run", pd.DataFrame(), about))
    table, _ = account(two(), BAN)
    with pytest.raises(SupplygraphError, match="by_month"):
        AccountPage(Results("account", table, about, {"title": "t", "covers": ["central"]}))


def test_bars_reach_from_zero_to_the_least_and_on_to_the_most():
    chart = bars([[(1.0, 2.0), (-1.0, 2.0)], [(math.nan, math.nan), (-2.0, -1.0)]], ["a", "b"])
    first, mixed, unknown, fallen = chart["bars"]
    unit = first["solid"]["height"]
    assert first["pale"]["height"] == pytest.approx(unit, abs=0.02)
    assert first["solid"]["y"] + unit == pytest.approx(chart["zero"], abs=0.02)
    assert (mixed["solid"]["height"], mixed["pale"]["height"]) == (
        0,
        pytest.approx(3 * unit, abs=0.05),
    )
    assert unknown["unknown"]
    assert fallen["solid"]["y"] == pytest.approx(chart["zero"], abs=0.02)
    assert fallen["pale"]["y"] == pytest.approx(chart["zero"] + unit, abs=0.02)


def test_money_keeps_the_sign():
    assert money(-2.5e6, -2.5e6) == "-2.5 m"
