"""Each kind of measure on networks of three places, by hand."""

import math

import numpy as np
import pytest
from scenarios import arc, bounds, entry, magnets
from scipy import stats

from supplygraph.scenario.calendar import add_working_days, days_of, first_day, working_days
from supplygraph.scenario.measures.curves import (
    Logistic,
    Queue,
    Steps,
    _undecided,
    queue_flows,
)
from supplygraph.scenario.measures.licence import Licence

MAGNET = {"materials": ["magnet"]}
LICENCE = {
    "id": "lic",
    "kind": "licence",
    "imposed_by": ["CN"],
    "effective": "2025-01-01",
    "covers": MAGNET,
    "curve": {"kind": "steps", "shares": {"2025-01-01": 0, "2025-02-01": 0.5}},
}
STANDS = {"kind": "steps", "shares": {"2025-01-01": 0.4}}


def test_licence_by_steps_caps_arcs_out_of_the_imposing_country_only():
    found = bounds(LICENCE)
    assert arc(found, "magnet:CN>JP") == [0, 0.5, 0.5]
    assert arc(found, "magnet:CN>US") == [0, 0.5, 0.5]
    assert arc(found, "dy-oxide:CN>JP") == arc(found, "alloy:JP>US") == [np.inf] * 3
    assert found.first_shock == 0


def test_licence_in_force_for_part_of_a_month_is_a_mean_over_its_days():
    found = bounds(LICENCE | {"effective": "2025-01-11", "grace_days": 5})
    # 10 days before, 5 of grace, 16 without anything.
    assert arc(found, "magnet:CN>JP")[0] == pytest.approx(15 / 31)


def test_licence_has_ceilings_floors_and_general_licences_by_destination():
    terms = {"curve": STANDS, "approval": {"US": 0.5}, "floor": {"JP": 0.2}, "general": {"US": 0.1}}
    found = bounds(LICENCE | terms)
    assert arc(found, "magnet:CN>JP") == pytest.approx([0.2 + 0.8 * 0.4] * 3)
    assert arc(found, "magnet:CN>US") == pytest.approx([0.1 + 0.9 * 0.5 * 0.4] * 3)


def test_licence_comes_later_to_one_destination():
    found = bounds(LICENCE | {"delay_days": {"US": 28}})
    assert arc(found, "magnet:CN>US") == pytest.approx([0, 0, 0.5])
    assert arc(found, "magnet:CN>JP") == pytest.approx([0, 0.5, 0.5])


def test_goods_outside_the_list_have_a_friction_of_their_own():
    free = {"materials": ["dy-oxide"], "friction": {"JP": 0.3}}
    found = bounds(LICENCE | {"uncontrolled": free, "approval": {"*": 0.1}})
    # The ceiling of licences is not theirs: 0.3 + 0.7 x 0.5 from February on.
    assert arc(found, "dy-oxide:CN>JP") == pytest.approx([0.3, 0.65, 0.65])
    assert arc(found, "magnet:CN>JP") == pytest.approx([0, 0.05, 0.05])


def test_a_group_has_its_own_terms_and_covers_by_element_and_stage():
    group = {"covers": {"elements": ["Dy"]}, "curve": STANDS, "approval": {"JP": 0.5}}
    found = bounds(LICENCE | {"groups": {"oxides": group}})
    assert arc(found, "dy-oxide:CN>JP") == pytest.approx([0.2] * 3)
    assert arc(found, "magnet:CN>JP") == [0, 0.5, 0.5]


def test_blocked_orders_are_lost_unless_said_otherwise():
    waits = LICENCE | {"curve": {"kind": "steps", "shares": {"2025-01-01": 0, "2025-02-01": 1}}}
    assert arc(bounds(waits), "magnet:CN>JP") == [0, 1, 1]
    later = bounds(waits | {"orders": {"deferred": 0.6, "catch_up_months": 2}})
    # 0.6 of January waits; half of what waits ships each month.
    assert arc(later, "magnet:CN>JP") == pytest.approx([0, 1.3, 1.15])


def test_deferred_orders_all_ship_in_the_end_and_no_more():
    measure = Licence.model_validate(LICENCE | {"orders": {"deferred": 0.5, "catch_up_months": 3}})
    shares = np.concatenate([np.full((4, 1), 0.25), np.ones((200, 1))])
    settled = measure.settle(shares)
    assert settled.sum() - shares.sum() == pytest.approx(0.5 * (1 - shares).sum(), rel=1e-9)


def test_ban():
    ban = {
        "id": "b",
        "kind": "ban",
        "imposed_by": ["CN"],
        "covers": MAGNET,
        "destinations": ["JP"],
        "blocked": 0.9,
        "effective": "2025-02-15",
    }
    found = bounds(ban)
    assert arc(found, "magnet:CN>JP") == pytest.approx([np.inf, 1 - 0.9 * 14 / 28, 0.1])
    assert arc(found, "magnet:CN>US") == [np.inf] * 3


def test_quota_on_exports_is_tonnes_over_base_flow_of_all_destinations():
    quota = {
        "id": "q",
        "kind": "quota",
        "imposed_by": ["CN"],
        "covers": MAGNET,
        "tonnes": {"2024": 70, "2025": 30},
    }
    found = bounds(quota, start="2024-12", months=2)
    assert arc(found, "magnet:CN>US") == pytest.approx([0.7, 0.3])
    assert arc(bounds(quota | {"base_tonnes": 60}), "magnet:CN>JP") == pytest.approx([0.5] * 3)
    assert arc(bounds(quota | {"tonnes": {"2024": 500}}), "magnet:CN>JP") == [1] * 3


@pytest.mark.slow
def test_quota_on_output_limits_plants():
    quota = {
        "id": "q",
        "kind": "quota",
        "limits": "output",
        "select": "id=cn-sep",
        "tonnes": {"2025": 15},
    }
    assert entry(bounds(quota), "activity", "cn-sep") == pytest.approx([0.5] * 3, rel=1e-4)
    assert entry(bounds(quota), "activity", "cn-mag") == [1] * 3


def test_denial_of_military_users_leaves_civil_ones():
    denial = {
        "id": "d",
        "kind": "end_use_denial",
        "imposed_by": ["JP"],
        "covers": {"materials": ["alloy"]},
        "segments": {"military": 0.8, "civil": 0.5},
        "effective": "2025-02-15",
    }
    found = bounds(denial)
    assert entry(found, "denied", "jet@US") == pytest.approx([0, 0.8 * 14 / 28, 0.8])
    # A car needs no alloy, so nothing is denied to it.
    assert entry(found, "denied", "car@US") == entry(found, "denied", "car@JP") == [0] * 3
    (closed,) = found.denials
    assert magnets().graph.arcs["id"][closed.arcs].tolist() == ["alloy:JP>US"]
    assert arc(found, "alloy:JP>US") == [np.inf] * 3


def test_denial_of_one_product_and_not_in_the_imposing_country():
    denial = {
        "id": "d",
        "kind": "end_use_denial",
        "imposed_by": ["JP"],
        "covers": {"materials": ["magnet", "alloy"]},
        "products": {"car": 0.5},
    }
    found = bounds(denial)
    assert entry(found, "denied", "car@US") == [0.5] * 3
    assert entry(found, "denied", "car@JP") == [0] * 3
    # Japan sends no magnets anywhere, so closing that to cars closes nothing.
    assert not bounds(denial | {"covers": MAGNET}).denials


LISTING = {
    "id": "e",
    "kind": "entity_listing",
    "imposed_by": ["CN"],
    "operators": ["owner"],
    "covers": {"materials": ["dy-oxide"]},
}


@pytest.mark.parametrize(
    ("threshold", "left"), [(None, 1.0), (0.5, 0.25), (0.6, 0.25), (0.61, 1.0)]
)
def test_listed_firms_lose_what_came_from_the_imposing_country(threshold, left):
    """The maker in Japan is owned by 60 %; all of its oxide comes from China, 75 % is stopped."""
    found = bounds(LISTING | {"ownership_threshold": threshold, "denied": 0.75})
    assert entry(found, "activity", "jp-melt") == pytest.approx([left] * 3)
    assert entry(found, "activity", "cn-mag") == [1] * 3


def test_owners_are_followed_and_unknown_shares_are_noted_and_not_counted():
    from scenarios import scenario

    from supplygraph.scenario.network_queries import World

    solved = magnets()
    world = World(solved.graph, solved.baseline)
    half = scenario(LISTING | {"ownership_threshold": 0.5}).acting[0]
    assert half.listed(world) == (["half", "owner"], ["dark"])
    less = scenario(LISTING | {"ownership_threshold": 0.3}).acting[0]
    assert less.listed(world) == (["half", "owner", "third"], ["dark"])


def test_listed_seller():
    found = bounds(LISTING | {"operators": ["half"], "stops": "selling"})
    assert entry(found, "activity", "jp-melt") == [0] * 3


def test_outage_fades():
    outage = {
        "id": "o",
        "kind": "outage",
        "select": "id=cn-mag",
        "share": 0.5,
        "effective": "2025-01-17",
        "expires": "2025-01-31",
        "recovery_days": 1,
    }
    found = bounds(outage)
    # 15 of 31 days at half; 1 February still loses a quarter.
    left = [1 - 0.5 * 15 / 31, 1 - 0.25 / 28, 1]
    assert entry(found, "activity", "cn-mag") == pytest.approx(left)


def test_outage_of_a_material_and_of_an_arc():
    made = bounds({"id": "o", "kind": "outage", "select": "material=magnet", "share": 0.25})
    assert entry(made, "made", "magnet@CN") == [0.75] * 3
    one = bounds({"id": "o", "kind": "outage", "select": "id=magnet:CN>US"})
    assert arc(one, "magnet:CN>US") == [0] * 3


def test_stocks_are_spread_over_the_days_of_their_window():
    stock = {
        "material": "magnet",
        "market": "US",
        "tonnes": 59.0,
        "effective": "2025-01",
        "expires": "2025-02",
    }
    found = bounds({"id": "s", "kind": "stock_release", **stock})
    assert entry(found, "release", "magnet@US") == pytest.approx([31, 28, 0])
    assert found.hold.sum() == 0
    held = bounds({"id": "s", "kind": "stockpile", **stock}, start="2025-02", months=1)
    assert held.hold.sum() == pytest.approx(28)


def test_demand_shift():
    shift = {
        "id": "g",
        "kind": "demand_shift",
        "products": ["car"],
        "markets": ["US"],
        "factor": 1.5,
        "effective": "2025-02",
    }
    found = bounds(shift)
    assert entry(found, "demand", "car@US") == [1, 1.5, 1.5]
    assert entry(found, "demand", "car@JP") == [1] * 3


# Curves.


def test_logistic_by_date_and_by_days_agree():
    days = days_of("2025-06")
    start = first_day("2025-04-04")
    # Noon of 19 June is 76.5 days after 4 April 00:00.
    by_date = Logistic(midpoint="2025-06-19", width_days=5).licensed(days, start)
    assert by_date == pytest.approx(
        Logistic(midpoint_days=76.5, width_days=5).licensed(days, start)
    )
    assert by_date[18] == pytest.approx(0.5)


def test_nothing_is_licensed_before_the_first_step():
    steps = Steps(shares={"2025-02": 0.5})
    assert steps.licensed(days_of("2025-01"), 0).tolist() == [0] * 31


QUEUES = [
    Queue(approval=0.7, mean_working_days=10, sd_working_days=6, floor_working_days=5),
    Queue(approval=0.7, distribution="gamma", mean_working_days=10, sd_working_days=6),
    Queue(approval=0.9, mean_working_days=20, sd_working_days=5, throughput=0.4, withdrawn=0.01),
    Queue(approval=0.0, mean_working_days=20, sd_working_days=5),
]


@pytest.mark.parametrize("queue", QUEUES)
def test_orders_in_a_queue_are_conserved_every_day(queue):
    flows = queue_flows(queue, first_day("2025-04-04"), first_day("2026-12-31"))
    before = np.concatenate([[0], flows.pending[:-1]])
    after = before + flows.applied - flows.granted - flows.refused - flows.withdrawn
    assert after == pytest.approx(flows.pending, abs=1e-9)
    assert (flows.pending >= -1e-12).all() and (flows.granted <= queue.throughput + 1e-12).all()
    assert flows.granted.sum() * (1 - queue.approval) == pytest.approx(
        flows.refused.sum() * queue.approval
    )


@pytest.mark.parametrize("queue", QUEUES)
def test_the_wait_beyond_the_floor_follows_the_law_of_scipy(queue):
    mean, sd = queue.mean_working_days, queue.sd_working_days
    days = np.arange(400.0)
    if queue.distribution == "gamma":
        law = stats.gamma(a=(mean / sd) ** 2, scale=sd**2 / mean)
    else:
        spread = math.log1p((sd / mean) ** 2)
        law = stats.lognorm(s=math.sqrt(spread), scale=mean * math.exp(-spread / 2))
    assert _undecided(queue, days) == pytest.approx(law.sf(days), rel=1e-12, abs=1e-300)


def test_a_queue_grants_its_approval_share_in_the_long_run_and_nothing_before_its_floor():
    queue = Queue(approval=0.7, mean_working_days=4, sd_working_days=2, floor_working_days=45)
    start = first_day("2025-04-04")
    flows = queue_flows(queue, start, first_day("2026-12-31"))
    first = int(np.flatnonzero(flows.granted > 1e-9)[0]) + start
    work = int(working_days(np.arange(start, first + 1)).sum())
    assert work > 45
    assert queue.licensed(days_of("2026-10"), start).mean() == pytest.approx(0.7, abs=1e-6)


def test_a_full_desk_caps_grants_and_the_rest_waits():
    queue = Queue(approval=1, mean_working_days=2, sd_working_days=1, throughput=0.25)
    start = first_day("2025-01-02")
    flows = queue_flows(queue, start, first_day("2025-06-30"))
    assert queue.licensed(days_of("2025-06"), start).mean() == pytest.approx(0.25)
    assert flows.pending[-1] == pytest.approx(flows.applied.sum() - flows.granted.sum())


def test_a_queue_withdraws_at_its_rate():
    """Decided after exactly 1 day in effect: G = p (1 - w) of what applied a day before."""
    queue = Queue(
        approval=1, mean_working_days=0.5, sd_working_days=1e-3, floor_working_days=1, withdrawn=0.1
    )
    start = first_day("2025-01-02")
    assert queue.licensed(days_of("2025-03"), start).mean() == pytest.approx(0.9)


def test_a_licence_by_queue():
    found = bounds(
        LICENCE
        | {
            "curve": {
                "kind": "queue",
                "approval": 0.6,
                "mean_working_days": 1,
                "sd_working_days": 0.1,
                "floor_working_days": 2,
            }
        }
    )
    assert arc(found, "magnet:CN>JP")[1:] == pytest.approx([0.6, 0.6])


# Days.


def test_45_working_days_after_4_april_2025_end_on_11_june():
    """By the official calendar; docs/methods/licences.md names the same day."""
    assert add_working_days("2025-04-04", 45) == "2025-06-11"
    weekdays = np.busday_offset("2025-04-04", 45)
    assert str(weekdays) == "2025-06-06"


def test_gallium_in_2023_was_reported_licensed_on_the_36th_working_day():
    days = np.arange(first_day("2023-08-02"), first_day("2023-09-21") + 1)
    assert int(working_days(days).sum()) == 37
