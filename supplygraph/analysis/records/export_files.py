"""The network with its flows as files that other programs read; units and sources travel along."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd

from supplygraph.analysis.records.export_tables import describe, excel_bytes, parquet_bytes
from supplygraph.errors import UsageError
from supplygraph.graph.formats import (
    cytoscape_text,
    gexf_text,
    graphml_text,
    plain_attributes,
    plain_graph,
)
from supplygraph.hints import did_you_mean
from supplygraph.writing import encoded, write_bytes, write_folder, write_text

FORMATS = ("graphml", "gexf", "cyjs", "xlsx", "csv", "parquet")
FOLDERS = ("csv", "parquet")
# What an export of tables may have left in a folder, and a new one replaces.
FILES = (
    *(f"{table}.{ending}" for table in ("nodes", "edges", "sources") for ending in FOLDERS),
    "datapackage.json",
)
SOURCE_COLUMNS = ("key", "title", "publisher", "date", "url", "accessed", "doi")
FLOWS = (
    "Flows of the base year: quantity in the edge's own unit. plant to pool: made; pool to pool: "
    "shipped; pool to plant or product: drawn. A pool is a material in a market."
)


def choose_format(path: Path, format_: str | None, force: bool) -> str:
    """Format of a target, after a look at what stands there.

    Parameters
    ----------
    path
        File, or folder for csv and parquet.
    format_
        One of `FORMATS`; by default from the ending, csv for a name without one.
    force
        Whether what is there may be overwritten.

    Raises
    ------
    UsageError
        If the format is unknown, or something is there and `force` is not set.

    Examples
    --------
    >>> choose_format(Path("chain.gexf"), None, False)
    'gexf'
    """
    kind = format_ or path.suffix.lower().lstrip(".") or "csv"
    if kind not in FORMATS:
        raise UsageError(f"export: format '{kind}' is not known. {did_you_mean(kind, FORMATS)}")
    if kind in FOLDERS:
        if path.suffix.lower() in (".csv", ".parquet"):
            raise UsageError(
                f"'{path}': {kind} is several tables. Name a folder, with --format {kind}."
            )
        if path.is_file():
            raise UsageError(f"'{path}' is a file. Name a folder for {kind}.")
        if path.is_dir() and any(path.iterdir()) and not force:
            raise UsageError(f"'{path}' is not empty. Name another folder, or add --force.")
    elif path.is_dir():
        raise UsageError(f"'{path}' is a folder. Name a file.")
    elif path.exists() and not force:
        raise UsageError(f"'{path}' exists. Name another, or add --force.")
    return kind


@dataclass(frozen=True)
class Export:
    """A graph with everything that must go with it.

    Attributes
    ----------
    graph
        Graph with flows, as `Chain.graph` gives it.
    sources
        Table `sources` of the dataset.
    about
        ``title`` and ``citation``.
    """

    graph: nx.MultiDiGraph
    sources: pd.DataFrame
    about: Mapping[str, str]

    def write(self, path: Path, kind: str) -> list[Path]:
        """Write one format; the files written.

        Raises
        ------
        SupplygraphError
            If the place cannot be written, or the format needs a package that is not there.
        """
        if kind in ("graphml", "gexf", "cyjs"):
            return [write_text(path, self._text(kind))]
        tables = self.tables()
        about = {**self.about, **plain_attributes(self.graph.graph), "flows": FLOWS}
        if kind == "xlsx":
            content = excel_bytes(tables, about)
            return [write_bytes(path, content)]
        if kind == "parquet":
            parts = parquet_bytes(tables, about)
            files = {f"{name}.parquet": parts[name] for name in sorted(parts)}
            return write_folder(path, files, replaces=FILES)
        texts = {f"{name}.csv": _csv(tables[name]) for name in sorted(tables)}
        package = json.dumps(describe(tables, about), ensure_ascii=False, indent=2) + "\n"
        texts["datapackage.json"] = package
        files = {name: encoded(text) for name, text in texts.items()}
        return write_folder(path, files, replaces=FILES)

    def _text(self, kind: str) -> str:
        cited = {row["key"]: _reference(row) for row in self._cited()}
        citation = self.about["citation"]
        if kind == "gexf":
            described = " | ".join(f"{key}: {text}" for key, text in cited.items())
            head = f"{self.about['title']}. {FLOWS} Cite: {citation} Sources: {described}"
            return gexf_text(plain_graph(self.graph, citation=citation), head)
        sources = json.dumps(cited, ensure_ascii=False)
        graph = plain_graph(
            self.graph, title=self.about["title"], citation=citation, flows=FLOWS, sources=sources
        )
        return graphml_text(graph) if kind == "graphml" else cytoscape_text(graph)

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Nodes, edges and sources as rows of plain values; what is not known is left out."""
        nodes = [
            {"id": node, **plain_attributes(data)} for node, data in self.graph.nodes(data=True)
        ]
        edges = [
            {"from": source, "to": target, "key": key, **plain_attributes(data)}
            for source, target, key, data in self.graph.edges(keys=True, data=True)
        ]
        return {"nodes": nodes, "edges": edges, "sources": self._cited()}

    def _cited(self) -> list[dict[str, Any]]:
        """Sources that a node or an edge names."""
        parts = [data for _, data in self.graph.nodes(data=True)]
        parts += [data for *_, data in self.graph.edges(data=True)]
        named = {key for data in parts for key in data.get("sources", "").split(";")}
        rows = self.sources[self.sources["key"].isin(named)].sort_values("key")
        columns = [name for name in SOURCE_COLUMNS if name in rows.columns]
        return [plain_attributes(row) for row in rows[columns].to_dict("records")]


def _reference(row: Mapping[str, Any]) -> str:
    parts = [str(row[name]) for name in SOURCE_COLUMNS[1:5] if row.get(name)]
    return ", ".join(parts)


def _csv(rows: list[dict[str, Any]]) -> str:
    """Rows as CSV; numbers in full, so that they read back equal."""
    from supplygraph.analysis.records.export_tables import columns_of, inert

    names = columns_of(rows)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(inert(row.get(name, ""))) for name in names])
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else value
