"""Worked examples of structure measures, through the functions that the real data uses."""

import networkx as nx
import pytest

import supplygraph as sg
from supplygraph.analysis.structure.flow_betweenness import flow_betweenness
from supplygraph.analysis.structure.max_flow import FlowProgram, max_flow, most_vital, vitality
from supplygraph.analysis.suppliers.criticality_indices import (
    geopolrisk,
    governance_concentration,
    scaled_governance,
    supply_risk,
)
from tests.worked_examples import MIXED

CAPACITY = {
    "CN_mine": 70,
    "US_mine": 15,
    "AU_mine": 15,
    "CN_sep": 90,
    "MY_sep": 10,
    "CN_met": 92,
    "JP_met": 8,
    "CN_mag": 88,
    "JP_mag": 9,
    "US_mag": 3,
    "auto": 60,
    "def": 5,
    "elec": 35,
}
ARCS = {
    "CN_mine": ["CN_sep"],
    "US_mine": ["CN_sep"],
    "AU_mine": ["MY_sep", "CN_sep"],
    "CN_sep": ["CN_met", "JP_met"],
    "MY_sep": ["JP_met", "CN_met"],
    "CN_met": ["CN_mag", "JP_mag", "US_mag"],
    "JP_met": ["JP_mag", "US_mag"],
    "CN_mag": ["auto", "elec", "def"],
    "JP_mag": ["auto", "def"],
    "US_mag": ["def", "auto"],
}


def chain(scale: float = 1.0) -> nx.DiGraph:
    network = nx.DiGraph([(a, b) for a, ends in ARCS.items() for b in ends])
    capacity = {name: value * scale for name, value in CAPACITY.items()}
    nx.set_node_attributes(network, capacity, "capacity")
    return network


def redundant_pair() -> nx.DiGraph:
    network = nx.DiGraph([("A", "line"), ("B", "line"), ("line", "use"), ("C", "use")])
    capacity = {"A": 8, "B": 8, "line": 8, "C": 7, "use": 15}
    nx.set_node_attributes(network, capacity, "capacity")
    return network


@pytest.mark.parametrize("scale", [1.0, 0.01, 1 / 3, 1e6])
def test_vitality_of_a_chain_of_magnets(scale):
    """Fractions of a tonne as well as megatonnes; 0.7 + 0.15 + 0.15 is no trap."""
    network = chain(scale)
    assert max_flow(network) == pytest.approx(100 * scale, rel=1e-9)
    found = vitality(network)
    wanted = {"CN_met": 92, "CN_sep": 90, "CN_mag": 88, "CN_mine": 70, "AU_mine": 15}
    for name, value in wanted.items():
        assert found[name] == pytest.approx(value * scale, rel=1e-9), name
    assert list(found)[:4] == list(wanted)[:4]
    china = [name for name in CAPACITY if name.startswith("CN_")]
    assert FlowProgram(network).loss(china) == pytest.approx(92 * scale, rel=1e-9)


def test_top_singles_are_not_the_most_vital_pair():
    network = redundant_pair()
    found = vitality(network)
    assert (found["A"], found["B"]) == (0.0, 0.0)
    assert found["C"] == pytest.approx(7)
    plants = {name: (name,) for name in "ABC"}
    assert most_vital(network, 2, plants) == (("A", "B"), 8.0)
    pair, loss = most_vital(network, 2, plants, method="greedy")
    assert "C" in pair and loss == 7.0


def test_shares_that_touched_a_node_by_mixing():
    network = nx.DiGraph()
    network.add_weighted_edges_from(MIXED, weight="flow")
    found = flow_betweenness(network)
    wanted = {
        "CN_sep": 0.86442,
        "CN_mag": 0.73529,
        "CN_mine": 0.67233,
        "US_mine": 0.14407,
        "AU_mine": 0.18360,
    }
    for name, value in wanted.items():
        assert found[name] == pytest.approx(value, abs=5.1e-6), name
    # A country counts once: less than the sum over its stages.
    china = flow_betweenness(network, {"CN": ["CN_mine", "CN_sep", "CN_mag"]})["CN"]
    assert max(wanted.values()) < china < 1.0


GLOBAL = {"CN": 0.68, "US": 0.12, "MM": 0.10, "AU": 0.07, "oth": 0.03}
SOURCING = {"CN": 0.85, "MY": 0.10, "US": 0.05}
WGI = {"CN": 6.1, "US": 3.0, "MM": 8.0, "AU": 1.9, "MY": 4.3, "oth": 5.0}


def test_eu_supply_risk():
    """Form of Blengini et al. 2017; values calculated from the stated inputs, 4 decimals."""
    assert governance_concentration(GLOBAL, WGI) == pytest.approx(2.9577, abs=5.1e-5)
    assert governance_concentration(SOURCING, WGI) == pytest.approx(4.4578, abs=5.1e-5)
    risk = supply_risk(
        GLOBAL, SOURCING, WGI, import_reliance=1.0, recycling_rate=0.01, substitution_index=0.95
    )
    assert risk == pytest.approx(3.4871, abs=5e-5)


def test_eu_supply_risk_rules():
    rates = {"recycling_rate": 0.0, "substitution_index": 1.0}
    # A region that imports nothing net is judged by its sourcing alone.
    own = supply_risk(GLOBAL, SOURCING, WGI, import_reliance=0.0, **rates)
    assert own == pytest.approx(governance_concentration(SOURCING, WGI))
    ban = supply_risk(GLOBAL, SOURCING, WGI, import_reliance=1.0, trade={"CN": 1.1}, **rates)
    assert ban > supply_risk(GLOBAL, SOURCING, WGI, import_reliance=1.0, **rates)
    with pytest.raises(sg.UsageError, match="no score for MY"):
        supply_risk(GLOBAL, SOURCING, {**GLOBAL, "CN": 1.0}, import_reliance=1.0, **rates)
    with pytest.raises(sg.UsageError, match=r"import_reliance 1\.2"):
        supply_risk(GLOBAL, SOURCING, WGI, import_reliance=1.2, **rates)
    with pytest.raises(sg.UndefinedMetricError):
        governance_concentration({}, WGI)


def test_scaled_governance_ends():
    assert (scaled_governance(-2.5), scaled_governance(0.0), scaled_governance(2.5)) == (10, 5, 0)
    with pytest.raises(sg.UsageError, match="61"):
        scaled_governance(61.0)


def test_geopolrisk_by_hand():
    """HHI 0.68; g of CN 0.6, of AU 0.2; 60 + 20 imported, 20 made at home."""
    score = geopolrisk(
        {"CN": 80, "AU": 20}, {"CN": 60, "AU": 20}, {"CN": -0.5, "AU": 1.5}, domestic=20
    )
    assert score == pytest.approx(0.68 * (0.6 * 60 + 0.2 * 20) / 100)
    assert geopolrisk({"CN": 1}, {}, {}, domestic=5) == 0.0
    with pytest.raises(sg.UsageError, match="no score for AU"):
        geopolrisk({"CN": 1}, {"AU": 1}, {}, domestic=5)
    with pytest.raises(sg.UndefinedMetricError):
        geopolrisk({"CN": 1}, {}, {}, domestic=0)
