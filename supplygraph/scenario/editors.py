"""JSON Schema of measure and scenario files, for editors that complete and check YAML."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from supplygraph.scenario.measures import AnyMeasure, AnyModifier, Record
from supplygraph.scenario.model import Scenario
from supplygraph.schema.commands import DRAFT


def file_schema(name: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of ``scenario-file`` or ``measure-file``.

    The id of a measure and the name of a scenario may be left out: they are the file's name.

    Examples
    --------
    >>> sorted(file_schema("scenario-file")["required"])
    ['months', 'start', 'title']
    >>> "anyOf" in file_schema("measure-file")
    True
    """
    if name == "scenario-file":
        schema = TypeAdapter(Scenario).json_schema()
    else:
        schema = TypeAdapter(Record | AnyMeasure | AnyModifier).json_schema()
        for part in schema["$defs"].values():
            if "id" in part.get("required", ()):
                part["required"].remove("id")
    head = {"$schema": DRAFT, "$id": f"urn:supplygraph:{name}:1", "title": f"supplygraph {name}"}
    return {**schema, **head}
