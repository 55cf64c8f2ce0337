"""On a terminal every command answers first and keeps to its width, with and without colour."""

import os
import pty
import re
import subprocess
import sys

import pytest
from program import Stream

from supplygraph.cli.answers import spark

COLOUR = re.compile("\x1b\\[[0-9;]*m")
TOY = [
    "info",
    "balance",
    "balance --held",
    "balance --flows",
    "chokepoints",
    "chokepoints --by country-process --as outage",
    "chokepoints --by arc --rerouting none",
    "whatif --remove id=mine-a",
    "explain ev",
    "cover",
    "cover --remove id=mine-a --ttr 6",
    "trace ev",
    "structure",
    "structure --region JP",
    "structure --metric dominators",
    "structure --metric esri",
    "structure --metric shapley",
]
SHIPPED = [
    "scenario list",
    "scenario show april-2025-shock --month 2025-05",
    "scenario run april-2025-shock --months 2 --product ev",
    "compare april-2025-shock busan-window --months 2 --product ev",
    "chokepoints --by operator --rerouting none",
    "whatif --remove country=CN --rerouting none",
    "deals --by deal --years 2030",
    "deals --by project --years 2030",
    "cover --product f-35",
    "explain f-35",
]


@pytest.fixture
def terminal(monkeypatch):
    """Let what pytest captures pass for a terminal of some columns, with colour or without."""

    def pretend(width: int, colour: bool) -> None:
        monkeypatch.setattr(Stream, "isatty", lambda _: True)
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("TERM", "xterm")
        if colour:
            monkeypatch.delenv("NO_COLOR", raising=False)
        else:
            monkeypatch.setenv("NO_COLOR", "1")

    return pretend


def keeps_to(text: str, width: int, colour: bool) -> None:
    """The answer is a sentence, no line is wider than the terminal, and nothing is cut."""
    lines = [COLOUR.sub("", line) for line in text.splitlines()]
    assert re.match(r"\w\S* ", lines[0]) and "\t" not in lines[0], lines[0]
    assert max(map(len, lines)) <= width
    assert "…" not in text.replace("; …", "")
    assert ("\x1b[" in text) <= colour


@pytest.mark.parametrize("line", TOY)
def test_every_command_of_a_small_dataset(toy, terminal, line):
    for width, colour in ((80, False), (120, True)):
        terminal(width, colour)
        done = toy(*line.split())
        assert done.code == 0, done.err
        keeps_to(done.out, width, colour)


@pytest.mark.parametrize("line", SHIPPED)
def test_commands_of_the_shipped_dataset(run, terminal, line):
    width, colour = (80, True) if SHIPPED.index(line) % 2 else (120, False)
    terminal(width, colour)
    done = run(*line.split())
    assert done.code == 0, done.err
    keeps_to(done.out, width, colour)


def test_losses_stay_visible_where_names_are_long(run, terminal):
    terminal(80, False)
    out = run("chokepoints", "--rerouting", "none").out
    rows = [line for line in out.splitlines() if re.match(r" +\d+  \w", line)]
    assert len(rows) == 5 and all(re.search(r"\d %", row) for row in rows)


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
