"""Where the elements in a product come from, stage by stage, by proportional mixing.

For each element and stage the shares of the places where the mass last passed that stage, on
its way to the product, add up to 1; what skipped the stage, came from scrap or has no recorded
source has rows of its own. "Touched" counts what passed a country at any stage: one minus the
mass on paths that avoid it, never the sum over stages. Each share has the range that the published
figures leave open (`analysis.origins.origin_ranges`), and the weakest grade among the flows that
carry it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from supplygraph.analysis.origins.origin_ranges import AllowedFlows
from supplygraph.analysis.origins.trace_rows import Row, TraceRows
from supplygraph.analysis.origins.trace_shares import ElementShares, TraceQuestion
from supplygraph.baseline import Baseline
from supplygraph.dataset.names import place_or_name
from supplygraph.errors import UndefinedMetricError, UsageError
from supplygraph.hints import did_you_mean
from supplygraph.progress import steps
from supplygraph.schema.commands import result_fields

BY = ("all", "place", "owner")
RANGES = ("auto", "all", "large", "none")
LARGE = 0.1


def trace(
    baseline: Baseline,
    product: str,
    *,
    region: str | None = None,
    element: str | None = None,
    by: str = "place",
    ranges: str = "auto",
) -> tuple[pd.DataFrame, list[str]]:
    """Origin of the elements in a product.

    Parameters
    ----------
    baseline
        Balanced base year.
    product
        Id of an end product.
    region
        Only what is assembled there; everywhere by default.
    element
        Only this one; every element that the product holds by default.
    by
        ``place``, ``owner`` (last owner on file in the base year), or ``all``.
    ranges
        Which shares get a least and most: ``all``, ``large`` (of a tenth and more), ``none``;
        ``auto`` is all for one element, else large.

    Returns
    -------
    pandas.DataFrame
        Columns of ``supplygraph schema trace``.
    list of str
        Warnings.

    Raises
    ------
    UsageError
        If the product, region or element is unknown, or the product does not hold it.
    UndefinedMetricError
        If the balance serves none of it.

    Examples
    --------
    >>> from supplygraph.baseline import reconcile
    >>> from supplygraph.dataset import read_dataset
    >>> from supplygraph.graph import compile_graph
    >>> table, _ = trace(reconcile(compile_graph(read_dataset("three-nodes"))), "ev")
    >>> row = table[(table["what"] == "place") & (table["stage"] == "mine")].iloc[0]
    >>> row["country"], row["kind"], float(round(row["share"], 4))
    ('CN', 'mine', 1.0)
    """
    if by not in BY:
        raise UsageError(f"--by '{by}' is not known. {did_you_mean(by, BY)}")
    if ranges not in RANGES:
        raise UsageError(f"--ranges '{ranges}' is not known. {did_you_mean(ranges, RANGES)}")
    starts = _starts(baseline, product, region)
    question = TraceQuestion(baseline, product, region or "", starts, by)
    held = question.elements(element)
    if ranges == "auto":
        ranges = "large" if element is None and len(held) > 1 else "all"
    allowed = AllowedFlows(baseline) if ranges != "none" else None
    least = LARGE if ranges == "large" else 0.0
    rows: list[Row] = []
    for name in steps(held, "Elements"):
        rows += TraceRows(ElementShares(question, name, allowed, least)).rows()
    columns = [f.name for f in result_fields("trace")]
    return pd.DataFrame(rows, columns=columns), question.warnings(held)


def _starts(baseline: Baseline, product: str, region: str | None) -> np.ndarray:
    demands = baseline.graph.demands
    known = sorted(set(demands["product"]))
    if product not in known:
        hint = place_or_name(baseline.graph.dataset, "product", product, known)
        raise UsageError(f"no product '{product}' in demand. {hint}")
    mask = (demands["product"] == product).to_numpy()
    places = sorted(set(demands["region"].to_numpy()[mask]))
    if region is not None:
        if region not in places:
            hint = place_or_name(baseline.graph.dataset, "region", region, places)
            raise UsageError(f"--region '{region}': no '{product}' is assembled there. {hint}")
        mask = mask & (demands["region"] == region).to_numpy()
    served = mask & (baseline.block("demand") > 0)
    if not served.any():
        raise UndefinedMetricError(
            f"trace: the balance serves no '{product}', so it has no origins."
        )
    return np.flatnonzero(served)


def sums(table: pd.DataFrame) -> Mapping[tuple[str, str, str], float]:
    """Sum of the shares by element, stage and view; each is 1.

    Examples
    --------
    >>> rows = pd.DataFrame({"element": ["Dy", "Dy"], "stage": ["mine", "mine"],
    ...                      "what": ["place", "place"], "share": [0.25, 0.75]})
    >>> sums(rows)
    {('Dy', 'mine', 'place'): 1.0}
    """
    rows = table[table["what"].isin(["place", "owner"])]
    grouped = rows.groupby(["element", "stage", "what"], sort=True)["share"].sum()
    return {(str(e), str(s), str(w)): float(value) for (e, s, w), value in grouped.items()}
