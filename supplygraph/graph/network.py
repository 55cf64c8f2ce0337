"""The compiled network: places, activities, demands and arcs as sorted arrays.

Facilities of every status are columns; dates only move bounds. Everything is sorted by
identifier, so shuffled input rows give the same arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from supplygraph.dataset.tables import Dataset
from supplygraph.errors import SelectorError
from supplygraph.graph.recipes import Recipe
from supplygraph.selectors import (
    Call,
    IndexedColumn,
    Selector,
    Term,
    did_you_mean,
    match,
)

if TYPE_CHECKING:
    import networkx as nx

BASE_YEAR = 2024
RUNNING = ("operating", "ramping")
POOL_KEYS = {"element", "material", "country", "market", "region", "stage"}


@dataclass(frozen=True)
class Inputs:
    """What activities and demands draw, one entry per user and material.

    ``user`` counts activities first, then demands. ``group`` numbers the AND kinds: inputs
    with one number replace each other. ``draw`` is the index of the entry's own column, or
    -1 where the draw follows from the user's level.
    """

    user: np.ndarray
    pool: np.ndarray
    quantity: np.ndarray
    group: np.ndarray
    essential: np.ndarray
    draw: np.ndarray

    @cached_property
    def n_groups(self) -> int:
        """Number of AND kinds over all users."""
        return int(self.group.max()) + 1 if self.group.size else 0


@dataclass(frozen=True)
class SupplyGraph:
    """The network every engine and view reads.

    Attributes
    ----------
    activities, demands, pools, arcs
        One row per column block, in column order.
    inputs
        Draws of activities and demands.
    made_activity, made_pool, made_quantity
        Joint outputs: material units per unit of activity.
    line_of, line_units
        Line of each activity and the line units that one unit of its activity takes.
    capacities
        Dated rows of each line, sorted by line and date.
    """

    dataset: Dataset
    activities: pd.DataFrame
    demands: pd.DataFrame
    pools: pd.DataFrame
    arcs: pd.DataFrame
    inputs: Inputs
    made_activity: np.ndarray
    made_pool: np.ndarray
    made_quantity: np.ndarray
    line_of: np.ndarray
    line_units: np.ndarray
    lines: pd.DataFrame
    capacities: Mapping[int, tuple[tuple[str, float, frozenset[str]], ...]]
    recipes: Mapping[str, Recipe]
    base_year: int = BASE_YEAR

    @property
    def n_activities(self) -> int:
        """Number of activities (plant, line and recipe)."""
        return len(self.activities)

    @property
    def n_demands(self) -> int:
        """Number of demands (product in a market)."""
        return len(self.demands)

    @cached_property
    def base_month(self) -> str:
        """Last month of the base year."""
        return f"{self.base_year}-12"

    def line_capacity(self, month: str) -> tuple[np.ndarray, np.ndarray]:
        """Capacity of every line in a month, and which activities are open.

        Parameters
        ----------
        month
            ``YYYY-MM``.

        Returns
        -------
        capacity : numpy.ndarray
            Line units a year; NaN where unknown, 0 where closed.
        open_ : numpy.ndarray of bool
            Per activity: its plant runs and its recipe is on the line that month.
        """
        capacity = np.zeros(len(self.lines))
        open_ = np.zeros(self.n_activities, dtype=bool)
        on: dict[int, frozenset[str]] = {}
        for line, rows in self.capacities.items():
            current = [row for row in rows if row[0] <= month]
            if current and self.lines["status"].iat[line] in RUNNING:
                _, capacity[line], on[line] = current[-1]
        recipes = self.activities["recipe"].to_numpy()
        for index, line in enumerate(self.line_of):
            runs = recipes[index] in on.get(int(line), frozenset())
            open_[index] = runs and capacity[line] != 0
        return capacity, open_

    def select_activities(self, selector: Selector) -> np.ndarray:
        """Mask of activities a selector names; ``id`` is the plant."""
        return match(selector, self._activity_table)

    def select_pools(self, selector: Selector) -> np.ndarray:
        """Mask of pools (material in a market) a selector names."""
        return match(self._country_as_market(selector), self._pool_table)

    @cached_property
    def _activity_table(self) -> dict[str, IndexedColumn]:
        return _selector_table(self.activities)

    @cached_property
    def _pool_table(self) -> dict[str, IndexedColumn]:
        return _selector_table(self.pools)

    @cached_property
    def _user_names(self) -> IndexedColumn:
        return IndexedColumn([*self.activities["id"], *self.demands["product"]])

    @cached_property
    def _arc_origin(self) -> np.ndarray:
        return self.arcs["origin"].to_numpy()

    @cached_property
    def _arc_from(self) -> IndexedColumn:
        return IndexedColumn(list(self.arcs["from"]))

    @cached_property
    def _arc_to(self) -> IndexedColumn:
        return IndexedColumn(list(self.arcs["to"]))

    @cached_property
    def _arc_index(self) -> dict[str, int]:
        return {str(name): i for i, name in enumerate(self.arcs["id"])}

    @cached_property
    def _markets(self) -> tuple[dict[str, str], dict[str, list[str]]]:
        """Market of each country, and the countries of each market."""
        countries = self.dataset.tables["countries"]
        market_of = dict(zip(countries["id"], countries["market"], strict=True))
        members: dict[str, list[str]] = {}
        for country, market in market_of.items():
            members.setdefault(market, []).append(country)
        return market_of, members

    def _country_as_market(self, selector: Selector) -> Selector:
        """Pools know markets only: a country that is a market of its own stands for it."""
        market_of, members = self._markets
        terms = []
        for term in selector.terms:
            if term.key == "country":
                for value in term.values:
                    market = market_of.get(value)
                    if market is None:
                        hint = did_you_mean(value, market_of)
                        raise SelectorError(
                            f"selector '{selector.text}': no country '{value}'. {hint}"
                        )
                    if len(members[market]) > 1:
                        raise SelectorError(
                            f"selector '{selector.text}': '{value}' shares the market '{market}' "
                            f"with others. Write market={market}."
                        )
                values = tuple(market_of[v] for v in term.values)
                term = Term("market", term.op, values)
            terms.append(term)
        return Selector(tuple(terms), selector.text)

    def names_pools(self, selector: Selector) -> bool:
        """Whether a removal by this selector acts on made materials and not on plants."""
        keys = {term.key for term in selector.terms}
        return bool(keys & {"element", "material"}) and keys <= POOL_KEYS

    def find_arc(self, arc_id: str) -> int:
        """Index of an arc ``material:from>to``, or -1."""
        return self._arc_index.get(arc_id, -1)

    def call_terms(self, call: Call) -> list[tuple[str, int, float]]:
        """A call of an expression as (block, index, coefficient) terms.

        Blocks are ``activity``, ``arc``, ``input`` (an entry of ``inputs``), ``surplus`` and
        ``unexplained`` (pools).
        """
        builder = getattr(self, f"_{call.function}_terms")
        return builder(call)

    def _output_terms(self, call: Call) -> list[tuple[str, int, float]]:
        named = {term.key for term in call.selector.terms}
        plants = Selector(
            tuple(t for t in call.selector.terms if t.key not in ("material", "element"))
        )
        rows = self.select_activities(plants) if plants.terms else np.ones(self.n_activities, bool)
        wanted = self._material_mask(call.selector) if named & {"material", "element"} else None
        hit = rows[self.made_activity]
        if wanted is not None:
            hit &= wanted[self.made_pool]
        made = zip(self.made_activity[hit], self.made_quantity[hit], strict=True)
        return [("activity", int(a), float(q)) for a, q in made]

    def _activity_terms(self, call: Call) -> list[tuple[str, int, float]]:
        rows = self.select_activities(call.selector)
        return [("activity", int(i), 1.0) for i in np.flatnonzero(rows)]

    def _use_terms(self, call: Call) -> list[tuple[str, int, float]]:
        """Draws on the pools named; ``id`` names the plants or products that draw."""
        users = call.selector.value("id")
        places = tuple(t for t in call.selector.terms if t.key != "id")
        rows = np.ones(len(self.inputs.pool), dtype=bool)
        if places:
            rows = self.select_pools(Selector(places, call.selector.text))[self.inputs.pool]
        if users:
            term = Term("id", "=", users)
            named = match(Selector((term,), call.selector.text), {"id": self._user_names})
            rows &= named[self.inputs.user]
        return [("input", int(i), 1.0) for i in np.flatnonzero(rows)]

    def _trade_terms(self, call: Call) -> list[tuple[str, int, float]]:
        wanted = self._material_mask(call.selector)[self._arc_origin]
        for end, column in ((call.origin, self._arc_from), (call.destination, self._arc_to)):
            if end != "*":
                here = np.zeros(len(wanted), dtype=bool)
                for market in end.split("|"):
                    here[column.rows(market)] = True
                wanted &= here
        return [("arc", int(i), 1.0) for i in np.flatnonzero(wanted)]

    def _surplus_terms(self, call: Call) -> list[tuple[str, int, float]]:
        return [("surplus", int(i), 1.0) for i in np.flatnonzero(self.select_pools(call.selector))]

    def _unexplained_terms(self, call: Call) -> list[tuple[str, int, float]]:
        rows = self.select_pools(call.selector)
        return [("unexplained", int(i), 1.0) for i in np.flatnonzero(rows)]

    def _material_mask(self, selector: Selector) -> np.ndarray:
        keys = ("material", "element", "stage")
        terms = tuple(t for t in selector.terms if t.key in keys)
        return self.select_pools(Selector(terms, selector.text))

    def to_networkx(self, flows: pd.DataFrame | None = None) -> nx.MultiDiGraph:
        """The network as a read-only ``networkx.MultiDiGraph``.

        Parameters
        ----------
        flows
            Baseline table with columns ``kind, id, quantity``; edges carry 0 without it.

        Returns
        -------
        networkx.MultiDiGraph
            Plants, pools (``material@market``) and products (``product@market``); edges
            carry ``material``, ``quantity`` and ``unit``. Frozen.
        """
        from supplygraph.graph.export import to_networkx

        return to_networkx(self, flows)


def _selector_table(frame: pd.DataFrame) -> dict[str, IndexedColumn]:
    return {
        name: IndexedColumn(list(frame[name]))
        for name in frame.columns
        if frame[name].dtype != float
    }
