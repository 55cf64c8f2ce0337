"""The oracle's own reading of a dataset: CSV by pandas, rules as the schema words them.

Nothing of the package is imported here. What this reader cannot understand must not have been
accepted: a cell that is no number, or a name that is not defined, raises `UnreadableError`.
"""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass, field

import pandas as pd

from tests.faults.folder import Files

Pool = tuple[str, str]
MASS = {"t": 1.0, "kt": 1e3, "kg": 1e-3, "g": 1e-6, "mg": 1e-9, "piece": 1.0}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
NOMINAL = 1e-4


class UnreadableError(Exception):
    """The dataset holds what the rules do not allow."""


def number(text: str) -> float:
    """A figure, NaN where blank."""
    if not text:
        return math.nan
    if not _NUMBER.fullmatch(text):
        raise UnreadableError(f"'{text}' is no number")
    return float(text)


def tonnes(unit: str) -> float:
    """Tonnes in one unit of mass, whatever the substance."""
    scale = unit.removesuffix("/yr").partition("_")[0]
    if scale not in MASS:
        raise UnreadableError(f"unit '{unit}' is no mass")
    return MASS[scale]


@dataclass
class Group:
    """An AND kind of a user: one input, or inputs that replace each other, by pool."""

    essential: bool
    quantity: dict[Pool, float]
    trusted: set[Pool] = field(default_factory=set)  # its inputs that are essential themselves
    blank: set[Pool] = field(default_factory=set)  # inputs of which nobody states a quantity

    @property
    def free(self) -> bool:
        """Whether its draws are columns of their own."""
        return len(self.quantity) > 1 or not self.essential


@dataclass
class User:
    """What draws: an activity of a line, or a demand."""

    id: str
    market: str
    groups: list[Group] = field(default_factory=list)


@dataclass
class Activity(User):
    """A recipe on a line of a plant; ``makes`` in material units per unit of activity."""

    plant: str = ""
    line: tuple[str, str] = ("", "")
    recipe: str = ""
    country: str = ""
    process: str = ""
    stage: str = ""
    status: str = ""
    kind: str = ""
    open: bool = False
    line_units: float = 1.0
    makes: dict[Pool, float] = field(default_factory=dict)


@dataclass
class Demand(User):
    """A product in a market, with units a year and what weighs it."""

    product: str = ""
    units: float = 0.0
    sigma: float = math.nan
    evidence: str = "D"
    sector: str = ""
    named: bool = False


@dataclass
class Network:
    """Everything the oracle's programs read."""

    year: int
    activities: list[Activity]
    demands: list[Demand]
    pools: list[Pool]
    arcs: list[tuple[str, str, str]]
    declared: set[tuple[str, str, str]]
    capacity: dict[tuple[str, str], float]
    surplus: set[Pool]
    stage: dict[str, str]
    unit: dict[str, str]
    tables: dict[str, list[dict[str, str]]]
    market: dict[str, str]

    @property
    def users(self) -> list[User]:
        """Activities, then demands."""
        return [*self.activities, *self.demands]


def read_tables(files: Files) -> dict[str, list[dict[str, str]]]:
    """Rows of every table, cells stripped, empty rows left out."""
    found = {}
    for name in sorted(files):
        if "/" in name or not name.endswith(".csv"):
            continue
        frame = pd.read_csv(
            io.BytesIO(files[name]),
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
            skip_blank_lines=True,
            index_col=False,
        )
        frame.columns = [str(c).strip() for c in frame.columns]
        rows = [{k: str(v).strip() for k, v in row.items()} for row in frame.to_dict("records")]
        found[name.removesuffix(".csv")] = [row for row in rows if any(row.values())]
    return found


def read_network(files: Files) -> Network:
    """Network of a folder.

    Raises
    ------
    UnreadableError
        If the rules do not allow what stands there.
    NotImplementedError
        If it uses ore vectors, which the oracle leaves to the invariants.
    """
    try:
        return _Reader(read_tables(files)).network()
    except KeyError as error:
        raise UnreadableError(f"nothing is called {error}") from error


class _Reader:
    def __init__(self, tables: dict[str, list[dict[str, str]]]) -> None:
        self.tables = tables
        self.market = {r["id"]: r["market"] for r in tables["countries"]}
        self.stage = {r["id"]: r["stage"] for r in tables["materials"]}
        self.unit = {r["id"]: r["unit"] for r in tables["materials"]}
        years = [int(number(r["year"])) for r in tables.get("demand", []) if r.get("year")]
        self.year = max(years, default=2024)
        if any(":" in r["material"] for r in tables["recipes"]):
            raise NotImplementedError("ore vectors")

    def network(self) -> Network:
        activities, capacity = self._activities()
        demands = self._demands()
        users: list[User] = [*activities, *demands]
        declared = self._declared()
        pools = {pool for user in users for group in user.groups for pool in group.quantity}
        pools |= {pool for a in activities for pool in a.makes}
        pools |= {(m, place) for m, start, end in declared for place in (start, end)}
        for a in activities:  # a recipe whose input is 0 still names the material
            pools |= {(r["material"], a.market) for r in self._recipe(a.recipe)}
        for d in demands:
            rows = self.tables.get("needs", [])
            pools |= {(r["material"], d.market) for r in rows if r["product"] == d.product}
        return Network(
            year=self.year,
            activities=activities,
            demands=demands,
            pools=sorted(pools),
            arcs=self._arcs(sorted(pools), users, activities, declared),
            declared=declared,
            capacity=capacity,
            surplus=self._surplus(pools, activities),
            stage=self.stage,
            unit=self.unit,
            tables=self.tables,
            market=self.market,
        )

    def _recipe(self, name: str) -> list[dict[str, str]]:
        rows = [r for r in self.tables["recipes"] if r["recipe"] == name]
        if not rows:
            raise UnreadableError(f"no recipe {name}")
        return rows

    def _groups(
        self, rows: list[dict[str, str]], quantity: dict[str, float], market: str, trusted: set[str]
    ) -> list[Group]:
        groups: dict[str, Group] = {}
        for row in rows:
            material = row["material"]
            self.unit[material]
            if not quantity[material] > 0:
                continue
            key = row.get("alternative_group") or f"={material}"
            group = groups.setdefault(key, Group(False, {}))
            group.essential |= material in trusted
            group.quantity[material, market] = quantity[material]
            group.trusted |= {(material, market)} if material in trusted else set()
            group.blank |= set() if row.get("quantity") else {(material, market)}
        return list(groups.values())

    def _activities(self) -> tuple[list[Activity], dict[tuple[str, str], float]]:
        plants = {r["id"]: r for r in self.tables["facilities"]}
        dated: dict[tuple[str, str], list[dict[str, str]]] = {}
        for row in self.tables["capacities"]:
            dated.setdefault((row["facility"], row.get("line") or "1"), []).append(row)
        month, activities, capacity = f"{self.year}-12", [], {}
        for line, rows in sorted(dated.items()):
            rows.sort(key=lambda r: r.get("from_date", ""))
            plant = plants[line[0]]
            now = [r for r in rows if r.get("from_date", "")[:7] <= month]
            runs = bool(now) and plant["status"] in ("operating", "ramping")
            stated = number(now[-1].get("quantity", "")) if runs else 0.0
            capacity[line] = stated * tonnes(now[-1]["unit"]) if runs else 0.0
            on = set(_list(now[-1]["recipes"])) if runs else set()
            process = next((r["process"] for r in rows if r.get("process")), plant["process"])
            substance, counts = _substance(rows[0]["unit"]), rows[0].get("counts", "")
            for recipe in sorted({name for r in rows for name in _list(r["recipes"])}):
                one = self._activity(line, plant, recipe, process, substance, counts)
                one.open = recipe in on and capacity[line] != 0
                activities.append(one)
        return activities, capacity

    def _activity(
        self,
        line: tuple[str, str],
        plant: dict[str, str],
        recipe: str,
        process: str,
        substance: str,
        counts: str,
    ) -> Activity:
        market, rows = self.market[plant["country"]], self._recipe(recipe)
        quantity = {r["material"]: number(r["quantity"]) for r in rows if r["direction"] == "in"}
        takes = [r for r in rows if r["direction"] == "in"]
        trusted = {r["material"] for r in takes if (r.get("essential") or "true").lower() == "true"}
        makes: dict[Pool, float] = {}
        for row in rows:
            if row["direction"] == "out" and number(row["quantity"]) > 0:
                self.unit[row["material"]]
                makes[row["material"], market] = number(row["quantity"])
        return Activity(
            id=f"{line[0]}/{line[1]}/{recipe}",
            market=market,
            plant=line[0],
            line=line,
            groups=self._groups(takes, quantity, market, trusted),
            recipe=recipe,
            country=plant["country"],
            process=process,
            stage=plant["stage"],
            makes=makes,
            status=plant["status"],
            kind=plant.get("aggregate_kind", ""),
            line_units=self._line_units(takes, quantity, makes, substance, counts),
        )

    def _line_units(
        self,
        takes: list[dict[str, str]],
        quantity: dict[str, float],
        makes: dict[Pool, float],
        substance: str,
        counts: str,
    ) -> float:
        """What a line's unit counts: feed or product as it says, else what has the unit."""
        feed: dict[str, float] = {}
        for row in takes:
            if self.unit[row["material"]] == substance:
                key = row.get("alternative_group") or row["material"]
                feed[key] = max(feed.get(key, 0.0), quantity[row["material"]])
        made = sum(q for (m, _), q in makes.items() if self.unit[m] == substance)
        taken = sum(feed.values())
        return (made if counts == "product" else taken) or taken or made or 1.0

    def _demands(self) -> list[Demand]:
        products = {r["id"]: r for r in self.tables.get("products", [])}
        rows = [
            r
            for r in self.tables.get("demand", [])
            if number(r["units"]) > 0 and (not r.get("year") or number(r["year"]) == self.year)
        ]
        rows.sort(key=lambda r: (r["product"], r["market"]))
        sizes = self._need_sizes(products, rows)
        return [self._demand(row, products[row["product"]], sizes) for row in rows]

    def _need_sizes(
        self, products: dict[str, dict[str, str]], demand: list[dict[str, str]]
    ) -> dict[tuple[str, str], float]:
        """Tonnes per unit; a need that nobody sized takes a ten-thousandth of the sized uses.

        Of a material without any, a ten-thousandth of the least use of another.
        """
        units: dict[str, float] = {}
        for row in demand:
            units[row["product"]] = units.get(row["product"], 0.0) + number(row["units"])
        sizes, known, blank = {}, {}, []
        for row in self.tables.get("needs", []):
            key = (row["product"], row["material"])
            mass, _, per = row["unit"].partition("/")
            if per != products[row["product"]]["unit"]:
                raise UnreadableError(f"need per {per}")
            size = number(row.get("quantity", "")) * tonnes(mass)
            if math.isnan(size):
                blank.append(key)
                continue
            sizes[key] = size
            known[key[1]] = known.get(key[1], 0.0) + size * units.get(key[0], 0.0)
        least = min((total for total in known.values() if total > 0), default=1.0)
        for key in blank:
            sizes[key] = NOMINAL * (known.get(key[1], 0.0) or least) / units.get(key[0], 1.0)
        return sizes

    def _demand(
        self, row: dict[str, str], product: dict[str, str], sizes: dict[tuple[str, str], float]
    ) -> Demand:
        name = row["product"]
        needs = [r for r in self.tables.get("needs", []) if r["product"] == name]
        trusted = {
            r["material"]
            for r in needs
            if (r.get("essential") or "true").lower() == "true" and r["need_evidence"] != "D"
        }
        quantity = {r["material"]: sizes[name, r["material"]] for r in needs}
        if row["market"] not in self.market.values():
            raise UnreadableError(f"no market {row['market']}")
        return Demand(
            id=f"{name}@{row['market']}",
            market=row["market"],
            product=name,
            groups=self._groups(needs, quantity, row["market"], trusted),
            units=number(row["units"]),
            sigma=number(row.get("sigma", "")),
            evidence=row.get("evidence") or "D",
            sector=product["sector"],
            named=product.get("kind") != "unnamed",
        )

    def _declared(self) -> set[tuple[str, str, str]]:
        found = set()
        for row in self.tables.get("trade", []):
            for material in _list(row["material"]):
                self.unit[material]
                if "*" not in (row["from"], row["to"]):
                    found.add((material, row["from"], row["to"]))
        return found

    def _arcs(
        self,
        pools: list[Pool],
        users: list[User],
        activities: list[Activity],
        declared: set[tuple[str, str, str]],
    ) -> list[tuple[str, str, str]]:
        """Declared arcs from makers, and every maker to every user unless `arcs` says otherwise."""
        makers = {pool for a in activities for pool in a.makes}
        uses = {pool for user in users for group in user.groups for pool in group.quantity}
        rows = self.tables.get("arcs", [])
        listed = {(r["material"], r["from"], r["to"]): r.get("kind") or "candidate" for r in rows}
        closed = {key[0] for key, kind in listed.items() if kind != "barred"}
        found = []
        for material, start in pools:
            for other, end in pools:
                key = (material, start, end)
                if other != material or start == end or (material, start) not in makers:
                    continue
                if listed.get(key) == "barred":
                    continue
                named = key in declared or key in listed
                if named or ((material, end) in uses and material not in closed):
                    found.append(key)
        return sorted(found)

    def _surplus(self, pools: set[Pool], activities: list[Activity]) -> set[Pool]:
        """Ores and bundles everywhere, oxides where made, and outputs of joint recipes."""
        makers = {pool for a in activities for pool in a.makes}
        joint = {pool for a in activities if len(a.makes) > 1 for pool in a.makes}
        bundles = {r["id"] for r in self.tables["materials"] if r.get("bundle_of")}
        return {
            pool
            for pool in pools
            if self.stage[pool[0]] == "mine"
            or pool[0] in bundles
            or pool in joint
            or (self.stage[pool[0]] == "separation" and pool in makers)
        }


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _substance(unit: str) -> str:
    mass = unit.removesuffix("/yr")
    return mass if mass == "piece" else f"t_{mass.partition('_')[2]}"
