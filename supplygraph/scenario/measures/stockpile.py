"""State stocks that are built: tonnes taken from a market, spread over the days in force."""

from __future__ import annotations

from typing import Literal

from supplygraph.scenario.measures.state_stock import StateStock


class Stockpile(StateStock):
    """A state buys for its stock."""

    block = "hold"
    kind: Literal["stockpile"]
