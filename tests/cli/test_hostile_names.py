"""Names from a stranger's dataset break no table, no terminal and no spreadsheet."""

import csv
import io
import json

import pytest

from supplygraph.schema.commands import result_fields

pytestmark = pytest.mark.slow

NAMES = [
    'comma, "quote" and | pipe',
    "line\nbreak\tand tab",
    "\x1b[31mred\x1b]0;title\x07",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "<script>alert(1)</script> [a](javascript:b) `c` *d*",
    "磁铁 ﷽ 🧲 é",
    "right\u202eleft",
    "[bold]not markup[/bold]",
    "-2+3",
    "NaN",
    " ",
]


@pytest.fixture(params=NAMES, ids=range(len(NAMES)))
def named(request, run, tmp_path):
    """Run on the three-node dataset whose mine has a hostile name."""
    run("init", tmp_path / "toy")
    file = tmp_path / "toy" / "facilities.csv"
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    rows[0]["name"] = request.param
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)

    def call(*arguments: str):
        return run("--dataset", tmp_path / "toy", *arguments)

    if call("validate").code:
        assert call("chokepoints").code == 3
        pytest.skip("the reader refuses this name")
    return call


def test_a_hostile_name(named):
    rank = ("chokepoints", "--rerouting", "none", "--format")
    exact = [row["name"] for row in json.loads(named(*rank, "json").out)["results"]]
    for name, delimiter in (("csv", ","), ("tsv", "\t")):
        text = named(*rank, name).out
        table = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
        assert [row["id"] for row in table] == ["mine-a", "plant-b"]
        assert {len(row) for row in table} == {len(result_fields("chokepoints"))}
        assert not table[0]["name"].startswith(("=", "@", "-"))
        assert len(text.splitlines()) == 3
        assert "\x1b" not in text and "\u202e" not in text
    lines = named(*rank, "md").out.splitlines()[2:]
    assert lines[4] == "" and lines[2].count("mine-a") == 1
    for out in (named(*rank, "table").out, named("explain", "mine-a", "--format", "md").out):
        assert "\x1b" not in out and "\x07" not in out and "\u202e" not in out
    assert len(exact) == 2


def test_a_hostile_name_in_markdown(named):
    lines = named("explain", "mine-a", "--format", "md").out.splitlines()
    assert "<" not in lines[0].replace("\\<", "") and not lines[1]
    cells = {len(split_cells(line)) for line in lines[2:]}
    assert cells == {9}
    assert not any("<script" in line.replace("\\<", "") for line in lines)


def split_cells(line: str) -> list[str]:
    """Cells of a row as GitHub reads it: a pipe after a backslash separates nothing."""
    return line.replace("\\\\", "").replace("\\|", "").strip("|").split("|")
