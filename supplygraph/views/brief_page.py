"""A brief as a page, as Markdown and as a record: the same statements in each."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from supplygraph.errors import SupplygraphError
from supplygraph.schema.commands import ENVELOPE_VERSION, PREFIX
from supplygraph.views.style import PAPER

if TYPE_CHECKING:
    from supplygraph.analysis.headlines import Statement
    from supplygraph.analysis.headlines.brief import Brief
    from supplygraph.results import Results

KEYS = ("id", "product", "region", "element", "stage", "country", "material", "removed", "scenario")
STYLE = """
body { margin: 2em auto; max-width: 46em; padding: 0 1.2em; color: INK; background: PAPER;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5em; line-height: 1.25; } h2 { font-size: 1.1em; margin: 1.6em 0 .3em; }
p, li { overflow-wrap: anywhere; } figure { margin: 1em 0; } svg { width: 100%; height: auto; }
footer, .notes { color: SOFT; font-size: .85em; } .notes li { margin: .2em 0; }
@media print { body { margin: 0; font-size: 10pt; } figure { break-inside: avoid; } }
"""


def brief_html(brief: Brief) -> str:
    """One page without a script or a request; every value is escaped.

    Examples
    --------
    >>> import supplygraph as sg
    >>> page = brief_html(sg.load("three-nodes").brief("ev"))
    >>> page.startswith("<!doctype html>"), "<script" in page
    (True, False)
    """
    style = STYLE
    for name in ("ink", "paper", "soft"):
        style = style.replace(name.upper(), PAPER[name])
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
        f"<title>{_text(brief.question)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        + "\n".join(_body(brief))
        + "\n</body>\n</html>\n"
    )


def _body(brief: Brief) -> Iterator[str]:
    yield f"<h1>{_text(brief.question)}</h1>"
    for part in brief.parts:
        yield f"<h2>{_text(part.title)}</h2>"
        yield from (f"<p>{_text(told.text)}</p>" for _, told in part.told)
        if part.picture:
            yield from _figure(brief.results[part.picture])
    yield from _list("Withheld", brief.withheld)
    yield from _list("Method", brief.notes)
    yield from _list("Sources", [_source(key, row) for key, row in brief.sources.items()])
    yield f"<footer>{_text(_made_from(brief))}</footer>"


def _figure(results: Results) -> Iterator[str]:
    """The picture of a result, where something draws it."""
    from supplygraph.views.pictures import picture_bytes

    try:
        drawn = picture_bytes(results, "svg").decode()
    except SupplygraphError as error:  # no matplotlib, or nothing to draw: the statements stand
        yield f'<p class="notes">No picture: {_text(error)}</p>'
        return
    yield f"<figure>{drawn[drawn.index('<svg') :]}</figure>"


def _list(title: str, lines: Any) -> Iterator[str]:
    if lines:
        yield f'<h2>{title}</h2>\n<ul class="notes">'
        yield from (f"<li>{_text(line)}</li>" for line in lines)
        yield "</ul>"


def brief_markdown(brief: Brief) -> str:
    """The same as Markdown, without pictures."""
    lines = [f"# {_plain(brief.question)}", ""]
    for part in brief.parts:
        lines += [f"## {_plain(part.title)}", ""]
        lines += [f"{_plain(told.text)}\n" for _, told in part.told]
    listed = {
        "Withheld": brief.withheld,
        "Method": brief.notes,
        "Sources": [_source(key, row) for key, row in brief.sources.items()],
    }
    for title, said in listed.items():
        if said:
            lines += [f"## {title}", "", *(f"- {_plain(line)}" for line in said), ""]
    return "\n".join([*lines, _plain(_made_from(brief))]) + "\n"


def brief_record(brief: Brief) -> dict[str, Any]:
    """The same statements with the rows that each speaks of and the notes of its result."""
    dataset = brief.results["exports"].dataset
    return {
        "schema": f"{PREFIX}brief",
        "version": ENVELOPE_VERSION,
        "dataset": dict(dataset),
        "command": "brief",
        "params": dict(brief.asked),
        "question": brief.question,
        "statements": [
            _statement(part.title, name, told, brief.results[name])
            for part in brief.parts
            for name, told in part.told
        ],
        "withheld": list(brief.withheld),
        "notes": list(brief.notes),
        "sources": {key: dict(row) for key, row in brief.sources.items()},
        "results": {name: results.envelope() for name, results in brief.results.items()},
    }


def brief_json(brief: Brief) -> str:
    """The record as JSON text, same input same bytes."""
    return json.dumps(brief_record(brief), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _statement(part: str, name: str, told: Statement, results: Results) -> dict[str, Any]:
    from supplygraph.results import plain_row

    rows = [plain_row(row) for row in results.table.to_dict("records")]
    return {
        "part": part,
        "text": told.text,
        "result": name,
        "rows": [
            {"index": index} | {key: rows[index][key] for key in KEYS if rows[index].get(key)}
            for index in told.rows
        ],
        "figures": [
            {"row": figure.row if figure.row >= 0 else None, "column": figure.column}
            | {"value": figure.value, "words": figure.words}
            for figure in told.figures
        ],
        "caveats": list(results.warnings),
    }


def _source(key: str, row: Mapping[str, str]) -> str:
    parts = [row.get(name, "") for name in ("title", "publisher", "date", "url")]
    return f"{key}: {', '.join(part for part in parts if part)}"


def _made_from(brief: Brief) -> str:
    about = brief.results["exports"].dataset
    asked = " ".join(f"--{key} {value}" for key, value in brief.asked.items() if value)
    return (
        f"supplygraph brief {asked} · dataset {about['name']} {about['version']}, "
        f"hash {str(about['hash'])[:12]}"
    )


def _plain(text: str) -> str:
    """Text whose signs Markdown reads as nothing else."""
    return "".join(
        f"\\{sign}" if sign in "\\`*_[]<>#|" else sign for sign in " ".join(text.split())
    )


def _text(value: object) -> str:
    return html.escape(" ".join(str(value).split()))
