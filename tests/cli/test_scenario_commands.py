"""`scenario list` and `scenario show`: what they print, refuse and how their help runs."""

import json
import re
import shlex
import shutil

import pytest
import typer
from jsonschema import Draft202012Validator

from supplygraph.cli.app import app
from supplygraph.dataset import shipped_datasets
from supplygraph.schema.commands import command_schema, result_fields

GROUP = typer.main.get_command(app).commands["scenario"]
EXAMPLE = re.compile(r"^\s*Example: supplygraph (.+)$", re.MULTILINE)
EXAMPLES = [line for name in GROUP.commands for line in EXAMPLE.findall(GROUP.commands[name].help)]


def test_list_names_every_scenario_with_its_measures(run):
    rows = {row["id"]: row for row in run("scenario", "list").rows}
    assert rows["no-london"]["modifiers"] == "CN-2025-SLOW1"
    assert rows["april-2025-shock"]["start"] == "2025-04"
    assert rows["japan-2010"]["network"] == "False"
    assert "CN-2025-TEMPLIC" in rows["april-2025-shock"]["on_record"]


def test_show_prints_every_bound_of_a_month_and_who_set_it(run):
    asked = ("scenario", "show", "april-2025-shock", "--month", "2025-05")
    done = run(*asked, "--measure", "CN-2024-46")
    rows = {row["id"]: row for row in done.rows}
    assert {row["month"] for row in rows.values()} == {"2025-05"}
    heavy = rows["ndfeb-hre:CN>JP"]
    assert (heavy["block"], heavy["set_by"], heavy["evidence"]) == ("arc", "CN-2025-18", "calc")
    # The mean of the logistic over May; listed magnets have no floor.
    assert float(heavy["value"]) == pytest.approx(0.0674, abs=5e-5)
    assert rows["f-35@US"]["set_by"] == "CN-2024-46"
    assert "on record, without effect here: CN-2025-TEMPLIC" in done.err


def test_set_is_shown_in_the_envelope_and_in_the_bounds(run):
    asked = ("scenario", "show", "busan-window", "--month", "2026-01", "--format", "json")
    done = run(*asked, "--set", "CN-2025-18.approval.US=0.3")
    assert done.envelope["params"]["set"] == ["CN-2025-18.approval.US=0.3"]
    values = {row["id"]: row for row in done.envelope["results"]}
    assert values["ndfeb-hre:CN>US"]["set_by"] == "CN-2025-18 with CN-2025-GL"
    # 0.2 under general licences, 0.3 of the rest.
    assert values["ndfeb-hre:CN>US"]["value"] == pytest.approx(0.2 + 0.8 * 0.3, abs=1e-6)


def test_a_measure_can_be_added(run):
    done = run("scenario", "show", "kachin-2024", "--measure", "CN-2024-46", "--month", "2025-05")
    assert {row["set_by"] for row in done.rows} == {"MM-2024-KIA", "CN-2024-46"}


def test_a_replay_shows_series_and_says_what_it_is(run):
    done = run("scenario", "show", "japan-2010", "--month", "2010-10")
    assert [(row["id"], row["block"], row["value"]) for row in done.rows] == [
        ("CN-2006-QUOTA", "series", "30259.0"),
        ("CN-2010-H2QUOTA", "series", "0.28"),
        ("CN-2010-JPCUT", "series", "0.0"),
    ]
    assert "the network of the base year says nothing about it" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        ("no-londn", 2, "no scenario 'no-londn'. Did you mean 'no-london'?"),
        ("no-london --month 2030-01", 2, "lies outside the run, 2025-04 to 2026-10."),
        ("no-london --set CN-2025-81.x=1", 2, "Did you mean 'CN-2025-18'?"),
        ("no-london --set CN-2025-18.approval.US=7", 3, "should be less than or equal to 1"),
        ("busan-window --set months=24", 3, "Choose after_expiry: CN-2025-70: lapses"),
        ("no-london --measure CN-99", 3, "'CN-99' is no measure"),
        ("no-london --format xml", 2, "--format 'xml' is not known"),
    ],
)
def test_what_cannot_be_is_one_clear_error(run, arguments, code, text):
    done = run("scenario", "show", *arguments.split())
    assert (done.code, done.out) == (code, "")
    assert text in done.err and "Traceback" not in done.err


@pytest.mark.parametrize(
    "question",
    ["list", "show april-2025-shock --month 2025-06", "show quota-2006-2015", "show kachin-2024"],
)
def test_output_fits_its_schema(run, question):
    done = run("scenario", *question.split(), "--format", "json")
    Draft202012Validator(command_schema("scenario")).validate(done.envelope)
    fields = result_fields(done.envelope["schema"].removeprefix("supplygraph/"))
    for row in done.envelope["results"]:
        assert list(row) == [field.name for field in fields]


def test_two_runs_print_the_same_bytes(run):
    asked = ("scenario", "show", "snapback-2026", "--month", "2027-01", "--format", "json")
    assert run(*asked).out == run(*asked).out


@pytest.mark.parametrize("line", EXAMPLES)
def test_examples_of_the_help_run(run, line):
    assert run(*shlex.split(line)).code == 0


@pytest.mark.parametrize("name", GROUP.commands)
def test_every_command_has_an_example_and_describes_its_options(run, name):
    assert "Example: supplygraph scenario" in run("scenario", name, "--help").out
    for option in GROUP.commands[name].params:
        assert option.name == "help" or option.help.endswith("."), option.name


@pytest.mark.parametrize("name", ["scenario-file", "measure-file"])
def test_schema_for_editors(run, name):
    Draft202012Validator.check_schema(json.loads(run("schema", name).out))


def test_schema_of_a_kind_lists_its_keys(run):
    rows = {row["key"]: row for row in run("schema", "licence").rows}
    assert rows["covers"]["required"] == "yes"
    assert rows["curve.(queue).throughput"]["default"] == "1.0"


def test_validate_checks_measures_and_scenarios(run, tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(shipped_datasets()["three-nodes"], folder)
    (folder / "measures").mkdir()
    (folder / "scenarios").mkdir()
    text = "title: T\nkind: ban\nimposed_by: [CN]\ncovers: {materials: [ore-b]}\n"
    (folder / "measures" / "cut.yaml").write_text(text)
    (folder / "measures" / "stop.yaml").write_text("kind: outage\nselect: id=mine-b\n")
    (folder / "scenarios" / "s.yaml").write_text(
        "title: S\nstart: 2025-13\nmonths: 2\nmeasures: [ct]\n"
    )
    done = run("validate", str(folder))
    assert done.code == 3
    for line in (
        "measures/cut.yaml, covers.materials: 'ore-b' is not in the dataset. Did you mean 'ore-a'?",
        "measures/stop.yaml, select: selector 'id=mine-b': no id 'mine-b'.",
        "scenarios/s.yaml, measures.0: 'ct' is no measure. Did you mean 'cut'?",
        "month '2025-13' is not YYYY-MM",
    ):
        assert line in done.out
    (folder / "measures" / "cut.yaml").write_text(text.replace("ore-b", "ore-a"))
    (folder / "measures" / "stop.yaml").unlink()
    (folder / "scenarios" / "s.yaml").write_text(
        "title: S\nstart: 2025-12\nmonths: 2\nmeasures: [cut]\n"
    )
    assert run("validate", str(folder)).code == 0
    shown = run("--dataset", str(folder), "scenario", "show", "s", "--month", "2026-01")
    assert [(row["id"], row["value"]) for row in shown.rows] == [("ore-a:CN>JP", "0.0")]


def test_a_broken_scenario_does_not_hide_the_others(run, tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(shipped_datasets()["three-nodes"], folder)
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "good.yaml").write_text("title: G\nstart: 2025-01\nmonths: 2\n")
    (folder / "scenarios" / "bad.yaml").write_text("title: B\nstart: 2025-01\n")
    done = run("--dataset", str(folder), "scenario", "list")
    assert [row["id"] for row in done.rows] == ["good"]
    assert "scenarios/bad.yaml, months: is missing." in done.err
