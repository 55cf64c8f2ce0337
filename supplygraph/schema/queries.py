"""Every question that can be asked, with its command and parameters: one description of each.

`questions.csv` has a row for each question, in the order in which commands are listed.
`parameters.csv` has a row for each parameter that means one thing, with the questions that take
it. Docstrings and the params of results are checked against them.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """One parameter of a question.

    Attributes
    ----------
    name
        As in Python.
    key
        Its name in the params of a result; empty if it is not told there.
    type
        One of string, integer, number, boolean, month, list and function.
    choices
        The only words allowed, if any are listed.
    required
        Whether it must be given.
    default
        Value if it is left out, lists as tuples; None for a required one.
    unit
        Unit of a number.
    meaning
        What it means, and what leaving it out means.
    """

    name: str
    key: str
    type: str
    choices: tuple[str, ...]
    required: bool
    default: Any
    unit: str
    meaning: str

    def describe(self) -> str:
        """What it means, with the words allowed."""
        if not self.choices:
            return self.meaning
        words = [f"``{word}``" for word in self.choices]
        which = "Any of" if self.type == "list" else "One of"
        return f"{self.meaning} {which} {', '.join(words[:-1])} or {words[-1]}."


@dataclass(frozen=True)
class Query:
    """One question.

    Attributes
    ----------
    name
        Of the method of `Chain`, or of the command if it asks no chain.
    kinds
        Kinds of result it gives; none if it gives no result.
    command
        Command that asks it, such as ``scenario show``; empty if none does.
    entry
        Module and function of the command in `supplygraph.cli`; empty for a question that only a
        command of another one asks, by an option.
    summary
        One line.
    parameters
        What can be asked, by name.
    """

    name: str
    kinds: tuple[str, ...]
    command: str
    entry: str
    summary: str
    parameters: tuple[Parameter, ...]


@cache
def queries() -> dict[str, Query]:
    """All questions by name.

    Examples
    --------
    >>> queries()["run"].kinds
    ('run', 'run-by-element')
    >>> longest = queries()["cover"].parameters[-1]
    >>> longest.name, longest.default, longest.unit
    ('longest', 60.0, 'months')
    """
    taken: dict[str, list[Parameter]] = {}
    for row in _rows("parameters.csv"):
        for question in _words(row["questions"]):
            taken.setdefault(question, []).append(_parameter(row))
    return {
        row["question"]: Query(
            row["question"],
            _words(row["kinds"]),
            row["command"],
            row["entry"],
            row["summary"],
            tuple(taken.pop(row["question"], ())),
        )
        for row in _rows("questions.csv")
    }


def _parameter(row: dict[str, str]) -> Parameter:
    default = json.loads(row["default"]) if row["default"] else None
    return Parameter(
        row["parameter"],
        row["key"],
        row["type"],
        _words(row["choices"]),
        not row["default"],
        tuple(default) if isinstance(default, list) else default,
        row["unit"],
        row["meaning"],
    )


def _rows(name: str) -> list[dict[str, str]]:
    text = files("supplygraph.schema").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()
