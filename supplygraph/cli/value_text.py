"""Values as text: one cell of a file, or what a person reads in a table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from supplygraph.cli.streams import clean

LONG_MONTHS = 120  # a stock that outlasts ten years says no more than that
# Words of columns whose ids are read by their full names; a grade B is no element.
ENTITIES = frozenset(
    {"product", "region", "country", "material", "element", "holder", "binding", "largest", "place"}
)
MONTHS = ("months", "stated_", "lost_low", "lost_central", "lost_high", "change_central")
SHARES = (
    "loss",
    "shortage",
    "baseline_share",
    "share",
    "moved",
    "largest_",
    "top_three",
    "origins",
    "not_told_apart",
    "unrecorded",
    "import_dependence",
    "net_import_reliance",
    "import_reliance",
    "import_share",
    "computed",
    "published",
    "difference",
    "vitality_share",
    "passing_share",
    "stage_share",
    "shapley_",
    "alone_",
    "esri",
    "product_loss",
    "market_share",
    "mape",
    "coverage",
    "cover_",
    "could_run",
    "odds",
    "rate",
)


def is_share(name: str) -> bool:
    """Whether a column holds shares, which people read in per cent."""
    return name == "premium" or any(name.startswith(share) for share in SHARES)


def holds_names(column: str) -> bool:
    """Whether a column holds ids of products, places, materials or elements.

    Examples
    --------
    >>> holds_names("worst_region"), holds_names("evidence")
    (True, False)
    """
    return not ENTITIES.isdisjoint(column.split("_"))


def flat_value(value: Any) -> Any:
    """A value as one cell: lists joined, null blank, text on one line."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(clean(str(item)) for item in value)
    if isinstance(value, dict):
        return ";".join(f"{clean(str(key))}={item}" for key, item in value.items())
    return clean(value) if isinstance(value, str) else value


def text_of(row: Mapping[str, Any], name: str) -> str:
    """A cell of a row as a person reads it; of an open range the missing end is told.

    Examples
    --------
    >>> text_of({"high": None, "flags": ["no_upper_end"]}, "high")
    'no upper end'
    """
    if name == "high" and row[name] is None and "no_upper_end" in (row.get("flags") or ()):
        return "no upper end"
    return cell_text(name, row[name])


def cell_text(name: str, value: Any) -> str:
    """A value as a person reads it: shares in per cent, numbers to three figures."""
    if value is None or value == "" or value == []:
        return "–" if name.startswith("loss") else ""
    if isinstance(value, float):
        if is_share(name):
            if name.startswith("share") and 0.9995 <= value < 1 - 1e-5:
                return ">99.9 %"
            return percent(value, signed=name == "moved")
        if name.startswith(MONTHS) or name.endswith("_months"):
            return f"> {LONG_MONTHS}" if value > LONG_MONTHS else f"{value:z.1f}"
        if name == "year":
            return f"{value:.0f}"
        return f"{value:z,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"
    if isinstance(value, dict):
        parts = [f"{clean(str(key))} {percent(share)}" for key, share in value.items()]
        return "; ".join(parts)
    text = str(flat_value(value))
    return text.replace(";", "; ") if isinstance(value, list) else text


def percent(share: float, *, signed: bool = False) -> str:
    """A share in per cent, one decimal; what would round to nothing is said to be tiny.

    Examples
    --------
    >>> percent(0.5504), percent(-0.0), percent(0.0001), percent(-0.0001)
    ('55.0 %', '0 %', '<0.1 %', '>-0.1 %')
    >>> percent(0.05, signed=True)
    '+5.0 %'
    """
    if not math.isfinite(share):
        return ""
    if share == 0:
        return "0 %"
    if abs(share) < 0.0005:
        return "<0.1 %" if share > 0 else ">-0.1 %"
    return f"{100 * share:+.1f} %" if signed else f"{100 * share:.1f} %"
