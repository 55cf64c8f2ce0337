"""What YAML files of measures and scenarios may hold: JSON Schema for editors, keys for people."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, TypeAdapter

from supplygraph.scenario.document_faults import models_in
from supplygraph.scenario.measures import KINDS, AnyMeasure, AnyModifier, Record
from supplygraph.scenario.model import Scenario
from supplygraph.scenario.projects import Deal, Project
from supplygraph.schema.commands import DRAFT


def file_schema(name: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a file of scenarios, measures, projects or deals.

    Ids, and the name of a scenario, may be left out: they are the file's name.

    Examples
    --------
    >>> sorted(file_schema("scenario-file")["required"])
    ['months', 'start', 'title']
    >>> "anyOf" in file_schema("measure-file")
    True
    """
    single: dict[str, type[BaseModel]] = {
        "scenario-file": Scenario,
        "project-file": Project,
        "deal-file": Deal,
    }
    if name in single:
        schema = single[name].model_json_schema()
        schema["required"] = [key for key in schema.get("required", ()) if key != "id"]
    else:
        schema = TypeAdapter(Record | AnyMeasure | AnyModifier).json_schema()
        for part in schema["$defs"].values():
            if "id" in part.get("required", ()):
                part["required"].remove("id")
    head = {"$schema": DRAFT, "$id": f"urn:supplygraph:{name}:1", "title": f"supplygraph {name}"}
    return {**schema, **head}


def key_rows(kind: str) -> list[dict[str, str]]:
    """Keys of a kind of measure, one row each; none if there is no such kind.

    Keys inside others have dotted paths; ``NAME`` stands for a name of your own, and a word in
    brackets for the kind to which the key belongs.

    Examples
    --------
    >>> [row["key"] for row in key_rows("suspension") if row["required"] == "yes"]
    ['id', 'sources.title', 'kind', 'suspends']
    >>> next(row["default"] for row in key_rows("ban") if row["key"] == "blocked")
    '1.0'
    """
    return _rows(KINDS[kind], "") if kind in KINDS else []


def _rows(model: type[BaseModel], prefix: str) -> list[dict[str, str]]:
    rows = []
    for name, field in model.model_fields.items():
        needed = field.is_required()
        words = getattr(field.annotation, "__args__", ())
        meaning = field.description or f"It is {', '.join(map(str, words))}."
        rows.append(
            {
                "key": prefix + name,
                "required": "yes" if needed else "no",
                "default": "" if needed or field.default is None else str(field.default),
                "description": meaning,
            }
        )
        below = models_in(field.annotation)
        for inner in below:
            kind = inner.model_fields.get("kind")
            mark = f"({kind.default})." if kind is not None and len(below) > 1 else ""
            if name == "groups":
                mark = "NAME."
            rows += _rows(inner, f"{prefix}{name}.{mark}")
    return rows
