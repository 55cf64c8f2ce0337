"""The matrix of stage x country, put together."""

from __future__ import annotations

from supplygraph.views.cells import Cells
from supplygraph.views.layout import HEAD, WIDTH, StageMatrix, columns_of, lanes_of
from supplygraph.views.page_parts import PageRecord
from supplygraph.views.ribbons import add_ribbons


def matrix_of(record: PageRecord) -> StageMatrix:
    """Place columns, lanes, dots and ribbons of a record."""
    columns = columns_of(record)
    lanes = lanes_of(record)
    dots = Cells(record, columns, lanes).place()
    height = max((lane.y + lane.height for lane in lanes), default=HEAD) + 8
    matrix = StageMatrix(WIDTH, height, columns, lanes, dots)
    add_ribbons(record, matrix)
    return matrix
