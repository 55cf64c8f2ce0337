"""A networkx graph as text of GraphML, GEXF and Cytoscape JSON; same graph, same bytes.

Attributes are made plain first: lists joined by semicolons, what is not known left out, text
without the control characters that no XML file may hold.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

import networkx as nx

from supplygraph.precision import stated

GEXF = "http://www.gexf.net/1.2draft"
# Control characters, lone halves of characters, and marks that reverse the direction of text.
_ILLEGAL = re.compile(
    "[^\\x20-\\x7e\\xa0-\\u2027\\u202f-\\u2065\\u206a-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]+"
)
_TYPES = {bool: "boolean", int: "long", float: "double", str: "string"}


def plain_text(text: str) -> str:
    r"""One line of text that XML, CSV and spreadsheets can all hold.

    Examples
    --------
    >>> plain_text("a\x00\n\tb \ud800c")
    'a b c'
    """
    return " ".join(_ILLEGAL.sub(" ", text).split())


def plain_attributes(attributes: Mapping[str, Any]) -> dict[str, bool | int | float | str]:
    """Attributes as bool, int, float or text; what is not known is left out.

    Examples
    --------
    >>> plain_attributes({"a": None, "b": float("nan"), "c": ("x", "y"), "d": True, "e": -0.0})
    {'c': 'x;y', 'd': True, 'e': 0.0}
    """
    found: dict[str, bool | int | float | str] = {}
    for name, value in attributes.items():
        if hasattr(value, "item"):
            value = value.item()
        if isinstance(value, list | tuple):
            value = ";".join(str(item) for item in value)
        if isinstance(value, float):
            if not math.isfinite(value):
                continue
            value = stated(value)
        if value is None or value == "":
            continue
        found[name] = value if isinstance(value, bool | int | float) else plain_text(str(value))
    return found


def plain_graph(graph: nx.MultiDiGraph, **about: str) -> nx.MultiDiGraph:
    """A copy with plain attributes; `about` is added to those of the whole graph."""
    result = nx.MultiDiGraph(**plain_attributes({**graph.graph, **about}))
    for node, attributes in graph.nodes(data=True):
        result.add_node(node, **plain_attributes(attributes))
    for source, target, key, attributes in graph.edges(keys=True, data=True):
        result.add_edge(source, target, key=key, **plain_attributes(attributes))
    return result


def graphml_text(graph: nx.MultiDiGraph) -> str:
    """GraphML of a plain graph; networkx reads it back as it is.

    Examples
    --------
    >>> graph = nx.MultiDiGraph()
    >>> _ = graph.add_edge("a", "b", key="k", quantity=0.1)
    >>> nx.parse_graphml(graphml_text(graph), force_multigraph=True)["a"]["b"]["k"]["quantity"]
    0.1
    """
    buffer = io.BytesIO()
    nx.write_graphml_xml(graph, buffer, encoding="utf-8", prettyprint=True, named_key_ids=True)
    return buffer.getvalue().decode("utf-8")


def gexf_text(graph: nx.MultiDiGraph, description: str) -> str:
    """GEXF of a plain graph, with the flow as weight and the description in its head.

    networkx's own writer dates each file, so the same graph would give other bytes each day.

    Parameters
    ----------
    graph
        Plain graph; node attribute ``name`` becomes the label, edge attribute ``quantity``
        the weight.
    description
        What it shows, units and sources.

    Examples
    --------
    >>> graph = nx.MultiDiGraph()
    >>> _ = graph.add_edge("a", "b", key="k", quantity=0.1)
    >>> back = nx.read_gexf(io.StringIO(gexf_text(graph, "toy")))
    >>> list(back.edges(data="quantity"))
    [('a', 'b', 0.1)]
    """
    root = ET.Element("gexf", {"xmlns": GEXF, "version": "1.2"})
    meta = ET.SubElement(root, "meta")
    ET.SubElement(meta, "creator").text = "supplygraph"
    ET.SubElement(meta, "description").text = plain_text(description)
    body = ET.SubElement(root, "graph", defaultedgetype="directed", mode="static")
    node_keys = _gexf_keys(body, "node", (data for _, data in graph.nodes(data=True)))
    edge_keys = _gexf_keys(body, "edge", (data for *_, data in graph.edges(data=True)))
    nodes = ET.SubElement(body, "nodes")
    for node, data in graph.nodes(data=True):
        label = str(data.get("name", node))
        _gexf_values(ET.SubElement(nodes, "node", id=str(node), label=label), data, node_keys)
    edges = ET.SubElement(body, "edges")
    for number, (source, target, key, data) in enumerate(graph.edges(keys=True, data=True)):
        named = {"id": str(number), "source": str(source), "target": str(target)}
        named |= {"label": plain_text(str(key)), "weight": repr(float(data.get("quantity", 0.0)))}
        _gexf_values(ET.SubElement(edges, "edge", named), data, edge_keys)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f"<?xml version='1.0' encoding='utf-8'?>\n{text}\n"


def _gexf_keys(
    body: ET.Element, kind: str, rows: Iterable[Mapping[str, Any]]
) -> dict[str, tuple[str, str]]:
    """Declares attributes; id and type of each. A number and text of one name become text."""
    types: dict[str, str] = {}
    for data in rows:
        for name, value in data.items():
            type_ = _TYPES[type(value)]
            seen = types.setdefault(name, type_)
            if seen != type_:
                types[name] = "double" if {seen, type_} == {"long", "double"} else "string"
    block = ET.SubElement(body, "attributes", {"class": kind, "mode": "static"})
    keys = {}
    for number, name in enumerate(sorted(types)):
        keys[name] = (str(number), types[name])
        ET.SubElement(block, "attribute", id=str(number), title=name, type=types[name])
    return keys


def _gexf_values(
    element: ET.Element, data: Mapping[str, Any], keys: Mapping[str, tuple[str, str]]
) -> None:
    values = ET.SubElement(element, "attvalues")
    for name in sorted(data):
        key, value = keys[name][0], data[name]
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if isinstance(value, float):
            text = repr(value)
        ET.SubElement(values, "attvalue", {"for": key, "value": text})


def cytoscape_text(graph: nx.MultiDiGraph) -> str:
    """Cytoscape JSON (.cyjs) of a plain graph.

    Examples
    --------
    >>> graph = nx.MultiDiGraph(name="toy")
    >>> _ = graph.add_edge("a", "b", key="k", quantity=0.1)
    >>> back = nx.cytoscape_graph(json.loads(cytoscape_text(graph)))
    >>> back.graph["name"], back["a"]["b"]["k"]["quantity"]
    ('toy', 0.1)
    """
    data = nx.cytoscape_data(graph)
    data["data"] = dict(graph.graph)
    for number, edge in enumerate(data["elements"]["edges"]):
        edge["data"] = {"id": f"e{number}", **edge["data"]}
    return json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
