"""A small network with its balance and both engines, and its programs stated a second time.

What the engines answer by name, the bounds of the allocation program under a shock, and the least
loss by a program of its own: tests compare the engines with these.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from supplygraph.baseline import Baseline, reconcile
from supplygraph.engines import AllocationProgram, Cascade, Levels
from supplygraph.graph import Matrix, SupplyGraph
from supplygraph.graph.balance_matrix import INFINITY
from supplygraph.scenario import Shock, parse_shock
from supplygraph.solver import LinearProgram, Triplets


class Solved:
    """A network with its balance and both engines."""

    def __init__(self, graph: SupplyGraph) -> None:
        self.graph = graph

    @cached_property
    def baseline(self) -> Baseline:
        return reconcile(self.graph)

    @cached_property
    def cascade(self) -> Cascade:
        return Cascade(self.baseline)

    @cached_property
    def program(self) -> AllocationProgram:
        return AllocationProgram(self.baseline)

    def shock(self, *texts: str) -> Shock:
        return parse_shock(self.graph, texts)

    def levels(self, *texts: str) -> Levels:
        return self.cascade.levels([self.shock(*texts)])

    def none(self, *texts: str) -> dict[str, float]:
        """Served share by ``product@market`` when nobody reroutes."""
        return self._named(self.cascade.served(self.levels(*texts))[:, 0])

    def least(self, *texts: str, **options: str) -> dict[str, float]:
        """Served share by ``product@market`` of the best allocation."""
        return self._named(self.program.solve(self.shock(*texts), **options).served)

    def _named(self, served: np.ndarray) -> dict[str, float]:
        demands = self.graph.demands
        return {
            f"{product}@{market}": float(value)
            for product, market, value in zip(
                demands["product"], demands["market"], served, strict=True
            )
        }

    def activity(self) -> dict[str, float]:
        """Base activity by plant and recipe."""
        table = self.graph.activities
        names = table["id"] + ":" + table["recipe"]
        return dict(zip(names, self.baseline.block("activity").tolist(), strict=True))

    def arc(self) -> dict[str, float]:
        """Base flow by arc."""
        flows = self.baseline.block("arc").tolist()
        return dict(zip(self.graph.arcs["id"], flows, strict=True))

    def held(self, name: str) -> dict[str, float]:
        """Base surplus or unexplained use by pool."""
        return dict(zip(self.graph.pools["id"], self.baseline.held(name).tolist(), strict=True))


@dataclass(frozen=True)
class Bounds:
    """All rows and column bounds of the allocation program under one shock."""

    rows: Matrix
    upper: np.ndarray
    first_held: int
    base: np.ndarray
    scale: np.ndarray

    def violation(self, x: np.ndarray, *, solver: bool = False) -> tuple[float, str]:
        """Largest violation relative to the entries of its row or their base, and where it is.

        A solver's answer is measured by the typical size of the row instead: its tolerance is
        no smaller where nothing flows.
        """
        rows, x = self.rows, np.pad(x, (0, len(self.upper) - len(x)))
        size = np.full(rows.n_rows, 1e-9)
        for flows in (x, self.base, *([self.scale] if solver else [])):
            np.maximum.at(size, rows.row, np.abs(rows.value * flows[rows.column]))
        # A held share may be as small as rounding: its row is measured by what passes the pool.
        held = rows.row >= self.first_held
        np.maximum.at(size, rows.row[held], np.abs(self.base[rows.column[held]]))
        value = rows.times(x)
        low = np.maximum(rows.lower - value, 0.0) / size
        high = np.maximum(value - rows.upper, 0.0) / size
        over = np.maximum(x - self.upper, 0.0) / (
            np.maximum(self.upper, self.scale) if solver else np.maximum(self.upper, 1e-9)
        )
        under = np.maximum(-x, 0.0) / max(float(np.abs(x).max(initial=0.0)), 1e-9)
        parts = {"row low": low, "row high": high, "above": over, "negative": under}
        name = max(parts, key=lambda key: parts[key].max(initial=0.0))
        part = parts[name]
        return float(part.max(initial=0.0)), f"{name} {int(part.argmax()) if len(part) else -1}"


def bounds_under(solved: Solved, shock: Shock) -> Bounds:
    """What a removal leaves, stated anew: share of capacity, of what is made, of base flow."""
    program, columns, graph = solved.program, solved.baseline.columns, solved.graph
    rows = program.rows
    width = len(program.scale)
    upper = np.full(width, INFINITY)
    upper[columns.block("activity")] = program.activity_upper * shock.activity
    upper[columns.block("demand")] = solved.baseline.block("demand")
    flow, sent = solved.baseline.block("arc"), shock.left_to_export
    upper[columns.block("arc")] = np.where(sent.arc < 1, flow * sent.arc, INFINITY)
    made = np.bincount(
        graph.made_pool,
        graph.made_quantity * program.activity_upper[graph.made_activity],
        minlength=len(graph.pools),
    )
    cut = shock.made < 1
    upper[columns.block("made")] = np.where(cut, made * shock.made, INFINITY)[columns.made_of]
    upper[columns.block("withheld")] = np.where(cut, INFINITY, 0.0)[columns.made_of]
    ends = rows.upper.copy()
    left = np.zeros(len(graph.lines))
    np.maximum.at(left, graph.line_of, shock.activity)
    lines = slice(program.line_row, program.line_row + len(graph.lines))
    ends[lines] = np.where(left < 1, np.where(left > 0, ends[lines], 0.0) * left, ends[lines])
    for row, pool in enumerate(program.export_limits.pools, program.export_row):
        if sent.pool[pool] < 1:
            ends[row] = sent.pool[pool] * solved.baseline.exports[pool]
            for a in graph.made_activity[graph.made_pool == pool]:
                level = solved.baseline.block("activity")[a]
                able = upper[columns.start["activity"] + a]
                if not sent.stopped[a] and able > level:
                    made = (graph.made_activity == a) & (graph.made_pool == pool)
                    ends[row] += float(graph.made_quantity[made].sum()) * (able - level)
    shocked = Matrix(rows.row, rows.column, rows.value, rows.lower, ends)
    base = np.pad(solved.baseline.x, (0, width - columns.total))
    return Bounds(shocked, upper, lines.stop, base, program.scale)


def cold_loss(solved: Solved, shock: Shock, weights: np.ndarray) -> float:
    """Least weighted loss by a program of its own: no warm start, no tie-break, no short cut."""
    bounds, columns = bounds_under(solved, shock), solved.baseline.columns
    base = solved.baseline.block("demand")
    live = base > 0
    cost = np.zeros(len(bounds.upper))
    cost[columns.block("demand")] = -np.divide(weights, base, out=np.zeros_like(base), where=live)
    rows, size = bounds.rows, np.full(bounds.rows.n_rows, 1e-9)
    np.maximum.at(size, rows.row, np.abs(rows.value * bounds.scale[rows.column]))
    program = LinearProgram(
        Triplets(rows.row, rows.column, rows.value, rows.lower, rows.upper),
        cost,
        np.zeros(len(cost)),
        bounds.upper,
        column_scale=bounds.scale,
        row_scale=size,
    )
    return float(weights[live].sum()) + program.solve("cold").objective


def loss(weights: np.ndarray, served: np.ndarray) -> float:
    """Weighted loss of served shares."""
    return float(weights @ (1.0 - served))


def product_loss(solved: Solved, product: str, served: np.ndarray) -> float:
    """Lost units of one product, as a share of its base units."""
    mine = (solved.graph.demands["product"] == product).to_numpy()
    units = solved.baseline.block("demand")[mine]
    return float(units @ (1.0 - served[mine]) / units.sum()) if units.sum() > 0 else 0.0
