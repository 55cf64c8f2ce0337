"""A page's record, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_05UP, Decimal
from typing import Any

from supplygraph.errors import SupplygraphError
from supplygraph.results import Results, plain

Record = dict[str, Any]


class PageRecord:
    """Rows of a result of kind ``view`` by part.

    Raises
    ------
    SupplygraphError
        If the result is of another kind.
    """

    def __init__(self, results: Results) -> None:
        if results.kind != "view":
            raise SupplygraphError(
                f"a page is drawn from a record of kind 'view', not '{results.kind}'. "
                "Make one with chain.page()."
            )
        self.results = results
        self.parts: dict[str, dict[str, Record]] = {}
        for row in results.table.to_dict("records"):
            self.parts.setdefault(str(row["part"]), {})[str(row["id"])] = plain(row["values"])

    def rows(self, part: str) -> Mapping[str, Record]:
        """Values by id of one part, in the record's order."""
        return self.parts.get(part, {})

    @property
    def meta(self) -> Record:
        """Base year and what the losses count."""
        return self.rows("meta").get("page", {})


def compact(value: Any) -> Any:
    """Values for the page: figures to eight digits, nothing for what is not known.

    Examples
    --------
    >>> compact({"a": 0.12345678912, "b": None, "c": "", "d": [], "e": 0.0})
    {'a': 0.12345679, 'e': 0}
    """
    if isinstance(value, Mapping):
        kept = {key: compact(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if not (item is None or item in ("", []))}
    if isinstance(value, list | tuple):
        return [compact(item) for item in value]
    if isinstance(value, float):
        rounded = float(f"{value:.8g}")
        return int(rounded) if rounded.is_integer() else rounded
    return value


def brief_loss(loss: float | None, decimals: int = 4) -> float | None:
    """A loss to so many decimals, of which three are shown; a tiny one does not become nothing.

    The last decimal never becomes a 0 or 5 by rounding, so that a figure rounded once more to be
    shown is the one that the command line rounds once.

    Examples
    --------
    >>> brief_loss(0.123456), brief_loss(0.240462), brief_loss(1e-9), brief_loss(0.0)
    (0.1234, 0.2404, 0.0001, 0.0)
    """
    if not loss:
        return loss
    step = Decimal(1).scaleb(-decimals)
    return float(max(Decimal(repr(float(loss))).quantize(step, ROUND_05UP), step))
