"""One CSV file into rows of text, refusing early what no table should hold.

UTF-8 with or without a byte order mark, commas, LF or CRLF. A file is read line by line, so a
field of a hundred megabytes is refused after the first of them. What one slip breaks in many rows
is one fault: lines above the header, another separator, rows of another length.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from supplygraph.errors import Fault
from supplygraph.reading import TABLE_LIMIT, UnreadableError, opened

ROW_LIMIT = 1_000_000
PREAMBLE = 20  # rows in which a header is looked for, below titles and notes of a publisher
ROWS_NAMED = 5
_MARKS = ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars"))
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
        return _RefusedError(self.line, f"holds {rule}", way_out)


def read_csv(path: Path, known: Collection[str] = ()) -> tuple[RawTable, list[Fault]]:
    r"""Read one file; cells are stripped of blanks around them.

    Parameters
    ----------
    path
        File to read.
    known
        Names its columns may have, by which a header below other lines is found.

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
            return _read_rows(path.name, _Lines(handle), {plain(name) for name in known})
    except UnreadableError as error:
        return RawTable((), (), ()), [Fault(path.name, 0, "", "", error.rule, error.way_out)]


def plain(name: str) -> str:
    """A column's name without case, blanks and dashes, as spreadsheets change them.

    Examples
    --------
    >>> plain(" From Date ")
    'from_date'
    """
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


@dataclass
class _CsvRows:
    """What has been read of one file: rows before a header is known, then the table."""

    name: str
    known: Collection[str]
    header: tuple[str, ...] = ()
    above: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    rows: list[tuple[str, ...]] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    ragged: dict[int, list[int]] = field(default_factory=dict)

    def add(self, line: int, row: tuple[str, ...]) -> None:
        if not any(row) and (self.header or self.above or not row):
            return  # blank lines, and the empty rows that spreadsheets leave below a table
        if self.header:
            self._add_row(line, row)
        elif self._is_header(row) or not self.known:
            self._begin(line, row)
        else:
            self._refuse_separator(line, row)
            self.above.append((line, row))
            if len(self.above) == PREAMBLE:
                self._give_up()

    def end(self) -> tuple[RawTable, list[Fault]]:
        if self.above and not self.header:
            self._give_up()
        for found, lines in sorted(self.ragged.items()):
            self.faults.append(_ragged(self.name, lines, found, len(self.header)))
        if not self.header and not self.faults:
            way_out = "Write the header and the rows, or delete the file."
            self.faults.append(Fault(self.name, 0, "", "", "file is empty", way_out))
        return RawTable(self.header, tuple(self.rows), tuple(self.starts)), self.faults

    def _add_row(self, line: int, row: tuple[str, ...]) -> None:
        if len(row) != len(self.header):
            self.ragged.setdefault(len(row), []).append(line)
        else:
            self.rows.append(row)
            self.starts.append(line)

    def _is_header(self, row: tuple[str, ...]) -> bool:
        """Whether most cells are names of columns."""
        named = sum(plain(cell) in self.known for cell in row)
        return named > 0 and 2 * named >= sum(1 for cell in row if cell)

    def _begin(self, line: int, row: tuple[str, ...]) -> None:
        if self.above:
            self.faults.append(_above_header(self.name, self.above, line))
        self._refuse_separator(line, row)
        self.header = row
        self.faults += _header_faults(self.name, row, line)

    def _give_up(self) -> None:
        """No row looks like a header: the first is taken for it."""
        (line, row), *rest = self.above
        for mark, word in _MARKS:
            if len(row) == 1 and mark in row[0]:
                raise _separated(line, word)
        if not any(plain(cell) in self.known for cell in row):
            way_out = "Write the names of the columns above the rows."
            raise _RefusedError(line, "no cell is the name of a column", way_out)
        self.header = row
        self.faults += _header_faults(self.name, row, line)
        for below, cells in rest:
            self._add_row(below, cells)

    def _refuse_separator(self, line: int, row: tuple[str, ...]) -> None:
        """A row of one cell that holds a whole header."""
        for mark, word in (*_MARKS, (",", "")):
            cells = row[0].split(mark) if len(row) == 1 else ()
            named = sum(plain(cell) in self.known for cell in cells) if self.known else len(cells)
            if len(cells) > 1 and named > 1:
                if not word:
                    way_out = "Remove the quotes around each row."
                    raise _RefusedError(line, "each row is one quoted field", way_out)
                raise _separated(line, word)


def _separated(line: int, word: str) -> _RefusedError:
    way_out = "Save it with commas (and decimal points)."
    return _RefusedError(line, f"columns are separated by {word}", way_out)


def _above_header(name: str, above: list[tuple[int, tuple[str, ...]]], header: int) -> Fault:
    line, row = above[0]
    last = above[-1][0]
    place = f"rows {line} to {last}" if last > line else f"row {line}"
    text = ", ".join(cell for cell in row if cell)
    shown = text if len(text) <= 60 else text[:59] + "…"
    rule = f"above the header, which is in row {header}"
    return Fault(name, line, "", shown, rule, f"Delete {place}.")


def _read_rows(name: str, lines: _Lines, known: Collection[str]) -> tuple[RawTable, list[Fault]]:
    table = _CsvRows(name, known)
    reader = csv.reader(lines, strict=True)
    start = 1
    try:
        for cells in reader:
            lines.row_bytes = 0
            table.add(start, tuple(cell.strip() for cell in cells))
            start = lines.line + 1
        return table.end()
    except _RefusedError as error:
        fault = Fault(name, error.line, "", "", error.rule, error.way_out)
    except csv.Error as error:
        rule, way_out = _syntax(str(error))
        fault = Fault(name, start, "", "", rule, way_out)
    table.faults.append(fault)
    return RawTable(table.header, tuple(table.rows), tuple(table.starts)), table.faults


def _header_faults(name: str, header: tuple[str, ...], line: int) -> list[Fault]:
    faults = []
    for index, column in enumerate(header):
        if not column:
            rule, way_out = f"column {index + 1} has no name", "Name it or delete it."
            faults.append(Fault(name, line, "", "", rule, way_out))
        elif column in header[:index]:
            way_out = "Keep one of the two columns."
            faults.append(
                Fault(name, line, column, "", "column stands twice in the header", way_out)
            )
    return faults


def _ragged(name: str, lines: list[int], found: int, expected: int) -> Fault:
    fields = "field" if found == 1 else "fields"
    shown = ", ".join(map(str, lines[:ROWS_NAMED]))
    more = f" and {len(lines) - ROWS_NAMED} more" if len(lines) > ROWS_NAMED else ""
    who = "row has" if len(lines) == 1 else f"rows {shown}{more} have"
    rule = f"{who} {found} {fields} where the header has {expected}"
    way_out = "Quote a value that holds a comma; write decimals with a point; delete a note."
    return Fault(name, lines[0], "", "", rule, way_out)


def _syntax(message: str) -> tuple[str, str]:
    if "field larger" in message:
        return "holds a field longer than a field may be (131,072 characters)", "Shorten it."
    if "new-line character" in message:
        return "holds a bare carriage return", "Save the file with LF or CRLF line ends."
    if "unexpected end" in message:
        return "opens a quote that is never closed", "Close the quote."
    return f"is not CSV ({message})", 'Double the quotes inside a quoted value: "".'
