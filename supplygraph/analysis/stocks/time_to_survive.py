"""Time to survive against time to recover, after a removal, product by product.

TTS is how long stock carries full service, TTR how long the loss goes on; a product is exposed
if TTS < TTR, and what it loses until then is a share of its demand over the TTR. Two bounds as
everywhere: `none` (nobody reroutes, stocks drawn as the cascade lacks them) and `least` (the
longest, and the least, that any allocation reaches, this row served before all others). The
formulas stand in `engines.stock_depletion` and `engines.full_service`.

A stock nobody states counts as none, so a time is what the figures carry. Where service fails
on the first day for want of a figure and not of a stock, the time is null, flag `no_figure`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.caveats import rests_on_unsized
from supplygraph.analysis.causes.loss_causes import Path, Tracer
from supplygraph.analysis.stocks.stock_cover import demand_groups
from supplygraph.analysis.stocks.time_to_recover import recovery_of
from supplygraph.engines.full_service import Survival, SurvivalProgram
from supplygraph.engines.inventories import Stock, stocks_of
from supplygraph.engines.stock_depletion import Course, course
from supplygraph.engines.timeline import MONTHS_A_YEAR
from supplygraph.errors import UsageError
from supplygraph.grades import weakest
from supplygraph.scenario import Shock
from supplygraph.tolerances import SAME_LOSS
from supplygraph.vocabulary import COVERS, STATIC_REROUTINGS

YEARS = 3  # whose losses are told one by one
LONGEST = 60.0
READING = (
    "exposed if tts_months < ttr_months; under least this row is served before all others, so "
    "nobody should count on it, and no row under least can be added to another"
)
BLIND_TO = (
    "stocks that nobody states (they count as none), demand that falls when prices rise, "
    "shipping time, partial recovery before the TTR, and stock that a holder will not give up"
)


def check_longest(longest: float) -> None:
    """Months above which a time is only a limit are finite and above 0.

    Raises
    ------
    UsageError
        If they are not.
    """
    if not 0 < longest < float("inf"):
        raise UsageError(f"--longest {longest:g}: months are above 0. Write such as 60.")


@dataclass(frozen=True)
class Stopped:
    """What is taken away in one scenario.

    Attributes
    ----------
    name
        As the rows tell it.
    shock
        As the engines read it: of plants, or of the routes out of where they stand.
    graded
        What its grade is read from: the plants named, also where only their exports stop.
    """

    name: str
    shock: Shock
    graded: Shock


def survival_table(
    tracer: Tracer,
    scenarios: Sequence[Stopped],
    *,
    product: str | None = None,
    region: str | None = None,
    ttr: str | float | None = None,
    longest: float = LONGEST,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """TTS, TTR and loss of every product and region, cover and rerouting.

    Parameters
    ----------
    tracer
        Engines of the base year; its weights are those of the total and of its loss under `least`.
    scenarios
        What is taken away in each; `rei` compares them if there are several.
    product, region
        Rows asked for; all if left out.
    ttr
        Months, or the id of a lag; from `lags` if left out.
    longest
        Months above which a time is only said to be longer (flag ``capped``).

    Returns
    -------
    table : pandas.DataFrame
        Columns of kind ``survival`` in `schema/results.csv`.
    warnings : tuple of str

    Raises
    ------
    UsageError
        If the TTR is no time, or the product is not assembled in the region.
    """
    check_longest(longest)
    work = _SharedPrograms(tracer, demand_groups(tracer, product, region), longest)
    rows, notes = [], [f"how to read: {READING}", f"blind to: {BLIND_TO}"]
    for stopped in scenarios:
        recovery = recovery_of(work.graph, stopped.shock, ttr)
        notes += [recovery.note] if recovery.note and recovery.note not in notes else []
        rows += _RemovalRows(work, stopped, recovery.months).rows()
    table = _exposure(pd.DataFrame(rows), len(scenarios))
    unsized = rests_on_unsized(tracer.month, held_back=False)
    return table, (*notes, *work.notes(), *unsized)


def _exposure(table: pd.DataFrame, scenarios: int) -> pd.DataFrame:
    """REI: loss over the largest loss of any scenario, for the same row otherwise."""
    if scenarios < 2:
        return table
    keys = ["cover", "rerouting", "product", "region"]
    worst = table.groupby(keys)["loss_at_ttr"].transform("max")
    return table.assign(rei=(table["loss_at_ttr"] / worst).where(worst > SAME_LOSS))


class _SharedPrograms:
    """What all scenarios share."""

    def __init__(
        self, tracer: Tracer, groups: list[tuple[tuple[str, str], np.ndarray]], longest: float
    ) -> None:
        month = tracer.month
        self.tracer, self.month, self.longest = tracer, month, longest
        self.graph = month.baseline.graph
        self.stocks: tuple[Stock, ...] = stocks_of(month.baseline)
        self.programs = [SurvivalProgram(month.program, self.stocks, k) for k in range(3)]
        self.groups = groups
        self.units = month.baseline.block("demand")
        self.own = {(s.holder, s.material): s for s in self.stocks if s.kind == "product"}
        self.at = {(s.pool): s for s in self.stocks if s.kind == "market"}

    def notes(self) -> list[str]:
        if not self.stocks:
            return ["the dataset states no stock: every time is unknown"]
        assumed = sum(stock.evidence == "D" for stock in self.stocks)
        return [f"{assumed} of {len(self.stocks)} stocks are assumptions (grade D)"]

    def stated(self, demand: int, groups: np.ndarray, cover: int) -> bool:
        """Whether some stock is stated for one of the inputs that stop a demand."""
        row = self.graph.demands.iloc[demand]
        holder, inputs = f"{row['product']}@{row['market']}", self.graph.inputs
        for entry in np.flatnonzero(np.isin(inputs.group, groups)):
            pool = int(inputs.pool[entry])
            material = str(self.graph.pools["material"].iat[pool])
            for stock in (self.own.get((holder, material)), self.at.get(pool)):
                if stock is not None and not np.isnan(stock.months[cover]):
                    return True
        return False


class _RemovalRows:
    """Rows of what is taken away in one scenario."""

    def __init__(self, work: _SharedPrograms, stopped: Stopped, ttr: float) -> None:
        self.work, self.name, self.ttr = work, stopped.name, ttr
        month = work.month
        self.shock = month.shock.with_(stopped.shock)
        until = max(work.longest, MONTHS_A_YEAR * YEARS, 0.0 if np.isnan(ttr) else ttr)
        self.courses = [
            course(month.cascade, self.shock, work.stocks, k, until) for k in range(len(COVERS))
        ]
        self.levels = month.cascade.levels([self.shock])
        self.cut = work.tracer.binding.cut(self.shock)
        plants = set(work.graph.activities["id"][stopped.graded.activity < 1])
        self.removed = work.tracer.evidence.removed(stopped.graded, len(plants) > 1)

    def rows(self) -> list[dict[str, Any]]:
        found = [
            self._row(key, demands, cover, rerouting)
            for key, demands in self.work.groups
            for cover in range(len(COVERS))
            for rerouting in STATIC_REROUTINGS
        ]
        if len(self.work.groups) > 1:
            found += [
                self._total(cover, rerouting)
                for cover in range(len(COVERS))
                for rerouting in STATIC_REROUTINGS
            ]
        return found

    def _row(
        self, key: tuple[str, str], demands: np.ndarray, cover: int, rerouting: str
    ) -> dict[str, Any]:
        work = self.work
        units = work.units[demands]
        path, worst = self._path(demands)
        nominal = path is not None and work.tracer.evidence.is_nominal(worst, path.need)
        if nominal and rerouting == "least":
            months, stock, lost, flags = np.nan, None, np.full(len(demands), np.nan), ["nominal"]
        else:
            weights = units / units.sum()
            months, stock, lost, flags = self._answer(demands, weights, cover, rerouting)
            flags += ["nominal"] * nominal
        table, first = work.graph.demands, int(demands[0])
        value = float(table["value_usd"].iat[first])
        years = self._years(demands, units / units.sum(), cover, rerouting)
        lost_units = float(units @ lost) * self.ttr / 12
        counted = table["basis"].iat[first] == "counted"
        row = self._times(key, cover, rerouting, months, flags)
        return row | {
            "loss_at_ttr": _clean(float(units @ lost) / float(units.sum())),
            **years,
            "lost_units": _clean(lost_units),
            "unit": str(table["unit"].iat[first]),
            "lost_usd": _clean(lost_units * value) if counted else np.nan,
            "rei": np.nan,
            "runs_out": f"{stock.material} held by {stock.holder}" if stock else "",
            "evidence": self._evidence(worst, path, stock),
            "flags": tuple(flags),
        }

    def _total(self, cover: int, rerouting: str) -> dict[str, Any]:
        """All demands that weigh, at once."""
        work = self.work
        weights = work.month.weights
        demands = np.flatnonzero((weights > 0) & (work.units > 0))
        if not len(demands):
            months, stock, lost, flags = np.nan, None, np.zeros(0), ["no_weight"]
        else:
            months, stock, lost, flags = self._answer(demands, weights[demands], cover, rerouting)
        table = work.graph.demands.iloc[demands]
        value = table["value_usd"].where(table["basis"] == "counted").to_numpy(float)
        usd = np.where(lost > SAME_LOSS, work.units[demands] * lost * value * self.ttr / 12, 0.0)
        loss = float(weights[demands] @ lost) if len(demands) else np.nan
        row = self._times(("total", ""), cover, rerouting, months, flags)
        return row | {
            "loss_at_ttr": _clean(loss),
            **self._years(demands, weights[demands], cover, rerouting),
            "lost_units": np.nan,
            "unit": "",
            "lost_usd": _clean(float(usd.sum())) if not np.isnan(self.ttr) else np.nan,
            "rei": np.nan,
            "runs_out": f"{stock.material} held by {stock.holder}" if stock else "",
            "evidence": weakest([self.removed, *(s.evidence for s in work.stocks)]),
            "flags": tuple(flags),
        }

    def _years(
        self, demands: np.ndarray, weights: np.ndarray, cover: int, rerouting: str
    ) -> dict[str, float]:
        """Months of output lost in each year if nobody reroutes; under least NaN: many ways."""
        lost = np.full(YEARS, np.nan)
        if rerouting == "none" and len(demands):
            path, full = self.courses[cover], self.work.month.served_none
            ends = [MONTHS_A_YEAR * year for year in range(1, YEARS + 1)]
            until = [end * float(weights @ path.lost(full, end)[demands]) for end in ends]
            lost = np.diff(until, prepend=0.0)
        return {f"months_lost_year_{k}": _clean(year) for k, year in enumerate(lost, 1)}

    def _times(
        self, key: tuple[str, str], cover: int, rerouting: str, months: float, flags: list[str]
    ) -> dict[str, Any]:
        longest = self.work.longest
        if months > longest:
            months = longest
            flags.append("capped")
        gap = max(self.ttr - months, 0.0) if not np.isnan([self.ttr, months]).any() else np.nan
        if "capped" in flags and self.ttr > longest:
            gap = np.nan
        return {
            "removed": self.name,
            "product": key[0],
            "region": key[1],
            "cover": COVERS[cover],
            "rerouting": rerouting,
            "tts_months": months,
            "ttr_months": self.ttr,
            "gap_months": gap,
            "exposed": None if np.isnan(gap) else bool(gap > SAME_LOSS),
        }

    def _answer(
        self, demands: np.ndarray, weights: np.ndarray, cover: int, rerouting: str
    ) -> tuple[float, Stock | None, np.ndarray, list[str]]:
        """TTS, the stock that decides, and the share each demand loses until the TTR."""
        work = self.work
        full = work.month.served_none
        course_ = self.courses[cover]
        months, step = course_.first_short(demands, full)
        unknown = np.full(len(demands), np.nan)
        lost = unknown if np.isnan(self.ttr) else course_.lost(full, self.ttr)[demands]
        if rerouting == "least" and np.isfinite(months):
            survival, lost = self._least(demands, weights, cover)
            months, step = survival.months, -1
            stock = work.stocks[survival.decides] if survival.decides >= 0 else None
            if np.isnan(months):
                months, step, stock = 0.0, 0, None
        else:
            stock = self._emptied(course_, step, demands) if step > 0 else None
        if months <= SAME_LOSS and not self._stated(course_, demands, cover):
            return float("nan"), None, lost, ["no_figure"]
        return months, stock if months <= work.longest else None, lost, []

    def _least(
        self, demands: np.ndarray, weights: np.ndarray, cover: int
    ) -> tuple[Survival, np.ndarray]:
        program = self.work.programs[cover]
        survival = program.longest(self.shock, demands)
        if np.isnan(self.ttr):
            return survival, np.full(len(demands), np.nan)
        if survival.months >= self.ttr:
            return survival, np.zeros(len(demands))
        return survival, program.lost(self.shock, self.ttr, demands, weights)[demands]

    def _stated(self, course_: Course, demands: np.ndarray, cover: int) -> bool:
        """Whether each demand short on the first day has a stated stock of what it lacks."""
        work, full = self.work, self.work.month.served_none
        inputs, first = work.graph.inputs, work.graph.n_activities
        for demand in demands[course_.served[0][demands] < full[demands] - SAME_LOSS]:
            groups = np.unique(inputs.group[inputs.user == first + demand])
            lack = groups[(self.levels.kind[groups, 0] < 1 - SAME_LOSS)]
            lack = lack[work.month.cascade.limits[lack]]
            if not work.stated(int(demand), lack, cover):
                return False
        return True

    def _emptied(self, course_: Course, step: int, demands: np.ndarray) -> Stock | None:
        """Of the stocks that ran out at a step, the product's own first, then by holder."""
        work = self.work
        table = work.graph.demands
        own = {f"{table['product'].iat[d]}@{table['market'].iat[d]}" for d in demands}
        found = [work.stocks[k] for k in course_.emptied[step]]
        return min(found, key=lambda s: (s.holder not in own, s.holder, s.material), default=None)

    def _path(self, demands: np.ndarray) -> tuple[Path | None, int]:
        served = self.levels.user[self.work.graph.n_activities + demands, 0]
        worst = int(demands[served.argmin()])
        return self.work.tracer.binding.under_none(worst, self.cut, self.levels), worst

    def _evidence(self, demand: int, path: Path | None, stock: Stock | None) -> str:
        """Weakest grade of the need, the recipes on the way, the removal and the stock."""
        if path is None:
            return ""
        grades = [self.work.tracer.evidence.path(demand, path), self.removed]
        return weakest([*grades, stock.evidence if stock else ""])


def _clean(value: float) -> float:
    return 0.0 if abs(value) < SAME_LOSS else float(value)
