"""Summed flows between the cells of the matrix."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from supplygraph.trade_words import unit_text
from supplygraph.views.layout import Lane, Ribbon, StageMatrix, lane_of
from supplygraph.views.page_parts import PageRecord, Record

RIBBONS = 240
WIDEST = 15.0


def add_ribbons(record: PageRecord, matrix: StageMatrix) -> None:
    """Flows summed lane and column to lane and column; the largest are kept."""
    into = lane_of(record)
    block = {column.id: column.block for column in matrix.columns}
    sums: dict[tuple[tuple[str, str], tuple[str, str], str], Ribbon] = {}
    for flow in record.rows("flow").values():
        ends = [(into[c], block[column]) for c, column in (flow["origin"], flow["destination"])]
        key = (ends[0], ends[1], flow["unit"])
        ribbon = sums.setdefault(key, Ribbon(*key[:2], 0.0, flow["unit"], 0.0, []))
        ribbon.quantity += flow["quantity"]
        ribbon.reported += flow["reported"]
        _add_material(ribbon.materials, flow["material"], flow["quantity"])
    ribbons = sorted(sums.values(), key=lambda r: (-round(r.quantity, 6), r.origin, r.destination))
    matrix.hidden = max(len(ribbons) - RIBBONS, 0)
    matrix.ribbons = ribbons[:RIBBONS]
    largest = max((r.quantity for r in matrix.ribbons), default=1.0)
    for ribbon in matrix.ribbons:
        ribbon.width = round(0.7 + WIDEST * math.sqrt(ribbon.quantity / largest), 2)
        ribbon.materials.sort(key=lambda item: (-round(item[1], 6), item[0]))
    _route(matrix)


def _add_material(materials: list[list[Any]], name: str, quantity: float) -> None:
    for item in materials:
        if item[0] == name:
            item[1] += quantity
            return
    materials.append([name, quantity])


def _route(matrix: StageMatrix) -> None:
    """Ends of each ribbon: beside the dots of its cells, stacked by where it comes from."""
    lane = {item.id: item for item in matrix.lanes}
    left: dict[str, float] = {}
    right: dict[str, float] = {}
    for column in matrix.columns:
        left.setdefault(column.block, column.x + 3)
        right[column.block] = column.x + (30 if column.block != "product" else column.width)
    order = {block: number for number, block in enumerate(left)}
    starts = _ports(matrix.ribbons, lane, out=True)
    stops = _ports(matrix.ribbons, lane, out=False)
    for number, ribbon in enumerate(matrix.ribbons):
        ribbon.back = order[ribbon.destination[1]] <= order[ribbon.origin[1]]
        ribbon.ends = (
            round(right[ribbon.origin[1]], 2),
            round(starts[number], 2),
            round(left[ribbon.destination[1]], 2),
            round(stops[number], 2),
        )


def _ports(ribbons: Sequence[Ribbon], lane: dict[str, Lane], out: bool) -> dict[int, float]:
    """Height at which each ribbon leaves, or reaches, its cell."""
    cells: dict[tuple[str, str], list[int]] = {}
    for number, ribbon in enumerate(ribbons):
        cells.setdefault(ribbon.origin if out else ribbon.destination, []).append(number)
    found: dict[int, float] = {}
    for (name, _), numbers in cells.items():
        band = lane[name]

        def other(number: int) -> tuple[float, str]:
            end = ribbons[number].destination if out else ribbons[number].origin
            return (lane[end[0]].y, end[1])

        numbers.sort(key=other)
        total = sum(ribbons[n].width for n in numbers)
        squeeze = min(1.0, 0.86 * band.height / total) if total > 0 else 1.0
        y = band.y + band.height / 2 - squeeze * total / 2
        for n in numbers:
            step = squeeze * ribbons[n].width
            found[n] = y + step / 2
            y += step
    return found


def ribbon_values(ribbons: Iterable[Ribbon]) -> list[Record]:
    """Ribbons as the page reads them."""
    return [
        {
            "from": list(r.origin),
            "to": list(r.destination),
            "quantity": r.quantity,
            "unit": unit_text(r.unit),
            "width": r.width,
            "ends": list(r.ends),
            "back": r.back,
            "reported": r.reported / r.quantity if r.quantity > 0 else 0.0,
            "materials": r.materials[:6],
        }
        for r in ribbons
    ]
