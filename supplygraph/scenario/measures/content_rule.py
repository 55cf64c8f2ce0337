"""Rules of content: foreign goods are caught if enough of their value was made in a country."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from supplygraph.scenario.content_test import ContentTest
from supplygraph.scenario.fields import ByPlace, Share
from supplygraph.scenario.measures.base import Covers, Measure, Time
from supplygraph.scenario.measures.prices import PricedAs, prices_per_tonne
from supplygraph.scenario.measures.tracing import pools_of, traced_materials
from supplygraph.scenario.measures.uses import share_of_uses
from supplygraph.scenario.network_queries import ANYWHERE, World


class ContentRule(Measure):
    """Goods made abroad need leave to be sent on, if they hold enough of listed ingredients.

    Tested is what plants outside the origin countries make and send to another country, itself
    outside them:

        content = value of the listed ingredients made in the origin countries / value of the good

    by proportional mixing of the month's own flows, with prices of one month. An ingredient that
    a plant abroad turned into another counts at its own value. At or above the threshold a good
    is caught, and of its base flow 1 - compliance of the exporter's country x blocked is left.
    With `segments` or `products` only these end uses are kept from what is caught. Goods that
    are not listed are never tested, and what is sold where it is made is no export.
    """

    kind: Literal["content_rule"]
    covers: Covers = Field(description="Goods tested.")
    ingredients: Covers = Field(description="Ingredients that count if made in the origins.")
    countries: list[str] = Field(
        default=[], description="Countries whose ingredients count; those of imposed_by if empty."
    )
    threshold: Share = Field(description="Content by value from which on a good is caught.")
    destinations: list[str] = Field(
        default=[ANYWHERE], description="Markets or regions; * for all."
    )
    segments: dict[Literal["civil", "military", "mixed"], Share] = Field(
        default={}, description="Only these end uses are kept from caught goods: share by segment."
    )
    products: dict[str, Share] = Field(
        default={}, description="Share of single products, in place of their segment's."
    )
    compliance: ByPlace = Field(
        default={ANYWHERE: 1.0}, description="Share of exporters that obey, by their place."
    )
    blocked: Share = Field(default=1.0, description="Share of caught goods that gets no leave.")
    prices: dict[str, float] = Field(default={}, description="USD/kg, in place of prices.csv.")
    priced_as: dict[str, PricedAs] = Field(
        default={}, description="Materials priced as others, where prices.csv has none."
    )
    price_month: str = Field(
        pattern="^[0-9]{4}-(0[1-9]|1[0-2])$", description="Month of all prices, YYYY-MM."
    )

    @model_validator(mode="after")
    def _one_compliance_for_uses(self) -> ContentRule:
        if (self.segments or self.products) and set(self.compliance) - {ANYWHERE}:
            raise ValueError(
                "compliance by place beside end uses: which exporter serves which use is not "
                "known. Write compliance: {'*': SHARE}."
            )
        if any(price <= 0 for price in self.prices.values()):
            raise ValueError("prices: a price is above 0. Write USD/kg.")
        return self

    def tests(self, world: World, time: Time) -> Iterable[ContentTest]:
        """The test of a month."""
        markets = self._markets(world)
        goods, ingredients = self.covers.ids(world), self.ingredients.ids(world)
        traced = traced_materials(world, ingredients, goods)
        by_use = bool(self.segments or self.products)
        left = 1 - world.by_origin(self.compliance, 1.0) * self.blocked
        cut = np.zeros(len(left)) if by_use else (1 - left) * float(time.on.mean())
        yield ContentTest(
            measure=self.id,
            goods=pools_of(world, goods, None) & ~pools_of(world, goods, markets),
            foul=pools_of(world, set(ingredients) & traced, markets),
            traced=pools_of(world, traced, None),
            worth=self._worth(world, traced),
            by_value=True,
            threshold=self.threshold,
            arcs=self._arcs(world, goods, markets),
            left=1 - cut,
            denied=self._denied(world, goods, markets) * float(time.on.mean()),
        )

    def _markets(self, world: World) -> list[str]:
        """Markets whose ingredients count."""
        if not self.countries:
            return self.origins(world)
        return [world.market(country, self.id) for country in self.countries]

    def _worth(self, world: World, traced: set[str]) -> np.ndarray:
        """USD per tonne of what is made in every pool."""
        prices = prices_per_tonne(
            world, traced, self.prices, self.priced_as, self.price_month, self.id
        )
        return np.array([prices.get(str(name), 0.0) for name in world.graph.pools["material"]])

    def _arcs(self, world: World, goods: list[str], markets: list[str]) -> np.ndarray:
        """Arcs between two places outside the countries whose ingredients count."""
        mask = world.arcs(goods, None, self.destinations)
        mask &= ~world.arcs(goods, markets, [ANYWHERE])
        return mask & ~world.arcs(goods, None, markets)

    def _denied(self, world: World, goods: list[str], markets: list[str]) -> np.ndarray:
        """Share of every demand that is kept from caught goods."""
        share = share_of_uses(world, self.segments, self.products, self.destinations)
        share[world.graph.demands["market"].isin(markets).to_numpy()] = 0.0
        share[~world.demands_for(goods)] = 0.0
        return share * self.blocked * self.compliance.get(ANYWHERE, 1.0)
