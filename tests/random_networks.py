"""Small supply networks drawn from a seed, and removals to try on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.networks import UNIT, Network
from tests.solved_networks import Solved


@dataclass(frozen=True)
class _Recipe:
    name: str
    makes: dict[str, float]
    takes: dict[str, float]
    optional: dict[str, float]
    either: dict[str, float]


class NetworkDraw:
    """One random network: a truth that balances, then noisy figures about parts of it."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.net = Network()
        self.size = float(10 ** self.rng.uniform(0, 5))
        self.cyclic = self.chance(0.1)
        self.noise = 0.0 if self.chance(0.25) else float(self.rng.uniform(0.02, 0.5))
        self.recipes: list[_Recipe] = []
        self.stage: dict[str, str] = {}
        self.need: dict[str, dict[str, float]] = {}
        self.made: dict[str, dict[str, float]] = {}

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def amount(self) -> float:
        # Of what goes in a circle never more comes back than went in.
        least = 1.0 if self.cyclic else 0.1
        return round(float(self.rng.uniform(least, 3.0)), 3)

    def some(self, names: Sequence[str], most: int) -> list[str]:
        count = int(self.rng.integers(1, min(most, len(names)) + 1))
        return sorted(str(n) for n in self.rng.choice(np.array(names), count, replace=False))

    def network(self) -> Network:
        self._places()
        self._materials()
        self._products()
        self._plants()
        self._figures()
        return self.net

    def _places(self) -> None:
        self.markets = [f"M{i}" for i in range(int(self.rng.integers(2, 5)))]
        self.countries = {m: [m] for m in self.markets}
        self.net.places(*self.markets)
        if self.chance(0.3):
            self.net.places(f"M0b/{self.markets[0]}")
            self.countries[self.markets[0]].append("M0b")

    def _material(self, name: str, stage: str) -> str:
        self.net.material(name, stage)
        self.stage[name] = stage
        return name

    def _recipe(self, name: str, makes: dict[str, float], pool: Sequence[str]) -> None:
        """Inputs from ``pool``: one or more kinds, perhaps alternatives, perhaps an option."""
        takes, optional, either = {}, {}, {}
        inputs = list(pool)
        if inputs:
            takes = {m: self.amount() for m in self.some(inputs, 2)}
            rest = [m for m in inputs if m not in takes]
            if len(rest) > 1 and self.chance(0.5):
                either = {m: self.amount() for m in rest[:2]}
            elif rest and self.chance(0.5):
                optional = {rest[0]: self.amount()}
        if len(takes) == 2 and self.chance(0.4) and not either:
            either, takes = takes, {}
        self.recipes.append(_Recipe(name, makes, takes, optional, either))
        self.net.recipe(name, makes, takes, optional, [either] if either else [])

    def _materials(self) -> None:
        levels = int(self.rng.integers(2, 6))
        below = self._ores_and_oxides(levels)
        if levels >= 4:
            below = self._metals(below)
        magnets = self._magnets(below, scrap=self.cyclic and levels >= 3)
        self.ends = [*magnets, *([below[-1]] if self.chance(0.4) else [])]

    def _ores_and_oxides(self, levels: int) -> list[str]:
        """Ores, and from three levels up oxides: what the next stage is made from."""
        ores = [self._material(f"ore{i}", "mine") for i in range(int(self.rng.integers(1, 3)))]
        for ore in ores:
            self._recipe(f"dig-{ore}", {ore: 1.0}, [])
        if levels < 3:
            return ores
        oxides = [f"ox{i}" for i in range(int(self.rng.integers(2, 5)))]
        for oxide in oxides:
            self._material(oxide, "separation")
        for number, ore in enumerate(ores):
            out = oxides if number == 0 else self.some(oxides, 3)
            self._recipe(f"split-{ore}", {o: self.amount() for o in out}, [ore])
        if self.chance(0.3):
            self._recipe("scrap", {oxides[0]: 1.0}, [])
        return oxides

    def _metals(self, below: list[str]) -> list[str]:
        metals = [self._material(f"met{i}", "metal") for i in range(int(self.rng.integers(1, 3)))]
        for number, metal in enumerate(metals):
            self._recipe(f"smelt-{metal}", {metal: 1.0}, below)
            if number == 0 and self.chance(0.3):
                self._recipe("smelt-other", {metal: 1.0}, below)
        return [*metals, *([below[0]] if self.chance(0.5) else [])]

    def _magnets(self, below: list[str], *, scrap: bool) -> list[str]:
        magnets = [self._material(f"mag{i}", "magnet") for i in range(int(self.rng.integers(1, 4)))]
        if scrap:
            self._material("swarf", "separation")
        for number, magnet in enumerate(magnets):
            makes = {magnet: 1.0}
            if scrap and number == 0:
                makes["swarf"] = 0.3
            self._recipe(f"press-{magnet}", makes, below)
        if scrap:
            self._recipe("recover", {"ox0": 0.5}, ["swarf"])
        return magnets

    def _products(self) -> None:
        sectors = ("autos", "defence", "chips", "energy")
        for number in range(int(self.rng.integers(1, 5))):
            name, ends = f"p{number}", list(self.ends)
            needed = {m: self.amount() for m in self.some(ends, 2)}
            rest = [m for m in ends if m not in needed]
            optional = {rest[0]: self.amount()} if rest and self.chance(0.3) else {}
            either: dict[str, float] = {}
            if len(needed) == 2 and self.chance(0.5):
                either, needed = needed, {}
            value = self.amount() * 1e3 if self.chance(0.5) else None
            grade = "D" if number and self.chance(0.15) else "A"
            sector = sectors[int(self.rng.integers(0, 4))]
            alternatives = [either] if either else []
            kind = "unnamed" if grade == "D" else ""
            about = {"sector": sector, "value": value, "grade": grade, "kind": kind}
            self.net.product(name, needed, optional, alternatives, **about)
            shares = {m: float(self.rng.uniform(0.05, 1.0)) for m in self.some(self.markets, 4)}
            scale = self.size * float(10 ** self.rng.uniform(-2, 0))
            units = {m: float(f"{s * scale:.6g}") for m, s in shares.items()}
            self.net.demand(name, float(self.rng.choice([0.02, 0.05, 0.2])), **units)
            for market, count in units.items():
                self._uses(_Recipe(name, {}, needed, optional, either), market, count)

    def _uses(self, user: _Recipe, market: str, level: float) -> None:
        split = 1.0 / max(len(user.either), 1)
        for part, share in ((user.takes, 1.0), (user.optional, 1.0), (user.either, split)):
            for material, quantity in part.items():
                place = self.need.setdefault(material, {})
                place[market] = place.get(market, 0.0) + quantity * share * level

    def _plants(self) -> None:
        """From products to mines: who makes what is needed, with capacities that carry it."""
        self.outputs: list[tuple[str, str, float]] = []
        for recipe in reversed(self.recipes):
            wanted = 0.0
            for material, quantity in recipe.makes.items():
                makers = sum(1 for r in self.recipes if material in r.makes)
                wanted = max(wanted, sum(self.need.get(material, {}).values()) / quantity / makers)
            if wanted <= 0:
                wanted = self.size * 1e-3
            names = [m for m in self.markets for _ in range(2)]
            places = sorted(
                str(m) for m in self.rng.choice(names, int(self.rng.integers(1, 4)), replace=False)
            )
            shares = self.rng.dirichlet(np.full(len(places), 2.0))
            for number, (market, share) in enumerate(zip(places, shares, strict=True)):
                self._plant(recipe, f"{recipe.name}-{number}", market, float(share) * wanted)
        self._idle()

    def _plant(self, recipe: _Recipe, name: str, market: str, level: float) -> None:
        unit = UNIT[self.stage[next(iter(recipe.makes))]]
        inputs = [q for m, q in recipe.takes.items() if UNIT[self.stage[m]] == unit]
        inputs += [q for m, q in recipe.optional.items() if UNIT[self.stage[m]] == unit]
        inputs += [max([q for m, q in recipe.either.items() if UNIT[self.stage[m]] == unit] or [0])]
        made = sum(q for m, q in recipe.makes.items() if UNIT[self.stage[m]] == unit)
        room = float(self.rng.choice([1.0, 1.05, 1.5, 3.0]))
        stated = level * (sum(inputs) or made) * room if self.chance(0.7) else None
        country = str(self.rng.choice(self.countries[market]))
        process = f"kind-{self.rng.integers(0, 2)}" if self.chance(0.5) else ""
        self.net.plant(name, country, recipe.name, capacity=stated, process=process)
        self._uses(recipe, market, level)
        for material, quantity in recipe.makes.items():
            place = self.made.setdefault(material, {})
            place[market] = place.get(market, 0.0) + quantity * level
            self.outputs.append((name, material, quantity * level))

    def _idle(self) -> None:
        """Plants that do not run, and a second recipe on the line of one that does."""
        names = [r.name for r in self.recipes]
        if self.chance(0.5):
            recipe, market = str(self.rng.choice(names)), str(self.rng.choice(self.markets))
            status = "suspended" if self.chance(0.5) else "operating"
            capacity = self.size if self.chance(0.5) else None
            self.net.plant("spare", market, recipe, capacity=capacity, status=status)
        twins = [r for r in names if r.startswith("smelt")]
        if len(twins) > 1 and self.chance(0.5):
            market = str(self.rng.choice(self.markets))
            self.net.plant("twin", market, *twins, capacity=self.size, separate=self.chance(0.5))

    def _noisy(self, value: float) -> float:
        return float(f"{value * float(np.exp(self.noise * self.rng.standard_normal())):.6g}")

    def _sigma(self) -> float:
        return float(self.rng.choice([0.02, 0.05, 0.15, 0.3]))

    def _figures(self) -> None:
        for name, material, quantity in self.outputs:
            if quantity > 0 and self.chance(0.5):
                text = f"output(id={name} material={material})"
                self.net.observe(text, self._noisy(quantity), self._sigma())
        for material, places in self.made.items():
            total = sum(places.values())
            if total <= 0:
                continue
            for origin, made in places.items():
                for end, used in self.need.get(material, {}).items():
                    if end != origin and self.chance(0.4):
                        flow = self._noisy(made * min(used / total, 1.0))
                        if flow > 0:
                            self.net.trade(material, origin, end, flow, self._sigma())
            if self.chance(0.2):
                self.net.observe(f"output(material={material})", self._noisy(total), self._sigma())
            if self.chance(0.1) and len(places) > 1:
                place = sorted(places)[0]
                share = min(self._noisy(places[place] / total), 1.0)
                country = self.countries[place]
                if len(country) == 1 and share > 0:
                    top = f"output(material={material} market={place})"
                    text = f"{top} / output(material={material})"
                    self.net.observe(text, share, self._sigma(), unit="fraction")


def random_network(seed: int) -> Network:
    """A network of 2-4 markets and 2-5 levels, with what real tables have: joint products,
    alternatives, optional inputs, trade both ways, blank capacities, idle plants, loops."""
    return NetworkDraw(seed).network()


def removals(solved: Solved, seed: int, most: int = 12) -> list[tuple[str, ...]]:
    """Removals of plants, places, kinds, materials and arcs, whole and in part."""
    graph, rng = solved.graph, np.random.default_rng(seed)
    one: list[str] = [f"id={name}" for name in sorted(set(graph.activities["id"]))]
    one += [f"country={name}" for name in sorted(set(graph.activities["country"]))]
    one += [f"process={name}" for name in sorted(set(graph.activities["process"]))]
    pools = graph.pools.iloc[np.unique(graph.made_pool)]
    one += [f"material={name}" for name in sorted(set(pools["material"]))]
    one += [
        f"material={m} market={p}" for m, p in zip(pools["material"], pools["market"], strict=True)
    ]
    live = solved.baseline.block("arc") > 0
    one += [f"id={name}" for name in graph.arcs["id"][live]]
    rng.shuffle(one)
    result: list[tuple[str, ...]] = [(text,) for text in one[: most * 2 // 3]]
    while len(result) < most:
        picked = rng.choice(np.array(one, dtype=object), min(2, len(one)), replace=False)
        share = round(float(rng.uniform(0.05, 0.95)), 3)
        result.append((f"{picked[0]} share={share}", *map(str, picked[1:])))
    return result
