"""The one step that limits a cover, as materials and in words.

From the need that is served least the step is followed up the chain as long as inputs make most
of the price of what they go into: a step is full only where its own rent is more than what it
draws. The words are made from recipes, needs and names of the dataset alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from supplygraph.engines.shocked_model import Allocation
from supplygraph.graph import SupplyGraph
from supplygraph.tolerances import NO_FLOW
from supplygraph.vocabulary import STAGES

RENT = 0.5
MOST_STEPS = len(STAGES) + 2  # bundles and carbonates are steps inside a stage


@dataclass(frozen=True)
class BindingStep:
    """What binds.

    Attributes
    ----------
    materials
        Ids of the material and of those that replace it; none if nothing binds.
    because
        The step in words; empty if nothing binds.
    """

    materials: tuple[str, ...] = ()
    because: str = ""


class BindingSteps:
    """Finds the step that binds in any allocation over one network.

    Parameters
    ----------
    graph
        Compiled network.
    activities
        Columns of the activities in an allocation.
    """

    def __init__(self, graph: SupplyGraph, activities: slice) -> None:
        self.graph, self.activities = graph, activities
        self.material = graph.pools["material"].to_numpy()
        tables = graph.dataset.tables
        materials = tables["materials"].set_index("id")
        self.names, self.stages = materials["name"].to_dict(), materials["stage"].to_dict()
        self.elements = {name: tuple(found) for name, found in materials["element"].items()}
        self.products = tables["products"].set_index("id")["name"].to_dict()

    def of(self, counted: np.ndarray, answer: Allocation) -> BindingStep:
        """The step behind what is not served; empty if all is, or nothing has a price.

        Parameters
        ----------
        counted
            Tonnes that count, per demand.
        answer
            What covers most of them.
        """
        path = self._path(counted, answer)
        if not path:
            return BindingStep()
        return BindingStep(tuple(sorted(self._alternatives(path[-1]))), self._words(path))

    def _path(self, counted: np.ndarray, answer: Allocation) -> list[int]:
        """Inputs from the dearest one of the worst served need up to the step that binds."""
        graph, inputs = self.graph, self.graph.inputs
        short = counted * (1.0 - answer.served)
        if short.max(initial=0.0) <= NO_FLOW * max(counted.sum(), NO_FLOW):
            return []
        own = np.flatnonzero(inputs.user == graph.n_activities + int(short.argmax()))
        worth = answer.price[inputs.pool[own]] * inputs.quantity[own]
        if worth.max(initial=0.0) <= 0:
            return []
        path = [int(own[int(worth.argmax())])]
        for _ in range(MOST_STEPS):
            below = self._dearest_input(self._taken(path[-1]), answer)
            if below is None:
                break
            path.append(below)
        return path

    def _dearest_input(self, name: str, answer: Allocation) -> int | None:
        """Entry of the dearest input where a material is made, if inputs make most of its price."""
        graph, inputs = self.graph, self.graph.inputs
        level = answer.x[self.activities]
        rows = np.flatnonzero(self.material[graph.made_pool] == name)
        rows = rows[level[graph.made_activity[rows]] > 0]
        maker, made = graph.made_activity[rows], graph.made_pool[rows]
        value = float((level[maker] * graph.made_quantity[rows] * answer.price[made]).sum())
        entries = np.flatnonzero(np.isin(inputs.user, maker))
        if value <= 0 or not len(entries):
            return None
        price = answer.price[inputs.pool[entries]]
        cost = level[inputs.user[entries]] * inputs.quantity[entries] * price
        total: dict[str, float] = {}
        for below, part in zip(self.material[inputs.pool[entries]], cost, strict=True):
            total[below] = total.get(below, 0.0) + float(part)
        # All inputs together: two that are dear side by side hide no limit of the step itself.
        if sum(total.values()) < RENT * value:
            return None
        best = max(sorted(total), key=lambda key: total[key])
        same = self.material[inputs.pool[entries]] == best
        return int(entries[same][int(cost[same].argmax())])

    def _taken(self, entry: int) -> str:
        return str(self.material[self.graph.inputs.pool[entry]])

    def _alternatives(self, entry: int) -> list[str]:
        """The material that an input takes and those that replace it, each once."""
        inputs = self.graph.inputs
        same = self.material[inputs.pool[inputs.group == inputs.group[entry]]]
        return list(dict.fromkeys(map(str, same)))

    def _words(self, path: list[int]) -> str:
        """Name and stage of what binds, and why: a choice that needs it, or its one use."""
        bound = self._alternatives(path[-1])
        head = _or(f"{self._name(name)}{self._stage(name)}" for name in bound)
        choice = self._choice(path)
        if choice is not None:
            needed = self._symbols(self._alternatives(path[choice]))
            return f"{head}: {self._user(path, choice)} needs {needed}"
        user = int(self.graph.inputs.user[path[-1]])
        mixed = not any(self.elements[name] for name in bound)
        if mixed and user < self.graph.n_activities:
            return f"{head}, feed of {self._process(user)}"
        return f"{head}, for {self._user(path, len(path) - 1)}"

    def _choice(self, path: list[int]) -> int | None:
        """Place of the last input that others replace and that what binds is, or goes into."""
        bound = {part for name in self._alternatives(path[-1]) for part in self.elements[name]}
        for place in range(len(path) - 1, -1, -1):
            others = self._alternatives(path[place])
            chosen = {part for name in others for part in self.elements[name]}
            if len(others) > 1 and (place == len(path) - 1 or bound & chosen):
                return place
        return None

    def _user(self, path: list[int], place: int) -> str:
        """Name of what an input goes into: the material made next, at the end the product."""
        if place > 0:
            return self._name(self._taken(path[place - 1]))
        demand = int(self.graph.inputs.user[path[0]]) - self.graph.n_activities
        product = str(self.graph.demands["product"].iat[demand])
        return str(self.products.get(product) or product)

    def _process(self, activity: int) -> str:
        table = self.graph.activities
        names = (str(table["process"].iat[activity]), str(table["stage"].iat[activity]))
        return " ".join(dict.fromkeys(name for name in names if name))

    def _name(self, material: str) -> str:
        return str(self.names.get(material) or material)

    def _stage(self, material: str) -> str:
        """Stage of a material in brackets, unless its name ends with it, as a metal's does."""
        stage = str(self.stages[material])
        return "" if self._name(material).endswith(stage) else f" ({stage})"

    def _symbols(self, materials: list[str]) -> str:
        """Elements of materials that replace each other; their names where one has none."""
        symbols = ["".join(self.elements[name]) for name in materials]
        return _or(symbols if all(symbols) else map(self._name, materials))


def _or(words: Iterable[str]) -> str:
    """Words as a choice, each once.

    Examples
    --------
    >>> _or(["Dy", "Tb", "Dy"])
    'Dy or Tb'
    """
    return " or ".join(dict.fromkeys(words))
