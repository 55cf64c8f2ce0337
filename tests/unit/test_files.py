"""Doors for files: what is read, what is refused at once, and what killed writers leave."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from supplygraph import reading, writing
from supplygraph.errors import SupplygraphError
from supplygraph.reading import UnreadableError, depth_of, read_bytes, read_json, read_text
from supplygraph.writing import sweep, write_folder, write_text

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")


def left(folder: Path) -> list[str]:
    """What writers left behind."""
    return sorted(name for name in os.listdir(folder) if name.startswith(".supplygraph-"))


# In.


@posix
@pytest.mark.parametrize("kind", ["pipe", "zero", "folder", "socket", "link to a pipe"])
def test_only_regular_files_are_opened(tmp_path, kind):
    path = tmp_path / "x"
    if kind == "zero":
        path = Path("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        import socket

        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    else:
        os.mkfifo(path)
        if kind.startswith("link"):
            path = tmp_path / "y"
            path.symlink_to(tmp_path / "x")
    start = time.perf_counter()
    with pytest.raises(UnreadableError, match=r"is not a regular file \(a "):
        read_bytes(path, 10)
    assert time.perf_counter() - start < 20  # a pipe that nobody writes to is not waited for


def test_a_file_that_becomes_a_pipe_is_not_waited_for(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_text("text")
    regular = os.stat(path)
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(reading.os, "stat", lambda *_: regular)
    with pytest.raises(UnreadableError, match="is not a regular file"):
        read_bytes(path, 10)


def test_sizes_have_a_limit_to_the_byte(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"x" * 10)
    assert read_bytes(path, 10) == b"x" * 10
    with pytest.raises(UnreadableError, match="is longer than 9 bytes"):
        read_bytes(path, 9)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")
def test_a_file_that_the_system_shows_without_size_has_a_limit_too():
    assert os.stat("/proc/self/maps").st_size == 0
    with pytest.raises(UnreadableError, match="is longer than 100 bytes"):
        read_bytes("/proc/self/maps", 100)


@pytest.mark.parametrize(
    ("path", "reason"),
    [("nothing", "No such file"), ("a\0b", "no name of a file"), ("x" * 5000, "name too long")],
)
def test_names_that_nothing_has(path, reason):
    with pytest.raises(UnreadableError, match=rf"cannot be read \(.*{reason}"):
        read_text(path, 10)


def test_a_byte_order_mark_is_no_text_and_other_encodings_are_refused(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"\xef\xbb\xbfa")
    assert read_text(path, 10) == "a"
    path.write_bytes(b"\xe9")
    with pytest.raises(UnreadableError, match=r"is not UTF-8\. Save"):
        read_text(path, 10)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("[" * 100_000, "nested more than 50 deep"),
        ('["a",' * 100_000, "nested more than 50 deep"),
        ('{"a":' * 100_000, "nested more than 50 deep"),
        ("[" * 51 + "]" * 51, "nested more than 50 deep"),
        ('{"a": NaN}', "is not JSON"),
        ("[1,]", "is not JSON"),
        ("9" * 5000, "is not JSON"),
    ],
)
def test_json_that_is_refused(tmp_path, text, rule):
    (tmp_path / "x").write_text(text)
    with pytest.raises(UnreadableError, match=rule):
        read_json(tmp_path / "x", 10_000_000)


def test_json_of_the_depth_allowed_is_read(tmp_path):
    (tmp_path / "x").write_text("[" * 50 + "]" * 50)
    assert depth_of(read_json(tmp_path / "x", 1000)) == 50


def test_what_does_not_fit_into_memory_is_one_sentence(tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    (tmp_path / "x").write_text("[1]")
    monkeypatch.setattr(json, "loads", full)
    with pytest.raises(UnreadableError, match="does not fit into memory"):
        read_json(tmp_path / "x", 1000)


# Out.


def killed(folder: Path, code: str) -> None:
    """Run a writer until it says that it is in the middle, then kill it."""
    program = f"""
import sys, time
from pathlib import Path
from supplygraph import writing
folder = Path({str(folder)!r})
def wait(*_):
    print("now", flush=True)
    time.sleep(60)
{code}
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as run:
        assert run.stdout is not None and run.stdout.readline() == b"now\n"
        run.send_signal(signal.SIGKILL)


@posix
@pytest.mark.parametrize(
    "code",
    [
        "writing.write_whole(folder / 'a.txt', wait)",
        "writing._exchange = wait; writing.write_folder(folder / 'out', {'a': b'1', 'b': b'2'})",
        "writing._put = wait; writing.write_text(folder / 'a.txt', 'new')",
    ],
)
def test_what_a_killed_run_leaves_is_swept_by_the_next_write(tmp_path, code):
    killed(tmp_path, code)
    assert len(left(tmp_path)) == 1 and len(os.listdir(tmp_path)) == 1
    write_text(tmp_path / "b.txt", "whole")
    assert os.listdir(tmp_path) == ["b.txt"]


@posix
def test_a_writer_that_lives_keeps_its_file(tmp_path):
    def write(staging: Path) -> None:
        staging.write_text("first")
        write_text(tmp_path / "second.txt", "second")  # sweeps the folder
        assert staging.exists()

    writing.write_whole(tmp_path / "first.txt", write)
    assert sorted(os.listdir(tmp_path)) == ["first.txt", "second.txt"]


def test_only_our_own_names_are_swept(tmp_path):
    others = [".supplygraph-notes", ".supplygraph-settings", ".part", "supplygraph-abcd1234.part"]
    for name in others:
        (tmp_path / name).write_text("mine")
    (tmp_path / ".supplygraph-abcd1234.part").symlink_to(tmp_path / ".part")
    sweep(tmp_path)
    assert len(os.listdir(tmp_path)) == 5


def test_without_locks_a_day_must_pass(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "fcntl", None)
    young, old = tmp_path / ".supplygraph-young123.part", tmp_path / ".supplygraph-old12345.part"
    for path in (young, old):
        path.mkdir()
        (path / "x").write_text("")
    os.utime(old, (0, 0))
    sweep(tmp_path)
    assert os.listdir(tmp_path) == [young.name]


ONE, TWO = {"a.csv": b"1", "z.json": b"1"}, {"a.csv": b"2", "z.json": b"2"}


def held(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@posix
@pytest.mark.parametrize("step", [0, 1])
def test_a_folder_killed_while_it_is_replaced_is_whole_or_absent(tmp_path, step):
    """Before the old one steps aside, and between the two renames."""
    target = tmp_path / "out"
    write_folder(target, ONE)
    code = f"""
import os
renames, rename = [], os.rename
def slow(a, b):
    if len(renames) == {step}:
        wait()
    renames.append(a)
    rename(a, b)
writing.os.rename = slow
writing.write_folder(folder / "out", {TWO!r})
"""
    killed(tmp_path, code)
    assert not target.exists() if step else held(target) == ONE
    write_folder(target, TWO)
    assert held(target) == TWO and os.listdir(tmp_path) == ["out"]


def test_an_earlier_folder_is_replaced_as_a_whole(tmp_path):
    write_folder(tmp_path / "out", ONE | {"old.csv": b"1"})
    write_folder(tmp_path / "out", TWO, replaces=["old.csv"])
    assert held(tmp_path / "out") == TWO


@pytest.mark.parametrize("reason", ["other files", "stands in it", "parent is closed"])
def test_a_folder_that_cannot_be_exchanged_keeps_what_else_is_there(tmp_path, monkeypatch, reason):
    target = tmp_path / "out"
    write_folder(target, ONE | {"old.csv": b"1"})
    if reason == "other files":
        (target / "note.txt").write_text("mine")
    elif reason == "stands in it":
        monkeypatch.chdir(target)
    else:
        monkeypatch.setattr(writing.os, "access", lambda *_: False)
    inode = target.stat().st_ino
    write_folder(target, TWO, replaces=["old.csv"])
    more = {"note.txt": b"mine"} if reason == "other files" else {}
    assert held(target) == TWO | more and target.stat().st_ino == inode


def test_where_files_are_replaced_one_by_one_the_description_comes_last(tmp_path, monkeypatch):
    target = tmp_path / "out"
    write_folder(target, ONE)
    (target / "note.txt").write_text("mine")
    seen = []
    replace = os.replace
    monkeypatch.setattr(
        writing.os,
        "replace",
        lambda a, b: (seen.append((target / "z.json").exists()), replace(a, b)),
    )
    write_folder(target, TWO)
    assert seen == [False, False] and held(target)["z.json"] == b"2"


def test_a_disk_that_is_full_leaves_the_earlier_folder(tmp_path, monkeypatch):
    write_folder(tmp_path / "out", ONE)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SupplygraphError, match=r"cannot be written \(No space left on device\)"):
        write_folder(tmp_path / "out", TWO)
    monkeypatch.undo()
    assert held(tmp_path / "out") == ONE and os.listdir(tmp_path) == ["out"]


def test_a_rename_that_fails_brings_the_earlier_folder_back(tmp_path, monkeypatch):
    write_folder(tmp_path / "out", ONE)
    calls, rename = [], os.rename

    def second_fails(a: Path, b: Path) -> None:
        calls.append(a)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        rename(a, b)

    monkeypatch.setattr(writing.os, "rename", second_fails)
    with pytest.raises(SupplygraphError, match="Input/output error"):
        write_folder(tmp_path / "out", TWO)
    assert held(tmp_path / "out") == ONE and os.listdir(tmp_path) == ["out"]
