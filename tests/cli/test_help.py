"""Every command explains itself with examples, and the examples run."""

import ast
import re
import shlex
from collections import Counter
from pathlib import Path

import pytest
import typer

import supplygraph.cli
from supplygraph.cli.app import app

COMMANDS = typer.main.get_command(app).commands
EXAMPLE = re.compile(r"^\s*Example: supplygraph (.+)$", re.MULTILINE)
EXAMPLES = [
    (name, line) for name in COMMANDS for line in EXAMPLE.findall(COMMANDS[name].help or "")
]


def test_every_command_has_an_example():
    assert {name for name, _ in EXAMPLES} == set(COMMANDS)


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_shows_the_example_and_says_what_every_option_does(run, name):
    done = run(*name.split(), "--help")
    assert (done.code, done.err) == (0, "")
    assert "Example: supplygraph" in done.out
    assert run(*name.split(), "-h").out == done.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_visible_option_has_a_full_sentence(name):
    for option in COMMANDS[name].params:
        if option.name != "help" and not getattr(option, "hidden", False):
            assert option.help and option.help.endswith("."), option.name


def test_options_that_commands_share_are_described_once():
    folder = Path(supplygraph.cli.__file__).parent
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.py"))]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    described = Counter(
        ast.unparse(call)
        for call in calls
        if ast.unparse(call.func).startswith("typer.")
        if any(word.arg == "help" for word in call.keywords)
    )
    assert described.total() > 50
    assert [text for text, count in described.items() if count > 1] == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "line"), EXAMPLES)
def test_the_example_runs(run, name, line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert line.split()[0] == name
    done = run(*shlex.split(line))
    assert done.code == 0, done.err
    assert done.out or name in ("init", "validate", "view")


def test_without_arguments_the_help_is_shown(run):
    done = run()
    assert done.code == 2
    assert "chokepoints" in done.out + done.err


def test_version(run):
    done = run("--version")
    assert done.code == 0
    assert done.out.startswith("supplygraph ")
