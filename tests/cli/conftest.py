"""Run the program as users type it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from program import Outcome, compiled_once, run_program


@pytest.fixture
def run() -> Iterator[Callable[..., Outcome]]:
    """Run the program: ``run("chokepoints", "--top", "3")``."""

    def call(*arguments: object, stdin: str = "") -> Outcome:
        return run_program(arguments, stdin)

    with compiled_once():
        yield call


@pytest.fixture
def toy(run) -> Callable[..., Outcome]:
    """Run the program on the three-node dataset."""

    def call(*arguments: object, stdin: str = "") -> Outcome:
        return run("--dataset", "three-nodes", *arguments, stdin=stdin)

    return call
