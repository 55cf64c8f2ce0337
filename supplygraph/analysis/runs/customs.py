"""What customs recorded of Chinese magnets, beside what a run ships.

The fall on record is against the same months of the year before; what a run does not ship is
against the base year with season and growth. They answer different questions and are shown side
by side, with the tonnes of both over the months that both have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from supplygraph.analysis.runs.backtest import CALIBRATION, SERIES, WORLD
from supplygraph.dataset import Dataset
from supplygraph.scenario.model import Scenario
from supplygraph.scenario.month_arrays import Bounds, month_range

CHINA, MAGNET, LICENCE = "CN", "magnet", "CN-2025-18"
FITTED = ("2025-04", "2025-08")  # months that the curve of the licence was fitted to


@dataclass(frozen=True)
class CustomsRecord:
    """Rows of the record and the tonnes of single months.

    ``fitted`` says whether the licence acts whose curve was fitted to these very tonnes.
    """

    rows: tuple[dict[str, Any], ...]
    seen: Mapping[str, float]
    fitted: bool

    def check(self, shipped: Mapping[str, Mapping[str, float]], growth: float) -> tuple[str, ...]:
        """Tonnes of the run beside those of customs, as sentences; none without a record.

        Parameters
        ----------
        shipped
            Tonnes of magnets by rerouting and month.
        growth
            Of the run.
        """
        if not self.seen:
            return ()
        sums = {
            name: sum(tonnes.get(month, 0.0) for month in self.seen)
            for name, tonnes in shipped.items()
        }
        ships = ", ".join(
            f"an unknown amount under {name}"
            if np.isnan(tonnes)
            else f"{tonnes:,.0f} t under {name}"
            for name, tonnes in sums.items()
        )
        text = (
            f"check {min(self.seen)} to {max(self.seen)}: customs counted "
            f"{sum(self.seen.values()):,.0f} t of magnets, the run ships {ships}; rows of side "
            "record are falls against the year before"
        )
        central = CALIBRATION["growth"]
        told = (
            "calibration, no test: the licence curve was fitted to these tonnes, with growth of "
            f"{100 * central:.3g} % (--set growth={central:g}; here {100 * growth:.3g} %)"
        )
        return (text, told) if self.fitted else (text,)


def record_of(dataset: Dataset, exporter: str, scenario: Scenario, bounds: Bounds) -> CustomsRecord:
    """What customs recorded of the exporter's magnets, of spans that end in the run.

    Only Chinese magnets are on record here: the record of any other exporter is empty.
    """
    fitted = any(setter.measure == LICENCE for b in bounds.applied for setter in b.setters)
    rows, seen = [], {}
    for row in dataset.tables["series"].to_dict("records") if exporter == CHINA else ():
        named = row["series"] == SERIES and row["destination"] == WORLD
        if not named or np.isnan(row["quantity_t"]):
            continue
        span = month_range(str(row["month"]), int(row["months"]))
        if span[-1] not in scenario.month_names:
            continue
        rows.append(_row(row, span, fitted and FITTED[0] <= span[-1] <= FITTED[1]))
        if len(span) == 1:
            seen[span[0]] = float(row["quantity_t"])
    return CustomsRecord(tuple(rows), seen, fitted)


def _row(row: Mapping[Any, Any], span: tuple[str, ...], fitted: bool) -> dict[str, Any]:
    """A row of an account; its fall is unknown where no change on the year before is told."""
    tonnes, before = float(row["quantity_t"]), float(row["quantity_t"]) / (1.0 + row["yoy"])
    sources = ", ".join(row["source"])
    when = span[0] if len(span) == 1 else f"{span[0]} to {span[-1]}"
    return {
        "side": "record",
        "group": MAGNET,
        "region": WORLD,
        "item": SERIES,
        "month": span[0] if len(span) == 1 else None,
        "rerouting": "",
        "cover": "",
        "base": before,
        "quantity": before - tonnes,
        "unit": "t_finished",
        "value_low_usd": np.nan,
        "value_high_usd": np.nan,
        "per_dollar_low": np.nan,
        "per_dollar_high": np.nan,
        "unpriced": (),
        "source": f"{when}: {tonnes:,.0f} t; {row['note']} ({sources})",
        "evidence": str(row["evidence"]),
        "flags": ("calibration",) if fitted else (),
    }
