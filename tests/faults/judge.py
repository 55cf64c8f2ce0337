"""One mutant: made, asked, judged."""

from __future__ import annotations

import math
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from supplygraph.api import Chain, load
from supplygraph.baseline import balance_table
from supplygraph.errors import (
    DatasetError,
    ScenarioError,
    SupplygraphError,
    UsageError,
)
from tests.faults import invariants
from tests.faults.bases import SHIPPED, SMALL, base_files
from tests.faults.columns import BOUNDS, PLACES
from tests.faults.folder import Files, documents_of, write_folder
from tests.faults.mutations import MUTATIONS, NothingToDoError
from tests.faults.oracle_balance import Expected, NotJudgedError, judged, over_capacity
from tests.faults.oracle_base import Base
from tests.faults.oracle_losses import loss, part, rigid
from tests.faults.oracle_network import Activity, UnreadableError, read_network
from tests.faults.oracle_sharing import SharedProgram
from tests.faults.oracle_stops import Removal, export_stop, outage
from tests.faults.yaml_mutations import YAML_MUTATIONS

FAILURES = ("traceback", "hang", "contradiction", "residual", "invariant", "no way out")
OUTCOMES = ("refused", "answered", "gave up", *FAILURES)
RESIDUAL = 1e-9
# Both sides solve programs to 1e-7 of scaled rows; losses of thousands of rankings agreed to 2e-6.
AGREED = 1e-5
REMOVALS = 6
ACTS_AS = ("export-stop", "outage")
# Sharing takes the oracle dozens of programs a removal: of few rows, where few are served. In a
# base year nothing opens between the steps of one entry.
STEPS, SHARED, FEW = {3: ("3m",), 6: ("6m", "12m"), 36: ("24m", "36m")}, 2, 30
# On the shipped data sharing takes seconds a ranking: its relations are tried on one removal.
CHEAP = {"rerouting": "none"}
YAML_SHARE = 0.2
# The causes of every figure that moved take seconds in the shipped data, ten times all the rest of
# a mutant: they are asked of one in so many.
CAUSES_EVERY = 10


@dataclass(frozen=True)
class Task:
    """A mutant by number: everything else follows from the seed."""

    number: int
    seed: int
    shipped: bool


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant."""

    number: int
    dataset: str
    kind: str
    what: str
    outcome: str
    detail: str
    seconds: float


class Finding(Exception):
    """An answer that cannot be right."""

    def __init__(self, outcome: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome, self.detail = outcome, detail


@dataclass(frozen=True)
class Mutant:
    """Files of a mutant with how it came about."""

    dataset: str
    kind: str
    what: str
    files: Files


def make_mutant(task: Task) -> Mutant:
    """The mutant of a task: the same for the same seed and number, whatever ran before."""
    rng = np.random.default_rng([task.seed, task.number])
    dataset = SHIPPED if task.shipped else SMALL[int(rng.integers(len(SMALL)))]
    files = base_files(dataset, int(rng.integers(1 << 30)))
    documents = bool(documents_of(files))
    for _ in range(20):
        known = YAML_MUTATIONS if documents and rng.random() < YAML_SHARE else MUTATIONS
        names = sorted(known)
        weight = np.array([known[name][1] for name in names])
        kind = names[int(rng.choice(len(names), p=weight / weight.sum()))]
        try:
            changed, what = known[kind][0](files, rng)
        except NothingToDoError:
            continue
        return Mutant(dataset, kind, what, changed)
    raise NothingToDoError


def judge(task: Task) -> Verdict:
    """Ask a mutant what a user would ask, and judge what comes back."""
    mutant, start = make_mutant(task), time.process_time()
    outcome, detail = "answered", ""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            path = write_folder(mutant.files, Path(folder) / mutant.dataset)
            _ask(task, mutant, path)
        except Finding as found:
            outcome, detail = found.outcome, found.detail
        except (DatasetError, UsageError, ScenarioError) as error:
            outcome, detail = _refused(error)
        except SupplygraphError as error:
            outcome, detail = "gave up", f"{type(error).__name__}: {error}"
        except Exception:  # everything else is what this campaign looks for
            outcome, detail = "traceback", traceback.format_exc(limit=-4)
    seconds = time.process_time() - start
    return Verdict(
        task.number, mutant.dataset, mutant.kind, mutant.what, outcome, detail[:2000], seconds
    )


def _refused(error: SupplygraphError) -> tuple[str, str]:
    """A refusal needs an address and a way out."""
    for fault in error.faults if isinstance(error, DatasetError) else ():
        if not fault.file or not fault.way_out.strip():
            return "no way out", str(fault)
    return "refused", str(error)


def _ask(task: Task, mutant: Mutant, path: Path) -> None:
    chain = load(path)
    baseline = chain.baseline
    residual = baseline.residual()
    if not residual <= RESIDUAL:
        raise Finding("residual", f"relative imbalance {residual:.3g}")
    rng = np.random.default_rng([task.seed, task.number, 1])
    acts_as = str(rng.choice(ACTS_AS))
    asked = {"acts_as": acts_as} | (CHEAP if task.shipped else {"after": max(STEPS)})
    tables = {by: chain.rank(by, **asked).table for by in ("facility", "country-process")}
    for table in tables.values():
        _check_ranking(table)
    if not task.shipped or task.number // 10 % CAUSES_EVERY == 0:
        _check_table(balance_table(chain.baseline))
    if mutant.kind.startswith("yaml"):
        _ask_documents(chain, mutant, rng)
    if task.shipped:
        broken = invariants.broken(chain, mutant.files, rng)
        if broken:
            raise Finding("invariant", broken)
        return
    _consult(chain, mutant.files, acts_as, tables, rng)


def _ask_documents(chain: Chain, mutant: Mutant, rng: np.random.Generator) -> None:
    """A run of the scenario that was damaged, or of one drawn; deals where they were damaged."""
    folder, _, name = mutant.what.partition(":")[0].partition("/")
    scenarios = sorted(chain.dataset.documents.get("scenarios", {}))
    if folder in ("deals", "projects"):
        chain.deals("deal", pool=sorted(set(chain.network.demands["region"]))[:2])
    own = name.removesuffix(".yaml")
    if folder == "scenarios" and own in scenarios:
        scenarios = [own]
    if folder == "measures":
        uses = [s for s in scenarios if own in str(chain.dataset.documents["scenarios"][s])]
        scenarios = uses or scenarios
    if not scenarios:
        return
    chosen = scenarios[int(rng.integers(len(scenarios)))]
    told = chain.run(chosen, rerouting="both", covers=("central",), by_month=False)
    table = told.table
    for column in ("loss", "served"):
        values = table[column].dropna()
        if ((values < -AGREED) | (values > 1 + AGREED)).any():
            raise Finding("contradiction", f"{chosen}: {column} outside 0..1: {values.tolist()}")
    if table["months_lost"].dropna().lt(-AGREED).any():
        raise Finding("contradiction", f"{chosen}: months lost below 0")


def _check_ranking(table: pd.DataFrame) -> None:
    """Losses are shares, and fall from nobody reroutes over the months to the least."""
    for place in PLACES if not table.empty else ():
        names = [f"loss_{place}_{bound}" for bound in BOUNDS]
        losses = table[names].astype(float)
        if ((losses < 0) | (losses > 1 + AGREED)).any(axis=None):
            raise Finding("invariant", f"losses outside 0..1: {losses.to_dict('records')}"[:300])
        known = losses.dropna(axis=1, how="all")
        rises = known.diff(axis=1).gt(AGREED).any(axis=1)
        if rises.any():
            row = table[rises].iloc[0]
            said = {name: row[name] for name in known}
            raise Finding("invariant", f"{row['id']}: a loss rises in {said}")


def _check_table(table: pd.DataFrame) -> None:
    if (table["balanced"] < 0).any():
        raise Finding("invariant", "a balanced figure is negative")


def _consult(
    chain: Chain,
    files: Files,
    acts_as: str,
    tables: Mapping[str, pd.DataFrame],
    rng: np.random.Generator,
) -> None:
    """Everything that the oracle can say of a small network."""
    try:
        net = read_network(files)
    except NotImplementedError:
        return
    except UnreadableError as error:
        raise Finding("contradiction", f"accepted, but {error}") from None
    base = Base(net, _flows(chain))
    _compare_base(base)
    _judge_balance(base, _expected(chain))
    program, weights = SharedProgram(base), base.weights()
    shared = SHARED if len(program.live) <= FEW and program.distinct else 0
    rows = [(by, row) for by, table in tables.items() for row in _ranked(table)]
    for number, which in enumerate(rng.permutation(len(rows))[:REMOVALS]):
        by, row = rows[which]
        gone = {a.id for a in net.activities if _gone(by, row, a)}
        removal = export_stop(base, gone) if acts_as == "export-stop" else outage(net, gone)
        steps = STEPS if number < shared else {}
        _compare(row, _losses(program, weights, removal, steps))


def _losses(
    program: SharedProgram,
    weights: Mapping[str, float],
    removal: Removal,
    steps: Mapping[int, Sequence[str]],
) -> dict[str, float]:
    """The oracle's figures by column."""
    base = program.base
    none = rigid(base, removal)
    parts = {place: part(base, weights, removal.home, place) for place in PLACES}
    found = {f"loss_{place}_none": loss(own, none.user) for place, own in parts.items()}
    for place, own in parts.items():
        if own:
            served = program.least(removal, none, own)
            found[f"loss_{place}_least"] = loss(own, served)
    floor: Mapping[str, float] = none.user
    for step, names in steps.items():
        floor = program.shared(removal, none, floor, step)
        for place, own in parts.items():
            found |= {f"loss_{place}_{name}": loss(own, floor) for name in names}
    return found


def _gone(by: str, row: dict, a: Activity) -> bool:
    if by == "facility":
        return a.plant == row["id"]
    return a.country == row["country"] and a.process == row["process"]


def _ranked(table: pd.DataFrame) -> Iterator[dict]:
    for row in table.to_dict("records"):
        if not pd.isna(row["rank"]):
            yield row


def _compare(row: dict, expected: Mapping[str, float]) -> None:
    for column, value in expected.items():
        same = math.isnan(value) if math.isnan(row[column]) else abs(row[column] - value) <= AGREED
        if not same:
            text = f"{row['id']}: {column} {row[column]:.8g}, the oracle has {value:.8g}"
            raise Finding("contradiction", text)


def _flows(chain: Chain) -> dict[tuple[str, str], float]:
    from supplygraph.baseline import flow_table

    table = flow_table(chain.baseline)
    return {
        (kind, name): float(value)
        for kind, name, value in zip(table["kind"], table["id"], table["quantity"], strict=True)
    }


def _compare_base(base: Base) -> None:
    """The flows are of the network that the oracle reads, and close in it."""
    net, flows = base.net, base.flows
    expected = {("activity", a.id) for a in net.activities} | {
        ("demand", d.id) for d in net.demands
    }
    expected |= {("arc", "{}:{}>{}".format(*key)) for key in net.arcs}
    found = {key for key in flows if key[0] in ("activity", "demand", "arc")}
    if expected != found:
        odd = sorted(expected ^ found)[:4]
        raise Finding("contradiction", f"columns that only one side has: {odd}")
    closed = [a.id for a in net.activities if not a.open and base.level(a.id) > 0]
    if closed:
        raise Finding("contradiction", f"closed plants run: {closed}")
    gap = base.imbalance()
    if not gap <= RESIDUAL:
        raise Finding("residual", f"in the oracle's network: relative imbalance {gap:.3g}")


def _judge_balance(base: Base, expected: Expected) -> None:
    """The balance is the optimum of its program, and no line runs above its capacity."""
    if over := over_capacity(base):
        raise Finding("contradiction", over)
    try:
        if problem := judged(base, expected):
            raise Finding("contradiction", problem)
    except NotJudgedError:
        return


def _expected(chain: Chain) -> Expected:
    """What the program takes as data: expected flows, spreads, and those of the last round."""
    from supplygraph.baseline.reconcile import BalanceProblem
    from supplygraph.baseline.table import column_ids

    problem = BalanceProblem(chain.network)
    balance = problem.solve()
    last = problem.priors.scale.copy()
    last[balance.kept] = balance.scale
    held = {"surplus": "held", "unexplained": "held"}
    return {
        (held.get(block, block), name): (float(p), float(d), float(c), float(e))
        for (block, name, _), p, d, c, e in zip(
            column_ids(chain.network, problem.columns),
            problem.priors.value,
            problem.priors.scale,
            balance.centre,
            last,
            strict=True,
        )
        if block not in ("made", "withheld")
    }
