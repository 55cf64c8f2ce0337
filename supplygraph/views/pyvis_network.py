"""The page's nodes and edges, built with pyvis: the one place that imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplygraph.trade_words import unit_text
from supplygraph.views.layout import StageMatrix, dot_pattern
from supplygraph.views.page_parts import compact
from supplygraph.views.ribbons import ribbon_values
from supplygraph.views.style import COLOURED

if TYPE_CHECKING:
    from pyvis.network import Network

USUAL = ("site", "operating")  # kind and status that a node of the page leaves out
SHAPES = {"rest": "square", "country": "square", "product": "dot"}


def network_of(matrix: StageMatrix) -> Network:
    """A directed pyvis network: a node for each dot and each cell, an edge for each ribbon.

    Physics is off and every node has its place. What the page needs beyond pyvis travels as
    attributes of the nodes and edges.

    Parameters
    ----------
    matrix
        Where everything stands.
    """
    from pyvis.network import Network

    net = Network(directed=True, cdn_resources="local")
    net.toggle_physics(False)
    colour = {lane.id: lane.colour for lane in matrix.lanes}
    for dot in matrix.dots:
        values = dot.values
        net.add_node(
            dot.id,
            label=values["name"] or dot.id,
            shape=SHAPES.get(values["kind"], "dot"),
            x=dot.x,
            y=dot.y,
            size=dot.r,
            color=str(colour.get(values["country"], COLOURED)),
            pattern=dot_pattern(values),
            data=_data(values),
        )
    edges = ribbon_values(matrix.ribbons)
    for lane, block in sorted({tuple(edge[end]) for edge in edges for end in ("from", "to")}):
        net.add_node(_cell(lane, block), label="", shape="box", cell=True)
    for edge in edges:
        source, target = _cell(*edge.pop("from")), _cell(*edge.pop("to"))
        net.add_edge(source, target, data=compact(edge))
    return net


def _cell(lane: str, block: str) -> str:
    return f"cell:{lane}/{block}"


def _data(values: dict[str, Any]) -> dict[str, Any]:
    """A node's values as the page shows them, without what its column and place already say."""
    left_out = {"name", "id", "latitude", "longitude", "running", "stage", "unit", "materials"}
    kept = {key: value for key, value in values.items() if key not in left_out}
    kept["facts"] = [
        {
            key: unit_text(fact[key] or "") if key == "unit" else fact[key]
            for key in fact
            if key != "part"
        }
        for fact in values["facts"]
    ]
    if values["kind"] == "product":
        kept["unit"] = unit_text(values["unit"])
    if values.get("latitude") is not None and values.get("longitude") is not None:
        kept["at"] = [round(values["latitude"], 2), round(values["longitude"], 2)]
    if (values["kind"], values["status"]) == USUAL:
        del kept["kind"], kept["status"]
    if values.get("owner") == values.get("operator"):
        kept.pop("owner", None)
    if values.get("owner_country") == values["country"]:
        kept.pop("owner_country", None)
    return compact(kept)
