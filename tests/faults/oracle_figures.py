"""The published figures of the base year as the oracle reads them: which pull, and how hard."""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tests.faults.oracle_base import Base, Flows, Key
from tests.faults.oracle_network import Activity, number, tonnes

KNEE = 1.345
SIGMA = {"A": 0.05, "B": 0.15, "calc": 0.2, "C": 0.3, "D": 0.5}
LEAST_SIZE = 1e-3
DUST = 1e-8  # of its spread: a flow below is not told from nothing, nor what depends on it
# Of every column the expected flow, its spread, the centre of the last round and the spread there.
Expected = Mapping[Key, tuple[float, float, float, float]]
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
        """Whether it states so little that the package, as it says, rounds it to nothing.

        A flow goes with one on its way that does, so that the widest spread of all is the measure.
        """
        widest = max(spread for _, spread, _, _ in expected.values())
        return self.below is None and 0 < abs(self.value) < DUST * widest

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


def _form(text: str) -> tuple[object, ...]:
    """What an expression states, whatever the order of its sums, terms and values."""

    def told(selector: str) -> list[tuple[str, str, tuple[str, ...]]]:
        terms = [
            (k, sign, tuple(sorted(set(v.split("|"))))) for k, sign, v in _TERM.findall(selector)
        ]
        return sorted(t for t in terms if t not in (("from", "=", ("*",)), ("to", "=", ("*",))))

    return tuple(
        tuple(
            sorted((function, tuple(told(selector))) for function, selector in _CALL.findall(part))
        )
        for part in text.partition("/")[::2]
    )


def _fitting(base: Base, table: str) -> list[dict[str, str]]:
    """Rows that pull: of all that state one quantity those of the newest year up to the base year.

    So an older figure stands in for one of the base year. A check pulls never, and yet shows that
    an older figure is out of date.
    """
    stated = [
        ("observations", _form(row["expression"]), row)
        for row in base.net.tables.get("observations", [])
        if row.get("value")
    ]
    for row in base.net.tables.get("trade", []):
        if row.get("quantity") and row.get("role") != "arc":
            form = f"trade(material={'|'.join(_list(row))} from={row['from']} to={row['to']})"
            stated.append(("trade", _form(form), row))
    newest: dict[tuple[object, ...], float] = {}
    for _, form, row in stated:
        year = number(row.get("year", ""))
        if year <= base.net.year:
            newest[form] = max(newest.get(form, year), year)
    return [
        row
        for name, form, row in stated
        if name == table
        and row.get("role") != "check"
        and number(row.get("year", "")) == newest.get(form)
    ]


def _list(row: dict[str, str]) -> list[str]:
    return [part.strip() for part in row["material"].split(";") if part.strip()]


def _demands(base: Base) -> list[Figure]:
    return [
        Figure(
            d.id, {("demand", d.id): 1.0}, d.units, d.sigma if d.sigma > 0 else SIGMA[d.evidence]
        )
        for d in base.net.demands
    ]


def _trade(base: Base) -> list[Figure]:
    found = []
    for row in _fitting(base, "trade"):
        materials = set(_list(row))
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
    for row in _fitting(base, "observations"):
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
