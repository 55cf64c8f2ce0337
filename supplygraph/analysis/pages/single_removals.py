"""Single removals precomputed for a page, as stops of exports and as outages of the plants."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np

from supplygraph.analysis.causes.caveats import stops_and_outages
from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.losses.chokepoints import chokepoints
from supplygraph.analysis.losses.entities import Entity, entities_of
from supplygraph.analysis.losses.loss_columns import BOUNDS, PLACES, STEP_NAMES, USUAL, Sharing
from supplygraph.analysis.pages.product_losses import ProductLosses
from supplygraph.errors import SelectorError
from supplygraph.progress import steps
from supplygraph.results import plain_row
from supplygraph.scenario import Shock, parse_shock
from supplygraph.scenario.shocks import UNRECORDED
from supplygraph.vocabulary import EXPORT_STOP, OUTAGE

Record = dict[str, Any]

KINDS = ("country-process", "facility", "country-stage", "country", "element")
NO_GAP = 1e-7  # losses that differ by less are one number on a page
# Outages are solved for where 1 % or more is lost abroad if nobody reroutes, and without the least
# loss: all of them, in full, would nearly double the time that a page takes.
SOLVED_FROM = 0.01
QUICK = replace(USUAL, rerouting="none")
SHARED = replace(USUAL, rerouting="shared")
STEPS = tuple(STEP_NAMES[step] for step in USUAL.steps)
UNSOLVED = tuple(bound for bound in BOUNDS if bound not in ("none", *STEPS, "least"))
# What an outage of a page has no column for: its steps on the way, and the least loss.
LEFT_OUT = (*UNSOLVED, *STEPS[:-1], "least")


class Removals:
    """Every single removal of some kinds, ranked, and what each does to every product.

    Parameters
    ----------
    tracer
        Engines of a month, with weights of the products asked for, causes and grades.
    product, region
        Count only this product or region (the month's weights must match).

    Attributes
    ----------
    exports
        Records by ``kind:id`` when exports stop, with the selector that reproduces each.
    outages
        What is lost when the plants stop, by the same ids; who it is stands in `exports`.
    warnings
        What is said of weights and of the month, the same for every kind and both actions.
    products
        Losses of products, by action.
    """

    def __init__(
        self, tracer: Tracer, *, product: str | None = None, region: str | None = None
    ) -> None:
        self.tracer, self.month = tracer, tracer.month
        self.graph = self.month.baseline.graph
        self.product, self.region = product, region
        self.warnings: tuple[str, ...] = ()
        self.products = {act: ProductLosses(self.month) for act in (EXPORT_STOP, OUTAGE)}
        self.exports: dict[str, Record] = {}
        self.outages: dict[str, Record] = {}
        for kind in steps(KINDS, "Kinds of stops"):
            found = {entity.id: entity for entity in entities_of(self.month.baseline, kind)}
            for row in self._ranked(kind, EXPORT_STOP):
                row["selector"] = self._selector(found[row["id"]]) if row["id"] in found else ""
                self._keep(self.exports, row, EXPORT_STOP, UNSOLVED)
            for row in self._outages(kind):
                self._keep(self.outages, row, OUTAGE, LEFT_OUT)

    def _ranked(
        self,
        kind: str,
        acts_as: str,
        sharing: Sharing = USUAL,
        only: Collection[str] | None = None,
    ) -> list[Record]:
        """Rows of one ranking, whose losses of products are kept."""
        ranking = chokepoints(
            self.tracer,
            kind,
            product=self.product,
            region=self.region,
            acts_as=acts_as,
            sharing=sharing,
            only=only,
            watch=self.products[acts_as].add,
        )
        if kind == KINDS[0] and acts_as == EXPORT_STOP:
            said = stops_and_outages(EXPORT_STOP)  # a page shows both, and says so itself
            self.warnings = tuple(note for note in ranking.warnings if note != said)
        return [plain_row(row) for row in ranking.table.to_dict("records")]

    def _outages(self, kind: str) -> list[Record]:
        """Outages of one kind: the large ones ranked over the months, the rest under none alone."""
        quick = self._ranked(kind, OUTAGE, QUICK)
        large = {row["id"] for row in quick if (row["loss_abroad_none"] or 0) >= SOLVED_FROM}
        solved = self._ranked(kind, OUTAGE, SHARED, large) if large else []
        rest = [row | {"rank": None} for row in quick if row["id"] not in large]
        for row in rest:
            for place in PLACES:  # contracts are kept, so what is not lost at first never is
                if row[f"loss_{place}_none"] == 0:
                    row[f"loss_{place}_{STEPS[-1]}"] = 0.0
        return solved + rest

    def _keep(
        self, records: dict[str, Record], row: Record, acts_as: str, left_out: Collection[str]
    ) -> None:
        """One record under the id of a page, without the columns that were not solved for."""
        for place in PLACES:
            for bound in left_out:
                row.pop(f"loss_{place}_{bound}", None)
        row["id"] = f"{row['kind']}:{row['id']}"
        row["products"] = self.products[acts_as].hardest(row["id"])
        records[row["id"]] = row

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
