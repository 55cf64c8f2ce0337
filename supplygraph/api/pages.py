"""Questions whose answer is a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplygraph.api import outlook
from supplygraph.progress import steps
from supplygraph.results import Results

if TYPE_CHECKING:
    from supplygraph.api.handle import Handle
    from supplygraph.api.loaded import Loaded
    from supplygraph.views import View

USUAL_DEALS = ("announced", "binding")


def page(
    chain: Handle,
    *,
    product: str | None = None,
    region: str | None = None,
    at: str | None = None,
    weights: str = "level",
    scenarios: Sequence[str | Path] = (),
    usual_scenarios: bool = True,
    deals: Sequence[str] = USUAL_DEALS,
) -> Results:
    """Everything a page shows; saved and loaded again it is drawn without a solver.

    Parameters
    ----------
    product
        Only this product counts in the total.
    region
        Only this region or country counts in the total, such as ``US``, ``EU``, ``GB`` or ``ROW``;
        a country that shares its market with others is not told apart.
    at
        Month ``YYYY-MM`` whose capacities hold, while flows and demand stay those of the base year;
        all of the base year if left out.
    weights
        Scheme of weights of products in a total. One of ``level``, ``sectors``, ``value``,
        ``equal`` or ``mass``.
    scenarios
        Scenarios whose months the page shows besides the usual ones, by name in the dataset or as a
        YAML file.
    usual_scenarios
        Whether the page shows the months of the usual scenarios, as far as the dataset has them:
        the licences of April 2025, the truce of Busan, its end, and what Kuala Lumpur, Tokyo and
        Canberra buy.
    deals
        Portfolios of projects whose cover by year the page shows, where the dataset has projects,
        as ``supplygraph deals --portfolios`` names them; it takes as long as that command. Empty
        leaves them out.

    Raises
    ------
    UsageError
        If an option is unknown.
    ScenarioError
        If a scenario contradicts itself or is a replay without a network.
    """
    from supplygraph.analysis.pages.page_months import usual_scenarios as usual
    from supplygraph.analysis.pages.page_record import page_table

    asked = (*(usual(chain.dataset) if usual_scenarios else ()), *map(str, scenarios))
    named = list(dict.fromkeys(asked))  # one named twice is run once
    # First, since a word that is unknown must not wait for the removals.
    added = [*_deals(chain, deals), *_months(chain.loaded, named, (weights, product, region))]
    portfolio = chain.loaded.portfolio(("binding",), at)
    tracer = chain.loaded.tracer(at, weights, product, region, portfolio)
    table, warnings = page_table(tracer, added, product=product, region=region)
    params = {
        "product": product,
        "region": region,
        "at": at,
        "weights": weights,
        "scenarios": named,
        "deals": list(deals),
    }
    return chain.loaded.results("view", table, params, warnings, month=tracer.month)


def _months(
    loaded: Loaded, named: Sequence[str], counted: tuple[str, str | None, str | None]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Rows of the record with the months of scenarios."""
    from supplygraph.analysis.pages.page_months import scenario_record
    from supplygraph.scenario.portfolios import chosen
    from supplygraph.scenario.projects import deals_of

    known = deals_of(loaded.dataset) if named else {}
    for name in steps(named, "Scenarios"):
        told, _ = loaded.scenario(name)
        tracer = loaded.tracer_of_scenario(told, told.projects, *counted)
        built = chosen(loaded.projects, told.projects)
        yield "scenario", name, scenario_record(tracer, told, built, known)


def _deals(chain: Handle, portfolios: Sequence[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Rows of the record with cover by year, and the deals; unasked, only where there are any."""
    unasked = tuple(portfolios) == USUAL_DEALS
    if not portfolios or (unasked and not chain.loaded.projects):
        return
    by_year = outlook.deals(chain, portfolios=portfolios)
    for number, row in enumerate(by_year.table.to_dict("records")):
        yield "cover", f"y{number:04d}", row
    for row in outlook.deals(chain, "deal", portfolios=portfolios).table.to_dict("records"):
        yield "deal", str(row["id"]), row
    places = {name: chain.loaded.full_names.get(name, name) for name in by_year.params["pool"]}
    asked = {"params": by_year.params, "notes": by_year.warnings, "places": places}
    yield "outlook", "question", asked


def view(
    chain: Handle,
    *,
    product: str | None = None,
    region: str | None = None,
    at: str | None = None,
    weights: str = "level",
    scenarios: Sequence[str | Path] = (),
    usual_scenarios: bool = True,
    deals: Sequence[str] = USUAL_DEALS,
) -> View:
    """The chain as one page that opens from disk.

    Parameters
    ----------
    product
        Only this product counts in the total.
    region
        Only this region or country counts in the total, such as ``US``, ``EU``, ``GB`` or ``ROW``;
        a country that shares its market with others is not told apart.
    at
        Month ``YYYY-MM`` whose capacities hold, while flows and demand stay those of the base year;
        all of the base year if left out.
    weights
        Scheme of weights of products in a total. One of ``level``, ``sectors``, ``value``,
        ``equal`` or ``mass``.
    scenarios
        Scenarios whose months the page shows besides the usual ones, by name in the dataset or as a
        YAML file.
    usual_scenarios
        Whether the page shows the months of the usual scenarios, as far as the dataset has them:
        the licences of April 2025, the truce of Busan, its end, and what Kuala Lumpur, Tokyo and
        Canberra buy.
    deals
        Portfolios of projects whose cover by year the page shows, where the dataset has projects,
        as ``supplygraph deals --portfolios`` names them; it takes as long as that command. Empty
        leaves them out.

    Examples
    --------
    >>> import supplygraph as sg
    >>> page = sg.load("three-nodes").view()
    >>> page.html().startswith("<!doctype html>")
    True
    """
    from supplygraph.views import View

    return View(
        page(
            chain,
            product=product,
            region=region,
            at=at,
            weights=weights,
            scenarios=scenarios,
            usual_scenarios=usual_scenarios,
            deals=deals,
        )
    )
