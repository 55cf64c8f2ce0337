"""The command `scenario account`: what the exporter does not sell beside what importers lose."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supplygraph.cli.options import (
    ByMonthOption,
    CoverOption,
    MeasureOption,
    MonthsOption,
    RunRationingOption,
    RunReroutingOption,
    ScenarioArgument,
    SetOption,
    WeightsOption,
    chosen_covers,
)
from supplygraph.cli.output import Output
from supplygraph.cli.session import open_chain, with_output
from supplygraph.cli.streams import note
from supplygraph.cli.view import PAGES, check_page


@with_output()
def account(
    context: typer.Context,
    output: Output,
    name: ScenarioArgument,
    exporter: Annotated[str, typer.Option("--exporter", help="Market that sells less.")] = "CN",
    months: MonthsOption = None,
    rerouting: RunReroutingOption = "both",
    rationing: RunRationingOption = None,
    cover: CoverOption = None,
    by: Annotated[
        str,
        typer.Option("--by", help="total, group (stage or sector), region or item."),
    ] = "group",
    by_month: ByMonthOption = False,
    weights: WeightsOption = "sectors",
    set_: SetOption = None,
    measure: MeasureOption = None,
    page: Annotated[
        Path | None,
        typer.Option("--page", help="Write both sides as a page too, .html; with single months."),
    ] = None,
) -> None:
    """Put both sides of a scenario on one page: exports not sold, output that importers lose.

    Rows of side exporter are tonnes and USD not sold against the same month of the base year with
    season and growth; those of importer are units of output lost and their USD. What has no price
    is named and never counted as zero. per_dollar is the importers' loss for a dollar not sold.

    Example: supplygraph scenario account april-2025-shock --cover central
    """
    check_page(page, output.force, PAGES)
    covers = chosen_covers(cover)
    chain = open_chain(context)
    results = chain.account(
        name,
        exporter=exporter,
        months=months,
        rerouting=rerouting,
        rationing=rationing,
        covers=covers,
        by=by,
        by_month=by_month or page is not None,
        weights=weights,
        sets=set_ or (),
        measures=measure or (),
    )
    output.write(results)
    if page is not None:
        from supplygraph.views.account_page import AccountPage

        note(f"wrote {AccountPage(results).save(page)}")
