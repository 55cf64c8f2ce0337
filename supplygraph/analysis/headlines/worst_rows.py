"""Which rows of a result come first for a person who asks: the worst, each case once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from supplygraph.results import Results

TOTAL = "total"
Row = Mapping[str, Any]
Values = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Order:
    """How rows of a kind are sorted for a person.

    Attributes
    ----------
    columns
        Of the first that is known the largest value comes first; after ``-`` the smallest.
    one_per
        Columns of which only the first row is told; none: every row.
    first
        Values that are told before others, by column, such as the bound most people ask for.
    ties
        The same among rows of one size.
    latest
        Column whose largest value is told before all others.
    known
        Whether rows without a value in `columns` answer nothing.
    skip
        Values, by column, of rows that answer nothing; told only where every row is.
    """

    columns: tuple[str, ...]
    one_per: tuple[str, ...] = ()
    first: Values = field(default_factory=dict)
    ties: Values = field(default_factory=dict)
    latest: str = ""
    known: bool = False
    skip: Values = field(default_factory=dict)


CENTRAL: Values = {"rerouting": ("none",), "cover": ("central",)}
PLACE = ("product", "region")
ORDERS = {
    "whatif": Order(
        ("loss_12m", "loss_none"),
        ("product",),
        ties={"place": ("abroad", "", "home"), "flags": ([],)},
    ),
    "cover": Order(("-months_central",)),
    "survival": Order(("-tts_months",), ("removed", *PLACE), CENTRAL),
    "inferred-cover": Order(("months_high",)),
    "run": Order(("months_lost", "loss"), PLACE, CENTRAL, {"flags": ([],)}),
    "run-by-element": Order(("months_short", "loss"), ("element", "region"), CENTRAL),
    "comparison": Order(("lost_central",), (*PLACE, "scenario"), CENTRAL),
    "account": Order(("value_high_usd",), ("side", "group", "region", "item"), CENTRAL),
    "outlook": Order(
        ("-cover_high",),
        ("element", "place"),
        {"portfolio": ("announced", "binding")},
        latest="year",
    ),
    "projects": Order(("added",)),
    "deals": Order(("separation_added", "mine_added", "metal_added", "magnet_added")),
    "trace": Order(
        ("tonnes",),
        ("element", "stage"),
        {"what": ("place", "owner")},
        skip={"stage": ("product", "any"), "what": ("sentence",)},
    ),
    "backtest": Order(("mape",), (), {"destination": ("World",), "role": ("test",)}, known=True),
    "comply": Order(("need_t",)),
    "concentration": Order(("hhi_high",), (), {"kind": ("stage",)}),
    "dependence": Order(("import_dependence",), (), {"kind": ("group",)}),
    "held": Order(("quantity",)),
    "flows": Order(("quantity",)),
    "duties": Order(("duty_usd", "premium_usd")),
    "eu-supply-risk": Order(("supply_risk_high",)),
    "geopolrisk": Order(("geopolrisk_high",)),
}


def worst_first(results: Results, *, each: bool = False) -> list[int]:
    """Indices of rows, the worst first; totals, which the headline tells, last.

    Parameters
    ----------
    results
        Of any kind; one without an order of its own keeps that of its rows.
    each
        Every row, also where several tell of one case.

    Examples
    --------
    >>> import supplygraph as sg
    >>> table = sg.load("three-nodes").remove("id=mine-a").solve().results
    >>> [table.table["product"][index] for index in worst_first(table, each=True)][-1]
    'total'
    """
    from supplygraph.results import plain_row

    rows = [plain_row(row) for row in results.table.to_dict("records")]
    order = ORDERS.get(results.kind)
    if order is None:
        return list(range(len(rows)))
    found = sorted(range(len(rows)), key=lambda index: _key(rows[index], order, index))
    if each:
        return found
    told = [i for i in found if not _is_total(rows[i]) and not _within(rows[i], order.skip)]
    if order.known:
        told = [i for i in told if any(rows[i].get(name) is not None for name in order.columns)]
    return _once(rows, told or found, order)


def _is_total(row: Row) -> bool:
    return any(row.get(name) == TOTAL for name in ("product", "id", "group"))


def _within(row: Row, values: Values) -> bool:
    return any(row.get(name) in some for name, some in values.items())


def _key(row: Row, order: Order, index: int) -> tuple[Any, ...]:
    size = math.inf
    for column in order.columns:
        value = row.get(column.removeprefix("-"))
        if value is not None:
            # Rounding of the solver does not decide which of two equal rows comes first.
            size = round(float(value), 9) * (1.0 if column.startswith("-") else -1.0)
            break
    late = -float(row[order.latest] or 0) if order.latest else 0.0
    first = [_place(row, name, some) for name, some in order.first.items()]
    ties = [_place(row, name, some) for name, some in order.ties.items()]
    made = -float(row.get("demand") or 0.0)  # of equal losses that of more output
    return (_is_total(row), late, *first, size, *ties, row.get("product", ""), made, index)


def _place(row: Row, name: str, values: Sequence[Any]) -> int:
    return values.index(row.get(name)) if row.get(name) in values else len(values)


def _once(rows: list[dict[str, Any]], found: list[int], order: Order) -> list[int]:
    """Of each case the first row."""
    if not order.one_per:
        return found
    first: dict[tuple[Any, ...], int] = {}
    for index in found:
        first.setdefault(tuple(rows[index].get(name) for name in order.one_per), index)
    return list(first.values())
