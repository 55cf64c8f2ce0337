"""Tables out: to the terminal, to a pipe, to a file; data only, nothing else on stdout."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from supplygraph.errors import SupplygraphError, UsageError

if TYPE_CHECKING:
    from supplygraph.results import Results

FORMATS = ("table", "csv", "tsv", "json", "jsonl", "md", "parquet")
ENDINGS = {f".{name}": name for name in FORMATS[1:]} | {".txt": "table", ".markdown": "md"}
# Control characters, and marks that reverse the direction of text: they could rewrite a terminal.
_UNSEEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]")
_FORMULA = re.compile(r"[=+@-]")  # how a cell begins that a spreadsheet would run
_MARKUP = re.compile(r"([\\|<\[`*])")
WIDTH = 200  # of a table that goes to no terminal
WEIGHTS_SHOWN = 8
LONG_MONTHS = 120  # a stock that outlasts ten years says no more than that
WORD = 20  # longer words of text may be broken in a narrow table
SHARES = (
    "loss_",
    "baseline_share",
    "share",
    "moved",
    "largest_",
    "top_three",
    "origins",
    "not_told_apart",
    "unrecorded",
    "import_dependence",
    "net_import_reliance",
    "import_reliance",
    "import_share",
    "computed",
    "published",
    "difference",
    "vitality_share",
    "passing_share",
    "stage_share",
    "shapley_",
    "alone_",
    "mape",
    "coverage",
)

FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="table, csv, tsv, json, jsonl, md or parquet."),
]
OutputOption = Annotated[
    Path | None, typer.Option("-o", "--output", help="File to write; its ending names the format.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite the output file.")]


def prepare_streams() -> None:
    """Data is UTF-8 wherever it goes; a terminal that cannot show a sign shows its number."""
    _replace_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            named = stream.isatty() or "PYTHONIOENCODING" in os.environ
            encoding = stream.encoding if named else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")


def _replace_closed_streams() -> None:
    """Streams the caller closed: nothing to read, nowhere for notes, no place for data."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - lives as long as the program
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        # Not writable, so that data meant for it is an error and not lost without a word.
        sys.stdout = open(os.devnull, encoding="utf-8")  # noqa: SIM115


def clean(text: str) -> str:
    r"""One line without control characters, whatever stands in a dataset or an argument.

    Examples
    --------
    >>> clean("a\n\tb \x1b[31mred")
    'a b [31mred'
    """
    return " ".join(_UNSEEN.sub(" ", text).split()) if not text.isprintable() else text


def note(text: str) -> None:
    """Say something that is not data, on one line; a full or closed stderr stops nothing."""
    with contextlib.suppress(OSError):
        print(clean(text), file=sys.stderr)


def say(text: str) -> None:
    """Write data to standard output; a reader that has closed it ends nothing but the writing.

    Raises
    ------
    SupplygraphError
        If it cannot be written, as to a full disk.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
    except OSError as error:
        drop_output()
        raise unwritable(error) from None


def drop_output() -> None:
    """What is left in the buffer must not fail again when the interpreter ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def unwritable(error: OSError) -> SupplygraphError:
    """The error of a standard output that takes no data."""
    reason = error.strerror or "it is closed"
    return SupplygraphError(f"standard output cannot be written ({reason}). Name a file with -o.")


def check_output(format_: str | None, output: Path | None, force: bool = False) -> None:
    """Refuse a format or file before anything is computed.

    Raises
    ------
    UsageError
        If the format is unknown, or the file exists and `force` is not set.
    """
    kind = _choose(format_, output)
    if output is None:
        if kind == "parquet":
            raise UsageError("parquet needs a file. Add -o FILE.parquet.")
        return
    if output.is_dir():
        raise UsageError(f"'{output}' is a folder. Name a file.")
    if output.exists() and not force:
        raise _exists(output)
    if output.exists() and not output.is_file():
        raise UsageError(f"'{output}' is no regular file. Name another.")


def _exists(output: Path) -> UsageError:
    return UsageError(f"'{output}' exists. Name another, or add --force.")


def emit(
    results: Results,
    format_: str | None,
    output: Path | None,
    force: bool = False,
    *,
    columns: Sequence[str] | None = None,
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
        Columns that table and md show; other formats carry all.

    Raises
    ------
    UsageError
        If the format is unknown or the file exists and `force` is not set.
    """
    check_output(format_, output, force)
    kind = _choose(format_, output)
    for warning in results.warnings:
        note(f"warning: {warning}")
    if output is None:
        say(render(results, kind, columns, terminal=sys.stdout.isatty()))
        return
    try:
        if kind == "parquet":
            _write_parquet(results, output, force)
        else:
            from supplygraph.writing import write_text

            write_text(output, render(results, kind, columns), replace=force)
    except FileExistsError:  # another run was faster
        raise _exists(output) from None
    note(f"wrote {output}")


def _choose(format_: str | None, output: Path | None) -> str:
    if format_ is not None:
        if format_ not in FORMATS:
            from supplygraph.selectors import did_you_mean

            raise UsageError(f"--format '{format_}' is not known. {did_you_mean(format_, FORMATS)}")
        return format_
    if output is not None:
        if output.suffix.lower() not in ENDINGS:
            raise UsageError(
                f"'{output}': the ending names no format. Use one of {', '.join(sorted(ENDINGS))}, "
                "or --format."
            )
        return ENDINGS[output.suffix.lower()]
    return "table" if sys.stdout.isatty() else "tsv"


def render(
    results: Results,
    kind: str,
    columns: Sequence[str] | None = None,
    *,
    terminal: bool = False,
) -> str:
    """Text of a result in one format; a table fits the terminal if it goes there."""
    from supplygraph.results import plain_row

    if kind == "json":
        return results.to_json() + "\n"
    rows = [plain_row(row) for row in results.table.to_dict("records")]
    names = _names(results)
    if kind == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
    if kind in ("csv", "tsv"):
        return _delimited(names, rows, "," if kind == "csv" else "\t")
    shown = [name for name in (columns or names) if name in names]
    cells = [[_cell(name, row[name]) for name in shown] for row in rows]
    text = _markdown(shown, cells) if kind == "md" else _table(shown, cells, terminal)
    return text + _weights_line(results) + _reading_lines(results)


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
    return f"\nWeights ({results.params.get('weights', 'sectors')}): {clean(shown)}{more}.\n"


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
        writer.writerow([_inert(_flat(row[name])) for name in names])
    return buffer.getvalue()


def _inert(value: Any) -> Any:
    """Text that no spreadsheet runs as a formula: an apostrophe before what looks like one."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _flat(value: Any) -> Any:
    """A value as one cell: lists joined, null blank, text on one line."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(clean(str(item)) for item in value)
    if isinstance(value, dict):
        return ";".join(f"{clean(str(key))}={item}" for key, item in value.items())
    return clean(value) if isinstance(value, str) else value


def _cell(name: str, value: Any) -> str:
    """A value as a person reads it: shares in per cent, numbers to three figures."""
    if value is None or value == "" or value == []:
        return "–" if name.startswith("loss") else ""
    if isinstance(value, float):
        if any(name.startswith(share) for share in SHARES):
            if name.startswith("share") and 0.9995 <= value < 1 - 1e-5:
                return ">99.9 %"
            return percent(value, signed=name == "moved")
        if name.startswith("months"):
            return f"> {LONG_MONTHS}" if value > LONG_MONTHS else f"{value:z.1f}"
        if name == "year":
            return f"{value:.0f}"
        return f"{value:z,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"
    if isinstance(value, dict):
        parts = [f"{clean(str(key))} {percent(share)}" for key, share in value.items()]
        return "; ".join(parts)
    text = str(_flat(value))
    return text.replace(";", "; ") if isinstance(value, list) else text


def percent(share: float, *, signed: bool = False) -> str:
    """A share in per cent, one decimal; what would round to nothing is said to be tiny.

    Examples
    --------
    >>> percent(0.5504), percent(-0.0), percent(0.0001), percent(-0.0001)
    ('55.0 %', '0 %', '<0.1 %', '>-0.1 %')
    >>> percent(0.05, signed=True)
    '+5.0 %'
    """
    if not math.isfinite(share):
        return ""
    if share == 0:
        return "0 %"
    if abs(share) < 0.0005:
        return "<0.1 %" if share > 0 else ">-0.1 %"
    return f"{100 * share:+.1f} %" if signed else f"{100 * share:.1f} %"


def _markdown(names: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    def line(row: Sequence[str]) -> str:
        return "| " + " | ".join(_MARKUP.sub(r"\\\1", cell) for cell in row) + " |\n"

    return line(names) + line(["---"] * len(names)) + "".join(line(row) for row in cells)


def _table(names: Sequence[str], cells: Sequence[Sequence[str]], terminal: bool) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    plain = not terminal or bool(os.environ.get("NO_COLOR"))
    room = Console().width if terminal else WIDTH
    heads = [clean(name).replace("_", " ") for name in names]
    columns = [[row[index] for row in cells] for index in range(len(names))]
    numbers = [all(not cell[:1].isalpha() for cell in column) for column in columns]
    whole = [number or name == "id" for number, name in zip(numbers, names, strict=True)]
    widths = _widths(heads, columns, whole, room - 2 * len(names))
    table = Table(box=None, pad_edge=False, header_style="" if plain else "bold")
    for head, number, width in zip(heads, numbers, widths, strict=True):
        justify: Literal["right", "left"] = "right" if number else "left"
        table.add_column(head, justify=justify, overflow="fold", width=width)
    for row in cells:
        table.add_row(*[Text(cell) for cell in row])
    buffer = io.StringIO()
    width = max(room, sum(widths) + 2 * len(widths))
    console = Console(file=buffer, width=width, force_terminal=not plain, no_color=plain)
    console.print(table)
    return buffer.getvalue()


def _widths(
    heads: Sequence[str], columns: Sequence[Sequence[str]], whole: Sequence[bool], room: int
) -> list[int]:
    """Widths of columns: no number, id or short word is broken; long text shares what is left."""
    from rich.cells import cell_len

    least, wanted = [], []
    for head, cells, unbroken in zip(heads, columns, whole, strict=True):
        longest = max(map(cell_len, cells), default=0)
        word = max((cell_len(word) for cell in cells for word in cell.split()), default=0)
        title = max(map(cell_len, head.split()), default=1)
        least.append(max(title, longest if unbroken else min(word, WORD)))
        wanted.append(max(longest, least[-1]))
    widths, spare = list(least), max(room - sum(least), 0)
    order = sorted(range(len(widths)), key=lambda index: (wanted[index] - least[index], index))
    for position, index in enumerate(order):
        more = min(wanted[index] - least[index], spare // (len(order) - position))
        widths[index] += more
        spare -= more
    return widths


def _write_parquet(results: Results, output: Path, force: bool) -> None:
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
            name: _flat(value) if isinstance(value, list | dict) else value
            for name, value in row.items()
        }
        for row in rows
    ]
    fields = [(f.name, types.get(f.type, pyarrow.string())) for f in result_fields(results.kind)]
    table = pyarrow.Table.from_pylist(flat, schema=pyarrow.schema(fields) if fields else None)
    about = {key: json.dumps(value) for key, value in envelope.items() if key != "results"}
    whole = table.replace_schema_metadata(about)
    write_whole(output, lambda staging: pyarrow.parquet.write_table(whole, staging), replace=force)
