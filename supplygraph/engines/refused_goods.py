"""Goods that a rule of content keeps from some users: rows and gates in a month's program.

    refused_k: draws of bound users and refills of their stocks - what reaches k from sources
               open to them <= what is exempt
    gate:      what a caught source brings - gate <= 0

A gate takes what its source brings out of what bound users may draw on; others still draw it.
The market's own make is a source like an arc. Each rule has its rows: what one closes to its
users stays open to those of another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from supplygraph.engines.cascade_step import Refusal
from supplygraph.engines.route_closures import StockColumns, add_draws
from supplygraph.graph.balance_matrix import INFINITY, RowWriter
from supplygraph.solver import LinearProgram

if TYPE_CHECKING:
    from supplygraph.engines.allocation_step import MonthlyProgram


class Refusals:
    """Users who may not draw on some goods: rows per pool, and gates that close arcs to them.

    Parameters
    ----------
    program
        Program of the month.
    users
        Mask of demands that may be denied something in some month.
    measure
        Id of the rule.
    """

    def __init__(self, program: MonthlyProgram, users: np.ndarray, measure: str) -> None:
        self.program, self.measure = program, measure
        graph, inputs = program.graph, program.graph.inputs
        tied = np.concatenate([np.zeros(graph.n_activities, bool), users])
        self.tied = np.flatnonzero(tied[inputs.user])
        self.tied_pools = np.unique(inputs.pool[self.tied])
        end = graph.arcs["destination"].to_numpy()
        self.gate = np.flatnonzero(np.isin(end, self.tied_pools))
        made = program.columns.made_of
        self.own = np.flatnonzero(np.isin(made, self.tied_pools))
        self.own_pools = made[self.own]

    def __len__(self) -> int:
        """Number of gates: arcs, then makers."""
        return len(self.gate) + len(self.own)

    def sizes(self) -> np.ndarray:
        """Typical flow through every gate."""
        program, columns = self.program, self.program.columns
        arcs = program.scale[columns.block("arc")][self.gate]
        return np.maximum(
            np.concatenate([arcs, program.scale[columns.block("made")][self.own]]), 1e-9
        )

    def write(self, writer: RowWriter, gates: np.ndarray, given: StockColumns) -> None:
        """Rows of denied users, and of gates."""
        program, inputs, columns = self.program, self.program.graph.inputs, self.program.columns
        self.denied_row = program.rows.n_rows + len(writer.bounds)
        place = {int(pool): i for i, pool in enumerate(self.tied_pools)}
        first = writer.add_rows(len(self.tied_pools), -INFINITY, INFINITY)
        rows = first + np.array([place[int(p)] for p in inputs.pool[self.tied]], dtype=int)
        add_draws(writer, program.graph, columns, rows, self.tied, 1.0)
        self._add_supply(writer, first, place, gates, given)
        self.gate_row = program.rows.n_rows + len(writer.bounds)
        first = writer.add_rows(len(self), -INFINITY, INFINITY)
        own = first + np.arange(len(self))
        writer.add(own, gates, 1.0)
        arcs, makers = np.split(own, [len(self.gate)])
        writer.add(arcs, columns.start["arc"] + self.gate, -1.0)
        writer.add(makers, columns.start["made"] + self.own, -1.0)
        origin = program.graph.arcs["origin"].to_numpy()
        for row, pool in zip(makers.tolist(), self.own_pools.tolist(), strict=True):
            out = np.flatnonzero(origin == pool)
            writer.add(np.full(len(out), row), columns.start["arc"] + out, 1.0)

    def _add_supply(
        self,
        writer: RowWriter,
        first: int,
        place: dict[int, int],
        gates: np.ndarray,
        given: StockColumns,
    ) -> None:
        """What reaches a pool, less its exports, less what a gate keeps from denied users."""
        graph, columns = self.program.graph, self.program.columns
        for number, pool in enumerate(columns.made_of):
            if int(pool) in place:
                row = first + place[int(pool)]
                writer.add([row], [columns.start["made"] + number], -1.0)
        for name, sign in (("origin", 1.0), ("destination", -1.0)):
            pools = graph.arcs[name].to_numpy()
            arcs = np.flatnonzero(np.isin(pools, self.tied_pools))
            rows = first + np.array([place[int(p)] for p in pools[arcs]], dtype=int)
            writer.add(rows, columns.start["arc"] + arcs, sign)
        end = graph.arcs["destination"].to_numpy()
        closing = [*end[self.gate].tolist(), *self.own_pools.tolist()]
        rows = first + np.array([place[int(pool)] for pool in closing], dtype=int)
        writer.add(rows, gates, 1.0)
        for number, entry in enumerate(given.entries):
            pool = int(graph.inputs.pool[entry])
            if pool in place and entry in self.tied:
                writer.add([first + place[pool]], [given.entry[number]], -1.0)
                writer.add([first + place[pool]], [given.refill[number]], 1.0)
        for number, pool in enumerate(given.pools):
            if int(pool) in place:
                writer.add([first + place[int(pool)]], [given.pool[number]], -1.0)
        writer.add(
            [first + place[int(p)] for p in self.tied_pools], given.state[self.tied_pools], -1.0
        )

    def set(self, model: LinearProgram, refusal: Refusal | None) -> None:
        """Rows bind and gates shut where the rule has caught goods; open where it has not."""
        graph = self.program.graph
        if refusal is None:
            none = np.zeros(graph.n_demands)
            self._set(model, none, np.zeros(len(self), dtype=bool))
            return
        shut = np.concatenate([refusal.arcs[self.gate, 0], refusal.pools[self.own_pools, 0]])
        self._set(model, refusal.users, shut)

    def _set(self, model: LinearProgram, users: np.ndarray, shut: np.ndarray) -> None:
        count = len(self.tied_pools)
        exempt = self._exempt(users)
        model.set_row_bounds(self.denied_row + np.arange(count), np.full(count, -INFINITY), exempt)
        lower = np.where(shut, 0.0, -INFINITY)
        rows = self.gate_row + np.arange(len(self))
        model.set_row_bounds(rows, lower, np.full(len(rows), INFINITY))

    def _exempt(self, denied: np.ndarray) -> np.ndarray:
        """Draws of tied users that no denial touches, per pool; infinite if none is denied."""
        graph, inputs = self.program.graph, self.program.graph.inputs
        users = np.concatenate([np.zeros(graph.n_activities), denied])[inputs.user]
        drawn = self.program.baseline.drawn
        free = np.bincount(
            inputs.pool[self.tied],
            ((1 - users) * drawn)[self.tied],
            minlength=len(graph.pools),
        )
        some = np.bincount(inputs.pool[self.tied], users[self.tied] > 0, minlength=len(graph.pools))
        return np.where(some > 0, free, INFINITY)[self.tied_pools]
