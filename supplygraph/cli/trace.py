"""The command `trace`: where the elements in a product come from."""

from __future__ import annotations

import typer

from supplygraph.cli.output import Output
from supplygraph.cli.question_options import asks
from supplygraph.cli.session import open_chain, with_output


@with_output("trace")
@asks("trace")
def trace(
    context: typer.Context,
    output: Output,
    *,
    product: str,
    region: str | None,
    element: str | None,
    by: str,
    ranges: str,
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
