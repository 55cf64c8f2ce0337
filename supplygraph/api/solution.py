"""Losses of one removal, as `solve` gives them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd

from supplygraph.errors import UsageError
from supplygraph.precision import stated_table
from supplygraph.results import Results
from supplygraph.schema.commands import scale_of
from supplygraph.selectors import check_choice


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
        """One row per product, region and segment; last row the weighted total."""
        return self.results.table

    @property
    def total(self) -> dict[str, float]:
        """Weighted total under both bounds."""
        last = self.table.iloc[-1]
        return {"loss_none": float(last["loss_none"]), "loss_least": float(last["loss_least"])}

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
        rows = self.table.iloc[:-1]
        work = rows.assign(
            none=rows["loss_none"] * rows["demand"], least=rows["loss_least"] * rows["demand"]
        )
        grouped = work.groupby(list(by), sort=True, as_index=False)
        table = grouped.agg(
            demand=("demand", "sum"),
            unit=("unit", "first"),
            none=("none", lambda v: v.sum(min_count=len(v))),
            least=("least", lambda v: v.sum(min_count=len(v))),
        )
        table["loss_none"] = table["none"] / table["demand"]
        table["loss_least"] = table["least"] / table["demand"]
        table = table.drop(columns=["none", "least"])
        return stated_table(table, partial(scale_of, self.results.kind))
