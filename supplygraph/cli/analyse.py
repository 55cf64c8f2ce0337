"""Commands that ask the engines: info, balance, chokepoints, whatif, explain."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from supplygraph.cli.gates import FailOption, fail_if, parse_condition
from supplygraph.cli.numbers import finite
from supplygraph.cli.output import (
    ForceOption,
    FormatOption,
    OutputOption,
    check_output,
    emit,
    note,
)
from supplygraph.errors import UsageError
from supplygraph.reading import read_input

if TYPE_CHECKING:
    from supplygraph.chain import Chain

RANKED = (
    "rank",
    "id",
    "loss_none",
    "loss_free",
    "loss_upper",
    "months_to_first_shortage",
    "worst_product",
    "worst_region",
    "binding_input",
    "baseline_share",
    "evidence",
    "flags",
)
HIT = (
    "product",
    "region",
    "segment",
    "loss_none",
    "loss_free",
    "months_to_first_shortage",
    "binding_none",
    "binding_free",
    "need_evidence",
    "quantity_evidence",
    "flags",
)
# How a row of `chokepoints` is named in a selector, by its kind.
SELECTORS = {
    "country": "country={country}",
    "country-stage": "country={country} stage={stage}",
    "country-process": "country={country} process={process}",
    "operator": "operator={id} kind!=rest|country",
    "element": "element={id}",
    "element-country": "element={element} market={country}",
}


def _check_month(month: str | None) -> str | None:
    if month is not None:
        from supplygraph.scenario.month_arrays import check_month

        check_month(month, "--at")
    return month


def _check_rerouting(rerouting: str) -> str:
    if rerouting == "qualified":
        raise UsageError(
            "--rerouting qualified opens arcs month by month, which a static year has not. "
            "Ask for both, or use supplygraph scenario run."
        )
    return rerouting


def _check_time(value: object) -> None:
    if value is not None:
        raise UsageError(
            "--from and --months: the answer here is a static year. Leave them out, or use "
            "supplygraph scenario run."
        )


ProductOption = Annotated[
    str | None, typer.Option("--product", help="Count only this product; free is then its bound.")
]
RegionOption = Annotated[
    str | None,
    typer.Option("--region", help="Count only this region (US, EU, JP, KR, IN, CN, ROW)."),
]
AtOption = Annotated[
    str | None,
    typer.Option(
        "--at",
        callback=_check_month,
        help="Month YYYY-MM whose capacities hold; flows and demand stay those of the base year.",
    ),
]
ProjectsOption = Annotated[
    str,
    typer.Option(
        "--projects",
        help="Built by --at: binding, announced, non_binding, none, or ids with commas.",
    ),
]
ProjectOption = Annotated[
    list[str] | None,
    typer.Option("--project", help="A project built besides; may be repeated."),
]
ReroutingOption = Annotated[
    str,
    typer.Option(
        "--rerouting",
        callback=_check_rerouting,
        help="none: nobody reroutes; free: the least loss; both.",
    ),
]
RationingOption = Annotated[
    str, typer.Option("--rationing", help="Under free: value (least loss) or proportional.")
]
WeightsOption = Annotated[
    str, typer.Option("--weights", help="sectors (default), value, equal or mass.")
]


def _chain(context: typer.Context) -> Chain:
    from supplygraph.chain import load

    options: dict[str, Any] = context.obj or {}
    return load(options.get("dataset"), threads=options.get("threads", 1))


def _about(chain: Chain) -> None:
    """Say on stderr that a balance had to be computed, since it takes a while."""
    if not chain.baseline_shipped:
        note("balance: computed now, no shipped one fits these tables")


def info(
    context: typer.Context,
    format_: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Count what the dataset holds and how well its figures are founded.

    Example: supplygraph info
    """
    check_output(format_, output, force)
    emit(_chain(context).info(), format_, output, force)


def balance(
    context: typer.Context,
    moved: Annotated[
        float | None,
        typer.Option(
            "--moved",
            min=0,
            callback=finite,
            help="Only figures that moved by more than this share.",
        ),
    ] = None,
    role: Annotated[str | None, typer.Option("--role", help="Only fit, or only check.")] = None,
    held: Annotated[
        bool, typer.Option("--held", help="Surplus and unexplained use instead of figures.")
    ] = False,
    flows: Annotated[bool, typer.Option("--flows", help="Every flow of the base year.")] = False,
    intervals: Annotated[
        str | None,
        typer.Option(
            "--intervals", help="Least and most of each arc of a material, such as nd-oxide."
        ),
    ] = None,
    deciding: Annotated[
        bool,
        typer.Option("--deciding", help="Rank the figures that decide most (takes minutes)."),
    ] = False,
    top: Annotated[int | None, typer.Option("--top", min=1, help="Rows to show.")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Store the balance in the dataset's derived/.")
    ] = False,
    format_: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Compare every published figure with the balance of the base year.

    Figures with role fit pulled the balance; a check was only compared. What moved by more
    than 5 % says which other figures stand in its way.

    Example: supplygraph balance --moved 0.05
    """
    from supplygraph.analysis.records import balance_tables as tables

    check_output(format_, output, force)
    if sum([held, flows, intervals is not None, deciding]) > 1:
        raise UsageError("choose one of --held, --flows, --intervals and --deciding.")
    chain = _chain(context)
    _about(chain)
    if write and not deciding:
        note(f"wrote {chain.write_baseline()}")
    if held:
        results = tables.held(chain.baseline)
    elif flows:
        results = tables.flows(chain.baseline)
    elif intervals is not None:
        results = tables.intervals(chain.baseline, intervals)
    elif deciding:
        results = chain.deciding(progress=note, top=top, write=write)
    else:
        results = tables.figures(chain.baseline, moved=moved, role=role)
    emit(results.head(top), format_, output, force, columns=tables.SHOWN.get(results.kind))


def chokepoints(
    context: typer.Context,
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
    top: Annotated[int | None, typer.Option("--top", min=1, help="Rows to show.")] = None,
    gate: FailOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Rank what can be removed by the loss it causes, under both bounds.

    loss_none: nobody reroutes, shortage is shared in proportion. loss_free: the least loss
    any allocation could reach. The truth lies between. Rows that close a group are never
    ranked; plants whose share nobody states follow without a rank.

    Example: supplygraph chokepoints --by country-process --top 10
    """
    check_output(format_, output, force)
    condition = parse_condition("chokepoints", gate)
    chain = _chain(context)
    _about(chain)
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
    emit(results, format_, output, force, columns=RANKED)
    fail_if(results, condition)


def whatif(
    context: typer.Context,
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
    gate: FailOption = None,
    format_: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
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
    check_output(format_, output, force)
    condition = parse_condition("whatif", gate)
    if not remove and not measure:
        raise UsageError("nothing is taken away. Add --remove SELECTOR or --measure ID.")
    removals = _removals(remove) if remove else []
    chain = _chain(context)
    _about(chain)
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
    emit(results, format_, output, force, columns=HIT)
    fail_if(results, condition)


def words(text: str) -> list[str]:
    """Words of an option with commas between them."""
    return [part for part in text.replace(",", " ").split() if part]


def _removals(texts: list[str]) -> list[str]:
    """Selectors given, with `-` replaced by what standard input names."""
    found: list[str] = []
    for text in texts:
        found += _piped(read_input().splitlines()) if text == "-" else [text]
    if not found:
        raise UsageError("--remove -: standard input names nothing. Pipe ids or selectors.")
    return found


def _piped(lines: list[str]) -> list[str]:
    """Selectors of lines: ids, selectors, or the tsv table that `chokepoints` prints."""
    if lines and lines[0].split("\t")[0] == "id" and "\t" in lines[0]:
        return _selectors_of(csv.DictReader(lines, delimiter="\t"))
    named = [line.strip() for line in lines]
    return [line if "=" in line else f"id={shlex.quote(line)}" for line in named if line]


def _selectors_of(rows: Iterable[dict[str, str]]) -> list[str]:
    """Rows as selectors; plants without a rank are left out, since nobody states their share."""
    found, unknown = [], 0
    for row in rows:
        if row.get("rank") == "":
            unknown += 1
            continue
        pattern = SELECTORS.get(row.get("kind", ""), "id={id}")
        words = {name: shlex.quote(cell or "") for name, cell in row.items() if name}
        found.append(pattern.format(**words, element=words["id"].partition("/")[0]))
    if unknown:
        note(f"warning: --remove -: {unknown} plants without a known share are left out")
    return found


def explain(
    context: typer.Context,
    ids: Annotated[
        list[str],
        typer.Argument(
            metavar="ID...",
            help="A plant, product, material, arc, owner, element, country, or a record such as "
            "a measure, project, deal or event.",
        ),
    ],
    format_: FormatOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Print every figure behind a thing, with source and grade.

    For a product it also says which removals stop it most and through which input; for a
    measure, project, deal or event what is on record of it: dates, parameters, sources.

    Example: supplygraph explain f-35

    Example: supplygraph explain CN-2025-18 TR-2025-GENEVA
    """
    check_output(format_, output, force)
    emit(_chain(context).explain(*ids), format_, output, force)
