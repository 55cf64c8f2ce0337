"""Stages as the columns of a picture: processes that feed each other stand side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from supplygraph.analysis.suppliers.concentration import concentration
from supplygraph.baseline import Baseline
from supplygraph.engines import SECTORS
from supplygraph.vocabulary import STAGES

FEEDS = 0.01  # share of a stage's output from which one process counts as feeding another
OXIDE = ("t_reo", "t_oxide")  # both count tonnes of rare-earth oxide


@dataclass
class StageColumn:
    """One column: a stage, a part of one, or a sector of end products.

    Attributes
    ----------
    id
        ``c00``, ``c01`` … from mines to products.
    stage, processes
        What stands in it; a sector has the stage ``product`` and itself as process.
    unit
        Unit of its outputs a year, empty if they do not add.
    output, parts
        Base output by country and by process.
    """

    id: str
    stage: str
    processes: tuple[str, ...]
    unit: str = ""
    output: dict[str, float] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """Base output of the world."""
        return sum(self.output.values())

    def ranked(self) -> list[tuple[str, float]]:
        """Countries with their shares, largest first."""
        total = self.total
        if total <= 0:
            return []
        rows = [(name, made / total) for name, made in self.output.items() if made > 0]
        return sorted(rows, key=lambda row: (-round(row[1], 12), row[0]))

    def hhi(self) -> float:
        """Herfindahl-Hirschman index over countries, 0 to 10,000; NaN where outputs do not add."""
        if self.total <= 0 or not self.unit:
            return float("nan")
        return 10_000 * concentration(self.output)


def columns_of_stages(baseline: Baseline, made: np.ndarray) -> list[StageColumn]:
    """Columns of plants in the order of the chain.

    Parameters
    ----------
    baseline
        Balanced base year.
    made
        Output of each entry of ``made_activity``, material units a year.
    """
    table = baseline.graph.activities
    places = baseline.graph.dataset.tables["facilities"]
    known = {
        *zip(table["stage"], table["process"], strict=True),
        *zip(places["stage"], places["process"], strict=True),
    }
    stages = sorted({stage for stage, _ in known}, key=_stage_order)
    columns: list[StageColumn] = []
    for stage in stages:
        processes = sorted(process for s, process in known if s == stage)
        for group in _levels(baseline, made, stage, processes):
            columns.append(StageColumn(f"c{len(columns):02d}", stage, group))
    _fill(baseline, made, columns)
    return columns


def columns_of_sectors(start: int, sectors: Sequence[str]) -> list[StageColumn]:
    """One column for each sector that has a product, in the order of the sectors."""
    used = [name for name in (*SECTORS, *sorted(set(sectors) - {*SECTORS})) if name in sectors]
    return [StageColumn(f"c{start + i:02d}", "product", (name,)) for i, name in enumerate(used)]


def _stage_order(stage: str) -> tuple[int, str]:
    return (STAGES.index(stage) if stage in STAGES else len(STAGES), stage)


def _levels(
    baseline: Baseline, made: np.ndarray, stage: str, processes: Sequence[str]
) -> list[tuple[str, ...]]:
    """Processes of a stage by how many others come before them; the largest first in each.

    A process that feeds no other and is fed by none stands with the largest process.
    """
    feeds, size = _feeds(baseline, made, stage)
    level = dict.fromkeys(processes, 0)
    for _ in processes:  # longest way in; a circle stops after as many rounds as processes
        for before, after in feeds:
            if (after, before) not in feeds:
                level[after] = max(level[after], min(level[before] + 1, len(processes) - 1))
    largest = max(processes, key=lambda p: (size.get(p, 0.0), p))
    linked = {name for pair in feeds for name in pair}
    for name in processes:
        if name not in linked:
            level[name] = level[largest]
    return [
        tuple(
            sorted((p for p in processes if level[p] == rank), key=lambda p: (-size.get(p, 0), p))
        )
        for rank in sorted(set(level.values()))
    ]


def _feeds(
    baseline: Baseline, made: np.ndarray, stage: str
) -> tuple[set[tuple[str, str]], dict[str, float]]:
    """Which process of a stage draws what another one makes, and how much each makes."""
    graph = baseline.graph
    table = graph.activities
    inside = (table["stage"] == stage).to_numpy()
    process = [str(name) for name in table["process"]]
    material = [str(name) for name in graph.pools["material"]]
    makers: dict[str, dict[str, float]] = {}
    size: dict[str, float] = {}
    for a, p, quantity in zip(graph.made_activity, graph.made_pool, made, strict=True):
        if inside[a]:
            maker = makers.setdefault(material[p], {})
            maker[process[a]] = maker.get(process[a], 0.0) + float(quantity)
            size[process[a]] = size.get(process[a], 0.0) + float(quantity)
    drawn: dict[tuple[str, str], float] = {}
    for user, p, quantity in zip(graph.inputs.user, graph.inputs.pool, baseline.drawn, strict=True):
        if user < graph.n_activities and inside[user]:
            whole = sum(makers.get(material[p], {}).values())
            for name, part in makers.get(material[p], {}).items():
                if whole > 0 and name != process[user]:
                    pair = (name, process[user])
                    drawn[pair] = drawn.get(pair, 0.0) + float(quantity) * part / whole
    least = FEEDS * sum(size.values())
    return {pair for pair, quantity in drawn.items() if quantity > least}, size


def _fill(baseline: Baseline, made: np.ndarray, columns: Sequence[StageColumn]) -> None:
    """Base output by country; none where units do not add."""
    graph = baseline.graph
    at = place_of(columns)
    units: dict[str, set[str]] = {}
    for a, p, quantity in zip(graph.made_activity, graph.made_pool, made, strict=True):
        row = graph.activities.iloc[int(a)]
        column = at[row["stage"], row["process"]]
        if quantity > 0:
            unit = str(graph.pools["unit"].iat[int(p)])
            units.setdefault(column.id, set()).add("t_reo" if unit in OXIDE else unit)
            country = str(row["country"])
            column.output[country] = column.output.get(country, 0.0) + float(quantity)
            process = str(row["process"])
            column.parts[process] = column.parts.get(process, 0.0) + float(quantity)
    for column in columns:
        found = units.get(column.id, set())
        column.unit = f"{found.pop()}/yr" if len(found) == 1 else ""


def place_of(columns: Sequence[StageColumn]) -> Mapping[tuple[str, str], StageColumn]:
    """Column of each stage and process."""
    return {(c.stage, process): c for c in columns for process in c.processes}
