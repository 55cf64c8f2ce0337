"""`supplygraph cover` as a user types it."""

import json

import pytest
from jsonschema import Draft202012Validator

from supplygraph.schema.commands import result_fields

HEAVY = "country=CN process=heavy"
TWICE = ["--each", "--remove", "id=mine-a share=0.5", "--remove", "id=plant-b"]
ASKED = [
    ("three-nodes", ["cover"]),
    ("three-nodes", ["cover", "--remove", "id=mine-a", "--ttr", "3"]),
    ("three-nodes", ["cover", *TWICE]),
    ("rare-earths", ["cover", "--product", "ev", "--region", "US"]),
    ("rare-earths", ["cover", "--remove", HEAVY, "--ttr", "12", "--weights", "value"]),
    ("rare-earths", ["cover", "--product", "f-35", "--remove", HEAVY]),
]


@pytest.mark.slow
@pytest.mark.parametrize(("dataset", "asked"), ASKED)
def test_output_fits_its_schema(run, dataset, asked):
    done = run("--dataset", dataset, *asked, "--format", "json")
    assert done.code == 0, done.err
    envelope = done.envelope
    Draft202012Validator(json.loads(run("schema", "cover").out)).validate(envelope)
    kind = "survival" if "--remove" in asked else "cover"
    assert envelope["schema"] == f"supplygraph/{kind}"
    assert envelope["command"] == "cover"
    for row in envelope["results"]:
        assert list(row) == [field.name for field in result_fields(kind)]


def test_how_to_read_it_and_what_it_is_blind_to_stand_in_the_result(toy):
    for arguments in ([], ["--remove", "id=mine-a"]):
        notes = toy("cover", *arguments, "--format", "json").envelope["warnings"]
        assert sum(note.startswith("how to read: ") for note in notes) == 1
        assert sum(note.startswith("blind to: ") for note in notes) == 1


def test_first_shortage_of_the_toy_is_its_time_to_survive(toy):
    rows = toy("cover", "--remove", "id=mine-a", "--format", "tsv").rows
    central = [row for row in rows if row["cover"] == "central"]
    assert {row["rerouting"] for row in central} == {"none", "least"}
    for row in central:
        assert float(row["tts_months"]) == pytest.approx(4 * 12 / 52, rel=1e-6)
        assert row["ttr_months"] == row["exposed"] == ""


def test_selectors_come_through_a_pipe(toy):
    rows = toy("cover", "--remove", "-", "--format", "tsv", stdin="mine-a\n").rows
    assert {row["removed"] for row in rows} == {"id=mine-a"}


def test_fail_if_looks_at_the_kind_that_is_printed(toy):
    assert toy("cover", "--remove", "id=mine-a", "--fail-if", "tts_months<1").code == 10
    assert toy("cover", "--remove", "id=mine-a", "--fail-if", "tts_months<0.1").code == 0
    assert toy("cover", "--fail-if", "months_central<1").code == 10
    refused = toy("cover", "--fail-if", "tts_months<1")
    assert (refused.code, refused.out) == (2, "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--each"], "--each compares removals"),
        (["--ttr", "3"], "--ttr says when what was removed is back"),
        (["--remove", "id=mine-a", "--ttr", "soon"], "--ttr 'soon' is neither months nor a lag"),
        (["--remove", "id=mine-a", "--ttr", "-3"], "months are above 0"),
        (["--remove", "id=mine-a", "--longest", "0"], "--longest 0: months are above 0"),
        (["--product", "evv"], "no product 'evv'"),
        (["--region", "Mars"], "no region 'Mars'"),
        (["--remove", "id=nowhere"], "nowhere"),
        (["--remove", "id=mine-a", "--weights", "heavy"], "weights 'heavy'"),
    ],
)
def test_bad_questions_are_one_clear_line(toy, arguments, words):
    done = toy("cover", *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err and done.err.count("error: ") == 1
    assert "Traceback" not in done.err


@pytest.mark.slow
def test_same_question_same_bytes(run):
    asked = ["cover", "--product", "ev", "--remove", HEAVY, "--ttr", "12", "--format", "json"]
    assert run(*asked).out == run(*asked).out


def test_exports_that_stop_are_asked_as_in_whatif(toy):
    done = toy("cover", "--remove", "id=mine-a", "--as", "export-stop", "--format", "json").envelope
    assert done["params"]["stop_exports"] == ["id=mine-a"] and done["params"]["remove"] == []
    assert "months of output are lost in the first year" in headline_text(toy)
    for options in (("--each", "--remove", "id=mine-a"), ()):
        refused = toy("cover", *options, "--as", "export-stop")
        assert refused.code == 2 and "Add --remove SELECTOR, and leave --each out." in refused.err


def headline_text(toy):
    told = toy("cover", "--remove", "id=mine-a", "--as", "export-stop", "--format", "table").out
    return " ".join(told.split())
