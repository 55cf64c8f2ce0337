"""The command `view`."""

import json

import pytest
from jsonschema import Draft202012Validator

from supplygraph.schema.commands import command_schema


def test_it_writes_where_it_says(toy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = toy("view")
    assert (done.code, done.out) == (0, "")
    assert "wrote outputs/three-nodes.html\n" in done.err.replace("\\", "/")
    text = (tmp_path / "outputs" / "three-nodes.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>") and "Mine A" in text
    again = toy("view")
    assert again.code == 2 and "exists. Name another, or add --force." in again.err
    assert toy("view", "--force").code == 0


@pytest.mark.slow
def test_a_record_is_drawn_without_an_engine(toy, run, tmp_path, monkeypatch):
    first, second = tmp_path / "first.html", tmp_path / "second.html"
    assert toy("view", "-o", first).code == 0
    assert toy("view", "-o", tmp_path / "record.json").code == 0
    envelope = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    Draft202012Validator(command_schema("view")).validate(envelope)
    assert envelope["command"] == "view"
    monkeypatch.setattr("supplygraph.api.load", None)
    assert run("view", "--record", tmp_path / "record.json", "-o", second).code == 0
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "page.pdf"), "'page.pdf': the ending names no page. Use .html, or .json."),
        (("--record", "none.json", "-o", "x.html"), "'none.json' cannot be read"),
        (("--product", "evv", "-o", "x.html"), "no product 'evv' in demand. Did you mean 'ev'"),
        (("--record", "r.json", "--product", "ev", "-o", "x.html"), "--record holds its answers"),
        (("--record", "r.json", "--deals", "", "-o", "x.html"), "--record holds its answers"),
        (("--at", "2026", "-o", "x.html"), "is not YYYY-MM"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(toy, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    done = toy("view", *arguments)
    assert done.code in (1, 2) and done.out == ""
    assert message in done.err and len(done.err.splitlines()) <= 3
    assert list(tmp_path.glob("*.html")) == []


def test_a_table_is_no_page(toy, tmp_path):
    path = tmp_path / "table.json"
    assert toy("info", "-o", path).code == 0
    done = toy("view", "--record", path, "-o", tmp_path / "x.html")
    assert done.code == 1 and "drawn from a record of kind 'view', not 'info'" in done.err
