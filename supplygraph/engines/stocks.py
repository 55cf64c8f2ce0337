"""Stocks of the chain as arrays: who holds which material, and how much is the target.

A stock belongs to one user's draw (a product where it is assembled, a plant) or to a whole
pool (a market, a plant that makes the material). Targets are weeks of base use; a month is
52/12 weeks. What no figure states is no stock: neither zero nor endless is claimed of it,
it is simply not there to help.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.errors import UsageError
from supplygraph.selectors import did_you_mean

COVERS = ("low", "central", "high")
WEEKS_A_YEAR = 52.0


@dataclass(frozen=True)
class Stocks:
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

    def column(self, cover: str) -> Stocks:
        """The same stocks at one cover.

        Raises
        ------
        UsageError
            If there is no such cover.
        """
        if cover not in self.covers:
            raise UsageError(f"cover '{cover}' is not known. {did_you_mean(cover, self.covers)}")
        part = [self.covers.index(cover)]
        return Stocks(
            self.entry, self.entry_target[:, part], self.pool, self.pool_target[:, part], (cover,)
        )


def stocks_of(baseline: Baseline) -> Stocks:
    """Stocks that the dataset states, against base use.

    Parameters
    ----------
    baseline
        Balanced base year, whose yearly draws turn weeks into tonnes.

    Returns
    -------
    Stocks
        Sorted by entry and pool; a holder that draws nothing holds nothing.

    Examples
    --------
    >>> from supplygraph.baseline import reconcile
    >>> from supplygraph.dataset import read_dataset
    >>> from supplygraph.graph import compile_graph
    >>> stocks = stocks_of(reconcile(compile_graph(read_dataset("three-nodes"))))
    >>> stocks.entry.size, [round(t, 2) for t in stocks.entry_target[0].tolist()]
    (1, [1.15, 2.31, 4.62])
    """
    graph = baseline.graph
    held: dict[tuple[str, str], np.ndarray] = {}
    for row in graph.dataset.tables["stocks"].to_dict("records"):
        weeks = np.array([row[f"weeks_{cover}"] for cover in COVERS], dtype=float)
        weeks = np.where(np.isnan(weeks), weeks[1], weeks)
        if not np.isnan(weeks).any():
            held[row["holder"], row["material"]] = weeks
    materials = [str(name) for name in graph.pools["material"]]
    holders = _holders(baseline)
    entries: dict[int, np.ndarray] = {}
    for entry, (user, pool) in enumerate(zip(graph.inputs.user, graph.inputs.pool, strict=True)):
        weeks = held.get((holders[int(user)], materials[int(pool)]), np.zeros(len(COVERS)))
        tonnes = weeks / WEEKS_A_YEAR * baseline.drawn[entry]
        if tonnes.any():
            entries[entry] = tonnes
    pools = _pool_stocks(baseline, held, materials)
    return Stocks(*_columns(entries), *_columns(pools))


def _holders(baseline: Baseline) -> list[str]:
    """Name under which each user of the inputs may hold a stock."""
    demands = baseline.graph.demands
    places = zip(demands["product"], demands["market"], strict=True)
    return [*baseline.graph.activities["id"], *(f"{p}@{m}" for p, m in places)]


def _pool_stocks(
    baseline: Baseline, held: dict[tuple[str, str], np.ndarray], materials: list[str]
) -> dict[int, np.ndarray]:
    """Stocks of markets by what is drawn there, of makers by what they make."""
    graph = baseline.graph
    drawn = np.bincount(graph.inputs.pool, baseline.drawn, minlength=len(graph.pools))
    found: dict[int, np.ndarray] = {}
    for pool, market in enumerate(graph.pools["market"]):
        weeks = held.get((str(market), materials[pool]))
        if weeks is not None and drawn[pool] > 0:
            found[pool] = weeks / WEEKS_A_YEAR * drawn[pool]
    names = [str(name) for name in graph.activities["id"]]
    level = baseline.block("activity")[graph.made_activity] * graph.made_quantity
    for activity, pool, made in zip(graph.made_activity, graph.made_pool, level, strict=True):
        weeks = held.get((names[int(activity)], materials[int(pool)]))
        if weeks is not None and made > 0:
            found[int(pool)] = found.get(int(pool), 0.0) + weeks / WEEKS_A_YEAR * made
    return found


def _columns(found: dict[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    keys = sorted(found)
    table = np.array([found[key] for key in keys]) if keys else np.zeros((0, len(COVERS)))
    return np.array(keys, dtype=int), table
