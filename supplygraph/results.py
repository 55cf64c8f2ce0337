"""A plain record of a result: one tidy table with what it was made from."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from supplygraph.errors import SupplygraphError
from supplygraph.precision import stated_nested, stated_table
from supplygraph.reading import RECORD_LIMIT, read_json
from supplygraph.schema.commands import PREFIX, SEEDED, command_of, result_fields, scale_of
from supplygraph.writing import write_text

ENVELOPE_VERSION = "1"


@dataclass(frozen=True)
class Results:
    """A table and its provenance, numbers as they are printed (see `supplygraph.precision`).

    Attributes
    ----------
    kind
        Name of the analysis (``chokepoints``, ``whatif`` …); the envelope's ``schema``.
    table
        One row per result.
    dataset
        ``name``, ``version`` and ``hash`` of the dataset; null for one that cannot be read.
    params
        What was asked.
    weights
        Weight of every product in a weighted total, empty where none was formed.
    seed
        Seed of what was drawn at random; part of the envelope only for kinds that draw.
    warnings
        What a reader should know.
    """

    kind: str
    table: pd.DataFrame
    dataset: Mapping[str, str | None]
    params: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        scale = partial(scale_of, self.kind)
        object.__setattr__(self, "table", stated_table(self.table, scale))
        object.__setattr__(self, "weights", stated_nested(self.weights, scale, 1.0))

    def envelope(self) -> dict[str, Any]:
        """Nested plain values: shares as fractions, null for what is not known."""
        return {
            "schema": f"{PREFIX}{self.kind}",
            "version": ENVELOPE_VERSION,
            "dataset": dict(self.dataset),
            "command": command_of(self.kind),
            "params": dict(self.params),
            "weights": dict(self.weights),
            **({"seed": self.seed} if self.kind in SEEDED else {}),
            "results": [plain_row(row) for row in self.table.to_dict("records")],
            "warnings": list(self.warnings),
        }

    def head(self, rows: int | None) -> Results:
        """The same result with its first rows only; all of them for None."""
        return self if rows is None else replace(self, table=self.table.head(rows))

    def to_json(self) -> str:
        """The envelope as JSON text, same input same bytes."""
        return json.dumps(self.envelope(), ensure_ascii=False, indent=1, allow_nan=False)

    def save(self, path: str | Path) -> Path:
        """Write the envelope; a failure leaves no half-written file."""
        return write_text(Path(path), self.to_json() + "\n")


def load_results(path: str | Path) -> Results:
    """Read a saved result.

    Raises
    ------
    SupplygraphError
        If the file is no saved result.
    """
    try:
        data = read_json(path, RECORD_LIMIT, "Save a result first.")
        kind = data["schema"].removeprefix(PREFIX)
        return Results(
            kind,
            _typed(kind, data["results"]),
            data["dataset"],
            data["params"],
            data["weights"],
            data["seed"] if kind in SEEDED else 0,
            tuple(data["warnings"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SupplygraphError(f"'{path}' is no saved result. Save a result first.") from None


def _typed(kind: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a table in which a null makes no integer a fraction and no number an object."""
    types = {"integer": "Int64", "number": "float64"}
    fields = {field.name: types[field.type] for field in result_fields(kind) if field.numeric}
    table = pd.DataFrame(rows)
    return table.astype({name: type_ for name, type_ in fields.items() if name in table})


def plain_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of plain Python values, None for what is missing."""
    return {str(key): plain(value) for key, value in row.items()}


def plain(value: Any) -> Any:
    """A plain Python value; None for NaN.

    Examples
    --------
    >>> plain(float("nan")) is None, plain(("a", "b"))
    (True, ['a', 'b'])
    """
    if isinstance(value, Mapping):
        return plain_row(value)
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return None if value is pd.NA else value
