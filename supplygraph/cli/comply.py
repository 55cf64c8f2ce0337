"""The command `comply`: is there enough supply that passes a rule of content."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.options import (
    ProductOption,
    ProjectOption,
    RegionOption,
    SetOption,
    month_at,
)
from supplygraph.cli.output import Output
from supplygraph.cli.session import open_chain, with_output


@with_output("comply")
def comply(
    context: typer.Context,
    output: Output,
    rule: Annotated[str, typer.Argument(help="Measure such as US-2027-DFARS.")],
    at: Annotated[
        str | None,
        typer.Option(
            "--at", callback=month_at, help="Capacities of this month; the base year's if not."
        ),
    ] = None,
    compliance: Annotated[
        float | None,
        typer.Option(
            "--compliance",
            min=0,
            max=1,
            help="Share of exporters that obey, 0 to 1.",
        ),
    ] = None,
    product: ProductOption = None,
    region: RegionOption = None,
    set_: SetOption = None,
    project: ProjectOption = None,
) -> None:
    """Show supply that passes a rule of content against need, a year, under both readings.

    mixing: what leaves a place is a fair sample of what came in, so one foul tonne taints it
    all. segregated: every plant may keep clean streams apart on paper. A rule by purchase
    counts the buyers it binds; a rule of exporters all buyers abroad, and only goods made abroad.
    The rule is taken as in force; other measures and stocks are left out.

    Example: supplygraph comply US-2027-DFARS --at 2027-06

    Example: supplygraph comply CN-2025-61-CONTENT --compliance 0.5 --product ev
    """
    chain = open_chain(context)
    results = chain.comply(
        rule,
        at,
        compliance=compliance,
        product=product,
        region=region,
        sets=set_ or (),
        projects=["binding", *(project or ())],
    )
    output.write(results)
