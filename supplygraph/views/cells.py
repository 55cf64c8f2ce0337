"""Dots inside the cells of the matrix, and how high the lanes must be to hold them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from supplygraph.views.layout import HEAD, Dot, Lane, Place, lane_of
from supplygraph.views.page_parts import PageRecord

ROOM = 758.0  # height that the lanes should fit, as on a screen of 1600 x 1000
DOT_AT = 17.0
PRODUCT_AT = 11.0
PITCHES = (7.0, 6.0, 5.2, 4.4, 3.8, 3.2, 2.7)  # between the small dots of a cell
MOST_ROWS = 11  # with room for a name, in one cell
LEAST = 17.0  # height of a lane
LETTER = 5.6  # width of a letter of a name, about
ONE_LINE, TWO_LINES = 12.6, 23.0  # heights of names
LEADS = 6.4  # radius of a dot that stands for a quarter of its column


class Cells:
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
            radius = 2.4 + widest * math.sqrt(share)
            dot = Dot(name, 0.0, 0.0, radius, values, radius)
            cell = self.cells[into[values["country"]]].setdefault(values["column"], [])
            cell.append(dot)
        for cells in self.cells.values():
            for dots in cells.values():
                dots.sort(
                    key=lambda dot: (not dot.values["quantity"], -round(dot.largest, 6), dot.id)
                )

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

    The largest that run stand one above the other with room for a name, of two lines where one that
    leads its column has a long one; the rest in a grid.
    """
    y = 0.0
    at = PRODUCT_AT if dots and dots[0].values["kind"] == "product" else DOT_AT
    named = [dot for dot in dots if dot.values["quantity"] > 0][:rows]
    if rows and len(dots) == 1:
        named = list(dots)
    for dot in named:
        dot.r = dot.largest
        room = width - at - dot.r - 8
        long = dot.r > LEADS and len(str(dot.values["name"] or dot.id)) * LETTER > room
        step = max(2 * dot.r + 1.5, TWO_LINES if long and rows > 1 else ONE_LINE)
        dot.x, dot.y = at, y + step / 2
        y += step
    small = dots[len(named) :]
    per_row = max(int((width - at - 6) / pitch), 1)
    for number, dot in enumerate(small):
        dot.r = min(dot.largest, pitch * 0.42) if dot.values["quantity"] > 0 else pitch * 0.29
        dot.x = at - 3 + pitch * (number % per_row)
        dot.y = y + pitch * (number // per_row) + pitch / 2 + 1
    return y + pitch * math.ceil(len(small) / per_row) + (2.0 if small else 0.0)
