"""On a terminal every command answers first and keeps to its width, with and without colour."""

import os
import pty
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, replace

import pytest
import typer
from program import Outcome, Stream

from supplygraph.analysis.headlines import node_name, plain_name
from supplygraph.analysis.headlines.worst_rows import worst_first
from supplygraph.cli import answers
from supplygraph.cli.answers import Look, spark
from supplygraph.cli.app import app
from supplygraph.cli.value_text import is_share
from supplygraph.results import Results, plain_row
from supplygraph.schema.commands import answer_fields

pytestmark = pytest.mark.sampled

COLOUR = re.compile("\x1b\\[[0-9;]*m")
SETTINGS = [(width, colour) for width in (80, 120) for colour in (False, True)]
# Solved in no time, so that every kind of answer is seen.
TOY = [
    "info",
    "validate",
    "balance",
    "balance --held",
    "balance --flows",
    "balance --intervals ore-a",
    "balance --deciding",
    "chokepoints",
    "chokepoints --by country-process --as outage",
    "chokepoints --by arc --rerouting none",
    "chokepoints --weights all",
    "whatif --remove id=mine-a",
    "explain ev",
    "cover",
    "cover --remove id=mine-a --ttr 6",
    "trace ev",
    "structure",
    "structure --region JP",
    "structure --metric dominators",
    "structure --metric vitality",
    "structure --metric betweenness",
    "structure --metric esri",
    "structure --metric shapley",
    "scenario list",
    "scenario run {scenario}",
    "scenario run {scenario} --by-month",
]
# What a dataset without measures, deals and long names does not show.
SHIPPED = [
    "info",
    "validate",
    "balance",
    "chokepoints --by operator --rerouting none",
    "chokepoints --by country-process --rerouting none --sector defence",
    "whatif --remove country=CN --rerouting none",
    "explain f-35",
    "explain CN-2025-18",
    "structure",
    "trace f-35 --element Sm",
    "cover --product f-35",
    "cover --product f-35 --remove 'country=CN process=heavy' --ttr 11",
    "compare april-2025-shock busan-window --months 2 --product ev",
    "deals --years 2030 --elements Dy",
    "deals --by deal --years 2030",
    "deals --by project --years 2030",
    "backtest april-2025-shock",
    "comply US-2019-DFARS",
    "scenario list",
    "scenario show april-2025-shock --month 2025-05",
    "scenario run april-2025-shock --months 2 --product ev",
    "scenario run april-2025-shock --months 2 --by element --rerouting none",
    "scenario account april-2025-shock --months 2 --cover central --rerouting none",
    "scenario duties tariffs-2025",
]
# What prints no answer of a sentence and rows: text, or the files written.
TEXTS = [
    "brief --product ev",
    "export --to {folder}/chain",
    "init {folder}/mine",
    "view -o {folder}/page.html",
    "schema",
    "schema facilities",
    "schema licence",
]
GROUPS = ("scenario",)
SCENARIO = """\
title: Half of the mine stops for a month
start: 2026-01
months: 3
measures:
  - {id: half, kind: outage, select: id=mine-a, share: 0.5, effective: 2026-02, expires: 2026-02}
"""


@pytest.fixture
def terminal(monkeypatch):
    """Let what pytest captures pass for a terminal of some columns, with colour or without."""

    def pretend(width: int, colour: bool) -> None:
        monkeypatch.setattr(Stream, "isatty", lambda _: True)
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("CI", "1")  # no bar, which comes and goes on the same line
        if colour:
            monkeypatch.delenv("NO_COLOR", raising=False)
        else:
            monkeypatch.setenv("NO_COLOR", "1")

    return pretend


@dataclass
class Told:
    """A command that ran once: what it printed, and the answer that any terminal can show anew."""

    done: Outcome
    results: Results
    look: Look

    def at(self, width: int, colour: bool) -> str:
        """What the command prints on another terminal: the same answer, laid out by its code."""
        return answers.answer(self.results, replace(self.look, width=width, plain=not colour))


@pytest.fixture
def once(run, terminal, monkeypatch):
    """Run a command on a terminal, and keep the answer it gave."""

    def call(line: str) -> Told:
        kept: list[tuple[Results, Look]] = []
        lay_out = answers.answer

        def answer(results: Results, look: Look) -> str:
            kept.append((results, look))
            return lay_out(results, look)

        terminal(*SETTINGS[0])
        with monkeypatch.context() as patched:
            patched.setattr(answers, "answer", answer)
            done = run(*shlex.split(line))
        assert done.code == 0, done.err
        return Told(done, *kept[0])

    return call


def keeps_to(text: str, width: int, colour: bool) -> list[str]:
    """Lines of a text, none wider than the terminal but a word nobody may cut, none cut."""
    lines = [COLOUR.sub("", line) for line in text.splitlines()]
    too_wide = [line for line in lines if len(line) > width and " " in line.strip()]
    assert not too_wide
    assert "\t" not in text and "…" not in text.replace("; …", "")
    assert ("\x1b[" in text) <= colour
    return lines


def answers_well(told: Told, width: int, colour: bool) -> None:
    """A sentence first; names of the rows in full, and what each of them loses."""
    text = told.at(width, colour)
    lines = keeps_to(text, width, colour)
    assert re.match(r"\w\S* ", lines[0]), lines[0]
    assert max(map(len, lines)) <= width
    results = told.results
    chosen = worst_first(results)
    chosen = worst_first(results, each=True) if len(chosen) == 1 else chosen
    every = results.table.to_dict("records")
    rows = [plain_row(every[index]) for index in chosen[: told.look.rows]]
    words = words_of(COLOUR.sub("", text))
    for row in rows:
        for name in filter(None, (name_of(results, row), product_of(results, row))):
            assert words_of(name) <= words, (name, text)
    losses = [
        field.name
        for field in answer_fields(results.kind)
        if field.name.startswith(("loss", "months_lost")) and field.name in results.table
    ]
    if losses and any(row[name] is not None for row in rows for name in losses):
        sign = r"\d %" if any(map(is_share, losses)) else r"  \d+\.\d"
        assert any(re.search(sign, line) for line in lines[lines.index("") :]), text


def words_of(text: str) -> set[str]:
    return {word.strip(".,:;") for word in text.split()}


def name_of(results: Results, row: dict) -> str:
    return node_name(results.names, row) if row.get("name") else ""


def product_of(results: Results, row: dict) -> str:
    return plain_name(results.names, str(row["product"])) if row.get("product") else ""


def check(told: Told) -> None:
    """An answer on every terminal; the first is the one the command printed itself."""
    assert told.done.out == told.at(*SETTINGS[0])
    keeps_to(told.done.err, *SETTINGS[0])
    for width, colour in SETTINGS:
        answers_well(told, width, colour)


def test_every_command_stands_in_one_of_the_lists():
    commands = typer.main.get_command(app).commands
    every = set(commands) - set(GROUPS)
    every |= {f"{group} {name}" for group in GROUPS for name in commands[group].commands}
    lines = [*TOY, *SHIPPED, *TEXTS]
    seen = {" ".join(line.split()[: 1 + line.startswith(GROUPS)]) for line in lines}
    assert seen == every


@pytest.mark.parametrize("line", TOY)
def test_every_command_of_a_small_dataset(once, line, tmp_path):
    scenario = tmp_path / "stop.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    check(once(f"--dataset three-nodes {line.format(scenario=scenario)}"))


@pytest.mark.slow
@pytest.mark.parametrize("line", SHIPPED)
def test_commands_of_the_shipped_dataset(once, line):
    check(once(line))


@pytest.mark.parametrize("line", TEXTS)
def test_commands_that_print_a_text_or_write_files(toy, terminal, line, tmp_path):
    for width, colour in SETTINGS:
        folder = tmp_path / f"{width}{colour}"
        folder.mkdir()
        terminal(width, colour)
        done = toy(*line.format(folder=folder).split())
        assert done.code == 0, done.err
        assert done.out or done.err
        keeps_to(done.out, width, colour)
        keeps_to(done.err, width, colour)


@pytest.mark.slow
def test_losses_stay_visible_where_names_are_long(run, terminal):
    terminal(80, False)
    out = run("chokepoints", "--rerouting", "none").out
    rows = [line for line in out.splitlines() if re.match(r" +\d+  \w", line)]
    assert len(rows) == 5 and all(re.search(r"\d %", row) for row in rows)


@pytest.mark.slow
def test_a_real_terminal_of_eighty_columns():
    """Through a pseudo-terminal in a process of its own, as a shell starts it."""
    master, slave = pty.openpty()
    environment = os.environ | {"COLUMNS": "80", "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "supplygraph", "--dataset", "three-nodes", "chokepoints"]
    done = subprocess.Popen(command, stdout=slave, stderr=subprocess.DEVNULL, env=environment)
    os.close(slave)
    text = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:  # Linux ends a closed terminal so
            break
        if not part:
            break
        text += part
    assert done.wait() == 0
    os.close(master)
    keeps_to(text.decode().replace("\r\n", "\n"), 80, True)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("cover", "Figures in months."),  # months at each size of stocks, beside a share
        ("chokepoints", ""),  # shares alone, or with one number of months
        ("balance", ""),  # units of their own in each row
    ],
)
def test_a_unit_that_all_figures_share_stands_in_the_caption_once(toy, line, told):
    out = toy(*line.split(), "--format", "table").out
    assert [text for text in out.splitlines() if text.startswith("Figures in")] == (
        [told] if told else []
    )


@pytest.mark.slow
def test_months_of_a_run_are_a_line_of_signs_where_there_is_room(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "170")
    words = ("--months", 4, "--product", "ev", "--rerouting", "none", "--cover", "central")
    asked = ("scenario", "run", "april-2025-shock", *words, "--format")
    rows = run(*asked, "json", "--by-month").envelope["results"]
    losses = [row["loss"] for row in rows if row["month"] and row["region"] == "US"]
    out = run(*asked, "table", "--by-month").out
    line = next(text for text in out.splitlines() if text.startswith("United States"))
    assert line.endswith(spark(losses)) and " %" in line
    assert spark(losses) not in run(*asked, "table").out
