"""Who feeds whom: flows between plants and products if every place mixes what it holds.

In a pool (a material in a market) what is made there and what arrives is mixed, so each user
draws from every maker in proportion:

    flow(i, j) = sum over A, B of  make(i, A) / made(A) * moved(A, B) / home(B) * draw(j, B)

with moved(A, B) the arc from A to B, and moved(A, A) what stays. The data know pools and arcs;
a flow between two plants is this rule's reading of them, not an observation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from supplygraph.analysis.causes.evidence import Evidence
from supplygraph.baseline import Baseline
from supplygraph.grades import rank_of
from supplygraph.tolerances import NO_FLOW


@dataclass
class Pool:
    """What one market holds of one material.

    Attributes
    ----------
    makers, users
        Tonnes (or units of the material) a year by plant or ``product@market``.
    """

    id: str
    material: str
    market: str
    unit: str
    made: float
    home: float
    stay: float
    makers: dict[str, float] = field(default_factory=dict)
    users: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Arc:
    """A flow between two pools; ``grade`` is D unless a figure pins it alone."""

    id: str
    origin: str
    destination: str
    quantity: float
    grade: str


@dataclass(frozen=True)
class CellFlow:
    """What one cell's makers send to another cell's users, of one material.

    ``reported`` is the part that travels on arcs which a published figure pins.
    """

    origin: tuple[str, str]
    destination: tuple[str, str]
    material: str
    unit: str
    quantity: float
    reported: float


def pools_in_use(baseline: Baseline) -> dict[str, Pool]:
    """Pools with a base flow, by id."""
    graph = baseline.graph
    home = baseline.made - baseline.exports + baseline.imports
    stay = np.maximum(baseline.made - baseline.exports, 0.0)
    names = [str(name) for name in graph.pools["id"]]
    found = {
        names[i]: Pool(
            names[i],
            str(row.material),
            str(row.market),
            f"{row.unit}/yr",
            float(baseline.made[i]),
            float(home[i]),
            float(stay[i]),
        )
        for i, row in enumerate(graph.pools.itertuples())
        if home[i] > NO_FLOW or baseline.made[i] > NO_FLOW
    }
    plants = [str(name) for name in graph.activities["id"]]
    level = baseline.block("activity")[graph.made_activity]
    for a, p, quantity in zip(
        graph.made_activity, graph.made_pool, graph.made_quantity * level, strict=True
    ):
        if quantity > NO_FLOW:
            makers = found[names[p]].makers
            makers[plants[a]] = makers.get(plants[a], 0.0) + float(quantity)
    users = plants + [f"{r.product}@{r.market}" for r in graph.demands.itertuples()]
    for user, p, drawn in zip(graph.inputs.user, graph.inputs.pool, baseline.drawn, strict=True):
        if drawn > NO_FLOW:
            into = found[names[p]].users
            into[users[user]] = into.get(users[user], 0.0) + float(drawn)
    return found


def arcs_in_use(baseline: Baseline, evidence: Evidence) -> list[Arc]:
    """Arcs with a base flow, in order of id."""
    arcs = baseline.graph.arcs
    names = [str(name) for name in baseline.graph.pools["id"]]
    return [
        Arc(
            str(row.id),
            names[row.origin],
            names[row.destination],
            float(quantity),
            evidence.arcs.get(index, "D"),
        )
        for index, (row, quantity) in enumerate(
            zip(arcs.itertuples(), baseline.block("arc"), strict=True)
        )
        if quantity > NO_FLOW
    ]


def cell_flows(
    pools: Mapping[str, Pool], arcs: list[Arc], cell_of: Mapping[str, tuple[str, str]]
) -> list[CellFlow]:
    """Flows between cells of the picture by material, in order.

    Parameters
    ----------
    pools, arcs
        Base flows.
    cell_of
        Country and column of each plant and ``product@market``.
    """
    total: dict[tuple[tuple[str, str], tuple[str, str], str, str], list[float]] = {}
    makers = {name: _by_cell(pool.makers, cell_of) for name, pool in pools.items()}
    users = {name: _by_cell(pool.users, cell_of) for name, pool in pools.items()}
    for origin, destination, quantity, grade in _moves(pools, arcs):
        source, target = pools[origin], pools[destination]
        if source.made <= NO_FLOW or target.home <= NO_FLOW:
            continue
        reported = rank_of(grade or "D") < rank_of("D")
        for cell, made in makers[origin].items():
            for end, drawn in users[destination].items():
                flow = made / source.made * quantity / target.home * drawn
                entry = total.setdefault((cell, end, source.material, source.unit), [0.0, 0.0])
                entry[0] += flow
                entry[1] += flow * reported
    return [
        CellFlow(*key, quantity, reported)
        for key, (quantity, reported) in sorted(total.items())
        if quantity > NO_FLOW
    ]


def _moves(pools: Mapping[str, Pool], arcs: list[Arc]) -> Iterator[tuple[str, str, float, str]]:
    """Arcs, and what stays in each pool as a move onto itself (graded D: no figure shows it)."""
    for name, pool in sorted(pools.items()):
        if pool.stay > NO_FLOW:
            yield name, name, pool.stay, "D"
    for arc in arcs:
        yield arc.origin, arc.destination, arc.quantity, arc.grade


def _by_cell(
    amounts: Mapping[str, float], cell_of: Mapping[str, tuple[str, str]]
) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for name, quantity in amounts.items():
        found[cell_of[name]] = found.get(cell_of[name], 0.0) + quantity
    return dict(sorted(found.items()))
