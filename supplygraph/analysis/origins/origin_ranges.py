"""How far a share can be from the balance's while every published figure fits as well.

The flows allowed are those of `balance --intervals` (every figure at its balanced value, the
identified set), with the rule of the engines for plants whose capacity nobody states: they run at
no more than the balance has them run. Over these flows a share h at a node is at most

    max_x  sum_i F_i(x) h_i / sum_i F_i(x),      F_i(x) = tonnes_i(x) x content_i,

if h_i is the most it can be at predecessor i. For fixed h_i and contents the quotient is
linear over linear, and Dinkelbach's iteration (1967) finds its maximum with a few linear
programs: maximise ``sum_i F_i (h_i - t)``, set t to the quotient found, until nothing is
left. A content that the makers decide has a range of its own, and each term takes the end of it
that serves. Going from the ends of the chain to the product gives bounds that no allowed flows
can break; since each node takes its own worst case, they may be wider than what one set of flows
can reach. Errors of recipes and of ore vectors are not in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from supplygraph.analysis.origins.element_content import ElementNetwork, FlowTerm
from supplygraph.analysis.origins.range_program import MassProgram
from supplygraph.baseline import Baseline, IdentifiedSet
from supplygraph.errors import NotConvergedError
from supplygraph.tolerances import SHARE_FOUND

ROUNDS = 30
NARROW = 0.02  # a range this narrow is not worth the program that could make it narrower
NOTHING = 1e-5
MOST_CONTENT = 1e3  # t of an element (or of ore) behind a tonne of goods, where a circle hides it
Range = tuple[float, float]
Factors = Callable[[float], tuple[np.ndarray, np.ndarray]]


class AllowedFlows:
    """Flows that fit the published figures as well as the balance does.

    Parameters
    ----------
    baseline
        Balanced base year; it is one of the flows allowed.
    """

    def __init__(self, baseline: Baseline) -> None:
        graph = baseline.graph
        identified = IdentifiedSet(baseline)
        capacity, _ = graph.line_capacity(graph.base_month)
        blank = np.flatnonzero(np.isnan(capacity[graph.line_of]))
        identified.upper[blank] = np.minimum(identified.upper[blank], baseline.x[blank])
        self.baseline, self.identified = baseline, identified
        self.possible = identified.upper > 0
        self.limit = identified.limit_row()
        self._program = identified.program(self.limit).persistent(restart=False)
        self.solves = 0

    def greatest(self, columns: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Flows at which a weighted sum of columns is greatest."""
        self.solves += 1
        return self._program.greatest(columns, weight)


@dataclass(frozen=True)
class Target:
    """A share asked for: of the walks back, those that stop at a `hit` before other stops."""

    stops: np.ndarray
    hit: np.ndarray


class _Inflow:
    """Terms into one node, as rows over the columns they use."""

    def __init__(self, terms: Sequence[FlowTerm]) -> None:
        every = np.concatenate([t.columns for t in terms])
        self.columns, place = np.unique(every, return_inverse=True)
        self.rows = np.zeros((len(terms), len(self.columns)))
        row = np.repeat(np.arange(len(terms)), [len(t.columns) for t in terms])
        np.add.at(self.rows, (row, place), np.concatenate([t.coefficients for t in terms]))

    def tonnes(self, x: np.ndarray) -> np.ndarray:
        return np.maximum(self.rows @ x[self.columns], 0.0)


@dataclass
class ElementRanges:
    """Bounds of the shares of one element.

    Attributes
    ----------
    flows
        The flows allowed.
    network
        Ways of the element, only columns that may carry something.
    """

    flows: AllowedFlows
    network: ElementNetwork
    _content: dict[int, Range | None] = field(default_factory=dict)
    _inflow: dict[int, _Inflow] = field(default_factory=dict)
    _parts: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    _programs: dict[tuple[int, ...], MassProgram] = field(default_factory=dict)

    def share(self, starts: Sequence[int], target: Target, balanced: float) -> Range:
        """Least and most of a share, for products taken together.

        Parameters
        ----------
        starts
            Nodes of the products.
        target
            What is asked for.
        balanced
            The share in the balance, which lies between.
        """
        memo: dict[int, Range | None] = {}
        terms = [t for node in starts for t in self.network.into.get(node, [])]
        if not terms:
            return 0.0, 0.0
        low, high = self._mixed(-1 - min(starts), terms, target, memo)
        if high - low > NARROW:
            program = self._mass_program(tuple(starts))
            ends = target.stops | self.network.ends
            known = {t.origin: self._share_at(t.origin, target, memo) for t in program.terms}
            most = {node: side[1] for node, side in known.items()}
            others = {node: 1 - side[0] for node, side in known.items()}
            high = min(high, self._most(program, ends, most, balanced))
            low = max(low, 1 - self._most(program, ends, others, 1 - balanced))
        return max(min(low, balanced), 0.0), max(high, balanced)

    def _most(
        self, program: MassProgram, ends: np.ndarray, ceiling: dict[int, float], balanced: float
    ) -> float:
        """Least of two bounds: one counts only what is above a floor, the other all.

        With any floor f, the share is at most f + the most of ``sum (y - f m)+ / sum m``. A node
        that can never be above f then gives nothing, however its goods are shared out; so f is
        just above all nodes whose most is near the share in the balance.
        """
        near = [c for c in ceiling.values() if balanced <= c <= balanced + NARROW]
        best = 1.0
        for floor in (max(near, default=balanced), 0.0):
            if best > balanced + NARROW:
                best = min(best, self._most_above(program, ends, ceiling, balanced, floor))
        return best

    def _most_above(
        self,
        program: MassProgram,
        ends: np.ndarray,
        ceiling: dict[int, float],
        balanced: float,
        floor: float,
    ) -> float:
        """Bound with one floor; if wide, again after tighter ceilings where the products draw."""
        left = {node: max(c - floor, 0.0) for node, c in ceiling.items()}
        start = max(balanced - floor, 0.0)
        try:
            bound = floor + program.most(ends, left, start)
            if bound <= balanced + NARROW:
                return bound
            for node in program.last:
                if left[node] > NOTHING and not ends[node]:
                    left[node] = min(left[node], program.most(ends, left, 0.0, node))
            return min(bound, floor + program.most(ends, left, start))
        except NotConvergedError:
            return 1.0

    def _mass_program(self, starts: tuple[int, ...]) -> MassProgram:
        if starts not in self._programs:
            contents = {i: self._weight(term) for i, term in enumerate(self.network.terms)}
            amounts = self.network.flows(self.flows.baseline.x).amount
            self._programs[starts] = MassProgram(
                self.flows.identified, self.flows.limit, self.network, contents, amounts, starts
            )
        return self._programs[starts]

    def _share_at(self, node: int, target: Target, memo: dict[int, Range | None]) -> Range:
        if target.stops[node]:
            return (1.0, 1.0) if target.hit[node] else (0.0, 0.0)
        if node in memo:
            return memo[node] or (0.0, 1.0)
        terms = self.network.into.get(node, [])
        memo[node] = None
        found = self._mixed(node, terms, target, memo) if terms else (0.0, 0.0)
        memo[node] = found
        return found

    def _mixed(
        self, node: int, terms: Sequence[FlowTerm], target: Target, memo: dict[int, Range | None]
    ) -> Range:
        values = {t.origin: self._share_at(t.origin, target, memo) for t in terms}
        origins = sorted(values)
        low, high = (np.array([values[o][side] for o in origins]) for side in (0, 1))
        if np.ptp(low) == 0 and np.ptp(high) == 0:
            return float(low[0]), float(high[0])
        least, most = self._parts_at(node, terms, origins)
        bottom = -_greatest_mean(-low, least, most)
        return max(bottom, 0.0) + 0.0, min(_greatest_mean(high, least, most), 1.0)

    def _parts_at(
        self, node: int, terms: Sequence[FlowTerm], origins: Sequence[int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Least and most part of what reaches a node that each origin can give."""
        if node not in self._parts:
            sides = [self._weight(t) for t in terms]
            light, heavy = (np.array(side) for side in zip(*sides, strict=True))
            inflow = self._rows(node, terms)
            least, most = np.zeros(len(origins)), np.ones(len(origins))
            last = len(origins) - 1
            for i, origin in enumerate(origins):
                if len(origins) == 2 and i == last:
                    least[i], most[i] = 1 - most[0], 1 - least[0]
                    break
                own = np.array([float(t.origin == origin) for t in terms])
                top = self._quotient(inflow, _mixing_factors(own, light, heavy), 0.0)
                rest = self._quotient(inflow, _mixing_factors(1 - own, light, heavy), 0.0)
                least[i], most[i] = max(1 - rest, 0.0), min(top, 1.0)
            self._parts[node] = least, most
        return self._parts[node]

    def _rows(self, node: int, terms: Sequence[FlowTerm]) -> _Inflow:
        if node not in self._inflow:
            self._inflow[node] = _Inflow(terms)
        return self._inflow[node]

    def _weight(self, term: FlowTerm) -> Range:
        """Range of the content of what a term carries."""
        return (term.content, term.content) if term.carrier < 0 else self._content_at(term.carrier)

    def _content_at(self, node: int) -> Range:
        if node in self._content:
            return self._content[node] or (0.0, MOST_CONTENT)
        self._content[node] = None
        terms = self.network.into.get(node, [])
        found = (0.0, 0.0)
        if terms:
            sides = zip(*[self._weight(t) for t in terms], strict=True)
            low, high = (np.array(side) for side in sides)
            found = self._home_content(node, terms, low, high)
            if node >= self.network.made:
                found = self._made_content(node, terms, low, high)
        self._content[node] = found
        return found

    def _home_content(
        self, node: int, terms: Sequence[FlowTerm], low: np.ndarray, high: np.ndarray
    ) -> Range:
        one = np.ones(len(terms))
        inflow = self._rows(node, terms)
        top, bottom = float(high[0]), float(low[0])
        if np.ptp(high) > 0:
            top = self._quotient(inflow, _mixing_factors(high, one, one), float(high.min()))
        if np.ptp(low) > 0:
            negative = _mixing_factors(-low, one, one)
            bottom = -self._quotient(inflow, negative, float((-low).min()))
        return max(bottom, 0.0), max(top, 0.0)

    def _made_content(
        self, node: int, terms: Sequence[FlowTerm], low: np.ndarray, high: np.ndarray
    ) -> Range:
        """What the inputs bring over what is made: the last row counts the tonnes made."""
        pool = node - self.network.made
        place = int(np.searchsorted(self.network.columns.made_of, pool))
        column = np.array([self.network.columns.start["made"] + place])
        made = FlowTerm(-1, node, column, np.ones(1), -1, 1.0)
        inflow = _Inflow([*terms, made])
        below = np.zeros(len(terms) + 1)
        below[-1] = 1.0

        def factors(sign: float, content: np.ndarray) -> Factors:
            return lambda t: (sign * np.append(content, 0.0) - t * below, below)

        top = self._quotient(inflow, factors(1.0, high), 0.0)
        bottom = -self._quotient(inflow, factors(-1.0, low), -MOST_CONTENT)
        return max(bottom, 0.0), max(top, 0.0)

    def _quotient(self, inflow: _Inflow, factors: Factors, start: float) -> float:
        """Greatest quotient over the flows allowed, by Dinkelbach's iteration.

        `factors` gives, for a quotient t, what a tonne of each term adds to numerator - t x
        denominator, and to the denominator. Without an answer of the solver 'nothing known'
        is returned, which no flows break.
        """
        quotient = self._at_balance(inflow, factors, start)
        for _ in range(ROUNDS):
            gain, below = factors(quotient)
            try:
                x = self.flows.greatest(inflow.columns, gain @ inflow.rows)
            except NotConvergedError:
                return MOST_CONTENT
            tonnes = inflow.tonnes(x)
            left, size = float(gain @ tonnes), float(below @ tonnes)
            if size <= 0 or left <= SHARE_FOUND * size:
                return quotient + SHARE_FOUND
            quotient += left / size
        return MOST_CONTENT

    def _at_balance(self, inflow: _Inflow, factors: Factors, start: float) -> float:
        """Quotient of the balance itself, or less: the iteration climbs from there."""
        tonnes = inflow.tonnes(self.flows.baseline.x)
        gain, below = factors(start)
        size = float(below @ tonnes)
        return start + max(float(gain @ tonnes), 0.0) / size if size > 0 else start


def _greatest_mean(value: np.ndarray, least: np.ndarray, most: np.ndarray) -> float:
    """Greatest mean of values whose weights add up to 1, each between two bounds.

    Examples
    --------
    >>> low, high = np.array([0.25, 0.0, 0.25]), np.array([0.5, 0.5, 1.0])
    >>> _greatest_mean(np.array([1.0, 0.5, 0.0]), low, high)
    0.625
    """
    weight = np.array(least)
    left = 1 - float(weight.sum())
    for i in np.argsort(-value, kind="stable"):
        more = min(max(left, 0.0), float(most[i] - weight[i]))
        weight[i] += more
        left -= more
    return float(weight @ value) + max(left, 0.0) * float(value.max())


def _mixing_factors(value: np.ndarray, least: np.ndarray, most: np.ndarray) -> Factors:
    """Each term weighs most where its value is above the quotient, and least where below."""

    def factors(quotient: float) -> tuple[np.ndarray, np.ndarray]:
        weight = np.where(value > quotient, most, least)
        return weight * (value - quotient), weight

    return factors
