"""The compiled network as a networkx graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd

from supplygraph.graph.formats import plain_attributes
from supplygraph.precision import stated

if TYPE_CHECKING:
    from supplygraph.graph.network import SupplyGraph

Facts = Mapping[tuple[str, str, str], Mapping[str, Any]]


def to_networkx(
    graph: SupplyGraph,
    flows: pd.DataFrame | None = None,
    facts: Facts | None = None,
    *,
    all_edges: bool = True,
) -> nx.MultiDiGraph:
    """A frozen graph of plants, pools and products with flows on its edges.

    Parameters
    ----------
    graph
        Compiled network.
    flows
        Table with columns ``kind, id, quantity`` as the balance gives it; without it every
        edge carries 0.
    facts
        Further attributes of edges, by (from, to, key), such as grades and sources.
    all_edges
        Keep edges without flow too: idle lines and arcs that could be used. Measures that do not
        weigh edges by `quantity` would count them like the busiest.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes have ``kind`` (plant, pool, product) and what is known of them, with ``evidence``
        and ``sources`` (keys of `sources.csv`); edges ``material, quantity, unit, declared``.
        Edges: plant to pool (made), pool to pool (arcs), pool to plant and product (drawn).
        Attributes are bool, int, float or one line of text, lists joined by semicolons, so that
        every writer of networkx takes them. What is not known is left out.
    """
    amount = _Amounts(graph, flows)
    dataset = graph.dataset
    result = nx.MultiDiGraph(
        name=dataset.name,
        base_year=graph.base_year,
        dataset_version=dataset.version,
        dataset_hash=dataset.hash,
    )
    _add_pools(result, graph)
    _add_plants(result, graph)
    for index, row in enumerate(graph.demands.itertuples()):
        result.add_node(
            f"{row.product}@{row.market}",
            **_plain(
                kind="product",
                name=row.name,
                product=row.product,
                market=row.market,
                region=row.region,
                sector=row.sector,
                segment=row.segment,
                stage="product",
                units=float(amount.demand[index]),
                unit=f"{row.unit}/yr",
                evidence=row.evidence,
                sources=tuple(row.source),
            ),
        )
    _add_edges(result, graph, amount, facts or {}, all_edges)
    return nx.freeze(result)


def _plain(**attributes: Any) -> dict[str, bool | int | float | str]:
    return plain_attributes(attributes)


def _add_pools(result: nx.MultiDiGraph, graph: SupplyGraph) -> None:
    materials = graph.dataset.tables["materials"]
    names = dict(zip(materials["id"], materials["name"], strict=True))
    for row in graph.pools.itertuples():
        result.add_node(
            row.id,
            **_plain(
                kind="pool",
                name=f"{names[row.material] or row.material}, {row.market}",
                material=row.material,
                market=row.market,
                region=row.region,
                stage=row.stage,
                elements=tuple(row.element),
                unit=f"{row.unit}/yr",
            ),
        )


def _add_plants(result: nx.MultiDiGraph, graph: SupplyGraph) -> None:
    plants = {row["id"]: row for row in graph.dataset.tables["facilities"].to_dict("records")}
    lines = _lines(graph)
    for name, rows in graph.activities.groupby("id", sort=True):
        row, plant, held = rows.iloc[0], plants[name], lines.get(str(name), [])
        sizes = {(size, unit) for size, unit, _ in held}
        size, unit = next(iter(sizes)) if len(held) == 1 else (None, None)
        cited = {key for _, _, keys in held for key in keys} | set(plant["source"])
        result.add_node(
            name,
            **_plain(
                kind="plant",
                name=row["name"],
                country=row["country"],
                market=row["market"],
                region=row["region"],
                stage=row["stage"],
                operator=row["operator"],
                process=";".join(sorted(set(rows["process"]))),
                owner_country=row["owner_country"],
                status=row["status"],
                aggregate_kind=row["kind"],
                capacity=size,
                capacity_unit=unit,
                lines="; ".join(_line_text(size, unit) for size, unit, _ in held),
                latitude=plant["latitude"],
                longitude=plant["longitude"],
                evidence=plant["evidence"],
                sources=tuple(sorted(cited)),
            ),
        )


def _line_text(size: float, unit: str) -> str:
    return f"unknown {unit}" if np.isnan(size) else f"{size:g} {unit}"


def _lines(graph: SupplyGraph) -> dict[str, list[tuple[float, str, tuple[str, ...]]]]:
    """Size, unit and sources of the lines of each plant in the base month."""
    found: dict[str, list[tuple[float, str, tuple[str, ...]]]] = {}
    for number, plant in enumerate(graph.lines["facility"]):
        row = graph.stated_capacity(number, graph.base_month)
        if row is not None:
            found.setdefault(plant, []).append((row.rate, row.rate_unit, row.source))
    return found


class _Amounts:
    """Flows by column block, 0 where no table was given."""

    def __init__(self, graph: SupplyGraph, flows: pd.DataFrame | None) -> None:
        def block(kind: str, size: int) -> np.ndarray:
            if flows is None:
                return np.zeros(size)
            return flows.loc[flows["kind"] == kind, "quantity"].to_numpy(float)

        self.activity = block("activity", graph.n_activities)
        self.demand = block("demand", graph.n_demands)
        self.arc = block("arc", len(graph.arcs))
        draw = block("draw", int((graph.inputs.draw >= 0).sum()))
        level = np.concatenate([self.activity, self.demand])
        self.drawn = graph.inputs.quantity * level[graph.inputs.user]
        own = graph.inputs.draw >= 0
        self.drawn[own] = draw[graph.inputs.draw[own]]


def edge_names(graph: SupplyGraph) -> Iterable[tuple[str, int, tuple[str, str, str]]]:
    """Block (makes, arc, draws), place in it, and (from, to, key) of every edge, in order."""
    pool = list(graph.pools["id"])
    plant, recipe = list(graph.activities["id"]), list(graph.activities["recipe"])
    users = plant + [f"{r.product}@{r.market}" for r in graph.demands.itertuples()]
    makers = zip(graph.made_activity, graph.made_pool, strict=True)
    for index, (activity, place) in enumerate(makers):
        yield "makes", index, (plant[activity], pool[place], f"makes {recipe[activity]}")
    arcs = graph.arcs
    ends = zip(arcs["origin"], arcs["destination"], arcs["id"], strict=True)
    for index, (origin, end, name) in enumerate(ends):
        yield "arc", index, (pool[origin], pool[end], name)
    takers = zip(graph.inputs.user, graph.inputs.pool, strict=True)
    for index, (user, place) in enumerate(takers):
        name = recipe[user] if user < len(recipe) else "need"
        yield "draws", index, (pool[place], users[user], f"draws {name}")


def _add_edges(
    result: nx.MultiDiGraph, graph: SupplyGraph, amount: _Amounts, facts: Facts, all_edges: bool
) -> None:
    material, unit = list(graph.pools["material"]), list(graph.pools["unit"])
    declared = graph.arcs["declared"].to_numpy()
    made = graph.made_quantity * amount.activity[graph.made_activity]
    places = {
        "makes": graph.made_pool,
        "arc": graph.arcs["origin"].to_numpy(),
        "draws": graph.inputs.pool,
    }
    amounts = {"makes": made, "arc": amount.arc, "draws": amount.drawn}
    world = _world(graph, made, amount.drawn)
    found: dict[tuple[str, str, str], tuple[str, int, float]] = {}
    for block, index, name in edge_names(graph):
        # Lines of one plant that run the same recipe share their edges: flows add up.
        before = found[name][2] if name in found else 0.0
        found[name] = (block, index, before + float(amounts[block][index]))
    for (source, target, key), (block, index, flow) in found.items():
        place = int(places[block][index])
        scale = float(world[place])
        quantity = stated(flow, scale)
        if not (all_edges or quantity):
            continue
        known = dict(facts.get((source, target, key), {}))
        known |= {name: stated(known[name], scale) for name in ("low", "high") if name in known}
        result.add_edge(
            source,
            target,
            key=key,
            **_plain(
                kind=block,
                material=material[place],
                quantity=quantity,
                unit=f"{unit[place]}/yr",
                declared=bool(declared[index]) if block == "arc" else True,
                **known,
            ),
        )


def _world(graph: SupplyGraph, made: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Per pool the world's output of its material, or its use if that is more."""
    material = np.unique(graph.pools["material"], return_inverse=True)[1]
    sums = [
        np.bincount(material[pool], values, minlength=len(material))
        for pool, values in ((graph.made_pool, made), (graph.inputs.pool, drawn))
    ]
    return np.maximum(*sums)[material]
