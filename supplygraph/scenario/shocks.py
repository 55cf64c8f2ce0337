"""Removals: which makers, materials and arcs are taken away, and how much of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from supplygraph.dataset.names import full_names
from supplygraph.errors import SelectorError
from supplygraph.graph import SupplyGraph
from supplygraph.hints import did_you_mean
from supplygraph.scenario.element_forms import pools_containing
from supplygraph.selectors import Removal, Selector, Term, fits, parse_removal

CLOSING = ("rest", "country")  # rows that close a group to its total
UNRECORDED = "unrecorded"
FORMS = ("refined", "all")  # of an element
GLOB = frozenset("*?")
# What a document or row that is no part of the network is called, and how it acts instead.
ON_RECORD = {
    "measures": ("a measure", "Let it act with --measure {name}."),
    "projects": ("a project", "Leave it unbuilt with --projects, or name its plant."),
    "deals": ("a deal", "Name a plant, or one of its projects with --projects."),
}


class UnsizedPlantError(SelectorError):
    """A removal of a plant that is known while no line states its tonnes.

    Attributes
    ----------
    plant
        Its id.
    """

    def __init__(self, plant: str, message: str) -> None:
        super().__init__(message)
        self.plant = plant


@dataclass(frozen=True)
class ExportsLeft:
    """What plants that stop exporting leave to be exported, when others may step in.

    Attributes
    ----------
    arc
        Per arc: of its base flow, whoever else could send.
    pool
        Per pool: of all that left it in the base year; plants that do not stop may add what they
        make beyond that year. 1 = no limit.
    stopped
        Per activity: whether its exports stop, in whole or in part.
    """

    arc: np.ndarray
    pool: np.ndarray
    stopped: np.ndarray

    def with_(self, other: ExportsLeft) -> ExportsLeft:
        """Both; where they meet the tighter one counts."""
        return ExportsLeft(
            np.minimum(self.arc, other.arc),
            np.minimum(self.pool, other.pool),
            self.stopped | other.stopped,
        )


@dataclass(frozen=True)
class Shock:
    """Share that is left of every activity, every made material and every arc (1 = untouched).

    Attributes
    ----------
    activity
        Per activity: of its base output under `none`, of its capacity under `least`.
    made
        Per pool: of what the pool makes (removal of an element or material).
    arc
        Per arc: of its base flow.
    exports
        Of plants that stop exporting: what counts in place of `arc` where anybody may reroute.
    """

    activity: np.ndarray
    made: np.ndarray
    arc: np.ndarray
    exports: ExportsLeft | None = None

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
            self.left_to_export.with_(other.left_to_export)
            if self.exports or other.exports
            else None,
        )

    @property
    def left_to_export(self) -> ExportsLeft:
        """What is left of exports where anybody may reroute."""
        if self.exports is not None:
            return self.exports
        none = np.zeros(len(self.activity), dtype=bool)
        return ExportsLeft(self.arc, np.ones(len(self.made)), none)

    @property
    def empty(self) -> bool:
        """Whether it takes nothing away."""
        return bool((self.activity == 1).all() and (self.made == 1).all() and (self.arc == 1).all())


def shock_of(graph: SupplyGraph, removal: Removal, forms: str = FORMS[0]) -> Shock:
    """The shock of one removal.

    A selector that names only elements or materials and places acts on what is made there
    (plants keep their other outputs; an element empties its oxides and the metals made of it
    alone); `id=` on a plant, an arc ``material:from>to``, a pool ``material@market`` or the row of
    a ranking such as ``CN/heavy``; any other on plants.

    Parameters
    ----------
    graph
        Compiled network.
    removal
        Selector and share.
    forms
        Of an element ``refined`` (its oxides and its own metals) or ``all`` that name it.

    Raises
    ------
    SelectorError
        If the selector names nothing, or only plants that are never open.
    UnsizedPlantError
        If it names a plant of which no line states the tonnes.
    """
    left = 1.0 - removal.share
    selector = removal.selector
    shock = Shock.nothing(graph)
    ids = selector.value("id")
    if len(selector.terms) == 1 and ids:
        for name in ids:
            part, entries = _named(graph, name, selector.text)
            getattr(shock, part)[entries] = left
        return shock
    if graph.names_pools(selector):
        mask = graph.select_pools(selector)
        if {t.key for t in selector.terms} & {"element"}:
            every = forms == "all"
            mask = pools_containing(graph, selector) if every else graph.refined(mask)
        _need(mask, selector.text)
        shock.made[mask] = left
        return shock
    mask = graph.select_activities(selector)
    _need(mask, selector.text)
    shock.activity[mask] = left
    return shock


def real_places(graph: SupplyGraph) -> np.ndarray:
    """Mask of activities of real places: no closing row of a group of countries, no hole.

    Rankings of countries count these, and so does a removal by the id of such a row.
    """
    table, countries = graph.activities, graph.dataset.tables["countries"]
    size = countries.groupby("market")["id"].count()
    pooled = table["country"].isin(size[size > 1].index)
    found = ~(pooled & table["kind"].isin(CLOSING)) & (table["process"] != UNRECORDED)
    return found.to_numpy(dtype=bool)


def _named(graph: SupplyGraph, name: str, text: str) -> tuple[str, np.ndarray]:
    """Part of a shock and its entries that one id names: a plant before all else."""
    if ">" in name:
        return "arc", np.array(_arcs_named(graph, name))
    if GLOB & set(name) or (graph.activities["id"] == name).any():
        plants = Selector((Term("id", "=", (name,)),), text)
        return "activity", np.flatnonzero(graph.select_activities(plants))
    rows = [(part, np.flatnonzero(mask)) for part, mask in _rows_of_rankings(graph, name)]
    rows = [(part, entries) for part, entries in rows if len(entries)]
    if not rows:
        raise _unnamed(graph, name, text)
    part, entries = rows[0]
    if any(other != part or not np.array_equal(entries, these) for other, these in rows[1:]):
        raise SelectorError(
            f"removal '{text}': '{name}' names two different things. Write keys, such as "
            "country=CN process=heavy, operator=ID or element=ID."
        )
    return part, entries


def _rows_of_rankings(graph: SupplyGraph, name: str) -> Iterator[tuple[str, np.ndarray]]:
    """What the row of this id removes in each ranking, and what is made of a material."""
    table, pools, real = graph.activities, graph.pools, real_places(graph)
    first, slash, second = name.partition("/")
    holds = np.array([first in cell for cell in pools["element"]], dtype=bool)
    element = graph.refined(holds)
    here = real & (table["country"] == first).to_numpy()
    if slash:
        yield "activity", here & (table["stage"] == second).to_numpy()
        yield "activity", here & (table["process"] == second).to_numpy()
        yield "made", element & (pools["market"] == second).to_numpy()
        return
    yield "activity", here
    own = ~table["kind"].isin(CLOSING).to_numpy()
    yield "activity", own & np.array([name in chain for chain in graph.controllers], dtype=bool)
    yield "made", element
    yield "made", (pools["material"] == name).to_numpy()
    yield "made", (pools["id"] == name).to_numpy()


def _unnamed(graph: SupplyGraph, name: str, text: str) -> SelectorError:
    """Why an id cannot be removed: what it is, or that there is none."""
    dataset, head = graph.dataset, f"removal '{text}': '{name}'"
    plants = dataset.tables["facilities"]
    if name in set(plants["id"]):
        return UnsizedPlantError(name, f"{head} {_without_line(graph, name)}")
    for folder, (word, way_out) in ON_RECORD.items():
        found = dataset.documents.get(folder, {})
        if name in {str(content.get("id", stem)) for stem, content in found.items()}:
            way_out = way_out.format(name=name)
            return SelectorError(f"{head} is {word}, no part of the chain. {way_out}")
    first = name.partition("@")[0]
    if first in set(dataset.tables["products"]["id"]):
        return SelectorError(
            f"{head} is a product, which is served and not removed. Remove what it needs, such as "
            "a plant or material=ID; --product counts its loss alone."
        )
    for table, word in (
        ("countries", "country"),
        ("operators", "operator"),
        ("elements", "element"),
        ("materials", "material"),
        ("events", "event"),
    ):
        if dataset.has(table) and first in set(dataset.tables[table]["id"]):
            return SelectorError(
                f"{head} is known ({word}), but no line runs or makes it: its removal takes "
                "nothing away. Name another."
            )
    hint = did_you_mean(name, graph.activities["id"], full_names(dataset))
    return SelectorError(f"selector '{text}': no id '{name}'. {hint}")


def _without_line(graph: SupplyGraph, name: str) -> str:
    """What is known of a plant that no row of capacities gives a line."""
    plants = graph.dataset.tables["facilities"]
    row = plants[plants["id"] == name].iloc[0]
    lined = set(graph.activities["id"])
    parts = [part for part in plants.loc[plants["parent_id"] == name, "id"] if part in lined]
    said = f"is known ({row['status']}), but has no line: nobody states its tonnes."
    if parts:
        return f"{said} Remove its parts: id={'|'.join(sorted(parts))}."
    group = f", or remove its group: id={row['parent_id']}" if row["parent_id"] in lined else ""
    return f"{said} Give it a line in capacities.csv{group}."


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


def parse_shock(graph: SupplyGraph, texts: Iterable[str], forms: str = FORMS[0]) -> Shock:
    """The joint shock of several removals as text; `forms` as of `shock_of`.

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
        shock = shock.with_(shock_of(graph, parse_removal(text), forms))
    return shock
