"""What a shell offers on TAB after an option or in place of an id, read from the dataset's files.

A shell starts the program for every key, so ids and names come from the CSV files by the standard
library alone: no table is checked and no engine loaded. What cannot be read offers nothing.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import Any

import typer
import typer.core

from supplygraph.cli.streams import say
from supplygraph.errors import SupplygraphError
from supplygraph.schema.folders import find_folder, shipped_datasets
from supplygraph.schema.spoken import COLUMNS, FOLDERS, SpokenNames, named_rows
from supplygraph.vocabulary import SELECTOR_KEYS

Offer = tuple[str, str]  # a value, and what it is called
Completion = Callable[[typer.Context, str], list[Offer]]
BASH = "complete_bash"
# Shells run what they read again: nothing of a dataset may reach them that could be a command.
_SAFE = re.compile(r"[\w.+=|! -]+")
_NOT_SHOWN = re.compile(r"[^\w ,.()/+-]")
DOCUMENTS = (".yaml", ".yml")


def completion_of(
    names: str = "", choices: Sequence[str] = (), *, in_one_word: bool = False
) -> Completion | None:
    """What a shell may offer for an option; None if it names nothing and has no choices.

    Parameters
    ----------
    names
        What its values name: a key of `schema.spoken`, ``selector`` or ``dataset``.
    choices
        The only words allowed, if any are listed.
    in_one_word
        Whether several values are written as one word with commas.
    """
    if not choices and not names:
        return None

    def offer(context: typer.Context, incomplete: str) -> list[Offer]:
        head, comma, last = incomplete.rpartition(",") if in_one_word else ("", "", incomplete)
        found = ((word, "") for word in choices) if choices else _named(context, names, last)
        return [
            (f"{head}{comma}{word}", _NOT_SHOWN.sub("", name))
            for word, name in found
            if _SAFE.fullmatch(word)
        ]

    return offer


def _named(context: typer.Context, names: str, incomplete: str) -> Iterator[Offer]:
    if names == "dataset":
        yield from ((name, "") for name in shipped_datasets())
    elif names == "selector":
        yield from _selectors(_names(context), incomplete)
    else:
        yield from _names(context).listed(names).items()


def _selectors(names: SpokenNames, incomplete: str) -> Iterator[Offer]:
    """The last term of a selector: its key, or its value once only one key is left."""
    head, space, term = incomplete.rpartition(" ")
    key, equals, values = term.partition("=")
    first = head + space
    keys = [key] if equals else [known for known in SELECTOR_KEYS if known.startswith(key)]
    if len(keys) > 1:
        yield from ((f"{first}{known}=", "") for known in keys)
        return
    before, bar, _ = values.rpartition("|")
    for known in keys:
        for word, name in names.listed(known.removesuffix("!")).items():
            yield f"{first}{known}={before}{bar}{word}", name


def _names(context: typer.Context) -> SpokenNames:
    """Ids of the dataset that the line names, as its files have them."""
    folder: Path | None = None
    with suppress(SupplygraphError):
        folder = find_folder(context.find_root().params.get("dataset"))
    return SpokenNames(lambda key: {} if folder is None else _listed(folder, key))


def _listed(folder: Path, key: str) -> dict[str, str]:
    if key in FOLDERS:
        files = (folder / FOLDERS[key]).glob("*")
        return dict.fromkeys(sorted(file.stem for file in files if file.suffix in DOCUMENTS), "")
    found: dict[str, str] = {}
    for table, column, name in COLUMNS.get(key, ()):
        with suppress(OSError, UnicodeError, csv.Error):
            text = (folder / f"{table}.csv").read_text(encoding="utf-8-sig")
            rows = [
                [row.get(wanted) or "" for wanted in ("id" if name else column, column, name)]
                for row in csv.DictReader(text.splitlines())
            ]
            found = named_rows((own, word, called) for own, word, called in rows) | found
    return dict(sorted(found.items()))


def answer_shell(program: Callable[[], int | None], shell: str) -> int | None:
    """Let the program tell a shell what may follow, as typer does, and end.

    Options keep the text that stands on the line: to read it as typer does for a command would load
    more than all the rest. Bash breaks a word at ``=`` and is told its last part alone.

    Parameters
    ----------
    program
        Reads the line from the environment and prints what to offer.
    shell
        What it was asked by, such as ``complete_bash``.
    """
    before, offered = _join_words() if shell == BASH else "", StringIO()
    kinds: tuple[Any, ...] = (typer.core.TyperOption, typer.core.TyperArgument)
    reading = [kind.process_value for kind in kinds]
    try:
        for kind in kinds:
            kind.process_value = _as_typed
        with redirect_stdout(offered):
            return program()
    finally:
        for kind, read in zip(kinds, reading, strict=True):
            kind.process_value = read
        say("".join(f"{line.removeprefix(before)}\n" for line in offered.getvalue().splitlines()))


def _as_typed(parameter: object, context: object, value: object) -> object:
    """What `process_value` of an option gives to a shell that asks."""
    return value


def _join_words() -> str:
    """Put words that bash broke at ``=`` together again; what stands before the part asked for.

    Examples
    --------
    >>> os.environ["COMP_WORDS"] = "supplygraph|whatif|--remove|country|=|C".replace("|", chr(10))
    >>> os.environ["COMP_CWORD"] = "5"
    >>> _join_words(), os.environ["COMP_WORDS"].split(), os.environ["COMP_CWORD"]
    ('country=', ['supplygraph', 'whatif', '--remove', 'country=C'], '3')
    """
    words = os.environ.get("COMP_WORDS", "").split("\n")
    asked = int(os.environ.get("COMP_CWORD", "0"))
    joined: list[str] = []
    place, before = asked, ""
    for number, word in enumerate(words):
        if joined and "=" in (word, words[number - 1]):
            before = f"{joined[-1]}{'=' * (word == '=')}" if number == asked else before
            joined[-1] += word
        else:
            joined.append(word)
        place = len(joined) - 1 + max(0, asked - number)
        if number == asked:
            break
    rest = words[asked + 1 :]
    os.environ["COMP_WORDS"] = "\n".join([*joined, *rest])
    os.environ["COMP_CWORD"] = str(place)
    return before
