"""Writers that are killed, run out of disk, or meet: what they leave is whole, or not there.

Each command that writes is run in a child process over a small dataset. It is killed at a random
moment, or right before one of the calls that open, make, move or remove a file; its disk ends
after a few bytes (a limit of file size, of which the signal is ignored); or two of them write one
target at the same time. Then the target must hold a whole answer, or be as it was, and the next
run must leave nothing else in the folder.
"""

from __future__ import annotations

import io
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TOY = ("--dataset", "three-nodes")
LICENCE = """\
title: The mine at half speed
start: 2025-01
months: 3
removals:
- {select: id=mine-a, share: 0.5}
"""
# What a command does to files; the child is killed right before one of these.
_CALLS = (
    "open",
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.link",
    "os.chmod",
    "os.rmdir",
    "shutil.rmtree",
    "shutil.move",
    "shutil.copyfile",
    "tempfile.mkstemp",
)


CALLS = 80  # more than any command makes


@dataclass(frozen=True)
class Writer:
    """A command that writes: its name, its arguments with ``{to}`` for the target."""

    name: str
    arguments: tuple[str, ...]
    target: str
    folder: bool = False

    def command(self, place: Path) -> list[str]:
        """Arguments with the paths filled in."""
        return [text.format(to=place / self.target, at=place.parent) for text in self.arguments]


def _export(name: str, target: str, folder: bool = False) -> Writer:
    arguments = (*TOY, "export", "--to", "{to}", "--format", name, "--force")
    return Writer(f"export --format {name}", arguments, target, folder)


WRITERS = (
    _export("graphml", "net.graphml"),
    _export("gexf", "net.gexf"),
    _export("cyjs", "net.cyjs"),
    _export("xlsx", "net.xlsx"),
    _export("csv", "net", folder=True),
    _export("parquet", "net", folder=True),
    Writer("view", (*TOY, "view", "-o", "{to}", "--force"), "page.html"),
    Writer("chokepoints -o", (*TOY, "chokepoints", "-o", "{to}", "--force"), "ranking.json"),
    Writer(
        "scenario run -o",
        (*TOY, "scenario", "run", "{at}/half.yaml", "-o", "{to}", "--force"),
        "run.json",
    ),
    Writer("record saved", (*TOY, "info", "-o", "{to}", "--force"), "info.csv"),
    Writer("init", ("init", "{to}", "--force"), "mine", folder=True),
)


def child(arguments: Sequence[str], before: Callable[[], None] | None = None) -> tuple[int, int]:
    """Start a command in a forked child that is imported already; its id and its stderr."""
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return pid, read
    os.close(read)
    os.dup2(write, 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), write_through=True)
    code = 70
    try:
        from supplygraph.cli.app import main
        from tests.program import compiled_once

        if before:
            before()
        with compiled_once():
            main(list(arguments))
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def ended(started: tuple[int, int]) -> tuple[int, str]:
    """Exit code (negative for a signal) and what was said."""
    pid, read = started
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read().decode(errors="replace")
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), said


def state(place: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in sorted(place.rglob("*"))
        if path.is_file()
    }


def _same(writer: Writer, one: dict[str, bytes], two: dict[str, bytes]) -> bool:
    """The same files with the same content; a workbook holds the time at which it was made."""
    if set(one) != set(two):
        return False
    if writer.target.endswith(".xlsx"):
        import openpyxl

        for content in one.values():
            openpyxl.load_workbook(io.BytesIO(content))
        return True
    return one == two


@dataclass
class Trial:
    """A folder in which one command writes, with what it writes when nothing goes wrong."""

    writer: Writer
    place: Path
    whole: dict[str, bytes]
    seconds: float

    @staticmethod
    def of(writer: Writer, root: Path) -> Trial:
        """Run the command once undisturbed."""
        place = root / writer.name.replace(" ", "-")
        place.mkdir()
        (root / "half.yaml").write_text(LICENCE)
        start = time.monotonic()
        code, said = ended(child(writer.command(place)))
        if code:
            raise AssertionError(f"{writer.name}: exit {code}: {said}")
        return Trial(writer, place, state(place), time.monotonic() - start)

    def reset(self, before: bool) -> dict[str, bytes]:
        """An empty folder, or one that holds an older answer to be replaced."""
        shutil.rmtree(self.place)
        self.place.mkdir()
        if before:
            old = dict.fromkeys(self.whole, b"an older answer\n")
            for name, content in old.items():
                path = self.place / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        return state(self.place)

    def left(self, old: dict[str, bytes]) -> str:
        """What is wrong with what a disturbed run left, empty if nothing."""
        now = state(self.place)
        mine = {k: v for k, v in now.items() if self._own(k)}
        if mine not in ({}, old) and not _same(self.writer, mine, self.whole):
            part = {k: len(v) for k, v in mine.items()}
            return (
                f"half a target: {part} instead of { ({k: len(v) for k, v in self.whole.items()}) }"
            )
        return ""

    def _own(self, name: str) -> bool:
        return name.split("/")[0] == self.writer.target and ".supplygraph-" not in name

    def swept(self) -> str:
        """What is wrong after the next run, empty if nothing."""
        code, said = ended(child(self.writer.command(self.place)))
        if code:
            return f"the next run ends with {code}: {said}"
        now = state(self.place)
        if strays := sorted(set(now) - set(self.whole)):
            return f"strays after the next run: {strays}"
        return "" if _same(self.writer, now, self.whole) else "the next run leaves something else"


def killed(trial: Trial, rng: np.random.Generator, before: bool) -> str:
    """Kill at a random moment of the run."""
    old = trial.reset(before)
    pid, read = child(trial.writer.command(trial.place))
    time.sleep(float(rng.uniform(0.3, 1.1)) * trial.seconds)
    os.kill(pid, signal.SIGKILL)
    ended((pid, read))
    return trial.left(old) or trial.swept()


def killed_before(trial: Trial, number: int, before: bool) -> tuple[str, bool]:
    """Kill right before the n-th call that touches a file of the folder; whether it came so far."""
    old, place, count = trial.reset(before), str(trial.place), 0

    def watch(event: str, arguments: tuple) -> None:
        nonlocal count
        if event in _CALLS and any(place in str(a) for a in arguments):
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)

    code, _ = ended(child(trial.writer.command(trial.place), lambda: sys.addaudithook(watch)))
    return trial.left(old) or trial.swept(), code == -signal.SIGKILL


def calls(trial: Trial) -> np.ndarray:
    """Numbers of the calls of an undisturbed run that touch a file of the folder."""
    trial.reset(False)
    place, read, write = str(trial.place), *os.pipe()

    def watch(event: str, arguments: tuple) -> None:
        if event in _CALLS and any(place in str(a) for a in arguments):
            os.write(write, b".")

    started = child(trial.writer.command(trial.place), lambda: sys.addaudithook(watch))
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        count = len(pipe.read())
    ended(started)
    return np.arange(1, count + 1)


def out_of_disk(trial: Trial, rng: np.random.Generator, before: bool) -> str:
    """The disk ends after some bytes of a file."""
    old = trial.reset(before)
    largest = max(len(content) for content in trial.whole.values())
    room = int(rng.integers(0, largest))

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    code, said = ended(child(trial.writer.command(trial.place), limit))
    lines = said.strip().splitlines()
    if code != 1 or not lines or not lines[-1].startswith("error: ") or "Traceback" in said:
        return f"{room} bytes: exit {code}, said {said[-300:]!r}"
    if trial.left(old):
        return f"{room} bytes: {trial.left(old)}"
    if state(trial.place) not in (old, {}):
        return f"{room} bytes: left {sorted(set(state(trial.place)) - set(old))}"
    return trial.swept()


def two_at_once(trial: Trial, rng: np.random.Generator, before: bool) -> str:
    """Two runs of one command with the same target."""
    trial.reset(before)
    first = child(trial.writer.command(trial.place))
    time.sleep(float(rng.uniform(0, 0.05)))
    second = child(trial.writer.command(trial.place))
    for code, said in (ended(first), ended(second)):
        if code not in (0, 1, 2) or "Traceback" in said:
            return f"exit {code}: {said[-300:]}"
    now = state(trial.place)
    return "" if _same(trial.writer, now, trial.whole) else f"left {sorted(now)}"


@dataclass(frozen=True)
class WriterCount:
    """What became of the trials of one command: tried and failed by kind, with examples."""

    name: str
    tried: Counter[str]
    failed: Counter[str]
    examples: dict[str, str]


def try_writer(
    writer: Writer, count: int, seed: int, root: Path, points: int | None = None
) -> WriterCount:
    """``count`` trials of every kind, and a kill before each call that touches a file.

    With ``points`` only so many of these calls are tried, drawn at random.
    """
    trial = Trial.of(writer, root)
    rng = np.random.default_rng([seed, WRITERS.index(writer)])
    tried, failed, examples = Counter(), Counter(), {}

    def note(kind: str, problem: str) -> None:
        tried[kind] += 1
        if problem:
            failed[kind] += 1
            examples.setdefault(kind, problem)

    for before in (False, True):
        order = list(range(1, 1 + CALLS))
        if points is not None:
            order = sorted(int(n) for n in rng.choice(calls(trial), points))
        for number in order:
            problem, reached = killed_before(trial, number, before)
            if not reached:
                break
            note("killed before a call", problem)
    for turn in range(count):
        note("killed at a random moment", killed(trial, rng, bool(turn % 2)))
        note("out of disk", out_of_disk(trial, rng, bool(turn % 2)))
        note("two at once", two_at_once(trial, rng, bool(turn % 2)))
    return WriterCount(writer.name, tried, failed, examples)


def try_writers(
    count: int, seed: int, writers: Sequence[Writer] = WRITERS, points: int | None = None
) -> list[WriterCount]:
    """All commands, one after the other."""
    warm()
    with tempfile.TemporaryDirectory(prefix="writers-") as root:
        found = []
        for writer in writers:
            home = Path(root) / f"{len(found)}"
            home.mkdir()
            found.append(try_writer(writer, count, seed, home, points))
        return found


def warm() -> None:
    """Import what the commands need, so that a child begins to write at once."""
    import openpyxl  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    import supplygraph as sg
    from supplygraph.cli import app  # noqa: F401
    from tests.program import compiled_once

    with compiled_once():  # children write what their parent loaded
        sg.load("three-nodes").view().html()


def main() -> None:
    """``python -m tests.faults.writers COUNT``: what each command leaves, as it is found."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    for writer in WRITERS:
        (found,) = try_writers(count, 1, [writer])
        print(found.name, dict(found.tried), "failed", dict(found.failed), flush=True)
        for kind, text in found.examples.items():
            print("   ", kind, ":", text[:400], flush=True)


if __name__ == "__main__":
    main()
