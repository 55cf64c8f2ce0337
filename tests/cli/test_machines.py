"""Other threads and other kernels of linear algebra, as other processors have: same values."""

import json
import os
import shutil
import subprocess
import sys
from typing import Any

import pytest
from pages import ROOT, TOLERANCE, same_number

pytestmark = pytest.mark.slow

# OPENBLAS_CORETYPE picks the kernels that numpy sums with: SSE2 alone, and AVX2 with fused
# multiply-add. Where numpy has another library the variables do nothing, and nothing differs.
MACHINES = (
    {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    {"OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"},
)
COMMANDS = (
    "--dataset three-nodes balance",
    "--dataset esri-toy structure --metric esri",
    "chokepoints --by country-process --top 40",
    "--dataset {tables} balance --flows",  # without a balance that ships
)
# Several commands in one process, each into a file.
PROGRAM = """
import contextlib, sys
from supplygraph.cli.app import main
for number, line in enumerate(sys.argv[2:]):
    with contextlib.suppress(SystemExit):
        main([*line.split(), "-o", f"{sys.argv[1]}/{number}.json"])
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> dict[str, list[dict[str, Any]]]:
    """What each machine answers to each command; the machines compute side by side."""
    shipped, tables = ROOT / "datasets" / "rare-earths", tmp_path_factory.mktemp("tables") / "own"
    shutil.copytree(shipped, tables, ignore=shutil.ignore_patterns("derived"))
    folders = [tmp_path_factory.mktemp("machine") for _ in MACHINES]
    lines = [command.format(tables=tables) for command in COMMANDS]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder), *lines],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | machine,
        )
        for folder, machine in zip(folders, MACHINES, strict=True)
    ]
    for process in running:
        process.wait(timeout=600)
    return {
        command: [
            json.loads((folder / f"{number}.json").read_text(encoding="utf-8"))
            for folder in folders
        ]
        for number, command in enumerate(COMMANDS)
    }


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Places where two answers differ by more than numbers may."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [d for key in one for d in differences(one[key], other[key], f"{path}/{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = zip(one, other, strict=True)
        return [d for i, (a, b) in enumerate(pairs) for d in differences(a, b, f"{path}/{i}")]
    numbers = isinstance(one, float | int) and isinstance(other, float | int)
    same = same_number(one, other) if numbers else one == other
    return [] if same else [f"{path}: {one!r} and {other!r}"]


@pytest.mark.parametrize("command", COMMANDS)
def test_other_machines_print_the_same_values(answers, command):
    first, *others = answers[command]
    assert len(first["results"]) > (1000 if "--flows" in command else 0)
    for other in others:
        assert differences(first, other) == []


@pytest.mark.parametrize(("value", "other"), [(1.0, 1.0 + 3e-9), (5e6, 5e6 * (1 - 3e-9))])
def test_a_difference_is_seen(value, other):
    assert abs(value - other) > TOLERANCE
    assert differences([{"a": [value]}], [{"a": [other]}])
    assert differences({"a": value}, {"a": None}) and differences({"a": value}, {"b": value})
