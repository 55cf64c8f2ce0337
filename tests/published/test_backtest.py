"""The licence curve against Chinese customs, and what a forecast of June 2025 was worth.

The method: docs/methods/licences.md.

Published tonnes: magnets of tariff line 8505.11.10, Chinese customs as press texts give them
(table `series`). No figure of a month after August 2025 is held anywhere in the project.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from program import shipped_chain

from supplygraph.analysis.runs.backtest import CALIBRATION, WORLD, Series, backtest
from supplygraph.analysis.runs.licence_curve import FIT, Curve
from supplygraph.scenario.month_arrays import month_range

MONTHS = month_range("2025-04", 12)


@pytest.fixture(scope="module")
def table():
    return shipped_chain().dataset.tables["series"]


@pytest.fixture(scope="module")
def result(table):
    return backtest(table, MONTHS)[0]


def rows(result, role, destination=WORLD):
    part = result[(result["role"] == role) & (result["destination"] == destination)]
    return part[part["month"].notna()].set_index("month")


def score(result, role, name=WORLD):
    part = result[(result["role"] == role) & result["month"].isna()]
    return part[part["destination"] == name].iloc[0]


def test_nothing_after_august_2025_is_held(table):
    magnets = table[table["series"].str.startswith("magnets")]
    ends = [
        int(m[:4]) * 12 + int(m[5:7]) - 1 + int(n)
        for m, n in zip(magnets["month"], magnets["months"], strict=True)
    ]
    assert max(ends) <= 2025 * 12 + 8


def test_reduced_form_meets_april_to_august_as_calibration():
    # Two per cent is what five parameters on five months should reach (docs/methods/licences.md).
    base = {"04": 4775, "05": 4762, "06": 5147, "07": 5278, "08": 5326}
    seen = {"04": 2626, "05": 1238, "06": 3188, "07": 5577, "08": 6146}
    curve = Curve(
        CALIBRATION["floor"],
        CALIBRATION["grace"],
        CALIBRATION["middle"],
        CALIBRATION["width"],
        growth=CALIBRATION["growth"],
    )
    for month, tonnes in seen.items():
        assert curve.share(f"2025-{month}") * base[month] == pytest.approx(tonnes, rel=0.02)


def test_months_of_2024_known_only_in_sums(table):
    series = Series(table)
    world = {m: series.tonnes[f"2024-{m:02d}", WORLD] for m in range(1, 13)}
    assert world[1] + world[3] == pytest.approx(9_468)
    assert world[1] / world[3] == pytest.approx(6_357 / 5_323)
    assert world[11] == world[12] == pytest.approx(10_374 / 2)
    assert sum(world.values()) == pytest.approx(58_152, abs=1)


@pytest.mark.slow
def test_fit_months_are_met_and_nothing_later_is_fitted(table, result):
    fit = rows(result, "fit")
    assert list(fit.index) == list(FIT)
    assert (fit["forecast"] / fit["observed"]).tolist() == pytest.approx([1, 1, 1], abs=1e-6)
    later = table[(table["month"] <= FIT[-1]) | (table["series"] != "magnets_hs85051110")]
    without = backtest(later, MONTHS)[0]
    columns = ["forecast", "low", "high"]
    pd.testing.assert_frame_equal(rows(without, "test")[columns], rows(result, "test")[columns])


def test_forecast_of_july_and_august_as_it_came_out(result):
    test = rows(result, "test")
    assert test["forecast"]["2025-07"] == pytest.approx(5_330, rel=0.01)
    assert test["forecast"]["2025-08"] == pytest.approx(5_815, rel=0.01)
    assert score(result, "test")["mape"] == pytest.approx(0.049, abs=0.005)
    assert score(result, "test")["coverage"] == 1.0
    # Better than the year before (9 %) and than the last month known (45 %).
    assert score(result, "test")["mape"] < score(result, "test")["mape_naive_year"] < 0.10
    assert score(result, "test")["mape_naive_last"] == pytest.approx(0.455, abs=0.01)


def test_ranges_span_every_choice_and_hold_the_forecast(result):
    test = result[result["role"].isin(["test", "hindsight"]) & result["month"].notna()]
    assert (test["low"] <= test["forecast"]).all() and (test["forecast"] <= test["high"]).all()
    world = rows(result, "test").loc["2025-12"]
    assert world["low"] / world["base_2024"] == pytest.approx(0.70, abs=0.01)
    assert world["high"] / world["base_2024"] == pytest.approx(1.19, abs=0.01)


def test_the_united_states_recover_last(result):
    us, world = rows(result, "fit", "United States"), rows(result, "fit")
    assert us["forecast"]["2025-05"] / us["base_2024"]["2025-05"] < 0.1
    assert world["forecast"]["2025-05"] / world["base_2024"]["2025-05"] > 0.25


def test_hindsight_differs_only_where_later_measures_act(result):
    test, hindsight = rows(result, "test"), rows(result, "hindsight")
    moved = (test["forecast"] - hindsight["forecast"]).abs() > 1e-9
    assert sorted(moved[moved].index) == ["2025-09", "2025-10"]


@pytest.mark.slow
def test_observed_rows_of_a_user_are_scored_and_unknown_places_skipped(table):
    observed = pd.DataFrame(
        {
            "month": ["2025-09", "2025-09"],
            "series": ["magnets_hs85051110"] * 2,
            "destination": [WORLD, "Atlantis"],
            "quantity_t": [5_000.0, 1.0],
            "unit": ["t", "t"],
        }
    )
    result, warnings = backtest(table, MONTHS, observed)
    assert warnings == ("destination 'Atlantis' is not known and was skipped",)
    assert rows(result, "test")["observed"]["2025-09"] == 5_000
    assert score(result, "test")["count"] == 3
    before = backtest(table, MONTHS)[0]
    assert np.allclose(rows(before, "test")["forecast"], rows(result, "test")["forecast"])


def test_the_union_and_its_members_are_never_summed(result):
    scored = score(result, "test", "destinations")
    assert scored["count"] == 1  # the United States in July; no sum over places
