"""Every question that can be asked, with its command and parameters: one description of each.

`questions.csv` has a row for each question, in the order in which commands are listed.
`parameters.csv` has a row for each parameter that means one thing, with the questions that take
it and the kinds of result that tell it (all of those questions if it names none). Help and options
of commands and the JSON Schema of params are made from it; docstrings are checked against it.
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
    """One parameter of a question, or what its results tell besides.

    Attributes
    ----------
    name
        As in Python; empty if it is found and not asked for.
    key
        Its name in the params of a result; empty if it is not told there.
    type
        One of string, integer, number, boolean, month, list, shares (numbers by name, given as
        ``NAME=NUMBER``) and function.
    choices
        The only words allowed, if any are listed.
    required
        Whether it must be given.
    default
        Value if it is left out, lists as tuples; None for a required one.
    unit
        Unit of a number.
    kinds
        Kinds of result that tell it.
    filled
        Those of them that tell a value even where none was asked for.
    names
        What its words name: a key of `schema.spoken`, or ``selector``; empty if nothing there.
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
    kinds: tuple[str, ...]
    filled: tuple[str, ...]
    names: str
    meaning: str

    def describe(self) -> str:
        """What it means, with the words allowed."""
        if not self.choices:
            return self.meaning
        words = [f"``{word}``" for word in self.choices]
        which = "Any of" if self.type == "list" else "One of"
        return f"{self.meaning} {which} {', '.join(words[:-1])} or {words[-1]}."

    def nullable(self, kind: str) -> bool:
        """Whether results of a kind may tell null: it was left out and nothing stands for it."""
        return not self.required and self.default is None and kind not in self.filled


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
    for asked, parameter in _parameters():
        for question in asked if parameter.name else ():
            taken.setdefault(question, []).append(parameter)
    return {
        row["question"]: Query(
            row["question"],
            _words(row["kinds"]),
            row["command"],
            row["entry"],
            row["summary"],
            tuple(taken.get(row["question"], ())),
        )
        for row in _rows("questions.csv")
    }


def told_in(kind: str) -> tuple[Parameter, ...]:
    """What results of a kind tell of how they were asked for, in order.

    Examples
    --------
    >>> [parameter.key for parameter in told_in("bounds")]
    ['month', 'measure', 'set', 'scenario', 'network']
    """
    return tuple(parameter for _, parameter in _parameters() if kind in parameter.kinds)


@cache
def _parameters() -> tuple[tuple[tuple[str, ...], Parameter], ...]:
    """Every row of `parameters.csv`, beside the questions that take it."""
    kinds = {row["question"]: _words(row["kinds"]) for row in _rows("questions.csv")}
    rows = ((_words(row["questions"]), row) for row in _rows("parameters.csv"))
    return tuple(
        (asked, _parameter(row, tuple(kind for name in asked for kind in kinds[name])))
        for asked, row in rows
    )


def _parameter(row: dict[str, str], kinds: tuple[str, ...]) -> Parameter:
    """A row, told by all kinds of its questions if it lists none."""
    default = json.loads(row["default"]) if row["default"] else None
    return Parameter(
        row["parameter"],
        row["key"],
        row["type"],
        _words(row["choices"]),
        not row["default"],
        tuple(default) if isinstance(default, list) else default,
        row["unit"],
        (_words(row["kinds"]) or kinds) if row["key"] else (),
        _words(row["filled"]),
        row["names"],
        row["meaning"],
    )


def _rows(name: str) -> list[dict[str, str]]:
    text = files("supplygraph.schema").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()
