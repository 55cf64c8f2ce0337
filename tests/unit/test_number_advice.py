"""Advice on numbers as publishers write them is right when it is obeyed."""

import re

import pytest
from toy import faults, toy

from supplygraph.dataset.cells import CellError, parse_cell
from supplygraph.schema import table_schema

VALUE = table_schema("observations").column("value")  # a cell that must be filled
QUANTITY = table_schema("capacities").column("quantity")  # one that may be blank
YEAR = table_schema("demand").column("year")


def advice(text, column=VALUE):
    with pytest.raises(CellError) as caught:
        parse_cell(text, column)
    return caught.value.args


def obeyed(text, column=VALUE):
    """Numbers that the way out says to write."""
    _, way_out = advice(text, column)
    return [parse_cell(n.rstrip("."), column) for n in re.findall(r"[-+]?[0-9][0-9.]*", way_out)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("45,000", 45_000),
        ("120,000", 120_000),
        ("1,234,567", 1_234_567),
        ("1,300.5", 1300.5),
        ("12,34,567", 1_234_567),
        ("1 300", 1300),
        ("120 000,5", 120_000.5),
        ("120\u00a0000", 120_000),
        ("1\u202f300", 1300),
        ("1'300", 1300),
        ("1’300", 1300),
        ("1_300", 1300),
        ("1.300,5", 1300.5),
        ("1.234.567", 1_234_567),
        ("90e", 90),
        ("⁵90", 90),
        ("90r", 90),
        ("~90", 90),
        ("ca. 90", 90),
        ("90 t", 90),
        ("$90", 90),
        ("٩٠", 90),
        ("９０", 90),
        ("2.5E+", 2.5),
    ],
)
def test_obeying_gives_the_figure_meant(text, value):
    assert obeyed(text) == [value]


@pytest.mark.parametrize(
    ("text", "value"), [("1,5", 1.5), ("0,75", 0.75), (",5", 0.5), ("12,3456", 12.3456)]
)
def test_a_decimal_comma_becomes_a_point(text, value):
    rule, way_out = advice(text)
    assert (rule, way_out) == (
        "not a number with a decimal point",
        f"Write {text.replace(',', '.')}, not {text}.",
    )
    assert parse_cell(text.replace(",", "."), VALUE) == value


@pytest.mark.parametrize(
    ("text", "readings"), [("1,234", [1234, 1.234]), ("15,125", [15125, 15.125])]
)
def test_a_comma_that_may_mean_two_things_names_both(text, readings):
    assert obeyed(text) == readings


def test_a_year_has_no_decimals():
    assert advice("2,024", YEAR)[1] == "Write 2024: remove the thousands comma."


@pytest.mark.parametrize("text", ["W", "NA", "n.a.", "—", "-", "..", ":", "(3)", "#N/A", "nan"])
def test_a_mark_without_a_figure_is_left_out(text):
    """A row needs its value; a capacity may be unknown."""
    assert advice(text)[1] == "Delete the row, or give the value."
    assert advice(text, QUANTITY)[1] == "Leave the cell blank: unknown."


@pytest.mark.parametrize(
    ("text", "end"),
    [(">50", "low"), ("≥50", "low"), ("50+", "low"), ("<50", "high"), ("up to 5", "high")],
)
def test_a_bound_goes_into_low_or_high(text, end):
    rule, way_out = advice(text)
    assert rule == "a bound, not a figure"
    assert way_out == f"Give a figure and put the bound into {end}, or delete the row."
    assert advice(text, QUANTITY)[1].endswith("or leave the cell blank.")


@pytest.mark.parametrize("text", ["50-60", "50–60", "50 to 60"])
def test_a_range_has_three_columns(text):
    assert advice(text)[1] == "Give one figure between them, 50 into low and 60 into high."


@pytest.mark.parametrize(("text", "share"), [("60%", "0.6"), ("7.5 %", "0.075")])
def test_a_percent_sign(text, share):
    assert advice(text)[1] == f"Write {share} where the unit is a fraction, without the sign."


@pytest.mark.parametrize("text", ["a lot", "x1y2", "12-34-56", "1,23,4"])
def test_what_is_no_number_gets_no_guess(text):
    assert advice(text)[0] == "not a number"


@pytest.mark.parametrize(
    ("table", "rows", "told"),
    [
        (
            "observations",
            "o9,output(id=mine-a),,t_reo,2024,0.05,fit",
            "value: value is missing. Delete the row, or give the value",
        ),
        ("demand", "ev,CN,,2024", "units: value is missing. Delete the row, or give the units"),
        (
            "capacities",
            'mine-a,2,dig,"120,000",t_reo/yr,nameplate,',
            "Write 120000: remove the thousands comma.",
        ),
    ],
)
def test_a_cell_in_a_file(tmp_path, table, rows, told):
    (found,) = faults(toy(tmp_path, (table, rows)))
    assert told in found


@pytest.mark.parametrize(("text", "fine"), [("1e-400", False), ("0.0e5", True), ("0", True)])
def test_a_figure_too_small_to_hold_is_not_read_as_0(text, fine):
    if fine:
        assert parse_cell(text, VALUE) == 0
    else:
        assert advice(text)[0] == "nearer to 0 than 1e-18"
