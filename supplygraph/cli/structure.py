"""The command `structure`: measures of the network, each with how to read it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supplygraph.cli.options import static_rerouting
from supplygraph.cli.output import Output
from supplygraph.cli.question_options import asks
from supplygraph.cli.session import open_chain, with_output

READING = ("how_to_read", "blind_to")
DELIMITED = ("csv", "tsv", "jsonl", "parquet")  # rows alone; other formats hold how to read them


def _metric(*, metric: str | None, region: str | None, **_: object) -> str:
    """Measure that was asked for, or what is asked most of a region and of the whole."""
    return metric or ("dependence" if region else "concentration")


@with_output(_metric)
@asks("structure")
def structure(
    context: typer.Context,
    output: Output,
    *,
    metric: str | None = None,
    region: str | None,
    product: str | None,
    element: str | None,
    process: str | None,
    by: str | None,
    links: str | None,
    rerouting: Annotated[str | None, typer.Option(callback=static_rerouting)],
    weights: str,
    governance: Path | None,
    indices: Path | None,
    top: Annotated[int | None, typer.Option(min=1, help="Rows to show; all if left out.")] = None,
) -> None:
    """Measure how the network is built: who holds what, who supplies whom, what has no way round.

    Without --metric: concentration, or dependence of the --region asked for.
    Every measure says under its table how to read it and what it is blind to. None of them
    knows time or stocks: chokepoints and whatif say what a removal does.

    Example: supplygraph structure --region US

    Example: supplygraph structure --metric vitality --element Dy --top 5
    """
    chain = open_chain(context)
    results = chain.structure(
        _metric(metric=metric, region=region),
        product=product,
        region=region,
        weights=weights,
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
