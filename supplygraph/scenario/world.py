"""What measures act on: the network with its base flows, asked by material and place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.errors import ScenarioError
from supplygraph.graph import SupplyGraph
from supplygraph.selectors import did_you_mean

ANYWHERE = "*"


@dataclass(frozen=True)
class World:
    """A network, its base flows, and masks over its blocks."""

    graph: SupplyGraph
    baseline: Baseline

    @cached_property
    def flow(self) -> np.ndarray:
        """Base flow of every arc, material units a year."""
        return np.maximum(self.baseline.block("arc"), 0.0)

    @cached_property
    def _region_of(self) -> dict[str, str]:
        countries = self.graph.dataset["countries"]
        return dict(zip(countries["market"], countries["region"], strict=True))

    @cached_property
    def _market_of(self) -> dict[str, str]:
        countries = self.graph.dataset["countries"]
        return dict(zip(countries["id"], countries["market"], strict=True))

    @cached_property
    def materials(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Id, stage and elements of every material."""
        table = self.graph.dataset["materials"]
        return tuple(zip(table["id"], table["stage"], table["element"], strict=True))

    @cached_property
    def _arc_ends(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Market from, market to and region to of every arc."""
        pools, arcs = self.graph.pools, self.graph.arcs
        market = pools["market"].to_numpy(dtype=object)
        origin = market[arcs["origin"].to_numpy()]
        end = market[arcs["destination"].to_numpy()]
        region = np.array([self._region_of.get(name, "") for name in end], dtype=object)
        return origin, end, region

    @cached_property
    def _ends(self) -> tuple[list[str], np.ndarray]:
        """Markets that arcs end in, and which of them each arc ends in."""
        names, code = np.unique(self._arc_ends[1].astype(str), return_inverse=True)
        return [str(name) for name in names], code

    def market(self, country: str, who: str) -> str:
        """The market that a country is by itself.

        Raises
        ------
        ScenarioError
            If there is no such country, or it shares its market with others.
        """
        market_of = self._market_of
        if country not in market_of:
            hint = did_you_mean(country, market_of)
            raise ScenarioError(f"{who}: no country '{country}'. {hint}")
        market = market_of[country]
        if sum(1 for name in market_of.values() if name == market) > 1 and market != country:
            raise ScenarioError(
                f"{who}: '{country}' shares the market '{market}' with other countries, so its own "
                f"flows are not told apart. Give it a market of its own in countries.csv."
            )
        return market

    def arcs(
        self, materials: Collection[str], origins: Collection[str] | None, ends: Collection[str]
    ) -> np.ndarray:
        """Mask of arcs that carry these materials out of these markets to these places.

        Parameters
        ----------
        materials
            Ids of materials.
        origins
            Markets; any for None.
        ends
            Markets or regions, ``*`` for any; arcs inside the origins are left out.
        """
        key = (*sorted(materials), "|", *sorted(origins or ()), "|", *sorted(ends), origins is None)
        if key not in self._masks:
            self._masks[key] = self._find_arcs(materials, origins, ends)
        return self._masks[key].copy()

    @cached_property
    def _masks(self) -> dict[tuple[object, ...], np.ndarray]:
        return {}

    def _find_arcs(
        self, materials: Collection[str], origins: Collection[str] | None, ends: Collection[str]
    ) -> np.ndarray:
        start, end, region = self._arc_ends
        mask = self.graph.arcs["material"].isin(set(materials)).to_numpy().copy()
        if origins is not None:
            mask &= np.isin(start, sorted(origins)) & ~np.isin(end, sorted(origins))
        places = set(ends)
        if ANYWHERE not in places:
            mask &= np.isin(end, sorted(places)) | np.isin(region, sorted(places))
        return mask

    def by_place(self, values: Mapping[str, float], default: float) -> np.ndarray:
        """One value for every arc by where it ends: its market, else its region, else ``*``.

        Parameters
        ----------
        values
            Value by market, region or ``*``.
        default
            Where none of them fits.
        """
        names, code = self._ends
        rest = values.get(ANYWHERE, default)
        region = self._region_of
        known = [values.get(name, values.get(region.get(name, ""), rest)) for name in names]
        return np.array(known, dtype=float)[code]

    def by_origin(self, values: Mapping[str, float], default: float) -> np.ndarray:
        """One value for every arc by where it begins: its market, else its region, else ``*``."""
        rest, region = values.get(ANYWHERE, default), self._region_of
        names = [str(name) for name in self._arc_ends[0]]
        known = [values.get(name, values.get(region.get(name, ""), rest)) for name in names]
        return np.array(known, dtype=float)

    def demands_for(self, materials: Collection[str]) -> np.ndarray:
        """Mask of demands that draw one of these materials themselves."""
        graph, inputs = self.graph, self.graph.inputs
        named = graph.pools["material"].isin(set(materials)).to_numpy()[inputs.pool]
        users = inputs.user[named] - graph.n_activities
        mask = np.zeros(graph.n_demands, dtype=bool)
        mask[users[users >= 0]] = True
        return mask
