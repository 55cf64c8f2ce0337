"""What a dataset has on record of a measure, project, deal or event, as rows of `explain`.

Documents are shown as they are written: what is not written is not shown, and defaults stand in
`supplygraph schema measure-file`. `supplygraph validate` checks them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from supplygraph.dataset import Dataset
from supplygraph.scenario.offtakes import offtake_text, offtakes_of

FOLDERS = {"measures": "measure", "projects": "project", "deals": "deal"}
DATES = ("announced", "effective", "expires", "suspended", "date")
APART = (
    "id",
    "title",
    "kind",
    "effect",
    "reason",
    "offtake",
    "projects",
    "record",
    "sources",
    "ranges",
    "evidence",
    "size_evidence",
    "note",
    *DATES,
)
# Keys of the mechanism, which the grade of size covers; of a measure all but who imposed it.
SIZED = {"project": ("lines", "odds", "slip_months"), "deal": ()}
WEAKEST = "D"  # of a document that names no grade


def fact(part: str, what: str, quantity: float = np.nan, unit: str = "", **more: Any) -> dict:
    """One row of `explain`; what is not given is empty.

    Examples
    --------
    >>> fact("date", "effective 2025-04-04")["what"]
    'effective 2025-04-04'
    """
    empty = {"year": np.nan, "evidence": "", "source": (), "note": ""}
    return {"part": part, "what": what, "quantity": quantity, "unit": unit, **empty, **more}


def ids_on_record(dataset: Dataset) -> list[str]:
    """Ids of all measures, projects, deals and events."""
    named = [name for folder in FOLDERS for name in _documents(dataset, folder)]
    return [*named, *dataset.tables["events"]["id"]]


def on_record(dataset: Dataset, name: str) -> Iterator[dict[str, Any]]:
    """Rows of every document and event of one id; none if there is none.

    Parameters
    ----------
    dataset
        With its documents.
    name
        Id of a measure, project, deal or event.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> rows = list(on_record(read_dataset(), "CN-2025-18"))
    >>> [row["what"] for row in rows if row["part"] == "date"]
    ['announced 2025-04-04', 'effective 2025-04-04']
    """
    for folder, word in FOLDERS.items():
        content = _documents(dataset, folder).get(name)
        if content is not None:
            yield from _document(word, content)
            yield from _offtakes(dataset, folder, name, content)
            yield from _named_by(dataset, folder, name)
    events = dataset.tables["events"]
    for row in events[events["id"] == name].to_dict("records"):
        where = ", ".join(str(row[key]) for key in ("region", "product") if row[key])
        year = float(str(row["date"])[:4])
        yield fact(
            "event",
            str(row["event"]),
            year=year,
            evidence=row["evidence"],
            source=row["source"],
            note=row["note"],
        )
        yield fact("date", f"date {row['date']}")
        yield fact("place", where)


def _documents(dataset: Dataset, folder: str) -> dict[str, Mapping[str, Any]]:
    found = dataset.documents.get(folder, {})
    return {str(content.get("id", stem)): content for stem, content in sorted(found.items())}


def _document(word: str, content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A document from its title to its sources."""
    grade = str(content.get("evidence", WEAKEST))
    head = ": ".join(str(content[key]) for key in ("kind", "title") if content.get(key))
    yield fact(word, head, evidence=grade, note=_flat(content.get("note", "")))
    if "effect" in content:
        yield fact("effect", str(content["effect"]), note=_flat(content.get("reason", "")))
    elif content.get("reason"):
        yield fact("reason", _flat(content["reason"]))
    for key in DATES:
        if content.get(key) is not None:
            yield fact("date", f"{key} {content[key]}")
    yield from _parameters(word, content)
    for name in _items(content.get("projects")):
        yield fact("project", str(name))
    yield from (
        fact("record", _said(path, value), evidence=grade)
        for path, value in _leaves(content.get("record", {}))
    )
    for source in _items(content.get("sources")):
        if isinstance(source, Mapping):
            title, url = source.get("title", ""), source.get("url") or "no address"
            yield fact("source", _flat(title), evidence=grade, note=_flat(url))


def _parameters(word: str, content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Everything that is neither a date nor about the document itself, with its range."""
    ranges = content.get("ranges")
    ranges = ranges if isinstance(ranges, Mapping) else {}
    for path, value in _leaves({k: v for k, v in content.items() if k not in APART}):
        if path.endswith(".size_evidence"):
            continue
        grade, span = _grade(word, content, path), _items(ranges.get(path))
        note = f"range {' to '.join(map(str, span))}" if span else ""
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield fact("parameter", path, float(value), evidence=grade, note=note)
        else:
            yield fact("parameter", _said(path, value), evidence=grade, note=note)


def _grade(word: str, content: Mapping[str, Any], path: str) -> str:
    """Grade of a parameter: of what is stated, or of size, where the innermost part counts."""
    first = path.partition(".")[0]
    sized = first in SIZED[word] if word in SIZED else first != "imposed_by"
    if not sized or "effect" in content:
        return str(content.get("evidence", WEAKEST))
    grade, part = str(content.get("size_evidence", WEAKEST)), content
    for key in path.split("."):
        below = part.get(key)
        if not isinstance(below, Mapping):
            break
        part = below
        grade = str(part.get("size_evidence", grade))
    return grade


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted paths and the values at their ends; a list of plain values is one value."""
    if isinstance(value, Mapping):
        pairs = list(value.items())
    elif isinstance(value, list | tuple) and any(isinstance(v, Mapping | list) for v in value):
        pairs = list(enumerate(value))
    else:
        yield path, value
        return
    for key, below in pairs:
        yield from _leaves(below, f"{path}.{key}" if path else str(key))


def _offtakes(
    dataset: Dataset, folder: str, name: str, content: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Who may buy what; of a project also what deals say of its output."""
    deals = _documents(dataset, "deals") if folder == "projects" else {}
    for deal, record in offtakes_of(name, content, deals):
        grade = record.get("evidence") or (deals[deal] if deal else content).get("evidence")
        source = record.get("source")
        told = source.get("title") if isinstance(source, Mapping) else None
        note = [f"deal {deal}" if deal else "", str(record.get("terms") or ""), str(told or "")]
        what = offtake_text(record)
        said = "; ".join(text for text in filter(None, map(_flat, note)) if text not in what)
        yield fact("offtake", what, evidence=str(grade or WEAKEST), note=said)


def _named_by(dataset: Dataset, folder: str, name: str) -> Iterator[dict[str, Any]]:
    """Documents that name this one: scenarios name measures, deals name projects."""
    if folder == "projects":
        for deal, content in _documents(dataset, "deals").items():
            if name in _items(content.get("projects")):
                yield fact("deal", deal)
    if folder == "measures":
        for scenario, content in _documents(dataset, "scenarios").items():
            if name in [*_items(content.get("measures")), *_items(content.get("modifiers"))]:
                yield fact("scenario", scenario)


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _flat(value: Any) -> str:
    return " ".join(str(value).split())


def _said(path: str, value: Any) -> str:
    """A parameter in words."""
    if isinstance(value, list | tuple):
        return f"{path}: {', '.join(map(_flat, value))}"
    if isinstance(value, bool):
        return f"{path}: {str(value).lower()}"
    return f"{path}: {'' if value is None else _flat(value)}"
