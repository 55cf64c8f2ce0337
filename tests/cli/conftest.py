"""Run the program inside the test process, with every shipped dataset compiled only once."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

import supplygraph.api
from supplygraph.api import Chain, load
from supplygraph.cli.app import main

SHIPPED = (None, "rare-earths", "three-nodes")


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


@cache
def shipped_chain(path: str | None, threads: int) -> Chain:
    return load(path, threads=threads)


@pytest.fixture
def run(capsys, monkeypatch) -> Callable[..., Outcome]:
    """Run the program: ``run("chokepoints", "--top", "3")``."""

    def cached(path: str | None = None, *, threads: int = 1) -> Chain:
        return shipped_chain(path, threads) if path in SHIPPED else load(path, threads=threads)

    def call(*arguments: str, stdin: str = "") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Outcome(int(ended.value.code), out, err)

    monkeypatch.setattr(supplygraph.api, "load", cached)
    return call


@pytest.fixture
def toy(run) -> Callable[..., Outcome]:
    """Run the program on the three-node dataset."""

    def call(*arguments: str, stdin: str = "") -> Outcome:
        return run("--dataset", "three-nodes", *arguments, stdin=stdin)

    return call
