"""The oracle's base year: how well any flows could meet the published figures.

The balance minimises a Huber loss of all figures,

    sum_o h(r_o),  r_o = (a_o x - v_o) / (sigma_o v_o),  h(r) = r^2, beyond 1.345 linear,

and its priors weigh a ten-thousandth of that, so no feasible flows may meet the figures better
by more than a thousandth. The least sum is found from below by tangents of h (Kelley's cutting
planes), one linear program each; that road shares nothing with a quadratic solver.
"""

from __future__ import annotations

import fnmatch
import math
import re
from dataclasses import dataclass, replace

import numpy as np

from tests.faults.oracle_base import Base, Key
from tests.faults.oracle_network import Activity, number, tonnes
from tests.faults.oracle_rows import Rows

KNEE = 1.345
SIGMA = {"A": 0.05, "B": 0.15, "calc": 0.2, "C": 0.3, "D": 0.5}
ROUNDS, CLOSE = 60, 1e-5
# The priors may buy this much of the figures' fit: a ten-thousandth of their own cost.
ALLOWED = 1e-3
_CALL = re.compile(r"([a-z]+)\(([^()]*)\)")
_TERM = re.compile(r"(\w+)(!=|=)(\S+)")


class NotJudgedError(Exception):
    """The oracle does not know the expected size of a figure, and leaves it to others."""


@dataclass(frozen=True)
class Figure:
    """A published figure: coefficients of columns, value and relative standard error."""

    id: str
    terms: dict[Key, float]
    value: float
    sigma: float

    def lack(self, flows: dict[Key, float]) -> float:
        """Deviation in standard errors."""
        got = sum(c * flows.get(key, 0.0) for key, c in self.terms.items())
        return (got - self.value) / (self.sigma * self.value)


def huber(r: float) -> float:
    """A square, linear beyond the knee."""
    return r * r if abs(r) <= KNEE else 2 * KNEE * abs(r) - KNEE * KNEE


def slope(r: float) -> float:
    """Its derivative."""
    return 2 * max(-KNEE, min(KNEE, r))


def figures_of(base: Base) -> list[Figure]:
    """All figures of the base year that fit.

    Raises
    ------
    NotJudgedError
        For shares and figures of nothing, whose size depends on what is expected.
    """
    found = [*_demands(base), *_trade(base), *_observed(base)]
    return [replace(figure, id=f"{i} {figure.id}") for i, figure in enumerate(found)]


def _sigma(row: dict[str, str]) -> float:
    given = number(row.get("sigma", ""))
    return given if given > 0 else SIGMA[row.get("evidence") or "D"]


def _this_year(base: Base, row: dict[str, str]) -> bool:
    return (row.get("role") or "fit") == "fit" and number(row.get("year", "")) == base.net.year


def _demands(base: Base) -> list[Figure]:
    return [
        Figure(d.id, {("demand", d.id): 1.0}, d.units,
               d.sigma if d.sigma > 0 else SIGMA[d.evidence])
        for d in base.net.demands
    ]  # fmt: skip


def _made_figure(name: str, terms: dict[Key, float], value: float, sigma: float) -> list[Figure]:
    if not terms:
        return []
    if not value > 0:
        raise NotJudgedError(f"{name} is a figure of nothing")
    return [Figure(name, terms, value, sigma)]


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
        found += _made_figure(f"trade {row['material']}", terms, value, _sigma(row))
    return found


def _observed(base: Base) -> list[Figure]:
    found = []
    for row in base.net.tables.get("observations", []):
        if not _this_year(base, row):
            continue
        if "/" in row["expression"]:
            raise NotJudgedError(f"{row['id']} is a share")
        terms: dict[Key, float] = {}
        calls = _CALL.findall(row["expression"])
        if " + ".join(f"{f}({s})" for f, s in calls) != row["expression"]:
            raise NotJudgedError(f"{row['id']}: {row['expression']}")
        for function, selector in calls:
            for key, coefficient in _terms(base, function, selector).items():
                terms[key] = terms.get(key, 0.0) + coefficient
        value = number(row["value"]) * tonnes(row["unit"])
        found += _made_figure(row["id"], terms, value, _sigma(row))
    return found


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
        "id": a.plant, "country": a.country, "market": a.market, "process": a.process,
        "stage": a.stage, "status": a.status,
    }  # fmt: skip


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
            row = self._limit(1.0 / figure.sigma, 1.0 / figure.sigma)
            for key, coefficient in figure.terms.items():
                self._entry(row, key, coefficient / (figure.sigma * figure.value))
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


def judged(base: Base) -> str:
    """What the figures say against a balance, empty if nothing.

    Raises
    ------
    NotJudgedError
        If the oracle cannot know.
    """
    figures = figures_of(base)
    flows = dict(base.flows)
    reached = sum(huber(figure.lack(flows)) for figure in figures)
    try:
        below, above = BalanceProgram(base, figures).least()
    except ArithmeticError as error:
        raise NotJudgedError(str(error)) from error
    if reached > above * (1 + ALLOWED) + ALLOWED:
        return f"the figures are met with a loss of {reached:.6g}; {above:.6g} is possible"
    if reached < below * (1 - ALLOWED) - ALLOWED:
        return f"a loss of {reached:.6g} is below the least possible, {below:.6g}"
    return ""


def over_capacity(base: Base) -> str:
    """A line that runs above the capacity that is stated for it, empty if none."""
    for line, stated in base.net.capacity.items():
        load = sum(a.line_units * base.level(a.id) for a in base.net.activities if a.line == line)
        if load > stated * (1 + 1e-6) + 1e-9:
            return f"line {line[0]}/{line[1]} runs at {load:.9g} of {stated:.9g}"
    return ""

