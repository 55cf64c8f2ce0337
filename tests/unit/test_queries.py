"""Each parameter is described once; what Python offers and results tell is checked against it."""

import csv
import inspect
from importlib import import_module
from importlib.resources import files

import pytest
from parameters import parameters_of, question_of, section_of, with_section

from supplygraph.api import Chain
from supplygraph.schema.commands import result_params
from supplygraph.schema.queries import queries, told_in

# Commands that ask a dataset or its balance and no chain.
OF_NO_CHAIN = {"validate", "balance", "init", "schema"}
ASKED = sorted(set(queries()) - OF_NO_CHAIN)


def test_every_question_of_a_chain_is_described():
    methods = {n for n in dir(Chain) if not n.startswith("_") and callable(getattr(Chain, n))}
    assert methods - {"about"} == set(ASKED)


def test_every_kind_of_result_answers_a_question():
    answered = [kind for query in queries().values() for kind in query.kinds]
    text = files("supplygraph.schema").joinpath("results.csv").read_text(encoding="utf-8")
    assert sorted(answered) == sorted({row["kind"] for row in csv.DictReader(text.splitlines())})


@pytest.mark.parametrize("name", sorted(OF_NO_CHAIN))
def test_a_question_of_no_chain_says_what_its_command_says(name):
    module, _, function = queries()[name].entry.partition(":")
    command = getattr(import_module(f"supplygraph.cli.{module}"), function)
    assert command.__doc__.splitlines()[0] == queries()[name].summary


def test_every_command_has_one_entry():
    asked = [(query.command, query.entry) for query in queries().values() if query.command]
    entries = [command for command, entry in asked if entry]
    assert sorted(set(entries)) == sorted(entries)
    assert {command for command, _ in asked} == set(entries)


@pytest.mark.parametrize("name", ASKED)
def test_names_and_defaults_are_those_described(name):
    described = {p.name: p for p in queries()[name].parameters}
    assert [p.name for p in parameters_of(name) if p.name not in described] == []
    assert len(described) == len(queries()[name].parameters) == len(parameters_of(name))
    for parameter in parameters_of(name):
        one = described[parameter.name]
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL or one.required:
            assert one.required and parameter.default is inspect.Parameter.empty
        else:
            assert parameter.default == one.default
            assert type(parameter.default) is type(one.default)


@pytest.mark.parametrize("name", ASKED)
def test_the_docstring_says_what_is_described(name):
    docstring = question_of(name).__doc__
    assert docstring.splitlines()[0] == queries()[name].summary
    assert section_of(name) in docstring
    assert with_section(name, docstring) == docstring  # `python tests/parameters.py` mends it


def test_results_tell_each_key_once_and_only_kinds_there_are():
    kinds = [kind for query in queries().values() for kind in query.kinds]
    told = {kind: [parameter.key for parameter in told_in(kind)] for kind in kinds}
    assert {kind for kind, keys in told.items() if len(keys) != len(set(keys))} == set()
    for parameter in {parameter for kind in kinds for parameter in told_in(kind)}:
        assert set(parameter.filled) <= set(parameter.kinds) <= set(kinds), parameter


def test_a_result_of_one_measure_tells_that_measure_alone():
    metric = next(field for field in result_params("esri") if field.name == "metric")
    assert metric.values == ("esri",)


def test_params_are_null_only_where_nothing_stands_for_what_was_left_out():
    nullable = {field.name: field.nullable for field in result_params("run")}
    assert (nullable["product"], nullable["months"], nullable["by"]) == (True, False, False)
    assert not any(field.nullable for field in result_params("run") if field.name == "applied")
