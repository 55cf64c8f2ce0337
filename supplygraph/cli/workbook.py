"""A result as an Excel file: its rows, what was asked of what, and the sources its rows cite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from supplygraph.analysis.headlines import headline
from supplygraph.analysis.records.workbook import (
    GENERAL,
    ONE_DECIMAL,
    PERCENT,
    Sheet,
    workbook_bytes,
)
from supplygraph.cli.value_text import flat_value
from supplygraph.schema.commands import Field, result_fields, result_params

if TYPE_CHECKING:
    from supplygraph.results import Results

UNCITED = (
    "No row of this table cites a source by its id. Its figures are computed from the dataset; "
    "supplygraph explain ID lists the sources behind a plant, product, material or arc."
)


def results_workbook(results: Results) -> bytes:
    """Sheets results, parameters and sources: all columns, numbers as they were computed."""
    from supplygraph.results import plain_row

    names, fields = _columns(results)
    rows = [plain_row(row) for row in results.table.to_dict("records")]
    cells = [[_cell(row[name]) for name in names] for row in rows]
    formats = [_format(field) for field in fields]
    about = ("what", "value", "unit", "meaning")
    return workbook_bytes(
        [
            Sheet("results", names, cells, formats),
            Sheet("parameters", about, list(_parameters(results, fields))),
            _sources(results),
        ]
    )


def _columns(results: Results) -> tuple[list[str], list[Field]]:
    """Names of the columns and what they mean; a table without rows still has its header."""
    described = {field.name: field for field in result_fields(results.kind)}
    names = list(map(str, results.table.columns)) or list(described)
    unknown = Field("", "string", True, "", (), 0, "")
    return names, [described.get(name, unknown) for name in names]


def _cell(value: Any) -> Any:
    return flat_value(value) if isinstance(value, list | dict | str) else value


def _format(field: Field) -> str:
    """Shares in per cent and months to a decimal; the number beneath keeps all its digits."""
    if field.type == "number" and field.unit.startswith("share"):
        return PERCENT
    return ONE_DECIMAL if field.type == "number" and field.unit.startswith("months") else GENERAL


def _parameters(results: Results, fields: list[Field]) -> Iterator[tuple[Any, ...]]:
    """What was asked of which tables, how products weigh, warnings, and what columns mean."""
    envelope = results.envelope()
    for name in ("name", "version", "hash"):
        yield f"dataset {name}", envelope["dataset"].get(name), "", ""
    yield "command", f"supplygraph {envelope['command']}", "", ""
    yield "kind of result", results.kind, "", ""
    answered = headline(results)
    if answered is not None:
        yield "answer", answered.text, "", "Generated; every number in it is a cell of the results."
    yield "version of results", envelope["version"], "", ""
    if "seed" in envelope:
        yield "seed", envelope["seed"], "", "Seed of what was drawn at random."
    told = {field.name: field for field in result_params(results.kind)}
    for name, value in envelope["params"].items():
        known = told.get(name)
        yield name, _cell(value), known.unit if known else "", known.description if known else ""
    for name, weight in envelope["weights"].items():
        yield f"weight of {name}", weight, "share", "Weight of the product in weighted totals."
    for warning in results.warnings:
        yield "warning", warning, "", ""
    for field in fields:
        if field.name:
            yield f"column {field.name}", field.type, field.unit, field.description


def _sources(results: Results) -> Sheet:
    names = ("id", "title", "publisher", "date", "url")
    rows = [
        (key, *(source.get(name, "") for name in names[1:]))
        for key, source in sorted(results.sources.items())
    ]
    return Sheet("sources", names, rows or [("", UNCITED, "", "", "")])
