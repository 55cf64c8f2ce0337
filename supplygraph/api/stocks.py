"""Questions about stocks: how long they last, and what a shortage on record says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplygraph.errors import UsageError
from supplygraph.results import Results
from supplygraph.scenario import parse_shock
from supplygraph.scenario.export_stops import is_measure
from supplygraph.vocabulary import EXPORT_STOP

if TYPE_CHECKING:
    from supplygraph.analysis.stocks.time_to_survive import Stopped
    from supplygraph.api.handle import Handle, Taken
    from supplygraph.baseline import Baseline


def cover(
    chain: Handle,
    product: str | None = None,
    region: str | None = None,
    *,
    each: Sequence[str] = (),
    ttr: str | float | None = None,
    longest: float = 60.0,
    weights: str = "level",
) -> Results:
    """Stocks along the chain; after a stop, time to survive against time to recover.

    Parameters
    ----------
    product
        Only this product.
    region
        Only this region or country, such as ``US``, ``EU``, ``GB`` or ``ROW``; a country that
        shares its market with others is not told apart.
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
    tracer = chain.loaded.tracer(None, weights, product, region)
    params: dict[str, Any] = {"product": product, "region": region}
    if not chain.taken and not each:
        if ttr is not None:
            raise UsageError("--ttr says when what was removed is back: remove something.")
        from supplygraph.analysis.stocks.stock_cover import cover_table

        table, found = cover_table(tracer, product, region)
        return chain.loaded.results("cover", table, params, found)
    from supplygraph.analysis.causes.caveats import stops_and_outages
    from supplygraph.analysis.stocks.time_to_survive import survival_table

    taken = chain.taken
    each_taken = [replace(taken, removed=(*taken.removed, text)) for text in each] or [taken]
    scenarios = [_stopped(chain.baseline, one) for one in each_taken]
    table, found = survival_table(
        tracer, scenarios, product=product, region=region, ttr=ttr, longest=longest
    )
    if taken.stopped:
        found = (stops_and_outages(EXPORT_STOP), *found)
    params |= {
        "remove": list(taken.removed),
        "stop_exports": list(taken.stopped),
        "each": list(each),
        "ttr": None if ttr is None else str(ttr),
        "longest": longest,
        "weights": weights,
    }
    return chain.loaded.results("survival", table, params, found, month=tracer.month)


def _stopped(baseline: Baseline, taken: Taken) -> Stopped:
    """What was taken away, with the plants named, whose grade is told."""
    from supplygraph.analysis.stocks.time_to_survive import Stopped

    shock = taken.stop(baseline).shock
    texts = [text for text in (*taken.removed, *taken.stopped) if not is_measure(text)]
    named = parse_shock(baseline.graph, texts, taken.forms)
    exports = (f"exports of {text}" for text in taken.stopped)
    name = " + ".join((*taken.removed, *exports))
    return Stopped(name, shock, shock if named.empty else named)


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
        Only this region or country, such as ``US``, ``EU``, ``GB`` or ``ROW``; a country that
        shares its market with others is not told apart.

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
