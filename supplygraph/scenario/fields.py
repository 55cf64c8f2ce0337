"""Fields that documents share: days, shares, grades, sources; unknown keys are errors."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from supplygraph.errors import ScenarioError
from supplygraph.scenario.calendar import first_day, last_day


def _day(value: object) -> str:
    """A whole or partial date as text; a bare year may come as a number."""
    text = str(value)
    try:
        first_day(text)
        last_day(text)
    except ScenarioError as error:
        raise ValueError(str(error)) from None
    return text


PARTIAL = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"
_DAY_SCHEMA = {
    "anyOf": [{"type": "string", "pattern": PARTIAL}, {"type": "integer"}],
    "examples": ["2025-04-04", "2025-04"],
}
Day = Annotated[str, BeforeValidator(_day), WithJsonSchema(_DAY_SCHEMA)]
Share = Annotated[float, Field(ge=0, le=1)]
Grade = Literal["A", "B", "C", "D", "calc"]
ByPlace = Annotated[
    dict[str, Share], Field(examples=[{"US": 0.3, "*": 1.0}])
]  # market, region or * to a share


class Strict(BaseModel):
    """A part of a document: unknown keys are errors, nothing changes once made."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Source(Strict):
    """Where a measure was read."""

    title: str = Field(description="Title of the page or text.")
    url: str | None = Field(default=None, description="Address; empty if recalled.")


def check_order(effective: str | None, expires: str | None) -> None:
    """A first and a last day in order, where both are given.

    Raises
    ------
    ValueError
        If the last day comes before the first.
    """
    if effective and expires and last_day(expires) < first_day(effective):
        raise ValueError(
            f"expires {expires} before it is effective ({effective}). Correct one of the two dates."
        )
