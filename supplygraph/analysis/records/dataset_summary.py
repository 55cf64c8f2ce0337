"""Size of a dataset and how well its figures are founded."""

from __future__ import annotations

import pandas as pd

from supplygraph.graph import SupplyGraph

FIGURE_TABLES = {
    "compositions": "evidence",
    "capacities": "evidence",
    "recipes": "evidence",
    "trade": "evidence",
    "demand": "evidence",
    "needs": "quantity_evidence",
    "stocks": "evidence",
    "observations": "evidence",
}
GRADES = ("A", "B", "C", "D", "calc")


def info_table(graph: SupplyGraph) -> pd.DataFrame:
    """One row: counts, and the share of figures of each grade.

    Returns
    -------
    pandas.DataFrame
        Columns ``facilities, aggregates, countries, elements, materials, products, arcs,
        sources, evidence_shares``; the last a dict by grade.
    """
    tables = graph.dataset.tables
    plants = tables["facilities"]
    grades = pd.concat([tables[name][column] for name, column in FIGURE_TABLES.items()])
    grades = grades[grades != ""]
    shares = {
        grade: round(float((grades == grade).mean()), 6) if len(grades) else 0.0 for grade in GRADES
    }
    row = {
        "facilities": int((plants["aggregate_kind"] == "").sum()),
        "aggregates": int((plants["aggregate_kind"] != "").sum()),
        "countries": len(tables["countries"]),
        "elements": len(tables["elements"]),
        "materials": len(tables["materials"]),
        "products": len(tables["products"]),
        "arcs": len(graph.arcs),
        "sources": len(tables["sources"]),
        "evidence_shares": shares,
    }
    return pd.DataFrame([row])
