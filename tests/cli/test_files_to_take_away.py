"""`-o` with each ending: workbooks, pages and pictures, whole or not at all."""

import html
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from supplygraph.cli.html_table import html_table
from supplygraph.results import Results

pytestmark = pytest.mark.sampled

MAGIC = {"xlsx": b"PK\x03\x04", "png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


@pytest.mark.slow
@pytest.mark.parametrize("ending", MAGIC)
def test_the_ending_names_the_file(toy, tmp_path, ending):
    file = tmp_path / f"ranking.{ending}"
    done = toy("chokepoints", "-o", file)
    assert (done.code, done.out) == (0, "") and done.err.endswith(f"wrote {file}\n")
    assert file.read_bytes().startswith(MAGIC[ending])
    assert toy("chokepoints", "-o", file).code == 2
    first = file.read_bytes()
    assert toy("chokepoints", "-o", file, "--force").code == 0 and file.read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize("format_", [*MAGIC, "parquet"])
def test_standard_output_takes_no_such_file(toy, format_):
    done = toy("chokepoints", "--format", format_)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: {format_} needs a file. Add -o FILE.{format_}.\n"


@pytest.mark.slow
def test_every_table_is_a_page(toy, tmp_path):
    for command in (["info"], ["chokepoints"], ["explain", "ev"], ["validate"], ["cover"]):
        toy(*command, "-o", tmp_path / "page.html", "--force")
        page = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert page.startswith("<!doctype html>") and "default-src 'none'" in page
        assert "<script" not in page and "http://" not in page
        assert f"<caption>supplygraph {command[0]}</caption>" in page
        assert toy(*command, "--format", "html").out == page
    assert "dataset name three-nodes; dataset version 0; dataset hash " in page


def test_a_page_has_units_full_names_and_warnings(toy):
    done = toy("whatif", "--remove", "id=mine-a", "--format", "html")
    assert "loss none<small>share</small>" in done.out
    assert '<td title="JP">Japan</td>' in done.out and "100.0 %" in done.out
    warnings = [line[9:] for line in done.err.splitlines() if line.startswith("warning: ")]
    assert warnings and all(f"<li>{html.escape(text)}</li>" in done.out for text in warnings)


def test_a_page_escapes_what_a_dataset_says():
    name = '<img src=x onerror="alert(1)">'
    table = pd.DataFrame({"product": [name], "loss_none": [0.5]})
    page = html_table(Results("whatif", table, {"name": name}, {"by": name}, warnings=(name,)))
    assert "<img" not in page and page.count("&lt;img") == 5


@pytest.mark.parametrize(
    "command", [["info"], ["balance", "--held"], ["deals", "--by", "deal"], ["scenario", "list"]]
)
def test_a_kind_without_a_picture_is_refused_before_anything_is_computed(
    toy, tmp_path, monkeypatch, command
):
    def computed(*_: object, **__: object) -> None:
        raise AssertionError("a dataset was opened")

    monkeypatch.setattr("supplygraph.api.load", computed)
    done = toy(*command, "-o", tmp_path / "a.png")
    assert (done.code, done.out) == (2, "") and list(tmp_path.iterdir()) == []
    assert "has no picture. Kinds that have one: account, backtest, chokepoints" in done.err


def test_a_picture_without_matplotlib(toy, tmp_path, monkeypatch):
    monkeypatch.setattr("supplygraph.views.pictures.find_spec", lambda _: None)
    done = toy("chokepoints", "-o", tmp_path / "a.svg")
    assert (done.code, done.out) == (1, "")
    assert "Install supplygraph[plot]" in done.err and list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_disk_that_is_full_leaves_no_half_workbook(toy, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("supplygraph.writing.os.replace", full)
    for ending in ("xlsx", "png"):
        (tmp_path / f"old.{ending}").write_text("old\n")
        assert toy("chokepoints", "-o", tmp_path / f"old.{ending}", "--force").code == 1
        assert (tmp_path / f"old.{ending}").read_text() == "old\n"


ONLY_WHERE_IT_DRAWS = """
import sys
from supplygraph.cli.app import main
heavy = {"pyvis", "IPython", "matplotlib", "openpyxl"}
for command in (["chokepoints", "--format", "json"], ["whatif", "--remove", "id=mine-a"],
                ["cover"], ["trace", "ev"], ["structure"], ["info"], ["validate"],
                ["explain", "ev"], ["balance"], ["chokepoints", "-o", "a.xlsx"],
                ["chokepoints", "-o", "a.html"]):
    try:
        main(["--dataset", "three-nodes", *command])
    except SystemExit as ended:
        assert not ended.code, command
    assert not heavy & set(sys.modules), (command, heavy & set(sys.modules))
for command, brought in ((["view", "-o", "page.html"], "pyvis"),
                         (["chokepoints", "-o", "a.svg"], "matplotlib")):
    try:
        main(["--dataset", "three-nodes", *command])
    except SystemExit as ended:
        assert not ended.code, command
    assert brought in sys.modules and "matplotlib.pyplot" not in sys.modules
"""


@pytest.mark.slow
def test_pyvis_and_matplotlib_are_imported_only_where_they_draw(tmp_path):
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", ONLY_WHERE_IT_DRAWS],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
