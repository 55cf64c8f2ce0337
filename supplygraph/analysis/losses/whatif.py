"""What a removal does to every product and region, under both bounds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.caveats import other_month
from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.losses.chokepoints import SHORT
from supplygraph.analysis.losses.entities import idle_activities
from supplygraph.scenario import Shock
from supplygraph.tolerances import SAME_LOSS


def whatif(
    tracer: Tracer, shock: Shock, *, rerouting: str = "both", rationing: str = "value"
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Losses by product, region and segment under a shock, then the weighted total.

    Parameters
    ----------
    tracer
        Engines of a month, with causes and grades.
    shock
        What is taken away.
    rerouting
        ``none``, ``least`` or ``both``.
    rationing
        Rationing of ``least``.

    Returns
    -------
    table : pandas.DataFrame
        Columns of docs/design.md#columns, ``month`` empty.
    warnings : tuple of str
    """
    work = _Whatif(tracer, shock, rerouting, rationing)
    rows = [work.row(key, index) for key, index in tracer.rows]
    table = pd.DataFrame([*rows, work.total()])
    return table, work.warnings


class _Whatif:
    def __init__(self, tracer: Tracer, shock: Shock, rerouting: str, rationing: str) -> None:
        month = tracer.month
        self.month, self.tracer = month, tracer
        self.shock = month.shock.with_(shock)
        self.graph = month.baseline.graph
        self.demands, self.units = self.graph.demands, month.baseline.block("demand")
        self.levels = month.cascade.levels([self.shock])
        n = self.graph.n_demands
        served = month.cascade.served(self.levels)[:, 0]
        self.none = np.clip(month.served_none - served, 0.0, 1.0)
        self.least = np.full(n, np.nan)
        self.rationing, self.answer = rationing, None
        self.warnings = tracer.left_out + other_month(month, least=rerouting != "none")
        if rerouting != "none":
            self.answer = month.program.solve(shock, rationing)
            self.least = month.program.reference.served - self.answer.served
            self.warnings += self.answer.warnings
        if rerouting == "least":
            self.none = np.full(n, np.nan)
        self.hit = np.nan_to_num(self.none)
        self.binding, self.evidence = tracer.binding, tracer.evidence
        self.new_plants = self._removes_new_plants(shock)
        self.stock = tracer.stock
        self.cut = self.binding.cut(self.shock)
        self.unit = [str(unit) for unit in self.demands["unit"]]

    def _removes_new_plants(self, shock: Shock) -> bool:
        """Whether plants go that had no flow in the base year: only `least` can miss them."""
        idle = idle_activities(self.month.baseline)
        return self.answer is not None and bool(
            (idle & (shock.activity < 1) & (self.month.program.activity_upper > 0)).any()
        )

    def row(self, key: tuple[str, str, str], rows: np.ndarray) -> dict[str, object]:
        units = self.units[rows]
        share = units / units.sum()
        none, least = (_clean(float(loss[rows] @ share)) for loss in (self.none, self.least))
        worst = int(rows[self.hit[rows].argmax()])
        path = self.binding.under_none(worst, self.cut, self.levels)
        nominal = path is not None and self.evidence.is_nominal(worst, path.need)
        need, quantity = self.evidence.need(worst, path.need) if path else self._grades(key[0])
        flags = []
        if least > none + 1e-6:
            flags.append("no_base_flow" if self.new_plants else "outbid")
        if nominal:
            flags.append("nominal")
        return {
            "month": None,
            "product": key[0],
            "region": key[1],
            "segment": key[2],
            "demand": float(units.sum()),
            "unit": self.unit[worst],
            "loss_none": none,
            "loss_least": np.nan if nominal else least,
            "months_to_first_shortage": self._months(worst, path.need if path else -1),
            "binding_none": path.material if path and none > SAME_LOSS else "",
            "binding_least": self._binding_least(rows, least),
            "need_evidence": need,
            "quantity_evidence": quantity,
            "flags": tuple(flags),
        }

    def _grades(self, product: str) -> tuple[str, str]:
        return self.evidence.products.get(product, ("", ""))

    def _months(self, demand: int, need: int) -> float:
        if need < 0 or not self.none[demand] >= SHORT:
            return float("nan")
        return float(self.stock[need] / self.none[demand])

    def _binding_least(self, rows: np.ndarray, least: float) -> str:
        if self.answer is None or not least > SAME_LOSS:
            return ""
        worst = int(rows[self.least[rows].argmax()])
        return self.binding.under_least(worst, self.cut, self.answer) or ""

    def total(self) -> dict[str, object]:
        """Weighted total of everything that weighs."""
        weights = self.month.weights
        none, least = (_clean(float(weights @ loss)) for loss in (self.none, self.least))
        if not weights.sum() > 0:
            none = least = np.nan  # nothing weighs: no total, which is not a loss of 0
        flags = []
        if least > none + 1e-6:
            flags += ["no_base_flow"] * self.new_plants + ["rationed"] * (self.rationing != "value")
        return {
            "month": None,
            "product": "total",
            "region": "",
            "segment": "",
            "demand": np.nan,
            "unit": "",
            "loss_none": none,
            "loss_least": least,
            "months_to_first_shortage": np.nan,
            "binding_none": "",
            "binding_least": "",
            "need_evidence": "",
            "quantity_evidence": "",
            "flags": tuple(flags),
        }


def _clean(value: float) -> float:
    return 0.0 if abs(value) < 1e-12 else value
