"""Questions about origins: where a product's elements come from, what passes a content rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from supplygraph.results import Results

if TYPE_CHECKING:
    from supplygraph.api.handle import Handle


def trace(
    chain: Handle,
    product: str,
    *,
    region: str | None = None,
    element: str | None = None,
    by: str = "place",
    ranges: str = "auto",
) -> Results:
    """Where the elements in a product come from, stage by stage.

    Parameters
    ----------
    product
        Id of an end product.
    region
        Only this region or country, such as ``US``, ``EU``, ``GB`` or ``ROW``; a country that
        shares its market with others is not told apart.
    element
        Only this element, such as ``Dy``.
    by
        Rows by place (where plants stand), by owner (whose they are), or both. One of ``all``,
        ``place`` or ``owner``.
    ranges
        Shares that have a least and most: all, those of a tenth and more (large), none, or all for
        one element and else the large (auto). One of ``auto``, ``all``, ``large`` or ``none``.

    Raises
    ------
    UsageError
        If something named is unknown.
    """
    from supplygraph.analysis.origins.trace import trace

    table, warnings = trace(
        chain.baseline, product, region=region, element=element, by=by, ranges=ranges
    )
    params = {
        "product": product,
        "region": region,
        "element": element,
        "by": by,
        "ranges": ranges,
    }
    return chain.loaded.results("trace", table, params, warnings)


def comply(
    chain: Handle,
    rule: str,
    month: str | None = None,
    *,
    compliance: float | None = None,
    product: str | None = None,
    region: str | None = None,
    sets: Sequence[str] = (),
    projects: Sequence[str] = ("binding",),
) -> Results:
    """Supply that passes a rule of content against need, by mixing and by segregation.

    Parameters
    ----------
    rule
        Id of a measure of kind ``content_rule`` or ``import_restriction``, such as
        ``US-2027-DFARS``.
    month
        Month ``YYYY-MM`` whose capacities hold; the base year if left out.
    compliance
        Share of exporters that obey, 0 to 1, everywhere; the measure's if left out.
    product
        Only this product.
    region
        Only this region or country, such as ``US``, ``EU``, ``GB`` or ``ROW``; a country that
        shares its market with others is not told apart.
    sets
        Parameters of measures changed, such as ``CN-2025-18.approval.US=0.3``.
    projects
        Projects built by the month asked for: ids, or ``binding``, ``announced``, ``non_binding``,
        ``none``.

    Raises
    ------
    UsageError
        If the measure is not a content rule, or nobody is bound by it.
    """
    from supplygraph.analysis.origins.comply import comply_rows, rule_of
    from supplygraph.scenario.month_arrays import check_month

    if month is not None:
        check_month(month)
    changes, at = list(sets), month or chain.network.base_month
    baseline = chain.loaded.with_portfolio(chain.loaded.portfolio(projects, month))
    measure = rule_of(chain.dataset, rule, at, changes, compliance)
    table, notes = comply_rows(baseline, measure, at, product=product, region=region)
    params = {
        "rule": rule,
        "month": month,
        "compliance": compliance,
        "product": product,
        "region": region,
        "set": changes,
        "projects": list(projects),
    }
    return chain.loaded.results("comply", table, params, notes)
