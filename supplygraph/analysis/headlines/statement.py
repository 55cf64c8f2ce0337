"""Sentences that are generated from results: each number in one is a cell of a row it names.

A `Teller` reads cells and hands out words for them, and keeps where each came from. So a sentence
can be checked against the rows beside it, and a number that no row carries cannot get into one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from supplygraph.trade_words import in_a_sentence, step_text

if TYPE_CHECKING:
    from supplygraph.results import Results

Row = Mapping[str, Any]
PARAMS = -1  # in place of a row: the figure is what was asked
COUNT = -2  # in place of a row: the figure counts rows
LITTLE = 0.001  # shares below it are said to be less than that
WHOLE_FROM = 0.0995  # shares from here on are told in whole per cent
PLACES = ("country", "market", "region", "owner_country")
WITH_ARTICLE = ("United ", "European Union", "Netherlands", "Philippines", "Czech Republic")


@dataclass(frozen=True)
class Figure:
    """A number in a sentence.

    Attributes
    ----------
    row
        Index of its row in the table; `PARAMS` or `COUNT` where it is none.
    column
        Column, parameter, or what was counted.
    value
        As it stands there.
    words
        As the sentence tells it.
    """

    row: int
    column: str
    value: Any
    words: str


@dataclass(frozen=True)
class Statement:
    """A sentence or two that are true of a result.

    Attributes
    ----------
    text
        For people.
    figures
        Every number in it.
    spoken
        Names in it, which may hold digits of their own.
    """

    text: str
    figures: tuple[Figure, ...] = ()
    spoken: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[int, ...]:
        """Rows that it speaks of, in order."""
        return tuple(sorted({figure.row for figure in self.figures if figure.row >= 0}))


def percent_words(share: float | None) -> str:
    """A share as people say it: whole percents from ten on, one digit below.

    Examples
    --------
    >>> [percent_words(share) for share in (0.3912, 0.0485, 0.0004, 0.0, None)]
    ['39 %', '4.9 %', 'less than 0.1 %', 'nothing', 'an unknown part']
    """
    if share is None:
        return "an unknown part"
    if share <= 0:
        return "nothing"
    if share < LITTLE:
        return "less than 0.1 %"
    digits = 0 if share >= WHOLE_FROM else 1
    return f"{100 * share:.{digits}f} %"


def number_words(value: float | None) -> str:
    """A number to three figures; thousands with commas.

    Examples
    --------
    >>> [number_words(value) for value in (1234.5, 12.34, 0.5, None)]
    ['1,234', '12.3', '0.5', 'unknown']
    """
    if value is None or not math.isfinite(value):
        return "unknown"
    if 0 < abs(value) < LITTLE:
        return "less than 0.001" if value > 0 else "above -0.001"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


@dataclass
class Teller:
    """Words for the cells of a result, and a record of which were used.

    Parameters
    ----------
    results
        What is told.

    Examples
    --------
    >>> import supplygraph as sg
    >>> tell = Teller(sg.load("three-nodes").rank(top=1))
    >>> tell.say(f"It costs {tell.percent(0, 'loss_abroad_12m')}.").figures[0].words
    '100 %'
    """

    results: Results
    figures: list[Figure] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Rows of the table as plain values."""
        from supplygraph.results import plain_row

        return [plain_row(row) for row in self.results.table.to_dict("records")]

    def say(self, text: str) -> Statement:
        """A sentence made of the words handed out since the last one."""
        # A clause that was weighed and left out leaves its figures behind.
        told = text.replace(" to ", " % to ")  # the low end of a range leaves its unit to the high
        figures = tuple(one for one in self.figures if one.words in text or one.words in told)
        spoken = tuple(name for name in self.spoken if name in text)
        self.figures, self.spoken = [], []
        return Statement(
            f"{text[:1].upper()}{text[1:]}" if text.startswith("the ") else text, figures, spoken
        )

    def cell(self, index: int, column: str, words: str) -> str:
        """Words of one's own for a cell."""
        self.figures.append(Figure(index, column, self.rows[index].get(column), words))
        return words

    def percent(self, index: int, column: str) -> str:
        """A share in per cent."""
        return self.cell(index, column, percent_words(self.rows[index].get(column)))

    def number(self, index: int, column: str, unit: str = "") -> str:
        """A number to three figures, with its unit."""
        text = number_words(self.rows[index].get(column))
        return f"{self.cell(index, column, text)}{unit and f' {unit}'}"

    def months(self, index: int, column: str) -> str:
        """A number of months to one decimal."""
        value = self.rows[index].get(column)
        return self.cell(index, column, "an unknown number" if value is None else f"{value:.1f}")

    def between(self, index: int, low: str, high: str, words: Any = percent_words) -> str:
        """A range, or one value where both ends read alike."""
        ends = [words(self.rows[index].get(name)) for name in (low, high)]
        self.cell(index, high, ends[1])
        if ends[0] == ends[1]:
            return ends[0]
        self.cell(index, low, ends[0])
        first = ends[0].removesuffix(" %") if ends[1].endswith(" %") else ends[0]
        return f"{first} to {ends[1]}"  # the unit once

    def date(self, index: int, column: str) -> str:
        """A month or year as it stands."""
        return self.cell(index, column, str(self.rows[index].get(column)))

    def asked(self, name: str, words: str | None = None) -> str:
        """A parameter of the question."""
        value = self.results.params.get(name)
        told = str(value) if words is None else words
        self.figures.append(Figure(PARAMS, name, value, told))
        return told

    def count(self, number: int, of: str, plural: str = "") -> str:
        """How many rows are something, as words such as ``3 rows``."""
        word = of if number == 1 else plural or f"{of}s"
        return f"{self.tally(number, of)} {word}"

    def tally(self, number: int, of: str) -> str:
        """The number of such rows alone, where the sentence has named them."""
        self.figures.append(Figure(COUNT, of, number, f"{number:,}"))
        return f"{number:,}"

    def name(self, key: Any) -> str:
        """Name of an id as `plain_name` gives it; the id where it has none."""
        return self.as_name(plain_name(self.results.names, str(key)))

    def node(self, index: int) -> str:
        """What a row of a ranking removes, such as ``heavy separation, China``."""
        return self.as_name(node_name(self.results.names, self.rows[index]))

    def node_within(self, index: int) -> str:
        """The same within a sentence."""
        name = node_name(self.results.names, self.rows[index])
        return self.as_name(name if name == self.rows[index]["name"] else in_a_sentence(name))

    def place(self, key: Any) -> str:
        """Name of a country, market or region as it stands in a sentence."""
        name = plain_name(self.results.names, str(key))
        if name.startswith("Other "):
            name = f"o{name[1:]}"
        article = "the " if name.startswith(WITH_ARTICLE) else ""
        return f"{article}{self.as_name(name)}"

    def selector(self, text: str) -> str:
        """What a selector names, in words where it is simple, else as it stands."""
        terms = [term.partition("=") for term in text.split()]
        told = {key: value for key, _, value in terms}
        plain = all(sign and not set("|*?~!\"'") & set(key + value) for key, sign, value in terms)
        if not plain or len(told) != len(terms):
            return self.as_name(text)
        share = told.pop("share", "")
        part = f"{self.as_name(f'{100 * float(share):.3g} %')} of " if _is_number(share) else ""
        where = [self.place(told.pop(key)) for key in PLACES if key in told]
        whose = [
            self.as_name(in_a_sentence(step_text("", value)))
            if key == "process"
            else f"{self.as_name(value)} plants"
            if key == "stage"
            else self.name(value)
            for key, value in told.items()
        ]
        if whose and where:
            return f"{part}{', '.join(whose)} in {', '.join(where)}"
        return f"{part}{', '.join(whose or where)}" if whose or where else self.as_name(text)

    def as_name(self, text: str) -> str:
        """A name or selector that may hold digits of its own."""
        self.spoken.append(text)
        return text


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def plain_name(names: Mapping[str, str], key: str) -> str:
    """Name of an id without a remark in brackets or after a comma, where that still tells it apart.

    Examples
    --------
    >>> plain_name({"EU": "European Union (members not told apart)"}, "EU")
    'European Union'
    >>> names = {"ore-mm": "Ion-clay product (Burma)", "ore-cn": "Ion-clay product (China)"}
    >>> plain_name(names, "ore-mm")
    'Ion-clay product (Burma)'
    """
    name = names.get(key, key)
    short = _short(name)
    alike = sum(_short(other) == short for other in set(names.values()))
    return (short if alike <= 1 else name) or key


def _short(name: str) -> str:
    return name.split(" (")[0].split(", ")[0]


def node_name(names: Mapping[str, str], row: Row) -> str:
    """What a row of a ranking removes, in the trade's words.

    Examples
    --------
    >>> row = {"name": "heavy (separation), China", "kind": "country-process", "country": "CN",
    ...        "stage": "separation", "process": "heavy"}
    >>> node_name({"CN": "China"}, row)
    'Heavy separation, China'
    """
    if row.get("kind") == "country-process" and row.get("process") and row.get("country"):
        step = step_text(str(row["stage"]), str(row["process"]))
        return f"{step}, {plain_name(names, str(row['country']))}"
    return str(row["name"])


def worst(rows: Sequence[Row], column: str) -> int | None:
    """Index of the row with the largest value in a column; None where none has any."""
    known = [index for index, row in enumerate(rows) if row.get(column) is not None]
    return max(known, key=lambda index: (rows[index][column], -index), default=None)
