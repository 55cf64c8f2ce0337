"""Random networks of more markets and stages than `networks` draws, with closed markets."""

from __future__ import annotations

from networks import Network
from random_networks import NetworkDraw


class _WideDraw(NetworkDraw):
    """2 to 6 markets and 3 to 7 stages; every fifth network bars a market from some material."""

    def _places(self) -> None:
        self.markets = [f"M{i}" for i in range(int(self.rng.integers(2, 7)))]
        self.countries = {m: [m] for m in self.markets}
        self.net.places(*self.markets)
        self.cyclic = self.chance(0.25)

    def _materials(self) -> None:
        """Ore, oxides, then metal, alloy, magnet, part and assembly as far as the draw goes."""
        stages = int(self.rng.integers(3, 8))
        ores = [self._material(f"ore{i}", "mine") for i in range(int(self.rng.integers(1, 3)))]
        for ore in ores:
            self._recipe(f"dig-{ore}", {ore: 1.0}, [])
        oxides = [
            self._material(f"ox{i}", "separation") for i in range(int(self.rng.integers(2, 4)))
        ]
        for ore in ores:
            self._recipe(f"split-{ore}", {o: self.amount() for o in oxides}, [ore])
        below = oxides
        later = (
            ("met", "metal"),
            ("all", "metal"),
            ("mag", "magnet"),
            ("part", "component"),
            ("unit", "component"),
        )
        for name, stage in later[: stages - 2]:
            count = int(self.rng.integers(1, 3))
            made = [self._material(f"{name}{i}", stage) for i in range(count)]
            for number, material in enumerate(made):
                makes = {material: 1.0}
                if self.cyclic and name == "met" and number == 0:
                    self._material("swarf", "separation")
                    makes["swarf"] = 0.2
                self._recipe(f"make-{material}", makes, below)
            below = [*made, below[0]] if self.chance(0.3) else made
        if self.cyclic:
            self._recipe("recover", {"ox0": 0.3}, ["swarf"])
        self.ends = below

    def network(self) -> Network:
        """Figures first, so that bars can take away trade into a closed market."""
        self._places()
        self._materials()
        self._products()
        self._plants()
        self._figures()
        if self.chance(0.2):
            self._close_a_market()
        return self.net

    def _close_a_market(self) -> None:
        end = str(self.rng.choice(self.markets))
        for material in self.some(sorted(self.stage), 2):
            for origin in self.markets:
                if origin != end:
                    self.net.bar(material, origin, end)
            rows = self.net.tables.get("trade", [])
            self.net.tables["trade"] = [
                r for r in rows if not (r["material"] == material and r["to"] == end)
            ]


def wide_network(seed: int) -> Network:
    """A network of 2-6 markets and 3-7 stages: alternatives, joint outputs, loops, bars."""
    return _WideDraw(seed).network()
