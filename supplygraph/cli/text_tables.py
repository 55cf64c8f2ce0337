"""Tables for people: Markdown, and columns that fit a terminal."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Literal

from supplygraph.cli.streams import clean

_MARKUP = re.compile(r"([\\|<\[`*])")


def markdown_text(text: str) -> str:
    r"""A text in Markdown, with what would be markup escaped.

    Examples
    --------
    >>> print(markdown_text("a|b <c>"))
    a\|b \<c>
    """
    return _MARKUP.sub(r"\\\1", text)


def markdown_table(names: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, with what would be markup escaped."""

    def line(row: Sequence[str]) -> str:
        return "| " + " | ".join(map(markdown_text, row)) + " |\n"

    return line(names) + line(["---"] * len(names)) + "".join(line(row) for row in cells)


def cell_width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def lay_out(columns: Sequence[tuple[str, list[str], int]], width: int, *, plain: bool) -> list[str]:
    """Lines of a table: headings of one or more words above each other, numbers to the right.

    Parameters
    ----------
    columns
        Heading, cells and width of each; a width of 0 is that of its longest cell. What is wider
        is folded, so that nothing is cut.
    width
        Columns of the terminal.
    plain
        Without colour.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="" if plain else "bold")
    taken = 0
    for heading, cells, given in columns:
        number = all(not cell[:1].isalpha() for cell in cells) and any(cell for cell in cells)
        drawn = number and all(not cell or not cell[0].isascii() for cell in cells)
        words = heading.split() or [""]
        wanted = given or max(map(cell_width, (*cells, *words)))
        room = max(min(wanted, width - taken), 1)
        justify: Literal["right", "left"] = "right" if number and not drawn else "left"
        table.add_column(clean(heading), justify=justify, overflow="fold", width=room)
        taken += room + 2
    for row in zip(*(cells for _, cells, _ in columns), strict=True):
        table.add_row(*[Text(cell) for cell in row])
    buffer = io.StringIO()
    console = Console(file=buffer, width=width, force_terminal=not plain, no_color=plain)
    console.print(table)
    return buffer.getvalue().splitlines()
