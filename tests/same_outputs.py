"""Do two commits print the same? For whoever reviews a change that should change no answer.

``python tests/same_outputs.py OLD_CHECKOUT NEW_CHECKOUT [--only TEXT] [--jobs 2] [--grades FILE]``

Runs the commands of the old checkout's pages, and each command of the program as JSON, in both
checkouts: each in forks of a process of its own, in scratch folders. What they print, write and
say on leaving must be the same sign by sign, numbers as printed, but for the mask below.
Differences are printed with their command, and the script leaves with 1. Grades that read ``calc``
where they read ``C`` are printed apart; ``--grades`` writes them as CSV as well.
"""

from __future__ import annotations

import argparse
import csv
import difflib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import takewhile, zip_longest
from pathlib import Path
from typing import Any

from every_command import every_command
from pages import read_blocks, read_commands

# The mask. Keys of JSON that are left out, with all beneath them, also where a schema names them:
MASKED_KEYS = {
    "seed": "kept only where something random reads it",
    "params": "options and defaults as asked for, not an answer",
    "description": "help texts of schemas",
}
# Keys and columns that have a new name since the old checkout, old to new:
RENAMED: dict[str, str] = {}
# Fields that hold a grade: "evidence", "need_evidence", "base_evidence", "grade". One rule for what
# rests on several figures (`supplygraph/grades.py`) lets what rests on calculated ones read calc.
# Dots of the page that rest on such a figure are rings: "pattern" follows the grade.
GRADE_FIELD = re.compile(r"(^|_)(evidence|grade|pattern)$")
GRADE_CHANGES = {("C", "calc"), ("reported", "estimated")}
# Such rows are named by what they are about; those that differ in these columns only are counted.
NOT_NAMED = ("month", "rerouting", "rationing", "cover")
# Paths of the two checkouts and of scratch folders become words of their own in `Outputs.masked`.

SERVER = Path(__file__).with_name("command_server.py")
PAGES = ("questions", "coverage", "deals", "scenarios", "structure")
SHOWN = 20  # lines of a difference that are printed; the rest is counted
WIDTH = 200  # signs of each that are printed
LONG = 400  # a line with more signs is data of a page or a record, and is cut at its commas

# Scores as `--governance` reads them; the dataset has none.
SCORES = "country,wgi,political_stability\nCN,-0.55,-0.4\nUS,1.0,0.1\nMM,-1.5,-2.1\nAU,1.55,0.9\n"


@dataclass(frozen=True)
class Task:
    """Commands that run one after the other in one folder, as those of a block of a page do."""

    where: str
    commands: tuple[str, ...]


def list_tasks(checkout: Path) -> list[Task]:
    """Blocks of the pages of a checkout, then every command of the program."""
    tasks = []
    for page in PAGES:
        for block in read_blocks(checkout / "docs" / f"{page}.md", checkout):
            if block.language == "console":
                tasks.append(Task(str(block), tuple(c for c, _ in read_commands(block))))
    return tasks + [Task("commands", (command,)) for command in every_command()]


@dataclass(frozen=True)
class Outputs:
    """What one command printed and left behind, by name: stdout, stderr, exit code, files."""

    command: str
    parts: dict[str, str]


class Runner:
    """Runs commands with a copy of a checkout, which nobody edits and no command writes into."""

    def __init__(self, checkout: Path, scratch: Path) -> None:
        self.scratch, self.copy = scratch, scratch / "checkout"
        for name in ("supplygraph", "datasets", "examples"):
            shutil.copytree(checkout / name, self.copy / name)
        server = shutil.copy(SERVER, scratch)
        python, door = f"{sys.executable} -P {server}", scratch / "door"
        tool = scratch / "bin" / "supplygraph"
        tool.parent.mkdir()
        tool.write_text(f'#!/bin/sh\nexec {python} {door} "$@"\n', "utf-8")
        tool.chmod(0o755)
        self.environment = os.environ | {
            "PATH": os.pathsep.join([str(tool.parent), os.environ["PATH"]]),
            "PYTHONPATH": str(self.copy),
            "COLUMNS": "100",
            "NO_COLOR": "1",
        }
        self.server = subprocess.Popen(
            [*python.split(), "serve", str(door)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.server.stdout
        found = self.server.stdout.readline()
        # An interpreter may have another checkout installed.
        if not found.startswith(str(self.copy)):
            raise SystemExit(f"{checkout}: the code found is not its own, but {found.strip()!r}")

    def run(self, task: Task) -> list[Outputs]:
        """Outputs of each command of a task, in a folder that holds the examples and scores."""
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        shutil.copytree(self.copy / "examples", folder / "examples")
        (folder / "scores.csv").write_text(SCORES, "utf-8")
        known = set(folder.rglob("*"))
        found = []
        for command in task.commands:
            done = self._bash(command, folder)
            parts = {"stdout": done.stdout, "stderr": done.stderr, "exit": str(done.returncode)}
            written = [p for p in sorted(folder.rglob("*")) if p.is_file() and p not in known]
            parts |= {p.relative_to(folder).as_posix(): _content(p) for p in written}
            found.append(Outputs(command, {n: self._masked(t, folder) for n, t in parts.items()}))
            known |= set(written)
        shutil.rmtree(folder)
        return found

    def _bash(self, command: str, folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    def _masked(self, text: str, folder: Path) -> str:
        return text.replace(str(folder), "FOLDER").replace(str(self.copy), "CHECKOUT")


def _content(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Change:
    """One thing that differs. ``field`` is set where only a grade does, as the one rule allows."""

    where: str
    field: str
    old: str
    new: str

    def lines(self) -> list[str]:
        """As a small diff, long lines from a little before the first sign that differs."""
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(self.old, self.new, strict=False))
        start = max(0, len(list(alike)) - 60) if "\n" not in self.old + self.new else 0
        marked = [f"  - {line}" for line in self.old[start:].splitlines()]
        marked += [f"  + {line}" for line in self.new[start:].splitlines()]
        return [f"  @ {self.where}", *(line[:WIDTH] for line in marked)]


@dataclass(frozen=True)
class Number:
    """A number as it was printed; no text is equal to it."""

    text: str

    def __repr__(self) -> str:
        return self.text


def parse(text: str) -> Any:
    """Rows of JSON or of JSON lines, numbers as printed; None for any other text."""
    try:
        return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=Number)
    except json.JSONDecodeError:
        return None


def compare_outputs(old: Outputs, new: Outputs) -> Iterator[Change]:
    """All that differs between the outputs of one command."""
    for name in sorted(old.parts.keys() | new.parts.keys()):
        one, other = old.parts.get(name, "(not written)"), new.parts.get(name, "(not written)")
        if one == other:
            continue
        one = re.sub(r"\w+", lambda word: RENAMED.get(word[0], word[0]), one)
        values = parse(one), parse(other)
        if all(isinstance(value, (dict, list)) for value in values):
            yield from compare_values(*values, name)
        else:
            yield from compare_texts(one, other, name)


def compare_values(old: Any, new: Any, where: str, field: str = "") -> Iterator[Change]:
    """What differs between two values of JSON outside the mask.

    Examples
    --------
    >>> old, new = [{"id": "a", "evidence": "C"}], [{"id": "a", "evidence": "calc"}]
    >>> list(compare_values({"results": old, "seed": 0}, {"results": new}, ""))
    [Change(where='a', field='evidence', old='C', new='calc')]
    """
    if field == "required" and isinstance(old, list) and isinstance(new, list):
        old, new = ([name for name in names if name not in MASKED_KEYS] for names in (old, new))
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            if key not in MASKED_KEYS:
                missing = "(no such key)"
                pair = old.get(key, missing), new.get(key, missing)
                yield from compare_values(*pair, where or key, key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, (one, other) in enumerate(zip(old, new, strict=True)):
            if one != other:
                yield from compare_values(one, other, _row_name(one, f"{where}[{place}]"), field)
    elif GRADE_FIELD.search(field) and any((old, new) == change for change in GRADE_CHANGES):
        yield Change(where, field, old, new)
    elif old != new:
        yield from _lines_apart(_spread(old), _spread(new), f"{where} {field}".strip())


def _row_name(row: Any, otherwise: str) -> str:
    """Id of a row, or the texts before its first number."""
    if not isinstance(row, dict):
        return otherwise
    if row.get("id"):
        return str(row["id"])
    names = []
    for key, value in row.items():
        if isinstance(value, Number) and "." in value.text:
            break
        if isinstance(value, str) and value and key not in NOT_NAMED:
            names.append(value)
    return " ".join(names) or otherwise


def _spread(value: Any) -> list[str]:
    return [repr(row) for row in (value if isinstance(value, list) else [value])]


def compare_texts(old: str, new: str, where: str) -> Iterator[Change]:
    """Lines that differ; the space between columns does not count, since a grade may widen one.

    Examples
    --------
    >>> [c.field for c in compare_texts("a  0.5 C", "a  0.5 calc", "")]
    ['grade']
    >>> [c.field for c in compare_texts("a  0.5 C", "a  0.50 C", "")]
    ['']
    """
    one, other = _text_lines(old), _text_lines(new)
    if len(one) != len(other):
        yield from _lines_apart(one, other, where)
        return
    for before, after in zip(one, other, strict=True):
        if before != after:
            apart = set(_words_apart(before, after))
            if apart and apart <= GRADE_CHANGES:
                yield from (Change(before[:70], "grade", *pair) for pair in sorted(apart))
            else:
                yield Change(where, "", before, after)


def _text_lines(text: str) -> list[str]:
    lines = []
    for line in text.splitlines():
        lines += re.split(r"(?<=[,>])", line) if len(line) > LONG else [line]
    return [re.sub(r"─+", "─", " ".join(line.split())) for line in lines]


def _words_apart(old: str, new: str) -> list[tuple[str | None, str | None]]:
    words = zip_longest(re.findall(r"\w+|\S", old), re.findall(r"\w+|\S", new))
    return [pair for pair in words if pair[0] != pair[1]]


def _lines_apart(old: list[str], new: list[str], where: str) -> Iterator[Change]:
    """Runs of lines that differ."""
    for kind, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield Change(where, "", "\n".join(old[i:j]), "\n".join(new[k:m]))


def report(command: str, changes: list[Change]) -> Iterable[str]:
    """Differences of a command as lines to print."""
    lines = [line for change in changes for line in change.lines()]
    yield f"$ {command}"
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"  ... {len(lines) - SHOWN} lines more"


def run_both(
    tasks: list[Task], checkouts: tuple[Path, Path], jobs: int
) -> Iterator[tuple[Task, Outputs, Outputs]]:
    """Outputs of each command in both checkouts, in the order of the tasks."""
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(jobs) as pool:
        runners = []
        try:
            for checkout, name in zip(checkouts, ("one", "two"), strict=True):
                (Path(scratch) / name).mkdir()
                runners.append(Runner(checkout, Path(scratch) / name))
            pairs = [[pool.submit(runner.run, task) for runner in runners] for task in tasks]
            for task, pair in zip(tasks, pairs, strict=True):
                for old, new in zip(*(run.result() for run in pair), strict=True):
                    yield task, old, new
        finally:
            pool.shutdown(cancel_futures=True)
            for runner in runners:
                runner.server.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("old", type=Path, help="checkout whose pages and outputs hold")
    parser.add_argument("new", type=Path, help="checkout that should print the same")
    parser.add_argument("--only", default="", help="only blocks and commands that hold this text")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--grades", type=Path, help="CSV to write: grades that differ")
    asked = parser.parse_args()
    tasks = [t for t in list_tasks(asked.old.resolve()) if asked.only in "\n".join(t.commands)]
    graded: list[tuple[str, Change]] = []
    differ, failed = 0, []
    for task, old, new in run_both(tasks, (asked.old, asked.new), asked.jobs):
        changes = list(compare_outputs(old, new))
        graded += [(old.command, change) for change in changes if change.field]
        apart = [change for change in changes if not change.field]
        differ += bool(apart)
        failed += [f"leaves with {old.parts['exit']}: {old.command}"] * (old.parts["exit"] != "0")
        if apart:
            print(f"\n{task.where}", *report(old.command, apart), sep="\n", flush=True)
    # The same error twice compares nothing: the reader sees whether it was meant.
    print(*failed, sep="\n")
    rows = Counter((command, c.where, c.field, c.old, c.new) for command, c in graded)
    for row, count in rows.items():
        print("grade:", *row, count, sep="\t")
    if asked.grades:
        with asked.grades.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(("command", "id", "field", "from", "to", "rows"))
            table.writerows((*row, count) for row, count in rows.items())
    total = sum(len(task.commands) for task in tasks)
    print(f"{total} commands: {differ} differ; {rows.total()} grades differ as the one rule allows")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
