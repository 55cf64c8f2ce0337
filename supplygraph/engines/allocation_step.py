"""One month of the allocation program, with stocks: `free` and `qualified`.

The program of `engines.allocation` in base-year units (tonnes of the month x 12 / (season x
growth)), with columns for what is taken from and put into each stock:

    home_k:   made - E + I - draws - W + released_k - refilled_k + state stock = 0
    entry_e:  taken_e - draw_e <= 0                 a user's stock serves him alone

and with those of `engines.gates` for users to whom some arcs are closed, and of
`engines.refusals` for users whom rules of content keep from goods.

Serving counts first; a tonne in stock is worth a thousandth of the demand it covers, so
stocks are used when something would be short and refilled when something is spare. The step
does not look ahead: in a long squeeze it serves the first months in full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.engines.allocation import LOSS_SCALE, UNWEIGHTED, AllocationProgram
from supplygraph.engines.cascade_step import MONTHS, Limits
from supplygraph.engines.input_intensity import Needs
from supplygraph.engines.refused_goods import Refusals
from supplygraph.engines.route_closures import Gates, StockColumns, add_draws
from supplygraph.engines.shocked_model import Allocation
from supplygraph.engines.stock_targets import Targets
from supplygraph.engines.water_filling import WaterFilling
from supplygraph.errors import UsageError
from supplygraph.graph import Matrix
from supplygraph.graph.balance_matrix import INFINITY, RowWriter
from supplygraph.scenario.month_arrays import Denial
from supplygraph.selectors import did_you_mean
from supplygraph.solver import LinearProgram, Optimum, Triplets

REROUTINGS = ("none", "qualified", "free")
RATIONINGS = ("value", "proportional", "priority")
SEGMENTS = ("military", "mixed", "civil")
PRIORITY = 1e3
STOCK_VALUE = 1e-3
# Worth of stock whose users do not weigh: less than serving them, and more than the tie-break
# costs of fresh goods along a whole chain, or stock would be used where nothing lacks.
LEAST_STOCK_VALUE = 0.1 * UNWEIGHTED
REFILL = 0.5
QUALIFIED_SURGE = 1.15
NOTHING = np.zeros(0, dtype=int)
QUALIFIED_LAG = {"part": 6, "traction": 18, "military": 24}


class MonthlyProgram(AllocationProgram):
    """The persistent program of a run; a month is a list of bounds.

    Parameters
    ----------
    baseline
        Balanced base year.
    stocks
        Targets at one cover.
    weights
        Weight of every demand in a total.
    rerouting
        ``qualified`` or ``free``.
    rationing
        ``value``, ``proportional`` or ``priority`` (military, mixed, civil).
    denials
        What the run denies to some end uses, over all months.
    refused
        Demands that rules of content may keep from goods, by the id of the rule.
    last_month
        End of the run: what its plants can make sizes the columns.
    changed
        Groups of inputs of which a unit takes more or less in some month.
    """

    def __init__(
        self,
        baseline: Baseline,
        stocks: Targets,
        *,
        weights: np.ndarray | None = None,
        rerouting: str = "free",
        rationing: str = "value",
        denials: Sequence[Denial] = (),
        refused: Mapping[str, np.ndarray] | None = None,
        last_month: str | None = None,
        changed: np.ndarray | None = None,
        threads: int = 1,
    ) -> None:
        if rerouting not in REROUTINGS[1:]:
            raise UsageError(f"rerouting '{rerouting}': {did_you_mean(rerouting, REROUTINGS[1:])}")
        if rationing not in RATIONINGS:
            raise UsageError(f"rationing '{rationing}': {did_you_mean(rationing, RATIONINGS)}")
        self.stocks, self.rerouting, self.rationing = stocks, rerouting, rationing
        self.denials, self.refused = tuple(denials), dict(refused or {})
        self.taken = np.zeros(0)
        self.factor = np.ones(baseline.graph.n_demands)
        self.last_month = last_month or baseline.graph.base_month
        self._by_month: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        super().__init__(baseline, weights=weights, threads=threads)
        if rationing == "priority":
            self._put_segments_in_order()
        self.extra = _Extra(self)
        self.needs = Needs(self, NOTHING if changed is None else changed)
        self.model = self._build(threads)
        self.needs.set(self.model, np.ones(baseline.graph.inputs.n_groups))
        self.model.solve("months without a shock")
        self.model.keep_basis()

    def _scale(self) -> np.ndarray:
        """Sizes that also hold for materials which only plants opening later make."""
        graph, now = self.graph, self.made_upper
        capacity, open_ = graph.line_capacity(self.last_month)
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
        return LinearProgram(
            triplets,
            np.concatenate([self.cost, self.extra.cost, np.zeros(len(self.needs.scale))]),
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

    def capacities_of(self, month: str) -> tuple[np.ndarray, np.ndarray]:
        """Line and activity bounds of a month before any shock, and the share plants kept.

        A line whose capacity fell since the base year keeps that share of its base use.
        """
        if month not in self._by_month:
            graph, base = self.graph, self.baseline.block("activity")
            used = np.bincount(graph.line_of, graph.line_units * base, minlength=len(graph.lines))
            self._by_month[month] = kept_share(self.baseline, month, used)
        return self._by_month[month]

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
        ub = self._upper(month, limits, shocked)
        index = np.arange(len(ub))
        self.model.set_column_bounds(index, np.zeros(len(ub)), ub)
        lines, _ = self._lines(month, limits)
        first = self.line_row + np.arange(len(lines))
        self.model.set_row_bounds(first, np.full(len(lines), -INFINITY), lines)
        _, open_ = self.graph.line_capacity(month)
        held = self.held_row + np.arange(len(self.idle_pool))
        self.model.set_row_bounds(held, self.held_lower(open_), np.full(len(held), INFINITY))
        self.extra.set(self.model, limits, stocks, shocked)
        self.needs.set(self.model, limits.need)
        if self.rationing == "proportional":
            answer = _MonthlyFilling(self)._fill()
        else:
            answer = self.answer(self.model.solve(f"months, {month}"))
        return answer, self.extra.after(self.taken, stocks, limits.scale)

    def _lines(self, month: str, limits: Limits) -> tuple[np.ndarray, np.ndarray]:
        """Upper bounds of lines in base units, and of activities."""
        capacity, left = self.capacities_of(month)
        graph, base = self.graph, self.baseline.block("activity")
        used = np.bincount(graph.line_of, graph.line_units * base, minlength=len(graph.lines))
        stated = np.where(np.isnan(capacity), INFINITY, capacity / limits.scale)
        lines = np.maximum(stated, used * left)
        share = np.zeros(len(lines))
        np.maximum.at(share, graph.line_of, limits.activity)
        finite = np.isfinite(lines)
        lines[finite] *= share[finite]
        blank = np.isnan(capacity)[graph.line_of]
        activity = np.where(
            blank, base, np.maximum(stated, used * left)[graph.line_of] / graph.line_units
        )
        return lines, activity

    def _upper(self, month: str, limits: Limits, shocked: int | None) -> np.ndarray:
        columns, graph = self.columns, self.graph
        _, open_ = graph.line_capacity(month)
        _, activity = self._lines(month, limits)
        base = self.baseline.block("activity")
        activity = np.where(self.sourceless, np.minimum(activity, base), activity)
        activity = np.where(open_, activity, 0.0) * limits.activity
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
            lag = np.where(self.extra.traction, QUALIFIED_LAG["traction"], QUALIFIED_LAG["part"])
            ready = (shocked or 0) >= lag if shocked is not None else np.zeros(len(base), bool)
            most = np.where(ready, INFINITY, QUALIFIED_SURGE * base)
        capped = np.isfinite(limits.arc)
        share = np.where(capped, limits.arc, 0.0)
        return np.where(capped, np.minimum(most, base * share), most)


class _MonthlyFilling(WaterFilling):
    """Water-filling over the program of one month, with its factors on demand."""

    def __init__(self, program: MonthlyProgram) -> None:
        self.whole, self.model, self.factor = program, program.model, program.factor

    def _hold(self, open_: np.ndarray, floor: np.ndarray, most: np.ndarray) -> None:
        super()._hold(open_, np.minimum(floor, self.factor), most * self.factor)


class _Extra:
    """Columns and rows that stocks and denied users add to the program."""

    def __init__(self, program: MonthlyProgram) -> None:
        self.program, self.stocks = program, program.stocks
        graph = program.graph
        self.first = program.common + 1
        self.n_entry, self.n_pool = len(self.stocks.entry), len(self.stocks.pool)
        stage = graph.pools["stage"].to_numpy()[graph.arcs["origin"].to_numpy()]
        material = graph.arcs["material"].to_numpy()
        self.traction = (stage == "magnet") & np.isin(material, self._traction())
        self.states = np.arange(len(graph.pools))
        self.gates = Gates(
            program.baseline, program.denials, qualifying=program.rerouting == "qualified"
        )
        sizes = (self.n_entry, self.n_pool, self.n_entry, self.n_pool, 2 * len(self.states))
        self.refusals = [
            Refusals(program, users, name) for name, users in sorted(program.refused.items())
        ]
        refused = sum(len(refusal) for refusal in self.refusals)
        self.start = np.cumsum([0, *sizes, len(self.gates), refused])
        self._values()
        self.rows = self._write()

    def _traction(self) -> list[str]:
        """Magnet grades that a product without them cannot replace: those with Dy or Tb."""
        recipes = self.program.graph.recipes.values()
        heavy = {
            out.material
            for recipe in recipes
            for out in recipe.outputs
            for flow in recipe.inputs
            if flow.group and flow.essential
        }
        return sorted(heavy)

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


def kept_share(baseline: Baseline, month: str, used: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Capacity of every line in a month, and the share of its base use that it keeps.

    A capacity below what the base year ran is read as the base year's own inconsistency; only
    what fell since counts.
    """
    graph = baseline.graph
    now, _ = graph.line_capacity(month)
    then, _ = graph.line_capacity(graph.base_month)
    usual = np.where(np.isnan(then), used, np.minimum(then, used))
    fell = ~np.isnan(now) & (now < usual)
    left = np.where(fell, np.divide(now, usual, out=np.zeros_like(now), where=usual > 0), 1.0)
    return now, left
