"""Briefs: every sentence is true of its rows, the same in each form, and silence is named."""

import json
import re

import pytest
from program import shipped_chain
from sentences import check

from supplygraph.analysis.headlines.brief import statements
from supplygraph.views.brief_page import brief_html, brief_json, brief_markdown

ASKED = [
    ("scintillator", "US", "april-2025-shock"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("product", "region", "scenario"), ASKED)
def test_a_brief_is_true_of_its_rows_in_every_form(product, region, scenario):
    brief = shipped_chain().brief(product, region=region, scenario=scenario)
    told = statements(brief)
    assert len(brief.parts) >= 3 and len(told) >= 3
    for name, statement in told:
        check(brief.results[name], statement)
    record = json.loads(brief_json(brief))
    assert [row["text"] for row in record["statements"]] == [one.text for _, one in told]
    for row in record["statements"]:
        rows = record["results"][row["result"]]["results"]
        for figure in row["figures"]:
            if figure["row"] is not None:
                assert rows[figure["row"]][figure["column"]] == figure["value"]
        assert all(rows[one["index"]]["product"] for one in row["rows"] if "product" in one)
    page, text = brief_html(brief), brief_markdown(brief)
    plain = text.replace("\\", "")
    for _, statement in told:
        assert statement.text in plain
    assert "<script" not in page and "http-equiv" in page
    assert page.count("<svg") == sum(bool(part.picture) for part in brief.parts)
    assert brief_json(brief) == brief_json(brief)


@pytest.mark.slow
def test_what_no_figure_carries_is_withheld(toy, tmp_path):
    done = toy("brief", "--product", "ev", "-o", tmp_path / "brief.json")
    assert done.code == 0, done.err
    record = json.loads((tmp_path / "brief.json").read_text(encoding="utf-8"))
    withheld = " ".join(record["withheld"])
    assert "the dataset holds no project" in withheld
    assert record["statements"][0]["rows"][0]["id"] == "mine-a" or record["statements"][0]["rows"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("brief",), "a brief on what? Add --product"),
        (("brief", "--product", "evv"), "Did you mean 'ev'"),
        (("brief", "--product", "ev", "--region", "XX"), "no region 'XX'"),
        (("brief", "--product", "ev", "-o", "brief.doc"), "the ending names no page"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(toy, arguments, says):
    done = toy(*arguments)
    assert done.code == 2 and done.out == "" and says in done.err
    assert len([line for line in done.err.splitlines() if line.startswith("error")]) == 1


def test_markdown_on_a_pipe(toy):
    done = toy("brief", "--product", "ev")
    assert done.out.startswith("# What can stop ")
    assert re.findall("^## .*", done.out, re.MULTILINE)[0] == "## Whose exports it needs most"
