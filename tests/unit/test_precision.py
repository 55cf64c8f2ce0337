"""Numbers as they are printed: to 1e-9, without dust, without minus zero."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplygraph.precision import stated, stated_table
from supplygraph.results import Results, load_results
from supplygraph.schema.commands import kinds_by_command, result_fields, scale_of

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)
ABOUT = {"name": "toy", "version": "1", "hash": "ab12"}


@pytest.mark.parametrize(
    ("value", "scale", "says"),
    [
        (89.99999999305606, None, "90.0"),
        (14999.999998842677, None, "15000.0"),
        (29.999999997685354, None, "30.0"),
        (0.9999999999, None, "1.0"),
        (0.7368831880938702, None, "0.7368831881"),
        (2 / 3, 1.0, "0.666666667"),
        (2 / 3, None, "0.6666666667"),
        (-1 / 3, 1.0, "-0.333333333"),
        (9.950771509e-05, 1.0, "9.9508e-05"),
        (-7.7e-11, 1.0, "0.0"),
        (-7.7e-11, None, "-7.7e-11"),
        (-0.0, None, "0.0"),
        (1.2e-9, 1.0, "1e-09"),
        (2.5e-6, 2e4, "0.0"),
        (2.6e-6, 2e3, "3e-06"),
        (2.51546316e-06, 0.025, "2.51546e-06"),
        (12345678901.0, None, "12345678901.0"),
        (12345678901.25, None, "12345678900.0"),
        (805999999.9999874, None, "806000000.0"),
    ],
)
def test_what_is_stated(value, scale, says):
    assert repr(stated(value, scale)) == says


@given(NUMBERS)
def test_a_statement_is_close_and_states_itself(value):
    said = stated(value)
    assert abs(said - value) <= 5.001e-10 * abs(value)
    assert stated(said) == said and stated(-value) == -said
    assert repr(said) != "-0.0"
    assert said.is_integer() or said == float(f"{said:.9e}")


@given(st.floats(min_value=1e-6, max_value=1e9), st.floats(min_value=-1, max_value=1))
def test_machines_that_agree_print_numbers_that_agree(value, other):
    """Two machines that differ by 1e-12: the numbers printed differ by 1e-9 at most."""
    one, two = stated(value), stated(value * (1 + 1e-12 * other))
    assert math.isclose(one, two, rel_tol=1.01e-9)
    one, two = stated(value, 1.0), stated(value + 1e-12 * other, 1.0)
    assert math.isclose(one, two, rel_tol=1.01e-9, abs_tol=1.01e-9)


@given(NUMBERS, st.floats(min_value=1e-6, max_value=1e9))
def test_a_scale_says_what_is_dust(value, scale):
    said = stated(value, scale)
    assert abs(said - value) <= (5.001e-10 if said else 1e-9) * max(scale, abs(value))
    assert (said == 0) == (abs(value) < 1e-9 * scale or value == 0)
    assert stated(said, scale) == said


def test_nan_and_text_and_whole_numbers_stay():
    table = pd.DataFrame(
        {
            "id": ["a", "b"],
            "rank": pd.array([1, None], dtype="Int64"),
            "n": [1, 2],
            "loss_none": [np.nan, np.inf],
            "yes": [True, None],
            "flags": [("x",), ()],
        }
    )
    pd.testing.assert_frame_equal(stated_table(table, lambda name: 1.0), table)


def test_numbers_deep_in_a_cell_are_stated():
    cells = [{"loss_none": -1e-13, "parts": [["a", 1 / 3]], "t": 1e-13, "n": 3, "rows": (-0.0,)}]
    results = Results("view", pd.DataFrame({"id": ["a"], "values": cells}), ABOUT)
    (row,) = results.envelope()["results"]
    assert row["values"] == {
        "loss_none": 0.0,
        "parts": [["a", 0.3333333333]],
        "t": 1e-13,
        "n": 3,
        "rows": [0.0],
    }
    assert "-0.0" not in results.to_json()


def test_a_saved_result_is_what_was_printed(tmp_path):
    table = pd.DataFrame({"id": ["a", "b"], "loss_none": [2 / 3, 7e-12]})
    results = Results("chokepoints", table, ABOUT, weights={"ev": 1 / 3})
    path = results.save(tmp_path / "a.json")
    again = load_results(path)
    assert again.to_json() == results.to_json() and again.weights == {"ev": 0.333333333}
    assert json.loads(path.read_text())["results"][1]["loss_none"] == 0.0
    assert table["loss_none"].tolist() == [2 / 3, 7e-12]  # the table given is nobody's to change


def test_small_losses_are_dust_and_small_flows_are_not():
    assert scale_of("whatif", "loss_none") == scale_of("balance", "moved") == 1.0
    assert scale_of("flows", "quantity") is None and scale_of("balance", "balanced") is None
    assert scale_of("view", "loss_least") == 1.0 and scale_of("view", "quantity") is None
    pure = {
        f.unit
        for kinds in kinds_by_command().values()
        for k in kinds
        for f in result_fields(k)
        if f.scale
    }
    assert "share" in pure and not {unit for unit in pure if "USD" in unit and "per" not in unit}
    assert not {"t", "t/yr", "column unit", "column base_unit", ""} & pure
