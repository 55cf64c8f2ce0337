"""The inventory model ARIO on a chain of three, beside months stepped one by one.

The method: docs/methods/months.md.

ARIO (Hallegatte 2008, doi:10.1111/j.1539-6924.2008.01046.x) rations as soon as stock falls below
a share of its target; our months use stock to its end. Both delay a loss by the stock held;
ours starts no earlier and is no larger.
"""

from __future__ import annotations

import numpy as np
import pytest
from networks import Network

from supplygraph.engines.timeline import run_months
from supplygraph.scenario.month_arrays import Bounds, month_range

pytestmark = pytest.mark.sampled

COVER, SAFETY, REFILL, MOST, PACE = 2.0, 0.9, 2.0, 1.25, 6.0
LOSS = (0.0, 0.5, 0.5, 0.5, 0.0)


def ario(loss: tuple[float, ...]) -> list[list[float]]:
    """Output of supplier, maker and final producer by step, 100 each without a shock."""
    asked = np.array([100.0, 100.0, 100.0])
    alpha, stock = np.ones(3), np.array([np.inf, COVER * 100, COVER * 100])
    steps = []
    for lost in loss:
        most = alpha * np.array([1 - lost, 1, 1]) * 100
        wanted = np.minimum(asked, most)
        made = wanted * np.minimum(1, stock / (SAFETY * COVER * wanted))
        steps.append(made.tolist())
        short = (asked - made) / asked
        up = (MOST - alpha) * short / PACE
        alpha = alpha + np.where(short > 0, up, (1 - alpha) / PACE)
        stock[1:] += made[:2] - made[1:]
        order = np.maximum(0, COVER * wanted[1:] - stock[1:]) / REFILL + made[1:]
        asked = np.array([order[0], order[1], 100.0])
    return steps


def test_worked_example():
    expected = [
        [100, 100, 100],
        [50, 100, 100],
        [51.042, 83.333, 100],
        [52.172, 65.394, 100],
        [106.343, 58.048, 82.626],
    ]
    for found, row in zip(ario(LOSS), expected, strict=True):
        assert found == pytest.approx(row, abs=5e-4)


@pytest.mark.parametrize("left", [0.0, 0.25, 0.5])
@pytest.mark.parametrize("months", [3, 6, 9])
def test_months_lose_no_earlier_and_no_more(left, months):
    loss = (0.0, *[1 - left] * months, 0.0, 0.0)
    final = np.array([row[2] for row in ario(loss)]) / 100
    net = Network().places("A").material("ore", "mine").material("met", "metal")
    net.material("mag", "magnet").recipe("dig", {"ore": 1}).recipe("melt", {"met": 1}, {"ore": 1})
    net.recipe("sinter", {"mag": 1}, {"met": 1})
    for plant, recipe in (("s", "dig"), ("m", "melt"), ("c", "sinter")):
        net.plant(plant, "A", recipe, capacity=1200)
    for plant, material in (("m", "ore"), ("c", "met")):
        net.stock(plant, material, COVER * 52 / 12)
    solved = net.product("car", {"mag": 1}).demand("car", A=1200).solve()
    bounds = Bounds.open(solved.graph, month_range("2025-01", len(loss)))
    digs = solved.graph.activities["id"].tolist().index("s")
    bounds.activity[:, digs] = 1 - np.array(loss)
    for rerouting in ("none", "least"):
        line = run_months(solved.baseline, bounds, rerouting=rerouting, covers=("central",))
        ours = line.served[:, 0, 0]
        first = int((ours < 1 - 1e-6).argmax()) if (ours < 1 - 1e-6).any() else len(loss)
        theirs = int((final < 1 - 1e-6).argmax()) if (final < 1 - 1e-6).any() else len(loss)
        assert first >= theirs
        assert (1 - ours).sum() <= (1 - final).sum() + 1e-6
        # Two stocks of two months each: the loss is felt after four months of a full stop.
        whole = int(2 * COVER / (1 - left))
        assert ours[: 1 + min(whole, months)] == pytest.approx(1.0)
