"""Questions about stocks: how long they last, and what a shortage on record says of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplygraph.errors import UsageError
from supplygraph.results import Results

if TYPE_CHECKING:
    from supplygraph.api.handle import Handle


def cover(
    chain: Handle,
    product: str | None = None,
    region: str | None = None,
    *,
    each: Sequence[str] = (),
    ttr: str | float | None = None,
    longest: float = 60.0,
    weights: str = "sectors",
) -> Results:
    """Stocks along the chain; with a removal, time to survive against time to recover.

    Parameters
    ----------
    product
        Only this product.
    region
        Only this region, such as ``US``, ``EU`` or ``ROW``.
    each
        Removals compared as scenarios of their own, each beside what this chain lacks.
    ttr
        Months to recovery, or the id of a row of `lags`; if left out, from `lags` if one fits.
    longest
        Longer times are shown as 'more than' this.
    weights
        Scheme of weights of products in a total. One of ``level``, ``sectors``, ``value``,
        ``equal`` or ``mass``.

    Raises
    ------
    UsageError
        If the product is not assembled in the region, or the TTR is no time.

    Examples
    --------
    >>> import supplygraph as sg
    >>> chain = sg.load("time-to-recover-tiers").remove("id=s1")
    >>> table = chain.cover(ttr=3, weights="value").table
    >>> last = table[(table["cover"] == "central") & (table["rerouting"] == "least")].iloc[-1]
    >>> round(float(last["tts_months"]), 4), round(float(last["lost_usd"]), 1)
    (1.5, 350.0)
    """
    from supplygraph.analysis.stocks.time_to_survive import check_longest

    check_longest(longest)
    if chain.taken.stopped:
        raise UsageError(
            f"cover counts plants that stop, and here {chain.taken} do. Ask remove(...).cover(), "
            "or solve(), which tells months lost with stocks."
        )
    tracer = chain.loaded.tracer(None, weights, product, region)
    params: dict[str, Any] = {"product": product, "region": region}
    if not chain.taken.removed and not each:
        if ttr is not None:
            raise UsageError("--ttr says when what was removed is back: remove something.")
        from supplygraph.analysis.stocks.stock_cover import cover_table

        table, found = cover_table(tracer, product, region)
        return chain.loaded.results("cover", table, params, found)
    from supplygraph.analysis.stocks.time_to_survive import survival_table

    scenarios = [(*chain.taken.removed, text) for text in each] or [chain.taken.removed]
    table, found = survival_table(
        tracer, scenarios, product=product, region=region, ttr=ttr, longest=longest
    )
    params |= {
        "remove": list(chain.taken.removed),
        "each": list(each),
        "ttr": None if ttr is None else str(ttr),
        "longest": longest,
        "weights": weights,
    }
    return chain.loaded.results("survival", table, params, found, month=tracer.month)


def inferred_cover(
    chain: Handle,
    scenario: str | Path,
    product: str | None = None,
    region: str | None = None,
) -> Results:
    """Stock at which a scenario would first be short when somebody was: fitted, no test.

    Parameters
    ----------
    scenario
        Name in the dataset, or a YAML file.
    product
        Only this product.
    region
        Only this region, such as ``US``, ``EU`` or ``ROW``.

    Examples
    --------
    >>> import supplygraph as sg
    >>> found = sg.load().inferred_cover("april-2025-shock", "ice", "US").table
    >>> found.loc[0, "month"], found.loc[0, "flags"]
    ('2025-05', ('inferred',))
    """
    from supplygraph.analysis.runs.scenario_runs import cover_from_events

    told, _ = chain.loaded.scenario(scenario)
    tracer = chain.loaded.tracer_of_scenario(told, told.projects)
    table, notes = cover_from_events(tracer, told, product, region)
    params = {"scenario": told.name, "product": product, "region": region}
    return chain.loaded.results("inferred-cover", table, params, notes, month=tracer.month)
