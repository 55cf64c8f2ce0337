"""Projects solved by hand: ramps, steps, delays, what nobody states, double counting, words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from networks import Network

import supplygraph as sg
from supplygraph.dataset import read_dataset
from supplygraph.errors import DatasetError, UsageError
from supplygraph.graph import SupplyGraph
from supplygraph.scenario.portfolios import Portfolio, chosen, with_projects
from supplygraph.scenario.projects import deals_of, projects_of
from tests.solved_networks import Solved

pytestmark = pytest.mark.sampled


def planned(**keys: object) -> Network:
    """A mine of 100 t; from 2026-01 it is planned to dig 220 t and a second one 60 t."""
    net = Network().places("A").material("met", "mine").recipe("melt", {"met": 1})
    net.plant("old", "A", "melt", capacity=100).later("old", "2026-01", 220)
    net.plant("new", "A", "melt", capacity=60, status="project")
    net.tables["capacities"][-1]["from_date"] = "2026-01"
    net.product("car", {"met": 1}).demand("car", A=100)
    line = {"facility": "old", "full": "2027-01"}
    net.document("projects", "raise", title="Raise", lines=[line], firmness="binding")
    one = {"facility": "new", "full": "2026-01", **keys}
    return net.document("projects", "new", title="New", lines=[one], firmness="announced")


def capacity(graph: SupplyGraph, portfolio: Portfolio, month: str) -> dict[str, float]:
    built = with_projects(graph, projects_of(graph.dataset), portfolio)
    found, _ = built.line_capacity(month)
    return dict(zip(built.lines["facility"], found.tolist(), strict=True))


@pytest.mark.slow
def test_a_step_ramps_as_an_s_and_what_is_not_built_stays_as_it_was():
    graph = planned().compile()
    both = Portfolio(("new", "raise"))
    assert capacity(graph, both, "2025-12") == {"new": 0.0, "old": 100.0}
    # The middle of the first month is 1/24 of the way: 3/576 - 2/13,824 of 120 t.
    first = 100 + 120 * (3 / 576 - 2 / 13824)
    assert capacity(graph, both, "2026-01") == pytest.approx({"new": 60.0, "old": first})
    half = 100 + 120 * (3 * (6.5 / 12) ** 2 - 2 * (6.5 / 12) ** 3)
    assert capacity(graph, both, "2026-07")["old"] == pytest.approx(half)
    assert capacity(graph, both, "2027-01")["old"] == 220.0
    none = Portfolio()
    assert capacity(graph, none, "2030-01") == {"new": 0.0, "old": 100.0}
    only = capacity(graph, Portfolio(("new",)), "2030-01")
    assert only == {"new": 60.0, "old": 100.0}


def test_the_base_year_knows_no_project():
    graph = planned().compile()
    built = with_projects(graph, projects_of(graph.dataset), Portfolio(("new", "raise")))
    for one, two in zip(
        graph.line_capacity("2024-12"), built.line_capacity("2024-12"), strict=True
    ):
        assert np.array_equal(one, two)
    assert Solved(graph).baseline.x == pytest.approx(Solved(built).baseline.x, abs=1e-12)


def test_a_delay_moves_what_has_not_come_and_only_that():
    graph = planned().compile()
    late = Portfolio(("new", "raise"), delay_months=24)
    assert capacity(graph, late, "2027-12") == {"new": 0.0, "old": 100.0}
    assert capacity(graph, late, "2028-01")["new"] == 60.0
    assert capacity(graph, late, "2029-01")["old"] == 220.0
    come = replace(late, known_to="2026-06")
    assert capacity(graph, come, "2026-06")["new"] == 60.0


def test_own_slip_and_slower_ramps():
    net = planned()
    net.documents["projects"]["new"] |= {"slip_months": [0, 6, 12]}  # type: ignore[operator]
    graph = net.compile()
    slipped = Portfolio(("new", "raise"), slip="central")
    assert capacity(graph, slipped, "2026-06")["new"] == 0.0
    assert capacity(graph, slipped, "2026-07")["new"] == 60.0
    assert capacity(graph, slipped, "2027-01")["old"] == 220.0
    slow = Portfolio(("raise",), ramp_factor=(("raise", 2.0),))
    assert capacity(graph, slow, "2027-01")["old"] < 170.0
    assert capacity(graph, slow, "2028-01")["old"] == 220.0


def test_tonnes_nobody_states_stay_unknown_and_come_without_a_ramp():
    net = planned()
    net.tables["capacities"][-1]["quantity"] = ""
    assert np.isnan(capacity(net.compile(), Portfolio(("new",)), "2026-02")["new"])


def test_two_steps_of_one_line_add_up_to_the_last():
    net = planned().later("old", "2026-07", 300)
    graph = net.compile()
    built = Portfolio(("raise",))
    assert capacity(graph, built, "2027-01")["old"] < 300.0
    # Each step ramps on its own: the first by default over 36 months at a mine.
    assert capacity(graph, built, "2029-01")["old"] == pytest.approx(300.0)


@pytest.mark.slow
def test_words_choose_projects():
    known = projects_of(planned().compile().dataset)
    assert chosen(known, ["binding"]) == ("raise",)
    assert chosen(known, ["announced"]) == ("new", "raise")
    assert chosen(known, ["announced", "-raise"]) == ("new",)
    assert chosen(known, ["none", "new"]) == ("new",)
    with pytest.raises(UsageError, match=r"no project 'rase'[.] Did you mean 'raise'"):
        chosen(known, ["rase"])


def test_what_is_off_by_default_comes_only_by_its_id():
    net = planned()
    net.documents["projects"]["new"] |= {"off_by_default": True}  # type: ignore[operator]
    known = projects_of(net.compile().dataset)
    assert chosen(known, ["non_binding"]) == ("raise",)
    assert chosen(known, ["new"]) == ("new",)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([{"facility": "old"}], "counted twice, here and in new"),
        ([{"facility": "elsewhere"}], "no line of capacities.csv"),
        ([{"facility": "new", "from": "2027-01"}], "claims no dated row"),
        ([{"facility": "new", "full": "2025-01"}], "before the last step"),
        ([{"facility": "new", "full": "soon"}], "should be"),
        ([], "should"),
    ],
)
def test_faults_of_projects_come_with_a_way_out(tmp_path, lines, said):
    net = planned()
    net.documents["projects"] = {
        "new": {"title": "New", "lines": [{"facility": "old"}], "firmness": "announced"},
        "other": {"title": "Other", "lines": lines, "firmness": "binding"},
    }
    with pytest.raises(DatasetError) as caught:
        projects_of(read_dataset(net.write(tmp_path)))
    text = str(caught.value.faults[0])
    assert said in text and "projects/other.yaml" in text


@pytest.mark.parametrize("slip", [[-6, 0, 3], [0, 6, 3]])
def test_a_slip_is_late_and_in_order(slip):
    net = planned()
    net.documents["projects"]["new"] |= {"slip_months": slip}  # type: ignore[operator]
    with pytest.raises(DatasetError) as caught:
        projects_of(net.compile().dataset)
    text = str(caught.value.faults[0])
    assert "slip_months" in text and "months late from low to high" in text


def test_deals_name_projects_or_say_why_not(tmp_path):
    net = planned()
    good = {"title": "Loan", "firmness": "binding", "projects": ["new"]}
    net.document("deals", "loan", **good)
    net.document("deals", "talk", title="Talk", firmness="non_binding", reason="A framework.")
    assert list(deals_of(read_dataset(net.write(tmp_path)))) == ["loan", "talk"]
    net.document("deals", "bad", title="Bad", firmness="binding", projects=["nwe"])
    net.document("deals", "empty", title="Empty", firmness="binding", counted_in="lone")
    with pytest.raises(DatasetError) as caught:
        deals_of(read_dataset(net.write(tmp_path)))
    text = " ".join(map(str, caught.value.faults))
    assert "Did you mean 'new'" in text and "Did you mean 'loan'" in text
    assert "deals/empty.yaml, reason" in text


def test_an_offtake_names_projects_that_there_are(tmp_path):
    net = planned()
    held = [{"holder": "Ann", "share": 0.5}, {"holder": "Bob", "projects": ["nwe"]}]
    loan = {"title": "Loan", "firmness": "binding", "projects": ["new"], "offtake": held}
    net.document("deals", "loan", **loan)
    with pytest.raises(DatasetError) as caught:
        deals_of(read_dataset(net.write(tmp_path)))
    text = " ".join(map(str, caught.value.faults))
    assert "offtake.1.projects" in text and "Did you mean 'new'" in text


@pytest.mark.slow
def test_projects_asked_for_replace_those_of_a_scenario_and_others_come_besides(tmp_path):
    file = tmp_path / "calm.yaml"
    file.write_text("title: Calm\nstart: 2026-06\nmonths: 1\nmeasures: []\n", encoding="utf-8")
    (tmp_path / "net").mkdir()
    chain = sg.load(planned().write(tmp_path / "net"))

    def built(**asked: list[str]) -> list[str]:
        return chain.run(file, rerouting="none", **asked).results.params["projects"]

    assert built() == ["binding"] and built(projects=["new"]) == ["new"]
    assert built(besides=["new"]) == ["binding", "new"]
    assert built(projects=["none"], besides=["raise"]) == ["none", "raise"]
