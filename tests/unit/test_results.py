"""The record of a result: plain values, provenance, a file that opens without a solver."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import supplygraph as sg
from supplygraph.api import Run
from supplygraph.errors import SupplygraphError
from supplygraph.results import Results, load_results, plain, plain_row
from supplygraph.writing import write_text, write_whole

ABOUT = {"name": "toy", "version": "1.0.0", "hash": "ab12"}
ROOT = Path(__file__).parents[2]


@pytest.fixture
def results() -> Results:
    table = pd.DataFrame(
        {
            "id": ["a", "b"],
            "rank": pd.array([1, None], dtype="Int64"),
            "loss_abroad_none": [1 / 3, np.nan],
            "within": [np.True_, None],
            "flags": [("same_flow", "district"), ()],
        }
    )
    return Results(
        "chokepoints", table, ABOUT, {"by": "facility"}, {"ev": 1.0}, warnings=("careful",)
    )


def test_the_envelope(results):
    assert results.envelope() == {
        "schema": "supplygraph/chokepoints",
        "version": "2",
        "dataset": ABOUT,
        "command": "chokepoints",
        "params": {"by": "facility"},
        "weights": {"ev": 1.0},
        "results": [
            {
                "id": "a",
                "rank": 1,
                "loss_abroad_none": 0.333333333,
                "within": True,
                "flags": ["same_flow", "district"],
            },
            {"id": "b", "rank": None, "loss_abroad_none": None, "within": None, "flags": []},
        ],
        "warnings": ["careful"],
    }


def test_only_what_is_drawn_at_random_has_a_seed(results, tmp_path):
    drawn = Results("outlook", results.table[["id"]], ABOUT, seed=7)
    assert drawn.envelope()["seed"] == 7
    assert load_results(drawn.save(tmp_path / "drawn.json")).seed == 7
    assert "seed" not in results.envelope()


def test_results_say_in_one_line_what_they_are():
    hit = sg.load("three-nodes").remove("id=mine-a share=0.75")
    assert repr(hit.solve()) == (
        "<Solution whatif: 4 rows, total loss_none 0.75, loss_12m 0.6667, loss_least 0.6667>"
    )
    assert repr(hit.solve(rerouting="none").results).endswith("rows, total loss_none 0.75>")
    assert repr(hit.cover()) == "<Results survival: 6 rows>"


def test_the_total_of_a_line_is_that_of_all_and_not_of_one_place():
    rows = [("ev", "abroad", 0.1), ("total", "abroad", 0.2), ("total", "home", 0.4)]
    table = pd.DataFrame([*rows, ("total", "", 0.3)], columns=["product", "place", "loss_none"])
    assert Results("whatif", table, ABOUT).totals() == {"loss_none": 0.3}


def test_a_run_says_its_totals_over_all_months_at_central_stocks():
    columns = ["product", "month", "rerouting", "cover", "loss"]
    rows = [
        ("total", None, "none", "low", 0.3),
        ("total", None, "none", "central", 0.2),
        ("total", "2025-04", "none", "central", 0.9),
        ("total", None, "least", "central", 0.1),
        ("ev", None, "least", "central", 0.8),
    ]
    run = Run("ban", Results("run", pd.DataFrame(rows, columns=columns), ABOUT))
    assert repr(run) == "<Run of ban: 5 rows, total loss_none 0.2, loss_least 0.1>"
    by_element = Run("ban", Results("run-by-element", pd.DataFrame({"element": ["Dy"]}), ABOUT))
    assert repr(by_element) == "<Run by element of ban: 1 row>"


def test_a_frame_has_the_columns_of_the_table_in_its_order(results):
    assert list(results.frame()) == ["rank", "id", "loss_abroad_none", "flags"]
    assert list(Results("unheard-of", results.table, ABOUT).frame()) == list(results.table)


def test_a_notebook_shows_a_short_table_and_runs_nothing(results):
    table = pd.concat([results.table.assign(id="<b>a")] * 6)
    shown = replace(results, table=table)._repr_html_()
    assert "<p>&lt;Results chokepoints: 12 rows&gt;</p>" in shown and "and 2 more" in shown
    assert "<td>&lt;b&gt;a</td>" in shown and "<b>" not in shown
    assert "<td>0.3333</td>" in shown and "<td>same_flow; district</td>" in shown
    assert shown.count("<tr") == 1 + 10 and "within" not in shown and "nan" not in shown.lower()


def test_a_kind_of_balance_names_its_command(results):
    held = Results("held", results.table, ABOUT).envelope()
    assert (held["schema"], held["command"]) == ("supplygraph/held", "balance")


def test_json_is_standard_and_the_same_each_time(results):
    text = results.to_json()
    assert text == results.to_json()
    assert "NaN" not in text and "0.333333333," in text
    assert json.loads(text) == results.envelope()


def test_signs_of_any_language_stay_readable():
    table = pd.DataFrame({"name": ["磁铁", "é\x1b"]})
    text = Results("info", table, ABOUT).to_json()
    assert "磁铁" in text and "\x1b" not in text
    assert json.loads(text)["results"][1]["name"] == "é\x1b"


def test_the_first_rows(results):
    assert results.head(None) is results
    assert len(results.head(1).table) == 1 and len(results.table) == 2
    assert results.head(1).params == results.params


def test_saved_and_loaded(results, tmp_path):
    path = results.save(tmp_path / "deep" / "run.json")
    again = load_results(path)
    assert again.envelope() == results.envelope()
    assert again.kind == "chokepoints" and again.warnings == ("careful",)
    assert again.save(tmp_path / "again.json").read_bytes() == path.read_bytes()


def test_a_saved_kind_survives(results, tmp_path):
    held = Results("held", results.table, ABOUT)
    assert load_results(held.save(tmp_path / "held.json")).kind == "held"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", "3", '{"schema": 3, "results": []}', '{"results": [1]}']
)
def test_what_is_no_saved_result(text, tmp_path):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(
        SupplygraphError, match=r"x\.json' is (not JSON|no saved result)\. Save a result first"
    ):
        load_results(tmp_path / "x.json")


def test_a_result_of_another_version_is_refused(results, tmp_path):
    path = results.save(tmp_path / "old.json")
    path.write_text(path.read_text().replace('"version": "2"', '"version": "1"'))
    with pytest.raises(SupplygraphError, match=r"version 1, .* 2\. Make it anew; docs/migration"):
        load_results(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SupplygraphError, match="cannot be read"):
        load_results(tmp_path / "nothing.json")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SupplygraphError, match="is not UTF-8"):
        load_results(tmp_path / "bytes")


@pytest.mark.slow
def test_a_saved_result_opens_without_a_solver(results, tmp_path):
    path = results.save(tmp_path / "run.json")
    code = (
        "import sys; from supplygraph.results import load_results;"
        f"print(load_results({str(path)!r}).table.shape);"
        "assert not {'highspy', 'clarabel', 'networkx'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "(2, 5)\n"), done.stderr


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(0.1), 0.1),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (float("nan"), None),
        (np.float64("inf"), None),
        (-math.inf, None),
        (pd.NA, None),
        (None, None),
        ("", ""),
        ((1, np.nan), [1, None]),
        ({"a": np.float64(1), "b": math.nan}, {"a": 1.0, "b": None}),
    ],
)
def test_plain_values(value, expected):
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.slow
@given(st.dictionaries(st.text(), st.floats() | st.text() | st.none() | st.booleans()))
def test_any_row_becomes_standard_json(row):
    text = json.dumps(plain_row(row), allow_nan=False)
    assert set(json.loads(text)) == set(row)


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SupplygraphError, match=r"cannot be written \(No space left on device\)"):
        write_text(tmp_path / "a.json", "x")
    assert list(tmp_path.iterdir()) == []


def test_signs_that_utf8_cannot_hold_are_written_as_numbers(tmp_path):
    """Such as the name of a folder in another encoding: once a traceback."""
    assert write_text(tmp_path / "a.json", "é\udcff").read_bytes() == b"\xc3\xa9\\udcff"


def test_an_unexpected_failure_leaves_nothing(tmp_path):
    def broken(_: Path) -> None:
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_whole(tmp_path / "a.json", broken)
    assert list(tmp_path.iterdir()) == []


def test_writing_replaces_the_whole_file(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "long long text\n")
    write_text(path, "short\n")
    assert path.read_bytes() == b"short\n"
    assert path.stat().st_mode & 0o777 == 0o644
