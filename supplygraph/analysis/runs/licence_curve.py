"""The licence curve: how exports come back after controls, in a reduced form with six numbers.

Months of tonnes, d days from 1 April 2025 00:00 at mid-day 0.5, 1.5, …:

    flow(month) = (1 + growth) base2024(month) mean over days of
                  [ v + (1 - v) max( w(d), approval / (1 + exp(-(d - tm) / k)) ) ]

with w = 1 while goods cleared before the controls still ship (d < 3 + grace), v the floor that
no licence stops, tm the middle of the recovery and k its width. Three months (April to June
2025) fix v, grace and tm of the world; k, approval and growth are choices with a range, never
fitted. A destination keeps the world's grace and width and has a floor or a middle of its own
where its own months say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

FIT = ("2025-04", "2025-05", "2025-06")
ORIGIN = np.datetime64("2025-04-01")
CLEARED_DAYS = 3.0


@dataclass(frozen=True)
class Curve:
    """One licence curve.

    Parameters
    ----------
    floor
        Share that flows whatever is licensed.
    grace
        Days beyond the third of April on which cleared goods still ship.
    middle
        Days from 1 April to the middle of the recovery.
    width
        Days; the recovery from 12 to 88 % takes four of them.
    approval
        Share of the licensed part that is ever granted.
    growth
        Over the same month of 2024.
    """

    floor: float
    grace: float
    middle: float
    width: float = 12.0
    approval: float = 1.0
    growth: float = 0.10

    def share(self, month: str) -> float:
        """Share of the same month of 2024 that flows, averaged over its days.

        Examples
        --------
        >>> round(Curve(0.168, 7.9, 79.3, 11.8, 1.0, 0.163).share("2025-05") * 4762)
        1241
        """
        d = days_of(month)
        licensed = self.approval / (1.0 + np.exp(-(d - self.middle) / self.width))
        level = np.maximum(np.where(d < CLEARED_DAYS + self.grace, 1.0, 0.0), licensed)
        # A month in which the grace ends inside a day counts the part of that day.
        edge = np.clip(CLEARED_DAYS + self.grace - (d - 0.5), 0.0, 1.0)
        part = (edge > 0) & (edge < 1)
        level = np.where(part, edge + (1 - edge) * licensed, level)
        return float((1 + self.growth) * (self.floor + (1 - self.floor) * level).mean())


@cache
def days_of(month: str) -> np.ndarray:
    """Days of a month, counted from 1 April 2025 00:00, each at mid-day."""
    first = np.datetime64(month)
    days = np.arange(first, first + 1, dtype="datetime64[D]")
    return np.asarray((days - ORIGIN).astype(float) + 0.5)


def fit_curve(ratios: Mapping[str, float], width: float, approval: float, growth: float) -> Curve:
    """Curve whose shares are nearest to observed ones of April, May and June 2025.

    Parameters
    ----------
    ratios
        Flow over the same month of 2024, by month of `FIT`.
    width, approval, growth
        Chosen, not fitted.
    """
    from scipy.optimize import least_squares

    months = [month for month in FIT if month in ratios]

    def miss(x: np.ndarray) -> list[float]:
        curve = Curve(x[0], x[1], x[2], width, approval, growth)
        return [curve.share(month) / ratios[month] - 1.0 for month in months]

    best = least_squares(
        miss,
        x0=[0.18, 8.0, 80.0],
        bounds=([0.0, 0.0, 40.0], [0.6, 27.0, 140.0]),
        xtol=1e-12,
        ftol=1e-12,
        gtol=1e-12,
        x_scale=[0.1, 5.0, 20.0],
        diff_step=1e-6,
    )
    return Curve(float(best.x[0]), float(best.x[1]), float(best.x[2]), width, approval, growth)


def fit_destination(world: Curve, ratios: Mapping[str, float]) -> Curve:
    """The world's curve with the floor, and if June is known the middle, of one destination."""
    from scipy.optimize import least_squares

    months = [month for month in FIT if month in ratios]
    if not months:
        return world
    free = ["floor", "middle"] if "2025-06" in months else ["floor"]
    start = [getattr(world, name) for name in free]
    bounds = {"floor": (0.0, 0.9), "middle": (40.0, 140.0)}

    def curve(x: np.ndarray) -> Curve:
        return replace(world, **dict(zip(free, map(float, x), strict=True)))

    def miss(x: np.ndarray) -> list[float]:
        return [curve(x).share(month) - ratios[month] for month in months]

    low, high = zip(*(bounds[name] for name in free), strict=True)
    best = least_squares(miss, x0=np.clip(start, low, high), bounds=(low, high), diff_step=1e-6)
    return curve(best.x)
