"""What lines can do in a month, by hand: smaller, closed, opened, blank, scrap, another season."""

from __future__ import annotations

import numpy as np
import pytest
from networks import Network

from supplygraph.engines.capacity_left import capacity_left, line_share, lines_left
from supplygraph.engines.coverage import YearCapacity
from supplygraph.engines.month_model import Month
from tests.solved_networks import Solved


@pytest.fixture(scope="module")
def solved() -> Solved:
    """90 cars need 90 t of ore, clay and oxide each.

    The pit could dig 120 t of ore, from 2026 on 45 t and from 2027 on none, when the new pit of
    60 t opens. Nobody states what the field digs of clay. The scrap yard states 200 t of oxide.
    """
    net = Network().places("A").material("ore", "mine").material("clay", "mine")
    net.material("oxide", "separation")
    net.recipe("dig", {"ore": 1}).recipe("wash", {"clay": 1}).recipe("shred", {"oxide": 1})
    net.plant("pit", "A", "dig", capacity=120).later("pit", "2026-01", 45)
    net.later("pit", "2027-01", 0)
    net.plant("new", "A", "dig", capacity=60)
    net.tables["capacities"][-1]["from_date"] = "2027-01"
    net.plant("field", "A", "wash").plant("yard", "A", "shred", capacity=200)
    net.product("car", {"ore": 1, "clay": 1, "oxide": 1}).demand("car", A=90)
    return net.solve()


BLANK = np.inf
# Plant: line, activity and share of base flow in a month of a size beside the base year's.
CASES = {
    ("2025-06", 1.0): {
        "field": (BLANK, 90, 1),
        "new": (0, 0, 1),
        "pit": (120, 120, 1),
        "yard": (200, 90, 1),
    },
    # Half of the base use of 90 t is left of the pit, and 45 t is all that it states.
    ("2026-06", 1.0): {
        "field": (BLANK, 90, 1),
        "new": (0, 0, 1),
        "pit": (45, 45, 0.5),
        "yard": (200, 90, 1),
    },
    # In a season of 1.5 the 120 t count as 80 t of the base year's; what ran then still runs.
    ("2025-06", 1.5): {
        "field": (BLANK, 90, 1),
        "new": (0, 0, 1),
        "pit": (90, 90, 1),
        "yard": (200 / 1.5, 90, 1),
    },
    ("2027-01", 1.0): {
        "field": (BLANK, 90, 1),
        "new": (60, 60, 1),
        "pit": (0, 0, 0),
        "yard": (200, 90, 1),
    },
}


@pytest.mark.parametrize(("month", "scale"), CASES)
def test_what_a_month_leaves(solved, month, scale):
    left = capacity_left(solved.baseline, *solved.graph.line_capacity(month), scale)
    # What nobody observes moves from 90 t by some 2e-5 of it, towards what the balance expects.
    near = {"rel": 1e-4}
    expected = np.array(list(CASES[month, scale].values()))
    assert solved.graph.lines["facility"].tolist() == list(CASES[month, scale])
    assert np.nan_to_num(left.line, posinf=BLANK) == pytest.approx(expected[:, 0], **near)
    assert left.activity == pytest.approx(expected[:, 1], **near)
    assert left.kept == pytest.approx(expected[:, 2], **near)


def test_a_year_is_the_mean_of_its_months(solved):
    months = ["2026-11", "2026-12", "2027-01", "2027-02"]
    year = YearCapacity.of(solved.graph, months)
    left = capacity_left(solved.baseline, year.lines, year.open)
    assert left.line[1:3] == pytest.approx([30.0, 22.5])
    assert left.open.tolist() == [True] * 4


@pytest.mark.parametrize("month", ["2026-06", "2027-01"])
def test_both_engines_read_the_same_capacity_left(solved, month):
    """Nobody reroutes: the pit's share; freely: its tonnes, and those of the new pit."""
    model = Month(solved.baseline, at=month)
    left = capacity_left(solved.baseline, *solved.graph.line_capacity(month))
    assert np.array_equal(model.shock.activity, left.kept)
    assert np.array_equal(model.program.activity_upper, left.activity)
    served = {"2026-06": (0.5, 0.5), "2027-01": (0.0, 60 / 90)}[month]
    assert (model.served_none[0], model.program.reference.served[0]) == pytest.approx(
        served, abs=1e-5
    )


def test_a_line_keeps_the_largest_share_of_its_activities():
    net = Network().places("A").material("ore", "mine").material("clay", "mine")
    net.recipe("dig", {"ore": 1}).recipe("wash", {"clay": 1})
    net.plant("pit", "A", "dig", "wash", capacity=9)
    net.product("car", {"ore": 1, "clay": 1}).demand("car", A=1)
    assert line_share(net.compile(), np.array([0.25, 0.75])).tolist() == [0.75]


def test_a_line_of_unknown_capacity_has_no_limit_however_little_is_left(solved):
    """Its activities have: what the base year ran, times the share left."""
    line = np.array([np.inf, 0.0, 120.0, 200.0])
    share = np.array([0.0, 0.5, 0.25, 1.0])
    assert lines_left(solved.graph, line, share).tolist() == [np.inf, 0.0, 30.0, 200.0]
