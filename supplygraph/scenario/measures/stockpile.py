"""State stocks that are built: tonnes taken from a market, spread over the days in force."""

from __future__ import annotations

from typing import Literal

from supplygraph.scenario.measures.stock_release import _StateStock


class Stockpile(_StateStock):
    """A state buys for its stock."""

    block = "hold"
    kind: Literal["stockpile"]
