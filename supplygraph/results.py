"""A plain record of a result: one tidy table with what it was made from."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplygraph.errors import SupplygraphError
from supplygraph.precision import stated_nested, stated_table
from supplygraph.reading import RECORD_LIMIT, read_json
from supplygraph.schema.commands import (
    ENVELOPE_VERSION,
    PREFIX,
    SEEDED,
    command_of,
    result_fields,
    scale_of,
    shown_columns,
)
from supplygraph.vocabulary import MIGRATION
from supplygraph.writing import write_text

if TYPE_CHECKING:
    import pandas as pd

HTML_ROWS = 10  # a glance in a notebook; the frame has all


class ListedRows:
    """Rows of a list, in place of a table where loading pandas would take longer than the answer.

    It gives what is read to write a result in any format.

    Parameters
    ----------
    rows
        Plain values by column, without fractions.
    """

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.rows = rows
        self.columns = list(rows[0]) if rows else []

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def empty(self) -> bool:
        """Whether there is no row."""
        return not self.rows

    def to_dict(self, orient: str = "records") -> list[dict[str, Any]]:
        """The rows."""
        return [dict(row) for row in self.rows]


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
    names
        Full name of every id that tables may hold, for people; no part of the envelope.
    sources
        Title, publisher, date and url of every source that rows cite, by id; no part of the
        envelope.
    """

    kind: str
    table: pd.DataFrame
    dataset: Mapping[str, str | None]
    params: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    warnings: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    sources: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        scale = partial(scale_of, self.kind)
        if not isinstance(self.table, ListedRows):
            object.__setattr__(self, "table", stated_table(self.table, scale))
        object.__setattr__(self, "weights", stated_nested(self.weights, scale, 1.0))

    def __repr__(self) -> str:
        return self.one_line(f"Results {self.kind}")

    def _repr_html_(self) -> str:
        return self.to_html(f"Results {self.kind}")

    def frame(self) -> pd.DataFrame:
        """The table with the columns that a command's table shows; all of a kind that has none."""
        return self.table[self.shown]

    @property
    def shown(self) -> list[str]:
        """Names of those columns; ranks under other weights only where they were asked for."""
        ranks = [name for name in self.table if str(name).startswith("rank_")]
        blank = {name for name in ranks if self.table[name].isna().all()}
        names = shown_columns(self.kind, list(self.table))
        return [name for name in names if name not in blank]

    def totals(self) -> dict[str, float]:
        """Weighted total losses by bound, over all months at central stocks; empty without any.

        Examples
        --------
        >>> import pandas as pd
        >>> table = pd.DataFrame({"product": ["total"], "loss_none": [0.5], "loss_least": [0.25]})
        >>> Results("whatif", table, {}).totals()
        {'loss_none': 0.5, 'loss_least': 0.25}
        """
        import pandas as pd

        rows = self.table
        for column, wanted in (("product", "total"), ("cover", "central")):
            if column in rows:
                rows = rows[rows[column] == wanted]
            elif column == "product":
                return {}
        if "month" in rows:
            rows = rows[rows["month"].isna()]
        if "place" in rows:  # beside the total of all stand those abroad and at home
            rows = rows[rows["place"] == ""]
        if {"rerouting", "loss"} <= set(rows):
            pairs = zip(rows["rerouting"], rows["loss"], strict=True)
            found = {f"loss_{rerouting}": loss for rerouting, loss in pairs}
        else:
            names = [name for name in ("loss_none", "loss_12m", "loss_least") if name in rows]
            found = {name: rows[name].iloc[0] for name in names if len(rows)}
        return {name: float(loss) for name, loss in found.items() if pd.notna(loss)}

    def one_line(self, name: str) -> str:
        """What this is, under a name: rows and total losses."""
        totals = ", ".join(f"{key} {loss:.4g}" for key, loss in self.totals().items())
        rows = f"{len(self.table)} row{'' if len(self.table) == 1 else 's'}"
        return f"<{name}: {rows}{totals and f', total {totals}'}>"

    def to_html(self, name: str) -> str:
        """One line under a name and the first rows of the frame, escaped, for a notebook."""
        import pandas as pd

        frame = self.frame()
        rows = [plain_row(row) for row in frame.head(HTML_ROWS).to_dict("records")]
        cells = pd.DataFrame(
            [[_html_cell(value) for value in row.values()] for row in rows], columns=frame.columns
        )
        more = f"<p>and {len(frame) - HTML_ROWS} more</p>" if len(frame) > HTML_ROWS else ""
        table = cells.to_html(index=False, border=0)
        return f"<p>{html.escape(self.one_line(name))}</p>{table}{more}"

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
        If the file is no saved result, or one of another version of the results.
    """
    try:
        data = read_json(path, RECORD_LIMIT, "Save a result first.")
        kind = data["schema"].removeprefix(PREFIX)
        _check_version(path, data["version"])
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


def _check_version(path: str | Path, version: Any) -> None:
    """Columns have other names in another version: a result of one is not read as this one."""
    if version != ENVELOPE_VERSION:
        raise SupplygraphError(
            f"'{path}' is a result of version {version}, and this program reads version "
            f"{ENVELOPE_VERSION}. Make it anew; {MIGRATION} says what was renamed."
        )


def _typed(kind: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a table in which a null makes no integer a fraction and no number an object."""
    import pandas as pd

    types = {"integer": "Int64", "number": "float64"}
    fields = {field.name: types[field.type] for field in result_fields(kind) if field.numeric}
    table = pd.DataFrame(rows)
    return table.astype({name: type_ for name, type_ in fields.items() if name in table})


def _html_cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)


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
    if value is None or isinstance(value, str | int | float):
        return value
    import pandas as pd

    return None if value is pd.NA else value
