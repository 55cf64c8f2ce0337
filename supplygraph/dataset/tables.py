"""A dataset in memory: typed tables, documents and where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from supplygraph.dataset.cells import Values, convert, pack, shorten
from supplygraph.dataset.csvfile import RawTable, plain
from supplygraph.errors import Fault, UsageError
from supplygraph.schema import TableSchema, hint

ROW = "_row"


@dataclass(frozen=True)
class Dataset:
    """Tables of one folder, read and checked. Nothing in it changes once made.

    Parameters
    ----------
    name, version, title
        From ``datapackage.json``; the folder's name and ``0`` without one.
    path
        Folder it was read from.
    hash
        SHA-256 over the content of the input tables and documents; the order of rows and
        columns, line ends and byte order marks do not reach it.
    tables_hash
        The same over the tables alone: what was computed from them, such as the balance, stays
        valid when a scenario is written.
    tables
        One frame per table of the schema, each with every column and ``_row``, the line in the
        file. Numbers are float64 with NaN for blank, lists tuples of str, dates text. A table
        without a file is an empty frame.
    headers
        Columns found in each file that exists.
    documents
        Folder (``measures``, ``projects``, ``scenarios``, ``curves``) to file stem to content.
    warnings
        What a reader of any number should know, such as that nothing names a source: every
        result repeats it.
    remarks
        What is right by every rule and may not be meant, such as a plant without a line: only
        ``validate`` says it.
    """

    name: str
    version: str
    path: Path
    hash: str
    tables: Mapping[str, pd.DataFrame]
    headers: Mapping[str, tuple[str, ...]]
    documents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    title: str = ""
    tables_hash: str = ""
    # What is derived from the tables and asked for often, by name. A copy with other tables, as
    # dataclasses.replace makes, begins with none.
    remembered: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def has(self, table: str) -> bool:
        """Whether the folder holds this table, though it may have no rows."""
        return table in self.headers

    def __getitem__(self, table: str) -> pd.DataFrame:
        try:
            return self.tables[table]
        except KeyError:
            known = hint(table, tuple(self.tables))
            raise UsageError(f"no table '{table}'.{known}") from None


def build_table(
    schema: TableSchema, raw: RawTable | None = None
) -> tuple[pd.DataFrame, list[Fault]]:
    """Make the typed frame of one table, empty without a file.

    Examples
    --------
    >>> from supplygraph.schema import table_schema
    >>> raw = RawTable(("product", "market", "units", "year"), (("ev", "NA", "7", "2024"),), (2,))
    >>> frame, faults = build_table(table_schema("demand"), raw)
    >>> frame["market"].tolist(), frame["units"].tolist(), frame["low"].isna().all(), faults
    (['NA'], [7.0], np.True_, [])
    """
    if raw is None or not raw.header:
        return _empty_table(schema).copy(), []
    file = f"{schema.name}.csv"
    faults = _header_faults(schema, raw)
    places = {name: raw.header.index(name) for name in raw.header}
    columns: dict[str, Values] = {}
    for column in schema.columns:
        place = places.get(column.name)
        if place is None and column.required:
            columns[column.name] = pack(column, [_stand_in(column.type)] * len(raw.rows))
            continue
        cells = [""] * len(raw.rows) if place is None else [row[place] for row in raw.rows]
        columns[column.name], found = convert(column, cells, raw.lines, file)
        faults += found
    columns[ROW] = np.array(raw.lines, dtype=np.int64)
    return pd.DataFrame(columns), faults


@cache
def _empty_table(schema: TableSchema) -> pd.DataFrame:
    columns = {column.name: pack(column, []) for column in schema.columns}
    return pd.DataFrame(columns | {ROW: np.array([], dtype=np.int64)})


def _stand_in(kind: str) -> object:
    return {"number": np.nan, "integer": np.nan, "list": (), "boolean": False}.get(kind, "")


def note_rows(schema: TableSchema, raw: RawTable) -> list[tuple[Fault, range]]:
    """Rows that are no rows of the table: notes, totals, units and a header that comes again.

    Such a row fills one cell alone, or less than half of those that no row may leave blank.

    Returns
    -------
    list of tuple of Fault and range
        One fault for each run of such rows, with their lines.

    Examples
    --------
    >>> from supplygraph.schema import table_schema
    >>> header = ("product", "market", "units", "year")
    >>> raw = RawTable(header, (("Total", "", "7", ""), ("e estimated", "", "", "")), (3, 4))
    >>> print(note_rows(table_schema("demand"), raw)[0][0])
    demand.csv row 3: 'Total, 7' is no row of the table (rows 3 to 4). Delete it, or fill market...
    """
    needed = [c.name for c in schema.columns if c.required and c.name in raw.header]
    places = [raw.header.index(name) for name in needed]
    runs: list[list[int]] = []
    for index, row in enumerate(raw.rows):
        blank = sum(1 for place in places if not row[place])
        alone = blank > 0 and sum(1 for cell in row if cell) == 1
        if row == raw.header or alone or (blank > 1 and 2 * blank >= len(places)):
            if runs and runs[-1][-1] == index - 1:
                runs[-1].append(index)
            else:
                runs.append([index])
    return [_note_fault(schema.name, needed, raw, run) for run in runs]


def _note_fault(name: str, needed: list[str], raw: RawTable, run: list[int]) -> tuple[Fault, range]:
    first, last = raw.lines[run[0]], raw.lines[run[-1]]
    row = raw.rows[run[0]]
    shown = shorten(", ".join(cell for cell in row if cell))
    span = f" (rows {first} to {last})" if last > first else ""
    if row == raw.header:
        rule, way_out = f"the header again{span}", "Delete it."
    else:
        lacking = [column for column in needed if not row[raw.header.index(column)]]
        rule = f"no row of the table{span}"
        way_out = f"Delete it, or fill {', '.join(lacking)}."
    return Fault(f"{name}.csv", first, "", shown, rule, way_out), range(first, last + 1)


def _header_faults(schema: TableSchema, raw: RawTable) -> list[Fault]:
    """Unknown columns and missing ones; one that is only misspelled is not missing besides."""
    file = f"{schema.name}.csv"
    unknown = [n for n in dict.fromkeys(raw.header) if n and n not in schema.names]
    spelled = {name: plain(name) for name in unknown if plain(name) in schema.names}
    faults = []
    if spelled:
        rule, way_out = "not written as in the schema", f"Write {', '.join(spelled.values())}."
        faults.append(Fault(file, 1, "header", shorten(", ".join(spelled)), rule, way_out))
    meant = set(spelled.values())
    for name in unknown:
        if name in spelled:
            continue
        near = hint(name, schema.names).strip()
        meant |= {column for column in schema.names if f"'{column}'" in near}
        way_out = near or f"Known: {', '.join(schema.names)}."
        rule = "not a column of this table"
        faults.append(Fault(file, 1, "header", shorten(name), rule, way_out))
    for column in schema.columns:
        if column.required and column.name not in raw.header and column.name not in meant:
            way_out = f"Add it: {column.description}"
            faults.append(Fault(file, 1, column.name, "", "required column is missing", way_out))
    return faults
