"""Relations that must hold on a large network, where no oracle knows the answer."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from supplygraph.api import Chain, load
from supplygraph.baseline import flow_table
from tests.faults.columns import BOUNDS
from tests.faults.folder import Files, Table, documents_of, tables_of, write_folder

SAME = 1e-6  # of the larger of a flow and SMALL of the material's world use
SMALL = 1e-3
TIGHT = 1e-7
SAME_LOSS = 1e-5  # of a demand, from flows that are the same to SAME
Flows = dict[tuple[str, str], float]
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def flows_of(chain: Chain) -> Flows:
    """Every flow of the base year by block and id."""
    table = flow_table(chain.baseline)
    keys = zip(table["kind"], table["id"], strict=True)
    return {key: float(q) for key, q in zip(keys, table["quantity"], strict=True)}


@dataclass(frozen=True)
class Question:
    """What a country's plants of one process lose when they or their exports stop."""

    country: str
    process: str
    stops: str

    @staticmethod
    def drawn(chain: Chain, rng: np.random.Generator) -> Question | None:
        """One of the plants at random, none where its names need quotes."""
        plants = chain.network.activities[["country", "process"]].drop_duplicates()
        names = [str(name) for name in plants.iloc[int(rng.integers(len(plants)))]]
        if not all(_TOKEN.fullmatch(name) for name in names):
            return None
        return Question(*names, str(rng.choice(["remove", "stop_exports"])))

    def asked(self, chain: Chain, share: float = 1.0, rerouting: str = "all") -> pd.DataFrame:
        """Losses by column in rows of products and places, totals among them."""
        text = f"country={self.country} process={self.process} share={share}"
        table = getattr(chain, self.stops)(text).solve(rerouting=rerouting).table
        keys = ["product", "region", "segment", "place"]
        losses = table.set_index(keys)[[f"loss_{bound}" for bound in BOUNDS]]
        return losses.astype(float).sort_index()


def broken(chain: Chain, files: Files, rng: np.random.Generator) -> str:
    """What does not hold, empty if all does: the cheap relations, and one transformation."""
    for check in (_bounds_kept, _nothing_lost):
        if found := check(chain):
            return found
    question = Question.drawn(chain, rng)
    if question and (found := losses_in_order(chain, question)):
        return found
    name = sorted(TRANSFORMED)[int(rng.integers(len(TRANSFORMED)))]
    return compare(chain, files, name, rng, question)


def _bounds_kept(chain: Chain) -> str:
    baseline, graph = chain.baseline, chain.network
    if (baseline.x < 0).any() or not np.isfinite(baseline.x).all():
        return "a flow is negative or not finite"
    _, open_ = graph.line_capacity(graph.base_month)
    if (baseline.block("activity")[~open_] > 0).any():
        return "a closed plant runs"
    if (baseline.exports > baseline.made * (1 + 1e-9) + 1e-9).any():
        return "a market exports more than it makes"
    drawn = np.bincount(graph.inputs.pool, baseline.drawn, minlength=len(graph.pools))
    held = baseline.held("surplus") + baseline.held("unexplained")
    supply = baseline.made + baseline.imports
    gap = np.abs(supply - baseline.exports - drawn - held) / np.maximum(supply, 1e-6)
    at = int(np.argmax(gap))
    return (
        f"{graph.pools['id'].iat[at]} is out of balance by {gap[at]:.2g}" if gap[at] > 1e-9 else ""
    )


def _nothing_lost(chain: Chain) -> str:
    month = chain.loaded.tracer().month
    served = month.program.reference.served[month.program.base_units > 0]
    if (served < 1 - 1e-9).any():
        return f"without a removal {served.min():.9f} of a demand is served"
    return ""


def losses_in_order(chain: Chain, question: Question) -> str:
    """A row that loses more later than sooner, or less of a whole removal than of a part.

    The least loss may be smaller after a larger removal: those not counted are kept at what they
    get when nobody reroutes, and that is less.
    """
    whole, half = question.asked(chain), question.asked(chain, 0.4, "none")
    rises = whole.diff(axis=1).gt(TIGHT).any(axis=1)
    if rises.any():
        return f"{question}: a loss rises in {whole[rises].iloc[0].to_dict()}"
    less = whole["loss_none"] < half["loss_none"] - TIGHT
    return f"{question}: {whole[less].index[0]} loses more at share=0.4" if less.any() else ""


Renaming = Mapping[str, str]
Transformed = tuple[Files, Callable[[Flows], Flows]]


def _retold(names: Renaming, text: str) -> str:
    return _TOKEN.sub(lambda found: names.get(found[0], found[0]), text)


def renamed(files: Files, rng: np.random.Generator) -> Transformed:
    """All plants under other ids, which sort in another order."""
    plants = Table.parse(files["facilities.csv"]).column("id")
    taken = {
        cell for name in tables_of(files) for row in Table.parse(files[name]).rows for cell in row
    } - set(plants)
    globbed = re.findall(rb"id=~?([A-Za-z0-9._-]*)\*", b"\n".join(files.values()))
    heads = tuple(glob.decode() for glob in globbed)
    free = [p for p in plants if p not in taken and not (heads and p.startswith(heads))]
    order = rng.permutation(len(free))
    names = {plant: f"r{order[i]:04d}-{i}" for i, plant in enumerate(free)}
    new = {}
    for path, content in files.items():
        if path in tables_of(files) and path != "facilities.csv":
            table = Table.parse(content)
            table.rows = [[_retold(names, cell) for cell in row] for row in table.rows]
            new[path] = table.text()
        elif path == "facilities.csv":
            table = Table.parse(content)
            ends = {table.at("id"), table.at("parent_id")}
            table.rows = [
                [names.get(c, c) if i in ends else c for i, c in enumerate(r)] for r in table.rows
            ]
            new[path] = table.text()
        else:
            new[path] = (
                _retold(names, content.decode()).encode()
                if path in documents_of(files)
                else content
            )
    back = {new_name: old for old, new_name in names.items()}
    return new, lambda flows: {(k, _retold(back, name)): v for (k, name), v in flows.items()}


def permuted(files: Files, rng: np.random.Generator) -> Transformed:
    """Rows of every table in another order."""
    new = dict(files)
    for name in tables_of(files):
        table = Table.parse(files[name])
        new[name] = table.ordered([int(i) for i in rng.permutation(len(table.rows))]).text()
    return new, lambda flows: flows


_TONNES = {
    "capacities.csv": ("quantity", "low", "high"),
    "trade.csv": ("quantity", "low", "high"),
    "observations.csv": ("value", "low", "high"),
    "needs.csv": ("quantity", "low", "high"),
}


def scaled(files: Files, rng: np.random.Generator) -> Transformed:
    """All tonnes a thousand times as many or as few; units of products as they were."""
    factor = float(rng.choice([1e-3, 1e3]))
    new = dict(files)
    for name, columns in _TONNES.items():
        if name not in files:
            continue
        table = Table.parse(files[name])
        unit = table.column("unit")
        for row, what in zip(table.rows, unit, strict=True):
            for at in (table.at(c) for c in columns):
                if at >= 0 and row[at] and what not in ("fraction", "share", "%"):
                    row[at] = repr(float(row[at]) * factor)
        new[name] = table.text()

    def back(flows: Flows) -> Flows:
        return {(k, n): v if k == "demand" else v / factor for (k, n), v in flows.items()}

    return new, back


def _unsized_beside_others(plants: Table, lines: Table) -> set[str]:
    """Plants without a stated capacity in a country where another of their recipes has none either.

    Nothing tells a half of one from the other plant: three alike share what two did, by symmetry.
    """
    country = dict(zip(plants.column("id"), plants.column("country"), strict=True))
    columns = (lines.column(c) for c in ("facility", "recipes", "quantity"))
    kinds: dict[tuple[str, str], set[str]] = {}
    for plant, recipes, quantity in zip(*columns, strict=True):
        if not quantity:
            kinds.setdefault((country.get(plant, ""), recipes), set()).add(plant)
    return {plant for alike in kinds.values() if len(alike) > 1 for plant in alike}


def twinned(files: Files, rng: np.random.Generator) -> Transformed:
    """One plant as two equal halves; figures about it are about both."""
    plants, lines = Table.parse(files["facilities.csv"]), Table.parse(files["capacities.csv"])
    at, stated = lines.at("facility"), lines.at("quantity")
    names = [p for p in plants.column("id") if p in set(lines.column("facility"))]
    parents = set(plants.column("parent_id"))
    names = [
        p for p in names if p not in parents and p not in _unsized_beside_others(plants, lines)
    ]
    one = names[int(rng.integers(len(names)))]
    twin = f"{one}.twin"
    row = next(r for r in plants.rows if r[plants.at("id")] == one)
    plants.rows.append([twin if i == plants.at("id") else c for i, c in enumerate(row)])
    sizes = [i for i in (stated, lines.at("low"), lines.at("high")) if i >= 0]
    for row in [r for r in lines.rows if r[at] == one]:
        for i in sizes:
            row[i] = repr(float(row[i]) / 2) if row[i] else ""
        lines.rows.append([twin if i == at else c for i, c in enumerate(row)])
    new = files | {"facilities.csv": plants.text(), "capacities.csv": lines.text()}
    both = re.compile(rf"(?<![\w.-])id=((?:[\w.-]+\|)*){re.escape(one)}(?![\w.-])")
    for name in ("observations.csv", "stocks.csv"):
        if name not in files:
            continue
        table = Table.parse(files[name])
        if name == "stocks.csv":
            held = [r for r in table.rows if r[table.at("holder")] == one]
            table.rows += [[twin if c == one else c for c in row] for row in held]
        else:
            say = table.at("expression")
            for row in table.rows:
                row[say] = both.sub(rf"id=\g<1>{one}|{twin}", row[say])
        new[name] = table.text()

    def back(flows: Flows) -> Flows:
        joined: Flows = {}
        for (kind, name), value in flows.items():
            key = (kind, name.replace(f"{twin}/", f"{one}/", 1))
            joined[key] = joined.get(key, 0.0) + value
        return joined

    return new, back


TRANSFORMED: dict[str, Callable[[Files, np.random.Generator], Transformed]] = {
    "renamed": renamed,
    "permuted": permuted,
    "scaled": scaled,
    "twinned": twinned,
}


def compare(
    chain: Chain,
    files: Files,
    name: str,
    rng: np.random.Generator,
    question: Question | None = None,
) -> str:
    """Where flows and losses of a transformed dataset differ, empty if nowhere."""
    new, back = TRANSFORMED[name](files, rng)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        other = load(write_folder(new, Path(folder) / "other"))
        flows = back(flows_of(other))
        difference, where = largest_difference(chain, flows_of(chain), flows)
        if difference > SAME:
            return f"{name}: {where} differs by {difference:.2g}"
        if question is None:
            return ""
        apart = (question.asked(chain) - question.asked(other)).abs()
    worst = apart.max(axis=1)
    if worst.max() <= SAME_LOSS:
        return ""
    return f"{name}: {question}: {worst.idxmax()} differs: {apart.loc[worst.idxmax()].to_dict()}"


def largest_difference(chain: Chain, one: Flows, two: Flows) -> tuple[float, str]:
    """Largest difference of two sets of flows, and where; sizes as in the note on `SAME`."""
    if set(one) != set(two):
        return float("inf"), f"columns {sorted(set(one) ^ set(two))[:3]}"
    graph, baseline = chain.network, chain.baseline
    world: dict[str, float] = {}
    supply = baseline.made
    for material, made in zip(graph.pools["material"], supply, strict=True):
        world[material] = world.get(material, 0.0) + float(made)
    material_of = dict(zip(graph.pools["id"], graph.pools["material"], strict=True))
    output: dict[str, float] = {}
    rows = list(graph.activities.itertuples())
    for a, pool, quantity in zip(
        graph.made_activity, graph.made_pool, graph.made_quantity, strict=True
    ):
        key = f"{rows[a].id}/{rows[a].line}/{rows[a].recipe}"
        size = world[graph.pools["material"].iat[pool]] / quantity
        output[key] = max(output.get(key, 0.0), size)
    # A material that hardly anybody uses: a flow may also differ by rounding of the whole chain.
    least = 1e-12 * max(world.values(), default=0.0)
    worst, where = 0.0, ""
    for (kind, name), value in one.items():
        if kind == "activity":
            use = output.get(name, 0.0)
        elif kind == "demand":
            use = 0.0
        elif kind == "arc":
            use = world.get(name.partition(":")[0], 0.0)
        else:
            use = world.get(material_of.get(name.rpartition(":")[2], ""), 0.0)
        size = max(value, two[kind, name], SMALL * use, least)
        gap = abs(value - two[kind, name]) / size
        if gap > worst:
            worst, where = gap, f"{kind} {name} ({value:.9g}, {two[kind, name]:.9g})"
    return worst, where
