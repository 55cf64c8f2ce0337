"""A run of months by element: what of the demand for it is not served, and when it is short.

With q the tonnes of element e that one unit of demand d holds in the base year (its draws times
their content, as `trace` counts them), u the units asked for in month t and L the share lost,

    loss(e, region, t)  = sum over d of u q L / sum over d of u q
    shortage(e, region, t) = the part of it lost for want of an input that holds e

A car that stops for want of a dysprosium magnet takes neodymium with it, and that magnet holds
both: the loss is a shortage of either. Yttrium in the turbine next to it is lost demand, and no
shortage of yttrium. The binding input is that of `analysis.causes.loss_causes`: one an end use and
month. Where an alternative to it lacks too, as terbium beside dysprosium, the loss is a shortage
of both.

First shortage, time to survive and time to recover are those of `analysis.runs.months_lost`, of the
shortage. Needs that nobody sized hold no tonnes here.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.origins.element_content import ElementNetwork
from supplygraph.analysis.runs.months_lost import Row, RunRows
from supplygraph.engines.timeline import Timeline
from supplygraph.grades import weakest
from supplygraph.tolerances import SAME_LOSS

TONNES = 1e-9
LARGE = 0.2


class Embodied:
    """Tonnes of one element in the base flows of end products.

    Attributes
    ----------
    per_unit
        Tonnes in one unit of every demand; 0 for needs that nobody sized.
    carriers
        Materials that hold the element somewhere in the base year.
    """

    def __init__(self, tracer: Tracer, element: str) -> None:
        baseline, evidence = tracer.month.baseline, tracer.evidence
        graph = baseline.graph
        network = ElementNetwork(graph, baseline.columns, element, baseline.x > 0)
        flows = network.flows(baseline.x)
        inside = flows.inflow[network.home : network.activity].reshape(2, -1).max(axis=0) > TONNES
        self.carriers = frozenset(graph.pools["material"][inside].astype(str))
        tonnes = np.zeros(graph.n_demands)
        self.grades: list[tuple[int, float, str]] = []
        for term, amount in zip(network.terms, flows.amount.tolist(), strict=True):
            demand = term.target
            if demand >= graph.n_demands or evidence.is_nominal(demand, term.entry):
                continue
            tonnes[demand] += amount
            self.grades.append((demand, amount, evidence.need(demand, term.entry)[1]))
        units = baseline.block("demand")
        self.per_unit = np.divide(tonnes, units, out=np.zeros_like(tonnes), where=units > 0)

    def grade(self, demands: np.ndarray) -> str:
        """Weakest grade of the quantities behind a fifth or more of the tonnes."""
        mine = [item for item in self.grades if item[0] in set(demands.tolist())]
        total = sum(amount for _, amount, _ in mine)
        by_grade: dict[str, float] = {}
        for _, amount, grade in mine:
            by_grade[grade] = by_grade.get(grade, 0.0) + amount
        return weakest([grade for grade, amount in by_grade.items() if amount >= LARGE * total > 0])


def elements_of(tracer: Tracer) -> tuple[str, ...]:
    """Elements that some material is tagged with, in order."""
    cells = tracer.month.baseline.graph.pools["element"]
    return tuple(sorted({element for cell in cells for element in cell}))


def element_rows(
    tracer: Tracer, line: Timeline, *, monthly: bool = True, skip: int = 0
) -> pd.DataFrame:
    """Rows of a run by element and region; arguments as of :func:`month_rows`.

    Returns
    -------
    pandas.DataFrame
        Columns of kind ``run-by-element`` in `schema/results.csv`; an element that no product
        of a region holds has no row there.
    """
    work = _ElementRows(RunRows(tracer, line, skip))
    rows: list[Row] = []
    for element in elements_of(tracer):
        embodied = Embodied(tracer, element)
        for region, demands in work.regions(embodied):
            for cover in range(len(line.covers)):
                rows += work.rows(element, region, demands, embodied, cover, monthly)
    return pd.DataFrame(rows)


class _ElementRows:
    def __init__(self, run: RunRows) -> None:
        self.run, self.line, self.skip = run, run.line, run.skip
        self.members: dict[str, list[int]] = {}
        for (_, region, _), demands in run.groups():
            self.members.setdefault(region, []).extend(demands.tolist())

    def regions(self, embodied: Embodied) -> Iterator[tuple[str, np.ndarray]]:
        """Regions with the demands that hold the element."""
        for region in sorted(self.members):
            demands = np.array([d for d in self.members[region] if embodied.per_unit[d] > 0])
            if len(demands):
                yield region, demands

    def rows(
        self,
        element: str,
        region: str,
        demands: np.ndarray,
        embodied: Embodied,
        cover: int,
        monthly: bool,
    ) -> Iterator[Row]:
        """Rows of single months if asked, then one over all months."""
        line = self.line
        asked = line.units[:, demands] * embodied.per_unit[demands]
        asked[: self.skip] = 0.0
        lost = asked * self.run.loss[:, demands, cover]
        short, names = np.zeros_like(lost), np.full(lost.shape, "", dtype=object)
        for row, place in np.argwhere(lost > SAME_LOSS * asked.sum()).tolist():
            demand = int(demands[place])
            product = str(self.run.demands["product"].iat[demand])
            name = names[row, place] = self.run.cause(row, demand, cover, product)[0]
            lacking = self.run.lacking(row, demand, cover, name)
            short[row, place] = lost[row, place] * (not embodied.carriers.isdisjoint(lacking))
        head = {
            "element": element,
            "region": region,
            "rerouting": line.rerouting,
            "rationing": line.rationing,
            "cover": line.covers[cover],
            "unit": "t",
            "quantity_evidence": embodied.grade(demands),
        }
        for row in range(self.skip, len(line.months)) if monthly else ():
            part = slice(row, row + 1)
            yield (
                head
                | {"month": line.months[row], "flags": ()}
                | _served(asked[part], lost[part], short[part], names[part])
                | _no_spell()
            )
        yield (
            head
            | {"month": None}
            | _served(asked, lost, short, names)
            | self._spell(asked, lost, short)
        )

    def _spell(self, asked: np.ndarray, lost: np.ndarray, short: np.ndarray) -> Row:
        whole = asked.sum(axis=1)
        loss, part = (
            np.divide(x.sum(axis=1), whole, out=np.zeros_like(whole), where=whole > 0)
            for x in (lost, short)
        )
        months_lost = float(loss.sum())
        spell = self.run.spell(part, False)
        return spell | {
            "months_lost": 0.0 if months_lost < SAME_LOSS else months_lost,
            "months_short": spell["months_lost"],
            "flags": self.run.flags(part, False),
        }


def _served(asked: np.ndarray, lost: np.ndarray, short: np.ndarray, names: np.ndarray) -> Row:
    """Tonnes asked for, shares of them, and the input for want of which most is lost."""
    demand, missing = float(asked.sum()), float(lost.sum())
    by_input: dict[str, float] = {}
    for name, tonnes in zip(names.ravel(), lost.ravel(), strict=True):
        if name:
            by_input[name] = by_input.get(name, 0.0) + float(tonnes)
    loss = missing / demand if demand > 0 else 0.0
    loss = 0.0 if loss < SAME_LOSS else loss
    return {
        "demand": demand,
        "served": 1.0 - loss,
        "loss": loss,
        "shortage": float(short.sum()) / demand if loss else 0.0,
        "binding_share": float(short.sum()) / missing if loss else np.nan,
        "binding": max(sorted(by_input), key=lambda name: by_input[name], default=""),
    }


def _no_spell() -> Row:
    return {
        "first_shortage": None,
        "months_lost": np.nan,
        "months_short": np.nan,
        "tts_months": np.nan,
        "ttr_months": np.nan,
    }
