"""The answer first: one sentence for every kind of result, true of its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from supplygraph.analysis.headlines import (
    deals,
    losses,
    months,
    origins,
    records,
    stocks,
    structure,
)
from supplygraph.analysis.headlines.statement import (
    Figure,
    Statement,
    Teller,
    node_name,
    plain_name,
)
from supplygraph.analysis.headlines.stocks import runs_out

if TYPE_CHECKING:
    from supplygraph.results import Results

HEADLINES: dict[str, Callable[[Teller], Statement]] = {
    "info": records.headline_of_info,
    "validate": records.headline_of_validate,
    "balance": records.headline_of_balance,
    "held": records.headline_of_held,
    "flows": records.headline_of_flows,
    "intervals": records.headline_of_intervals,
    "deciding": records.headline_of_deciding,
    "explain": records.headline_of_explain,
    "scenarios": records.headline_of_scenarios,
    "bounds": records.headline_of_bounds,
    "view": records.headline_of_view,
    "chokepoints": losses.headline_of_ranking,
    "whatif": losses.headline_of_stop,
    "cover": stocks.headline_of_cover,
    "survival": stocks.headline_of_survival,
    "inferred-cover": stocks.headline_of_inferred,
    "concentration": structure.headline_of_concentration,
    "dependence": structure.headline_of_dependence,
    "dominators": structure.headline_of_dominators,
    "vitality": structure.headline_of_vitality,
    "betweenness": structure.headline_of_betweenness,
    "shapley": structure.headline_of_shapley,
    "esri": structure.headline_of_esri,
    "eu-supply-risk": structure.headline_of_supply_risk,
    "geopolrisk": structure.headline_of_geopolrisk,
    "trace": origins.headline_of_trace,
    "comply": origins.headline_of_comply,
    "run": months.headline_of_run,
    "run-by-element": months.headline_of_run_by_element,
    "account": months.headline_of_account,
    "comparison": months.headline_of_comparison,
    "backtest": months.headline_of_backtest,
    "duties": months.headline_of_duties,
    "outlook": deals.headline_of_outlook,
    "projects": deals.headline_of_projects,
    "deals": deals.headline_of_deals,
}
SENTENCES: dict[str, Callable[[Teller], Iterator[Statement]]] = {
    "chokepoints": losses.ranked_sentences,
    "whatif": losses.stop_sentences,
}


def headline(results: Results) -> Statement | None:
    """The sentence that answers what was asked; None for a kind without one.

    Parameters
    ----------
    results
        Of any kind.

    Examples
    --------
    >>> import supplygraph as sg
    >>> print(headline(sg.load("three-nodes").rank()).text)
    Mine A: if its exports stop, the rest of the world lacks after 12 months 100 % of the output \
counted (at best 100 %, if nobody reroutes 100 %). Hit hardest: Car in Japan, for want of \
ore-a; grade D.
    """
    found = HEADLINES.get(results.kind)
    return None if found is None else found(Teller(results))


def gap(results: Results) -> Statement | None:
    """Of a comparison with published shares the widest gap, with its reason."""
    return structure.headline_of_gap(Teller(results)) if results.kind == "dependence" else None


def sentences(results: Results) -> list[Statement]:
    """Sentences to quote: one for each ranked removal, or some for one stop.

    Raises
    ------
    KeyError
        If this kind has none; `SENTENCES` names those that have.
    """
    return list(SENTENCES[results.kind](Teller(results)))


__all__ = [
    "HEADLINES",
    "SENTENCES",
    "Figure",
    "Statement",
    "Teller",
    "gap",
    "headline",
    "node_name",
    "plain_name",
    "runs_out",
    "sentences",
]
