"""A chain with something removed: only the questions that count what was removed."""

from __future__ import annotations

from functools import partial
from typing import Any, NoReturn

from supplygraph.analysis.losses.chokepoints import upper_limit
from supplygraph.api import losses, stocks
from supplygraph.api.handle import Handle, Taken
from supplygraph.api.questions import question
from supplygraph.errors import SelectorError, UsageError
from supplygraph.hints import check_choice
from supplygraph.scenario.export_stops import is_measure
from supplygraph.scenario.shocks import FORMS, UnsizedPlantError

RANKING = "Rank the loaded chain; solve() tells what several removals lose."
SCENARIO = "Put removals into the scenario instead, or ask the loaded chain."
# How to ask what counts no removal, where there is more to say than to ask the loaded chain.
WAYS_OUT = {
    "chokepoints": RANKING,
    "rank": RANKING,
    "deals": "Name what stops in `without`, and ask the loaded chain.",
} | dict.fromkeys(("account", "bounds", "compare", "duties", "inferred_cover", "run"), SCENARIO)


def remove(chain: Handle, *selectors: str, forms: str = "refined") -> Disrupted:
    """The chain without what the selectors name; the one asked stays as it is.

    Parameters
    ----------
    selectors
        Selectors of what is taken away, such as ``country=CN process=heavy`` or ``id=my-lynas-lamp
        share=0.5``.
    forms
        Forms of an element that are taken away: its oxides and the metals made of it alone, or
        every material whose row names it, such as mixed metals too (not magnets). One of
        ``refined`` or ``all``.

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
    >>> hit, hit.solve().total["loss_none"]
    (<Disrupted three-nodes without id=mine-a share=0.5>, 0.5)
    """
    taken = chain.taken
    return _taking(chain, Taken((*taken.removed, *selectors), taken.stopped, _forms(chain, forms)))


def stop_exports(chain: Handle, *selectors: str, forms: str = "refined") -> Disrupted:
    """The chain in which exports of what the selectors name end; the one asked stays as it is.

    The plants go on and serve their own country. ``measure=ID`` names the goods that a measure
    lists, all together.

    Parameters
    ----------
    selectors
        Selectors of what is taken away, such as ``country=CN process=heavy`` or ``id=my-lynas-lamp
        share=0.5``.
    forms
        Forms of an element that are taken away: its oxides and the metals made of it alone, or
        every material whose row names it, such as mixed metals too (not magnets). One of
        ``refined`` or ``all``.

    Raises
    ------
    SelectorError
        If one does not parse or names nothing.
    UnsizedPlantError
        If one names a plant of which nobody states the tonnes; says how much it loses at most.

    Examples
    --------
    >>> import supplygraph as sg
    >>> hit = sg.load("three-nodes").stop_exports("id=mine-a share=0.5")
    >>> hit, hit.solve().abroad["loss_12m"]
    (<Disrupted three-nodes without exports of id=mine-a share=0.5>, 0.5)
    """
    taken = chain.taken
    return _taking(chain, Taken(taken.removed, (*taken.stopped, *selectors), _forms(chain, forms)))


def _forms(chain: Handle, forms: str) -> str:
    """Forms asked for; what was asked for once holds for what is taken away later."""
    check_choice(forms, FORMS, "forms")
    return chain.taken.forms if chain.taken and forms == FORMS[0] else forms


def _taking(chain: Handle, taken: Taken) -> Disrupted:
    for text in (*taken.removed, *taken.stopped):
        if not isinstance(text, str):
            raise UsageError(f"{text!r} is no selector. Give texts such as 'country=CN'.")
    for text in filter(is_measure, taken.removed):
        raise SelectorError(
            f"'{text}' names goods whose exports a measure controls. Stop their exports: "
            "stop_exports(...), or --as export-stop."
        )
    try:
        taken.stop(chain.baseline)
    except UnsizedPlantError as error:
        at_most = upper_limit(chain.loaded.tracer(), error.plant)
        raise UnsizedPlantError(error.plant, f"{error}{at_most}") from None
    return Disrupted(chain._whole if isinstance(chain, Disrupted) else chain, taken)


class Disrupted(Handle):
    """A supply chain without something, made by `Chain.remove` or `Chain.stop_exports`.

    `solve` and `cover` count what was taken away; `remove` and `stop_exports` take away more. Any
    other question of a chain is refused with the way out: an answer that passed over the removals
    would look right.

    Parameters
    ----------
    whole
        The chain as it was loaded.
    taken
        What was taken away.
    """

    def __init__(self, whole: Handle, taken: Taken) -> None:
        super().__init__(whole.loaded, taken)
        self._whole = whole

    solve = question(losses.solve)
    cover = question(stocks.cover)
    remove = question(remove)
    stop_exports = question(stop_exports)

    def __repr__(self) -> str:
        return f"<Disrupted {self.dataset.name} without {self.taken or 'nothing'}>"

    def __getattr__(self, name: str) -> Any:
        """Asked only for what this class has not: a question about a whole chain, or a slip."""
        if name.startswith("_") or not hasattr(type(self._whole), name):
            message = f"'Disrupted' object has no attribute '{name}'"
            raise AttributeError(message, name=name, obj=self)  # Python adds what was meant
        if not self.taken:  # `remove()` of nothing, as a loop over choices may ask for
            return getattr(self._whole, name)
        if name == "graph":  # an attribute: it is not called, so it is refused when it is read
            self._refuse("to_networkx")
        return partial(self._refuse, name)

    def _refuse(self, name: str, *given: object, **options: object) -> NoReturn:
        way_out = WAYS_OUT.get(name, "Ask the loaded chain.")
        raise UsageError(
            f"{name} asks about a whole chain, and this one is without {self.taken}. {way_out}"
        )
