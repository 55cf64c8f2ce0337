"""The command `export`: the network with its flows for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supplygraph.cli.options import ForceOption
from supplygraph.cli.session import open_chain
from supplygraph.cli.streams import note, say


def export(
    context: typer.Context,
    to: Annotated[
        Path,
        typer.Option(
            "--to", help="File to write, or folder for csv and parquet; its ending counts."
        ),
    ],
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="graphml, gexf (Gephi), cyjs (Cytoscape), xlsx, csv (data package) or parquet.",
        ),
    ] = None,
    all_edges: Annotated[
        bool,
        typer.Option(
            "--all-edges", help="Also edges without flow: idle lines, arcs that could be used."
        ),
    ] = False,
    intervals: Annotated[
        bool,
        typer.Option(
            "--intervals", help="Also the least and most of every arc (some seconds more)."
        ),
    ] = False,
    force: ForceOption = False,
) -> None:
    """Write the network with its base-year flows, units, grades and sources.

    Edges without flow are left out: a measure that does not weigh edges would count them
    like the busiest. A name without an ending is a folder: nodes, edges and sources as CSV
    with a datapackage.json. What is there already is kept unless --force is given. Prints the files
    written.

    Example: supplygraph export --to chain.gexf
    """
    from supplygraph.analysis.records.export_files import choose_format

    kind = choose_format(to, format_, force)
    chain = open_chain(context)
    for file in chain.export(
        to, format=kind, all_edges=all_edges, intervals=intervals, force=force
    ):
        say(f"{file}\n")
        note(f"wrote {file}")
