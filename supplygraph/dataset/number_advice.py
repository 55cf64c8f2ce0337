"""Numbers as publishers and spreadsheets write them, and what to write instead.

The advice never changes a figure silently: 45,000 becomes 45000, never 45.000, and where two
readings are possible both are named.
"""

from __future__ import annotations

import re
import unicodedata

from supplygraph.schema import Column

_PLAIN = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_GAPS = " \u00a0\u2009\u202f'’_"
_COMMAS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_LAKHS = re.compile(r"[+-]?[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]*)?")
_DOTS = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[+-]?[0-9]{1,3}(?:\.[0-9]{3}){2,}")
_DECIMAL = re.compile(r"[+-]?[0-9]*,[0-9]+")
_SPACED = re.compile(rf"[+-]?[0-9]{{1,3}}(?:[{_GAPS}][0-9]{{3}})+(?:[.,][0-9]+)?")
_BOUND = re.compile(rf"(?P<sign>[<>≤≥]=?|under|over|up to)\s*(?P<value>{_PLAIN})|{_PLAIN}\+", re.I)
_RANGE = re.compile(rf"(?P<low>{_PLAIN})\s*(?:[-–—]|to)\s*(?P<high>{_PLAIN})")
_PERCENT = re.compile(rf"(?P<value>[+-]?{_PLAIN})\s*%")
_FOOTNOTE = re.compile(r"[(\[]\s*[0-9a-z]{1,2}\s*[)\]]", re.I)
_FIGURE = re.compile(_PLAIN)
_MARK = 12  # longest note beside a figure that is read as one
# Withheld, not available, nil or unknown, as statistics offices and spreadsheets write them.
_NO_FIGURE = frozenset(
    (
        *("w", "na", "n/a", "n.a.", "n.a", "nan", "null", "none", "nil", "xx", "x", "c", "d"),
        *("-", "–", "—", "−", "--", "---", "..", "...", "…", ":", "?", "*", "#"),
        *("#n/a", "#ref!", "#div/0!", "#value!", "#name?", "#num!"),
        *("tbd", "unknown", "withheld"),
    )
)
_UNITS = frozenset(("t", "kt", "mt", "kg", "g", "lb", "tonnes", "tons", "t/yr", "usd", "$", "pcs"))
_SPREAD = ("quantity", "value", "units")


def advise(text: str, column: Column) -> tuple[str, str]:
    """Rule that a text breaks which is no number, and the way out.

    Examples
    --------
    >>> from supplygraph.schema import table_schema
    >>> value = table_schema("observations").column("value")
    >>> for text in ("45,000", "1,234", "1,5", "W", ">50", "90e"):
    ...     print(text, "|", *advise(text, value))
    45,000 | a number with a thousands comma Write 45000: remove the thousands comma.
    1,234 | a number with a comma that may mean two things Write 1234 if it parts thousands...
    1,5 | not a number with a decimal point Write 1.5, not 1,5.
    W | a mark that gives no figure Delete the row, or give the value.
    >50 | a bound, not a figure Give a figure and put the bound into low, or delete the row.
    90e | a figure with a mark ('e') Write 90, and what the mark says into the note.
    """
    return _separated(text, column) or _unsure(text, column) or _marked(text, column)


def absent(column: Column) -> str:
    """What to do where there is no figure: a cell that must be filled cannot be left blank.

    Examples
    --------
    >>> from supplygraph.schema import table_schema
    >>> absent(table_schema("capacities").column("quantity"))
    'Leave the cell blank: unknown.'
    """
    if column.required:
        return f"Delete the row, or give the {column.name}."
    return "Leave the cell blank: unknown."


def _separated(text: str, column: Column) -> tuple[str, str] | None:
    """Commas, dots and gaps between digits."""
    whole = column.type == "integer"
    if _COMMAS.fullmatch(text) or _LAKHS.fullmatch(text):
        joined = text.replace(",", "")
        single = text.count(",") == 1 and "." not in text
        zero = text.lstrip("+-").startswith("0,")
        if zero:
            return _decimal(text)
        if single and not whole and not text.endswith("000"):
            point = text.replace(",", ".")
            way_out = f"Write {joined} if it parts thousands, or {point} if decimals."
            return "a number with a comma that may mean two things", way_out
        way_out = f"Write {joined}: remove the thousands comma."
        return "a number with a thousands comma", way_out
    if _DOTS.fullmatch(text):
        joined = text.replace(".", "").replace(",", ".")
        return "a number with dots between thousands", f"Write {joined}: remove the dots."
    if _SPACED.fullmatch(text):
        joined = re.sub(rf"[{_GAPS}]", "", text).replace(",", ".")
        return "a number with gaps between thousands", f"Write {joined}: remove the gaps."
    return _decimal(text) if _DECIMAL.fullmatch(text) else None


def _decimal(text: str) -> tuple[str, str]:
    point = text.replace(",", ".")
    return "not a number with a decimal point", f"Write {point}, not {text}."


def _unsure(text: str, column: Column) -> tuple[str, str] | None:
    """Marks instead of a figure, bounds and ranges."""
    if text.casefold() in _NO_FIGURE or _FOOTNOTE.fullmatch(text):
        return "a mark that gives no figure", absent(column)
    spread = column.name in _SPREAD
    if found := _BOUND.fullmatch(text):
        upper = str(found["sign"] or ">").casefold() in ("<", "<=", "≤", "≤=", "under", "up to")
        put = f" and put the bound into {'high' if upper else 'low'}" if spread else ""
        gone = "delete the row" if column.required else "leave the cell blank"
        return "a bound, not a figure", f"Give a figure{put}, or {gone}."
    if found := _RANGE.fullmatch(text):
        ends = f", {found['low']} into low and {found['high']} into high" if spread else ""
        return "a range, not a figure", f"Give one figure between them{ends}."
    return None


def _marked(text: str, column: Column) -> tuple[str, str]:
    """A figure with something beside it: a percent sign, a footnote, a unit, other digits."""
    if found := _PERCENT.fullmatch(text):
        value = float(found["value"])
        way_out = f"Write {value / 100:g} where the unit is a fraction, without the sign."
        return "a figure in percent", way_out
    simple = "".join(_plain_digit(c) for c in text if unicodedata.category(c) != "No").strip()
    numbers = _FIGURE.findall(simple)
    rest = _FIGURE.sub("", simple).strip()
    lost = "".join(c for c in text if unicodedata.category(c) == "No")
    if len(numbers) == 1 and len(rest) + len(lost) <= _MARK:
        if not rest and not lost:
            return "not a number in plain digits", f"Write {numbers[0]}."
        if rest == "-" and not lost:
            return "not a number in plain signs", f"Write -{numbers[0]}."
        mark = (rest + lost).strip()
        if mark.casefold() in _UNITS:
            return (
                "a figure with its unit",
                f"Write {numbers[0]}, and the unit in a column of its own.",
            )
        way_out = f"Write {numbers[0]}, and what the mark says into the note."
        return f"a figure with a mark ('{mark}')", way_out
    return "not a number", f"Write digits. Without a figure: {absent(column).lower()}"


def _plain_digit(sign: str) -> str:
    """A digit of any script as one of 0 to 9, and the typographer's minus as a hyphen."""
    return str(unicodedata.decimal(sign)) if sign.isdecimal() else sign.replace("−", "-")
