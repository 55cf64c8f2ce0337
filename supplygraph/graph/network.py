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

from supplygraph.dataset.capacities import Capacity
from supplygraph.dataset.names import full_names
from supplygraph.dataset.recipes import Recipe
from supplygraph.dataset.tables import Dataset
from supplygraph.errors import SelectorError
from supplygraph.graph.line_capacities import DatedCapacity, in_force, line_capacities
from supplygraph.hints import did_you_mean
from supplygraph.selectors import TRADED, Call, IndexedColumn, Selector, Term, fits, match

if TYPE_CHECKING:
    import networkx as nx

    from supplygraph.graph.networkx_graph import Facts

BASE_YEAR = 2024
HALF = 0.5
# Table and column that know the words of a key, be they in use or not.
KNOWN_IN = {
    "id": ("facilities", "id"),
    "country": ("countries", "id"),
    "market": ("countries", "market"),
    "region": ("countries", "region"),
    "operator": ("operators", "id"),
    "owner_country": ("countries", "id"),
    "material": ("materials", "id"),
    "element": ("elements", "id"),
}
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
    lines
        Plant, line, status, process and unit (such as ``t_reo/yr``) of every line.
    stated_capacities
        Rows of each line as their sources state them, sorted by date; projects and copies of the
        network leave them as they are.
    capacities
        What each line can do from which month on: what is stated, as the projects built leave it.
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
    stated_capacities: tuple[tuple[Capacity, ...], ...]
    capacities: Mapping[int, tuple[DatedCapacity, ...]]
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

    def stated_capacity(self, line: int, month: str) -> Capacity | None:
        """The row that states the capacity of a line in a month; None before the first.

        Parameters
        ----------
        line
            Number of the line.
        month
            ``YYYY-MM``.
        """
        return in_force(self.stated_capacities[line], month)

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
        if month not in self._known_months:
            self._known_months[month] = line_capacities(self, month)
        return self._known_months[month]

    @cached_property
    def _known_months(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        return {}

    def select_activities(self, selector: Selector) -> np.ndarray:
        """Mask of activities a selector names; ``id`` is the plant."""
        self._check_known(selector, self._activity_table, "no plant with a line has it")
        return match(selector, self._activity_table, full_names(self.dataset))

    def select_pools(self, selector: Selector) -> np.ndarray:
        """Mask of pools (material in a market) a selector names."""
        named = self._country_as_market(selector)
        self._check_known(named, self._pool_table, "nobody makes or takes it")
        return match(named, self._pool_table, full_names(self.dataset))

    def _check_known(
        self, selector: Selector, table: Mapping[str, IndexedColumn], why: str
    ) -> None:
        """Refuse what the tables know and the network has not: a hint would name another."""
        for term in selector.terms:
            if term.op == "=~" or term.key not in table or term.key not in KNOWN_IN:
                continue
            file, column = KNOWN_IN[term.key]
            for value in term.values:
                if not len(table[term.key].rows(value)) and self._is_known(file, column, value):
                    raise SelectorError(
                        f"selector '{selector.text}': {term.key} '{value}' is known ({file}.csv), "
                        f"but {why}. Name another, or give it one."
                    )

    def _is_known(self, file: str, column: str, value: str) -> bool:
        return self.dataset.has(file) and bool((self.dataset.tables[file][column] == value).any())

    @cached_property
    def controllers(self) -> list[tuple[str, ...]]:
        """Operator of every activity, then the firms that control it, nearest first.

        A parent controls with half of the shares or more; one whose share is not stated counts.
        """
        table = self.dataset.tables["operators"]
        rows = zip(table["id"], table["parent_id"], table["share"], strict=True)
        parent = {name: above for name, above, share in rows if above and not share < HALF}
        chains = []
        for operator in self.activities["operator"]:
            chain = [operator] if operator else []
            while chain and parent.get(chain[-1]) and parent[chain[-1]] not in chain:
                chain.append(parent[chain[-1]])
            chains.append(tuple(chain))
        return chains

    @cached_property
    def _activity_table(self) -> dict[str, IndexedColumn]:
        owners = IndexedColumn(self.controllers)
        return _selector_table(self.activities) | {"operator": owners}

    def refined(self, mask: np.ndarray) -> np.ndarray:
        """Of the pools of an element, those that its removal empties: oxides and its own metals.

        A metal of several elements, such as NdPr, is not emptied: it follows from its oxides,
        which replace each other.
        """
        unit = self.pools["unit"].to_numpy()
        single = np.array([len(cell) == 1 for cell in self.pools["element"]], dtype=bool)
        return mask & ((unit == "t_oxide") | ((unit == "t_metal") & single))

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
        return Selector(
            tuple(
                self._market_term(term, selector.text) if term.key == "country" else term
                for term in selector.terms
            ),
            selector.text,
        )

    def _market_term(self, term: Term, text: str) -> Term:
        market_of, members = self._markets
        named: set[str] = set()
        for value in term.values:
            found = {country for country in market_of if fits(term.op, value, country)}
            if not found:
                hint = did_you_mean(value, market_of, full_names(self.dataset))
                raise SelectorError(f"selector '{text}': no country '{value}'. {hint}")
            named |= found
        for country in sorted(named):
            market = market_of[country]
            if not named.issuperset(members[market]):
                raise SelectorError(
                    f"selector '{text}': '{country}' shares the market '{market}' "
                    f"with others. Write market={market}."
                )
        markets = tuple(sorted({market_of[country] for country in named}))
        return Term("market", "!=" if term.op == "!=" else "=", markets)

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
        users = tuple(t for t in call.selector.terms if t.key == "id")
        places = tuple(t for t in call.selector.terms if t.key != "id")
        rows = np.ones(len(self.inputs.pool), dtype=bool)
        if places:
            rows = self.select_pools(Selector(places, call.selector.text))[self.inputs.pool]
        if users:
            named = match(Selector(users, call.selector.text), {"id": self._user_names})
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
        terms = tuple(t for t in selector.terms if t.key in TRADED)
        return self.select_pools(Selector(terms, selector.text))

    def to_networkx(
        self,
        flows: pd.DataFrame | None = None,
        facts: Facts | None = None,
        *,
        all_edges: bool = True,
    ) -> nx.MultiDiGraph:
        """The network as a read-only ``networkx.MultiDiGraph``.

        Parameters
        ----------
        flows
            Baseline table with columns ``kind, id, quantity``; edges carry 0 without it.
        facts
            Further attributes of edges by (from, to, key).
        all_edges
            Keep edges without flow too.

        Returns
        -------
        networkx.MultiDiGraph
            Plants, pools (``material@market``) and products (``product@market``); edges
            carry ``material``, ``quantity`` and ``unit``. Frozen.
        """
        from supplygraph.graph.networkx_graph import to_networkx

        return to_networkx(self, flows, facts, all_edges=all_edges)


def _selector_table(frame: pd.DataFrame) -> dict[str, IndexedColumn]:
    return {
        name: IndexedColumn(list(frame[name]))
        for name in frame.columns
        if frame[name].dtype != float
    }
