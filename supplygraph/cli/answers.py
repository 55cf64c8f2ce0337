"""The answer for people: a sentence, the worst rows on one line each, then how to see the rest."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from supplygraph.cli.streams import clean
from supplygraph.cli.text_tables import cell_width, lay_out
from supplygraph.cli.value_text import holds_names, is_share, text_of

if TYPE_CHECKING:
    from supplygraph.results import Results
    from supplygraph.schema.commands import Field
WORST = 5  # rows told at first
NOTES = 2  # told without --verbose
BAR = 8  # columns of a bar
GAP = 2  # blanks between columns
EIGHTHS = " ▏▎▍▌▋▊▉█"
LEVELS = "▁▂▃▄▅▆▇█"
# Cells of these are read by full names too, though their columns do not say what they hold.
NAMED = ("market", "from", "to", "short_of", "id")
# Told in the caption where the rows told share it: a choice among rows of one case.
NEVER_A_COLUMN = ("cover", "rerouting", "portfolio", "year", "what", "product")
CAPTION = 9  # columns, the most important, of which the caption tells what rows share
PROSE = ("title", "rule", "way_out", "note", "why", "because")  # may take several lines
LEAST_PROSE = 24  # columns in which a sentence can still be read
# Units that a caption tells; those of a column of their own stand there.
UNITS_TOLD = ("t", "months", "USD")
KEYS = 4  # columns at most that name a row
# What tells the months of one row of a run from those of another.
ONE_RUN = ("product", "region", "segment", "rerouting", "cover")
PATH = ("loss_none", "loss_3m", "loss_6m", "loss_12m", "loss_24m", "loss_36m")


@dataclass(frozen=True)
class Look:
    """How much is told, and on what.

    Attributes
    ----------
    width
        Columns of the terminal.
    plain
        Without colour.
    every
        All rows, not only the worst.
    verbose
        All notes.
    rows
        Rows told where not all are; `WORST` unless the command was asked for some number.
    drawn
        Whether signs beyond ASCII can be shown, such as bars.
    """

    width: int
    plain: bool = True
    every: bool = False
    verbose: bool = False
    rows: int = WORST
    drawn: bool = True


@dataclass(frozen=True)
class ShownColumn:
    """A column of the short table, as text."""

    name: str
    heading: str
    cells: list[str]
    room: int = 0

    @property
    def width(self) -> int:
        """Columns of the terminal it takes; `room` where it is folded."""
        if self.room:
            return self.room
        words = self.heading.split() or [""]
        return max(cell_width(text) for text in (*self.cells, *words))


def answer(results: Results, look: Look) -> str:
    """A result for a person: headline, worst rows, what is left out, and notes."""
    from supplygraph.analysis.headlines import gap, headline
    from supplygraph.analysis.headlines.worst_rows import worst_first

    parts = [told.text for told in (headline(results), gap(results)) if told is not None]
    lines = [line for part in parts for line in _wrapped(part, look.width)]
    cases = worst_first(results)
    every = worst_first(results, each=True)
    if len(cases) == 1:  # of one case its rows are told
        cases = every
    chosen = every if look.every else cases[: look.rows]
    if chosen:
        lines += ["", *_table(results, chosen, look)]
    if len(chosen) < len(every):
        lines += ["", *_wrapped(_rest(len(chosen), len(every)), look.width)]
    lines += _notes(results, look)
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def _rest(shown: int, all_: int) -> str:
    return f"{shown} of {all_:,} rows. All: --all, or -o FILE (.xlsx, .csv, .json and others)."


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    # A number and its per cent stay on one line.
    joined = clean(text).replace(" %", "\N{NO-BREAK SPACE}%")
    lines = textwrap.wrap(joined, max(width, 20), subsequent_indent=indent, break_on_hyphens=False)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _table(results: Results, chosen: Sequence[int], look: Look) -> list[str]:
    """The rows as columns that fit, under a caption of what they share."""
    from supplygraph.results import plain_row

    every = [plain_row(row) for row in results.table.to_dict("records")]
    rows = [every[index] for index in chosen]
    columns: list[ShownColumn] = []
    all_share: list[str] = []
    these_share: list[str] = []
    for place, field in enumerate(_asked_for(results)):
        cells = [_text(results, field.name, row) for row in rows]
        told = f"{_heading(field) or field.name} {cells[0]}"
        if not any(cell not in ("", "–") for cell in cells):
            continue
        if len(rows) > 1 and len(set(cells)) == 1 and not is_share(field.name):
            same = len({str(row[field.name]) for row in every}) == 1
            if same or field.name in NEVER_A_COLUMN:
                # What every row shares, and a choice among rows, is told once.
                (all_share if same else these_share).extend([told] if place < CAPTION else [])
                continue
        columns.append(ShownColumn(field.name, _heading(field), cells))
    kept, left = _fitting(columns, rows, look)
    unit = _one_unit(results, [one.name for one in kept])
    kept = [replace(one, heading=_unit_told(results, one, unit)) for one in kept]
    captions = {"All rows: ": "; ".join(all_share), "Shown: ": "; ".join(these_share)}
    captions["Figures in "] = unit
    lines = [
        line
        for begin, told in captions.items()
        if told
        for line in _wrapped(f"{begin}{told}.", look.width)
    ]
    if look.drawn:
        kept = _with_path(kept, _path_of(results, rows, every), look)
    table = [(one.heading, one.cells, one.room) for one in kept]
    lines += lay_out(table, look.width, plain=look.plain)
    named = [one.heading or one.name.replace("_", " ") for one in left]
    if named and look.verbose:
        lines += _wrapped(f"No room for: {', '.join(named)}.", look.width)
    return lines


def _one_unit(results: Results, shown: Sequence[str]) -> str:
    """Unit that two or more figures of a table share, if it has no other; else empty.

    Shares aside, which say per cent themselves.
    """
    units = [
        field.unit
        for field in _asked_for(results)
        if field.name in shown and field.type == "number" and not is_share(field.name)
    ]
    same = len(units) > 1 and len(set(units)) == 1 and units[0].startswith(UNITS_TOLD)
    return units[0] if same else ""


def _unit_told(results: Results, column: ShownColumn, unit: str) -> str:
    """Heading of a figure without the unit that the caption tells of all."""
    own = next((field.unit for field in _asked_for(results) if field.name == column.name), "")
    if not unit or own != unit:
        return column.heading
    word = unit.split()[0]
    said = column.heading.removeprefix(f"{word}, ").removesuffix(f" {word}").removesuffix(",")
    return re.sub(rf"^{word} (?!of )", "", said) or column.heading


def _asked_for(results: Results) -> list[Field]:
    """Columns in their order; of steps after a stop the one that was asked for."""
    from supplygraph.schema import commands

    after = results.params.get("after")
    steps = {f"loss_abroad_{step}m" for step in (3, 6, 12, 24, 36) if step != after}
    fields = commands.answer_fields(results.kind) or [
        commands.Field(str(name), "string", True, "", (), 0, "") for name in results.table
    ]
    return [
        field
        for field in fields
        if field.name in results.table and (after is None or field.name not in steps)
    ]


def _heading(field: Field) -> str:
    if field.name in ("name", "title", "what") or field.heading:
        return field.heading
    step = re.fullmatch(r"loss_(?:abroad_)?(\d+)m", field.name)
    return f"{step[1]} months" if step else field.name.replace("_", " ")


def _text(results: Results, name: str, row: dict[str, Any]) -> str:
    from supplygraph.analysis.headlines import Teller, node_name, plain_name, runs_out

    value = row[name]
    if name == "runs_out" and value:
        return clean(runs_out(Teller(results), str(value)))
    if name == "name" and value:
        return clean(node_name(results.names, row))
    if isinstance(value, str | list) and (holds_names(name) or name in NAMED):
        if isinstance(value, list):
            return "; ".join(clean(plain_name(results.names, str(item))) for item in value)
        if name == "place" and results.kind == "outlook":
            return " + ".join(clean(part) for part in str(value).split("+"))
        return clean(plain_name(results.names, str(value))) if value else ""
    return text_of(row, name)


def _path_of(
    results: Results, rows: list[dict[str, Any]], every: list[dict[str, Any]]
) -> ShownColumn | None:
    """A line of signs for each row: losses after a stop, or of the months of a run; else None."""
    if results.kind == "whatif":
        lines = [spark([row.get(name) for name in PATH]) for row in rows]
        return ShownColumn("path", "none to 36 months", lines)
    if results.kind != "run" or not results.params.get("by_month"):
        return None
    # A row may stand without its months, where a reader kept some rows only: it has no line then.
    months: dict[tuple[Any, ...], list[float | None]] = {}
    for row in every:
        if row["month"] is not None:
            months.setdefault(tuple(row[name] for name in ONE_RUN), []).append(row["loss"])
    lines = [
        spark(months.get(tuple(row[name] for name in ONE_RUN), ())) if row["month"] is None else ""
        for row in rows
    ]
    return ShownColumn("path", "loss by month", lines)


def _with_path(
    columns: list[ShownColumn], path: ShownColumn | None, look: Look
) -> list[ShownColumn]:
    """Columns with a path beside them, where there is one and room for it."""
    fits = path is not None and any(path.cells) and _taken([*columns, path]) <= look.width
    return [*columns, path] if fits and path is not None else columns


def bar(share: float) -> str:
    """A share as a bar.

    Examples
    --------
    >>> bar(0.5), bar(0.0), bar(0.001)
    ('████', '', '▏')
    """
    eighths = round(share * BAR * 8) or (1 if share > 0 else 0)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (EIGHTHS[rest] if rest else "")


def spark(values: Sequence[float | None]) -> str:
    """Shares over time as one sign each, from nothing to all.

    Examples
    --------
    >>> spark([1.0, 0.5, 0.0, None])
    '█▅▁·'
    """
    return "".join(
        "·" if value is None else LEVELS[round(min(max(value, 0.0), 1.0) * 7)] for value in values
    )


def _fitting(
    columns: list[ShownColumn], rows: list[dict[str, Any]], look: Look
) -> tuple[list[ShownColumn], list[ShownColumn]]:
    """Columns that fit a line, the most important first, and those left out.

    Names and the first figure always stay: where they do not fit, places are told by their code,
    and the longest name is folded.
    """
    figure = next((one.name for one in columns if _is_figure(one, rows)), "")
    must = {figure} | {one.name for one in columns[: _position(columns, figure)]}
    base = [one for one in columns if one.name in must]
    if _taken(base) > look.width:
        columns = [_by_code(one, rows) for one in columns]
        base = [one for one in columns if one.name in must]
    kept = list(base)
    for column in columns:
        free = look.width - _taken(kept) - GAP
        if column.name not in must and column.width <= free:
            kept.append(column)
        elif column.name in PROSE and free >= LEAST_PROSE:
            kept.append(replace(column, room=free))
    places = [one.name for one in columns]
    kept.sort(key=lambda one: places.index(one.name))
    told = {one.name for one in kept}
    left = [one for one in columns if one.name not in told]
    return _with_bars(_folded(kept, look.width), rows, look), left


def _taken(columns: Sequence[ShownColumn]) -> int:
    return sum(one.width for one in columns) + GAP * (len(columns) - 1)


def _is_figure(column: ShownColumn, rows: Sequence[dict[str, Any]]) -> bool:
    return column.name != "rank" and any(isinstance(row[column.name], float) for row in rows)


def _position(columns: Sequence[ShownColumn], name: str) -> int:
    """How many columns that name a row stand before its first figure."""
    names = [one.name for one in columns]
    return min(names.index(name) if name in names else 1, KEYS)


def _by_code(column: ShownColumn, rows: Sequence[dict[str, Any]]) -> ShownColumn:
    """A column of places with their codes."""
    if column.name not in ("region", "market", "country", "worst_region", "from", "to"):
        return column
    return ShownColumn(column.name, column.heading, [clean(str(row[column.name])) for row in rows])


def _folded(columns: list[ShownColumn], width: int) -> list[ShownColumn]:
    """The same columns, of which the widest gives up what the terminal lacks."""
    over = _taken(columns) - width
    if over <= 0:
        return columns
    widest = max(columns, key=lambda one: one.width)
    room = max(widest.width - over, 8)
    return [replace(one, room=room) if one is widest else one for one in columns]


def _with_bars(
    columns: list[ShownColumn], rows: list[dict[str, Any]], look: Look
) -> list[ShownColumn]:
    """Columns with a bar after the first share, where there is room."""
    if not look.drawn or _taken(columns) + BAR + GAP > look.width:
        return columns
    for number, column in enumerate(columns):
        values = [row[column.name] for row in rows]
        shares = [value for value in values if isinstance(value, float)]
        if is_share(column.name) and shares and all(0 <= value <= 1 for value in shares):
            bars = [bar(value) if isinstance(value, float) else "" for value in values]
            return [*columns[: number + 1], ShownColumn("", "", bars), *columns[number + 1 :]]
    return columns


def _notes(results: Results, look: Look) -> list[str]:
    """What a reader must know, under the table."""
    titles = {"how_to_read": "How to read", "blind_to": "Blind to"}
    said = [
        f"{title}: {results.params[name]}"
        for name, title in titles.items()
        if results.params.get(name)
    ]
    notes = [*said, *results.warnings]
    told = notes if look.verbose else notes[:NOTES]
    lines = [line for text in told for line in _wrapped(f"* {text}", look.width, "  ")]
    if len(told) < len(notes):
        more = len(notes) - len(told)
        lines.append(f"* {more} more note{'s' * (more != 1)}: -v.")
    return ["", *lines] if lines else []


def look_of(*, terminal: bool, every: bool, verbose: bool, rows: int | None) -> Look:
    """How an answer looks here: on the terminal as wide as it is, elsewhere 100 columns."""
    from rich.console import Console

    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    return Look(
        width=Console().width if terminal else int(os.environ.get("COLUMNS") or 100),
        plain=not terminal or bool(os.environ.get("NO_COLOR")),
        every=every,
        verbose=verbose,
        rows=rows or WORST,
        drawn=encoding.startswith("utf"),
    )
