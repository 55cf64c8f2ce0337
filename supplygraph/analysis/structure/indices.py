"""Measures of the network's structure, each with how to read it and what it is blind to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.structure.firm_network import FIRMS, esri_table
from supplygraph.analysis.structure.nodes_by_element import (
    NODES_BY,
    Found,
    betweenness_table,
    dominators_table,
    text_of,
    vitality_table,
)
from supplygraph.analysis.structure.shapley import shapley_table
from supplygraph.analysis.structure.systemic_risk import BLIND_TO as ESRI_BLIND_TO
from supplygraph.analysis.structure.systemic_risk import READING as ESRI_READING
from supplygraph.analysis.suppliers.governance_scores import (
    WANTED,
    geopolrisk_table,
    read_indices,
    read_scores,
    supply_risk_table,
)
from supplygraph.analysis.suppliers.import_dependence import dependence_table
from supplygraph.analysis.suppliers.supply_shares import concentration_table
from supplygraph.engines import product_weights
from supplygraph.errors import UsageError
from supplygraph.hints import check_choice, did_you_mean
from supplygraph.results import Results
from supplygraph.vocabulary import REROUTINGS

WEIGHTS = "level"  # asked of every measure, also of those without a total


@dataclass(frozen=True)
class Metric:
    """What a measure says.

    Attributes
    ----------
    how_to_read
        One line.
    blind_to
        One line: what it cannot see.
    options
        Names of the options it takes.
    """

    how_to_read: str
    blind_to: str
    options: tuple[str, ...] = ()


METRICS = {
    "concentration": Metric(
        "HHI is the sum of squared shares, from near 0 (many suppliers) to 1 (one); hhi_10000 is "
        "the same times 10,000. Places not told apart count as one supplier; hhi_low and hhi_high "
        "hold whoever stands behind them, largest_low and largest_high whatever the figures leave "
        "open.",
        "spare capacity, stocks, substitutes, who needs what, and owners across borders unless "
        "asked by owner; the ranges hold the published figures for true.",
        ("by", "process", "element"),
    ),
    "dependence": Metric(
        "import_dependence is imports / (imports + own make); net_import_reliance is (imports - "
        "exports) / (own make + imports - exports), as USGS counts it; largest_share is the "
        "largest foreign origin's part of own make and imports. Published figures stand beside "
        "what the balance computes for them; low and high are what fits the figures as well (csv "
        "and json have them for all three).",
        "what is inside imported goods, where the feed of a supplier comes from, stocks, and how "
        "fast another supplier could step in.",
        ("region", "element"),
    ),
    "dominators": Metric(
        "without the node the element cannot reach the product (cuts), or the product cannot be "
        "made at all (stops; element all: by any input). Links any: not even if any maker may sell "
        "to any user; base: not by the links used in the base year. All essential inputs of a "
        "plant on the way must be there.",
        "capacity and stocks: one tonne elsewhere counts as a way round. Scrap and mines count as "
        "sources of their own; output without a recorded source as none.",
        ("by", "element", "product", "region", "links"),
    ),
    "vitality": Metric(
        "tonnes of the element that no longer reach named products when the node vanishes and all "
        "others reroute perfectly, up to stated capacity: a lower limit of harm. Singles do not "
        "add up: nodes that replace each other hide each other.",
        "all other inputs, time, qualification, stocks, who outbids whom; a plant without a stated "
        "capacity is held at its base flow, and output without a record is never removed.",
        ("by", "element"),
    ),
    "betweenness": Metric(
        "share of the element in named products that has passed the node in the base year, every "
        "market mixing what it receives: exposure, not indispensability.",
        "spare capacity and substitutes: a node may pass much and still be replaced. Which tonne "
        "went where is not recorded, mixing is our rule.",
        ("by", "element"),
    ),
    "shapley": Metric(
        "splits the loss of all countries withholding together into each one's fair part: whose "
        "control it is; alone_none and alone_least say what each can do by itself.",
        "countries below 1 % of every stage, who would really act together, what withholding costs "
        "the one who withholds, time and stocks.",
        ("product", "region", "weights", "rerouting"),
    ),
    "eu-supply-risk": Metric(
        "the EU's supply risk (Blengini et al. 2017); its list calls a material critical from 1.0 "
        "on if its economic importance is at least 2.8. Compare the stages of one element and "
        "take the highest.",
        "stocks, spare capacity, product needs; governance stands for the will to withhold.",
        ("region", "governance", "indices"),
    ),
    "geopolrisk": Metric(
        "0 to 1: concentration of world output times the share of the region's supply that comes "
        "from unstable origins (Gemechu et al. 2016).",
        "stocks, substitutes, who owns plants; own make counts as safe, and stability stands for "
        "the will to sell.",
        ("region", "governance"),
    ),
    "esri": Metric(ESRI_READING, ESRI_BLIND_TO, ("by", "product", "region", "weights")),
}


def check_metric(metric: str) -> Metric:
    """The measure of a name.

    Raises
    ------
    UsageError
        If there is none.
    """
    if metric not in METRICS:
        raise UsageError(
            f"--metric '{metric}' is not known. {did_you_mean(metric, tuple(METRICS))}"
        )
    return METRICS[metric]


def structure_results(tracer: Tracer, metric: str, asked: Mapping[str, object]) -> Results:
    """One measure as a result; its params say how to read it and what it is blind to.

    Parameters
    ----------
    tracer
        Engines of the base month, with the weights that ``shapley`` and ``esri`` take.
    metric
        One of `METRICS`.
    asked
        Options by name; None is as good as left out.

    Raises
    ------
    UsageError
        If the measure is unknown, or an option does not belong to it or lacks.
    """
    measure = check_metric(metric)
    for name, value in asked.items():
        default = (name, value) == ("weights", WEIGHTS)
        if value is not None and name not in measure.options and not default:
            takes = ", ".join(f"--{option}" for option in measure.options)
            raise UsageError(f"--{name} does not go with --metric {metric}. It takes {takes}.")
    options = {name: asked.get(name) for name in measure.options}
    for name, value in (("weights", WEIGHTS), ("rerouting", "both"), ("by", _first_by(metric))):
        if name in options and options[name] is None:
            options[name] = value
    table, notes = _TABLES[metric](tracer, options)
    dataset = tracer.month.baseline.graph.dataset
    about = {"name": dataset.name, "version": dataset.version, "hash": dataset.hash}
    params = {
        "metric": metric,
        **{name: None if value is None else str(value) for name, value in options.items()},
        "how_to_read": measure.how_to_read,
        "blind_to": measure.blind_to,
    }
    weights = {}
    if "weights" in options:
        weights = product_weights(tracer.month.baseline, tracer.month.weights)
    warnings = (*dataset.warnings, *notes)
    return Results(metric, table, about, params, weights, 0, warnings)


def _first_by(metric: str) -> str:
    return {"concentration": "country", "esri": FIRMS[0]}.get(metric, NODES_BY[0])


def _concentration(tracer: Tracer, options: dict[str, object]) -> Found:
    table = concentration_table(
        tracer.month.baseline,
        by=str(options["by"]),
        process=text_of(options["process"]),
        element=text_of(options["element"]),
    )
    return table, ()


def _dependence(tracer: Tracer, options: dict[str, object]) -> Found:
    return dependence_table(
        tracer.month.baseline, _region(options), element=text_of(options["element"])
    )


def _shapley(tracer: Tracer, options: dict[str, object]) -> Found:
    return shapley_table(tracer, _rerouting(options))


def _supply_risk(tracer: Tracer, options: dict[str, object]) -> Found:
    region, scores = _region(options), _governance(options)
    indices = text_of(options["indices"])
    table = supply_risk_table(
        tracer.month.baseline,
        region,
        read_scores(scores),
        read_indices(indices) if indices else {},
    )
    notes = (
        ()
        if indices
        else (
            "supply risk is empty without --indices FILE (CSV: material, eol_rir, "
            "substitution_index): before_factors is its upper limit",
        )
    )
    return table, notes


def _geopolrisk(tracer: Tracer, options: dict[str, object]) -> Found:
    region, scores = _region(options), _governance(options)
    return geopolrisk_table(tracer.month.baseline, region, read_scores(scores)), ()


def _esri(tracer: Tracer, options: dict[str, object]) -> Found:
    return esri_table(tracer, str(options["by"]))


def _rerouting(options: dict[str, object]) -> str:
    rerouting = str(options["rerouting"])
    check_choice(rerouting, REROUTINGS, "--rerouting")
    return rerouting


def _region(options: dict[str, object]) -> str:
    region = text_of(options["region"])
    if region is None:
        raise UsageError("this metric is about one region. Add --region, such as US.")
    return region


def _governance(options: dict[str, object]) -> str:
    path = text_of(options["governance"])
    if path is None:
        raise UsageError(f"{WANTED}.")
    return path


_TABLES: dict[str, Callable[[Tracer, dict[str, object]], Found]] = {
    "concentration": _concentration,
    "dependence": _dependence,
    "dominators": dominators_table,
    "vitality": vitality_table,
    "betweenness": betweenness_table,
    "shapley": _shapley,
    "eu-supply-risk": _supply_risk,
    "geopolrisk": _geopolrisk,
    "esri": _esri,
}
