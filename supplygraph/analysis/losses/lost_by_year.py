"""Months of output lost in the first, second and third year after something stops.

    lost to month M = max(0, sum over months m <= M of loss(m) - C)
    year k          = lost to month 12 k - lost to month 12 (k - 1)

with loss(m) that of the last step solved by month m, and C the months of cover: of the product's
own stock of what stops it and of the markets' stocks on the way from the cut. Cover of one month
makes up for one month without, or for two at half.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from supplygraph.analysis.causes.loss_causes import Path
from supplygraph.baseline import Baseline
from supplygraph.engines.stock_targets import MONTHS_A_YEAR, targets_of
from supplygraph.vocabulary import COVERS

YEARS = 3
MONTHS = 12 * YEARS
LEAST_COVER = 1e-9  # months: what is short by less than this much output is not short


def loss_by_month(shared: Mapping[int, float]) -> np.ndarray:
    """Loss of every month from the steps solved; before the first step that of the first.

    Parameters
    ----------
    shared
        Loss by months after the stop.

    Examples
    --------
    >>> loss_by_month({3: 0.6, 12: 0.5})[[0, 1, 10, 11, 35]].tolist()
    [0.6, 0.6, 0.6, 0.5, 0.5]
    """
    steps = sorted(shared)
    months = np.arange(1, MONTHS + 1)
    place = np.clip(np.searchsorted(steps, months, side="right") - 1, 0, None)
    return np.array([shared[step] for step in steps])[place]


def lost_by_year(loss: np.ndarray, cover: float) -> np.ndarray:
    """Months of output lost in each year, with some months of cover.

    Parameters
    ----------
    loss
        Share lost in every month.
    cover
        Months of stock.

    Examples
    --------
    >>> lost_by_year(np.full(36, 0.55), 2.0).round(3).tolist()
    [4.6, 6.6, 6.6]
    """
    whole = np.maximum(np.cumsum(loss) - cover, 0.0)[11::12]
    return np.diff(whole, prepend=0.0)


def first_month(loss: np.ndarray, cover: float) -> float:
    """First month with less than all of the output, 1 for the first after the stop; else NaN.

    Examples
    --------
    >>> first_month(np.ones(36), 6.0), first_month(np.zeros(36), 6.0)
    (7.0, nan)
    """
    short = np.flatnonzero(np.cumsum(loss) > cover + LEAST_COVER)
    return float(short[0] + 1) if len(short) else float("nan")


class CoverOfPaths:
    """Months of stock behind every need and in every market, at each size of stocks."""

    def __init__(self, baseline: Baseline) -> None:
        targets, inputs = targets_of(baseline), baseline.graph.inputs
        rows, pools = len(inputs.user), len(baseline.graph.pools)
        use = np.bincount(inputs.pool, baseline.drawn, minlength=pools)
        self.entry = _months(rows, targets.entry, targets.entry_target, baseline.drawn)
        self.pool = _months(pools, targets.pool, targets.pool_target, use)

    def of(self, path: Path | None) -> np.ndarray:
        """Months of cover on the way from a cut to a product, one for each size of stocks."""
        if path is None:
            return np.zeros(len(COVERS))
        return self.entry[path.need] + self.pool[list(path.steps)].sum(axis=0)


def _months(count: int, where: np.ndarray, tonnes: np.ndarray, use: np.ndarray) -> np.ndarray:
    months = np.zeros((count, len(COVERS)))
    some = use[where] > 0
    months[where[some]] = MONTHS_A_YEAR * tonnes[some] / use[where[some], None]
    return months
