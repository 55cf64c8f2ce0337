"""Columns for users who take more or less of an input than in the base year.

A unit of a user takes n x q of a group of inputs, n from `Bounds.need`. With a column s_g for
what it takes less (below 0: more),

    change_g: s_g - (1 - n_g) q_g x level of its user = 0
    home_k or kind_g: + s_g,   entry_e: + s_g           where the draw stands

so that a month changes one entry of the matrix per group, and runs without such users have no
column here at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from supplygraph.graph import Matrix
from supplygraph.graph.balance_matrix import INFINITY, RowWriter
from supplygraph.solver import LinearProgram

if TYPE_CHECKING:
    from supplygraph.engines.allocation_step import MonthlyProgram


class Needs:
    """Rows and columns of changed needs in the program of a run.

    Parameters
    ----------
    program
        The program they join.
    groups
        Groups of inputs that change in some month.
    """

    def __init__(self, program: MonthlyProgram, groups: np.ndarray) -> None:
        self.program, self.groups = program, np.asarray(groups, dtype=int)
        self.first = program.common + 1 + len(program.extra.scale)
        inputs = program.graph.inputs
        order = np.argsort(inputs.group, kind="stable")
        self.head = order[np.searchsorted(inputs.group[order], self.groups)]
        self.own = inputs.draw[self.head] >= 0  # alternatives: counted in units of the need
        self.user = inputs.user[self.head]
        self.quantity = np.where(self.own, 1.0, inputs.quantity[self.head])
        size = program.scale[self.user] * self.quantity
        self.scale = np.maximum(size, 1e-9)
        self.row = program.rows.n_rows + program.extra.rows.n_rows
        writer = RowWriter()
        rows = writer.add_rows(len(self.groups), 0.0, 0.0) + np.arange(len(self.groups))
        writer.add(rows, self.columns, 1.0)
        # Written so that the solver keeps the entry which `set` changes.
        writer.add(rows, self.user, -self.quantity)
        self.rows: Matrix = writer.matrix()

    @property
    def columns(self) -> np.ndarray:
        """Numbers of the columns."""
        return self.first + np.arange(len(self.groups))

    def into(self, triplets: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        """Triplets with these columns entered where the draws of their groups stand."""
        row, column, value, lower, upper = triplets
        inputs = self.program.graph.inputs
        places: list[tuple[int, int, float]] = []
        stocked = {int(entry): number for number, entry in enumerate(self.program.stocks.entry)}
        kinds = self._kind_rows()
        for number, head in enumerate(self.head.tolist()):
            mine = int(self.columns[number])
            if self.own[number]:
                places.append((kinds[int(self.groups[number])], mine, 1.0))
                continue
            places.append((self.program.home_row + int(inputs.pool[head]), mine, 1.0))
            if head in stocked:
                places.append((self.program.rows.n_rows + stocked[head], mine, 1.0))
        added = np.array(places, dtype=float).reshape(-1, 3)
        return (
            np.concatenate([row, added[:, 0].astype(int)]),
            np.concatenate([column, added[:, 1].astype(int)]),
            np.concatenate([value, added[:, 2]]),
            lower,
            upper,
        )

    def _kind_rows(self) -> dict[int, int]:
        """Row of the balance in which the draws of each group of alternatives add up."""
        inputs = self.program.graph.inputs
        own = np.unique(inputs.group[inputs.draw >= 0])
        first = self.program.line_row - len(own)
        return {int(group): first + place for place, group in enumerate(own)}

    def set(self, model: LinearProgram, need: np.ndarray) -> None:
        """Entries and bounds of a month."""
        less = 1.0 - need[self.groups]
        rows = self.row + np.arange(len(self.groups))
        model.set_entries(rows, self.user, -less * self.quantity)
        lower = np.where(less < 0, -INFINITY, 0.0)
        upper = np.where(less > 0, INFINITY, 0.0)
        model.set_column_bounds(self.columns, lower, upper)
