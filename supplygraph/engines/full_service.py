"""How long stocks carry full service if everybody reroutes, and the least loss until recovery.

The multi-tier program of Simchi-Levi et al. in rates a year: over t months a
stock of S units gives at most S tau a year, tau = 12 / t. On the rows of `allocation`, with one
column z a stock:

    z <= S tau ;  z <= what its holder draws ;  sum of z in a pool <= its named draws
    TTS  = 12 / min tau   with every demand asked for served in full
    loss = least weighted loss with tau = 12 / TTR

Papers: Simchi-Levi, Schmidt, Wei, HBR 92(1/2), 2014; Simchi-Levi et al., Interfaces
45(5):375-390, 2015, doi:10.1287/inte.2015.0804.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from supplygraph.engines.allocation import LOSS_SCALE, AllocationProgram
from supplygraph.engines.inventories import Stock
from supplygraph.errors import InfeasibleError, NotConvergedError
from supplygraph.graph.balance_matrix import INFINITY, RowWriter
from supplygraph.scenario import Shock
from supplygraph.solver import LinearProgram, Optimum, Triplets

FULL = 1e-8
NEVER = 1e-9


@dataclass(frozen=True)
class Survival:
    """How long full service lasts under least-loss rerouting.

    Attributes
    ----------
    months
        TTS, infinite if service is never short; NaN if no use of the stocks stated gives full
        service for any time.
    decides
        Number of the stock whose size moves the time most, or -1.
    """

    months: float
    decides: int


class SurvivalProgram:
    """The program under `least` at one cover: the allocation with a column for every stock.

    Parameters
    ----------
    allocation
        Program of the month; its reference is the service called full.
    stocks
        What is held.
    cover
        0 low, 1 central, 2 high.
    threads
        Threads of the solver.
    """

    def __init__(
        self,
        allocation: AllocationProgram,
        stocks: Sequence[Stock],
        cover: int,
        threads: int = 1,
    ) -> None:
        self.allocation, self.graph = allocation, allocation.graph
        self.columns, self.stocks = allocation.columns, tuple(stocks)
        self.size = np.array([stock.size(cover) for stock in self.stocks])
        self.first = len(allocation.ub)
        self.tau = self.first + len(self.stocks)
        self.full = allocation.reference.served
        self.units = np.arange(allocation.graph.n_demands) + self.columns.start["demand"]
        self._program = self._build(threads)

    def _build(self, threads: int) -> LinearProgram:
        allocation, count = self.allocation, len(self.stocks)
        writer = RowWriter()
        own = np.arange(count)
        first = writer.add_rows(count, -INFINITY, 0.0)
        writer.add(first + own, self.first + own, 1.0)
        writer.add(first + own, np.full(count, self.tau), -self.size)
        self._draw_rows(writer)
        self.size_row = allocation.rows.n_rows
        rows = allocation.rows.stacked(writer.matrix())
        into = self._into()
        row = np.concatenate([rows.row, into])
        column = np.concatenate([rows.column, self.first + own])
        value = np.concatenate([rows.value, np.ones(count)])
        typical = np.array([max(s.use, 1e-6) for s in self.stocks])
        scale = np.concatenate([allocation.scale, typical, [1.0]])
        size = np.full(rows.n_rows, 1e-9)
        np.maximum.at(size, row, np.abs(value) * scale[column])
        ub = np.concatenate([allocation.ub, np.where(self.size > 0, INFINITY, 0.0), [INFINITY]])
        return LinearProgram(
            Triplets(row, column, value, rows.lower, rows.upper),
            np.zeros(len(ub)),
            np.zeros(len(ub)),
            ub,
            column_scale=scale,
            row_scale=size,
            threads=threads,
        )

    def _into(self) -> np.ndarray:
        """Row that each stock adds to: what its pool has at home, or what a plant has made."""
        made = np.full(len(self.graph.pools), -1)
        made[self.columns.made_of] = np.arange(len(self.columns.made_of))
        rows = [
            made[s.pool] if s.kind == "output" else self.allocation.home_row + s.pool
            for s in self.stocks
        ]
        return np.array(rows, dtype=int)

    def _draw_rows(self, writer: RowWriter) -> None:
        """A stock gives at most what its holder draws; all stocks of a pool what is drawn there."""
        inputs = self.graph.inputs
        by_pool: dict[int, list[int]] = {}
        for k, stock in enumerate(self.stocks):
            if stock.kind == "output":
                continue
            by_pool.setdefault(stock.pool, []).append(k)
            if stock.kind != "market":
                self._drawn(writer, [k], stock.entries)
        for pool, members in sorted(by_pool.items()):
            self._drawn(writer, members, np.flatnonzero(inputs.pool == pool))

    def _drawn(self, writer: RowWriter, members: Sequence[int], entries: np.ndarray) -> None:
        inputs = self.graph.inputs
        row = writer.add_rows(1, -INFINITY, 0.0)
        writer.add(np.full(len(members), row), self.first + np.array(members), 1.0)
        fixed = entries[inputs.draw[entries] < 0]
        free = entries[inputs.draw[entries] >= 0]
        writer.add(np.full(len(fixed), row), inputs.user[fixed], -inputs.quantity[fixed])
        columns = self.columns.start["draw"] + inputs.draw[free]
        writer.add(np.full(len(free), row), columns, -1.0)

    def longest(self, shock: Shock, demands: np.ndarray) -> Survival:
        """Longest time for which some demands can be served in full, all others last.

        Parameters
        ----------
        shock
            What is taken away.
        demands
            Numbers of the demands.
        """
        base = self.allocation.base_units
        least = np.zeros(len(base))
        least[demands] = self.full[demands] * base[demands] * (1.0 - FULL)
        with _ShockedBounds(self, shock) as program:
            program.set_column_bounds(self.units, least, base)
            program.set_cost(np.array([self.tau]), np.ones(1))
            try:
                answer = program.solve("time to survive")
            except InfeasibleError:
                return Survival(float("nan"), -1)
            finally:
                program.set_cost(np.array([self.tau]), np.zeros(1))
                program.set_column_bounds(self.units, np.zeros(len(base)), base)
        return self._answer(answer)

    def _answer(self, answer: Optimum) -> Survival:
        tau = float(answer.x[self.tau])
        if tau <= NEVER:
            return Survival(float("inf"), -1)
        rows = self.size_row + np.arange(len(self.stocks))
        worth = np.abs(answer.dual[rows]) * self.size
        return Survival(12.0 / tau, int(worth.argmax()) if worth.max(initial=0.0) > 0 else -1)

    def lost(
        self, shock: Shock, until: float, demands: np.ndarray, weights: np.ndarray
    ) -> np.ndarray:
        """Mean share of every demand lost up to a month, at the least weighted loss.

        Parameters
        ----------
        shock
            What is taken away.
        until
            Months, above 0.
        demands, weights
            Demands that count, and the weight of losing all of each.
        """
        base = self.allocation.base_units
        worth = np.zeros(len(base))
        some = demands[base[demands] > 0]
        worth[some] = -LOSS_SCALE * weights / base[some]
        last = np.array([self.tau])
        with _ShockedBounds(self, shock) as program:
            program.set_column_bounds(last, np.array([12 / until]), np.array([12 / until]))
            program.set_cost(self.units, worth)
            try:
                answer = program.solve("loss until recovery")
            except InfeasibleError as error:
                raise NotConvergedError(f"{error} Serving nobody is always feasible.") from None
            finally:
                program.set_cost(self.units, np.zeros(len(base)))
                program.set_column_bounds(last, np.zeros(1), np.array([INFINITY]))
        served = np.divide(answer.x[self.units], base, out=np.ones(len(base)), where=base > 0)
        return np.clip(self.full - served, 0.0, 1.0)


class _ShockedBounds:
    """Bounds of a shock on a survival program, taken back at the end."""

    def __init__(self, owner: SurvivalProgram, shock: Shock) -> None:
        self.owner = owner
        self.ub, self.limits = owner.allocation.bounds(shock)

    def __enter__(self) -> LinearProgram:
        self._set(self.ub, self.limits)
        return self.owner._program

    def __exit__(self, *error: object) -> None:
        self._set(self.owner.allocation.ub, self.owner.allocation.unlimited)

    def _set(self, ub: np.ndarray, limits: np.ndarray) -> None:
        owner, program = self.owner, self.owner._program
        changed = np.flatnonzero(self.ub != owner.allocation.ub)
        program.set_column_bounds(changed, np.zeros(len(changed)), ub[changed])
        rows = np.flatnonzero(self.limits != owner.allocation.unlimited)
        lower = np.full(len(rows), -INFINITY)
        program.set_row_bounds(owner.allocation.limited[rows], lower, limits[rows])
