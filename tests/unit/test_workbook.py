"""Excel files: what a reader opens is what was computed, and nothing in it runs."""

import io
import zipfile

import openpyxl
import pandas as pd
import pytest
from program import shipped_chain

from supplygraph.analysis.records import workbook
from supplygraph.analysis.records.workbook import LONGEST_TEXT, Sheet, workbook_bytes
from supplygraph.api import load
from supplygraph.cli.workbook import results_workbook
from supplygraph.errors import SupplygraphError
from supplygraph.results import Results, plain_row

HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "http://example.org", "{=1}")


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


@pytest.fixture(scope="module")
def ranking() -> Results:
    return load("three-nodes").rank("facility")


def test_every_row_and_column_comes_back_unrounded(ranking):
    book = opened(results_workbook(ranking))
    assert book.sheetnames == ["results", "parameters", "sources"]
    names, *rows = book["results"].values
    assert list(names) == list(ranking.table.columns)
    for cells, row in zip(rows, ranking.table.to_dict("records"), strict=True):
        for cell, value in zip(cells, plain_row(row).values(), strict=True):
            assert cell == (";".join(value) or None if isinstance(value, list) else value or cell)


@pytest.mark.slow
def test_formats_follow_the_schema_and_the_header_stays(ranking):
    sheet = opened(results_workbook(ranking))["results"]
    formats = {
        head.value: cell.number_format for head, cell in zip(sheet[1], sheet[2], strict=True)
    }
    assert formats["loss_abroad_12m"] == "0.0 %" and formats["rank"] == "General"
    assert formats["months_to_first_shortage"] == "0.0"
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == sheet.dimensions
    widths = [sheet.column_dimensions[name].width for name in ("A", "B")]
    assert all(9 <= width <= 61 for width in widths)


def test_parameters_say_what_was_asked_of_which_tables(ranking):
    told = list(opened(results_workbook(ranking))["parameters"].values)
    values = {what: value for what, value, *_ in told[1:]}
    assert values["dataset hash"] == ranking.dataset["hash"]
    assert (values["command"], values["by"]) == ("supplygraph chokepoints", "facility")
    assert values["weight of ev"] == 1
    assert [value for what, value, *_ in told if what == "warning"] == list(ranking.warnings)
    meaning = {what: (unit, text) for what, _, unit, text in told}
    assert meaning["column loss_abroad_12m"][0] == "share"
    assert meaning["column id"][1] == "What is removed."


@pytest.mark.slow
def test_sources_are_those_that_rows_cite():
    results = shipped_chain().cover(product="ev", region="US")
    _, *rows = opened(results_workbook(results))["sources"].values
    cited = {key for keys in results.table["source"] for key in keys}
    assert {row[0] for row in rows} == cited != set()
    assert all(title and url.startswith("http") for _, title, _, _, url in rows)


def test_a_table_that_cites_no_source_says_so(ranking):
    _, row = opened(results_workbook(ranking))["sources"].values
    assert "cites a source" in row[1]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_never_a_formula_or_a_link(text):
    table = pd.DataFrame({"id": [text], text: ["x"]})
    content = results_workbook(Results("unknown", table, {"name": text}, {text: text}))
    cells = [cell for sheet in opened(content) for row in sheet for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "n"}
    assert not [cell for cell in cells if cell.hyperlink]
    assert opened(content)["results"]["A2"].value == text
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            assert b"<f>" not in parts.read(name) and b"<hyperlink" not in parts.read(name)


def test_signs_that_no_cell_can_hold_stop_nothing():
    content = workbook_bytes([Sheet("results", ["id"], [["a\x00b"], ["_x0041_"], ["x" * 40_000]])])
    _, first, second, third = (row[0] for row in opened(content)["results"].values)
    assert "a" in first and "b" in first and second == "_x0041_"
    assert len(third) == LONGEST_TEXT and third.endswith("holds no more)")


def test_same_data_same_bytes(ranking, monkeypatch):
    first = results_workbook(ranking)
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert results_workbook(ranking) == first
    with zipfile.ZipFile(io.BytesIO(first)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert opened(first).properties.created == workbook.FIRST_DAY


def test_a_table_without_rows_has_its_header():
    content = results_workbook(Results("validate", pd.DataFrame(), {"name": "x"}))
    assert [row[:2] for row in opened(content)["results"].values] == [("file", "row")]


def test_more_rows_than_excel_holds_are_refused(monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 2)
    with pytest.raises(SupplygraphError, match=r"3 rows, and Excel holds 2\. Choose csv"):
        workbook_bytes([Sheet("results", ["id"], [["a"], ["b"], ["c"]])])
