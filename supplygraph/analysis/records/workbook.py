"""Tables as an Excel file: numbers stay numbers, text stays text, same input same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from supplygraph.errors import SupplygraphError

GENERAL, PERCENT, ONE_DECIMAL = "General", "0.0 %", "0.0"
MOST_ROWS = 1_048_575  # below a header
LONGEST_TEXT = 32_767  # signs of a cell
CUT = " … (cut: a cell of Excel holds no more)"
NARROW, WIDE = 9, 60  # widths of columns, in signs
MEASURED = 500  # rows from which a width is told
ARROW = 3  # room of a filter's button beside a name
FIRST_DAY = datetime(1980, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # the oldest a zip file knows


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Parameters
    ----------
    title
        Its name.
    names
        Header; it stays in sight and carries filters.
    rows
        Cells below it: text, numbers, booleans, None for blank.
    formats
        Number format of each column; General where it is left out.
    """

    title: str
    names: Sequence[str]
    rows: Iterable[Sequence[Any]]
    formats: Sequence[str] = ()


def workbook_bytes(sheets: Iterable[Sheet]) -> bytes:
    """An Excel file; nothing in it is a formula or a link, whatever text begins with.

    Raises
    ------
    SupplygraphError
        If a sheet has more rows than Excel holds.

    Examples
    --------
    >>> workbook_bytes([Sheet("results", ["id"], [["=1+1"]])])[:2]
    b'PK'
    """
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    book = Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": FIRST_DAY})  # times in the zip are fixed by the writer
    head = book.add_format({"bold": True, "bottom": 1})
    for sheet in sheets:
        page = book.add_worksheet(sheet.title)
        _fill(book, page, sheet, head)
    book.close()
    return buffer.getvalue()


def _fill(book: Any, page: Any, sheet: Sheet, head: Any) -> None:
    rows = list(sheet.rows)
    if len(rows) > MOST_ROWS:
        raise SupplygraphError(
            f"xlsx: {len(rows):,} rows, and Excel holds {MOST_ROWS:,}. Choose csv or parquet."
        )
    formats = [*sheet.formats, *[GENERAL] * (len(sheet.names) - len(sheet.formats))]
    styles = {name: book.add_format({"num_format": name}) for name in dict.fromkeys(formats)}
    for place, name in enumerate(sheet.names):
        page.write_string(0, place, name, head)
        page.set_column(place, place, _width(name, [row[place] for row in rows[:MEASURED]]))
    for number, row in enumerate(rows, 1):
        for place, value in enumerate(row):
            _write(page, number, place, value, styles[formats[place]])
    page.freeze_panes(1, 0)
    if sheet.names:
        page.autofilter(0, 0, len(rows), len(sheet.names) - 1)


def _write(page: Any, row: int, column: int, value: Any, style: Any) -> None:
    """A cell by the type of its value: what the writer would guess from text is never asked."""
    if isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        page.write_number(row, column, value, style)
    elif value is not None and value != "":
        text = str(value)
        if len(text) > LONGEST_TEXT:
            text = text[: LONGEST_TEXT - len(CUT)] + CUT
        page.write_string(row, column, text)


def _width(name: str, values: Sequence[Any]) -> int:
    longest = max((len(_shown(value)) for value in values), default=0)
    return min(max(longest + 1, len(name) + ARROW, NARROW), WIDE)


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)
