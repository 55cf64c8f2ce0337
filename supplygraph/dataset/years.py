"""Which published figures pull the balance of a year, and which are only compared with it.

A balance is of one year, the newest of ``demand``. Of all rows that state the same quantity (the
same expression, or the same materials between the same ends) those of that year fit. Where there
is none, the newest earlier row stands in as the last known figure, with a warning unless its role
is ``last``. Rows of any other year are checks: compared, never fitted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from supplygraph.dataset.tables import ROW, Dataset
from supplygraph.errors import SelectorError
from supplygraph.selectors import Call, Selector, Term, parse_expression

TABLES = ("observations", "trade")
LAST = "last"
ROWS_NAMED = 5
_Form: TypeAlias = tuple[object, ...]


@dataclass(frozen=True)
class StatedFigure:
    """A row of `observations` or `trade` that states a value.

    ``quantity`` is the same for two rows that state the same thing; ``role`` is as written.
    """

    table: str
    row: int
    quantity: _Form
    year: int
    role: str


def base_year(dataset: Dataset) -> int | None:
    """Newest year of demand, or None where no row has one.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> base_year(read_dataset("three-nodes"))
    2024
    """
    years = dataset["demand"]["year"].dropna()
    return int(years.max()) if len(years) else None


def roles(dataset: Dataset, year: int) -> dict[tuple[str, int], str]:
    """Role of every row with a value in the balance of a year, by table and row.

    Returns
    -------
    dict
        ``fit`` or ``check``.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> roles(read_dataset("three-nodes"), 2024)
    {('observations', 2): 'fit', ('trade', 2): 'fit'}
    """
    figures = list(_figures(dataset))
    newest = _newest(figures, year)
    return {
        (f.table, f.row): "fit" if f.role != "check" and f.year == newest[f.quantity] else "check"
        for f in figures
    }


def stale_figures(dataset: Dataset) -> tuple[str, ...]:
    """One warning per table whose figures of an earlier year stand in for the base year."""
    year = base_year(dataset)
    if year is None:
        return ()
    figures = list(_figures(dataset))
    newest = _newest(figures, year)
    old = [f for f in figures if f.role == "fit" and newest[f.quantity] == f.year != year]
    return tuple(
        f"{table}.csv {name_rows([(f.row, str(f.year)) for f in found])}: last known, taken for "
        f"{year}, since no row states the same for {year}. Add the figure of {year}, or write "
        "role last if it is meant, or check if it is not."
        for table in TABLES
        if (found := [f for f in old if f.table == table])
    )


def old_demand(dataset: Dataset) -> tuple[str, ...]:
    """A warning of demand whose newest figure is older than the base year: it is not counted."""
    year, frame = base_year(dataset), dataset["demand"]
    if year is None:
        return ()
    newest = frame.groupby(["product", "market"])["year"].transform("max")
    old = frame[(newest < year) & (frame["year"] == newest) & (frame["units"] > 0)]
    if old.empty:
        return ()
    rows = [
        (int(row), f"{product}@{market}, {then:.0f}")
        for row, product, market, then in zip(
            old[ROW], old["product"], old["market"], old["year"], strict=True
        )
    ]
    return (
        f"demand.csv {name_rows(rows)}: not counted, since the balance is of {year} and no row "
        f"states the same for {year}. Add the figure of {year}.",
    )


def name_rows(rows: list[tuple[int, str]]) -> str:
    """Rows with what is said of each, the first few by number.

    Examples
    --------
    >>> name_rows([(2, "2023")])
    'row 2 (2023)'
    >>> name_rows([(row, "x") for row in range(2, 12)])
    'rows 2 (x), 3 (x), 4 (x), 5 (x), 6 (x) and 5 more'
    """
    shown = ", ".join(f"{row} ({what})" for row, what in rows[:ROWS_NAMED])
    more = f" and {len(rows) - ROWS_NAMED} more" if len(rows) > ROWS_NAMED else ""
    return f"row{'s' * (len(rows) > 1)} {shown}{more}"


def _newest(figures: list[StatedFigure], year: int) -> dict[_Form, int]:
    """Newest year up to the base year in which each quantity is stated, by any role.

    A figure of the base year that is only a check still shows that the older one is out of date.
    """
    found: dict[_Form, int] = {}
    for figure in figures:
        found.setdefault(figure.quantity, 0)
        if figure.year <= year:
            found[figure.quantity] = max(found[figure.quantity], figure.year)
    return found


def _figures(dataset: Dataset) -> Iterator[StatedFigure]:
    for row in dataset["observations"].to_dict("records"):
        if row["value"] == row["value"] and row["year"] == row["year"]:
            try:
                quantity = _form(row["expression"])
            except SelectorError:
                continue  # a fault of its own
            yield StatedFigure("observations", row[ROW], quantity, int(row["year"]), row["role"])
    for row in dataset["trade"].to_dict("records"):
        known = row["role"] != "arc" and row["quantity"] == row["quantity"]
        if known and row["year"] == row["year"]:
            yield StatedFigure("trade", row[ROW], _trade_form(row), int(row["year"]), row["role"])


def _form(text: str) -> _Form:
    """An expression without the order of its sums, terms and values."""
    parsed = parse_expression(text)
    return (_sum(parsed.numerator), _sum(parsed.denominator))


def _trade_form(row: dict[str, Any]) -> _Form:
    """The same form of a row of trade, which states ``trade(material=... from=... to=...)``."""
    moved = Selector((Term("material", "=", tuple(row["material"])),))
    return (_sum((Call("trade", moved, row["from"], row["to"]),)), ())


def _sum(calls: tuple[Call, ...]) -> _Form:
    return tuple(sorted(_call(call) for call in calls))


def _call(call: Call) -> tuple[Any, ...]:
    ends = tuple(tuple(sorted(set(end.split("|")))) for end in (call.origin, call.destination))
    terms = sorted((t.key, t.op, tuple(sorted(set(t.values)))) for t in call.selector.terms)
    return (call.function, tuple(terms), ends)
