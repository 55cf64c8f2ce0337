"""Questions about losses: of one removal, of each removal ranked, and what figures decide them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from supplygraph.analysis.causes.caveats import beside_rankings
from supplygraph.analysis.losses import chokepoints as rankings
from supplygraph.analysis.losses.whatif import whatif
from supplygraph.api.solution import Solution
from supplygraph.engines.allocation import RATIONINGS
from supplygraph.errors import UsageError
from supplygraph.results import Results, load_results
from supplygraph.selectors import check_choice
from supplygraph.vocabulary import REROUTINGS

if TYPE_CHECKING:
    from supplygraph.analysis.causes.loss_causes import Tracer
    from supplygraph.api.handle import Handle
    from supplygraph.scenario import Shock

DECIDING_FILE = Path("derived") / "deciding.json"


def solve(
    chain: Handle,
    *,
    rerouting: str = "both",
    rationing: str = "value",
    weights: str = "sectors",
    product: str | None = None,
    region: str | None = None,
    at: str | None = None,
    measures: Sequence[str] = (),
    sets: Sequence[str] = (),
    projects: Sequence[str] = ("binding",),
    compared: Sequence[str] = (),
) -> Solution:
    """Losses of what was removed, under one bound or both.

    Parameters
    ----------
    rerouting
        Bounds asked for; under ``none`` nobody reroutes, ``least`` is the least loss of any
        allocation. One of ``both``, ``none`` or ``least``.
    rationing
        How shortage is shared under ``least``: for the least weighted loss, or in one proportion.
        One of ``value`` or ``shared``.
    weights
        Scheme of weights of products in a total. One of ``sectors``, ``value``, ``equal`` or
        ``mass``.
    product
        Only this product counts in the total; ``least`` is then a bound on it alone.
    region
        Only this region counts in the total, such as ``US``, ``EU`` or ``ROW``.
    at
        Month ``YYYY-MM`` whose capacities hold, while flows and demand stay those of the base year;
        all of the base year if left out.
    measures
        Measures of states as they act in the month ``at``, held for good.
    sets
        Parameters of measures changed, such as ``CN-2025-18.approval.US=0.3``.
    projects
        Projects built by the month asked for: ids, or ``binding``, ``announced``, ``non_binding``,
        ``none``.
    compared
        Projects built besides; warnings say what each changes, or why it changes nothing.

    Raises
    ------
    UsageError
        If a word is unknown, or a measure acts on what a static answer does not have.
    """
    _check_words(rerouting, rationing)
    if compared and at is None:
        raise UsageError("--project is built later than the base year. Add --at, as 2030-01.")
    asked = (weights, product, region)
    loaded = chain.loaded
    tracer = loaded.tracer(at, *asked, loaded.portfolio([*projects, *compared], at))
    shock = _with_measures(chain, at, measures, sets)
    table, warnings = whatif(tracer, shock, rerouting=rerouting, rationing=rationing)
    warnings += beside_rankings(chain.network, chain.removed)
    if compared:
        from supplygraph.analysis.losses.project_effects import what_projects_change

        def engines(built: Sequence[str]) -> Tracer:
            return loaded.tracer(at, *asked, loaded.portfolio(built, at))

        warnings += what_projects_change(loaded.projects, compared, engines, shock)
    params = {
        "remove": list(chain.removed),
        "rerouting": rerouting,
        "rationing": rationing,
        "weights": weights,
        "product": product,
        "region": region,
        "at": at,
        "measure": list(measures),
        "set": list(sets),
        "projects": list(projects),
        "project": list(compared),
    }
    return Solution(loaded.results("whatif", table, params, warnings, month=tracer.month))


def _check_words(rerouting: str, rationing: str) -> None:
    check_choice(rerouting, REROUTINGS, "rerouting")
    check_choice(rationing, RATIONINGS, "rationing")


def _with_measures(
    chain: Handle, at: str | None, measures: Sequence[str], sets: Sequence[str]
) -> Shock:
    """What was removed, and what measures of states take away besides."""
    if not measures and not sets:
        return chain.shock
    from supplygraph.analysis.runs.scenario_runs import standing_shock

    return chain.shock.with_(standing_shock(chain.baseline, at, measures, sets))


def rank(
    chain: Handle,
    by: str = "facility",
    *,
    product: str | None = None,
    region: str | None = None,
    at: str | None = None,
    rerouting: str = "both",
    rationing: str = "value",
    weights: str = "sectors",
    top: int | None = None,
    projects: Sequence[str] = ("binding",),
) -> Results:
    """Removals ranked by the loss they cause, with what they were made from.

    Parameters
    ----------
    by
        What one row removes. One of ``facility``, ``country``, ``country-stage``,
        ``country-process``, ``operator``, ``element``, ``element-country`` or ``arc``.
    product
        Only this product counts in the total; ``least`` is then a bound on it alone.
    region
        Only this region counts in the total, such as ``US``, ``EU`` or ``ROW``.
    at
        Month ``YYYY-MM`` whose capacities hold, while flows and demand stay those of the base year;
        all of the base year if left out.
    rerouting
        Bounds asked for; under ``none`` nobody reroutes, ``least`` is the least loss of any
        allocation. One of ``both``, ``none`` or ``least``.
    rationing
        How shortage is shared under ``least``: for the least weighted loss, or in one proportion.
        One of ``value`` or ``shared``.
    weights
        Scheme of weights of products in a total. One of ``sectors``, ``value``, ``equal`` or
        ``mass``.
    top
        Rows to keep; all if left out.
    projects
        Projects built by the month asked for: ids, or ``binding``, ``announced``, ``non_binding``,
        ``none``.

    Raises
    ------
    UsageError
        If an option is unknown.
    """
    _check_words(rerouting, rationing)
    if top is not None and top < 1:
        raise UsageError(f"top '{top}' is below 1. Leave it out for all rows.")
    portfolio = chain.loaded.portfolio(projects, at)
    tracer = chain.loaded.tracer(at, weights, product, region, portfolio)
    table, warnings = rankings.chokepoints(
        tracer,
        by,
        product=product,
        region=region,
        rerouting=rerouting,
        rationing=rationing,
        top=top,
    )
    params = {
        "by": by,
        "product": product,
        "region": region,
        "at": at,
        "rerouting": rerouting,
        "rationing": rationing,
        "weights": weights,
        "top": top,
        "projects": list(projects),
    }
    return chain.loaded.results("chokepoints", table, params, warnings, month=tracer.month)


def chokepoints(
    chain: Handle,
    by: str = "facility",
    *,
    product: str | None = None,
    region: str | None = None,
    at: str | None = None,
    rerouting: str = "both",
    rationing: str = "value",
    weights: str = "sectors",
    top: int | None = None,
    projects: Sequence[str] = ("binding",),
) -> pd.DataFrame:
    """The table of `rank`: removals ranked by the loss they cause.

    Parameters
    ----------
    by
        What one row removes. One of ``facility``, ``country``, ``country-stage``,
        ``country-process``, ``operator``, ``element``, ``element-country`` or ``arc``.
    product
        Only this product counts in the total; ``least`` is then a bound on it alone.
    region
        Only this region counts in the total, such as ``US``, ``EU`` or ``ROW``.
    at
        Month ``YYYY-MM`` whose capacities hold, while flows and demand stay those of the base year;
        all of the base year if left out.
    rerouting
        Bounds asked for; under ``none`` nobody reroutes, ``least`` is the least loss of any
        allocation. One of ``both``, ``none`` or ``least``.
    rationing
        How shortage is shared under ``least``: for the least weighted loss, or in one proportion.
        One of ``value`` or ``shared``.
    weights
        Scheme of weights of products in a total. One of ``sectors``, ``value``, ``equal`` or
        ``mass``.
    top
        Rows to keep; all if left out.
    projects
        Projects built by the month asked for: ids, or ``binding``, ``announced``, ``non_binding``,
        ``none``.

    Examples
    --------
    >>> import supplygraph as sg
    >>> table = sg.load("three-nodes").chokepoints(top=1)
    >>> table["id"].tolist(), table["loss_none"].tolist(), table["loss_least"].tolist()
    (['mine-a'], [1.0], [1.0])
    """
    return rank(
        chain,
        by,
        product=product,
        region=region,
        at=at,
        rerouting=rerouting,
        rationing=rationing,
        weights=weights,
        top=top,
        projects=projects,
    ).table


def deciding(
    chain: Handle,
    *,
    progress: Callable[[str], None] | None = None,
    top: int | None = None,
    write: bool = False,
) -> Results:
    """Figures ranked by how far they move the conclusions.

    The dataset may carry the answer in `derived/`; it is used if it was made from these
    very tables. Computing it takes minutes.

    Parameters
    ----------
    progress
        Called with a line of text at each step.
    top
        Rows to keep; all if left out.
    write
        Compute anew and store the answer in the dataset's ``derived/``.
    """
    from supplygraph.analysis.losses.deciding_figures import deciding

    path = chain.dataset.path / DECIDING_FILE
    if path.is_file() and not write:
        shipped = load_results(path)
        if shipped.dataset.get("hash") == chain.dataset.tables_hash:
            return shipped.head(top)
    table = deciding(chain.dataset, progress=progress)
    about = chain.about() | {"hash": chain.dataset.tables_hash}
    results = Results("deciding", table, about)
    if write:
        results.save(path)
    return results.head(top)
