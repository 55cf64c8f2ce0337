"""Does the licence curve forecast? China's magnet exports after April 2025, fitted early.

The curve of :mod:`supplygraph.analysis.runs.licence_curve` is fitted to April to June 2025 and
scored on later months. What is tested is the licence curve. Which product stops where is the
network's answer and is shown beside it, not scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from supplygraph.analysis.runs.licence_curve import FIT, Curve, fit_curve, fit_destination
from supplygraph.errors import DatasetError, UsageError
from supplygraph.grades import weakest
from supplygraph.precision import stated

SERIES = "magnets_hs85051110"
WORLD = "World"
WIDTHS = (4.0, 12.0, 20.0)
CEILINGS = (0.7, 1.0)
GROWTHS = (0.0, 0.10, 0.19)
CENTRAL = (12.0, 1.0, 0.10)
Choice = tuple[float, float, float]  # width, approval, growth
SLOW_MONTHS, SLOW_APPROVAL = ("2025-09", "2025-10"), 0.85
# Fitted on April to August 2025: shown as calibration, read by no forecast.
CALIBRATION = {"floor": 0.168, "grace": 7.9, "middle": 79.3, "width": 11.8, "growth": 0.163}


class Series:
    """Observed magnet exports and the base months of 2024.

    Parameters
    ----------
    table
        Rows with ``month, months, series, destination, quantity_t, yoy``.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        rows = table[table["series"] == SERIES]
        single = rows[rows["months"] == 1]
        self.tonnes: dict[tuple[str, str], float] = {}
        self.change: dict[tuple[str, str], float] = {}
        self.filled: set[str] = set()
        for row in single.to_dict("records"):
            key = (str(row["month"]), str(row["destination"]))
            if not np.isnan(row["quantity_t"]):
                self.tonnes[key] = float(row["quantity_t"])
            elif not np.isnan(row["yoy"]):
                self.change[key] = float(row["yoy"])
        self.sums = {
            (str(row["month"]), int(row["months"]), str(row["destination"])): float(
                row["quantity_t"]
            )
            for row in rows[rows["months"] > 1].to_dict("records")
            if not np.isnan(row["quantity_t"])
        }
        self.yoy_sums = {
            (str(row["month"]), int(row["months"]), str(row["destination"])): float(row["yoy"])
            for row in rows[rows["months"] > 1].to_dict("records")
            if not np.isnan(row["yoy"])
        }
        self._fill_world()

    def _fill_world(self) -> None:
        """Months of 2024 that are known only as parts of sums.

        January and March are divided as those of 2025 were, November and December halved.
        """
        known = {m: self.tonnes.get((f"2024-{m:02d}", WORLD), np.nan) for m in range(1, 13)}
        first, third = (self.tonnes.get((m, WORLD), np.nan) for m in ("2025-01", "2025-03"))
        seven, ten, year = (self.sums.get(("2024-01", n, WORLD), np.nan) for n in (7, 10, 12))
        early = seven - sum(known[m] for m in (2, 4, 5, 6, 7))
        for number, value in (
            (1, early * first / (first + third)),
            (3, early * third / (first + third)),
            (11, (year - ten) / 2),
            (12, (year - ten) / 2),
        ):
            if np.isnan(known[number]):
                self.filled.add(f"2024-{number:02d}")
                self.tonnes[f"2024-{number:02d}", WORLD] = float(value)

    @property
    def destinations(self) -> list[str]:
        """The world first, then every destination that any row names."""
        names = {key[1] for key in (*self.tonnes, *self.change)} | {key[2] for key in self.sums}
        return [WORLD, *sorted(names - {WORLD})]

    def year_share(self, destination: str) -> float:
        """Share of a destination in the exports of 2024; NaN if nothing says it."""
        whole = self.sums.get(("2024-01", 12, destination))
        if whole is not None:
            return whole / self.sums["2024-01", 12, WORLD]
        half = self.sums.get(("2025-01", 6, destination))
        change = self.yoy_sums.get(("2025-01", 6, destination))
        if half is not None and change is not None:
            world = sum(self.tonnes[f"2024-{m:02d}", WORLD] for m in range(1, 7))
            return half / (1 + change) / world
        months = [m for m, name in self.tonnes if name == destination and m.startswith("2024")]
        if not months:
            return float("nan")
        return sum(self.tonnes[m, destination] for m in months) / sum(
            self.tonnes[m, WORLD] for m in months
        )

    def base(self, month: str, destination: str) -> tuple[float, str]:
        """Same month of 2024 and its grade; D where only a share of the world is known."""
        same = f"2024-{month[5:7]}"
        if (same, destination) in self.tonnes:
            computed = destination == WORLD and same in self.filled
            return self.tonnes[same, destination], "calc" if computed else "B"
        share = self.year_share(destination)
        return share * self.tonnes[same, WORLD], "D"

    def ratio(self, month: str, destination: str) -> float:
        """Observed flow over the same month of 2024; NaN if not known."""
        if (month, destination) in self.tonnes:
            return self.tonnes[month, destination] / self.base(month, destination)[0]
        return 1.0 + self.change.get((month, destination), float("nan"))

    def ratios(self, destination: str) -> dict[str, float]:
        """Known ratios of the months that may be fitted."""
        found = {month: self.ratio(month, destination) for month in FIT}
        return {month: value for month, value in found.items() if not np.isnan(value)}

    def observed(self, month: str, destination: str) -> float:
        """Observed tonnes, NaN if not known."""
        return self.tonnes.get((month, destination), float("nan"))


def backtest(
    table: pd.DataFrame,
    months: Sequence[str],
    observed: pd.DataFrame | None = None,
    destinations: Sequence[str] | None = None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Forecasts beside what happened, fit and test apart, with the errors of naive forecasts.

    Parameters
    ----------
    table
        Series of the dataset; months after `FIT` are scored, never fitted.
    months
        Months to forecast, ``YYYY-MM``.
    observed
        More rows to score, in the same columns.
    destinations
        Only these; all that the series name by default.

    Returns
    -------
    table : pandas.DataFrame
        Rows by month and destination, then rows with an empty month with the errors of a role.
    warnings : tuple of str

    Notes
    -----
    ``low`` and ``high`` span every choice of width, approval and growth; they are no
    confidence interval. ``naive_year`` is the same month a year before, ``naive_last`` the last
    month that the forecast could know (for fit rows the month before).
    """
    series = Series(table)
    later, warnings = _later(series, observed)
    rows: list[dict[str, Any]] = []
    world = world_curves(series)
    for destination in destinations or series.destinations:
        every = curves_of(series, destination, world)
        rows += _destination_rows(series, later, destination, every, months)
    scores = _scores(rows)
    return pd.DataFrame([*rows, *scores]), tuple(warnings)


def read_observed(path: str | Path) -> pd.DataFrame:
    """Later months of a user: columns ``month, series, destination, quantity_t, unit, source``.

    Raises
    ------
    DatasetError
        With every fault of the file.
    UsageError
        If there is no such file.
    """
    from supplygraph.dataset.csvfile import read_csv
    from supplygraph.dataset.tables import build_table
    from supplygraph.schema import table_schema

    file = Path(path)
    if not file.exists():
        raise UsageError(f"--observed: there is no file '{path}'. Name a CSV of later months.")
    raw, faults = read_csv(file)
    frame, found = build_table(table_schema("series"), raw)
    if faults or found:
        raise DatasetError(file.name, [*faults, *found])
    return frame


def _later(
    series: Series, observed: pd.DataFrame | None
) -> tuple[dict[tuple[str, str], float], list[str]]:
    """Observed tonnes for scoring alone, and what was skipped."""
    later = {key: value for key, value in series.tonnes.items() if key[0] > FIT[-1]}
    if observed is None:
        return later, []
    rows = observed[observed["series"] == SERIES]
    unknown = sorted(set(rows["destination"]) - set(series.destinations))
    for row in rows.to_dict("records"):
        if row["destination"] not in unknown and not np.isnan(row["quantity_t"]):
            later[str(row["month"]), str(row["destination"])] = float(row["quantity_t"])
    return later, [f"destination '{name}' is not known and was skipped" for name in unknown]


def world_curves(series: Series) -> dict[Choice, Curve]:
    """The world's curve for every choice of width, approval and growth."""
    ratios = series.ratios(WORLD)
    choices = product(WIDTHS, CEILINGS, GROWTHS)
    return {choice: fit_curve(ratios, *choice) for choice in choices}


def curves_of(
    series: Series, destination: str, world: Mapping[Choice, Curve]
) -> dict[Choice, Curve]:
    """A destination's curve for every choice."""
    ratios = {} if destination == WORLD else series.ratios(destination)
    return {choice: fit_destination(curve, ratios) for choice, curve in world.items()}


def _destination_rows(
    series: Series,
    later: Mapping[tuple[str, str], float],
    destination: str,
    every: Mapping[Choice, Curve],
    months: Sequence[str],
) -> list[dict[str, Any]]:
    rows = []
    for month in months:
        base, grade = series.base(month, destination)
        if np.isnan(base):
            continue
        values = {choice: curve.share(month) * base for choice, curve in every.items()}
        role = "fit" if month in FIT else "test"
        seen = series.observed(month, destination) if role == "fit" else float("nan")
        head = {
            "month": month,
            "destination": destination,
            "unit": "t",
            "base_2024": base,
            "base_evidence": grade,
            "observed": later.get((month, destination), seen),
            "naive_year": _year_before(series, month, destination),
            "naive_last": _last(series, month, destination, role),
        }
        rows.append(head | {"role": role} | _span(values, CENTRAL))
        if role == "test":
            rows.append(head | {"role": "hindsight"} | _span(_slowed(every, month, base), CENTRAL))
        if destination == WORLD and month <= "2025-08":
            fitted = (
                Curve(
                    CALIBRATION["floor"],
                    CALIBRATION["grace"],
                    CALIBRATION["middle"],
                    CALIBRATION["width"],
                    1.0,
                    CALIBRATION["growth"],
                ).share(month)
                * base
            )
            span = {"forecast": fitted, "low": float("nan"), "high": float("nan")}
            rows.append(head | {"role": "calibration"} | span)
    return rows


def _slowed(every: Mapping[Choice, Curve], month: str, base: float) -> dict[Choice, float]:
    """With what was published later: approvals slowed in September and October 2025."""
    if month not in SLOW_MONTHS:
        return {choice: curve.share(month) * base for choice, curve in every.items()}
    return {
        choice: replace(curve, approval=curve.approval * SLOW_APPROVAL).share(month) * base
        for choice, curve in every.items()
    }


def _span(values: Mapping[Choice, float], central: Choice) -> dict[str, float]:
    return {
        "forecast": values[central],
        "low": min(values.values()),
        "high": max(values.values()),
    }


def _year_before(series: Series, month: str, destination: str) -> float:
    before = f"{int(month[:4]) - 1}{month[4:]}"
    return series.observed(before, destination)


def _last(series: Series, month: str, destination: str, role: str) -> float:
    """The month before, or for a test the last month that was known when it was made."""
    number = int(month[:4]) * 12 + int(month[5:7]) - 2
    before = f"{number // 12:04d}-{number % 12 + 1:02d}"
    return series.observed(before if role == "fit" else FIT[-1], destination)


def _scores(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Errors per role, of the world and of all destinations that were observed."""
    found = []
    for role in ("fit", "test", "hindsight", "calibration"):
        for name in (WORLD, "destinations"):
            part = [
                row
                for row in rows
                if row["role"] == role
                and (row["destination"] == WORLD) == (name == WORLD)
                and not np.isnan(row["observed"])
            ]
            if part:
                found.append(_score(role, name, part))
    return found


def _score(role: str, name: str, part: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    seen = np.array([row["observed"] for row in part])
    out = np.array([row["forecast"] for row in part])
    low, high = (np.array([row[key] for row in part]) for key in ("low", "high"))
    inside = (seen >= low - 1e-9) & (seen <= high + 1e-9)
    empty = dict.fromkeys(
        ("base_2024", "forecast", "low", "high", "observed", "naive_year", "naive_last"),
        float("nan"),
    )
    return {
        "month": None,
        "destination": name,
        "role": role,
        "unit": "t",
        "base_evidence": weakest(row["base_evidence"] for row in part),
        **empty,
        "count": len(part),
        # Months that the forecast was fitted to are met to the last digit but for dust.
        "rmse": stated(float(np.sqrt(((out - seen) ** 2).mean())), float(np.abs(seen).max())),
        "mape": float(np.abs(out / seen - 1).mean()),
        "coverage": float(inside.mean()) if role != "calibration" else float("nan"),
        "mape_naive_year": _naive(part, "naive_year", seen),
        "mape_naive_last": _naive(part, "naive_last", seen),
    }


def _naive(part: Sequence[Mapping[str, Any]], column: str, seen: np.ndarray) -> float:
    guess = np.array([row[column] for row in part])
    error = np.abs(guess / seen - 1)
    return float(np.nanmean(error)) if not np.isnan(error).all() else float("nan")
