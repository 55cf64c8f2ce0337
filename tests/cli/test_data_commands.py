"""``validate``, ``init`` and ``schema``: what they print and write."""

import pytest
from jsonschema import Draft202012Validator

from supplygraph.cli.data import init, schema
from supplygraph.dataset import read_dataset
from supplygraph.errors import SupplygraphError, UsageError
from supplygraph.schema.commands import command_schema


def test_validate_a_good_dataset(run):
    done = run("validate", "three-nodes")
    assert (done.code, done.err) == (0, "")
    first, _, note = done.out.splitlines()
    assert first == "No fault: 11 tables, 17 rows."
    assert note.startswith("* three-nodes has no sources.csv")
    asked = run("validate", "three-nodes", "--format", "json").envelope
    read = {"tables": 11, "rows": 17, "documents": 0}
    assert asked["results"] == [] and asked["params"] == {"path": "three-nodes"} | read


@pytest.mark.slow
def test_validate_takes_the_dataset_of_the_program(run, broken):
    assert run("--dataset", "three-nodes", "validate").out.startswith("No fault: 11 tables")
    assert run("--dataset", "three-nodes", "validate", broken).code == 3


@pytest.fixture
def broken(run, tmp_path):
    """The three-node dataset with two faults in one row."""
    run("init", tmp_path / "toy")
    demand = tmp_path / "toy" / "demand.csv"
    demand.write_text("product,market,units,year\nev,JPP,-1,2024\n")
    return tmp_path / "toy"


def test_validate_prints_every_fault_and_exits_3(run, broken):
    done = run("validate", broken)
    assert done.code == 3
    assert done.out.splitlines() == [
        "demand.csv row 2, market: 'JPP' is not in countries.csv. Did you mean 'JP'?",
        "demand.csv row 2, units: '-1' is below 0. "
        "Every quantity is >= 0; reverse the flow or blank it.",
    ]
    assert done.err == "2 problems in toy\n"


@pytest.mark.slow
def test_validate_gives_a_table_of_faults(run, broken):
    done = run("validate", broken, "--format", "json")
    assert (done.code, done.err) == (3, "2 problems in toy\n")
    Draft202012Validator(command_schema("validate")).validate(done.envelope)
    assert done.envelope["dataset"] == {"name": "toy", "version": None, "hash": None}
    assert done.envelope["results"][0] == {
        "file": "demand.csv",
        "row": 2,
        "column": "market",
        "value": "JPP",
        "rule": "not in countries.csv",
        "way_out": "Did you mean 'JP'?",
    }
    header, first, _ = run("validate", broken, "--format", "tsv").out.splitlines()
    assert header.split("\t") == ["file", "row", "column", "value", "rule", "way_out"]
    assert first.split("\t")[1:3] == ["2", "market"]


def test_validate_writes_a_file_and_still_exits_3(run, broken, tmp_path):
    done = run("validate", broken, "-o", tmp_path / "faults.csv")
    assert (done.code, done.out) == (3, "")
    assert len((tmp_path / "faults.csv").read_text().splitlines()) == 3
    assert run("validate", broken, "-o", tmp_path / "faults.csv").code == 2


def test_validate_a_wrong_path(run):
    done = run("validate", "nowhere")
    assert done.code == 2 and "is no folder and no shipped dataset" in done.err


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

    monkeypatch.setattr("supplygraph.writing.os.rename", full)
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
    assert len(lines) == 21
    assert lines[1].startswith("countries\tyes\tid")


def test_schema_of_an_unknown_table():
    with pytest.raises(UsageError, match="Did you mean 'demand'"):
        schema("demands")
