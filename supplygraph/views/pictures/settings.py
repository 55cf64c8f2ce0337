"""How matplotlib draws here: its own defaults, one font that it brings along, no formulas."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from supplygraph.views.style import PAPER

OURS: Any = {  # matplotlib types each name apart
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "text.color": PAPER["ink"],
    "text.parse_math": False,  # a name that holds a dollar is a name
    "axes.edgecolor": PAPER["faint"],
    "axes.labelcolor": PAPER["soft"],
    "axes.labelsize": 9.5,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "x",
    "grid.color": PAPER["line"],
    "grid.linewidth": 0.8,
    "xtick.color": PAPER["soft"],
    "xtick.labelcolor": PAPER["soft"],
    "ytick.color": PAPER["soft"],
    "ytick.labelcolor": PAPER["ink"],
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.major.pad": 6,
    "ytick.major.pad": 8,
    "svg.hashsalt": "supplygraph",
    "svg.fonttype": "path",
}


@contextmanager
def settings() -> Iterator[None]:
    """These settings while it holds; those of before come back."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        # A sign that the font lacks is drawn as a box; the table has it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(OURS)
        yield
