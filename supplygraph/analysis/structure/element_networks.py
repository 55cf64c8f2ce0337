"""The network of one element, and the network of all inputs, as plain networkx graphs.

Both have the same nodes: activities ``plant/line/recipe``, what a market makes
``material@market (made)``, what it has at home ``material@market``, and ``product@market``.
An element is counted in tonnes as contained in ores and oxides; what metal makers and later
stages take is counted in full, their losses included, so the same tonne is followed from
separation to the product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import networkx as nx
import numpy as np

from supplygraph.analysis.losses.entities import Entity
from supplygraph.baseline import Baseline
from supplygraph.grades import weakest
from supplygraph.graph import vectors
from supplygraph.scenario.shocks import UNRECORDED
from supplygraph.tolerances import NO_FLOW

SWEEPS = 200
REFINED = ("t_oxide",)
LARGE = 0.2


class Elements:
    """Element networks of one balance.

    Parameters
    ----------
    baseline
        Balanced base year.
    activity_upper, line_upper
        Most that activities and lines can do a year (of the allocation program).
    """

    def __init__(
        self, baseline: Baseline, activity_upper: np.ndarray, line_upper: np.ndarray
    ) -> None:
        self.baseline, self.graph = baseline, baseline.graph
        self.activity_upper, self.line_upper = activity_upper, line_upper
        graph = self.graph
        self.level = baseline.block("activity")
        self.material = graph.pools["material"].to_numpy()
        self.home_name = [str(name) for name in graph.pools["id"]]
        self.made_name = [f"{name} (made)" for name in self.home_name]
        rows = zip(
            graph.activities["id"],
            graph.activities["line"],
            graph.activities["recipe"],
            strict=True,
        )
        users = [f"{plant}/{line}/{recipe}" for plant, line, recipe in rows]
        ends = zip(graph.demands["product"], graph.demands["market"], strict=True)
        self.user_name = [*users, *(f"{product}@{market}" for product, market in ends)]
        self.arc = baseline.block("arc")
        self.origin = graph.arcs["origin"].to_numpy()
        self.end = graph.arcs["destination"].to_numpy()
        self.stay = baseline.made - baseline.exports
        self.home = self.stay + baseline.imports
        held = baseline.held("surplus") + baseline.held("unexplained")
        self.held_share = np.clip(_ratio(held, self.home), 0.0, 1.0)
        self.barred = (graph.activities["process"] == UNRECORDED).to_numpy()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Elements that some material is tagged with, in order."""
        tags = {element for cell in self.graph.pools["element"] for element in cell}
        return tuple(sorted(tags))

    def nodes_of(self, entity: Entity) -> list[str]:
        """Activities that an entity's removal takes away."""
        return [self.user_name[i] for i in np.flatnonzero(entity.shock.activity < 1)]

    @cached_property
    def _known(self) -> dict[str, dict[str, float]]:
        """Tonnes of each element per unit of ores, bundles and oxides."""
        dataset = self.graph.dataset
        table = dataset.tables["elements"]
        metal = dict(zip(table["id"], table["metal_per_oxide"].fillna(1.0), strict=True))
        known = {
            name: {e: share * metal.get(e, 1.0) for e, share in vector.items()}
            for name, vector in vectors(dataset).items()
        }
        for row in dataset.tables["materials"].itertuples():
            tagged, early = tuple(row.element), row.unit in REFINED or row.stage == "mine"
            if row.id not in known and early and len(tagged) == 1:
                known[row.id] = {tagged[0]: metal.get(tagged[0], 1.0)}
        return known

    def content(self, element: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Tonnes of an element per unit of what each pool makes and holds, and made by whom.

        Returns
        -------
        made, home : numpy.ndarray
            Per pool; idle pools take the world's mean.
        activity : numpy.ndarray
            Taken in per unit of activity; for mines and scrap 0.
        """
        graph, base = self.graph, self.baseline
        fixed = np.array(
            [
                self._known[m].get(element, 0.0) if m in self._known else np.nan
                for m in self.material
            ]
        )
        known = ~np.isnan(fixed)
        n = len(self.material)
        made = np.where(known, fixed, 0.0)
        home = made.copy()
        unit = graph.made_quantity
        open_out = np.bincount(
            graph.made_activity, unit * ~known[graph.made_pool], minlength=graph.n_activities
        )
        for _ in range(SWEEPS):
            home_new = _ratio(
                np.maximum(self.stay, 0.0) * made
                + np.bincount(self.end, self.arc * made[self.origin], minlength=n),
                self.home,
            )
            world = self._world_mean(made)
            home_new = np.where(known, fixed, np.where(self.home > NO_FLOW, home_new, world))
            taken = self._taken(home_new)
            part = _ratio(unit * taken[graph.made_activity], open_out[graph.made_activity])
            output = part * self.level[graph.made_activity]
            mixed = _ratio(np.bincount(graph.made_pool, output, minlength=n), base.made)
            made_new = np.where(known, fixed, np.where(base.made > NO_FLOW, mixed, world))
            done = np.abs(home_new - home).max(initial=0) + np.abs(made_new - made).max(initial=0)
            home, made = home_new, made_new
            if done < 1e-15:
                break
        return made, home, self._taken(home)

    def _world_mean(self, made: np.ndarray) -> np.ndarray:
        """Mean content of each pool's material over all that is made of it."""
        _, index = np.unique(self.material, return_inverse=True)
        top = np.bincount(index, made * self.baseline.made)
        return _ratio(top, np.bincount(index, self.baseline.made))[index]

    def _taken(self, home: np.ndarray) -> np.ndarray:
        """Element taken in per unit of activity, at base draws; idle ones by equal draws."""
        inputs = self.graph.inputs
        count = self.graph.n_activities
        own = inputs.user < count
        user = inputs.user[own]
        running = self.level[user] > 0
        per_unit = np.where(
            running,
            _ratio(self.baseline.drawn[own], self.level[user]),
            inputs.quantity[own]
            / np.bincount(inputs.group, minlength=inputs.n_groups)[inputs.group[own]],
        )
        return np.bincount(user, per_unit * home[inputs.pool[own]], minlength=count)

    def network(self, element: str) -> nx.DiGraph:
        """Flow of one element from mines and scrap to products.

        Returns
        -------
        networkx.DiGraph
            For :func:`flow_network.vitality` (``capacity``, ``gain``, ``shared``) and
            :func:`passing.flow_betweenness` (``flow``, t of the element a year). Sources are
            mines, scrap and other makers without this element in their inputs; sinks product
            demand at its base quantity. Surplus and uses without a name keep their base share
            of all that is made and received.
        """
        made, home, taken = self.content(element)
        result = nx.DiGraph(element=element)
        self._add_makers(result, made, taken)
        self._add_pools(result, made, home)
        self._add_users(result, home, taken)
        for _, data in result.nodes(data=True):
            data.setdefault("source", False)
            data.setdefault("sink", False)
        result.graph["shared"] = self._shared(result, taken)
        return result

    def _add_makers(self, result: nx.DiGraph, made: np.ndarray, taken: np.ndarray) -> None:
        graph = self.graph
        known = np.array([m in self._known for m in self.material])
        out = np.bincount(
            graph.made_activity,
            graph.made_quantity * np.where(known, made, 0.0)[graph.made_pool],
            minlength=graph.n_activities,
        )
        open_out = np.bincount(
            graph.made_activity,
            graph.made_quantity * ~known[graph.made_pool],
            minlength=graph.n_activities,
        )
        for a, p, q in zip(graph.made_activity, graph.made_pool, graph.made_quantity, strict=True):
            part = q * made[p] if known[p] else taken[a] * q / open_out[a]
            whole = taken[a] if taken[a] > NO_FLOW else out[a]
            if part <= NO_FLOW or whole <= NO_FLOW or made[p] <= NO_FLOW:
                continue
            source = taken[a] <= NO_FLOW
            # A plant's own yields may give a little more than the vector of its feed holds.
            gain = 1.0 if source else min(part / whole, 1.0)
            name = self.user_name[a]
            result.add_node(name, capacity=float(self.activity_upper[a] * whole), source=source)
            result.add_edge(
                name, self.made_name[p], gain=float(gain), flow=float(self.level[a] * part)
            )

    def _add_pools(self, result: nx.DiGraph, made: np.ndarray, home: np.ndarray) -> None:
        base = self.baseline
        kept = 1.0 - self.held_share * np.clip(_ratio(self.stay, base.made), 0.0, 1.0)
        for p, name in enumerate(self.made_name):
            if name in result:
                flow = max(float(self.stay[p]), 0.0) * made[p]
                result.add_edge(name, self.home_name[p], gain=float(kept[p]), flow=float(flow))
        for index, (o, d) in enumerate(zip(self.origin, self.end, strict=True)):
            if self.made_name[o] in result and home[d] > NO_FLOW:
                result.add_edge(
                    self.made_name[o],
                    self.home_name[d],
                    gain=float(kept[o] * (1.0 - self.held_share[d])),
                    flow=float(self.arc[index] * made[o]),
                )

    def _add_users(self, result: nx.DiGraph, home: np.ndarray, taken: np.ndarray) -> None:
        inputs, count = self.graph.inputs, self.graph.n_activities
        for entry, (user, pool) in enumerate(zip(inputs.user, inputs.pool, strict=True)):
            name = self.home_name[pool]
            if name not in result or home[pool] <= NO_FLOW:
                continue
            if user < count and (taken[user] <= NO_FLOW or self.user_name[user] not in result):
                continue
            flow = float(self.baseline.drawn[entry] * home[pool])
            if user >= count:
                if flow <= NO_FLOW:
                    continue
                self._add_demand(result, int(user), flow)
            result.add_edge(name, self.user_name[user], flow=flow)

    def _add_demand(self, result: nx.DiGraph, user: int, flow: float) -> None:
        name = self.user_name[user]
        if name not in result:
            result.add_node(name, sink=True, capacity=0.0)
        result.nodes[name]["capacity"] += flow

    def _shared(
        self, result: nx.DiGraph, taken: np.ndarray
    ) -> list[tuple[float, dict[str, float]]]:
        """Lines that several recipes share, in line units per tonne of the element."""
        graph = self.graph
        found = []
        for line in np.flatnonzero(np.isfinite(self.line_upper)):
            members = [
                a for a in np.flatnonzero(graph.line_of == line) if self.user_name[a] in result
            ]
            if len(members) < 2:
                continue
            uses = {}
            for a in members:
                whole = taken[a] if taken[a] > NO_FLOW else self._source_content(result, int(a))
                uses[self.user_name[a]] = float(graph.line_units[a] / whole)
            found.append((float(self.line_upper[line]), uses))
        return found

    def _source_content(self, result: nx.DiGraph, activity: int) -> float:
        upper = self.activity_upper[activity]
        capacity = result.nodes[self.user_name[activity]]["capacity"]
        return float(capacity / upper) if 0 < upper < np.inf and capacity > 0 else 1.0

    def vector_grade(self, network: nx.DiGraph) -> str:
        """Weakest grade of the ore vectors behind a fifth or more of an element's base flow."""
        element = network.graph["element"]
        table = self.graph.dataset.tables["compositions"]
        own = table[(table["variant"] == "default") & (table["element"] == element)]
        graded = dict(zip(own["material"], own["evidence"], strict=True))
        outputs = dict(zip(self.user_name, self.graph.activities["material"], strict=False))
        flow: dict[str, float] = {}
        for name, data in network.nodes(data=True):
            if data["source"]:
                quantity = sum(part for _, _, part in network.out_edges(name, data="flow"))
                for material in outputs[name]:
                    flow[material] = flow.get(material, 0.0) + quantity
        total = sum(flow.values())
        return weakest(
            [
                str(graded[material])
                for material, quantity in sorted(flow.items())
                if material in graded and quantity >= LARGE * total > 0
            ]
        )

    def all_inputs(self, links: str) -> nx.DiGraph:
        """Everything that must come together, for :class:`dominators.Reach`.

        Parameters
        ----------
        links
            ``base``: plants and links with a flow in the base year; ``any``: every open plant
            and every link between a maker and a user.
        """
        result = nx.DiGraph()
        runs = (self.level > 0) if links == "base" else (self.activity_upper > 0)
        for a, name in enumerate(self.user_name):
            plant = a < self.graph.n_activities
            result.add_node(name, open=bool(runs[a] and not self.barred[a]) if plant else True)
        for p in range(len(self.material)):
            result.add_node(self.made_name[p], source=False)
            result.add_node(self.home_name[p], source=False)
        for tail, head, kind, essential in self._links(links):
            result.add_edge(tail, head, kind=kind, essential=essential)
        return result

    def _links(self, links: str) -> Iterator[tuple[str, str, int, bool]]:
        graph, inputs = self.graph, self.graph.inputs
        every = links != "base"
        for a, p in zip(graph.made_activity, graph.made_pool, strict=True):
            yield self.user_name[a], self.made_name[p], -1, True
        for p in np.flatnonzero((self.stay > NO_FLOW) | every):
            yield self.made_name[p], self.home_name[p], -1, True
        for i in np.flatnonzero((self.arc > NO_FLOW) | every):
            yield self.made_name[self.origin[i]], self.home_name[self.end[i]], -1, True
        essential = np.zeros(inputs.n_groups, dtype=bool)
        np.logical_or.at(essential, inputs.group, inputs.essential)
        for entry in np.flatnonzero((self.baseline.drawn > NO_FLOW) | every):
            group = int(inputs.group[entry])
            user, pool = int(inputs.user[entry]), int(inputs.pool[entry])
            yield self.home_name[pool], self.user_name[user], group, bool(essential[group])


def groups_in(
    network: nx.DiGraph, elements: Elements, entities: Sequence[Entity]
) -> dict[str, list[str]]:
    """Nodes of each entity that stand in a network, entities without any left out."""
    found = {e.id: [name for name in elements.nodes_of(e) if name in network] for e in entities}
    return {name: nodes for name, nodes in found.items() if nodes}


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    top = np.asarray(top, dtype=float)
    return np.divide(top, bottom, out=np.zeros_like(top), where=np.asarray(bottom) > 0)
