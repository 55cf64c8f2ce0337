"""The compiled network: places, activities, demands and arcs as sorted arrays.

Facilities of every status are columns; dates only move bounds. Everything is sorted by
identifier, so shuffled input rows give the same arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from supplygraph.dataset.tables import Dataset
from supplygraph.errors import SelectorError
from supplygraph.graph.recipes import Recipe, expand
from supplygraph.selectors import Call, Selector, Term, did_you_mean, match
from supplygraph.units import per_unit, per_year

BASE_YEAR = 2024
RUNNING = ("operating", "ramping")
NOMINAL_SHARE = 1e-4
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
        return len(self.activities)

    @property
    def n_demands(self) -> int:
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
            open_[index] = recipes[index] in on.get(int(line), frozenset()) and not (
                capacity[line] == 0
            )
        return capacity, open_

    def select_activities(self, selector: Selector) -> np.ndarray:
        """Mask of activities a selector names; ``id`` is the plant."""
        return match(selector, self._activity_table)

    def select_pools(self, selector: Selector) -> np.ndarray:
        """Mask of pools (material in a market) a selector names."""
        return match(self._country_as_market(selector), self._pool_table)

    @cached_property
    def _activity_table(self) -> dict[str, list]:
        return _selector_table(self.activities)

    @cached_property
    def _pool_table(self) -> dict[str, list]:
        return _selector_table(self.pools)

    @cached_property
    def _arc_index(self) -> dict[str, int]:
        return {str(name): i for i, name in enumerate(self.arcs["id"])}

    def _country_as_market(self, selector: Selector) -> Selector:
        """Pools know markets only: a country that is a market of its own stands for it."""
        countries = self.dataset.tables["countries"]
        members = countries.groupby("market")["id"].agg(list).to_dict()
        market_of = dict(zip(countries["id"], countries["market"], strict=True))
        terms = []
        for term in selector.terms:
            if term.key == "country":
                for value in term.values:
                    market = market_of.get(value)
                    if market is None:
                        hint = did_you_mean(value, market_of)
                        raise SelectorError(f"selector '{selector.text}': no country '{value}'. {hint}")
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
        rows = (
            self.select_activities(plants) if plants.terms else np.ones(self.n_activities, bool)
        )
        wanted = self._material_mask(call.selector) if named & {"material", "element"} else None
        terms = []
        for a, p, q in zip(self.made_activity, self.made_pool, self.made_quantity, strict=True):
            if rows[a] and (wanted is None or wanted[p]):
                terms.append(("activity", int(a), float(q)))
        return terms

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
            names = [*self.activities["id"], *self.demands["product"]]
            named = match(Selector((Term("id", "=", users),), call.selector.text), {"id": names})
            rows &= named[self.inputs.user]
        return [("input", int(i), 1.0) for i in np.flatnonzero(rows)]

    def _trade_terms(self, call: Call) -> list[tuple[str, int, float]]:
        wanted = self._material_mask(call.selector)[self.arcs["origin"].to_numpy()]
        for end, column in ((call.origin, "from"), (call.destination, "to")):
            if end != "*":
                wanted &= self.arcs[column].isin(end.split("|")).to_numpy()
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

    def to_networkx(self, flows: pd.DataFrame | None = None):
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


def compile_graph(
    dataset: Dataset,
    *,
    base_year: int | None = None,
    variants: Mapping[str, str] | None = None,
) -> SupplyGraph:
    """Compile a checked dataset.

    Parameters
    ----------
    dataset
        Dataset that passed its checks.
    base_year
        Year of the balance; the newest year of `demand` by default.
    variants
        Rival ore vectors by material.
    """
    year = base_year or _base_year(dataset)
    recipes = expand(dataset, variants)
    builder = _Builder(dataset, recipes, year)
    return builder.build()


def _base_year(dataset: Dataset) -> int:
    years = dataset.tables["demand"]["year"].dropna()
    return int(years.max()) if len(years) else BASE_YEAR


def _selector_table(frame: pd.DataFrame) -> dict[str, list]:
    return {name: list(frame[name]) for name in frame.columns if frame[name].dtype != float}


class _Builder:
    """Turns tables into arrays, block by block."""

    def __init__(self, dataset: Dataset, recipes: Mapping[str, Recipe], year: int) -> None:
        self.dataset, self.recipes, self.year = dataset, recipes, year
        tables = dataset.tables
        self.materials = tables["materials"].set_index("id").sort_index()
        countries = tables["countries"]
        self.market_of = dict(zip(countries["id"], countries["market"], strict=True))
        self.region_of = dict(zip(countries["market"], countries["region"], strict=True))
        self.units = dict(self.materials["unit"])
        trade = tables["trade"]
        self._declared = {
            (material, origin, end)
            for names, origin, end in zip(trade["material"], trade["from"], trade["to"], strict=True)
            for material in names
            if "*" not in (origin, end)
        }

    def build(self) -> SupplyGraph:
        activities, lines, capacities = self._activities()
        demands = self._demands()
        needs = self._needs()
        pools = self._pools(activities, demands, needs)
        index = {key: i for i, key in enumerate(zip(pools["material"], pools["market"], strict=True))}
        made = self._made(activities, index)
        inputs = self._inputs(activities, demands, needs, index)
        arcs = self._arcs(pools, made, inputs)
        return SupplyGraph(
            dataset=self.dataset,
            activities=activities,
            demands=demands,
            pools=pools,
            arcs=arcs,
            inputs=inputs,
            made_activity=made[0],
            made_pool=made[1],
            made_quantity=made[2],
            line_of=activities["line_index"].to_numpy(),
            line_units=activities["line_units"].to_numpy(),
            lines=lines,
            capacities=capacities,
            recipes=self.recipes,
            base_year=self.year,
        )

    def _activities(self) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
        tables = self.dataset.tables
        plants = tables["facilities"].set_index("id")
        owners = _owner_countries(tables["operators"])
        lines, rows, capacities = [], [], {}
        grouped = tables["capacities"].groupby(["facility", "line"], sort=True)
        for (facility, line), table in grouped:
            plant = plants.loc[facility]
            dated = table.sort_values("from_date")
            process = next((p for p in dated["process"] if p), plant["process"])
            number = len(lines)
            lines.append((facility, line, plant["status"], process))
            capacities[number] = tuple(
                (row.from_date, row.quantity * per_year(row.unit)[0], frozenset(row.recipes))
                for row in dated.itertuples()
            )
            substance = per_year(dated["unit"].iat[0])[1]
            for recipe in sorted({name for row in dated["recipes"] for name in row}):
                rows.append(
                    self._activity(plant, facility, line, number, process, recipe, substance, owners)
                )
        columns = list(_ACTIVITY_COLUMNS)
        return (
            pd.DataFrame(rows, columns=columns),
            pd.DataFrame(lines, columns=["facility", "line", "status", "process"]),
            capacities,
        )

    def _activity(self, plant, facility, line, number, process, recipe, substance, owners) -> tuple:
        detail = self.recipes[recipe]
        outputs = tuple(flow.material for flow in detail.outputs)
        elements = tuple(sorted({e for m in outputs for e in self.materials.at[m, "element"]}))
        market = self.market_of[plant["country"]]
        return (
            facility, line, recipe, plant["name"], plant["country"], market,
            self.region_of[market], plant["stage"], process, plant["operator"],
            owners.get(plant["operator"], ""), plant["status"], plant["aggregate_kind"],
            outputs, elements, number, detail.units_of(substance, self.units),
        )  # fmt: skip

    def _demands(self) -> pd.DataFrame:
        tables = self.dataset.tables
        products = tables["products"].set_index("id")
        demand = tables["demand"]
        demand = demand[(demand["year"] == self.year) | (demand["year"].isna())]
        rows = []
        for row in demand.sort_values(["product", "market"]).itertuples():
            product = products.loc[row.product]
            rows.append(
                (
                    row.product, product["name"], row.market, self.region_of[row.market],
                    product["sector"], product["segment"], product["basis"], product["unit"],
                    product["value_usd"], product["kind"], row.units, row.sigma, row.evidence,
                )  # fmt: skip
            )
        columns = [
            "product", "name", "market", "region", "sector", "segment", "basis", "unit",
            "value_usd", "kind", "units", "sigma", "evidence",
        ]  # fmt: skip
        frame = pd.DataFrame(rows, columns=columns)
        return frame[frame["units"] > 0].reset_index(drop=True)

    def _needs(self) -> pd.DataFrame:
        tables = self.dataset.tables
        unit = dict(zip(tables["products"]["id"], tables["products"]["unit"], strict=True))
        needs = tables["needs"].sort_values(["product", "material"]).copy()
        factor = [per_unit(u, unit[p]) for u, p in zip(needs["unit"], needs["product"], strict=True)]
        needs["tonnes"] = needs["quantity"] * np.array(factor)
        needs["nominal"] = needs["quantity"].isna()
        return needs.reset_index(drop=True)

    def _pools(self, activities, demands, needs) -> pd.DataFrame:
        keys: set[tuple[str, str]] = set()
        for row in activities.itertuples():
            detail = self.recipes[row.recipe]
            keys |= {(flow.material, row.market) for flow in (*detail.inputs, *detail.outputs)}
        by_product = needs.groupby("product")["material"].agg(list).to_dict()
        for row in demands.itertuples():
            keys |= {(material, row.market) for material in by_product.get(row.product, ())}
        for material, origin, end in self._declared:
            keys |= {(material, place) for place in (origin, end)}
        rows = [
            (
                f"{material}@{market}", material, market, self.region_of[market],
                self.materials.at[material, "stage"], self.materials.at[material, "element"],
                self.materials.at[material, "unit"], market,
            )  # fmt: skip
            for material, market in sorted(keys)
        ]
        return pd.DataFrame(
            rows,
            columns=["id", "material", "market", "region", "stage", "element", "unit", "country"],
        )

    def _made(self, activities, index) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = [
            (i, index[flow.material, row.market], flow.quantity)
            for i, row in enumerate(activities.itertuples())
            for flow in self.recipes[row.recipe].outputs
            if flow.quantity > 0
        ]
        return _columns(rows, (int, int, float))

    def _inputs(self, activities, demands, needs, index) -> Inputs:
        nominal = self._nominal_quantities(demands, needs)
        rows: list[tuple] = []
        for i, row in enumerate(activities.itertuples()):
            for flow in self.recipes[row.recipe].inputs:
                key = (i, flow.group or f"={flow.material}")
                pool = index[flow.material, row.market]
                rows.append((i, pool, flow.quantity, key, bool(flow.essential)))
        by_product = {name: part for name, part in needs.groupby("product")}
        for j, row in enumerate(demands.itertuples()):
            for need in by_product.get(row.product, needs.iloc[:0]).itertuples():
                key = (len(activities) + j, need.alternative_group or f"={need.material}")
                quantity = nominal[need.Index] if need.nominal else need.tonnes
                trusted = bool(need.essential) and need.need_evidence != "D"
                pool = index[need.material, row.market]
                rows.append((len(activities) + j, pool, quantity, key, trusted))
        rows = [row for row in rows if row[2] > 0]
        return _number_groups(rows)

    def _nominal_quantities(self, demands: pd.DataFrame, needs: pd.DataFrame) -> dict[int, float]:
        """Tonnes per unit of a need nobody has sized: a ten-thousandth of what is known to be used."""
        units = demands.groupby("product")["units"].sum()
        sized = needs[~needs["nominal"]]
        tonnes = sized["tonnes"] * sized["product"].map(units).fillna(0.0)
        known = tonnes.groupby(sized["material"]).sum()
        return {
            need.Index: NOMINAL_SHARE * known.get(need.material, 1.0) / units.get(need.product, 1.0)
            for need in needs[needs["nominal"]].itertuples()
        }

    def _arcs(self, pools: pd.DataFrame, made: tuple, inputs: Inputs) -> pd.DataFrame:
        """Every maker ships to every user, unless `arcs` lists the material or bars the arc."""
        makes = np.zeros(len(pools), dtype=bool)
        makes[made[1]] = True
        uses = np.zeros(len(pools), dtype=bool)
        uses[inputs.pool] = True
        listed = self.dataset.tables["arcs"]
        triples = list(zip(listed["material"], listed["from"], listed["to"], strict=True))
        barred = {key for key, kind in zip(triples, listed["kind"], strict=True) if kind == "barred"}
        dated = dict(zip(triples, listed["qualified_from"], strict=True))
        closed = {key[0] for key in dated if key not in barred}
        rows = []
        for material, part in pools.groupby("material", sort=True):
            markets = dict(zip(part.index, part["market"], strict=True))
            for origin in (i for i in part.index if makes[i]):
                for end in (i for i in part.index if i != origin):
                    key = (str(material), markets[origin], markets[end])
                    named = key in self._declared or key in dated
                    if key in barred or not (named or (uses[end] and material not in closed)):
                        continue
                    name = f"{key[0]}:{key[1]}>{key[2]}"
                    rows.append((name, *key, origin, end, dated.get(key, "")))
        columns = ["id", "material", "from", "to", "origin", "destination", "qualified_from"]
        return pd.DataFrame(rows, columns=columns).astype({"origin": int, "destination": int})


_ACTIVITY_COLUMNS = (
    "id", "line", "recipe", "name", "country", "market", "region", "stage", "process",
    "operator", "owner_country", "status", "kind", "material", "element", "line_index",
    "line_units",
)  # fmt: skip


def _owner_countries(operators: pd.DataFrame) -> dict[str, str]:
    """Country of the ultimate owner of each operator."""
    parent = dict(zip(operators["id"], operators["parent_id"], strict=True))
    country = dict(zip(operators["id"], operators["country"], strict=True))

    def top(name: str) -> str:
        seen = {name}
        while parent.get(name) and parent[name] not in seen:
            name = parent[name]
            seen.add(name)
        return name

    return {name: country.get(top(name), "") for name in parent}


def _columns(rows: Sequence[tuple], types: Iterable[type]) -> tuple[np.ndarray, ...]:
    return tuple(
        np.array([row[i] for row in rows], dtype=kind) for i, kind in enumerate(types)
    )


def _number_groups(rows: Sequence[tuple]) -> Inputs:
    keys: dict[object, int] = {}
    group = np.array([keys.setdefault(row[3], len(keys)) for row in rows], dtype=int)
    size = np.bincount(group, minlength=len(keys)) if rows else np.zeros(0, int)
    essential = np.array([row[4] for row in rows], dtype=bool)
    own = (size[group] > 1) | ~essential if rows else np.zeros(0, bool)
    draw = np.full(len(rows), -1)
    draw[own] = np.arange(int(own.sum()))
    user, pool, quantity = _columns(rows, (int, int, float, object, bool))[:3]
    return Inputs(user, pool, quantity, group, essential, draw)
