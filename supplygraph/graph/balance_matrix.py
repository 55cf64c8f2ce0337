"""The balance matrix, built once and shared by reconcile and allocation.

Rows, in words (P made, E exports, I imports, W surplus and unexplained use):

- made: sum of outputs - withheld - made = 0 for every pool with a maker;
- home: made - E + I - draws - W = 0 for every pool;
- exports: made - E >= 0 (what came in is not sent out again);
- kinds: alternatives add up to the need; an optional input is at most the need;
- lines: recipes on one line share its capacity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from supplygraph.graph.network import SupplyGraph

INFINITY = float("inf")
BLOCKS = ("activity", "demand", "draw", "arc", "surplus", "unexplained", "made", "withheld")


@dataclass(frozen=True)
class Columns:
    """Start and length of each block of columns, and which pools own the pool blocks."""

    start: dict[str, int]
    size: dict[str, int]
    surplus_of: np.ndarray
    unexplained_of: np.ndarray
    made_of: np.ndarray

    @property
    def total(self) -> int:
        """Number of columns."""
        return sum(self.size.values())

    def block(self, name: str) -> slice:
        """Columns of a block."""
        return slice(self.start[name], self.start[name] + self.size[name])


@dataclass(frozen=True)
class Matrix:
    """Sparse rows with bounds: ``lower <= A x <= upper``, entries as triplets."""

    row: np.ndarray
    column: np.ndarray
    value: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.lower)

    def times(self, x: np.ndarray) -> np.ndarray:
        """Product with a vector of columns."""
        return np.bincount(self.row, weights=self.value * x[self.column], minlength=self.n_rows)

    def stacked(self, other: Matrix) -> Matrix:
        """These rows with another set of rows below."""
        return Matrix(
            np.concatenate([self.row, other.row + self.n_rows]),
            np.concatenate([self.column, other.column]),
            np.concatenate([self.value, other.value]),
            np.concatenate([self.lower, other.lower]),
            np.concatenate([self.upper, other.upper]),
        )


class RowWriter:
    """Collects triplets row by row."""

    def __init__(self) -> None:
        self.parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.bounds: list[tuple[float, float]] = []

    def add_rows(self, count: int, lower: float, upper: float) -> int:
        """Open rows with one pair of bounds; returns the first row number."""
        first = len(self.bounds)
        self.bounds += [(lower, upper)] * count
        return first

    def add(self, rows: ArrayLike, columns: ArrayLike, values: ArrayLike) -> None:
        """Add entries; values may be one number for all."""
        row, column = np.asarray(rows, int), np.asarray(columns, int)
        self.parts.append((row, column, np.broadcast_to(np.asarray(values, float), row.shape)))

    def matrix(self) -> Matrix:
        """The rows collected so far."""
        empty = (np.zeros(0, int), np.zeros(0, int), np.zeros(0))
        row, column, value = (np.concatenate(part) for part in zip(empty, *self.parts, strict=True))
        bounds = np.array(self.bounds, dtype=float).reshape(-1, 2)
        return Matrix(row.astype(int), column.astype(int), value, bounds[:, 0], bounds[:, 1])


def columns_of(graph: SupplyGraph) -> Columns:
    """Layout of the columns of a graph."""
    made_of = np.unique(graph.made_pool)
    surplus, used = _held_pools(graph, made_of)
    sizes = {
        "activity": graph.n_activities,
        "demand": graph.n_demands,
        "draw": int((graph.inputs.draw >= 0).sum()),
        "arc": len(graph.arcs),
        "surplus": int(surplus.sum()),
        "unexplained": int(used.sum()),
        "made": len(made_of),
        "withheld": len(made_of),
    }
    starts = dict(
        zip(BLOCKS, np.cumsum([0, *[sizes[b] for b in BLOCKS]])[:-1].tolist(), strict=True)
    )
    return Columns(starts, sizes, np.flatnonzero(surplus), np.flatnonzero(used), made_of)


def _held_pools(graph: SupplyGraph, made_of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pools that may have a surplus, and pools that may have a use nobody names.

    The figures cannot tell the two apart, so each pool has one: ores and bundles everywhere,
    oxides and carbonates where they are made and every joint output a surplus (for oxides it
    holds uses without a name as well); all other pools an unexplained use.
    """
    stage = graph.pools["stage"].to_numpy()
    makes = np.zeros(len(graph.pools), dtype=bool)
    makes[made_of] = True
    raw = (stage == "mine") | _bundle(graph)
    surplus = raw | ((stage == "separation") & makes) | _joint_pools(graph)
    return surplus, ~surplus


def _joint_pools(graph: SupplyGraph) -> np.ndarray:
    """Pools of materials that some activity there makes together with others."""
    outputs = np.bincount(graph.made_activity, minlength=graph.n_activities)
    joint = np.zeros(len(graph.pools), dtype=bool)
    joint[graph.made_pool[outputs[graph.made_activity] > 1]] = True
    return joint


def _bundle(graph: SupplyGraph) -> np.ndarray:
    bundles = {row.id for row in graph.dataset.tables["materials"].itertuples() if row.bundle_of}
    return graph.pools["material"].isin(bundles).to_numpy()


def balance_matrix(graph: SupplyGraph, columns: Columns) -> Matrix:
    """Rows made, home, exports, kinds and lines, in this order."""
    writer = RowWriter()
    _made_rows(writer, graph, columns)
    _home_rows(writer, graph, columns)
    _export_rows(writer, graph, columns)
    _kind_rows(writer, graph, columns)
    _line_rows(writer, graph, columns)
    return writer.matrix()


def _positions(pools: np.ndarray, size: int) -> np.ndarray:
    position = np.full(size, -1)
    position[pools] = np.arange(len(pools))
    return position


def _made_rows(writer: RowWriter, graph: SupplyGraph, columns: Columns) -> None:
    first = writer.add_rows(len(columns.made_of), 0.0, 0.0)
    position = _positions(columns.made_of, len(graph.pools))
    writer.add(first + position[graph.made_pool], graph.made_activity, graph.made_quantity)
    own = first + np.arange(len(columns.made_of))
    writer.add(own, columns.start["made"] + np.arange(len(own)), -1.0)
    writer.add(own, columns.start["withheld"] + np.arange(len(own)), -1.0)


def _home_rows(writer: RowWriter, graph: SupplyGraph, columns: Columns) -> None:
    first = writer.add_rows(len(graph.pools), 0.0, 0.0)
    inputs = graph.inputs
    writer.add(
        first + columns.made_of, columns.start["made"] + np.arange(len(columns.made_of)), 1.0
    )
    arcs = columns.start["arc"] + np.arange(len(graph.arcs))
    writer.add(first + graph.arcs["origin"].to_numpy(), arcs, -1.0)
    writer.add(first + graph.arcs["destination"].to_numpy(), arcs, 1.0)
    fixed = inputs.draw < 0
    writer.add(first + inputs.pool[fixed], inputs.user[fixed], -inputs.quantity[fixed])
    writer.add(first + inputs.pool[~fixed], columns.start["draw"] + inputs.draw[~fixed], -1.0)
    for name, pools in (("surplus", columns.surplus_of), ("unexplained", columns.unexplained_of)):
        writer.add(first + pools, columns.start[name] + np.arange(len(pools)), -1.0)


def _export_rows(writer: RowWriter, graph: SupplyGraph, columns: Columns) -> None:
    origins = np.unique(graph.arcs["origin"].to_numpy())
    position = _positions(origins, len(graph.pools))
    made = _positions(columns.made_of, len(graph.pools))
    first = writer.add_rows(len(origins), 0.0, INFINITY)
    writer.add(first + np.arange(len(origins)), columns.start["made"] + made[origins], 1.0)
    arcs = columns.start["arc"] + np.arange(len(graph.arcs))
    writer.add(first + position[graph.arcs["origin"].to_numpy()], arcs, -1.0)


def _kind_rows(writer: RowWriter, graph: SupplyGraph, columns: Columns) -> None:
    """Draws in units of need: sum(draw / quantity) = level, or <= level if not essential."""
    inputs = graph.inputs
    own = np.flatnonzero(inputs.draw >= 0)
    groups = np.unique(inputs.group[own])
    position = _positions(groups, inputs.n_groups)
    first = len(writer.bounds)
    essential = np.zeros(inputs.n_groups, dtype=bool)
    np.logical_or.at(essential, inputs.group[own], inputs.essential[own])
    for strict in essential[groups]:
        writer.add_rows(1, 0.0 if strict else -INFINITY, 0.0)
    rows = first + position[inputs.group[own]]
    writer.add(rows, columns.start["draw"] + inputs.draw[own], 1.0 / inputs.quantity[own])
    heads = own[np.unique(inputs.group[own], return_index=True)[1]]
    writer.add(first + position[inputs.group[heads]], inputs.user[heads], -1.0)


def _line_rows(writer: RowWriter, graph: SupplyGraph, columns: Columns) -> None:
    first = writer.add_rows(len(graph.lines), -INFINITY, INFINITY)
    writer.add(first + graph.line_of, np.arange(graph.n_activities), graph.line_units)


def export_rows(graph: SupplyGraph, columns: Columns) -> tuple[int, np.ndarray]:
    """Row number of the first row that limits exports, and the pool of each such row."""
    return len(columns.made_of) + len(graph.pools), np.unique(graph.arcs["origin"].to_numpy())


def first_line_row(matrix: Matrix, graph: SupplyGraph) -> int:
    """Row number of the first capacity row of a balance matrix."""
    return matrix.n_rows - len(graph.lines)
