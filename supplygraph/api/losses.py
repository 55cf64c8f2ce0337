"""Questions about losses: of one removal, of each removal ranked, and what figures decide them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from supplygraph.analysis.causes.caveats import beside_rankings, stops_and_outages
from supplygraph.analysis.losses import chokepoints as rankings
from supplygraph.analysis.losses.loss_columns import Sharing
from supplygraph.analysis.losses.whatif import whatif
from supplygraph.api.solution import Solution
from supplygraph.errors import UsageError
from supplygraph.results import Results, load_results
from supplygraph.vocabulary import EXPORT_STOP, OUTAGE

if TYPE_CHECKING:
    from supplygraph.analysis.causes.loss_causes import Tracer
    from supplygraph.api.handle import Handle
    from supplygraph.scenario.export_stops import Stop

LAST_STEP = 36
DECIDING_FILE = Path("derived") / "deciding.json"


def solve(
    chain: Handle,
    *,
    rerouting: str = "all",
    floors: bool = True,
    outside: Sequence[str] = (),
    weights: str = "level",
    product: str | None = None,
    sector: str | None = None,
    region: str | None = None,
    at: str | None = None,
    measures: Sequence[str] = (),
    sets: Sequence[str] = (),
    projects: Sequence[str] = ("binding",),
    compared: Sequence[str] = (),
) -> Solution:
    """Losses of what was removed, under every way of sharing a shortage.

    Parameters
    ----------
    rerouting
        How a shortage is shared: under ``none`` nobody reroutes; ``shared``, nobody outbids anybody
        while routes and plants open; ``least``, the least loss of any allocation. None is always
        given. One of ``all``, ``none``, ``shared`` or ``least``.
    floors
        Whether contracts are kept: nobody is served less than a step before. Our assumption;
        without it a row may be worse than when nobody reroutes.
    outside
        Countries that count as home in every row, such as ``CN``, so that rows of several countries
        compare; of each removal its own if left out.
    weights
        Scheme of weights of products in a total. One of ``level``, ``sectors``, ``value``,
        ``equal`` or ``mass``.
    product
        Only this product counts in the total.
    sector
        Only products of this sector count in the total. One of ``autos``, ``defence``, ``chips``,
        ``energy``, ``industry`` or ``other``.
    region
        Only this region or country counts in the total, such as ``US``, ``EU``, ``GB`` or ``ROW``;
        a country that shares its market with others is not told apart.
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
    if compared and at is None:
        raise UsageError("--project is built later than the base year. Add --at, as 2030-01.")
    sharing = Sharing(rerouting, LAST_STEP, floors, tuple(outside))
    asked = (weights, product, region)
    loaded = chain.loaded
    tracer = loaded.tracer(at, *asked, loaded.portfolio([*projects, *compared], at), sector)
    stop = _with_measures(chain, at, measures, sets)
    taken = chain.taken
    notes = [stops_and_outages(EXPORT_STOP)] * bool(taken.stopped)
    notes += [stops_and_outages(OUTAGE)] * bool(taken.removed)
    table, warnings = whatif(tracer, stop, sharing, notes)
    warnings += beside_rankings(chain.network, taken.removed)
    if compared:
        from supplygraph.analysis.losses.project_effects import what_projects_change

        def engines(built: Sequence[str]) -> Tracer:
            return loaded.tracer(at, *asked, loaded.portfolio(built, at), sector)

        warnings += what_projects_change(loaded.projects, compared, engines, stop.shock)
    params = {
        "remove": list(taken.removed),
        "stop_exports": list(taken.stopped),
        "forms": taken.forms,
        "rerouting": rerouting,
        "floors": floors,
        "outside": list(outside),
        "weights": weights,
        "product": product,
        "sector": sector,
        "region": region,
        "at": at,
        "measure": list(measures),
        "set": list(sets),
        "projects": list(projects),
        "project": list(compared),
    }
    return Solution(loaded.results("whatif", table, params, warnings, month=tracer.month))


def _with_measures(
    chain: Handle, at: str | None, measures: Sequence[str], sets: Sequence[str]
) -> Stop:
    """What was removed, and what measures of states take away besides."""
    if not measures and not sets:
        return chain.stop
    from supplygraph.analysis.runs.scenario_runs import standing_shock
    from supplygraph.scenario.export_stops import outage_of

    measured = standing_shock(chain.baseline, at, measures, sets)
    return chain.stop.with_(outage_of(chain.baseline, measured))


def rank(
    chain: Handle,
    by: str = "facility",
    *,
    product: str | None = None,
    sector: str | None = None,
    region: str | None = None,
    at: str | None = None,
    acts_as: str | None = None,
    rerouting: str = "all",
    after: int = 12,
    floors: bool = True,
    outside: Sequence[str] = (),
    weights: str = "level",
    top: int | None = None,
    projects: Sequence[str] = ("binding",),
) -> Results:
    """Removals ranked by the loss they cause abroad, with what they were made from.

    Parameters
    ----------
    by
        What one row removes. One of ``facility``, ``country``, ``country-stage``,
        ``country-process``, ``operator``, ``element``, ``element-country`` or ``arc``.
    product
        Only this product counts in the total.
    sector
        Only products of this sector count in the total. One of ``autos``, ``defence``, ``chips``,
        ``energy``, ``industry`` or ``other``.
    region
        Only this region or country counts in the total, such as ``US``, ``EU``, ``GB`` or ``ROW``;
        a country that shares its market with others is not told apart.
    at
        Month ``YYYY-MM`` whose capacities hold, while flows and demand stay those of the base year;
        all of the base year if left out.
    acts_as
        Whether exports stop or the plants themselves; exports where every removal lies in one
        country, else plants, if left out. One of ``export-stop`` or ``outage``.
    rerouting
        How a shortage is shared: under ``none`` nobody reroutes; ``shared``, nobody outbids anybody
        while routes and plants open; ``least``, the least loss of any allocation. None is always
        given. One of ``all``, ``none``, ``shared`` or ``least``.
    after
        Months after the stop of the last step solved, which ranks. One of ``3``, ``6``, ``12``,
        ``24`` or ``36``.
    floors
        Whether contracts are kept: nobody is served less than a step before. Our assumption;
        without it a row may be worse than when nobody reroutes.
    outside
        Countries that count as home in every row, such as ``CN``, so that rows of several countries
        compare; of each removal its own if left out.
    weights
        Scheme of weights of products in a total; ``all`` is level, with the rank under every other
        scheme beside it. One of ``all``, ``level``, ``sectors``, ``value``, ``equal`` or ``mass``.
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
    sharing = Sharing(rerouting, after, floors, tuple(outside))
    if top is not None and top < 1:
        raise UsageError(f"top '{top}' is below 1. Leave it out for all rows.")
    portfolio = chain.loaded.portfolio(projects, at)
    scheme = "level" if weights == "all" else weights
    tracer = chain.loaded.tracer(at, scheme, product, region, portfolio, sector)
    ranking = rankings.chokepoints(
        tracer,
        by,
        product=product,
        region=region,
        sharing=sharing,
        acts_as=acts_as,
        all_weights=weights == "all",
    )
    table = ranking.table if top is None else ranking.table.head(top)
    params = {
        "by": by,
        "product": product,
        "sector": sector,
        "region": region,
        "at": at,
        "as": ranking.acts_as,
        "rerouting": rerouting,
        "after": after,
        "floors": floors,
        "outside": list(outside),
        "weights": weights,
        "top": top,
        "projects": list(projects),
    }
    return chain.loaded.results("chokepoints", table, params, ranking.warnings, month=tracer.month)


def chokepoints(
    chain: Handle,
    by: str = "facility",
    *,
    product: str | None = None,
    sector: str | None = None,
    region: str | None = None,
    at: str | None = None,
    acts_as: str | None = None,
    rerouting: str = "all",
    after: int = 12,
    floors: bool = True,
    outside: Sequence[str] = (),
    weights: str = "level",
    top: int | None = None,
    projects: Sequence[str] = ("binding",),
) -> pd.DataFrame:
    """The table of `rank`: removals ranked by the loss they cause abroad.

    Parameters
    ----------
    by
        What one row removes. One of ``facility``, ``country``, ``country-stage``,
        ``country-process``, ``operator``, ``element``, ``element-country`` or ``arc``.
    product
        Only this product counts in the total.
    sector
        Only products of this sector count in the total. One of ``autos``, ``defence``, ``chips``,
        ``energy``, ``industry`` or ``other``.
    region
        Only this region or country counts in the total, such as ``US``, ``EU``, ``GB`` or ``ROW``;
        a country that shares its market with others is not told apart.
    at
        Month ``YYYY-MM`` whose capacities hold, while flows and demand stay those of the base year;
        all of the base year if left out.
    acts_as
        Whether exports stop or the plants themselves; exports where every removal lies in one
        country, else plants, if left out. One of ``export-stop`` or ``outage``.
    rerouting
        How a shortage is shared: under ``none`` nobody reroutes; ``shared``, nobody outbids anybody
        while routes and plants open; ``least``, the least loss of any allocation. None is always
        given. One of ``all``, ``none``, ``shared`` or ``least``.
    after
        Months after the stop of the last step solved, which ranks. One of ``3``, ``6``, ``12``,
        ``24`` or ``36``.
    floors
        Whether contracts are kept: nobody is served less than a step before. Our assumption;
        without it a row may be worse than when nobody reroutes.
    outside
        Countries that count as home in every row, such as ``CN``, so that rows of several countries
        compare; of each removal its own if left out.
    weights
        Scheme of weights of products in a total; ``all`` is level, with the rank under every other
        scheme beside it. One of ``all``, ``level``, ``sectors``, ``value``, ``equal`` or ``mass``.
    top
        Rows to keep; all if left out.
    projects
        Projects built by the month asked for: ids, or ``binding``, ``announced``, ``non_binding``,
        ``none``.

    Examples
    --------
    >>> import supplygraph as sg
    >>> table = sg.load("three-nodes").chokepoints(top=1)
    >>> table["id"].tolist(), table["loss_abroad_12m"].tolist()
    (['mine-a'], [1.0])
    """
    return rank(
        chain,
        by,
        product=product,
        sector=sector,
        region=region,
        at=at,
        acts_as=acts_as,
        rerouting=rerouting,
        after=after,
        floors=floors,
        outside=outside,
        weights=weights,
        top=top,
        projects=projects,
    ).table


def deciding(
    chain: Handle,
    *,
    top: int | None = None,
    write: bool = False,
) -> Results:
    """Figures ranked by how far they move the conclusions.

    The dataset may carry the answer in `derived/`; it is used if it was made from these
    very tables. Computing it takes minutes.

    Parameters
    ----------
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
            return chain.loaded.named(shipped.head(top))
    table = deciding(chain.dataset)
    about = chain.about() | {"hash": chain.dataset.tables_hash}
    results = Results("deciding", table, about)
    if write:
        results.save(path)
    return chain.loaded.named(results.head(top))
