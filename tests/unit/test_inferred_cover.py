"""Cover inferred from events, on a chain whose answer is a matter of counting months."""

from __future__ import annotations

import math

import pytest
from networks import Network

import supplygraph as sg

RUN = """
title: Nothing from A
start: 2025-01
months: 6
season: false
measures:
  - {id: ban, kind: ban, imposed_by: [A], covers: {materials: [met]}, effective: 2025-02}
"""


def folder(path, *events):
    """A sends B 120 t a year for 60 cars and 60 fans; events as (month, product)."""
    net = Network().places("A", "B").material("met", "mine").recipe("melt", {"met": 1})
    net.plant("melter", "A", "melt", capacity=120).trade("met", "A", "B", 120)
    net.product("car", {"met": 1}).product("fan", {"met": 1}).demand("car", B=60).demand(
        "fan", B=60
    )
    net.stock("car@B", "met", 26)
    for month, product in events:
        net.add(
            "events",
            id=f"{month}-stoppage-{product}",
            date=month,
            region="B",
            product=product,
            event="stopped",
            source="",
            evidence="B",
            note="",
        )
    net.write(path)
    (path / "ban.yaml").write_text(RUN)
    return path


def inferred(path):
    found = sg.load(path).inferred_cover(path / "ban.yaml")
    return found.table.set_index("product"), found


@pytest.mark.slow
def test_the_cover_that_lasts_until_the_month_of_the_event(tmp_path):
    # Nothing comes from February on: two to three months of stock end in April.
    path = folder(tmp_path, ("2025-04", "car"), ("2025-06", "car"))
    table, found = inferred(path)
    assert list(table.index) == ["car"] and found.kind == "inferred-cover"
    row = table.loc["car"]
    assert (row["months_low"], row["months_high"]) == pytest.approx((2.0, 3.0))
    assert row["stated_central"] == pytest.approx(6.0) and row["flags"] == ("inferred",)
    # In a folder without sources every row is graded D.
    assert (row["month"], row["evidence"]) == ("2025-04", "D")
    # With a stock of that size the run is short in that month, and no run takes it by itself.
    run = sg.load(path).run(path / "ban.yaml", rerouting="none", covers=("central",)).table
    first = run.set_index("product")["first_shortage"]
    assert first["fan"] == "2025-02" and not isinstance(first["car"], str)


def test_a_stop_before_anything_lacks_has_no_cover(tmp_path):
    table, _ = inferred(folder(tmp_path, ("2025-01", "fan"), ("2025-02", "car")))
    assert math.isnan(table.loc["fan", "months_low"])
    assert table.loc["fan", "flags"] == ("inferred", "later_without_stock")
    assert table.loc["car", ["months_low", "months_high"]].tolist() == pytest.approx([0.0, 1.0])


def test_without_events_there_is_nothing_to_infer(tmp_path):
    table, found = inferred(folder(tmp_path, ("2024-04", "car")))
    assert table.empty and any("tests nothing" in text for text in found.warnings)
