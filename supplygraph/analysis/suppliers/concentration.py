"""Concentration of supply."""

from __future__ import annotations

from collections.abc import Mapping

from supplygraph.errors import UndefinedMetricError


def concentration(output: Mapping[str, float]) -> float:
    """Herfindahl–Hirschman index of supply, from 1/n (even) to 1 (one supplier).

    Sum over suppliers of squared shares, HHI = sum(s_i ** 2); times 10,000 it is the index
    of antitrust practice. "Other" counts as one supplier if it is given as one. Blind to
    spare capacity, stocks and what else could serve.

    Parameters
    ----------
    output
        Output per supplier, any one unit (such as t REO a year), all >= 0.

    Raises
    ------
    UndefinedMetricError
        If total output is zero, or one is negative: the index has no value there.

    Examples
    --------
    >>> round(concentration({"CN": 60, "AU": 30, "US": 10}), 2)
    0.46
    """
    if any(quantity < 0 for quantity in output.values()):
        raise UndefinedMetricError(
            "concentration: an output is below 0. Give outputs, not changes."
        )
    total = sum(output.values())
    if total <= 0:
        raise UndefinedMetricError(
            "concentration: total output is 0. Name a supplier that makes it."
        )
    return sum((quantity / total) ** 2 for quantity in output.values())
