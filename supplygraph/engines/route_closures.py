"""Who may draw what over which arc: rows and columns that keep closed arcs from some users.

Users of one pool to whom the same arcs are closed, month after month, are one kind. With g the
part of an arc, and o the part of the pool's other supply, that is kept from a kind,

    kind:  draws + refills + sum of g + o <= made - exports + arcs in + stocks
    shut:  g >= arc                             an arc closed to all of its draws
    part:  sum over the arcs of a denial of (arc - g) <= (1 - share denied) x base draws
    once:  sum over the kinds of a pool of (arc - g) <= arc, the same for o

The last holds what reaches one kind from being counted for another; a pool with one kind needs
none of it. Inside a kind users may swap what is exempt: nobody says whose draws are denied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.graph import Columns, SupplyGraph
from supplygraph.graph.balance_matrix import INFINITY, RowWriter
from supplygraph.scenario.month_arrays import Denial
from supplygraph.solver import LinearProgram


@dataclass(frozen=True)
class Kind:
    """Users of one pool to whom the same arcs are closed.

    Attributes
    ----------
    pool
        Where they draw.
    entries
        Their entries of the inputs.
    military
        Whether new suppliers take the military's time to qualify.
    denials
        Numbers of the denials that close arcs into the pool to them.
    """

    pool: int
    entries: np.ndarray
    military: bool
    denials: tuple[int, ...]


@dataclass(frozen=True)
class StockColumns:
    """Columns of the program that add to the supply of pools.

    Attributes
    ----------
    entry, pool
        What stocks of entries, and of pools, give.
    entries, pools
        Whose stocks these are.
    state
        What a state releases, one column for every pool.
    refill
        What refills stocks of entries.
    """

    entry: np.ndarray
    pool: np.ndarray
    entries: np.ndarray
    pools: np.ndarray
    state: np.ndarray
    refill: np.ndarray


class Gates:
    """Kinds of users and what is kept from them.

    Parameters
    ----------
    baseline
        Balanced base year.
    denials
        What the scenario denies, over all months.
    qualifying
        Whether arcs without base flow open to military users only after their lag.
    """

    def __init__(self, baseline: Baseline, denials: Sequence[Denial], *, qualifying: bool) -> None:
        self.baseline, self.graph = baseline, baseline.graph
        self.denials, self.qualifying = tuple(denials), qualifying
        self.end = self.graph.arcs["destination"].to_numpy()
        self.kinds = self._kinds()
        at: dict[int, list[int]] = {}
        for number, kind in enumerate(self.kinds):
            at.setdefault(kind.pool, []).append(number)
        self.at = at
        pairs = [(arc, k) for arc, pool in enumerate(self.end) for k in at.get(int(pool), ())]
        self.arc = np.array([arc for arc, _ in pairs], dtype=int)
        self.kind = np.array([k for _, k in pairs], dtype=int)
        self.several = [pool for pool in sorted(at) if len(at[pool]) > 1]
        self.sharing = [k for pool in self.several for k in at[pool]]

    def _kinds(self) -> list[Kind]:
        graph, inputs = self.graph, self.graph.inputs
        end_users = (graph.demands["segment"] == "military").to_numpy()
        military = np.concatenate([np.zeros(graph.n_activities, bool), end_users])
        tied = military.copy()
        for denial in self.denials:
            tied |= (denial.share > 0).any(axis=0)
        groups: dict[int, dict[tuple[tuple[int, ...], bytes, bool], list[int]]] = {}
        for entry in np.flatnonzero(tied[inputs.user]).tolist():
            pool, user = int(inputs.pool[entry]), int(inputs.user[entry])
            waits = bool(military[user]) and self.qualifying
            key = (*self._closed(pool, user), waits)
            groups.setdefault(pool, {}).setdefault(key, []).append(entry)
        found = []
        for pool in sorted(groups):
            # Under `least` a military user to whom nothing is closed needs no kind beside others.
            needed = [key for key in groups[pool] if self.qualifying or key[0]]
            for key in sorted(needed or groups[pool]):
                found.append(Kind(pool, np.array(groups[pool][key]), key[2], key[0]))
        return found

    def _closed(self, pool: int, user: int) -> tuple[tuple[int, ...], bytes]:
        """Denials that close arcs into a pool to a user, and its shares."""
        found = [
            number
            for number, denial in enumerate(self.denials)
            if denial.share[:, user].any() and denial.arcs[self._into[pool]].any()
        ]
        return tuple(found), b"".join(self.denials[k].share[:, user].tobytes() for k in found)

    @cached_property
    def _into(self) -> dict[int, np.ndarray]:
        return {pool: np.flatnonzero(self.end == pool) for pool in range(len(self.graph.pools))}

    @cached_property
    def partial(self) -> list[tuple[int, int]]:
        """Kinds and the denials that leave them a part of their draws in some month."""
        return [
            (k, number)
            for k, kind in enumerate(self.kinds)
            for number in kind.denials
            if (self._share(kind, self.denials[number].share.T) % 1.0 > 0).any()
        ]

    def _share(self, kind: Kind, share: np.ndarray) -> np.ndarray:
        """Share denied to a kind: the same for all of its users."""
        return np.asarray(share[self.graph.inputs.user[kind.entries[0]]])

    def __len__(self) -> int:
        """Columns: one a gate, one a kind that shares its pool with another."""
        return len(self.arc) + len(self.sharing)

    def sizes(self, arc: np.ndarray, pool: np.ndarray) -> np.ndarray:
        """Typical size of every column, from those of arcs and pools."""
        shared = np.array([self.kinds[k].pool for k in self.sharing], dtype=int)
        return np.concatenate([np.maximum(arc[self.arc], 1e-9), pool[shared]])

    def write(
        self, writer: RowWriter, columns: Columns, first: int, stocks: StockColumns, before: int
    ) -> None:
        """Add the rows.

        Parameters
        ----------
        writer
            Collects them.
        columns
            Layout of the program.
        first
            Number of the first column of the gates.
        stocks
            What adds to supply.
        before
            Rows of the program before those of the writer.
        """
        self.columns, self.first, self.before = columns, first, before
        self._write_kinds(writer, stocks)
        self.gate_row = before + len(writer.bounds)
        row = writer.add_rows(len(self.arc), -INFINITY, INFINITY)
        own = row + np.arange(len(self.arc))
        writer.add(own, first + np.arange(len(self.arc)), 1.0)
        writer.add(own, columns.start["arc"] + self.arc, -1.0)
        self._write_once(writer, stocks)
        self.part_row = before + len(writer.bounds)
        row = writer.add_rows(len(self.partial), -INFINITY, INFINITY)
        for offset, (k, number) in enumerate(self.partial):
            gates = np.flatnonzero((self.kind == k) & self.denials[number].arcs[self.arc])
            rows = np.full(len(gates), row + offset)
            writer.add(rows, columns.start["arc"] + self.arc[gates], 1.0)
            writer.add(rows, first + gates, -1.0)

    def _write_kinds(self, writer: RowWriter, stocks: StockColumns) -> None:
        """Draws of a kind, less what reaches its pool and is not kept from it."""
        self.kind_row = self.before + len(writer.bounds)
        first = writer.add_rows(len(self.kinds), -INFINITY, INFINITY)
        rows = [first + np.full(len(kind.entries), k) for k, kind in enumerate(self.kinds)]
        entries = [kind.entries for kind in self.kinds]
        order = np.argsort(np.concatenate([np.zeros(0, int), *entries]), kind="stable")
        rows_ = np.concatenate([np.zeros(0, int), *rows])[order]
        add_draws(
            writer,
            self.graph,
            self.columns,
            rows_,
            np.concatenate([np.zeros(0, int), *entries])[order],
            1.0,
        )
        for k, kind in enumerate(self.kinds):
            self._write_supply(writer, first + k, kind.pool, -1.0, stocks, arcs=True)
        writer.add(first + self.kind, self.first + np.arange(len(self.arc)), 1.0)
        for number, entry in enumerate(stocks.entries.tolist()):
            for k, kind in enumerate(self.kinds):
                if entry in kind.entries:
                    writer.add([first + k], [stocks.entry[number]], -1.0)
                    writer.add([first + k], [stocks.refill[number]], 1.0)
        for offset, k in enumerate(self.sharing):
            writer.add([first + k], [self.first + len(self.arc) + offset], 1.0)

    def _write_supply(
        self,
        writer: RowWriter,
        row: int,
        pool: int,
        sign: float,
        stocks: StockColumns,
        *,
        arcs: bool,
    ) -> None:
        """What a pool has besides stocks of single users: made less exports, stocks, arcs."""
        columns = self.columns
        made = np.flatnonzero(columns.made_of == pool)
        writer.add(np.full(len(made), row), columns.start["made"] + made, sign)
        out = np.flatnonzero(self.graph.arcs["origin"].to_numpy() == pool)
        writer.add(np.full(len(out), row), columns.start["arc"] + out, -sign)
        if arcs:
            into = self._into[pool]
            writer.add(np.full(len(into), row), columns.start["arc"] + into, sign)
        held = np.flatnonzero(stocks.pools == pool)
        writer.add(np.full(len(held), row), stocks.pool[held], sign)
        writer.add([row], [stocks.state[pool]], sign)

    def _write_once(self, writer: RowWriter, stocks: StockColumns) -> None:
        """Nothing reaches two kinds of one pool: of arcs, and of the pool's other supply."""
        columns = self.columns
        for pool in self.several:
            others = len(self.at[pool]) - 1.0
            for arc in self._into[pool].tolist():
                row = writer.add_rows(1, -INFINITY, 0.0)
                gates = np.flatnonzero(self.arc == arc)
                writer.add([row], [columns.start["arc"] + arc], others)
                writer.add(np.full(len(gates), row), self.first + gates, -1.0)
            row = writer.add_rows(1, -INFINITY, 0.0)
            self._write_supply(writer, row, pool, others, stocks, arcs=False)
            for k in self.at[pool]:
                own = self.first + len(self.arc) + self.sharing.index(k)
                writer.add([row], [own], -1.0)
                most = writer.add_rows(1, -INFINITY, 0.0)
                writer.add([most], [own], 1.0)
                self._write_supply(writer, most, pool, -1.0, stocks, arcs=False)

    def set(self, model: LinearProgram, denials: Sequence[Denial], *, young: bool) -> None:
        """Bounds of a month.

        Parameters
        ----------
        model
            The program.
        denials
            As given at the start, with the shares of this month.
        young
            Whether military users wait for new suppliers still.
        """
        shut = np.zeros(len(self.arc), dtype=bool)
        bound = np.full(len(self.kinds), 0.0 if self.qualifying else INFINITY)
        idle = self.baseline.block("arc")[self.arc] <= 0
        for k, kind in enumerate(self.kinds):
            mine = self.kind == k
            if kind.military and young:
                shut |= mine & idle
            for number in kind.denials:
                share = float(self._share(kind, denials[number].share))
                bound[k] = 0.0 if share > 0 else bound[k]
                if share >= 1:
                    shut |= mine & denials[number].arcs[self.arc]
        rows = self.kind_row + np.arange(len(self.kinds))
        model.set_row_bounds(rows, np.full(len(rows), -INFINITY), bound)
        # Where kinds share a pool no more than all of an arc is kept, or another got it twice.
        several = np.isin(self.kind, self.sharing)
        rows = self.gate_row + np.arange(len(self.arc))
        most = np.where(several, 0.0, INFINITY)
        model.set_row_bounds(rows, np.where(shut, 0.0, -INFINITY), most)
        self._set_parts(model, denials)

    def _set_parts(self, model: LinearProgram, denials: Sequence[Denial]) -> None:
        left = np.full(len(self.partial), INFINITY)
        for offset, (k, number) in enumerate(self.partial):
            kind = self.kinds[k]
            share = float(self._share(kind, denials[number].share))
            if share > 0:
                left[offset] = (1.0 - share) * self.baseline.drawn[kind.entries].sum()
        rows = self.part_row + np.arange(len(left))
        model.set_row_bounds(rows, np.full(len(rows), -INFINITY), left)


def add_draws(
    writer: RowWriter,
    graph: SupplyGraph,
    columns: Columns,
    rows: np.ndarray,
    entries: np.ndarray,
    sign: float,
) -> None:
    """Draws of entries: their own column, or their user's level times the quantity."""
    inputs = graph.inputs
    fixed = inputs.draw[entries] < 0
    users = entries[fixed]
    writer.add(rows[fixed], inputs.user[users], sign * inputs.quantity[users])
    drawn = columns.start["draw"] + inputs.draw[entries[~fixed]]
    writer.add(rows[~fixed], drawn, sign)
