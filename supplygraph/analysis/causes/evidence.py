"""Grades of the rows behind a loss: of needs, recipes, flows and arcs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.grades import GRADES, rank_of, weakest
from supplygraph.scenario import Shock

if TYPE_CHECKING:
    from supplygraph.analysis.causes.loss_causes import Path


class Evidence:
    """Grades of the rows behind a loss."""

    def __init__(self, baseline: Baseline) -> None:
        self.graph = graph = baseline.graph
        needs = graph.dataset.tables["needs"]
        pairs = list(zip(needs["product"], needs["material"], strict=True))
        grades = zip(needs["need_evidence"], needs["quantity_evidence"], strict=True)
        self.needs = dict(zip(pairs, grades, strict=True))
        blank = needs["quantity"].isna()
        self.nominal = {pair for pair, empty in zip(pairs, blank, strict=True) if empty}
        recipes = graph.dataset.tables["recipes"]
        rows = recipes[recipes["direction"] == "in"]
        self.recipes = (
            rows.groupby("material")["evidence"].agg(lambda g: weakest(list(g))).to_dict()
        )
        self.product = [str(name) for name in graph.demands["product"]]
        self.material = [str(name) for name in graph.pools["material"]]
        self.pool = graph.inputs.pool
        self.baseline = baseline
        by_product: dict[str, list[tuple[str, str]]] = {}
        for (product, _), pair in self.needs.items():
            by_product.setdefault(product, []).append(pair)
        self.products = {
            name: (weakest([g[0] for g in pairs_]), weakest([g[1] for g in pairs_]))
            for name, pairs_ in by_product.items()
        }

    def need(self, demand: int, entry: int) -> tuple[str, str]:
        """Grades of a need: that it exists, and how much."""
        pair = (self.product[demand], self.material[int(self.pool[entry])])
        return self.needs.get(pair, ("D", "D"))

    def is_nominal(self, demand: int, entry: int) -> bool:
        """Whether nobody has sized this need."""
        return (self.product[demand], self.material[int(self.pool[entry])]) in self.nominal

    def unsized(self, product: str) -> bool:
        """Whether nobody has sized any need of a product."""
        pairs = [pair for pair in self.needs if pair[0] == product]
        return all(pair in self.nominal for pair in pairs)

    def path(self, demand: int, path: Path) -> str:
        """Weakest grade of the need and of the recipes passed on the way to the cut."""
        grades = [self.need(demand, path.need)[0]]
        grades += [self.recipes.get(self.material[pool], "") for pool in path.steps[1:]]
        return weakest(grades)

    @cached_property
    def flows(self) -> list[str]:
        """Grade of every activity's base flow: the best figure that pins it alone, else D.

        A capacity pins no flow: how far it was used is then our assumption.
        """
        graph = self.baseline.graph
        best = np.full(graph.n_activities, rank_of("D"))
        for o in self.baseline.observations:
            inside = len(o.columns) and not o.is_share and o.columns.max() < graph.n_activities
            if o.role != "fit" or not inside:
                continue
            used = o.columns[self.baseline.x[o.columns] > 0]
            if 0 < len(np.unique(graph.activities["id"].to_numpy()[used])) <= 1:
                grade = rank_of(o.grade or "D")
                best[used] = np.minimum(best[used], grade)
        return [GRADES[int(rank)] for rank in best]

    @cached_property
    def arcs(self) -> dict[int, str]:
        """Grade of arcs that a figure pins alone; every other arc is D."""
        start, count = self.baseline.columns.start["arc"], len(self.baseline.graph.arcs)
        found: dict[int, str] = {}
        for o in self.baseline.observations:
            if o.role == "fit" and not o.is_share and len(o.columns) == 1:
                index = int(o.columns[0]) - start
                if 0 <= index < count:
                    found[index] = o.grade
        return found

    def removed(self, shock: Shock, group: bool, material: str = "") -> str:
        """Grade of what a removal takes: a group's total, one plant's own flow, or an arc's.

        Of a group only the makers of the material that binds count, if it has any: tonnes of
        its mines say nothing about its magnets.
        """
        cut = np.flatnonzero(shock.arc < 1)
        if len(cut):
            return weakest([self.arcs.get(int(i), "D") for i in cut])
        hit = np.flatnonzero((shock.activity < 1) & (self.baseline.block("activity") > 0))
        if not len(hit):
            return ""
        if not group:
            return weakest([self.flows[int(i)] for i in hit])
        makes = {
            int(a)
            for a, pool in zip(self.graph.made_activity, self.graph.made_pool, strict=True)
            if self.material[pool] == material
        }
        return self._group((set(hit.tolist()) & makes) or set(hit.tolist()))

    def _group(self, hit: set[int]) -> str:
        """Best figure that covers only activities of the group and at least half of its flow."""
        graph, x = self.baseline.graph, self.baseline.x
        total = sum(x[i] for i in hit)
        grades = []
        for o in self.baseline.observations:
            inside = len(o.columns) and not o.is_share and o.columns.max() < graph.n_activities
            if o.role == "fit" and inside:
                used = {int(c) for c in o.columns if x[c] > 0}
                if used and used <= hit and sum(x[i] for i in used) >= 0.5 * total:
                    grades.append(rank_of(o.grade or "D"))
        if grades:
            return GRADES[min(grades)]
        return weakest([self.flows[i] for i in hit if x[i] >= 0.2 * total])
