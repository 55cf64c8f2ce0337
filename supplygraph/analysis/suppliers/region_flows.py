"""What crosses the border of a region or a market in a year: own make, imports, exports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from supplygraph.analysis.causes.evidence import Evidence
from supplygraph.analysis.suppliers.published_shares import ORIGIN_SHARE
from supplygraph.baseline import Baseline
from supplygraph.dataset.names import place_or_name
from supplygraph.errors import UsageError
from supplygraph.grades import weakest

# Tonnes a year below which a flow is what the solver's tolerance leaves.
TINY = 1e-6
OWN = "own"


@dataclass(frozen=True)
class RegionSupply:
    """Supply of some materials to a region in the base year.

    Attributes
    ----------
    own
        Made inside, t a year.
    imports
        By market of origin.
    exports
        To markets outside the region.
    arcs
        Arcs that carry each origin's imports.
    """

    own: float
    imports: dict[str, float]
    exports: float
    arcs: dict[str, tuple[int, ...]]

    @property
    def imported(self) -> float:
        """All imports."""
        return sum(self.imports.values())

    @property
    def supply(self) -> float:
        """Own make and imports."""
        return self.own + self.imported

    @property
    def import_dependence(self) -> float:
        """Imports / (imports + own make); NaN without supply."""
        return self.imported / self.supply if self.supply > TINY else float("nan")

    @property
    def net_import_reliance(self) -> float:
        """(Imports - exports) / (own make + imports - exports), as USGS has it.

        NaN where nothing is used; below 0 for a net exporter.
        """
        used = self.supply - self.exports
        return (self.imported - self.exports) / used if used > TINY else float("nan")

    @property
    def shares(self) -> dict[str, float]:
        """Share of supply by origin, the region's own make as `own`."""
        parts = {**self.imports, **({OWN: self.own} if self.own > TINY else {})}
        order = sorted(parts, key=lambda name: (-round(parts[name], 12), name))
        return {name: parts[name] / self.supply for name in order}

    def share_of(self, origin: str, among: str) -> float:
        """Share of one origin in imports, or in supply."""
        whole = self.imported if among == ORIGIN_SHARE else self.supply
        return self.imports.get(origin, 0.0) / whole if whole > TINY else float("nan")


@dataclass(frozen=True)
class SupplyCoefficients:
    """Coefficients of the balance's columns in a region's supply."""

    own: dict[int, float]
    imports: dict[str, dict[int, float]]
    exports: dict[int, float]

    @property
    def imported(self) -> dict[int, float]:
        """All imports."""
        return {column: size for part in self.imports.values() for column, size in part.items()}

    @property
    def supply(self) -> dict[int, float]:
        """Own make and imports."""
        return self.own | self.imported

    @property
    def net_imports(self) -> dict[int, float]:
        """Imports less exports."""
        return self.imported | {column: -size for column, size in self.exports.items()}

    @property
    def used(self) -> dict[int, float]:
        """Own make and imports less exports."""
        return self.own | self.net_imports


class RegionFlows:
    """Base flows across the border of a region.

    Raises
    ------
    UsageError
        If the dataset has no such region.
    """

    def __init__(self, baseline: Baseline, region: str) -> None:
        graph = baseline.graph
        places = graph.pools[["region", "market"]]
        known = sorted({*places["region"], *places["market"]})
        if region not in known:
            hint = place_or_name(graph.dataset, "region", region, known)
            raise UsageError(f"--region: no region '{region}'. {hint}")
        self.baseline, self.graph, self.region = baseline, graph, region
        column = "region" if region in set(places["region"]) else "market"
        self.inside = (places[column] == region).to_numpy()
        self.material = graph.pools["material"].to_numpy()
        self.market = graph.pools["market"].to_numpy()
        self.flow = baseline.block("arc")
        self.origin = graph.arcs["origin"].to_numpy()
        self.end = graph.arcs["destination"].to_numpy()

    @property
    def materials(self) -> list[str]:
        """Materials that the region makes or takes in."""
        flows = self.baseline.made + self.baseline.imports
        return sorted(set(self.material[self.inside & (flows > TINY)]))

    def supply(self, materials: Sequence[str], oxide_per_unit: np.ndarray) -> RegionSupply:
        """Supply of some materials together, each times a factor per pool."""
        wanted = np.isin(self.material, list(materials))
        amount = self.flow * oxide_per_unit[self.origin]
        mine = wanted[self.origin] & (self.flow > 0)
        coming = mine & self.inside[self.end] & ~self.inside[self.origin]
        going = mine & self.inside[self.origin] & ~self.inside[self.end]
        imports: dict[str, float] = {}
        arcs: dict[str, tuple[int, ...]] = {}
        for index in np.flatnonzero(coming):
            place = str(self.market[self.origin[index]])
            imports[place] = imports.get(place, 0.0) + float(amount[index])
            arcs[place] = (*arcs.get(place, ()), int(index))
        own = float((self.baseline.made * oxide_per_unit)[wanted & self.inside].sum())
        return RegionSupply(own, imports, float(amount[going].sum()), arcs)

    def coefficients(self, materials: Sequence[str], factor: np.ndarray) -> SupplyCoefficients:
        """Columns of the balance behind own make, imports by origin and exports."""
        columns = self.baseline.columns
        wanted = np.isin(self.material, list(materials))
        position = {int(p): columns.start["made"] + i for i, p in enumerate(columns.made_of)}
        own = {
            position[int(p)]: float(factor[p])
            for p in np.flatnonzero(wanted & self.inside)
            if int(p) in position
        }
        imports: dict[str, dict[int, float]] = {}
        exports: dict[int, float] = {}
        for index in np.flatnonzero(wanted[self.origin]):
            column, size = columns.start["arc"] + int(index), float(factor[self.origin[index]])
            comes, goes = self.inside[self.end[index]], self.inside[self.origin[index]]
            if comes and not goes:
                imports.setdefault(str(self.market[self.origin[index]]), {})[column] = size
            elif goes and not comes:
                exports[column] = size
        return SupplyCoefficients(own, imports, exports)

    def grade(self, supply: RegionSupply, evidence: Evidence) -> str:
        """Weakest grade among the origins that make up four fifths of imports."""
        grades, covered = [], 0.0
        for place, amount in sorted(supply.imports.items(), key=lambda item: (-item[1], item[0])):
            if covered >= 0.8 * supply.imported:
                break
            covered += amount
            grades += [evidence.arcs.get(index, "D") for index in supply.arcs[place]]
        return weakest(grades) if grades else ""
