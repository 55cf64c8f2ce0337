"""What the files of a dataset's folder hold, as text and plain values: nothing is typed or checked.

By the standard library and PyYAML alone, so that a list of what there is need not load pandas.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supplygraph.dataset.csvfile import RawTable, read_csv
from supplygraph.dataset.documents import read_documents
from supplygraph.dataset.package import read_package
from supplygraph.dataset.unread import unread_files
from supplygraph.errors import DatasetError, Fault
from supplygraph.schema import hint, table_names, table_schema


@dataclass(frozen=True)
class DatasetFiles:
    """Files of one folder.

    Attributes
    ----------
    folder
        Where they lie.
    tables
        Header and rows of each CSV file, as text.
    documents
        Folder to file stem to content.
    package
        What ``datapackage.json`` says.
    faults
        What is wrong with the files themselves.
    unread
        Warnings of files that are not read.
    """

    folder: Path
    tables: Mapping[str, RawTable]
    documents: Mapping[str, Mapping[str, Any]]
    package: Mapping[str, Any]
    faults: tuple[Fault, ...]
    unread: tuple[str, ...]

    @property
    def label(self) -> str:
        """Name of the folder, for messages."""
        return _label(self.folder)

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return str(self.package.get("name") or self.folder.resolve().name)

    @property
    def version(self) -> str:
        """Its version; ``0`` if it states none."""
        return str(self.package.get("version") or "0")

    @property
    def hash(self) -> str:
        """Hash of all that it holds, whatever the order of rows and columns."""
        return content_hash(self.tables, self.documents)


def read_files(folder: Path) -> DatasetFiles:
    """Read every table and document of a folder.

    Raises
    ------
    DatasetError
        If the folder cannot be read or holds no table; other faults come with the files.

    Examples
    --------
    >>> from supplygraph.schema.folders import find_folder
    >>> files = read_files(find_folder("three-nodes"))
    >>> files.name, files.tables["facilities"].rows[0][0], files.faults
    ('three-nodes', 'mine-a', ())
    """
    tables, faults, unread = _read_tables(folder)
    documents, found = read_documents(folder)
    package, damaged = read_package(folder)
    told = (*faults, *found, *damaged)
    return DatasetFiles(folder, tables, documents, package, told, tuple(unread))


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


def content_hash(raws: Mapping[str, RawTable], documents: Mapping[str, Mapping[str, Any]]) -> str:
    """Hash of tables and documents; the order of rows and columns does not count."""
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
