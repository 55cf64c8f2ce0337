"""How much a lost unit of each product counts in a weighted total.

Default: sectors that hold a weighing product count the same; inside a sector products
count by value if all of them are counted, else the same; inside a product by base units.
A product weighs only if the quantity of one of its needs is better than assumed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from supplygraph.baseline import Baseline
from supplygraph.errors import UsageError
from supplygraph.selectors import did_you_mean

SCHEMES = ("sectors", "value", "equal", "mass")
SECTORS = ("autos", "defence", "chips", "energy", "industry", "other")


def demand_weights(
    baseline: Baseline, scheme: str = "sectors", region: str | None = None
) -> np.ndarray:
    """Weight of every demand row; they sum to 1, or to 0 if nothing weighs.

    Parameters
    ----------
    baseline
        Balanced base year; base units are what the balance serves.
    scheme
        ``sectors`` (default), ``value`` (all counted products by value), ``equal``
        (products equal) or ``mass`` (tonnes of rare-earth inputs needed).
    region
        Weigh what is assembled here alone: its sectors count the same, whatever their part
        of the world's.

    Raises
    ------
    UsageError
        If the scheme is unknown.
    """
    if scheme not in SCHEMES:
        raise UsageError(f"weights '{scheme}': {did_you_mean(scheme, SCHEMES)}")
    table = _weighing(baseline, region)
    if scheme == "mass":
        weight = table["mass"] * table["weighs"]
    elif scheme == "value":
        weight = table["value"].fillna(0.0) * table["weighs"]
    else:
        product = _product_weights(table, scheme)
        weight = table["product"].map(product).fillna(0.0) * table["share"]
    total = weight.sum()
    return (weight / total if total > 0 else weight).to_numpy()


def _weighing(baseline: Baseline, region: str | None) -> pd.DataFrame:
    graph = baseline.graph
    needs = graph.dataset.tables["needs"]
    sized = needs[(needs["quantity_evidence"] != "D") & needs["quantity"].notna()]
    table = graph.demands[["product", "market", "sector", "basis", "value_usd", "kind"]].copy()
    here = np.ones(len(table)) if region is None else (graph.demands["region"] == region)
    table["units"] = baseline.block("demand") * here
    table["weighs"] = (
        table["product"].isin(set(sized["product"]))
        & ~table["kind"].isin(["unnamed", "nominal"])
        & (table["units"] > 0)
    )
    counted = table["basis"] == "counted"
    table["value"] = (table["value_usd"] * table["units"]).where(counted)
    inputs, first = graph.inputs, graph.n_activities
    own = inputs.user >= first
    drawn = np.bincount(inputs.user[own] - first, baseline.drawn[own], minlength=len(table))
    table["mass"] = drawn * here
    total = table.groupby("product")["units"].transform("sum")
    table["share"] = (table["units"] / total.where(total > 0)).fillna(0.0) * table["weighs"]
    return table


def _product_weights(table: pd.DataFrame, scheme: str) -> dict[str, float]:
    products = (
        table[table["weighs"]]
        .groupby("product")
        .agg(sector=("sector", "first"), value=("value", lambda v: v.sum(min_count=len(v))))
    )
    if scheme == "equal":
        return dict.fromkeys(products.index, 1.0)
    weight: dict[str, float] = {}
    for _, part in products.groupby("sector"):
        by_value = bool((part["value"] > 0).all())
        size = part["value"] if by_value else part["value"] * 0 + 1.0
        size = size.fillna(1.0)
        for name, one in zip(part.index, size / size.sum(), strict=True):
            weight[str(name)] = float(one)
    return weight


def product_weights(baseline: Baseline, weights: np.ndarray) -> dict[str, float]:
    """Weight of every product in a total, those without weight left out."""
    products = baseline.graph.demands["product"]
    total = pd.Series(weights).groupby(products.to_numpy()).sum()
    return {str(name): float(value) for name, value in total.items() if value > 0}
