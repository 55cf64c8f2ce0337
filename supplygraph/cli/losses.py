"""Commands about losses in a static year: chokepoints and whatif."""

from __future__ import annotations

from typing import Annotated

import typer

from supplygraph.cli.options import (
    AsOption,
    AtOption,
    MeasureOption,
    RationingOption,
    RemoveOption,
    ReroutingOption,
    SetOption,
    TopOption,
    words,
)
from supplygraph.cli.output import Output
from supplygraph.cli.question_options import asks
from supplygraph.cli.removals import command_of_first_row, read_removals
from supplygraph.cli.session import Session, open_chain, with_output
from supplygraph.cli.streams import note
from supplygraph.errors import UsageError
from supplygraph.hints import check_choice
from supplygraph.vocabulary import ACTS_AS, EXPORT_STOP, OUTAGE


def _check_time(value: object) -> None:
    if value is not None:
        raise UsageError(
            "--from and --months: the answer here is a static year. Leave them out, or use "
            "supplygraph scenario run."
        )


def _is_given(context: typer.Context, name: str) -> bool:
    """Whether an option was typed, not left at its default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


@with_output("chokepoints")
@asks("rank")
def chokepoints(
    context: typer.Context,
    output: Output,
    *,
    by: str,
    product: str | None,
    sector: str | None,
    region: str | None,
    at: AtOption,
    acts_as: Annotated[str | None, typer.Option("--as")],
    rerouting: ReroutingOption,
    after: int,
    floors: Annotated[bool, typer.Option("--floors/--no-floors")],
    outside: str,
    weights: str,
    projects: str,
    top: TopOption,
    rationing: RationingOption = None,
) -> None:
    """Rank what can stop by the loss it causes abroad.

    none: nobody reroutes. 12m: twelve months later, with routes and plants open by then, nobody
    outbidding anybody. least: the best that any allocation could do for that column. Exports stop
    where every row lies in one country, else plants (--as). Rows that close a group are never
    ranked; plants whose share nobody states follow without a rank.

    Example: supplygraph chokepoints --by country-process --top 10
    """
    chain = open_chain(context)
    results = chain.rank(
        by,
        product=product,
        sector=sector,
        region=region,
        at=at,
        acts_as=acts_as,
        rerouting=rerouting,
        after=after,
        floors=floors,
        outside=words(outside),
        weights=weights,
        top=top,
        projects=words(projects),
    )
    remarks = []
    if output.file is None and output.format == "table" and len(results.table):
        session: Session = context.obj
        told = command_of_first_row(results, session.dataset)
        remarks.append(f"the first row by product and region: {told}")
    output.write(results, remarks)


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
    sector: str | None,
    region: str | None,
    at: AtOption,
    acts_as: AsOption = OUTAGE,
    forms: str,
    rerouting: ReroutingOption,
    floors: Annotated[bool, typer.Option("--floors/--no-floors")],
    outside: str,
    weights: str,
    projects: str,
    compared: Annotated[list[str], typer.Option("--project")],
    rationing: RationingOption = None,
    months: Annotated[
        str | None, typer.Option("--months", hidden=True, callback=_check_time)
    ] = None,
    start: Annotated[str | None, typer.Option("--from", hidden=True, callback=_check_time)] = None,
) -> None:
    """Show what each product and region loses when something is taken away, and when.

    A row of loss_least is that row served first: rows of it do not add up. The last rows are the
    totals abroad, at home and of all. Rows piped from chokepoints need its --as again.

    Example: supplygraph whatif --remove 'country=CN process=heavy' --as export-stop

    With --project it says what each project changes, alone and beside all that is announced,
    what its feed lets it run, or why it changes nothing.

    Example: supplygraph whatif --measure CN-2025-18 --at 2025-05 --product ev

    Example: supplygraph whatif --remove country=CN --project au-nolans-sep --at 2030-01
    """
    if not selectors and not measures:
        raise UsageError("nothing is taken away. Add --remove SELECTOR or --measure ID.")
    check_choice(acts_as, ACTS_AS, "--as")
    removals = read_removals(selectors) if selectors else []
    if "-" in (selectors or ()) and not _is_given(context, "acts_as"):
        note(
            "warning: --remove -: plants stop, as --as is left out; a ranking of exports that stop "
            "needs --as export-stop here too"
        )
    chain = open_chain(context)
    take = chain.stop_exports if acts_as == EXPORT_STOP else chain.remove
    hit = take(*removals, forms=forms)
    results = hit.solve(
        rerouting=rerouting,
        floors=floors,
        outside=words(outside),
        weights=weights,
        product=product,
        sector=sector,
        region=region,
        at=at,
        measures=measures,
        sets=sets,
        projects=words(projects),
        compared=compared,
    ).results
    output.write(results)
