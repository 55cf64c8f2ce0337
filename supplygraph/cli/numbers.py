"""Numbers that options take: what a range lets through and no command can use."""

from __future__ import annotations

from math import isfinite

import typer

from supplygraph.errors import UsageError


def finite(parameter: typer.CallbackParam, value: float | None) -> float | None:
    """A number as given; ``nan`` is within every range, and ``inf`` within open ones.

    Raises
    ------
    UsageError
        If it is not finite.
    """
    if value is not None and not isfinite(value):
        raise UsageError(f"{parameter.opts[0]} {value}: no finite number. Write such as 0.5.")
    return value
