"""How much each product counts in a total, and which rows a question shows."""

from __future__ import annotations

import pytest
from program import shipped_chain

import supplygraph as sg


@pytest.fixture(scope="module")
def chain():
    return shipped_chain()


@pytest.fixture(scope="module")
def heavy(chain):
    return chain.remove("country=CN process=heavy")


def _by_sector(chain, weights: dict[str, float]) -> dict[str, float]:
    products = chain.dataset.tables["products"]
    sector = dict(zip(products["id"], products["sector"], strict=True))
    total: dict[str, float] = {}
    for product, weight in weights.items():
        total[sector[product]] = total.get(sector[product], 0.0) + weight
    return total


@pytest.mark.parametrize("region", [None, "US", "EU", "JP"])
def test_sectors_that_weigh_count_the_same(chain, heavy, region):
    weights = _by_sector(chain, heavy.solve(region=region).results.weights)
    assert sum(weights.values()) == pytest.approx(1.0)
    assert list(weights.values()) == pytest.approx([1 / len(weights)] * len(weights))


def test_a_region_shows_and_weighs_only_what_is_assembled_there(chain, heavy):
    result = heavy.solve(region="US").results
    assert set(result.table["region"].iloc[:-1]) == {"US"}
    demands = chain.network.demands
    assert set(result.weights) <= set(demands.loc[demands["region"] == "US", "product"])


def test_a_product_shows_only_its_own_rows(heavy):
    table = heavy.solve(product="ev").table
    assert set(table["product"]) == {"ev", "total"}
    total = table.iloc[-1]
    weighted = (table["loss_none"] * table["demand"]).iloc[:-1].sum() / table["demand"].sum()
    assert total["loss_none"] == pytest.approx(weighted)
    assert total["loss_least"] <= total["loss_none"] + 1e-9


def test_an_unknown_scheme_is_refused_with_a_product_too(heavy):
    with pytest.raises(sg.UsageError, match="weights 'sector'"):
        heavy.solve(product="ev", weights="sector")
