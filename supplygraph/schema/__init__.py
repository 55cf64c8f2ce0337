"""What every table of a dataset holds, read from the CSV files beside this one.

One table per dataset file drives validation, hints, defaults, dtypes, the data dictionary and
``datapackage.json``. Reading it needs the standard library only.
"""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from supplygraph.errors import UsageError

TABLES = (
    "countries",
    "elements",
    "materials",
    "compositions",
    "operators",
    "facilities",
    "capacities",
    "recipes",
    "arcs",
    "trade",
    "products",
    "demand",
    "needs",
    "stocks",
    "observations",
    "prices",
    "events",
    "series",
    "lags",
    "sources",
)
REQUIRED_TABLES = (
    "countries",
    "materials",
    "facilities",
    "capacities",
    "recipes",
    "products",
    "demand",
    "needs",
)


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name, type, unit, default, description
        As written in the schema; a blank cell takes the default.
    values
        Values of an enum, forms of a date, extra values of an id (``*``), or one range ``0..1``.
    references
        Table and column that holds the ids, or None.
    status
        ``key``, ``required``, ``optional`` or ``provenance``.

    Examples
    --------
    >>> column = table_schema("trade").column("from")
    >>> column.references, column.values, column.required
    (('countries', 'market'), ('*',), True)
    """

    name: str
    type: str
    unit: str
    default: str
    values: tuple[str, ...]
    references: tuple[str, str] | None
    status: str
    description: str

    @property
    def required(self) -> bool:
        """Whether the column must be there and every cell filled.

        A key may have a default, and a blank first date means "always".
        """
        dated_key = self.status == "key" and self.type == "date" and not self.values
        return self.status in ("key", "required") and not self.default and not dated_key

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest number allowed: from 0 upwards unless the schema gives a range.

        Examples
        --------
        >>> table_schema("compositions").column("share").bounds
        (0.0, 1.0)
        """
        for text in self.values:
            low, dots, high = text.partition("..")
            if dots:
                return float(low), float(high)
        return 0.0, float("inf")


@dataclass(frozen=True)
class TableSchema:
    """The columns of one table, in their usual order.

    Examples
    --------
    >>> table_schema("demand").key
    ('product', 'market', 'year')
    """

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns."""
        return tuple(column.name for column in self.columns)

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that together name a row."""
        return tuple(column.name for column in self.columns if column.status == "key")

    @property
    def required(self) -> bool:
        """Whether a dataset needs this table, with at least one row."""
        return self.name in REQUIRED_TABLES

    def column(self, name: str) -> Column:
        """Return the column of this name.

        Raises
        ------
        UsageError
            If the table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise UsageError(f"table '{self.name}' has no column '{name}'.{hint(name, self.names)}")


def table_names() -> tuple[str, ...]:
    """Names of all tables, those that others refer to first.

    Examples
    --------
    >>> table_names()[:3]
    ('countries', 'elements', 'materials')
    """
    return TABLES


@cache
def table_schema(name: str) -> TableSchema:
    """Read the schema of one table, once.

    Raises
    ------
    UsageError
        If there is no such table.

    Examples
    --------
    >>> table_schema("elements").column("id").description
    'Chemical symbol.'
    >>> table_schema("facilites")
    Traceback (most recent call last):
    ...
    supplygraph.errors.UsageError: no table 'facilites'. Did you mean 'facilities'?
    """
    if name not in TABLES:
        raise UsageError(
            f"no table '{name}'.{hint(name, TABLES) or ' Tables: ' + ', '.join(TABLES)}"
        )
    text = files(__name__).joinpath(f"{name}.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return TableSchema(name, tuple(_column(row) for row in rows))


def hint(word: str, known: tuple[str, ...]) -> str:
    """Return `` Did you mean '...'?`` for the nearest known word, or nothing.

    Examples
    --------
    >>> hint("quantty", ("quantity", "unit"))
    " Did you mean 'quantity'?"
    >>> hint("zzz", ("quantity", "unit"))
    ''
    """
    # Ratios cost the product of both lengths; no id or column name is longer than this.
    near = difflib.get_close_matches(word[:80], known, n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


def _column(row: dict[str, str]) -> Column:
    table, _, target = row["references"].partition(".")
    return Column(
        name=row["attribute"],
        type=row["type"],
        unit=row["unit"],
        default=row["default"],
        values=tuple(row["values"].split("|")) if row["values"] else (),
        references=(table, target) if target else None,
        status=row["status"],
        description=row["description"],
    )
