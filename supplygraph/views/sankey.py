"""The country Sankey: tonnes from country and stage to country and stage, on one scale.

Heights are tonnes a year in each material's own unit. They do not add up along the chain:
yields, surplus and uses that nobody names leave it between the columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from supplygraph.trade_words import unit_text, word
from supplygraph.views.layout import colours_of, lane_of
from supplygraph.views.page_parts import PageRecord, Record
from supplygraph.views.style import COLOURED

WIDTH, HEIGHT, HEAD = 1224.0, 820.0, 52.0
MOST = 150  # boxes
BAR, LEFT, RIGHT = 13.0, 20.0, 178.0
SMALL = 0.004  # of the largest column: countries below it are drawn as one
OTHERS = "others"


@dataclass
class Box:
    """A country in a column."""

    country: str
    column: str
    x: float
    y: float = 0.0
    height: float = 0.0
    ins: float = 0.0
    outs: float = 0.0


@dataclass
class Band:
    """A flow between two boxes; ``back`` runs against the order of the columns."""

    origin: tuple[str, str]
    destination: tuple[str, str]
    quantity: float
    reported: float = 0.0
    units: dict[str, float] = field(default_factory=dict)
    ends: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    width: float = 0.0
    back: bool = False


def sankey_of(record: PageRecord) -> Record:
    """Boxes, bands and columns with their places, as the page reads them."""
    columns = _columns(record)
    bands = _bands(record, columns)
    boxes = _boxes(bands, columns)
    _place(boxes, bands, columns)
    colour = colours_of(record)
    names = {name: values["name"] for name, values in record.rows("country").items()}
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "columns": [
            {"id": name, "title": title, "x": round(x, 2)} for name, (title, x) in columns.items()
        ],
        "boxes": [
            {
                "country": box.country,
                "column": box.column,
                "x": round(box.x, 2),
                "name": names.get(box.country, "Other countries"),
                "y": round(box.y, 2),
                "height": round(box.height, 2),
                "colour": colour.get(box.country, COLOURED),
                "quantity": max(box.ins, box.outs),
            }
            for box in boxes.values()
        ],
        "bands": [
            {
                "from": list(band.origin),
                "to": list(band.destination),
                "quantity": band.quantity,
                "units": {unit_text(unit): q for unit, q in sorted(band.units.items())},
                "ends": list(band.ends),
                "width": band.width,
                "back": band.back,
                "colour": colour.get(band.origin[0], COLOURED),
                "reported": band.reported / band.quantity if band.quantity > 0 else 0.0,
            }
            for band in bands
        ],
        "bar": BAR,
    }


def _columns(record: PageRecord) -> dict[str, tuple[str, float]]:
    """Title and left edge of each column; all products are one."""
    found: dict[str, str] = {}
    rows = record.rows("column")
    stages = [values["stage"] for values in rows.values()]
    for name, values in rows.items():
        stage = values["stage"]
        if stage == "product":
            found["product"] = "Products"
        elif stages.count(stage) > 1:
            found[name] = f"{word(stage)}: {', '.join(values['processes'][:2])}"
        else:
            found[name] = word(stage)
    step = (WIDTH - LEFT - RIGHT) / max(len(found) - 1, 1)
    return {name: (title, LEFT + step * i) for i, (name, title) in enumerate(found.items())}


def _bands(record: PageRecord, columns: dict[str, Any]) -> list[Band]:
    """Flows between countries; those too small to see are drawn as one."""
    into = lane_of(record)
    flows = []
    size: dict[tuple[str, str], list[float]] = {}
    for flow in record.rows("flow").values():
        ends: list[tuple[str, str]] = []
        for side, (country, column) in enumerate((flow["origin"], flow["destination"])):
            end = (into[country], column if column in columns else "product")
            size.setdefault(end, [0.0, 0.0])[side] += flow["quantity"]
            ends.append(end)
        flows.append((ends[0], ends[1], flow))
    name = _merged({end: max(pair) for end, pair in size.items()})
    sums: dict[tuple[tuple[str, str], tuple[str, str]], Band] = {}
    for origin, destination, flow in flows:
        key = (name[origin], name[destination])
        band = sums.setdefault(key, Band(*key, 0.0))
        band.quantity += flow["quantity"]
        band.reported += flow["reported"]
        band.units[flow["unit"]] = band.units.get(flow["unit"], 0.0) + flow["quantity"]
    order = {column: number for number, column in enumerate(columns)}
    for band in sums.values():
        band.back = order[band.destination[1]] <= order[band.origin[1]]
    return sorted(sums.values(), key=lambda b: (b.origin, b.destination))


def _merged(size: dict[tuple[str, str], float]) -> dict[tuple[str, str], tuple[str, str]]:
    """Each country and column, or the column's rest; never more boxes than `MOST`."""
    columns: dict[str, float] = {}
    for (_, column), quantity in size.items():
        columns[column] = columns.get(column, 0.0) + quantity
    least = SMALL * max(columns.values(), default=0.0)
    order = sorted(size, key=lambda end: (-round(size[end], 6), end))
    keep = {end for end in order[: MOST - len(columns)] if size[end] >= least}
    return {end: end if end in keep else (OTHERS, end[1]) for end in size}


def _boxes(bands: Sequence[Band], columns: dict[str, tuple[str, float]]) -> dict[Any, Box]:
    boxes: dict[tuple[str, str], Box] = {}
    for band in bands:
        for end, out in ((band.origin, True), (band.destination, False)):
            box = boxes.setdefault(end, Box(*end, columns[end[1]][1]))
            box.outs += band.quantity if out else 0.0
            box.ins += 0.0 if out else band.quantity
    return dict(
        sorted(
            boxes.items(),
            key=lambda item: (
                item[1].column,
                item[0][0] == OTHERS,
                -round(max(item[1].ins, item[1].outs), 6),
                item[0],
            ),
        )
    )


def _place(boxes: dict[Any, Box], bands: Sequence[Band], columns: dict[str, Any]) -> None:
    """Heights on one scale; boxes from the largest down; bands stacked at both ends."""
    gap = 9.0
    room = HEIGHT - HEAD - 16
    scales = []
    for column in columns:
        here = [box for box in boxes.values() if box.column == column]
        total = sum(max(box.ins, box.outs) for box in here)
        if total > 0:
            scales.append((room - gap * (len(here) - 1)) / total)
    scale = min(scales, default=1.0)
    for column in columns:
        y = HEAD
        for box in boxes.values():
            if box.column == column:
                box.y, box.height = y, max(scale * max(box.ins, box.outs), 0.8)
                y += box.height + gap
    offsets: dict[tuple[Any, bool], float] = {}
    starts: dict[int, float] = {}
    stops: dict[int, float] = {}
    for out, found in ((True, starts), (False, stops)):
        for number in sorted(range(len(bands)), key=lambda n: _other(bands[n], boxes, out)):
            band = bands[number]
            end = band.origin if out else band.destination
            width = scale * band.quantity
            found[number] = boxes[end].y + offsets.get((end, out), 0.0) + width / 2
            offsets[end, out] = offsets.get((end, out), 0.0) + width
    for number, band in enumerate(bands):
        band.width = round(max(scale * band.quantity, 0.5), 2)
        x1, x2 = boxes[band.origin].x + BAR, boxes[band.destination].x
        band.ends = (
            round(x1, 2),
            round(starts[number], 2),
            round(x2, 2),
            round(stops[number], 2),
        )


def _other(band: Band, boxes: dict[Any, Box], out: bool) -> tuple[float, float, Any]:
    """Order of bands at one end: by where the other end lies."""
    end = band.destination if out else band.origin
    return (boxes[end].x if out else -boxes[end].x, boxes[end].y, end)
