"""What duties and leaks of a scenario cost: rate x price x flow, arc by arc.

    value = price x tonnes,   duty = rate x value,   premium = rise x value

Tonnes are those of the run when nobody reroutes, at central stocks; a single flow of a least
allocation is one of many and is not read. Prices are those on record in US dollars, export
prices first, the last at or before the month, else the first after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from supplygraph.analysis.runs.scenario_runs import pace_of
from supplygraph.baseline import Baseline
from supplygraph.dataset import Dataset
from supplygraph.dataset.prices import Price, PriceBook
from supplygraph.engines.timeline import run_months
from supplygraph.errors import UsageError
from supplygraph.grades import weakest
from supplygraph.hints import did_you_mean
from supplygraph.scenario.bounds import compose
from supplygraph.scenario.model import Scenario
from supplygraph.scenario.month_arrays import Bounds, Setter

GIVEN = "given by the user"
COLUMNS = (
    "id",
    "month",
    "material",
    "from",
    "to",
    "rate",
    "premium",
    "quantity",
    "unit",
    "price_usd_per_t",
    "price_basis",
    "value_usd",
    "duty_usd",
    "premium_usd",
    "set_by",
    "evidence",
    "flags",
)
SUMS = ("quantity", "value_usd", "duty_usd", "premium_usd")


class _Prices:
    """Prices of one month from the dataset, with those that a user gives instead."""

    def __init__(self, dataset: Dataset, month: str, given: Mapping[str, float]) -> None:
        self.given, self.book = dict(given), PriceBook(dataset, month)

    def of(self, material: str) -> Price | None:
        """Price of a material; None if there is none."""
        if material in self.given:
            return Price(self.given[material], self.given[material], GIVEN, "D")
        return self.book.of(material)


def parse_prices(dataset: Dataset, texts: Iterable[str]) -> dict[str, float]:
    """Prices as text, ``MATERIAL=USD_PER_TONNE``.

    Raises
    ------
    UsageError
        If one is not of this form, or names no material.
    """
    known = set(dataset["materials"]["id"])
    found: dict[str, float] = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = float("nan")
        if not 0 < found[name] < float("inf"):
            raise UsageError(f"--price '{text}': write --price ndfeb-hre=48000.")
        if name not in known:
            raise UsageError(f"--price: no material '{name}'. {did_you_mean(name, known)}")
    return found


def duty_table(
    baseline: Baseline, scenario: Scenario, *, prices: Mapping[str, float], by_month: bool = False
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Duties and premiums of every arc that bears one, and their total.

    Parameters
    ----------
    baseline
        Balanced base year.
    scenario
        With all measures written out.
    prices
        US dollars a tonne by material, in place of those on record.
    by_month
        Give rows of single months too.

    Returns
    -------
    table : pandas.DataFrame
        Columns of kind ``duties`` in `schema/results.csv`; the last row is the total.
    warnings : tuple of str
    """
    dataset = baseline.graph.dataset
    bounds = compose(baseline.graph, baseline, scenario)
    pace, notes = pace_of(dataset, scenario)
    line = run_months(baseline, bounds, rerouting="none", pace=pace, covers=("central",))
    rows = _rows(
        baseline, bounds, line.arc_tonnes[:, :, 0], _Prices(dataset, bounds.months[0], prices)
    )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    whole = _wholes(table)
    parts = [whole, table] if by_month else [whole]
    notes = (*notes, *bounds.idle, *_unpriced(table))
    told = pd.concat([*parts, _total(whole)], ignore_index=True)
    return told.assign(set_by=[", ".join(map(str, who)) for who in told["set_by"]]), notes


def _rows(
    baseline: Baseline, bounds: Bounds, tonnes: np.ndarray, prices: _Prices
) -> list[dict[str, Any]]:
    """One row per month and arc that bears a duty or a premium and carries something."""
    graph = baseline.graph
    arcs, pools = graph.arcs, graph.pools
    market, unit = pools["market"].to_numpy(), pools["unit"].to_numpy()
    setters: dict[tuple[str, str], list[tuple[tuple[Setter, ...], str]]] = {}
    for bound in bounds.applied:
        if bound.block in ("duty", "premium"):
            key = (bound.month, bound.entity)
            setters.setdefault(key, []).append((bound.setters, bound.evidence))
    rows = []
    bears = ((bounds.duty > 0) | (bounds.premium > 0)) & (tonnes > 0)
    for row, arc in np.argwhere(bears).tolist():
        month, name = bounds.months[row], str(arcs["id"].iat[arc])
        start, end = int(arcs["origin"].iat[arc]), int(arcs["destination"].iat[arc])
        material, quantity = str(arcs["material"].iat[arc]), float(tonnes[row, arc])
        price = prices.of(material) if str(unit[start]).startswith("t_") else None
        rate, rise = float(bounds.duty[row, arc]), float(bounds.premium[row, arc])
        each = (price.low + price.high) / 2 if price else None
        value = None if each is None else quantity * each
        set_by = setters.get((month, name), [])
        grades = [grade for _, grade in set_by] + ([price.evidence] if price else [])
        rows.append(
            {
                "id": name,
                "month": month,
                "material": material,
                "from": market[start],
                "to": market[end],
                "rate": rate,
                "premium": rise,
                "quantity": quantity,
                "unit": unit[start],
                "price_usd_per_t": each,
                "price_basis": price.basis if price else "",
                "value_usd": value,
                "duty_usd": None if value is None else rate * value,
                "premium_usd": None if value is None else rise * value,
                "set_by": tuple(dict.fromkeys(who for found, _ in set_by for who in found)),
                "evidence": weakest([*grades, "calc"]),
                "flags": price.flags if price else (),
            }
        )
    return rows


def _wholes(table: pd.DataFrame) -> pd.DataFrame:
    """One row per arc over the run; rates weighted by tonnes, an unpriced arc without a sum."""
    rows = []
    for _, group in table.groupby("id", sort=True):
        first, tonnes = group.iloc[0], group["quantity"].to_numpy(dtype=float)
        sums = {name: group[name].astype(float).sum(skipna=False) for name in SUMS}
        rows.append(
            {
                **first.to_dict(),
                **sums,
                "month": None,
                "rate": float(group["rate"] @ tonnes / tonnes.sum()),
                "premium": float(group["premium"] @ tonnes / tonnes.sum()),
                "set_by": tuple(dict.fromkeys(who for found in group["set_by"] for who in found)),
                "evidence": weakest(list(group["evidence"])),
            }
        )
    order = pd.DataFrame(rows, columns=list(COLUMNS))
    return order.sort_values(["duty_usd", "id"], ascending=[False, True], na_position="last")


def _total(whole: pd.DataFrame) -> pd.DataFrame:
    """What is priced, added up; rates of different goods have no sum."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    row |= {name: float(whole[name].astype(float).sum()) for name in SUMS[1:]}
    row |= {name: "" for name in COLUMNS if name in _TEXTS}
    grades = list(whole.loc[whole["value_usd"].notna(), "evidence"])
    row |= {"id": "total", "evidence": weakest([*grades, "calc"]), "flags": ()}
    return pd.DataFrame([row], columns=list(COLUMNS))


_TEXTS = ("material", "from", "to", "unit", "price_basis", "set_by")


def _unpriced(table: pd.DataFrame) -> tuple[str, ...]:
    bare = table[table["value_usd"].isna()]
    if bare.empty:
        return ()
    names = ", ".join(sorted(set(bare["material"])))
    return (
        f"no price in US dollars on record, so left out of the total: {names}. "
        "Give one, such as --price ndfeb-hre=48000.",
    )
