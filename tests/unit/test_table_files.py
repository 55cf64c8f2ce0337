"""What the file of a table can be, header, rows and cells, and what is said of each fault."""

import resource

import pytest
from toy import EXAMPLE, FILES, faults, with_files

from supplygraph.dataset import read_dataset
from supplygraph.errors import DatasetError

pytestmark = pytest.mark.sampled


def test_line_numbers_count_lines_not_rows(tmp_path):
    text = 'product,market,units,year,note\n\nev,JP,1,2024,"two\nlines"\nev,XX,1,2025,\n'
    assert any(
        "demand.csv row 5, market: 'XX'" in f
        for f in faults(with_files(tmp_path / "d", {"demand.csv": text}))
    )


def test_missing_required_column(tmp_path):
    text = "facility,line,quantity,unit\nmine-a,1,120,t_reo/yr\n"
    found = faults(with_files(tmp_path / "d", {"capacities.csv": text}))
    assert "capacities.csv row 1, recipes: required column is missing. Add it: Recipes" in found[0]


def test_unknown_column(tmp_path):
    text = FILES["demand.csv"].replace("units", "unlts")
    found = faults(with_files(tmp_path / "d", {"demand.csv": text}))
    assert found[0] == (
        "demand.csv row 1, header: 'unlts' is not a column of this table. Did you mean 'units'?"
    )


def test_duplicated_header(tmp_path):
    text = "product,market,units,year,year\nev,JP,15000,2024,2024\n"
    found = faults(with_files(tmp_path / "d", {"demand.csv": text}))
    assert "demand.csv row 1, year: column stands twice in the header" in found[0]


def test_nameless_column(tmp_path):
    text = "product,market,units,year,\nev,JP,15000,2024,\n"
    found = faults(with_files(tmp_path / "d", {"demand.csv": text}))
    assert "column 5 has no name" in found[0]


def test_ragged_row(tmp_path):
    text = FILES["demand.csv"] + "ev,JP,1,5,2025\nev,JP\n"
    found = faults(with_files(tmp_path / "d", {"demand.csv": text}))
    assert "demand.csv row 3: row has 5 fields where the header has 4. Quote" in found[0]
    assert "demand.csv row 4: row has 2 fields" in found[1]


def test_semicolons_and_tabs(tmp_path):
    for mark, word in ((";", "semicolons"), ("\t", "tabs")):
        text = FILES["demand.csv"].replace(",", mark)
        found = faults(with_files(tmp_path / "d", {"demand.csv": text}))
        assert found == [
            f"demand.csv row 1: columns are separated by {word}. "
            "Save it with commas (and decimal points)."
        ]


def test_empty_and_header_only(tmp_path):
    found = faults(with_files(tmp_path / "d", {"demand.csv": "", "trade.csv": ""}))
    assert len(found) == 2
    assert "demand.csv: file is empty" in found[0]
    header = FILES["demand.csv"].splitlines()[0] + "\n"
    found = faults(with_files(tmp_path / "d", {"demand.csv": header}))
    assert found[0].startswith("demand.csv: table has no rows. Write demand.csv with the columns")
    header = FILES["stocks.csv"].splitlines()[0] + "\n"
    assert read_dataset(with_files(tmp_path / "d", {"stocks.csv": header}))["stocks"].empty


def test_missing_required_table(tmp_path):
    folder = with_files(tmp_path / "d", {})
    (folder / "needs.csv").unlink()
    assert faults(folder) == [
        "needs.csv: table is missing. Write needs.csv with the columns "
        "product, material, unit, need_evidence, quantity_evidence."
    ]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (FILES["demand.csv"].encode("utf-16"), "holds UTF-16, not UTF-8. Save the file as UTF-8"),
        (FILES["demand.csv"].encode("utf-16-le"), r"holds a control character \(0x00\)"),
        (b"product,market\n\xe9v,JP\n", r"row 2: holds not UTF-8 \(byte 0xe9; perhaps Latin-1\)"),
        (FILES["demand.csv"].encode() + b"ev,J\0P,1,2025\n", r"row 3: holds a control character"),
        (b'product,market\n"ev,JP\n', "opens a quote that is never closed. Close the quote"),
        (b'product,market\n"ev"x,JP\n', "is not CSV"),
        (b"product,market\rev,JP\r", "holds a bare carriage return"),
    ],
)
def test_files_that_are_no_text(tmp_path, content, text):
    folder = with_files(tmp_path / "d", {"demand.csv": content})
    with pytest.raises(DatasetError, match=text) as caught:
        read_dataset(folder)
    assert {fault.file for fault in caught.value.faults} == {"demand.csv"}


@pytest.mark.parametrize("shape", ["line", "quoted", "lines"])
def test_a_field_of_100_megabytes_is_refused_before_it_is_read(tmp_path, shape):
    folder = with_files(tmp_path / "d", {})
    block = ("x" * 99 + "\n" if shape == "lines" else "x" * 100).encode() * 10_000
    with (folder / "demand.csv").open("wb") as file:
        file.write(b"product,market,units,year,note\nev,JP,1,2024,")
        file.write(b"" if shape == "line" else b'"')
        for _ in range(100):
            file.write(block)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = faults(folder)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
    assert len(found) == 1
    assert "longer than a field may be" in found[0] or "a row of more than" in found[0]


def test_unknown_file(tmp_path):
    found = faults(with_files(tmp_path / "d", {"captials.csv": "a\n", "trades.csv": "a\n"}))
    assert found[1] == ("trades.csv: file is no table of the schema. Did you mean 'trade'?")


def test_hidden_files_are_left_alone(tmp_path):
    files = {"._trade.csv": b"\0\1", ".~lock.trade.csv#": "x", "README.md": "x"}
    assert read_dataset(with_files(tmp_path / "d", files)).has("trade")


def test_derived_tables_are_no_input(tmp_path):
    folder = with_files(tmp_path / "d", {})
    (folder / "derived").mkdir()
    (folder / "derived" / "baseline.csv").write_text("x\n1\n")
    assert read_dataset(folder).hash == read_dataset(EXAMPLE).hash


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("-4", r"'-4' is below 0\. Every quantity is >= 0"),
        ("nan", "'nan' is a mark that gives no figure. Delete the row, or give the units"),
        ("inf", "'inf' is not a number"),
        ("1e999", "'1e999' is not finite"),
        ("a lot", "'a lot' is not a number"),
        ("1_000", "'1_000' is a number with gaps between thousands. Write 1000"),
        ("٣", "is not a number in plain digits. Write 3"),
        ('"15,5"', r"'15,5' is not a number with a decimal point\. Write 15\.5, not 15,5"),
        ("", "demand.csv row 2, units: value is missing. Delete the row, or give the units"),
        ("x" * 1000, "'xxxxxxxxxxxx"),
    ],
)
def test_quantities(tmp_path, value, text):
    folder = with_files(
        tmp_path / "d", {"demand.csv": f"product,market,units,year\nev,JP,{value},2024\n"}
    )
    with pytest.raises(DatasetError, match=text) as caught:
        read_dataset(folder)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("value", ["2024-13", "2024-00", "2024-02-30", "24-01", "2024", "01/2024"])
def test_impossible_dates(tmp_path, value):
    text = FILES["capacities.csv"].replace("2020-01", value)
    with pytest.raises(DatasetError, match=f"'{value}' is not a date. Write a date that exists"):
        read_dataset(with_files(tmp_path / "d", {"capacities.csv": text}))


def test_whole_and_partial_dates(tmp_path):
    events = "id,date,event\na,2024,x\nb,2024-02,x\nc,2024-02-29,x\n"
    dataset = read_dataset(with_files(tmp_path / "d", {"events.csv": events}))
    assert dataset["events"]["date"].tolist() == ["2024", "2024-02", "2024-02-29"]


@pytest.mark.parametrize(
    ("file", "old", "new", "text"),
    [
        ("needs.csv", "true,A,A", "yes,A,A", "'yes' is neither true nor false"),
        (
            "needs.csv",
            "true,A,A",
            "true,E,A",
            "'E' is not one of A, B, C, D, calc. Write one of them.",
        ),
        ("products.csv", "autos", "auto", "'auto' is not one of autos, .* Did you mean 'autos'"),
        ("products.csv", "counted", "x", "basis: 'x' is not one of .*. Write one of them."),
        ("materials.csv", "ore-a", "ore:a", "'ore:a' is not an id. Use letters, digits"),
        ("demand.csv", "2024", "2024.5", "'2024.5' is not a whole number"),
        ("demand.csv", "2024", "24", "'24' is outside 1900 to 2100"),
    ],
)
def test_cells(tmp_path, file, old, new, text):
    folder = with_files(tmp_path / "d", {file: FILES[file].replace(old, new)})
    with pytest.raises(DatasetError, match=text):
        read_dataset(folder)


def test_all_faults_come_together(tmp_path):
    files = {
        "demand.csv": "product,market,units,year\nev,JP,-1,2024\n",
        "trade.csv": FILES["trade.csv"].replace("JP", "XX"),
        "stocks.csv": b"\xff\xfe",
    }
    found = faults(with_files(tmp_path / "d", files))
    assert [line.split(" row")[0] for line in found] == ["demand.csv", "stocks.csv", "trade.csv"]
