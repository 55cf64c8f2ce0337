"""The oracle's base year: whether a balance is the optimum that it claims to be.

The balance minimises, over all flows that satisfy the rows,

    G(x) = sum_o h(r_o) + .01 sum_j ((x_j - c_j) / d_j)^2,  h(r) = r^2, beyond 1.345 linear,

with r_o = (a_o x - v_o b_o x) / (sigma_o s_o) the error of a figure (b_o x = 1 unless it is a
share). Two linear programs judge an answer, and neither shares a road with a quadratic solver:

- at flows x the direction of steepest gain within a spread of x (Frank and Wolfe) is followed as
  far as it helps: an optimum has nothing to gain there;
- the least sum of h alone is found from below by tangents (Kelley's cutting planes): figures that
  agree with each other must be met.

The expected flows p, by which figures are sized, their spread d and the centre c of the last round
(where the round before ended; p in the first) are taken as given, like the figures.
"""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tests.faults.oracle_base import Base, Flows, Key, pool_id
from tests.faults.oracle_network import Activity, number, tonnes
from tests.faults.oracle_rows import Rows

KNEE = 1.345
SIGMA = {"A": 0.05, "B": 0.15, "calc": 0.2, "C": 0.3, "D": 0.5}
ROUNDS, CLOSE = 60, 1e-5
PRIOR_WEIGHT = 1e-2
LEAST_SIZE = 1e-3
DUST = 1e-8  # of its spread: a flow below is not told from nothing
# What may be left to gain: 1e-5 is a figure three thousandths of its error beside its place.
GAIN = 1e-5
# Figures agree if some flows miss them by less than AGREE altogether; a third of an error misses.
AGREE, MISSED = 1e-4, 0.1
Expected = Mapping[Key, tuple[float, float, float]]
_CALL = re.compile(r"([a-z]+)\(([^()]*)\)")
_TERM = re.compile(r"(\w+)(!=|=)(\S+)")


class NotJudgedError(Exception):
    """The oracle does not know the expected size of a figure, and leaves it to others."""


@dataclass(frozen=True)
class Figure:
    """A published figure: a sum of columns, a value, its relative error and its size.

    ``below`` is the sum that a share is of; ``size`` is what the relative error refers to.
    """

    id: str
    terms: dict[Key, float]
    value: float
    sigma: float
    below: dict[Key, float] | None = None
    size: float = math.nan

    @property
    def line(self) -> dict[Key, float]:
        """Coefficients of its error, in standard errors."""
        line = dict(self.terms)
        for key, c in (self.below or {}).items():
            line[key] = line.get(key, 0.0) - self.value * c
        return {key: c / (self.sigma * self.size) for key, c in line.items()}

    @property
    def target(self) -> float:
        """What the line comes to when the figure is met."""
        return 0.0 if self.below is not None else self.value / (self.sigma * self.size)

    def error(self, flows: Flows) -> float:
        """Error in standard errors."""
        return sum(c * flows.get(key, 0.0) for key, c in self.line.items()) - self.target

    def is_dust(self, expected: Expected) -> bool:
        """Whether it states so little that the package, as it says, rounds it to nothing."""
        spread = math.hypot(*(c * expected[k][1] for k, c in self.terms.items()))
        return self.below is None and 0 < abs(self.value) < DUST * spread

    def sized(self, expected: Expected) -> Figure:
        """The figure with its size: its value, at least a thousandth of what is expected."""
        whole = 1.0 if self.below is None else _sum(self.below, expected)
        if whole <= 0:
            raise NotJudgedError(f"{self.id}: a share of nothing expected")
        size = max(abs(self.value) * whole, LEAST_SIZE * _sum(self.terms, expected))
        if size <= 0:
            size = LEAST_SIZE * math.hypot(*(c * expected[k][1] for k, c in self.terms.items()))
        return replace(self, size=size)


def _sum(terms: Mapping[Key, float], expected: Expected) -> float:
    return sum(c * expected[key][0] for key, c in terms.items())


def huber(r: float) -> float:
    """A square, linear beyond the knee."""
    return r * r if abs(r) <= KNEE else 2 * KNEE * abs(r) - KNEE * KNEE


def slope(r: float) -> float:
    """Its derivative."""
    return 2 * max(-KNEE, min(KNEE, r))


def figures_of(base: Base, expected: Expected) -> list[Figure]:
    """All figures of the base year that fit.

    Raises
    ------
    NotJudgedError
        If an expression is beyond the oracle's small reader.
    """
    found = [*_demands(base), *_trade(base), *_observed(base)]
    return [
        replace(figure, id=f"{place} {figure.id}").sized(expected)
        for place, figure in enumerate(found)
    ]


def _sigma(row: dict[str, str]) -> float:
    given = number(row.get("sigma", ""))
    return given if given > 0 else SIGMA[row.get("evidence") or "D"]


def _this_year(base: Base, row: dict[str, str]) -> bool:
    return (row.get("role") or "fit") == "fit" and number(row.get("year", "")) == base.net.year


def _demands(base: Base) -> list[Figure]:
    return [
        Figure(
            d.id, {("demand", d.id): 1.0}, d.units, d.sigma if d.sigma > 0 else SIGMA[d.evidence]
        )
        for d in base.net.demands
    ]


def _trade(base: Base) -> list[Figure]:
    found = []
    for row in base.net.tables.get("trade", []):
        if not _this_year(base, row) or not row.get("quantity"):
            continue
        materials = {part.strip() for part in row["material"].split(";") if part.strip()}
        terms = {
            ("arc", "{}:{}>{}".format(*key)): 1.0
            for key in base.net.arcs
            if key[0] in materials and row["from"] in ("*", key[1]) and row["to"] in ("*", key[2])
        }
        value = number(row["quantity"]) * tonnes(row["unit"])
        if terms:
            found.append(Figure(f"trade {row['material']}", terms, value, _sigma(row)))
    return found


def _observed(base: Base) -> list[Figure]:
    found = []
    for row in base.net.tables.get("observations", []):
        if not _this_year(base, row):
            continue
        top, slash, bottom = row["expression"].partition("/")
        terms, below = _called(base, top), _called(base, bottom) if slash else None
        factor = 1.0 if slash else tonnes(row["unit"])
        value = number(row["value"]) * factor
        if terms:
            found.append(Figure(row["id"], terms, value, _sigma(row), below))
    return found


def _called(base: Base, text: str) -> dict[Key, float]:
    calls = _CALL.findall(text)
    if " + ".join(f"{f}({s})" for f, s in calls) != text.strip():
        raise NotJudgedError(f"expression {text}")
    terms: dict[Key, float] = {}
    for function, selector in calls:
        for key, coefficient in _terms(base, function, selector).items():
            terms[key] = terms.get(key, 0.0) + coefficient
    return terms


def _fits(terms: list[tuple[str, str, str]], named: dict[str, str]) -> bool:
    for key, sign, values in terms:
        if key not in named:
            raise NotJudgedError(f"selector key {key}")
        hit = any(fnmatch.fnmatchcase(named[key], value) for value in values.split("|"))
        if hit != (sign == "="):
            return False
    return True


def _terms(base: Base, function: str, selector: str) -> dict[Key, float]:
    terms = _TERM.findall(selector)
    if " ".join(map("".join, terms)) != selector.strip():
        raise NotJudgedError(f"selector {selector}")
    if function != "output":
        raise NotJudgedError(f"expression {function}")
    found: dict[Key, float] = {}
    plants = [t for t in terms if t[0] != "material"]
    goods = [t for t in terms if t[0] == "material"]
    for a in base.net.activities:
        if not _fits(plants, _named(a)):
            continue
        for pool, quantity in a.makes.items():
            if _fits(goods, {"material": pool[0]}):
                key = ("activity", a.id)
                found[key] = found.get(key, 0.0) + quantity
    return found


def _named(a: Activity) -> dict[str, str]:
    return {
        "id": a.plant,
        "country": a.country,
        "market": a.market,
        "process": a.process,
        "stage": a.stage,
        "status": a.status,
    }


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
            _, d, centre = expected.get(key, (0.0, 0.0, 0.0))
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
