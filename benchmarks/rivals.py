"""What the engines are measured against: the same questions asked the usual way.

- `PyomoRival`: the program of `engines.allocation` as a Pyomo model, built anew for each removal
  and solved by HiGHS.
- `ColdRival`: the same arrays passed to a new HiGHS model for each removal.
- `NetworkxRival`: the kernel of `engines.cascade` as loops over a networkx graph,
  ``h_i = min(psi_i, min_g [1 - theta_g (1 - sum_j w_gj h_j)])``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np

from supplygraph.engines import AllocationProgram, Cascade
from supplygraph.scenario import Shock
from supplygraph.solver import LinearProgram, Triplets

TOLERANCE = 1e-12


class PyomoRival:
    """Pyomo at its fastest: linear expressions from lists, HiGHS without a file in between."""

    def __init__(self, program: AllocationProgram) -> None:
        self.program, rows = program, program.rows
        order = np.argsort(rows.row, kind="stable")
        start = np.searchsorted(rows.row[order], np.arange(rows.n_rows + 1))
        column, value = rows.column[order].tolist(), rows.value[order].tolist()
        self.entries = [(column[a:b], value[a:b]) for a, b in pairwise(start)]
        self.lower, self.cost = rows.lower.tolist(), program.cost.tolist()

    def build(self, shock: Shock) -> Any:
        """A concrete model under a shock."""
        import pyomo.environ as pyo
        from pyomo.core.expr.numeric_expr import LinearExpression

        ub, row_upper = self._bounds(shock)
        model = pyo.ConcreteModel()
        model.x = pyo.Var(range(len(ub)), bounds=lambda _, j: (0.0, ub[j]))
        x = [model.x[j] for j in range(len(ub))]
        model.rows = pyo.ConstraintList()
        for (columns, values), low, high in zip(self.entries, self.lower, row_upper, strict=True):
            if columns and (low > -np.inf or high < np.inf):
                body = LinearExpression(
                    constant=0.0, linear_coefs=values, linear_vars=[x[j] for j in columns]
                )
                ends = (None if low == -np.inf else low, body, None if high == np.inf else high)
                model.rows.add(ends)
        model.cost = pyo.Objective(
            expr=LinearExpression(constant=0.0, linear_coefs=self.cost, linear_vars=x)
        )
        return model

    def _bounds(self, shock: Shock) -> tuple[list[float | None], list[float]]:
        ub, line_upper = self.program.bounds(shock)
        upper = self.program.rows.upper.copy()
        first = self.program.line_row
        upper[first : first + len(line_upper)] = line_upper
        return [None if high == np.inf else high for high in ub.tolist()], upper.tolist()

    def ready(self, shock: Shock) -> Any:
        """A model under a shock, handed to HiGHS and not yet solved."""
        from pyomo.contrib.appsi.solvers import Highs

        solver = Highs()
        solver.set_instance(self.build(shock))
        return solver

    def objective(self, shock: Shock) -> float:
        """Least cost under a shock, from a new model."""
        from pyomo.contrib.appsi.solvers import Highs

        model = self.build(shock)
        return float(Highs().solve(model).best_feasible_objective)


class ColdRival:
    """A new HiGHS model for each removal, with presolve and without a starting basis."""

    def __init__(self, program: AllocationProgram) -> None:
        self.program, rows = program, program.rows
        self.size = np.full(rows.n_rows, 1e-9)
        np.maximum.at(self.size, rows.row, np.abs(rows.value) * program.scale[rows.column])

    def build(self, shock: Shock) -> LinearProgram:
        """A new model under a shock."""
        program, rows = self.program, self.program.rows
        ub, line_upper = program.bounds(shock)
        upper = rows.upper.copy()
        upper[program.line_row : program.line_row + len(line_upper)] = line_upper
        return LinearProgram(
            Triplets(rows.row, rows.column, rows.value, rows.lower, upper),
            program.cost,
            np.zeros(len(ub)),
            ub,
            column_scale=program.scale,
            row_scale=self.size,
        )

    def objective(self, shock: Shock) -> float:
        """Least cost under a shock, from a new model."""
        return self.build(shock).solve("cold").objective


class NetworkxRival:
    """Sweeps over a `networkx.DiGraph`, node by node in place, until nothing moves."""

    def __init__(self, cascade: Cascade) -> None:
        self.graph = nx.DiGraph()
        net, n_activities = cascade.graph, cascade.graph.n_activities
        level = cascade.baseline.block("activity")[net.made_activity]
        self.n_activities, self.n_demands = n_activities, net.n_demands
        for user in range(n_activities + net.n_demands):
            self.graph.add_node(("user", user))
        made = net.made_quantity * level / np.maximum(cascade.made[net.made_pool], 1e-300)
        for a, pool, share in zip(net.made_activity, net.made_pool, made, strict=True):
            self._edge(("user", int(a)), ("made", int(pool)), float(share))
        for pool, share in enumerate(cascade.own):
            self._edge(("made", pool), ("home", pool), float(share))
        end = net.arcs["destination"].to_numpy()
        for arc in cascade.live:
            share = cascade.baseline.block("arc")[arc] / cascade.home[end[arc]]
            self._edge(("made", int(cascade.origin[arc])), ("home", int(end[arc])), float(share))
        inputs = net.inputs
        for entry, user in enumerate(inputs.user):
            group = int(inputs.group[entry])
            if cascade.limits[group]:
                share = float(cascade.share[entry])
                self._edge(("home", int(inputs.pool[entry])), ("user", int(user)), share, group)

    def _edge(self, start: tuple, end: tuple, weight: float, group: int = -1) -> None:
        self.graph.add_edge(start, end, weight=weight, group=group, theta=1.0)

    def served(self, shock: Shock) -> np.ndarray:
        """Served share of every demand under a removal of plants."""
        graph = self.graph
        psi = {
            ("user", int(a)): float(shock.activity[a]) for a in np.flatnonzero(shock.activity < 1)
        }
        level = dict.fromkeys(graph, 1.0)
        moved = True
        while moved:
            moved = False
            for node in graph:
                new = self._level(node, level, psi.get(node, 1.0))
                if level[node] - new > TOLERANCE:
                    level[node], moved = new, True
        demands = range(self.n_activities, self.n_activities + self.n_demands)
        return np.array([level["user", user] for user in demands])

    def _level(self, node: tuple, level: dict[tuple, float], psi: float) -> float:
        lack: dict[int, float] = {}
        theta: dict[int, float] = {}
        for start, _, edge in self.graph.in_edges(node, data=True):
            group = edge["group"]
            lack[group] = lack.get(group, 1.0) - edge["weight"] * level[start]
            theta[group] = edge["theta"]
        return min([psi, *(1.0 - theta[g] * lack[g] for g in lack)])
