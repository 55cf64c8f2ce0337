"""What the commands print as JSON is what `supplygraph schema COMMAND` says."""

import json

import pandas as pd
import pytest
from jsonschema import Draft202012Validator

from supplygraph.grades import GRADES
from supplygraph.results import Results
from supplygraph.schema.commands import command_of, command_schema, kinds_by_command, result_fields

pytestmark = pytest.mark.slow

HEAVY = "country=CN process=heavy"
QUESTIONS = {
    "three-nodes": [
        "info",
        "validate",
        "balance",
        "balance --held",
        "balance --flows",
        "balance --intervals ore-a",
        "chokepoints",
        "chokepoints --by country-process --rerouting none",
        "chokepoints --by element",
        "chokepoints --by arc --at 2030-01",
        "whatif --remove id=mine-a",
        "chokepoints --weights all --no-floors --after 36 --outside CN",
        "whatif --remove id=mine-a --rerouting none",
        "whatif --remove id=mine-a --as export-stop --forms all --rerouting shared",
        "whatif --remove id=mine-a --rerouting least --product ev --region JP --at 2026-11",
        "explain ev",
        "explain mine-a",
        "explain ore-a:CN>JP",
        "scenario list",
    ],
    "rare-earths": [
        "info",
        "validate",
        "balance --moved 0.05",
        "balance --held",
        "balance --flows",
        "chokepoints",
        "chokepoints --by country-process --product f-35 --weights equal --top 5",
        "chokepoints --by element-country --region US --rerouting none",
        "chokepoints --by operator --top 3",
        f"whatif --remove {HEAVY.replace(' ', '+')}",
        "explain f-35",
        "explain my-lynas-lamp",
        "explain Dy",
        "explain CN",
        "explain nd-oxide",
        "scenario list",
        "scenario show kachin-2024",
    ],
}
CASES = [(dataset, question) for dataset, asked in QUESTIONS.items() for question in asked]


def arguments(question: str) -> list[str]:
    return [word.replace("+", " ") for word in question.split()]


@pytest.mark.parametrize(("dataset", "question"), CASES)
def test_output_fits_its_schema(run, dataset, question):
    done = run("--dataset", dataset, *arguments(question), "--format", "json")
    assert done.code == 0, done.err
    command = question.split()[0]
    printed = json.loads(run("schema", command).out)
    Draft202012Validator(printed).validate(done.envelope)
    assert done.envelope["command"] == command
    fields = result_fields(done.envelope["schema"].removeprefix("supplygraph/"))
    for row in done.envelope["results"]:
        assert list(row) == [field.name for field in fields]


@pytest.mark.parametrize("command", sorted(kinds_by_command()))
def test_schemas_are_valid_and_strict(run, command):
    schema = json.loads(run("schema", command).out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)
    assert not Draft202012Validator(schema).is_valid({"schema": f"supplygraph/{command}"})


def test_schema_refuses_another_column_nan_and_a_wrong_type(toy):
    envelope = toy("whatif", "--remove", "id=mine-a", "--format", "json").envelope
    validator = Draft202012Validator(command_schema("whatif"))
    row = envelope["results"][0]
    for change in ({"lossNone": 1}, {"loss_none": "1"}, {"flags": "outbid"}, {"month": "2024-13"}):
        assert not validator.is_valid({**envelope, "results": [row | change]})
    without = {key: value for key, value in row.items() if key != "unit"}
    assert not validator.is_valid({**envelope, "results": [without]})


def test_columns_are_those_of_the_contract():
    """docs/design.md#columns, word for word."""
    bounds = ("none", "3m", "6m", "12m", "24m", "36m", "least")
    places = [f"loss_{place}_{bound}" for place in ("abroad", "home") for bound in bounds]
    sectors = [
        f"loss_abroad_{bound}_{sector}"
        for bound in ("none", "12m")
        for sector in ("autos", "defence", "chips", "energy", "industry", "other")
    ]
    years = [f"months_lost_year_{year}_{cover}" for year in (1, 2, 3) for cover in ("low", "high")]
    contract = {
        "info": "facilities,aggregates,countries,elements,materials,products,arcs,sources,"
        "evidence_shares",
        "validate": "file,row,column,value,rule,way_out",
        "chokepoints": "id,rank,name,kind,country,stage,process,"
        + ",".join([*places, "loss_upper", *sectors])
        + ",months_to_first_shortage,worst_product,worst_region,binding_input,baseline_share,"
        "evidence,flags,rank_level,rank_sectors,rank_value,rank_equal,rank_mass",
        "whatif": "month,product,region,segment,place,demand,unit,"
        + ",".join(f"loss_{bound}" for bound in bounds)
        + ",first_month_low,first_month_high,"
        + ",".join(years)
        + ",months_to_first_shortage,binding_none,binding_least,need_evidence,quantity_evidence,"
        "flags",
    }
    for kind, columns in contract.items():
        assert ",".join(field.name for field in result_fields(kind)) == columns


def test_every_field_says_what_it_means_in_snake_case():
    for kinds in kinds_by_command().values():
        for kind in kinds:
            fields = result_fields(kind)
            assert fields
            for field in fields:
                assert field.description.endswith(".")
                assert field.name == field.name.lower() and field.name.isidentifier()


def test_columns_of_grades_allow_every_grade():
    fields = [
        field
        for kinds in kinds_by_command().values()
        for kind in kinds
        for field in result_fields(kind)
    ]
    graded = [field for field in fields if {"A", "B"} <= set(field.values)]
    assert graded
    for field in graded:
        assert {*field.values, ""} == {*GRADES, ""}, field.name


def test_a_kind_knows_its_command():
    assert command_of("intervals") == "balance"
    assert command_of("something-new") == "something-new"
    assert result_fields("something-new") == ()


def test_deciding_fits_its_schema():
    fields = result_fields("deciding")
    values = {"string": "x", "number": 0.5, "integer": 1}
    table = pd.DataFrame([{field.name: values[field.type] for field in fields}])
    table["evidence"], table["moves"] = "B", float("nan")
    about = {"name": "toy", "version": "0", "hash": "00"}
    envelope = Results("deciding", table, about, {"top": None}).envelope()
    Draft202012Validator(command_schema("balance")).validate(envelope)


def test_schema_of_something_unknown(run):
    done = run("schema", "chokepoint")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: no command or table 'chokepoint'. Did you mean 'chokepoints'?\n"
