"""Who owned a plant in the base year: country of the last owner on file, and its share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from supplygraph.graph import SupplyGraph

UNSTATED = "not stated"


@dataclass(frozen=True)
class Owner:
    """Last owner on file of an operator.

    Attributes
    ----------
    country
        Its home country, '' where no operator is named.
    share
        Product of the stated shares on the way up: 1 if the operator has no parent on file, NaN
        if a share is not stated.
    """

    country: str
    share: float


def owners_in(graph: SupplyGraph, year: int | None = None) -> list[Owner]:
    """Owner of every activity's plant in a year.

    A parent whose row is of a later year had not bought yet, so it is left out: a plant sold
    in 2025 counts for its owner of 2024. Rows without a year always hold.

    Parameters
    ----------
    graph
        Compiled network.
    year
        The base year by default.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> from supplygraph.graph import compile_graph
    >>> graph = compile_graph(read_dataset("rare-earths"))
    >>> plants = list(graph.activities["id"])
    >>> owners_in(graph)[plants.index("gb-lcm-ellesmere-port")]
    Owner(country='GB', share=1.0)
    >>> owners_in(graph, 2026)[plants.index("gb-lcm-ellesmere-port")]
    Owner(country='US', share=1.0)
    """
    table = graph.dataset.tables["operators"]
    rows = {row["id"]: row for row in table.to_dict("records")}
    when = graph.base_year if year is None else year
    found: dict[str, Owner] = {}
    for name in sorted(set(graph.activities["operator"])):
        found[name] = _last_owner(name, rows, when)
    return [found[name] for name in graph.activities["operator"]]


def _last_owner(name: str, rows: dict[str, dict], year: int) -> Owner:
    if name not in rows:
        return Owner("", float("nan"))
    share, seen = 1.0, {name}
    while True:
        row = rows[name]
        parent = row["parent_id"]
        later = not np.isnan(row["year"]) and row["year"] > year
        if not parent or parent not in rows or parent in seen or later:
            return Owner(str(rows[name]["country"]), float(share))
        share *= float(row["share"])
        seen.add(parent)
        name = parent
