"""Grades of evidence, and the one rule for what rests on several of them."""

from __future__ import annotations

from collections.abc import Iterable

from supplygraph.errors import UsageError

# From firmest to weakest. What is calculated rests on figures that carry grades of their own, but
# not here: it counts as weaker than any that was read, and firmer than an assumption of ours.
GRADES = ("A", "B", "C", "calc", "D")
_RANK = {"": -1} | {grade: rank for rank, grade in enumerate(GRADES)}


def rank_of(grade: str) -> int:
    """Place of a grade from firmest (0) to weakest; -1 for none.

    Raises
    ------
    UsageError
        If there is no such grade.
    """
    if grade not in _RANK:
        raise UsageError(f"grade '{grade}' is not known. Write one of {', '.join(GRADES)}.")
    return _RANK[grade]


def weakest(grades: Iterable[str]) -> str:
    """The weakest of several grades; empty if there is none.

    Examples
    --------
    >>> weakest(["A", "calc", "B"]), weakest(["calc", "D"]), weakest(["", "B"]), weakest([])
    ('calc', 'D', 'B', '')
    """
    return max(grades, key=rank_of, default="")
