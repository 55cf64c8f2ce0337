"""What the oracle takes away: plants, or the exports of what they make."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from tests.faults.oracle_base import Base
from tests.faults.oracle_network import Activity, Network, Pool

Arc = tuple[str, str, str]


@dataclass(frozen=True)
class Removal:
    """Parts left of plants and of routes, and the markets in which something goes.

    Attributes
    ----------
    plants
        Part left of an activity by id; those not named are whole.
    routes
        Part left of a route; those not named are open.
    home
        Markets of what goes.
    pools
        Part left of what leaves pools some of whose makers go on exporting, all routes together.
    gone
        Makers that no longer export.
    """

    home: frozenset[str]
    plants: dict[str, float] = field(default_factory=dict)
    routes: dict[Arc, float] = field(default_factory=dict)
    pools: dict[Pool, float] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()

    def left(self, a: Activity) -> float:
        """Part left of an activity."""
        return self.plants.get(a.id, 1.0)

    def open(self, route: Arc) -> float:
        """Part left of a route."""
        return self.routes.get(route, 1.0)


def outage(net: Network, gone: Collection[str]) -> Removal:
    """Activities that stop."""
    return Removal(_home(net, gone), dict.fromkeys(gone, 0.0))


def export_stop(base: Base, gone: Collection[str]) -> Removal:
    """Activities that go on, but whose part of what their market makes does not leave it.

    Where nothing was made each maker has the same part.
    """
    net = base.net
    parts: dict[Pool, list[tuple[str, float]]] = {}
    for a in net.activities:
        for pool, quantity in a.makes.items():
            output = quantity * base.level(a.id) if base.made[pool] > 0 else 1.0
            parts.setdefault(pool, []).append((a.id, output))
    left, shared = {}, {}
    for pool, makers in parts.items():
        others = [output for name, output in makers if name not in gone]
        if len(others) < len(makers):
            left[pool] = sum(others) / sum(output for _, output in makers)
            if others:
                shared[pool] = left[pool]
    routes = {key: left[key[0], key[1]] for key in net.arcs if (key[0], key[1]) in left}
    return Removal(_home(net, gone), routes=routes, pools=shared, gone=frozenset(gone))


def _home(net: Network, gone: Collection[str]) -> frozenset[str]:
    return frozenset(a.market for a in net.activities if a.id in gone)
