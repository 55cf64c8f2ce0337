"""Leaks: what a closed arc lets through by way of third countries, and what it then costs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from pydantic import Field

from supplygraph.scenario.fields import Grade, Share, Strict
from supplygraph.scenario.measures.base import Part


class Leak(Strict):
    """A share of the base flow that reaches its destination all the same, at a higher price.

    What is left of the arc is never below `share`. The tonnes stay on the arc between maker and
    user; those of the third countries are as before. With s what the rule alone would leave and
    s' what comes with the leak, both means over the days of the month, the mean price on the arc
    rises by premium x (s' - s) / s'.
    """

    share: Share = Field(description="Share of the base flow that comes through.")
    via: list[str] = Field(min_length=1, description="Markets or regions it goes through.")
    premium: float = Field(
        default=0.0, ge=0, description="Rise of the price of what leaks, as a share of it."
    )
    size_evidence: Grade = Field(default="D", description="Grade of these figures.")

    def parts(
        self, rows: np.ndarray, alone: np.ndarray, through: np.ndarray, own: str
    ) -> Iterable[Part]:
        """Caps of arcs with the leak, and the rise of their price.

        Parameters
        ----------
        rows
            Mask of arcs.
        alone, through
            Share that the rule leaves of every arc in the month, without and with the leak.
        own
            Grade of the rule's own figures.
        """
        leaks = rows & (through > alone)
        if (rows & ~leaks).any():
            yield Part("arc", rows & ~leaks, alone, own)
        if leaks.any():
            yield Part("arc", leaks, through, self.size_evidence)
            rise = (through - alone) / np.where(leaks, through, 1.0)
            yield Part("premium", leaks, self.premium * rise, self.size_evidence)
