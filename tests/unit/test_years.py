"""Rows of the base year fit; rows of other years are compared, or stand in and say so."""

import pytest
from toy import cautions, toy

import supplygraph as sg
from supplygraph.baseline import balance_table
from supplygraph.dataset import read_dataset
from supplygraph.dataset.years import base_year, roles

pytestmark = pytest.mark.sampled

TRADE = "material,from,to,year,quantity,unit,role\n"
OBSERVED = "id,expression,value,unit,year,sigma,role\n"


def figures(folder):
    """Observed, balanced and role of every figure by what it states."""
    table = balance_table(sg.load(folder).baseline)
    return {
        name: (observed, pytest.approx(balanced, rel=1e-6), role)
        for name, observed, balanced, role in zip(
            table["id"], table["observed"], table["balanced"], table["role"], strict=True
        )
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "rows",
    [
        "ore-a,CN,JP,2022,30,t_reo,fit\nore-a,CN,JP,2023,60,t_reo,fit\nore-a,CN,JP,2024,90,t_reo,fit",
        "ore-a,CN,JP,2024,90,t_reo,fit\nore-a,CN,JP,2025,500,t_reo,fit",
        "ore-a,CN,JP,2024,90,t_reo,fit\nore-a,CN,JP,2019,1,t_reo,last\nore-a,CN,JP,2018,2,t_reo,check",
    ],
)
def test_only_the_base_year_pulls_the_balance(tmp_path, rows):
    """Years before and after, in any order and however far off, change no flow."""
    folder = toy(tmp_path, trade=TRADE + rows + "\n")
    found = figures(folder)
    assert found["trade(ore-a CN>JP)"] == (90, 90, "fit")
    assert found["demand(ev@JP)"] == (15000, 15000, "fit")
    others = [figure for name, figure in found.items() if name.startswith("trade(ore-a CN>JP) ")]
    assert len(others) == rows.count("\n")
    assert all(figure[1] == 90 and figure[2] == "check" for figure in others)
    assert cautions(folder) == []


def test_an_observation_and_a_row_of_trade_can_state_the_same(tmp_path):
    """The order of sums, terms and values names no other quantity."""
    folder = toy(
        tmp_path,
        observations=OBSERVED
        + "o1,trade(material=ore-a to=JP from=CN),10,t_reo,2023,0.05,fit\n"
        + "o2,output(stage=mine country=CN),20,t_reo,2022,0.05,fit\n"
        + "o3,output(country=CN stage=mine),90,t_reo,2024,0.05,check\n",
    )
    found = roles(read_dataset(folder), 2024)
    assert found["observations", 2] == found["observations", 3] == "check"
    assert found["observations", 4] == "check"
    assert found["trade", 2] == "fit"


@pytest.mark.slow
def test_the_newest_earlier_figure_stands_in_with_a_warning(tmp_path):
    folder = toy(
        tmp_path,
        trade=TRADE + "ore-a,CN,JP,2022,30,t_reo,fit\nore-a,CN,JP,2023,90,t_reo,fit\n",
        observations=OBSERVED + "o1,output(id=mine-a),90,t_reo,2021,0.05,fit\n",
    )
    found = figures(folder)
    assert found["trade(ore-a CN>JP) 2023"] == (90, 90, "fit")
    assert found["trade(ore-a CN>JP) 2022"] == (30, 90, "check")
    first, second = cautions(folder)
    assert first.startswith("observations.csv row 2 (2021): last known, taken for 2024")
    assert second.startswith("trade.csv row 3 (2023): last known, taken for 2024")
    assert first in sg.load(folder).remove("id=mine-a").solve().results.warnings


@pytest.mark.slow
def test_a_figure_that_is_meant_to_stand_in_says_so_itself(tmp_path):
    folder = toy(tmp_path, trade=TRADE + "ore-a,CN,JP,2023,90,t_reo,last\n")
    assert figures(folder)["trade(ore-a CN>JP) 2023"] == (90, 90, "fit")
    assert cautions(folder) == []


@pytest.mark.slow
@pytest.mark.parametrize("year", [2025, 2030])
def test_a_later_figure_is_only_compared(tmp_path, year):
    folder = toy(tmp_path, trade=TRADE + f"ore-a,CN,JP,{year},45,t_reo,fit\n")
    assert figures(folder)[f"trade(ore-a CN>JP) {year}"] == (45, 90, "check")
    assert cautions(folder) == []


def test_demand_of_an_earlier_year_is_named_where_it_is_left_out(tmp_path):
    demand = "product,market,units,year\nev,JP,15000,2024\nev,JP,9000,2023\nev,CN,4000,2023\n"
    (text,) = cautions(toy(tmp_path, demand=demand))
    assert text.startswith("demand.csv row 4 (ev@CN, 2023): not counted, since the balance is of")
    assert base_year(read_dataset(tmp_path)) == 2024
