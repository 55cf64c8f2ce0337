"""Both sides of April to June 2025 beside Chinese customs: a calibration, not a prediction.

The licence curve was fitted to these tonnes, so agreement in tonnes shows that the account adds
up what the curve leaves, and nothing more. Values were not fitted. First half of 2025 (Reuters,
B): 22,319 t, -18.9 %; 1.02 billion USD, -29.7 %.
"""

import pytest
from program import shipped_chain

SPRING = ("2025-04", "2025-05", "2025-06")
BEFORE, AFTER = 1.02e9 / (1 - 0.297), 1.02e9  # USD, first half of 2024 and of 2025
TONNES_BEFORE, TONNES_AFTER = 22_319 / (1 - 0.189), 22_319


@pytest.fixture(scope="module")
def result():
    chain = shipped_chain()
    return chain.account(
        "april-2025-shock", covers=("central",), by_month=True, sets=["growth=0.163"]
    )


def magnets(table, rerouting: str):
    rows = table[(table["group"] == "magnet") & (table["rerouting"] == rerouting)]
    return rows[rows["month"].isin(SPRING)].set_index("month")


@pytest.mark.slow
@pytest.mark.parametrize("rerouting", ["none", "least"])
def test_shipped_tonnes_of_the_spring_are_those_of_customs(result, rerouting):
    """3 %: as for the licence itself, see `test_licences_2025`."""
    table = result.table
    rows, seen = magnets(table, rerouting), magnets(table, "")
    shipped = (rows["base"] - rows["quantity"]).sum()
    counted = (seen["base"] - seen["quantity"]).sum()
    assert counted == pytest.approx(2627 + 1238.47 + 3188, abs=0.01)
    assert shipped == pytest.approx(counted, rel=0.03)


@pytest.mark.slow
def test_the_price_taken_lies_between_the_unit_values_of_both_first_halves(result):
    """45.7 USD/kg in 2025 and 52.7 in 2024: the account's price is that of autumn 2024."""
    rows = magnets(result.table, "none")
    price = rows["value_low_usd"].sum() / rows["quantity"].sum()
    assert AFTER / TONNES_AFTER < price < BEFORE / TONNES_BEFORE


def test_two_thirds_of_the_fall_in_value_are_tonnes_and_the_rest_is_left_out():
    """The account has no fall in unit value: 431 million USD, of which 274 are tonnes."""
    fall = BEFORE - AFTER
    tonnes = (TONNES_BEFORE - TONNES_AFTER) * BEFORE / TONNES_BEFORE
    assert fall == pytest.approx(431e6, rel=2e-3)
    assert tonnes / fall == pytest.approx(0.64, abs=0.01)


@pytest.mark.slow
def test_less_is_barred_than_is_not_sold_as_scheduled(result):
    """What the measures bar is the least that is not sold: below none for every stage."""
    table = result.table[(result.table["side"] == "exporter") & result.table["month"].isna()]
    parts = {
        name: table[table["rerouting"] == name].set_index("group")["quantity"].drop("total")
        for name in ("none", "least")
    }
    assert (parts["least"] <= parts["none"] + 1e-6).all()
    assert (parts["least"] > 0).all()
    assert any(note.startswith("calibration, no test") for note in result.warnings)
    assert any(
        note.startswith("check 2025-04 to 2025-08: customs counted 18,776 t")
        for note in result.warnings
    )
