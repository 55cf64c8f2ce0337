"""Why the balance leaves a published figure: what, left out, would bring it back.

For every figure that moved, each other figure and each limit that binds is left out in turn, with
all other bounds as they are (one factorisation serves all: leave-one-out of a least-squares fit,
Cook and Weisberg 1982), and the most promising are then solved for. The cause is what restores
most of the distance. Prices alone do not tell it: they only restate how far each figure is
missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from supplygraph.baseline.observations import Observation
from supplygraph.baseline.program import Balance
from supplygraph.baseline.reconcile import BalanceProblem, Baseline
from supplygraph.graph.balance_matrix import export_rows, first_line_row
from supplygraph.selectors import Call

MOVED = 0.01  # a figure that moved by more gets a cause: what is below is within any rounding
NAMED = 0.2  # share of the distance that a cause restores, at least, to be named
AT_MOST = 2  # causes named
TRIED = 6  # most promising ones that are solved for
HOLDS = 0.95  # share restored from which on a figure would simply hold
# With the figure itself in the data twice a tie is broken by id; effects this near are a tie.
TIE = 1e-6


@dataclass(frozen=True)
class Cause:
    """What stands against a figure, and how far the figure would be off without it."""

    text: str
    restores: float
    off: float

    def told(self, moved: float) -> str:
        """The cause in words, beside how far the figure moved."""
        if self.restores >= HOLDS:
            return f"{self.text} stands against it: without that it would hold"
        without = f"{_signed(self.off)} instead of {_signed(moved)}"
        return f"{self.text} stands against it (without that, {without})"


class Causes:
    """Causes of the figures that a balance moved.

    Parameters
    ----------
    baseline
        Balanced base year.
    """

    def __init__(self, baseline: Baseline) -> None:
        self.baseline, self.graph = baseline, baseline.graph
        self.problem = BalanceProblem(baseline.graph)
        self._known: dict[tuple[str, int], np.ndarray | None] = {}

    def why(self, observation: Observation, moved: float) -> str:
        """One sentence: why a figure lies where it does; empty if it barely moved."""
        if observation.role == "check":
            return f"only compared. {observation.note}".strip() if abs(moved) > MOVED else ""
        closed = self._closed(observation)
        if closed:
            return closed
        if not abs(moved) > MOVED:
            return ""
        found = self._causes(observation)
        if not found:
            return (
                "no single figure or limit: what is expected of flows that nobody publishes, "
                "taken together"
            )
        return "; ".join(cause.told(moved) for cause in found)

    def _closed(self, o: Observation) -> str:
        """Why nothing can carry a figure at all."""
        if len(o.columns) and (self.problem.upper[o.columns] > 0).any():
            return ""
        year, trade = self.graph.base_year, o.trade
        if trade is not None and trade.origin != "*" and not self._makes(trade):
            origin, named = trade.origin, trade.selector.value("material")
            material = "|".join(named) or trade.selector.text
            return (
                f"{origin} does not make {material}, and what comes in is not sent out again. "
                f"Write the trade from its maker to its last user, or give {origin} a plant "
                f"whose recipe takes in 1 and gives out 1 of {material}, as a hub does"
            )
        if not len(o.columns):
            return "no plant, arc or product carries it"
        return (
            f"every plant or arc behind it is closed in {year}: status, a capacity of 0, or no feed"
        )

    def _makes(self, trade: Call) -> bool:
        """Whether a place that a flow comes from makes what it counts."""
        pools = self.graph.pools
        here = pools["market"].isin(trade.origin.split("|")).to_numpy()
        mine = here & self.graph.select_pools(trade.selector)
        return bool(mine[self.graph.made_pool].any())

    def _causes(self, o: Observation) -> list[Cause]:
        number = self._number[o.id, o.what]
        lack = float(self._lack[number])
        if not lack:
            return []
        own = self._texts[number]
        promising = sorted(
            (
                (-float(effect[number]) / lack, text, left_out)
                for effect, text, left_out in self._effects
                if text != own
            ),
            key=lambda item: (-round(item[0] / TIE) * TIE, item[1]),
        )
        found: list[Cause] = []
        for share, text, left_out in promising[:TRIED]:
            if share < NAMED or len(found) == AT_MOST:
                break
            effect = self._refitted(left_out)
            if effect is not None and -effect[number] / lack >= NAMED:
                restored, moved = -float(effect[number]) / lack, float(effect[number])
                found.append(Cause(text, restored, self._off(number, moved)))
        return sorted(found, key=lambda cause: (-round(cause.restores / TIE) * TIE, cause.text))

    def _refitted(self, left_out: tuple[str, int]) -> np.ndarray | None:
        """Change of every figure when all is solved again without one figure or limit.

        The first guess keeps every bound as it is, and so may send flows below nothing.
        """
        if left_out not in self._known:
            fit = self._balance.fit
            change = fit.refitted(**{left_out[0]: left_out[1]})
            self._known[left_out] = None if change is None else fit.program.figures @ change
        return self._known[left_out]

    def _off(self, number: int, effect: float) -> float:
        """How far a figure would be off, as a share of it, without what has that effect."""
        o = self.problem.figures[number]
        error = o.sigma * self.problem.sizes[number]
        whole = 1.0 if o.below is None else float(o.below[1] @ self.baseline.x[o.below[0]])
        size = abs(o.value) * whole
        return (float(self._lack[number]) + effect) * error / size if size > 0 else np.nan

    @cached_property
    def _number(self) -> dict[tuple[str, str], int]:
        return {(o.id, o.what): i for i, o in enumerate(self.problem.figures)}

    @cached_property
    def _balance(self) -> Balance:
        return self.problem.solve()

    @cached_property
    def _lack(self) -> np.ndarray:
        """Balanced less published, in standard errors, of every figure."""
        fit = self._balance.fit
        return fit.program.figures @ fit.x - fit.program.values

    @cached_property
    def _texts(self) -> list[str]:
        return [f"{o.id} = {o.value:g} {o.unit} ({o.grade})" for o in self.problem.figures]

    @cached_property
    def _effects(self) -> list[tuple[np.ndarray, str, tuple[str, int]]]:
        """Change of every figure, in standard errors, when one figure or limit is left out."""
        fit = self._balance.fit
        figures = fit.program.figures
        found = [
            (figures @ fit.without_figure(i), text, ("figure", i))
            for i, text in enumerate(self._texts)
            if abs(self._lack[i]) > 1e-9
        ]
        limits = [
            (figures @ fit.without_limit(row), text, ("row", row)) for row, text in self._limits()
        ]
        return found + limits

    def _limits(self) -> list[tuple[int, str]]:
        """Binding capacities and limits of exports, by row of the fit, with what they say."""
        graph, columns = self.graph, self.problem.columns
        first_line = first_line_row(self.problem.matrix, graph)
        first_export, origins = export_rows(graph, columns)
        found: list[tuple[int, str]] = []
        for row in self._balance.fit.binding_limits():
            full = int(self._balance.rows[row])
            if full >= first_line:
                found.append((int(row), self._line_text(full - first_line)))
            elif first_export <= full < first_export + len(origins):
                name = graph.pools["id"].iat[origins[full - first_export]]
                found.append((int(row), f"that {name} sends out no more than it makes"))
        return found

    def _line_text(self, number: int) -> str:
        line = self.graph.lines.iloc[number]
        first_line = first_line_row(self.problem.matrix, self.graph)
        capacity = self.problem.matrix.upper[first_line + number]
        size = f"{capacity:g} {line['unit']}"
        return f"the capacity of line {line['line']} of {line['facility']}, {size},"


def _signed(share: float) -> str:
    """A share as a signed percentage."""
    return f"{100 * share:+.3g} %"
