"""Prices of materials in USD a tonne, as the dataset quotes them; nothing is converted or guessed.

Of several quotes the one is taken at which an exporter sells, then the one nearest in time:

    1. terms   export unit values and FOB; then means over the world's use; then all others
    2. time    not after the month asked for; then the fewest months away

Asks and price floors are no sales and never taken. A quote whose basis begins with ``all`` is
the unit value of a customs heading: it prices every material of its stage and unit that has no
quote of its own, and says so (``group_price``). Another currency needs a rate that the dataset
does not hold, so such a material has no price here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from supplygraph.dataset.tables import Dataset
from supplygraph.errors import UsageError
from supplygraph.grades import weakest
from supplygraph.units import mass_in_tonnes

CURRENCY = "USD"
NO_SALE = ("ask", "floor")
TERMS = (("export unit value", "fob"), ("world use",))
WHOLE_GROUP = "all "
Quote = Mapping[str, Any]


@dataclass(frozen=True)
class Price:
    """USD a tonne, low to high, with where it is from.

    ``flags`` says what is doubtful: ``group_price`` (mean of a customs heading), ``not_fob`` (not
    the exporter's terms), ``later_price`` (of a month after the one asked for).
    """

    low: float
    high: float
    basis: str
    evidence: str
    flags: tuple[str, ...] = ()


class PriceBook:
    """Prices of one month.

    Parameters
    ----------
    dataset
        With tables `prices` and `materials`.
    month
        ``YYYY-MM``, such as the first of a run: prices before what the run does to them.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> price = PriceBook(read_dataset(), "2025-04").of("ndpr-metal")
    >>> price.low, price.high, price.basis
    (62000.0, 64000.0, 'NdPr metal, China FOB, 2024-06-20')
    """

    def __init__(self, dataset: Dataset, month: str) -> None:
        self.month = month
        kinds = dataset.tables["materials"]
        columns = (kinds[name] for name in ("id", "stage", "unit"))
        self.kind = {str(id_): (stage, unit) for id_, stage, unit in zip(*columns, strict=True)}
        self.own: dict[str, list[Quote]] = {}
        self.group: dict[tuple[str, str], list[Quote]] = {}
        self.foreign: dict[str, set[str]] = {}
        for row in dataset.tables["prices"].to_dict("records"):
            self._sort_in(row)

    def _sort_in(self, row: Quote) -> None:
        material, basis = str(row["material"]), str(row["basis"]).lower()
        currency = str(row["unit"]).partition("/")[0]
        if currency != CURRENCY:
            self.foreign.setdefault(material, set()).add(currency)
        elif not set(NO_SALE) & set(basis.split()) and row["low"] == row["low"]:
            if basis.startswith(WHOLE_GROUP):
                self.group.setdefault(self.kind[material], []).append(row)
            else:
                self.own.setdefault(material, []).append(row)

    def of(self, material: str) -> Price | None:
        """Price of a material; None if no sale in USD is quoted."""
        own = self.own.get(material)
        quotes = own or self.group.get(self.kind[material], [])
        if not quotes:
            return None
        best = min(_order(row, self.month) for row in quotes)
        rows = [row for row in quotes if _order(row, self.month) == best]
        per_tonne = [1.0 / _tonnes(str(row["unit"])) for row in rows]
        highs = [row["high"] if row["high"] == row["high"] else row["low"] for row in rows]
        doubts = (("group_price", not own), ("not_fob", best[0] > 0), ("later_price", best[1]))
        return Price(
            min(float(row["low"]) * f for row, f in zip(rows, per_tonne, strict=True)),
            max(float(high) * f for high, f in zip(highs, per_tonne, strict=True)),
            "; ".join(f"{row['basis']}, {row['date']}" for row in rows),
            weakest(str(row["evidence"]) for row in rows),
            tuple(flag for flag, holds in doubts if holds),
        )

    def why_not(self, material: str) -> str:
        """Why a material has no price, in few words."""
        found = ", ".join(sorted(self.foreign.get(material, ())))
        return f"{found} only" if found else "no quote"


def _order(row: Quote, month: str) -> tuple[int, bool, int]:
    """Terms, whether it is of a later month, and months away; the least is the best."""
    basis, date = str(row["basis"]).lower(), str(row["date"])
    rank = next((i for i, words in enumerate(TERMS) if any(w in basis for w in words)), len(TERMS))
    first, last = (date[:7], date[:7]) if len(date) > 4 else (f"{date}-01", f"{date}-12")
    if first <= month <= last:
        return rank, False, 0
    near = last if last < month else first
    return rank, near > month, abs(_count(near) - _count(month))


def _count(month: str) -> int:
    return 12 * int(month[:4]) + int(month[5:7])


def _tonnes(unit: str) -> float:
    """Tonnes in what a price is per."""
    per = unit.partition("/")[2]
    if not per:
        raise UsageError(f"prices.csv: unit '{unit}' is no price. Write one such as USD/kg.")
    return mass_in_tonnes(per)
