"""No file that may hold figures, and no plant, is passed over in silence."""

import gzip

import pytest
from toy import EXAMPLE, cautions, faults, toy

import supplygraph as sg
from supplygraph.errors import DatasetError

pytestmark = pytest.mark.sampled

TRADE = (EXAMPLE / "trade.csv").read_text()


@pytest.mark.parametrize(
    "name",
    [
        "trade.xlsx",
        "Trade.XLS",
        "trade.ods",
        "trade.tsv",
        "trade.txt",
        "trade.json",
        "trade.parquet",
        "trade.csv.gz",
        "trade",
        "trade.csv.bak",
    ],
)
def test_a_table_in_another_format_is_a_fault_where_it_is_lacking(tmp_path, name):
    folder = toy(tmp_path)
    (folder / "trade.csv").unlink()
    (folder / name).write_bytes(gzip.compress(TRADE.encode()))
    assert faults(folder) == [
        f"{name}: is not read, since tables are CSV files. "
        "Save it as trade.csv in the dataset's folder (comma-separated, UTF-8)."
    ]


@pytest.mark.parametrize("place", ["tables/trade.csv", "data/trade.csv", "data/trade.xlsx"])
def test_a_table_in_a_folder_below_is_a_fault_where_it_is_lacking(tmp_path, place):
    folder = toy(tmp_path)
    (folder / "trade.csv").unlink()
    (folder / place).parent.mkdir()
    (folder / place).write_text(TRADE)
    (found,) = faults(folder)
    assert found.startswith(f"{place}: is not read: tables lie beside each other")
    assert found.endswith("Save it as trade.csv in the dataset's folder (comma-separated, UTF-8).")


def test_a_folder_of_workbooks_alone_names_them(tmp_path):
    (tmp_path / "trade.xlsx").write_bytes(b"PK")
    with pytest.raises(DatasetError, match=r"trade\.xlsx: is not read"):
        sg.load(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("trade.xlsx", "trade.xlsx is not read: trade.csv is. Delete the one that is older."),
        ("old/trade.csv", "old/trade.csv is not read: trade.csv is."),
        ("survey.xlsx", "survey.xlsx is not read: tables are CSV files. Save what belongs to"),
        ("imports 2024.tsv", "imports 2024.tsv is not read: tables are CSV files."),
        ("measures/trade.csv", "measures/trade.csv is not read: trade.csv is."),
    ],
)
def test_what_else_is_not_read_is_a_warning(tmp_path, name, told):
    folder = toy(tmp_path)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("x")
    (found,) = cautions(folder)
    assert found.startswith(told)
    assert found in sg.load(folder).remove("id=mine-a").solve().results.warnings


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "notes.txt",
        "map.png",
        "~$trade.xlsx",
        ".trade.csv.swp",
        "old/notes.csv",
        "x.json",
    ],
)
def test_prose_locks_and_pictures_are_left_alone(tmp_path, name):
    folder = toy(tmp_path)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("x")
    assert cautions(folder) == []


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("plant-z,Plant Z,JP,op,metal,reduce,operating,,", "row 4 (plant-z)"),
        (
            "plant-y,Y,JP,op,metal,reduce,ramping,,\nplant-z,Z,JP,op,metal,reduce,operating,,",
            "rows 4 (plant-y), 5 (plant-z)",
        ),
        ("plant-z,Plant Z,JP,op,metal,reduce,closed,,", ""),
        ("plant-z,Plant Z,JP,op,metal,reduce,project,,", ""),
        # Counted in the group's total, which has a line.
        ("plant-z,Plant Z,JP,op,magnet,sinter,operating,plant-b,", ""),
    ],
)
def test_a_plant_said_to_run_without_a_line_is_named(tmp_path, rows, told):
    found = [text for text in cautions(toy(tmp_path, ("facilities", rows))) if "no line" in text]
    assert [text.partition(":")[0] for text in found] == [f"facilities.csv {told}"] * bool(told)


def test_validate_prints_warnings_and_remarks(tmp_path, capsys):
    from supplygraph.cli.app import main

    folder = toy(tmp_path, ("facilities", "plant-z,Plant Z,JP,op,metal,reduce,operating,,"))
    (folder / "survey.xlsx").write_text("x")
    with pytest.raises(SystemExit) as caught:
        main(["validate", str(folder)])
    assert caught.value.code == 0
    told = capsys.readouterr()
    assert told.err == ""
    out = " ".join(told.out.split())
    assert out.startswith("No fault: 11 tables, 18 rows. * survey.xlsx is not read")
    assert "* facilities.csv row 4 (plant-z): said to run" in out
