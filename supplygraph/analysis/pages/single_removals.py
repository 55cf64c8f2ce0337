"""Single removals precomputed for a page, each with the selector that reproduces it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import numpy as np

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.losses.chokepoints import chokepoints
from supplygraph.analysis.losses.entities import Entity, entities_of
from supplygraph.errors import SelectorError
from supplygraph.results import plain_row
from supplygraph.scenario import Shock, parse_shock
from supplygraph.scenario.export_stops import as_export_stop
from supplygraph.scenario.shocks import UNRECORDED
from supplygraph.tolerances import SAME_LOSS
from supplygraph.vocabulary import EXPORT_STOP

KINDS = ("country-process", "facility", "country-stage", "country", "element")
PRODUCTS = 8
NO_GAP = 1e-7  # bounds of a loss that differ by less are one number on a page
STOPPERS = 6


class Removals:
    """Every single removal of some kinds, ranked, and what each does to every product.

    Parameters
    ----------
    tracer
        Engines of a month, with weights of the products asked for, causes and grades.
    product, region
        Count only this product or region (the month's weights must match).
    """

    def __init__(
        self, tracer: Tracer, *, product: str | None = None, region: str | None = None
    ) -> None:
        self.month = tracer.month
        self.graph = self.month.baseline.graph
        self.records: list[dict[str, Any]] = []
        self.warnings: tuple[str, ...] = ()
        entities: list[Entity] = []
        for kind in KINDS:
            ranking = chokepoints(tracer, kind, product=product, region=region, acts_as=EXPORT_STOP)
            if kind == KINDS[0]:  # what is said of weights is the same for every kind
                self.warnings = ranking.warnings
            found = {entity.id: entity for entity in entities_of(self.month.baseline, kind)}
            for row in ranking.table.to_dict("records"):
                self.records.append(plain_row(row))
                if row["id"] in found:
                    entities.append(found[row["id"]])
                    self.records[-1]["selector"] = self._selector(found[row["id"]])
                    self.records[-1]["_column"] = len(entities) - 1
        self._lost = self._losses(entities)
        self.weight = dict.fromkeys(self.graph.demands["product"], 0.0)
        for name, weight in zip(self.graph.demands["product"], self.month.weights, strict=True):
            self.weight[name] += float(weight)
        for record in self.records:
            record["products"] = self._products(record.pop("_column", None))
            record["id"] = f"{record['kind']}:{record['id']}"

    def _losses(self, entities: list[Entity]) -> np.ndarray:
        """Share of base demand lost under none: product, region and segment x removals."""
        units = self.month.baseline.block("demand")
        demands = self.graph.demands
        keys: dict[tuple[str, str, str], list[int]] = {}
        columns = (demands[name] for name in ("product", "region", "segment"))
        for index, key in enumerate(zip(*columns, strict=True)):
            if units[index] > 0:
                keys.setdefault(key, []).append(index)
        self.keys = sorted(keys)
        if not entities:
            return np.zeros((len(self.keys), 0))
        baseline = self.month.baseline
        stops = [as_export_stop(baseline, entity.shock) for entity in entities]
        shocks = [self.month.shock.with_(stop) for stop in stops]
        served = self.month.cascade.served(self.month.cascade.levels(shocks))
        lost = np.clip(self.month.served_none[:, None] - served, 0.0, 1.0)
        rows = [units[keys[key]] / units[keys[key]].sum() @ lost[keys[key]] for key in self.keys]
        return np.array(rows).reshape(len(self.keys), len(entities))

    def _products(self, column: int | None) -> list[list[Any]]:
        """The products hit hardest, those that weigh first, each where it is hit most."""
        if column is None:
            return []
        worst: dict[str, tuple[float, str]] = {}
        for (product, region, _), loss in zip(self.keys, self._lost[:, column], strict=True):
            if loss > SAME_LOSS and loss > worst.get(product, (0.0, ""))[0]:
                worst[product] = (float(loss), region)
        order = sorted(
            worst,
            key=lambda name: (self.weight[name] <= 0, -round(worst[name][0], 9), name),
        )
        return [[name, worst[name][1], worst[name][0]] for name in order[:PRODUCTS]]

    def _selector(self, entity: Entity) -> str:
        """A selector that removes the very same thing; empty if none does."""
        quoted = {name: shlex.quote(getattr(entity, name)) for name in ("id", "country", "stage")}
        quoted["process"] = shlex.quote(entity.process)
        pattern = {
            "facility": "id={id}",
            "country": "country={country}",
            "country-stage": "country={country} stage={stage}",
            "country-process": "country={country} process={process}",
            "element": "element={id}",
        }[entity.kind].format(**quoted)
        for text in (pattern, f"{pattern} process!={UNRECORDED}", f"id={quoted['id']}"):
            try:
                shock = parse_shock(self.graph, [text])
            except SelectorError:
                continue
            if self._same(shock, entity.shock):
                return text
        return ""

    def _same(self, one: Shock, other: Shock) -> bool:
        """Whether two removals take the same, or differ only where neither bound notices."""
        if np.array_equal(one.activity, other.activity) and np.array_equal(one.made, other.made):
            return True
        baseline = self.month.baseline
        differs = (one.activity != other.activity) & (baseline.block("activity") > 0)
        if differs.any() or ((one.made != other.made) & (baseline.made > 0)).any():
            return False
        losses = [self.month.weights @ self.month.program.solve(s).served for s in (one, other)]
        return bool(abs(losses[0] - losses[1]) <= NO_GAP)

    def stopped_by(self) -> Iterator[tuple[str, str, list[list[Any]]]]:
        """Product, region and the removals that cost it most, plants apart from processes."""
        columns = [record for record in self.records if "selector" in record]
        for number, (product, region, _) in enumerate(self.keys):
            found: list[list[Any]] = []
            for kind in ("country-process", "facility"):
                losses = [
                    [record["id"], float(loss)]
                    for record, loss in zip(columns, self._lost[number], strict=True)
                    if record["kind"] == kind and loss > SAME_LOSS
                ]
                losses.sort(key=lambda item: (-round(item[1], 9), item[0]))
                found += losses[:STOPPERS]
            yield product, region, found
