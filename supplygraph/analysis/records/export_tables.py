"""Nodes, edges and sources as Excel, Parquet and a described data package."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from supplygraph.errors import SupplygraphError

Rows = Sequence[Mapping[str, Any]]
UNITS = {
    "quantity": "column unit",
    "low": "column unit",
    "high": "column unit",
    "capacity": "column capacity_unit",
    "units": "column unit",
    "latitude": "degrees north",
    "longitude": "degrees east",
    "base_year": "year",
}
WORDS = {
    "id": "Plant, pool (material@market) or product (product@market).",
    "kind": "Node: plant, pool or product. Edge: makes, arc or draws.",
    "from": "Node where the flow begins.",
    "to": "Node where the flow ends.",
    "key": "Recipe or arc; tells edges with the same ends apart. In sources: id of the source.",
    "name": "Name.",
    "country": "Country of the plant.",
    "market": "Market.",
    "region": "Region.",
    "stage": "mine, separation, metal, magnet, component or product.",
    "process": "Process of the plant, several joined by semicolons.",
    "operator": "Id of the operator.",
    "owner_country": "Home country of the last owner on file.",
    "status": "Status of the plant.",
    "aggregate_kind": "Empty for a plant; district, rest or country for a row of several.",
    "capacity": "Capacity in the base year; blank if unknown or of several lines.",
    "capacity_unit": "Unit of capacity.",
    "lines": "Capacity of every line in the base year.",
    "latitude": "Place, north.",
    "longitude": "Place, east.",
    "material": "Id of the material.",
    "elements": "Elements of the material, joined by semicolons.",
    "product": "Id of the product.",
    "sector": "Sector of the product.",
    "segment": "Segment of the product.",
    "units": "Units of product served in the base year.",
    "unit": "Unit of the row's quantity.",
    "quantity": "Flow of the base year.",
    "low": "Least the arc can carry while the published figures fit as well.",
    "high": "Most the arc can carry likewise; blank where that has no upper end.",
    "declared": "Whether trade data declares the arc; false for a candidate. true for others.",
    "evidence": "Grade: A, B, C, D or calc.",
    "sources": "Keys of the sources, joined by semicolons.",
    "title": "Title.",
    "publisher": "Publisher.",
    "date": "Date of the source.",
    "url": "Address.",
    "accessed": "When it was read.",
    "doi": "DOI.",
}
_FORMULA = re.compile(r"[=+@-]")
_KINDS = {bool: "boolean", int: "integer", float: "number", str: "string"}


def columns_of(rows: Rows) -> list[str]:
    """Columns of some rows, in the order in which they first come.

    Examples
    --------
    >>> columns_of([{"a": 1}, {"a": 2, "b": 3}])
    ['a', 'b']
    """
    return list(dict.fromkeys(name for row in rows for name in row))


def type_of(rows: Rows, name: str) -> str:
    """Type of a column: boolean, integer, number or string.

    Examples
    --------
    >>> type_of([{"a": 1}, {"a": 0.5}, {}], "a")
    'number'
    """
    kinds = {_KINDS[type(row[name])] for row in rows if name in row}
    if len(kinds) == 1:
        return kinds.pop()
    return "number" if kinds == {"integer", "number"} else "string"


def inert(value: Any) -> Any:
    """Text that no spreadsheet runs as a formula: an apostrophe before what looks like one.

    Examples
    --------
    >>> inert("=1+1"), inert(-0.5)
    ("'=1+1", -0.5)
    """
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def describe(tables: Mapping[str, Rows], about: Mapping[str, Any]) -> dict[str, Any]:
    """Descriptor of a tabular data package with types, units and sources of all columns."""
    cited = [
        {"title": str(row.get("title") or row["key"])}
        | ({"path": str(row["url"])} if str(row.get("url", "")).startswith("http") else {})
        for row in tables["sources"]
    ]
    head: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": re.sub(r"[^a-z0-9._-]+", "-", f"{about['name']}-flows".lower()),
        "title": about["title"],
        "description": about["flows"],
        "version": str(about["dataset_version"]),
        "citation": about["citation"],
        "dataset": {"name": about["name"], "hash": about["dataset_hash"]},
        "base_year": about["base_year"],
    }
    if cited:
        head["sources"] = cited
    resources = [_resource(name, tables[name]) for name in sorted(tables) if tables[name]]
    return head | {"resources": resources}


def _resource(name: str, rows: Rows) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_field(rows, column) for column in columns_of(rows)],
        "missingValues": [""],
    }
    schema["primaryKey"] = {"nodes": ["id"], "edges": ["from", "to", "key"], "sources": ["key"]}[
        name
    ]
    if name == "edges":
        schema["foreignKeys"] = [
            {"fields": [end], "reference": {"resource": "nodes", "fields": ["id"]}}
            for end in ("from", "to")
        ]
    return {
        "profile": "tabular-data-resource",
        "name": name,
        "path": f"{name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema,
    }


def _field(rows: Rows, column: str) -> dict[str, Any]:
    field = {"name": column, "type": type_of(rows, column)}
    field |= {"description": WORDS[column]} if column in WORDS else {}
    return field | ({"unit": UNITS[column]} if column in UNITS else {})


def excel_bytes(tables: Mapping[str, Rows], about: Mapping[str, Any]) -> bytes:
    """An Excel file with sheets About, nodes, edges, sources and columns; same input same bytes."""
    from supplygraph.analysis.records.workbook import Sheet, workbook_bytes

    told = [(key, about[key]) for key in sorted(about)]
    used = {column for rows in tables.values() for column in columns_of(rows)}
    described = [(name, UNITS.get(name, ""), WORDS.get(name, "")) for name in sorted(used)]
    sheets = [Sheet("About", ("what", "value"), told)]
    for title in ("nodes", "edges", "sources"):
        names = columns_of(tables[title])
        cells = [[row.get(name) for name in names] for row in tables[title]]
        sheets.append(Sheet(title, names, cells))
    sheets.append(Sheet("columns", ("column", "unit", "meaning"), described))
    return workbook_bytes(sheets)


def parquet_bytes(tables: Mapping[str, Rows], about: Mapping[str, Any]) -> dict[str, bytes]:
    """A Parquet file of each table, units and citation in its metadata.

    Raises
    ------
    SupplygraphError
        If pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise SupplygraphError(
            "parquet needs pyarrow. Install supplygraph[parquet], or choose csv."
        ) from None
    types = {
        "boolean": pyarrow.bool_(),
        "integer": pyarrow.int64(),
        "number": pyarrow.float64(),
        "string": pyarrow.string(),
    }
    found = {}
    for name, rows in tables.items():
        fields = [
            pyarrow.field(
                column,
                types[type_of(rows, column)],
                metadata={"unit": UNITS.get(column, ""), "description": WORDS.get(column, "")},
            )
            for column in columns_of(rows)
        ]
        metadata = {key: json.dumps(about[key], ensure_ascii=False) for key in sorted(about)}
        schema = pyarrow.schema(fields, metadata=metadata)
        buffer = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows), schema=schema), buffer)
        found[name] = buffer.getvalue()
    return found
