"""Formats, files and terminals: the same rows everywhere, data on stdout and nothing else."""

import csv
import io
import json
import re
import shlex
import sys

import pytest
from program import Stream, shipped_chain

import supplygraph as sg
from supplygraph.analysis.headlines import headline, plain_name
from supplygraph.cli.value_text import cell_text
from supplygraph.schema.commands import result_fields

pytestmark = pytest.mark.sampled

RANK = ("chokepoints", "--by", "country-process")
HEAVY = ("whatif", "--remove", "country=CN process=heavy")


@pytest.fixture
def terminal(monkeypatch):
    """Let the output of pytest pass for a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)

    def pretend() -> None:
        monkeypatch.setattr(Stream, "isatty", lambda _: True)

    return pretend


def read(text: str, delimiter: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


@pytest.mark.slow
def test_on_a_pipe_tsv_with_id_first(run):
    done = run(*RANK)
    header, first = done.out.splitlines()[:2]
    assert header.split("\t")[:2] == ["id", "rank"]
    assert first.split("\t")[1] == "1"
    assert "\r" not in done.out and done.out.endswith("\n")


def test_warnings_and_progress_go_to_stderr(toy):
    done = toy("chokepoints")
    assert "warning: three-nodes has no sources.csv" in done.err
    assert "balance: computed now" in done.err
    tabs = len(result_fields("chokepoints")) - 1
    assert all(line.count("\t") == tabs for line in done.out.splitlines())


@pytest.mark.slow
def test_every_format_tells_the_same(run):
    rows = run(*HEAVY, "--format", "json").envelope["results"]
    lines = [json.loads(line) for line in run(*HEAVY, "--format", "jsonl").out.splitlines()]
    assert lines == rows
    for name, delimiter in (("csv", ","), ("tsv", "\t")):
        table = read(run(*HEAVY, "--format", name).out, delimiter)
        assert [row["product"] for row in table] == [row["product"] for row in rows]
        for cells, row in zip(table, rows, strict=True):
            assert list(cells) == list(row)
            shown = None if cells["loss_least"] == "" else float(cells["loss_least"])
            assert shown == row["loss_least"]
            assert cells["flags"] == ";".join(row["flags"])
    lines = run(*HEAVY, "--format", "md").out.splitlines()
    assert all(any(row["product"] in line for line in lines) for row in rows)
    text = run(*HEAVY, "--format", "table", "--all").out
    names = shipped_chain().rank(top=1).names
    assert all(plain_name(names, row["product"]) in text for row in rows)


@pytest.mark.slow
def test_shares_are_fractions_of_nine_decimals(run):
    exact = [row["loss_none"] for row in run(*HEAVY, "--format", "json").envelope["results"]]
    assert [float(row["loss_none"]) for row in run(*HEAVY).rows] == exact
    assert all(0 <= loss <= 1 for loss in exact)
    assert exact == [round(loss, 9) for loss in exact]
    assert any(len(repr(loss)) > 10 for loss in exact)


def test_what_is_not_known_is_null(toy):
    done = toy("whatif", "--remove", "id=mine-a", "--rerouting", "none", "--format", "json")
    row, *_, total = done.envelope["results"]
    assert row["month"] is None and row["loss_least"] is None
    assert total["demand"] is None and total["product"] == "total"
    assert "NaN" not in done.out and "Infinity" not in done.out
    table = toy("whatif", "--remove", "id=mine-a", "--rerouting", "none").rows
    assert table[0]["loss_least"] == "" and table[0]["month"] == ""


def test_the_envelope_says_what_was_asked_of_which_tables(toy):
    done = toy("chokepoints", "--weights", "equal", "--top", "1", "--format", "json").envelope
    assert list(done) == [
        "schema",
        "version",
        "dataset",
        "command",
        "params",
        "weights",
        "results",
        "warnings",
    ]
    assert done["dataset"]["name"] == "three-nodes" and len(done["dataset"]["hash"]) == 64
    assert (done["params"]["weights"], done["params"]["top"]) == ("equal", 1)
    assert done["weights"] == {"ev": 1.0}
    assert len(done["results"]) == 1


@pytest.mark.parametrize("name", ["csv", "tsv", "json", "jsonl", "md", "markdown", "txt", "CSV"])
def test_a_file_is_what_stdout_would_be(toy, tmp_path, name):
    file = tmp_path / f"ranking.{name}"
    done = toy("chokepoints", "-o", file)
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines()[-1] == f"wrote {file}"
    format_ = {"markdown": "md", "CSV": "csv"}.get(name, name)
    text = file.read_text(encoding="utf-8")
    if name == "txt":  # as wide as a page, with all rows and notes
        assert {"Mine A", "Plant B"} <= set(re.findall("Mine A|Plant B", text))
        assert text.endswith("Weights (level): ev 100.0 %.\n")
    else:
        assert text == toy("chokepoints", "--format", format_).out


def test_format_wins_over_the_ending(toy, tmp_path):
    toy("info", "-o", tmp_path / "a.json", "--format", "csv")
    assert (tmp_path / "a.json").read_text().startswith("facilities,aggregates")


def test_a_file_is_never_overwritten_unasked(toy, tmp_path):
    file = tmp_path / "kept.csv"
    file.write_text("mine\n")
    for command in (["info"], ["chokepoints"], ["balance"], ["explain", "ev"], ["validate"]):
        done = toy(*command, "-o", file)
        assert (done.code, done.out) == (2, "")
        assert done.err == f"error: '{file}' exists. Name another, or add --force.\n"
    assert file.read_text() == "mine\n"
    assert toy("info", "-o", file, "--force").code == 0
    assert file.read_text().startswith("facilities,")


def test_a_folder_and_an_unknown_ending_are_refused(toy, tmp_path):
    assert "is a folder" in toy("info", "-o", tmp_path, "--format", "csv").err
    done = toy("info", "-o", tmp_path / "a.docx")
    assert done.code == 2 and "the ending names no format" in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_made(toy, tmp_path):
    assert toy("info", "-o", tmp_path / "a" / "b" / "info.csv").code == 0
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["info.csv"]


def test_a_failure_leaves_no_half_file(toy, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("supplygraph.writing.os.replace", full)
    (tmp_path / "old.csv").write_text("old\n")
    done = toy("info", "-o", tmp_path / "old.csv", "--force")
    assert done.code == 1 and "No space left on device" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["old.csv"]
    assert (tmp_path / "old.csv").read_text() == "old\n"


def test_parquet_without_pyarrow(toy, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    done = toy("info", "-o", tmp_path / "a.parquet")
    assert (done.code, done.out) == (1, "")
    assert "Install supplygraph[parquet]" in done.err
    assert list(tmp_path.iterdir()) == []


def test_parquet_keeps_types_and_provenance(toy, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    toy("whatif", "--remove", "id=mine-a", "--rerouting", "none", "-o", tmp_path / "a.parquet")
    table = parquet.read_table(tmp_path / "a.parquet")
    types = {field.name: str(field.type) for field in table.schema}
    assert (types["loss_none"], types["loss_least"], types["month"]) == (
        "double",
        "double",
        "string",
    )
    assert table.column("loss_least").to_pylist() == [None] * 4
    assert json.loads(table.schema.metadata[b"dataset"])["name"] == "three-nodes"
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


@pytest.mark.slow
def test_a_table_without_rows_keeps_its_header(toy, tmp_path):
    assert toy("validate", "--format", "csv").out == "file,row,column,value,rule,way_out\n"
    assert toy("validate", "--format", "jsonl").out == ""
    assert toy("validate", "--format", "json").envelope["results"] == []


def test_on_a_terminal_a_table(toy, terminal):
    terminal()
    done = toy("chokepoints")
    assert "\t" not in done.out and "\x1b[1m" in done.out
    lines = done.out.splitlines()
    assert lines[0].startswith("Mine A: if its exports stop, the rest of the world lacks")
    assert any("Mine A" in line and "100.0 %" in line for line in lines)
    assert lines[-1] == "* 1 more note: -v."


def test_no_color(toy, terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    terminal()
    done = toy("chokepoints")
    assert "\x1b" not in done.out and "Mine A" in done.out


def test_a_narrow_terminal_breaks_no_number_and_no_id(toy, terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    terminal()
    lines = toy("chokepoints", "--by", "arc").out.splitlines()
    assert max(map(len, lines)) <= 40
    line = next(line for line in lines if line.startswith("   1  "))
    assert line.count("100.0 %") >= 1


@pytest.mark.slow
def test_a_file_gets_no_colours_from_a_terminal(toy, terminal, tmp_path):
    terminal()
    toy("info", "-o", tmp_path / "info.txt")
    assert "\x1b" not in (tmp_path / "info.txt").read_text()


@pytest.mark.slow
def test_years_are_no_thousands(run):
    assert "2,024" not in run("explain", "f-35", "--format", "table").out
    years = {row["year"] for row in run("explain", "f-35").rows}
    assert "2024" in years and not any("." in year for year in years)


def test_markdown_is_the_answer_and_one_table(toy):
    answer, blank, *lines = toy("chokepoints", "--format", "md").out.splitlines()
    assert (answer, blank) == (headline(sg.load("three-nodes").rank()).text, "")
    assert lines[1].replace("-", "") == "|" + "  |" * 14
    assert {line.count("|") for line in lines[:4]} == {15}
    assert lines[-1].startswith("Weights (level): ")


def test_months_beyond_ten_years_are_no_figure_in_a_table():
    assert cell_text("months_to_first_shortage", 1975.5) == "> 120"
    assert cell_text("months_to_first_shortage", 119.96) == "120.0"


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked",
    [
        "--by country",
        "--by country-stage",
        "--by country-process --after 36",
        "--by country-process --rerouting none --as outage --sector autos --weights sectors",
        "--by operator --rerouting none --outside CN",
        "--by element --rerouting none",
        "--by element-country --rerouting none",
        "--by arc --rerouting none",
        "--by facility --rerouting none --product ev --region US --at 2030-01 --projects announced",
    ],
)
def test_the_command_that_a_ranking_quotes_gives_the_numbers_of_its_first_row(run, asked):
    ranked = run("chokepoints", *asked.split(), "--top", 1, "--format", "table")
    told = ranked.err.splitlines()[-1].partition("by product and region: supplygraph ")[2]
    first = run("chokepoints", *asked.split(), "--top", 1, "--format", "json").envelope["results"]
    totals = run(*shlex.split(told), "--format", "json").envelope["results"]
    whole = {row["place"]: row for row in totals if row["product"] == "total"}
    for place in ("abroad", "home"):
        for bound in ("none", "12m", "36m"):
            number = first[0][f"loss_{place}_{bound}"]
            if number is not None:
                assert whole[place][f"loss_{bound}"] == pytest.approx(number, abs=2e-9)


def test_rows_of_a_ranking_say_what_stops_where_nobody_asked(toy):
    rows = toy("chokepoints", "--format", "tsv").out
    assert "needs --as export-stop here too" in toy("whatif", "--remove", "-", stdin=rows).err
    asked = ("whatif", "--remove", "-", "--as", "outage")
    assert "needs --as" not in toy(*asked, stdin=rows).err
