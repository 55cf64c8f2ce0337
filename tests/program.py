"""Run the program inside the test process, with every shipped dataset compiled only once."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from unittest import mock

import supplygraph
import supplygraph.api
import supplygraph.dataset
from supplygraph.api import Chain, load
from supplygraph.cli.app import main
from supplygraph.dataset import Dataset, read_dataset

SHIPPED = (None, "rare-earths", "three-nodes")
PAGE = {"COLUMNS": "100", "NO_COLOR": "1"}  # the width of a page of the documentation
# The program with its arguments, up to where the shell takes over.
PROGRAM = re.compile(r"supplygraph(?:\s+(?!2?>)(?:'[^']*'|[^\s'|<>&;])+)*")


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def envelope(self) -> dict[str, Any]:
        return json.loads(self.out, parse_constant=_refuse)

    @property
    def rows(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.out), delimiter="\t"))


def _refuse(name: str) -> None:
    raise AssertionError(f"{name} in JSON")


class Stream(io.TextIOWrapper):
    """A stream of the program that keeps what is written to it."""

    def __init__(self, text: str = "") -> None:
        super().__init__(io.BytesIO(text.encode()), encoding="utf-8", newline="")

    def read_all(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode()


@cache
def _compiled(path: str | None, threads: int) -> Chain:
    return load(path, threads=threads)


def shipped_chain() -> Chain:
    """The chain of the shipped dataset, one for all tests of the process."""
    return _compiled(None, 1)


@contextlib.contextmanager
def compiled_once() -> Iterator[None]:
    """While it holds, neither a command nor an example compiles a shipped dataset anew."""
    # The package keeps the name that it was asked for first: its own comes first, and is put back.
    with (
        mock.patch.object(supplygraph, "load", _load),
        mock.patch.object(supplygraph.api, "load", _load),
    ):
        yield


@contextlib.contextmanager
def read_once() -> Iterator[None]:
    """While it holds, a shipped dataset is not read anew either."""
    with mock.patch.object(supplygraph.dataset, "read_dataset", _read), compiled_once():
        yield


def _read(path: str | Path | None = None) -> Dataset:
    return _compiled(path, 1).dataset if path in SHIPPED else read_dataset(path)


def _load(path: str | Path | None = None, *, threads: int = 1) -> Chain:
    if path in SHIPPED:
        return _compiled(path, threads)
    return _compiled_folder(path, threads, _state(Path(path)))


@lru_cache(maxsize=8)
def _compiled_folder(path: str | Path, threads: int, state: object) -> Chain:
    """Of a folder that nobody wrote to since it was loaded, as in one test of several commands."""
    return load(path, threads=threads)


def _state(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """What stands in a folder, and what changes when a file there is written anew."""
    found = [(path, path.lstat()) for path in sorted(folder.rglob("*"))]
    return tuple((str(path), s.st_ino, s.st_size, s.st_mtime_ns) for path, s in found)


def run_program(arguments: Sequence[object], stdin: str = "") -> Outcome:
    """What the program does with some arguments."""
    streams = {"stdin": Stream(stdin), "stdout": Stream(), "stderr": Stream()}
    with mock.patch.multiple(sys, **streams):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Outcome(code, streams["stdout"].read_all(), streams["stderr"].read_all())


def run_line(line: str, folder: Path) -> Outcome:
    """What a line of the documentation does, in a folder.

    The program runs here; the shell runs the line as it stands, with what the program left behind
    in its place.
    """
    found = PROGRAM.match(line)
    with contextlib.chdir(folder), mock.patch.dict(os.environ, PAGE):
        if not found:
            return _shell(line)
        done = run_program(shlex.split(found[0])[1:])
        return done if found[0] == line else _after(line, done)


def _after(line: str, done: Outcome) -> Outcome:
    with tempfile.TemporaryDirectory() as name:
        out, err = Path(name, "out"), Path(name, "err")
        out.write_text(done.out, encoding="utf-8")
        err.write_text(done.err, encoding="utf-8")
        body = f'cat "{out}"; cat "{err}" >&2; return {done.code}'
        return _shell(f"supplygraph() {{ {body}; }}\n{line}")


def _shell(text: str) -> Outcome:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)
