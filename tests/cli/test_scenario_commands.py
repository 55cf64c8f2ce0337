"""`scenario list` and `scenario show`: what they print, refuse and how their help runs."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from jsonschema import Draft202012Validator
from program import shipped_chain

from supplygraph.cli.app import app
from supplygraph.dataset import shipped_datasets
from supplygraph.scenario.load import load_scenario
from supplygraph.schema.commands import command_schema, result_fields

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

GROUP = typer.main.get_command(app).commands["scenario"]
EXAMPLE = re.compile(r"^\s*Example: supplygraph (.+)$", re.MULTILINE)
EXAMPLES = [line for name in GROUP.commands for line in EXAMPLE.findall(GROUP.commands[name].help)]


def test_list_names_every_scenario_with_its_measures(run):
    rows = {row["id"]: row for row in run("scenario", "list").rows}
    assert rows["no-london"]["modifiers"] == "CN-2025-SLOW1"
    assert rows["april-2025-shock"]["start"] == "2025-04"
    assert rows["japan-2010"]["network"] == "False"
    assert "CN-2025-TEMPLIC" in rows["april-2025-shock"]["on_record"]


LIST = """
import sys
from supplygraph.cli.app import main
try:
    main(["scenario", "list", "--format", sys.argv[1]])
except SystemExit as ended:
    assert not ended.code
heavy = {"numpy", "pandas", "scipy", "networkx", "highspy", "clarabel", "supplygraph.api"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""


@pytest.mark.parametrize("kind", ["table", "tsv", "csv", "json", "jsonl", "md", "html"])
def test_list_loads_no_engine_and_no_table(kind):
    done = subprocess.run(
        [sys.executable, "-c", LIST, kind],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "no-london" in done.stdout or kind == "table"


def test_list_and_the_question_of_python_say_the_same(run):
    asked = shipped_chain().scenarios()
    assert run("scenario", "list", "--format", "json").out == asked.to_json() + "\n"
    checked = load_scenario(shipped_chain().dataset, "busan-window")
    row = asked.table.set_index("id").loc["busan-window"]
    assert row["measures"] == [one.id for one in checked.acting]
    assert row["modifiers"] == [one.id for one in checked.changing]
    assert row["on_record"] and not set(row["on_record"]) & set(row["measures"])


def test_list_tells_a_file_that_cannot_be_read(run, tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(shipped_datasets()["three-nodes"], folder)
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "bad.yaml").write_text("title: [")
    done = run("--dataset", str(folder), "scenario", "list")
    assert (done.code, done.out) == (3, "")
    assert "scenarios/bad.yaml row" in done.err


def test_show_prints_every_bound_of_a_month_and_who_set_it(run):
    asked = ("scenario", "show", "april-2025-shock", "--month", "2025-05")
    done = run(*asked, "--measure", "CN-2024-46")
    rows = {row["id"]: row for row in done.rows}
    assert {row["month"] for row in rows.values()} == {"2025-05"}
    heavy = rows["ndfeb-hre:CN>JP"]
    assert (heavy["block"], heavy["set_by"], heavy["evidence"]) == ("arc", "CN-2025-18", "calc")
    # The mean of the logistic over May; listed magnets have no floor.
    assert float(heavy["value"]) == pytest.approx(0.0674, abs=5e-5)
    # No magnet of an F-35 comes from China: who makes them for arms alone is denied the metal.
    arms = rows["us-smco-rest/1/smco-make-arms"]
    assert (arms["block"], arms["set_by"]) == ("denied", "CN-2024-46")
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
        ("no-londn", 2, "no scenario 'no-londn'. Did you mean 'no-london'"),
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
    [
        "list",
        "show april-2025-shock --month 2025-06",
        "show quota-2006-2015",
        "show kachin-2024",
        "show tariffs-2025 --month 2025-06",
        "show tech-denial --month 2028-01",
        "duties tariffs-2025 --by-month",
    ],
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
        "scenarios/s.yaml, measures.0: 'ct' is no measure. Did you mean 'cut' (T)?",
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


def test_rates_follow_the_record_from_145_per_cent_to_the_truces(run):
    def rate(month, arc="ndfeb-std:CN>US"):
        rows = run("scenario", "show", "tariffs-2025", "--month", month).rows
        return next(float(row["value"]) for row in rows if row["id"] == arc)

    assert rate("2025-02") == pytest.approx(0.10 * 25 / 28)  # from the fourth
    # 20 % all April; 84 % on the ninth and 125 % on 21 days.
    assert rate("2025-04") == pytest.approx(0.20 + (0.84 + 21 * 1.25) / 30)
    assert rate("2025-06") == rate("2025-10") == pytest.approx(0.30)
    assert rate("2025-12") == pytest.approx(0.20)
    assert rate("2026-03") == pytest.approx(0.25 + 0.10)  # the ruling, and what followed
    assert rate("2025-06", "ore-bastnaesite-mountain-pass:US>CN") == pytest.approx(0.10)


def test_a_threat_is_off_until_it_is_switched_on(run):
    asked = ("scenario", "show", "tariffs-2025", "--month", "2025-12")
    on = run(*asked, "--set", "US-2025-THREAT100.in_force=true")
    assert "nothing to act on) by: US-2025-THREAT100" in run(*asked).err
    rates = {row["id"]: float(row["value"]) for row in on.rows}
    assert rates["ndfeb-std:CN>US"] == pytest.approx(1.20)


def test_duties_are_rate_times_price_times_flow(run):
    asked = ("scenario", "duties", "tariffs-2025", "--by-month", "--price", "smco=1000")
    rows = run(*asked, "--format", "json").envelope["results"]
    whole = {row["id"]: row for row in rows if row["month"] is None}
    months = [row for row in rows if row["id"] == "smco:CN>US" and row["month"]]
    june = next(row for row in months if row["month"] == "2025-06")
    assert june["duty_usd"] == pytest.approx(0.3 * 1000 * june["quantity"])
    assert (june["price_basis"], june["evidence"]) == ("given by the user", "D")
    assert whole["smco:CN>US"]["duty_usd"] == pytest.approx(sum(r["duty_usd"] for r in months))
    assert whole["sm-metal:CN>US"]["duty_usd"] is None
    priced = [row["duty_usd"] for name, row in whole.items() if name != "total"]
    assert whole["total"]["duty_usd"] == pytest.approx(sum(d for d in priced if d is not None))


def test_a_price_is_of_a_material_and_above_nothing(run):
    for text, why in (("smco=0", "write --price ndfeb-hre=48000"), ("smcu=9", "Did you mean")):
        done = run("scenario", "duties", "tariffs-2025", "--price", text)
        assert done.code == 2 and why in done.err


def test_a_tariff_alone_loses_nothing_and_an_elasticity_does(run):
    asked = (
        "scenario",
        "run",
        "tariffs-2025",
        "--months",
        "6",
        "--rerouting",
        "none",
        "--cover",
        "low",
        "--format",
        "json",
    )
    plain = run(*asked).envelope["results"]
    assert max(row["loss"] for row in plain) < 1e-9
    answer = run(*asked, "--set", "US-2025-RECIP.trade_elasticity=1").envelope["results"]
    assert max(row["loss"] or 0 for row in answer) > 0.05


@pytest.mark.parametrize(
    "asked", [("scenario", "run"), ("scenario", "show"), ("scenario", "duties"), ("compare",)]
)
def test_a_measure_that_begins_after_the_run_is_said(toy, tmp_path, asked):
    late, now = tmp_path / "late.yaml", tmp_path / "now.yaml"
    text = "title: t\nstart: 2025-01\nmonths: 2\nmeasures:\n  - {id: m1, kind: outage, select: "
    late.write_text(f"{text}id=mine-a, effective: 2027-03}}\n")
    now.write_text(f"{text}id=mine-a}}\n")
    files = (late, now) if asked == ("compare",) else (late,)
    told = toy(*asked, *files)
    assert told.code == 0
    assert (
        "'m1' begins on 2027-03-01, after the run of 2025-01 to 2025-02: it does nothing here. "
        "Run more months, or drop it." in told.err
    )
    assert "begins on" not in toy(*asked, *([now, now] if asked == ("compare",) else [now])).err


HEAD = "title: t\nstart: 2025-01\nmonths: 2\n"
BAN = "measures: [{id: m, kind: ban, imposed_by: [CN], covers: "
NAMED = [
    # The folder would read NO as false elsewhere; here it stays Norway, which is not there.
    (
        "measures: [{id: m, kind: outage, select: country=NO}]",
        "scenarios/s.yaml measures.0, select: selector 'country=NO': no country 'NO'. Known: CN,",
    ),
    (
        "measures: [{id: m, kind: outage, select: id=mine-aa}]",
        "measures.0, select: selector 'id=mine-aa': no id 'mine-aa'. Did you mean 'mine-a' (Mine",
    ),
    (
        "measures: [{id: m, kind: quota, limits: output, share: 0.5, select: countri=CN}]",
        "measures.0, select: selector 'countri=CN': unknown key 'countri'. Did you mean 'country'?",
    ),
    (
        "removals: [id=mine-a, stage=minee share=0.5]",
        "scenarios/s.yaml, removals.1: selector 'stage=minee': no stage 'minee'. Did you mean",
    ),
    (
        "removals: [{select: country=JP process=dig}]",
        "scenarios/s.yaml, removals.0.select: removal 'country=JP process=dig': nothing fits",
    ),
    (
        "removals: [id=mine-a share=nan]",
        "scenarios/s.yaml, removals.0: removal 'id=mine-a share=nan': share 'nan' is not between",
    ),
    ("projects: [bindin]", "scenarios/s.yaml, projects: 'bindin' is no project. Did you mean"),
    (BAN + "{elements: [], stages: [mine]}}]", "measures.0, covers: no material fits. Name"),
    (BAN + "{materials: [ore-b]}}]", "covers.materials: 'ore-b' is not in the dataset. Did you"),
    (
        "measures: [{id: m, kind: ban, imposed_by: [NO], covers: {materials: [ore-a]}}]",
        "measures.0, imposed_by: 'NO' is no country of countries.csv. Known: CN, JP.",
    ),
    (
        "measures: [{id: m, kind: ban, imposed_by: [true], covers: {materials: [ore-a]}}]",
        "measures.0, imposed_by.0: 'true' is no text here. Quote it: \"true\".",
    ),
]


@pytest.mark.parametrize(("text", "fault"), NAMED, ids=range(len(NAMED)))
def test_what_a_scenario_names_is_checked_when_it_is_loaded(run, tmp_path, text, fault):
    run("init", tmp_path / "toy")
    (tmp_path / "toy" / "scenarios").mkdir()
    (tmp_path / "toy" / "scenarios" / "s.yaml").write_text(f"{HEAD}{text}\n")
    done = run("validate", tmp_path / "toy")
    assert (done.code, done.out.count("\n")) == (3, 1) and fault in done.out
    for command in ("run", "show"):
        again = run("--dataset", tmp_path / "toy", "scenario", command, "s")
        assert (again.code, again.out) == (3, "") and fault in again.err


FOLDERS = [
    (
        "measures/m.yaml",
        "{kind: outage, select: id=mine-b}",
        "measures/m.yaml, select: selector 'id=mine-b': no id 'mine-b'. Did you mean 'mine-a' (",
    ),
    (
        "projects/p.yaml",
        "{title: t, lines: [{facility: mine-b}], firmness: binding}",
        "projects/p.yaml, lines.0: 'mine-b line 1' is no line of capacities.csv. Did you mean",
    ),
    (
        "projects/p.yaml",
        "{title: t, lines: [{facility: mine-a, from: 2020-01}], firmness: binding,"
        " needs: [{material: ore, plants: [plant-c]}]}",
        "projects/p.yaml, needs.0.plants: 'plant-c' is no plant. Did you mean 'plant-b'?",
    ),
    (
        "deals/d.yaml",
        "{title: t, firmness: binding, projects: [q]}",
        "deals/d.yaml, projects: 'q' is no project.",
    ),
]


@pytest.mark.parametrize(("file", "text", "fault"), FOLDERS, ids=range(len(FOLDERS)))
def test_what_other_documents_name_is_checked_too(run, tmp_path, file, text, fault):
    run("init", tmp_path / "toy")
    (tmp_path / "toy" / file).parent.mkdir()
    (tmp_path / "toy" / file).write_text(f"{text}\n")
    done = run("validate", tmp_path / "toy")
    assert (done.code, done.out.count("\n")) == (3, 1) and fault in done.out
