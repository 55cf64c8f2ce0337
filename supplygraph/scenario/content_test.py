"""What a rule of content asks of goods in one month; the engines measure and cut.

The content of a good is not known before the flows are: it follows from who supplied whom. So
a scenario cannot turn such a rule into a bound; it hands the engine a test.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class ContentTest:
    """A test of content, and what happens to goods that fail it.

    Attributes
    ----------
    measure
        Id of the measure.
    goods
        Mask of pools whose make is tested.
    foul
        Mask of pools whose make is content by definition: an ingredient made in a named
        country, or anything of a named stage made there.
    traced
        Mask of pools whose content is followed.
    worth
        What a tonne of each pool's material counts: USD under a rule by value, 1 by weight.
    by_value
        Whether a good may hold worth that no traced input brought: the rest of its value.
    threshold
        Content, as a share of the good, from which on it is caught; what is caught is above 0.
    arcs
        Mask of arcs that caught goods may be kept from.
    left
        Share of every arc's base flow that is left if its goods are caught.
    denied
        Share of every demand that may not draw on caught goods; all 0 if arcs are cut for all.
    home
        Whether goods are caught that are used where they are made.
    """

    measure: str
    goods: np.ndarray
    foul: np.ndarray
    traced: np.ndarray
    worth: np.ndarray
    by_value: bool
    threshold: float
    arcs: np.ndarray
    left: np.ndarray
    denied: np.ndarray
    home: bool = False

    @property
    def bites(self) -> bool:
        """Whether anything happens to goods that are caught."""
        return bool((self.left[self.arcs] < 1).any() or (self.denied > 0).any())

    @property
    def by_use(self) -> bool:
        """Whether only some users are kept from caught goods."""
        return bool((self.denied > 0).any())

    def joined(self, other: ContentTest) -> ContentTest:
        """One test for two parts of a month: cuts add up, the lower threshold counts."""
        return replace(
            self,
            threshold=min(self.threshold, other.threshold),
            arcs=self.arcs | other.arcs,
            left=np.clip(self.left + other.left - 1.0, 0.0, 1.0),
            denied=np.minimum(self.denied + other.denied, 1.0),
        )
