"""Losses of something taken away: abroad and at home, and how shortage is shared.

Two columns of places and seven ways of sharing:

    loss_abroad = sum over demands outside H of w (1 - u) / sum over demands outside H of w
    loss_home   = the same over the demands in H, the countries of what is taken away

    none    nobody reroutes
    3m..36m nobody outbids anybody, with routes and plants open after so many months
    least   the least loss of that very column that any allocation could reach

`--outside` fixes H for all rows, so that rows of several countries compare. Served shares u are
held against the same month without the removal, under `none`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.dataset.names import full_names
from supplygraph.engines import Allocation, Levels
from supplygraph.engines.month_model import Month
from supplygraph.engines.shared_shortage import STEPS
from supplygraph.errors import UsageError
from supplygraph.hints import check_choice, did_you_mean
from supplygraph.scenario.export_stops import Home, Stop
from supplygraph.tolerances import SAME_LOSS
from supplygraph.vocabulary import SHARINGS

PLACES = ("abroad", "home")
STEP_NAMES = {step: f"{step}m" for step in STEPS}
BOUNDS = ("none", *STEP_NAMES.values(), "least")
BLOCK = 64
NOTHING = 1e-12  # of a loss: what sums of shares leave of 0


@dataclass(frozen=True)
class Sharing:
    """Which ways of sharing a shortage are asked for.

    Attributes
    ----------
    rerouting
        ``all``, or one of ``none``, ``shared`` and ``least`` beside none.
    after
        Months of the last step.
    floors
        Whether contracts are kept from step to step.
    outside
        Markets or countries that count as home in every row; of each removal its own if empty.
    """

    rerouting: str = "all"
    after: int = 12
    floors: bool = True
    outside: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_choice(self.rerouting, SHARINGS, "rerouting")
        if self.after not in STEPS:
            raise UsageError(
                f"after '{self.after}' is no step. Known: {', '.join(map(str, STEPS))} months."
            )

    @property
    def steps(self) -> tuple[int, ...]:
        """Steps to solve, up to the last asked for."""
        shared = self.rerouting in ("all", "shared")
        return tuple(step for step in STEPS if shared and step <= self.after)

    @property
    def least(self) -> bool:
        """Whether the least loss is asked for."""
        return self.rerouting in ("all", "least")

    @property
    def ranked_by(self) -> str:
        """The bound that ranks: the last step, or what else was asked for."""
        if self.steps:
            return STEP_NAMES[self.steps[-1]]
        return "least" if self.least else "none"

    def home(self, baseline: Baseline) -> Home | None:
        """The fixed home, if one is asked for.

        Raises
        ------
        UsageError
            If a name is no country or market.
        """
        if not self.outside:
            return None
        countries = baseline.graph.dataset["countries"]
        market = dict(zip(countries["id"], countries["market"], strict=True))
        market |= {name: name for name in countries["market"]}
        for name in self.outside:
            if name not in market:
                hint = did_you_mean(name, market, full_names(baseline.graph.dataset))
                raise UsageError(f"outside '{name}': no such country. {hint}")
        return Home(frozenset(market[name] for name in self.outside))


USUAL = Sharing()


class Loss:
    """Losses of one stop; programs are solved when a column asks for them.

    Attributes
    ----------
    shock
        What the stop takes, with what the month itself lacks.
    levels
        When nobody reroutes, one column.
    home
        Mask of the demands at home.
    none
        Share of every demand lost when nobody reroutes.
    counted
        Mask of the demands that are asked about: where none of them loses anything when nobody
        reroutes no step is solved, and shares of others are left as they are then.
    """

    def __init__(
        self, month: Month, sharing: Sharing, stop: Stop, levels: Levels, counted: np.ndarray
    ) -> None:
        self.counted = counted
        self.month, self.sharing, self.stop, self.levels = month, sharing, stop, levels
        self.shock = month.shock.with_(stop.shock)
        self.home = (sharing.home(month.baseline) or stop.home).demands(month.baseline)
        served = month.cascade.served(levels)[:, 0]
        self.none = np.clip(month.served_none - served, 0.0, 1.0)

    def weights(self, place: str) -> np.ndarray:
        """Weights of the demands of a place; their sum is its denominator."""
        if place == "total":
            return self.month.weights
        return np.where(self.home == (place == "home"), self.month.weights, 0.0)

    @cached_property
    def _ceiling(self) -> np.ndarray:
        """What the month serves without the removal; all of it in the base year."""
        return self.month.served_none

    @cached_property
    def shared(self) -> dict[str, np.ndarray]:
        """Share of every demand lost at each step, by its name."""
        steps = self.sharing.steps
        if not steps:
            return {}
        if not (self.none[self.counted] > SAME_LOSS).any():
            return {STEP_NAMES[step]: self.none for step in steps}
        ceiling = np.tile(self._ceiling, (len(steps), 1))
        whole = bool((self._ceiling >= 1 - SAME_LOSS).all())
        path = self.month.shortage.path(
            self.stop.shock,
            self.levels,
            steps,
            most=None if whole else ceiling,
            floors=self.sharing.floors,
        )
        lost = np.clip(self._ceiling - path, 0.0, 1.0)
        return {STEP_NAMES[step]: row for step, row in zip(steps, lost, strict=True)}

    @property
    def ranked(self) -> np.ndarray:
        """Share of every demand lost in the last step, or when nobody reroutes."""
        return self.shared[STEP_NAMES[self.sharing.steps[-1]]] if self.shared else self.none

    def least(self, weights: np.ndarray) -> tuple[float, Allocation | None]:
        """Least loss of some weighted demands, and the allocation that reaches it.

        There is no allocation where nothing is lost even when nobody reroutes.
        """
        if not weights @ self.none > SAME_LOSS * weights.sum():
            return self.mean(self.none, weights), None
        answer = self.month.shortage.least(
            self.stop.shock, self.levels, weights, most=self._ceiling
        )
        return self.mean(np.clip(self._ceiling - answer.served, 0.0, 1.0), weights), answer

    def columns(self, weights: np.ndarray) -> tuple[dict[str, float], Allocation | None]:
        """Loss of some weighted demands under every bound asked for, NaN under the others.

        With it the allocation of the least loss, if one had to be solved for.
        """
        found = dict.fromkeys(BOUNDS, float("nan"))
        found["none"] = self.mean(self.none, weights)
        found |= {name: self.mean(lost, weights) for name, lost in self.shared.items()}
        if not self.sharing.least or not weights.sum() > 0:
            return found, None
        least, answer = self.least(weights)
        # Solvers keep rows to 1e-9: what the order of the bounds misses by less is rounding.
        found["least"] = min(least, self.mean(self.ranked, weights))
        return found, answer

    @staticmethod
    def mean(lost: np.ndarray | None, weights: np.ndarray) -> float:
        """Weighted loss; NaN if it was not asked for or nothing weighs."""
        total = float(weights.sum())
        if lost is None or not total > 0:
            return float("nan")
        value = float(weights @ lost) / total
        return 0.0 if abs(value) < NOTHING else value


def losses_of(
    month: Month, sharing: Sharing, stops: Sequence[Stop], *, weighed: bool = False
) -> Iterator[Loss]:
    """Losses of many stops in order; the levels of all at once would not fit into memory.

    Parameters
    ----------
    month
        Engines and weights of the question.
    sharing
        How shortage is shared.
    stops
        What is taken away in each.
    weighed
        Whether only demands with a weight are asked about.
    """
    counted = month.weights > 0 if weighed else np.ones(len(month.weights), dtype=bool)
    for first in range(0, len(stops), BLOCK):
        block = stops[first : first + BLOCK]
        levels = month.cascade.levels([month.shock.with_(stop.shock) for stop in block])
        for index, stop in enumerate(block):
            yield Loss(month, sharing, stop, levels.column(index), counted)
