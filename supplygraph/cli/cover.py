"""The command `cover`: stocks by tier; with a removal, time to survive and to recover."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.completion import completion_of
from supplygraph.cli.options import AsOption, RemoveOption, finite
from supplygraph.cli.output import Output
from supplygraph.cli.question_options import asks
from supplygraph.cli.removals import read_removals
from supplygraph.cli.session import open_chain, with_output
from supplygraph.errors import UsageError
from supplygraph.hints import check_choice
from supplygraph.vocabulary import ACTS_AS, EXPORT_STOP, OUTAGE


def _kind(*, inferred: str | None, selectors: list[str] | None, **_: object) -> str:
    return "inferred-cover" if inferred else "survival" if selectors else "cover"


@with_output(_kind)
@asks("cover", "inferred_cover", "remove")
def cover(
    context: typer.Context,
    output: Output,
    *,
    product: str | None,
    region: str | None,
    selectors: RemoveOption = None,
    acts_as: AsOption = OUTAGE,
    apart: Annotated[
        bool, typer.Option("--each", help="Compare every --remove as a scenario of its own.")
    ] = False,
    ttr: str | None,
    longest: Annotated[float, typer.Option(callback=finite)],
    inferred: Annotated[
        str | None,
        typer.Option(
            metavar="SCENARIO",
            autocompletion=completion_of("scenario"),
            help="Stock with which the model's first shortage falls in the month on record; "
            "fitted, proves nothing.",
        ),
    ] = None,
    weights: str,
) -> None:
    """Show the stock behind a product tier by tier, in months, and what runs out first.

    With --remove: time to survive (TTS) against time to recover (TTR), the loss until then and
    the months of output lost in the first three years, at low, central and high cover, under both
    bounds. A stock that nobody states is no zero: it has a row without months, and every time
    counts stated stocks only.
    With --inferred: the cover at which a scenario would first be short when somebody was.

    Example: supplygraph cover --product ev --region US

    Example: supplygraph cover --product f-35 --remove 'country=CN process=heavy' --ttr 11

    Example: supplygraph cover --product f-35 --remove 'country=CN process=sm' --as export-stop
    """
    if inferred and (selectors or apart or ttr):
        raise UsageError("--inferred takes what is removed from the scenario. Leave --remove out.")
    if apart and not selectors:
        raise UsageError("--each compares removals. Add --remove SELECTOR, twice or more.")
    check_choice(acts_as, ACTS_AS, "--as")
    if acts_as == EXPORT_STOP and (apart or not selectors):
        raise UsageError(
            "--as export-stop says what of --remove stops, of all together. Add --remove SELECTOR, "
            "and leave --each out."
        )
    removals = read_removals(selectors) if selectors else []
    chain = open_chain(context)
    if inferred:
        output.write(chain.inferred_cover(inferred, product, region))
        return
    take = chain.stop_exports if acts_as == EXPORT_STOP else chain.remove
    hit = chain if apart else take(*removals)
    results = hit.cover(
        product, region, each=removals if apart else (), ttr=ttr, longest=longest, weights=weights
    )
    output.write(results)
