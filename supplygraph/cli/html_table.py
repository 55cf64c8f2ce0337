"""A result as one HTML page: a table with its units, warnings as footnotes, no script."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from supplygraph.analysis.headlines import headline
from supplygraph.cli.streams import clean
from supplygraph.cli.value_text import cell_text, holds_names, text_of
from supplygraph.schema.commands import Field, result_fields, shown_columns

if TYPE_CHECKING:
    from supplygraph.results import Results

STYLE = """
body { margin: 2em auto; max-width: 75em; padding: 0 1em; color: INK; background: PAPER;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-size: 1.3em; font-weight: 600; padding-bottom: .6em; }
th, td { padding: .3em .8em; border-bottom: 1px solid LINE; text-align: left;
  vertical-align: top; }
th { border-bottom: 2px solid INK; vertical-align: bottom; }
th small { display: block; font-weight: normal; color: SOFT; }
.answer { max-width: 46em; font-size: 1.1em; }
.number { text-align: right; white-space: nowrap; }
footer, ol { color: SOFT; font-size: .9em; overflow-wrap: anywhere; }
"""


def html_table(results: Results) -> str:
    """A page of its own with the columns that a table shows; every value is escaped."""
    from supplygraph.results import plain_row
    from supplygraph.views.style import PAPER

    fields = {field.name: field for field in result_fields(results.kind)}
    columns = results.shown or shown_columns(results.kind, list(fields))
    rows = [plain_row(row) for row in results.table.to_dict("records")]
    style = STYLE
    for name in ("ink", "paper", "line", "soft"):
        style = style.replace(name.upper(), PAPER[name])
    title = f"supplygraph {results.envelope()['command']}"
    body = "\n".join(_body(results, columns, rows, fields, title))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{_text(title)}: {_text(results.dataset.get('name') or '')}</title>\n"
        f"<style>{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _body(
    results: Results,
    columns: Sequence[str],
    rows: Sequence[dict[str, Any]],
    fields: dict[str, Field],
    title: str,
) -> Iterator[str]:
    numeric = {name for name in columns if name in fields and fields[name].numeric}
    told = headline(results)
    if told is not None:
        yield f'<p class="answer">{_text(told.text)}</p>'
    yield f'<div class="wide"><table>\n<caption>{_text(title)}</caption>\n<thead><tr>'
    yield "".join(_head(name, fields.get(name), name in numeric) for name in columns)
    yield "</tr></thead>\n<tbody>"
    for row in rows:
        cells = (_cell(results, name, row, name in numeric) for name in columns)
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody>\n</table></div>"
    if results.warnings:
        yield "<ol>"
        yield from (f"<li>{_text(warning)}</li>" for warning in results.warnings)
        yield "</ol>"
    yield f"<footer>\n{''.join(f'<p>{_text(line)}</p>' for line in _about(results))}\n</footer>"


def _head(name: str, field: Field | None, numeric: bool) -> str:
    unit = field.unit if field and not field.unit.startswith("column ") else ""
    meaning = f' title="{_text(field.description)}"' if field else ""
    small = f"<small>{_text(unit)}</small>" if unit else ""
    sort = ' class="number"' if numeric else ""
    return f'<th scope="col"{sort}{meaning}>{_text(name.replace("_", " "))}{small}</th>'


def _cell(results: Results, name: str, row: dict[str, Any], numeric: bool) -> str:
    text, value = text_of(row, name), row[name]
    full = results.names.get(value) if isinstance(value, str) and holds_names(name) else None
    if full:
        return f'<td title="{_text(text)}">{_text(full)}</td>'
    return f'<td class="number">{_text(text)}</td>' if numeric else f"<td>{_text(text)}</td>"


def _about(results: Results) -> Iterator[str]:
    """What the table was made from, and how it was asked for."""
    about = {key: value for key, value in results.dataset.items() if value}
    yield "; ".join(f"dataset {key} {value}" for key, value in about.items())
    asked = {key: value for key, value in results.params.items() if value not in (None, [], ())}
    if asked:
        yield "Asked: " + "; ".join(f"{key} {cell_text('', value)}" for key, value in asked.items())


def _text(value: object) -> str:
    return html.escape(clean(str(value)))
