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
    ["--dataset", "three-nodes", "balance"],
    ["--dataset", "esri-toy", "structure", "--metric", "esri"],
    ["chokepoints", "--by", "country-process", "--top", "40"],
)


def answers(command: list[str]) -> list[dict[str, Any]]:
    """What a command answers on each machine; the answers are computed side by side."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "supplygraph", *command, "--format", "json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | machine,
        )
        for machine in MACHINES
    ]
    texts = [process.communicate(timeout=300)[0] for process in running]
    assert [process.returncode for process in running] == [0] * len(running)
    return [json.loads(text) for text in texts]


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


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_other_machines_print_the_same_values(command):
    first, *others = answers(command)
    assert first["results"]
    for other in others:
        assert differences(first, other) == []


def test_other_machines_balance_the_shipped_tables_alike(tmp_path):
    shutil.copytree(
        ROOT / "datasets" / "rare-earths",
        tmp_path / "rare-earths",
        ignore=shutil.ignore_patterns("derived"),
    )
    first, *others = answers(["--dataset", str(tmp_path / "rare-earths"), "balance", "--flows"])
    assert len(first["results"]) > 1000
    for other in others:
        assert differences(first, other) == []


@pytest.mark.parametrize(("value", "other"), [(1.0, 1.0 + 3e-9), (5e6, 5e6 * (1 - 3e-9))])
def test_a_difference_is_seen(value, other):
    assert abs(value - other) > TOLERANCE
    assert differences([{"a": [value]}], [{"a": [other]}])
    assert differences({"a": value}, {"a": None}) and differences({"a": value}, {"b": value})
