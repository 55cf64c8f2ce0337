"""Paths that name a parameter of a measure: ``CN-2025-18.approval.US``."""

from __future__ import annotations

from supplygraph.errors import ScenarioError


def split_path(path: str) -> tuple[str, str]:
    """Id of the measure and path inside it.

    Raises
    ------
    ScenarioError
        If there is no dot.

    Examples
    --------
    >>> split_path("CN-2025-18.approval.US")
    ('CN-2025-18', 'approval.US')
    """
    measure, dot, rest = path.partition(".")
    if not (measure and dot and rest):
        raise ScenarioError(
            f"'{path}' names no parameter. Write MEASURE.PARAMETER such as CN-2025-18.approval.US."
        )
    return measure, rest
