"""A folder of CSV and YAML files into a checked Dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from supplygraph.dataset.cautions import add_cautions
from supplygraph.dataset.checks import run_checks
from supplygraph.dataset.csvfile import RawTable
from supplygraph.dataset.files import content_hash, read_files
from supplygraph.dataset.sources import grade_tables
from supplygraph.dataset.tables import Dataset, build_table, note_rows
from supplygraph.errors import DatasetError, Fault
from supplygraph.progress import doing
from supplygraph.schema import table_names, table_schema
from supplygraph.schema.folders import find_folder


def read_dataset(path: str | Path | None = None) -> Dataset:
    """Read a dataset and check it by every rule.

    Parameters
    ----------
    path
        A folder, or the name of a shipped dataset; ``rare-earths`` if left out.

    Raises
    ------
    UsageError
        If there is no such folder or name.
    DatasetError
        With all faults found in it.

    Examples
    --------
    >>> dataset = read_dataset("three-nodes")
    >>> dataset["facilities"]["id"].tolist()
    ['mine-a', 'plant-b']
    >>> dataset.has("sources"), dataset["sources"].empty
    (False, True)
    """
    folder = find_folder(path)
    with doing("Reading the dataset"):
        return _read(folder)


def _read(folder: Path) -> Dataset:
    read = read_files(folder)
    raws, faults = read.tables, list(read.faults)
    tables, broken, found = _build_tables(raws, faults)
    faults += found
    dataset = Dataset(
        name=read.name,
        version=read.version,
        path=folder,
        hash=read.hash,
        tables_hash=content_hash(raws, {}),
        tables=MappingProxyType(tables),
        headers=MappingProxyType({name: raw.header for name, raw in raws.items()}),
        documents=read.documents,
        warnings=read.unread,
        title=str(read.package.get("title") or ""),
    )
    faults += run_checks(dataset, broken)
    if faults:
        raise DatasetError(read.label, list(dict.fromkeys(_one_cause(faults, raws))))
    return add_cautions(grade_tables(dataset))


def _build_tables(
    raws: Mapping[str, RawTable], reading: list[Fault]
) -> tuple[dict[str, Any], frozenset[str], list[Fault]]:
    """Type every table; ``broken`` are those whose rows cannot be relied on by other checks."""
    tables: dict[str, Any] = {}
    faults: list[Fault] = []
    broken = {fault.file.removesuffix(".csv") for fault in reading}
    for name in table_names():
        schema, raw = table_schema(name), raws.get(name)
        damaged = name in broken
        tables[name], found = build_table(schema, raw)
        # A file that could not be parsed has one fault, not one per column it seems to lack.
        faults += [] if damaged and not (raw and len(raw.header) > 1) else found
        broken |= {name} if any(fault.row == 1 for fault in found) else set()
        if schema.required and not damaged and (raw is None or not raw.rows):
            broken.add(name)
            rule = "table is missing" if raw is None else "table has no rows"
            way_out = f"Write {name}.csv with the columns {', '.join(_needed(name))}."
            faults.append(Fault(f"{name}.csv", 0, "", "", rule, way_out))
    return tables, frozenset(broken), faults


def _one_cause(faults: list[Fault], raws: Mapping[str, RawTable]) -> list[Fault]:
    """A note or a total below a table is one fault, not one for each cell it leaves blank."""
    notes = {name: note_rows(table_schema(name), raw) for name, raw in raws.items()}
    inside = {
        (f"{name}.csv", row) for name, found in notes.items() for _, rows in found for row in rows
    }
    kept = [fault for fault in faults if (fault.file, fault.row) not in inside]
    return kept + [fault for found in notes.values() for fault, _ in found]


def _needed(table: str) -> list[str]:
    return [column.name for column in table_schema(table).columns if column.required]
