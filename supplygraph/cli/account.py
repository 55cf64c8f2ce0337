"""The command `scenario account`: what the exporter does not sell beside what importers lose."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supplygraph.cli.options import (
    CoverOption,
    MeasureOption,
    MonthsOption,
    SetOption,
    chosen_covers,
)
from supplygraph.cli.output import Output
from supplygraph.cli.question_options import asks
from supplygraph.cli.session import open_chain, with_output
from supplygraph.cli.streams import note
from supplygraph.cli.view import PAGES, check_page


@with_output("account", gated=False)
@asks("account")
def account(
    context: typer.Context,
    output: Output,
    *,
    scenario: str,
    exporter: str,
    months: MonthsOption,
    rerouting: str,
    rationing: str | None,
    cover: CoverOption = None,
    by: str,
    by_month: bool,
    weights: str,
    sets: SetOption,
    measures: MeasureOption,
    page: Annotated[
        Path | None,
        typer.Option(help="Write both sides as a page too, .html; with single months."),
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
        scenario,
        exporter=exporter,
        months=months,
        rerouting=rerouting,
        rationing=rationing,
        covers=covers,
        by=by,
        by_month=by_month or page is not None,
        weights=weights,
        sets=sets,
        measures=measures,
    )
    output.write(results)
    if page is not None:
        from supplygraph.views.account_page import AccountPage

        note(f"wrote {AccountPage(results).save(page)}")
