"""Tables out: to the terminal, to a pipe, to a file; data only, nothing else on stdout."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from supplygraph.errors import SupplygraphError, UsageError

if TYPE_CHECKING:
    from supplygraph.results import Results

FORMATS = ("table", "csv", "tsv", "json", "jsonl", "md", "parquet")
ENDINGS = {f".{name}": name for name in FORMATS[1:]} | {".txt": "table", ".markdown": "md"}
SHARES = ("loss_", "baseline_share", "share_of_world", "moved")

FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="table, csv, tsv, json, jsonl, md or parquet."),
]
OutputOption = Annotated[
    Path | None, typer.Option("-o", "--output", help="File to write; its ending names the format.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite the output file.")]


def note(text: str) -> None:
    """Say something that is not data."""
    print(text, file=sys.stderr)


def emit(
    results: Results,
    format_: str | None,
    output: Path | None,
    force: bool = False,
    *,
    columns: Sequence[str] | None = None,
    title: str = "",
) -> None:
    """Write a result in the format asked for.

    Parameters
    ----------
    results
        What to write.
    format_
        One of `FORMATS`; by the file's ending, else a table on a terminal and tsv on a pipe.
    output
        File, or standard output.
    columns
        Columns a terminal table shows; other formats carry all.
    title
        Line above a terminal table.

    Raises
    ------
    UsageError
        If the format is unknown or the file exists and `force` is not set.
    """
    kind = _choose(format_, output)
    for warning in results.warnings:
        note(f"warning: {warning}")
    if kind == "parquet":
        _write_parquet(results, output, force)
        return
    text = render(results, kind, columns, title)
    if output is None:
        sys.stdout.write(text)
        return
    _check_target(output, force)
    from supplygraph.results import write_text

    write_text(output, text)
    note(f"wrote {output}")


def _choose(format_: str | None, output: Path | None) -> str:
    if format_ is not None:
        if format_ not in FORMATS:
            from supplygraph.selectors import did_you_mean

            raise UsageError(f"--format '{format_}' is not known. {did_you_mean(format_, FORMATS)}")
        return format_
    if output is not None:
        if output.suffix not in ENDINGS:
            raise UsageError(
                f"'{output}': the ending names no format. Use one of {', '.join(sorted(ENDINGS))}, "
                "or --format."
            )
        return ENDINGS[output.suffix]
    return "table" if sys.stdout.isatty() else "tsv"


def _check_target(output: Path, force: bool) -> None:
    if output.is_dir():
        raise UsageError(f"'{output}' is a folder. Name a file.")
    if output.exists() and not force:
        raise UsageError(f"'{output}' exists. Name another, or add --force.")


def render(
    results: Results, kind: str, columns: Sequence[str] | None = None, title: str = ""
) -> str:
    """Text of a result in one format."""
    from supplygraph.results import plain_row

    if kind == "json":
        return results.to_json() + "\n"
    rows = [plain_row(row) for row in results.table.to_dict("records")]
    names = list(results.table.columns)
    if kind == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
    if kind in ("csv", "tsv"):
        return _delimited(names, rows, "," if kind == "csv" else "\t")
    shown = [name for name in (columns or names) if name in names]
    cells = [[_cell(name, row[name]) for name in shown] for row in rows]
    return _markdown(shown, cells) if kind == "md" else _table(shown, cells, title)


def _delimited(names: Sequence[str], rows: Sequence[dict[str, Any]], delimiter: str) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_flat(row[name]) for name in names])
    return buffer.getvalue()


def _flat(value: Any) -> Any:
    """A value as one cell: lists joined, null blank; no line breaks or tabs."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    if isinstance(value, dict):
        return ";".join(f"{key}={item}" for key, item in value.items())
    return " ".join(value.split()) if isinstance(value, str) else value


def _cell(name: str, value: Any) -> str:
    """A value as a person reads it: shares in per cent, numbers to three figures."""
    if value is None or value == "" or value == []:
        return "–" if name.startswith("loss") else ""
    if isinstance(value, float):
        if any(name.startswith(share) for share in SHARES):
            return f"{100 * value:+.1f} %" if name == "moved" else percent(value)
        if name.startswith("months"):
            return f"{value:.1f}"
        return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"
    return str(_flat(value))


def percent(share: float) -> str:
    """A share in per cent, one decimal; tiny ones are said to be tiny.

    Examples
    --------
    >>> percent(0.5504), percent(0.0), percent(0.0001)
    ('55.0 %', '0 %', '<0.1 %')
    """
    if not math.isfinite(share):
        return ""
    if share == 0:
        return "0 %"
    return "<0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def _markdown(names: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    def line(row: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n"

    return line(names) + line(["---"] * len(names)) + "".join(line(row) for row in cells)


def _table(names: Sequence[str], cells: Sequence[Sequence[str]], title: str) -> str:
    from rich.console import Console
    from rich.table import Table

    buffer = io.StringIO()
    real = Console()
    width = real.width if sys.stdout.isatty() else 200
    console = Console(file=buffer, width=width, force_terminal=sys.stdout.isatty())
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for name in names:
        number = all(not row[names.index(name)][:1].isalpha() for row in cells)
        table.add_column(
            name.replace("_", " "), justify="right" if number else "left", overflow="fold"
        )
    for row in cells:
        from rich.text import Text

        table.add_row(*[Text(cell) for cell in row])
    console.print(table)
    return buffer.getvalue()


def _write_parquet(results: Results, output: Path | None, force: bool) -> None:
    if output is None:
        raise UsageError("parquet needs a file. Add -o FILE.parquet.")
    _check_target(output, force)
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise SupplygraphError(
            "parquet needs pyarrow. Install supplygraph[parquet], or choose csv."
        ) from None
    from supplygraph.results import plain_row

    rows = [
        {
            key: _flat(value) if isinstance(value, list | dict) else value
            for key, value in row.items()
        }
        for row in (plain_row(row) for row in results.table.to_dict("records"))
    ]
    table = pyarrow.Table.from_pylist(rows)
    meta = {key: json.dumps(value) for key, value in results.envelope().items() if key != "results"}
    staging = output.with_name(f".{output.name}.part")
    pyarrow.parquet.write_table(table.replace_schema_metadata(meta), staging)
    staging.replace(output)
    note(f"wrote {output}")
