"""Horizontal bars with bounds: a band from the least to the most, a mark at what is quoted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from supplygraph.views.pictures.sheet import MARGIN, TEXT, PictureSheet
from supplygraph.views.style import PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes


LABELS = 2.9  # most room for labels, in inches
ROW, LINE = 0.33, 0.165  # heights of a row of one line, and of each further line
BAND, MARK = 0.13, 7.0  # height of a band in inches, size of a mark in points
TOP = 15  # rows of a ranking
SEEN = 5e-4  # less than this of a share or a month is no range
SMALLEST = 1e-3  # end of a scale: below it numbers are dust
BAND_KEY = "#e6c6c3"  # the band's colour on white, for the key


@dataclass(frozen=True)
class Bar:
    """A row.

    Parameters
    ----------
    label
        Full name.
    value
        What is quoted; None leaves the mark out.
    low, high
        Ends of the band; None leaves it out.
    other
        A second value beside it, drawn as a ring.
    text
        Words at the end of the row.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    other: float | None = None
    text: str = ""

    @classmethod
    def of(
        cls,
        label: str,
        ends: Sequence[float | None],
        say: Callable[[float], str],
        other: float | None = None,
    ) -> Bar:
        """A row from its value, low and high, with words for them at its end."""
        value, low, high = ends
        return cls(label, value, low, high, other, _range_text(value, low, high, say))

    @property
    def ranged(self) -> bool:
        """Whether its band can be seen."""
        return self.low is not None and self.high is not None and self.high - self.low > SEEN

    @property
    def most(self) -> float:
        """The furthest it reaches."""
        ends = (self.value, self.low, self.high, self.other)
        return max((end for end in ends if end is not None), default=0.0)


def finite(value: object) -> float | None:
    """A number, or None for what is not known.

    Examples
    --------
    >>> finite(0.5), finite(float("nan")), finite(None)
    (0.5, None, None)
    """
    number = float(value) if isinstance(value, int | float) else float("nan")
    return number if isfinite(number) else None


def percent_text(share: float) -> str:
    """A share as a person reads it in a picture.

    Examples
    --------
    >>> percent_text(0.3911), percent_text(0.0234), percent_text(0.0001), percent_text(0.0)
    ('39 %', '2.3 %', '<0.1 %', '0 %')
    """
    per_cent = 100 * share
    if 0 < per_cent < 0.05:
        return "<0.1 %"
    return f"{per_cent:.0f} %" if per_cent >= 9.95 or not per_cent else f"{per_cent:.1f} %"


def _range_text(
    value: float | None, low: float | None, high: float | None, say: Callable[[float], str]
) -> str:
    """What is quoted and, in brackets, what it lies between."""
    text = "" if value is None else say(value)
    if low is None or high is None or say(low) == say(high):
        return text
    ends = f"{say(low).removesuffix(' %')}–{say(high)}"
    return f"{text} ({ends})" if text else ends


def months_text(months: float) -> str:
    """A number of months.

    Examples
    --------
    >>> months_text(2.04)
    '2.0'
    """
    return f"{months:.1f}"


def draw_bars(sheet: PictureSheet, bars: Sequence[Bar], axis: str, *, share: bool = True) -> Axes:
    """A panel of bars, the first at the top.

    Parameters
    ----------
    sheet
        Where it goes.
    bars
        Rows.
    axis
        Name and unit of the axis.
    share
        Whether values are shares, told in per cent.
    """
    from matplotlib.ticker import FuncFormatter

    axes, middles = rows_panel(
        sheet, [bar.label for bar in bars], right=text_room(sheet, [bar.text for bar in bars])
    )
    most = max((bar.most for bar in bars), default=0.0)
    most = max(most, SMALLEST) if most else 1.0
    for bar, middle in zip(bars, middles, strict=True):
        _draw_bar(axes, bar, middle)
    axes.set_xlim(0, most * 1.02)
    few_ticks(axes)
    if share:
        axes.xaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{round(100 * value, 6):g} %")
        )
    axes.set_xlabel(axis, loc="left")
    return axes


def few_ticks(axes: Axes) -> None:
    """At most six round numbers at the horizontal axis."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))


def text_room(sheet: PictureSheet, texts: Sequence[str]) -> float:
    """Room at the right of a panel for the longest of some texts, in inches."""
    return max((sheet.width(text) for text in texts), default=0.0) + 0.2


def rows_panel(
    sheet: PictureSheet, labels: Sequence[str], *, right: float, row: float = ROW
) -> tuple[Axes, list[float]]:
    """A panel whose vertical scale is inches, with a wrapped label and a middle for each row."""
    wrapped = [sheet.wrap(label, LABELS) for label in labels]
    heights = [max(row, ROW + LINE * (len(lines) - 1)) for lines in wrapped]
    room = max((sheet.width(line) for lines in wrapped for line in lines), default=0.0)
    axes = sheet.panel(sum(heights), MARGIN + room + 0.2, right=right)
    middles = [sum(heights[:place]) + height / 2 for place, height in enumerate(heights)]
    axes.set_ylim(sum(heights), 0)
    axes.set_yticks(middles, ["\n".join(lines) for lines in wrapped], fontsize=TEXT)
    for label in axes.get_yticklabels():
        label.set_linespacing(1.05)
    return axes, middles


def _draw_bar(axes: Axes, bar: Bar, middle: float) -> None:
    if bar.value is not None:
        axes.hlines(middle, 0, bar.value, color=PAPER["track"], linewidth=4, zorder=1)
    if bar.low is not None and bar.high is not None:
        width = bar.high - bar.low
        axes.barh(middle, width, left=bar.low, height=BAND, color=PAPER["loss"], alpha=0.28)
    look: dict[str, Any] = {
        "marker": "o",
        "markersize": MARK,
        "clip_on": False,
        "linestyle": "none",
    }
    if bar.other is not None:
        axes.plot([bar.other], [middle], color=PAPER["least"], markerfacecolor="white", **look)
    if bar.value is not None:
        axes.plot([bar.value], [middle], color=PAPER["loss"], **look)
    end_text(axes, bar.text, bar.most, middle)


def end_text(axes: Axes, text: str, end: float, middle: float, size: float = TEXT) -> None:
    """Words at the end of a bar, on white so that no line of the grid crosses them."""
    axes.annotate(
        text,
        (end, middle),
        xytext=(8, 0),
        textcoords="offset points",
        va="center_baseline",
        size=size,
        color=PAPER["soft"],
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        annotation_clip=False,
    )
