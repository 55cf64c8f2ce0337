"""Base flows as the oracle reads them: by pool and user, with weights of demands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.faults.oracle_network import Network, Pool

Key = tuple[str, str]
Flows = Mapping[Key, float]
MOST = 0.1  # of all weight on one product


def pool_id(pool: Pool) -> str:
    """Name of a material in a market."""
    return f"{pool[0]}@{pool[1]}"


@dataclass
class Base:
    """Base flows of a network by pool and user."""

    net: Network
    flows: Flows
    made: dict[Pool, float] = field(init=False)
    exports: dict[Pool, float] = field(init=False)
    imports: dict[Pool, float] = field(init=False)
    arc: dict[tuple[str, str, str], float] = field(init=False)

    def __post_init__(self) -> None:
        zero = dict.fromkeys(self.net.pools, 0.0)
        self.made, self.exports, self.imports = dict(zero), dict(zero), dict(zero)
        for a in self.net.activities:
            for pool, quantity in a.makes.items():
                self.made[pool] += quantity * self.level(a.id)
        self.arc = {
            key: self.flows.get(("arc", "{}:{}>{}".format(*key)), 0.0) for key in self.net.arcs
        }
        for (material, start, end), flow in self.arc.items():
            self.exports[material, start] += flow
            self.imports[material, end] += flow

    def level(self, user: str) -> float:
        """Activity or units of a user."""
        return self.flows.get(("activity", user), self.flows.get(("demand", user), 0.0))

    def drawn(self, user: str, pool: Pool, quantity: float, free: bool) -> float:
        """What a user draws from a pool."""
        if free:
            return self.flows.get(("draw", f"{user}:{pool_id(pool)}"), 0.0)
        return quantity * self.level(user)

    def held(self, pool: Pool) -> float:
        """Surplus or unexplained use of a pool: it has one of the two."""
        kind = "surplus" if pool in self.net.surplus else "unexplained"
        return self.flows.get((kind, pool_id(pool)), 0.0)

    def home(self, pool: Pool) -> float:
        """What stays at home and what arrives."""
        return self.made[pool] - self.exports[pool] + self.imports[pool]

    def imbalance(self) -> float:
        """Largest relative gap of what a pool has and what it gives, and of its kinds."""
        worst, use = 0.0, dict.fromkeys(self.net.pools, 0.0)
        for user in self.net.users:
            for group in user.groups:
                parts = {
                    p: self.drawn(user.id, p, q, group.free) for p, q in group.quantity.items()
                }
                for pool, amount in parts.items():
                    use[pool] += amount
                if group.free:
                    level = self.level(user.id)
                    got = sum(amount / group.quantity[p] for p, amount in parts.items())
                    gap = abs(got - level) if group.essential else max(got - level, 0.0)
                    worst = max(worst, gap / max(level, got, 1e-6))
        for pool in self.net.pools:
            gap = self.home(pool) - use[pool] - self.held(pool)
            size = max(self.made[pool], self.imports[pool], use[pool], self.held(pool), 1e-6)
            over = self.exports[pool] - self.made[pool]
            worst = max(worst, abs(gap) / size, over / size)
        return worst

    def weights(self) -> dict[str, float]:
        """Sectors equal, inside one its products, inside a product units; none above a tenth.

        All products of a sector weigh the same. Raise all weights by one factor, each no further
        than the limit, until they sum to 1: so what is over goes to others in proportion.
        """
        units: dict[str, float] = {}
        live = [d for d in self.net.demands if d.named and self.level(d.id) > 0]
        for d in live:
            units[d.product] = units.get(d.product, 0.0) + self.level(d.id)
        if not live:
            return {}
        sector = {d.product: d.sector for d in live}
        count = Counter(sector.values())
        alike = {p: 1.0 / count[s] / len(count) for p, s in sector.items()}
        most, factor = max(MOST, 1.0 / len(alike)), 1.0
        for _ in alike:  # each pass finds the products that the next factor leaves at the limit
            full = {p for p, w in alike.items() if w * factor >= most}
            rest = sum(w for p, w in alike.items() if p not in full)
            factor = (1.0 - most * len(full)) / rest if rest > 0 else factor
        product = {p: min(w * factor, most) for p, w in alike.items()}
        return {d.id: product[d.product] * self.level(d.id) / units[d.product] for d in live}
