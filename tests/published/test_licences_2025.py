"""Chinese magnet exports under the licences of April 2025: a calibration, not a prediction.

Series and base: customs through Reuters (B). The five parameters of docs/methods/licences.md were
fitted to these very months, so agreement shows that the mechanism is built as fitted, and nothing
more.
"""

import numpy as np
import pytest
from program import shipped_chain

from supplygraph.scenario.bounds import compose
from supplygraph.scenario.calendar import days_of, first_day
from supplygraph.scenario.load import load_scenario
from supplygraph.scenario.measures.base import Time
from supplygraph.scenario.measures.curves import Logistic, Steps
from supplygraph.scenario.measures.licence import Terms, daily_share

MONTHS = ("2025-04", "2025-05", "2025-06", "2025-07", "2025-08")
BASE = (4775, 4762, 5147, 5278, 5326)
OBSERVED = (2626, 1238, 3188, 5577, 6146)
GROWTH, FLOOR = 1.163, 0.168
# docs/methods/licences.md counts days from 1 April 00:00, the licence from 4 April, 3 days later.
TERMS = Terms(curve=Logistic(midpoint_days=79.3 - 3, width_days=11.8), grace_days=7.9)


def month_share(month: str, floor: float, terms: Terms = TERMS) -> float:
    days, start = days_of(month), first_day("2025-04-04")
    on = days >= start
    share = daily_share(terms, Time(days, on, start), floor=floor)
    return float(np.where(on, share, 1.0).mean())


@pytest.mark.parametrize("index", range(5), ids=MONTHS)
def test_reduced_form_meets_april_to_august(index):
    """Within 2 %: the rounding of the published parameters and of monthly tonnes."""
    fitted = GROWTH * BASE[index] * month_share(MONTHS[index], FLOOR)
    assert fitted == pytest.approx(OBSERVED[index], rel=0.02)


def test_the_shipped_licence_gives_the_same_totals_by_destination_and_grade():
    """Measures split the floor by destination and grade; the sum over all arcs is the same fit.

    3 %: the friction of standard magnets is rounded to two places and the United States lag two
    days behind the world's midpoint.
    """
    chain = shipped_chain()
    bounds = compose(
        chain.network, chain.baseline, load_scenario(chain.dataset, "april-2025-shock")
    )
    arcs, flow = chain.network.arcs, chain.baseline.block("arc")
    magnet = arcs["material"].isin(["ndfeb-hre", "ndfeb-std", "ndfeb-ce", "ndfeb-bonded", "smco"])
    out = (magnet & (arcs["from"] == "CN")).to_numpy()
    for row, month in enumerate(MONTHS):
        share = float(bounds.arc[row, out] @ flow[out] / flow[out].sum())
        assert share == pytest.approx(month_share(month, FLOOR), rel=0.03)


def test_may_2025_by_destination():
    """United States 46 of 693 t, European Union 396 of 1,796 t a month, over growth; 5 %."""
    chain = shipped_chain()
    bounds = compose(
        chain.network, chain.baseline, load_scenario(chain.dataset, "april-2025-shock")
    )
    arcs, flow = chain.network.arcs, chain.baseline.block("arc")
    for place, observed in (("US", 46 / 693), ("EU", 396 / 1796)):
        out = arcs["material"].isin(["ndfeb-hre", "ndfeb-std", "ndfeb-ce", "ndfeb-bonded", "smco"])
        out = (out & (arcs["from"] == "CN") & (arcs["to"] == place)).to_numpy()
        share = float(bounds.arc[1, out] @ flow[out] / flow[out].sum())
        assert share * GROWTH == pytest.approx(observed, rel=0.05)


def test_a_fixed_delay_of_45_working_days_misses_june():
    """docs/methods/licences.md 2: if all passed from 11 June on, June would be a third too high.

    By hand: 10 days at 0.168 and 20 at 1 are 0.7227; times 1.163 x 5,147 t are 4,326 t.
    """
    delay = Terms(curve=Steps(shares={"2025-06-11": 1.0}), grace_days=7.9)
    june = GROWTH * BASE[2] * month_share("2025-06", FLOOR, delay)
    assert june == pytest.approx(4326, rel=1e-3)
    assert june / OBSERVED[2] > 1.3


def test_the_cap_is_kept_and_nothing_is_caught_up():
    """docs/methods/licences.md 3: no cap above the base month, then or later."""
    chain = shipped_chain()
    bounds = compose(
        chain.network, chain.baseline, load_scenario(chain.dataset, "april-2025-shock")
    )
    capped = bounds.arc[np.isfinite(bounds.arc)]
    assert capped.size and capped.max() <= 1.0
