"""Conversions of mass and time, and the units that are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplygraph.errors import UsageError
from supplygraph.units import (
    MATERIAL_UNITS,
    mass_in_tonnes,
    per_unit,
    per_year,
    weeks_to_months,
)


@pytest.mark.parametrize(
    ("unit", "factor", "material"),
    [
        ("t_reo/yr", 1.0, "t_reo"),
        ("t_reo", 1.0, "t_reo"),
        ("kt_metal/yr", 1000.0, "t_metal"),
        ("kg_oxide/yr", 0.001, "t_oxide"),
        ("g_finished", 1e-6, "t_finished"),
        ("piece/yr", 1.0, "piece"),
    ],
)
def test_yearly_rates(unit, factor, material):
    assert per_year(unit) == (factor, material)


@pytest.mark.parametrize("unit", MATERIAL_UNITS)
def test_every_unit_of_a_material_is_its_own_yearly_rate(unit):
    assert per_year(f"{unit}/yr") == (1.0, unit)


@pytest.mark.parametrize(
    "unit",
    ["t", "t/yr", "", "t_steel/yr", "lb_reo/yr", "t_reo/month", "t_reo/yr/yr", "T_reo", "kt"],
)
def test_what_is_no_yearly_mass_is_refused(unit):
    with pytest.raises(UsageError, match=r"is not a yearly mass\. Write one of t_gross/yr"):
        per_year(unit)


@pytest.mark.parametrize(
    ("mass", "tonnes"),
    [("t", 1), ("kt", 1e3), ("kg", 1e-3), ("g", 1e-6), ("mg", 1e-9), ("t_oxide", 1), ("piece", 1)],
)
def test_masses(mass, tonnes):
    assert mass_in_tonnes(mass) == tonnes


@pytest.mark.parametrize("mass", ["", "lb", "tonne", "Kg", "_reo"])
def test_what_is_no_mass_is_refused(mass):
    with pytest.raises(UsageError, match=r"is not a mass\. Write one of t, kt, kg, g, mg"):
        mass_in_tonnes(mass)


def test_quantity_per_unit_of_product():
    assert per_unit("kg/vehicle", "vehicle") == 0.001
    assert per_unit("t_finished/index", "index") == 1.0
    assert per_unit("mg/piece", "piece") == 1e-9


@pytest.mark.parametrize("unit", ["kg/car", "kg", "vehicle/kg", "kg/vehicle/yr"])
def test_a_quantity_per_another_thing_is_refused(unit):
    with pytest.raises(UsageError, match=r"is not per 'vehicle'\. Write it as kg/vehicle"):
        per_unit(unit, "vehicle")


def test_units_of_different_substance_never_convert():
    assert len({per_year(unit)[1] for unit in MATERIAL_UNITS}) == len(MATERIAL_UNITS)


def test_a_year_of_weeks_is_twelve_months():
    assert weeks_to_months(52) == pytest.approx(12)
    assert weeks_to_months(0) == 0


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_weeks_add_up(a, b):
    assert weeks_to_months(a) + weeks_to_months(b) == pytest.approx(weeks_to_months(a + b))
