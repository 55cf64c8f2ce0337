"""What a tonne is worth to a rule of content by value: prices of one month, in USD.

A price is, in this order, what the measure states; that of the material it says another is priced
as; what `dataset.prices` chooses for the month, the mean of low and high. One that is missing is an
error, never assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import Field

from supplygraph.dataset.prices import PriceBook
from supplygraph.errors import ScenarioError
from supplygraph.scenario.fields import Strict
from supplygraph.scenario.network_queries import World

KG_PER_TONNE = 1000.0


class PricedAs(Strict):
    """A material whose price is taken from another's."""

    material: str = Field(description="Whose price it is.")
    times: float = Field(default=1.0, gt=0, description="Factor on that price.")


def prices_per_tonne(
    world: World,
    materials: Iterable[str],
    stated: Mapping[str, float],
    priced_as: Mapping[str, PricedAs],
    month: str,
    who: str,
) -> dict[str, float]:
    """USD per tonne of some materials.

    Parameters
    ----------
    world
        Whose table of prices.
    materials
        Ids.
    stated
        USD/kg that the measure states.
    priced_as
        Materials priced as others.
    month
        ``YYYY-MM`` whose prices count.
    who
        Measure, for messages.

    Raises
    ------
    ScenarioError
        With all materials that have no price.
    """
    dataset = world.graph.dataset
    book = PriceBook(dataset, month) if dataset.has("prices") else None
    found: dict[str, float] = {}
    lacking = []
    for name in sorted(materials):
        other = None if name in stated else priced_as.get(name)
        price = _price(book, other.material if other else name, stated)
        if price is None:
            lacking.append(name)
        else:
            found[name] = price * (other.times if other else 1.0)
    if lacking:
        raise ScenarioError(
            f"{who}: no price in USD of {', '.join(lacking)} in prices.csv. "
            f"State one such as prices: {{{lacking[0]}: 50}} (USD/kg), or priced_as."
        )
    return found


def _price(book: PriceBook | None, name: str, stated: Mapping[str, float]) -> float | None:
    if name in stated:
        return stated[name] * KG_PER_TONNE
    price = None if book is None else book.of(name)
    return None if price is None else (price.low + price.high) / 2
