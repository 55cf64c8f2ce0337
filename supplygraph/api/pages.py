"""Questions whose answer is a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplygraph.results import Results

if TYPE_CHECKING:
    from supplygraph.api.handle import Handle
    from supplygraph.views import View


def page(
    chain: Handle,
    *,
    product: str | None = None,
    region: str | None = None,
    at: str | None = None,
    weights: str = "level",
) -> Results:
    """Everything a page shows; saved and loaded again it is drawn without a solver.

    Parameters
    ----------
    product
        Only this product counts in the total.
    region
        Only this region counts in the total, such as ``US``, ``EU`` or ``ROW``.
    at
        Month ``YYYY-MM`` whose capacities hold, while flows and demand stay those of the base year;
        all of the base year if left out.
    weights
        Scheme of weights of products in a total. One of ``level``, ``sectors``, ``value``,
        ``equal`` or ``mass``.

    Raises
    ------
    UsageError
        If an option is unknown.
    """
    from supplygraph.analysis.pages.page_record import page_table

    portfolio = chain.loaded.portfolio(("binding",), at)
    tracer = chain.loaded.tracer(at, weights, product, region, portfolio)
    table, warnings = page_table(tracer, product=product, region=region)
    params = {"product": product, "region": region, "at": at, "weights": weights}
    return chain.loaded.results("view", table, params, warnings, month=tracer.month)


def view(
    chain: Handle,
    *,
    product: str | None = None,
    region: str | None = None,
    at: str | None = None,
    weights: str = "level",
) -> View:
    """The chain as one page that opens from disk.

    Parameters
    ----------
    product
        Only this product counts in the total.
    region
        Only this region counts in the total, such as ``US``, ``EU`` or ``ROW``.
    at
        Month ``YYYY-MM`` whose capacities hold, while flows and demand stay those of the base year;
        all of the base year if left out.
    weights
        Scheme of weights of products in a total. One of ``level``, ``sectors``, ``value``,
        ``equal`` or ``mass``.

    Examples
    --------
    >>> import supplygraph as sg
    >>> page = sg.load("three-nodes").view()
    >>> page.html().startswith("<!doctype html>")
    True
    """
    from supplygraph.views import View

    return View(page(chain, product=product, region=region, at=at, weights=weights))
