"""Rows about one element of one product: stages, what was touched, and a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from supplygraph.analysis.origins.trace_shares import LEAST_MASS, OWNER_ROWS, ElementShares
from supplygraph.analysis.suppliers.ownership import UNSTATED
from supplygraph.grades import weakest
from supplygraph.progress import steps
from supplygraph.vocabulary import STAGES

ANY = "any"
SHOWN = 0.0005  # a place that the balance does not use has a row if it could have this share
OPEN = 0.1  # a range wider than this is flagged
Row = dict[str, Any]


class TraceRows:
    """Rows of one element.

    Parameters
    ----------
    shares
        Shares of the element.
    """

    def __init__(self, shares: ElementShares) -> None:
        self.shares, self.question = shares, shares.question
        self.element, self.graph = shares.element, shares.graph

    def rows(self) -> list[Row]:
        """Stages from mine to assembly, what was touched, and the sentence."""
        each = steps([*self._stages(), ANY], "Stages")
        rows = [row for stage in each for row in self._rows_of(stage)]
        return [*rows, *self._sentence()]

    def _rows_of(self, stage: str) -> list[Row]:
        """Rows of a stage of plants, or of what follows them: assembly, and what was touched."""
        rows: list[Row] = self._assembly() if stage == ANY else []
        for what, labels in (("place", self.shares.country), ("owner", self.shares.owner)):
            if self.question.by in ("all", what):
                rows += (
                    self._touched(f"touched-{what}", labels)
                    if stage == ANY
                    else self._stage_rows(stage, what, labels)
                )
        return rows

    def _stages(self) -> list[str]:
        """Stages that plants of the network have, in the order of the chain."""
        have = set(self.shares.stage)
        return ["mine", *[s for s in STAGES[1:] if s in have]]

    def _stage_rows(self, stage: str, what: str, labels: list[str]) -> list[Row]:
        """Where the mass last passed a stage, or that it skipped it; shares add up to 1."""
        here = self.shares.at(stage)
        ends = self.shares.sources
        stops = here | ends
        counted = stops if stage == STAGES[0] else here
        rows = []
        for kind, label in self._groups(counted, labels):
            pairs = zip(self.shares.kind, labels, strict=True)
            same = np.array([pair == (kind, label) for pair in pairs])
            hit = counted & self.shares.activities(same)
            rows.append(self._row(stage, what, kind, label, stops, hit))
        rows = [row for row in rows if self._matters(row)]
        rows.sort(key=lambda row: (-row["share"], row["id"]))
        if stage != STAGES[0]:
            skipped = self._row(stage, what, "skipped", "", stops, ends & ~here)
            return [*rows, skipped] if self._matters(skipped) else rows
        return [*rows, *self._empty_rows(what, {row["kind"] for row in rows})]

    def _matters(self, row: Row) -> bool:
        return bool(row["share"] > 0 or row["share_high"] > SHOWN)

    def _groups(self, counted: np.ndarray, labels: list[str]) -> list[tuple[str, str]]:
        used = np.flatnonzero(counted[self.shares.network.activity :] & self.shares.reached)
        return sorted({(self.shares.kind[a], labels[a]) for a in used})

    def _empty_rows(self, what: str, kinds: set[str]) -> list[Row]:
        """Scrap, unrecorded and stock as rows even where they give nothing."""
        rows = []
        for kind in ("scrap", "unrecorded", "stock"):
            if kind in kinds:
                continue
            high = 0.0 if kind == "stock" or not self.shares.possible(kind) else np.nan
            flags = ("stocks_held",) if kind == "stock" else ()
            rows.append(self._plain(STAGES[0], what, kind, 0.0, high, high) | {"flags": flags})
        return rows

    def _plain(
        self,
        stage: str,
        what: str,
        kind: str,
        share: float,
        low: float,
        high: float,
        *,
        label: str = "",
    ) -> Row:
        owner = what in OWNER_ROWS
        name = "/".join(part for part in (self.element, stage, what, kind, label) if part)
        unit = "t of element/yr" if self.element else "t of feed/yr"
        return {
            "id": name,
            "product": self.question.product,
            "region": self.question.region,
            "element": self.element,
            "stage": stage,
            "what": what,
            "kind": kind,
            "country": "" if owner else label,
            "owner_country": label if owner else "",
            "share": share,
            "share_low": low,
            "share_high": high,
            "tonnes": share * self.shares.mass,
            "unit": unit,
            "split": {},
            "owner_share": np.nan,
            "evidence": "",
            "flags": (),
            "text": "",
        }

    def _row(
        self, stage: str, what: str, kind: str, label: str, stops: np.ndarray, hit: np.ndarray
    ) -> Row:
        share, low, high = self.shares.share_of(stops, hit)
        row = self._plain(stage, what, kind, share, low, high, label=label)
        if share > 0:
            row["evidence"] = self.shares.grade(stops, hit)
            row |= self.shares.split(what, stops, hit)
        row["flags"] = self._flags(row, label)
        return row

    def _flags(self, row: Row, label: str) -> tuple[str, ...]:
        flags = []
        if row["share_high"] - row["share_low"] > OPEN:
            flags.append("not_identified")
        if row["what"] not in OWNER_ROWS and label in self.question.words.pooled:
            flags.append("group")
        if self.shares.nominal():
            flags.append("nominal")
        return tuple(flags)

    def _assembly(self) -> list[Row]:
        """Markets where the product is assembled; who owns the assemblers is not on file."""
        rows: list[Row] = []
        if self.question.by == "owner":
            return rows
        for index in self.question.starts:
            market = str(self.graph.demands["market"].iat[index])
            share = float(self.shares.start[index])
            bound = (share, share) if len(self.question.starts) == 1 else (np.nan, np.nan)
            row = self._plain("product", "place", "assembly", share, *bound, label=market)
            grade = str(self.graph.demands["evidence"].iat[index])
            row |= {"evidence": weakest([grade]), "flags": self._flags(row, market)}
            rows.append(row)
        return sorted(rows, key=lambda row: (-row["share"], row["country"]))

    def _touched(self, what: str, labels: list[str]) -> list[Row]:
        """Share that passed a country's, or a country's owners', plants at any stage."""
        rows = []
        every = np.ones(len(labels), bool)
        for _, label in sorted(
            {("", name) for _, name in self._groups(self.shares.activities(every), labels)}
        ):
            if label == UNSTATED:
                continue
            named = np.array([name == label for name in labels])
            hit = self.shares.activities(named)
            rows.append(self._row(ANY, what, "touched", label, hit, hit))
        rows = [row for row in rows if self._matters(row)]
        if what == "touched-owner" and UNSTATED in labels:
            self._widen_for_unstated(rows, np.array(labels) == UNSTATED)
        return sorted(rows, key=lambda row: (-row["share"], row["id"]))

    def _widen_for_unstated(self, rows: list[Row], unstated: np.ndarray) -> None:
        """Plants without an owner on file could all be one owner's: add what passed them."""
        hit = self.shares.activities(unstated)
        share, _, most = self.shares.share_of(hit, hit)
        for row in rows:
            row["share_high"] = min(row["share_high"] + most, 1.0)
            if share > LEAST_MASS:
                row["flags"] = tuple(sorted({*row["flags"], "owner_not_stated"}))

    def _sentence(self) -> Iterator[Row]:
        """The share that is surest to be large, as a sentence; and what was touched."""
        totals = [row for stage in self._stages() for row in self._totals(stage)]
        totals = [row for row in totals if row["share"] > 0]
        if not totals:
            return
        surest = "share" if self.shares.ranges is None else "share_low"
        lead = min(totals, key=lambda row: (-row[surest], -row["share"]))
        named = np.array([name == lead["country"] for name in self.shares.country])
        hit = self.shares.activities(named)
        touched = self._row(ANY, "touched-place", "touched", lead["country"], hit, hit)
        text = self.question.words.sentence(self.element, lead, touched)
        yield lead | {"what": "sentence", "id": f"{lead['id']}/sentence", "text": text}

    def _totals(self, stage: str) -> Iterator[Row]:
        """The largest place of a stage with all its kinds: mined, or made from ore and scrap."""
        here = self.shares.at(stage)
        ends = self.shares.sources
        visits = self.shares.visits(here | ends)[self.shares.network.activity :]
        shares: dict[str, float] = {}
        kinds: dict[str, set[str]] = {}
        for activity in np.flatnonzero(here[self.shares.network.activity :]):
            if self.shares.kind[activity] != "unrecorded":
                name = self.shares.country[activity]
                shares[name] = shares.get(name, 0.0) + float(visits[activity])
                if visits[activity] > 0:
                    kinds.setdefault(name, set()).add(self.shares.kind[activity])
        if not shares:
            return
        largest = min(shares, key=lambda name: (-shares[name], name))
        named = np.array(
            [
                name == largest and kind != "unrecorded"
                for name, kind in zip(self.shares.country, self.shares.kind, strict=True)
            ]
        )
        hit = here & self.shares.activities(named)
        row = self._row(stage, "place", "total", largest, here | ends, hit)
        yield row | {"kinds": kinds.get(largest, set())}
