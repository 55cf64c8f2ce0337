"""EU supply risk and GeoPolRisk of one region, from scores that the reader brings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.evidence import Evidence
from supplygraph.analysis.suppliers.concentration import concentration
from supplygraph.analysis.suppliers.criticality_indices import (
    geopolrisk,
    scaled_governance,
    supply_risk,
)
from supplygraph.analysis.suppliers.region_flows import TINY, RegionFlows, RegionSupply
from supplygraph.baseline import Baseline
from supplygraph.dataset.csvfile import read_csv
from supplygraph.errors import UsageError

SCORES = ("country", "wgi", "political_stability", "trade_factor")
INDICES = ("material", "eol_rir", "substitution_index")
STRONG, WEAK = 2.5, -2.5
WANTED = (
    "the dataset has no governance scores. Give --governance FILE, a CSV with the columns country, "
    "wgi (mean World Bank estimate, -2.5 to 2.5) and political_stability (the same for that "
    "dimension), and if you like trade_factor"
)


@dataclass(frozen=True)
class Scores:
    """Governance by country: mean estimate, political stability, trade factor; none if blank."""

    wgi: Mapping[str, float]
    stability: Mapping[str, float]
    trade: Mapping[str, float]


def read_scores(path: str | Path) -> Scores:
    """Read governance scores from a CSV file.

    Raises
    ------
    UsageError
        If the file cannot be read, lacks ``country`` or holds a score out of range.
    """
    rows = _read(path, SCORES, "country")
    for row, line in rows:
        for name in ("wgi", "political_stability"):
            value = row.get(name)
            if value is not None and not WEAK <= value <= STRONG:
                raise UsageError(
                    f"'{path}' row {line}, {name}: {value:g} is not within -2.5 to 2.5. "
                    "Give the estimate, not the percentile."
                )

    def column(name: str) -> dict[str, float]:
        return {str(r["country"]): float(r[name]) for r, _ in rows if r.get(name) is not None}

    return Scores(column("wgi"), column("political_stability"), column("trade_factor"))


def read_indices(path: str | Path) -> dict[str, tuple[float, float]]:
    """Recycling input rate and substitution index of materials from a CSV file.

    Raises
    ------
    UsageError
        If the file cannot be read, or a share is outside 0..1.
    """
    found = {}
    for row, line in _read(path, INDICES, "material"):
        rate, index = (row.get(name) for name in INDICES[1:])
        if rate is None or index is None or not (0 <= rate <= 1 and 0 <= index <= 1):
            raise UsageError(
                f"'{path}' row {line}: eol_rir and substitution_index must be within 0 to 1. "
                "Give both."
            )
        found[str(row["material"])] = (float(rate), float(index))
    return found


def _read(path: str | Path, columns: tuple[str, ...], key: str) -> list[tuple[dict, int]]:
    table, faults = read_csv(Path(path))
    for fault in faults:
        raise UsageError(str(fault))
    rows = []
    for line, cells in zip(table.lines, table.rows, strict=True):
        row = dict(zip(table.header, cells, strict=True))
        if not (row.get(key) or "").strip():
            raise UsageError(f"'{path}' row {line}: no {key}. Columns: {', '.join(columns)}.")
        values: dict[str, Any] = {key: str(row[key]).strip()}
        for name in columns:
            cell = (row.get(name) or "").strip()
            if name != key and cell:
                values[name] = _number(cell)
                if not math.isfinite(values[name]):
                    raise UsageError(
                        f"'{path}' row {line}, {name}: '{cell}' is no number. Write one."
                    )
        rows.append((values, line))
    if not rows:
        raise UsageError(f"'{path}' has no rows. Columns: {', '.join(columns)}.")
    return rows


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


class RegionRisk:
    """World supply and a region's sourcing of one material, by country."""

    def __init__(self, baseline: Baseline, region: str) -> None:
        self.flows = RegionFlows(baseline, region)
        self.graph, self.baseline = baseline.graph, baseline
        self.whole = np.ones(len(self.graph.pools))
        self.output = (
            self.graph.made_quantity * baseline.block("activity")[self.graph.made_activity]
        )
        self.country = self.graph.activities["country"].to_numpy()[self.graph.made_activity]
        self.market = self.graph.pools["market"].to_numpy()[self.graph.made_pool]
        self.made_of = self.graph.pools["material"].to_numpy()[self.graph.made_pool]
        self.inside = self.flows.inside[self.graph.made_pool]

    def world(self, material: str) -> dict[str, float]:
        """World output by country of the plant."""
        return self._sum(self.made_of == material)

    def own(self, material: str) -> dict[str, float]:
        """Output inside the region by country."""
        return self._sum((self.made_of == material) & self.inside)

    def _sum(self, rows: np.ndarray) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, quantity in zip(self.country[rows], self.output[rows], strict=True):
            if quantity > TINY:
                found[str(name)] = found.get(str(name), 0.0) + float(quantity)
        return dict(sorted(found.items()))

    def imports(self, material: str, supply: RegionSupply) -> dict[str, float]:
        """Imports by country: a market's exports come from its makers in proportion."""
        found: dict[str, float] = {}
        for market, quantity in sorted(supply.imports.items()):
            makers = self._sum((self.made_of == material) & (self.market == market))
            total = sum(makers.values())
            for name, part in makers.items():
                found[name] = found.get(name, 0.0) + quantity * part / total
        return found


def supply_risk_table(
    baseline: Baseline, region: str, scores: Scores, indices: Mapping[str, tuple[float, float]]
) -> pd.DataFrame:
    """EU supply risk of every material that a region uses; see :func:`criticality.supply_risk`.

    Countries without a score count once with the best and once with the worst there is, which
    gives ``_low`` and ``_high``. Without a recycling rate and a substitution index the risk is
    null, and ``before_factors`` is its upper limit.
    """
    risk, evidence = RegionRisk(baseline, region), Evidence(baseline)
    rows = []
    for material in risk.flows.materials:
        supply = risk.flows.supply([material], risk.whole)
        world, sourcing = risk.world(material), risk.own(material)
        for name, quantity in risk.imports(material, supply).items():
            sourcing[name] = sourcing.get(name, 0.0) + quantity
        if not world or not sourcing or np.isnan(supply.net_import_reliance):
            continue
        reliance = min(max(supply.net_import_reliance, 0.0), 1.0)
        rate, substitution = indices.get(material, (float("nan"), float("nan")))
        ends = [
            supply_risk(
                world,
                sourcing,
                _filled(scores.wgi, {*world, *sourcing}, fill),
                import_reliance=reliance,
                recycling_rate=0.0,
                substitution_index=1.0,
                trade=scores.trade,
            )
            for fill in (STRONG, WEAK)
        ]
        factor = (1 - rate) * substitution
        rows.append(
            {
                "id": material,
                "stage": _stage(baseline, material),
                "import_reliance": reliance,
                "before_factors_low": ends[0],
                "before_factors_high": ends[1],
                "eol_rir": rate,
                "substitution_index": substitution,
                "supply_risk_low": ends[0] * factor,
                "supply_risk_high": ends[1] * factor,
                "without_score": sorted({*world, *sourcing} - set(scores.wgi)),
                "evidence": risk.flows.grade(supply, evidence),
            }
        )
    return pd.DataFrame(rows)


def _filled(scores: Mapping[str, float], names: set[str], fill: float) -> dict[str, float]:
    """Scaled governance of some countries, those without a score at one end of the range."""
    return {name: scaled_governance(scores.get(name, fill)) for name in sorted(names)}


def geopolrisk_table(baseline: Baseline, region: str, scores: Scores) -> pd.DataFrame:
    """GeoPolRisk of every material that a region uses; see :func:`criticality.geopolrisk`.

    Origins without a score count once with the best and once with the worst there is.
    """
    risk, evidence = RegionRisk(baseline, region), Evidence(baseline)
    rows = []
    for material in risk.flows.materials:
        supply = risk.flows.supply([material], risk.whole)
        world, imports = risk.world(material), risk.imports(material, supply)
        if not world or supply.supply <= TINY:
            continue
        ends = [
            geopolrisk(
                world,
                imports,
                {name: scores.stability.get(name, fill) for name in imports},
                domestic=supply.own,
            )
            for fill in (STRONG, WEAK)
        ]
        rows.append(
            {
                "id": material,
                "stage": _stage(baseline, material),
                "hhi_production": concentration(world),
                "import_share": supply.import_dependence,
                "geopolrisk_low": ends[0],
                "geopolrisk_high": ends[1],
                "without_score": sorted(set(imports) - set(scores.stability)),
                "evidence": risk.flows.grade(supply, evidence),
            }
        )
    return pd.DataFrame(rows)


def _stage(baseline: Baseline, material: str) -> str:
    pools = baseline.graph.pools
    return str(pools.loc[pools["material"] == material, "stage"].iloc[0])
