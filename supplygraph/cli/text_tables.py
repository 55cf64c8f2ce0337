"""Tables for people: Markdown, and columns that fit a terminal."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Sequence
from typing import Literal

from supplygraph.cli.streams import clean

WIDTH = 200  # of a table that goes to no terminal
WORD = 20  # longer words of text may be broken in a narrow table
_MARKUP = re.compile(r"([\\|<\[`*])")


def markdown_table(names: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, with what would be markup escaped."""

    def line(row: Sequence[str]) -> str:
        return "| " + " | ".join(_MARKUP.sub(r"\\\1", cell) for cell in row) + " |\n"

    return line(names) + line(["---"] * len(names)) + "".join(line(row) for row in cells)


def column_table(names: Sequence[str], cells: Sequence[Sequence[str]], terminal: bool) -> str:
    """A table in columns that fit the terminal, or as wide as `WIDTH` where there is none."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    plain = not terminal or bool(os.environ.get("NO_COLOR"))
    room = Console().width if terminal else WIDTH
    heads = [clean(name).replace("_", " ") for name in names]
    columns = [[row[index] for row in cells] for index in range(len(names))]
    numbers = [all(not cell[:1].isalpha() for cell in column) for column in columns]
    whole = [number or name == "id" for number, name in zip(numbers, names, strict=True)]
    widths = _widths(heads, columns, whole, room - 2 * len(names))
    table = Table(box=None, pad_edge=False, header_style="" if plain else "bold")
    for head, number, width in zip(heads, numbers, widths, strict=True):
        justify: Literal["right", "left"] = "right" if number else "left"
        table.add_column(head, justify=justify, overflow="fold", width=width)
    for row in cells:
        table.add_row(*[Text(cell) for cell in row])
    buffer = io.StringIO()
    width = max(room, sum(widths) + 2 * len(widths))
    console = Console(file=buffer, width=width, force_terminal=not plain, no_color=plain)
    console.print(table)
    return buffer.getvalue()


def _widths(
    heads: Sequence[str], columns: Sequence[Sequence[str]], whole: Sequence[bool], room: int
) -> list[int]:
    """Widths of columns: no number, id or short word is broken; long text shares what is left."""
    from rich.cells import cell_len

    least, wanted = [], []
    for head, cells, unbroken in zip(heads, columns, whole, strict=True):
        longest = max(map(cell_len, cells), default=0)
        word = max((cell_len(word) for cell in cells for word in cell.split()), default=0)
        title = max(map(cell_len, head.split()), default=1)
        least.append(max(title, longest if unbroken else min(word, WORD)))
        wanted.append(max(longest, least[-1]))
    widths, spare = list(least), max(room - sum(least), 0)
    order = sorted(range(len(widths)), key=lambda index: (wanted[index] - least[index], index))
    for position, index in enumerate(order):
        more = min(wanted[index] - least[index], spare // (len(order) - position))
        widths[index] += more
        spare -= more
    return widths
