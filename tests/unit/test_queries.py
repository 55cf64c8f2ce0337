"""Each parameter is described once; what Python offers and results tell is checked against it."""

import csv
import inspect
from importlib import import_module
from importlib.resources import files

import pytest
from parameters import parameters_of, question_of, section_of, with_section

from supplygraph.api import Chain
from supplygraph.schema.commands import result_params
from supplygraph.schema.queries import queries

# Commands that ask a dataset or its balance and no chain.
OF_NO_CHAIN = {"validate", "balance", "init", "schema"}
ASKED = sorted(set(queries()) - OF_NO_CHAIN)
# Told in the params of a result, but found and not asked for.
FOUND = {"how_to_read", "blind_to", "applied", "delay_months", "title", "network", "remove"}


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


@pytest.mark.parametrize("name", [name for name in ASKED if queries()[name].kinds])
def test_the_params_of_results_are_those_described(name):
    query = queries()[name]
    told = {p.key: p for p in query.parameters if p.key}
    params = {kind: {field.name: field for field in result_params(kind)} for kind in query.kinds}
    for fields in params.values():
        assert set(fields) <= set(told) | FOUND
        for key in set(fields) & set(told):
            assert fields[key].type in (told[key].type, "shares")
            if told[key].choices and fields[key].type == "string":
                assert set(fields[key].values) <= set(told[key].choices)
                assert set(fields[key].values) == set(told[key].choices) or key == "metric"
    if name != "compare":  # it tells only which runs stand beside each other
        assert set(told) <= {key for fields in params.values() for key in fields}
