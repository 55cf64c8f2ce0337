"""The command `trace`: where the elements in a product come from."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.options import ElementOption
from supplygraph.cli.output import Output
from supplygraph.cli.session import open_chain, with_output


@with_output("trace")
def trace(
    context: typer.Context,
    output: Output,
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="Id of an end product.")],
    region: Annotated[
        str | None,
        typer.Option("--region", help="Only what is assembled there, such as US, EU or JP."),
    ] = None,
    element: ElementOption = None,
    by: Annotated[
        str,
        typer.Option("--by", help="place: where plants stand; owner: whose they are; all."),
    ] = "place",
    ranges: Annotated[
        str,
        typer.Option(
            "--ranges",
            help="Shares with a least and most: all, large (a tenth and more), none; auto is all "
            "for one element, else large.",
        ),
    ] = "auto",
) -> None:
    """Show where the elements in a product come from, by proportional mixing at each stage.

    Shares of a stage add up to 1, with scrap, stock and supply of no recorded source as rows.
    touched: what passed a country at any stage. share_low and share_high: no flows that fit
    the published figures as well give less or more. A sentence that may be quoted follows.

    Example: supplygraph trace ev --region US --element Dy

    Example: supplygraph trace f-35 --element Sm --by owner
    """
    chain = open_chain(context)
    results = chain.trace(product, region=region, element=element, by=by, ranges=ranges)
    output.write(results, filter(None, results.table["text"]))
