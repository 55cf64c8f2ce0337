"""The command `structure`: measures of the network, each with how to read it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supplygraph.cli.analyse import (
    _about,
    _chain,
    _check_rerouting,
)
from supplygraph.cli.gates import FailOption, fail_if, parse_condition
from supplygraph.cli.output import (
    ForceOption,
    FormatOption,
    OutputOption,
    _choose,
    check_output,
    emit,
    note,
)

DELIMITED = ("csv", "tsv", "jsonl", "parquet")

SHOWN = {
    "concentration": (
        "id",
        "scope",
        "stage",
        "hhi",
        "hhi_low",
        "hhi_high",
        "hhi_10000",
        "top_three",
        "largest_low",
        "largest_high",
        "not_told_apart",
        "unrecorded",
        "evidence",
    ),
    "dependence": (
        "id",
        "import_dependence",
        "net_import_reliance",
        "largest_origin",
        "largest_share",
        "largest_low",
        "largest_high",
        "computed",
        "published",
        "year",
        "evidence",
        "note",
    ),
    "dominators": ("element", "product", "region", "id", "links", "cuts", "stops", "evidence"),
    "vitality": ("element", "rank", "id", "vitality", "of", "vitality_share", "evidence", "flags"),
    "esri": (
        "rank",
        "id",
        "esri",
        "esri_down",
        "esri_up",
        "product_loss",
        "market_share",
        "worst_product",
        "worst_region",
        "evidence",
        "flags",
    ),
    "betweenness": ("element", "rank", "id", "passing", "of", "passing_share", "evidence", "flags"),
}


def structure(
    context: typer.Context,
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
    element: Annotated[
        str | None, typer.Option("--element", help="Only this element, such as Dy.")
    ] = None,
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
    top: Annotated[int | None, typer.Option("--top", min=1, help="Rows to show.")] = None,
    gate: FailOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Measure how the network is built: who holds what, who supplies whom, what has no way round.

    Every measure says under its table how to read it and what it is blind to. None of them
    knows time or stocks: chokepoints and whatif say what a removal does.

    Example: supplygraph structure --region US

    Example: supplygraph structure --metric vitality --element Dy --top 5
    """
    check_output(format_, output, force)
    chosen = metric or ("dependence" if region else "concentration")
    condition = parse_condition(chosen, gate)
    if rerouting is not None:
        _check_rerouting(rerouting)
    chain = _chain(context)
    _about(chain)
    results = chain.structure(
        chosen,
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
    emit(results, format_, output, force, columns=SHOWN.get(results.kind))
    if _choose(format_, output) in DELIMITED:
        for name in ("how_to_read", "blind_to"):
            note(f"{name.replace('_', ' ')}: {results.params[name]}")
    fail_if(results, condition)
