"""A folder of CSV and YAML files into a checked Dataset."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from supplygraph.dataset.cautions import add_cautions
from supplygraph.dataset.checks import run_checks
from supplygraph.dataset.csvfile import RawTable, read_csv
from supplygraph.dataset.documents import read_documents
from supplygraph.dataset.package import read_package
from supplygraph.dataset.sources import grade_tables
from supplygraph.dataset.tables import Dataset, build_table, note_rows
from supplygraph.dataset.unread import unread_files
from supplygraph.errors import DatasetError, Fault
from supplygraph.progress import doing
from supplygraph.schema import hint, table_names, table_schema
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
    raws, faults, unread = _read_tables(folder)
    documents, found = read_documents(folder)
    package, damaged = read_package(folder)
    faults += found + damaged
    tables, broken, found = _build_tables(raws, faults)
    faults += found
    dataset = Dataset(
        name=str(package.get("name") or folder.resolve().name),
        version=str(package.get("version") or "0"),
        path=folder,
        hash=_content_hash(raws, documents),
        tables_hash=_content_hash(raws, {}),
        tables=MappingProxyType(tables),
        headers=MappingProxyType({name: raw.header for name, raw in raws.items()}),
        documents=documents,
        warnings=tuple(unread),
        title=str(package.get("title") or ""),
    )
    faults += run_checks(dataset, broken)
    if faults:
        raise DatasetError(_label(folder), list(dict.fromkeys(_one_cause(faults, raws))))
    return add_cautions(grade_tables(dataset))


def _label(folder: Path) -> str:
    return folder.resolve().name or str(folder)


def _read_tables(folder: Path) -> tuple[dict[str, RawTable], list[Fault], list[str]]:
    """Tables as text, faults, and warnings of files that are not read."""
    raws: dict[str, RawTable] = {}
    faults: list[Fault] = []
    try:
        paths = sorted(item for item in folder.iterdir() if item.suffix.lower() == ".csv")
    except OSError as error:
        reason = error.strerror or "unreadable"
        fault = Fault(".", 0, "", "", f"folder cannot be read ({reason})", "Check permissions.")
        raise DatasetError(_label(folder), [fault]) from None
    for item in paths:
        if item.name.startswith("."):
            continue
        if item.suffix != ".csv" or item.stem not in table_names():
            way_out = hint(item.stem, table_names()).strip() or "Rename it, or move it elsewhere."
            faults.append(Fault(item.name, 0, "", "", "file is no table of the schema", way_out))
            continue
        raws[item.stem], found = read_csv(item, table_schema(item.stem).names)
        faults += found
    hidden, unread = unread_files(folder, raws)
    faults += hidden
    if not raws and not faults:
        way_out = "Begin with 'supplygraph init FOLDER', which writes an example."
        faults.append(Fault(".", 0, "", "", "folder holds no tables", way_out))
        raise DatasetError(_label(folder), faults)
    return raws, faults, unread


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


def _content_hash(raws: Mapping[str, RawTable], documents: Mapping[str, Mapping[str, Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(raws):
        raw = raws[name]
        lines = [
            json.dumps(
                sorted(
                    (column, cell.replace("\r\n", "\n"))
                    for column, cell in zip(raw.header, row, strict=True)
                    if cell
                )
            )
            for row in raw.rows
        ]
        for line in sorted(lines):
            digest.update(f"{name}\t{line}\n".encode())
    for folder in sorted(documents):
        for stem in sorted(documents[folder]):
            content = json.dumps(documents[folder][stem], sort_keys=True)
            digest.update(f"{folder}/{stem}\t{content}\n".encode())
    return digest.hexdigest()
