"""Commands about losses in a static year: chokepoints and whatif."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.options import (
    AtOption,
    MeasureOption,
    RemoveOption,
    ReroutingOption,
    SetOption,
    TopOption,
    words,
)
from supplygraph.cli.output import Output
from supplygraph.cli.question_options import asks
from supplygraph.cli.removals import read_removals
from supplygraph.cli.session import open_chain, with_output
from supplygraph.errors import UsageError


def _check_time(value: object) -> None:
    if value is not None:
        raise UsageError(
            "--from and --months: the answer here is a static year. Leave them out, or use "
            "supplygraph scenario run."
        )


@with_output("chokepoints")
@asks("rank")
def chokepoints(
    context: typer.Context,
    output: Output,
    *,
    by: str,
    product: str | None,
    region: str | None,
    at: AtOption,
    rerouting: ReroutingOption,
    rationing: str,
    weights: str,
    projects: str,
    top: TopOption,
) -> None:
    """Rank what can be removed by the loss it causes, under both bounds.

    loss_none: nobody reroutes, shortage is shared in proportion. loss_least: the least loss
    any allocation could reach. The truth lies between. Rows that close a group are never
    ranked; plants whose share nobody states follow without a rank.

    Example: supplygraph chokepoints --by country-process --top 10
    """
    chain = open_chain(context)
    results = chain.rank(
        by,
        product=product,
        region=region,
        at=at,
        rerouting=rerouting,
        rationing=rationing,
        weights=weights,
        top=top,
        projects=words(projects),
    )
    output.write(results)


@with_output("whatif")
@asks("solve", "remove")
def whatif(
    context: typer.Context,
    output: Output,
    *,
    selectors: RemoveOption = None,
    measures: MeasureOption,
    sets: SetOption,
    product: str | None,
    region: str | None,
    at: AtOption,
    rerouting: ReroutingOption,
    rationing: str,
    weights: str,
    projects: str,
    compared: Annotated[list[str], typer.Option("--project")],
    months: Annotated[
        str | None, typer.Option("--months", hidden=True, callback=_check_time)
    ] = None,
    start: Annotated[str | None, typer.Option("--from", hidden=True, callback=_check_time)] = None,
) -> None:
    """Show what each product and region loses when something is taken away.

    A row of loss_least is one sharing among several (flag outbid where it exceeds loss_none):
    quote the total, or ask with --product.

    Example: supplygraph whatif --remove 'country=CN process=heavy'

    With --project it says what each project changes, alone and beside all that is announced,
    what its feed lets it run, or why it changes nothing.

    Example: supplygraph whatif --measure CN-2025-18 --at 2025-05 --product ev

    Example: supplygraph whatif --remove country=CN --project au-nolans-sep --at 2030-01
    """
    if not selectors and not measures:
        raise UsageError("nothing is taken away. Add --remove SELECTOR or --measure ID.")
    removals = read_removals(selectors) if selectors else []
    chain = open_chain(context)
    hit = chain.remove(*removals)
    results = hit.solve(
        rerouting=rerouting,
        rationing=rationing,
        weights=weights,
        product=product,
        region=region,
        at=at,
        measures=measures,
        sets=sets,
        projects=words(projects),
        compared=compared,
    ).results
    output.write(results)
