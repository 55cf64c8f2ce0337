"""``validate``, ``init`` and ``schema`` called as functions; the app wires them."""

from pathlib import Path

import pytest
import typer

from supplygraph.cli.data import init, schema, validate
from supplygraph.dataset import read_dataset
from supplygraph.errors import SupplygraphError, UsageError


def test_validate_a_good_dataset(capsys):
    validate("three-nodes")
    out, err = capsys.readouterr()
    assert out == ""
    assert "warning: three-nodes has no sources.csv" in err
    assert "three-nodes: no problems in 11 tables, 17 rows" in err


def test_validate_prints_every_fault_and_exits_3(tmp_path, capsys):
    init(tmp_path / "toy")
    demand = tmp_path / "toy" / "demand.csv"
    demand.write_text("product,market,units,year\nev,JPP,-1,2024\n")
    capsys.readouterr()
    with pytest.raises(typer.Exit) as caught:
        validate(str(tmp_path / "toy"))
    out, err = capsys.readouterr()
    assert caught.value.exit_code == 3
    assert out.splitlines() == [
        "demand.csv row 2, market: 'JPP' is not in countries.csv. Did you mean 'JP'?",
        "demand.csv row 2, units: '-1' is below 0. "
        "Every quantity is >= 0; reverse the flow or blank it.",
    ]
    assert err == "2 problems in toy\n"


def test_validate_a_wrong_path():
    with pytest.raises(UsageError, match="is no folder and no shipped dataset"):
        validate("nowhere")


def test_init_writes_a_dataset_that_reads(tmp_path, capsys):
    init(tmp_path / "a" / "b")
    assert capsys.readouterr().err == f"wrote {tmp_path / 'a' / 'b'}\n"
    dataset = read_dataset(tmp_path / "a" / "b")
    assert dataset.hash == read_dataset("three-nodes").hash
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_init_into_an_empty_folder(tmp_path):
    (tmp_path / "d").mkdir()
    init(tmp_path / "d")
    assert read_dataset(tmp_path / "d").has("trade")


def test_init_refuses_a_folder_with_files_unless_forced(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"is not empty\. Name another, or add --force"):
        init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    init(tmp_path, force=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert read_dataset(tmp_path).has("trade")


def test_init_refuses_a_file(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="is a file"):
        init(tmp_path / "file")
    with pytest.raises(SupplygraphError, match="cannot be written"):
        init(tmp_path / "file" / "below")


def test_init_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(SupplygraphError, match="No space left on device"):
        init(tmp_path / "toy")
    assert list(tmp_path.iterdir()) == []


def test_schema_of_a_table(capsys):
    schema("demand")
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert lines[0][:2] == ["column", "type"]
    assert lines[1][0] == "product"
    assert {len(line) for line in lines} == {8}


def test_schema_of_all_tables(capsys):
    schema(None)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 20
    assert lines[1].startswith("countries\tyes\tid")


def test_schema_of_an_unknown_table():
    with pytest.raises(UsageError, match="Did you mean 'demand'"):
        schema("demands")
