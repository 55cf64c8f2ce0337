"""The command `structure`: measures of the network, each with how to read it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supplygraph.cli.options import ElementOption, TopOption, static_rerouting
from supplygraph.cli.output import Output
from supplygraph.cli.session import open_chain, with_output

READING = ("how_to_read", "blind_to")
DELIMITED = ("csv", "tsv", "jsonl", "parquet")  # rows alone; other formats hold how to read them


def _metric(*, metric: str | None, region: str | None, **_: object) -> str:
    """Measure that was asked for, or what is asked most of a region and of the whole."""
    return metric or ("dependence" if region else "concentration")


@with_output(_metric)
def structure(
    context: typer.Context,
    output: Output,
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric",
            help="concentration (default), dependence (default with --region), dominators, "
            "vitality, betweenness, shapley, eu-supply-risk, geopolrisk or esri.",
        ),
    ] = None,
    region: Annotated[
        str | None, typer.Option("--region", help="Who supplies this region (US, EU, JP …).")
    ] = None,
    product: Annotated[
        str | None, typer.Option("--product", help="Only this product (dominators, shapley, esri).")
    ] = None,
    element: ElementOption = None,
    process: Annotated[
        str | None, typer.Option("--process", help="Only this process (concentration).")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            help="Concentration: country or owner. Nodes: country-process, country-stage, "
            "country, facility (default of esri) or operator.",
        ),
    ] = None,
    links: Annotated[
        str | None,
        typer.Option("--links", help="Dominators: any link, or only those of the base year."),
    ] = None,
    rerouting: Annotated[
        str | None,
        typer.Option("--rerouting", help="Shapley: none, free or both (default)."),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option("--weights", help="Shapley, esri: sectors (default), value, equal or mass."),
    ] = None,
    governance: Annotated[
        Path | None,
        typer.Option(
            "--governance",
            help="CSV of country, wgi, political_stability, trade_factor (risk indices).",
        ),
    ] = None,
    indices: Annotated[
        Path | None,
        typer.Option(
            "--indices", help="CSV of material, eol_rir, substitution_index (EU supply risk)."
        ),
    ] = None,
    top: TopOption = None,
) -> None:
    """Measure how the network is built: who holds what, who supplies whom, what has no way round.

    Every measure says under its table how to read it and what it is blind to. None of them
    knows time or stocks: chokepoints and whatif say what a removal does.

    Example: supplygraph structure --region US

    Example: supplygraph structure --metric vitality --element Dy --top 5
    """
    static_rerouting(rerouting)
    chain = open_chain(context)
    results = chain.structure(
        _metric(metric=metric, region=region),
        product=product,
        region=region,
        weights=weights or "sectors",
        by=by,
        element=element,
        process=process,
        links=links,
        rerouting=rerouting,
        governance=governance,
        indices=indices,
    ).head(top)
    named = READING if output.format in DELIMITED else ()
    remarks = [f"{name.replace('_', ' ')}: {results.params[name]}" for name in named]
    output.write(results, remarks)
