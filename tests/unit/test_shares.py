"""A part of a whole is at most 1; an error wider than its figure is told."""

import pytest
from toy import cautions, faults, toy

import supplygraph as sg

pytestmark = pytest.mark.sampled

OBSERVED = "id,expression,value,unit,year,sigma,role\n"
PLANTS = [
    ("facilities", "mine-c,Mine C,JP,op,mine,dig,operating,,"),
    ("capacities", "mine-c,1,dig,60,t_reo/yr,nameplate,2020-01"),
    ("trade", "ore-a,JP,CN,2024,,t_reo,arc"),
]


def share(folder, expression, value):
    row = f"o1,{expression},{value},fraction,2024,0.05,fit\n"
    return faults(toy(folder, *PLANTS, observations=OBSERVED + row))


PARTS = [
    "output(id=mine-a)/output(stage=mine)",
    "output(country=CN material=ore-a)/output(material=ore-a)",
    "output(id=mine-a)/output(id=mine-c|mine-a)",
    "output(id=mine-a) / output(id=mine-c) + output(id=mine-a)",
    "trade(material=ore-a from=CN to=JP)/trade(material=ore-a from=* to=JP)",
    "trade(material=ore-a from=CN to=JP)/trade(stage=mine from=CN|JP)",
    "use(id=plant-b)/use(material=ore-a)",
    "surplus(material=ore-a country=CN)/surplus(material=ore-a)",
    "activity(id=mine-a)/activity(stage=mine)",
]


@pytest.mark.parametrize("expression", PARTS)
@pytest.mark.parametrize(
    ("value", "told"), [(60, "60 % is written 0.6"), (1.5, "1.5 % is written")]
)
def test_a_part_above_its_whole_is_refused(tmp_path, expression, value, told):
    (found,) = share(tmp_path, expression, value)
    assert found.startswith(f"observations.csv row 2, value: '{value}' is a part above its whole.")
    assert told in found


@pytest.mark.parametrize("expression", PARTS)
@pytest.mark.parametrize("value", [0.6, 1])
def test_a_part_up_to_its_whole_is_accepted(tmp_path, expression, value):
    assert share(tmp_path, expression, value) == []


@pytest.mark.parametrize(
    "expression",
    [
        "output(id=mine-a)/output(id=mine-c)",
        "output(stage=mine)/output(id=mine-a)",
        "trade(material=ore-a from=CN to=JP)/trade(material=ore-a from=JP)",
        "trade(material=ore-a from=CN)/output(country=CN)",
        "output(id=mine-a) + output(id=mine-c) / output(id=mine-c)",
    ],
)
def test_a_quotient_that_is_no_part_may_exceed_1(tmp_path, expression):
    assert share(tmp_path, expression, 1.5) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "text", "told"),
    [
        ("observations", OBSERVED + "o1,output(id=mine-a),90,t_reo,2024,5,fit\n", "row 2 (5)"),
        (
            "trade",
            "material,from,to,year,quantity,unit,role,sigma\nore-a,CN,JP,2024,90,t_reo,fit,1.01\n",
            "row 2 (1.01)",
        ),
        ("demand", "product,market,units,year,sigma\nev,JP,15000,2024,20\n", "row 2 (20)"),
    ],
)
def test_a_sigma_above_1_is_told_with_every_number(tmp_path, table, text, told):
    folder = toy(tmp_path, **{table: text})
    (found,) = cautions(folder)
    assert found.startswith(f"{table}.csv {told}: sigma above 1")
    assert found in sg.load(folder).remove("id=mine-a").solve().results.warnings


@pytest.mark.parametrize("sigma", ["1", "0.99", ""])
def test_a_sigma_up_to_1_is_not(tmp_path, sigma):
    row = f"o1,output(id=mine-a),90,t_reo,2024,{sigma},fit\n"
    assert cautions(toy(tmp_path, observations=OBSERVED + row)) == []
