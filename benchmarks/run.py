"""Measure the engines on synthetic chains and print ratios, counts and memory.

    python -m benchmarks --size 300
    python -m benchmarks --size 3000 --samples 3

Every ratio comes from one run on one core, in processor seconds: the engine over all removals,
a rival over a sample of them, extrapolated. Nothing is compared between runs or machines.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.folder import write_network
from benchmarks.networks import SIZES
from benchmarks.rivals import ColdRival, NetworkxRival, PyomoRival
from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.losses.chokepoints import chokepoints
from supplygraph.analysis.losses.entities import entities_of
from supplygraph.analysis.losses.loss_columns import Sharing
from supplygraph.baseline import Baseline, reconcile
from supplygraph.dataset import read_dataset
from supplygraph.engines import AllocationProgram, Cascade
from supplygraph.engines.allocation import LOSS_SCALE
from supplygraph.engines.month_model import Month
from supplygraph.graph import compile_graph
from supplygraph.scenario import Shock

SAMPLES = {40: 10, 300: 20, 3000: 4}
BLOCK = 64


@dataclass(frozen=True)
class Line:
    """One printed figure."""

    name: str
    value: float
    unit: str
    note: str = ""


def clock(call: Callable[[], Any]) -> tuple[Any, float]:
    """Answer of a call and the processor seconds of this thread, whatever else the machine does."""
    begin = time.thread_time()
    answer = call()
    return answer, time.thread_time() - begin


def prepared(folder: Path) -> tuple[Baseline, list[Line]]:
    """Read, compile and balance a folder, timed."""
    dataset, read = clock(lambda: read_dataset(folder))
    graph, compiled = clock(lambda: compile_graph(dataset))
    baseline, balanced = clock(lambda: reconcile(graph))
    moved = [abs(o.balanced(baseline.x) / o.value - 1) for o in baseline.observations if o.value]
    size = (
        f"{graph.n_activities} activities, {len(graph.pools)} pools, {len(graph.arcs)} arcs, "
        f"{graph.n_demands} demands"
    )
    return baseline, [
        Line("read and check", read, "s"),
        Line("compile", compiled, "s", size),
        Line("balance", balanced, "s", f"{len(moved)} figures"),
        Line("figures moved by more than 1 %", float(np.sum(np.array(moved) > 0.01)), "figures"),
    ]


def facility_shocks(baseline: Baseline) -> list[Shock]:
    """Each ranked plant taken away alone."""
    return [entity.shock for entity in entities_of(baseline, "facility")]


def sample(loss: np.ndarray, count: int) -> list[int]:
    """Removals for the rivals: half those that lose most, half spread over all."""
    worst = np.argsort(-loss, kind="stable")[: count // 2]
    spread = np.linspace(0, len(loss) - 1, count - len(worst))
    return sorted({int(i) for i in (*worst, *spread)})


def objective(program: AllocationProgram, shock: Shock) -> float:
    """Cost of the engine's optimum under a shock, in the program's own units."""
    answer = program.solve(shock)
    return float(program.cost[: program.common] @ answer.x)


def ranking(baseline: Baseline, samples: int, pyomo: bool) -> list[Line]:
    """All removals under `least` from one warm model, against models made anew."""
    shocks = facility_shocks(baseline)
    program, built = clock(lambda: AllocationProgram(baseline))
    before = (program.solves, program.iterations)
    served, seconds = clock(lambda: [program.served(shock)[0] for shock in shocks])
    solves, iterations = program.solves - before[0], program.iterations - before[1]
    loss = program.weights @ (1.0 - np.stack(served, axis=1))
    lines = [
        Line(
            "program, built and solved once",
            built,
            "s",
            f"{program.rows.n_rows} rows, "
            f"{len(program.cost)} columns, {len(program.rows.value)} entries",
        ),
        Line("ranking, least", seconds, "s", f"{len(shocks)} removals, {(loss > 1e-9).sum()} lose"),
        Line("skipped by zero flow", len(shocks) - solves, "removals"),
        Line("solves", solves, "solves"),
        Line("iterations per solve", iterations / max(solves, 1), "iterations"),
    ]
    return lines + _against(program, shocks, sample(loss, samples), seconds, pyomo)


def _against(
    program: AllocationProgram,
    shocks: Sequence[Shock],
    some: Sequence[int],
    seconds: float,
    pyomo: bool,
) -> list[Line]:
    """Ratios over the rivals, which run a sample of the removals."""
    exact = {i: objective(program, shocks[i]) for i in some}
    rivals: dict[str, Any] = {"new HiGHS model per removal": ColdRival(program)}
    if pyomo:
        rivals["new Pyomo model per removal"] = PyomoRival(program)
    lines = []
    for name, rival in rivals.items():
        found, theirs = clock(lambda r=rival: [r.objective(shocks[i]) for i in some])
        whole = theirs / len(some) * len(shocks)
        worst = max(abs(f - exact[i]) for f, i in zip(found, some, strict=True)) / LOSS_SCALE
        note = f"{len(some)} of {len(shocks)} removals run, extrapolated"
        lines += [
            Line(f"ranking against a {name}", whole / seconds, "x", note),
            Line(f"largest difference of an objective, {name}", worst, "share"),
        ]
    return lines + (_build_ratio(program, rivals, shocks[some[0]]) if pyomo else [])


def _build_ratio(program: AllocationProgram, rivals: dict[str, Any], shock: Shock) -> list[Line]:
    """Arrays to a HiGHS model, against lists to a Pyomo model to a HiGHS model."""
    cold, pyomo = rivals["new HiGHS model per removal"], rivals["new Pyomo model per removal"]
    _, mine = clock(lambda: [cold.build(shock) for _ in range(5)])
    _, theirs = clock(lambda: [pyomo.ready(shock) for _ in range(2)])
    ratio = (theirs / 2) / (mine / 5)
    return [Line("building the model against Pyomo", ratio, "x", "until HiGHS has it, unsolved")]


def cascade(baseline: Baseline, samples: int) -> list[Line]:
    """All removals under `none`, against loops over a networkx graph."""
    shocks = facility_shocks(baseline)
    kernel = Cascade(baseline)

    def run() -> np.ndarray:
        parts = [
            kernel.served(kernel.levels(shocks[i : i + BLOCK]))
            for i in range(0, len(shocks), BLOCK)
        ]
        return np.concatenate(parts, axis=1)

    served, mine = clock(run)
    rival = NetworkxRival(kernel)
    some = sorted({int(i) for i in np.linspace(0, len(shocks) - 1, samples)})
    found, seconds = clock(lambda: [rival.served(shocks[i]) for i in some])
    worst = max(np.abs(f - served[:, i]).max() for f, i in zip(found, some, strict=True))
    whole = seconds / len(some) * len(shocks)
    size = f"{rival.graph.number_of_nodes()} nodes, {rival.graph.number_of_edges()} edges"
    note = f"{len(some)} of {len(shocks)} removals run, extrapolated; {size}"
    return [
        Line("cascade, all removals", mine, "s", f"{len(shocks)} removals"),
        Line("cascade against networkx loops", whole / mine, "x", note),
        Line("largest difference of a level", float(worst), "share"),
    ]


def table(baseline: Baseline, samples: int) -> list[Line]:
    """`chokepoints --by facility` after the balance, with causes and grades.

    Sharing a shortage over the months takes the most: a sample of the plants is run.
    """
    plants = [entity.id for entity in entities_of(baseline, "facility")]
    some = {plants[int(i)] for i in np.linspace(0, len(plants) - 1, samples)}
    tracer = Tracer(Month(baseline))
    answer, least = clock(lambda: chokepoints(tracer, "facility", sharing=Sharing("least")))
    _, shared = clock(lambda: chokepoints(tracer, "facility", only=some))
    whole = shared / len(some) * len(plants)
    note = f"{len(some)} of {len(plants)} removals run, extrapolated"
    return [
        Line("chokepoints by facility, none and least", least, "s", f"{len(answer.table)} rows"),
        Line("chokepoints by facility, shared too", whole, "s", note),
    ]


def peak_memory() -> float:
    """Largest resident size of this process so far, MB.

    Linux hands the parent's peak on to a child in `getrusage`; the kernel's own mark does not.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        mark = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(mark.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory_job(folder: Path) -> dict[str, float]:
    """What a ranking needs, alone in its process; the parent reads it as JSON."""
    start = peak_memory()
    baseline, _ = prepared(folder)
    balanced = peak_memory()
    table(baseline, 2)
    return {"start": start, "balanced": balanced, "ranked": peak_memory()}


def memory(folder: Path) -> list[Line]:
    """Peak memory of reading, balancing and ranking, from a process of its own."""
    command = [sys.executable, "-m", "benchmarks", "--memory-of", str(folder)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    peaks = json.loads(done.stdout)
    return [
        Line("peak memory, imports", peaks["start"], "MB"),
        Line("peak memory, read and balanced", peaks["balanced"], "MB"),
        Line("peak memory, ranked", peaks["ranked"], "MB"),
    ]


def measure(size: int, folder: Path, samples: int, pyomo: bool) -> list[Line]:
    """All figures of one size."""
    _, written = clock(lambda: write_network(folder, size))
    baseline, lines = prepared(folder)
    lines = [Line("write the dataset", written, "s"), *lines]
    lines += ranking(baseline, samples, pyomo)
    lines += cascade(baseline, samples)
    lines += table(baseline, samples)
    return lines + memory(folder)


def shown(lines: Sequence[Line]) -> str:
    """Figures as aligned text."""
    rows = [(line.name, f"{line.value:.4g}", line.unit, line.note) for line in lines]
    width = max(len(row[0]) for row in rows)
    return "\n".join(f"{n:<{width}}  {v:>10} {u:<11} {note}".rstrip() for n, v, u, note in rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", type=int, choices=sorted(SIZES), default=300)
    parser.add_argument("--samples", type=int, help="removals that a rival runs")
    parser.add_argument("--no-pyomo", action="store_true")
    parser.add_argument("--keep", type=Path, help="folder to write the dataset to")
    parser.add_argument("--memory-of", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.memory_of:
        print(json.dumps(memory_job(options.memory_of)))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary) / f"synthetic-{options.size}"
        samples = options.samples or SAMPLES[options.size]
        print(shown(measure(options.size, folder, samples, not options.no_pyomo)))
    return 0
