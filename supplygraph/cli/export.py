"""The command `export`: the network with its flows for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supplygraph.cli.question_options import asks
from supplygraph.cli.session import open_chain
from supplygraph.cli.streams import note, say


@asks("export")
def export(
    context: typer.Context,
    *,
    path: Annotated[Path, typer.Option("--to")],
    format: str | None,
    all_edges: bool,
    intervals: bool,
    force: bool,
) -> None:
    """Write the network with its base-year flows, units, grades and sources.

    Edges without flow are left out: a measure that does not weigh edges would count them
    like the busiest. A name without an ending is a folder: nodes, edges and sources as CSV
    with a datapackage.json. What is there already is kept unless --force is given. Prints the files
    written.

    Example: supplygraph export --to chain.gexf
    """
    from supplygraph.analysis.records.export_files import choose_format

    kind = choose_format(path, format, force)
    chain = open_chain(context)
    for file in chain.export(
        path, format=kind, all_edges=all_edges, intervals=intervals, force=force
    ):
        say(f"{file}\n")
        note(f"wrote {file}")
