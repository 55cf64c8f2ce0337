"""A chain with something removed: only the questions that count what was removed."""

from __future__ import annotations

from functools import partial
from typing import Any, NoReturn

from supplygraph.analysis.losses.chokepoints import upper_limit
from supplygraph.api import losses, stocks
from supplygraph.api.handle import Handle
from supplygraph.errors import UsageError
from supplygraph.scenario import parse_shock
from supplygraph.scenario.shocks import UnsizedPlantError

RANKING = "Rank the loaded chain; solve() tells what several removals lose."
SCENARIO = "Put removals into the scenario instead, or ask the loaded chain."
# How to ask what counts no removal, where there is more to say than to ask the loaded chain.
WAYS_OUT = {
    "chokepoints": RANKING,
    "rank": RANKING,
    "deals": "Name what stops in `without`, and ask the loaded chain.",
} | dict.fromkeys(("account", "bounds", "compare", "duties", "inferred_cover", "run"), SCENARIO)


def remove(chain: Handle, *selectors: str) -> Disrupted:
    """The chain without what the selectors name; the one asked stays as it is.

    Parameters
    ----------
    selectors
        Selectors of what is taken away, such as ``country=CN process=heavy`` or ``id=my-lynas-lamp
        share=0.5``.

    Raises
    ------
    SelectorError
        If one does not parse or names nothing.
    UnsizedPlantError
        If one names a plant of which nobody states the tonnes; says how much it loses at most.

    Examples
    --------
    >>> import supplygraph as sg
    >>> hit = sg.load("three-nodes").remove("id=mine-a share=0.5")
    >>> hit, hit.solve().total
    (<Disrupted three-nodes without id=mine-a share=0.5>, {'loss_none': 0.5, 'loss_least': 0.33...})
    """
    try:
        parse_shock(chain.network, selectors)
    except UnsizedPlantError as error:
        at_most = upper_limit(chain.loaded.tracer(), error.plant)
        raise UnsizedPlantError(error.plant, f"{error}{at_most}") from None
    whole = chain._whole if isinstance(chain, Disrupted) else chain
    return Disrupted(whole, (*chain.removed, *selectors))


class Disrupted(Handle):
    """A supply chain without something, made by `Chain.remove`.

    `solve` and `cover` count what was removed and `remove` takes away more. Any other question of
    a chain is refused with the way out: an answer that passed over the removals would look right.

    Parameters
    ----------
    whole
        The chain as it was loaded.
    removed
        Selectors of what is removed.
    """

    def __init__(self, whole: Handle, removed: tuple[str, ...]) -> None:
        super().__init__(whole.loaded, removed)
        self._whole = whole

    solve = losses.solve
    cover = stocks.cover
    remove = remove

    def __repr__(self) -> str:
        return f"<Disrupted {self.dataset.name} without {', '.join(self.removed) or 'nothing'}>"

    def __getattr__(self, name: str) -> Any:
        """Asked only for what this class has not: a question about a whole chain, or a slip."""
        if name.startswith("_") or not hasattr(type(self._whole), name):
            raise AttributeError(f"'Disrupted' object has no attribute '{name}'")
        if not self.removed:  # `remove()` of nothing, as a loop over choices may ask for
            return getattr(self._whole, name)
        if name == "graph":  # an attribute: it is not called, so it is refused when it is read
            self._refuse("to_networkx")
        return partial(self._refuse, name)

    def _refuse(self, name: str, *given: object, **options: object) -> NoReturn:
        way_out = WAYS_OUT.get(name, "Ask the loaded chain.")
        without = " and ".join(self.removed)
        raise UsageError(
            f"{name} asks about a whole chain, and this one is without {without}. {way_out}"
        )
