"""Commands about losses in a static year: chokepoints and whatif."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.options import (
    AtOption,
    ProductOption,
    ProjectOption,
    ProjectsOption,
    RationingOption,
    RegionOption,
    ReroutingOption,
    TopOption,
    WeightsOption,
    words,
)
from supplygraph.cli.output import Output
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
def chokepoints(
    context: typer.Context,
    output: Output,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help="facility, country, country-stage, country-process, operator, element, "
            "element-country or arc.",
        ),
    ] = "facility",
    product: ProductOption = None,
    region: RegionOption = None,
    at: AtOption = None,
    rerouting: ReroutingOption = "both",
    rationing: RationingOption = "value",
    weights: WeightsOption = "sectors",
    projects: ProjectsOption = "binding",
    top: TopOption = None,
) -> None:
    """Rank what can be removed by the loss it causes, under both bounds.

    loss_none: nobody reroutes, shortage is shared in proportion. loss_free: the least loss
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
def whatif(
    context: typer.Context,
    output: Output,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", help="SELECTOR [share=0..1]; '-' reads one per line from stdin."),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option("--measure", help="Measure of a state as it acts in --at, held for good."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change its parameter: CN-2025-18.approval.US=0.3."),
    ] = None,
    product: ProductOption = None,
    region: RegionOption = None,
    at: AtOption = None,
    rerouting: ReroutingOption = "both",
    rationing: RationingOption = "value",
    weights: WeightsOption = "sectors",
    projects: ProjectsOption = "binding",
    project: ProjectOption = None,
    months: Annotated[
        str | None, typer.Option("--months", hidden=True, callback=_check_time)
    ] = None,
    start: Annotated[str | None, typer.Option("--from", hidden=True, callback=_check_time)] = None,
) -> None:
    """Show what each product and region loses when something is taken away.

    A row of loss_free is one sharing among several (flag outbid where it exceeds loss_none):
    quote the total, or ask with --product.

    Example: supplygraph whatif --remove 'country=CN process=heavy'

    With --project it says what each project changes, alone and beside all that is announced,
    what its feed lets it run, or why it changes nothing.

    Example: supplygraph whatif --measure CN-2025-18 --at 2025-05 --product ev

    Example: supplygraph whatif --remove country=CN --project au-nolans-sep --at 2030-01
    """
    if not remove and not measure:
        raise UsageError("nothing is taken away. Add --remove SELECTOR or --measure ID.")
    removals = read_removals(remove) if remove else []
    chain = open_chain(context)
    hit = chain.remove(*removals)
    results = hit.solve(
        rerouting=rerouting,
        rationing=rationing,
        weights=weights,
        product=product,
        region=region,
        at=at,
        measures=measure or (),
        sets=set_ or (),
        projects=words(projects),
        compared=project or (),
    ).results
    output.write(results)
