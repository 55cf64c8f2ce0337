"""What only a process of its own shows: pipes, locales, hash seeds, threads."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
STDIN = ["--dataset", "three-nodes", "whatif", "--remove", "-"]
RANK = ["chokepoints", "--by", "country-process", "--format", "json"]


def start(*arguments: str, **environment: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "supplygraph", *arguments]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )


def test_same_input_same_bytes():
    """Whatever the hash seed, the locale and the number of threads."""
    running = [
        start(*RANK, PYTHONHASHSEED="1"),
        start(*RANK, PYTHONHASHSEED="2", LC_ALL="C"),
        start("--threads", "2", *RANK, PYTHONHASHSEED="3", TZ="Asia/Tokyo"),
    ]
    outputs = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len({out for out, _ in outputs}) == 1
    assert len({err for _, err in outputs}) == 1
    assert len(outputs[0][0]) > 10_000


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
)
def test_data_is_utf8_in_any_locale(environment):
    process = start("info", "--help", **environment)
    table = start("--dataset", "three-nodes", "chokepoints", "--format", "table", **environment)
    assert process.communicate(timeout=60)[1] == b""
    out, _ = table.communicate(timeout=60)
    assert table.returncode == 0
    assert "–" in out.decode("utf-8")


def test_an_encoding_asked_for_is_kept():
    process = start(
        "--dataset", "three-nodes", "chokepoints", "--format", "table", PYTHONIOENCODING="ascii"
    )
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"\\u2013" in out


def test_a_closed_pipe_ends_quietly():
    process = start("chokepoints", "--rerouting", "none", "--fail-if", "loss_abroad_none>0.2")
    process.stdout.read(10)
    process.stdout.close()
    err = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(timeout=60) == 10
    assert [line for line in err.splitlines() if not line.startswith(("warning", "fail-if"))] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line():
    with open("/dev/full", "wb") as full:
        process = subprocess.run(
            [sys.executable, "-m", "supplygraph", "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            timeout=60,
            check=False,
        )
    assert process.returncode == 1
    assert process.stderr.decode().startswith("error: standard output cannot be written (No space")
    assert len(process.stderr.splitlines()) == 1


def test_stdin_that_is_no_text():
    process = subprocess.run(
        [sys.executable, "-m", "supplygraph", *STDIN],
        input=b"mine-\xff\n",
        capture_output=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )
    assert (process.returncode, process.stdout) == (2, b"")
    assert b"Traceback" not in process.stderr


def test_more_threads_give_the_same_bytes_where_a_balance_is_computed(tmp_path):
    shutil.copytree(ROOT / "examples" / "three-nodes", tmp_path / "toy")
    seen = set()
    for threads in ("1", "2"):
        command = ("--threads", threads, "--dataset", str(tmp_path / "toy"), "chokepoints")
        done = subprocess.run(
            [sys.executable, "-m", "supplygraph", *command],
            capture_output=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            check=True,
        )
        seen.add(done.stdout)
    assert len(seen) == 1
