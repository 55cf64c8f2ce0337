"""Lines over months or years: one panel for each thing, all on the same scale, with bands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplygraph.views.pictures.bars import SMALLEST
from supplygraph.views.pictures.sheet import BELOW_AXIS, MARGIN, WIDTH, PictureSheet
from supplygraph.views.style import PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes


LABELS = 2.2  # most room for labels beside panels, in inches
TALL, APART, PATHS_TALL = 0.85, 0.14, 1.7  # inches
LEAST_ALL = 2.2  # of all panels together
TICKS = 0.72  # room for the numbers of a vertical axis
FORMS: dict[str, dict[str, Any]] = {
    "line": {"linewidth": 1.8},
    "dashes": {"linewidth": 1.2, "linestyle": "--"},
    "dot": {"linestyle": "none", "marker": "o", "markersize": 4.5},
}
Values = Sequence[float | None]


@dataclass(frozen=True)
class LossPath:
    """A line over months.

    Parameters
    ----------
    name
        What it shows.
    colour
        Of the line.
    points
        Month and value.
    least
        Level that the best allocation could reach, drawn dashed; None for none.
    """

    name: str
    colour: str
    points: Sequence[tuple[float, float]]
    least: float | None = None


@dataclass(frozen=True)
class TimeLine:
    """One line in a panel, with or without a band around it; None where nothing is known.

    Parameters
    ----------
    colour
        Of line and band.
    values
        The line; empty for a band alone.
    low, high
        The band; empty for a line alone.
    form
        One of `FORMS`.
    aside
        How far beside its point in time a band without a line stands; it is drawn as upright bars.
    """

    colour: str
    values: Values = ()
    low: Values = ()
    high: Values = ()
    form: str = "line"
    aside: float = 0.0


@dataclass(frozen=True)
class Track:
    """A panel: what it is about and its lines."""

    label: str
    lines: Sequence[TimeLine]


def draw_paths(sheet: PictureSheet, paths: Sequence[LossPath], axis: str) -> Axes:
    """Shares over months in one panel, the least of each as a dashed level."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes = sheet.panel(PATHS_TALL, MARGIN + TICKS)
    for path in paths:
        months, values = zip(*path.points, strict=True)
        axes.plot(months, values, color=path.colour, marker="o", markersize=4, clip_on=False)
        if path.least is not None:
            axes.axhline(path.least, color=path.colour, linestyle="--", linewidth=1, alpha=0.8)
    ends = [month for path in paths for month, _ in path.points]
    axes.set_xticks(sorted(set(ends)))
    axes.set_xlim(min(ends), max(ends))
    axes.set_ylim(0, 1.05 * max(_largest(paths), SMALLEST))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(share_tick))
    axes.grid(visible=True, axis="both")
    axes.set_xlabel(axis, loc="left")
    return axes


def _largest(paths: Sequence[LossPath]) -> float:
    return max(
        [v for path in paths for _, v in path.points] + [path.least or 0.0 for path in paths]
    )


def share_tick(value: float, _: object = None) -> str:
    """A share at an axis.

    Examples
    --------
    >>> share_tick(0.25), share_tick(0.1 + 0.2)
    ('25 %', '30 %')
    """
    return f"{round(100 * value, 6):g} %"


def draw_tracks(
    sheet: PictureSheet,
    tracks: Sequence[Track],
    times: Sequence[str],
    axis: str,
    say: Callable[[float, object], str] = share_tick,
    spans: Sequence[tuple[int, int]] = (),
) -> list[Axes]:
    """Panels one below the other, with one scale of time and one of values.

    Parameters
    ----------
    sheet
        Where they go.
    tracks
        Panels, the first at the top.
    times
        Words of the points in time.
    axis
        Name of the scale of time.
    say
        Words of a value at the vertical axis.
    spans
        First and last point of times that are shaded in every panel.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    most = max((_reach(track) for track in tracks), default=0.0) or 1.0
    labels = [sheet.wrap(track.label, LABELS) for track in tracks]
    room = max((sheet.width(line) for lines in labels for line in lines), default=0.0)
    panels: list[Axes] = []
    for track, lines in zip(tracks, labels, strict=True):
        last = len(panels) == len(tracks) - 1
        tall = max(TALL, LEAST_ALL / len(tracks), 0.175 * len(lines) + 0.1)
        sheet.beside(lines, sheet.top + tall / 2)
        axes = sheet.panel(tall, MARGIN + room + TICKS, below=BELOW_AXIS if last else APART)
        _draw_track(axes, track, spans)
        axes.set_ylim(0, 1.08 * most)
        axes.set_xlim(-0.4, len(times) - 0.6)
        axes.yaxis.set_major_locator(MaxNLocator(int(2 * tall), steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(say))
        axes.grid(visible=True, axis="y")
        panels.append(axes)
    _tell_times(sheet, panels, times)
    panels[-1].set_xlabel(axis, loc="left")
    return panels


def _tell_times(sheet: PictureSheet, panels: Sequence[Axes], times: Sequence[str]) -> None:
    """Words of time below the last panel, as many as stand beside one another."""
    room = WIDTH - sheet.left_of(panels[-1]) - 2 * MARGIN
    wide = max((sheet.width(word) for word in times), default=0.0) + 0.2
    step = max(1, -int(-len(times) * wide // room))
    places = range(0, len(times), step)
    for axes in panels:
        words = [times[place] for place in places] if axes is panels[-1] else [""] * len(places)
        axes.set_xticks(list(places), words)


def _draw_track(axes: Axes, track: Track, spans: Sequence[tuple[int, int]]) -> None:
    for first, last in spans:
        axes.axvspan(first - 0.5, last + 0.5, color=PAPER["track"], linewidth=0, zorder=0)
    for line in track.lines:
        if line.low and line.values:
            low, high = _blank(line.low), _blank(line.high)
            look: dict[str, Any] = {"color": line.colour, "alpha": 0.25, "linewidth": 0}
            axes.fill_between(range(len(low)), low, high, **look)
        elif line.low:
            _draw_upright(axes, line)
        if line.values:
            _draw_line(axes, line)


def _draw_line(axes: Axes, line: TimeLine) -> None:
    values = _blank(line.values)
    axes.plot(range(len(values)), values, color=line.colour, clip_on=False, **FORMS[line.form])


def _draw_upright(axes: Axes, line: TimeLine) -> None:
    """A bar from low to high at each point in time; nothing joins them, for no middle is meant."""
    places = [place + line.aside for place in range(len(line.low))]
    low, high = _blank(line.low), _blank(line.high)
    look: dict[str, Any] = {"color": line.colour, "clip_on": False}
    axes.vlines(places, low, high, linewidth=7, **look)
    for ends in (low, high):  # a bar without a height is seen by its ends
        axes.plot(places, ends, linestyle="none", marker="_", markersize=7, **look)


def _blank(values: Values) -> list[float]:
    return [float("nan") if value is None else value for value in values]


def _reach(track: Track) -> float:
    found = [[*line.values, *line.low, *line.high] for line in track.lines]
    return max((value for values in found for value in values if value is not None), default=0.0)
