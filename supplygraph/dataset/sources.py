"""Rules of provenance: every figure says where it comes from and how far to trust it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

import pandas as pd

from supplygraph.dataset.tables import ROW, Dataset
from supplygraph.errors import Fault
from supplygraph.schema import TableSchema, table_schema

UNREAD = ("D", "calc")
REFERENCE = ("title", "publisher", "date", "url")  # what a reader finds a source by
_NO_FIGURE = ("latitude", "longitude", "sigma")


def figure_columns(schema: TableSchema) -> list[str]:
    """Columns whose numbers need a source.

    Examples
    --------
    >>> figure_columns(table_schema("capacities"))
    ['quantity', 'low', 'high']
    """
    return [c.name for c in schema.columns if c.type == "number" and c.name not in _NO_FIGURE]


def check_provenance(dataset: Dataset) -> Iterator[Fault]:
    """Every row with a figure has source and grade, or grade D or calc with a note.

    A folder without ``sources.csv`` is spared: `grade_tables` grades all of it D.
    """
    if not dataset.has("sources"):
        return
    for name, frame in dataset.tables.items():
        schema = table_schema(name)
        if "source" in schema.names and len(frame):
            yield from _check_table(schema, frame)


def _check_table(schema: TableSchema, frame: pd.DataFrame) -> Iterator[Fault]:
    grades = [g for g in ("evidence", "need_evidence", "quantity_evidence") if g in schema.names]
    has_figure = frame[figure_columns(schema)].notna().any(axis=1)
    if "need_evidence" in schema.names:
        has_figure |= True  # that a product needs a material at all is a claim, sized or not
    columns = [ROW, "source", "note", *grades]
    for row, source, note, *values in frame.loc[has_figure, columns].itertuples(
        index=False, name=None
    ):
        file = f"{schema.name}.csv"
        for grade, value in zip(grades, values, strict=True):
            unread = value in UNREAD
            if not value and source:
                rule, way_out = "figure has no grade", "Grade it A, B, C, D or calc."
                yield Fault(file, row, grade, "", rule, way_out)
            elif unread and not note:
                what = "reason" if value == "D" else "arithmetic"
                yield Fault(
                    file,
                    row,
                    "note",
                    "",
                    f"grade {value} has no {what}",
                    f"Give the {what} in the note.",
                )
            elif not source and not unread:
                way_out = "Name a key of sources.csv, or grade it D or calc with a note."
                yield Fault(file, row, "source", "", "figure has no source", way_out)


def grade_tables(dataset: Dataset) -> Dataset:
    """Fill grades that were left out; without ``sources.csv`` every figure is graded D.

    Grades of needs stay as stated: they say what stops a product, not who measured it.
    """
    bare = not dataset.has("sources")
    tables = dict(dataset.tables)
    for name, frame in tables.items():
        if "evidence" in frame.columns and len(frame):
            kept = frame["evidence"].where(frame["evidence"] != "", "D")
            tables[name] = frame.assign(evidence="D" if bare else kept)
    warnings = dataset.warnings
    if bare:
        warnings += (f"{dataset.name} has no sources.csv: every figure in it is graded D.",)
    return replace(dataset, tables=MappingProxyType(tables), warnings=warnings)


def cited_sources(dataset: Dataset, table: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Title, publisher, date and url of the sources whose ids a table's column ``source`` holds.

    Parameters
    ----------
    dataset
        Its ``sources.csv`` describes them; a name that is no id there is left out.
    table
        Any table; one without that column, or with text in it, cites none.
    """
    if "source" not in table or not dataset.has("sources"):
        return {}
    cited = {key for cell in table["source"] if isinstance(cell, list | tuple) for key in cell}
    rows = dataset.tables["sources"]
    rows = rows[rows["key"].isin(cited)].sort_values("key")
    return {
        row["key"]: {name: str(row.get(name, "")) for name in REFERENCE}
        for row in rows.to_dict("records")
    }
