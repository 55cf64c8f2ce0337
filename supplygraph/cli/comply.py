"""The command `comply`: is there enough supply that passes a rule of content."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.options import AtOption, SetOption
from supplygraph.cli.output import Output
from supplygraph.cli.question_options import asks
from supplygraph.cli.session import open_chain, with_output


@with_output("comply")
@asks("comply")
def comply(
    context: typer.Context,
    output: Output,
    *,
    rule: str,
    month: AtOption,
    compliance: Annotated[float | None, typer.Option(min=0, max=1)],
    product: str | None,
    region: str | None,
    sets: SetOption,
    project: Annotated[
        list[str] | None,
        typer.Option("--project", help="A project built besides binding ones; may be repeated."),
    ] = None,
) -> None:
    """Show supply that passes a rule of content, and need for one year, by mixing and segregation.

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
        month,
        compliance=compliance,
        product=product,
        region=region,
        sets=sets,
        projects=["binding", *(project or ())],
    )
    output.write(results)
