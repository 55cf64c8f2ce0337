"""Measures together: the tightest counts, modifiers, windows, conflicts and what follows."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenarios import arc, bounds, entry, magnets, scenario

from supplygraph.errors import DatasetError, ScenarioError
from supplygraph.scenario.bounds import compose
from supplygraph.scenario.load import scenario_of
from supplygraph.scenario.month_arrays import Setter

MAGNET = {"materials": ["magnet"]}
LICENCE = {
    "id": "lic",
    "kind": "licence",
    "imposed_by": ["CN"],
    "effective": "2025-01-01",
    "covers": MAGNET,
    "curve": {"kind": "steps", "from_days": {0: 0.6}},
}
BAN = {"id": "ban", "kind": "ban", "imposed_by": ["CN"], "covers": MAGNET, "destinations": ["US"]}
PAUSE = {
    "id": "pause",
    "kind": "suspension",
    "suspends": ["ban"],
    "effective": "2025-02-01",
    "expires": "2025-02-28",
}


def by(found, month, name):
    return [a.set_by for a in found.applied if a.month == month and a.entity == name]


def test_nothing_gives_open_bounds():
    found = bounds()
    assert found.first_shock is None and found.applied == ()
    assert np.isinf(found.arc).all() and (found.demand == 1).all()


def test_the_tightest_of_two_controls_counts_and_is_named():
    found = bounds(LICENCE, BAN | {"blocked": 0.7, "effective": "2025-02-01"})
    assert arc(found, "magnet:CN>US") == pytest.approx([0.6, 0.3, 0.3])
    assert arc(found, "magnet:CN>JP") == pytest.approx([0.6] * 3)
    assert by(found, "2025-01", "magnet:CN>US") == ["lic"]
    assert by(found, "2025-02", "magnet:CN>US") == ["ban"]


def test_order_of_measures_does_not_matter():
    one, two = bounds(LICENCE, BAN | {"blocked": 0.2}), bounds(BAN | {"blocked": 0.2}, LICENCE)
    for block in ("arc", "activity", "made", "demand", "denied"):
        assert (getattr(one, block) == getattr(two, block)).all()


def test_denials_of_one_set_of_arcs_are_one_and_of_two_sets_are_two():
    alloy = {
        "kind": "end_use_denial",
        "imposed_by": ["JP"],
        "segments": {"military": 0.4},
        "covers": {"materials": ["alloy"]},
    }
    cars = {
        "id": "c",
        "kind": "end_use_denial",
        "imposed_by": ["CN"],
        "products": {"car": 0.7},
        "covers": {"materials": ["magnet"]},
    }
    found = bounds({"id": "a", **alloy}, cars, {"id": "b", **alloy, "segments": {"military": 0.9}})
    assert sorted(float(denial.share.max()) for denial in found.denials) == [0.7, 0.9]
    assert not (found.denials[0].arcs & found.denials[1].arcs).any()
    assert entry(found, "denied", "jet@US") == [0.9] * 3
    assert entry(found, "denied", "car@US") == [0.7] * 3
    assert by(found, "2025-01", "jet@US") == ["b"]


def test_demand_factors_multiply_and_stocks_add():
    shift = {"kind": "demand_shift", "products": ["car"], "factor": 1.2}
    stock = {
        "kind": "stock_release",
        "material": "magnet",
        "market": "US",
        "tonnes": 31.0,
        "effective": "2025-01",
        "expires": "2025-01",
    }
    found = bounds(
        {"id": "a", **shift}, {"id": "b", **shift}, {"id": "c", **stock}, {"id": "d", **stock}
    )
    assert entry(found, "demand", "car@US") == pytest.approx([1.44] * 3)
    assert entry(found, "release", "magnet@US") == pytest.approx([62, 0, 0])
    assert by(found, "2025-01", "magnet@US") == ["c, d"]


def test_removals_are_for_the_whole_run_or_a_window():
    plain = bounds(removals=["id=cn-mag share=0.25"])
    assert entry(plain, "activity", "cn-mag") == [0.75] * 3
    dated = bounds(removals=[{"select": "id=cn-mag", "effective": "2025-02", "expires": "2025-02"}])
    assert entry(dated, "activity", "cn-mag") == [1, 0, 1]
    assert by(dated, "2025-02", "cn-mag/1/sinter") == ["removal 1: id=cn-mag"]


def test_a_suspension_takes_a_measure_out_of_force():
    found = bounds(BAN, modifiers=[PAUSE], after_expiry={"pause": "lapses"})
    assert arc(found, "magnet:CN>US") == [0, np.inf, 0]


def test_a_suspended_licence_begins_anew():
    """The clock of its curve starts with the spell in force, not with the first announcement."""
    licence = LICENCE | {"curve": {"kind": "steps", "from_days": {0: 0.0, 31: 0.9}}}
    pause = PAUSE | {"suspends": ["lic"], "effective": "2024-12-15", "expires": "2025-01-31"}
    found = bounds(licence, modifiers=[pause], after_expiry={"pause": "lapses"}, months=4)
    assert arc(found, "magnet:CN>JP")[:2] == [np.inf, 0]
    assert arc(found, "magnet:CN>JP")[3] == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("outcome", "shares"),
    [
        ("lapses", [0, np.inf, 0, 0]),
        ("renewed", [0, np.inf, np.inf, np.inf]),
        ("renewed until 2025-03-31", [0, np.inf, np.inf, 0]),
        ("lifted", [0, np.inf, np.inf, np.inf]),
    ],
)
def test_what_follows_a_modifier_is_the_users_choice(outcome, shares):
    found = bounds(BAN, modifiers=[PAUSE], after_expiry={"pause": outcome}, months=4)
    assert arc(found, "magnet:CN>US") == shares


def test_without_a_choice_the_run_is_refused_with_the_way_out():
    with pytest.raises(DatasetError) as caught:
        bounds(BAN, modifiers=[PAUSE])
    text = str(caught.value)
    assert "'pause' ends on 2025-02-28, the run goes on to 2025-03" in text
    assert "Choose after_expiry: pause: lapses" in text and "--set pause.after=lapses" in text
    assert arc(bounds(BAN, modifiers=[PAUSE], months=2), "magnet:CN>US") == [0, np.inf]


def test_lifting_ends_the_measure_and_lapsing_does_not_outlive_a_truce():
    truce = {
        "id": "truce",
        "kind": "truce",
        "sets": {"lic.approval.US": 0.5},
        "effective": "2025-01-01",
        "expires": "2025-01-31",
    }
    lifted = bounds(LICENCE, modifiers=[truce], after_expiry={"truce": "lifted"})
    assert arc(lifted, "magnet:CN>US") == pytest.approx([0.3, np.inf, np.inf])
    lapsed = bounds(LICENCE, modifiers=[truce | {"after": "lapses"}])
    assert arc(lapsed, "magnet:CN>US") == pytest.approx([0.3, 0.6, 0.6])
    assert by(lapsed, "2025-01", "magnet:CN>US") == ["lic with truce"]


def test_slow_walking_and_general_licences_change_the_licence_in_their_window():
    slow = {
        "id": "slow",
        "kind": "slow_walking",
        "measure": "lic",
        "approval": {"US": 0.5},
        "effective": "2025-02-15",
    }
    found = bounds(LICENCE, modifiers=[slow])
    # February: 14 days at 0.6, 14 at 0.3.
    assert arc(found, "magnet:CN>US") == pytest.approx([0.6, 0.45, 0.3])
    assert arc(found, "magnet:CN>JP") == pytest.approx([0.6] * 3)
    held = slow | {"approval": {}, "held": {"*": 0.1}}
    assert arc(bounds(LICENCE, modifiers=[held]), "magnet:CN>JP")[2] == pytest.approx(0.1)
    general = {"id": "gl", "kind": "general_licence", "measure": "lic", "general": {"US": 0.5}}
    both = bounds(LICENCE, modifiers=[slow, general])
    assert arc(both, "magnet:CN>US")[2] == pytest.approx(0.5 + 0.5 * 0.5 * 0.6)
    (row,) = [a for a in both.applied if (a.month, a.entity) == ("2025-03", "magnet:CN>US")]
    assert row.setters == (Setter("lic", ("slow", "gl")),) and row.set_by == "lic with slow, gl"


def test_modifiers_reach_named_groups_only():
    group = {"covers": {"elements": ["Dy"]}, "curve": {"kind": "steps", "from_days": {0: 0.6}}}
    slow = {
        "id": "slow",
        "kind": "slow_walking",
        "measure": "lic",
        "approval": {"JP": 0.5},
        "groups": ["oxides"],
    }
    found = bounds(LICENCE | {"groups": {"oxides": group}}, modifiers=[slow])
    assert arc(found, "dy-oxide:CN>JP") == pytest.approx([0.3] * 3)
    assert arc(found, "magnet:CN>JP") == pytest.approx([0.6] * 3)


SLOW = {"kind": "slow_walking", "measure": "lic", "approval": {"US": 0.5}}
ONE = {"id": "one", **SLOW, "effective": "2025-01-01", "expires": "2025-02-10", "after": "lapses"}
TWO = {"id": "two", **SLOW, "approval": {"US": 0.1}, "effective": "2025-02-20"}


def test_two_modifiers_of_one_parameter_in_one_month_are_an_error():
    with pytest.raises(DatasetError) as caught:
        bounds(LICENCE, modifiers=[ONE, TWO])
    text = str(caught.value)
    assert "'one' and 'two' both change lic.approval.US in 2025-02" in text
    assert "let one say replaces: [one]" in text


def test_one_may_say_that_it_replaces_the_other():
    found = bounds(LICENCE, modifiers=[ONE, TWO | {"replaces": ["one"]}])
    # February: 10 days at 0.3, 9 at 0.6, 9 at 0.06.
    february = (10 * 0.3 + 9 * 0.6 + 9 * 0.06) / 28
    assert arc(found, "magnet:CN>US") == pytest.approx([0.3, february, 0.06])
    long = ONE | {"expires": "2025-03-31"}
    found = bounds(LICENCE, modifiers=[long, TWO | {"replaces": ["one"]}])
    assert arc(found, "magnet:CN>US")[1] == pytest.approx((19 * 0.3 + 9 * 0.06) / 28)


def test_being_replaced_later_does_not_answer_what_follows():
    """Between the end of the first and the start of the second somebody must still choose."""
    first = ONE | {"expires": "2025-01-31", "after": "ask"}
    late = TWO | {"effective": "2025-03-01", "replaces": ["one"]}
    with pytest.raises(DatasetError, match="'one' ends on 2025-01-31"):
        scenario(LICENCE, modifiers=[first, late])
    soon = late | {"effective": "2025-02-01"}
    assert arc(bounds(LICENCE, modifiers=[first, soon]), "magnet:CN>US")[1] == pytest.approx(0.06)


@pytest.mark.parametrize(
    "second",
    [
        TWO | {"effective": "2025-03-01"},  # another month
        TWO | {"approval": {"JP": 0.1}},  # another destination
        TWO | {"approval": {}, "delay_days": {"US": 3}},  # another parameter
    ],
)
def test_modifiers_that_do_not_meet_are_no_conflict(second):
    assert scenario(LICENCE, modifiers=[ONE, second])


def test_a_part_of_a_parameter_conflicts_with_the_whole():
    whole = {"id": "t", "kind": "truce", "sets": {"lic.approval": "x"}, "effective": "2025-01"}
    # The conflict is found before the value.
    with pytest.raises(DatasetError, match=r"both change lic\.approval"):
        scenario(LICENCE, modifiers=[ONE, whole])


def test_two_suspensions_of_one_measure_conflict():
    again = PAUSE | {"id": "again", "effective": "2025-02-15", "expires": "2025-03-31"}
    with pytest.raises(DatasetError, match=re.escape("both change ban.in_force in 2025-02")):
        scenario(BAN, modifiers=[PAUSE, again], after_expiry={"pause": "lapses"})


def test_a_measure_that_ended_before_the_run_is_an_error_one_still_to_come_is_not():
    with pytest.raises(DatasetError, match="'ban' ended on 2024-11-30, before the run of 2025-01"):
        scenario(BAN | {"expires": "2024-11"})
    assert bounds(BAN | {"effective": "2026"}).first_shock is None


def test_an_expired_modifier_is_an_error_and_one_that_changes_nothing_too():
    old = PAUSE | {"effective": "2024-01", "expires": "2024-06"}
    with pytest.raises(DatasetError, match=r"'pause' ended on 2024-06-30, .* start earlier"):
        scenario(BAN, modifiers=[old])
    with pytest.raises(DatasetError, match=r"changes no measure of the scenario\. Add one of ban"):
        scenario(
            LICENCE | {"id": "ban-x"},
            modifiers=[PAUSE | {"suspends": ["ban*y"], "after": "lapses"}],
        )


@pytest.mark.parametrize(("path", "value"), [("lic.approval.US", 3), ("lic.aproval.US", 0.5)])
def test_what_a_modifier_may_not_set_is_one_clear_error(path, value):
    truce = {"id": "t", "kind": "truce", "sets": {path: value}}
    with pytest.raises(DatasetError, match=r"'t' changes lic\.a.*: .* Correct the modifier"):
        scenario(LICENCE, modifiers=[truce])


def test_a_replay_of_series_has_no_bounds():
    replay = scenario(BAN, network=False, name="old")
    solved = magnets()
    with pytest.raises(ScenarioError, match="'supplygraph scenario show old'"):
        compose(solved.graph, solved.baseline, replay)


def test_other_months_can_be_asked_for():
    solved = magnets()
    found = compose(solved.graph, solved.baseline, scenario(BAN), ["2025-03", "2025-04"])
    assert found.months == ("2025-03", "2025-04") and found.arc.shape[0] == 2


def test_a_bound_carries_the_weakest_grade_behind_it():
    graded = LICENCE | {"size_evidence": "B"}
    slow = {"id": "slow", **SLOW, "size_evidence": "C"}
    found = bounds(graded, modifiers=[slow])
    grades = {a.entity: a.evidence for a in found.applied if a.month == "2025-01"}
    assert grades == {"magnet:CN>JP": "C", "magnet:CN>US": "C"}
    assert {a.evidence for a in bounds(graded).applied} == {"B"}
    group = {"covers": {"elements": ["Dy"]}, "curve": LICENCE["curve"], "size_evidence": "D"}
    found = bounds(graded | {"groups": {"oxides": group}})
    assert {a.entity: a.evidence for a in found.applied}["dy-oxide:CN>JP"] == "D"


def test_shuffled_rows_give_the_same_bounds():
    """Same input, same bytes."""
    one, two = bounds(LICENCE, BAN), bounds(LICENCE, BAN)
    assert one.applied == two.applied
    with pytest.raises(DatasetError, match="named twice"):
        scenario_of(
            magnets().graph.dataset,
            {"title": "t", "start": "2025-01", "months": 1, "measures": [BAN, BAN]},
        )


POOL = [
    LICENCE,
    BAN | {"blocked": 0.7, "effective": "2025-02-01"},
    {"id": "all", "kind": "ban", "imposed_by": ["CN"], "covers": MAGNET, "blocked": 0.2},
    {"id": "stop", "kind": "outage", "select": "id=cn-mag", "share": 0.4, "expires": "2025-02-10"},
    {"id": "cap", "kind": "quota", "limits": "output", "select": "id=cn-mag", "share": 0.5},
    {
        "id": "deny",
        "kind": "end_use_denial",
        "imposed_by": ["JP"],
        "segments": {"military": 0.3},
        "covers": {"materials": ["alloy"]},
    },
    {
        "id": "more",
        "kind": "end_use_denial",
        "imposed_by": ["JP"],
        "segments": {"military": 0.9},
        "covers": {"materials": ["alloy"]},
        "effective": "2025-03",
    },
]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(range(len(POOL))), unique=True), st.randoms(use_true_random=False))
def test_one_measure_more_never_loosens_a_bound_and_order_does_not_count(numbers, random):
    chosen = [POOL[i] for i in numbers]
    shuffled = random.sample(chosen, len(chosen))
    found, other = bounds(*chosen), bounds(*shuffled)
    fewer = bounds(*chosen[:-1])
    for block in ("arc", "activity", "made"):
        assert (getattr(found, block) == getattr(other, block)).all()
        assert (getattr(found, block) <= getattr(fewer, block)).all()
        assert (getattr(found, block) >= 0).all()
    assert (found.denied == other.denied).all() and (found.denied >= fewer.denied).all()
    assert len(found.denials) == len(other.denials) <= 1
    for one, two in zip(found.denials, other.denials, strict=True):
        assert (one.share == two.share).all() and (one.arcs == two.arcs).all()
    for item in found.applied:
        value = min(1.0, item.value) if item.block == "arc" else item.value
        assert 0 <= value <= 1 and item.set_by in {m["id"] for m in chosen}


LATER = {"id": "late", "kind": "outage", "select": "id=cn-sep", "effective": "2026-03"}


def test_what_begins_after_the_run_is_told_with_its_day():
    found = bounds(BAN | {"effective": "2025-04"}, LATER, months=3)
    assert found.applied == ()
    told = [text.partition(",")[0] for text in found.idle]
    assert told == [f"'{BAN['id']}' begins on 2025-04-01", "'late' begins on 2026-03-01"]
    assert "2025-01 to 2025-03" in found.idle[0] and "Run more months" in found.idle[0]
    # One day of the run is enough.
    assert bounds(BAN | {"effective": "2025-03-31"}).idle == ()


def test_modifiers_and_removals_that_begin_after_the_run_are_told_too():
    truce = {"id": "truce", "kind": "suspension", "suspends": [BAN["id"]], "effective": "2025-07"}
    removal = {"select": "id=cn-sep", "effective": "2025-06-15"}
    found = bounds(BAN, modifiers=[truce], removals=[removal])
    assert [text.split(" begins")[0] for text in found.idle] == [
        "'truce'",
        "'removal 1: id=cn-sep'",
    ]


@pytest.mark.parametrize("kind", ["measures", "removals"])
def test_what_ended_before_the_run_is_refused(kind):
    past = {"select": "id=cn-sep", "effective": "2023-03", "expires": "2023-06"}
    if kind == "measures":
        past |= {"id": "past", "kind": "outage"}
    content = {"title": "t", "start": "2025-01", "months": 3, kind: [past]}
    with pytest.raises(DatasetError, match=r"ended on 2023-06-30, before the run of 2025-01"):
        scenario_of(magnets().graph.dataset, content)


def test_a_removal_that_ends_before_it_begins_is_a_fault():
    removal = {"select": "id=cn-sep", "effective": "2025-03", "expires": "2025-01"}
    content = {"title": "t", "start": "2025-01", "months": 3, "removals": [removal]}
    with pytest.raises(DatasetError, match=r"expires 2025-01 before it is effective"):
        scenario_of(magnets().graph.dataset, content)


def test_what_acts_on_nothing_is_told():
    assert "no bound is set" in bounds(BAN | {"in_force": False}).idle[0]
