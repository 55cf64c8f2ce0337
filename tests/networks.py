"""Small supply networks for tests: written by hand in a few lines, or drawn from a seed.

A `Network` collects rows and writes the same CSV tables that a person would. `solve` reads the
folder back and gives the baseline with both engines over it.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import yaml

from supplygraph.baseline import Baseline, reconcile
from supplygraph.dataset import read_dataset
from supplygraph.engines import AllocationProgram, Cascade, Levels
from supplygraph.graph import Matrix, SupplyGraph, compile_graph
from supplygraph.graph.balance_matrix import INFINITY
from supplygraph.scenario import Shock, parse_shock
from supplygraph.solver import LinearProgram, Triplets

YEAR = 2024
UNIT = {
    "mine": "t_reo",
    "separation": "t_oxide",
    "metal": "t_metal",
    "magnet": "t_finished",
    "component": "piece",
}
Amounts = Mapping[str, float]


@dataclass
class Network:
    """Rows of a dataset, table by table."""

    tables: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    documents: dict[str, dict[str, object]] = field(default_factory=dict)

    def document(self, folder: str, name: str, **content: object) -> Network:
        """A YAML file of the dataset, such as a project."""
        self.documents.setdefault(folder, {})[name] = content
        return self

    def later(self, plant: str, month: str, capacity: float | None, line: int = 1) -> Network:
        """Another dated row of a line, with the recipes it has."""
        row = next(
            row
            for row in self.tables["capacities"]
            if row["facility"] == plant and row["line"] == line
        )
        quantity = "" if capacity is None else repr(float(capacity))
        self.tables["capacities"].append(row | {"from_date": month, "quantity": quantity})
        return self

    def add(self, table: str, **row: object) -> None:
        self.tables.setdefault(table, []).append(row)

    def places(self, *names: str) -> Network:
        """Countries that are markets of their own; ``C2/C`` puts country C2 into market C."""
        for name in names:
            country, _, market = name.partition("/")
            market = market or country
            self.add("countries", id=country, name=country, market=market, region=market)
        return self

    def material(self, name: str, stage: str) -> Network:
        self.add("materials", id=name, stage=stage, element="", unit=UNIT[stage])
        return self

    def recipe(
        self,
        name: str,
        makes: Amounts,
        takes: Amounts | None = None,
        optional: Amounts | None = None,
        either: Sequence[Amounts] = (),
    ) -> Network:
        """Inputs that must all come, inputs that may lack, and groups that replace each other."""
        for material, quantity in makes.items():
            self.add("recipes", recipe=name, material=material, direction="out", quantity=quantity)
        for flags, material, quantity in _inputs(takes, optional, either):
            self.add(
                "recipes",
                recipe=name,
                material=material,
                direction="in",
                quantity=quantity,
                **flags,
            )
        return self

    def plant(
        self,
        name: str,
        country: str,
        *recipes: str,
        capacity: float | None = None,
        process: str = "",
        status: str = "operating",
        parent: str = "",
        kind: str = "",
        separate: bool = False,
    ) -> Network:
        """A plant with all recipes on one line, or with a line for each (``separate``)."""
        stage, unit = self._made_at(recipes[0]) if recipes else ("mine", "t_reo")
        self.add(
            "facilities",
            id=name,
            name=name,
            country=country,
            operator="op",
            stage=stage,
            process=process or stage,
            status=status,
            parent_id=parent,
            aggregate_kind=kind,
        )
        groups = [[recipe] for recipe in recipes] if separate else [list(recipes)] * bool(recipes)
        for line, group in enumerate(groups, 1):
            self.add(
                "capacities",
                facility=name,
                line=line,
                recipes=";".join(group),
                quantity="" if capacity is None else repr(float(capacity)),
                unit=f"{unit}/yr",
                kind="nameplate",
                from_date="2020-01",
                counts=self._counts(group, unit),
            )
        return self

    def _counts(self, recipes: Sequence[str], unit: str) -> str:
        """Feed, where a capacity in this unit might count feed or product."""
        sides: dict[str, set[str]] = {recipe: set() for recipe in recipes}
        for row in self.tables["recipes"]:
            if row["recipe"] in sides and self._unit(str(row["material"])) == unit:
                sides[str(row["recipe"])].add(str(row["direction"]))
        unclear = any(len(found) == 2 for found in sides.values())
        return "feed" if unclear and all("in" in found for found in sides.values()) else ""

    def _made_at(self, recipe: str) -> tuple[str, str]:
        stage = {row["id"]: str(row["stage"]) for row in self.tables["materials"]}
        for row in self.tables["recipes"]:
            if row["recipe"] == recipe and row["direction"] == "out":
                found = stage[row["material"]]
                return found, UNIT[found]
        raise KeyError(recipe)

    def product(
        self,
        name: str,
        needs: Amounts,
        optional: Amounts | None = None,
        either: Sequence[Amounts] = (),
        *,
        sector: str = "other",
        value: float | None = None,
        grade: str = "A",
        segment: str = "civil",
    ) -> Network:
        """Tonnes of each material for one unit of the product."""
        self.add(
            "products",
            id=name,
            name=name,
            sector=sector,
            segment=segment,
            basis="counted",
            unit="unit",
            value_usd="" if value is None else repr(value),
        )
        for flags, material, quantity in _inputs(needs, optional, either):
            mass = "piece" if self._unit(material) == "piece" else "t"
            self.add(
                "needs",
                product=name,
                material=material,
                quantity=repr(float(quantity)),
                unit=f"{mass}/unit",
                need_evidence="A",
                quantity_evidence=grade,
                **flags,
            )
        return self

    def _unit(self, material: str) -> object:
        return next(row["unit"] for row in self.tables["materials"] if row["id"] == material)

    def demand(self, product: str, sigma: float = 0.05, **units: float) -> Network:
        """Units a year by market."""
        for market, count in units.items():
            self.add(
                "demand",
                product=product,
                market=market,
                units=repr(float(count)),
                year=YEAR,
                sigma=sigma,
            )
        return self

    def observe(
        self,
        expression: str,
        value: float,
        sigma: float | str = 0.05,
        role: str = "fit",
        unit: str = "t/yr",
        evidence: str = "",
    ) -> Network:
        number = len(self.tables.get("observations", [])) + 1
        if unit == "t/yr":
            unit = self._guess_unit(expression)
        self.add(
            "observations",
            id=f"o{number:03d}",
            expression=expression,
            value=repr(float(value)),
            unit=unit,
            year=YEAR,
            sigma=sigma,
            role=role,
            evidence=evidence,
        )
        return self

    def _guess_unit(self, expression: str) -> str:
        """Unit of the material that is named, or else of what the plant named makes."""
        ended = expression.replace(" ", ")")
        for row in self.tables["materials"]:
            if f"material={row['id']})" in ended:
                return f"{row['unit']}/yr"
        for row in self.tables.get("capacities", []):
            if f"id={row['facility']})" in ended:
                return f"{self._made_at(str(row['recipes']).split(';')[0])[1]}/yr"
        return "t_reo/yr"

    def trade(
        self, material: str, origin: str, to: str, quantity: float | None, sigma: float = 0.05
    ) -> Network:
        self.add(
            "trade",
            material=material,
            to=to,
            year=YEAR,
            unit=self._unit(material),
            sigma=sigma,
            quantity="" if quantity is None else repr(float(quantity)),
            role="arc" if quantity is None else "fit",
            **{"from": origin},
        )
        return self

    def stock(self, holder: str, material: str, weeks: float) -> Network:
        self.add("stocks", holder=holder, material=material, weeks_central=repr(float(weeks)))
        return self

    def bar(self, material: str, origin: str, to: str) -> Network:
        self.add("arcs", material=material, to=to, kind="barred", **{"from": origin})
        return self

    def shuffled(self, seed: int) -> Network:
        """The same rows in another order, in every table."""
        rng = np.random.default_rng(seed)
        return Network(
            {
                name: [rows[i] for i in rng.permutation(len(rows))]
                for name, rows in self.tables.items()
            },
            self.documents,
        )

    def _open_arcs(self) -> list[dict[str, object]]:
        """Trade rows that declare every arc from a maker to a user, unless a row says more."""
        market = {row["id"]: row["market"] for row in self.tables["countries"]}
        place = {row["id"]: market[row["country"]] for row in self.tables.get("facilities", [])}
        ends: dict[str, dict[object, set[object]]] = {"out": {}, "in": {}}
        for line in self.tables.get("capacities", []):
            for row in self.tables.get("recipes", []):
                if row["recipe"] in str(line["recipes"]).split(";"):
                    where = ends[str(row["direction"])].setdefault(row["material"], set())
                    where.add(place[line["facility"]])
        for need in self.tables.get("needs", []):
            for row in self.tables.get("demand", []):
                if row["product"] == need["product"]:
                    ends["in"].setdefault(need["material"], set()).add(row["market"])
        keys = ("material", "from", "to")
        said = {
            tuple(row[k] for k in keys)
            for name in ("trade", "arcs")
            for row in self.tables.get(name, [])
        }
        return [
            {
                "material": material,
                "from": origin,
                "to": end,
                "year": YEAR,
                "unit": self._unit(str(material)),
                "role": "arc",
                "quantity": "",
            }
            for material, makers in ends["out"].items()
            for origin in makers
            for end in ends["in"].get(material, ())
            if origin != end and (material, origin, end) not in said
        ]

    def write(self, folder: Path) -> Path:
        """One CSV file per table; `observations` and `trade` may be missing."""
        tables = {**self.tables}
        arcs = self._open_arcs()
        if arcs:
            tables["trade"] = [*tables.get("trade", []), *arcs]
        for name, rows in tables.items():
            header = list(dict.fromkeys(column for row in rows for column in row))
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, header, restval="")
                writer.writeheader()
                writer.writerows(rows)
        for kind, files in self.documents.items():
            (folder / kind).mkdir(exist_ok=True)
            for name, content in files.items():
                text = yaml.safe_dump(content, sort_keys=False)
                (folder / kind / f"{name}.yaml").write_text(text, encoding="utf-8")
        return folder

    def compile(self) -> SupplyGraph:
        with tempfile.TemporaryDirectory() as folder:
            return compile_graph(read_dataset(self.write(Path(folder))))

    def solve(self) -> Solved:
        return Solved(self.compile())


def _inputs(
    needed: Amounts | None, optional: Amounts | None, either: Iterable[Amounts]
) -> Iterable[tuple[dict[str, str], str, float]]:
    for material, quantity in (needed or {}).items():
        yield {"essential": "true", "alternative_group": ""}, material, quantity
    for material, quantity in (optional or {}).items():
        yield {"essential": "false", "alternative_group": ""}, material, quantity
    for number, group in enumerate(either, 1):
        for material, quantity in group.items():
            yield {"essential": "true", "alternative_group": f"g{number}"}, material, quantity


class Solved:
    """A network with its balance and both engines."""

    def __init__(self, graph: SupplyGraph) -> None:
        self.graph = graph

    @cached_property
    def baseline(self) -> Baseline:
        return reconcile(self.graph)

    @cached_property
    def cascade(self) -> Cascade:
        return Cascade(self.baseline)

    @cached_property
    def program(self) -> AllocationProgram:
        return AllocationProgram(self.baseline)

    def shock(self, *texts: str) -> Shock:
        return parse_shock(self.graph, texts)

    def levels(self, *texts: str) -> Levels:
        return self.cascade.levels([self.shock(*texts)])

    def none(self, *texts: str) -> dict[str, float]:
        """Served share by ``product@market`` when nobody reroutes."""
        return self._named(self.cascade.served(self.levels(*texts))[:, 0])

    def free(self, *texts: str, **options: str) -> dict[str, float]:
        """Served share by ``product@market`` of the best allocation."""
        return self._named(self.program.solve(self.shock(*texts), **options).served)

    def _named(self, served: np.ndarray) -> dict[str, float]:
        demands = self.graph.demands
        return {
            f"{product}@{market}": float(value)
            for product, market, value in zip(
                demands["product"], demands["market"], served, strict=True
            )
        }

    def activity(self) -> dict[str, float]:
        """Base activity by plant and recipe."""
        table = self.graph.activities
        names = table["id"] + ":" + table["recipe"]
        return dict(zip(names, self.baseline.block("activity").tolist(), strict=True))

    def arc(self) -> dict[str, float]:
        """Base flow by arc."""
        flows = self.baseline.block("arc").tolist()
        return dict(zip(self.graph.arcs["id"], flows, strict=True))

    def held(self, name: str) -> dict[str, float]:
        """Base surplus or unexplained use by pool."""
        return dict(zip(self.graph.pools["id"], self.baseline.held(name).tolist(), strict=True))


@dataclass(frozen=True)
class Bounds:
    """All rows and column bounds of the allocation program under one shock."""

    rows: Matrix
    upper: np.ndarray
    first_held: int
    base: np.ndarray
    scale: np.ndarray

    def violation(self, x: np.ndarray, *, solver: bool = False) -> tuple[float, str]:
        """Largest violation relative to the entries of its row or their base, and where it is.

        A solver's answer is measured by the typical size of the row instead: its tolerance is
        no smaller where nothing flows.
        """
        rows, x = self.rows, np.pad(x, (0, len(self.upper) - len(x)))
        size = np.full(rows.n_rows, 1e-9)
        for flows in (x, self.base, *([self.scale] if solver else [])):
            np.maximum.at(size, rows.row, np.abs(rows.value * flows[rows.column]))
        # A held share may be as small as rounding: its row is measured by what passes the pool.
        held = rows.row >= self.first_held
        np.maximum.at(size, rows.row[held], np.abs(self.base[rows.column[held]]))
        value = rows.times(x)
        low = np.maximum(rows.lower - value, 0.0) / size
        high = np.maximum(value - rows.upper, 0.0) / size
        over = np.maximum(x - self.upper, 0.0) / (
            np.maximum(self.upper, self.scale) if solver else np.maximum(self.upper, 1e-9)
        )
        under = np.maximum(-x, 0.0) / max(float(np.abs(x).max(initial=0.0)), 1e-9)
        parts = {"row low": low, "row high": high, "above": over, "negative": under}
        name = max(parts, key=lambda key: parts[key].max(initial=0.0))
        part = parts[name]
        return float(part.max(initial=0.0)), f"{name} {int(part.argmax()) if len(part) else -1}"


def bounds_under(solved: Solved, shock: Shock) -> Bounds:
    """What a removal leaves, stated anew: share of capacity, of what is made, of base flow."""
    program, columns, graph = solved.program, solved.baseline.columns, solved.graph
    rows = program.rows
    width = len(program.scale)
    upper = np.full(width, INFINITY)
    upper[columns.block("activity")] = program.activity_upper * shock.activity
    upper[columns.block("demand")] = solved.baseline.block("demand")
    flow = solved.baseline.block("arc")
    upper[columns.block("arc")] = np.where(shock.arc < 1, flow * shock.arc, INFINITY)
    made = np.bincount(
        graph.made_pool,
        graph.made_quantity * program.activity_upper[graph.made_activity],
        minlength=len(graph.pools),
    )
    cut = shock.made < 1
    upper[columns.block("made")] = np.where(cut, made * shock.made, INFINITY)[columns.made_of]
    upper[columns.block("withheld")] = np.where(cut, INFINITY, 0.0)[columns.made_of]
    ends = rows.upper.copy()
    left = np.zeros(len(graph.lines))
    np.maximum.at(left, graph.line_of, shock.activity)
    lines = slice(program.line_row, program.line_row + len(graph.lines))
    ends[lines] = np.where(left < 1, np.where(left > 0, ends[lines], 0.0) * left, ends[lines])
    shocked = Matrix(rows.row, rows.column, rows.value, rows.lower, ends)
    base = np.pad(solved.baseline.x, (0, width - columns.total))
    return Bounds(shocked, upper, lines.stop, base, program.scale)


def cold_loss(solved: Solved, shock: Shock, weights: np.ndarray) -> float:
    """Least weighted loss by a program of its own: no warm start, no tie-break, no short cut."""
    bounds, columns = bounds_under(solved, shock), solved.baseline.columns
    base = solved.baseline.block("demand")
    live = base > 0
    cost = np.zeros(len(bounds.upper))
    cost[columns.block("demand")] = -np.divide(weights, base, out=np.zeros_like(base), where=live)
    rows, size = bounds.rows, np.full(bounds.rows.n_rows, 1e-9)
    np.maximum.at(size, rows.row, np.abs(rows.value * bounds.scale[rows.column]))
    program = LinearProgram(
        Triplets(rows.row, rows.column, rows.value, rows.lower, rows.upper),
        cost,
        np.zeros(len(cost)),
        bounds.upper,
        column_scale=bounds.scale,
        row_scale=size,
    )
    return float(weights[live].sum()) + program.solve("cold").objective


def loss(weights: np.ndarray, served: np.ndarray) -> float:
    """Weighted loss of served shares."""
    return float(weights @ (1.0 - served))


def product_loss(solved: Solved, product: str, served: np.ndarray) -> float:
    """Lost units of one product, as a share of its base units."""
    mine = (solved.graph.demands["product"] == product).to_numpy()
    units = solved.baseline.block("demand")[mine]
    return float(units @ (1.0 - served[mine]) / units.sum()) if units.sum() > 0 else 0.0


# Random networks ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Recipe:
    name: str
    makes: dict[str, float]
    takes: dict[str, float]
    optional: dict[str, float]
    either: dict[str, float]


class _Draw:
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
            kind = {"sector": sector, "value": value, "grade": grade}
            self.net.product(name, needed, optional, alternatives, **kind)
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
    return _Draw(seed).network()


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
