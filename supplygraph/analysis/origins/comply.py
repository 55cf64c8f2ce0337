"""Is there enough that passes a rule of content: supply against need under both readings.

Mixing takes every tonne that leaves a place as a fair sample of what came in; segregation lets
plants keep clean streams apart. What a certificate can reach lies between the two.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from supplygraph.baseline import Baseline
from supplygraph.dataset import Dataset
from supplygraph.engines.segregated_network import SegregatedNetwork
from supplygraph.engines.segregation import Compliant, compliant_supply
from supplygraph.errors import UsageError
from supplygraph.scenario.calendar import days_of
from supplygraph.scenario.content_test import ContentTest
from supplygraph.scenario.load import scenario_of
from supplygraph.scenario.measures import ContentRule, ImportRestriction, Measure
from supplygraph.scenario.measures.base import Time
from supplygraph.scenario.network_queries import World

LACK = 1e-6
MOST_OF_PRICE = 0.5
NOTES = (
    "one period without stocks, needs of the base year, other measures left out; bound buyers come "
    "first. segregated is what could be had on paper if every plant kept clean streams apart",
    "a row is one sharing among several: quote totals, or ask with --product",
)


def comply_rows(
    baseline: Baseline,
    measure: Measure,
    month: str,
    *,
    product: str | None = None,
    region: str | None = None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Compliant supply against need by product, region and material, and their total.

    Parameters
    ----------
    baseline
        Balanced base year.
    measure
        A rule of content or of purchase by origin.
    month
        Whose capacities and rule count.
    product, region
        Only these buyers; they then come first.

    Raises
    ------
    UsageError
        If no product or region asked for is bound by it.
    """
    world = World(baseline.graph, baseline)
    test = _test(world, measure, month)
    share = _bound(world, test)
    demands = baseline.graph.demands
    for name, wanted in (("product", product), ("region", region)):
        if wanted is not None:
            share = np.where(demands[name] == wanted, share, 0.0)
    share[baseline.block("demand") <= 0] = 0.0
    if not (share > 0).any():
        raise UsageError(
            f"{measure.id}: no product or region you asked for is bound by it in {month}."
        )
    copies = SegregatedNetwork(baseline, test, share)
    needs = _needs(copies)
    tonnes = np.bincount(needs["buyer"], needs["need_t"], minlength=len(copies.bound))
    found = compliant_supply(copies, tonnes, _left(copies), month)
    return _table(copies, needs, found), NOTES


def _test(world: World, measure: Measure, month: str) -> ContentTest:
    """The rule as if in force on all days of the month."""
    days = days_of(month)
    time = Time(days, np.ones(len(days), dtype=bool), int(days[0]))
    return next(iter(measure.tests(world, time)))


def _bound(world: World, test: ContentTest) -> np.ndarray:
    """Share of every demand that counts: users kept from caught goods, else all buyers abroad."""
    if test.by_use or test.home:
        return test.denied.copy()
    graph = world.graph
    begins = set(graph.pools["market"][test.foul])
    drawn = world.demands_for(sorted(set(graph.pools["material"][test.goods])))
    return (drawn & ~graph.demands["market"].isin(begins).to_numpy()).astype(float)


def _left(copies: SegregatedNetwork) -> np.ndarray:
    """Share left of every pass if its goods are caught; what content begins with is left out."""
    test, arcs = copies.test, copies.pass_arcs
    origin = copies.plain.graph.arcs["origin"].to_numpy()[arcs]
    if test.by_use or test.home:
        left = np.zeros(len(arcs))
    else:
        left = np.where(test.arcs[arcs], test.left[arcs], 1.0)
    left[~test.goods[origin]] = 0.0
    own = np.where(test.goods[copies.pass_own], 0.0 if test.home else 1.0, 0.0)
    return np.concatenate([left, own])


def _needs(copies: SegregatedNetwork) -> pd.DataFrame:
    """Tonnes of tested goods that every bound buyer needs a year."""
    graph, inputs = copies.plain.graph, copies.plain.graph.inputs
    number = {int(d): i for i, d in enumerate(copies.bound)}
    rows = []
    for entry in np.flatnonzero(copies.goods[inputs.pool]).tolist():
        demand = int(inputs.user[entry]) - graph.n_activities
        if demand not in number:
            continue
        rows.append(
            {
                "buyer": number[demand],
                "product": str(graph.demands["product"].iat[demand]),
                "region": str(graph.demands["region"].iat[demand]),
                "segment": str(graph.demands["segment"].iat[demand]),
                "material": str(graph.pools["material"].iat[int(inputs.pool[entry])]),
                "need_t": float(copies.plain.drawn[entry] * copies.share[demand]),
            }
        )
    return pd.DataFrame(rows)


def _table(copies: SegregatedNetwork, needs: pd.DataFrame, found: Compliant) -> pd.DataFrame:
    """Rows by product, region and material, then the total."""
    buyer = needs["buyer"].to_numpy()
    table = needs.assign(
        compliant_mixing_t=needs["need_t"] * found.mixing[buyer] + 0.0,
        compliant_segregated_t=needs["need_t"] * found.segregated[buyer] + 0.0,
    )
    keys = ["product", "region", "segment", "material"]
    table = table.groupby(keys, as_index=False).sum().drop(columns="buyer")
    table = table[table["need_t"] > 0]
    total = table.drop(columns=keys).sum().to_dict()
    whole = pd.DataFrame(
        [{"product": "total", "region": "", "segment": "", "material": ""} | total]
    )
    table = pd.concat([table, whole], ignore_index=True)
    short = table["compliant_segregated_t"] < table["need_t"] * (1 - LACK)
    source = _PriceSource(copies, found.prices)
    table["binding"] = [
        source.binding(material) if lacks and material else ""
        for material, lacks in zip(table["material"], short, strict=True)
    ]
    return table


class _PriceSource:
    """Follows the price of clean goods upstream, while one input makes up most of it.

    A plant with several outputs ends the walk: its feed has no price of one of them.
    """

    def __init__(self, copies: SegregatedNetwork, prices: np.ndarray) -> None:
        graph = copies.graph
        material = graph.pools["material"].to_numpy(dtype=object)
        self.price: dict[str, float] = {}
        first = len(copies.plain.graph.pools)
        for name, price in zip(material[first:], prices[first:], strict=True):
            self.price[str(name)] = max(self.price.get(str(name), 0.0), float(price))
        self.takes: dict[str, dict[str, float]] = {}
        made: dict[int, list[tuple[str, float]]] = {}
        for a, pool, quantity in zip(
            graph.made_activity, graph.made_pool, graph.made_quantity, strict=True
        ):
            made.setdefault(int(a), []).append((str(material[pool]), float(quantity)))
        made = {a: outputs for a, outputs in made.items() if len(outputs) == 1}
        inputs = graph.inputs
        for user, pool, quantity in zip(inputs.user, inputs.pool, inputs.quantity, strict=True):
            for good, out in made.get(int(user), []) if pool >= first else []:
                self.takes.setdefault(good, {})[str(material[pool])] = float(quantity) / out

    def binding(self, good: str) -> str:
        """Material at which the price arises."""
        seen = {good}
        while True:
            parts = {
                name: self.price.get(name, 0.0) * quantity
                for name, quantity in self.takes.get(good, {}).items()
                if name not in seen
            }
            best = max(sorted(parts), key=parts.__getitem__, default="")
            if not best or parts[best] <= MOST_OF_PRICE * self.price.get(good, 0.0):
                return good
            good = best
            seen.add(good)


def rule_of(
    dataset: Dataset, name: str, month: str, sets: Sequence[str], compliance: float | None
) -> Measure:
    """A rule of the dataset with parameters changed.

    Parameters
    ----------
    dataset
        Whose measures.
    name
        Id of the measure.
    month
        For windows of its parameters.
    sets
        Changes ``MEASURE.PARAMETER=VALUE``.
    compliance
        Share of exporters that obey, everywhere; as written if None.

    Raises
    ------
    UsageError
        If it is no rule of content, or has no compliance to set.
    """
    content = {"title": "comply", "start": month, "months": 1, "season": False}
    acting = scenario_of(dataset, content, sets, [name], file="comply").acting
    if not acting or not isinstance(acting[0], ContentRule | ImportRestriction):
        raise UsageError(
            f"{name} is not a content rule. Name a measure of kind content_rule or "
            "import_restriction, such as CN-2025-61-CONTENT."
        )
    if compliance is None:
        return acting[0]
    if not isinstance(acting[0], ContentRule):
        raise UsageError(f"--compliance: {name} has none, it binds its buyers. Leave it out.")
    return acting[0].model_copy(update={"compliance": {"*": compliance}})
