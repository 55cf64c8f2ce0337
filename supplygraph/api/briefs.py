"""The question whose answer is a brief."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplygraph.api import losses, origins, records, scenario_months, stocks
from supplygraph.api.disrupted import stop_exports
from supplygraph.errors import UsageError
from supplygraph.hints import did_you_mean

if TYPE_CHECKING:
    from supplygraph.analysis.headlines.brief import Brief
    from supplygraph.api.handle import Handle
    from supplygraph.results import Results

BY = "country-process"
SHOWN = 10
YEARS_ON = 6  # after the base year: when plants announced by then stand


def brief(
    chain: Handle, product: str, *, region: str | None = None, scenario: str | None = None
) -> Brief:
    """Two pages on one product: findings, what binds, what is unknown, from generated statements.

    Parameters
    ----------
    product
        Id of an end product.
    region
        Only this region or country, such as ``US``, ``EU``, ``GB`` or ``ROW``; a country that
        shares its market with others is not told apart.
    scenario
        A scenario whose months are told, by name in the dataset or as a YAML file.
    """
    from supplygraph.analysis.headlines.brief import compose

    graph = chain.network
    known = set(graph.demands["product"])
    if product not in known:
        raise UsageError(f"no product '{product}' has demand. {did_you_mean(product, known)}")
    found: dict[str, Results] = {}
    found["exports"] = losses.rank(chain, BY, product=product, region=region, top=SHOWN)
    first = found["exports"].table
    costs = first[["loss_abroad_none", "loss_home_none"]].max(axis=1)
    if len(first) and costs.iloc[0] > 0:
        text = f"id={first['id'].iloc[0]}"
        stopped = stop_exports(chain, text)
        found["stop"] = losses.solve(stopped, product=product, region=region).results
    found["cover"] = stocks.cover(chain, product, region)
    found["trace"] = origins.trace(chain, product, region=region)
    if chain.loaded.projects:
        at = f"{graph.base_year + YEARS_ON}-01"
        found["later"] = losses.rank(
            chain,
            BY,
            product=product,
            region=region,
            at=at,
            projects=["announced"],
            top=SHOWN,
        )
    if scenario is not None:
        found["months"] = scenario_months.run(
            chain, scenario, product=product, region=region, by_month=True
        ).results
    found["figures"] = records.explain(chain, product)
    if (chain.dataset.path / losses.DECIDING_FILE).is_file():
        found["deciding"] = losses.deciding(chain)
    named = {name: chain.loaded.named(results) for name, results in found.items()}
    return compose(named, product, region, scenario)
