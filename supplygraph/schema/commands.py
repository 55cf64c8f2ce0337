"""What every command's result holds, and the JSON Schema of its envelope.

One table, `schema/results.csv`, describes the columns of every kind of result. What its params tell
stands with the parameters of questions (`supplygraph.schema.queries`), and there stands which kinds
a command gives: one, or as `balance` several, told apart by the envelope's ``schema``.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from supplygraph.errors import UsageError
from supplygraph.schema import TABLES, hint
from supplygraph.schema.queries import Parameter, queries, told_in

DRAFT = "https://json-schema.org/draft/2020-12/schema"
PREFIX = "supplygraph/"
ENVELOPE_VERSION = "2"  # one more when a name of a column or a word in one changes
SEEDED = frozenset({"outlook"})  # kinds that draw at random; no other result has a seed
# Units of values whose whole is about 1, however large the flows of a dataset are.
PURE_UNITS = ("share", "sum of shares", "0 to", "months", "USD per USD")
_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "month": {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"},
    "list": {"type": "array", "items": {"type": "string"}},
    "shares": {"type": "object", "additionalProperties": {"type": "number"}},
    "record": {"type": "object"},
}


@dataclass(frozen=True)
class Field:
    """One column, or one parameter, of a kind of result.

    Parameters
    ----------
    name
        As it stands in the result.
    type
        One of string, number, integer, boolean, month, list (of strings), shares (numbers
        by name) and record (values by name).
    nullable
        Whether it may be null.
    unit
        Unit, ``column unit`` if the row's own column ``unit`` says it.
    values
        The only values allowed, if any are listed.
    shown
        Place among the columns that a table in Markdown shows, from 1; 0 for one that only files
        carry.
    answer
        Place among the columns of the short table that follows the answer, from 1; those that no
        longer fit a line are left out from the last. 0 for one that is not among them.
    heading
        What stands above it there; empty for its name.
    description
        What it means, and what null or empty stands for.

    Examples
    --------
    >>> field = result_fields("whatif")[0]
    >>> field.name, field.type, field.nullable
    ('month', 'month', True)
    """

    name: str
    type: str
    nullable: bool
    unit: str
    values: tuple[str, ...]
    shown: int
    description: str
    answer: int = 0
    heading: str = ""

    @property
    def numeric(self) -> bool:
        """Whether a limit can be set on it."""
        return self.type in ("number", "integer")

    @property
    def scale(self) -> float | None:
        """Size against which a value is dust: 1 for shares, indices and months, else unknown."""
        return 1.0 if self.unit.startswith(PURE_UNITS) else None

    def schema(self) -> dict[str, Any]:
        """JSON Schema of one value."""
        found = dict(_TYPES[self.type])
        if self.values and self.type == "string":
            found["enum"] = [*self.values, None] if self.nullable else list(self.values)
        if self.values and self.type == "shares":
            found["required"] = list(self.values)
        if self.nullable:
            found["type"] = [found["type"], "null"]
        if self.unit:
            found["x-unit"] = self.unit
        return found | {"description": self.description}


@cache
def kinds_by_command() -> dict[str, tuple[str, ...]]:
    """Kinds of result that each command gives, in the order of `questions.csv`.

    A group such as ``scenario`` is one command here: its results name it.

    Examples
    --------
    >>> kinds_by_command()["cover"]
    ('cover', 'survival', 'inferred-cover')
    """
    found: dict[str, tuple[str, ...]] = {}
    for query in queries().values():
        if query.kinds:
            name = query.command.partition(" ")[0]
            found[name] = (*found.get(name, ()), *query.kinds)
    return found


def command_of(kind: str) -> str:
    """Command that gives a kind of result; the kind itself if it is not described here.

    Examples
    --------
    >>> command_of("held")
    'balance'
    """
    found = kinds_by_command().items()
    return next((command for command, kinds in found if kind in kinds), kind)


def result_fields(kind: str) -> tuple[Field, ...]:
    """Columns of one kind of result, in order; none for a kind that is not described.

    Examples
    --------
    >>> [field.name for field in result_fields("validate")]
    ['file', 'row', 'column', 'value', 'rule', 'way_out']
    """
    return _fields().get(kind, ())


def result_params(kind: str) -> tuple[Field, ...]:
    """What a kind of result tells of how it was asked for, in order.

    Examples
    --------
    >>> [field.name for field in result_params("balance")]
    ['moved', 'role']
    """
    return tuple(_told(parameter, kind) for parameter in told_in(kind))


def _told(parameter: Parameter, kind: str) -> Field:
    """A parameter as results of a kind tell it; one whose words are kinds tells this kind."""
    choices = (kind,) if kind in parameter.choices else parameter.choices
    meaning = parameter.meaning.replace("``", "")
    nullable = parameter.nullable(kind)
    return Field(parameter.key, parameter.type, nullable, parameter.unit, choices, 0, meaning)


def shown_columns(kind: str, names: Sequence[str]) -> list[str]:
    """Those of a table's columns that are shown, in order; all of a kind that is not described.

    Examples
    --------
    >>> shown_columns("chokepoints", ["id", "rank", "stage", "loss_abroad_none"])
    ['rank', 'id', 'loss_abroad_none']
    """
    shown = sorted((field.shown, field.name) for field in result_fields(kind) if field.shown)
    return [name for _, name in shown if name in names] or list(names)


def answer_fields(kind: str) -> list[Field]:
    """Columns of the short table that follows the answer, the most important first.

    Examples
    --------
    >>> [field.name for field in answer_fields("held")][:3]
    ['material', 'market', 'kind']
    """
    fields = result_fields(kind)
    chosen = [field for field in fields if field.answer]
    if not chosen:
        return sorted((field for field in fields if field.shown), key=lambda field: field.shown)
    return sorted(chosen, key=lambda field: field.answer)


def scale_of(kind: str, name: str) -> float | None:
    """Scale of a column; of a record's entry that of the column of this name in other kinds.

    Examples
    --------
    >>> scale_of("whatif", "loss_none"), scale_of("whatif", "demand")
    (1.0, None)
    """
    found = [field.scale for field in result_fields(kind) if field.name == name]
    return found[0] if found else _scales().get(name)


def command_schema(command: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of what a command prints with ``--format json``.

    Raises
    ------
    UsageError
        If no command of this name gives a result.

    Examples
    --------
    >>> command_schema("whatif")["properties"]["schema"]
    {'const': 'supplygraph/whatif'}
    >>> len(command_schema("balance")["oneOf"])
    5
    """
    kinds = kinds_by_command()
    if command not in kinds:
        way_out = hint(command, (*kinds, *TABLES)) or f" Commands: {', '.join(kinds)}."
        raise UsageError(f"no command or table '{command}'.{way_out}")
    head = {
        "$schema": DRAFT,
        "$id": f"urn:supplygraph:{command}:{ENVELOPE_VERSION}",
        "title": f"supplygraph {command} --format json",
    }
    parts = [_envelope(kind, command) for kind in kinds[command]]
    return head | (parts[0] if len(parts) == 1 else {"oneOf": parts})


def _envelope(kind: str, command: str) -> dict[str, Any]:
    text = {"type": "string"}
    seed = {"seed": {"type": "integer", "minimum": 0}} if kind in SEEDED else {}
    unread = kind == "validate"
    about = {"name": text, "version": _maybe(text, unread), "hash": _maybe(text, unread)}
    return _object(
        {
            "schema": {"const": PREFIX + kind},
            "version": {"const": ENVELOPE_VERSION},
            "dataset": _object(about),
            "command": {"const": command},
            "params": _object(_schemas(result_params(kind))),
            "weights": {
                "type": "object",
                "additionalProperties": {"type": "number", "minimum": 0},
                "description": "Weight of every product in a weighted total.",
            },
            **seed,
            "results": {"type": "array", "items": _object(_schemas(result_fields(kind)))},
            "warnings": {"type": "array", "items": text},
        }
    )


def _maybe(schema: dict[str, Any], nullable: bool) -> dict[str, Any]:
    """A dataset that cannot be read has no version and no hash."""
    return {"type": [schema["type"], "null"]} if nullable else schema


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _schemas(fields: tuple[Field, ...]) -> dict[str, Any]:
    return {field.name: field.schema() for field in fields}


@cache
def _scales() -> dict[str, float]:
    """Scale of every name that has the same in all kinds of result."""
    scales: dict[str, set[float | None]] = {}
    for fields in _fields().values():
        for field in fields:
            scales.setdefault(field.name, set()).add(field.scale)
    return {name: 1.0 for name, found in scales.items() if found == {1.0}}


@cache
def _fields() -> dict[str, tuple[Field, ...]]:
    text = files("supplygraph.schema").joinpath("results.csv").read_text(encoding="utf-8")
    found: dict[str, tuple[Field, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        values = tuple(row["values"].split("|")) if row["values"] else ()
        field = Field(
            row["name"],
            row["type"],
            row["nullable"] == "yes",
            row["unit"],
            values,
            int(row["shown"] or 0),
            row["description"],
            int(row["answer"] or 0),
            row["heading"],
        )
        found[row["kind"]] = (*found.get(row["kind"], ()), field)
    return found
