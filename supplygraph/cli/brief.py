"""The command `brief`: two pages on one product."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from supplygraph.cli.options import ForceOption
from supplygraph.cli.question_options import asks
from supplygraph.cli.session import open_chain
from supplygraph.cli.streams import folded, note, say
from supplygraph.cli.view import check_page
from supplygraph.errors import UsageError
from supplygraph.progress import doing

ENDINGS = (".html", ".htm", ".md", ".json")


@asks("brief")
def brief(
    context: typer.Context,
    *,
    product: Annotated[str | None, typer.Option("--product")] = None,
    region: str | None,
    scenario: str | None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="File to write: .html, .md or .json; Markdown if left out."
        ),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Write two pages on one product: whose exports it needs, how soon it is short, what binds.

    Every sentence is generated from results and true of the numbers beside it; what no figure
    carries is withheld and named. The .json holds the same statements with their rows and notes.

    Example: supplygraph brief --product ev --region US -o brief.html
    """
    check_page(output, force, ENDINGS)
    if product is None:
        raise UsageError("a brief on what? Add --product, such as --product ev.")
    chain = open_chain(context)
    found = chain.brief(product, region=region, scenario=scenario)
    from supplygraph.views.brief_page import brief_html, brief_json, brief_markdown
    from supplygraph.writing import write_text

    if output is None:
        lines = brief_markdown(found).splitlines()
        say(
            "".join(f"{folded(line, sys.stdout, '  ' * line.startswith('- '))}\n" for line in lines)
        )
        return
    writers = {".md": brief_markdown, ".json": brief_json}
    with doing("Drawing"):
        text = writers.get(output.suffix.lower(), brief_html)(found)
    note(f"wrote {write_text(output, text, replace=force)}")
