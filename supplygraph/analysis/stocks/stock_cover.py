"""Stock behind a product, tier by tier, in months, and which input runs out first.

Months are weeks x 12/52 of the holder's own use at low, central and high. Tier 0 is what the
product itself holds; tier 1 its needed materials in the markets where it is assembled; each
further tier the inputs of their makers, in the markets where those makers draw them. `share`
says how much of the product's use of a material passes there in the base year. What nobody
states is a row without months: neither none nor without end.

First out: with supply of one needed input stopped at its home market, own and market stock
together last c months (alternatives by their base shares); the needed input with the least
central c is marked. An input without any figure could be out sooner, and a warning names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.loss_causes import Tracer, base_uses
from supplygraph.engines.inventories import Stock, stocks_of
from supplygraph.errors import UsageError

SEEN = 0.01
MANY = 6
TIE = 1e-9
READING = (
    "months that stock covers the holder's base use with nothing coming in; a tier further up "
    "serves a product only by its share"
)
BLIND_TO = (
    "stock in transit, inside parts and finished goods, stock released by a state, and whoever "
    "does not tell; weeks of a market count all its users as one"
)


def cover_table(
    tracer: Tracer, product: str | None = None, region: str | None = None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Stocks along the chain of every product and region asked for.

    Parameters
    ----------
    tracer
        Balance with the grades; its weights check that product and region exist.
    product, region
        All if left out.

    Returns
    -------
    table : pandas.DataFrame
        Columns of kind ``cover`` in `schema/results.csv`.
    warnings : tuple of str

    Raises
    ------
    UsageError
        If the product has no demand in the region.
    """
    work = _Cover(tracer)
    groups = demand_groups(tracer, product, region)
    rows = [row for key, demands in groups for row in work.rows(*key, demands)]
    notes = [f"how to read: {READING}", f"blind to: {BLIND_TO}", *work.notes()]
    return pd.DataFrame(rows), tuple(notes)


def demand_groups(
    tracer: Tracer, product: str | None, region: str | None
) -> list[tuple[tuple[str, str], np.ndarray]]:
    """Demands by product and region, in order, those asked for.

    Raises
    ------
    UsageError
        If nothing is left: the product is not assembled in the region.
    """
    demands = tracer.month.baseline.graph.demands
    units = tracer.month.baseline.block("demand")
    found: dict[tuple[str, str], list[int]] = {}
    for index, key in enumerate(zip(demands["product"], demands["region"], strict=True)):
        wanted = product in (None, key[0]) and region in (None, key[1])
        if wanted and units[index] > 0:
            found.setdefault((str(key[0]), str(key[1])), []).append(index)
    if not found:
        places = sorted(set(demands["region"][demands["product"] == product]))
        raise UsageError(
            f"product '{product}' is not assembled in region '{region}'. "
            f"It is in: {', '.join(places)}."
        )
    return [(key, np.array(found[key])) for key in sorted(found)]


class _Cover:
    """Rows of one balance."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer, self.evidence = tracer, tracer.evidence
        self.baseline = tracer.month.baseline
        self.graph = self.baseline.graph
        self.cascade = tracer.month.cascade
        self.uses = base_uses(self.baseline)
        self.own: dict[tuple[str, str], Stock] = {}
        self.at: dict[int, list[Stock]] = {}
        for stock in stocks_of(self.baseline):
            if stock.kind == "product":
                self.own[stock.holder, stock.material] = stock
            else:
                self.at.setdefault(stock.pool, []).append(stock)
        pools = self.graph.pools
        self.material = [str(name) for name in pools["material"]]
        self.market = [str(name) for name in pools["market"]]
        self.stage = [str(name) for name in pools["stage"]]
        self.unit = [str(name) for name in pools["unit"]]
        self.unknown: list[str] = []
        self.below = self._inputs_by_material()

    def _inputs_by_material(self) -> dict[str, set[str]]:
        """Materials that go into each material, by activities that run."""
        inputs, level = self.graph.inputs, self.baseline.block("activity")
        drawn: dict[int, set[str]] = {}
        for entry in np.flatnonzero(self.baseline.drawn > 0):
            drawn.setdefault(int(inputs.user[entry]), set()).add(self.material[inputs.pool[entry]])
        found: dict[str, set[str]] = {}
        for activity, pool in zip(self.graph.made_activity, self.graph.made_pool, strict=True):
            if level[activity] > 0:
                names = found.setdefault(self.material[pool], set())
                names |= drawn.get(int(activity), set())
        return found

    def rows(self, product: str, region: str, demands: np.ndarray) -> Iterator[dict[str, Any]]:
        """Rows of a product in a region: what it holds, then tier by tier."""
        head = {"product": product, "region": region}
        first = self._first_out(demands)
        needed: set[str] = set()
        for demand in demands:
            for entry in self._entries(int(demand)):
                needed.add(self.material[self.graph.inputs.pool[entry]])
                yield head | self._own_row(int(demand), int(entry), int(entry) in first)
        use = self.uses[demands].sum(axis=0)
        found: dict[tuple[int, str], list[list[dict[str, Any]]]] = {}
        for tier, material in sorted((t, name) for name, t in self._tiers(needed).items()):
            rows = list(self._pool_rows(tier, material, use))
            if rows:
                found.setdefault((tier, rows[0]["stage"]), []).append(rows)
        for parts in found.values():
            yield from (head | row for row in _short(parts))

    def _entries(self, demand: int) -> np.ndarray:
        inputs = self.graph.inputs
        return np.flatnonzero(inputs.user == self.graph.n_activities + demand)

    def _tiers(self, needed: set[str]) -> dict[str, int]:
        """Least number of steps from the product to each material."""
        tiers = dict.fromkeys(needed, 1)
        wave, tier = sorted(needed), 1
        while wave:
            tier += 1
            reached = {below for name in wave for below in self.below.get(name, ())}
            wave = sorted(reached - tiers.keys())
            tiers |= dict.fromkeys(wave, tier)
        return tiers

    def _holder(self, demand: int) -> str:
        row = self.graph.demands.iloc[demand]
        return f"{row['product']}@{row['market']}"

    def _own_row(self, demand: int, entry: int, first: bool) -> dict[str, Any]:
        inputs = self.graph.inputs
        pool = int(inputs.pool[entry])
        holder = self._holder(demand)
        stock = self.own.get((holder, self.material[pool]))
        flags = []
        if not self.cascade.limits[inputs.group[entry]]:
            flags.append("optional")
        if self.evidence.is_nominal(demand, entry):
            flags.append("nominal")
        row = self._row(0, holder, "product", pool, stock, self.cascade.share[entry], flags=flags)
        use = self.baseline.drawn[entry]
        need = self.evidence.need(demand, entry)[0]
        return row | {"use": float(use), "need_evidence": need, "first_out": first}

    def _row(
        self,
        tier: int,
        holder: str,
        kind: str,
        pool: int,
        stock: Stock | None,
        share: float,
        *,
        flags: Sequence[str] = (),
    ) -> dict[str, Any]:
        months = stock.months if stock else (np.nan,) * 3
        empty = () if stock else ("no_figure",)
        return {
            "tier": tier,
            "stage": self.stage[pool],
            "holder": holder,
            "holder_kind": kind,
            "material": self.material[pool],
            "materials": 1,
            "share": float(share),
            "months_low": months[0],
            "months_central": months[1],
            "months_high": months[2],
            "use": stock.use if stock else np.nan,
            "unit": f"{self.unit[pool]}/yr",
            "need_evidence": "",
            "evidence": stock.evidence if stock else "",
            "source": stock.source if stock else (),
            "first_out": False,
            "flags": (*flags, *empty),
        }

    def _pool_rows(self, tier: int, material: str, use: np.ndarray) -> Iterator[dict[str, Any]]:
        """Markets and plants that state a stock of a material, then the share that nobody does."""
        pools = [p for p in range(len(use)) if self.material[p] == material and use[p] > 0]
        total = float(sum(use[p] for p in pools))
        silent, last = 0.0, -1
        for pool in sorted(pools, key=lambda p: (-use[p], p)):
            share, known = use[pool] / total, self.at.get(pool, [])
            if not known:
                silent, last = silent + share, pool if last < 0 else last
            for stock in known if share >= SEEN else ():
                part = share
                if stock.kind in ("plant", "output"):
                    drawn = self.baseline.drawn[self.graph.inputs.pool == pool].sum()
                    part = share * min(stock.use / drawn, 1.0) if drawn > 0 else share
                kind = "market" if stock.kind == "market" else "facility"
                yield self._row(tier, stock.holder, kind, pool, stock, part)
        if last >= 0 and silent >= SEEN:
            yield self._row(tier, "", "market", last, None, silent)

    def _first_out(self, demands: np.ndarray) -> set[int]:
        """Entries of the needed input that runs out first."""
        inputs, drawn = self.graph.inputs, self.baseline.drawn
        found: list[tuple[float, list[int]]] = []
        for demand in demands:
            entries = self._entries(int(demand))
            for group in np.unique(inputs.group[entries]):
                members = [int(e) for e in entries if inputs.group[e] == group and drawn[e] > 0]
                if not self.cascade.limits[group] or not members:
                    continue
                months = [self._months(int(demand), entry) for entry in members]
                if np.isnan(months).all():
                    names = " or ".join(self.material[inputs.pool[e]] for e in members)
                    self.unknown.append(f"{self._holder(int(demand))} {names}")
                    continue
                shares = self.cascade.share[members]
                found.append((float(shares @ np.nan_to_num(months)), members))
        least = min((months for months, _ in found), default=np.inf)
        return {e for months, members in found for e in members if months <= least + TIE}

    def _months(self, demand: int, entry: int) -> float:
        """Central months of own and market stock of one input; NaN where neither is stated."""
        pool = int(self.graph.inputs.pool[entry])
        own = self.own.get((self._holder(demand), self.material[pool]))
        known = [s.months[1] for s in self.at.get(pool, []) if s.kind == "market"]
        known += [own.months[1]] if own else []
        stated = [months for months in known if not np.isnan(months)]
        return float(sum(stated)) if stated else float("nan")

    def notes(self) -> list[str]:
        """Needed inputs that nobody states a stock of."""
        if not self.unknown:
            return []
        shown = ", ".join(self.unknown[:8])
        more = f" and {len(self.unknown) - 8} more" if len(self.unknown) > 8 else ""
        return [f"no stock figure at all, could run out first: {shown}{more}"]


def _short(parts: list[list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Rows of a tier and stage; one for all where there are many materials and no figure."""
    rows = [row for part in parts for row in part]
    if len(parts) > MANY and all("no_figure" in row["flags"] for row in rows):
        yield rows[0] | {"material": "", "materials": len(parts), "share": 1.0}
    else:
        yield from rows
