"""Nodes by element: what is lost without one, what passes it, what cannot do without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.losses.entities import Entity, entities_of
from supplygraph.analysis.structure.dominators import Reach
from supplygraph.analysis.structure.element_networks import Elements, groups_in
from supplygraph.analysis.structure.flow_betweenness import flow_betweenness
from supplygraph.analysis.structure.max_flow import FlowProgram
from supplygraph.dataset.names import full_names, place_or_name
from supplygraph.errors import UsageError
from supplygraph.grades import weakest
from supplygraph.hints import did_you_mean

if TYPE_CHECKING:
    import networkx as nx

NODES_BY = ("country-process", "country-stage", "country", "facility", "operator")
LINKS = ("any", "base")
EVERY = "all"
NOMINAL = 1e-3
Found = tuple[pd.DataFrame, tuple[str, ...]]


def text_of(value: object) -> str | None:
    """An option as text; None stays None."""
    return None if value is None else str(value)


class Nodes:
    """Entities and element networks that vitality, betweenness and dominators share."""

    def __init__(self, tracer: Tracer, options: dict[str, object]) -> None:
        by = str(options["by"])
        if by not in NODES_BY:
            raise UsageError(f"--by '{by}' is not known. {did_you_mean(by, NODES_BY)}")
        month = tracer.month
        program = month.program
        self.tracer, self.graph = tracer, month.baseline.graph
        self.elements = Elements(month.baseline, program.activity_upper, program.line_upper)
        self.entities = entities_of(month.baseline, by)
        wanted = text_of(options["element"])
        names = self.elements.names
        if wanted is not None and wanted not in names:
            hint = did_you_mean(wanted, names, full_names(self.graph.dataset))
            raise UsageError(f"no element '{wanted}' in materials. {hint}")
        self.names = [wanted] if wanted else list(names)
        self.unused: list[str] = []

    def head(self, entity: Entity) -> dict[str, object]:
        """What every row says of its node."""
        return {
            "name": entity.name,
            "kind": entity.kind,
            "country": entity.country,
            "stage": entity.stage,
            "process": entity.process,
        }

    def grade(self, entity: Entity, vectors: str = "") -> str:
        """Weaker of the grades of a node's base flow and of the ore vectors behind an element.

        D if no figure pins half of the node's flow.
        """
        group = entity.kind not in ("facility", "operator")
        flow = self.tracer.evidence.removed(entity.shock, group) or "D"
        return weakest([flow, vectors])

    def flags(self, element: str, total: float) -> tuple[str, ...]:
        """Mark of an element whose only named needs have nominal sizes."""
        return ("nominal",) if total < NOMINAL else ()


def vitality_table(tracer: Tracer, options: dict[str, object]) -> Found:
    """Loss of maximum flow by element and node."""
    nodes = Nodes(tracer, options)
    rows: list[dict[str, object]] = []
    for element in nodes.names:
        network = nodes.elements.network(element)
        program = FlowProgram(network)
        if program.total <= 0:
            nodes.unused.append(element)
            continue
        groups = groups_in(network, nodes.elements, nodes.entities)
        losses = {
            name: program.loss(members)
            for name, members in groups.items()
            if any(flow > 0 for _, _, flow in network.out_edges(members, data="flow"))
            or program.loss(members) > 0
        }
        rows += _ranked(nodes, network, losses, program.total, "vitality")
    return pd.DataFrame(rows), _missing(nodes)


def betweenness_table(tracer: Tracer, options: dict[str, object]) -> Found:
    """Share of actual flow by element and node."""
    nodes = Nodes(tracer, options)
    rows: list[dict[str, object]] = []
    for element in nodes.names:
        network = nodes.elements.network(element)
        total = sum(
            float(data["capacity"]) for _, data in network.nodes(data=True) if data.get("sink")
        )
        if total <= 0:
            nodes.unused.append(element)
            continue
        groups = groups_in(network, nodes.elements, nodes.entities)
        shares = flow_betweenness(network, groups)
        passing = {name: share * total for name, share in shares.items() if share > 0}
        rows += _ranked(nodes, network, passing, total, "passing")
    return pd.DataFrame(rows), _missing(nodes)


def _ranked(
    nodes: Nodes, network: nx.DiGraph, values: dict[str, float], total: float, column: str
) -> list[dict[str, object]]:
    """Rows of one element, largest first."""
    known = {entity.id: entity for entity in nodes.entities}
    element, vectors = network.graph["element"], nodes.elements.vector_grade(network)
    order = sorted(values, key=lambda name: (-round(values[name] / total, 9), name))
    rows = []
    for rank, name in enumerate(order, 1):
        entity = known[name]
        rows.append(
            {
                "element": element,
                "rank": rank,
                "id": name,
                **nodes.head(entity),
                column: values[name],
                "of": total,
                "unit": "t element/yr",
                f"{column}_share": values[name] / total,
                "evidence": nodes.grade(entity, vectors),
                "flags": (*entity.flags, *nodes.flags(element, total)),
            }
        )
    return rows


def _missing(nodes: Nodes) -> tuple[str, ...]:
    if not nodes.names:
        return ("no material is tagged with an element: there is none to follow",)
    if nodes.unused:
        return (f"no named product takes {', '.join(nodes.unused)}",)
    return ()


def dominators_table(tracer: Tracer, options: dict[str, object]) -> Found:
    """Nodes on every way of an element to a product and region."""
    links = text_of(options["links"])
    if links is not None and links not in LINKS:
        raise UsageError(f"--links '{links}' is not known. {did_you_mean(links, LINKS)}")
    nodes = Nodes(tracer, options)
    targets = _SoughtDemands(nodes, text_of(options["product"]), text_of(options["region"]))
    found: dict[tuple[str, ...], dict[str, object]] = {}
    for chosen in LINKS if links is None else (links,):
        for row in targets.rows(chosen):
            key = tuple(str(row[name]) for name in ("element", "product", "region", "id"))
            # A node that dominates on any link does so on the base year's too: one row.
            found.setdefault(key, row)
    order = ("element", "product", "region", "links", "id")
    rows = sorted(found.values(), key=lambda row: tuple(str(row[name]) for name in order))
    return pd.DataFrame(rows), ()


class _SoughtDemands:
    """Products and regions whose dominators are sought."""

    def __init__(self, nodes: Nodes, product: str | None, region: str | None) -> None:
        self.nodes, graph = nodes, nodes.graph
        self.every = len(nodes.names) != 1
        demands, units = graph.demands, nodes.tracer.month.baseline.block("demand")
        for value, column in ((product, "product"), (region, "region")):
            if value is not None and value not in set(demands[column]):
                hint = place_or_name(graph.dataset, column, value, demands[column])
                raise UsageError(f"no {column} '{value}' in demand. {hint}")
        wanted = (units > 0) & (demands["kind"] != "unnamed").to_numpy()
        if product:
            wanted &= (demands["product"] == product).to_numpy()
        if region:
            wanted &= (demands["region"] == region).to_numpy()
        self.cells: dict[tuple[str, str], list[str]] = {}
        for index in np.flatnonzero(wanted):
            row = demands.iloc[index]
            name = nodes.elements.user_name[graph.n_activities + int(index)]
            self.cells.setdefault((str(row["product"]), str(row["region"])), []).append(name)

    def rows(self, links: str) -> list[dict[str, object]]:
        """One row per element, product, region and node that cuts it off."""
        nodes = self.nodes
        whole = Reach(nodes.elements.all_inputs(links))
        sets = [(), *(nodes.elements.nodes_of(entity) for entity in nodes.entities)]
        makes = whole.runs(whole.closed(sets))
        rows: list[dict[str, object]] = []
        if self.every:
            for (product, region), ends in sorted(self.cells.items()):
                made = makes[[whole.place[name] for name in ends]]
                if made[:, 0].any():
                    rows += self._cell(EVERY, product, region, links, made, made)
        for element in nodes.names:
            network = nodes.elements.network(element)
            if links == "base":
                idle = [(a, b) for a, b, flow in network.edges(data="flow") if flow <= 0]
                network.remove_edges_from(idle)
            reach = Reach(network)
            place = [whole.place[name] for name in reach.nodes]
            runs = reach.runs(makes[place])
            for (product, region), ends in sorted(self.cells.items()):
                mine = [reach.place[name] for name in ends if name in reach.place]
                if mine and runs[mine, 0].any():
                    made = makes[[whole.place[name] for name in ends]]
                    rows += self._cell(element, product, region, links, runs[mine], made)
        return rows

    def _cell(
        self,
        element: str,
        product: str,
        region: str,
        links: str,
        reached: np.ndarray,
        made: np.ndarray,
    ) -> list[dict[str, object]]:
        """Rows of the nodes without which no market of the region is reached."""
        rows = []
        for column, entity in enumerate(self.nodes.entities, 1):
            if reached[:, column].any():
                continue
            rows.append(
                {
                    "element": element,
                    "product": product,
                    "region": region,
                    "id": entity.id,
                    **self.nodes.head(entity),
                    "links": links,
                    "cuts": True,
                    "stops": not bool(made[:, column].any()),
                    "evidence": self.nodes.grade(entity),
                    "flags": entity.flags,
                }
            )
        return rows
