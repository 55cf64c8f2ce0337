"""The chain month by month: stocks, caps, seasons, and what is served.

Each month is solved on its own from the stocks of the month before: under `none` by
`engines.cascade_step`, under `qualified` and `least` by `engines.allocation_step`. Demand and caps
share one season and one growth,

    scale(month) = season[month of the year] x (1 + growth) ^ (years since the base year),

so that a run without a shock serves exactly 1 in every month. No month knows the next: the
run is no optimum over time, and in a long squeeze the first months are served in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.engines.allocation_step import (
    RATIONINGS,
    MonthlyProgram,
    WholeRun,
)
from supplygraph.engines.capacity_left import capacity_left
from supplygraph.engines.cascade import Cascade, Levels
from supplygraph.engines.cascade_step import Limits, RigidMonth, State
from supplygraph.engines.content_exclusions import (
    Caught,
    ContentRules,
    Flows,
    allocated_flows,
    rigid_flows,
)
from supplygraph.engines.shocked_model import Allocation
from supplygraph.engines.stock_targets import Targets, targets_of
from supplygraph.errors import ScenarioError
from supplygraph.hints import check_choice
from supplygraph.progress import steps
from supplygraph.scenario import Shock
from supplygraph.scenario.month_arrays import Bounds, Denial
from supplygraph.vocabulary import COVERS, MONTHLY_REROUTINGS

MONTHS_A_YEAR = 12
Step = tuple[Allocation, tuple[np.ndarray, np.ndarray]]
SEASON_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Pace:
    """Season and growth that demand and caps share.

    Parameters
    ----------
    season
        Twelve factors, January first, with mean 1.
    growth
        Of demand and caps a year, such as 0.1.

    Raises
    ------
    ScenarioError
        If there are not twelve positive factors with mean 1.

    Examples
    --------
    >>> Pace(growth=0.1).scale("2025-07", 2024)
    1.1
    """

    season: tuple[float, ...] = (1.0,) * MONTHS_A_YEAR
    growth: float = 0.0

    def __post_init__(self) -> None:
        values = np.asarray(self.season, float)
        good = len(values) == MONTHS_A_YEAR and (values > 0).all()
        if not good or abs(values.mean() - 1) > SEASON_TOLERANCE:
            raise ScenarioError(
                "season: twelve factors above 0 with mean 1, January first. "
                "Divide each by their mean."
            )
        if not -0.5 <= self.growth <= 1.0:
            raise ScenarioError(
                f"growth {self.growth:g} a year is out of -0.5..1. Write 0.1 for ten per cent."
            )

    def scale(self, month: str, base_year: int) -> float:
        """What the base month's tonnes are multiplied by."""
        year, number = int(month[:4]), int(month[5:7])
        return float(self.season[number - 1] * (1.0 + self.growth) ** (year - base_year))


@dataclass
class Timeline:
    """What a run gives, one row a month.

    Attributes
    ----------
    months, covers, rerouting, rationing
        What was run.
    served
        Served share of every demand; months x demands x covers.
    units
        Units of every demand asked for in each month.
    arc_tonnes
        Flow of every arc in each month, in its material's unit; months x arcs x covers.
    entry_stock, pool_stock
        Tonnes in stock at the end of each month; months x stocks x covers.
    caught
        Goods that rules of content caught, a list a month; one column a cover.
    levels, answers
        What each month's engine gave, for causes: levels under `none`, allocations per cover
        otherwise.
    """

    months: tuple[str, ...]
    covers: tuple[str, ...]
    rerouting: str
    rationing: str
    stocks: Targets
    bounds: Bounds
    served: np.ndarray
    units: np.ndarray
    arc_tonnes: np.ndarray
    entry_stock: np.ndarray
    pool_stock: np.ndarray
    shocks: list[Shock] = field(default_factory=list)
    caught: list[list[Caught]] = field(default_factory=list)
    levels: list[Levels] = field(default_factory=list)
    answers: list[list[Allocation]] = field(default_factory=list)


def run_months(
    baseline: Baseline,
    bounds: Bounds,
    *,
    rerouting: str = "none",
    rationing: str = "value",
    pace: Pace | None = None,
    covers: Sequence[str] = COVERS,
    stocks: Targets | None = None,
    weights: np.ndarray | None = None,
    threads: int = 1,
) -> Timeline:
    """Step through the months of a scenario.

    Parameters
    ----------
    baseline
        Balanced base year.
    bounds
        What the scenario leaves of every month.
    rerouting
        ``none``, ``qualified`` or ``least``.
    rationing
        ``value``, ``shared`` or ``priority``; `none` always shares in proportion.
    pace
        Season and growth.
    covers
        Stocks at ``low``, ``central``, ``high``, each a run of its own.
    stocks
        Targets in place of those that the dataset states; their covers are run.
    weights
        Weight of every demand under `qualified` and `least`.

    Raises
    ------
    UsageError
        If a word is unknown.
    InfeasibleError, NotConvergedError
        If a month has no answer.
    """
    check_choice(rerouting, MONTHLY_REROUTINGS, "rerouting")
    check_choice(rationing, RATIONINGS, "rationing")
    held = targets_of(baseline).at(*covers) if stocks is None else stocks
    work = _MonthLoop(baseline, bounds, pace or Pace(), held)
    if rerouting == "none":
        return work.rigid()
    return work.allocated(rerouting, rationing, weights, threads)


class _MonthLoop:
    def __init__(
        self,
        baseline: Baseline,
        bounds: Bounds,
        pace: Pace,
        stocks: Targets,
    ) -> None:
        self.baseline, self.bounds, self.pace = baseline, bounds, pace
        self.graph = baseline.graph
        self.stocks, self.covers = stocks, stocks.covers
        self.cascade = Cascade(baseline)
        self.kept: dict[str, np.ndarray] = {}
        self.rules = ContentRules(baseline, bounds.tests)

    def limits(self, row: int, *, dated: bool = True) -> Limits:
        """What a month leaves; ``dated`` counts plants that have closed or shrunk since.

        The program of `least` reads dates itself.
        """
        bounds, month = self.bounds, self.bounds.months[row]
        return Limits(
            activity=bounds.activity[row] * (self._kept(month) if dated else 1.0),
            made=bounds.made[row],
            arc=bounds.arc[row],
            factor=bounds.demand[row],
            denials=tuple(Denial(each.arcs, each.share[row]) for each in bounds.denials),
            need=bounds.need[row],
            release=bounds.release[row],
            hold=bounds.hold[row],
            scale=self.pace.scale(month, self.graph.base_year),
        )

    def _kept(self, month: str) -> np.ndarray:
        """Share of base activity that plants keep in a month; 1 for what the base year idles."""
        if month not in self.kept:
            left = capacity_left(self.baseline, *self.graph.line_capacity(month))
            self.kept[month] = left.kept
        return self.kept[month]

    def _empty(self, rerouting: str, rationing: str) -> Timeline:
        count, covers = len(self.bounds.months), len(self.covers)
        graph = self.graph
        units = self.baseline.block("demand") / MONTHS_A_YEAR
        scale = np.array([self.pace.scale(m, graph.base_year) for m in self.bounds.months])
        return Timeline(
            self.bounds.months,
            self.covers,
            rerouting,
            rationing,
            self.stocks,
            self.bounds,
            served=np.ones((count, graph.n_demands, covers)),
            units=units[None, :] * self.bounds.demand * scale[:, None],
            arc_tonnes=np.zeros((count, len(graph.arcs), covers)),
            entry_stock=np.zeros((count, len(self.stocks.entry), covers)),
            pool_stock=np.zeros((count, len(self.stocks.pool), covers)),
        )

    def _shock(self, limits: Limits) -> Shock:
        """What was cut under any cover, for naming causes."""
        arc = limits.arc if limits.arc.ndim == 1 else limits.arc.min(axis=1)
        return Shock(limits.activity, limits.made, np.minimum(arc, 1.0))

    def rigid(self) -> Timeline:
        """All covers at once under `none`."""
        line = self._empty("none", "shared")
        engine = RigidMonth(self.cascade, self.stocks)
        state = engine.start()
        flow = self.baseline.block("arc")[self.cascade.live][:, None] / MONTHS_A_YEAR
        for row in steps(range(len(self.bounds.months)), "Months"):
            (levels, arc, state), limits, caught = self._settled_rigid(row, engine, state)
            line.caught.append(caught)
            line.served[row] = levels.user[self.graph.n_activities :]
            line.arc_tonnes[row, self.cascade.live] = flow * limits.scale * arc
            line.entry_stock[row], line.pool_stock[row] = state.entry, state.pool
            line.levels.append(levels)
            line.shocks.append(self._shock(limits))
        return line

    def _settled_rigid(
        self, row: int, engine: RigidMonth, state: State
    ) -> tuple[tuple[Levels, np.ndarray, State], Limits, list[Caught]]:
        """A month under `none` from which rules of content have taken what they catch."""

        def solve(limits: Limits) -> tuple[Levels, np.ndarray, State]:
            return engine.step(limits, state)

        def flows(solved: tuple[Levels, np.ndarray, State]) -> list[Flows]:
            return rigid_flows(engine, solved, state, limits.scale)

        limits = self.limits(row)
        month = self.bounds.months[row]
        return self.rules.settle(self.bounds.tests[row], limits, solve, flows, month)

    def allocated(
        self, rerouting: str, rationing: str, weights: np.ndarray | None, threads: int
    ) -> Timeline:
        """One cover after the other under `qualified` or `least`."""
        line = self._empty(rerouting, rationing)
        line.answers = [[] for _ in self.bounds.months]
        line.shocks = [self._shock(self.limits(row)) for row in range(len(self.bounds.months))]
        line.caught = [[] for _ in self.bounds.months]
        whole = WholeRun(
            self.bounds.months[-1],
            self.bounds.denials,
            self._refused(),
            np.flatnonzero((self.bounds.need != 1).any(axis=0)),
        )
        for number, cover in enumerate(steps(self.covers, "Sizes of stocks")):
            program = MonthlyProgram(
                self.baseline,
                self.stocks.at(cover),
                whole,
                weights=weights,
                rerouting=rerouting,
                rationing=rationing,
                threads=threads,
            )
            self._step_through(program, line, number)
        return line

    def _step_through(self, program: MonthlyProgram, line: Timeline, number: int) -> None:
        engine = RigidMonth(self.cascade, program.stocks)
        state: State = engine.start()
        first = self.bounds.first_shock
        arcs = self.baseline.columns.block("arc")
        for row in steps(range(len(self.bounds.months)), "Months"):
            limits = self.limits(row, dated=False)
            limits.activity[:] = limits.activity * engine.scrap.left(state.scrap)[:, 0]
            shocked = None if first is None or row < first else row - first
            held = (state.entry[:, 0], state.pool[:, 0])
            (answer, (entry, pool)), settled, caught = self._settled(
                program, row, limits, held, shocked
            )
            line.caught[row] = _beside(line.caught[row], caught)
            line.shocks[row] = line.shocks[row].with_(self._shock(settled))
            state.entry, state.pool = entry[:, None], pool[:, None]
            state.scrap = engine.scrap.level(*self._levels(answer))
            line.served[row, :, number] = _share(
                answer.x[self.baseline.columns.block("demand")],
                self.baseline.block("demand") * limits.factor,
            )
            flows = answer.x[arcs] * limits.scale / MONTHS_A_YEAR
            line.arc_tonnes[row, :, number] = flows
            line.entry_stock[row, :, number], line.pool_stock[row, :, number] = entry, pool
            line.answers[row].append(answer)

    def _refused(self) -> dict[str, np.ndarray]:
        """Demands that each rule of content may keep from goods in some month."""
        found: dict[str, np.ndarray] = {}
        for test in (test for tests in self.bounds.tests for test in tests if test.by_use):
            known = found.get(test.measure, np.zeros(self.graph.n_demands, dtype=bool))
            found[test.measure] = known | (test.denied > 0)
        return found

    def _settled(
        self,
        program: MonthlyProgram,
        row: int,
        limits: Limits,
        held: tuple[np.ndarray, np.ndarray],
        shocked: int | None,
    ) -> tuple[Step, Limits, list[Caught]]:
        """A month of the program from which rules of content have taken what they catch."""
        month = self.bounds.months[row]

        def solve(now: Limits) -> Step:
            arc = now.arc if now.arc.ndim == 1 else now.arc[:, 0]
            return program.step(month, replace(now, arc=arc), held, shocked)

        def flows(solved: Step) -> list[Flows]:
            answer, (entry, pool) = solved
            yearly = MONTHS_A_YEAR / limits.scale
            from_entry, from_pool = (held[0] - entry) * yearly, (held[1] - pool) * yearly
            stocks = program.stocks
            return [allocated_flows(self.baseline, answer.x, stocks, from_pool, from_entry)]

        return self.rules.settle(self.bounds.tests[row], limits, solve, flows, month)

    def _levels(self, answer: Allocation) -> tuple[np.ndarray, np.ndarray]:
        """Made level of pools and level of live arcs, against the base year."""
        columns = self.baseline.columns
        made = np.ones(len(self.graph.pools))
        out = answer.x[columns.block("made")]
        base = self.baseline.made[columns.made_of]
        made[columns.made_of] = np.divide(out, base, out=np.ones_like(out), where=base > 0)
        flow = self.baseline.block("arc")[self.cascade.live]
        arc = answer.x[columns.block("arc")][self.cascade.live] / flow
        return np.minimum(made, 1.0)[:, None], np.minimum(arc, 1.0)[:, None]


def _beside(covers: list[Caught], one: list[Caught]) -> list[Caught]:
    """What rules caught at the covers so far, with that at one cover more."""
    if not covers:
        return one
    return [
        Caught(item.measure, np.concatenate([item.pools, more.pools], axis=1))
        for item, more in zip(covers, one, strict=True)
    ]


def _share(units: np.ndarray, asked: np.ndarray) -> np.ndarray:
    share = np.divide(units, asked, out=np.ones_like(units), where=asked > 0)
    share = np.clip(share, 0.0, 1.0)
    share[np.abs(share - 1.0) < 1e-9] = 1.0
    return share
