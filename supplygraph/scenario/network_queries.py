"""What measures act on: the network with its base flows, asked by material and place."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.errors import ScenarioError
from supplygraph.graph import SupplyGraph
from supplygraph.hints import did_you_mean

if TYPE_CHECKING:
    from supplygraph.scenario.projects import Project

ANYWHERE = "*"


@dataclass(frozen=True)
class World:
    """A network, its base flows, and masks over its blocks."""

    graph: SupplyGraph
    baseline: Baseline

    @staticmethod
    def without_flows(graph: SupplyGraph) -> World:
        """A network alone, for what can be told before its base year is balanced."""
        return World(graph, cast("Baseline", None))

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
        return self._valued(names, values, default)[code]

    def by_origin(self, values: Mapping[str, float], default: float) -> np.ndarray:
        """One value for every arc by where it starts: its market, else its region, else ``*``.

        Parameters
        ----------
        values
            Value by market, region or ``*``.
        default
            Where none of them fits.
        """
        return self._valued([str(name) for name in self._arc_ends[0]], values, default)

    def _valued(
        self, markets: Sequence[str], values: Mapping[str, float], default: float
    ) -> np.ndarray:
        """One value for every market: its own, else its region's, else that of ``*``."""
        rest, region = values.get(ANYWHERE, default), self._region_of
        found = [values.get(name, values.get(region.get(name, ""), rest)) for name in markets]
        return np.array(found, dtype=float)

    def groups(self, users: np.ndarray, materials: Collection[str] | None = None) -> np.ndarray:
        """Share of every group of inputs that these users draw as these materials.

        Parameters
        ----------
        users
            Mask over activities, then demands.
        materials
            Ids of materials; all for None.
        """
        graph, inputs, drawn = self.graph, self.graph.inputs, self.baseline.drawn
        mine = users[inputs.user]
        if materials is not None:
            named = graph.pools["material"].isin(set(materials)).to_numpy()
            mine = mine & named[inputs.pool]
        # In units of the need, so that alternatives of different strength add up.
        level = np.divide(drawn, inputs.quantity, out=np.zeros_like(drawn), where=drawn > 0)
        whole = np.bincount(inputs.group, level, minlength=inputs.n_groups)
        part = np.bincount(inputs.group, level * mine, minlength=inputs.n_groups)
        count = np.bincount(inputs.group, minlength=inputs.n_groups)
        fits = np.bincount(inputs.group, mine, minlength=inputs.n_groups)
        idle = np.divide(fits, count, out=np.zeros(inputs.n_groups), where=count > 0)
        return np.divide(part, whole, out=idle, where=whole > 0)

    @cached_property
    def projects(self) -> dict[str, Project]:
        """Projects of the dataset by id."""
        from supplygraph.scenario.projects import projects_of

        return projects_of(self.graph.dataset)

    def project_ids(self, names: Collection[str], who: str) -> list[str]:
        """The same ids, checked.

        Raises
        ------
        ScenarioError
            If there is no such project.
        """
        for name in names:
            if name not in self.projects:
                hint = did_you_mean(name, self.projects)
                raise ScenarioError(f"{who}: no project '{name}'. {hint}")
        return list(names)

    def lines_of(self, names: Collection[str]) -> np.ndarray:
        """Mask of activities on the lines that some projects open or raise."""
        found = np.zeros(self.graph.n_activities, dtype=bool)
        for name in names:
            for line in self.projects[name].lines:
                found[self._activities_of.get((line.facility, line.line), [])] = True
        return found

    @cached_property
    def _activities_of(self) -> dict[tuple[str, str], list[int]]:
        """Activities of every line."""
        table = self.graph.activities
        found: dict[tuple[str, str], list[int]] = {}
        for number, key in enumerate(zip(table["id"], table["line"].astype(str), strict=True)):
            found.setdefault(key, []).append(number)
        return found

    def kept_without(self, names: Collection[str], month: str) -> np.ndarray:
        """Share of its capacity that every activity keeps without what projects added to it.

        What a line had in the base year stays; where a capacity is not stated, a line that the
        base year did not run goes whole and another stays whole.
        """
        graph = self.graph
        now, _ = graph.line_capacity(month)
        then, _ = graph.line_capacity(graph.base_month)
        known = np.isfinite(now) & np.isfinite(then) & (now > 0)
        ran = self.baseline.block("activity") > 0
        share = np.divide(then, now, out=np.zeros_like(now), where=known)[graph.line_of]
        kept = np.where(known[graph.line_of], np.minimum(share, 1.0), ran.astype(float))
        return np.where(self.lines_of(names), kept, 1.0)

    def users_of(self, materials: Collection[str]) -> np.ndarray:
        """Mask of activities, then demands, that draw one of these materials themselves."""
        graph, inputs = self.graph, self.graph.inputs
        named = graph.pools["material"].isin(set(materials)).to_numpy()[inputs.pool]
        mask = np.zeros(graph.n_activities + graph.n_demands, dtype=bool)
        mask[inputs.user[named]] = True
        return mask

    def demands_for(self, materials: Collection[str]) -> np.ndarray:
        """Mask of demands that draw one of these materials themselves."""
        return self.users_of(materials)[self.graph.n_activities :]

    @cached_property
    def markets_of_users(self) -> np.ndarray:
        """Market of every activity, then of every demand."""
        graph = self.graph
        return np.concatenate([graph.activities["market"], graph.demands["market"]]).astype(str)

    def users_in(self, places: Collection[str]) -> np.ndarray:
        """Mask of activities, then demands, in these markets or regions; ``*`` for all."""
        market = self.markets_of_users
        # By the table: an answer may tell a market's products apart from those of its region.
        region = np.array([self._region_of.get(name, "") for name in market])
        inside = np.isin(market, sorted(places)) | np.isin(region, sorted(places))
        return inside | (ANYWHERE in places)


def need_names(graph: SupplyGraph) -> list[str]:
    """A name for every group of inputs: its user, and the materials that replace each other.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> from supplygraph.graph import compile_graph
    >>> need_names(compile_graph(read_dataset("three-nodes")))
    ['plant-b/1/sinter:ore-a', 'ev@JP:mag-a']
    """
    activities, demands, inputs = graph.activities, graph.demands, graph.inputs
    plants = zip(activities["id"], activities["line"], activities["recipe"], strict=True)
    users = [f"{plant}/{line}/{recipe}" for plant, line, recipe in plants]
    users += list(demands["product"] + "@" + demands["market"])
    material = graph.pools["material"].to_numpy()
    names = [""] * inputs.n_groups
    found: dict[int, list[str]] = {}
    for group, user, pool in zip(inputs.group, inputs.user, inputs.pool, strict=True):
        names[group] = users[user]
        found.setdefault(int(group), []).append(str(material[pool]))
    return [f"{name}:{'|'.join(found.get(group, []))}" for group, name in enumerate(names)]
