"""Leximin without prices: who can rise is asked by programs, not read from a solver's duals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

FULL = 1e-9
RISES = 1e-6  # who rises by less is held: programs are solved to a thousandth of it


def lexicographic(
    floor: np.ndarray,
    open_: np.ndarray,
    common_of: Callable[[np.ndarray, np.ndarray], float],
    together: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> np.ndarray:
    """Shares of which the least is as large as can be, then the next, and so on.

    Parameters
    ----------
    floor
        Least share of each.
    open_
        Mask of those that may rise.
    common_of
        Of least shares and a mask: the largest share that all of the mask can have at once.
    together
        Of least shares and a mask: shares of which those of the mask have the largest sum. Where
        none of them rises none can, since the sum would.
    """
    value, open_ = floor.copy(), open_.copy()
    while open_.any():
        common = common_of(value, open_)
        if common >= 1 - FULL:
            value[open_] = 1.0
            break
        reach = np.where(open_, np.maximum(value, common), value)
        tight = open_ & (reach <= common + FULL)
        while (rising := tight & (together(reach, tight) > common + RISES)).any():
            tight &= ~rising
        if not tight.any():
            raise ArithmeticError("everybody can rise above the largest common share")
        value = np.where(tight, np.maximum(value, common), value)
        open_ &= ~tight
    return np.maximum(value, floor)
