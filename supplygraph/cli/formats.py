"""A result in each format: text for standard output or a file, or a Parquet file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplygraph.cli.streams import clean
from supplygraph.cli.text_tables import markdown_table, markdown_text
from supplygraph.cli.value_text import flat_value, percent, text_of
from supplygraph.errors import SupplygraphError, UsageError

if TYPE_CHECKING:
    from supplygraph.results import Results

PICTURES = ("png", "svg", "pdf")
FILES = ("xlsx", "parquet", *PICTURES)  # formats that standard output does not take
FORMATS = ("table", "csv", "tsv", "json", "jsonl", "md", "html", "sentences", *FILES)
ENDINGS = {f".{name}": name for name in FORMATS[1:] if name != "sentences"} | {
    ".txt": "table",
    ".markdown": "md",
    ".htm": "html",
}
WEIGHTS_SHOWN = 8
PAGE = 120  # columns of a table in a file
_FORMULA = re.compile(r"[=+@-]")  # how a cell begins that a spreadsheet would run


def render(results: Results, kind: str) -> str:
    """Text of a result in one format, as a file holds it.

    A table holds all rows and notes; md and html the answer and the columns of `Results.frame`;
    others carry all columns.
    """
    from supplygraph.results import plain_row
    from supplygraph.schema.commands import shown_columns

    if kind == "json":
        return results.to_json() + "\n"
    if kind == "html":
        from supplygraph.cli.html_table import html_table

        return html_table(results)
    if kind == "sentences":
        return _sentences(results)
    rows = [plain_row(row) for row in results.table.to_dict("records")]
    names = _names(results)
    if kind == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
    if kind in ("csv", "tsv"):
        return _delimited(names, rows, "," if kind == "csv" else "\t")
    if kind == "table":
        from supplygraph.cli.answers import Look, answer

        return answer(results, Look(PAGE, every=True, verbose=True)) + _weights_line(results)
    shown = results.shown or shown_columns(results.kind, names)
    cells = [[text_of(row, name) for name in shown] for row in rows]
    table = markdown_table(shown, cells)
    return _answer(results) + table + _weights_line(results) + _reading_lines(results)


def _answer(results: Results) -> str:
    """Above a table in Markdown: the sentence that answers what was asked."""
    from supplygraph.analysis.headlines import headline

    told = headline(results)
    return "" if told is None else f"{markdown_text(clean(told.text))}\n\n"


def _sentences(results: Results) -> str:
    """Sentences to quote.

    Raises
    ------
    UsageError
        If this kind of result has none.
    """
    from supplygraph.analysis.headlines import SENTENCES, sentences

    if results.kind not in SENTENCES:
        raise UsageError(f"{results.kind} has no sentences. Ask for --format table or md.")
    return "".join(f"{clean(told.text)}\n" for told in sentences(results))


def _names(results: Results) -> list[str]:
    """Names of the columns; a table without rows still has its header."""
    if len(results.table.columns):
        return list(results.table.columns)
    from supplygraph.schema.commands import result_fields

    return [field.name for field in result_fields(results.kind)]


def _weights_line(results: Results) -> str:
    """Under a table for people: how much each product weighs in its totals."""
    heavy = sorted((-weight, name) for name, weight in results.weights.items() if weight > 0)
    if not heavy:
        return ""
    shown = ", ".join(f"{name} {percent(-weight)}" for weight, name in heavy[:WEIGHTS_SHOWN])
    more = f" and {len(heavy) - WEIGHTS_SHOWN} more" if len(heavy) > WEIGHTS_SHOWN else ""
    return f"\nWeights ({results.params['weights']}): {clean(shown)}{more}.\n"


def _reading_lines(results: Results) -> str:
    """Under a table for people: how to read a measure and what it cannot see."""
    titles = {"how_to_read": "How to read", "blind_to": "Blind to"}
    said = [(title, results.params.get(name)) for name, title in titles.items()]
    lines = [f"{title}: {clean(str(text))}\n" for title, text in said if text]
    return "\n" + "".join(lines) if lines else ""


def _delimited(names: Sequence[str], rows: Sequence[dict[str, Any]], delimiter: str) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_inert(flat_value(row[name])) for name in names])
    return buffer.getvalue()


def _inert(value: Any) -> Any:
    """Text that no spreadsheet runs as a formula: an apostrophe before what looks like one."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def write_file(results: Results, kind: str, file: Path, *, replace: bool) -> None:
    """Write a result to a file in any format, whole or not at all.

    Raises
    ------
    SupplygraphError
        If what writes the format is not installed.
    FileExistsError
        If the file is there and is not to be replaced.
    """
    from supplygraph.writing import write_bytes, write_text

    if kind == "parquet":
        write_parquet(results, file, replace=replace)
    elif kind == "xlsx":
        from supplygraph.cli.workbook import results_workbook

        write_bytes(file, results_workbook(results), replace=replace)
    elif kind in PICTURES:
        from supplygraph.views.pictures import picture_bytes

        write_bytes(file, picture_bytes(results, kind), replace=replace)
    else:
        write_text(file, render(results, kind), replace=replace)


def write_parquet(results: Results, file: Path, *, replace: bool) -> None:
    """Write a result as Parquet, with what stands around its table as metadata.

    Raises
    ------
    SupplygraphError
        If pyarrow is not installed.
    FileExistsError
        If the file is there and is not to be replaced.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise SupplygraphError(
            "parquet needs pyarrow. Install supplygraph[parquet], or choose csv."
        ) from None
    from supplygraph.results import plain_row
    from supplygraph.schema.commands import result_fields
    from supplygraph.writing import write_whole

    envelope = results.envelope()
    types = {
        "number": pyarrow.float64(),
        "integer": pyarrow.int64(),
        "boolean": pyarrow.bool_(),
    }
    rows = [plain_row(row) for row in results.table.to_dict("records")]
    flat = [
        {
            name: flat_value(value) if isinstance(value, list | dict) else value
            for name, value in row.items()
        }
        for row in rows
    ]
    fields = [(f.name, types.get(f.type, pyarrow.string())) for f in result_fields(results.kind)]
    table = pyarrow.Table.from_pylist(flat, schema=pyarrow.schema(fields) if fields else None)
    about = {key: json.dumps(value) for key, value in envelope.items() if key != "results"}
    whole = table.replace_schema_metadata(about)
    write_whole(file, lambda staging: pyarrow.parquet.write_table(whole, staging), replace=replace)
