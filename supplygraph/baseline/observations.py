"""Published figures as rows over the columns of the balance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from supplygraph.dataset.tables import ROW
from supplygraph.dataset.years import roles
from supplygraph.graph import Columns, SupplyGraph
from supplygraph.selectors import Call, Expression, Selector, Term, parse_expression
from supplygraph.units import mass_in_tonnes

MATERIALS_NAMED = 2
SIGMA_BY_GRADE = {"A": 0.05, "B": 0.15, "calc": 0.2, "C": 0.3, "D": 0.5}
Sum = tuple[np.ndarray, np.ndarray]
SHARE_UNITS = {"fraction": 1.0, "share": 1.0, "%": 0.01}


@dataclass(frozen=True)
class Observation:
    """One published figure: a sum of columns, or a share between two sums.

    ``value`` is in tonnes a year (units a year for demand, a fraction for shares), ``sigma``
    relative. ``columns`` and ``coefficients`` give the sum; for a share also ``below``, the
    denominator's columns and coefficients. ``trade`` is the flow that it counts, if it counts
    nothing else.
    """

    id: str
    what: str
    columns: np.ndarray
    coefficients: np.ndarray
    value: float
    sigma: float
    role: str
    grade: str
    unit: str
    year: int
    source: tuple[str, ...]
    note: str
    low: float = float("nan")
    high: float = float("nan")
    below: tuple[np.ndarray, np.ndarray] | None = None
    trade: Call | None = None

    @property
    def is_share(self) -> bool:
        """Whether it is a quotient of two sums."""
        return self.below is not None

    def balanced(self, x: np.ndarray) -> float:
        """The figure as the flows ``x`` give it; NaN for a share of nothing."""
        top = float(self.coefficients @ x[self.columns])
        if self.below is None:
            return top
        bottom = float(self.below[1] @ x[self.below[0]])
        return top / bottom if bottom > 0 else float("nan")


def _short(materials: tuple[str, ...]) -> str:
    """Materials of a trade figure in a name that fits a table."""
    few = len(materials) <= MATERIALS_NAMED
    return "|".join(materials) if few else f"{materials[0]}+{len(materials) - 1}"


def _named_apart(found: list[Observation]) -> list[Observation]:
    """Names that two figures would share are spelled out."""
    count = Counter(o.id for o in found)
    return [replace(o, id=o.what) if count[o.id] > 1 else o for o in found]


def observations_of(graph: SupplyGraph, columns: Columns) -> list[Observation]:
    """All figures the balance is compared with, in a fixed order.

    Observations of the table, observed trade, and demand in units.
    """
    reader = _Reader(graph, columns)
    found = [*reader.table(), *reader.trade(), *reader.demand()]
    return sorted(found, key=lambda o: o.id)


class _Reader:
    def __init__(self, graph: SupplyGraph, columns: Columns) -> None:
        self.graph, self.columns = graph, columns
        n = len(graph.pools)
        self.surplus = _positions(columns.surplus_of, n)
        self.unexplained = _positions(columns.unexplained_of, n)
        self.roles = roles(graph.dataset, graph.base_year)

    def table(self) -> list[Observation]:
        return [self._observed(row) for row in self._counts("observations")]

    def _counts(self, table: str) -> list[dict]:
        """Rows that state a value, each with its role in the balance of the base year."""
        rows = self.graph.dataset.tables[table].to_dict("records")
        keyed = [((table, row[ROW]), row) for row in rows]
        return [{**row, "role": self.roles[key]} for key, row in keyed if key in self.roles]

    def _observed(self, row: dict) -> Observation:
        expression: Expression = parse_expression(row["expression"])
        top = self._sum(expression.numerator)
        below = self._sum(expression.denominator) if expression.denominator else None
        unit = row["unit"]
        factor = SHARE_UNITS.get(unit) if below is not None else None
        factor = mass_in_tonnes(unit.removesuffix("/yr")) if factor is None else factor
        found = self._make(
            row, row["id"], expression.text, top, row["value"], factor=factor, below=below
        )
        calls = expression.numerator if below is None else ()
        trade = calls[0] if len(calls) == 1 and calls[0].function == "trade" else None
        return replace(found, trade=trade)

    def trade(self) -> list[Observation]:
        result = []
        for row in self._counts("trade"):
            materials = "|".join(row["material"])
            selector = Selector((Term("material", "=", tuple(row["material"])),), materials)
            call = Call("trade", selector, row["from"], row["to"])
            places = f"{row['from']}>{row['to']}"
            year = "" if row["year"] == self.graph.base_year else f" {int(row['year'])}"
            name = f"trade({_short(row['material'])} {places}){year}"
            what = f"trade({materials} {places}){year}"
            factor = mass_in_tonnes(row["unit"].removesuffix("/yr"))
            found = self._make(row, name, what, self._sum((call,)), row["quantity"], factor=factor)
            result.append(replace(found, trade=call))
        return _named_apart(result)

    def demand(self) -> list[Observation]:
        start, rows = self.columns.start["demand"], self.graph.demands.to_dict("records")
        result = []
        for index, row in enumerate(rows):
            name = f"demand({row['product']}@{row['market']})"
            top = (np.array([start + index]), np.ones(1))
            full = {**row, "role": "fit", "year": self.graph.base_year}
            full["unit"] = f"{row['unit']}/yr"
            result.append(self._make(full, name, name, top, row["units"]))
        return result

    def _make(
        self,
        row: Mapping[str, Any],
        name: str,
        what: str,
        top: Sum,
        value: float,
        *,
        factor: float = 1.0,
        below: Sum | None = None,
    ) -> Observation:
        grade = row.get("evidence") or "D"
        sigma = row["sigma"] if row["sigma"] > 0 else SIGMA_BY_GRADE[grade]
        low, high = (row.get(end, np.nan) * factor for end in ("low", "high"))
        return Observation(
            id=name,
            what=what,
            columns=top[0],
            coefficients=top[1],
            value=value * factor,
            sigma=float(sigma),
            role=row["role"],
            grade=grade,
            unit=row["unit"],
            year=int(row["year"]),
            source=tuple(row.get("source") or ()),
            note=row.get("note") or "",
            low=low,
            high=high,
            below=below,
        )

    def _sum(self, calls: tuple[Call, ...]) -> tuple[np.ndarray, np.ndarray]:
        total: dict[int, float] = {}
        for call in calls:
            for block, index, coefficient in self.graph.call_terms(call):
                column, factor = self._column(block, index)
                if column >= 0:
                    total[column] = total.get(column, 0.0) + coefficient * factor
        order = sorted(total)
        return np.array(order, dtype=int), np.array([total[c] for c in order])

    def _column(self, block: str, index: int) -> tuple[int, float]:
        start = self.columns.start
        if block == "input":
            inputs = self.graph.inputs
            if inputs.draw[index] >= 0:
                return start["draw"] + int(inputs.draw[index]), 1.0
            return int(inputs.user[index]), float(inputs.quantity[index])
        if block in ("surplus", "unexplained"):
            position = int((self.surplus if block == "surplus" else self.unexplained)[index])
            return (start[block] + position if position >= 0 else -1), 1.0
        return start[block] + index, 1.0


def _positions(pools: np.ndarray, size: int) -> np.ndarray:
    position = np.full(size, -1)
    position[pools] = np.arange(len(pools))
    return position
