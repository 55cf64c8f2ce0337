"""Every option that names a file, and every folder of a dataset, before files that are none."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.sampled

ROOT = Path(__file__).parents[2]
ASKED = {
    "scenario": ("scenario", "run"),
    "show": ("scenario", "show"),
    "compare": ("compare", "first.yaml"),
    "record": ("view", "-o", "page.html", "--record"),
    "observed": ("backtest", "april-2025-shock", "--observed"),
    "governance": ("structure", "--metric", "geopolrisk", "--region", "JP", "--governance"),
    "indices": (
        "structure",
        "--metric",
        "eu-supply-risk",
        "--region",
        "JP",
        "--governance",
        "first.csv",
        "--indices",
    ),
}
NAMES = {"scenario": "a.yaml", "show": "a.yaml", "compare": "a.yaml", "record": "a.json"}


FIRST = {
    "first.yaml": "title: t\nstart: 2025-01\nmonths: 1\n",
    "first.csv": "country,wgi\nCN,-0.3\nJP,1.2\n",
}


def words_of(option: str, folder: Path) -> list[str]:
    """Words before the file asked for, with the good files that the command needs besides."""
    for name, text in FIRST.items():
        (folder / name).write_text(text)
    return [str(folder / word) if "." in word else word for word in ASKED[option]]


def made(path: Path, kind: str) -> Path:
    if kind == "zero":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "long":
        with path.open("wb") as file:
            file.truncate(500_000_000)  # holds nothing on disk
    elif kind == "deep":
        path.write_text("[" * 100_000 if path.suffix == ".json" else "a: " + "[" * 100_000)
    elif kind == "bomb":
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
        path.write_text("\n".join(lines))
    return path


@pytest.mark.skipif(os.name != "posix", reason="needs pipes")
@pytest.mark.parametrize("kind", ["zero", "pipe", "folder", "long"])
@pytest.mark.parametrize("option", ASKED)
def test_no_option_waits_for_a_pipe_or_reads_without_end(toy, run, tmp_path, option, kind):
    path = made(tmp_path / NAMES.get(option, "a.csv"), kind)
    asked = words_of(option, tmp_path)
    start = time.perf_counter()
    done = (run if option == "observed" else toy)(*asked, path)
    assert time.perf_counter() - start < 20
    assert done.code in (1, 2, 3) and done.out == ""
    words = "is longer than" if kind == "long" else "not a regular file"
    assert done.err.count(words) == 1 and path.name in done.err


@pytest.mark.parametrize(
    ("option", "kind", "words"),
    [
        ("scenario", "deep", "nested too deeply"),
        ("scenario", "bomb", "aliases are not used here"),
        ("show", "deep", "nested too deeply"),
        ("record", "deep", "is nested more than 50 deep"),
    ],
)
def test_what_is_nested_or_multiplied_is_one_line(toy, tmp_path, option, kind, words):
    path = made(tmp_path / NAMES[option], kind)
    asked = words_of(option, tmp_path)
    done = toy(*asked, path)
    assert done.code in (1, 2) and words in done.err.splitlines()[-1]
    assert sum("error" in line for line in done.err.splitlines()) == 1


@pytest.mark.skipif(os.name != "posix", reason="needs pipes")
@pytest.mark.parametrize("kind", ["zero", "pipe", "folder", "long", "deep", "bomb"])
@pytest.mark.parametrize("folder", ["measures", "projects", "deals", "scenarios", "curves"])
def test_every_folder_of_a_dataset_has_the_same_door(run, tmp_path, folder, kind):
    run("init", tmp_path / "toy")
    (tmp_path / "toy" / folder).mkdir()
    made(tmp_path / "toy" / folder / "a.yaml", kind)
    done = run("validate", tmp_path / "toy")
    assert done.code == 3 and done.out.startswith(f"{folder}/a.yaml")
    assert len(done.out.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
def test_standard_input_without_end_is_refused():
    command = [sys.executable, "-m", "supplygraph", "--dataset", "three-nodes", "whatif"]
    with open("/dev/zero", "rb") as zero:
        done = subprocess.run(
            [*command, "--remove", "-"],
            stdin=zero,
            capture_output=True,
            text=True,
            timeout=60,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            check=False,
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: standard input is longer than 4,000,000 signs")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("a.YAML", "curves/a.YAML: is not read: only names that end in .yaml or .yml are. Call"),
        ("a.json", "curves/a.json: is not read"),
        ("", "curves: is no folder. Make it a folder of .yaml files"),
    ],
)
def test_no_document_is_passed_over_in_silence(run, tmp_path, name, fault):
    run("init", tmp_path / "toy")
    if name:
        (tmp_path / "toy" / "curves").mkdir()
    (tmp_path / "toy" / "curves" / name).write_text("a: 1\n")
    done = run("validate", tmp_path / "toy")
    assert (done.code, done.out.count("\n")) == (3, 1) and done.out.startswith(fault)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs pipes")
@pytest.mark.parametrize("command", ["view -o", "info -o", "export --to"])
def test_no_writer_takes_the_place_of_a_pipe(toy, tmp_path, command):
    for name in ("a.json", "a.gexf"):
        os.mkfifo(tmp_path / name)
    path = tmp_path / ("a.gexf" if command.startswith("export") else "a.json")
    done = toy(*command.split(), path, "--force")
    assert done.code in (1, 2) and "is no regular file. Name another" in done.err
    assert path.is_fifo()


def test_a_machine_without_memory_is_one_line(toy, monkeypatch):
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("supplygraph.api.Chain.info", full)
    done = toy("info")
    assert (done.code, done.out) == (1, "") and done.err.startswith("error: the memory of this")


def test_two_files_of_one_name_are_a_fault(run, tmp_path):
    run("init", tmp_path / "toy")
    (tmp_path / "toy" / "curves").mkdir()
    for ending in ("yaml", "yml"):
        (tmp_path / "toy" / "curves" / f"a.{ending}").write_text("a: 1\n")
    assert (
        "curves/a.yml: stands beside another a. Keep one" in run("validate", tmp_path / "toy").out
    )
