"""Origin through the compiled network: by hand, and on the shipped data."""

import json
import math
import re

import numpy as np
import pytest
from networks import Network
from program import shipped_chain
from random_networks import random_network

from supplygraph.analysis.origins.element_content import ElementNetwork
from supplygraph.analysis.origins.origin_ranges import AllowedFlows
from supplygraph.analysis.origins.trace import sums, trace
from supplygraph.errors import UndefinedMetricError, UsageError

pytestmark = pytest.mark.sampled


def example(element: str) -> Network:
    """The example of docs/methods/mixing.md, as plants, markets and trade; every figure agrees."""
    net = Network().places("CN", "US", "AU", "MY", "JP", "EU")
    for name, stage in (("ore", "mine"), ("oxide", "separation"), ("magnet", "magnet")):
        net.material(name, stage)
    for row in net.tables["materials"]:
        row["element"] = element
    net.recipe("dig", {"ore": 1}).recipe("separate", {"oxide": 1}, {"ore": 1})
    net.recipe("press", {"magnet": 1}, {"oxide": 1})
    net.product("ev", {"magnet": 1}).demand("ev", EU=68)
    mined, separated, made = (
        {"CN": 70, "US": 15, "AU": 15},
        {"CN": 90, "MY": 10},
        {"CN": 82, "JP": 18},
    )
    for recipe, stage in (("dig", mined), ("separate", separated), ("press", made)):
        for place, tonnes in stage.items():
            net.plant(f"{recipe}-{place.lower()}", place, recipe)
            net.observe(f"output(id={recipe}-{place.lower()})", tonnes)
    for material, origin, to, tonnes in (
        ("ore", "US", "CN", 15),
        ("ore", "AU", "CN", 5),
        ("ore", "AU", "MY", 10),
        ("oxide", "CN", "JP", 10),
        ("oxide", "MY", "JP", 8),
        ("oxide", "MY", "CN", 2),
        ("magnet", "CN", "EU", 50),
        ("magnet", "JP", "EU", 18),
    ):
        net.trade(material, origin, to, tonnes)
    return net


def share(table, stage, country, what="place"):
    rows = table[(table["stage"] == stage) & (table["what"] == what)]
    return float(rows.loc[rows["country"] == country, "share"].sum())


@pytest.mark.slow
@pytest.mark.parametrize("element", ["", "Dy"])
def test_the_worked_example_through_the_whole_chain(element):
    table, warnings = trace(example(element).solve().baseline, "ev", element=element or None)
    for country, expected in (("CN", 0.67233), ("US", 0.14407), ("AU", 0.18360)):
        assert share(table, "mine", country) == pytest.approx(expected, abs=6e-6)
    assert share(table, "separation", "CN") == pytest.approx(0.86442, abs=6e-6)
    assert share(table, "magnet", "CN") == pytest.approx(0.73529, abs=6e-6)
    assert share(table, "any", "CN", "touched-place") == pytest.approx(1 - 8 / 68, abs=1e-6)
    assert bool(warnings) == (element == "")
    # Every figure agrees and nothing is loose: the ranges hold little more than the share.
    # (The slack in the deviation is next to nothing where the deviation is.)
    rows = table[table["what"] == "place"]
    assert (rows["share_high"] - rows["share_low"]).max() < 0.03
    assert all(total == pytest.approx(1, abs=1e-12) for total in sums(table).values())


def mixed(net: Network) -> Network:
    """Scrap, unrecorded supply, an unnamed owner, a skipped stage and two joint outputs."""
    net.places("A", "B", "C")
    for name, stage in (("ore", "mine"), ("dy-oxide", "separation"), ("nd-oxide", "separation")):
        net.material(name, stage)
    net.material("dy-metal", "metal")
    elements = {"ore": "", "dy-oxide": "Dy", "nd-oxide": "Nd", "dy-metal": "Dy"}
    for row in net.tables["materials"]:
        row["element"] = elements[row["id"]]
    for element, part in (("Dy", 0.25), ("Nd", 0.75)):
        net.add("compositions", material="ore", variant="default", element=element, share=part)
    net.recipe("dig", {"ore": 1})
    net.recipe("split", {"dy-oxide": 0.2, "nd-oxide": 0.6}, {"ore": 1})
    net.recipe("scrap", {"dy-oxide": 1}).recipe("hole", {"dy-oxide": 1})
    net.recipe("smelt", {"dy-metal": 1}, {"dy-oxide": 1})
    net.plant("mine-a", "A", "dig").observe("output(id=mine-a)", 100)
    net.plant("split-a", "A", "split").observe("activity(id=split-a)", 100, unit="t_reo/yr")
    net.plant("scrap-a", "A", "scrap", process="recycle").observe("output(id=scrap-a)", 15)
    net.plant("hole-a", "A", "hole", process="unrecorded").observe("output(id=hole-a)", 5)
    net.plant("smelt-b", "B", "smelt").observe("output(id=smelt-b)", 30)
    net.product("lamp", {"dy-metal": 1, "dy-oxide": 1}).demand("lamp", C=10)
    net.trade("dy-oxide", "A", "B", 30).trade("dy-oxide", "A", "C", 10)
    return net.trade("dy-metal", "B", "C", 10)


def test_scrap_holes_and_skipped_stages_have_rows():
    table, _ = trace(mixed(Network()).solve().baseline, "lamp", element="Dy", by="all")
    place = table[table["what"] == "place"]
    found = {
        (row.stage, row.kind, row.country): row.share for row in place.itertuples() if row.share > 0
    }
    assert found == {
        ("mine", "mine", "A"): pytest.approx(0.5, abs=1e-6),
        ("mine", "scrap", "A"): pytest.approx(0.375, abs=1e-6),
        ("mine", "unrecorded", "A"): pytest.approx(0.125, abs=1e-6),
        ("separation", "plant", "A"): pytest.approx(0.5, abs=1e-6),
        ("separation", "scrap", "A"): pytest.approx(0.375, abs=1e-6),
        ("separation", "unrecorded", "A"): pytest.approx(0.125, abs=1e-6),
        ("metal", "plant", "B"): pytest.approx(0.5, abs=1e-6),
        ("metal", "skipped", ""): pytest.approx(0.5, abs=1e-6),
        ("product", "assembly", "C"): pytest.approx(1),
    }
    stock = place[place["kind"] == "stock"].iloc[0]
    assert stock["share"] == 0 and stock["flags"] == ("stocks_held",)
    assert all(total == pytest.approx(1, abs=1e-12) for total in sums(table).values())
    lead = table[table["what"] == "sentence"].iloc[0]
    assert lead["stage"] in ("mine", "separation") and "from ore or from scrap" in lead["text"]


def test_owner_is_the_last_on_file_that_year():
    net = mixed(Network())
    net.add("operators", id="op", name="Op", country="A", parent_id="big", share=0.6, year=2024)
    net.add("operators", id="big", name="Big", country="B", parent_id="late", share=1, year=2026)
    net.add("operators", id="late", name="Late", country="C", parent_id="")
    table, _ = trace(net.solve().baseline, "lamp", element="Dy", by="owner")
    owners = table[table["what"] == "owner"]
    assert set(owners.loc[owners["share"] > 0, "owner_country"]) == {"B", ""}  # '' skipped metal
    stakes = owners.loc[owners["owner_country"] == "B", "owner_share"].dropna()
    assert len(stakes) and set(stakes.round(9)) == {0.6}
    touched = table[(table["what"] == "touched-owner") & (table["owner_country"] == "B")].iloc[0]
    assert touched["share"] == pytest.approx(1)
    assert touched["split"] == {"A": pytest.approx(1, abs=1e-6)} or "B" in touched["split"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "says"),
    [
        ({"product": "evv"}, "Did you mean 'ev'"),
        ({"product": "ev", "region": "XX"}, "no 'ev' is assembled there"),
        ({"product": "ev", "element": "Dyy"}, "Did you mean 'Dy'"),
        ({"product": "ev", "element": "Sc"}, "holds none in the balance. It holds Dy"),
        ({"product": "ev", "by": "plce"}, "Did you mean 'place'"),
        ({"product": "ev", "ranges": "al"}, "Did you mean 'all'"),
    ],
)
def test_questions_that_have_no_answer(chain, question, says):
    with pytest.raises(UsageError, match=re.escape(says)):
        chain.trace(**question)


@pytest.mark.slow
def test_a_chain_with_removals_is_not_traced(chain):
    with pytest.raises(UsageError, match="trace asks about a whole chain"):
        chain.remove("country=MM").trace("ev")


def test_a_product_that_nothing_reaches():
    net = mixed(Network())
    net.product("idle", {"dy-metal": 1})
    baseline = net.demand("idle", C=1).solve().baseline
    x = baseline.x.copy()
    block = baseline.columns.block("demand")
    x[block] = np.where(baseline.graph.demands["product"] == "idle", 0.0, x[block])
    from dataclasses import replace

    with pytest.raises(UndefinedMetricError, match="serves no 'idle'"):
        trace(replace(baseline, x=x), "idle")


@pytest.fixture(scope="module")
def chain():
    return shipped_chain()


@pytest.fixture(scope="module")
def dysprosium(chain):
    return chain.trace("ev", region="US", element="Dy", by="all").table


@pytest.mark.slow
def test_shares_of_the_shipped_data_add_up_and_lie_in_their_ranges(dysprosium):
    assert {key[1] for key in sums(dysprosium)} == {
        "mine",
        "separation",
        "metal",
        "magnet",
        "product",
    }
    for total in sums(dysprosium).values():
        assert total == pytest.approx(1, abs=1e-7)  # each of some dozen to nine decimals
    low, high = dysprosium["share_low"], dysprosium["share_high"]
    assert (low <= dysprosium["share"]).all() and (dysprosium["share"] <= high).all()
    assert (low >= 0).all() and (high <= 1).all()
    kinds = set(dysprosium.loc[dysprosium["stage"] == "mine", "kind"])
    assert kinds == {"mine", "scrap", "unrecorded", "stock", "total"} & kinds
    assert {"mine", "scrap", "unrecorded", "stock"} <= kinds


@pytest.mark.slow
def test_touched_is_at_least_every_stage(dysprosium):
    for what, column in (("place", "country"), ("owner", "owner_country")):
        touched = dysprosium[dysprosium["what"] == f"touched-{what}"].set_index(column)["share"]
        stages = dysprosium[(dysprosium["what"] == what) & dysprosium[column].isin(touched.index)]
        largest = stages[stages["stage"] != "product"].groupby(["stage", column])["share"].sum()
        for (_, country), value in largest.items():
            assert value <= touched[country] + 1e-7


@pytest.mark.slow
def test_flows_that_fit_as_well_break_no_range(chain, dysprosium):
    """Corners of the flows allowed, drawn at random, and their own proportional mixing."""
    baseline = chain.baseline
    allowed = AllowedFlows(baseline)
    graph, columns = baseline.graph, baseline.columns
    network = ElementNetwork(graph, columns, "Dy")
    demands = graph.demands
    start_at = np.flatnonzero((demands["product"] == "ev") & (demands["region"] == "US"))
    rng = np.random.default_rng(11)
    into = graph.arcs["to"].isin(["US", "JP", "VN"]) & graph.arcs["material"].isin(
        ["dy-oxide", "dy-metal", "ndfeb-hre"]
    )
    arcs = columns.start["arc"] + np.flatnonzero(into.to_numpy())
    stage, country = (graph.activities[name].to_numpy() for name in ("stage", "country"))
    wide = {}
    for _ in range(25):
        x = allowed.greatest(arcs, rng.normal(size=len(arcs)))
        flows = network.flows(x[: columns.total])
        if flows.inflow[start_at].sum() < 1e-6:
            continue
        start = np.zeros(network.size)
        start[start_at] = flows.inflow[start_at] / flows.inflow[start_at].sum()
        for name in ("mine", "separation", "metal", "magnet"):
            stops = np.zeros(network.size, dtype=bool)
            stops[network.activity :] = stage == name
            visits = flows.mixing.visits(start, stops)[network.activity :]
            rows = dysprosium[(dysprosium["stage"] == name) & (dysprosium["what"] == "place")]
            for place, part in rows[rows["kind"].isin(["mine", "plant", "scrap"])].groupby(
                "country"
            ):
                mask = (stage == name) & (country == place)
                if name == "mine" and "scrap" in set(part["kind"]):
                    continue  # its scrap is recycled at another stage
                found = float(visits[mask].sum())
                assert part["share_low"].sum() - 1e-4 <= found <= part["share_high"].sum() + 1e-4
                wide.setdefault((name, place), []).append(found)
    assert max(np.ptp(values) for values in wide.values()) > 0.2  # the flows drawn do differ


@pytest.mark.slow
def test_the_sentence_says_no_more_than_its_row(chain, dysprosium):
    row = dysprosium[dysprosium["what"] == "sentence"].iloc[0]
    text = row["text"]
    assert text.startswith(
        "Battery and plug-in hybrid cars, assembled in the United States in 2024:"
    )
    low, high = (int(n) / 100 for n in re.search(r"allow (\d+) % to (\d+) %", text).groups())
    assert low <= row["share_low"] <= low + 0.01 and high - 0.01 <= row["share_high"] <= high
    assert "dysprosium was separated" in text and "in China" in text
    assert f"weakest evidence {row['evidence']}" in text
    assert "over 99 %" in text and row["share"] > 0.99


@pytest.mark.slow
def test_a_plant_abroad_is_told_from_its_owner(chain):
    table = chain.trace("ev", element="Dy", by="all", ranges="none").table
    vietnam = table[(table["country"] == "VN") & (table["stage"] == "magnet")].iloc[0]
    assert vietnam["split"].keys() - {"VN", "not stated"}
    assert table["share_low"].isna().all() or table["what"].eq("place").any()
    abroad = table[(table["what"] == "owner") & (table["owner_country"] == "JP")]
    assert any("VN" in split for split in abroad["split"])


@pytest.mark.slow
def test_the_answer_is_plain_and_the_same_each_time(chain):
    first, second = (chain.trace("f-35", element="Sm").to_json() for _ in range(2))
    assert first == second
    rows = json.loads(first)["results"]
    assert all(math.isfinite(row["share"]) for row in rows)
    assert {row["region"] for row in rows} == {""}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(0, 30, 6))
def test_on_any_network_stages_add_up_and_the_balance_is_in_range(seed):
    baseline = random_network(seed).solve().baseline
    for product in sorted(set(baseline.graph.demands["product"])):
        try:
            table, _ = trace(baseline, product, by="all")
        except UndefinedMetricError:
            continue
        for total in sums(table).values():
            assert total == pytest.approx(1, abs=1e-9)
        known = table.dropna(subset=["share_low", "share_high"])
        assert (known["share_low"] <= known["share"] + 1e-9).all()
        assert (known["share"] <= known["share_high"] + 1e-9).all()
