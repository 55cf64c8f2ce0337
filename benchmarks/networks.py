"""Synthetic supply chains: what is made where, from what, and where it goes.

A chain of mines, separators, smelters, magnet and component makers in the project's own model:
63 materials, one recipe per plant (its efficiency is its own), joint separation of 16 oxides,
dysprosium and terbium as alternatives. Flows are drawn from products to mines, and capacities,
trade and observations follow from them, so the balance has an exact answer and only has to find
it. All of it is made up: nothing here is data about real firms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

SEED = 7
ELEMENTS = (
    "La",
    "Ce",
    "Pr",
    "Nd",
    "Sm",
    "Eu",
    "Gd",
    "Tb",
    "Dy",
    "Ho",
    "Er",
    "Tm",
    "Yb",
    "Lu",
    "Y",
    "Sc",
)
MIX = np.array(
    [
        0.25,
        0.45,
        0.05,
        0.15,
        0.02,
        0.004,
        0.015,
        0.003,
        0.008,
        0.002,
        0.005,
        0.001,
        0.004,
        0.001,
        0.03,
        0.006,
    ]
)
MIX = MIX / MIX.sum()
HEAVY = slice(5, 15)
STAGES = ("mine", "separation", "metal", "magnet", "component")
STAGE_SHARE = {"mine": 0.15, "separation": 0.15, "metal": 0.20, "magnet": 0.20}
HOME_SHARE = {"mine": 0.60, "separation": 0.80, "metal": 0.85, "magnet": 0.88, "component": 0.50}
METALS = (
    "ndpr",
    "dy",
    "tb",
    "sm",
    "gd",
    "la",
    "ce",
    "pr",
    "eu",
    "ho",
    "er",
    "tm",
    "yb",
    "lu",
    "y",
    "sc",
)
MAGNETS: tuple[dict[str, float], ...] = (
    {"met-ndpr": 0.30, "met-dy": 0.010, "x3": 0.65, "x4": 0.01},
    {"met-ndpr": 0.29, "x3": 0.65, "x4": 0.01},  # with dysprosium or terbium, see EITHER
    {"met-ndpr": 0.26, "met-dy": 0.055, "met-tb": 0.010, "x3": 0.65, "x4": 0.01, "x5": 0.02},
    {"met-sm": 0.36, "x5": 0.50, "x3": 0.14},
    {"met-ndpr": 0.31, "met-gd": 0.01, "x3": 0.65, "x4": 0.01},
)
EITHER = {"magnet-1": (("met-dy", 0.034, 0.85), ("met-tb", 0.017, 0.15))}
UNUSED = 1e-4
HOME_BIAS = 2.0
SMALLEST = 0.005
SCARCE_ROOM = 1.02
ROUNDS = 20
EXACT = 1e-9


@dataclass(frozen=True)
class Size:
    """Facilities that are ranked, countries, products, and suppliers per importer and material."""

    facilities: int
    countries: int
    products: int
    suppliers: int


SIZES = {40: Size(40, 4, 4, 2), 300: Size(300, 8, 8, 3), 3000: Size(3000, 30, 20, 5)}


@dataclass(frozen=True)
class Tech:
    """A way to make something: material, stage, inputs per unit of activity."""

    name: str
    stage: str
    output: str
    inputs: Mapping[str, float]


@dataclass
class Plant:
    """One facility with its efficiency, relative size and, once drawn, its base activity."""

    id: str
    tech: Tech
    country: int
    efficiency: float
    raw: float
    activity: float = 0.0


class Chain:
    """One drawn network: technologies, plants, needs and the flows that meet them."""

    def __init__(self, size: Size, seed: int = SEED) -> None:
        self.size, self.rng = size, np.random.default_rng(seed)
        self.weight = np.arange(1, size.countries + 1) ** -0.8
        self.weight /= self.weight.sum()
        self.techs = self._techs()
        self.use: dict[str, np.ndarray] = {}
        self.made: dict[str, np.ndarray] = {}
        self.flows: dict[tuple[str, int, int], float] = {}
        self.candidates: set[tuple[str, int, int]] = set()
        self.plants = self._plants()
        self._products()
        self._flows()

    def _techs(self) -> dict[str, list[Tech]]:
        """Technologies by stage; small networks leave out the later ones of each stage."""
        count = {s: max(2, round(self.size.facilities * STAGE_SHARE[s])) for s in STAGE_SHARE}
        ores = min(10, count["mine"] // 2)
        mix = np.tile(MIX, (ores, 1))
        mix[2::3, HEAVY] *= 12
        self.vector = np.array([self.rng.dirichlet(200 * m / m.sum()) for m in mix])
        self.vector = np.round(np.maximum(self.vector, 1e-5), 10)
        self.vector /= self.vector.sum(axis=1, keepdims=True)
        metals = METALS[: min(16, max(5, count["metal"] // 2))]
        count["metal"] = max(count["metal"], 2 * len(metals))
        magnets = min(5, count["magnet"] // 2)
        kinds = min(6, (self.size.facilities - sum(count.values())) // 2)
        return {
            "mine": [Tech(f"mine-{c}", "mine", f"ore-{c}", {"x0": 0.05}) for c in range(ores)],
            "separation": [
                Tech(f"sep-{c}", "separation", f"oxides:ore-{c}", {f"ore-{c}": 1.0, "x1": 0.4})
                for c in range(ores)
            ],
            "metal": [Tech(f"metal-{m}", "metal", f"met-{m}", _metal(m)) for m in metals],
            "magnet": [
                Tech(f"magnet-{g}", "magnet", f"mag-{g}", MAGNETS[g]) for g in range(magnets)
            ],
            "component": [
                Tech(f"component-{k}", "component", f"part-{k}", _component(k, magnets))
                for k in range(kinds)
            ],
        }

    def _plants(self) -> list[Plant]:
        """Every technology at least twice, once in the first country and once elsewhere."""
        left, plants = self.size.facilities, []
        for stage in STAGES:
            count = round(self.size.facilities * STAGE_SHARE.get(stage, 1.0))
            count = min(left, max(count, 2 * len(self.techs[stage])))
            left -= count
            plants += self._stage(stage, count)
        for country in range(self.size.countries):
            for x in range(10):
                tech = Tech(f"raw-{x}", "other", f"x{x}", {})
                raw = float(self.weight[country])
                plants.append(Plant(f"raw-{country:02d}-{x}", tech, country, 1.0, raw))
        return plants

    def _stage(self, stage: str, count: int) -> list[Plant]:
        techs, plants = self.techs[stage], []
        for number in range(count):
            tech = techs[number % len(techs)] if number < 2 * len(techs) else None
            tech = tech or techs[int(self.rng.integers(len(techs)))]
            country = 0 if number < len(techs) else self._country(number < 2 * len(techs))
            raw = float(self.rng.lognormal(0.0, 1.0))
            spread = round(float(self.rng.lognormal(0.0, 0.05)), 6)
            plants.append(Plant(f"{stage}-{number:04d}", tech, country, spread, raw))
        for tech in techs:
            for first, share in ((True, HOME_SHARE[stage]), (False, 1 - HOME_SHARE[stage])):
                group = [p for p in plants if p.tech is tech and (p.country == 0) == first]
                total = sum(p.raw for p in group)
                for plant in group:
                    plant.raw *= share / total
        return plants

    def _country(self, abroad: bool) -> int:
        if not abroad and self.rng.random() < 0.4:
            return 0
        rest = self.weight[1:] / self.weight[1:].sum()
        return 1 + int(self.rng.choice(len(rest), p=rest))

    def _products(self) -> None:
        """Demand by product and country; each needs two component types and two oxides."""
        rng, size, parts = self.rng, self.size, len(self.techs["component"])
        self.needs: list[dict[str, float]] = []
        self.value = np.round(rng.lognormal(3.0, 0.8, size.products), 2)
        scale = 1000 * rng.lognormal(0.0, 0.6, size.products)
        spread = rng.lognormal(0.0, 0.3, (size.products, size.countries))
        self.demand = scale[:, None] * self.weight[None, :] * spread
        self.demand[::4] *= 0.15
        self.demand = np.round(self.demand, 4)
        for q in range(size.products):
            kinds = rng.choice(parts, 2, replace=False)
            oxides = rng.choice(16, 2, replace=False, p=MIX)
            amounts = [
                rng.uniform(*ends) for ends in ((0.2, 2), (0.05, 0.5), (0.1, 0.6), (0.05, 0.3))
            ]
            names = [*(f"part-{k}" for k in kinds), *(oxide(ELEMENTS[o]) for o in oxides)]
            need = {n: round(float(a), 6) for n, a in zip(names, amounts, strict=True)}
            self.needs.append(need)
            for name, amount in need.items():
                self._add_use(name, amount * self.demand[q])

    def _add_use(self, material: str, amount: np.ndarray) -> None:
        self.use[material] = self.use.get(material, np.zeros(self.size.countries)) + amount

    def _flows(self) -> None:
        """Trade, activities and the needs that follow, from components down to raw materials."""
        for stage in ("component", "magnet", "metal"):
            for tech in self.techs[stage]:
                self._single(tech.output)
        self._joint()
        for tech in self.techs["mine"]:
            self._single(tech.output)
        for x in range(10):
            self._single(f"x{x}")

    def _single(self, material: str) -> None:
        """A material with one maker technology: makers run at what users take from them."""
        makers = [p for p in self.plants if p.tech.output == material]
        raw = np.zeros(self.size.countries)
        np.add.at(raw, [p.country for p in makers], [p.raw for p in makers])
        use = self.use.get(material, np.zeros(self.size.countries))
        idle = use.sum() <= 0
        largest = max(float(amount.sum()) for amount in self.use.values())
        made = UNUSED * largest * raw if idle else np.zeros(self.size.countries)
        for importer in range(self.size.countries):
            suppliers, share = self._suppliers(material, importer, raw)
            for origin, part in zip(suppliers, share, strict=True):
                flow = float(use[importer] * part)
                made[origin] += flow
                if origin != importer and flow > 0:
                    self.flows[material, origin, importer] = flow
        self.made[material] = made
        for plant in makers:
            self._run(plant, made[plant.country] * plant.raw / raw[plant.country])

    def _run(self, plant: Plant, activity: float) -> None:
        plant.activity = float(activity)
        for name, quantity in inputs_of(plant).items():
            self._use_at(name, plant.country, quantity * activity)
        for name, quantity, share in EITHER.get(plant.tech.name, ()):
            self._use_at(name, plant.country, quantity * share * activity)

    def _use_at(self, material: str, country: int, amount: float) -> None:
        self.use.setdefault(material, np.zeros(self.size.countries))[country] += amount

    def _suppliers(
        self, material: str, importer: int, raw: np.ndarray
    ) -> tuple[list[int], np.ndarray]:
        """Own makers and the best few abroad, by size and luck; each of them an arc."""
        score = raw * self.rng.lognormal(0.0, 1.0, len(raw))
        own, score[importer] = HOME_BIAS * raw[importer], 0.0
        best = [int(i) for i in np.argsort(-score, kind="stable")[: self.size.suppliers]]
        best = [i for i in best if score[i] > 0]
        self.candidates |= {(material, i, importer) for i in best}
        names = [importer, *best] if own > 0 else best
        share = np.array([own, *score[best]] if own > 0 else score[best])
        share = np.where(share < SMALLEST * share.sum(), 0.0, share)
        return names, share / share.sum()

    def _joint(self) -> None:
        """Separators run until the scarcest oxide suffices; the other oxides are in surplus."""
        names = [oxide(e) for e in ELEMENTS]
        need = np.array([self.use.get(n, np.zeros(self.size.countries)).sum() for n in names])
        techs = self.techs["separation"]
        mix = self.rng.dirichlet(np.full(len(techs), 4.0))
        total = SCARCE_ROOM * (need / (0.9 * mix @ self.vector)).max()
        made = np.zeros((16, self.size.countries))
        for plant in (p for p in self.plants if p.tech.stage == "separation"):
            kind = techs.index(plant.tech)
            self._run(plant, total * mix[kind] * plant.raw)
            made[:, plant.country] += 0.9 * self.vector[kind] * plant.activity
        for number, name in enumerate(names):
            self.made[name] = made[number]
            self._share_out(name, made[number])

    def _share_out(self, material: str, made: np.ndarray) -> None:
        """Flows from given makers to given users: wishes first, then whatever is left."""
        n = self.size.countries
        lack = self.use.get(material, np.zeros(n)).copy()
        wish = np.zeros((n, n))
        for importer in range(n):
            suppliers, share = self._suppliers(material, importer, made)
            wish[suppliers, importer] = share
        left, flow = made.copy(), np.zeros((n, n))
        for _ in range(ROUNDS):
            asked = wish * lack[None, :]
            taken = asked.sum(axis=1)
            given = asked * np.divide(left, taken, out=np.ones(n), where=taken > left)[:, None]
            flow, left = flow + given, left - given.sum(axis=1)
            lack = np.maximum(lack - given.sum(axis=0), 0.0)
        for importer in np.flatnonzero(lack > EXACT * lack.sum() + EXACT * flow.sum(axis=0)):
            for origin in np.argsort(-left, kind="stable"):
                given = min(left[origin], lack[importer])
                flow[origin, importer] += given
                left[origin] -= given
                lack[importer] -= given
        flow[flow <= EXACT * flow.sum(axis=0)[None, :]] = 0.0
        for origin, importer in zip(*np.nonzero(flow), strict=True):
            if origin != importer:
                self.flows[material, int(origin), int(importer)] = float(flow[origin, importer])


def inputs_of(plant: Plant) -> dict[str, float]:
    """Inputs per unit of activity of one plant, by its own efficiency."""
    return {name: q * plant.efficiency for name, q in plant.tech.inputs.items()}


def oxide(element: str) -> str:
    return f"ox-{element.lower()}"


def _metal(name: str) -> dict[str, float]:
    if name == "ndpr":
        return {"ox-nd": 0.88, "ox-pr": 0.29, "x2": 0.3}
    return {f"ox-{name}": 1.17, "x2": 0.3}


def _component(kind: int, magnets: int) -> dict[str, float]:
    inputs = {f"mag-{kind % magnets}": 1.0, f"x{6 + kind % 4}": 1.5}
    return inputs | ({"ox-y": 0.02} if kind % 2 else {})
