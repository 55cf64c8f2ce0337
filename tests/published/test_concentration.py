"""USGS Mineral Commodity Summaries, January 2025, mine production of 2024 (since revised)."""

import pytest

import supplygraph as sg
from tests.worked_examples import MINE_2024_EDITION_2025


def test_index_of_mine_production():
    assert sum(MINE_2024_EDITION_2025.values()) == 393_950
    assert pytest.approx(0.6854, abs=5e-5) == 270_000 / 393_950
    assert 1e4 * sg.concentration(MINE_2024_EDITION_2025) == pytest.approx(4923.6, abs=0.05)


def test_even_supply_and_one_supplier():
    assert sg.concentration(dict.fromkeys("abcd", 5.0)) == pytest.approx(0.25)
    assert sg.concentration({"CN": 3.0}) == 1.0


@pytest.mark.parametrize("output", [{}, {"CN": 0.0}, {"CN": -1.0, "US": 2.0}])
def test_no_value_without_supply(output):
    with pytest.raises(sg.UndefinedMetricError, match="concentration"):
        sg.concentration(output)
