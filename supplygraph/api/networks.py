"""Questions about the network itself: as a graph, as files of other programs, measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from supplygraph.baseline import flow_table
from supplygraph.results import Results

if TYPE_CHECKING:
    import networkx as nx

    from supplygraph.api.handle import Handle


def to_networkx(
    chain: Handle, *, all_edges: bool = False, intervals: bool = False
) -> nx.MultiDiGraph:
    """Read-only networkx graph with base-year flows, grades and sources on its edges.

    Parameters
    ----------
    all_edges
        Also trade routes not used in the base year, and idle lines. A measure that does not weigh
        edges by `quantity` would count them like the busiest.
    intervals
        Also the least and most of every arc, which takes some seconds.

    Examples
    --------
    >>> import supplygraph as sg
    >>> graph = sg.load("three-nodes").to_networkx()
    >>> graph.edges["ore-a@CN", "ore-a@JP", "ore-a:CN>JP"]["quantity"]
    90.0
    """
    from supplygraph.analysis.records.edge_facts import edge_facts

    facts = edge_facts(chain.baseline, intervals=intervals)
    flows = flow_table(chain.baseline)
    return chain.network.to_networkx(flows, facts, all_edges=all_edges)


def export(
    chain: Handle,
    path: str | Path,
    *,
    format: str | None = None,
    all_edges: bool = False,
    intervals: bool = False,
    force: bool = False,
) -> list[Path]:
    """Write the network with its base-year flows, units and sources for other programs.

    Parameters
    ----------
    path
        File to write; its ending sets the format. For csv and parquet a folder.
    format
        Format; from the ending if left out, csv for a name without one. One of ``graphml``,
        ``gexf``, ``cyjs``, ``xlsx``, ``csv`` or ``parquet``.
    all_edges
        Also trade routes not used in the base year, and idle lines. A measure that does not weigh
        edges by `quantity` would count them like the busiest.
    intervals
        Also the least and most of every arc, which takes some seconds.
    force
        Overwrite what is there.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    UsageError
        If the format is unknown, or something is there and `force` is not set.
    """
    from supplygraph.analysis.records.export_files import Export, choose_format

    kind = choose_format(Path(path), format, force)
    dataset, year = chain.dataset, chain.network.base_year
    title = f"{dataset.title or dataset.name}: flows of {year}"
    citation = f"supplygraph, dataset {dataset.name} {dataset.version} (hash {dataset.hash})."
    sources = dataset.tables["sources"]
    about = {"title": title, "citation": citation}
    graph = to_networkx(chain, all_edges=all_edges, intervals=intervals)
    return Export(graph, sources, about).write(Path(path), kind)


def structure(
    chain: Handle,
    metric: str = "concentration",
    *,
    product: str | None = None,
    region: str | None = None,
    weights: str = "level",
    by: str | None = None,
    element: str | None = None,
    process: str | None = None,
    links: str | None = None,
    rerouting: str | None = None,
    governance: str | Path | None = None,
    indices: str | Path | None = None,
) -> Results:
    """One measure of the network's structure, with how to read it in its params.

    Parameters
    ----------
    metric
        The measure; ``dependence`` is that of one region, ``esri`` the systemic risk of failing
        plants. One of ``concentration``, ``dependence``, ``dominators``, ``vitality``,
        ``betweenness``, ``shapley``, ``eu-supply-risk``, ``geopolrisk`` or ``esri``.
    product
        Only this product (dominators, shapley, esri).
    region
        Only this region or country, such as ``US``, ``EU``, ``GB`` or ``ROW``; a country that
        shares its market with others is not told apart.
    weights
        Scheme of weights of products in a total. One of ``level``, ``sectors``, ``value``,
        ``equal`` or ``mass``.
    by
        What is counted as one; the measure's own if left out. Concentration takes ``country`` and
        ``owner``, other measures all but ``owner``. One of ``country-process``, ``country-stage``,
        ``country``, ``facility``, ``operator`` or ``owner``.
    element
        Only this element, such as ``Dy``.
    process
        Only this process (concentration).
    links
        Links that count for dominators: any that trade could open, or those of the base year; both
        kinds if left out. One of ``any`` or ``base``.
    rerouting
        Bounds asked for, of Shapley shares; both if left out. One of ``both``, ``none`` or
        ``least``.
    governance
        CSV of scores of countries, for the risk indices: ``country, wgi, political_stability,
        trade_factor``.
    indices
        CSV of recycling rates and substitution indices, for the EU supply risk: ``material,
        eol_rir, substitution_index``.

    Raises
    ------
    UsageError
        If the measure or an option is unknown, or does not go with it.

    Examples
    --------
    >>> import supplygraph as sg
    >>> table = sg.load("esri-toy").structure("esri").table.set_index("id")
    >>> table.loc[["c1", "s1", "m2"], "esri"].round(4).tolist()
    [1.0, 0.9091, 0.0656]
    """
    from supplygraph.analysis.structure.indices import structure_results

    weighed = (product, region) if metric in ("shapley", "esri") else (None, None)
    tracer = chain.loaded.tracer(None, weights, *weighed)
    asked = {
        "product": product,
        "region": region,
        "weights": weights,
        "by": by,
        "element": element,
        "process": process,
        "links": links,
        "rerouting": rerouting,
        "governance": governance,
        "indices": indices,
    }
    return chain.loaded.named(structure_results(tracer, metric, asked))
