"""Losses of one removal, as `solve` gives them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd

from supplygraph.analysis.losses.loss_columns import BOUNDS
from supplygraph.analysis.losses.whatif import TOTAL
from supplygraph.errors import UsageError
from supplygraph.hints import check_choice
from supplygraph.precision import stated_table
from supplygraph.results import Results
from supplygraph.schema.commands import scale_of


class Solution:
    """Losses of one removal.

    Parameters
    ----------
    results
        Of kind ``whatif``.
    """

    def __init__(self, results: Results) -> None:
        self.results = results

    def __repr__(self) -> str:
        return self.results.one_line(f"Solution {self.results.kind}")

    def _repr_html_(self) -> str:
        return self.results.to_html(f"Solution {self.results.kind}")

    @property
    def table(self) -> pd.DataFrame:
        """One row per product, region and segment; then the totals abroad, at home and of all."""
        return self.results.table

    @property
    def total(self) -> dict[str, float]:
        """Weighted total of all under every way of sharing asked for."""
        return self._losses("")

    @property
    def abroad(self) -> dict[str, float]:
        """Weighted total outside the countries of what stops."""
        return self._losses("abroad")

    @property
    def home(self) -> dict[str, float]:
        """Weighted total in the countries of what stops."""
        return self._losses("home")

    def _losses(self, place: str) -> dict[str, float]:
        rows = self.table[self.table["product"] == TOTAL]
        row = rows[rows["place"] == place].iloc[0]
        return {f"loss_{bound}": float(row[f"loss_{bound}"]) for bound in BOUNDS}

    def frame(self) -> pd.DataFrame:
        """The table with the columns that the command shows."""
        return self.results.frame()

    def shortage(self, by: Sequence[str] = ("product", "region")) -> pd.DataFrame:
        """Share of base demand lost, by any of product, region and segment.

        Rows that are merged are weighted by their base demand; different units do not add,
        so `product` must be one of the keys.
        """
        by = [by] if isinstance(by, str) else by
        known = ("product", "region", "segment")
        for name in by:
            check_choice(name, known, "by")
        if "product" not in by:
            raise UsageError("shortage: units of different products do not add. Keep 'product'.")
        rows = self.table[self.table["product"] != TOTAL]
        names = [f"loss_{bound}" for bound in BOUNDS]
        work = rows.assign(**{name: rows[name] * rows["demand"] for name in names})
        losses = {name: (name, lambda v: v.sum(min_count=len(v))) for name in names}
        table = work.groupby(list(by), sort=True, as_index=False).agg(
            demand=("demand", "sum"), unit=("unit", "first"), **losses
        )
        table[names] = table[names].div(table["demand"], axis=0)
        return stated_table(table, partial(scale_of, self.results.kind))
