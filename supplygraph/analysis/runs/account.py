"""Both sides of a scenario: what the exporter does not sell, and the output that importers lose.

For arc a out of the exporter's market in month t, with base flow B of the base year,

    base(a, t)      = B(a) / 12 x scale(t)                    season and growth of the run
    not_sold(a, t)  = base - flow of the run                  under `none`
                    = base x (1 - min(1, cap of the arc))     under `least` and `qualified`

Under `none` the flow of the run is one number. Under `least` many flows serve the same demand, so
none of them is the exporter's; what the measures keep from crossing the border is the least that
is not sold. Where plants of the exporter are cut that least is unknown and left blank. An
importer's loss is units x (1 - served) x value of a unit, for counted products.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.runs.customs import CHINA, MAGNET, record_of
from supplygraph.analysis.runs.scenario_runs import applied_by, lines_of, setting_of
from supplygraph.baseline import Baseline
from supplygraph.dataset.names import full_names
from supplygraph.dataset.prices import PriceBook
from supplygraph.engines.timeline import MONTHS_A_YEAR, Timeline
from supplygraph.errors import UsageError
from supplygraph.grades import weakest
from supplygraph.graph import SupplyGraph
from supplygraph.hints import did_you_mean
from supplygraph.scenario.model import Scenario

LEVELS = {
    "total": ((),),
    "group": ((), ("group",)),
    "region": ((), ("group",), ("region", "group")),
    "item": ((), ("group",), ("region", "group"), ("region", "group", "item")),
}
ORDER = (
    "side",
    "group",
    "region",
    "item",
    "month",
    "rerouting",
    "cover",
    "base",
    "quantity",
    "unit",
    "value_low_usd",
    "value_high_usd",
    "per_dollar_low",
    "per_dollar_high",
    "unpriced",
    "source",
    "evidence",
    "flags",
)
NOTHING = 1e-9  # of the base: less is rounding
TOTAL = "total"
LEFT_OUT = (
    "left out: what the exporter gains from higher prices, its exports of other goods, duties, "
    "sales from stock by others, and what either side does later; values are output, no profit",
    "of two bounds none is the flow as scheduled; under least and qualified the exporter's side is "
    "what the measures keep from crossing the border, the least that is not sold",
)


def account_table(
    tracer: Tracer,
    scenario: Scenario,
    *,
    exporter: str = CHINA,
    rerouting: str = "both",
    rationing: str | None = None,
    covers: Sequence[str] = ("low", "central", "high"),
    by: str = "group",
    by_month: bool = False,
) -> tuple[pd.DataFrame, tuple[str, ...], tuple[str, ...]]:
    """Both sides of a scenario in one table.

    Parameters
    ----------
    tracer
        Engines, weights and grades.
    scenario
        With all measures written out.
    exporter
        Market whose exports are counted.
    rerouting, rationing, covers
        As in `run_scenario`.
    by
        ``total``, ``group`` (stage or sector), ``region`` (and group) or ``item`` (material or
        product); each holds the coarser rows too.
    by_month
        Give the rows of single months too.

    Returns
    -------
    table : pandas.DataFrame
        Columns of kind ``account`` in `schema/results.csv`. Rows of single parts that lose
        nothing are left out; totals stay.
    warnings : tuple of str
    applied : tuple of str
        What set bounds, in which months and on how many entities.

    Raises
    ------
    UsageError
        If the exporter, the rerouting or the level is unknown.
    """
    if by not in LEVELS:
        raise UsageError(f"--by '{by}' is not known. {did_you_mean(by, LEVELS)}")
    baseline = tracer.month.baseline
    market = market_of(baseline.graph, exporter)
    setting = setting_of(baseline, scenario)
    book = PriceBook(baseline.graph.dataset, scenario.start)
    exports = _Exports(baseline, book, market)
    if not len(exports.rows):
        raise UsageError(f"--exporter '{exporter}' ships nothing abroad in the base year.")
    parts: list[pd.DataFrame] = []
    shipped: dict[str, dict[str, float]] = {}
    for line in lines_of(tracer, setting, rerouting, rationing, covers):
        scale = [setting.pace.scale(month, baseline.graph.base_year) for month in line.months]
        for cover, name in enumerate(covers):
            sold = exports.items(line, cover, np.array(scale))
            items = pd.concat([sold, _imports(tracer, line, cover, market)], ignore_index=True)
            items = items[items["month"] >= scenario.start]
            shipped.setdefault(line.rerouting, _shipped(items))
            parts.append(_rolled(items, by, by_month).assign(rerouting=line.rerouting, cover=name))
    table = _per_dollar(pd.concat(parts, ignore_index=True))
    record = record_of(baseline.graph.dataset, market, scenario, setting.bounds)
    notes = (*setting.notes, *_unpriced(table, book), *_ratio_note(table), *LEFT_OUT)
    checks = record.check(shipped, scenario.growth)
    rows = [*table[list(ORDER)].to_dict("records"), *record.rows]
    return pd.DataFrame(rows, columns=list(ORDER)), (*notes, *checks), applied_by(setting.bounds)


def market_of(graph: SupplyGraph, exporter: str) -> str:
    """Market that an exporter is.

    Raises
    ------
    UsageError
        If there is none, or it is a country that shares its market with others.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> from supplygraph.graph import compile_graph
    >>> market_of(compile_graph(read_dataset("three-nodes")), "CN")
    'CN'
    """
    table = graph.dataset.tables["countries"]
    market = dict(zip(table["id"], table["market"], strict=True))
    if exporter in set(market.values()):
        return exporter
    if exporter in market:
        raise UsageError(
            f"--exporter '{exporter}' shares the market '{market[exporter]}' with others, whose "
            f"exports are not told apart. Write --exporter {market[exporter]}."
        )
    hint = did_you_mean(exporter, market.values(), full_names(graph.dataset))
    raise UsageError(f"--exporter '{exporter}' is no market. {hint}")


class _Exports:
    """Flows out of one market and their prices."""

    def __init__(self, baseline: Baseline, book: PriceBook, market: str) -> None:
        graph = baseline.graph
        arcs = graph.arcs
        base = baseline.block("arc")
        self.rows = np.flatnonzero(
            ((arcs["from"] == market) & (arcs["to"] != market)).to_numpy() & (base > 0)
        )
        self.base, self.graph, self.market = base[self.rows] / MONTHS_A_YEAR, graph, market
        pools = graph.pools.iloc[arcs["origin"].to_numpy()[self.rows]]
        countries = graph.dataset.tables["countries"]
        region = dict(zip(countries["market"], countries["region"], strict=True))
        prices = [book.of(str(name)) for name in pools["material"]]
        self.facts = pd.DataFrame(
            {
                "side": "exporter",
                "group": pools["stage"].to_numpy(),
                "region": [region[name] for name in arcs["to"].to_numpy()[self.rows]],
                "item": pools["material"].to_numpy(),
                "unit": pools["unit"].to_numpy(),
                "low": [np.nan if p is None else p.low for p in prices],
                "high": [np.nan if p is None else p.high for p in prices],
                "source": ["" if p is None else p.basis for p in prices],
                "evidence": ["" if p is None else p.evidence for p in prices],
                "flags": [() if p is None else p.flags for p in prices],
            }
        )

    def items(self, line: Timeline, cover: int, scale: np.ndarray) -> pd.DataFrame:
        """One row an arc and month."""
        base = self.base[None, :] * scale[:, None]
        if line.rerouting == "none":
            left = base - line.arc_tonnes[:, self.rows, cover]
        else:
            left = base * (1.0 - np.minimum(line.bounds.arc[:, self.rows], 1.0))
            left[self._cut(line)] = np.nan
        left[np.abs(left) < NOTHING * base] = 0.0
        return _stacked(self.facts, line.months, base, left)

    def _cut(self, line: Timeline) -> np.ndarray:
        """Months in which plants of the exporter are cut and not only its border."""
        graph, bounds = self.graph, line.bounds
        plants = (graph.activities["market"] == self.market).to_numpy()
        made = (graph.pools["market"] == self.market).to_numpy()
        return np.asarray(
            (bounds.activity[:, plants] < 1).any(axis=1) | (bounds.made[:, made] < 1).any(axis=1)
        )


def _imports(tracer: Tracer, line: Timeline, cover: int, market: str) -> pd.DataFrame:
    """One row a demand and month: units lost, and their value where a unit is counted."""
    demands = tracer.month.baseline.graph.demands
    hidden = [line.rerouting != "none" and tracer.evidence.unsized(p) for p in demands["product"]]
    lost = line.units * (1.0 - line.served[:, :, cover])
    lost[lost < NOTHING * line.units] = 0.0
    lost[:, hidden] = np.nan
    table = tracer.month.baseline.graph.dataset.tables["products"]
    grade = dict(zip(table["id"], table["evidence"], strict=True))
    value = demands["value_usd"].where(demands["basis"] == "counted").to_numpy(float)
    home = (demands["market"] == market).to_numpy()
    facts = pd.DataFrame(
        {
            "side": np.where(home, "home", "importer"),
            "group": demands["sector"].to_numpy(),
            "region": demands["region"].to_numpy(),
            "item": demands["product"].to_numpy(),
            "unit": demands["unit"].to_numpy(),
            "low": value,
            "high": value,
            "source": "products.csv value_usd",
            "evidence": demands["product"].map(grade).to_numpy(),
            "flags": [("nominal",) if h else () for h in hidden],
        }
    )
    facts.loc[np.isnan(value), "source"] = ""
    return _stacked(facts, line.months, line.units, lost)


def _stacked(
    facts: pd.DataFrame, months: Sequence[str], base: np.ndarray, quantity: np.ndarray
) -> pd.DataFrame:
    """One row an entity and month; a value only where both quantity and price are known."""
    rows = facts.loc[np.tile(np.arange(len(facts)), len(months))].reset_index(drop=True)
    rows["month"] = np.repeat(np.array(months, dtype=object), len(facts))
    rows["base"], rows["quantity"] = base.ravel(), quantity.ravel()
    unknown = rows["quantity"].isna()
    rows["moved"] = unknown | (rows["quantity"] != 0)
    rows["priced"] = rows["moved"] & ~unknown & rows["low"].notna()
    rows["graded"] = rows["evidence"].where(rows["priced"], "")
    rows["undetermined"] = unknown & (rows["side"] == "exporter")
    lacking = rows["moved"] & ~rows["priced"] & ~(rows["undetermined"] & rows["low"].notna())
    rows["unpriced"] = rows["item"].where(lacking, "")
    rows["flags"] = rows["flags"].where(rows["moved"], ())
    for name in ("low", "high"):
        rows[name] = (rows["quantity"] * rows[name]).where(rows["priced"], 0.0)
    return rows


def _rolled(items: pd.DataFrame, by: str, by_month: bool) -> pd.DataFrame:
    """Rows of every level over all months, then of single ones."""
    parts = [
        _summed(items, ["side", *keys, *time])
        for time in ([], ["month"])[: 1 + by_month]
        for keys in LEVELS[by]
    ]
    table = pd.concat(parts, ignore_index=True)
    for name, whole in (("group", TOTAL), ("region", ""), ("item", "")):
        table[name] = table[name].fillna(whole) if name in table else whole
    if "month" not in table:
        table["month"] = None
    table["month"] = table["month"].astype(object).where(table["month"].notna(), None)
    return table


def _summed(items: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Sums by key: quantities add if their units are the same, values of what is priced."""
    table = items.groupby(keys, sort=True, as_index=False).agg(
        base=("base", "sum"),
        quantity=("quantity", "sum"),
        sized=("quantity", "count"),
        value_low_usd=("low", "sum"),
        value_high_usd=("high", "sum"),
        moved=("moved", "any"),
        priced=("priced", "any"),
        unknown=("undetermined", "any"),
        units=("unit", "nunique"),
        unit=("unit", "first"),
        unpriced=("unpriced", lambda names: tuple(sorted(set(names) - {""}))),
        source=("source", "first"),
        evidence=("graded", weakest),
        flags=("flags", lambda cells: tuple(sorted({flag for cell in cells for flag in cell}))),
    )
    mixed, unknown = table["units"] > 1, table["unknown"]
    table.loc[mixed, ["base", "quantity"]] = np.nan
    table.loc[mixed, "unit"] = ""
    table.loc[unknown | (table["sized"] == 0), "quantity"] = np.nan
    valueless = unknown | (table["moved"] & ~table["priced"])
    table.loc[valueless, ["value_low_usd", "value_high_usd"]] = np.nan
    if "item" not in keys:
        table["source"] = ""
    marks = {
        "not_valued": valueless & ~unknown,
        "undetermined": unknown,
        "part_valued": table["unpriced"].map(bool) & ~valueless,
    }
    for mark, holds in marks.items():
        told = zip(table["flags"], holds, strict=True)
        table["flags"] = [tuple(sorted((*old, mark))) if new else old for old, new in told]
    return table if set(keys) <= {"side", "month"} else table[table["moved"]]


def _per_dollar(table: pd.DataFrame) -> pd.DataFrame:
    """Beside the importers' totals: output lost for a dollar that the exporter does not sell."""
    total = table["group"] == TOTAL
    keys = ["rerouting", "cover", "month"]
    sold = {
        tuple(row[name] for name in keys): (row["value_low_usd"], row["value_high_usd"])
        for row in table[total & (table["side"] == "exporter")].to_dict("records")
    }
    table["per_dollar_low"], table["per_dollar_high"] = np.nan, np.nan
    for index, row in table[total & (table["side"] == "importer")].iterrows():
        low, high = sold.get(tuple(row[name] for name in keys), (np.nan, np.nan))
        if min(low, high) > 0:
            table.loc[index, "per_dollar_low"] = row["value_low_usd"] / high
            table.loc[index, "per_dollar_high"] = row["value_high_usd"] / low
    return table


def _unpriced(table: pd.DataFrame, book: PriceBook) -> tuple[str, ...]:
    """What is counted in tonnes or units and in no dollars."""
    named: dict[str, set[str]] = {"exporter": set(), "importer": set()}
    for side, names in zip(table["side"], table["unpriced"], strict=True):
        named.setdefault(side, set()).update(names)
    notes = []
    if named["exporter"]:
        why = ", ".join(f"{name} ({book.why_not(name)})" for name in sorted(named["exporter"]))
        notes.append(f"no price in USD, so not sold in tonnes and in no dollars: {why}")
    if named["importer"]:
        lost = ", ".join(sorted(named["importer"]))
        notes.append(f"not valued, since their units are not counted or nobody sized them: {lost}")
    flags = {flag for cell in table["flags"] for flag in cell}
    told = {
        "group_price": "group_price: the unit value of a whole customs heading, all grades alike",
        "not_fob": "not_fob: quotes abroad or means, not the exporter's terms",
        "later_price": "later_price: no earlier quote, so one after the start of the run",
        "undetermined": "undetermined: plants of the exporter are cut; ask --rerouting none",
    }
    return (*notes, *(text for flag, text in told.items() if flag in flags))


def _ratio_note(table: pd.DataFrame) -> tuple[str, ...]:
    """The leverage in words, with its range over prices, stocks and bounds."""
    whole = table[table["month"].isna() & table["per_dollar_low"].notna()]
    parts = [
        f"{_figure(part['per_dollar_low'].min())} to {_figure(part['per_dollar_high'].max())} "
        f"under {name}"
        for name, part in whole.groupby("rerouting", sort=False)
    ]
    if not parts:
        return ()
    return (f"importers lose output in USD for each dollar not sold: {', '.join(parts)}",)


def _figure(value: float) -> str:
    """A ratio to three figures, whole from a hundred on."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _shipped(items: pd.DataFrame) -> dict[str, float]:
    """Tonnes of magnets that the exporter ships, by month."""
    magnets = items[(items["side"] == "exporter") & (items["group"] == MAGNET)]
    months = magnets.assign(left=magnets["base"] - magnets["quantity"]).groupby("month")["left"]
    return {str(month): float(left.sum(skipna=False)) for month, left in months}
