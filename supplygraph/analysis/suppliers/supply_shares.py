"""Who supplies how much: concentration by process, stage and element."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.evidence import Evidence
from supplygraph.analysis.suppliers.concentration import concentration
from supplygraph.baseline import Baseline, Ranges
from supplygraph.dataset.names import full_names
from supplygraph.errors import UsageError
from supplygraph.grades import weakest
from supplygraph.hints import did_you_mean
from supplygraph.scenario import Shock
from supplygraph.scenario.shocks import CLOSING, UNRECORDED
from supplygraph.vocabulary import STAGES

BY = ("country", "owner")
UNIT_OF_STAGE = {
    "mine": "t_reo",
    "separation": "t_oxide",
    "metal": "t_metal",
    "magnet": "t_finished",
}
RECYCLE = "recycle"
UNKNOWN = "unknown"
COVERED = 0.8
MOST_UNNAMED = 0.5


@dataclass(frozen=True)
class Supply:
    """Output of one process, stage or element, by supplier.

    Attributes
    ----------
    known
        Output of suppliers that are named.
    pooled
        Output of places that are told apart by nobody, by their joint name.
    unknown
        Output whose supplier is not known at all; it could be anybody's.
    counted
        Part of `known` that stands on no recorded source.
    makers
        Activities behind each supplier.
    """

    known: dict[str, float]
    pooled: dict[str, float]
    unknown: float
    counted: dict[str, float]
    makers: dict[str, np.ndarray]

    @property
    def total(self) -> float:
        """All output."""
        return sum(self.known.values()) + sum(self.pooled.values()) + self.unknown

    @property
    def all(self) -> dict[str, float]:
        """Output by supplier; a pool of places, and all that is unknown, as one supplier each."""
        rest = {UNKNOWN: self.unknown} if self.unknown > 0 else {}
        return {**self.known, **self.pooled, **rest}

    def bounds(self) -> tuple[float, float]:
        """Least and most HHI, whoever stands behind what is not known.

        Least: every unknown tonne has a supplier of its own, and so has every tonne without a
        record. Most: each pool of places is one supplier, the unknown the largest supplier's.
        """
        total = self.total
        sure = {name: self.known[name] - self.counted.get(name, 0.0) for name in self.known}
        least = sum((quantity / total) ** 2 for quantity in sure.values())
        top = dict(self.known)
        if self.unknown > 0:
            largest = max(sorted(top), key=lambda name: top[name]) if top else UNKNOWN
            top[largest] = top.get(largest, 0.0) + self.unknown
        most = sum((quantity / total) ** 2 for quantity in [*top.values(), *self.pooled.values()])
        return float(least), float(most)


class Suppliers:
    """Outputs of the base year by supplier."""

    def __init__(self, baseline: Baseline, by: str = "country") -> None:
        if by not in BY:
            raise UsageError(f"--by '{by}' is not known. {did_you_mean(by, BY)}")
        graph = baseline.graph
        self.baseline, self.graph, self.by = baseline, graph, by
        table = graph.activities
        countries = graph.dataset.tables["countries"]
        size = countries.groupby("market")["id"].count()
        several = set(size[size > 1].index)
        column = "country" if by == "country" else "owner_country"
        self.supplier = table[column].to_numpy()
        closing = table["kind"].isin(CLOSING).to_numpy()
        self.pooled = closing & table["country"].isin(several).to_numpy() & (by == "country")
        self.unknown = self.supplier == ""
        self.unrecorded = (table["process"] == UNRECORDED).to_numpy()
        self.process = table["process"].to_numpy()
        self.stage = table["stage"].to_numpy()
        self.output = graph.made_quantity * baseline.block("activity")[graph.made_activity]
        self.unit = graph.pools["unit"].to_numpy()[graph.made_pool]
        self.element = graph.pools["element"].to_numpy()[graph.made_pool]
        self.maker = graph.made_activity

    def supply(self, rows: np.ndarray) -> Supply:
        """Output of some rows of the outputs, by supplier."""
        known: dict[str, float] = {}
        pooled: dict[str, float] = {}
        counted: dict[str, float] = {}
        makers: dict[str, set[int]] = {}
        unknown = 0.0
        for row in np.flatnonzero(rows & (self.output > 0)):
            maker, quantity = int(self.maker[row]), float(self.output[row])
            name = str(self.supplier[maker])
            if self.unknown[maker]:
                unknown += quantity
                continue
            target = pooled if self.pooled[maker] else known
            target[name] = target.get(name, 0.0) + quantity
            makers.setdefault(name, set()).add(maker)
            if self.unrecorded[maker]:
                counted[name] = counted.get(name, 0.0) + quantity
        index = {name: np.array(sorted(found)) for name, found in makers.items()}
        return Supply(known, pooled, unknown, counted, index)

    def cases(self) -> Iterator[tuple[str, str, str, str, str, np.ndarray]]:
        """Id, kind, stage, scope, unit and rows of everything that is made."""
        process, stage = self.process[self.maker], self.stage[self.maker]
        for name in STAGES:
            if (stage == name).any():
                yield self._case(name, "stage", name, stage == name)
        for at in STAGES:
            for name in sorted(set(process[stage == at]) - {UNRECORDED}):
                yield self._case(str(name), "process", at, (process == name) & (stage == at))
        refined = self.unit == "t_oxide"
        for element in sorted({e for cell in self.element for e in cell}):
            rows = refined & np.array([element in cell for cell in self.element])
            primary = rows & (process != RECYCLE)
            yield element, "element", "separation", "primary", "t_oxide", primary
            if (self.output[rows & ~primary] > 0).any():
                yield element, "element", "separation", "with scrap", "t_oxide", rows

    def _case(
        self, name: str, kind: str, stage: str, rows: np.ndarray
    ) -> tuple[str, str, str, str, str, np.ndarray]:
        """Counted in the unit of its stage; by-products of another unit are left out."""
        unit = UNIT_OF_STAGE.get(stage, "")
        if not (self.output[rows & (self.unit == unit)] > 0).any():
            sums = pd.Series(self.output[rows]).groupby(self.unit[rows]).sum()
            unit = str(sums.idxmax()) if len(sums) else unit
        return name, kind, stage, "", unit, rows & (self.unit == unit)


def concentration_table(
    baseline: Baseline,
    *,
    by: str = "country",
    process: str | None = None,
    element: str | None = None,
) -> pd.DataFrame:
    """HHI and the three largest suppliers of every process, stage and element's oxide.

    A pool of places and all that has no known owner count as one supplier each in ``hhi``,
    which is null where they are more than half; ``hhi_low`` and ``hhi_high`` hold whoever
    stands behind them.

    Parameters
    ----------
    baseline
        Balanced base year.
    by
        ``country`` where the plant stands, or ``owner`` (country of its ultimate owner).
    process, element
        Only this one.

    Raises
    ------
    UsageError
        If one of them is unknown.
    """
    suppliers = Suppliers(baseline, by)
    cases = list(suppliers.cases())
    for value, kind in ((process, "process"), (element, "element")):
        known = sorted({case[0] for case in cases if case[1] == kind})
        if value is not None and value not in known:
            hint = did_you_mean(value, known, full_names(baseline.graph.dataset))
            raise UsageError(f"no {kind} '{value}' is made. {hint}")
    if process or element:
        wanted = {("process", process), ("element", element)}
        cases = [case for case in cases if (case[1], case[0]) in wanted]
    evidence, ranges = Evidence(baseline), Ranges(baseline)
    rows = []
    for name, kind, stage, scope, unit, mask in cases:
        supply = suppliers.supply(mask)
        if supply.total > 0:
            head = {"id": name, "kind": kind, "stage": stage, "scope": scope}
            ends = _largest_range(ranges, suppliers, supply, mask)
            rows.append(head | _figures(supply, unit, ends, evidence, baseline))
    return pd.DataFrame(rows)


def _largest_range(
    ranges: Ranges, suppliers: Suppliers, supply: Supply, rows: np.ndarray
) -> tuple[float, float]:
    """Least and most share of the largest named supplier in any balance within the slack."""
    if not supply.known:
        return float("nan"), float("nan")
    largest = max(sorted(supply.known), key=lambda name: supply.known[name])
    everybody: dict[int, float] = {}
    own: dict[int, float] = {}
    for row in np.flatnonzero(rows):
        maker, quantity = int(suppliers.maker[row]), float(suppliers.graph.made_quantity[row])
        everybody[maker] = everybody.get(maker, 0.0) + quantity
        if suppliers.supplier[maker] == largest and not suppliers.pooled[maker]:
            own[maker] = everybody[maker]
    return ranges.share(own, everybody, supply.known[largest] / supply.total)


def _figures(
    supply: Supply,
    unit: str,
    ends: tuple[float, float],
    evidence: Evidence,
    baseline: Baseline,
) -> dict[str, object]:
    shares = {name: quantity / supply.total for name, quantity in supply.known.items()}
    order = sorted(shares, key=lambda name: (-round(shares[name], 12), name))
    low, high = supply.bounds()
    unnamed = (sum(supply.pooled.values()) + supply.unknown) / supply.total
    index = concentration(supply.all) if unnamed <= MOST_UNNAMED else float("nan")
    return {
        "quantity": supply.total,
        "unit": f"{unit}/yr",
        "suppliers": len(supply.known),
        "hhi": index,
        "hhi_10000": 1e4 * index,
        "hhi_low": low,
        "hhi_high": high,
        "largest": order[0] if order else "",
        "largest_share": shares[order[0]] if order else float("nan"),
        "largest_low": ends[0],
        "largest_high": ends[1],
        "top_three": {name: shares[name] for name in order[:3]},
        "top_three_share": sum(shares[name] for name in order[:3]),
        "not_told_apart": unnamed,
        "unrecorded": sum(supply.counted.values()) / supply.total,
        "evidence": _grade(supply, evidence, baseline),
    }


def _grade(supply: Supply, evidence: Evidence, baseline: Baseline) -> str:
    """Weakest grade among the suppliers that make up the first four fifths."""
    grades, covered = [], 0.0
    for name, quantity in sorted(supply.all.items(), key=lambda item: (-item[1], item[0])):
        if covered >= COVERED * supply.total:
            break
        covered += quantity
        makers = supply.makers.get(name)
        if makers is None:
            grades.append("D")
            continue
        shock = Shock.nothing(baseline.graph)
        shock.activity[makers] = 0.0
        grades.append(evidence.removed(shock, True))
    return weakest(grades)
