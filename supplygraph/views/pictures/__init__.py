"""Pictures of results with matplotlib, one for each kind that has one.

matplotlib is no core dependency: nothing here imports it before a picture is drawn.
"""

from __future__ import annotations

import io
from contextlib import AbstractContextManager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from supplygraph.errors import SupplygraphError, UsageError
from supplygraph.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Kind of result, and the module here with the function that draws it.
DRAWN = {
    "chokepoints": "losses:ranking",
    "whatif": "losses:hit_hardest",
    "run": "months:run",
    "run-by-element": "months:run",
    "cover": "stocks:cover",
    "survival": "stocks:survival",
    "outlook": "years:outlook",
    "backtest": "months:backtest",
    "comparison": "scenarios:comparison",
    "account": "scenarios:account",
    "concentration": "shares:concentration",
    "trace": "shares:trace",
}
# Same input, same bytes: no file says when it was made, or by which version of matplotlib.
_UNDATED = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
}
DOTS_PER_INCH = 150


def check_picture(kind: str) -> None:
    """Refuse a kind of result that no picture shows, and a machine that draws none.

    Raises
    ------
    UsageError
        If the kind has no picture.
    SupplygraphError
        If matplotlib is not installed.

    Examples
    --------
    >>> check_picture("info")
    Traceback (most recent call last):
    ...
    supplygraph.errors.UsageError: 'info' has no picture. Kinds that have one: account, \
backtest, chokepoints, comparison, concentration, cover, outlook, run, run-by-element, survival, \
trace, whatif. Write a table, such as .xlsx or .html.
    """
    if kind not in DRAWN:
        raise UsageError(
            f"'{kind}' has no picture. Kinds that have one: {', '.join(sorted(DRAWN))}. "
            "Write a table, such as .xlsx or .html."
        )
    if find_spec("matplotlib") is None:
        raise SupplygraphError(
            "a picture needs matplotlib. Install supplygraph[plot], or write a table, such as "
            ".xlsx or .html."
        )


def picture(results: Results, title: str | None = None) -> Figure:
    """The picture that suits a result, as a matplotlib figure of its own.

    No state of `matplotlib.pyplot` is used or changed: save the figure with ``savefig``, or show
    it as the last line of a notebook's cell.

    Parameters
    ----------
    results
        Of a kind that has a picture, such as ``chain.rank()`` or ``chain.solve().results`` gives.
    title
        Headline; one from the kind and what was asked if left out.

    Raises
    ------
    UsageError
        If the kind has no picture, or the result holds nothing that can be drawn.
    SupplygraphError
        If matplotlib is not installed.

    Examples
    --------
    >>> import supplygraph as sg
    >>> figure = sg.picture(sg.load("three-nodes").rank("facility"))
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['Mine A']
    """
    check_picture(results.kind)
    if results.table.empty:
        raise UsageError("the result has no rows, so there is nothing to draw. Ask for more.")
    module, _, function = DRAWN[results.kind].partition(":")
    with _settings():
        figure = getattr(import_module(f"{__name__}.{module}"), function)(results, title)
        figure.draw_without_rendering()  # text is made with these settings, not with those later
    return figure


def picture_bytes(results: Results, format_: str, title: str | None = None) -> bytes:
    """The picture as a file, same input same bytes.

    Parameters
    ----------
    results, title
        As in `picture`.
    format_
        ``png``, ``svg`` or ``pdf``.
    """
    figure = picture(results, title)
    buffer = io.BytesIO()
    with _settings():
        figure.savefig(buffer, format=format_, dpi=DOTS_PER_INCH, metadata=_UNDATED[format_])
    return buffer.getvalue()


def _settings() -> AbstractContextManager[None]:
    """Settings of every picture, whatever the reader's own file of settings says."""
    return import_module(f"{__name__}.settings").settings()
