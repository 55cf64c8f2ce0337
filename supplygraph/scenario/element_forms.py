"""Which materials contain an element: what its removal takes away in all forms.

A material with elements of its own (an oxide, a metal) contains those. An ore or concentrate
contains what `compositions` says. What has neither, such as a magnet, contains what some recipe
cannot do without, or has among inputs that replace each other.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from supplygraph.graph import SupplyGraph
from supplygraph.selectors import Selector


def elements_of(graph: SupplyGraph) -> Mapping[str, frozenset[str]]:
    """Elements by the id of each material.

    Examples
    --------
    >>> from supplygraph.dataset import read_dataset
    >>> from supplygraph.graph import compile_graph
    >>> found = elements_of(compile_graph(read_dataset()))
    >>> sorted(found["dy-oxide"]), "Dy" in found["ndfeb-hre"], "Dy" in found["ndfeb-std"]
    (['Dy'], True, False)
    """
    dataset = graph.dataset
    table = dataset.tables["materials"]
    found = {name: set(own) for name, own in zip(table["id"], table["element"], strict=True)}
    own_elements = {name for name, own in found.items() if own}
    if dataset.has("compositions"):
        parts = dataset.tables["compositions"]
        some = parts[parts["share"] > 0]
        for name, element in zip(some["material"], some["element"], strict=True):
            if name not in own_elements:
                found.setdefault(name, set()).add(element)
    made_of = {name for name, own in found.items() if not own}
    grown = True
    while grown:
        grown = False
        for recipe in graph.recipes.values():
            needed = [flow.material for flow in recipe.inputs if flow.essential]
            inside = set().union(*(found.get(name, set()) for name in needed))
            for out in recipe.outputs:
                if out.material in made_of and not inside <= found[out.material]:
                    found[out.material] |= inside
                    grown = True
    return {name: frozenset(own) for name, own in found.items()}


def pools_containing(graph: SupplyGraph, selector: Selector) -> np.ndarray:
    """Mask of the pools a selector with elements names, in every form of them."""
    rest = Selector(tuple(t for t in selector.terms if t.key != "element"), selector.text)
    mask = graph.select_pools(rest) if rest.terms else np.ones(len(graph.pools), dtype=bool)
    inside = elements_of(graph)
    for term in selector.terms:
        if term.key == "element":
            holds = [bool(inside[name] & set(term.values)) for name in graph.pools["material"]]
            mask = mask & (np.array(holds, dtype=bool) == (term.op != "!="))
    return mask
