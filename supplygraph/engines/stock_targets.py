"""Stocks as arrays of tonnes: what the months start from, use and refill.

A stock belongs to one user's draw (a product where it is assembled, a plant) or to a whole pool
(a market, a plant's output). Where low or high is not stated the central figure stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.engines.inventories import Stock, stocks_of
from supplygraph.errors import UsageError
from supplygraph.hints import did_you_mean
from supplygraph.vocabulary import COVERS

MONTHS_A_YEAR = 12.0


@dataclass(frozen=True)
class Targets:
    """Targets in material units, one column a cover (low, central, high).

    Attributes
    ----------
    entry, entry_target
        Entries of the inputs with a stock of their own, and its targets.
    pool, pool_target
        Pools with a stock that all their users share, and its targets.
    covers
        Names of the columns.
    """

    entry: np.ndarray
    entry_target: np.ndarray
    pool: np.ndarray
    pool_target: np.ndarray
    covers: tuple[str, ...] = COVERS

    def at(self, *covers: str) -> Targets:
        """The same stocks at some covers.

        Raises
        ------
        UsageError
            If there is no such cover.
        """
        for cover in covers:
            if cover not in self.covers:
                hint = did_you_mean(cover, self.covers)
                raise UsageError(f"cover '{cover}' is not known. {hint}")
        part = [self.covers.index(cover) for cover in covers]
        return Targets(
            self.entry, self.entry_target[:, part], self.pool, self.pool_target[:, part], covers
        )


def targets_of(baseline: Baseline) -> Targets:
    """Stocks that the dataset states, against base use.

    Examples
    --------
    >>> from supplygraph.api import load
    >>> targets = targets_of(load("three-nodes").baseline)
    >>> targets.entry.size, [round(t, 2) for t in targets.entry_target[0].tolist()]
    (1, [1.15, 2.31, 4.62])
    """
    entries: dict[int, np.ndarray] = {}
    pools: dict[int, np.ndarray] = {}
    for stock in stocks_of(baseline):
        tonnes = _tonnes(stock)
        if not tonnes.any():
            continue
        if stock.kind in ("market", "output"):
            pools[stock.pool] = pools.get(stock.pool, 0.0) + tonnes
            continue
        drawn = baseline.drawn[stock.entries]
        for entry, part in zip(stock.entries.tolist(), drawn / drawn.sum(), strict=True):
            if part > 0:
                entries[entry] = entries.get(entry, 0.0) + tonnes * part
    return Targets(*_columns(entries), *_columns(pools))


def _tonnes(stock: Stock) -> np.ndarray:
    """Material units at low, central and high; none where no cover is stated."""
    months = np.array(stock.months)
    months = np.where(np.isnan(months), months[1], months)
    return np.nan_to_num(np.maximum(months, 0.0)) / MONTHS_A_YEAR * stock.use


def _columns(found: dict[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    keys = sorted(found)
    table = np.array([found[key] for key in keys]) if keys else np.zeros((0, len(COVERS)))
    return np.array(keys, dtype=int), table
