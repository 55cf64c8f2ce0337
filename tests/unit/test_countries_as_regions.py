"""A country with a market of its own may be asked for as a region is, and changes no flow."""

from __future__ import annotations

import pytest
from networks import Network
from program import shipped_chain

import supplygraph as sg
from supplygraph.api.questions import seen_from
from supplygraph.errors import UsageError
from supplygraph.scenario.bounds import compose
from supplygraph.scenario.load import scenario_of


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """C sends 100 t to cars in A and B, which are both told as region R, and in U."""
    net = Network().places("C", "U").material("mag", "magnet").recipe("sinter", {"mag": 1})
    for place in ("A", "B"):
        net.add("countries", id=place, name=place, market=place, region="R")
    net.plant("c", "C", "sinter", capacity=100)
    for place, units in (("A", 50), ("B", 30), ("U", 20)):
        net.trade("mag", "C", place, units)
    net.product("car", {"mag": 1}).demand("car", A=50, B=30, U=20)
    return sg.load(net.write(tmp_path_factory.mktemp("network")))


def test_rows_are_told_by_country_and_only_it_counts(chain):
    stopped = chain.stop_exports("id=c share=0.5")
    of_region, of_country = (stopped.solve(region=place) for place in ("R", "A"))
    assert of_region.shortage(by=["product", "region"])["demand"].tolist() == pytest.approx([80])
    rows = of_country.shortage(by=["product", "region"])
    assert rows["region"].tolist() == ["A"] and rows["demand"].tolist() == pytest.approx([50])
    assert rows["loss_none"].tolist() == pytest.approx([0.5], abs=1e-6)
    ranked = chain.rank("facility", region="A").table.iloc[0]
    assert (ranked["worst_region"], ranked["loss_abroad_none"]) == ("A", pytest.approx(1.0))


def test_the_chain_itself_stays_and_answers_alike(chain):
    before = chain.network.demands["region"].tolist()
    assert seen_from(chain, "A") is not chain and seen_from(chain, "R") is chain
    assert seen_from(chain, "A").loaded is seen_from(chain, "A").loaded
    assert chain.network.demands["region"].tolist() == before
    assert (seen_from(chain, "A").baseline.x == chain.baseline.x).all()


def test_what_a_measure_says_of_a_region_still_reaches_the_country(chain):
    seen = seen_from(chain, "A")
    shift = {"id": "m", "kind": "demand_shift", "products": ["car"], "markets": ["R"]}
    told = {"title": "t", "start": "2025-01", "months": 1}
    scenario = scenario_of(
        chain.dataset, told | {"measures": [shift | {"factor": 0.5, "effective": "2025-01"}]}
    )
    for each in (chain, seen):
        found = compose(each.network, each.baseline, scenario)
        halved = each.network.demands["market"][found.demand[0] < 1]
        assert sorted(halved) == ["A", "B"]


def test_a_country_inside_a_shared_market_is_sent_to_its_region():
    with pytest.raises(UsageError, match=r"no region 'DE'.*Did you mean 'EU'"):
        shipped_chain().rank("country", region="DE")


@pytest.mark.slow
def test_every_question_of_the_shipped_data_takes_a_country():
    chain = shipped_chain()
    assert chain.rank("country", region="united kingdom").params["region"] == "GB"
    trace = chain.trace("ev", element="Dy", region="GB").table
    assert set(trace["region"]) == {"GB"}
    cover = chain.cover(product="ev", region="GB").table
    assert len(cover) and set(cover["region"]) == {"GB"}
    run = chain.run("april-2025-shock", product="ice", region="GB", rerouting="none").table
    assert set(run["region"]) - {""} == {"GB"}
    shares = chain.structure("dependence", region="GB").table
    assert len(shares)
