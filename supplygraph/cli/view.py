"""The command `view`: the chain as one page that opens from disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from supplygraph.cli.options import AtOption, ForceOption, words
from supplygraph.cli.output import file_exists
from supplygraph.cli.question_options import asks
from supplygraph.cli.session import open_chain
from supplygraph.cli.streams import note
from supplygraph.errors import UsageError

if TYPE_CHECKING:
    from supplygraph.results import Results

PAGES = (".html", ".htm")
RECORDS = (".json",)
# Options that say what is counted, which a record has answered.
COUNTED = ("product", "region", "at", "weights", "scenarios", "usual_scenarios", "deals")


@asks("page")
def view(
    context: typer.Context,
    *,
    product: str | None,
    region: str | None,
    at: AtOption,
    weights: str,
    scenarios: Annotated[list[str], typer.Option("--scenario")],
    usual_scenarios: Annotated[bool, typer.Option("--usual-scenarios/--no-scenarios")],
    deals: str,
    record: Annotated[
        Path | None,
        typer.Option("--record", help="Draw a record saved earlier as .json; nothing is solved."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="Page to write, .html; or .json for the record that it is drawn from.",
            show_default="outputs/DATASET.html",
        ),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Write the chain as one page: matrix of stages and countries, losses, sources.

    The page opens from disk in any browser, needs no network and runs no script but its own.
    Every plant, process, stage, country and element is taken away alone, as a stop of its exports
    and as a stop of its plants: what is lost abroad and at home after a year, what the loss lies
    between, and the command that reproduces it.

    Example: supplygraph view -o rare-earths.html
    """
    check_page(output, force)
    if record is not None:
        from supplygraph.results import load_results

        # By name, since typer brings the class of its sources along under a private address.
        sources = [context.get_parameter_source(name) for name in COUNTED]
        if any(source is not None and source.name == "COMMANDLINE" for source in sources):
            raise UsageError("--record holds its answers: leave out what is to be counted.")
        results = load_results(record)
    else:
        chain = open_chain(context)
        if output is None:
            output = Path("outputs") / f"{_file_name(chain.dataset.name)}.html"
            check_page(output, force)
        results = chain.page(
            product=product,
            region=region,
            at=at,
            weights=weights,
            scenarios=scenarios,
            usual_scenarios=usual_scenarios,
            deals=words(deals),
        )
    for warning in results.warnings:
        note(f"warning: {warning}")
    if output is None:
        output = Path("outputs") / f"{_file_name(results.dataset.get('name') or 'page')}.html"
        check_page(output, force)
    note(f"wrote {_save(results, output)}")


def _save(results: Results, output: Path) -> Path:
    from supplygraph.views import View

    page = View(results)
    return results.save(output) if output.suffix.lower() in RECORDS else page.save(output)


def check_page(
    output: Path | None, force: bool, endings: tuple[str, ...] = (*PAGES, *RECORDS)
) -> None:
    """Refuse a file before anything is computed.

    Raises
    ------
    UsageError
        If it names no page, or exists and `force` is not set.
    """
    if output is None:
        return
    if output.is_dir():
        raise UsageError(f"'{output}' is a folder. Name a file.")
    if output.suffix.lower() not in endings:
        ways = ", or ".join(ending for ending in endings if ending != PAGES[1])
        raise UsageError(f"'{output}': the ending names no page. Use {ways}.")
    if output.exists() and not force:
        raise file_exists(output)


def _file_name(name: str) -> str:
    """A dataset's name as the name of a file."""
    kept = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name)
    return kept.strip("-") or "page"
