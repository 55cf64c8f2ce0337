"""The compiled network as a networkx graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from supplygraph.graph.network import SupplyGraph


def to_networkx(graph: SupplyGraph, flows: pd.DataFrame | None = None) -> nx.MultiDiGraph:
    """A frozen graph of plants, pools and products with flows on its edges.

    Parameters
    ----------
    graph
        Compiled network.
    flows
        Table with columns ``kind, id, quantity`` as the balance gives it; without it every
        edge carries 0.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes have ``kind`` (plant, pool, product) and what is known of them; edges
        ``material, quantity, unit``. Edges: plant to pool (made), pool to pool (arcs), pool
        to plant and product (drawn).
    """
    amount = _Amounts(graph, flows)
    result = nx.MultiDiGraph(name=graph.dataset.name, base_year=graph.base_year)
    for row in graph.pools.itertuples():
        result.add_node(
            row.id, kind="pool", material=row.material, market=row.market, region=row.region,
            stage=row.stage, unit=row.unit,
        )  # fmt: skip
    for row in graph.activities.drop_duplicates("id").itertuples():
        result.add_node(
            row.id, kind="plant", name=row.name, country=row.country, market=row.market,
            stage=row.stage, operator=row.operator, status=row.status, aggregate_kind=row.kind,
        )  # fmt: skip
    for index, row in enumerate(graph.demands.itertuples()):
        result.add_node(
            f"{row.product}@{row.market}", kind="product", product=row.product,
            market=row.market, region=row.region, sector=row.sector, segment=row.segment,
            units=float(amount.demand[index]), unit=row.unit,
        )  # fmt: skip
    _add_edges(result, graph, amount)
    return nx.freeze(result)


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


def _add_edges(result: nx.MultiDiGraph, graph: SupplyGraph, amount: _Amounts) -> None:
    pool = list(graph.pools["id"])
    material, unit = list(graph.pools["material"]), list(graph.pools["unit"])
    plant = list(graph.activities["id"])
    users = plant + [f"{r.product}@{r.market}" for r in graph.demands.itertuples()]

    def add(source: str, target: str, place: int, quantity: float, key: str) -> None:
        result.add_edge(
            source, target, key=key, material=material[place], quantity=float(quantity),
            unit=f"{unit[place]}/yr",
        )  # fmt: skip

    recipe = list(graph.activities["recipe"])
    triplets = zip(graph.made_activity, graph.made_pool, graph.made_quantity, strict=True)
    for activity, place, quantity in triplets:
        made = quantity * amount.activity[activity]
        add(plant[activity], pool[place], int(place), made, f"makes {recipe[activity]}")
    for row, quantity in zip(graph.arcs.itertuples(), amount.arc, strict=True):
        add(pool[row.origin], pool[row.destination], int(row.origin), quantity, row.id)
    for user, place, quantity in zip(
        graph.inputs.user, graph.inputs.pool, amount.drawn, strict=True
    ):
        name = recipe[user] if user < len(recipe) else "need"
        add(pool[place], users[user], int(place), quantity, f"draws {name}")
