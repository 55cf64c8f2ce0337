"""Capacities as their sources state them: the one place that reads the table of capacities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from supplygraph.dataset.tables import Dataset
from supplygraph.units import per_year

RUNNING = ("operating", "ramping")  # status of plants whose lines run


@dataclass(frozen=True)
class Capacity:
    """A row of ``capacities``: what a line can do from a date on, with where it was read.

    Attributes
    ----------
    facility, line
        Plant and line.
    from_date
        Date from which the row holds; empty for always.
    recipes
        Recipes that the line can run.
    quantity, low, high
        Yearly figure and its range in `unit`; NaN where nobody states it.
    unit, counts
        Unit as written, and whether the figure counts ``feed`` or ``product``.
    kind
        ``nameplate``, ``quota``, ``rate`` or ``output``.
    process
        Process of the line where it differs from the plant's.
    year, source, evidence, note
        Year, sources and grade of the figure, and how it was read.
    """

    facility: str
    line: str
    from_date: str
    recipes: tuple[str, ...]
    quantity: float
    unit: str
    counts: str
    kind: str
    low: float
    high: float
    process: str
    year: float
    source: tuple[str, ...]
    evidence: str
    note: str

    @property
    def month(self) -> str:
        """Month ``YYYY-MM`` from which the row holds."""
        return self.from_date[:7]

    @property
    def rate(self) -> float:
        """Quantity in `rate_unit`; NaN where nobody states it."""
        return self.quantity * per_year(self.unit)[0]

    @property
    def substance(self) -> str:
        """Unit of what is counted, such as ``t_reo`` or ``piece``."""
        return per_year(self.unit)[1]

    @property
    def rate_unit(self) -> str:
        """Unit in which the network counts the line: tonnes or pieces a year."""
        return f"{self.substance}/yr"


_COLUMNS = [column.name for column in fields(Capacity)]


def stated_capacities(dataset: Dataset) -> Mapping[tuple[str, str], tuple[Capacity, ...]]:
    """Rows of every line, sorted by plant, line and date.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> rows = stated_capacities(read_dataset("three-nodes"))["mine-a", "1"]
    >>> [(row.month, row.rate, row.rate_unit, row.evidence) for row in rows]
    [('2020-01', 120.0, 't_reo/yr', 'D')]
    """
    found: dict[tuple[str, str], list[Capacity]] = {}
    for row in dataset.tables["capacities"][_COLUMNS].itertuples(index=False, name=None):
        capacity = Capacity(*row)
        found.setdefault((capacity.facility, capacity.line), []).append(capacity)
    return {
        key: tuple(sorted(rows, key=lambda row: row.from_date))
        for key, rows in sorted(found.items())
    }


def capacity_months(dataset: Dataset) -> dict[tuple[str, str], list[str]]:
    """Months from which the rows of every line hold, in order; without a compiled network.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> capacity_months(read_dataset("three-nodes"))
    {('mine-a', '1'): ['2020-01'], ('plant-b', '1'): ['2020-01']}
    """
    return {key: [row.month for row in rows] for key, rows in stated_capacities(dataset).items()}
