"""How much each product counts in a total, and which rows a question shows."""

from __future__ import annotations

import numpy as np
import pytest
from networks import Network
from program import shipped_chain

import supplygraph as sg
from supplygraph.engines.month_model import Month
from supplygraph.engines.weights import (
    MOST,
    capped,
    demand_weights,
    product_weights,
    unsized_parts,
)
from tests.solved_networks import Solved


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


@pytest.mark.parametrize("weights", ["level", "sectors"])
def test_sectors_that_weigh_count_the_same(chain, heavy, weights):
    found = _by_sector(chain, heavy.solve(weights=weights, rerouting="none").results.weights)
    assert sum(found.values()) == pytest.approx(1.0)
    assert list(found.values()) == pytest.approx([1 / len(found)] * len(found))


@pytest.mark.slow
@pytest.mark.parametrize("region", ["US", "EU", "JP"])
def test_a_region_shows_its_own_rows_with_the_weights_of_the_world(chain, heavy, region):
    result = heavy.solve(region=region, rerouting="none").results
    assert set(result.table["region"]) == {region, ""}
    demands = chain.network.demands
    here = np.where(demands["region"] == region, demand_weights(chain.baseline), 0.0)
    world = here / here.sum()
    for product, weight in result.weights.items():
        assert weight == pytest.approx(world[(demands["product"] == product).to_numpy()].sum())
    assert sum(result.weights.values()) == pytest.approx(1.0)


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


def uses(sectors: dict[str, int], **demand: dict[str, float]) -> Solved:
    """One mine in C that serves some products in each sector: 10 units in X, or as said."""
    net = Network().places("C", "X", "Y").material("goods", "mine").recipe("dig", {"goods": 1})
    total = 0.0
    for sector, count in sectors.items():
        for number in range(count):
            name = f"{sector}-{number}"
            # Grade D is our own guess: such a product weighs under `level` alone.
            grade = "D" if sector == "chips" and number == 0 else "A"
            net.product(name, {"goods": 1}, sector=sector, grade=grade)
            units = demand.get(name.replace("-", "_"), {"X": 10.0})
            net.demand(name, **units)
            total += sum(units.values())
    net.plant("mine", "C", "dig", capacity=total)
    return net.solve()


def level(solved: Solved) -> dict[str, float]:
    return product_weights(solved.baseline, demand_weights(solved.baseline, "level"))


def test_products_of_a_sector_count_alike_whatever_their_units():
    solved = uses({"autos": 10, "other": 20}, autos_0={"X": 900.0})
    weight = level(solved)
    assert {name: weight[name] for name in ("autos-0", "autos-9", "other-0")} == {
        "autos-0": pytest.approx(1 / 20),
        "autos-9": pytest.approx(1 / 20),
        "other-0": pytest.approx(1 / 40),
    }


def test_no_product_counts_more_than_a_tenth():
    """Two of half of all would count a quarter each: 0.3 goes to ten that had 0.05."""
    weight = level(uses({"autos": 2, "other": 10}))
    assert [weight["autos-0"], weight["autos-1"]] == pytest.approx([MOST, MOST])
    assert [weight[f"other-{n}"] for n in range(10)] == pytest.approx([0.08] * 10)


def test_fewer_than_ten_products_count_alike():
    """A tenth each would leave weight over, so the limit is what all would have alike."""
    assert list(level(uses({"autos": 1, "other": 3})).values()) == pytest.approx([0.25] * 4)


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        # 0.2 above the limit goes to the other of its group, which can just take it.
        ([0.5, 0.1, 0.2, 0.2], [0.3, 0.3, 0.2, 0.2]),
        # 0.3 does, which fills it with 0.1 over: that goes to the other group, two to one.
        ([0.6, 0.1, 0.2, 0.1], [0.3, 0.3, 0.8 / 3, 0.4 / 3]),
        ([0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]),
    ],
)
def test_what_is_above_the_limit_stays_in_its_sector_first(weight, expected):
    found = capped(np.array(weight), np.array(["a", "a", "b", "b"]), 0.3)
    assert found.tolist() == pytest.approx(expected)


def test_a_region_takes_its_part_of_the_worlds_weights():
    """Two products of a half each: a quarter of the first and all of the second lie in X."""
    solved = uses({"autos": 1, "other": 1}, autos_0={"X": 10.0, "Y": 30.0})
    weight = product_weights(solved.baseline, Month(solved.baseline, region="X").weights)
    assert weight == {"autos-0": pytest.approx(0.2), "other-0": pytest.approx(0.8)}


def test_a_need_that_only_we_sized_counts_under_level_alone():
    solved = uses({"autos": 1, "chips": 1})
    assert level(solved) == {"autos-0": pytest.approx(0.5), "chips-0": pytest.approx(0.5)}
    parts = unsized_parts(solved.baseline, demand_weights(solved.baseline))
    assert parts == (0.0, pytest.approx(0.5))
    sized = demand_weights(solved.baseline, "sectors")
    assert product_weights(solved.baseline, sized) == {"autos-0": pytest.approx(1.0)}


def test_a_need_without_a_size_is_told_apart_from_one_that_we_assumed():
    """Half of the weight has no size, although one of its needs has one of ours."""
    net = Network().places("C", "X").material("goods", "mine").material("salt", "mine")
    net.recipe("dig", {"goods": 1}).recipe("leach", {"salt": 1})
    net.product("car", {"goods": 1}, sector="autos", grade="A").demand("car", X=10.0)
    net.product("chip", {"goods": 1, "salt": 1}, sector="chips", grade="D").demand("chip", X=10.0)
    net.plant("mine", "C", "dig", capacity=20.0).plant("pan", "C", "leach", capacity=20.0)
    row = next(row for row in net.tables["needs"] if row["material"] == "salt")
    row["quantity"] = ""
    solved = net.solve()
    parts = unsized_parts(solved.baseline, demand_weights(solved.baseline))
    assert parts == (pytest.approx(0.5), 0.0)
