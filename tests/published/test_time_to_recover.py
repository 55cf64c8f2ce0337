"""Time to recover and to survive: a published teaching example, and one of two tiers.

Simchi-Levi et al., Interfaces 45(5):375-390, 2015; the one-tier numbers are those that the
teaching implementation prints. Figures are exact fractions, so 1e-6 only allows for the solver.
"""

import pytest

import supplygraph as sg

pytestmark = pytest.mark.sampled


def total(table, removed: str, rerouting: str = "least"):
    rows = table[
        (table["removed"] == removed)
        & (table["product"] == "total")
        & (table["cover"] == "central")
        & (table["rerouting"] == rerouting)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.slow
def test_one_tier_published():
    chain = sg.load("time-to-recover")
    table = chain.cover(each=["id=s1", "id=s2", "id=s3"], ttr=2, weights="value").table
    published = {
        "id=s1": (0, 2.25, 0.0),
        "id=s2": (125_000, 1.286, 125 / 275),
        "id=s3": (275_000, 0.900, 1.0),
    }
    for removed, (loss, survive, exposure) in published.items():
        row = total(table, removed)
        assert row["lost_usd"] == pytest.approx(loss, abs=0.01)
        assert row["tts_months"] == pytest.approx(survive, abs=5e-4)
        assert row["rei"] == pytest.approx(exposure, abs=1e-6)
        assert row["exposed"] == (survive < 2)


def test_one_tier_exactly():
    """Capacity 135 a month, demand 125, stock 45: 45 / (125 - what is left)."""
    chain = sg.load("time-to-recover")
    table = chain.cover(each=["id=s1", "id=s2", "id=s3"], ttr=2, weights="value").table
    for removed, left in (("id=s1", 105), ("id=s2", 90), ("id=s3", 75)):
        assert total(table, removed)["tts_months"] == pytest.approx(45 / (125 - left), rel=5e-5)


@pytest.mark.parametrize(("ttr", "loss"), [(1, 0), (2, 70), (3, 350), (6, 1280)])
def test_two_tiers_lose_the_separator(ttr, loss):
    chain = sg.load("time-to-recover-tiers").remove("id=s1")
    row = total(chain.cover(ttr=ttr, weights="value").table, "id=s1")
    assert row["lost_usd"] == pytest.approx(loss, rel=5e-5)
    assert row["tts_months"] == pytest.approx(1.5, rel=5e-5)


def test_two_tiers_lose_the_magnet_maker():
    chain = sg.load("time-to-recover-tiers").remove("id=g1")
    table = chain.cover(ttr=3, weights="value").table
    row = total(table, "id=g1")
    assert row["lost_usd"] == pytest.approx(350, rel=5e-5)
    assert row["tts_months"] == pytest.approx(0.5, rel=5e-5)
    rows = table[(table["cover"] == "central") & (table["rerouting"] == "least")]
    alone = rows.set_index("product")["lost_units"]
    # Each served first: electronics 75 all the same; cars 30, since defence need not be served.
    assert alone["elec"] == pytest.approx(75, rel=5e-5)
    assert alone["ev"] == pytest.approx(30, rel=5e-5)


def test_nobody_rerouting_two_tiers_by_hand():
    """S1 gone, a fifth of the oxide arrives; oxide stock 30 lacks 80 a month: 0.375 months.

    Then every magnet maker runs at a fifth: 0.375 + stock / (0.8 demand) for each product.
    """
    chain = sg.load("time-to-recover-tiers").remove("id=s1")
    table = chain.cover(ttr=3).table
    rows = table[(table["cover"] == "central") & (table["rerouting"] == "none")]
    times = rows.set_index("product")["tts_months"]
    assert times["elec"] == pytest.approx(0.375 + 15 / 24, rel=5e-5)
    assert times["ev"] == pytest.approx(0.375 + 60 / 48, rel=5e-5)
    assert times["def"] == pytest.approx(0.375 + 20 / 8, rel=5e-5)
    assert times["total"] == times.min()
    lost = rows.set_index("product")["lost_units"]
    assert lost["ev"] == pytest.approx((3 - 1.625) * 48, rel=5e-5)
