"""Every command explains itself with examples, and the examples run."""

import ast
import re
import shlex
from collections import Counter
from pathlib import Path

import pytest
import typer
from pages import ROOT, read_blocks, read_commands

import supplygraph.cli
from supplygraph.cli.app import app
from supplygraph.schema.queries import queries

pytestmark = pytest.mark.sampled

COMMANDS = typer.main.get_command(app).commands
EVERY = [*COMMANDS.values(), *COMMANDS["scenario"].commands.values()]
EXAMPLE = re.compile(r"^\s*Example: supplygraph (.+)$", re.MULTILINE)
EXAMPLES = [
    (name, line) for name in COMMANDS for line in EXAMPLE.findall(COMMANDS[name].help or "")
]
# What a page shows runs there, and what it prints is compared.
SHOWN = {
    command.removeprefix("supplygraph ")
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    for block in read_blocks(page)
    if block.language == "console"
    for command, _ in read_commands(block)
}


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
    assert described.total() > 20
    assert [text for text, count in described.items() if count > 1] == []


def test_no_help_holds_a_bracket():
    """The terminal reads what stands in brackets as a style, and drops it."""
    said = [*EVERY, *(option for command in EVERY for option in command.params)]
    assert [one.name for one in said if "[" in (one.help or "")] == []


def test_an_option_says_what_the_parameter_of_its_question_means():
    """Then what only the command line adds; its default is that of Python, in one word."""
    options = {option.name: option for option in COMMANDS["deals"].params}
    described = {parameter.name: parameter for parameter in queries()["deals"].parameters}
    assert set(described) < set(options)
    assert options["known_to"].help == described["known_to"].describe().replace("``", "")
    assert options["elements"].help.endswith("counts as one. Written with commas.")
    assert (options["elements"].default, options["growth"].default) == ("NdPr,Dy,Tb,Sm,Y", 0.0)
    assert options["by"].help.endswith("One of year, project or deal.")
    remove = next(option for option in COMMANDS["whatif"].params if option.name == "selectors")
    assert remove.opts == ["--remove"]
    assert remove.help.endswith("share=0.5. '-' reads one per line from standard input.")


def test_a_switch_has_no_second_flag():
    """But those that are on unless they are switched off."""
    second = [p for command in EVERY for p in command.params if p.secondary_opts]
    assert {(p.name, p.default) for p in second} == {("floors", True), ("usual_scenarios", True)}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "line"), [e for e in EXAMPLES if e[1] not in SHOWN])
def test_the_example_runs(run, name, line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert line.split()[0] == name
    done = run(*shlex.split(line))
    assert done.code == 0, done.err
    assert done.out or name in ("init", "validate", "view", "brief")


def test_without_arguments_the_help_is_shown(run):
    done = run()
    assert done.code == 2
    assert "chokepoints" in done.out + done.err


def test_version(run):
    done = run("--version")
    assert done.code == 0
    assert done.out.startswith("supplygraph ")
