"""One CSV file into rows of text, refusing early what no table should hold.

UTF-8 with or without a byte order mark, commas, LF or CRLF. A file is read line by line, so a
field of a hundred megabytes is refused after the first of them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from supplygraph.errors import Fault
from supplygraph.reading import TABLE_LIMIT, UnreadableError, opened

ROW_LIMIT = 1_000_000
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class RawTable:
    """Header and rows of one file as text, with the line on which each row begins."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


class _RefusedError(Exception):
    """Reading stopped; carries the rule and the way out."""

    def __init__(self, line: int, rule: str, way_out: str) -> None:
        super().__init__(rule)
        self.line, self.rule, self.way_out = line, rule, way_out


class _Lines:
    """Decoded lines of a binary file, counted, each row no longer than `ROW_LIMIT` bytes."""

    def __init__(self, handle: BinaryIO) -> None:
        self.handle, self.line, self.row_bytes, self.bytes = handle, 0, 0, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw = self.handle.readline(ROW_LIMIT + 1)
        if not raw:
            raise StopIteration
        self.line += 1
        self.row_bytes += len(raw)
        self.bytes += len(raw)
        if self.bytes > TABLE_LIMIT:  # some files of the system grow while they are read
            raise self.refuse(f"more than {TABLE_LIMIT:,} bytes", "Shorten it, or divide it.")
        if self.row_bytes > ROW_LIMIT:
            raise self.refuse(
                f"a row of more than {ROW_LIMIT:,} bytes",
                "Close an open quote or shorten the field.",
            )
        if self.line == 1:
            if raw.startswith(_UTF16):
                raise self.refuse("UTF-16, not UTF-8", "Save the file as UTF-8.")
            raw = raw.removeprefix(_BOM)
        return self.decode(raw)

    def decode(self, raw: bytes) -> str:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = raw[error.start]
            raise self.refuse(
                f"not UTF-8 (byte 0x{byte:02x}; perhaps Latin-1)", "Save the file as UTF-8."
            ) from None
        if found := _CONTROL.search(text):
            raise self.refuse(
                f"a control character (0x{ord(found[0]):02x})", "Save the file as plain UTF-8 text."
            )
        return text

    def refuse(self, rule: str, way_out: str) -> _RefusedError:
        return _RefusedError(self.line, rule, way_out)


def read_csv(path: Path) -> tuple[RawTable, list[Fault]]:
    r"""Read one file; cells are stripped of blanks around them.

    Returns
    -------
    tuple of RawTable and list of Fault
        With a fault the table holds the rows that could be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "demand.csv").write_text("product,units\nev,3,\n")
    ...     table, faults = read_csv(Path(folder, "demand.csv"))
    >>> print(faults[0])
    demand.csv row 2: row has 3 fields where the header has 2. Quote a value that holds a comma...
    """
    try:
        with opened(path, TABLE_LIMIT) as handle:
            return _read_rows(path.name, _Lines(handle))
    except UnreadableError as error:
        return RawTable((), (), ()), [Fault(path.name, 0, "", "", error.rule, error.way_out)]


def _read_rows(name: str, lines: _Lines) -> tuple[RawTable, list[Fault]]:
    header: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = []
    starts: list[int] = []
    faults: list[Fault] = []
    reader = csv.reader(lines, strict=True)
    start = 1
    try:
        for cells in reader:
            lines.row_bytes = 0
            row = tuple(cell.strip() for cell in cells)
            if not any(row) and (header or not row):
                pass  # blank lines, and the empty rows that spreadsheets leave below a table
            elif not header:
                header = row
                faults += _header_faults(name, header)
            elif len(row) != len(header):
                faults.append(_ragged(name, start, len(row), len(header)))
            else:
                rows.append(row)
                starts.append(start)
            start = lines.line + 1
    except _RefusedError as error:
        faults.append(Fault(name, error.line, "", "", f"holds {error.rule}", error.way_out))
    except csv.Error as error:
        rule, way_out = _syntax(str(error))
        faults.append(Fault(name, start, "", "", rule, way_out))
    if not header and not faults:
        way_out = "Write the header and the rows, or delete the file."
        faults.append(Fault(name, 0, "", "", "file is empty", way_out))
    return RawTable(header, tuple(rows), tuple(starts)), faults


def _header_faults(name: str, header: tuple[str, ...]) -> list[Fault]:
    for mark, word in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and mark in header[0]:
            rule = f"columns are separated by {word}"
            return [Fault(name, 1, "", "", rule, "Save it with commas (and decimal points).")]
    faults = []
    for index, column in enumerate(header):
        if not column:
            rule, way_out = f"column {index + 1} has no name", "Name it or delete it."
            faults.append(Fault(name, 1, "", "", rule, way_out))
        elif column in header[:index]:
            way_out = "Keep one of the two columns."
            faults.append(Fault(name, 1, column, "", "column stands twice in the header", way_out))
    return faults


def _ragged(name: str, line: int, found: int, expected: int) -> Fault:
    fields = "field" if found == 1 else "fields"
    rule = f"row has {found} {fields} where the header has {expected}"
    way_out = "Quote a value that holds a comma; write decimals with a point."
    return Fault(name, line, "", "", rule, way_out)


def _syntax(message: str) -> tuple[str, str]:
    if "field larger" in message:
        return "holds a field longer than a field may be (131,072 characters)", "Shorten it."
    if "new-line character" in message:
        return "holds a bare carriage return", "Save the file with LF or CRLF line ends."
    if "unexpected end" in message:
        return "opens a quote that is never closed", "Close the quote."
    return f"is not CSV ({message})", 'Double the quotes inside a quoted value: "".'
