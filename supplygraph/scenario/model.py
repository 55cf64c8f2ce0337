"""A scenario: ordered measures, modifiers and removals with dates, a start and a horizon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from supplygraph.errors import ScenarioError, UsageError
from supplygraph.scenario.calendar import last_day
from supplygraph.scenario.fields import Day, Share, Strict, check_order
from supplygraph.scenario.measures import AnyMeasure, AnyModifier, Measure, Modifier, Record
from supplygraph.scenario.month_arrays import check_month, month_range

OUTCOMES = ("lapses", "renewed", "lifted")
UNTIL = "renewed until "


def check_outcome(text: str) -> str:
    """One of `OUTCOMES`, or ``renewed until DATE``.

    Raises
    ------
    ValueError
        If it is another.

    Examples
    --------
    >>> check_outcome("renewed until 2027-11-10")
    'renewed until 2027-11-10'
    """
    if text.startswith(UNTIL):
        try:
            last_day(text.removeprefix(UNTIL))
        except ScenarioError as error:
            raise ValueError(str(error)) from None
    elif text not in OUTCOMES:
        raise ValueError(
            f"'{text}' is no outcome. Write {', '.join(OUTCOMES)}, or renewed until DATE."
        )
    return text


Month = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}$", examples=["2025-04"])]


def _words(value: Any) -> Any:
    return value.split() if isinstance(value, str) else value


class Removed(Strict):
    """Plants, materials or an arc taken away for a while."""

    select: str = Field(description="Selector, as of whatif --remove.")
    share: Share = Field(default=1.0, description="Share taken away.")
    effective: Day | None = Field(
        default=None, description="First day; the start of the run if empty."
    )
    expires: Day | None = Field(default=None, description="Last day; the end of the run if empty.")

    @model_validator(mode="after")
    def _order_of_dates(self) -> Removed:
        check_order(self.effective, self.expires)
        return self


class Scenario(BaseModel):
    """What is done to the chain, from when and for how long.

    Measures and modifiers are ids of the folder `measures`, or written out in place. Once read,
    they are all written out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(default="", description="The file's name.")
    title: str = Field(description="What it is, in a line.")
    description: str = Field(
        default="", description="The question it answers, and what it leaves out."
    )
    start: Month = Field(description="First month, YYYY-MM.")
    months: int = Field(ge=1, le=600, description="Number of months.")
    initial: Literal["base", "history"] = Field(
        default="base",
        description="Stocks at the start: as in the base year, or as history left them.",
    )
    growth: float = Field(
        default=0.0,
        gt=-1,
        description="Growth of demand a year since the base year, and of caps with it.",
    )
    season: bool = Field(default=True, description="Whether months differ as in the base year.")
    measures: list[str | AnyMeasure | Record] = Field(default=[], description="Measures, in order.")
    modifiers: list[str | AnyModifier] = Field(default=[], description="Modifiers, in order.")
    removals: list[str | Removed] = Field(default=[], description="What is taken away besides.")
    projects: Annotated[list[str], BeforeValidator(_words)] = Field(
        default=["binding"],
        description="Projects that are built: ids, -id to leave one out, or binding, announced, "
        "non_binding (each with the firmer ones), none.",
    )
    delay_months: int = Field(
        default=0, ge=0, le=240, description="Months by which steps after the start come later."
    )
    slip: Literal["", "low", "central", "high"] = Field(
        default="", description="Whose own slip of the projects counts besides; none if empty."
    )
    set: dict[str, Any] = Field(
        default={}, description="Parameters changed, by path such as CN-2025-18.approval.US."
    )
    after_expiry: dict[str, Annotated[str, AfterValidator(check_outcome)]] = Field(
        default={},
        description="What follows the last day of a modifier, by its id: lapses (the measures "
        "return), renewed, renewed until DATE, or lifted (the measures end).",
    )
    rerouting: Literal["none", "qualified", "least"] = Field(
        default="qualified", description="Who may reroute, if the run does not say."
    )
    rationing: Literal["value", "shared", "priority"] = Field(
        default="value", description="Who is served first, if the run does not say."
    )
    network: bool = Field(
        default=True,
        description="false: a replay of published series before the base year; the network of the "
        "base year says nothing about it.",
    )
    sources: list[str] = Field(default=[], description="Keys of sources.csv.")
    note: str = Field(default="", description="Assumptions and doubts.")

    @field_validator("start")
    @classmethod
    def _real_month(cls, start: str) -> str:
        try:
            month_range(start, 1)
        except ScenarioError as error:
            raise ValueError(str(error)) from None
        return start

    @model_validator(mode="after")
    def _no_end_beyond_calendar(self) -> Scenario:
        try:
            check_month(self.start, "start")
        except UsageError as error:
            raise ValueError(str(error)) from None
        return self

    @property
    def month_names(self) -> tuple[str, ...]:
        """Every month of the run, ``YYYY-MM``."""
        return month_range(self.start, self.months)

    @property
    def acting(self) -> list[Measure]:
        """Measures with a mechanism, once written out."""
        return [item for item in self.measures if isinstance(item, Measure)]

    def named_removals(self) -> Iterator[tuple[Removed, str]]:
        """Removals, once written out, with the names under which bounds and messages show them."""
        for number, item in enumerate(self.removals, 1):
            removed = item if isinstance(item, Removed) else Removed.model_validate(item)
            yield removed, f"removal {number}: {removed.select}"

    @property
    def changing(self) -> list[Modifier]:
        """Modifiers, once written out."""
        return [item for item in self.modifiers if isinstance(item, Modifier)]
