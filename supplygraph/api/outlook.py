"""Questions about what is to come: what deals and projects add, and forecasts with their score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from supplygraph.errors import UsageError
from supplygraph.hints import check_choice
from supplygraph.results import Results
from supplygraph.scenario import parse_shock
from supplygraph.vocabulary import ACTS_AS, EXPORT_STOP, OUTAGE

if TYPE_CHECKING:
    from supplygraph.api.handle import Handle
    from supplygraph.scenario.export_stops import Stop


def deals(
    chain: Handle,
    by: str = "year",
    *,
    years: Sequence[int] = (2026, 2028, 2030),
    elements: Sequence[str] = ("NdPr", "Dy", "Tb", "Sm", "Y"),
    pool: Sequence[str] = ("US", "EU", "JP"),
    without: str = "country=CN",
    acts_as: str | None = None,
    portfolios: Sequence[str] = ("usual",),
    growth: float = 0.0,
    known_to: str = "2026-10",
    seed: int = 0,
) -> Results:
    """What deals and projects add, and how much of the need they cover when something stops.

    Parameters
    ----------
    by
        What the rows are: cover of an element in a year, lines and their feed, or deals. One of
        ``year``, ``project`` or ``deal``.
    years
        Years asked for.
    elements
        Elements asked for; ``NdPr`` counts as one.
    pool
        Regions that stand together.
    without
        Selector of what stops.
    acts_as
        Whether exports stop or the plants themselves; exports where every removal lies in one
        country, else plants, if left out. One of ``export-stop`` or ``outage``.
    portfolios
        ``usual``, ``all``, or any of ``announced``, ``binding``, ``late-12``, ``late-24``,
        ``odds``, ``none``, ``without-mine``, ``without-separation``, ``without-metal`` and
        ``without-magnet``.
    growth
        Growth of demand a year since the base year.
    known_to
        Project steps up to this month, ``YYYY-MM``, happened on time; later ones slip in
        ``late-12`` and ``late-24``.
    seed
        Seed of the portfolio ``odds``.

    Raises
    ------
    UsageError
        If a word is unknown, or the dataset has no projects.
    """
    from supplygraph.analysis.causes.caveats import stops_and_outages
    from supplygraph.analysis.deals.cover_by_year import Years, outlook_table
    from supplygraph.analysis.deals.deal_tables import deal_table, project_table
    from supplygraph.analysis.deals.outlook_question import OutlookQuestion
    from supplygraph.scenario.month_arrays import check_month
    from supplygraph.scenario.projects import deals_of

    check_choice(by, ("year", "project", "deal"), "by")
    if not chain.loaded.projects:
        raise UsageError("the dataset has no projects. Write some into its folder `projects`.")
    variants = _variants(portfolios)
    check_month(known_to, "--known-to")
    question = OutlookQuestion(
        tuple(years), tuple(elements), tuple(pool), variants, growth, known_to, seed
    ).checked(chain.baseline)
    stop, acts_as = _stop(chain, without, acts_as)
    params = {
        "by": by,
        "years": list(years),
        "elements": list(elements),
        "pool": list(pool),
        "without": without,
        "as": acts_as,
        "portfolios": list(variants),
        "growth": growth,
        "known_to": known_to,
    }
    base, projects, threads = chain.baseline, chain.loaded.projects, chain.loaded.threads
    first = stops_and_outages(acts_as)
    if by == "year":
        table, found = outlook_table(base, projects, stop.shock, question, threads)
        return chain.loaded.results("outlook", table, params, (first, *found), seed=seed)
    known = deals_of(chain.dataset)
    table = project_table(Years(base, projects, stop.shock, question, threads), known)
    if by == "deal":
        table = deal_table(known, table, max(years))
    return chain.loaded.results(f"{by}s", table, params, (first,))


def _stop(chain: Handle, without: str, acts_as: str | None) -> tuple[Stop, str]:
    """What a selector stops and how: exports if all of it lies in one market, else plants."""
    from supplygraph.scenario.export_stops import export_stop_of, home_of, outage_of

    shock = parse_shock(chain.network, [without])
    if acts_as is None:
        one = len(home_of(chain.baseline, shock).markets) <= 1
        acts_as = EXPORT_STOP if one else OUTAGE
    check_choice(acts_as, ACTS_AS, "as")
    stop_of = export_stop_of if acts_as == EXPORT_STOP else outage_of
    return stop_of(chain.baseline, shock), acts_as


def _variants(portfolios: Sequence[str]) -> tuple[str, ...]:
    """Names of portfolios, with words for several of them replaced; each once."""
    from supplygraph.analysis.deals.outlook_question import USUAL, VARIANTS

    named = {"usual": USUAL, "all": VARIANTS}
    return tuple(dict.fromkeys(name for word in portfolios for name in named.get(word, (word,))))


def backtest(
    chain: Handle,
    months: int = 12,
    observed: str | Path | None = None,
    destinations: Sequence[str] = (),
) -> Results:
    """Forecasts of Chinese magnet exports from April 2025 on, beside what happened.

    Parameters
    ----------
    months
        Number of months from April 2025 on.
    observed
        CSV of later months to score, with columns: ``month, series, destination, quantity_t, unit,
        source``.
    destinations
        Only these destinations; all that the dataset names if left out.
    """
    from supplygraph.analysis.runs.backtest import backtest, read_observed
    from supplygraph.analysis.runs.licence_curve import FIT
    from supplygraph.scenario.month_arrays import month_range

    seen = None if observed is None else read_observed(observed)
    span = month_range(FIT[0], months)
    table, notes = backtest(chain.dataset.tables["series"], span, seen, list(destinations) or None)
    params = {
        "months": months,
        "observed": None if observed is None else str(observed),
        "destinations": list(destinations),
    }
    return chain.loaded.results("backtest", table, params, notes)
