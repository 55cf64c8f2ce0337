"""Streams that are closed or full, and output files that are links, pipes or contested."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import supplygraph as sg
from supplygraph.api import Chain
from supplygraph.errors import SupplygraphError
from supplygraph.writing import write_text

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PROGRAM = f"{sys.executable} -m supplygraph"
TOY = f"{PROGRAM} --dataset three-nodes"
posix = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")


def shell(command: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["/bin/sh", "-c", command],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=120,
        check=False,
    )


@posix
@pytest.mark.parametrize("asked", [f"{TOY} chokepoints", f"{PROGRAM} --version", f"{TOY} --help"])
def test_a_closed_standard_output_is_one_line(asked):
    done = shell(f"{asked} >&-")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: standard output cannot be written (it")
    assert "Traceback" not in done.stderr


@posix
def test_a_file_can_be_written_without_a_standard_output(tmp_path):
    done = shell(f"{TOY} info -o {tmp_path}/info.json >&-")
    assert (done.returncode, (tmp_path / "info.json").is_file()) == (0, True)


@posix
@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"])
def test_notes_never_reach_the_data(stderr):
    """Without a stderr they are dropped; once they went to standard output instead."""
    done = shell(f"{TOY} chokepoints {stderr}")
    assert done.returncode == 0
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["id", "mine-a", "plant-b"]


@posix
def test_a_closed_standard_input_names_nothing():
    done = shell(f"{TOY} whatif --remove - <&-")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("standard input names nothing. Pipe ids or selectors.\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_help_on_a_full_disk_is_one_line():
    done = shell(f"{PROGRAM} --help >/dev/full")
    assert done.returncode == 1
    assert done.stderr.startswith("error: standard output cannot be written (No space left")
    assert len(done.stderr.splitlines()) == 1


@posix
def test_only_a_regular_file_is_replaced(toy, tmp_path):
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    done = toy("info", "-o", pipe, "--force")
    assert (done.code, pipe.is_fifo()) == (2, True)
    assert "is no regular file" in done.err


@posix
def test_a_link_stays_and_its_file_is_written(toy, tmp_path):
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    assert toy("info", "-o", link, "--force").code == 0
    assert link.is_symlink()
    assert '"supplygraph/info"' in target.read_text()


def test_of_runs_that_write_one_file_at_once_one_wins(tmp_path):
    """Each finds no file when it starts; none may overwrite another's without --force."""
    path = tmp_path / "same.txt"

    def write(number: int) -> bool:
        try:
            write_text(path, f"{number}\n" * 1000, replace=False)
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(write, range(32)))
    assert won.count(True) == 1
    assert path.read_text() == f"{won.index(True)}\n" * 1000
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_file_written_meanwhile_is_not_overwritten(toy, tmp_path, monkeypatch):
    path = tmp_path / "out.json"
    monkeypatch.setattr("supplygraph.cli.output.Output.check", lambda *_: None)
    path.write_text("another run's")
    done = toy("info", "-o", path)
    assert (done.code, path.read_text()) == (2, "another run's")
    assert "exists. Name another, or add --force." in done.err


def test_a_folder_that_is_a_file_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SupplygraphError, match="cannot be written"):
        write_text(tmp_path / "file" / "x.json", "x", replace=False)


def test_a_name_too_long_for_the_system_is_one_line(toy):
    done = toy("info", "-o", "x" * 300 + ".json")
    assert done.code == 1
    assert done.err.splitlines()[-1].endswith("File name too long.")


@posix
def test_a_dataset_whose_name_is_no_utf8(run, tmp_path):
    folder, out = tmp_path / "toy\udcff", tmp_path / "out.json"
    run("init", folder)
    assert run("--dataset", folder, "info", "-o", out).code == 0
    assert '"toy\\udcff"' in out.read_text(encoding="utf-8")


COMMANDS = {
    "export": "export --to {0}/out",
    "page": "view -o {0}/out.html",
    "table": "info -o {0}/out.json",
    "init": "init {0}/out",
}


@posix
@pytest.mark.parametrize("command", COMMANDS)
def test_a_disk_that_is_full_is_one_line_and_leaves_nothing(tmp_path, command):
    asked = COMMANDS[command].format(tmp_path)
    # No file may be longer than 512 bytes, and of an example than none at all.
    done = shell(f"ulimit -f {0 if command == 'init' else 1}; {TOY} {asked} 2>&1 | cat")
    assert done.stdout.splitlines()[-1].endswith("cannot be written (File too large).")
    assert "Traceback" not in done.stdout and list(tmp_path.iterdir()) == []


def tables_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def export_for_ever(chain: Chain, folder: Path) -> int:
    """Id of a child that writes ``out`` again and again."""
    child = os.fork()
    if child == 0:
        try:
            while True:
                chain.export(folder / "out", force=True)
        finally:
            os._exit(1)
    return child


@posix
def test_an_export_killed_at_any_moment_is_whole_or_absent(tmp_path):
    """Written again and again until it is killed; an earlier one is there half of the time."""
    chain = sg.load("three-nodes")
    for number in range(6):
        folder = tmp_path / str(number)
        chain.export(folder / "whole")
        child = export_for_ever(chain, folder)
        time.sleep(0.02 * number + 0.001)
        os.kill(child, signal.SIGKILL)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
        whole = tables_of(folder / "whole")
        assert len(whole) == 4
        if (folder / "out").exists():
            assert tables_of(folder / "out") == whole
        write_text(folder / "next.txt", "")
        left = {path.name for path in folder.iterdir()}
        assert left - {"out"} == {"whole", "next.txt"}


@posix
def test_two_runs_that_export_into_one_folder_never_mix(tmp_path):
    def export(_: int) -> subprocess.CompletedProcess:
        return shell(f"{TOY} export --to {tmp_path}/out --force")

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(export, range(3)))
    assert any(run.returncode == 0 for run in done)
    for run in done:
        assert run.returncode == 0 or "cannot be written" in run.stderr
        assert "Traceback" not in run.stderr
    assert len(tables_of(tmp_path / "out")) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
