"""Small supply networks for tests, written by hand in a few lines.

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
        kind: str = "",
    ) -> Network:
        """Tonnes of each material for one unit of the product."""
        self.add(
            "products",
            id=name,
            name=name,
            sector=sector,
            segment=segment,
            kind=kind,
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

    def least(self, *texts: str, **options: str) -> dict[str, float]:
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
    flow, sent = solved.baseline.block("arc"), shock.left_to_export
    upper[columns.block("arc")] = np.where(sent.arc < 1, flow * sent.arc, INFINITY)
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
    for row, pool in enumerate(program.export_limits.pools, program.export_row):
        if sent.pool[pool] < 1:
            ends[row] = sent.pool[pool] * solved.baseline.exports[pool]
            for a in graph.made_activity[graph.made_pool == pool]:
                level = solved.baseline.block("activity")[a]
                able = upper[columns.start["activity"] + a]
                if not sent.stopped[a] and able > level:
                    made = (graph.made_activity == a) & (graph.made_pool == pool)
                    ends[row] += float(graph.made_quantity[made].sum()) * (able - level)
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
