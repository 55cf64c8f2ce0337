"""What a removal does to every product and region, under every way of sharing a shortage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.caveats import other_month, rests_on_unsized
from supplygraph.analysis.causes.loss_causes import Path, Tracer
from supplygraph.analysis.losses.chokepoints import SHORT
from supplygraph.analysis.losses.entities import idle_activities
from supplygraph.analysis.losses.loss_columns import (
    BOUNDS,
    PLACES,
    STEP_NAMES,
    Sharing,
    losses_of,
)
from supplygraph.analysis.losses.lost_by_year import (
    YEARS,
    CoverOfPaths,
    first_month,
    loss_by_month,
    lost_by_year,
)
from supplygraph.scenario.export_stops import Stop
from supplygraph.tolerances import SAME_LOSS
from supplygraph.vocabulary import COVERS

TOTAL = "total"
# Sizes of stocks that bound the months lost.
ENDS = tuple(COVERS.index(cover) for cover in ("low", "high"))


def whatif(
    tracer: Tracer, stop: Stop, sharing: Sharing, notes: Sequence[str] = ()
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Losses by product, region and segment when something stops, then the weighted totals.

    Parameters
    ----------
    tracer
        Engines of a month, with causes and grades.
    stop
        What is taken away.
    sharing
        How shortage is shared.
    notes
        Sentences that come first.

    Returns
    -------
    table : pandas.DataFrame
        Columns of docs/design.md#columns, ``month`` empty. The last rows are the totals abroad, at
        home and of all.
    warnings : tuple of str
    """
    work = _Whatif(tracer, stop, sharing)
    rows = [work.row(key, index) for key, index in tracer.rows]
    table = pd.DataFrame([*rows, *(work.total(place) for place in (*PLACES, TOTAL))])
    month = tracer.month
    return table, (*notes, *rests_on_unsized(month), *tracer.left_out, *other_month(month))


class _Whatif:
    def __init__(self, tracer: Tracer, stop: Stop, sharing: Sharing) -> None:
        month = tracer.month
        self.month, self.tracer = month, tracer
        self.graph = month.baseline.graph
        self.demands, self.units = self.graph.demands, month.baseline.block("demand")
        self.loss = next(losses_of(month, sharing, [stop]))
        self.binding, self.evidence = tracer.binding, tracer.evidence
        self.new_plants = self._removes_new_plants(stop)
        self.stock = tracer.stock
        self.cut = self.binding.cut(self.loss.shock)
        self.unit = [str(unit) for unit in self.demands["unit"]]
        self.paths = [self._path(demand) for demand in range(self.graph.n_demands)]
        self.years, self.first = self._months_lost()

    def _path(self, demand: int) -> Path | None:
        if not self.loss.none[demand] > SAME_LOSS:
            return None
        return self.binding.under_none(demand, self.cut, self.loss.levels)

    def _removes_new_plants(self, stop: Stop) -> bool:
        """Whether all plants that go had no flow in the base year: nobody can miss them."""
        gone = stop.shock.activity < 1
        return bool(gone.any() and idle_activities(self.month.baseline)[gone].all())

    def _months_lost(self) -> tuple[np.ndarray, np.ndarray]:
        """Months lost by year and the first month of a shortage, of every demand at both covers."""
        n, steps = self.graph.n_demands, {name: step for step, name in STEP_NAMES.items()}
        shared = {steps[name]: lost for name, lost in self.loss.shared.items()}
        # Without a path a loss lasts as it is when nobody reroutes.
        shared = shared or {1: self.loss.none}
        cover = CoverOfPaths(self.month.baseline)
        years, first = np.zeros((n, len(ENDS), YEARS)), np.full((n, len(ENDS)), np.nan)
        for demand, path in enumerate(self.paths):
            loss = loss_by_month({step: float(lost[demand]) for step, lost in shared.items()})
            for number, end in enumerate(ENDS):
                held = float(cover.of(path)[end])
                years[demand, number] = lost_by_year(loss, held)
                first[demand, number] = first_month(loss, held)
        return years, first

    def row(self, key: tuple[str, str, str], rows: np.ndarray) -> dict[str, object]:
        units = self.units[rows]
        share = np.zeros(self.graph.n_demands)
        share[rows] = units / units.sum()
        worst = int(rows[self.loss.none[rows].argmax()])
        path = self.paths[worst]
        nominal = path is not None and self.evidence.is_nominal(worst, path.need)
        need, quantity = self.evidence.need(worst, path.need) if path else self._grades(key[0])
        flags = ["no_base_flow"] * self.new_plants + ["nominal"] * nominal
        home = self.loss.home[rows]
        losses, binding = self._losses(share, worst)
        return {
            "month": None,
            "product": key[0],
            "region": key[1],
            "segment": key[2],
            "place": "home" if home.all() else "abroad" if not home.any() else "both",
            "demand": float(units.sum()),
            "unit": self.unit[worst],
            **losses,
            **self._over_years(share),
            "months_to_first_shortage": self._months(worst, path.need if path else -1),
            "binding_none": path.material if path else "",
            "binding_least": binding,
            "need_evidence": need,
            "quantity_evidence": quantity,
            "flags": tuple(flags),
        }

    def _losses(self, weights: np.ndarray, worst: int) -> tuple[dict[str, float], str]:
        """Losses of some weighted demands, and what binds under the least of them."""
        columns, answer = self.loss.columns(weights)
        binding = ""
        if answer is not None and worst >= 0 and columns["least"] > SAME_LOSS:
            binding = self.binding.under_least(worst, self.cut, answer) or ""
        return {f"loss_{bound}": columns[bound] for bound in BOUNDS}, binding

    def _over_years(self, weights: np.ndarray) -> dict[str, float]:
        """Months of output lost by year and the first month of a shortage, at both covers."""
        some = (weights > 0) & ~np.isnan(self.first).all(axis=1)
        covers = [(number, COVERS[end]) for number, end in enumerate(ENDS)]
        found: dict[str, float] = {}
        for number, cover in covers:
            first = self.first[some, number]
            first = first[~np.isnan(first)]
            found[f"first_month_{cover}"] = float(first.min()) if len(first) else float("nan")
        for year in range(YEARS):
            for number, cover in covers:
                lost = self.loss.mean(self.years[:, number, year], weights)
                found[f"months_lost_year_{year + 1}_{cover}"] = lost
        return found

    def _grades(self, product: str) -> tuple[str, str]:
        return self.evidence.products.get(product, ("", ""))

    def _months(self, demand: int, need: int) -> float:
        lost = self.loss.none[demand]
        if need < 0 or not lost >= SHORT:
            return float("nan")
        return float(self.stock[need] / lost)

    def total(self, place: str) -> dict[str, object]:
        """Weighted total of everything that weighs abroad, at home, or both."""
        weights = self.loss.weights(place)
        losses, _ = self._losses(weights, -1)
        return {
            "month": None,
            "product": TOTAL,
            "region": "",
            "segment": "",
            "place": "" if place == TOTAL else place,
            "demand": np.nan,
            "unit": "",
            **losses,
            **self._over_years(weights),
            "months_to_first_shortage": np.nan,
            "binding_none": "",
            "binding_least": "",
            "need_evidence": "",
            "quantity_evidence": "",
            "flags": ("no_base_flow",) * self.new_plants,
        }
