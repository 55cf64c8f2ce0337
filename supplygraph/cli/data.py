"""Commands about a dataset itself: ``validate``, ``init`` and ``schema``."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from supplygraph.cli.output import Output
from supplygraph.cli.question_options import asks
from supplygraph.cli.session import Session, with_output
from supplygraph.cli.streams import clean, folded, note, say
from supplygraph.errors import DatasetError, Fault, SupplygraphError, UsageError

if TYPE_CHECKING:
    from supplygraph.dataset import Dataset
    from supplygraph.results import Results

EXAMPLE = "three-nodes"
FILES = ("scenario-file", "measure-file", "project-file", "deal-file")
FAULT_COLUMNS = ("file", "row", "column", "value", "rule", "way_out")


@with_output("validate", gated=False)
@asks("validate")
def validate(
    context: typer.Context,
    output: Output,
    *,
    path: Annotated[str | None, typer.Argument(show_default="rare-earths")],
) -> None:
    """Check a dataset by every rule and print each fault with its way out.

    Prints what was read, or one line per fault, to standard output; with --format or -o a table
    of faults. Exit code 3 if there is any.

    Example: supplygraph validate three-nodes
    """
    session: Session = context.obj
    results, faults = _check(session.dataset if path is None else path)
    if output.asked:
        output.write(results)
    elif not faults:
        # A caution about a table is what a check is asked for: none waits behind -v.
        replace(output, asked_format="table", verbose=True).write(results)
    else:
        for warning in results.warnings:
            note(f"warning: {warning}")
        say("".join(f"{clean(str(fault))}\n" for fault in faults))
    if faults:
        name = results.dataset["name"]
        note(f"{len(faults)} problem{'s' * (len(faults) != 1)} in {name}")
        raise typer.Exit(DatasetError.exit_code)


def _check(path: str | None) -> tuple[Results, tuple[Fault, ...]]:
    """Faults of a dataset as a result, and as they are."""
    import pandas as pd

    from supplygraph.dataset import read_dataset
    from supplygraph.results import Results

    faults: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()
    about: dict[str, str | None]
    read: dict[str, int | None] = {"tables": None, "rows": None, "documents": None}
    try:
        dataset = read_dataset(path)
    except DatasetError as error:
        faults = error.faults
        about = {"name": error.name, "version": None, "hash": None}
    else:
        about = {"name": dataset.name, "version": dataset.version, "hash": dataset.hash}
        warnings = (*dataset.warnings, *dataset.remarks)
        faults = _check_documents(dataset)
        read["tables"] = len(dataset.headers)
        read["rows"] = sum(len(table) for table in dataset.tables.values())
        read["documents"] = sum(len(found) for found in dataset.documents.values())
    table = pd.DataFrame(fault_rows(faults), columns=list(FAULT_COLUMNS))
    return Results("validate", table, about, {"path": path} | read, warnings=warnings), faults


def _check_documents(dataset: Dataset) -> tuple[Fault, ...]:
    """Faults of measures, projects, deals and scenarios, if there are any to check."""
    if not any(dataset.documents.get(n) for n in ("measures", "projects", "deals", "scenarios")):
        return ()
    from supplygraph.graph import compile_graph
    from supplygraph.scenario.document_checks import check_documents

    return tuple(check_documents(dataset, compile_graph(dataset)))


def fault_rows(faults: tuple[Fault, ...]) -> list[dict[str, object]]:
    """Faults as rows for a table: file, row, column, value, rule, way_out.

    Examples
    --------
    >>> fault_rows((Fault("trade.csv", 3, "quantity", "-4", "below 0", "Reverse it."),))[0]["row"]
    3
    """
    return [{name: getattr(fault, name) for name in FAULT_COLUMNS} for fault in faults]


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
    note(f"wrote {path}")


def _write_example(target: Path) -> None:
    """Copy the example so that a failure leaves nothing half written."""
    from supplygraph.dataset import shipped_datasets
    from supplygraph.writing import write_folder

    source = shipped_datasets()[EXAMPLE]
    files = {file.name: file.read_bytes() for file in sorted(source.glob("*.csv"))}
    write_folder(target, files)


def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[TABLE|COMMAND|KIND|FILE]",
            help="Table such as facilities, command such as whatif, kind of measure such as "
            "licence, or file such as scenario-file; all tables if left out.",
        ),
    ] = None,
) -> None:
    """Print what a table, a kind of measure or the output of a command holds.

    A table or a kind of measure: its columns or keys with type, default and meaning. A command:
    JSON Schema (draft 2020-12) of its output with --format json. scenario-file and measure-file:
    JSON Schema of the YAML files, for editors.

    Example: supplygraph schema facilities

    Example: supplygraph schema chokepoints

    Example: supplygraph schema licence

    Example: supplygraph schema scenario-file
    """
    from supplygraph.schema import TABLES
    from supplygraph.schema.commands import command_schema, kinds_by_command

    if name is None or name in TABLES:
        _say_rows(column_rows(name) if name else table_rows())
    elif name in FILES:
        from supplygraph.scenario.json_schema import file_schema

        say(json.dumps(file_schema(name), indent=1, ensure_ascii=False) + "\n")
    elif name not in kinds_by_command() and (rows := _kind_rows(name)):
        _say_rows(rows)
    else:
        say(json.dumps(command_schema(name), indent=1, ensure_ascii=False) + "\n")


def _say_rows(rows: list[dict[str, str]]) -> None:
    if sys.stdout.isatty():
        say("".join(map(_entry, rows)))
        return
    lines = [list(rows[0]), *[list(row.values()) for row in rows]]
    say("".join("\t".join(line) + "\n" for line in lines))


def _entry(row: dict[str, str]) -> str:
    """A row for people: its name, what is said of it in a word each, and the longest text last."""
    (_, name), *short, (last, text) = row.items()
    said = "; ".join(f"{key} {value}" for key, value in short if value)
    lines = [name, f"    {said}"] + ([f"    {last}: {text}"] if text else [])
    return "".join(f"{folded(line, sys.stdout, '    ')}\n" for line in lines)


def _kind_rows(name: str) -> list[dict[str, str]]:
    """Keys of a kind of measure; none if there is no such kind."""
    from supplygraph.scenario.json_schema import key_rows

    return key_rows(name)


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
