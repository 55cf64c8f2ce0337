"""The commands trace and export."""

import json

import pytest
from jsonschema import Draft202012Validator

pytestmark = pytest.mark.sampled

QUESTIONS = [
    ("three-nodes", ("trace", "ev")),
    ("rare-earths", ("trace", "f-35", "--ranges", "none", "--by", "all")),
    ("rare-earths", ("trace", "jet-engine", "--element", "Y", "--region", "US")),
]


@pytest.mark.slow
@pytest.mark.parametrize(("dataset", "question"), QUESTIONS)
def test_output_fits_its_schema(run, dataset, question):
    done = run("--dataset", dataset, *question, "--format", "json")
    assert done.code == 0, done.err
    Draft202012Validator(json.loads(run("schema", "trace").out)).validate(done.envelope)
    texts = [row["text"] for row in done.envelope["results"] if row["text"]]
    assert texts and all(text in done.err for text in texts)


@pytest.mark.slow
def test_an_oxide_used_as_it_is_skips_metal_and_magnet(run):
    done = run("trace", "jet-engine", "--element", "Y", "--region", "US", "--format", "json")
    rows = {
        (row["stage"], row["kind"]): row["share"]
        for row in done.envelope["results"]
        if row["what"] == "place" and row["stage"] in ("metal", "magnet")
    }
    assert rows == pytest.approx({("metal", "skipped"): 1.0, ("magnet", "skipped"): 1.0})


def test_the_table_is_read_by_people(toy):
    done = toy("trace", "ev", "--format", "table", "--all", "-v")
    assert "100.0 %" in done.out and done.err.count("warning") == 0
    told = " ".join(done.out.split())
    assert told.startswith("In Car: 100 % of the mass was mined in China; grade D.")
    assert "Car, assembled anywhere in 2024: all of the feed was mined in China" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("trace", "evv"), 2, "Did you mean 'ev'"),
        (("trace", "ev", "--by", "owners"), 2, "Did you mean 'owner'"),
        (("trace", "ev", "--fail-if", "share>0.5"), 10, "with share>0.5"),
        (("export", "--to", "a.gephi"), 2, "format 'gephi' is not known"),
    ],
)
def test_what_goes_wrong_is_said(toy, arguments, code, says):
    done = toy(*arguments)
    assert done.code == code and says in done.err


def test_export_prints_what_it_wrote(toy, tmp_path):
    done = toy("export", "--to", tmp_path / "out")
    names = [line.rsplit("/", 1)[-1] for line in done.out.splitlines()]
    assert names == ["edges.csv", "nodes.csv", "datapackage.json"] or "sources.csv" in names
    again = toy("export", "--to", tmp_path / "out")
    assert again.code == 2 and "is not empty" in again.err
    assert toy("export", "--to", tmp_path / "out", "--force").code == 0
