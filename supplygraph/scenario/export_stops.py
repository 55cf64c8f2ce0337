"""Export stops: what was made goes on being made and used at home, and does not leave.

An outage takes a plant away from its own country too. A stop of exports leaves the plants running
and closes the routes that start where they stand:

    left of an arc = min over what is stopped of
        an arc named           its own share left
        a material or element  the share left of what the pool makes
        plants                 sum of (base output x share left) / base output of the pool

so that several plants of one pool add up. Where a pool made nothing in the base year its makers
count alike. What stays in the country is not raised: the goods that no longer leave are not made.

That is nobody rerouting. Where anybody may, the routes of a pool some of whose plants go on
exporting share one limit, `ExportsLeft.pool`: the part that these plants sent in the base year, and
what they make beyond that year. So they replace what no longer leaves as far as they can grow, as
they do when the plants beside them stand still, and go on serving their own country. Where all
plants of a pool stop each route keeps its own share, as under a licence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from supplygraph.baseline import Baseline
from supplygraph.errors import DatasetError, SelectorError
from supplygraph.hints import did_you_mean
from supplygraph.scenario.load import scenario_of
from supplygraph.scenario.network_queries import World
from supplygraph.scenario.shocks import FORMS, ExportsLeft, Shock, parse_shock
from supplygraph.selectors import parse_removal

MEASURE = "measure="


def as_export_stop(baseline: Baseline, outage: Shock, beside: Shock | None = None) -> Shock:
    """The stop of exports of what an outage would take away.

    Parameters
    ----------
    baseline
        Balanced base year; its outputs say which part of a pool is a plant's.
    outage
        Shares left of plants, of what is made and of arcs.
    beside
        An outage at the same time: what a plant no longer makes, its exports do not lose again.

    Returns
    -------
    Shock
        Of arcs alone.

    Examples
    --------
    Half of a mine stops exporting, so half of what leaves its market does:

    >>> from supplygraph import load
    >>> from supplygraph.scenario.shocks import parse_shock
    >>> chain = load("three-nodes")
    >>> stop = as_export_stop(chain.baseline, parse_shock(chain.network, ["id=mine-a share=0.5"]))
    >>> stop.arc.tolist(), stop.activity.tolist()
    ([0.5], [1.0, 1.0])
    """
    graph = baseline.graph
    beside = Shock.nothing(graph) if beside is None else beside
    made = np.minimum(outage.made, beside.made)
    made = np.divide(made, beside.made, out=np.ones_like(made), where=beside.made > 0)
    of_plants = _left_of_pools(baseline, outage.activity, beside.activity)
    stopped = np.minimum(outage.activity, beside.activity) < beside.activity
    others = np.zeros(len(graph.pools), dtype=bool)
    others[graph.made_pool[~stopped[graph.made_activity]]] = True
    origin = graph.arcs["origin"].to_numpy()
    whole = np.minimum(np.where(others, 1.0, of_plants), made)
    return Shock(
        np.ones(graph.n_activities),
        np.ones(len(graph.pools)),
        np.minimum(outage.arc, np.minimum(of_plants, made)[origin]),
        ExportsLeft(
            np.minimum(outage.arc, whole[origin]), np.where(others, of_plants, 1.0), stopped
        ),
    )


def _left_of_pools(baseline: Baseline, left: np.ndarray, runs: np.ndarray) -> np.ndarray:
    """Part of what every pool still makes that plants may export; `runs` is left of each plant."""
    graph, pools = baseline.graph, len(baseline.graph.pools)
    of, pool = graph.made_activity, graph.made_pool
    output = graph.made_quantity * baseline.block("activity")[of]
    made = np.bincount(pool, output, minlength=pools)
    # A pool that made nothing has no parts: its makers count alike, so that the stop of all of
    # them also closes routes which could have opened later.
    output = np.where(made[pool] > 0, output, 1.0)
    whole = np.bincount(pool, output * runs[of], minlength=pools)
    stays = np.bincount(pool, output * np.minimum(left, runs)[of], minlength=pools)
    share = np.divide(stays, whole, out=np.ones(pools), where=whole > 0)
    # Sums of parts leave rounding: a pool that nothing was taken from is whole.
    untouched = np.ones(pools, dtype=bool)
    untouched[pool[left[of] < 1]] = False
    return np.where(untouched, 1.0, share)


@dataclass(frozen=True)
class Home:
    """Markets in which something is taken away; all others are abroad.

    Attributes
    ----------
    markets
        Ids of the markets.
    """

    markets: frozenset[str]

    def demands(self, baseline: Baseline) -> np.ndarray:
        """Mask of the demands at home."""
        return baseline.graph.demands["market"].isin(self.markets).to_numpy()


def home_of(baseline: Baseline, outage: Shock) -> Home:
    """Markets of the plants, pools and arcs that a shock takes something from.

    Parameters
    ----------
    baseline
        Balanced base year.
    outage
        As named, before it was turned into a stop of exports.

    Examples
    --------
    >>> from supplygraph import load
    >>> from supplygraph.scenario.shocks import parse_shock
    >>> chain = load("three-nodes")
    >>> sorted(home_of(chain.baseline, parse_shock(chain.network, ["id=mine-a"])).markets)
    ['CN']
    """
    graph = baseline.graph
    plants, market = graph.activities["market"].to_numpy(), graph.pools["market"].to_numpy()
    # An element is named in every market; where nobody makes it nothing stops.
    made = market[(outage.made < 1) & (baseline.made > 0)]
    routes = market[graph.arcs["origin"].to_numpy()[outage.arc < 1]]
    found = [*plants[outage.activity < 1], *made, *routes]
    return Home(frozenset(str(name) for name in found))


@dataclass(frozen=True)
class Stop:
    """What is taken away, and what that does to the network.

    Attributes
    ----------
    shock
        Shares left, as the engines read them.
    home
        Markets of what is taken away.
    """

    shock: Shock
    home: Home

    def with_(self, other: Stop) -> Stop:
        """Both; where they meet the tighter one counts."""
        return Stop(self.shock.with_(other.shock), Home(self.home.markets | other.home.markets))


def outage_of(baseline: Baseline, outage: Shock) -> Stop:
    """The stop of plants that a shock names."""
    return Stop(outage, home_of(baseline, outage))


def export_stop_of(baseline: Baseline, outage: Shock, beside: Shock | None = None) -> Stop:
    """The stop of exports of what a shock names, `beside` an outage."""
    return Stop(as_export_stop(baseline, outage, beside), home_of(baseline, outage))


def parse_export_stop(
    baseline: Baseline,
    texts: Sequence[str],
    forms: str = FORMS[0],
    beside: Shock | None = None,
) -> Stop:
    """The joint export stop of several selectors; ``measure=ID`` names the goods that one lists.

    Parameters
    ----------
    baseline
        Balanced base year.
    texts
        Selectors as for removals, or ``measure=ID``, each with an optional ``share=``.
    forms
        Of an element ``refined`` or ``all``.
    beside
        An outage at the same time.

    Raises
    ------
    SelectorError
        If one does not parse or names nothing.
    """
    outage = parse_shock(baseline.graph, (t for t in texts if not is_measure(t)), forms)
    for text in filter(is_measure, texts):
        outage = outage.with_(_listed_goods(baseline, text))
    return export_stop_of(baseline, outage, beside)


def is_measure(text: str) -> bool:
    """Whether a selector names the goods that a measure lists."""
    return text.strip().startswith(MEASURE)


def _listed_goods(baseline: Baseline, text: str) -> Shock:
    """The routes of the goods that a measure lists, out of the countries that impose it."""
    graph = baseline.graph
    removal = parse_removal(text.strip().replace(MEASURE, "id=", 1))
    names = removal.selector.value("id")
    if len(removal.selector.terms) != 1 or not names:
        raise SelectorError(
            f"'{text}' names more than a measure. Write measure=ID alone, with a share= at most."
        )
    content = {"title": "stop", "start": graph.base_month, "months": 1, "season": False}
    try:
        told = scenario_of(graph.dataset, content, (), names, file=MEASURE, graph=graph)
    except DatasetError as error:
        known = graph.dataset.documents.get("measures", {})
        hint = did_you_mean("|".join(names), known)
        raise SelectorError(f"'{text}': no measure that can act here. {hint}") from error
    world, shock = World(graph, baseline), Shock.nothing(graph)
    for measure in told.acting:
        listed = measure.controlled(world)
        if not listed:
            raise SelectorError(
                f"'{text}': {measure.id} lists no goods whose export it controls. "
                "Name a licence or a ban, or let it act with --measure."
            )
        shock.arc[world.arcs(listed, measure.origins(world), ["*"])] = 1.0 - removal.share
    return shock
