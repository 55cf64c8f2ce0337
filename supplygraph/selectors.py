"""The one grammar that names nodes, in commands, YAML and Python.

A selector is a list of terms, all of which must hold: ``country=CN process=heavy``.
``|`` between values means or, ``!=`` excludes, ``=~`` looks for a part of the text,
``*`` and ``?`` are globs, quotes protect spaces. An expression adds up observations of
nodes: ``output(country=CN stage=mine) / output(stage=mine)``.
"""

from __future__ import annotations

import fnmatch
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from supplygraph.errors import SelectorError
from supplygraph.hints import did_you_mean
from supplygraph.vocabulary import SELECTOR_KEYS

KINDS = ("district", "rest", "country")  # a closed list: to exclude one that is absent is no slip
FUNCTIONS = ("output", "use", "trade", "activity", "surplus", "unexplained")
TRADED = ("material", "element", "stage")
_TERM = re.compile(r"^(?P<key>[A-Za-z_]+)(?P<op>!=|=~|=)(?P<values>.*)$", re.DOTALL)
_CALL = re.compile(r"\s*(?P<name>[a-z_]+)\s*\((?P<body>[^()]*)\)\s*")


@dataclass(frozen=True)
class Term:
    """One condition: ``key`` compared by ``op`` (``=``, ``!=``, ``=~``) with any of ``values``."""

    key: str
    op: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Selector:
    """Conditions that must all hold; without any it matches every node."""

    terms: tuple[Term, ...]
    text: str = ""

    def value(self, key: str) -> tuple[str, ...]:
        """Values asked of one key with ``=``, empty when the key is not named so."""
        return tuple(
            v for term in self.terms if term.key == key and term.op == "=" for v in term.values
        )


@dataclass(frozen=True)
class Removal:
    """A selector and the share of what it names that is taken away (0..1)."""

    selector: Selector
    share: float = 1.0


@dataclass(frozen=True)
class Call:
    """One observed quantity: a function over a selector, with ends for ``trade``."""

    function: str
    selector: Selector
    origin: str = "*"
    destination: str = "*"


@dataclass(frozen=True)
class Expression:
    """A sum of calls, or the quotient of two sums (a share)."""

    numerator: tuple[Call, ...]
    denominator: tuple[Call, ...] = ()
    text: str = ""


def parse_selector(text: str, extra: Sequence[str] = ()) -> Selector:
    """Read a selector.

    Parameters
    ----------
    text
        Terms ``key=value`` separated by spaces.
    extra
        Keys allowed besides the usual ones.

    Raises
    ------
    SelectorError
        If a term has no operator, an empty value or an unknown key.

    Examples
    --------
    >>> parse_selector("country=CN|MM process!=light").terms[0].values
    ('CN', 'MM')
    """
    try:
        words = shlex.split(text, posix=True)
    except ValueError as error:
        raise SelectorError(f"selector '{text}': {error}. Close the quotes.") from None
    terms = tuple(_parse_term(word, text, (*SELECTOR_KEYS, *extra)) for word in words)
    if not terms:
        raise SelectorError("selector is empty. Write terms such as country=CN process=heavy.")
    return Selector(terms, text)


def _parse_term(word: str, text: str, keys: Sequence[str]) -> Term:
    found = _TERM.match(word)
    if not found:
        raise SelectorError(
            f"selector '{text}': '{word}' is not key=value. Write terms such as country=CN, and "
            "quotes around a value with spaces."
        )
    key, op, body = found["key"], found["op"], found["values"]
    if key not in keys:
        raise SelectorError(f"selector '{text}': unknown key '{key}'. {did_you_mean(key, keys)}")
    values = tuple(body.split("|"))
    if not all(values):
        raise SelectorError(f"selector '{text}': '{key}' has an empty value. Name one.")
    return Term(key, op, values)


def parse_removal(text: str) -> Removal:
    """Read a selector with an optional ``share=0..1``.

    Examples
    --------
    >>> parse_removal("id=mine-a share=0.75").share
    0.75
    """
    selector = parse_selector(text, extra=("share",))
    shares = [term for term in selector.terms if term.key == "share"]
    rest = tuple(term for term in selector.terms if term.key != "share")
    if len(shares) > 1 or not rest:
        raise SelectorError(
            f"removal '{text}': no selector, or two shares. Give a selector and at most one share."
        )
    share = 1.0
    if shares:
        raw = "|".join(shares[0].values)
        try:
            share = float(raw)
        except ValueError:
            share = float("nan")
        if not 0 <= share <= 1 or shares[0].op != "=":
            raise SelectorError(
                f"removal '{text}': share '{raw}' is not between 0 and 1. Write such as share=0.5."
            )
    return Removal(Selector(rest, text), share)


class IndexedColumn:
    """A column of cells with the rows of every word in it, for many selectors in a row.

    Parameters
    ----------
    cells
        Strings, or tuples of strings (any of them may match).

    Examples
    --------
    >>> column = IndexedColumn(["CN", "JP", ("CN", "MY")])
    >>> column.rows("CN").tolist(), column.rows("US").tolist()
    ([0, 2], [])
    """

    def __init__(self, cells: Sequence[object]) -> None:
        self.cells = cells

    def __len__(self) -> int:
        return len(self.cells)

    @cached_property
    def _rows(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for row, cell in enumerate(self.cells):
            for word in cell if isinstance(cell, tuple) else (str(cell),):
                places.setdefault(word, []).append(row)
        return places

    @property
    def words(self) -> Iterable[str]:
        """Distinct words, in order of appearance."""
        return self._rows

    def rows(self, word: str) -> np.ndarray:
        """Rows whose cell is, or holds, a word."""
        return np.array(self._rows.get(word, ()), dtype=int)


def match(
    selector: Selector,
    table: Mapping[str, Sequence[object] | IndexedColumn],
    names: Mapping[str, str] | None = None,
) -> np.ndarray:
    """Rows of a table that a selector names.

    Parameters
    ----------
    selector
        Parsed selector.
    table
        Columns by key; a cell is a string or a tuple of strings (any of them may match).
    names
        Full names of words, for hints.

    Returns
    -------
    numpy.ndarray of bool
        One entry per row.

    Raises
    ------
    SelectorError
        If a key is no column, or a plain value occurs nowhere in its column.

    Examples
    --------
    >>> match(parse_selector("id=a*"), {"id": ["ab", "cd"]}).tolist()
    [True, False]
    """
    size = len(next(iter(table.values()), ()))
    rows = np.ones(size, dtype=bool)
    for term in selector.terms:
        if term.key not in table:
            raise SelectorError(
                f"selector '{selector.text}': '{term.key}' does not apply here. "
                f"{did_you_mean(term.key, table)}"
            )
        rows &= _match_term(term, table[term.key], selector.text, names or {})
    return rows


def _match_term(
    term: Term, column: Sequence[object] | IndexedColumn, text: str, names: Mapping[str, str]
) -> np.ndarray:
    indexed = column if isinstance(column, IndexedColumn) else IndexedColumn(column)
    found = np.zeros(len(indexed), dtype=bool)
    for value in term.values:
        plain = term.op != "=~" and "*" not in value and "?" not in value
        words = (value,) if plain else [w for w in indexed.words if fits(term.op, value, w)]
        hits = [indexed.rows(word) for word in words]
        absent = term.op == "!=" and term.key == "kind" and value in KINDS
        if not any(len(rows) for rows in hits) and not absent:
            known = {word for word in indexed.words if word}
            raise SelectorError(
                f"selector '{text}': no {term.key} '{value}'. {did_you_mean(value, known, names)}"
            )
        for rows in hits:
            found[rows] = True
    return ~found if term.op == "!=" else found


def fits(op: str, value: str, word: str) -> bool:
    """Whether a word is what one value of a term names; for ``!=`` what it excludes.

    Examples
    --------
    >>> fits("=", "dy*", "dy-oxide"), fits("=~", "LYNAS", "my-lynas"), fits("=", "CN", "cn")
    (True, True, False)
    """
    if op == "=~":
        return value.casefold() in word.casefold()
    if "*" in value or "?" in value:
        return fnmatch.fnmatchcase(word, value)
    return word == value


def parse_expression(text: str) -> Expression:
    """Read an expression of an observation.

    Raises
    ------
    SelectorError
        If it does not parse.

    Examples
    --------
    >>> parse_expression("output(id=a) + output(id=b)").numerator[1].selector.text
    'id=b'
    >>> parse_expression("trade(material=nd-oxide from=CN to=*)").numerator[0].origin
    'CN'
    """
    parts = text.split("/")
    if len(parts) > 2:
        raise SelectorError(f"expression '{text}': more than one '/'. Use at most one.")
    sums = [_parse_sum(part, text) for part in parts]
    return Expression(sums[0], sums[1] if len(sums) == 2 else (), text)


def _parse_sum(part: str, text: str) -> tuple[Call, ...]:
    calls, position = [], 0
    while True:
        found = _CALL.match(part, position)
        if not found:
            raise SelectorError(
                f"expression '{text}': cannot read '{part[position:].strip()}'. "
                f"Write {', '.join(FUNCTIONS)} with a selector in brackets."
            )
        calls.append(_parse_call(found["name"], found["body"], text))
        position = found.end()
        if position == len(part):
            return tuple(calls)
        if part[position] != "+":
            after = part[position:].strip()
            raise SelectorError(
                f"expression '{text}': '{after}' follows a term. Join terms by + and one /."
            )
        position += 1


def _parse_call(name: str, body: str, text: str) -> Call:
    if name not in FUNCTIONS:
        raise SelectorError(
            f"expression '{text}': unknown function '{name}'. {did_you_mean(name, FUNCTIONS)}"
        )
    ends = ("from", "to") if name == "trade" else ()
    selector = parse_selector(body, extra=ends)
    rest = tuple(term for term in selector.terms if term.key not in ends)
    if ends:
        _check_trade(selector, text)
    origin = "|".join(selector.value("from")) or "*"
    destination = "|".join(selector.value("to")) or "*"
    if not rest:
        raise SelectorError(
            f"expression '{text}': {name}() names nothing. Write a selector in brackets."
        )
    return Call(name, Selector(rest, body), origin, destination)


def _check_trade(selector: Selector, text: str) -> None:
    """Ends are named with ``=``; what moves is named by material, element or stage."""
    for term in selector.terms:
        if term.key in ("from", "to"):
            if term.op != "=":
                raise SelectorError(
                    f"expression '{text}': '{term.key}' cannot take '{term.op}'. "
                    f"Name markets as {term.key}=CN|MM."
                )
        elif term.key not in TRADED:
            raise SelectorError(
                f"expression '{text}': trade() cannot take '{term.key}'. Name what moves by "
                f"{', '.join(TRADED)}, and places by from= and to=."
            )
