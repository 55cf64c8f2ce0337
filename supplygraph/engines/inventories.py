"""Stocks of a dataset resolved onto the network: who holds what, and whose use it covers.

A stock is stated in weeks of its holder's use in the base year: a product's own draws in its
market, a plant's draws of an input, all named draws of a market. A plant that makes the
material and does not draw it holds weeks of its output. In tonnes:

    S = weeks x 12/52 / 12 x use a year

A stock that nobody states has no row here. It counts as none in what an engine computes, and
is reported as a missing figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.units import weeks_to_months
from supplygraph.vocabulary import COVERS

NOTHING = np.zeros(0, dtype=int)


@dataclass(frozen=True)
class Stock:
    """One row of `stocks`.

    Attributes
    ----------
    kind
        ``product`` (held by a product at a market), ``market``, ``plant`` (an input) or
        ``output`` (of a plant).
    pool
        Pool of the material where it is held.
    entries, outputs
        Entries of the inputs, or of the outputs, that it may serve; no other.
    use
        Material units a year that they take in the base year.
    months
        Months of that use at low, central and high cover; NaN where not stated.
    """

    holder: str
    material: str
    kind: str
    pool: int
    entries: np.ndarray
    outputs: np.ndarray
    use: float
    months: tuple[float, float, float]
    evidence: str
    source: tuple[str, ...]
    note: str

    def size(self, cover: int) -> float:
        """Material units held at a cover (0 low, 1 central, 2 high); none where not stated."""
        months = self.months[cover]
        return 0.0 if np.isnan(months) else max(months, 0.0) / 12 * self.use


def stocks_of(baseline: Baseline) -> tuple[Stock, ...]:
    """Stocks whose holder and material are in the network, in order of holder and material.

    Examples
    --------
    >>> from supplygraph.api import load
    >>> stock, = stocks_of(load("three-nodes").baseline)
    >>> stock.holder, stock.kind, round(stock.use, 6), [round(m, 2) for m in stock.months]
    ('ev@JP', 'product', 30.0, [0.46, 0.92, 1.85])
    """
    place = _Holders(baseline)
    rows = baseline.graph.dataset.tables["stocks"].to_dict("records")
    found = [place.stock(row) for row in rows]
    return tuple(sorted((s for s in found if s), key=lambda s: (s.holder, s.material)))


class _Holders:
    """Finds holders in one network."""

    def __init__(self, baseline: Baseline) -> None:
        self.baseline, graph = baseline, baseline.graph
        self.inputs = graph.inputs
        self.plant = graph.activities["id"].to_numpy(dtype=str)
        demands = graph.demands
        self.product = np.array(
            [f"{p}@{m}" for p, m in zip(demands["product"], demands["market"], strict=True)]
        )
        self.users = np.concatenate([self.plant, self.product]) if len(self.plant) else self.product
        keys = zip(graph.pools["material"], graph.pools["market"], strict=True)
        self.pools = {key: i for i, key in enumerate(keys)}
        self.material = graph.pools["material"].to_numpy(dtype=str)
        output = graph.made_quantity * baseline.block("activity")[graph.made_activity]
        self.output = output

    def stock(self, row: dict[str, Any]) -> Stock | None:
        """A row as a stock; None if the network has no such place."""
        holder, material = str(row["holder"]), str(row["material"])
        kind, entries, outputs = self._who(holder, material)
        if kind == "market":
            pool = self.pools.get((material, holder), -1)
            entries = np.flatnonzero(self.inputs.pool == pool)
        elif len(entries):
            pool = int(self.inputs.pool[entries[0]])
        elif len(outputs):
            pool = int(self.baseline.graph.made_pool[outputs[0]])
        else:
            pool = -1
        if pool < 0:
            return None
        use = self.output[outputs].sum() if kind == "output" else self.baseline.drawn[entries].sum()
        low, central, high = (weeks_to_months(float(row[f"weeks_{c}"])) for c in COVERS)
        return Stock(
            holder,
            material,
            kind,
            pool,
            entries,
            outputs,
            float(use),
            (low, central, high),
            str(row.get("evidence") or "D"),
            tuple(row.get("source") or ()),
            str(row.get("note") or ""),
        )

    def _who(self, holder: str, material: str) -> tuple[str, np.ndarray, np.ndarray]:
        """Kind of a holder, with the entries it draws and those it makes."""
        if "@" not in holder and holder not in set(self.plant):
            return "market", NOTHING, NOTHING
        same = self.material[self.inputs.pool] == material
        entries = np.flatnonzero(same & (self.users[self.inputs.user] == holder))
        if "@" in holder:
            return "product", entries, NOTHING
        if len(entries):
            return "plant", entries, NOTHING
        graph = self.baseline.graph
        made = self.material[graph.made_pool] == material
        return (
            "output",
            NOTHING,
            np.flatnonzero(made & (self.plant[graph.made_activity] == holder)),
        )
