"""Shares of one element of one product, with their ranges, grades and owners."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from supplygraph.analysis.causes.evidence import Evidence
from supplygraph.analysis.origins.element_content import WHOLE, ElementFlows, ElementNetwork
from supplygraph.analysis.origins.origin_ranges import AllowedFlows, ElementRanges, Target
from supplygraph.analysis.origins.trace_text import Wording
from supplygraph.analysis.suppliers.ownership import UNSTATED, Owner, owners_in
from supplygraph.baseline import Baseline
from supplygraph.dataset.names import full_names
from supplygraph.dataset.recipes import vectors
from supplygraph.errors import UsageError
from supplygraph.grades import weakest
from supplygraph.hints import did_you_mean

OWNER_ROWS = ("owner", "touched-owner")  # `what` of rows whose label is an owner's country
CARRIES = 0.2  # grades of flows with less than this part of a share's mass do not count
LEAST_MASS = 1e-9


@dataclass
class TraceQuestion:
    """What is asked, and what all elements share.

    Attributes
    ----------
    baseline
        Balanced base year.
    product, region
        Product and region; region '' for everywhere.
    starts
        Numbers of its demands.
    by
        ``place``, ``owner`` or ``all``.
    """

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
            hint = did_you_mean(asked, known, full_names(self.baseline.graph.dataset))
            raise UsageError(f"--element '{asked}' is not known. {hint}")
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
        """Flows of an element in the balance."""
        if element not in self._flows:
            graph, columns = self.baseline.graph, self.baseline.columns
            network = ElementNetwork(graph, columns, element)
            self._flows[element] = network.flows(self.baseline.x)
        return self._flows[element]

    @cached_property
    def evidence(self) -> Evidence:
        """Grades of flows and needs."""
        return Evidence(self.baseline)

    @cached_property
    def owners(self) -> list[Owner]:
        """Last owner on file of every activity's plant."""
        return owners_in(self.baseline.graph)

    @cached_property
    def words(self) -> Wording:
        """Names for sentences."""
        return Wording(self.baseline.graph, self.product, self.region)

    def warnings(self, held: list[str]) -> list[str]:
        """What a reader must know of the whole table."""
        if held == [WHOLE]:
            return ["no element on file in this product: mass of what enters the chain is traced"]
        return []


class ElementShares:
    """Shares of one element.

    Parameters
    ----------
    question
        What is asked.
    element
        Symbol, '' for the mass of the feed.
    allowed
        Flows over which ranges are taken; None for no ranges.
    least
        Least share that gets a range.
    """

    def __init__(
        self, question: TraceQuestion, element: str, allowed: AllowedFlows | None, least: float
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
        self._grades = _Grades(question, self.flows)
        self.reached = self._reached()
        self._walks: dict[bytes, np.ndarray] = {}
        self._shares: dict[tuple[bytes, bytes], tuple[float, float, float]] = {}

    def _ranges(self, allowed: AllowedFlows | None) -> ElementRanges | None:
        if allowed is None:
            return None
        columns = self.question.baseline.columns
        network = ElementNetwork(self.graph, columns, self.element, allowed.possible)
        return ElementRanges(allowed, network)

    def activities(self, mask: np.ndarray) -> np.ndarray:
        """Mask of nodes for a mask of activities."""
        nodes = np.zeros(self.network.size, dtype=bool)
        nodes[self.network.activity :] = mask
        return nodes

    def at(self, stage: str) -> np.ndarray:
        """Mask of nodes where a stage is passed; for the first, also all other sources."""
        return self.activities(np.array(self.stage) == stage)

    @cached_property
    def sources(self) -> np.ndarray:
        """Mask of the nodes where the element enters: mines, scrap, supply of no record."""
        return self.network.ends & self.activities(np.ones(len(self.stage), dtype=bool))

    def possible(self, kind: str) -> bool:
        """Whether a source of some kind could be on a way to the product."""
        if self.ranges is None:
            return True
        nodes = self._upstream() & self.sources
        return any(
            self.kind[node - self.network.activity] == kind for node in np.flatnonzero(nodes)
        )

    def visits(self, stops: np.ndarray) -> np.ndarray:
        """Visits of a walk back from the product that ends at some stops."""
        key = stops.tobytes()
        if key not in self._walks:
            self._walks[key] = self.mixing.visits(self.start, stops)
        return self._walks[key]

    def share_of(self, stops: np.ndarray, hit: np.ndarray) -> tuple[float, float, float]:
        """Share with its least and most."""
        key = ((stops & ~self.network.ends).tobytes(), hit.tobytes())
        if key not in self._shares:
            share = min(max(float(self.visits(stops)[hit].sum()), 0.0), 1.0)
            bounds = (np.nan, np.nan)
            if self.ranges is not None and share >= self.least:
                starts = [int(i) for i in self.question.starts]
                bounds = self.ranges.share(starts, Target(stops, hit), share)
            self._shares[key] = (share, *bounds)
        return self._shares[key]

    def grade(self, stops: np.ndarray, hit: np.ndarray) -> str:
        """Weakest grade among the flows that carry a share."""
        return self._grades.weakest(self.visits(stops), stops, hit)

    def _reached(self) -> np.ndarray:
        """Mask of the activities on some way to the product, in the balance or as it could be."""
        found = self.mixing.visits(self.start) > 0
        if self.ranges is not None and self.least == 0:
            found |= self._upstream()
        return found[self.network.activity :]

    def _upstream(self) -> np.ndarray:
        """Mask of the nodes on any way that flows allowed could take to the product."""
        into = {} if self.ranges is None else self.ranges.network.into
        seen, waiting = set(), [int(i) for i in self.question.starts]
        while waiting:
            for term in into.get(waiting.pop(), []):
                if term.origin not in seen:
                    seen.add(term.origin)
                    waiting.append(term.origin)
        mask = np.zeros(self.network.size, dtype=bool)
        mask[sorted(seen)] = True
        return mask

    def split(self, what: str, stops: np.ndarray, hit: np.ndarray) -> dict[str, object]:
        """A place by owner or an owner by place; and the stake that the last owner holds."""
        first = self.network.activity
        mass = (self.visits(stops) * hit)[first:]
        other = self.country if what in OWNER_ROWS else self.owner
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

    def nominal(self) -> bool:
        """Whether nobody has sized a need through which the element reaches the product."""
        starts = {int(i) for i in self.question.starts}
        drawn = zip(self.network.terms, self.flows.amount, strict=True)
        return any(
            self.question.evidence.is_nominal(term.target, term.entry)
            for term, amount in drawn
            if term.target in starts and amount > 0
        )


class _Grades:
    """Grades of the flows behind a share."""

    def __init__(self, question: TraceQuestion, flows: ElementFlows) -> None:
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
