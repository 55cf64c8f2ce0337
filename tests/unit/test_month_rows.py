"""Rows of a run against losses by hand, where demand moves: one measure in rows and totals."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml
from networks import Network

import supplygraph as sg

pytestmark = pytest.mark.sampled

WEEK = 12 / 52
TRIPLED = {"id": "up", "kind": "demand_shift", "factor": 3, "effective": "2025-03"}


def near(value: float | list[float]) -> object:
    return pytest.approx(value, abs=1e-7)


def cars(weeks: float = 0.0, capacity: float = 120.0, **regions: float) -> Network:
    """A mine in A digs ore for cars in B, ten a month unless regions say otherwise."""
    units = regions or {"B": 120.0}
    net = Network().places("A", *units).material("ore", "mine").recipe("dig", {"ore": 1})
    net.plant("mine", "A", "dig", capacity=capacity).observe(
        "output(id=mine material=ore)", sum(units.values())
    )
    net.product("car", {"ore": 1}).demand("car", **units)
    for market, count in units.items():
        net.trade("ore", "A", market, count)
        if weeks:
            net.stock(f"car@{market}", "ore", weeks)
    return net


def rows(
    net: Network,
    folder: Path,
    *measures: dict,
    rerouting: str = "none",
    months: int = 4,
    weights: str = "level",
    **keys,
) -> pd.DataFrame:
    net.write(folder)
    content = {"title": "t", "start": "2025-01", "months": months, "measures": list(measures)}
    (folder / "run.yaml").write_text(yaml.safe_dump(content | {"season": False} | keys))
    run = sg.load(folder).run(
        folder / "run.yaml",
        rerouting=rerouting,
        covers=("central",),
        by_month=True,
        weights=weights,
    )
    return run.table


def whole(table: pd.DataFrame, product: str, region: str = "") -> pd.Series:
    found = table[(table["product"] == product) & table["month"].isna()]
    return found[found["region"] == region].iloc[0] if region else found.iloc[0]


def monthly(table: pd.DataFrame, product: str) -> list[float]:
    return table[(table["product"] == product) & table["month"].notna()]["loss"].tolist()


@pytest.mark.parametrize("rerouting", ["none", "qualified", "least"])
def test_a_shortage_that_more_demand_brings_has_a_month_and_a_time(tmp_path, rerouting):
    table = rows(cars(weeks=4), tmp_path, TRIPLED, rerouting=rerouting)
    # 30 asked for, 10 dug, the stock holds 40 / 52 of a month of 10: the rest of month 3 is short.
    stock = 4 * WEEK * 10
    lost = [0.0, 0.0, (20 - stock) / 30, 2 / 3]
    for name in ("car", "total"):
        assert monthly(table, name) == near(lost)
        row = whole(table, name)
        assert row["first_shortage"] == "2025-03"
        assert row["loss"] == near((20 - stock + 20) / 80) and row["served"] == near(
            1 - row["loss"]
        )
        assert row["months_lost"] == near(sum(lost))
        # Twice ten a month are taken from the stock.
        assert row["tts_months"] == near(stock / 20)


@pytest.mark.parametrize("rerouting", ["none", "least"])
@pytest.mark.parametrize("factor", [0.5, 0.8, 1.5])
def test_under_a_licence_loss_is_of_what_the_month_asks_for(tmp_path, rerouting, factor):
    shift = {"id": "shift", "kind": "demand_shift", "factor": factor, "effective": "2025-03"}
    licence = {
        "id": "lic",
        "kind": "ban",
        "imposed_by": ["A"],
        "covers": {"materials": ["ore"]},
        "blocked": 0.5,
        "effective": "2025-02",
    }
    table = rows(cars(), tmp_path, shift, licence, rerouting=rerouting)
    # Half of ten passes: of half the demand that is all, of one and a half times a third.
    after = max(0.0, 1 - 0.5 / factor)
    lost = [0.0, 0.5, after, after]
    asked = [10, 10, 10 * factor, 10 * factor]
    for name in ("car", "total"):
        assert monthly(table, name) == near(lost)
        row = whole(table, name)
        assert row["loss"] == near(
            sum(a * b for a, b in zip(asked, lost, strict=True)) / sum(asked)
        )
        # Counted from the licence, not from the month in which demand moves.
        assert row["first_shortage"] == "2025-02" and 0 <= row["tts_months"] < 1


def test_a_total_over_regions_that_move_apart_is_the_loss_of_the_product(tmp_path):
    shift = TRIPLED | {"markets": ["C"], "effective": "2025-01"}
    ban = {
        "id": "b",
        "kind": "ban",
        "imposed_by": ["A"],
        "covers": {"materials": ["ore"]},
        "blocked": 0.25,
    }
    table = rows(cars(B=80.0, C=40.0), tmp_path, shift, ban, months=2)
    # B asks for 80 and gets 60; C asks for 120 and gets 30.
    assert whole(table, "car", "B")["loss"] == near(0.25)
    assert whole(table, "car", "C")["loss"] == near(0.75)
    assert whole(table, "total")["loss"] == near((20 + 90) / 200)


def test_with_a_season_rows_and_totals_weigh_months_by_what_they_ask_for(tmp_path):
    ban = {
        "id": "b",
        "kind": "ban",
        "imposed_by": ["A"],
        "covers": {"materials": ["ore"]},
        "blocked": 0.4,
        "effective": "2026-01",
    }
    table = rows(cars(), tmp_path, ban, start="2025-12", months=2, growth=0.5)
    # December asks for 15, January for 22.5, of which 0.4 is lost.
    for name in ("car", "total"):
        assert whole(table, name)["loss"] == near(0.4 * 22.5 / 37.5)


@pytest.mark.slow
def test_a_total_weighs_a_product_by_what_is_asked_for_of_it(tmp_path):
    net = cars()
    net.tables["needs"][0]["quantity_evidence"] = "B"
    net.material("gas", "mine").recipe("pump", {"gas": 1}).plant("well", "A", "pump", capacity=60)
    net.observe("output(id=well material=gas)", 60)
    net.product("lamp", {"gas": 1}, grade="C").demand("lamp", B=60).trade("gas", "A", "B", 60)
    table = rows(net, tmp_path, TRIPLED, rerouting="both", months=3)
    for name in ("none", "least"):
        part = table[table["rerouting"] == name]
        # Both of one sector and not counted in money: a half each at first. Cars triple and lose
        # two thirds; a lamp asks for as much as before, times three, and loses two thirds.
        assert monthly(part, "car")[2] == monthly(part, "lamp")[2] == near(2 / 3)
        assert monthly(part, "total")[2] == near(2 / 3)
    only = rows(net, tmp_path, TRIPLED | {"products": ["car"]}, months=3)
    # Cars ask for three times their half and lose 2 of 3; lamps for theirs and lose none. The
    # total is graded by what loses in it.
    assert monthly(only, "lamp") == near([0.0] * 3)
    grades = ["need_evidence", "quantity_evidence"]
    assert whole(only, "total")[grades].tolist() == ["A", "B"]
    assert monthly(only, "total")[2] == near((3 * 0.5 * 2 / 3) / (3 * 0.5 + 0.5))


@pytest.mark.slow
def test_a_total_of_needs_that_nobody_sized_says_that_it_is_a_lower_limit(tmp_path):
    net = cars()
    net.tables["needs"][0] |= {"quantity": "", "quantity_evidence": "D"}
    net.write(tmp_path)
    content = {"title": "t", "start": "2025-01", "months": 1, "season": False, "measures": []}
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(content))
    chain = sg.load(tmp_path)
    told = {w: chain.run(tmp_path / "run.yaml", weights=w).results for w in ("level", "sectors")}
    said = {name: " ".join(one.warnings) for name, one in told.items()}
    assert "100 % of the weight" in said["level"] and "lower limits" in said["level"]
    assert "of the weight" not in said["sectors"]
    assert chain.run(tmp_path / "run.yaml").results.params["weights"] == "level"


def test_where_nothing_is_asked_for_nothing_is_lost(tmp_path):
    gone = {"id": "gone", "kind": "demand_shift", "factor": 0, "effective": "2025-03"}
    stop = {"id": "stop", "kind": "outage", "select": "id=mine", "effective": "2025-03"}
    table = rows(cars(), tmp_path, gone, stop)
    for name in ("car", "total"):
        assert monthly(table, name) == near([0.0] * 4)
        assert whole(table, name)["loss"] == 0.0 and whole(table, name)["first_shortage"] is None


@pytest.mark.parametrize("rerouting", ["none", "least"])
def test_a_plant_that_closes_by_its_own_dates_gives_a_first_shortage(tmp_path, rerouting):
    net = cars(weeks=2).later("mine", "2025-02", 30)
    table = rows(net, tmp_path, rerouting=rerouting)
    row = whole(table, "car")
    stock = 2 * WEEK * 10
    assert monthly(table, "car") == near([0.0, (7.5 - stock) / 10, 0.75, 0.75])
    assert row["first_shortage"] == "2025-02" and row["flags"] == ("not_recovered",)
    # Nothing in the scenario is a shock from which to count.
    assert pd.isna(row["tts_months"]) and pd.isna(row["ttr_months"])


def test_a_shortage_before_the_first_cut_is_not_counted_from_it(tmp_path):
    stop = {"id": "stop", "kind": "outage", "select": "id=mine", "effective": "2025-04"}
    table = rows(cars(), tmp_path, TRIPLED | {"effective": "2025-02"}, stop)
    row = whole(table, "car")
    assert (row["first_shortage"], row["tts_months"]) == ("2025-02", near(0.0))


@pytest.mark.parametrize("rerouting", ["none", "least"])
def test_a_total_in_which_nothing_weighs_is_no_loss_of_nothing(tmp_path, rerouting):
    """Needs of grade D weigh nothing but under level, whatever is lost."""
    net = cars()
    net.tables["needs"][0]["quantity_evidence"] = "D"
    stop = {"id": "stop", "kind": "outage", "select": "id=mine"}
    table = rows(net, tmp_path, stop, rerouting=rerouting, months=2, weights="sectors")
    for row in table[table["product"] == "total"].to_dict("records"):
        assert pd.isna(row["loss"]) and pd.isna(row["served"]) and pd.isna(row["months_lost"])
        assert row["flags"] == () and pd.isna(row["first_shortage"])
