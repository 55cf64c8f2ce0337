"""What stocks carry after a removal if nobody reroutes: the cascade stepped through time.

From one empty stock to the next the levels of the cascade stand still. What a stock covers is
whole, and what it lacks is drawn at base use x (1 - level that still arrives); markets' stocks
are drawn before those of their users:

    TTS of a demand = first month in which it is not served in full
    loss until TTR  = mean over the months of (full - served)

Users whom another input slows go on drawing at base use, so the time is the shortest that base
shares allow, more stock never shortens it, and a deeper removal never lengthens it. With no
stock but the product's own it is months of stock / loss. The flows of this course, averaged
over the months, satisfy the program of `engines.full_service`: hence TTS none <= TTS least, and the
loss under `least` is at most the loss here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from supplygraph.engines.cascade import Cascade
from supplygraph.engines.fixed_point import Stocked, Sweep, stocked_levels
from supplygraph.engines.inventories import Stock
from supplygraph.scenario import Shock

EMPTY = 1e-9
SHORT = 1e-9


@dataclass(frozen=True)
class Course:
    """Served shares under `none`, from one month to the next in which a stock is empty.

    Attributes
    ----------
    start
        Months at which each step begins, from 0.
    served
        Served share of every demand in each step (steps x demands).
    emptied
        Stocks that ran out at the start of each step.
    """

    start: np.ndarray
    served: np.ndarray
    emptied: tuple[tuple[int, ...], ...]

    def first_short(self, demands: np.ndarray, full: np.ndarray) -> tuple[float, int]:
        """Month and step in which any of some demands is first not full; infinite and -1."""
        short = (self.served[:, demands] < full[demands] - SHORT).any(axis=1)
        if not short.any():
            return float("inf"), -1
        step = int(short.argmax())
        return float(self.start[step]), step

    def lost(self, full: np.ndarray, until: float) -> np.ndarray:
        """Mean share of every demand lost from month 0 to a month."""
        end = np.minimum(np.append(self.start[1:], np.inf), until)
        length = np.maximum(end - self.start, 0.0)
        return length @ np.clip(full - self.served, 0.0, 1.0) / until


def course(
    cascade: Cascade, shock: Shock, stocks: Sequence[Stock], cover: int, until: float
) -> Course:
    """Step the cascade from one empty stock to the next, up to a month.

    Parameters
    ----------
    cascade
        Kernel of the base year.
    shock
        What is taken away at month 0, for good.
    stocks
        What is held.
    cover
        0 low, 1 central, 2 high.
    until
        Months to follow.
    """
    left = np.array([stock.size(cover) for stock in stocks])
    full = left.copy()
    start, served, emptied = [0.0], [], []
    gone: tuple[int, ...] = ()
    sweep = Sweep(cascade)
    while True:
        held = np.flatnonzero(left > EMPTY * full)
        stocked = _stocked(cascade, stocks, held)
        levels = stocked_levels(sweep, shock, stocked)
        served.append(cascade.served(levels)[:, 0])
        emptied.append(gone)
        rate = np.zeros(len(stocks))
        for k in held.tolist():
            rate[k] = _drawn(cascade, stocks[k], levels.user[:, 0], levels.home[:, 0], stocked)
        used = np.flatnonzero(rate > EMPTY * full)
        months = float((left[used] / rate[used]).min()) * 12 if len(used) else np.inf
        if start[-1] + months >= until:
            return Course(np.array(start), np.stack(served), tuple(emptied))
        left[used] -= rate[used] * months / 12
        left[left <= EMPTY * full] = 0.0
        gone = tuple(int(k) for k in used if left[k] == 0.0)
        start.append(start[-1] + months)


def _stocked(cascade: Cascade, stocks: Sequence[Stock], held: np.ndarray) -> Stocked:
    graph = cascade.graph
    masks = Stocked(
        np.zeros(len(graph.pools), bool),
        np.zeros(len(graph.inputs.user), bool),
        np.zeros(len(graph.made_pool), bool),
    )
    for k in held.tolist():
        stock = stocks[k]
        if stock.kind == "market":
            masks.pools[stock.pool] = True
        masks.entries[stock.entries] |= stock.kind != "market"
        masks.outputs[stock.outputs] = True
    return masks


def _drawn(
    cascade: Cascade, stock: Stock, user: np.ndarray, home: np.ndarray, stocked: Stocked
) -> float:
    """Units a year that a stock gives up while it lasts."""
    if stock.kind == "output":
        graph, base = cascade.graph, cascade.baseline
        activity = graph.made_activity[stock.outputs]
        output = graph.made_quantity[stock.outputs] * base.block("activity")[activity]
        return float(output @ (1.0 - user[activity]))
    if stock.kind != "market" and stocked.pools[stock.pool]:
        return 0.0
    return float(max(stock.use * (1.0 - home[stock.pool]), 0.0))
