"""What one month adds to the allocation program: stocks, closed routes, refused goods.

Columns for what is taken from and put into each stock:

    home_k:   made - E + I - draws - W + released_k - refilled_k + state stock = 0
    entry_e:  taken_e - draw_e <= 0                 a user's stock serves him alone

and those of `engines.route_closures` for users to whom some arcs are closed, and of
`engines.refused_goods` for users whom rules of content keep from goods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from supplygraph.engines.allocation import LOSS_SCALE, UNWEIGHTED
from supplygraph.engines.cascade_step import MONTHS, Limits
from supplygraph.engines.qualification import QUALIFIED_LAG
from supplygraph.engines.refused_goods import Refusals
from supplygraph.engines.route_closures import Gates, StockColumns, add_draws
from supplygraph.graph import Matrix
from supplygraph.graph.balance_matrix import INFINITY, RowWriter
from supplygraph.solver import LinearProgram

if TYPE_CHECKING:
    from supplygraph.engines.allocation_step import MonthlyProgram

STOCK_VALUE = 1e-3
# Worth of stock whose users do not weigh: less than serving them, and more than the tie-break
# costs of fresh goods along a whole chain, or stock would be used where nothing lacks.
LEAST_STOCK_VALUE = 0.1 * UNWEIGHTED
REFILL = 0.5


class MonthlyColumns:
    """Columns and rows that stocks and denied users add to the program."""

    def __init__(self, program: MonthlyProgram) -> None:
        self.program, self.stocks = program, program.stocks
        graph = program.graph
        self.first = program.common + 1
        self.n_entry, self.n_pool = len(self.stocks.entry), len(self.stocks.pool)
        self.states = np.arange(len(graph.pools))
        self.gates = Gates(
            program.baseline, program.whole.denials, qualifying=program.rerouting == "qualified"
        )
        sizes = (self.n_entry, self.n_pool, self.n_entry, self.n_pool, 2 * len(self.states))
        self.refusals = [
            Refusals(program, users, name) for name, users in sorted(program.whole.refused.items())
        ]
        refused = sum(len(refusal) for refusal in self.refusals)
        self.start = np.cumsum([0, *sizes, len(self.gates), refused])
        self._values()
        self.rows = self._write()

    def block(self, number: int) -> np.ndarray:
        """Column numbers of a block: taken and refilled by entries and pools, states, gates."""
        return self.first + np.arange(self.start[number], self.start[number + 1])

    def _values(self) -> None:
        """Typical sizes and costs; a tonne in stock is worth a part of what it covers."""
        program, graph = self.program, self.program.graph
        drawn = program.baseline.drawn
        whole = np.bincount(graph.inputs.pool, drawn, minlength=len(graph.pools))
        weight = np.concatenate([np.zeros(graph.n_activities), program.weights])
        entry, pool = self.stocks.entry, self.stocks.pool
        worth = np.maximum(weight[graph.inputs.user[entry]] * LOSS_SCALE, UNWEIGHTED)
        spread = np.random.default_rng(98).uniform(0.8, 1.2, self.n_entry + self.n_pool)
        kept = np.maximum(STOCK_VALUE * worth, LEAST_STOCK_VALUE)
        entry_cost = kept * spread[: self.n_entry] / np.maximum(drawn[entry], 1e-9)
        pool_cost = LEAST_STOCK_VALUE * spread[self.n_entry :]
        pool_cost = pool_cost / np.maximum(whole[pool], 1e-9)
        size = np.maximum(whole, 1e-6)
        held = np.maximum(np.concatenate([drawn[entry], whole[pool]]), 1e-9)
        gates = self.gates.sizes(program.scale[program.columns.block("arc")], size)
        flow = np.concatenate([gates, *(refusal.sizes() for refusal in self.refusals)])
        self.scale = np.concatenate([held, held, size, size, flow])
        state = np.full(len(self.states), LEAST_STOCK_VALUE) / size
        stock = np.concatenate([entry_cost, pool_cost])
        free = np.zeros(len(self.states)), np.zeros(len(flow))
        self.cost = np.concatenate([stock, -REFILL * stock, free[0], -REFILL * state, free[1]])

    def _write(self) -> Matrix:
        """Rows: taken <= drawn for every entry, then those of the gates."""
        program = self.program
        writer = RowWriter()
        first = writer.add_rows(self.n_entry, -INFINITY, 0.0)
        own = first + np.arange(self.n_entry)
        writer.add(own, self.block(0), 1.0)
        add_draws(writer, program.graph, program.columns, own, self.stocks.entry, -1.0)
        given = StockColumns(
            self.block(0),
            self.block(1),
            self.stocks.entry,
            self.stocks.pool,
            self.block(4)[: len(self.states)],
            self.block(2),
        )
        before = program.rows.n_rows
        self.gates.write(writer, program.columns, int(self.first + self.start[5]), given, before)
        columns = self.block(6)
        for refusal in self.refusals:
            refusal.write(writer, columns[: len(refusal)], given)
            columns = columns[len(refusal) :]
        return writer.matrix()

    def into_home(self, rows: Matrix) -> tuple[np.ndarray, ...]:
        """Triplets with the stock columns entered into the home rows."""
        inputs, home = self.program.graph.inputs, self.program.home_row
        entry = home + inputs.pool[self.stocks.entry]
        pool = home + self.stocks.pool
        states = home + self.states
        half = len(self.states)
        added = [
            (entry, self.block(0), 1.0),
            (pool, self.block(1), 1.0),
            (entry, self.block(2), -1.0),
            (pool, self.block(3), -1.0),
            (states, self.block(4)[:half], 1.0),
            (states, self.block(4)[half:], -1.0),
        ]
        return (
            np.concatenate([rows.row, *(part[0] for part in added)]),
            np.concatenate([rows.column, *(part[1] for part in added)]),
            np.concatenate([rows.value, *(np.full(len(p[0]), p[2]) for p in added)]),
            rows.lower,
            rows.upper,
        )

    def set(
        self,
        model: LinearProgram,
        limits: Limits,
        stocks: tuple[np.ndarray, np.ndarray],
        shocked: int | None,
    ) -> None:
        """Bounds of a month: stocks that are there, room up to targets, denied users."""
        yearly = MONTHS / limits.scale
        entry, pool = stocks
        room = np.maximum(self.stocks.entry_target[:, 0] - entry, 0.0)
        pool_room = np.maximum(self.stocks.pool_target[:, 0] - pool, 0.0)
        gates = np.zeros(self.start[-1] - self.start[5])
        ub = np.concatenate([entry, pool, room, pool_room, limits.release, limits.hold, gates])
        ub = ub * yearly
        ub[self.start[5] :] = INFINITY
        index = self.first + np.arange(len(ub))
        model.set_column_bounds(index, np.zeros(len(ub)), ub)
        young = shocked is None or shocked < QUALIFIED_LAG["military"]
        self.gates.set(model, limits.denials, young=young)
        now = {item.measure: item for item in limits.refusals}
        for refusal in self.refusals:
            refusal.set(model, now.get(refusal.measure))

    def after(
        self, taken: np.ndarray, stocks: tuple[np.ndarray, np.ndarray], scale: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Tonnes in stock after the month."""
        parts = np.split(taken * scale / MONTHS, self.start[1:5])
        entry = np.clip(stocks[0] - parts[0] + parts[2], 0.0, None)
        pool = np.clip(stocks[1] - parts[1] + parts[3], 0.0, None)
        return entry, pool
