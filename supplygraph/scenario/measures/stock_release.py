"""State stocks that are sold: tonnes added to a market, spread over the days in force."""

from __future__ import annotations

from typing import Literal

from supplygraph.scenario.measures.state_stock import StateStock


class StockRelease(StateStock):
    """A state sells from its stock."""

    block = "release"
    kind: Literal["stock_release"]
