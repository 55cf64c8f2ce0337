"""Who supplies one region: imports by origin, import dependence, net import reliance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.evidence import Evidence
from supplygraph.analysis.suppliers.concentration import concentration
from supplygraph.analysis.suppliers.published_shares import (
    NET_IMPORT_RELIANCE,
    ORIGIN_SHARE,
    read_published,
)
from supplygraph.analysis.suppliers.region_flows import OWN, TINY, RegionFlows, RegionSupply
from supplygraph.baseline import Baseline, Ranges
from supplygraph.dataset.names import full_names
from supplygraph.errors import UsageError
from supplygraph.hints import did_you_mean
from supplygraph.progress import steps
from supplygraph.selectors import parse_expression

GROUPS = (
    ("oxides", "separation", "t_oxide"),
    ("metals", "metal", "t_metal"),
    ("magnets", "magnet", "t_finished"),
)


def dependence_table(
    baseline: Baseline, region: str, *, element: str | None = None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Supply of every material that a region uses, then published figures beside it.

    Parameters
    ----------
    baseline
        Balanced base year.
    region
        Region of the dataset.
    element
        Only materials tagged with this element, without groups and published figures.

    Returns
    -------
    table : pandas.DataFrame
        Columns of the result kind ``dependence``. Each ``_low`` and ``_high`` is the least and
        most that any balance within the slack allows, one program per end.
    warnings : tuple of str

    Raises
    ------
    UsageError
        If the region or element is unknown.
    """
    flows = RegionFlows(baseline, region)
    pools = baseline.graph.pools
    tags = dict(zip(pools["material"], pools["element"], strict=True))
    known = sorted({e for cell in tags.values() for e in cell})
    if element is not None and element not in known:
        hint = did_you_mean(element, known, full_names(baseline.graph.dataset))
        raise UsageError(f"--element: no material of '{element}'. {hint}")
    rows = _DependenceRows(flows)
    names = [m for m in flows.materials if element is None or element in tags[m]]
    found = [] if element is not None else [*rows.groups(), *rows.compared()]
    found += [rows.material(name) for name in steps(names, "Materials")]
    markets = sorted(set(flows.market[flows.inside]))
    notes: tuple[str, ...] = ()
    if len(markets) > 1:
        notes = (f"region {region} is {', '.join(markets)}: trade between them is inside",)
    return pd.DataFrame(found), notes


class _DependenceRows:
    """Rows of the table of one region."""

    def __init__(self, flows: RegionFlows) -> None:
        self.flows, self.graph = flows, flows.graph
        self.evidence = Evidence(flows.baseline)
        self.ranges = Ranges(flows.baseline)
        pools = self.graph.pools
        self.unit = dict(zip(pools["material"], pools["unit"], strict=True))
        self.stage = dict(zip(pools["material"], pools["stage"], strict=True))
        self.tonne = np.ones(len(pools))
        self.oxide = _oxide_factor(flows)

    def material(self, name: str) -> dict[str, object]:
        """Row of one material."""
        return self._supply_row(name, "material", self.stage[name], self.unit[name], [name])

    def groups(self) -> list[dict[str, object]]:
        """Rows of all oxides, all metals and all magnets, each in one unit."""
        rows = []
        for name, stage, unit in GROUPS:
            members = [
                m for m in self.flows.materials if (self.stage[m], self.unit[m]) == (stage, unit)
            ]
            if len(members) > 1:
                rows.append(self._supply_row(name, "group", stage, unit, members))
        return rows

    def _supply_row(
        self, name: str, kind: str, stage: str, unit: str, members: Sequence[str]
    ) -> dict[str, object]:
        supply = self.flows.supply(members, self.tonne)
        sums = self.flows.coefficients(members, self.tonne)
        origins = {place: share for place, share in supply.shares.items() if place != OWN}
        largest = next(iter(origins), "")
        share = origins.get(largest, float("nan"))
        ends = (float("nan"), float("nan"))
        if largest:
            top = sums.imports.get(largest, {})
            ends = self.ranges.share(top, sums.supply, share)
        parts = {**supply.imports, **({OWN: supply.own} if supply.own > TINY else {})}
        note = "net exporter" if supply.exports > supply.imported else ""
        dependence = supply.import_dependence
        low, high = self.ranges.share(sums.imported, sums.supply, dependence)
        return self._head(name, kind, stage, unit, supply) | {
            "import_dependence": dependence,
            "import_dependence_low": low,
            "import_dependence_high": high,
            "net_import_reliance": supply.net_import_reliance,
            "origins": supply.shares,
            "largest_origin": largest,
            "largest_share": share,
            "largest_low": ends[0],
            "largest_high": ends[1],
            "hhi": concentration(parts) if supply.supply > TINY else float("nan"),
            "evidence": self.flows.grade(supply, self.evidence),
            "note": note,
        }

    @staticmethod
    def _head(
        name: str, kind: str, stage: str, unit: str, supply: RegionSupply
    ) -> dict[str, object]:
        """All columns in order, those that only one kind of row has still empty."""
        nothing = float("nan")
        return {
            "id": name,
            "kind": kind,
            "stage": stage,
            "unit": f"{unit}/yr",
            "own_make": supply.own,
            "imports": supply.imported,
            "exports": supply.exports,
            "import_dependence": nothing,
            "import_dependence_low": nothing,
            "import_dependence_high": nothing,
            "net_import_reliance": nothing,
            "largest_origin": "",
            "largest_share": nothing,
            "largest_low": nothing,
            "largest_high": nothing,
            "origins": {},
            "hhi": nothing,
            "measure": "",
            "origin": "",
            "computed": nothing,
            "computed_low": nothing,
            "computed_high": nothing,
            "published": nothing,
            "difference": nothing,
            "year": pd.NA,
            "evidence": "",
            "source": (),
            "note": "",
        }

    def compared(self) -> list[dict[str, object]]:
        """Published figures of the region beside the same quantity of the balance."""
        rows = [*self._observed(), *self._published()]
        rows.sort(key=lambda row: (str(row["measure"]), str(row["id"]), str(row["origin"])))
        return rows

    def _observed(self) -> Iterator[dict[str, object]]:
        """Shares of one origin in imports, as the dataset's observations state them."""
        markets = set(self.flows.market[self.flows.inside])
        for row in self.graph.dataset.tables["observations"].to_dict("records"):
            expression = parse_expression(row["expression"])
            below = expression.denominator
            if len(expression.numerator) != 1 or not below or len(below) != 1:
                continue
            top, bottom = expression.numerator[0], below[0]
            trade = top.function == bottom.function == "trade" and bottom.origin == "*"
            if not trade or top.origin == "*" or {*top.destination.split("|")} != markets:
                continue
            mask = self.graph.select_pools(top.selector)
            members = sorted(set(self.flows.material[mask]))
            facts = {
                "measure": ORIGIN_SHARE,
                "origin": top.origin,
                "published": float(row["value"]),
                "year": int(row["year"]),
                "evidence": str(row["evidence"] or "D"),
                "source": tuple(row["source"]),
                "note": str(row["note"]),
            }
            yield self._comparison(str(row["id"]), members, facts)

    def _published(self) -> Iterator[dict[str, object]]:
        """Figures of `published/supply.csv`."""
        for row in read_published(self.graph.dataset):
            if row["region"] == self.flows.region:
                patterns = row["materials"].split(";")
                members = [m for m in sorted(self.unit) if any(fnmatchcase(m, p) for p in patterns)]
                facts = {
                    "measure": row["measure"],
                    "origin": row["origin"],
                    "published": float(row["value"]),
                    "year": int(row["year"]),
                    "evidence": row["evidence"],
                    "source": (row["source"],),
                    "note": row["note"],
                }
                yield self._comparison(row["id"], members, facts)

    def _comparison(
        self, name: str, members: Sequence[str], facts: dict[str, object]
    ) -> dict[str, object]:
        """A published figure beside the balance; oxides and metals together count as oxide."""
        units = {self.unit[m] for m in members}
        factor = self.oxide if len(units) > 1 else self.tonne
        supply = self.flows.supply(members, factor)
        sums = self.flows.coefficients(members, factor)
        measure, origin = str(facts["measure"]), str(facts["origin"])
        if measure == NET_IMPORT_RELIANCE:
            computed, top, bottom = supply.net_import_reliance, sums.net_imports, sums.used
        else:
            computed = supply.share_of(origin, measure)
            top = sums.imports.get(origin, {})
            bottom = sums.imported if measure == ORIGIN_SHARE else sums.supply
        ends = self.ranges.share(top, bottom, computed)
        unit = "t_oxide" if len(units) > 1 else next(iter(units), "")
        return self._head(name, "published", "", unit, supply) | {
            "computed": computed,
            "computed_low": ends[0],
            "computed_high": ends[1],
            "difference": computed - float(str(facts["published"])),
            **facts,
        }


def _oxide_factor(flows: RegionFlows) -> np.ndarray:
    """Tonnes of oxide in a tonne of metal, mean of the elements a metal is tagged with."""
    table = flows.graph.dataset.tables["elements"]
    metal = dict(zip(table["id"], table["metal_per_oxide"], strict=True))
    pools = flows.graph.pools
    factor = np.ones(len(pools))
    for index, (unit, cell) in enumerate(zip(pools["unit"], pools["element"], strict=True)):
        known = [metal[e] for e in cell if metal.get(e, 0.0) > 0]
        if unit == "t_metal" and known:
            factor[index] = 1.0 / (sum(known) / len(known))
    return factor
