"""A folder described as a Tabular Data Package, so that other tools can read and check it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplygraph.errors import DatasetError, Fault
from supplygraph.reading import PACKAGE_LIMIT, UnreadableError, read_json
from supplygraph.schema import Column, TableSchema, table_names, table_schema
from supplygraph.writing import write_text

if TYPE_CHECKING:
    from supplygraph.dataset.tables import Dataset

FILE = "datapackage.json"
_TYPES = {"number": "number", "integer": "integer", "boolean": "boolean"}
_BOOLEANS = {"trueValues": ["true", "True", "TRUE"], "falseValues": ["false", "False", "FALSE"]}


def describe_package(dataset: Dataset, **properties: object) -> dict[str, Any]:
    """Descriptor of a dataset.

    Parameters
    ----------
    dataset
        Dataset as read.
    properties
        ``name``, ``title``, ``version``, ``licenses`` or others of the standard, instead of
        what the dataset says of itself. No licence is claimed unless one is given.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> package = describe_package(read_dataset("three-nodes"), version="1.2.0")
    >>> package["version"], package["resources"][0]["path"]
    ('1.2.0', 'countries.csv')
    """
    head: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": dataset.name,
        "title": dataset.title or dataset.name,
        "version": dataset.version,
    }
    present = {name: dataset.headers[name] for name in table_names() if dataset.has(name)}
    keyed = {name for name, header in present.items() if _key(table_schema(name), header)}
    resources = [_resource(table_schema(name), header, keyed) for name, header in present.items()]
    return head | properties | {"resources": resources}


def write_package(dataset: Dataset, folder: str | Path | None = None, **properties: object) -> Path:
    """Write ``datapackage.json``, whole or not at all.

    Parameters
    ----------
    dataset
        Dataset as read.
    folder
        Where the tables lie; the dataset's own folder if left out.
    properties
        See `describe_package`. Those of a package already there are kept unless given anew.

    Returns
    -------
    Path
        The file written.
    """
    target = Path(dataset.path if folder is None else folder) / FILE
    kept, faults = read_package(target.parent)
    if faults:
        raise DatasetError(target.parent.name, faults)
    described = describe_package(dataset, **{**kept, **properties})
    content = json.dumps(described, indent=2, ensure_ascii=False)
    return write_text(target, content + "\n")


def read_package(folder: Path) -> tuple[dict[str, Any], list[Fault]]:
    """Read the descriptor of a folder, empty where there is none."""
    path = folder / FILE
    if not os.path.lexists(path):
        return {}, []
    reason = ""
    try:
        content = read_json(path, PACKAGE_LIMIT)
        json.dumps(content, ensure_ascii=False).encode("utf-8")  # half a sign is no text
    except UnreadableError as error:
        content, reason = None, f": it {error.rule}"
    except ValueError:
        content = None
    if not isinstance(content, dict):
        way_out = "Mend it, or delete it and write a new one."
        return {}, [Fault(FILE, 0, "", "", f"file is not a readable data package{reason}", way_out)]
    return content, []


def _key(schema: TableSchema, header: tuple[str, ...]) -> list[str]:
    """Primary key, if the file has all its columns and none may be blank."""
    columns = [schema.column(name) for name in schema.key]
    whole = all(column.name in header and column.required for column in columns)
    return [column.name for column in columns] if whole else []


def _resource(schema: TableSchema, header: tuple[str, ...], keyed: set[str]) -> dict[str, Any]:
    columns = [schema.column(name) for name in header]
    described: dict[str, Any] = {
        "fields": [_field(column) for column in columns],
        "missingValues": [""],
    }
    if key := _key(schema, header):
        described["primaryKey"] = key
    if links := [link for column in columns if (link := _foreign_key(schema, column, keyed))]:
        described["foreignKeys"] = links
    return {
        "profile": "tabular-data-resource",
        "name": schema.name,
        "path": f"{schema.name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": described,
    }


def _field(column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, "type": _TYPES.get(column.type, "string")}
    texts = {"description": column.description, "unit": column.unit, "default": column.default}
    field |= {name: text for name, text in texts.items() if text}
    constraints: dict[str, Any] = {"required": True} if column.required else {}
    if column.type == "boolean":
        field |= _BOOLEANS
    elif column.type == "enum":
        constraints["enum"] = list(column.values)
    elif column.type in ("number", "integer"):
        low, high = column.bounds
        # Bounds carry the type of the field: an integer's are whole in the descriptor too.
        kind = int if column.type == "integer" else float
        constraints["minimum"] = kind(low)
        if high != float("inf"):
            constraints["maximum"] = kind(high)
    return field | ({"constraints": constraints} if constraints else {})


def _foreign_key(schema: TableSchema, column: Column, keyed: set[str]) -> dict[str, Any] | None:
    """Link to another table, where its column alone is the primary key.

    Lists of ids and columns that also take ``*`` have no counterpart in the standard.
    """
    if column.references is None or column.type == "list" or column.values:
        return None
    table, target = column.references
    if table not in keyed or table_schema(table).key != (target,):
        return None
    resource = "" if table == schema.name else table
    return {"fields": [column.name], "reference": {"resource": resource, "fields": [target]}}
