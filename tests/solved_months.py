"""Months of small networks, asked by name: bounds, arcs, demands, shares served."""

from __future__ import annotations

import pytest

from supplygraph.engines.timeline import Timeline, run_months
from supplygraph.scenario.month_arrays import Bounds, month_range
from tests.solved_networks import Solved


def near(value: float | list) -> object:
    return pytest.approx(value, abs=2e-6)


def opened(solved: Solved, months: int, start: str = "2025-01") -> Bounds:
    return Bounds.open(solved.graph, month_range(start, months))


def arc(solved: Solved, name: str) -> int:
    return solved.graph.arcs["id"].tolist().index(name)


def demand(solved: Solved, name: str) -> int:
    rows = solved.graph.demands
    return [f"{p}@{m}" for p, m in zip(rows["product"], rows["market"], strict=True)].index(name)


def run(solved: Solved, bounds: Bounds, rerouting: str, **options: object) -> Timeline:
    options.setdefault("covers", ("central",))
    return run_months(solved.baseline, bounds, rerouting=rerouting, **options)


def served(solved: Solved, bounds: Bounds, rerouting: str, name: str, **options: object) -> list:
    line = run(solved, bounds, rerouting, **options)
    return line.served[:, demand(solved, name), 0].tolist()
