"""One month of the allocation program, with stocks: `least` and `qualified`.

The program of `engines.allocation` in base-year units (tonnes of the month x 12 / (season x
growth)), with the columns and rows of `engines.monthly_columns` for stocks and for users to whom
arcs or goods are closed.

Serving counts first; a tonne in stock is worth a thousandth of the demand it covers, so
stocks are used when something would be short and refilled when something is spare. The step
does not look ahead: in a long squeeze it serves the first months in full.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.engines.allocation import AllocationProgram
from supplygraph.engines.capacity_left import capacity_left, lines_left
from supplygraph.engines.cascade_step import Limits
from supplygraph.engines.input_intensity import Needs
from supplygraph.engines.leximin import Leximin
from supplygraph.engines.monthly_columns import MonthlyColumns
from supplygraph.engines.qualification import most_of_routes, qualification_months
from supplygraph.engines.shocked_model import Allocation
from supplygraph.engines.stock_targets import Targets
from supplygraph.graph.balance_matrix import INFINITY
from supplygraph.hints import check_choice
from supplygraph.scenario.month_arrays import Denial
from supplygraph.solver import LinearProgram, Optimum, Triplets
from supplygraph.vocabulary import MONTHLY_REROUTINGS

RATIONINGS = ("value", "shared", "priority")
SEGMENTS = ("military", "mixed", "civil")
PRIORITY = 1e3


@dataclass(frozen=True)
class WholeRun:
    """What any month of a run may need, so that one program holds all its months.

    Attributes
    ----------
    last_month
        End of the run: what its plants can make sizes the columns.
    denials
        What the run denies to some end uses, over all months.
    refused
        Demands that rules of content may keep from goods, by the id of the rule.
    changed
        Groups of inputs of which a unit takes more or less in some month.
    """

    last_month: str
    denials: tuple[Denial, ...]
    refused: Mapping[str, np.ndarray]
    changed: np.ndarray


class MonthlyProgram(AllocationProgram):
    """The persistent program of a run; a month is a list of bounds.

    Parameters
    ----------
    baseline
        Balanced base year.
    stocks
        Targets at one cover.
    whole
        What any month of the run may need.
    weights
        Weight of every demand in a total.
    rerouting
        ``qualified`` or ``least``.
    rationing
        ``value``, ``shared`` or ``priority`` (military, mixed, civil).
    """

    def __init__(
        self,
        baseline: Baseline,
        stocks: Targets,
        whole: WholeRun,
        *,
        weights: np.ndarray | None = None,
        rerouting: str = "least",
        rationing: str = "value",
        threads: int = 1,
    ) -> None:
        check_choice(rerouting, MONTHLY_REROUTINGS[1:], "rerouting")
        check_choice(rationing, RATIONINGS, "rationing")
        self.stocks, self.rerouting, self.rationing = stocks, rerouting, rationing
        self.whole = whole
        self.taken = np.zeros(0)
        self.factor = np.ones(baseline.graph.n_demands)
        self.lag = qualification_months(baseline.graph)
        super().__init__(baseline, weights=weights, threads=threads)
        if rationing == "priority":
            self._put_segments_in_order()
        self.extra = MonthlyColumns(self)
        self.needs = Needs(self, whole.changed)
        self.model = self._build(threads)
        self.needs.set(self.model, np.ones(baseline.graph.inputs.n_groups))
        self.model.solve("months without a shock")
        self.model.keep_basis()

    def _scale(self) -> np.ndarray:
        """Sizes that also hold for materials which only plants opening later make."""
        graph, now = self.graph, self.made_upper
        capacity, open_ = graph.line_capacity(self.whole.last_month)
        activity = np.nan_to_num(capacity[graph.line_of] / graph.line_units) * open_
        made = graph.made_quantity * activity[graph.made_activity]
        later = np.bincount(graph.made_pool, made, minlength=len(graph.pools))
        self.made_upper = np.maximum(now, later)
        try:
            return super()._scale()
        finally:
            self.made_upper = now

    def _build(self, threads: int) -> LinearProgram:
        """Rows and columns of the allocation program with those of stocks and denied users."""
        rows = self.rows.stacked(self.extra.rows).stacked(self.needs.rows)
        scale = np.concatenate([self.scale, self.extra.scale, self.needs.scale])
        size = np.full(rows.n_rows, 1e-9)
        np.maximum.at(size, rows.row, np.abs(rows.value) * scale[rows.column])
        triplets = Triplets(*self.needs.into(self.extra.into_home(rows)))
        count = len(self.extra.scale) + len(self.needs.scale)
        self.all_costs = np.concatenate(
            [self.cost, self.extra.cost, np.zeros(len(self.needs.scale))]
        )
        return LinearProgram(
            triplets,
            self.all_costs,
            np.zeros(len(self.ub) + count),
            np.concatenate([self.ub, np.zeros(count)]),
            column_scale=scale,
            row_scale=size,
            threads=threads,
        )

    def _put_segments_in_order(self) -> None:
        """Rewards a thousand times larger for each segment that comes earlier."""
        units = self.columns.block("demand")
        order = {name: PRIORITY ** (len(SEGMENTS) - 1 - i) for i, name in enumerate(SEGMENTS)}
        rank = np.array([order.get(str(s), 1.0) for s in self.graph.demands["segment"]])
        self.cost[units] = self.cost[units] * rank / PRIORITY

    def answer(self, optimum: Optimum, warnings: tuple[str, ...] = ()) -> Allocation:
        """An optimum as flows, served shares and prices; what stocks give is kept beside it."""
        self.taken = optimum.x[self.common + 1 :]
        return super().answer(optimum, warnings)

    def step(
        self, month: str, limits: Limits, stocks: tuple[np.ndarray, np.ndarray], shocked: int | None
    ) -> tuple[Allocation, tuple[np.ndarray, np.ndarray]]:
        """Best allocation of a month and the tonnes in stock after it.

        Parameters
        ----------
        month
            ``YYYY-MM``, for capacities.
        limits
            What the month leaves.
        stocks
            Tonnes held by entries and pools at its start.
        shocked
            Months since the first shock, None before it.
        """
        self.factor = limits.factor
        left = capacity_left(self.baseline, *self.graph.line_capacity(month), limits.scale)
        ub = self._upper(left.activity, limits, shocked)
        index = np.arange(len(ub))
        self.model.set_column_bounds(index, np.zeros(len(ub)), ub)
        lines = lines_left(self.graph, left.line, limits.activity)
        first = self.line_row + np.arange(len(lines))
        self.model.set_row_bounds(first, np.full(len(lines), -INFINITY), lines)
        held = self.held_row + np.arange(len(self.idle_pool))
        self.model.set_row_bounds(held, self.held_lower(left.open), np.full(len(held), INFINITY))
        self.extra.set(self.model, limits, stocks, shocked)
        self.needs.set(self.model, limits.need)
        if self.rationing == "shared":
            answer = self._shared(month)
        else:
            answer = self.answer(self.model.solve(f"months, {month}"))
        return answer, self.extra.after(self.taken, stocks, limits.scale)

    def _shared(self, month: str) -> Allocation:
        """The month's leximin, then what costs least among the flows that serve it."""
        model, most = self.model, self.factor
        demands = self.columns.start["demand"] + np.arange(len(self.base_units))
        leximin = Leximin(model, self.share_row, demands, self.common, self.base_units)
        index = np.arange(len(self.all_costs))
        model.set_cost(index, np.where(index == self.common, -1.0, 0.0))
        try:
            shares = leximin.shares(np.zeros(len(most)), most)
        finally:
            model.set_cost(index, self.all_costs)
        return self.answer(leximin.kept(f"months, {month}", shares, most))

    def _upper(self, activity: np.ndarray, limits: Limits, shocked: int | None) -> np.ndarray:
        """Upper bounds of columns, with the most that activities could do before the shock."""
        columns, graph = self.columns, self.graph
        activity = activity * limits.activity
        ub = self.ub.copy()
        ub[columns.block("activity")] = activity
        ub[columns.block("demand")] = self.base_units * limits.factor
        ub[columns.block("arc")] = self._arcs(limits, shocked)
        made = np.bincount(
            graph.made_pool,
            graph.made_quantity * activity[graph.made_activity],
            minlength=len(graph.pools),
        )
        cut = limits.made[columns.made_of] < 1
        ub[columns.block("made")] = np.where(cut, (made * limits.made)[columns.made_of], INFINITY)
        ub[columns.block("withheld")] = np.where(cut, INFINITY, 0.0)
        return ub

    def _arcs(self, limits: Limits, shocked: int | None) -> np.ndarray:
        """Upper bounds of arcs: caps of measures, and what has qualified."""
        base = self.baseline.block("arc")
        most = np.full(len(base), INFINITY)
        if self.rerouting == "qualified":
            ready = (-1 if shocked is None else shocked) >= self.lag
            most = most_of_routes(base, ready)
        capped = np.isfinite(limits.arc)
        share = np.where(capped, limits.arc, 0.0)
        return np.where(capped, np.minimum(most, base * share), most)
