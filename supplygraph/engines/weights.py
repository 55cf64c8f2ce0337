"""How much a lost unit of each product counts in a weighted total.

``level``, the default of losses: sectors count the same; inside a sector its products count the
same, whether their needs are sized or nobody knows their size; inside a product its markets by base
units. Unnamed uses do not count. No product counts more than a tenth: what it has above that goes
to the others of its sector in proportion, and what they cannot take to the other sectors.

``sectors``: sectors that hold a weighing product count the same; inside a sector products count by
value if all of them are counted, else the same. There, and in every scheme but ``level``, a product
weighs only if the quantity of one of its needs is better than assumed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from supplygraph.baseline import Baseline
from supplygraph.errors import UsageError
from supplygraph.hints import did_you_mean

SCHEMES = ("level", "sectors", "value", "equal", "mass")
SECTORS = ("autos", "defence", "chips", "energy", "industry", "other")
ROUNDING = 1e-12  # of weights that sum to 1
MOST = 0.1  # of a total under `level`: no product should decide a ranking by itself


def demand_weights(baseline: Baseline, scheme: str = "level") -> np.ndarray:
    """Weight of every demand row; they sum to 1, or to 0 if nothing weighs.

    Parameters
    ----------
    baseline
        Balanced base year; base units are what the balance serves.
    scheme
        ``level``, ``sectors``, ``value`` (all counted products by value), ``equal`` (products
        equal) or ``mass`` (tonnes of rare-earth inputs needed).

    Raises
    ------
    UsageError
        If the scheme is unknown.
    """
    if scheme not in SCHEMES:
        raise UsageError(f"weights '{scheme}': {did_you_mean(scheme, SCHEMES)}")
    table = _weighing(baseline)
    if scheme == "mass":
        weight = table["mass"] * table["weighs"]
    elif scheme == "level":
        weight = table["product"].map(_level(table)).fillna(0.0) * table["share_of_all"]
    elif scheme == "value":
        weight = table["value"].fillna(0.0) * table["weighs"]
    else:
        product = _product_weights(table, scheme)
        weight = table["product"].map(product).fillna(0.0) * table["share"]
    total = weight.sum()
    return (weight / total if total > 0 else weight).to_numpy()


def _weighing(baseline: Baseline) -> pd.DataFrame:
    graph = baseline.graph
    needs = graph.dataset.tables["needs"]
    sized = needs[(needs["quantity_evidence"] != "D") & needs["quantity"].notna()]
    table = graph.demands[["product", "market", "sector", "basis", "value_usd", "kind"]].copy()
    table["units"] = baseline.block("demand")
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
    table["mass"] = drawn
    total = table.groupby("product")["units"].transform("sum")
    table["share_of_all"] = (table["units"] / total.where(total > 0)).fillna(0.0)
    table["share"] = table["share_of_all"] * table["weighs"]
    return table


def _level(table: pd.DataFrame) -> dict[str, float]:
    """Products of a sector alike and sectors alike, with no product above `MOST`."""
    some = table[(table["units"] > 0) & (table["kind"] != "unnamed")]
    sector = some.groupby("product")["sector"].first()
    if sector.empty:
        return {}
    alike = 1.0 / sector.map(sector.value_counts()) / sector.nunique()
    weight = capped(alike.to_numpy(), sector.to_numpy().astype(str), MOST)
    return {str(name): float(one) for name, one in zip(sector.index, weight, strict=True)}


def capped(weight: np.ndarray, group: np.ndarray, most: float) -> np.ndarray:
    """Weights with none above a limit: the excess goes to the own group, then to all others.

    Parameters
    ----------
    weight
        Weights that sum to 1.
    group
        Group of each.
    most
        Limit; at least what all would have if they were alike, so that it can be kept.

    Examples
    --------
    The first group has one member, which keeps 0.4; the second takes the rest:

    >>> capped(np.array([0.5, 0.3, 0.2]), np.array(["a", "b", "b"]), 0.4).round(6).tolist()
    [0.4, 0.36, 0.24]
    """
    most = max(most, 1.0 / len(weight))
    weight = weight.copy()
    for _ in range(2 * len(weight)):  # each pass fills one weight or more
        over = np.maximum(weight - most, 0.0)
        if over.sum() <= ROUNDING:
            break
        weight = np.minimum(weight, most)
        for name in np.unique(group[over > 0]):
            inside = group == name
            weight, left = _spread(weight, inside, over[inside].sum(), most)
            weight, _ = _spread(weight, ~inside, left, most)
    return weight


def _spread(
    weight: np.ndarray, where: np.ndarray, amount: float, most: float
) -> tuple[np.ndarray, float]:
    """Weights with an amount added in proportion to some of them, and what has no place."""
    open_ = where & (weight < most - ROUNDING)
    if not open_.any():
        return weight, amount
    return weight + np.where(open_, amount * weight / weight[open_].sum(), 0.0), 0.0


def unsized_parts(baseline: Baseline, weights: np.ndarray) -> tuple[float, float]:
    """Parts of all weights on products one of whose essential needs nobody else has sized.

    Parameters
    ----------
    baseline
        Balanced base year.
    weights
        Weight of every demand row.

    Returns
    -------
    blank : float
        Products with a need that has no size at all.
    assumed : float
        Products without such a need, but with one whose size is our own assumption (grade D).
    """
    blank, assumed = unsized_products(baseline)
    total = float(weights.sum())
    product = baseline.graph.demands["product"]
    parts = (weights[product.isin(names).to_numpy()].sum() for names in (blank, assumed))
    blank_part, assumed_part = (float(part) / total if total > 0 else 0.0 for part in parts)
    return blank_part, assumed_part


def unsized_products(baseline: Baseline) -> tuple[set[str], set[str]]:
    """Products with an essential need that has no size, and others with one that we assumed."""
    needs = baseline.graph.dataset.tables["needs"]
    essential = needs["essential"]
    blank = set(needs.loc[essential & needs["quantity"].isna(), "product"])
    ours = set(needs.loc[essential & (needs["quantity_evidence"] == "D"), "product"])
    return blank, ours - blank


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
