"""The most that some ends can give of an element, as one linear program for the whole chain.

Beside the flows x it has, for each flow t on the way to the product, the mass m of the
element and the part y of it that comes from the ends asked for:

- m = content x tonnes where the content is known, else between its least and most;
- mass out <= mass in, where the content is open;
- y <= h m, with h the most the share can be at the flow's origin
  (`analysis.origins.origin_ranges`);
- y out <= yield x y in at every node where the walk back goes on.

True flows under proportional mixing satisfy all of these, so the greatest ``sum y / sum m`` into
the product is a bound that they cannot break.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from supplygraph.analysis.origins.element_content import ElementNetwork
from supplygraph.baseline import IdentifiedSet
from supplygraph.graph.balance_matrix import INFINITY, Matrix, RowWriter
from supplygraph.solver import LinearProgram
from supplygraph.tolerances import SHARE_FOUND

ROUNDS = 20
FREE = 1e6
LAST = 4


class MassProgram:
    """Mass of one element on its way to some products, over all flows allowed.

    Parameters
    ----------
    identified, limit
        The identified set and the row that limits how far figures move in it.
    network
        Ways of the element.
    contents
        Least and most content of every term's goods, t of element per t.
    amounts
        Mass of every term in the balance, for scaling.
    starts
        Nodes of the products.
    """

    def __init__(
        self,
        identified: IdentifiedSet,
        limit: Matrix,
        network: ElementNetwork,
        contents: dict[int, tuple[float, float]],
        amounts: np.ndarray,
        starts: Sequence[int],
    ) -> None:
        self.network = network
        self.cone = _cone(network, starts)
        self.terms = [network.terms[i] for i in self.cone]
        self.contents = [contents[i] for i in self.cone]
        self.starts = set(starts)
        self.last = self._last(amounts)
        self.mass = identified.width + np.arange(len(self.cone))
        self.part = self.mass + len(self.cone)
        self.first = identified.rows().n_rows + limit.n_rows
        writer = RowWriter()
        self._mass_rows(writer)
        self.ceiling_row = self.first + len(writer.bounds)
        self._ceiling_rows(writer)
        self.passing = self._passing_rows(writer)
        rows = limit.stacked(writer.matrix())
        scale = np.maximum(amounts[self.cone], 1e-3 * max(float(amounts.max(initial=0.0)), 1e-6))
        more = (np.full(2 * len(scale), INFINITY), np.concatenate([scale, scale]))
        self._load(identified, rows, more)

    def _load(
        self, identified: IdentifiedSet, rows: Matrix, more: tuple[np.ndarray, np.ndarray]
    ) -> None:
        reduced = identified.program(rows, more)
        self._column = np.full(reduced.total, -1)
        self._column[reduced.kept] = np.arange(len(reduced.kept))
        self._row = np.full(self.first + rows.n_rows, -1)
        self._row[reduced.used] = np.arange(len(reduced.used))
        most = np.minimum(reduced.ub, FREE * reduced.scale)
        zero = np.zeros(len(reduced.kept))
        self._program = LinearProgram(
            reduced.rows, zero, zero, most, column_scale=reduced.scale, row_scale=reduced.size
        )
        self._program.solve("range")

    def _mass_rows(self, writer: RowWriter) -> None:
        """Mass by content; and where makers decide the content, no more out than in."""
        for term, (least, most), mass in zip(self.terms, self.contents, self.mass, strict=True):
            ends = (
                [(most, 0.0, 0.0)]
                if least == most
                else [(most, -INFINITY, 0.0), (least, 0.0, INFINITY)]
            )
            for content, lower, upper in ends:
                row = writer.add_rows(1, lower, upper)
                writer.add([row], [mass], 1.0)
                columns = np.asarray(term.columns)
                writer.add(np.full(len(columns), row), columns, -content * term.coefficients)
        for into, out in self._by_node().values():
            if into and out and any(self.terms[i].carrier >= 0 for i in out):
                row = writer.add_rows(1, -INFINITY, 0.0)
                writer.add(np.full(len(out), row), self.mass[out], 1.0)
                writer.add(np.full(len(into), row), self.mass[into], -1.0)

    def _ceiling_rows(self, writer: RowWriter) -> None:
        row = writer.add_rows(len(self.terms), -INFINITY, 0.0) + np.arange(len(self.terms))
        writer.add(row, self.part, 1.0)
        writer.add(row, self.mass, -1.0)

    def _passing_rows(self, writer: RowWriter) -> dict[int, int]:
        """Rows by node: the part that goes out is no more than what came in."""
        rows = {}
        for node, (into, out) in sorted(self._by_node().items()):
            ratio = self._yield(node, into, out)
            if not into or not out or ratio is None:
                continue
            row = writer.add_rows(1, -INFINITY, 0.0)
            writer.add(np.full(len(out), row), self.part[out], 1.0)
            writer.add(np.full(len(into), row), self.part[into], -ratio)
            rows[node] = self.first + row
        return rows

    def _by_node(self) -> dict[int, tuple[list[int], list[int]]]:
        found: dict[int, tuple[list[int], list[int]]] = {}
        for index, term in enumerate(self.terms):
            found.setdefault(term.target, ([], []))[0].append(index)
            found.setdefault(term.origin, ([], []))[1].append(index)
        return found

    def _yield(self, node: int, into: Sequence[int], out: Sequence[int]) -> float | None:
        """Mass out over mass in: 1 but for plants whose output is known by definition."""
        open_ = all(self.terms[i].carrier >= 0 for i in out) and not self._known_made(out)
        if node < self.network.activity or open_:
            return 1.0
        own = node - self.network.activity
        fixed = all(
            self.contents[i][0] == self.contents[i][1] and (self.terms[i].columns == own).all()
            for i in (*into, *out)
        )
        if not fixed:
            return 1.0 if not self._known_made(out) else None
        made, taken = (
            sum(float(self.terms[i].coefficients.sum()) * self.contents[i][0] for i in side)
            for side in (out, into)
        )
        return made / taken if taken > 0 else None

    def _known_made(self, out: Sequence[int]) -> bool:
        pools = [self.terms[i].target - self.network.made for i in out]
        known = self.network.known
        return any(0 <= p < len(known) and not np.isnan(known[p]) for p in pools)

    def _last(self, amounts: np.ndarray) -> list[int]:
        """The few nodes from which the products draw most."""
        drawn: dict[int, float] = {}
        for term, amount in zip(self.terms, amounts[self.cone], strict=True):
            if term.target in self.starts:
                drawn[term.origin] = drawn.get(term.origin, 0.0) + float(amount)
        return sorted(drawn, key=lambda node: (-drawn[node], node))[:LAST]

    def most(
        self, stops: np.ndarray, ceiling: dict[int, float], start: float, where: int | None = None
    ) -> float:
        """Greatest share of what reaches the products that comes from the ends asked for.

        Parameters
        ----------
        stops
            Mask of the nodes where the walk back ends.
        ceiling
            Most the share can be at each node; 1 at the ends asked for, 0 at others.
        start
            Where the search begins: 0, or a share that some allowed flows have.
        where
            Another node on the way, instead of the products.
        """
        rows = self._row[self.ceiling_row + np.arange(len(self.terms))]
        most = np.array([ceiling[term.origin] for term in self.terms])
        kept = (rows >= 0) & (self._column[self.mass] >= 0)
        self._program.set_entries(rows[kept], self._column[self.mass[kept]], -most[kept])
        for node, row in self.passing.items():
            if self._row[row] >= 0:
                upper = np.array([INFINITY if stops[node] else 0.0])
                self._program.set_row_bounds(self._row[[row]], np.array([-INFINITY]), upper)
        return self._climb(start, self.starts if where is None else {where})

    def _climb(self, start: float, ends: set[int]) -> float:
        final = [i for i, term in enumerate(self.terms) if term.target in ends]
        part, mass = self._column[self.part[final]], self._column[self.mass[final]]
        share = start
        size = self._program.columns[mass].max()
        for _ in range(ROUNDS):
            index = np.concatenate([part, mass])
            cost = np.concatenate([np.full(len(part), -1.0), np.full(len(mass), share)]) / size
            self._program.set_cost(index, cost)
            # Within one climb nothing but costs changes; before it, rows do.
            x = self._program.solve("range", prices=False, onward=True).x
            self._program.set_cost(index, np.zeros(len(index)))
            total, given = float(x[mass].sum()), float(x[part].sum())
            if total <= 0 or given - share * total <= SHARE_FOUND * total:
                return min(share + 2 * SHARE_FOUND, 1.0)
            share = given / total
        return 1.0


def _cone(network: ElementNetwork, starts: Sequence[int]) -> np.ndarray:
    """Terms on some way to the starts."""
    into: dict[int, list[int]] = {}
    for index, term in enumerate(network.terms):
        into.setdefault(term.target, []).append(index)
    found: set[int] = set()
    seen, waiting = set(starts), list(starts)
    while waiting:
        for index in into.get(waiting.pop(), []):
            found.add(index)
            origin = network.terms[index].origin
            if origin not in seen:
                seen.add(origin)
                waiting.append(origin)
    return np.array(sorted(found), dtype=int)
