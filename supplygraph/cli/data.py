"""Commands about a dataset itself: ``validate``, ``init`` and ``schema``."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from supplygraph.errors import DatasetError, Fault, SupplygraphError, UsageError

EXAMPLE = "three-nodes"


def validate(
    path: Annotated[
        str | None, typer.Argument(help="Folder or name of a dataset.", show_default="rare-earths")
    ] = None,
) -> None:
    """Check a dataset by every rule and print each fault with its way out.

    Prints one line per fault to standard output. Exit code 3 if there is any.

    Example: supplygraph validate three-nodes
    """
    from supplygraph.dataset import read_dataset

    try:
        dataset = read_dataset(path)
    except DatasetError as error:
        for fault in error.faults:
            print(fault)
        count = len(error.faults)
        print(f"{count} problem{'s' if count != 1 else ''} in {error.name}", file=sys.stderr)
        raise typer.Exit(error.exit_code) from None
    for warning in dataset.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    rows = sum(len(table) for table in dataset.tables.values())
    print(
        f"{dataset.name}: no problems in {len(dataset.headers)} tables, {rows:,} rows",
        file=sys.stderr,
    )


def fault_rows(faults: tuple[Fault, ...]) -> list[dict[str, object]]:
    """Faults as rows for a table: file, row, column, value, rule, way_out.

    Examples
    --------
    >>> fault_rows((Fault("trade.csv", 3, "quantity", "-4", "below 0", "Reverse it."),))[0]["row"]
    3
    """
    names = ("file", "row", "column", "value", "rule", "way_out")
    return [{name: getattr(fault, name) for name in names} for fault in faults]


def init(
    path: Annotated[Path, typer.Argument(help="Folder to write; made if it is not there.")] = Path(
        EXAMPLE
    ),
    force: Annotated[
        bool, typer.Option("--force", help="Write into a folder that is not empty.")
    ] = False,
) -> None:
    """Write a small dataset to begin with: one mine, one magnet plant, one car.

    Example: supplygraph init my-dataset
    """
    target = path.absolute()
    try:
        if target.exists() and not target.is_dir():
            raise UsageError(f"'{path}' is a file. Name a folder.")
        if target.is_dir() and any(target.iterdir()) and not force:
            raise UsageError(f"folder '{path}' is not empty. Name another, or add --force.")
        _write_example(target)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise SupplygraphError(f"'{path}' cannot be written ({reason}).") from None
    print(f"wrote {path}", file=sys.stderr)


def _write_example(target: Path) -> None:
    """Copy the example so that a failure leaves nothing half written."""
    from supplygraph.dataset import shipped_datasets

    source = shipped_datasets()[EXAMPLE]
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".supplygraph-", dir=target.parent))
    try:
        for file in sorted(source.glob("*.csv")):
            shutil.copyfile(file, staging / file.name)
        if target.is_dir():
            for file in sorted(staging.iterdir()):
                os.replace(file, target / file.name)
        else:
            staging.chmod(0o755)
            staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def schema(
    name: Annotated[
        str | None, typer.Argument(help="Table such as facilities; all tables if left out.")
    ] = None,
) -> None:
    """Print what a table holds: its columns with type, unit, default and meaning.

    Example: supplygraph schema facilities
    """
    rows = column_rows(name) if name else table_rows()
    print("\t".join(rows[0]))
    for row in rows:
        print("\t".join(row.values()))


def table_rows() -> list[dict[str, str]]:
    """One row per table.

    Examples
    --------
    >>> table_rows()[0]
    {'table': 'countries', 'needed': 'yes', 'key': 'id', 'columns': 'id, name, market, region'}
    """
    from supplygraph.schema import table_names, table_schema

    schemas = [table_schema(name) for name in table_names()]
    return [
        {
            "table": item.name,
            "needed": "yes" if item.required else "no",
            "key": ", ".join(item.key),
            "columns": ", ".join(c.name for c in item.columns if c.required),
        }
        for item in schemas
    ]


def column_rows(table: str) -> list[dict[str, str]]:
    """One row per column of a table.

    Raises
    ------
    UsageError
        If there is no such table.

    Examples
    --------
    >>> column_rows("demand")[0]["references"]
    'products.id'
    """
    from supplygraph.schema import table_schema

    return [
        {
            "column": column.name,
            "type": column.type,
            "unit": column.unit,
            "default": column.default,
            "values": " | ".join(column.values),
            "references": ".".join(column.references or ()),
            "status": column.status,
            "description": column.description,
        }
        for column in table_schema(table).columns
    ]
