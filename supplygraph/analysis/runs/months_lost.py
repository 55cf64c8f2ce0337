"""What a run of months says about each product and region: first shortage, months lost.

With u the units of a demand asked for in month t, L the share of them not served, and w its weight
a unit (its weight over its units in the base year, so that a unit keeps its worth when demand
grows),

    loss of a row   sum of u L / sum of u, over its demands and months
    loss of a total sum of w u L / sum of w u

hence a total over one product is the loss of that product, in a month and over all of them. With
loss_t that of month t alone, and t0 the first month of shock: the first in which less than the
base is left, or, if what is short comes before it, in which more than the base is asked for,

    first_shortage  first month in which more than 0.5 % is lost
    months_lost     sum of loss_t, in months of output
    tts             months from t0 to the first shortage, the first short month by the part of
                    it that its loss, against the month after, leaves in full
    ttr             months from t0 to the end of the last short month; none if still short

Neither of the last two has a value if nothing in the scenario precedes the shortage, as when a
plant closes by its own dates.

Each is a range over how much is in stock (low, central, high), never one number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.engines.timeline import MONTHS_A_YEAR, Timeline
from supplygraph.grades import weakest
from supplygraph.tolerances import SAME_LOSS

SHORT = 5e-3
Row = dict[str, Any]
Key = tuple[str, str, str]


def month_rows(
    tracer: Tracer, line: Timeline, *, monthly: bool = True, skip: int = 0
) -> pd.DataFrame:
    """Rows of a run: one a month and demand group, then one a group over all months.

    Parameters
    ----------
    tracer
        Engines, causes and grades; its weights form the totals, its product and region
        choose the rows.
    line
        The run.
    monthly
        Whether to give the rows of single months.
    skip
        Months at the beginning that only set the stage and are not counted.

    Returns
    -------
    pandas.DataFrame
        Columns of docs/design.md#columns; rows over all months have an empty
        ``month``.
    """
    work = RunRows(tracer, line, skip)
    rows: list[Row] = []
    for cover in range(len(line.covers)):
        groups = list(work.groups())
        if monthly:
            rows += [
                work.month(key, members, row, cover)
                for row in range(skip, len(line.months))
                for key, members in groups
            ]
            rows += [work.total_of(row, cover) for row in range(skip, len(line.months))]
        rows += [work.over_all(key, members, cover) for key, members in groups]
        rows.append(work.total(cover))
    return pd.DataFrame(_with_graded_totals(rows))


def _with_graded_totals(rows: Sequence[Row]) -> Iterator[Row]:
    """The same rows, each total with the weakest grades of the rows that lose something in it."""
    behind: dict[tuple[Any, Any], list[Row]] = {}
    for row in rows:
        if row["product"] != "total" and row["loss"] > 0:
            behind.setdefault((row["month"], row["cover"]), []).append(row)
    for row in rows:
        if row["product"] != "total":
            yield row
            continue
        losing = behind.get((row["month"], row["cover"]), [])
        names = ("need_evidence", "quantity_evidence")
        yield row | {name: weakest(one[name] for one in losing) for name in names}


class RunRows:
    """Losses of a run with their causes, by month and demand."""

    def __init__(self, tracer: Tracer, line: Timeline, skip: int) -> None:
        self.tracer, self.line, self.skip = tracer, line, skip
        self.graph = tracer.month.baseline.graph
        self.demands = self.graph.demands
        self.base = tracer.month.baseline.block("demand")
        self.worth = _worth(line, tracer.month.weights, self.base)
        self.weighs = bool(tracer.month.weights.sum() > 0)
        self.loss = 1.0 - line.served
        self.loss[self.loss < 1e-12] = 0.0
        self.shocks = (line.bounds.first_cut, line.bounds.first_rise)
        self.cuts = [tracer.binding.cut(shock) for shock in line.shocks]
        self._paths: dict[tuple[int, int, int], tuple[str, str, str, bool]] = {}

    def groups(self) -> Iterator[tuple[Key, np.ndarray]]:
        """Demands by product, region and segment, in order; only those asked for."""
        keys: dict[Key, list[int]] = {}
        asked = (self.tracer.month.product, self.tracer.month.region)
        columns = (self.demands[name] for name in ("product", "region", "segment"))
        for index, key in enumerate(zip(*columns, strict=True)):
            wanted = all(a in (None, k) for a, k in zip(asked, key, strict=False))
            if wanted and self.base[index] > 0:
                keys.setdefault(key, []).append(index)
        for key in sorted(keys):
            yield key, np.array(keys[key])

    def head(self, month: str | None, key: Key, cover: int) -> Row:
        """Month, product, region, segment and the run's own words."""
        line = self.line
        return {
            "month": month,
            "product": key[0],
            "region": key[1],
            "segment": key[2],
            "rerouting": line.rerouting,
            "rationing": line.rationing,
            "cover": line.covers[cover],
        }

    def month(self, key: Key, members: np.ndarray, row: int, cover: int) -> Row:
        """One group in one month."""
        units = self.line.units[row, members]
        loss = float(_mean(self.loss[row, members, cover], units))
        worst = int(members[self.loss[row, members, cover].argmax()])
        binding, need, quantity, nominal = self.cause(row, worst, cover, key[0])
        flags = ("nominal",) if nominal else ()
        hidden = nominal and self.line.rerouting != "none"
        return self.head(self.line.months[row], key, cover) | {
            "demand": float(units.sum()),
            "unit": str(self.demands["unit"].iat[worst]),
            "served": np.nan if hidden else 1.0 - loss,
            "loss": np.nan if hidden else loss,
            "binding": binding,
            "need_evidence": need,
            "quantity_evidence": quantity,
            "flags": flags,
            "first_shortage": None,
            "months_lost": np.nan,
            "tts_months": np.nan,
            "ttr_months": np.nan,
        }

    def cause(self, row: int, demand: int, cover: int, product: str) -> tuple[str, str, str, bool]:
        """Binding material, both grades, and whether nobody sized the need."""
        evidence = self.tracer.evidence
        grades = evidence.products.get(product, ("", ""))
        if not self.loss[row, demand, cover] > SAME_LOSS:
            return ("", *grades, False)
        key = (row, demand, cover)
        if key not in self._paths:
            binding, cut = self.tracer.binding, self.cuts[row]
            if self.line.rerouting == "none":
                path = binding.under_none(demand, cut, self.line.levels[row].column(cover))
                if path is None:
                    self._paths[key] = ("", *grades, False)
                else:
                    nominal = evidence.is_nominal(demand, path.need)
                    grade = evidence.need(demand, path.need)
                    self._paths[key] = (path.material, *grade, nominal)
            else:
                name = binding.under_least(demand, cut, self.line.answers[row][cover]) or ""
                self._paths[key] = (name, *grades, evidence.unsized(product))
        return self._paths[key]

    def lacking(self, row: int, demand: int, cover: int, material: str) -> frozenset[str]:
        """The material that binds, with alternatives that lack as well."""
        if self.line.rerouting == "none":
            lacks = self.line.levels[row].column(cover).home[:, 0] < 1.0 - SAME_LOSS
        else:
            lacks = self.line.answers[row][cover].price > 0
        return self.tracer.binding.lacking_with(demand, material, self.cuts[row], lacks)

    def over_all(self, key: Key, members: np.ndarray, cover: int) -> Row:
        """One group over all months."""
        whole = self.line.units[:, members].sum(axis=1)
        loss = self._loss(members, cover)
        whole[: self.skip] = 0.0
        demand = float(whole.sum())
        worst_row = int(loss.argmax())
        first = self._first_short(loss)
        row = first if first is not None else worst_row
        worst = int(members[self.loss[row, members, cover].argmax()])
        binding, need, quantity, nominal = self.cause(row, worst, cover, key[0])
        lost = float(_mean(loss, whole))
        hidden = nominal and self.line.rerouting != "none"
        return (
            self.head(None, key, cover)
            | {
                "demand": demand,
                "unit": str(self.demands["unit"].iat[worst]),
                "served": np.nan if hidden else 1.0 - lost,
                "loss": np.nan if hidden else lost,
                "binding": binding,
                "need_evidence": need,
                "quantity_evidence": quantity,
                "flags": self.flags(loss, nominal),
            }
            | self.spell(loss, hidden)
        )

    def _loss(self, members: np.ndarray, cover: int) -> np.ndarray:
        """Loss of one group in every month; 0 in those that only set the stage."""
        loss = _mean(self.loss[:, members, cover], self.line.units[:, members])
        loss[: self.skip] = 0.0
        return loss

    def loss_by_month(self, members: np.ndarray, cover: int) -> np.ndarray:
        """Loss of one group in every month that counts."""
        return self._loss(members, cover)[self.skip :]

    def total_by_month(self, cover: int) -> np.ndarray:
        """Weighted total in every month that counts."""
        return self._weighted(cover)[self.skip :]

    def _first_short(self, loss: np.ndarray) -> int | None:
        short = np.flatnonzero(loss > SHORT)
        return int(short[0]) if len(short) else None

    def flags(self, loss: np.ndarray, nominal: bool) -> tuple[str, ...]:
        """Whether nobody sized the need, and whether the run ends short."""
        return ("nominal",) * nominal + ("not_recovered",) * bool(loss[-1] > SHORT)

    def spell(self, loss: np.ndarray, hidden: bool) -> Row:
        """First shortage, months lost, time to survive and to recover."""
        first = self._first_short(loss)
        empty: Row = {
            "first_shortage": None,
            "months_lost": np.nan,
            "tts_months": np.nan,
            "ttr_months": np.nan,
        }
        if hidden:
            return empty
        lost = float(loss.sum())
        if first is None:
            return empty | {"months_lost": 0.0 if lost < SAME_LOSS else lost}
        found = {"first_shortage": self.line.months[first], "months_lost": lost}
        start = next((s for s in self.shocks if s is not None and s <= first), None)
        if start is None:
            return empty | found
        last = int(np.flatnonzero(loss > SHORT)[-1])
        recovered = float(last + 1 - start) if last < len(loss) - 1 else np.nan
        survived = first - start + full_part(loss, first)
        return empty | found | {"tts_months": survived, "ttr_months": recovered}

    def _weighted(self, cover: int) -> np.ndarray:
        loss = _mean(self.loss[:, :, cover], self.worth)
        if not self.weighs:  # a total of nothing is no loss of nothing
            loss[:] = np.nan
        loss[: self.skip] = 0.0
        return loss

    def total_of(self, row: int, cover: int) -> Row:
        """Weighted total of one month."""
        return self._total(self.line.months[row], cover, float(self._weighted(cover)[row]))

    def total(self, cover: int) -> Row:
        """Weighted total over all months."""
        loss = self._weighted(cover)
        whole = self.worth.sum(axis=1)
        mean = float(_mean(loss[self.skip :], whole[self.skip :])) if self.weighs else np.nan
        row = self._total(None, cover, mean)
        return row | self.spell(loss, not self.weighs) | {"flags": self.flags(loss, False)}

    def _total(self, month: str | None, cover: int, loss: float) -> Row:
        return self.head(month, ("total", "", ""), cover) | {
            "demand": np.nan,
            "unit": "",
            "served": 1.0 - loss,
            "loss": loss,
            "binding": "",
            "need_evidence": "",
            "quantity_evidence": "",
            "flags": (),
            "first_shortage": None,
            "months_lost": np.nan,
            "tts_months": np.nan,
            "ttr_months": np.nan,
        }


def _worth(line: Timeline, weights: np.ndarray, base: np.ndarray) -> np.ndarray:
    """What is asked for in every month, each demand by its weight a unit."""
    a_unit = np.divide(weights, base, out=np.zeros_like(weights), where=base > 0)
    return line.units * a_unit * MONTHS_A_YEAR


def _mean(loss: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Share lost of all that is asked for along the last axis; 0 where nothing is."""
    whole = np.asarray(asked.sum(axis=-1))
    lost = np.asarray((asked * loss).sum(axis=-1))
    return np.divide(lost, whole, out=np.zeros_like(lost), where=whole > 0)


def full_part(loss: np.ndarray, first: int) -> float:
    """Part of the first short month that is still served in full.

    A stock that ends inside a month leaves the rest of it at the loss of the month after.

    Examples
    --------
    >>> full_part(np.array([0.0, 0.1, 0.5]), 1)
    0.8
    """
    rate = float(loss[first + 1]) if first + 1 < len(loss) else 1.0
    return max(0.0, 1.0 - float(loss[first]) / max(rate, float(loss[first])))
