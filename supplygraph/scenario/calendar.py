"""Days of measures: dates that may be partial, months as days, working days of China.

A day is its number in the proleptic Gregorian calendar (1 = 1 January of year 1), so that months
are plain ranges of integers.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import cache

import numpy as np

from supplygraph.errors import ScenarioError

_PARTIAL = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
# Weekdays off and weekend days worked in exchange in mainland China, from the yearly notices of the
# State Council, as recalled.
HOLIDAYS = {
    2023: "01-02 01-23..01-27 04-05 05-01..05-03 06-22..06-23 09-29 10-02..10-06",
    2024: "01-01 02-12..02-16 04-04..04-05 05-01..05-03 06-10 09-16..09-17 10-01..10-07",
    2025: "01-01 01-28..02-04 04-04 05-01..05-05 06-02 10-01..10-08",
    2026: "01-01..01-02 02-16..02-23 04-06 05-01..05-05 06-19 09-25 10-01..10-07",
}
WORKED = {
    2023: "01-28..01-29 04-23 05-06 06-25 10-07..10-08",
    2024: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    2025: "01-26 02-08 04-27 09-28 10-11",
    2026: "01-04 02-14 02-28 05-09 09-20 10-10",
}


def first_day(text: str) -> int:
    """First day that a whole or partial date can mean.

    Parameters
    ----------
    text
        ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``.

    Raises
    ------
    ScenarioError
        If it is no such date, or a day that the calendar does not have.

    Examples
    --------
    >>> last_day("2025-02") - first_day("2025-02")
    27
    """
    year, month, day = _parts(text)
    return _number(year, month or 1, day or 1, text)


def last_day(text: str) -> int:
    """Last day that a whole or partial date can mean.

    Examples
    --------
    >>> day_text(last_day("2024")), day_text(last_day("2025-04-04"))
    ('2024-12-31', '2025-04-04')
    """
    year, month, day = _parts(text)
    month = month or 12
    if not 1 <= month <= 12:
        return _number(year, month, 1, text)
    return _number(year, month, day or monthrange(year, month)[1], text)


def _parts(text: str) -> tuple[int, int, int]:
    found = _PARTIAL.fullmatch(text)
    if not found:
        raise ScenarioError(f"'{text}' is no date. Write YYYY-MM-DD, YYYY-MM or YYYY.")
    year, month, day = (int(part or 0) for part in found.groups())
    if not 1 <= year <= 9998:
        raise ScenarioError(f"'{text}' is no date: there is no year {year}. Write such as 2025-04.")
    return year, month, day


def _number(year: int, month: int, day: int, text: str) -> int:
    try:
        return date(year, month, day).toordinal()
    except ValueError:
        raise ScenarioError(
            f"'{text}' is no day of the calendar. Correct it, or leave the day out."
        ) from None


def day_text(number: int) -> str:
    """A day as ``YYYY-MM-DD``."""
    return date.fromordinal(number).isoformat()


def days_of(month: str) -> np.ndarray:
    """Every day of a month ``YYYY-MM``.

    Examples
    --------
    >>> len(days_of("2024-02"))
    29
    """
    return np.arange(first_day(month), last_day(month) + 1)


def working_days(days: np.ndarray) -> np.ndarray:
    """Which days are working days in China.

    Monday to Friday without public holidays, with the weekend days worked in exchange. Holidays
    are known for 2023 to 2026; in other years every weekday counts.

    Examples
    --------
    >>> dates = ["2025-05-05", "2025-05-06", "2025-04-27"]
    >>> working_days(np.array([first_day(date) for date in dates])).tolist()
    [False, True, True]
    """
    weekday = (days - 1) % 7 < 5  # day 1 was a Monday
    return (weekday & ~np.isin(days, _listed(tuple(HOLIDAYS.items())))) | np.isin(
        days, _listed(tuple(WORKED.items()))
    )


@cache
def _listed(texts: tuple[tuple[int, str], ...]) -> np.ndarray:
    found: list[int] = []
    for year, spans in texts:
        for span in spans.split():
            start, _, end = span.partition("..")
            found += range(first_day(f"{year}-{start}"), first_day(f"{year}-{end or start}") + 1)
    return np.array(found)


def add_working_days(start: str, count: int) -> str:
    """The day on which ``count`` working days after a day are over; the day itself is not counted.

    Announcement 18 was of 4 April 2025, a holiday. By the official calendar (1, 2 and 5 May and
    2 June off, Sunday 27 April worked in exchange) 45 working days are over on 11 June 2025. By
    weekdays alone they would be over on 6 June, without the exchanged Sunday on 12 June.

    Examples
    --------
    >>> add_working_days("2025-04-04", 45)
    '2025-06-11'
    """
    day = first_day(start)
    while count > 0:
        day += 1
        count -= int(working_days(np.array([day]))[0])
    return day_text(day)
