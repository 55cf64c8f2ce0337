"""The oracle's losses when nobody reroutes: a cascade of its own over base flows.

A user runs at the least level of its essential kinds; a kind at the base-weighted level of what it
draws; a market sees what stays of its own output and what arrives; an arc carries the level of what
its origin makes, as far as it is open.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tests.faults.oracle_base import Base
from tests.faults.oracle_network import Pool
from tests.faults.oracle_stops import Removal

SWEEPS, SETTLED = 100_000, 1e-13


@dataclass(frozen=True)
class Rigid:
    """Levels when nobody reroutes: of every user, and of what arrives in every pool."""

    user: dict[str, float]
    pool: dict[Pool, float]


def ratio(top: float, bottom: float) -> float:
    """A part of a whole, 0 of nothing."""
    return top / bottom if bottom > 0 else 0.0


def rigid(base: Base, removal: Removal) -> Rigid:
    """Levels of everybody when nobody reroutes."""
    net, home = base.net, {pool: base.home(pool) for pool in base.net.pools}
    cap = {a.id: removal.left(a) for a in net.activities}
    level = {user.id: cap.get(user.id, 1.0) for user in net.users}
    kinds, makers = _kinds(base), _makers(base)
    for _ in range(SWEEPS):
        made = {p: sum(s * level[n] for n, s in makers.get(p, ())) for p in net.pools}
        got = {
            p: ratio(max(base.made[p] - base.exports[p], 0.0), home[p]) * made[p] for p in net.pools
        }
        for (material, start, end), flow in base.arc.items():
            pool, left = (material, end), removal.open((material, start, end))
            got[pool] += ratio(flow, home[pool]) * left * made[material, start]
        new = {user.id: cap.get(user.id, 1.0) for user in net.users}
        for user_id, shares in kinds:
            new[user_id] = min(new[user_id], sum(w * got[p] for p, w in shares.items()))
        new = {name: min(value, level[name]) for name, value in new.items()}
        moved = max((level[name] - new[name] for name in new), default=0.0)
        level = new
        if moved <= SETTLED:
            return Rigid(level, got)
    raise ArithmeticError("the oracle's cascade does not settle")


def _kinds(base: Base) -> list[tuple[str, dict[Pool, float]]]:
    """Kinds that stop a user, with what each of their pools gives of the whole."""
    found = []
    for user in base.net.users:
        for group in user.groups:
            need = {p: base.drawn(user.id, p, q, group.free) / q for p, q in group.quantity.items()}
            total = sum(need.values())
            if group.essential and total > 0:
                found.append((user.id, {p: n / total for p, n in need.items()}))
    return found


def _makers(base: Base) -> dict[Pool, list[tuple[str, float]]]:
    """Who makes what part of a pool's output."""
    found: dict[Pool, list[tuple[str, float]]] = {}
    for a in base.net.activities:
        for pool, quantity in a.makes.items():
            share = ratio(quantity * base.level(a.id), base.made[pool])
            found.setdefault(pool, []).append((a.id, share))
    return found


def part(
    base: Base, weights: Mapping[str, float], home: Collection[str], place: str
) -> dict[str, float]:
    """Weights of the demands at home or abroad."""
    market = {d.id: d.market for d in base.net.demands}
    return {n: w for n, w in weights.items() if (market[n] in home) == (place == "home")}


def loss(weights: Mapping[str, float], served: Mapping[str, float]) -> float:
    """Weighted loss of what weighs; NaN if nothing does."""
    total = sum(weights.values())
    if not total > 0:
        return math.nan
    return sum(weight * (1.0 - served[name]) for name, weight in weights.items()) / total
