"""`--fail-if`: a condition on a column of numbers as a gate of a nightly run.

Exit code 10 if a row meets it, 0 if none can, 1 if that cannot be told: a gate over a column that
is empty would stay open for ever. A value that is blank may still be decided by what stands
beside it, such as the upper limit of a plant whose share of its group nobody states.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite, isnan, nan
from typing import TYPE_CHECKING, Any

import typer

from supplygraph.cli.streams import note
from supplygraph.errors import UsageError
from supplygraph.hints import unknown_word

if TYPE_CHECKING:
    from supplygraph.results import Results

FAILED, UNDECIDED = 10, 1
NAMED = 5  # rows that a message names
_CONDITION = re.compile(r"\s*(\w+)\s*(<=|>=|<|>)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")
_KEYS = (
    "id",
    "removed",
    "element",
    "product",
    "region",
    "segment",
    "place",
    "holder",
    "material",
    "month",
    "rerouting",
    "cover",
)
# Columns that are blank by their meaning, in rows of single months and in weighted totals.
OVER_ALL = ("months_lost", "months_short", "tts_months", "ttr_months")
NOT_IN_TOTALS = ("demand", "lost_units", "months_to_first_shortage")
LITTLE = 0.05  # of a product; below it `whatif` gives no month of shortage
LAST_MONTH = 36  # that `whatif` counts
_LOSS = re.compile(r"(loss(?:_abroad|_home)?)_(none|least|\d+m)((?:_[a-z]+)?)")
ANY = (-inf, inf)
Interval = tuple[float, float]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Condition:
    """A column, a comparison and a limit."""

    column: str
    sign: str
    limit: float

    def __str__(self) -> str:
        return f"{self.column}{self.sign}{self.limit:g}"

    def met(self, low: float, high: float) -> bool | None:
        """Whether a value between two ends meets it; None if some would and some would not.

        Examples
        --------
        >>> gate = Condition("loss_none", ">", 0.2)
        >>> gate.met(0.3, 0.3), gate.met(0.0, 0.2), gate.met(0.0, 0.5)
        (True, False, None)
        """
        ends = [self._compare(low), self._compare(high)]
        return ends[0] if ends[0] == ends[1] else None

    def _compare(self, value: float) -> bool:
        if self.sign.startswith(">"):
            return value > self.limit or (value == self.limit and self.sign == ">=")
        return value < self.limit or (value == self.limit and self.sign == "<=")


def parse_condition(kind: str, text: str | None) -> Condition | None:
    """Column, comparison and limit of `--fail-if`, refused before anything is computed.

    Raises
    ------
    UsageError
        If it is no comparison of a column of numbers of this kind of result with a number.
    """
    if text is None:
        return None
    from supplygraph.schema.commands import result_fields

    numbers = [field.name for field in result_fields(kind) if field.numeric]
    found = _CONDITION.fullmatch(text)
    if not found or not isfinite(float(found[3])):
        column = next((name for name in numbers if name.startswith("loss")), "COLUMN")
        raise UsageError(
            f"--fail-if '{text}' is not COLUMN>NUMBER. Write it such as '{column}>0.2'."
        )
    if found[1] not in numbers:
        wrong = unknown_word(found[1], numbers, "is no column of numbers")
        raise UsageError(f"--fail-if '{text}': {wrong}")
    return Condition(found[1], found[2], float(found[3]))


def fail_if(results: Results, condition: Condition | None) -> None:
    """End with exit code 10 if a row meets the condition, with 1 if that cannot be told.

    A row that meets it decides, whatever others lack.
    """
    if condition is None:
        return
    met, open_, blank, count = judge(results, condition)
    column = condition.column
    if met:
        note(f"fail-if: {met} row{'s' * (met != 1)} with {condition}")
        raise typer.Exit(FAILED)
    if blank == count:
        what = f"no row has a {column}" if len(results.table) else "there are no rows"
        note(f"fail-if: {what}, so that {condition} cannot be decided. Ask for another column.")
        raise typer.Exit(UNDECIDED)
    if open_:
        shown = "; ".join(open_[:NAMED]) + ("; …" if len(open_) > NAMED else "")
        lack = "row has" if len(open_) == 1 else "rows have"
        note(
            f"fail-if: {len(open_)} {lack} no {column} and may meet {condition}: {shown}. "
            "Ask for rows that have one."
        )
        raise typer.Exit(UNDECIDED)


def judge(results: Results, condition: Condition) -> tuple[int, list[str], int, int]:
    """Rows that meet a condition, names of those that may, and how many of all are blank."""
    from supplygraph.results import plain_row

    rows = [plain_row(row) for row in results.table.to_dict("records")]
    rows = [row for row in rows if _applies(row, condition.column)]
    none = {_key(row): row for row in rows if row.get("rerouting") == "none"}
    floors = bool(results.params.get("floors", True))
    met, blank, open_ = 0, 0, []
    for row in rows:
        low, high = _between(row, condition.column, none, floors=floors)
        blank += row.get(condition.column) is None and (low, high) in (ANY, (0.0, inf))
        found = condition.met(low, high)
        met += found is True
        open_ += [_name(row)] if found is None else []
    return met, open_, blank, len(rows)


def _applies(row: Row, column: str) -> bool:
    """Whether a row can have a value in a column at all."""
    if column in OVER_ALL and row.get("month") is not None:
        return False
    if "total" in (row.get("product"), row.get("id")) and column in NOT_IN_TOTALS:
        return False
    if "loss_abroad_none" in row:
        return _weighs(row, column)
    # Of the totals of `whatif` abroad and at home, one is empty where nothing weighs in that place.
    part = row.get("product") == "total" and row.get("place") in ("abroad", "home")
    return not (part and row.get("loss_none") is None)


def _weighs(row: Row, column: str) -> bool:
    """Whether anything weighs that a column of a ranking counts.

    None is always asked for. It is empty in one place alone where nothing weighs there; in both
    where nobody states the share of a plant, or nothing weighs at all.
    """
    known = {place for place in ("abroad", "home") if row.get(f"loss_{place}_none") is not None}
    if column == "loss_upper":  # an upper limit stands only beside what nobody states
        return not known
    found = _LOSS.fullmatch(column)
    if not found or not known:
        return True
    place, sector = found[1].removeprefix("loss_"), found[3]
    return place in known and not (sector and row.get(f"{found[1]}_none{sector}") is None)


def _between(
    row: Row, column: str, none: Mapping[tuple[Any, ...], Row], *, floors: bool
) -> Interval:
    """Ends between which the value of a cell lies; both are the value where it is known."""
    value = _number(row.get(column))
    if not isnan(value):
        return value, value
    if found := _LOSS.fullmatch(column):
        return _loss(row, found, floors=floors)
    if column == "months_to_first_shortage":
        least = LITTLE if "binding_none" in row else 0.0
        return (inf, inf) if _lost(row) <= least else (0.0, inf)
    if column in ("first_month_low", "first_month_high"):
        return ANY if isnan(_lost(row)) else (LAST_MONTH + 1.0, inf)
    told = "first_shortage" in row and row.get("months_lost") is not None
    if column in ("tts_months", "ttr_months") and told:
        if row["first_shortage"] is None:
            never = inf if column == "tts_months" else 0.0
            return never, never
        if column == "ttr_months" and "not_recovered" in (row.get("flags") or ()):
            return inf, inf
    if column in ("loss", "months_lost") and "nominal" in (row.get("flags") or ()):
        # Nobody sized the need: the loss lies between nothing and that when nobody reroutes.
        return _up_to(_number(none.get(_key(row), {}).get(column)))
    return ANY


def _loss(row: Row, column: re.Match[str], *, floors: bool) -> Interval:
    """A loss that was not asked for: at most that when nobody reroutes, or its upper limit."""
    if not floors and column[2] not in ("none", "least"):
        return _up_to(1.0)  # without contracts a row may be worse than when nobody reroutes
    names = [f"{column[1]}_none{column[3]}"]
    names += ["loss_upper"] * (column[1] == "loss_abroad" and not column[3])
    ends = (_number(row.get(name)) for name in names)
    return _up_to(next((end for end in ends if not isnan(end)), nan))


def _lost(row: Row) -> float:
    """Loss of a row when nobody reroutes: abroad, or at home where nothing weighs abroad."""
    names = ("loss_none", "loss_abroad_none", "loss_home_none")
    return next((float(row[name]) for name in names if row.get(name) is not None), nan)


def _up_to(high: float) -> Interval:
    return ANY if isnan(high) else (0.0, high)


def _number(value: Any) -> float:
    return nan if value is None else float(value)


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in _KEYS if name != "rerouting")


def _name(row: Row) -> str:
    """How a message names a row."""
    words = [str(row[name]) for name in _KEYS if row.get(name)]
    return " ".join(words) or "a row without a name"
