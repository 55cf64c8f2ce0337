"""Two small networks for tests of measures, with base flows known by hand."""

from __future__ import annotations

from functools import cache
from typing import Any

from networks import Network

from supplygraph.scenario.bounds import compose
from supplygraph.scenario.load import scenario_of
from supplygraph.scenario.model import Scenario
from supplygraph.scenario.month_arrays import Bounds
from tests.solved_networks import Solved


@cache
def magnets() -> Solved:
    """China makes 100 t of magnets: 60 for Japan, 40 for the United States, of its own oxide.

    Japan's firm sells a car, the United States a car and a fighter; oxide (dy) goes to a maker in
    Japan that is owned by one in the United States by 60 %.
    """
    net = Network().places("CN", "JP", "US")
    net.add("elements", id="Dy", name="Dysprosium", group="heavy")
    net.material("dy-oxide", "separation").material("magnet", "magnet").material("alloy", "metal")
    net.tables["materials"][0]["element"] = "Dy"
    net.recipe("sep", {"dy-oxide": 1}).recipe("sinter", {"magnet": 1}, {"dy-oxide": 0.1})
    net.recipe("melt", {"alloy": 1}, {"dy-oxide": 1})
    net.plant("cn-sep", "CN", "sep", capacity=40).plant("cn-mag", "CN", "sinter", capacity=100)
    net.plant("jp-melt", "JP", "melt", capacity=20)
    net.product("car", {"magnet": 1}).product("jet", {"alloy": 1})
    net.demand("car", JP=60, US=40).demand("jet", US=20)
    net.tables["products"][1]["segment"] = "military"
    net.add("operators", id="op", name="Op", country="CN")
    net.add("operators", id="owner", name="Owner", country="US")
    net.add("operators", id="half", name="Half", country="JP", parent_id="owner", share=0.6)
    net.add("operators", id="third", name="Third", country="JP", parent_id="half", share=0.3)
    net.add("operators", id="dark", name="Dark", country="JP", parent_id="owner")
    net.tables["facilities"][2]["operator"] = "half"
    net.trade("magnet", "CN", "JP", 60).trade("magnet", "CN", "US", 40)
    net.trade("dy-oxide", "CN", "JP", 20).trade("alloy", "JP", "US", 20)
    return net.solve()


def scenario(
    *measures: dict[str, Any], start: str = "2025-01", months: int = 3, **keys: Any
) -> Scenario:
    """A scenario over the network of `magnets`."""
    content = {"title": "t", "start": start, "months": months, "measures": list(measures), **keys}
    return scenario_of(magnets().graph.dataset, content)


def bounds(*measures: dict[str, Any], **keys: Any) -> Bounds:
    """Its bounds."""
    solved = magnets()
    return compose(solved.graph, solved.baseline, scenario(*measures, **keys))


def arc(found: Bounds, name: str) -> list[float]:
    """One arc, month by month."""
    return found.arc[:, magnets().graph.find_arc(name)].tolist()


def entry(found: Bounds, block: str, name: str) -> list[float]:
    """One entry of a block, month by month."""
    graph = magnets().graph
    ids = {
        "activity": list(graph.activities["id"]),
        "made": list(graph.pools["id"]),
        "release": list(graph.pools["id"]),
        "hold": list(graph.pools["id"]),
        "demand": list(graph.demands["product"] + "@" + graph.demands["market"]),
        "denied": [
            *graph.activities["id"],
            *(graph.demands["product"] + "@" + graph.demands["market"]),
        ],
    }[block]
    return getattr(found, block)[:, ids.index(name)].tolist()
