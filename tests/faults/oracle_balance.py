"""The oracle's base year: whether a balance is the optimum that it claims to be.

The balance minimises, over all flows that satisfy the rows,

    G(x) = sum_o h(r_o) + .01 sum_j ((x_j - c_j) / d_j)^2,  h(r) = r^2, beyond 1.345 linear,

with r_o = (a_o x - v_o b_o x) / (sigma_o s_o) the error of a figure (b_o x = 1 unless it is a
share). Two linear programs judge an answer, and neither shares a road with a quadratic solver:

- at flows x the direction of steepest gain within a spread of x (Frank and Wolfe) is followed as
  far as it helps: an optimum has nothing to gain there;
- the least sum of h alone is found from below by tangents (Kelley's cutting planes): figures that
  agree with each other must be met.

The expected flows p, by which figures are sized, the spread d and the centre c of the last round
(where the round before ended; p in the first) are taken as given, like the figures.
"""

from __future__ import annotations

import math

import numpy as np

from tests.faults.oracle_base import Base, Flows, Key, pool_id
from tests.faults.oracle_figures import (
    KNEE,
    Expected,
    Figure,
    NotJudgedError,
    figures_of,
    huber,
    slope,
)
from tests.faults.oracle_rows import Rows

ROUNDS, CLOSE = 60, 1e-5
PRIOR_WEIGHT = 1e-2
# What may be left to gain: 1e-5 is a figure three thousandths of its error beside its place.
GAIN = 1e-5
# Figures agree if some flows miss them by less than AGREE altogether; a third of an error misses.
AGREE, MISSED = 1e-4, 0.1


class BalanceProgram(Rows):
    """The figures' loss from below, by tangents."""

    def __init__(self, base: Base, figures: list[Figure]) -> None:
        super().__init__(base)
        self.figures = figures
        self.limits = list(self.rows)
        for figure in figures:
            for kind in ("deviation", "loss"):
                self.columns[kind, figure.id] = len(self.columns)
                self.size.append(1.0)
            row = self._limit(figure.target, figure.target)
            for key, coefficient in figure.line.items():
                self._entry(row, key, coefficient)
            self._entry(row, ("deviation", figure.id), -1.0)
            for start in (0.0, 0.4, 0.9, KNEE):
                for r in {start, -start}:
                    self._tangent(figure, r)
        self.upper = self._upper()

    def _limit(self, low: float, high: float) -> int:
        self.limits.append((low, high))
        return len(self.limits) - 1

    def _tangent(self, figure: Figure, r: float) -> None:
        row = self._limit(huber(r) - slope(r) * r, math.inf)
        self._entry(row, ("loss", figure.id), 1.0)
        self._entry(row, ("deviation", figure.id), -slope(r))

    def _upper(self) -> np.ndarray:
        net = self.base.net
        upper = np.full(len(self.columns), np.inf)
        for a in net.activities:
            if not a.open:
                upper[self.columns["activity", a.id]] = 0.0
        for key in net.arcs:
            if key not in net.declared:
                upper[self.columns["arc", "{}:{}>{}".format(*key)]] = 0.0
        for line, row in self.line_row.items():
            if not math.isnan(net.capacity[line]):
                self.limits[row] = (-math.inf, net.capacity[line])
        return upper

    def least(self) -> tuple[float, float]:
        """Bounds of the least loss of the figures, from below and from above."""
        best = math.inf
        for _ in range(ROUNDS):
            cost = np.zeros(len(self.columns))
            for figure in self.figures:
                cost[self.columns["loss", figure.id]] = 1.0
            answer = self.solve(cost, self.upper, self.limits)
            below, r = float(answer.fun), {}
            for figure in self.figures:
                r[figure.id] = float(answer.x[self.columns["deviation", figure.id]])
            best = min(best, sum(huber(x) for x in r.values()))
            if best - below <= CLOSE * (1 + best):
                break
            for figure in self.figures:
                gap = huber(r[figure.id]) - answer.x[self.columns["loss", figure.id]]
                if gap > CLOSE * 1e-2:
                    self._tangent(figure, r[figure.id])
        return below, best


def judged(base: Base, expected: Expected) -> str:
    """What speaks against a balance, empty if nothing.

    Raises
    ------
    NotJudgedError
        If the oracle cannot know.
    """
    figures = figures_of(base, expected)
    flows = _with_dust(held_as_one(base), figures, expected)
    errors = {figure.id: figure.error(flows) for figure in figures}
    reached = sum(huber(r) for r in errors.values())
    try:
        gain, reach = gained(base, figures, expected, flows)
        program = BalanceProgram(base, figures)
        below, above = program.least()
    except ArithmeticError as error:
        raise NotJudgedError(str(error)) from error
    if gain > GAIN * (1 + reach):
        return f"no optimum: {gain:.3g} of {reach:.6g} could be gained"
    if reached < below - AGREE * (1 + below):
        return f"a loss of {reached:.6g} is below the least possible, {below:.6g}"
    if above < AGREE and reached > MISSED:
        worst = max(errors, key=lambda name: abs(errors[name]))
        return f"figures that agree are missed: {worst} by {errors[worst]:.3g} errors"
    return ""


def held_as_one(base: Base) -> dict[Key, float]:
    """Flows with surplus and unexplained use under one name."""
    flows = dict(base.flows)
    flows |= {("held", pool_id(pool)): base.held(pool) for pool in base.net.pools}
    return flows


class _Goal:
    """G over the oracle's columns, as weights of squares and Huber terms of linear forms."""

    def __init__(self, rows: Rows, figures: list[Figure], expected: Expected) -> None:
        n = len(rows.columns)
        self.lines = np.zeros((len(figures), n))
        self.targets = np.array([figure.target for figure in figures])
        for line, figure in enumerate(figures):
            for key, coefficient in figure.line.items():
                self.lines[line, rows.columns[key]] += coefficient
        self.c, self.d = np.zeros(n), np.full(n, np.inf)
        for key, column in rows.columns.items():
            _, _, centre, d = expected.get(key, (0.0,) * 4)
            if d > 0:
                self.c[column], self.d[column] = centre, d

    def value(self, x: np.ndarray) -> float:
        """G."""
        errors = self.lines @ x - self.targets
        return sum(map(huber, errors)) + PRIOR_WEIGHT * float((((x - self.c) / self.d) ** 2).sum())

    def slopes(self, x: np.ndarray) -> np.ndarray:
        """Its gradient."""
        errors = self.lines @ x - self.targets
        steep = np.array([slope(r) for r in errors])
        return steep @ self.lines + 2 * PRIOR_WEIGHT * (x - self.c) / self.d**2


def _with_dust(flows: Flows, figures: list[Figure], expected: Expected) -> Flows:
    """Flows with what the package rounds to nothing, as it says, at the value that is stated."""
    full = dict(flows)
    for figure in figures:
        if figure.is_dust(expected) and not any(full.get(key, 0.0) for key in figure.terms):
            key, coefficient = next(iter(figure.terms.items()))
            full[key] = figure.value / coefficient
    return full


def gained(
    base: Base, figures: list[Figure], expected: Expected, flows: Flows
) -> tuple[float, float]:
    """What other flows within a spread of these gain, and G itself."""
    rows = BalanceProgram(base, [])
    goal = _Goal(rows, figures, expected)
    here = np.array([flows.get(key, 0.0) for key in rows.columns])
    low = np.where(np.isfinite(goal.d), np.maximum(here - goal.d, 0.0), 0.0)
    high = np.maximum(np.minimum(rows.upper, here + goal.d), here)
    way = rows.solve(goal.slopes(here), high, rows.limits, low).x - here
    least, most = 0.0, 1.0  # G is convex: its slope along the way rises, and is 0 at the best step
    for _ in range(60):
        step = (least + most) / 2
        least, most = (step, most) if goal.slopes(here + step * way) @ way < 0 else (least, step)
    value = goal.value(here)
    return value - goal.value(here + least * way), value


def over_capacity(base: Base) -> str:
    """A line that runs above the capacity that is stated for it, empty if none."""
    for line, stated in base.net.capacity.items():
        load = sum(a.line_units * base.level(a.id) for a in base.net.activities if a.line == line)
        if load > stated * (1 + 1e-6) + 1e-9:
            return f"line {line[0]}/{line[1]} runs at {load:.9g} of {stated:.9g}"
    return ""
