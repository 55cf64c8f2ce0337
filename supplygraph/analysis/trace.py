"""Where the elements in a product come from, stage by stage, by proportional mixing.

For each element and stage the shares of the places where the mass last passed that stage, on
its way to the product, add up to 1; what skipped the stage, came from scrap or has no recorded
source has rows of its own. "Touched" counts what passed a country at any stage: one minus the
mass on paths that avoid it, never the sum over stages. Each share has the range that the published
figures leave open (`ranges`), and the weakest grade among the flows that carry it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from supplygraph.analysis.binding import Evidence, weakest
from supplygraph.analysis.content import WHOLE, ElementFlows, ElementNetwork
from supplygraph.analysis.ownership import UNSTATED, Owner, owners_in
from supplygraph.analysis.ranges import AllowedFlows, ElementRanges, Target
from supplygraph.analysis.trace_text import Wording
from supplygraph.baseline import Baseline
from supplygraph.errors import UndefinedMetricError, UsageError
from supplygraph.graph.recipes import vectors
from supplygraph.schema.commands import result_fields
from supplygraph.selectors import did_you_mean

STAGES = ("mine", "separation", "metal", "magnet", "component")
BY = ("all", "place", "owner")
RANGES = ("auto", "all", "large", "none")
LARGE = 0.1
ANY = "any"
SHOWN = 0.0005  # a place that the balance does not use has a row if it could have this share
CARRIES = 0.2  # grades of flows with less than this part of a row's mass do not count
OPEN = 0.1  # a range wider than this is flagged
LEAST_MASS = 1e-9
Row = dict[str, Any]


def trace(
    baseline: Baseline,
    product: str,
    *,
    region: str | None = None,
    element: str | None = None,
    by: str = "place",
    ranges: str = "auto",
) -> tuple[pd.DataFrame, list[str]]:
    """Origin of the elements in a product.

    Parameters
    ----------
    baseline
        Balanced base year.
    product
        Id of an end product.
    region
        Only what is assembled there; everywhere by default.
    element
        Only this one; every element that the product holds by default.
    by
        ``place``, ``owner`` (last owner on file in the base year), or ``all``.
    ranges
        Which shares get a least and most: ``all``, ``large`` (of a tenth and more), ``none``;
        ``auto`` is all for one element, else large.

    Returns
    -------
    pandas.DataFrame
        Columns of ``supplygraph schema trace``.
    list of str
        Warnings.

    Raises
    ------
    UsageError
        If the product, region or element is unknown, or the product does not hold it.
    UndefinedMetricError
        If the balance serves none of it.

    Examples
    --------
    >>> from supplygraph.baseline import reconcile
    >>> from supplygraph.dataset import read_dataset
    >>> from supplygraph.graph import compile_graph
    >>> table, _ = trace(reconcile(compile_graph(read_dataset("three-nodes"))), "ev")
    >>> row = table[(table["what"] == "place") & (table["stage"] == "mine")].iloc[0]
    >>> row["country"], row["kind"], float(round(row["share"], 4))
    ('CN', 'mine', 1.0)
    """
    if by not in BY:
        raise UsageError(f"--by '{by}' is not known. {did_you_mean(by, BY)}")
    if ranges not in RANGES:
        raise UsageError(f"--ranges '{ranges}' is not known. {did_you_mean(ranges, RANGES)}")
    starts = _starts(baseline, product, region)
    question = _Question(baseline, product, region or "", starts, by)
    held = question.elements(element)
    if ranges == "auto":
        ranges = "large" if element is None and len(held) > 1 else "all"
    allowed = AllowedFlows(baseline) if ranges != "none" else None
    least = LARGE if ranges == "large" else 0.0
    rows: list[Row] = []
    for name in held:
        rows += _Tracer(question, name, allowed, least).rows()
    columns = [f.name for f in result_fields("trace")]
    return pd.DataFrame(rows, columns=columns), question.warnings(held)


def _starts(baseline: Baseline, product: str, region: str | None) -> np.ndarray:
    demands = baseline.graph.demands
    known = sorted(set(demands["product"]))
    if product not in known:
        raise UsageError(f"no product '{product}' in demand. {did_you_mean(product, known)}")
    mask = (demands["product"] == product).to_numpy()
    places = sorted(set(demands["region"].to_numpy()[mask]))
    if region is not None:
        if region not in places:
            raise UsageError(
                f"--region '{region}': no '{product}' is assembled there. "
                f"{did_you_mean(region, places)}"
            )
        mask = mask & (demands["region"] == region).to_numpy()
    served = mask & (baseline.block("demand") > 0)
    if not served.any():
        raise UndefinedMetricError(
            f"trace: the balance serves no '{product}', so nothing has come."
        )
    return np.flatnonzero(served)


@dataclass
class _Question:
    """What is asked, and what all elements share."""

    baseline: Baseline
    product: str
    region: str
    starts: np.ndarray
    by: str
    _flows: dict[str, ElementFlows] = field(default_factory=dict)

    def elements(self, asked: str | None) -> list[str]:
        """Elements that the product holds, or the one asked for."""
        pools = self.baseline.graph.pools
        known = {e for cell in pools["element"] for e in cell}
        for vector in vectors(self.baseline.graph.dataset).values():
            known |= set(vector)
        if asked is not None and asked not in known:
            raise UsageError(f"--element '{asked}' is not known. {did_you_mean(asked, known)}")
        wanted = sorted(known) if asked is None else [asked]
        held = [name for name in wanted if self._mass(name) > LEAST_MASS]
        if not held and asked is None:
            return [WHOLE]
        if not held:
            others = [name for name in sorted(known) if self._mass(name) > LEAST_MASS]
            raise UsageError(
                f"--element '{asked}': '{self.product}' holds none in the balance. "
                f"It holds {', '.join(others) or 'no element on file'}."
            )
        return held

    def _mass(self, element: str) -> float:
        return float(self.flows(element).inflow[self.starts].sum())

    def flows(self, element: str) -> ElementFlows:
        if element not in self._flows:
            graph, columns = self.baseline.graph, self.baseline.columns
            network = ElementNetwork(graph, columns, element)
            self._flows[element] = network.flows(self.baseline.x)
        return self._flows[element]

    @cached_property
    def evidence(self) -> Evidence:
        return Evidence(self.baseline)

    @cached_property
    def owners(self) -> list[Owner]:
        return owners_in(self.baseline.graph)

    @cached_property
    def words(self) -> Wording:
        return Wording(self.baseline.graph, self.product, self.region)

    def warnings(self, held: list[str]) -> list[str]:
        """What a reader must know of the whole table."""
        if held == [WHOLE]:
            return ["no element on file in this product: mass of what enters the chain is traced"]
        return []


class _Tracer:
    """Rows of one element."""

    def __init__(
        self, question: _Question, element: str, allowed: AllowedFlows | None, least: float
    ) -> None:
        self.question, self.element, self.least = question, element, least
        self.graph = question.baseline.graph
        self.flows = question.flows(element)
        self.network, self.mixing = self.flows.network, self.flows.mixing
        inflow = self.flows.inflow[question.starts]
        self.mass = float(inflow.sum())
        self.start = np.zeros(self.network.size)
        self.start[question.starts] = inflow / self.mass
        self.ranges = self._ranges(allowed)
        table = self.graph.activities
        self.country = [str(c) for c in table["country"]]
        self.stage = [str(s) for s in table["stage"]]
        self.owner = [o.country or UNSTATED for o in question.owners]
        self.kind = [self.network.kind_of(a) for a in range(self.graph.n_activities)]
        self.grades = _Grades(question, self.flows)
        self.reached = self._reached()
        self._walks: dict[bytes, np.ndarray] = {}
        self._shares: dict[tuple[bytes, bytes], tuple[float, float, float]] = {}

    def _ranges(self, allowed: AllowedFlows | None) -> ElementRanges | None:
        if allowed is None:
            return None
        columns = self.question.baseline.columns
        network = ElementNetwork(self.graph, columns, self.element, allowed.possible)
        return ElementRanges(allowed, network)

    def rows(self) -> list[Row]:
        """Stages from mine to assembly, what was touched, and the sentence."""
        rows: list[Row] = []
        for stage in self._stages():
            if self.question.by in ("all", "place"):
                rows += self._stage_rows(stage, "place", self.country)
            if self.question.by in ("all", "owner"):
                rows += self._stage_rows(stage, "owner", self.owner)
        rows += self._assembly()
        if self.question.by in ("all", "place"):
            rows += self._touched("touched-place", self.country)
        if self.question.by in ("all", "owner"):
            rows += self._touched("touched-owner", self.owner)
        return [*rows, *self._sentence()]

    def _stages(self) -> list[str]:
        """Stages that plants of the network have, in the order of the chain."""
        have = set(self.stage)
        return ["mine", *[s for s in STAGES[1:] if s in have]]

    def _activities(self, mask: np.ndarray) -> np.ndarray:
        """Mask of nodes for a mask of activities."""
        nodes = np.zeros(self.network.size, dtype=bool)
        nodes[self.network.activity :] = mask
        return nodes

    def _at(self, stage: str) -> np.ndarray:
        """Mask of nodes where a stage is passed; for the first, also all other sources."""
        return self._activities(np.array(self.stage) == stage)

    def _visits(self, stops: np.ndarray) -> np.ndarray:
        key = stops.tobytes()
        if key not in self._walks:
            self._walks[key] = self.mixing.visits(self.start, stops)
        return self._walks[key]

    def _share_of(self, stops: np.ndarray, hit: np.ndarray) -> tuple[float, float, float]:
        """Share with its least and most."""
        key = ((stops & ~self.network.ends).tobytes(), hit.tobytes())
        if key not in self._shares:
            share = min(max(float(self._visits(stops)[hit].sum()), 0.0), 1.0)
            bounds = (np.nan, np.nan)
            if self.ranges is not None and share >= self.least:
                starts = [int(i) for i in self.question.starts]
                bounds = self.ranges.share(starts, Target(stops, hit), share)
            self._shares[key] = (share, *bounds)
        return self._shares[key]

    def _stage_rows(self, stage: str, what: str, labels: list[str]) -> list[Row]:
        """Where the mass last passed a stage, or that it skipped it; shares add up to 1."""
        here = self._at(stage)
        ends = self.network.ends & self._activities(np.ones(len(self.stage), bool))
        stops = here | ends
        counted = stops if stage == STAGES[0] else here
        rows = []
        for kind, label in self._groups(counted, labels):
            pairs = zip(self.kind, labels, strict=True)
            hit = counted & self._activities(np.array([pair == (kind, label) for pair in pairs]))
            rows.append(self._row(stage, what, kind, label, stops, hit))
        rows = [row for row in rows if row["share"] > 0 or row["share_high"] > SHOWN]
        rows.sort(
            key=lambda row: (-row["share"], row["kind"], row["country"], row["owner_country"])
        )
        if stage != STAGES[0]:
            skipped = self._row(stage, what, "skipped", "", stops, ends & ~here)
            return [*rows, skipped] if self._matters(skipped) else rows
        return [*rows, *self._empty_rows(what, {row["kind"] for row in rows})]

    def _matters(self, row: Row) -> bool:
        return bool(row["share"] > 0 or row["share_high"] > SHOWN)

    def _reached(self) -> np.ndarray:
        """Mask of the activities on some way to the product, in the balance or as it could be."""
        found = self.mixing.visits(self.start) > 0
        if self.ranges is not None:
            network = self.ranges.network
            seen, waiting = set(), [int(i) for i in self.question.starts]
            while waiting:
                for term in network.into.get(waiting.pop(), []):
                    if term.origin not in seen:
                        seen.add(term.origin)
                        waiting.append(term.origin)
            if self.least == 0:
                found[sorted(seen)] = True
        return found[self.network.activity :]

    def _groups(self, counted: np.ndarray, labels: list[str]) -> list[tuple[str, str]]:
        used = np.flatnonzero(counted[self.network.activity :] & self.reached)
        return sorted({(self.kind[a], labels[a]) for a in used})

    def _empty_rows(self, what: str, kinds: set[str]) -> list[Row]:
        """Scrap, unrecorded and stock as rows even where they give nothing."""
        zero = np.nan if self.ranges is None else 0.0
        rows = []
        for kind in ("scrap", "unrecorded", "stock"):
            if kind not in kinds:
                flags = ("stocks_held",) if kind == "stock" else ()
                rows.append(self._plain(STAGES[0], what, kind, 0.0, zero, zero) | {"flags": flags})
        return rows

    def _plain(
        self,
        stage: str,
        what: str,
        kind: str,
        share: float,
        low: float,
        high: float,
        label: str = "",
    ) -> Row:
        owner = what.endswith("owner")
        name = "/".join(part for part in (self.element, stage, what, kind, label) if part)
        unit = "t of element/yr" if self.element else "t of feed/yr"
        return {
            "id": name, "product": self.question.product, "region": self.question.region,
            "element": self.element, "stage": stage, "what": what, "kind": kind,
            "country": "" if owner else label, "owner_country": label if owner else "",
            "share": share, "share_low": low, "share_high": high, "tonnes": share * self.mass,
            "unit": unit, "split": {}, "owner_share": np.nan, "evidence": "", "flags": (),
            "text": "",
        }  # fmt: skip

    def _row(
        self, stage: str, what: str, kind: str, label: str, stops: np.ndarray, hit: np.ndarray
    ) -> Row:
        share, low, high = self._share_of(stops, hit)
        row = self._plain(stage, what, kind, share, low, high, label)
        if share > 0:
            row["evidence"] = self.grades.weakest(self._visits(stops), stops, hit)
            row |= self._split(what, stops, hit)
        row["flags"] = self._flags(row, label)
        return row

    def _split(self, what: str, stops: np.ndarray, hit: np.ndarray) -> Row:
        """A place by owner or an owner by place; and the stake that the last owner holds."""
        first = self.network.activity
        mass = (self._visits(stops) * hit)[first:]
        other = self.country if what.endswith("owner") else self.owner
        parts: dict[str, float] = {}
        for activity in np.flatnonzero(mass > 0):
            name = other[activity]
            parts[name] = parts.get(name, 0.0) + float(mass[activity])
        total = float(mass.sum())
        split = {name: part / total for name, part in sorted(parts.items())} if total > 0 else {}
        stakes = np.array([o.share for o in self.question.owners])
        used = mass > 0
        held = float(mass[used] @ stakes[used]) / total if total > 0 else np.nan
        return {"split": split, "owner_share": held if what == "owner" else np.nan}

    def _flags(self, row: Row, label: str) -> tuple[str, ...]:
        flags = []
        if row["share_high"] - row["share_low"] > OPEN:
            flags.append("not_identified")
        if not row["what"].endswith("owner") and label in self.question.words.pooled:
            flags.append("group")
        if self._nominal():
            flags.append("nominal")
        return tuple(flags)

    def _nominal(self) -> bool:
        """Whether nobody has sized a need through which the element reaches the product."""
        starts = {int(i) for i in self.question.starts}
        drawn = zip(self.network.terms, self.flows.amount, strict=True)
        return any(
            self.question.evidence.is_nominal(term.target, term.entry)
            for term, amount in drawn
            if term.target in starts and amount > 0
        )

    def _assembly(self) -> list[Row]:
        """Markets where the product is assembled; who owns the assemblers is not on file."""
        rows: list[Row] = []
        if self.question.by == "owner":
            return rows
        for index in self.question.starts:
            market = str(self.graph.demands["market"].iat[index])
            share = float(self.start[index])
            bound = (share, share) if len(self.question.starts) == 1 else (np.nan, np.nan)
            row = self._plain("product", "place", "assembly", share, *bound, market)
            grade = str(self.graph.demands["evidence"].iat[index])
            row |= {"evidence": weakest([grade]), "flags": self._flags(row, market)}
            rows.append(row)
        return sorted(rows, key=lambda row: (-row["share"], row["country"]))

    def _touched(self, what: str, labels: list[str]) -> list[Row]:
        """Share that passed a country's, or a country's owners', plants at any stage."""
        rows = []
        every = np.ones(len(labels), bool)
        for _, label in sorted(
            {("", name) for _, name in self._groups(self._activities(every), labels)}
        ):
            if label == UNSTATED:
                continue
            named = np.array([name == label for name in labels])
            hit = self._activities(named)
            rows.append(self._row(ANY, what, "touched", label, hit, hit))
        rows = [row for row in rows if self._matters(row)]
        if what == "touched-owner" and UNSTATED in labels:
            self._widen_for_unstated(rows, np.array(labels) == UNSTATED)
        return sorted(rows, key=lambda row: (-row["share"], row["id"]))

    def _widen_for_unstated(self, rows: list[Row], unstated: np.ndarray) -> None:
        """Plants without an owner on file could all be one owner's: add what passed them."""
        hit = self._activities(unstated)
        share, _, most = self._share_of(hit, hit)
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
        order: Callable[[Row], tuple[float, float]] = lambda row: (  # noqa: E731
            -(row["share"] if self.ranges is None else row["share_low"]), -row["share"]
        )  # fmt: skip
        lead = min(totals, key=order)
        named = np.array([name == lead["country"] for name in self.country])
        hit = self._activities(named)
        touched = self._row(ANY, "touched-place", "touched", lead["country"], hit, hit)
        text = self.question.words.sentence(self.element, lead, touched)
        yield lead | {"what": "sentence", "id": f"{lead['id']}/sentence", "text": text}

    def _totals(self, stage: str) -> Iterator[Row]:
        """The largest place of a stage with all its kinds: mined, or made from ore and scrap."""
        here = self._at(stage)
        ends = self.network.ends & self._activities(np.ones(len(self.stage), bool))
        visits = self._visits(here | ends)[self.network.activity :]
        shares: dict[str, float] = {}
        kinds: dict[str, set[str]] = {}
        for activity in np.flatnonzero(here[self.network.activity :]):
            if self.kind[activity] != "unrecorded":
                name = self.country[activity]
                shares[name] = shares.get(name, 0.0) + float(visits[activity])
                if visits[activity] > 0:
                    kinds.setdefault(name, set()).add(self.kind[activity])
        if not shares:
            return
        largest = min(shares, key=lambda name: (-shares[name], name))
        named = np.array([
            name == largest and kind != "unrecorded"
            for name, kind in zip(self.country, self.kind, strict=True)
        ])  # fmt: skip
        hit = here & self._activities(named)
        row = self._row(stage, "place", "total", largest, here | ends, hit)
        yield row | {"kinds": kinds.get(largest, set())}


class _Grades:
    """Grades of the flows behind a share."""

    def __init__(self, question: _Question, flows: ElementFlows) -> None:
        self.evidence, self.flows = question.evidence, flows
        self.activity = flows.network.activity
        self.plants = flows.network.graph.n_demands

    def weakest(self, visits: np.ndarray, stops: np.ndarray, hit: np.ndarray) -> str:
        """Weakest grade among flows with a fifth or more of what the hits give the product."""
        mixing, network = self.flows.mixing, self.flows.network
        reaching = mixing.reaching(hit, stops)
        whole = float(visits[hit].sum())
        passed = visits * reaching
        grades = [
            self.evidence.flows[node - self.activity]
            for node in np.flatnonzero(passed >= CARRIES * whole)
            if node >= self.activity
        ]
        terms = [t for t, a in zip(network.terms, self.flows.amount, strict=True) if a > 0]
        going = np.where(stops[mixing.target], 0.0, visits[mixing.target])
        carried = going * mixing.share * reaching[mixing.origin]
        for index in np.flatnonzero(carried >= CARRIES * whole):
            grades += self._grade(terms[index].arc, terms[index].entry, terms[index].target)
        return weakest(grades)

    def _grade(self, arc: int, entry: int, target: int) -> list[str]:
        if arc >= 0:
            return [self.evidence.arcs.get(arc, "D")]
        if entry >= 0 and target < self.plants:
            return list(self.evidence.need(target, entry))
        return []


def sums(table: pd.DataFrame) -> Mapping[tuple[str, str, str], float]:
    """Sum of the shares by element, stage and view; each is 1.

    Examples
    --------
    >>> rows = pd.DataFrame({"element": ["Dy", "Dy"], "stage": ["mine", "mine"],
    ...                      "what": ["place", "place"], "share": [0.25, 0.75]})
    >>> sums(rows)
    {('Dy', 'mine', 'place'): 1.0}
    """
    rows = table[table["what"].isin(["place", "owner"])]
    grouped = rows.groupby(["element", "stage", "what"], sort=True)["share"].sum()
    return {(str(e), str(s), str(w)): float(value) for (e, s, w), value in grouped.items()}
