"""What each removal costs each product: the lists of a page on both sides of that question."""

from __future__ import annotations

from typing import Any

import numpy as np

from supplygraph.analysis.losses.entities import Entity
from supplygraph.analysis.losses.loss_columns import STEP_NAMES, USUAL, Loss
from supplygraph.engines.month_model import Month
from supplygraph.tolerances import SAME_LOSS

HARDEST = 8
STOPPERS = 6
YEAR = STEP_NAMES[USUAL.after]


class ProductLosses:
    """Shares of base demand lost by product, region and segment, of removals added one by one.

    Attributes
    ----------
    keys
        Product, region and segment, in order.
    weight
        Weight of every product.
    """

    def __init__(self, month: Month) -> None:
        demands, units = month.baseline.graph.demands, month.baseline.block("demand")
        of: dict[tuple[str, str, str], list[int]] = {}
        columns = (demands[name] for name in ("product", "region", "segment"))
        for index, key in enumerate(zip(*columns, strict=True)):
            if units[index] > 0:
                of.setdefault(key, []).append(index)
        self.keys = sorted(of)
        self._part = np.zeros((len(demands), len(self.keys)))
        for column, key in enumerate(self.keys):
            self._part[of[key], column] = units[of[key]] / units[of[key]].sum()
        self.weight = dict.fromkeys(demands["product"], 0.0)
        for name, weight in zip(demands["product"], month.weights, strict=True):
            self.weight[name] += float(weight)
        self._lost: dict[str, tuple[np.ndarray, np.ndarray | None]] = {}
        self._abroad: dict[str, np.ndarray] = {}

    def add(self, entity: Entity, loss: Loss) -> None:
        """Take in a removal; one added again, solved further, takes the place of the first."""
        year = loss.shared.get(YEAR)
        if year is None and not (loss.none > SAME_LOSS).any():
            year = loss.none
        after = None if year is None else year @ self._part
        removal = f"{entity.kind}:{entity.id}"
        self._lost[removal] = (loss.none @ self._part, after)
        self._abroad[removal] = (~loss.home).astype(float) @ self._part

    def hardest(self, removal: str) -> list[list[Any]]:
        """Products hit hardest, those that weigh first, each in the region where it is hit most.

        Of regions hit alike one abroad is named. Rows of product, region, loss under none and after
        a year; the last is None where it was not solved for, and the first then decides.
        """
        if removal not in self._lost:
            return []
        none, year = self._lost[removal]
        order = np.column_stack([none if year is None else year, none, self._abroad[removal]])
        decides = [tuple(row) for row in order.round(9).tolist()]
        worst: dict[str, int] = {}
        for index in np.flatnonzero(none > SAME_LOSS).tolist():
            product = self.keys[index][0]
            before = worst.setdefault(product, index)
            if decides[index] > decides[before]:
                worst[product] = index
        names = sorted(
            worst,
            key=lambda name: (self.weight[name] <= 0, *_falling(worst[name], none, year), name),
        )
        hit = [worst[name] for name in names[:HARDEST]]
        return [[*self.keys[index][:2], *_pair(index, none, year)] for index in hit]

    def stopped_by(self) -> dict[str, dict[str, list[list[Any]]]]:
        """By product and region the removals that cost it most, plants apart from processes.

        Rows of removal, loss under none and after a year, as in `hardest`.
        """
        found: dict[str, dict[str, list[list[Any]]]] = {}
        for index, (product, region, _) in enumerate(self.keys):
            rows = found.setdefault(product, {})[region] = []
            for kind in ("country-process:", "facility:"):
                mine = [
                    (*_falling(index, none, year), name)
                    for name, (none, year) in self._lost.items()
                    if name.startswith(kind) and none[index] > SAME_LOSS
                ]
                for *_, name in sorted(mine)[:STOPPERS]:
                    rows.append([name, *_pair(index, *self._lost[name])])
        return found


def _pair(index: int, none: np.ndarray, year: np.ndarray | None) -> tuple[float, float | None]:
    return float(none[index]), None if year is None else float(year[index])


def _falling(index: int, none: np.ndarray, year: np.ndarray | None) -> tuple[float, float]:
    """Keys that put the largest loss after a year first, then the largest under none."""
    first, second = (none if year is None else year)[index], none[index]
    return -round(float(first), 9), -round(float(second), 9)
