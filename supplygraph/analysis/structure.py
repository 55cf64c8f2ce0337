"""Measures of the network's structure, each with how to read it and what it is blind to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from supplygraph.analysis.binding import Tracer, weakest
from supplygraph.analysis.dependence import dependence_table
from supplygraph.analysis.dominators import Reach
from supplygraph.analysis.elements import Elements, groups_in
from supplygraph.analysis.entities import Entity, entities_of
from supplygraph.analysis.flow_network import FlowProgram
from supplygraph.analysis.governance import (
    WANTED,
    geopolrisk_table,
    read_indices,
    read_scores,
    supply_risk_table,
)
from supplygraph.analysis.passing import flow_betweenness
from supplygraph.analysis.shapley import shapley_table
from supplygraph.analysis.suppliers import concentration_table
from supplygraph.engines import product_weights
from supplygraph.errors import UsageError
from supplygraph.results import Results
from supplygraph.selectors import did_you_mean

if TYPE_CHECKING:
    import networkx as nx

NODES_BY = ("country-process", "country-stage", "country", "facility", "operator")
LINKS = ("any", "base")
EVERY = "all"
REROUTINGS = ("both", "none", "free")
NOMINAL = 1e-3
DEFAULTS = {("weights", "sectors")}
Found = tuple[pd.DataFrame, tuple[str, ...]]


@dataclass(frozen=True)
class Metric:
    """What a measure says.

    Attributes
    ----------
    how_to_read
        One line.
    blind_to
        One line: what it cannot see.
    options
        Names of the options it takes.
    """

    how_to_read: str
    blind_to: str
    options: tuple[str, ...] = ()


METRICS = {
    "concentration": Metric(
        "HHI is the sum of squared shares, from near 0 (many suppliers) to 1 (one); hhi_10000 is "
        "the same times 10,000. Places not told apart count as one supplier; hhi_low and hhi_high "
        "hold whoever stands behind them, largest_low and largest_high whatever the figures leave "
        "open.",
        "spare capacity, stocks, substitutes, who needs what, and owners across borders unless "
        "asked by owner; the ranges hold the published figures for true.",
        ("by", "process", "element"),
    ),
    "dependence": Metric(
        "import_dependence is imports / (imports + own make); net_import_reliance is (imports - "
        "exports) / (own make + imports - exports), as USGS counts it. Rows of kind published set "
        "a published figure beside the same quantity of the balance.",
        "what is inside imported goods, where the feed of a supplier comes from, stocks, and how "
        "fast another supplier could step in.",
        ("region", "element"),
    ),
    "dominators": Metric(
        "without the node the element cannot reach the product (cuts), or the product cannot be "
        "made at all (stops; element all: by any input). Links any: not even if any maker may sell "
        "to any user; base: not by the links used in the base year. All essential inputs of a "
        "plant on the way must be there.",
        "capacity and stocks: one tonne elsewhere counts as a way round. Scrap and mines count as "
        "sources of their own; output without a recorded source as none.",
        ("by", "element", "product", "region", "links"),
    ),
    "vitality": Metric(
        "tonnes of the element that no longer reach named products when the node vanishes and all "
        "others reroute perfectly, up to stated capacity: a lower limit of harm. Singles do not "
        "add up: nodes that replace each other hide each other.",
        "all other inputs, time, qualification, stocks, who outbids whom; a plant without a stated "
        "capacity is held at its base flow, and output without a record is never removed.",
        ("by", "element"),
    ),
    "betweenness": Metric(
        "share of the element in named products that has passed the node in the base year, every "
        "market mixing what it receives: exposure, not indispensability.",
        "spare capacity and substitutes: a node may pass much and still be replaced. Which tonne "
        "went where is not recorded, mixing is our rule.",
        ("by", "element"),
    ),
    "shapley": Metric(
        "splits the loss of all countries withholding together into each one's fair part: whose "
        "control it is; alone_none and alone_free say what each can do by itself.",
        "countries below 1 % of every stage, who would really act together, what withholding costs "
        "the one who withholds, time and stocks.",
        ("product", "region", "weights", "rerouting"),
    ),
    "eu-supply-risk": Metric(
        "the EU's supply risk (Blengini et al. 2017); its list calls a material critical from 1.0 "
        "on if its economic importance is at least 2.8. Compare the stages of one element and "
        "take the highest.",
        "stocks, spare capacity, product needs; governance stands for the will to withhold.",
        ("region", "governance", "indices"),
    ),
    "geopolrisk": Metric(
        "0 to 1: concentration of world output times the share of the region's supply that comes "
        "from unstable origins (Gemechu et al. 2016).",
        "stocks, substitutes, who owns plants; own make counts as safe, and stability stands for "
        "the will to sell.",
        ("region", "governance"),
    ),
}


def check_metric(metric: str) -> Metric:
    """The measure of a name.

    Raises
    ------
    UsageError
        If there is none.
    """
    if metric not in METRICS:
        raise UsageError(
            f"--metric '{metric}' is not known. {did_you_mean(metric, tuple(METRICS))}"
        )
    return METRICS[metric]


def structure_results(tracer: Tracer, metric: str, asked: Mapping[str, object]) -> Results:
    """One measure as a result; its params say how to read it and what it is blind to.

    Parameters
    ----------
    tracer
        Engines of the base month, with the weights that ``shapley`` takes.
    metric
        One of `METRICS`.
    asked
        Options by name; None is as good as left out.

    Raises
    ------
    UsageError
        If the measure is unknown, or an option does not belong to it or lacks.
    """
    measure = check_metric(metric)
    for name, value in asked.items():
        if value is not None and name not in measure.options and (name, value) not in DEFAULTS:
            takes = ", ".join(f"--{option}" for option in measure.options)
            raise UsageError(f"--{name} does not go with --metric {metric}. It takes {takes}.")
    options = {name: asked.get(name) for name in measure.options}
    for name, value in (("weights", "sectors"), ("rerouting", "both"), ("by", _first_by(metric))):
        if name in options and options[name] is None:
            options[name] = value
    table, notes = _TABLES[metric](tracer, options)
    dataset = tracer.month.baseline.graph.dataset
    about = {"name": dataset.name, "version": dataset.version, "hash": dataset.hash}
    params = {
        "metric": metric,
        **{name: None if value is None else str(value) for name, value in options.items()},
        "how_to_read": measure.how_to_read, "blind_to": measure.blind_to,
    }  # fmt: skip
    weights = {}
    if "weights" in options:
        weights = product_weights(tracer.month.baseline, tracer.month.weights)
    warnings = (*dataset.warnings, *notes)
    return Results(metric, table, about, params, weights, 0, warnings)


def _first_by(metric: str) -> str:
    return "country" if metric == "concentration" else NODES_BY[0]


def _concentration(tracer: Tracer, options: dict[str, object]) -> Found:
    table = concentration_table(
        tracer.month.baseline,
        by=str(options["by"]),
        process=_text(options["process"]),
        element=_text(options["element"]),
    )
    return table, ()


def _dependence(tracer: Tracer, options: dict[str, object]) -> Found:
    return dependence_table(
        tracer.month.baseline, _region(options), element=_text(options["element"])
    )


def _shapley(tracer: Tracer, options: dict[str, object]) -> Found:
    return shapley_table(tracer, _rerouting(options))


def _supply_risk(tracer: Tracer, options: dict[str, object]) -> Found:
    region, scores = _region(options), _governance(options)
    indices = _text(options["indices"])
    table = supply_risk_table(
        tracer.month.baseline,
        region,
        read_scores(scores),
        read_indices(indices) if indices else {},
    )
    notes = () if indices else (
        "supply risk is empty without --indices FILE (CSV: material, eol_rir, substitution_index): "
        "before_factors is its upper limit",
    )  # fmt: skip
    return table, notes


def _geopolrisk(tracer: Tracer, options: dict[str, object]) -> Found:
    region, scores = _region(options), _governance(options)
    return geopolrisk_table(tracer.month.baseline, region, read_scores(scores)), ()


def _rerouting(options: dict[str, object]) -> str:
    rerouting = str(options["rerouting"])
    if rerouting not in REROUTINGS:
        raise UsageError(
            f"--rerouting '{rerouting}' is not known. {did_you_mean(rerouting, REROUTINGS)}"
        )
    return rerouting


def _region(options: dict[str, object]) -> str:
    region = _text(options["region"])
    if region is None:
        raise UsageError("this metric is about one region. Add --region, such as US.")
    return region


def _governance(options: dict[str, object]) -> str:
    path = _text(options["governance"])
    if path is None:
        raise UsageError(f"{WANTED}.")
    return path


def _text(value: object) -> str | None:
    return None if value is None else str(value)


class _Nodes:
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
        wanted = _text(options["element"])
        names = self.elements.names
        if wanted is not None and wanted not in names:
            raise UsageError(f"no element '{wanted}' in materials. {did_you_mean(wanted, names)}")
        self.names = [wanted] if wanted else list(names)
        self.unused: list[str] = []

    def head(self, entity: Entity) -> dict[str, object]:
        """What every row says of its node."""
        return {
            "name": entity.name, "kind": entity.kind, "country": entity.country,
            "stage": entity.stage, "process": entity.process,
        }  # fmt: skip

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


def _vitality(tracer: Tracer, options: dict[str, object]) -> Found:
    """Loss of maximum flow by element and node."""
    nodes = _Nodes(tracer, options)
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


def _betweenness(tracer: Tracer, options: dict[str, object]) -> Found:
    """Share of actual flow by element and node."""
    nodes = _Nodes(tracer, options)
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
    nodes: _Nodes, network: nx.DiGraph, values: dict[str, float], total: float, column: str
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
                "element": element, "rank": rank, "id": name, **nodes.head(entity),
                column: values[name], "of": total, "unit": "t element/yr",
                f"{column}_share": values[name] / total, "evidence": nodes.grade(entity, vectors),
                "flags": (*entity.flags, *nodes.flags(element, total)),
            }
        )  # fmt: skip
    return rows


def _missing(nodes: _Nodes) -> tuple[str, ...]:
    if not nodes.names:
        return ("no material is tagged with an element: there is none to follow",)
    if nodes.unused:
        return (f"no named product takes {', '.join(nodes.unused)}",)
    return ()


def _dominators(tracer: Tracer, options: dict[str, object]) -> Found:
    """Nodes on every way of an element to a product and region."""
    links = _text(options["links"])
    if links is not None and links not in LINKS:
        raise UsageError(f"--links '{links}' is not known. {did_you_mean(links, LINKS)}")
    nodes = _Nodes(tracer, options)
    targets = _Targets(nodes, _text(options["product"]), _text(options["region"]))
    found: dict[tuple[str, ...], dict[str, object]] = {}
    for chosen in LINKS if links is None else (links,):
        for row in targets.rows(chosen):
            key = tuple(str(row[name]) for name in ("element", "product", "region", "id"))
            # A node that dominates on any link does so on the base year's too: one row.
            found.setdefault(key, row)
    order = ("element", "product", "region", "links", "id")
    rows = sorted(found.values(), key=lambda row: tuple(str(row[name]) for name in order))
    return pd.DataFrame(rows), ()


class _Targets:
    """Products and regions whose dominators are sought."""

    def __init__(self, nodes: _Nodes, product: str | None, region: str | None) -> None:
        self.nodes, graph = nodes, nodes.graph
        self.every = len(nodes.names) != 1
        demands, units = graph.demands, nodes.tracer.month.baseline.block("demand")
        for value, column in ((product, "product"), (region, "region")):
            if value is not None and value not in set(demands[column]):
                hint = did_you_mean(value, demands[column])
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
                    "element": element, "product": product, "region": region, "id": entity.id,
                    **self.nodes.head(entity), "links": links,
                    "cuts": True, "stops": not bool(made[:, column].any()),
                    "evidence": self.nodes.grade(entity), "flags": entity.flags,
                }
            )  # fmt: skip
        return rows


_TABLES: dict[str, Callable[[Tracer, dict[str, object]], Found]] = {
    "concentration": _concentration,
    "dependence": _dependence,
    "dominators": _dominators,
    "vitality": _vitality,
    "betweenness": _betweenness,
    "shapley": _shapley,
    "eu-supply-risk": _supply_risk,
    "geopolrisk": _geopolrisk,
}
