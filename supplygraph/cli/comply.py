"""The command `comply`: is there enough supply that passes a rule of content."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.analyse import (
    ProductOption,
    ProjectOption,
    RegionOption,
    _about,
    _chain,
    _check_month,
)
from supplygraph.cli.gates import FailOption, fail_if, parse_condition
from supplygraph.cli.output import ForceOption, FormatOption, OutputOption, check_output, emit
from supplygraph.cli.scenario import SetOption

SHOWN = (
    "product",
    "region",
    "segment",
    "material",
    "need_t",
    "compliant_mixing_t",
    "compliant_segregated_t",
    "binding",
)


def comply(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="Measure such as US-2027-DFARS.")],
    at: Annotated[
        str | None,
        typer.Option(
            "--at", callback=_check_month, help="Capacities of this month; the base year's if not."
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
    gate: FailOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Show supply that passes a rule of content against need, a year, under both readings.

    mixing: what leaves a place is a fair sample of what came in, so one foul tonne taints it
    all. segregated: every plant may keep clean streams apart on paper. A rule by purchase
    counts the buyers it binds; a rule of exporters all buyers abroad, and only goods made abroad.
    The rule is taken as in force; other measures and stocks are left out.

    Example: supplygraph comply US-2027-DFARS --at 2027-06

    Example: supplygraph comply CN-2025-61-CONTENT --compliance 0.5 --product ev
    """
    check_output(format_, output, force)
    condition = parse_condition("comply", gate)
    chain = _chain(context)
    _about(chain)
    results = chain.comply(
        rule,
        at,
        compliance=compliance,
        product=product,
        region=region,
        sets=set_ or (),
        projects=["binding", *(project or ())],
    )
    emit(results, format_, output, force, columns=SHOWN)
    fail_if(results, condition)
