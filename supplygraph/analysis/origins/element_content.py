"""Mass of one element along the compiled network.

Nodes are products in a market, pools twice (home: what is there to be drawn; made: what the
market's own plants give out, the only thing it exports) and activities. A flow carries its
tonnes times the content of its material: by definition for ores, carbonates and bundles
(their vector), oxides and metals of one element; for all others (NdPr metal, magnets) what
the inputs brought, so that the content of a magnet differs by place with its dysprosium and
terbium. Losses inside a plant count as proportional.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from supplygraph.dataset.recipes import vectors
from supplygraph.graph import Columns, SupplyGraph
from supplygraph.graph.mixing import Mixing
from supplygraph.units import element_per_tonne

WHOLE = ""  # no element: the mass of what enters the chain
SCRAP_PROCESS, UNRECORDED_PROCESS = "recycle", "unrecorded"


@dataclass(frozen=True)
class FlowTerm:
    """One flow between two nodes: ``(coefficients . x[columns])`` t of a material.

    ``carrier`` is the node whose content of the element the tonnes have, or -1 where `content`
    is known by definition.
    """

    origin: int
    target: int
    columns: np.ndarray
    coefficients: np.ndarray
    carrier: int
    content: float
    entry: int = -1
    arc: int = -1

    def tonnes(self, x: np.ndarray) -> float:
        """Tonnes of material a year."""
        return max(float(self.coefficients @ x[self.columns]), 0.0)


def element_contents(graph: SupplyGraph, element: str) -> np.ndarray:
    """Tonnes of an element in a tonne of each pool's material; NaN where its makers decide.

    Parameters
    ----------
    graph
        Compiled network.
    element
        Symbol, or '' for the mass of whatever enters the chain.
    """
    known = vectors(graph.dataset)
    table = graph.dataset.tables["elements"]
    ratio = dict(zip(table["id"], table["metal_per_oxide"], strict=True))
    found = np.full(len(graph.pools), np.nan)
    rows = zip(graph.pools["material"], graph.pools["element"], graph.pools["unit"], strict=True)
    for pool, (material, elements, unit) in enumerate(rows):
        if element == WHOLE:
            continue
        factor = element_per_tonne(unit, float(ratio.get(element, np.nan)))
        if material in known:
            found[pool] = factor * known[material].get(element, 0.0)
        elif len(elements) == 1:
            found[pool] = factor * float(element == elements[0])
        elif elements and element not in elements:
            found[pool] = 0.0
    return found


class ElementNetwork:
    """Every way an element can take through the compiled network.

    Parameters
    ----------
    graph, columns
        Compiled network and the layout of its columns.
    element
        Symbol, or '' for the mass of whatever enters the chain.
    possible
        Mask of the columns that may carry something; all by default.
    """

    def __init__(
        self,
        graph: SupplyGraph,
        columns: Columns,
        element: str,
        possible: np.ndarray | None = None,
    ) -> None:
        self.graph, self.columns, self.element = graph, columns, element
        self.possible = np.ones(columns.total, bool) if possible is None else possible
        self.known = element_contents(graph, element)
        pools = len(graph.pools)
        self.home = graph.n_demands
        self.made = self.home + pools
        self.activity = self.made + pools
        self.size = self.activity + graph.n_activities
        self.carries = np.isnan(self.known) | (self.known > 0)
        self.terms = [t for t in self._all_terms() if self.possible[t.columns].any()]

    def _all_terms(self) -> Iterator[FlowTerm]:
        yield from self._arc_terms()
        yield from self._draw_terms()
        yield from self._make_terms()

    def _term(
        self,
        origin: int,
        target: int,
        columns: object,
        coefficients: object,
        carrier: int,
        pool: int,
        **where: int,
    ) -> FlowTerm:
        known = float(self.known[pool])
        open_ = np.isnan(known)
        return FlowTerm(
            origin,
            target,
            np.atleast_1d(np.asarray(columns, int)),
            np.atleast_1d(np.asarray(coefficients, float)),
            carrier if open_ else -1,
            1.0 if open_ else known,
            **where,
        )

    def _arc_terms(self) -> Iterator[FlowTerm]:
        """Made to home: by arcs, and what stays (own output less exports)."""
        start = self.columns.start["arc"]
        ends = zip(self.graph.arcs["origin"], self.graph.arcs["destination"], strict=True)
        leaving: dict[int, list[int]] = {}
        for arc, (origin, end) in enumerate(ends):
            leaving.setdefault(int(origin), []).append(start + arc)
            if self.carries[origin]:
                node = self.made + int(origin)
                yield self._term(
                    node, self.home + int(end), start + arc, 1.0, node, int(origin), arc=arc
                )
        for place, pool in enumerate(self.columns.made_of.tolist()):
            if self.carries[pool]:
                out = leaving.get(pool, [])
                columns = [self.columns.start["made"] + place, *out]
                signs = [1.0, *[-1.0] * len(out)]
                node = self.made + pool
                yield self._term(node, self.home + pool, columns, signs, node, pool)

    def _draw_columns(self, entry: int) -> tuple[int, float]:
        inputs = self.graph.inputs
        if inputs.draw[entry] >= 0:
            return self.columns.start["draw"] + int(inputs.draw[entry]), 1.0
        return int(inputs.user[entry]), float(inputs.quantity[entry])

    def _draw_terms(self) -> Iterator[FlowTerm]:
        """Home to plants and products."""
        inputs, plants = self.graph.inputs, self.graph.n_activities
        for entry in np.flatnonzero(self.carries[inputs.pool]):
            pool, user = int(inputs.pool[entry]), int(inputs.user[entry])
            target = self.activity + user if user < plants else user - plants
            column, coefficient = self._draw_columns(int(entry))
            node = self.home + pool
            yield self._term(node, target, column, coefficient, node, pool, entry=int(entry))

    def _make_terms(self) -> Iterator[FlowTerm]:
        """Plants to made; where the output's content is open, all that the inputs brought."""
        graph = self.graph
        entries: dict[int, list[int]] = {}
        for drawn_at in np.flatnonzero(self.carries[graph.inputs.pool]).tolist():
            entries.setdefault(int(graph.inputs.user[drawn_at]), []).append(drawn_at)
        open_output = np.isnan(self.known[graph.made_pool])
        total = np.bincount(
            graph.made_activity, graph.made_quantity * open_output, minlength=graph.n_activities
        )
        triplets = zip(graph.made_activity, graph.made_pool, graph.made_quantity, strict=True)
        for activity, pool, quantity in triplets:
            if not self.carries[pool]:
                continue
            node, target = self.activity + int(activity), self.made + int(pool)
            drawn = entries.get(int(activity), [])
            if not np.isnan(self.known[pool]):
                yield self._term(node, target, activity, quantity, -1, int(pool))
            elif not drawn and self.element == WHOLE:
                yield FlowTerm(
                    node, target, np.array([int(activity)]), np.array([float(quantity)]), -1, 1.0
                )
            for entry in drawn if np.isnan(self.known[pool]) else ():
                source = int(graph.inputs.pool[entry])
                column, coefficient = self._draw_columns(entry)
                part = coefficient * quantity / total[activity]
                yield self._term(node, target, column, part, self.home + source, source)

    @cached_property
    def into(self) -> dict[int, list[FlowTerm]]:
        """Terms by the node they reach."""
        found: dict[int, list[FlowTerm]] = {}
        for term in self.terms:
            found.setdefault(term.target, []).append(term)
        return found

    @cached_property
    def ends(self) -> np.ndarray:
        """Mask of the nodes that nothing can reach: mines, scrap and other sources."""
        mask = np.ones(self.size, dtype=bool)
        mask[list(self.into)] = False
        return mask

    @cached_property
    def _stages(self) -> list[str]:
        return [str(stage) for stage in self.graph.activities["stage"]]

    def kind_of(self, activity: int) -> str:
        """How an activity brings the element in or on: mine, scrap, unrecorded or plant."""
        row = self.graph.activities
        process = row["process"].iat[activity]
        if process == SCRAP_PROCESS:
            return "scrap"
        if process == UNRECORDED_PROCESS:
            return "unrecorded"
        if row["stage"].iat[activity] == "mine":
            return "mine"
        return "plant" if self.activity + activity in self.into else "unrecorded"

    def flows(self, x: np.ndarray) -> ElementFlows:
        """The element's flows for some values of the columns."""
        tonnes = np.array([term.tonnes(x) for term in self.terms])
        content = self._contents(tonnes)
        amount = tonnes * np.array(
            [term.content if term.carrier < 0 else content[term.carrier] for term in self.terms]
        )
        return ElementFlows(self, amount)

    def _contents(self, tonnes: np.ndarray) -> np.ndarray:
        """Content of every pool whose makers decide it: c = M c + k, t of element per t."""
        from scipy import sparse
        from scipy.sparse import linalg

        weight = np.zeros(self.size)
        rows: list[tuple[int, int, float]] = []
        right = np.zeros(self.size)
        for term, amount in zip(self.terms, tonnes, strict=True):
            pool = self._open_pool(term.target)
            if pool < 0:
                continue
            if term.target < self.made:
                weight[term.target] += amount
            if term.carrier >= 0:
                rows.append((term.target, term.carrier, amount))
            else:
                right[term.target] += amount * term.content
        weight[self.made : self.activity] = self._tonnes_made(tonnes)
        scale = np.divide(1.0, weight, out=np.zeros(self.size), where=weight > 0)
        target = np.array([row[0] for row in rows], dtype=int)
        entries = np.array([row[2] for row in rows]) * scale[target]
        place = (target, np.array([row[1] for row in rows], dtype=int))
        matrix = sparse.csr_matrix((entries, place), shape=(self.size, self.size))
        solver = linalg.splu((sparse.identity(self.size) - matrix).tocsc())
        return np.asarray(solver.solve(right * scale))

    def _open_pool(self, node: int) -> int:
        """Pool of a home or made node whose content is open, else -1."""
        if not self.home <= node < self.activity:
            return -1
        pool = node - (self.home if node < self.made else self.made)
        return pool if np.isnan(self.known[pool]) else -1

    def _tonnes_made(self, tonnes: np.ndarray) -> np.ndarray:
        """Tonnes of material that leave each made node, to home and by arcs."""
        leaving = np.zeros(self.size)
        for term, amount in zip(self.terms, tonnes, strict=True):
            if self.made <= term.origin < self.activity:
                leaving[term.origin] += amount
        return leaving[self.made : self.activity]


@dataclass(frozen=True)
class ElementFlows:
    """Tonnes of an element on every term of a network."""

    network: ElementNetwork
    amount: np.ndarray

    @cached_property
    def mixing(self) -> Mixing:
        """Back steps of these flows."""
        terms = self.network.terms
        origin = np.array([t.origin for t in terms], dtype=int)
        target = np.array([t.target for t in terms], dtype=int)
        return Mixing(origin, target, self.amount, self.network.size)

    @cached_property
    def inflow(self) -> np.ndarray:
        """Tonnes of the element that reach each node."""
        target = np.array([t.target for t in self.network.terms], dtype=int)
        return np.bincount(target, self.amount, minlength=self.network.size)
