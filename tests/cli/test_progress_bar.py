"""The bar on a terminal, and Ctrl-C: programs of their own under a pseudo-terminal."""

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
# The program with a bar from the first moment on; loading waits until a bar has been drawn or,
# where none may be, does not.
PROGRAM = """
import sys, threading
import supplygraph.api
from supplygraph.cli import app, progress_bar
drawn = threading.Event()
begin, load = progress_bar.ProgressBar._begin, supplygraph.api.load
def begun(bar):
    begin(bar)
    drawn.set()
def slow(*given, **options):
    assert drawn.wait(60 if sys.argv[1] == "bar" else 0) is (sys.argv[1] == "bar")
    return load(*given, **options)
progress_bar.ProgressBar._begin = begun
supplygraph.api.load = slow
app.progress_shown = lambda: progress_bar.progress_shown(0.0)
app.main(sys.argv[2:])
"""
# The program that halts, and says so, when a finished file is about to get its name.
HALTED = """
import signal, sys
import supplygraph.writing
from supplygraph.__main__ import main
def halt(*_):
    print("halted", flush=True)
    while True:
        signal.pause()
supplygraph.writing._put = halt
main()
"""
QUESTION = ["--dataset", "three-nodes", "chokepoints", "--format", "csv"]
ERASED = "\x1b[2K"


def run(arguments, *, stderr, stdout=subprocess.PIPE, **environment):
    """The program, started; of what is not given here it knows no more than a bare terminal."""
    known = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR")}
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        env=known | {"PYTHONPATH": str(ROOT), "TERM": "xterm"} | environment,
        # A run in the background ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def read_all(terminal: int, until: str = "\0") -> str:
    """What was shown on a terminal, up to some text or its end."""
    shown = b""
    with contextlib.suppress(OSError):  # how Linux tells that nobody writes there any more
        while until.encode() not in shown and (more := os.read(terminal, 65536)):
            shown += more
    return shown.decode()


def on_terminal(arguments, **environment):
    """What a program leaves on its output, and what it shows on a terminal for errors."""
    ours, theirs = pty.openpty()
    process = run(arguments, stderr=theirs, **environment)
    os.close(theirs)
    shown = read_all(ours)
    out, _ = process.communicate(timeout=120)
    os.close(ours)
    assert process.returncode == 0, shown
    return out.decode(), shown


def screen(shown: str) -> str:
    """What is left on a terminal that knows as much as a bar needs."""
    lines, line = [""], 0
    for sign in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", shown):
        if sign == "\n":
            line += 1
            lines += [""] * (line == len(lines))
        elif sign == ERASED:
            lines[line] = ""
        elif sign.endswith("A") and sign.startswith("\x1b"):
            line -= int(sign[2:-1] or 1)
        elif not sign.startswith(("\x1b", "\r")):
            lines[line] += sign
    return "\n".join(lines).strip()


def test_a_bar_appears_and_goes_and_leaves_the_data_alone():
    plain = run(["-m", "supplygraph", *QUESTION], stderr=subprocess.PIPE)
    out, said = plain.communicate(timeout=120)
    data, shown = on_terminal(["-c", PROGRAM, "bar", *QUESTION])
    assert "Loading" in shown or "Reading the dataset" in shown
    assert data == out.decode() and "\x1b" not in data
    # On a terminal notes are folded between words; the words are the same.
    assert screen(shown).split() == said.decode().split()
    assert "\x1b[?25l" not in shown  # no cursor is hidden, which a killed program would not show


def test_a_bar_without_colour_where_none_is_wanted():
    _, shown = on_terminal(["-c", PROGRAM, "bar", *QUESTION], NO_COLOR="1")
    assert ERASED in shown and "\x1b[3" not in shown and "\x1b[9" not in shown


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"CI": "true"}])
def test_no_bar_where_it_could_not_be_erased(environment):
    _, shown = on_terminal(["-c", PROGRAM, "none", *QUESTION], **environment)
    assert "Loading" not in shown and "\x1b" not in shown


def test_no_bar_on_a_pipe():
    process = run(["-c", PROGRAM, "none", *QUESTION], stderr=subprocess.PIPE, FORCE_COLOR="1")
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0
    assert b"\x1b" not in said and b"Loading" not in said


def test_a_stopped_question_erases_its_bar_and_says_one_word(tmp_path):
    ours, theirs = pty.openpty()
    file = tmp_path / "deals.csv"
    process = run(["-m", "supplygraph", "deals", "-o", str(file)], stderr=theirs)
    os.close(theirs)
    shown = read_all(ours, until="Portfolios")
    process.send_signal(signal.SIGINT)
    shown += read_all(ours)
    process.communicate(timeout=120)
    os.close(ours)
    assert process.returncode == 130
    assert screen(shown) == "stopped."
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_write_leaves_nothing(tmp_path):
    arguments = ["--dataset", "three-nodes", "chokepoints", "-o", str(tmp_path / "ranks.csv")]
    process = run(["-c", HALTED, *arguments], stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"halted\n"
    assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert said.decode().splitlines()[-1] == "stopped." and b"Traceback" not in said
    assert list(tmp_path.iterdir()) == []
