"""The command `cover`: stocks by tier; with a removal, time to survive and to recover."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.options import ProductOption, RegionOption, WeightsOption, finite
from supplygraph.cli.output import Output
from supplygraph.cli.removals import read_removals
from supplygraph.cli.session import open_chain, with_output
from supplygraph.errors import UsageError


def _kind(*, inferred: str | None, remove: list[str] | None, **_: object) -> str:
    return "inferred-cover" if inferred else "survival" if remove else "cover"


@with_output(_kind)
def cover(
    context: typer.Context,
    output: Output,
    product: ProductOption = None,
    region: RegionOption = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            "--remove",
            help="SELECTOR, or with share=0..1: how long stock lasts without it; '-' reads stdin.",
        ),
    ] = None,
    each: Annotated[
        bool, typer.Option("--each", help="Compare every --remove as a scenario of its own.")
    ] = False,
    ttr: Annotated[
        str | None,
        typer.Option("--ttr", help="Months to recovery, or the id of a row of lags."),
    ] = None,
    longest: Annotated[
        float,
        typer.Option(
            "--longest", callback=finite, help="Months above which a time is only a limit."
        ),
    ] = 60.0,
    inferred: Annotated[
        str | None,
        typer.Option(
            "--inferred", help="Scenario: stock at which it is short when somebody was; no test."
        ),
    ] = None,
    weights: WeightsOption = "sectors",
) -> None:
    """Show the stock behind a product tier by tier, in months, and what runs out first.

    With --remove: time to survive (TTS) against time to recover (TTR), and the loss until
    then, at low, central and high cover, under both bounds. A stock that nobody states is no
    zero: it has a row without months, and every time counts stated stocks only.
    With --inferred: the cover at which a scenario would first be short when somebody was.

    Example: supplygraph cover --product ev --region US

    Example: supplygraph cover --product f-35 --remove 'country=CN process=heavy' --ttr 11
    """
    if inferred and (remove or each or ttr):
        raise UsageError("--inferred takes what is removed from the scenario. Leave --remove out.")
    if each and not remove:
        raise UsageError("--each compares removals. Add --remove SELECTOR, twice or more.")
    removals = read_removals(remove) if remove else []
    chain = open_chain(context)
    if inferred:
        output.write(chain.inferred_cover(inferred, product, region))
        return
    hit = chain if each else chain.remove(*removals)
    results = hit.cover(
        product, region, each=removals if each else (), ttr=ttr, longest=longest, weights=weights
    )
    output.write(results)
