"""Text of a cell into a value of the type its column declares."""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from supplygraph.dataset.number_advice import absent, advise
from supplygraph.errors import Fault
from supplygraph.schema import Column, hint

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_BLANKS: dict[str, object] = {"number": math.nan, "integer": math.nan, "list": ()}
_SHOWN = 60
# Beyond these, sums and products of figures lose all their digits.
SMALLEST, LARGEST = 1e-18, 1e18
Values: TypeAlias = np.ndarray | ExtensionArray


class CellError(Exception):
    """A cell breaks a rule; ``args`` are the rule and the way out."""


def parse_cell(text: str, column: Column) -> object:
    """Read one cell that is not blank.

    Raises
    ------
    CellError
        With the rule and the way out.

    Examples
    --------
    >>> from supplygraph.schema import table_schema
    >>> parse_cell("dig; crush", table_schema("capacities").column("recipes"))
    ('dig', 'crush')
    >>> parse_cell("yes", table_schema("needs").column("essential"))
    Traceback (most recent call last):
    ...
    supplygraph.dataset.cells.CellError: ('neither true nor false', 'Write true or false.')
    """
    parse = _PARSERS.get(column.type)
    return parse(text, column) if parse else text


def convert(
    column: Column, cells: Sequence[str], lines: Sequence[int], file: str
) -> tuple[Values, list[Fault]]:
    """Read all cells of a column; a faulty cell becomes blank.

    Blank cells take the default, except grades of evidence: whether one was given matters to
    the rules of provenance, which fill them afterwards.
    """
    default = "" if column.status == "provenance" else column.default
    blank = parse_cell(default, column) if default else _BLANKS.get(column.type, "")
    values: list[object] = []
    faults: list[Fault] = []
    for text, line in zip(cells, lines, strict=True):
        value = blank
        if text:
            try:
                value = parse_cell(text, column)
            except CellError as error:
                rule, way_out = error.args
                faults.append(Fault(file, line, column.name, shorten(text), rule, way_out))
        elif column.required:
            what = f": {column.description}" if column.description else "."
            give = f"give the {column.name}{what}"
            number = column.type in ("number", "integer")
            way_out = f"Delete the row, or {give}" if number else f"G{give[1:]}"
            faults.append(Fault(file, line, column.name, "", "value is missing", way_out))
        values.append(value)
    return pack(column, values), faults


def pack(column: Column, values: Sequence[object]) -> Values:
    """Pack values into an array of the column's dtype.

    Numbers are float64 with NaN for blank; a list is a tuple of str; text, ids and dates are str.
    """
    if column.type in ("number", "integer"):
        return np.array(values, dtype=np.float64)
    if column.type == "boolean":
        return np.array(values, dtype=bool)
    if column.type == "list":
        packed = np.empty(len(values), dtype=object)
        packed[:] = values
        return packed
    return pd.array(list(values), dtype="str")


def shorten(text: str) -> str:
    """Cut a value to what fits in a message.

    Examples
    --------
    >>> len(shorten("x" * 1000))
    60
    """
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _number(text: str, column: Column) -> float:
    if not _NUMBER.fullmatch(text):
        raise CellError(*advise(text, column))
    value = float(text)
    low, high = column.bounds
    if math.isinf(value):
        raise CellError("not finite", absent(column))
    written = value or any(digit in "123456789" for digit in re.split("[eE]", text)[0])
    if written and not SMALLEST <= abs(value) <= LARGEST:
        rule = f"larger than {LARGEST:g}" if abs(value) > 1 else f"nearer to 0 than {SMALLEST:g}"
        raise CellError(rule, "No quantity here is; check its unit, or blank it.")
    if value < low and low == 0:
        raise CellError("below 0", "Every quantity is >= 0; reverse the flow or blank it.")
    if not low <= value <= high:
        raise CellError(f"outside {low:g} to {high:g}", f"Its unit is {column.unit or 'a number'}.")
    return value


def _integer(text: str, column: Column) -> float:
    value = _number(text, column)
    if value != int(value):
        raise CellError("not a whole number", "Write it without decimals.")
    return value


def _boolean(text: str, column: Column) -> bool:
    word = text.lower()
    if word not in ("true", "false"):
        raise CellError("neither true nor false", "Write true or false.")
    return word == "true"


def _enum(text: str, column: Column) -> str:
    if text not in column.values:
        near = hint(text, column.values).strip() or "Write one of them."
        raise CellError(f"not one of {', '.join(column.values)}", near)
    return text


def _date(text: str, column: Column) -> str:
    forms = column.values or ("YYYY-MM", "YYYY-MM-DD")
    found = _DATE.fullmatch(text)
    year, month, day = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    real = 1900 <= year <= 2100 and month <= 12 and (found is None or found[2] != "00")
    if real and found is not None and found[3]:
        real = 1 <= day <= calendar.monthrange(year, month)[1]
    if not real or len(text) not in {len(form) for form in forms}:
        raise CellError("not a date", f"Write a date that exists, as {' or '.join(forms)}.")
    return text


def _list(text: str, column: Column) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _id(text: str, column: Column) -> str:
    if column.references is None and not _ID.fullmatch(text):
        way_out = "Use letters, digits, '-', '_' and '.', beginning with a letter or digit."
        raise CellError("not an id", way_out)
    return text


_PARSERS: dict[str, Callable[[str, Column], object]] = {
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "enum": _enum,
    "date": _date,
    "list": _list,
    "id": _id,
}
