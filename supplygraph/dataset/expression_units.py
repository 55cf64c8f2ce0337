"""What an expression adds up: its units, and whether a quotient is a part of its whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from supplygraph.errors import UsageError
from supplygraph.selectors import Call
from supplygraph.units import per_year

# Both count tonnes of rare-earth oxides, of a mixture and of one element: they add up.
OXIDES = frozenset({"t_reo", "t_oxide"})
SHARE_UNIT = "fraction"


@dataclass(frozen=True)
class Named:
    """What one call names.

    ``things`` are what its unit is read from, each with the units it may be stated in: a material,
    or a recipe for ``activity``. ``places`` are the nodes it adds up.
    """

    call: Call
    things: Mapping[str, frozenset[str]]
    places: frozenset[object]


def unit_problem(
    unit: str, numerator: Sequence[Named], denominator: Sequence[Named]
) -> tuple[str, str, str] | None:
    """Column, rule and way out of an expression whose units do not fit, or None.

    Examples
    --------
    >>> from supplygraph.selectors import parse_expression
    >>> (call,) = parse_expression("output(id=mine-a)").numerator
    >>> ore = Named(call, {"ore-a": frozenset({"t_reo"})}, frozenset())
    >>> unit_problem("t_metal", [ore], [])
    ('unit', 'not the unit of ore-a', 'Write t_reo, or convert the figure.')
    >>> unit_problem("kt_reo/yr", [ore], []) is None
    True
    """
    for part in (numerator, denominator):
        things = _things(part)
        if things and not _common(things.values()):
            rule = f"a sum of unlike units ({_listed(things)})"
            return "expression", rule, "Observe what has one unit, in a row of its own."
    if denominator:
        top, bottom = _things(numerator), _things(denominator)
        if top and bottom and not _common([*top.values(), *bottom.values()]):
            rule = f"a share of unlike units ({_listed(top)} over {_listed(bottom)})"
            return "expression", rule, "Divide amounts in one unit."
        return None
    try:
        substance = per_year(unit)[1]
    except UsageError:
        return None  # a fault of its own
    things = _things(numerator)
    sets = list(things.values()) or [frozenset({substance})]
    # Oxides of a mixture and of single elements in one sum: either unit names the whole.
    fits = frozenset.intersection(*sets) or OXIDES.intersection(*[_like(one) for one in sets])
    if substance in fits:
        return None
    way_out = f"Write {' or '.join(sorted(fits))}, or convert the figure."
    return "unit", f"not the unit of {min(things)}", way_out


def is_part(numerator: Sequence[Named], denominator: Sequence[Named]) -> bool:
    """Whether everything above the line is also below it, so that the quotient is at most 1."""
    return all(_within(above, denominator) for above in numerator) and not _doubled(numerator)


def _within(above: Named, denominator: Sequence[Named]) -> bool:
    same = [below for below in denominator if below.call.function == above.call.function]
    if above.call.function == "trade":
        return any(_ends_within(above.call, b.call) and above.places <= b.places for b in same)
    return above.places <= frozenset().union(*(below.places for below in same))


def _ends_within(above: Call, below: Call) -> bool:
    ends = ((above.origin, below.origin), (above.destination, below.destination))
    return all(low == "*" or set(high.split("|")) <= set(low.split("|")) for high, low in ends)


def _doubled(parts: Sequence[Named]) -> bool:
    """Whether two terms of a sum may name the same node, which then counts twice."""
    return any(
        a.call.function == b.call.function and a.places & b.places
        for i, a in enumerate(parts)
        for b in parts[:i]
    )


def _things(parts: Sequence[Named]) -> dict[str, frozenset[str]]:
    return {thing: units for part in parts for thing, units in part.things.items()}


def _like(units: frozenset[str]) -> frozenset[str]:
    return units | OXIDES if units & OXIDES else units


def _common(units: Iterable[frozenset[str]]) -> frozenset[str]:
    sets = [_like(one) for one in units]
    return frozenset.intersection(*sets)


def _listed(things: Mapping[str, frozenset[str]]) -> str:
    """Units with one thing each, such as ``t_oxide of dy-oxide, t_metal of dy-metal``."""
    first: dict[str, str] = {}
    for thing, units in sorted(things.items()):
        first.setdefault(" or ".join(sorted(units)), thing)
    return ", ".join(f"{units} of {thing}" for units, thing in first.items())
