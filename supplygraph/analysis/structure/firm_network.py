"""ESRI of any dataset: its balance read as a network of firms, and the ranking it gives.

- A node is one recipe of one plant in one process; a plant is a firm, and fails with all of
  its nodes. Sectors are stage and process. A plant's market share counts all its recipes there.
- Sales are the flows of the base year: what a node makes, through the market it is pooled in
  and the arcs that leave it, to whoever draws it, by mixing. Uses without a name are a final
  customer; surplus is not sold.
- Kinds of input are the AND kinds of the recipes and needs, essential as they say, so
  alternatives replace each other and two metals from one process do not.
- Products in a market are final customers: they feel the downstream cascade, sell nothing and
  so carry no weight in the index. What they lose stands in a column of its own.
- Weights are mass, not value: few materials have a price. Masses of different substance are
  never added: inside a unit a node counts by its sales, and units count the same. With one
  unit this is the paper's index.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.losses.entities import Entity, entities_of, unranked_facilities
from supplygraph.analysis.structure.systemic_risk import (
    ESSENTIAL,
    INERT,
    OTHER,
    EsriAnswer,
    FirmNetwork,
    esri,
)
from supplygraph.baseline import Baseline
from supplygraph.errors import UndefinedMetricError, UsageError
from supplygraph.grades import weakest
from supplygraph.hints import did_you_mean
from supplygraph.scenario import Shock
from supplygraph.tolerances import SAME_LOSS

FIRMS = ("facility", "country", "country-stage", "country-process", "operator")
UNNAMED = "unnamed use"


@dataclass(frozen=True)
class Firms:
    """The firm network of a balance, and where its nodes come from.

    Attributes
    ----------
    node
        Node of every activity, -1 for one that does not run.
    demand
        Node of every demand.
    """

    network: FirmNetwork
    node: np.ndarray
    demand: np.ndarray

    def failed(self, shock: Shock) -> np.ndarray:
        """Nodes of the activities that a shock touches."""
        nodes = self.node[(shock.activity < 1)]
        return np.unique(nodes[nodes >= 0])


def firms_of(baseline: Baseline) -> Firms:
    """Read a balance as a network of firms.

    Raises
    ------
    UndefinedMetricError
        If nothing runs or nothing is sold in the base year.

    Examples
    --------
    >>> from supplygraph.api import load
    >>> firms = firms_of(load("three-nodes").baseline)
    >>> firms.network.names
    ('mine-a/dig/dig', 'plant-b/sinter/sinter', 'ev@JP', 'unnamed use')
    >>> firms.network.weight.round(6).tolist()
    [90.0, 30.0]
    """
    graph = baseline.graph
    keys = ["id", "process", "recipe"]
    runs = baseline.block("activity") > 0
    table = graph.activities[keys][runs].drop_duplicates().sort_values(keys)
    place = {key: i for i, key in enumerate(table.itertuples(index=False, name=None))}
    node = np.array(
        [
            place[key] if run else -1
            for key, run in zip(
                graph.activities[keys].itertuples(index=False, name=None), runs, strict=True
            )
        ],
        dtype=int,
    )
    first = len(place)
    demand = first + np.arange(graph.n_demands)
    names = [
        *("/".join(key) for key in place),
        *(
            f"{p}@{m}"
            for p, m in zip(graph.demands["product"], graph.demands["market"], strict=True)
        ),
        UNNAMED,
    ]
    sales = _sales(baseline, node, demand, len(names))
    if not len(sales[0]):
        raise UndefinedMetricError("esri: nothing is sold in the base year of this dataset.")
    sector, firm = _labels(baseline, node, len(names))
    network = FirmNetwork(
        tuple(names), sector, firm, *sales, _importance(baseline, node, len(names))
    )
    return Firms(network, node, demand)


def _sold_of_pool(baseline: Baseline, node: np.ndarray, size: int) -> np.ndarray:
    """Share of what is at home in every pool that each node made (nodes x pools)."""
    graph = baseline.graph
    made = baseline.made
    output = graph.made_quantity * baseline.block("activity")[graph.made_activity]
    share = np.divide(output, made[graph.made_pool], out=np.zeros_like(output), where=output > 0)
    live = output > 0
    own = np.zeros((size, len(made)))
    np.add.at(own, (node[graph.made_activity[live]], graph.made_pool[live]), share[live])
    home = made - baseline.exports + baseline.imports
    stays = np.maximum(made - baseline.exports, 0.0)
    part = np.divide(stays, home, out=np.zeros_like(home), where=home > 0)
    origin, end = (graph.arcs[name].to_numpy() for name in ("origin", "destination"))
    flow = baseline.block("arc")
    arriving = np.divide(flow, home[end], out=np.zeros_like(flow), where=home[end] > 0)
    sold = own * part
    np.add.at(sold.T, end, (own[:, origin] * arriving).T)
    return sold


def _sales(
    baseline: Baseline, node: np.ndarray, demand: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Seller, buyer, weight, kind and type of every sale, in order."""
    inputs = baseline.graph.inputs
    sold = _sold_of_pool(baseline, node, size)
    needed = np.zeros(inputs.n_groups, dtype=bool)
    np.logical_or.at(needed, inputs.group, inputs.essential)
    buyers = np.concatenate([node, demand])[inputs.user]
    total: dict[tuple[int, int, int, int], float] = {}
    for entry in np.flatnonzero((baseline.drawn > 0) & (buyers >= 0)):
        weights = sold[:, inputs.pool[entry]] * baseline.drawn[entry]
        group = int(inputs.group[entry])
        type_ = ESSENTIAL if needed[group] else OTHER
        for seller in np.flatnonzero(weights > 0):
            key = (int(seller), int(buyers[entry]), group, type_)
            total[key] = total.get(key, 0.0) + float(weights[seller])
    unnamed = sold @ baseline.held("unexplained")
    for seller in np.flatnonzero(unnamed > 0):
        total[int(seller), size - 1, inputs.n_groups, INERT] = float(unnamed[seller])
    rows = sorted(total.items())
    ends = np.array([key for key, _ in rows], dtype=int).reshape(-1, 4)
    weight = np.array([value for _, value in rows])
    return ends[:, 0], ends[:, 1], weight, ends[:, 2], ends[:, 3]


def _labels(baseline: Baseline, node: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Sector and firm of every node; customers are a sector and a firm each of their own."""
    table = baseline.graph.activities
    sector, firm = size + np.arange(size), size + np.arange(size)
    live = np.flatnonzero(node >= 0)
    pairs = table["stage"].astype(str) + "/" + table["process"].astype(str)
    for values, target in ((pairs, sector), (table["id"], firm)):
        _, number = np.unique(values.to_numpy(dtype=str)[live], return_inverse=True)
        target[node[live]] = number
    return np.unique(sector, return_inverse=True)[1], np.unique(firm, return_inverse=True)[1]


def _importance(baseline: Baseline, node: np.ndarray, size: int) -> np.ndarray:
    """Mean over units of each node's share of what is sold in that unit."""
    graph = baseline.graph
    made, held = baseline.made, baseline.held("surplus")
    home = made - baseline.exports + baseline.imports
    taken = 1.0 - np.divide(held, home, out=np.zeros_like(home), where=home > 0)
    origin, end = (graph.arcs[name].to_numpy() for name in ("origin", "destination"))
    sold = np.maximum(made - baseline.exports, 0.0) * taken
    np.add.at(sold, origin, baseline.block("arc") * taken[end])
    output = graph.made_quantity * baseline.block("activity")[graph.made_activity]
    part = np.divide(output, made[graph.made_pool], out=np.zeros_like(output), where=output > 0)
    value = part * sold[graph.made_pool]
    units = graph.pools["unit"].to_numpy()[graph.made_pool]
    result = np.zeros(size)
    known = [unit for unit in sorted(set(units)) if value[units == unit].sum() > 0]
    for unit in known:
        rows = np.flatnonzero((units == unit) & (value > 0))
        np.add.at(result, node[graph.made_activity[rows]], value[rows] / value[rows].sum())
    return result / max(len(known), 1)


def esri_table(tracer: Tracer, by: str = "facility") -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Every failure ranked by its index.

    Parameters
    ----------
    tracer
        Balance, with the weights of products and the grades.
    by
        One of `FIRMS`: what fails together.

    Returns
    -------
    table : pandas.DataFrame
        Columns of kind ``esri`` in `schema/results.csv`.
    warnings : tuple of str

    Raises
    ------
    UsageError
        If `by` is not known here: elements and arcs are no firms.
    """
    if by not in FIRMS:
        raise UsageError(f"esri by '{by}': {did_you_mean(by, FIRMS)}")
    baseline = tracer.month.baseline
    firms = firms_of(baseline)
    known = entities_of(baseline, by)
    entities = [e for e in known if len(firms.failed(e.shock))]
    answer = esri(firms.network, [firms.failed(e.shock) for e in entities])
    rows = _FirmRows(tracer, firms, answer)
    table = pd.DataFrame([rows.row(i, entity) for i, entity in enumerate(entities)])
    if table.empty:
        return table, ("nothing to rank: no plant of its own runs in the base year",)
    order = table.assign(_key=-table["esri"].round(12)).sort_values(["_key", "id"])
    table = order.drop(columns="_key").assign(rank=range(1, len(order) + 1))
    if by == "facility":
        table = pd.concat([table, rows.unranked()], ignore_index=True)
    settled = (
        f"settled: largest last change {answer.residual:.1g} after {answer.sweeps} passes over "
        f"{len(firms.network.names)} nodes and {len(firms.network.weight)} sales"
    )
    notes = [_units_note(baseline), settled]
    if len(known) > len(entities):
        notes.append(f"{len(known) - len(entities)} that do not run in the base year are left out")
    return table.reset_index(drop=True), tuple(notes)


def _units_note(baseline: Baseline) -> str:
    graph = baseline.graph
    live = baseline.made[graph.made_pool] > 0
    units = sorted(set(graph.pools["unit"].to_numpy()[graph.made_pool][live]))
    if len(units) == 1:
        return f"sales are mass, not value: {units[0]}"
    return f"sales are mass, not value, added inside a unit only; {', '.join(units)} count the same"


class _FirmRows:
    """Turns levels into rows."""

    def __init__(self, tracer: Tracer, firms: Firms, answer: EsriAnswer) -> None:
        self.tracer, self.firms, self.answer = tracer, firms, answer
        self.demands = tracer.month.baseline.graph.demands
        self.units = tracer.month.baseline.block("demand")
        sales = firms.network.sales
        self.share = sales / np.bincount(firms.network.sector, sales)[firms.network.sector].clip(
            min=1e-300
        )

    def row(self, index: int, entity: Entity) -> dict[str, object]:
        answer, weights = self.answer, self.tracer.month.weights
        lost = 1.0 - answer.level_down[self.firms.demand, index]
        nodes = self.firms.failed(entity.shock)
        sectors = self.firms.network.sector[nodes]
        share = max(float(self.share[nodes[sectors == s]].sum()) for s in np.unique(sectors))
        grade = self.tracer.evidence.removed(
            entity.shock, entity.kind not in ("facility", "operator")
        )
        return {
            **entity.identity,
            "esri": _clean(answer.index[index]),
            "esri_down": _clean(answer.downstream[index]),
            "esri_up": _clean(answer.upstream[index]),
            "esri_upper": np.nan,
            "product_loss": _clean(weights @ lost) if weights.sum() > 0 else np.nan,
            "market_share": share,
            **self._worst(lost),
            "evidence": grade,
            "flags": entity.flags,
        }

    def _worst(self, lost: np.ndarray) -> dict[str, str]:
        """Product and region hit hardest, those that weigh first, by base units inside a tie."""
        hit = [int(i) for i in np.flatnonzero((lost > SAME_LOSS) & (self.units > 0))]
        if not hit:
            return {"worst_product": "", "worst_region": ""}
        weights, names = self.tracer.month.weights, list(self.demands["product"])
        worst = min(
            hit,
            key=lambda i: (
                weights[i] <= 0,
                -round(float(lost[i]), 9),
                -float(weights[i]),
                names[i],
                i,
            ),
        )
        return {
            "worst_product": str(names[worst]),
            "worst_region": str(self.demands["region"].iat[worst]),
        }

    def unranked(self) -> pd.DataFrame:
        """Plants without a known share: the index of their group's rest is an upper limit."""
        graph = self.tracer.month.baseline.graph
        plants = unranked_facilities(graph)
        parents = sorted(set(plants["parent_id"]))
        ids = graph.activities["id"].to_numpy()
        failures = [self._nodes(ids == parent) for parent in parents]
        index = esri(self.firms.network, failures).index if parents else np.zeros(0)
        upper = dict(zip(parents, index, strict=True))
        rows = [
            {
                "id": plant.id,
                "rank": pd.NA,
                "name": plant.name,
                "kind": "facility",
                "country": plant.country,
                "stage": plant.stage,
                "process": plant.process,
                "esri_upper": _clean(upper[plant.parent_id]),
                "worst_product": "",
                "worst_region": "",
                "evidence": weakest(["D"]),
                "flags": ("share_unknown",),
            }
            for plant in plants.itertuples(index=False)
        ]
        return pd.DataFrame(rows)

    def _nodes(self, mask: np.ndarray) -> np.ndarray:
        nodes = self.firms.node[mask]
        return np.unique(nodes[nodes >= 0])


def _clean(value: float) -> float:
    return 0.0 if abs(value) < 1e-12 else float(value)
