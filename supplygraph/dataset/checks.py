"""Rules that hold between the rows of a dataset, one ``check_*`` each.

A check takes a dataset and yields faults. Tables that could not be read are left out of what it
sees, so that one broken file does not condemn every row that refers to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from supplygraph.dataset.cells import shorten
from supplygraph.dataset.expressions import check_expressions
from supplygraph.dataset.identity import ancestors, check_keys, check_references
from supplygraph.dataset.loops import check_loops
from supplygraph.dataset.mass import check_mass
from supplygraph.dataset.place_hints import place_hint
from supplygraph.dataset.recipe_checks import (
    check_bundles,
    check_line_counts,
    check_line_units,
    check_quantity_units,
    check_recipes,
)
from supplygraph.dataset.sources import check_provenance
from supplygraph.dataset.tables import ROW, Dataset
from supplygraph.errors import Fault
from supplygraph.schema import hint, table_schema
from supplygraph.tolerances import SHARE_SUM

_RANGES = (("low", "high"), ("weeks_low", "weeks_high"))
# Relative. The balance closes its rows to 1e-9: of an error that is not a thousand times as large
# it cannot tell whether a figure is met.
LEAST_SIGMA = 1e-6
_CENTRES = ("quantity", "units", "value", "central", "weeks_central", "share")


def run_checks(dataset: Dataset, broken: frozenset[str] = frozenset()) -> list[Fault]:
    """Run every check and collect the faults.

    Parameters
    ----------
    dataset
        As read, before grades are filled.
    broken
        Tables that could not be read whole.
    """
    tables = {n: t.iloc[:0] if n in broken else t for n, t in dataset.tables.items()}
    headers = {n: h for n, h in dataset.headers.items() if n not in broken}
    view = replace(dataset, tables=MappingProxyType(tables), headers=MappingProxyType(headers))
    checks = [check for check in CHECKS if not broken & _LEANS_ON.get(check, frozenset())]
    return [fault for check in checks for fault in check(view)]


def check_markets(dataset: Dataset) -> Iterator[Fault]:
    """A market lies in one region."""
    regions: dict[str, str] = {}
    frame = dataset["countries"]
    for row, market, region in zip(frame[ROW], frame["market"], frame["region"], strict=True):
        first = regions.setdefault(market, region)
        if region and first != region:
            rule = f"not the region of market {market}, which is '{first}' further up"
            way_out = "Give all countries of a market one region."
            yield Fault("countries.csv", row, "region", region, rule, way_out)


def check_stock_holders(dataset: Dataset) -> Iterator[Fault]:
    """A holder is a product at a market, a market or a facility."""
    if not all(dataset.has(name) for name in ("products", "countries", "facilities")):
        return
    products = frozenset(dataset["products"]["id"])
    markets = frozenset(dataset["countries"]["market"])
    places = markets | frozenset(dataset["facilities"]["id"])
    frame = dataset["stocks"]
    for row, holder in zip(frame[ROW], frame["holder"], strict=True):
        product, at, market = holder.partition("@")
        good = product in products and market in markets if at else holder in places
        if holder and not good:
            known = (
                tuple(f"{product}@{m}" for m in sorted(markets)) if at else tuple(sorted(places))
            )
            if at and product not in products:
                known = tuple(f"{p}@{market}" for p in sorted(products))
            rule = "no product@market, market or facility"
            near = hint(holder, known).strip()
            if at and product in products:
                near = place_hint(market, dataset["countries"], "market") or near
            way_out = near or "Name one that exists."
            yield Fault("stocks.csv", row, "holder", shorten(holder), rule, way_out)


def check_parents(dataset: Dataset) -> Iterator[Fault]:
    """No facility and no operator is part of itself."""
    for name in ("facilities", "operators"):
        frame = dataset[name]
        parents = dict(zip(frame["id"], frame["parent_id"], strict=True))
        for row, start in zip(frame[ROW], frame["id"], strict=True):
            chain = ancestors(start, parents)
            if start in chain:
                path = " > ".join([start, *chain[: chain.index(start) + 1]])
                way_out = "Clear the parent of one of them."
                rule = f"part of itself ({shorten(path)})"
                yield Fault(f"{name}.csv", row, "parent_id", parents[start], rule, way_out)


def check_child_and_parent(dataset: Dataset) -> Iterator[Fault]:
    """A child with capacity lines and an ancestor with lines are never both counted.

    A ``rest`` only closes a group to its total and may stand beside its members.
    """
    frame = dataset["facilities"]
    parents = dict(zip(frame["id"], frame["parent_id"], strict=True))
    kinds = dict(zip(frame["id"], frame["aggregate_kind"], strict=True))
    lined = set(dataset["capacities"]["facility"])
    for row, plant in zip(frame[ROW], frame["id"], strict=True):
        for above in ancestors(plant, parents) if plant in lined else ():
            if above in lined and above != plant and kinds.get(above) != "rest":
                rule = f"counted twice with '{plant}': both have lines in capacities.csv"
                way_out = "Keep the lines of one, or make the parent the rest of its group."
                yield Fault("facilities.csv", row, "parent_id", above, rule, way_out)


def check_vectors(dataset: Dataset) -> Iterator[Fault]:
    """The shares of a composition sum to 1, and each material has a default vector."""
    frame = dataset["compositions"]
    for (material, variant), rows in frame.groupby(["material", "variant"], sort=True):
        total = float(rows["share"].sum(skipna=False))
        if abs(total - 1) > SHARE_SUM:
            rule = f"a vector ({variant}) whose shares sum to {total:.8g}, not 1"
            way_out = "Give every element, the rest as shares of its own, within 1e-6."
            line = int(rows[ROW].iloc[0])
            yield Fault("compositions.csv", line, "share", str(material), rule, way_out)
    for material, rows in frame.groupby("material", sort=True):
        if "default" not in set(rows["variant"]):
            rule = "a material without a default vector"
            way_out = "Call one of its variants default."
            line = int(rows[ROW].iloc[0])
            yield Fault("compositions.csv", line, "variant", str(material), rule, way_out)


def check_ranges(dataset: Dataset) -> Iterator[Fault]:
    """The central value lies between its low and its high."""
    for name, frame in dataset.tables.items():
        names = table_schema(name).names
        for low, high in _RANGES:
            if low not in names or frame.empty:
                continue
            centre = next((c for c in _CENTRES if c in names), low)
            lows, centres, highs = (frame[c].to_numpy() for c in (low, centre, high))
            wrong = (lows > centres) | (centres > highs) | (lows > highs)
            for index in np.flatnonzero(wrong):
                ends = f"{lows[index]:g} <= {centres[index]:g} <= {highs[index]:g}"
                rule = f"out of order: {ends} does not hold"
                column = centre if not lows[index] > highs[index] else low
                value = f"{frame[column].iloc[index]:g}"
                row = int(frame[ROW].iloc[index])
                yield Fault(f"{name}.csv", row, column, value, rule, "Correct one of the three.")


def check_products(dataset: Dataset) -> Iterator[Fault]:
    """An index product has no value, and its demand shares sum to 1 in each year."""
    products = dataset["products"]
    index = set(products.loc[products["basis"] == "index", "id"])
    valued = products[products["id"].isin(index) & products["value_usd"].notna()]
    for row, value in zip(valued[ROW], valued["value_usd"], strict=True):
        rule, way_out = "given for an index product", "Blank it: its units are unknown."
        yield Fault("products.csv", row, "value_usd", f"{value:g}", rule, way_out)
    demand = dataset["demand"]
    demand = demand[demand["product"].isin(index)]
    for (product, year), rows in demand.groupby(["product", "year"], sort=True):
        total = float(rows["units"].sum(skipna=False))
        if abs(total - 1) > SHARE_SUM:
            rule = f"an index product whose shares of {year:.0f} sum to {total:.8g}, not 1"
            way_out = "Split 1 over its markets."
            yield Fault("demand.csv", int(rows[ROW].iloc[0]), "units", str(product), rule, way_out)


def check_routes(dataset: Dataset) -> Iterator[Fault]:
    """Trade and arcs join two places: delivery inside a market is implied."""
    for name in ("trade", "arcs"):
        frame = dataset[name]
        same = frame[(frame["from"] == frame["to"]) & ~frame["from"].isin(["*", ""])]
        for row, place in zip(same[ROW], same["to"], strict=True):
            rule, way_out = "both origin and destination", "Drop the row."
            yield Fault(f"{name}.csv", row, "to", place, rule, way_out)


def check_sigma(dataset: Dataset) -> Iterator[Fault]:
    """A standard error is well above 0: nothing published is exact."""
    for name, frame in dataset.tables.items():
        if "sigma" in frame.columns:
            exact = frame[(frame["sigma"] >= 0) & (frame["sigma"] < LEAST_SIGMA)]
            for row, sigma in zip(exact[ROW], exact["sigma"], strict=True):
                rule = f"below {LEAST_SIGMA:g}, which claims an exact figure"
                way_out = "Give 0.01 or blank it."
                yield Fault(f"{name}.csv", int(row), "sigma", f"{sigma:g}", rule, way_out)


Check = Callable[[Dataset], Iterable[Fault]]
CHECKS: tuple[Check, ...] = (
    check_keys,
    check_references,
    check_markets,
    check_stock_holders,
    check_parents,
    check_child_and_parent,
    check_vectors,
    check_ranges,
    check_products,
    check_routes,
    check_sigma,
    check_recipes,
    check_bundles,
    check_line_units,
    check_line_counts,
    check_quantity_units,
    check_mass,
    check_loops,
    check_expressions,
    check_provenance,
)
# Without these tables the check would find fault with rows that are right.
_LEANS_ON: dict[Check, frozenset[str]] = {
    check_recipes: frozenset({"compositions"}),
    check_line_counts: frozenset({"compositions", "materials", "recipes"}),
    check_mass: frozenset({"compositions", "materials", "recipes", "elements"}),
    check_loops: frozenset({"compositions", "materials", "recipes", "elements"}),
    check_expressions: frozenset({"compositions", "operators", "materials", "recipes"}),
}
