"""Removals: which makers, materials and arcs are taken away, and how much of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from supplygraph.errors import SelectorError
from supplygraph.graph import SupplyGraph
from supplygraph.selectors import Removal, did_you_mean, fits, parse_removal


@dataclass(frozen=True)
class Shock:
    """Share that is left of every activity, every made material and every arc (1 = untouched).

    Attributes
    ----------
    activity
        Per activity: of its base output under `none`, of its capacity under `free`.
    made
        Per pool: of what the pool makes (removal of an element or material).
    arc
        Per arc: of its base flow.
    """

    activity: np.ndarray
    made: np.ndarray
    arc: np.ndarray

    @staticmethod
    def nothing(graph: SupplyGraph) -> Shock:
        """A shock that takes nothing away."""
        return Shock(
            np.ones(graph.n_activities), np.ones(len(graph.pools)), np.ones(len(graph.arcs))
        )

    def with_(self, other: Shock) -> Shock:
        """Both shocks; where they meet the tighter one counts."""
        return Shock(
            np.minimum(self.activity, other.activity),
            np.minimum(self.made, other.made),
            np.minimum(self.arc, other.arc),
        )

    @property
    def empty(self) -> bool:
        """Whether it takes nothing away."""
        return bool((self.activity == 1).all() and (self.made == 1).all() and (self.arc == 1).all())


def shock_of(graph: SupplyGraph, removal: Removal) -> Shock:
    """The shock of one removal.

    A selector that names only elements or materials and places acts on what is made there
    (plants keep their other outputs; an element empties its oxides and the metals made of it
    alone); `id=material:from>to` on an arc; any other on plants.

    Raises
    ------
    SelectorError
        If the selector names nothing, or only plants that are never open.
    """
    left = 1.0 - removal.share
    selector = removal.selector
    shock = Shock.nothing(graph)
    ids = selector.value("id")
    if len(selector.terms) == 1 and ids and any(">" in name for name in ids):
        for name in ids:
            shock.arc[_arcs_named(graph, name)] = left
        return shock
    if graph.names_pools(selector):
        mask = graph.select_pools(selector)
        if {t.key for t in selector.terms} & {"element"}:
            mask = graph.refined(mask)
        _need(mask, selector.text)
        shock.made[mask] = left
        return shock
    mask = graph.select_activities(selector)
    _need(mask, selector.text)
    shock.activity[mask] = left
    return shock


def _arcs_named(graph: SupplyGraph, name: str) -> list[int]:
    """Indices of the arcs an id or a glob names."""
    index = graph.find_arc(name)
    found = [index] if index >= 0 else []
    if not found:
        found = [i for i, arc in enumerate(graph.arcs["id"]) if fits("=", name, str(arc))]
    if not found:
        hint = did_you_mean(name, graph.arcs["id"])
        raise SelectorError(f"removal: no arc '{name}'. {hint}")
    return found


def _need(mask: np.ndarray, text: str) -> None:
    if not mask.any():
        raise SelectorError(f"removal '{text}': nothing fits all of its terms. Drop one.")


def parse_shock(graph: SupplyGraph, texts: Iterable[str]) -> Shock:
    """The joint shock of several removals as text.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> from supplygraph.graph import compile_graph
    >>> graph = compile_graph(read_dataset("three-nodes"))
    >>> parse_shock(graph, ["id=mine-a share=0.75"]).activity.tolist()
    [0.25, 1.0]
    """
    shock = Shock.nothing(graph)
    for text in texts:
        shock = shock.with_(shock_of(graph, parse_removal(text)))
    return shock
