"""What stands around a picture: title, keys, panels one below the other, and a line of source.

Everything is placed in inches from the top, with text measured before it is placed. So names are
wrapped and never cut, and nothing can lie over anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplygraph.results import Results
from supplygraph.views.style import PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


WIDTH, MARGIN = 9.0, 0.35  # inches
POINTS = 72  # an inch
LEADING = 1.35  # height of a line over that of its type
TITLE, TEXT, SMALL = 14.0, 9.5, 8.0  # sizes of type, in points
BELOW_AXIS = 0.62  # room for numbers and the name of an axis
HASH_SHOWN = 12


@dataclass(frozen=True)
class Key:
    """What a mark means.

    Parameters
    ----------
    label
        Its meaning.
    colour
        Its colour.
    form
        ``dot``, ``ring``, ``band``, ``line`` or ``dashes``.
    """

    label: str
    colour: str
    form: str = "band"


class PictureSheet:
    """A figure that grows downwards.

    Parameters
    ----------
    title
        Headline.
    lead
        What is drawn, in which unit.
    """

    def __init__(self, title: str, lead: str) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(WIDTH, 1.0), facecolor="white")
        self._renderer: Any = FigureCanvasAgg(self.figure).get_renderer()
        self._top = MARGIN
        self._texts: list[tuple[float, float, str, dict[str, Any]]] = []
        self._marks: list[tuple[float, float, Key]] = []
        self._panels: list[tuple[Axes, float, float, float, float]] = []
        self.write(title, TITLE, bold=True)
        self.space(0.04)
        self.write(lead, TEXT, PAPER["soft"])
        self.space(0.1)

    def width(self, text: str, size: float = TEXT, *, bold: bool = False) -> float:
        """Width of one line of text, in inches."""
        from matplotlib.font_manager import FontProperties

        font = FontProperties(family=["DejaVu Sans"], size=size, weight="bold" if bold else None)
        pixels, *_ = self._renderer.get_text_width_height_descent(text, font, False)
        return float(pixels) / self.figure.dpi

    def wrap(self, text: str, room: float, size: float = TEXT, *, bold: bool = False) -> list[str]:
        """Lines no wider than some inches; a word that is wider is broken."""
        lines: list[str] = []
        line = ""
        for word in text.split():
            longer = f"{line} {word}" if line else word
            if self.width(longer, size, bold=bold) <= room:
                line = longer
                continue
            lines += [line] if line else []
            while self.width(word, size, bold=bold) > room and len(word) > 1:
                fits = self._fitting(word, room, size, bold)
                lines.append(word[:fits])
                word = word[fits:]
            line = word
        return [*lines, line] if line or not lines else lines

    def _fitting(self, word: str, room: float, size: float, bold: bool) -> int:
        """Signs of a word that fit, one at least."""
        sizes = range(2, len(word) + 1)
        fits = (count - 1 for count in sizes if self.width(word[:count], size, bold=bold) > room)
        return next(fits, len(word))

    def write(
        self, text: str, size: float, colour: str = PAPER["ink"], *, bold: bool = False
    ) -> None:
        """Text over the whole width, wrapped."""
        for line in self.wrap(text, WIDTH - 2 * MARGIN, size, bold=bold):
            look: dict[str, Any] = {
                "size": size,
                "color": colour,
                "weight": "bold" if bold else "normal",
            }
            self._line(MARGIN, self._top + size / POINTS, line, look)
            self._top += size * LEADING / POINTS

    def _line(self, across: float, down: float, text: str, look: dict[str, Any]) -> None:
        """One line on a base `down` from the top: so lines that stand side by side are level."""
        self._texts.append((across, down, text, {"va": "baseline"} | look))

    def beside(self, lines: Sequence[str], middle: float) -> None:
        """Lines of text at the left of a panel, around a height in inches from the top."""
        look: dict[str, Any] = {
            "size": TEXT,
            "color": PAPER["ink"],
            "va": "center",
            "linespacing": 1.15,
        }
        self._texts.append((MARGIN, middle, "\n".join(lines), look))

    def space(self, height: float) -> None:
        """Nothing for some inches."""
        self._top += height

    def keys(self, keys: Iterable[Key]) -> None:
        """What marks mean, in as many lines as it takes."""
        across, step = MARGIN, 0.24
        for key in keys:
            lines = self.wrap(key.label, WIDTH - 2 * MARGIN - 0.45)
            needed = 0.45 + max(self.width(line) for line in lines) + 0.25
            if across > MARGIN and across + needed > WIDTH - MARGIN:
                across = MARGIN
                self._top += step
            self._marks.append((across, self._top + 0.1, key))
            for number, line in enumerate(lines):
                self._top += 0.17 * (number > 0)
                look: dict[str, Any] = {"size": TEXT, "color": PAPER["soft"]}
                self._line(across + 0.42, self._top + 0.145, line, look)
            across += needed
        self._top += step + 0.08

    def panel(
        self, height: float, left: float, *, right: float = 0.25, below: float = BELOW_AXIS
    ) -> Axes:
        """Axes of some height, in inches, `left` from the left edge; the next item stands below."""
        axes = self.figure.add_axes((0.1, 0.1, 0.5, 0.5))
        self._panels.append((axes, left, self._top, WIDTH - left - right - MARGIN, height))
        self._top += height + below
        return axes

    def left_of(self, axes: Axes) -> float:
        """How far a panel stands from the left edge, in inches."""
        return next(left for panel, left, *_ in self._panels if panel is axes)

    @property
    def top(self) -> float:
        """Where the next item begins, in inches."""
        return self._top

    def done(self, results: Results, notes: Iterable[str] = ()) -> Figure:
        """The figure, with notes and the line of source at its foot."""
        for note in notes:
            self.write(note, SMALL, PAPER["soft"])
        self.space(0.06)
        self.write(source_line(results), SMALL, PAPER["faint"])
        height = self._top + MARGIN * 0.6
        figure = self.figure
        figure.set_size_inches(WIDTH, height)
        for axes, left, top, width, tall in self._panels:
            box = (left / WIDTH, 1 - (top + tall) / height, width / WIDTH, tall / height)
            axes.set_position(box)
        for across, down, text, look in self._texts:
            figure.text(across / WIDTH, 1 - down / height, text, **look)
        for across, down, key in self._marks:
            self._draw_key(across, down, key, height)
        return figure

    def _draw_key(self, across: float, down: float, key: Key, height: float) -> None:
        from matplotlib.lines import Line2D
        from matplotlib.patches import Rectangle

        middle = 1 - down / height
        left, right = across / WIDTH, (across + 0.32) / WIDTH
        place: dict[str, Any] = {"transform": self.figure.transFigure, "figure": self.figure}
        artist: Any
        if key.form == "band":
            tall = 0.11 / height
            corner = (left, middle - tall / 2)
            artist = Rectangle(corner, right - left, tall, facecolor=key.colour, **place)
        elif key.form in ("dot", "ring"):
            inside = key.colour if key.form == "dot" else "white"
            look: dict[str, Any] = {"marker": "o", "markersize": 6.5, "markerfacecolor": inside}
            artist = Line2D([(left + right) / 2], [middle], color=key.colour, **look, **place)
        else:
            look = {"linestyle": "--" if key.form == "dashes" else "-", "linewidth": 1.6}
            artist = Line2D([left, right], [middle, middle], color=key.colour, **look, **place)
        self.figure.add_artist(artist)


def source_line(results: Results) -> str:
    """What a picture was made from: program, command, dataset, version and the start of its hash.

    Examples
    --------
    >>> import pandas as pd
    >>> about = {"name": "toy", "version": "1", "hash": "0123456789abcdef"}
    >>> source_line(Results("whatif", pd.DataFrame(), about))
    'supplygraph whatif · dataset toy 1, hash 0123456789ab'
    """
    about = results.dataset
    name = " ".join(str(about[key]) for key in ("name", "version") if about.get(key))
    known = str(about.get("hash") or "")[:HASH_SHOWN]
    made = f"supplygraph {results.envelope()['command']}"
    return f"{made} · dataset {name}{f', hash {known}' if known else ''}"
