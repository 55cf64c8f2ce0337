"""The least loss that any allocation could reach (`least`).

Serve demand under bounds: minimise sum_p w_p (1 - u_p / u0_p) over the balance rows of
`graph.balance_matrix`, with

- activities up to their capacity (stated: the larger of capacity and base activity; blank:
  at most base activity; scrap and other makers without inputs: at most base activity);
- every arc between a maker and a user open;
- surplus and unexplained use no spare supply: of each tonne a market makes and of each it
  receives they take at least the share they took in the base year,
  W >= (W0/L0)(1 - E0/P0) made + (W0/L0) imports, one row each.

One persistent model; a shock is a list of bounds, restored afterwards with the basis.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.engines.capacity_left import capacity_left, line_share, lines_left
from supplygraph.engines.export_limits import ExportLimits
from supplygraph.engines.held_shares import IDLE_SHARE, held_rows, idle_pools
from supplygraph.engines.least_use import check_uses_are_seen
from supplygraph.engines.shocked_model import Allocation, ShockedModel
from supplygraph.engines.weights import demand_weights
from supplygraph.errors import InfeasibleError, NotConvergedError
from supplygraph.graph import Matrix, balance_matrix
from supplygraph.graph.balance_matrix import INFINITY, RowWriter, first_line_row
from supplygraph.graph.reachable import reachable
from supplygraph.scenario import Shock
from supplygraph.solver import LinearProgram, Optimum

LOSS_SCALE = 1e4
TIE_BREAK = 1e-8
UNWEIGHTED = 1e-3
NOTHING = 1e-3  # of the largest material: the size of one that nobody makes yet


class AllocationProgram:
    """The persistent program over one baseline and month."""

    def __init__(
        self,
        baseline: Baseline,
        *,
        weights: np.ndarray | None = None,
        month: str | None = None,
        threads: int = 1,
    ) -> None:
        check_uses_are_seen(baseline)
        self.baseline, self.graph = baseline, baseline.graph
        self.columns = baseline.columns
        self.weights = demand_weights(baseline) if weights is None else weights
        self.month = month or self.graph.base_month
        self.base_units = baseline.block("demand")
        self._capacities()
        balance = balance_matrix(self.graph, self.columns)
        self.line_row = first_line_row(balance, self.graph)
        self.home_row = len(self.columns.made_of)
        self.held_row, self.idle_pool = balance.n_rows, self._idle()
        rows = balance.stacked(self._held())
        self.export_limits, self.export_row = ExportLimits(baseline), rows.n_rows
        rows = rows.stacked(self.export_limits.rows)
        self.share_row = rows.n_rows
        self.rows = rows.stacked(self._share_rows())
        self.rows.upper[self.line_row : self.line_row + len(self.graph.lines)] = self.line_upper
        _, open_ = self.graph.line_capacity(self.month)
        self.rows.lower[self.held_row : self.export_row] = self.held_lower(open_)
        self._bounds()
        self.scale = self._scale()
        self.cost = self._costs()
        self.threads = threads
        self._warm = ShockedModel(self)
        self.reference = self._start()

    @property
    def solves(self) -> int:
        """Programs solved so far, that without a removal included."""
        return self._warm.model.solves

    @property
    def iterations(self) -> int:
        """Iterations of the solver so far."""
        return self._warm.model.iterations

    def held_lower(self, open_: np.ndarray) -> np.ndarray:
        """Least of each held row: none where all was surplus for want of a plant that is open now.

        Parameters
        ----------
        open_
            Activities open in the month or year.
        """
        graph = self.graph
        _, then = graph.line_capacity(graph.base_month)
        user = np.minimum(graph.inputs.user, graph.n_activities)
        new = graph.inputs.pool[np.append(open_ & ~then, False)[user]]
        return np.where(np.isin(self.idle_pool, new), -INFINITY, 0.0)

    @property
    def common(self) -> int:
        """Column of the common served share that a leximin raises."""
        return self.columns.total

    def _held(self) -> Matrix:
        """Shares that surplus and unexplained use take at least."""
        return held_rows(self.baseline)

    def _idle(self) -> np.ndarray:
        """Pools of the held rows of which nothing was used."""
        return idle_pools(self.baseline)

    def _share_rows(self) -> Matrix:
        """Served units - base units x common share; open only in a leximin."""
        writer = RowWriter()
        n = self.graph.n_demands
        first = writer.add_rows(n, -INFINITY, INFINITY)
        own = first + np.arange(n)
        writer.add(own, self.columns.start["demand"] + np.arange(n), 1.0)
        writer.add(own, np.full(n, self.common), -self.base_units)
        return writer.matrix()

    def _capacities(self) -> None:
        """Upper bounds of activities and lines in the month, before any shock."""
        left = capacity_left(self.baseline, *self.graph.line_capacity(self.month))
        self.line_upper, self.activity_upper = left.line, left.activity

    def _bounds(self) -> None:
        columns, graph = self.columns, self.graph
        ub = np.full(columns.total + 1, INFINITY)
        ub[self.common] = 1.0
        ub[columns.block("activity")] = self.activity_upper
        ub[columns.block("demand")] = self.base_units
        ub[columns.block("withheld")] = 0.0
        self.ub = ub
        made = graph.made_quantity * self.activity_upper[graph.made_activity]
        self.made_upper = np.bincount(graph.made_pool, made, minlength=len(graph.pools))

    def _scale(self) -> np.ndarray:
        """Typical size of each column: its base flow, or its material's largest pool share.

        A material that nobody made in the base year is sized by what open plants can make:
        entries scaled by almost nothing are dropped by HiGHS, and its plants would stand still.
        """
        graph, columns = self.graph, self.columns
        base = np.abs(self.baseline.x)
        home = self.baseline.made - self.baseline.exports + self.baseline.imports
        world: dict[str, float] = {}
        able: dict[str, float] = {}
        for material, size, most in zip(
            graph.pools["material"], home, self.made_upper, strict=True
        ):
            world[material] = world.get(material, 0.0) + size
            able[material] = able.get(material, 0.0) + most
        # Sizes are relative throughout: a chain told in grams is solved as one told in tonnes.
        least = NOTHING * max([*world.values(), *able.values()], default=0.0) or 1.0
        # A capacity far above use is no size: beside it a solver's tolerance is what is used.
        size_of = {m: world[m] or able[m] * IDLE_SHARE or least for m in world}
        pool = np.array([size_of[m] * 1e-3 for m in graph.pools["material"]])
        floor = np.where(base > 0, base, 1.0)
        floor[columns.block("arc")] = pool[graph.arcs["origin"].to_numpy()]
        own = graph.inputs.draw >= 0
        floor[columns.start["draw"] + graph.inputs.draw[own]] = pool[graph.inputs.pool[own]]
        floor[columns.block("surplus")] = pool[columns.surplus_of]
        floor[columns.block("unexplained")] = pool[columns.unexplained_of]
        for name in ("made", "withheld"):
            floor[columns.block(name)] = pool[columns.made_of]
        activity = np.zeros(graph.n_activities)
        np.maximum.at(activity, graph.made_activity, pool[graph.made_pool] / graph.made_quantity)
        floor[columns.block("activity")] = activity
        return np.append(np.maximum(base, floor), 1.0)

    def _costs(self) -> np.ndarray:
        """Loss per unit, with tie-break costs far below what is reported."""
        columns = self.columns
        fixed = np.random.default_rng(99).uniform(0.99, 1.01, columns.total + 1)
        cost = TIE_BREAK * fixed / self.scale
        units = columns.block("demand")
        some = np.where(self.weights > 0, self.weights * LOSS_SCALE, UNWEIGHTED)
        worth = np.divide(some, self.base_units, out=np.zeros_like(some), where=self.base_units > 0)
        cost[units] = -worth
        return cost

    def _start(self) -> Allocation:
        optimum = self._warm.model.solve("allocation without a removal")
        self._warm.model.keep_basis()
        answer = self.answer(optimum)
        served = answer.served[self.base_units > 0]
        if self.month == self.graph.base_month and (served < 1 - 1e-6).any():
            raise NotConvergedError(
                f"allocation: without a removal only {served.min():.6f} of a demand is served."
            )
        return answer

    def answer(self, optimum: Optimum, warnings: tuple[str, ...] = ()) -> Allocation:
        """An optimum as flows, served shares and prices."""
        served = self._shares(optimum.x)
        home = slice(self.home_row, self.home_row + len(self.graph.pools))
        return Allocation(
            optimum.x[: self.common], served, np.abs(optimum.dual[home]) / LOSS_SCALE, warnings
        )

    def _shares(self, x: np.ndarray) -> np.ndarray:
        units = x[self.columns.block("demand")]
        served = np.divide(
            units, self.base_units, out=np.ones_like(units), where=self.base_units > 0
        )
        served = np.clip(served, 0.0, 1.0)
        served[np.abs(served - 1.0) < 1e-9] = 1.0
        return served

    def _reached(self, shock: Shock, served: np.ndarray) -> np.ndarray:
        """Served shares without what no open plant can reach under a shock."""
        return np.where(self.reached(shock, self.bounds(shock)[0]), served, 0.0)

    def reached(self, shock: Shock, upper: np.ndarray) -> np.ndarray:
        """Mask of the demands that open plants can reach at all.

        Each row along a chain may give a billionth of what its market holds. A demand for less than
        that, counted in what its inputs are made of, would be served from nothing.

        Parameters
        ----------
        shock
            What is taken away.
        upper
            Upper bounds of the columns under it.
        """
        runs, _, _ = reachable(
            self.graph,
            upper[self.columns.block("activity")] > 0,
            upper[self.columns.block("arc")] > 0,
            shock.made <= 0,
        )
        return runs[self.graph.n_activities :]

    def untouched(self, shock: Shock) -> bool:
        """Whether a shock only closes what the optimum does not use: its loss is exactly 0."""
        x, columns = self.reference.x, self.columns
        cut = np.flatnonzero(shock.activity < 1)
        activity, upper = x[columns.start["activity"] + cut], self.activity_upper[cut]
        if (activity > upper * (shock.activity[cut] + 1e-12)).any():
            return False
        leaves, most = self.reference.x[columns.block("arc")], self._exports(shock)
        sent = np.bincount(self.export_limits.origin, leaves, minlength=len(most))
        arcs = np.flatnonzero(shock.left_to_export.arc < 1)
        made = columns.start["made"] + np.flatnonzero(shock.made[columns.made_of] < 1)
        if (leaves[arcs] > 0).any() or (x[made] > 0).any() or (sent > most).any():
            return False
        running = x[columns.block("activity")] > 0
        left = line_share(self.graph, shock.activity)
        return not (left < 1)[self.graph.line_of[running]].any()

    def served(self, shock: Shock) -> tuple[np.ndarray, bool]:
        """Served shares of the best allocation, and whether it had to be solved for.

        What `solve` gives, without the flows and prices that a long ranking does not read.
        """
        if self.untouched(shock):
            return self.reference.served, False
        with self._warm.under(shock) as model:
            return self._reached(shock, self._shares(self._solved(model, prices=False).x)), True

    def _solved(self, model: LinearProgram, *, prices: bool = True) -> Optimum:
        try:
            return model.solve("allocation", prices=prices)
        except InfeasibleError as error:
            raise NotConvergedError(f"{error} A removal alone can never be infeasible.") from None

    def solve(self, shock: Shock, product: str | None = None) -> Allocation:
        """Allocation of least weighted loss under a shock.

        Parameters
        ----------
        shock
            What is taken away.
        product
            Serve this product first: its loss is then a bound on its own.
        """
        if product is None and self.untouched(shock):
            return self.reference
        with self._warm.under(shock) as model:
            answer = (
                self.answer(self._solved(model)) if product is None else self._only(model, product)
            )
        return replace(answer, served=self._reached(shock, answer.served))

    def most(self, shock: Shock, activities: np.ndarray) -> Allocation:
        """The allocation in which some activities run most, whoever goes without.

        Parameters
        ----------
        shock
            What is taken away.
        activities
            Activities whose levels are added up, in their own units.
        """
        units = self.columns.block("demand")
        own = self.columns.start["activity"] + np.asarray(activities, dtype=int)
        index = np.concatenate([np.arange(units.start, units.stop), own])
        size = float(self.activity_upper[activities].sum()) or 1.0
        cost = np.concatenate(
            [self.cost[units] * UNWEIGHTED / LOSS_SCALE, np.full(len(own), -LOSS_SCALE / size)]
        )
        with self._warm.under(shock) as model:
            model.set_cost(index, cost)
            try:
                return self.answer(self._solved(model))
            finally:
                model.set_cost(index, self.cost[index])

    @property
    def limited(self) -> np.ndarray:
        """Rows whose upper bounds a shock may change: of all lines, then of exports."""
        lines = self.line_row + np.arange(len(self.line_upper))
        return np.append(lines, self.export_row + np.arange(len(self.export_limits.pools)))

    @property
    def unlimited(self) -> np.ndarray:
        """Upper bounds of the limited rows without a shock."""
        return np.append(self.line_upper, np.full(len(self.export_limits.pools), INFINITY))

    def limits(self, shock: Shock, line: np.ndarray, activity: np.ndarray) -> np.ndarray:
        """Upper bounds of the limited rows under a shock.

        Parameters
        ----------
        shock
            What is taken away.
        line, activity
            Most of every line and activity before it.
        """
        exports = self.export_limits.upper(shock, activity * shock.activity)
        left = lines_left(self.graph, line, shock.activity)
        return np.append(left, exports[self.export_limits.pools])

    def _exports(self, shock: Shock) -> np.ndarray:
        """Most that may leave each pool under a shock."""
        return self.export_limits.upper(shock, self.activity_upper * shock.activity)

    def bounds(self, shock: Shock) -> tuple[np.ndarray, np.ndarray]:
        """Upper bounds of all columns and of all limited rows under a shock."""
        ub = self.upper_bounds(shock, self.activity_upper)
        return ub, self.limits(shock, self.line_upper, self.activity_upper)

    def upper_bounds(self, shock: Shock, activity: np.ndarray) -> np.ndarray:
        """Upper bounds of all columns under a shock, with the most that each activity can do."""
        columns, graph, ub = self.columns, self.graph, self.ub.copy()
        ub[columns.block("activity")] = activity * shock.activity
        arc = columns.block("arc")
        left = shock.left_to_export.arc
        ub[arc] = np.where(left < 1, self.baseline.block("arc") * left, ub[arc])
        # Nothing that may leave a pool closes its routes, so that what is out of reach is told.
        exports = self.export_limits.upper(shock, ub[columns.block("activity")])
        ub[arc] = np.minimum(ub[arc], exports[self.export_limits.origin])
        cut = shock.made[columns.made_of] < 1
        able = graph.made_quantity * activity[graph.made_activity]
        able = np.bincount(graph.made_pool, able, minlength=len(graph.pools))
        ub[columns.block("made")] = np.where(cut, (able * shock.made)[columns.made_of], INFINITY)
        ub[columns.block("withheld")] = np.where(cut, INFINITY, 0.0)
        return ub

    def _only(self, model: LinearProgram, product: str) -> Allocation:
        """All weight on one product, inside it by base units."""
        units = self.columns.block("demand")
        mine = (self.graph.demands["product"] == product).to_numpy() & (self.base_units > 0)
        share = np.where(mine, self.base_units, 0.0)
        cost = np.where(
            mine, -LOSS_SCALE / max(share.sum(), 1e-300), self.cost[units] * UNWEIGHTED / LOSS_SCALE
        )
        index = np.arange(units.start, units.stop)
        model.set_cost(index, cost)
        try:
            return self.answer(self._solved(model))
        finally:
            model.set_cost(index, self.cost[units])
