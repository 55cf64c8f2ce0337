"""The economic systemic risk index: the worked example, cases solved by hand, invariants."""

from itertools import pairwise

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from program import shipped_chain

import supplygraph as sg
from supplygraph.analysis.structure.firm_network import firms_of
from supplygraph.analysis.structure.systemic_risk import esri, esri_by_firm, firm_network
from supplygraph.errors import NotConvergedError, UndefinedMetricError, UsageError
from supplygraph.schema.commands import command_schema, result_fields
from tests.random_networks import random_network

pytestmark = pytest.mark.sampled

SECTORS = {
    "M1": "mine",
    "M2": "mine",
    "S1": "sep",
    "G1": "mag",
    "G2": "mag",
    "T1": "trim",
    "C1": "car",
    "H": "final",
}
ARCS = [
    ("M1", "S1", 80, "es"),
    ("M2", "S1", 20, "es"),
    ("S1", "G1", 70, "es"),
    ("S1", "G2", 30, "es"),
    ("G1", "C1", 70, "es"),
    ("G2", "C1", 30, "es"),
    ("T1", "C1", 50, "ne"),
    ("C1", "H", 200, "none"),
]


def levels(network, *failed):
    nodes = np.array([network.names.index(name) for name in failed])
    answer = esri(network, [nodes])
    down = dict(zip(network.names, answer.level_down[:, 0].tolist(), strict=True))
    up = dict(zip(network.names, answer.level_up[:, 0].tolist(), strict=True))
    return down, up, answer


def test_the_worked_example():
    scores = esri_by_firm(firm_network(SECTORS, ARCS))
    assert scores["C1"] == pytest.approx(1.0)
    assert scores["S1"] == pytest.approx(500 / 550)
    # sigma of M2 0.25; S1, G1, G2 fall 5 %; C1 0.05 x (.7/.95 x .7 + .3/.95 x .3)
    car = 0.05 * (0.7 / 0.95 * 0.7 + 0.3 / 0.95 * 0.3)
    assert scores["M2"] == pytest.approx((20 + 5 + 3.5 + 1.5 + 200 * car) / 550, abs=1e-12)
    assert round(scores["M2"], 4) == 0.0656


def test_the_dataset_folder_gives_what_the_arcs_give():
    by_hand = esri_by_firm(firm_network(SECTORS, ARCS))
    table = sg.load("esri-toy").structure("esri").table.set_index("id")
    assert len(table) == 7
    for name, row in table.iterrows():
        assert row["esri"] == pytest.approx(by_hand[str(name).upper()], abs=1e-7)
    assert table["rank"].tolist() == sorted(range(1, 8))
    assert table.index[0] == "c1"


def test_market_share_is_inside_the_sum_and_follows_what_is_left_of_the_sector():
    """G1 fails: G2 alone is left, so G1's share is 70/30, at most 1, and C1 loses 70 %."""
    down, up, _ = levels(firm_network(SECTORS, ARCS), "G1")
    assert down["C1"] == pytest.approx(0.3)
    assert (up["S1"], up["M1"], up["T1"]) == pytest.approx((0.3, 0.3, 1.0))


def test_an_input_that_is_not_essential_lowers_by_its_share_of_all_inputs():
    down, _, _ = levels(firm_network(SECTORS, ARCS), "T1")
    assert down["C1"] == pytest.approx(1 - 50 / 150)
    assert down["H"] == 1.0


def test_the_cascades_are_joined_only_at_the_end():
    """M1's loss stops S1; that S1 then buys nothing from M2 is no part of the index."""
    down, up, answer = levels(firm_network(SECTORS, ARCS), "M1")
    assert down["S1"] == pytest.approx(1 - 0.8) and up["M2"] == 1.0
    assert answer.index[0] >= max(answer.downstream[0], answer.upstream[0])


def test_update_is_synchronous():
    """A chain of three firms: the end hears of it in the third pass, and a fourth finds peace."""
    network = firm_network({n: n for n in "abc"}, [("a", "b", 1, "es"), ("b", "c", 1, "es")])
    down, _, answer = levels(network, "a")
    assert down == {"a": 0.0, "b": 0.0, "c": 0.0}
    assert answer.sweeps == 4


def test_a_ring_that_collapses_slowly_settles_or_raises():
    """Each of two firms supplies half of the other's one kind: levels shrink by halves."""
    sectors = {"x": "s", "y": "t", "z": "s"}
    arcs = [("x", "y", 1, "es"), ("z", "y", 1, "es"), ("y", "x", 1, "es")]
    network = firm_network(sectors, arcs)
    _, _, answer = levels(network, "z")
    assert answer.residual <= 1e-9
    with pytest.raises(NotConvergedError, match="downstream cascade still moves by 1 after 1 pass"):
        esri(network, [np.array([2])], max_sweeps=1)


def test_order_of_arcs_changes_nothing():
    first = esri_by_firm(firm_network(SECTORS, ARCS))
    second = esri_by_firm(firm_network(SECTORS, ARCS[::-1]))
    assert first == pytest.approx(second, abs=1e-15)


@pytest.mark.parametrize(
    ("arc", "words"),
    [
        (("M1", "S9", 1, "es"), "no firm 'S9'"),
        (("M1", "S1", 1, "ess"), "Did you mean 'es'"),
        (("M1", "S1", 0, "es"), "Sales are above 0"),
        (("M1", "S1", float("nan"), "es"), "Sales are above 0"),
    ],
)
def test_bad_arcs_are_named(arc, words):
    with pytest.raises(UsageError, match=words):
        firm_network(SECTORS, [arc])


def test_a_network_without_sales_has_no_index():
    with pytest.raises(UndefinedMetricError, match="nobody"):
        firm_network({"a": 1}, [])


@pytest.fixture(scope="module", params=range(8))
def drawn(request):
    return random_network(request.param).solve().baseline


def test_sales_are_what_is_made_less_surplus(drawn):
    network = firms_of(drawn).network
    assert network.sales.sum() == pytest.approx(drawn.made.sum() - drawn.held("surplus").sum())
    bought = np.bincount(network.buyer, network.weight, minlength=len(network.names))
    assert bought[:-1].sum() == pytest.approx(drawn.drawn.sum())
    assert network.importance.sum() == pytest.approx(1.0)


def test_the_index_holds_its_own_share_and_grows_with_what_fails(drawn):
    firms = firms_of(drawn)
    network = firms.network
    rng = np.random.default_rng(7)
    order = rng.permutation(np.unique(firms.node[firms.node >= 0]))
    nested = [order[:count] for count in range(len(order) + 1)]
    index = esri(network, nested).index
    assert index[0] == pytest.approx(0.0, abs=1e-12)
    assert index[-1] == pytest.approx(1.0)
    assert all(a <= b + 1e-9 for a, b in pairwise(index))
    for nodes, value in zip(nested, index, strict=True):
        assert value >= network.importance[nodes].sum() - 1e-9


@pytest.fixture(scope="module")
def shipped():
    return shipped_chain()


@pytest.mark.slow
def test_shipped_ranking_never_ranks_a_rest_and_says_what_it_is_blind_to(shipped):
    results = shipped.structure("esri")
    table = results.table.set_index("id")
    kinds = shipped.dataset["facilities"].set_index("id")["aggregate_kind"]
    ranked = table[table["rank"].notna()]
    assert not set(kinds[ranked.index]) & {"rest", "country"}
    unknown = table[table["rank"].isna()]
    assert unknown["esri"].isna().all() and unknown["esri_upper"].notna().all()
    assert (ranked["esri"] >= ranked[["esri_down", "esri_up"]].max(axis=1) - 1e-12).all()
    assert results.params["blind_to"] and results.params["how_to_read"]
    assert any("passes" in note for note in results.warnings)


@pytest.mark.slow
def test_heavy_separation_in_china_stops_the_f35(shipped):
    asked = {"by": "country-process", "weights": "sectors"}  # which weigh a fighter most
    table = shipped.structure("esri", **asked).table.set_index("id")
    assert table.loc["CN/heavy", "worst_product"] == "f-35"
    assert shipped.structure("esri", by="country-process", product="f-35").table.set_index(
        "id"
    ).loc["CN/heavy", "product_loss"] == pytest.approx(1.0, abs=1e-3)


def test_elements_are_no_firms(shipped):
    with pytest.raises(UsageError, match="by 'element'"):
        shipped.structure("esri", by="element")
    with pytest.raises(UsageError, match="asks about a whole chain"):
        shipped.remove("country=CN").structure("esri")


@pytest.mark.slow
@pytest.mark.parametrize("by", ["facility", "country", "country-stage", "operator"])
def test_the_result_fits_its_schema(shipped, by):
    envelope = shipped.structure("esri", by=by, product="ev").head(200).envelope()
    Draft202012Validator(command_schema("structure")).validate(envelope)
    for row in envelope["results"]:
        assert list(row) == [field.name for field in result_fields("esri")]
