"""Both sides of a scenario on one small page: two pictures, a table, what is left out.

The page holds no script and makes no request. Both pictures show months in USD: the solid bar is
the least over prices and sizes of stocks, the pale bar goes on to the most. Their scales differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from supplygraph.errors import SupplygraphError
from supplygraph.results import Results, plain_row
from supplygraph.trade_words import unit_text, word
from supplygraph.views.page_template import policy_hash, template_environment, web_text
from supplygraph.writing import write_text

Row = dict[str, Any]
SIDES = {
    "exporter": "Not sold by the exporter",
    "importer": "Output lost by importers",
    "home": "Output lost at home",
}
SCALES = ((1e9, "bn"), (1e6, "m"), (1e3, "k"))
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640.0, 220.0, 64.0, 34.0, 12.0
TICKS = 4
NARROW = 14  # so many months fit their names


class AccountPage:
    """A page of a result of kind ``account``.

    Parameters
    ----------
    results
        With rows of single months, as ``chain.account(name, by_month=True)`` gives it.

    Raises
    ------
    SupplygraphError
        If the result is of another kind or holds no months.
    """

    def __init__(self, results: Results) -> None:
        if results.kind != "account":
            raise SupplygraphError(
                f"both sides are drawn from a result of kind 'account', not '{results.kind}'. "
                "Make one with chain.account()."
            )
        self.results = results
        self.rows = [plain_row(row) for row in results.table.to_dict("records")]
        totals = [row for row in self.rows if row["group"] == "total"]
        self.months = sorted({row["month"] for row in totals if row["month"]})
        if not self.months:
            raise SupplygraphError("the account holds no months. Ask for them with by_month.")
        self.bounds = list(dict.fromkeys(row["rerouting"] for row in totals))
        self.totals = totals

    def html(self) -> str:
        """The page as text; the same result gives the same bytes."""
        style = web_text("account.css")
        template = template_environment(style=style, style_hash=policy_hash(style)).get_template(
            "account.html"
        )
        return str(
            template.render(
                title=self.results.params["title"],
                params=self.results.params,
                dataset=self.results.dataset,
                bounds=self.bounds,
                leverage=self._leverage(),
                charts=[self._chart(side) for side in ("exporter", "importer")],
                months=self._months(),
                parts=self._parts(),
                records=self._records(),
                warnings=self.results.warnings,
            )
        )

    def save(self, path: str | Path) -> Path:
        """Write the page; a failure leaves no half-written file.

        Raises
        ------
        SupplygraphError
            If the folder cannot be written.
        """
        return write_text(Path(path), self.html())

    def _leverage(self) -> list[Row]:
        """Per bound the totals of both sides and dollars lost for a dollar not sold."""
        return [
            {
                "bound": bound,
                "sold": money(*self._span("exporter", None, bound)),
                "lost": money(*self._span("importer", None, bound)),
                "home": money(*self._span("home", None, bound)),
                "ratio": _range(
                    *self._span("importer", None, bound, "per_dollar_low", "per_dollar_high")
                ),
            }
            for bound in self.bounds
        ]

    def _span(
        self,
        side: str,
        month: str | None,
        bound: str,
        low: str = "value_low_usd",
        high: str = "value_high_usd",
    ) -> tuple[float, float]:
        """Least and most over prices and sizes of stocks; NaN if nothing is valued."""
        rows = [
            row
            for row in self.totals
            if (row["side"], row["month"], row["rerouting"]) == (side, month, bound)
        ]
        return self._over_covers(rows, low, high)

    def _over_covers(self, rows: Sequence[Row], low: str, high: str) -> tuple[float, float]:
        """Least and most over sizes of stocks.

        A size without a row loses nothing; one whose row has no value loses nothing of what is
        valued at another size. Where no size has a value nothing is known.
        """
        if any("undetermined" in row["flags"] for row in rows):
            return math.nan, math.nan
        known = [(row[low], row[high]) for row in rows if row[low] is not None]
        fewer = len(known) < len(self.results.params["covers"])
        if rows and not known:
            return math.nan, math.nan
        return span_of([*known, *([(0.0, 0.0)] if fewer else [])])

    def _chart(self, side: str) -> Row:
        spans = [[self._span(side, m, bound) for bound in self.bounds] for m in self.months]
        return {"title": SIDES[side], **bars(spans, self.months)}

    def _months(self) -> list[Row]:
        return [
            {
                "month": month,
                "cells": [
                    money(*self._span(side, month, bound))
                    for side in ("exporter", "importer")
                    for bound in self.bounds
                ],
            }
            for month in self.months
        ]

    def _parts(self) -> list[Row]:
        """Every part of a side over all months, each bound in a column."""
        found: dict[tuple[str, str, str, str], list[Row]] = {}
        for row in self.rows:
            if row["month"] is None and row["side"] in SIDES and row["group"] != "total":
                key = (row["side"], row["group"], row["region"], row["item"])
                found.setdefault(key, []).append(row)
        return [self._part(key, rows) for key, rows in sorted(found.items())]

    def _part(self, key: tuple[str, str, str, str], rows: Sequence[Row]) -> Row:
        side, group, region, item = key
        cells = []
        for bound in self.bounds:
            own = [row for row in rows if row["rerouting"] == bound]
            amount = self._over_covers(own, "quantity", "quantity")
            value = self._over_covers(own, "value_low_usd", "value_high_usd")
            cells += [_range(*amount), money(*value)]
        unit = unit_text(str(rows[0]["unit"])) if rows[0]["unit"] else ""
        flags = sorted({str(flag) for row in rows for flag in row["flags"]})
        lacking = sorted({str(name) for row in rows for name in row["unpriced"]})
        return {
            "side": SIDES[side],
            "names": [word(group), region, item],
            "unit": unit,
            "cells": cells,
            "flags": ", ".join(flags),
            "unpriced": ", ".join(lacking),
        }

    def _records(self) -> list[Row]:
        rows = [row for row in self.rows if row["side"] == "record"]
        return [
            {
                "text": row["source"],
                "fall": _range(row["quantity"], row["quantity"]),
                "before": _range(row["base"], row["base"]),
                "grade": row["evidence"],
                "flags": ", ".join(row["flags"]),
            }
            for row in rows
        ]


def span_of(pairs: Iterable[tuple[float | None, float | None]]) -> tuple[float, float]:
    """Least and most of some ranges that may be unknown; NaN if all are.

    Examples
    --------
    >>> span_of([(1.0, 2.0), (None, None), (0.5, 0.7)])
    (0.5, 2.0)
    """
    known = [value for pair in pairs for value in pair if value is not None]
    return (min(known), max(known)) if known else (math.nan, math.nan)


def money(low: float, high: float) -> str:
    """A range of USD in one scale; a dash where nothing is valued.

    Examples
    --------
    >>> money(4.63e8, 4.69e8), money(0.0, 0.0), money(float("nan"), float("nan"))
    ('463–469 m', '0', '–')
    """
    most = max(abs(low), abs(high))
    scale, name = next(((s, n) for s, n in SCALES if most >= s), (1.0, ""))
    text = _range(low / scale, high / scale)
    return f"{text} {name}".strip() if text not in ("0", "–") else text


def _range(low: float | None, high: float | None) -> str:
    """Two numbers to three figures, or one if they agree."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return "–"
    texts = [_figure(value) for value in (low, high)]
    return texts[0] if texts[0] == texts[1] else "–".join(texts)


def _figure(value: float) -> str:
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{min(digits, 6)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def bars(spans: Sequence[Sequence[tuple[float, float]]], months: Sequence[str]) -> Row:
    """Geometry of a bar chart: months along, bounds side by side, from the least to the most.

    Parameters
    ----------
    spans
        By month and bound the least and the most in USD; NaN where nothing is valued.
    months
        Names.

    Returns
    -------
    dict
        Size, ticks and bars for the template.
    """
    known = [v for month in spans for pair in month for v in pair if not math.isnan(v)]
    top, low = max([0.0, *known]), min([0.0, *known])
    step = _step((top - low) / TICKS)
    top, low = math.ceil(top / step) * step, math.floor(low / step) * step
    top = top if top > low else step
    inner = HEIGHT - BOTTOM - TOP

    def y(value: float) -> float:
        return round(TOP + inner * (top - value) / (top - low), 2)

    slot = (WIDTH - LEFT) / len(months)
    count = max(map(len, spans))
    drawn = []
    for number, month in enumerate(spans):
        for index, (least, most) in enumerate(month):
            wide = 0.76 * slot / count
            x = round(LEFT + slot * (number + 0.12) + index * wide, 2)
            drawn.append(_bar(x, round(0.9 * wide, 2), index, y, (least, most)))
    every = math.ceil(len(months) / NARROW)
    names = [
        {"x": round(LEFT + slot * (n + 0.5), 2), "text": m}
        for n, m in enumerate(months)
        if n % every == 0
    ]
    ticks = [
        {"y": y(low + n * step), "text": money(low + n * step, low + n * step)}
        for n in range(round((top - low) / step) + 1)
    ]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "zero": y(0.0),
        "bars": drawn,
        "names": names,
        "ticks": ticks,
        "foot": HEIGHT - BOTTOM + 18,
    }


def _bar(x: float, width: float, index: int, y: Any, span: tuple[float, float]) -> Row:
    """Solid to the least, pale to the most, downward for what is negative."""
    least, most = span
    if math.isnan(least):
        return {"x": x, "width": width, "bound": index, "unknown": True}
    near, far = sorted(span, key=abs) if least * most > 0 else (0.0, most)
    solid = sorted((y(0.0), y(near)))
    pale = sorted((y(near if least * most > 0 else least), y(far)))
    return {
        "x": x,
        "width": width,
        "bound": index,
        "unknown": False,
        "text": money(least, most),
        "solid": {"y": solid[0], "height": round(solid[1] - solid[0], 2)},
        "pale": {"y": pale[0], "height": round(pale[1] - pale[0], 2)},
    }


def _step(size: float) -> float:
    """A round distance of ticks, 1, 2 or 5 times a power of ten, not below a size."""
    if not size > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(size))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= size)
