"""The months of one scenario, as `run` gives them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from supplygraph.errors import UsageError
from supplygraph.results import Results


class Run:
    """Months of one scenario.

    Parameters
    ----------
    name
        Of the scenario.
    results
        Of kind ``run`` or ``run-by-element``.
    """

    def __init__(self, name: str, results: Results) -> None:
        self.name, self.results = name, results

    def __repr__(self) -> str:
        return self.results.one_line(self._title)

    def _repr_html_(self) -> str:
        return self.results.to_html(self._title)

    @property
    def _title(self) -> str:
        by = " by element" if self.results.kind == "run-by-element" else ""
        return f"Run{by} of {self.name}"

    @property
    def table(self) -> pd.DataFrame:
        """One row per product, region, segment, rerouting and cover, and month if asked."""
        return self.results.table

    def frame(self) -> pd.DataFrame:
        """The table with the columns that the command shows."""
        return self.results.frame()

    def compare(self, *others: Run, by: Sequence[str] = ("product", "region")) -> Results:
        """Months of output lost here and in other runs, and the difference."""
        from supplygraph.analysis.runs.compare import compare_runs

        if any(run.results.kind != "run" for run in (self, *others)):
            raise UsageError("compare: runs by element have no products. Run them by product.")
        names = [run.name for run in (self, *others)]
        tables: dict[str, pd.DataFrame] = {}
        for number, run in enumerate((self, *others), 1):
            name = run.name if names.count(run.name) == 1 else f"{run.name} ({number})"
            tables[name] = run.table
        result = self.results
        params = {"scenarios": list(tables), "by": list(by), "weights": result.params["weights"]}
        notes = list(dict.fromkeys(w for run in (self, *others) for w in run.results.warnings))
        return Results(
            "comparison",
            compare_runs(tables, by),
            result.dataset,
            params,
            result.weights,
            warnings=tuple(notes),
            names=result.names,
        )
