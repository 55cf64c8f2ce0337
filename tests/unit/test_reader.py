"""A folder of tables becomes a dataset with its package and its hash; paths that are none."""

import json
import os
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy import EXAMPLE, FILES, faults, with_files

from supplygraph.dataset import read_dataset, shipped_datasets
from supplygraph.dataset.tables import ROW
from supplygraph.errors import DatasetError, UsageError
from supplygraph.schema import table_names, table_schema

pytestmark = pytest.mark.sampled


def test_every_table_has_every_column_and_its_dtype():
    dataset = read_dataset(EXAMPLE)
    for name in table_names():
        frame = dataset[name]
        assert list(frame.columns) == [*table_schema(name).names, ROW]
        for column in table_schema(name).columns:
            kind = {"number": "float64", "integer": "float64", "boolean": "bool", "list": "object"}
            assert frame[column.name].dtype == kind.get(column.type, "str")


def test_blank_is_nan_default_or_empty():
    dataset = read_dataset(EXAMPLE)
    capacities = dataset["capacities"]
    assert capacities["recipes"].tolist() == [("dig",), ("sinter",)]
    assert np.isnan(capacities["low"]).all()
    assert capacities["from_date"].tolist() == ["2020-01", "2020-01"]
    assert capacities["note"].tolist() == ["", ""]
    assert dataset["recipes"]["essential"].tolist() == [True, True, True]
    assert dataset["observations"]["role"].tolist() == ["fit"]
    assert dataset["trade"][ROW].tolist() == [2]


def test_a_folder_without_sources_is_graded_d_with_one_warning():
    dataset = read_dataset(EXAMPLE)
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
    folder = with_files(tmp_path / "d", {"countries.csv": countries})
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
    dataset = read_dataset(with_files(tmp_path / "d", {"datapackage.json": package}))
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
    found = faults(with_files(tmp_path / "d", {"datapackage.json": content}))
    assert found == [
        f"datapackage.json: file is not a readable data package{why}. "
        "Mend it, or delete it and write a new one."
    ]


def test_a_package_that_is_a_folder_or_a_pipe_is_a_fault(tmp_path):
    folder = with_files(tmp_path / "d", {})
    (folder / "datapackage.json").mkdir()
    assert "it is not a regular file (a folder)" in faults(folder)[0]
    (folder / "datapackage.json").rmdir()
    os.mkfifo(folder / "datapackage.json")
    assert "it is not a regular file (a pipe or device)" in faults(folder)[0]
    (folder / "datapackage.json").unlink()
    (folder / "datapackage.json").symlink_to("nowhere")
    assert "it cannot be read (No such file or directory)" in faults(folder)[0]


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
    folder = with_files(tmp_path / "d", {})
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
    folder = with_files(tmp_path / "d", {})
    (folder / "trade.csv").chmod(0)
    assert "cannot be read (Permission denied)" in faults(folder)[0]


def test_symbolic_links_are_followed(tmp_path):
    (tmp_path / "d").mkdir()
    for name in FILES:
        (tmp_path / "d" / name).symlink_to(EXAMPLE / name)
    assert read_dataset(tmp_path / "d").hash == read_dataset(EXAMPLE).hash


def test_shipped_datasets_hold_the_example():
    assert shipped_datasets()["three-nodes"].is_dir()


@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
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
    assert read_dataset(with_files(tmp_path / "d", files)).hash == read_dataset(EXAMPLE).hash


def test_bom_and_crlf_do_not_reach_the_hash(tmp_path):
    files = {
        name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() for name, text in FILES.items()
    }
    assert read_dataset(with_files(tmp_path / "d", files)).hash == read_dataset(EXAMPLE).hash


def test_content_reaches_the_hash(tmp_path):
    changed = FILES["demand.csv"].replace("15000", "15001")
    dataset = read_dataset(with_files(tmp_path / "d", {"demand.csv": changed}))
    assert dataset.hash != read_dataset(EXAMPLE).hash
    (tmp_path / "d" / "scenarios").mkdir()
    (tmp_path / "d" / "scenarios" / "s.yaml").write_text("a: 1\n")
    assert read_dataset(tmp_path / "d").hash != dataset.hash
