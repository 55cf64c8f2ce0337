"""Where everything stands in the matrix of stage x country: the same data, the same places.

Lengths are pixels of a picture 1224 wide; the page scales it to its window.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from supplygraph.views.record import PageRecord, Record
from supplygraph.views.style import COLOURED, colour_of, is_reported, unit_text, word

WIDTH = 1224.0
LEFT = 120.0
RIGHT = 10.0
HEAD = 74.0
ROOM = 776.0  # height that the lanes should fit, as on a screen of 1600 x 1000
GAP = 26.0
CHAIN_TO_SECTOR = 1.46  # width of a column of plants, in columns of products
DOT_AT = 17.0
PRODUCT_AT = 11.0
REST = "*"
RIBBONS = 240
PITCHES = (7.0, 6.0, 5.2, 4.4, 3.8, 3.2, 2.7)  # between the small dots of a cell
MOST_ROWS = 11  # with room for a name, in one cell
LEAST = 17.0  # height of a lane
NAMED = 0.03  # share of its column from which a process stands in the title
WIDEST = 15.0


@dataclass
class Place:
    """A column with its left edge and width."""

    id: str
    x: float
    width: float
    title: str
    group: str
    block: str
    values: Record


@dataclass
class Lane:
    """A country's band; ``*`` holds the countries where nothing runs."""

    id: str
    name: str
    share: float
    colour: int
    y: float = 0.0
    height: float = 0.0


@dataclass
class Dot:
    """A node with its place."""

    id: str
    x: float
    y: float
    r: float
    values: Record


@dataclass
class Ribbon:
    """Summed flow between two cells; ``back`` runs against the order of the columns."""

    origin: tuple[str, str]
    destination: tuple[str, str]
    quantity: float
    unit: str
    reported: float
    materials: list[list[Any]]
    width: float = 0.0
    ends: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    back: bool = False


@dataclass
class Matrix:
    """The whole picture."""

    width: float
    height: float
    columns: list[Place]
    lanes: list[Lane]
    dots: list[Dot]
    ribbons: list[Ribbon] = field(default_factory=list)
    hidden: int = 0


def matrix_of(record: PageRecord) -> Matrix:
    """Place columns, lanes, dots and ribbons of a record."""
    columns = _columns(record)
    lanes = _lanes(record)
    dots = _Cells(record, columns, lanes).place()
    height = max((lane.y + lane.height for lane in lanes), default=HEAD) + 8
    matrix = Matrix(WIDTH, height, columns, lanes, dots)
    _add_ribbons(record, matrix)
    return matrix


def _columns(record: PageRecord) -> list[Place]:
    rows = record.rows("column")
    stages = [values["stage"] for values in rows.values()]
    products = sum(stage == "product" for stage in stages)
    gap = GAP if 0 < products < len(stages) else 0.0
    weights = [1.0 if stage == "product" else CHAIN_TO_SECTOR for stage in stages]
    unit = (WIDTH - LEFT - RIGHT - gap) / max(sum(weights), 1.0)
    found: list[Place] = []
    x = LEFT
    for (name, values), weight in zip(rows.items(), weights, strict=True):
        stage, split = values["stage"], stages.count(values["stage"]) > 1
        if stage == "product" and all(place.block != "product" for place in found):
            x += gap
        title = " · ".join(map(word, _main(values))) if split else word(stage)
        block = "product" if stage == "product" else name
        found.append(Place(name, x, unit * weight, title, word(stage), block, values))
        x += unit * weight
    return found


def _lanes(record: PageRecord) -> list[Lane]:
    rows = record.rows("country")
    active = [name for name, values in rows.items() if values["active"]]
    colours = colours_of(record)
    lanes = [
        Lane(name, rows[name]["name"], rows[name]["share"], colours.get(name, COLOURED))
        for name in active
    ]
    if len(active) < len(rows):
        lanes.append(Lane(REST, "Nothing runs yet", 0.0, COLOURED))
    return lanes


def colours_of(record: PageRecord) -> dict[str, int]:
    """Number of the colour of each country that has one: the largest that are no pool."""
    rows = record.rows("country")
    members: dict[str, int] = {}
    for values in rows.values():
        members[values["market"]] = members.get(values["market"], 0) + 1
    return colour_of(
        [
            name
            for name, values in rows.items()
            if values["active"]
            and values["share"] > 0
            and not (name == values["market"] and members[name] > 1)
        ]
    )


def lane_of(record: PageRecord) -> dict[str, str]:
    """Lane of each country."""
    return {
        name: name if values["active"] else REST for name, values in record.rows("country").items()
    }


def _main(values: Record) -> list[str]:
    """The processes that make a column's name: all but those too small to see."""
    return [p for p in values["processes"] if values["parts"].get(p, 0.0) >= NAMED] or values[
        "processes"
    ][:1]


class _Cells:
    """Dots by lane and column, packed so that the picture fits a screen if it can."""

    def __init__(self, record: PageRecord, columns: Sequence[Place], lanes: Sequence[Lane]) -> None:
        self.columns, self.lanes = {column.id: column for column in columns}, lanes
        into = lane_of(record)
        whole: dict[str, float] = {}
        for values in record.rows("node").values():
            whole[values["column"]] = whole.get(values["column"], 0.0) + (values["quantity"] or 0.0)
        self.cells: dict[str, dict[str, list[Dot]]] = {lane.id: {} for lane in lanes}
        for name, values in record.rows("node").items():
            share = (values["quantity"] or 0.0) / (whole[values["column"]] or 1.0)
            widest = 5.6 if values["kind"] == "product" else 8.6
            dot = Dot(name, 0.0, 0.0, 2.4 + widest * math.sqrt(share), values)
            cell = self.cells[into[values["country"]]].setdefault(values["column"], [])
            cell.append(dot)
        for cells in self.cells.values():
            for dots in cells.values():
                dots.sort(key=lambda dot: (not dot.values["quantity"], -round(dot.r, 6), dot.id))

    def place(self) -> list[Dot]:
        """Give every lane its height and every dot its place."""
        for pitch in PITCHES:
            rows = {lane.id: 1 for lane in self.lanes}
            heights = {lane.id: self._height(lane.id, 1, pitch) for lane in self.lanes}
            if sum(heights.values()) <= ROOM:
                break
        else:
            rows = dict.fromkeys(rows, 0)
            heights = {name: self._height(name, 0, pitch) for name in rows}
        self._add_rows(rows, heights, pitch)
        spare = max(ROOM - sum(heights.values()), 0.0) / max(len(self.lanes), 1)
        y = HEAD
        for lane in self.lanes:
            lane.y, lane.height = y, heights[lane.id] + min(spare, 40.0)
            y += lane.height
            self._settle(lane, rows[lane.id], pitch)
        return [dot for cells in self.cells.values() for dots in cells.values() for dot in dots]

    def _add_rows(self, rows: dict[str, int], heights: dict[str, float], pitch: float) -> None:
        """A row more, again and again, for the lane with most running dots left in the grid."""
        open_ = set(rows)
        while open_:
            want = {name: self._fullest(name) - rows[name] for name in open_}
            name = min(open_, key=lambda n: (-want[n], n))
            height = self._height(name, rows[name] + 1, pitch)
            total = sum(heights.values()) - heights[name] + height
            if want[name] <= 0 or rows[name] >= MOST_ROWS or total > ROOM:
                open_.remove(name)
                continue
            rows[name] += 1
            heights[name] = height

    def _fullest(self, lane: str) -> int:
        cells = self.cells[lane].values()
        return max((sum(d.values["quantity"] > 0 for d in dots) for dots in cells), default=0)

    def _height(self, lane: str, rows: int, pitch: float) -> float:
        cells = self.cells[lane].items()
        heights = [_pack(dots, self.columns[column].width, rows, pitch) for column, dots in cells]
        return max([LEAST - 8, *heights]) + 8

    def _settle(self, lane: Lane, rows: int, pitch: float) -> None:
        """Move each cell's dots to the middle of its lane."""
        for name, dots in self.cells[lane.id].items():
            column = self.columns[name]
            height = _pack(dots, column.width, rows, pitch)
            top = lane.y + (lane.height - height) / 2
            for dot in dots:
                dot.x, dot.y = round(column.x + dot.x, 2), round(top + dot.y, 2)
                dot.r = round(dot.r, 2)


def _pack(dots: Sequence[Dot], width: float, rows: int, pitch: float) -> float:
    """Place dots of a cell from its top left; returns the height they take.

    The largest that run stand one above the other with room for a name; the rest in a grid.
    """
    y = 0.0
    at = PRODUCT_AT if dots and dots[0].values["kind"] == "product" else DOT_AT
    named = [dot for dot in dots if dot.values["quantity"] > 0][:rows]
    if rows and len(dots) == 1:
        named = list(dots)
    for dot in named:
        step = max(2 * dot.r + 1.5, 12.6)
        dot.x, dot.y = at, y + step / 2
        y += step
    small = dots[len(named) :]
    per_row = max(int((width - at - 6) / pitch), 1)
    for number, dot in enumerate(small):
        dot.r = min(dot.r, pitch * 0.42) if dot.values["quantity"] > 0 else pitch * 0.29
        dot.x = at - 3 + pitch * (number % per_row)
        dot.y = y + pitch * (number // per_row) + pitch / 2 + 1
    return y + pitch * math.ceil(len(small) / per_row) + (2.0 if small else 0.0)


def _add_ribbons(record: PageRecord, matrix: Matrix) -> None:
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


def _route(matrix: Matrix) -> None:
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
            round(right[ribbon.origin[1]], 2), round(starts[number], 2),
            round(left[ribbon.destination[1]], 2), round(stops[number], 2),
        )  # fmt: skip


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


def column_text(values: Record) -> list[str]:
    """Lines under a column's title: how many, how concentrated, who leads."""
    if values["stage"] == "product":
        return [_count(values["products"], "product"), _count(values["markets"], "market")]
    lines = [_count(values["sites"], "site")]
    if values["hhi"] is not None:
        lines[0] += f" · HHI {values['hhi']:,.0f}"
    top = values["top"][:3]
    if top:
        share = 100 * sum(part for _, part in top)
        lines.append(f"top {len(top)}: {share:.0f} %")
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def ribbon_values(ribbons: Iterable[Ribbon]) -> list[Record]:
    """Ribbons as the page reads them."""
    return [
        {
            "from": list(r.origin), "to": list(r.destination), "quantity": r.quantity,
            "unit": unit_text(r.unit), "width": r.width, "ends": list(r.ends), "back": r.back,
            "reported": r.reported / r.quantity if r.quantity > 0 else 0.0,
            "materials": r.materials[:6],
        }
        for r in ribbons
    ]  # fmt: skip


def dot_pattern(values: Record) -> str:
    """How a dot is drawn: ``open`` runs not, ``estimated``, or ``reported``."""
    if not values["quantity"]:
        return "open"
    return "reported" if is_reported(values["grade"] or "") else "estimated"
