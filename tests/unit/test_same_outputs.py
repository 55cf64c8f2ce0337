"""The script that compares two commits: it passes what is the same and shows what is not."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from every_command import every_command
from pages import ROOT
from same_outputs import Number, compare_texts, compare_values, parse


def test_numbers_differ_as_printed():
    found = list(
        compare_values(parse('[{"id": "a", "x": 1.0}]'), parse('[{"id": "a", "x": 1.00}]'), "")
    )
    assert [(c.where, c.field, c.old, c.new) for c in found] == [("a x", "", "1.0", "1.00")]


def test_a_number_is_not_its_text():
    assert list(compare_values(Number("1"), "1", "x"))


def test_other_grades_and_other_fields_are_differences():
    for field, old, new in [("evidence", "B", "calc"), ("name", "C", "calc")]:
        (found,) = compare_values([{field: old}], [{field: new}], "")
        assert not found.field


def test_a_schema_may_lack_what_is_masked():
    assert not list(compare_values({"required": ["id", "seed"]}, {"required": ["id"]}, ""))
    assert list(compare_values({"required": ["id", "x"]}, {"required": ["id"]}, ""))


def test_rows_that_come_or_go_are_shown():
    (found,) = compare_texts("a 1\nb 2\n", "a 1\n", "stdout")
    assert (found.old, found.new) == ("b 2", "")
    (found,) = compare_values({"enum": ["A", "B"]}, {"enum": ["A"]}, "")
    assert (found.old, found.new) == ("'B'", "")


def test_a_wider_column_is_no_difference_and_a_moved_sign_is_one():
    assert not list(compare_texts("id  grade\na   ok", "id     grade\na      ok", ""))
    assert list(compare_texts("a, b", "a ,b", ""))


def test_no_command_is_listed_twice():
    commands = list(every_command())
    assert len(commands) == len(set(commands))


def test_a_difference_late_in_a_long_line_is_shown():
    (found,) = compare_texts("word " * 70 + "old", "word " * 70 + "new", "stderr")
    assert [line[-3:] for line in found.lines()[1:]] == ["old", "new"]


@pytest.mark.slow
def test_a_changed_text_is_found(tmp_path):
    changed = tmp_path / "changed"
    for name in ("supplygraph", "datasets", "examples"):
        shutil.copytree(ROOT / name, changed / name)
    errors = changed / "supplygraph" / "cli" / "app.py"
    errors.write_text(errors.read_text("utf-8").replace('f"error: ', 'f"mistake: '), "utf-8")
    for new, code in ((ROOT, 0), (changed, 1)):
        done = subprocess.run(
            [sys.executable, "tests/same_outputs.py", ROOT, new, "--only", "beauty"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert ("+ mistake: " in done.stdout) == bool(code)
