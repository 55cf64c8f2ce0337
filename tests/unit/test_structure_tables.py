"""Tables of structure on networks small enough to solve by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import Network

import supplygraph as sg
from supplygraph.analysis.structure.dominators import dominators
from supplygraph.analysis.structure.element_networks import Elements
from supplygraph.analysis.structure.flow_betweenness import flow_betweenness
from supplygraph.analysis.structure.max_flow import max_flow, vitality
from supplygraph.analysis.suppliers.import_dependence import dependence_table
from supplygraph.analysis.suppliers.region_flows import RegionSupply
from supplygraph.analysis.suppliers.supply_shares import Supply, concentration_table

QUANTITIES = st.dictionaries(st.sampled_from("abcde"), st.floats(0.01, 100.0), max_size=5)


def two_mines() -> Network:
    """Mines A 60 of 60 t and B 40 of 80 t; half of the ore becomes oxide in C, for 50 cars."""
    net = Network().places("A", "B", "C")
    net.material("ore", "mine").material("oxide", "separation")
    for row in net.tables["materials"]:
        row["element"] = "Dy"
    net.recipe("dig", {"ore": 1}).recipe("split", {"oxide": 0.5}, {"ore": 1})
    net.plant("mine-a", "A", "dig", capacity=60).plant("mine-b", "B", "dig", capacity=80)
    net.plant("works", "C", "split", capacity=100)
    net.product("car", {"oxide": 1}).demand("car", C=50)
    net.observe("output(id=mine-a)", 60).observe("output(id=mine-b)", 40)
    net.trade("ore", "A", "C", 60).trade("ore", "B", "C", 40)
    return net


@pytest.fixture(scope="module")
def solved():
    return two_mines().solve()


def test_element_network_by_hand(solved):
    program = solved.program
    elements = Elements(solved.baseline, program.activity_upper, program.line_upper)
    network = elements.network("Dy")
    assert max_flow(network) == pytest.approx(50, rel=1e-6)
    mines = {
        name: [node for node in network if node.startswith(name)]
        for name in ("mine-a", "mine-b", "works")
    }
    # Without A, B digs 80: 40 t of oxide, 10 short. Without B, A cannot dig more: 20 short.
    assert vitality(network, mines) == pytest.approx({"works": 50, "mine-b": 20, "mine-a": 10})
    assert flow_betweenness(network, mines) == pytest.approx(
        {"works": 1.0, "mine-a": 0.6, "mine-b": 0.4}
    )
    whole = elements.all_inputs("any")
    gone = {"a": mines["mine-a"], "both": mines["mine-a"] + mines["mine-b"], "w": mines["works"]}
    assert dominators(whole, ["car@C"], gone) == {"car@C": ("both", "w")}


def test_region_by_hand(solved):
    table, notes = dependence_table(solved.baseline, "C")
    rows = table.set_index("id")
    assert notes == ()
    ore = rows.loc["ore"]
    assert (ore["own_make"], ore["import_dependence"]) == (0.0, 1.0)
    assert ore["origins"] == pytest.approx({"A": 0.6, "B": 0.4}, rel=1e-6)
    assert ore["hhi"] == pytest.approx(0.52, rel=1e-6)
    # Both mines are observed to 5 %, within the slack of 2 % neither can take the other's place.
    assert 0.55 < ore["largest_low"] <= ore["largest_share"] <= ore["largest_high"] < 0.65
    assert ore["largest_share"] == pytest.approx(0.6, rel=1e-6)
    assert rows.loc["oxide", "net_import_reliance"] == 0.0
    at_home, _ = dependence_table(solved.baseline, "A")
    mine = at_home.set_index("id").loc["ore"]
    assert (mine["note"], mine["exports"]) == ("net exporter", pytest.approx(60, rel=1e-6))
    assert np.isnan(mine["net_import_reliance"])
    with pytest.raises(sg.UsageError, match="no region 'Z'"):
        dependence_table(solved.baseline, "Z")


def test_concentration_by_hand(solved):
    rows = concentration_table(solved.baseline).set_index("id")
    mine = rows[(rows["kind"] == "stage")].loc["mine"]
    assert mine["hhi"] == pytest.approx(0.52, rel=1e-6)
    assert mine["top_three"] == pytest.approx({"A": 0.6, "B": 0.4}, rel=1e-6)
    assert rows[rows["kind"] == "element"].loc["Dy", "largest"] == "C"
    with pytest.raises(sg.UsageError, match="no element 'Nd'"):
        concentration_table(solved.baseline, element="Nd")


def test_reliance_as_usgs_counts_it():
    supply = RegionSupply(own=20.0, imports={"CN": 70.0, "MY": 30.0}, exports=40.0, arcs={})
    assert supply.import_dependence == pytest.approx(100 / 120)
    assert supply.net_import_reliance == pytest.approx(60 / 80)
    assert supply.share_of("CN", "origin_share") == pytest.approx(0.7)
    assert supply.share_of("CN", "use_share") == pytest.approx(70 / 120)
    idle = RegionSupply(0.0, {}, 0.0, {})
    assert np.isnan(idle.import_dependence) and np.isnan(idle.net_import_reliance)


@pytest.mark.slow
@settings(deadline=None)
@given(QUANTITIES, QUANTITIES, st.floats(0.0, 50.0), st.randoms(use_true_random=False))
def test_bounds_hold_whoever_stands_behind_the_unknown(known, pooled, unknown, random):
    pooled = {f"pool-{name}": quantity for name, quantity in pooled.items()}
    supply = Supply(known, pooled, unknown, {}, {})
    if supply.total <= 0:
        return
    low, high = supply.bounds()
    assert 0 <= low <= high + 1e-12 <= 1 + 1e-9
    assert low - 1e-12 <= sg.concentration(supply.all) <= high + 1e-12
    # Any sharing of the unknown among known suppliers and newcomers, pools whole or split.
    guess = dict(known)
    left = unknown
    for name in [*sorted(known), "new-1", "new-2"]:
        part = left * random.random()
        guess[name] = guess.get(name, 0.0) + part
        left -= part
    guess["new-3"] = left
    for name, quantity in pooled.items():
        cut = random.random()
        guess[f"{name}-1"], guess[f"{name}-2"] = quantity * cut, quantity * (1 - cut)
    assert low - 1e-9 <= sg.concentration(guess) <= high + 1e-9


def test_unrecorded_output_counts_in_the_index_but_not_in_its_lower_bound():
    supply = Supply({"CN": 80.0, "MY": 20.0}, {}, 0.0, {"CN": 30.0}, {})
    low, high = supply.bounds()
    assert high == pytest.approx(0.8**2 + 0.2**2) == sg.concentration(supply.all)
    assert low == pytest.approx(0.5**2 + 0.2**2)
