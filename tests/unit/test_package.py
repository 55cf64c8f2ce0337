import json
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from supplygraph.dataset import describe_package, read_dataset, shipped_datasets, write_package
from supplygraph.errors import DatasetError, SupplygraphError

EXAMPLE = Path(__file__).parents[2] / "examples" / "three-nodes"


def problems(package: Path) -> list:
    """What the frictionless validator finds, in a process of its own.

    It sets process-wide limits of the csv module when imported.
    """
    code = (
        "import frictionless, json, sys\n"
        "report = frictionless.validate(sys.argv[1])\n"
        "print(json.dumps(report.flatten(['type', 'message'])))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(package)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(EXAMPLE, tmp_path / "toy"))


@pytest.mark.slow
def test_frictionless_accepts_the_example(folder):
    package = write_package(read_dataset(folder), version="1.0.0")
    assert problems(package) == []
    assert read_dataset(folder).version == "1.0.0"
    assert sorted(p.name for p in folder.iterdir() if p.suffix != ".csv") == ["datapackage.json"]


@pytest.mark.slow
def test_frictionless_sees_a_broken_link_and_a_negative_number(folder):
    package = write_package(read_dataset(folder))
    demand = folder / "demand.csv"
    demand.write_text(demand.read_text().replace("ev,JP,15000", "evv,JP,-1"))
    assert {kind for kind, _ in problems(package)} == {"foreign-key", "constraint-error"}


@pytest.mark.slow
def test_frictionless_accepts_every_shipped_dataset(tmp_path):
    for name, source in shipped_datasets().items():
        copy = Path(shutil.copytree(source, tmp_path / name))
        written = (copy / "datapackage.json").is_file()
        before = (copy / "datapackage.json").read_text() if written else ""
        package = write_package(read_dataset(copy))
        assert problems(package) == []
        if written:
            assert json.loads(before) == json.loads(package.read_text()), "write it anew"


def test_links_only_where_the_target_is_a_primary_key(folder):
    package = describe_package(read_dataset(folder))
    resources = {item["name"]: item["schema"] for item in package["resources"]}
    assert resources["demand"]["primaryKey"] == ["product", "market", "year"]
    assert resources["demand"]["foreignKeys"] == [
        {"fields": ["product"], "reference": {"resource": "products", "fields": ["id"]}}
    ]
    assert resources["facilities"]["foreignKeys"] == [
        {"fields": ["country"], "reference": {"resource": "countries", "fields": ["id"]}},
        {"fields": ["parent_id"], "reference": {"resource": "", "fields": ["id"]}},
    ]
    assert "foreignKeys" not in resources["trade"]
    assert "primaryKey" not in resources["capacities"]


def test_properties_are_kept_when_written_again(folder):
    licence = {"name": "CC-BY-4.0"}
    write_package(read_dataset(folder), name="mine", version="2.0.0", licenses=[licence])
    package = json.loads(write_package(read_dataset(folder), version="2.1.0").read_text())
    assert (package["name"], package["version"]) == ("mine", "2.1.0")
    assert package["licenses"] == [licence]


def test_no_licence_is_claimed_for_others(folder):
    assert "licenses" not in describe_package(read_dataset(folder))


def test_a_damaged_package_is_not_overwritten(folder):
    dataset = read_dataset(folder)
    (folder / "datapackage.json").write_text("{")
    with pytest.raises(DatasetError, match="not a readable data package"):
        write_package(dataset)
    assert (folder / "datapackage.json").read_text() == "{"


def test_a_failed_write_leaves_nothing(folder, monkeypatch):
    dataset = read_dataset(folder)
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(SupplygraphError, match=r"datapackage\.json' cannot be written \(full\)"):
        write_package(dataset)
    assert [path.name for path in folder.iterdir() if path.suffix != ".csv"] == []


def test_the_description_is_plain_json(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = json.dumps(describe_package(read_dataset(folder)), allow_nan=False)
    assert json.loads(text)["profile"] == "tabular-data-package"
