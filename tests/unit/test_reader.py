import contextlib
import json
import os
import random
import resource
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supplygraph.dataset import Dataset, read_dataset, shipped_datasets
from supplygraph.dataset.tables import ROW
from supplygraph.errors import DatasetError, UsageError
from supplygraph.schema import table_names, table_schema

SOURCE = Path(__file__).parents[2] / "examples" / "three-nodes"
FILES = {path.name: path.read_text(encoding="utf-8") for path in sorted(SOURCE.glob("*.csv"))}


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, content in (FILES | files).items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)
    return folder


def faults(folder: Path) -> list[str]:
    with pytest.raises(DatasetError) as caught:
        read_dataset(folder)
    return [str(fault) for fault in caught.value.faults]


def test_every_table_has_every_column_and_its_dtype():
    dataset = read_dataset(SOURCE)
    for name in table_names():
        frame = dataset[name]
        assert list(frame.columns) == [*table_schema(name).names, ROW]
        for column in table_schema(name).columns:
            kind = {"number": "float64", "integer": "float64", "boolean": "bool", "list": "object"}
            assert frame[column.name].dtype == kind.get(column.type, "str")


def test_blank_is_nan_default_or_empty():
    dataset = read_dataset(SOURCE)
    capacities = dataset["capacities"]
    assert capacities["recipes"].tolist() == [("dig",), ("sinter",)]
    assert np.isnan(capacities["low"]).all()
    assert capacities["from_date"].tolist() == ["2020-01", "2020-01"]
    assert capacities["note"].tolist() == ["", ""]
    assert dataset["recipes"]["essential"].tolist() == [True, True, True]
    assert dataset["observations"]["role"].tolist() == ["fit"]
    assert dataset["trade"][ROW].tolist() == [2]


def test_a_folder_without_sources_is_graded_d_with_one_warning():
    dataset = read_dataset(SOURCE)
    assert set(dataset["capacities"]["evidence"]) == {"D"}
    assert dataset["needs"]["need_evidence"].tolist() == ["A"]
    assert dataset.warnings == ("three-nodes has no sources.csv: every figure in it is graded D.",)


def test_has_and_unknown_table():
    dataset = read_dataset("three-nodes")
    assert dataset.has("trade") and not dataset.has("operators")
    assert dataset["operators"].empty
    with pytest.raises(UsageError, match="Did you mean 'trade'"):
        dataset["trades"]


def test_norway_and_namibia_stay_themselves(tmp_path):
    countries = "id,name,market,region\nCN,China,CN,CN\nJP,Japan,JP,JP\n"
    countries += "NO,Norway,NO,EU\nNA,Namibia,NA,ROW\n"
    folder = write(tmp_path / "d", {"countries.csv": countries})
    (folder / "measures").mkdir()
    (folder / "measures" / "m.yaml").write_text("countries: [NO, NA]\nNO: off\nfrom: 2025-04-04\n")
    dataset = read_dataset(folder)
    assert dataset["countries"]["id"].tolist() == ["CN", "JP", "NO", "NA"]
    assert dataset.documents["measures"]["m"] == {
        "countries": ["NO", "NA"],
        "NO": "off",
        "from": "2025-04-04",
    }


def test_package_names_the_dataset(tmp_path):
    package = json.dumps({"name": "toy", "version": "1.2", "title": "Toy"})
    dataset = read_dataset(write(tmp_path / "d", {"datapackage.json": package}))
    assert (dataset.name, dataset.version, dataset.title) == ("toy", "1.2", "Toy")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", ": it is not JSON"),
        ("[1]", ""),
        (b"\xff\xfe", ": it is not UTF-8"),
        ("[" * 100_000, ": it is nested more than 50 deep"),
        ('{"name": ' + "[" * 60 + "]" * 60 + "}", ": it is nested more than 50 deep"),
        ('{"version": NaN}', ": it is not JSON"),
        (" " * 4_000_001, ": it is longer than 4,000,000 bytes"),
    ],
)
def test_damaged_package_is_a_fault(tmp_path, content, why):
    found = faults(write(tmp_path / "d", {"datapackage.json": content}))
    assert found == [
        f"datapackage.json: file is not a readable data package{why}. "
        "Mend it, or delete it and write a new one."
    ]


def test_a_package_that_is_a_folder_or_a_pipe_is_a_fault(tmp_path):
    folder = write(tmp_path / "d", {})
    (folder / "datapackage.json").mkdir()
    assert "it is not a regular file (a folder)" in faults(folder)[0]
    (folder / "datapackage.json").rmdir()
    os.mkfifo(folder / "datapackage.json")
    assert "it is not a regular file (a pipe or device)" in faults(folder)[0]
    (folder / "datapackage.json").unlink()
    (folder / "datapackage.json").symlink_to("nowhere")
    assert "it cannot be read (No such file or directory)" in faults(folder)[0]


def test_line_numbers_count_lines_not_rows(tmp_path):
    text = 'product,market,units,year,note\n\nev,JP,1,2024,"two\nlines"\nev,XX,1,2025,\n'
    assert any(
        "demand.csv row 5, market: 'XX'" in f
        for f in faults(write(tmp_path / "d", {"demand.csv": text}))
    )


# What a file can be that is not a table.


def test_missing_required_column(tmp_path):
    text = "facility,line,quantity,unit\nmine-a,1,120,t_reo/yr\n"
    found = faults(write(tmp_path / "d", {"capacities.csv": text}))
    assert "capacities.csv row 1, recipes: required column is missing. Add it: Recipes" in found[0]


def test_unknown_column(tmp_path):
    text = FILES["demand.csv"].replace("units", "unlts")
    found = faults(write(tmp_path / "d", {"demand.csv": text}))
    assert found[0] == (
        "demand.csv row 1, header: 'unlts' is not a column of this table. Did you mean 'units'?"
    )


def test_duplicated_header(tmp_path):
    text = "product,market,units,year,year\nev,JP,15000,2024,2024\n"
    found = faults(write(tmp_path / "d", {"demand.csv": text}))
    assert "demand.csv row 1, year: column stands twice in the header" in found[0]


def test_nameless_column(tmp_path):
    text = "product,market,units,year,\nev,JP,15000,2024,\n"
    found = faults(write(tmp_path / "d", {"demand.csv": text}))
    assert "column 5 has no name" in found[0]


def test_ragged_row(tmp_path):
    text = FILES["demand.csv"] + "ev,JP,1,5,2025\nev,JP\n"
    found = faults(write(tmp_path / "d", {"demand.csv": text}))
    assert "demand.csv row 3: row has 5 fields where the header has 4. Quote" in found[0]
    assert "demand.csv row 4: row has 2 fields" in found[1]


def test_semicolons_and_tabs(tmp_path):
    for mark, word in ((";", "semicolons"), ("\t", "tabs")):
        text = FILES["demand.csv"].replace(",", mark)
        found = faults(write(tmp_path / "d", {"demand.csv": text}))
        assert found == [
            f"demand.csv row 1: columns are separated by {word}. "
            "Save it with commas (and decimal points)."
        ]


def test_empty_and_header_only(tmp_path):
    found = faults(write(tmp_path / "d", {"demand.csv": "", "trade.csv": ""}))
    assert len(found) == 2
    assert "demand.csv: file is empty" in found[0]
    header = FILES["demand.csv"].splitlines()[0] + "\n"
    found = faults(write(tmp_path / "d", {"demand.csv": header}))
    assert found[0].startswith("demand.csv: table has no rows. Write demand.csv with the columns")
    header = FILES["stocks.csv"].splitlines()[0] + "\n"
    assert read_dataset(write(tmp_path / "d", {"stocks.csv": header}))["stocks"].empty


def test_missing_required_table(tmp_path):
    folder = write(tmp_path / "d", {})
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
    folder = write(tmp_path / "d", {"demand.csv": content})
    with pytest.raises(DatasetError, match=text) as caught:
        read_dataset(folder)
    assert {fault.file for fault in caught.value.faults} == {"demand.csv"}


@pytest.mark.parametrize("shape", ["line", "quoted", "lines"])
def test_a_field_of_100_megabytes_is_refused_before_it_is_read(tmp_path, shape):
    folder = write(tmp_path / "d", {})
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
    found = faults(write(tmp_path / "d", {"captials.csv": "a\n", "trades.csv": "a\n"}))
    assert found[1] == ("trades.csv: file is no table of the schema. Did you mean 'trade'?")


def test_hidden_files_are_left_alone(tmp_path):
    files = {"._trade.csv": b"\0\1", ".~lock.trade.csv#": "x", "README.md": "x"}
    assert read_dataset(write(tmp_path / "d", files)).has("trade")


def test_derived_tables_are_no_input(tmp_path):
    folder = write(tmp_path / "d", {})
    (folder / "derived").mkdir()
    (folder / "derived" / "baseline.csv").write_text("x\n1\n")
    assert read_dataset(folder).hash == read_dataset(SOURCE).hash


# Cells.


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
    folder = write(
        tmp_path / "d", {"demand.csv": f"product,market,units,year\nev,JP,{value},2024\n"}
    )
    with pytest.raises(DatasetError, match=text) as caught:
        read_dataset(folder)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("value", ["2024-13", "2024-00", "2024-02-30", "24-01", "2024", "01/2024"])
def test_impossible_dates(tmp_path, value):
    text = FILES["capacities.csv"].replace("2020-01", value)
    with pytest.raises(DatasetError, match=f"'{value}' is not a date. Write a date that exists"):
        read_dataset(write(tmp_path / "d", {"capacities.csv": text}))


def test_whole_and_partial_dates(tmp_path):
    events = "id,date,event\na,2024,x\nb,2024-02,x\nc,2024-02-29,x\n"
    dataset = read_dataset(write(tmp_path / "d", {"events.csv": events}))
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
    folder = write(tmp_path / "d", {file: FILES[file].replace(old, new)})
    with pytest.raises(DatasetError, match=text):
        read_dataset(folder)


def test_all_faults_come_together(tmp_path):
    files = {
        "demand.csv": "product,market,units,year\nev,JP,-1,2024\n",
        "trade.csv": FILES["trade.csv"].replace("JP", "XX"),
        "stocks.csv": b"\xff\xfe",
    }
    found = faults(write(tmp_path / "d", files))
    assert [line.split(" row")[0] for line in found] == ["demand.csv", "stocks.csv", "trade.csv"]


# YAML.


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a: 1\nb: !!python/object/apply:os.system ['true']\n", "measures/m.yaml row 2: tag"),
        ("!x\na: 1\n", "tag '!x' is not allowed"),
        ("a: &x 1\nb: *x\n", "row 2: aliases are not used here"),
        ("a: 1\na: 2\n", "row 2: key 'a' stands twice"),
        ("- 1\n", "is not a mapping of keys to values"),
        ("", "is not a mapping of keys to values"),
        ("a: [1\n", "row 2: expected"),
        ("a: 1e999\n", "number is not finite"),
        ("a: \0", "special characters are not allowed"),
        ("[" * 5000, "is nested too deeply"),
        (b"a: \xe9\n", "is not UTF-8"),
        ("a: " + "x" * 1_000_001, "is longer than 1,000,000 bytes"),
    ],
)
def test_yaml_that_is_refused(tmp_path, content, text):
    folder = write(tmp_path / "d", {})
    (folder / "measures").mkdir()
    data = content.encode() if isinstance(content, str) else content
    (folder / "measures" / "m.yaml").write_bytes(data)
    with pytest.raises(DatasetError, match=text):
        read_dataset(folder)


def test_yaml_values(tmp_path):
    folder = write(tmp_path / "d", {})
    (folder / "curves").mkdir()
    text = "a: 0.5\nb: 12\nc: ~\nd: true\ne: 1e-3\nf: 010\ng: 12:30:00\nh: on\n2025-04: .5\n"
    (folder / "curves" / "c.yaml").write_text(text)
    assert read_dataset(folder).documents["curves"]["c"] == {
        "a": 0.5,
        "b": 12,
        "c": None,
        "d": True,
        "e": 0.001,
        "f": "010",
        "g": "12:30:00",
        "h": "on",
        "2025-04": 0.5,
    }


# Paths.


def test_paths_that_are_no_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    for path, text in (
        (tmp_path / "file", "is a file. Name the folder"),
        (tmp_path / "nothing", "is no folder and no shipped dataset"),
        ("tree-nodes", "Did you mean 'three-nodes'"),
        ("a\0b", "is no folder"),
        ("x" * 10_000, "is no folder"),
    ):
        with pytest.raises(UsageError, match=text):
            read_dataset(path)


def test_empty_folder(tmp_path):
    with pytest.raises(
        DatasetError, match=r"folder holds no tables\. Begin with 'supplygraph init"
    ):
        read_dataset(tmp_path)


def test_a_folder_and_a_pipe_instead_of_a_table(tmp_path):
    folder = write(tmp_path / "d", {})
    (folder / "trade.csv").unlink()
    (folder / "trade.csv").mkdir()
    (folder / "stocks.csv").unlink()
    os.mkfifo(folder / "stocks.csv")
    found = faults(folder)
    assert found == [
        f"{name}.csv: is not a regular file ({what}). Put a plain file there."
        for name, what in (("stocks", "a pipe or device"), ("trade", "a folder"))
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable(tmp_path):
    folder = write(tmp_path / "d", {})
    (folder / "trade.csv").chmod(0)
    assert "cannot be read (Permission denied)" in faults(folder)[0]


def test_symbolic_links_are_followed(tmp_path):
    (tmp_path / "d").mkdir()
    for name in FILES:
        (tmp_path / "d" / name).symlink_to(SOURCE / name)
    assert read_dataset(tmp_path / "d").hash == read_dataset(SOURCE).hash


def test_shipped_datasets_hold_the_example():
    assert shipped_datasets()["three-nodes"].is_dir()


# The hash, and whatever else a file may hold.

relaxed = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.slow
@relaxed
@given(seed=st.integers(0, 2**32))
def test_order_of_rows_and_columns_does_not_reach_the_hash(tmp_path, seed):
    rng = random.Random(seed)
    files = {}
    for name, text in FILES.items():
        header, *rows = [line.split(",") for line in text.splitlines()]
        order = rng.sample(range(len(header)), len(header))
        rng.shuffle(rows)
        lines = [[row[i] for i in order] for row in [header, *rows]]
        files[name] = "\n".join(",".join(line) for line in lines) + "\n"
    assert read_dataset(write(tmp_path / "d", files)).hash == read_dataset(SOURCE).hash


def test_bom_and_crlf_do_not_reach_the_hash(tmp_path):
    files = {
        name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() for name, text in FILES.items()
    }
    assert read_dataset(write(tmp_path / "d", files)).hash == read_dataset(SOURCE).hash


def test_content_reaches_the_hash(tmp_path):
    changed = FILES["demand.csv"].replace("15000", "15001")
    dataset = read_dataset(write(tmp_path / "d", {"demand.csv": changed}))
    assert dataset.hash != read_dataset(SOURCE).hash
    (tmp_path / "d" / "scenarios").mkdir()
    (tmp_path / "d" / "scenarios" / "s.yaml").write_text("a: 1\n")
    assert read_dataset(tmp_path / "d").hash != dataset.hash


def read_or_refuse(folder: Path) -> None:
    """Any other exception than DatasetError fails the test."""
    with contextlib.suppress(DatasetError):
        assert isinstance(read_dataset(folder), Dataset)


@pytest.mark.slow
@relaxed
@given(name=st.sampled_from(sorted(FILES)), content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path, name, content):
    read_or_refuse(write(tmp_path / "d", {name: content}))


@pytest.mark.slow
@relaxed
@given(data=st.data())
def test_any_mutation_is_read_or_refused(tmp_path, data):
    name = data.draw(st.sampled_from(sorted(FILES)))
    lines = [line.split(",") for line in FILES[name].splitlines()]
    words = sorted(
        {cell for text in FILES.values() for line in text.split("\n") for cell in line.split(",")}
    )
    junk = st.one_of(
        st.sampled_from(words), st.text(max_size=8), st.sampled_from(["-1", "nan", "*"])
    )
    for _ in range(data.draw(st.integers(1, 4))):
        row = data.draw(st.integers(0, len(lines) - 1))
        column = data.draw(st.integers(0, max(0, len(lines[row]) - 1)))
        action = data.draw(st.sampled_from(["cell", "drop", "copy", "cut"]))
        if action == "cell" and lines[row]:
            lines[row][column] = data.draw(junk)
        elif action == "drop" and len(lines) > 1:
            del lines[row]
        elif action == "copy":
            lines.append(list(lines[row]))
        elif action == "cut":
            del lines[row][column:]
    text = "\n".join(",".join(line) for line in lines)
    read_or_refuse(write(tmp_path / "d", {name: text.encode("utf-8", "surrogatepass")}))


@pytest.mark.slow
@relaxed
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_yaml_is_read_or_refused(tmp_path, content):
    folder = tmp_path / "y"
    if not folder.exists():
        write(folder, {})
        (folder / "scenarios").mkdir()
    (folder / "scenarios" / "s.yaml").write_bytes(content)
    read_or_refuse(folder)
