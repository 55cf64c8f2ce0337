"""Two pages on one product in one place: generated statements, what is withheld, and why.

Nothing is written for a question: each sentence is a statement of a result (`Statement`), or names
what no figure carries. What cannot be told is withheld and named, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from supplygraph.analysis.headlines import losses, months, stocks
from supplygraph.analysis.headlines.origins import headline_of_trace
from supplygraph.analysis.headlines.records import moved_words
from supplygraph.analysis.headlines.statement import Statement, Teller, plain_name

if TYPE_CHECKING:
    from supplygraph.results import Results

OTHERS = 3  # further stops that are named
DECIDING = 3  # figures that are named
SEEN = 0.005  # a loss below half a per cent is no finding
NOMINAL = "nominal"  # the flag of a product whose need nobody sized


@dataclass(frozen=True)
class BriefPart:
    """A section of a brief.

    Attributes
    ----------
    title
        Its heading.
    told
        Statements, each with the name of the result it speaks of.
    picture
        Name of the result that is drawn beneath; empty for none.
    """

    title: str
    told: tuple[tuple[str, Statement], ...]
    picture: str = ""


@dataclass(frozen=True)
class Brief:
    """A brief on one product.

    Attributes
    ----------
    question
        What it answers.
    asked
        Product, region and scenario.
    parts
        Sections in order.
    withheld
        What no figure carries, as sentences.
    results
        Results by name, from which every statement is generated.
    """

    question: str
    asked: Mapping[str, str | None]
    parts: tuple[BriefPart, ...]
    withheld: tuple[str, ...]
    results: Mapping[str, Results]

    @property
    def names(self) -> Mapping[str, str]:
        """Full name of every id."""
        return self.results["exports"].names

    @property
    def sources(self) -> dict[str, Mapping[str, str]]:
        """Sources that the rows of its results cite, by id."""
        found: dict[str, Mapping[str, str]] = {}
        for results in self.results.values():
            found.update(results.sources)
        return dict(sorted(found.items()))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the method, each once."""
        said = [note for results in self.results.values() for note in results.warnings]
        return tuple(dict.fromkeys(said))


@dataclass
class _Draft:
    """Statements and what is withheld, while they are gathered."""

    results: Mapping[str, Results]
    product: str
    region: str | None
    withheld: list[str] = field(default_factory=list)

    def tell(self, name: str) -> Teller:
        return Teller(self.results[name])

    def place(self) -> str:
        names = self.results["exports"].names
        product = plain_name(names, self.product)
        return f"{product} in {plain_name(names, self.region)}" if self.region else product


def compose(
    results: Mapping[str, Results], product: str, region: str | None, scenario: str | None
) -> Brief:
    """A brief from the results of its questions.

    Parameters
    ----------
    results
        By name: ``exports`` (a ranking), ``later`` (the same once all announced is built),
        ``cover``, ``trace``, ``deciding``, ``figures``, and where there is something to stop
        ``stop``; with a scenario ``months``. Those left out are withheld.
    product, region, scenario
        What was asked.

    Examples
    --------
    >>> import supplygraph as sg
    >>> brief = sg.load("three-nodes").brief("ev", region="JP")
    >>> brief.parts[0].told[0][1].text.split(":")[0]
    'Dig (mine), China'
    """
    draft = _Draft(results, product, region)
    parts = [
        _exports(draft),
        _when(draft),
        _scenario(draft, scenario) if scenario else _later(draft),
        _binding(draft, bool(scenario)),
        _unknown(draft),
    ]
    asked = {"product": product, "region": region, "scenario": scenario}
    during = f" under the scenario {scenario}" if scenario else ""
    question = f"What can stop {draft.place()}{during}, how soon, and what would make it good?"
    kept = tuple(part for part in parts if part.told)
    withheld = tuple(dict.fromkeys(draft.withheld))
    return Brief(question, asked, kept, withheld, results)


def _exports(draft: _Draft) -> BriefPart:
    tell = draft.tell("exports")
    told = [("exports", losses.headline_of_ranking(tell))]
    if not any((row["loss_abroad_none"] or row["loss_home_none"] or 0) > 0 for row in tell.rows):
        draft.withheld.append("Which exports matter most: nothing that is ranked costs it output.")
    return BriefPart("Whose exports it needs most", tuple(told), "exports")


def _when(draft: _Draft) -> BriefPart:
    told: list[tuple[str, Statement]] = []
    if "stop" in draft.results:
        tell = draft.tell("stop")
        rows = [
            index
            for index, row in enumerate(tell.rows)
            if row["product"] == draft.product and (row["loss_12m"] or 0) >= SEEN
        ]
        rows.sort(key=lambda index: -(tell.rows[index]["demand"] or 0))
        for index in [i for i in rows if draft.region in (None, tell.rows[i]["region"])][:2]:
            if NOMINAL in tell.rows[index]["flags"]:
                draft.withheld.append(
                    "Tonnes: nobody states the size of its need, so shares alone are told."
                )
            told.append(("stop", losses.row_sentence(tell, index)))
    if not told:
        draft.withheld.append("When it is short: no single stop of exports costs it output.")
    if "cover" in draft.results:
        found = stocks.headline_of_cover(draft.tell("cover"))
        if found.figures and not found.text.startswith(stocks.NO_STOCK):
            told.append(("cover", found))
        else:
            draft.withheld.append("Months of stock: nobody states a stock on the way to it.")
    return BriefPart("How soon it would be short", tuple(told), "cover" if len(told) > 1 else "")


def _later(draft: _Draft) -> BriefPart:
    """What is left once all that is announced stands."""
    if "later" not in draft.results:
        draft.withheld.append("What announced plants change: the dataset holds no project.")
        return BriefPart("", ())
    tell = draft.tell("later")
    at = tell.results.params["at"]
    found = losses.headline_of_ranking(tell)
    text = f"With the capacities of {at}, all that is announced built: {found.text}"
    spoken = (*found.spoken, str(at))
    return BriefPart(
        "What is left once all that is announced stands",
        (("later", Statement(text, found.figures, spoken)),),
        "later",
    )


def _scenario(draft: _Draft, scenario: str) -> BriefPart:
    told = (("months", months.headline_of_run(draft.tell("months"))),)
    return BriefPart(f"Under the scenario {scenario}", told, "months")


def _binding(draft: _Draft, during: bool) -> BriefPart:
    """Other stops that cost it output, and where its elements come from."""
    tell = draft.tell("exports")
    told: list[tuple[str, Statement]] = []
    others = [i for i in losses.ranked(tell)[1:] if losses.quoted(tell, i) >= SEEN][:OTHERS]
    if others:
        listed = ", ".join(f"{tell.node(i)} ({losses.quote(tell, i)})" for i in others)
        told.append(("exports", tell.say(f"Besides it needs most the exports of {listed}.")))
    if "trace" in draft.results:
        told.append(("trace", headline_of_trace(draft.tell("trace"))))
    if during and "later" in draft.results:
        told += _later(draft).told
    return BriefPart("What binds", tuple(told), "trace" if "trace" in draft.results else "")


def _unknown(draft: _Draft) -> BriefPart:
    """The figures on which the answer hangs most, and what nobody states."""
    told: list[tuple[str, Statement]] = []
    if "figures" in draft.results:
        tell = draft.tell("figures")
        needs = [i for i, r in enumerate(tell.rows) if r["part"] == "need" and "D" in r["evidence"]]
        if needs:
            count = tell.count(len(needs), "figure of its needs is", "figures of its needs are")
            told.append(("figures", tell.say(f"{count} an assumption of ours (grade D).")))
    if "deciding" in draft.results:
        tell = draft.tell("deciding")
        mine = [i for i, row in enumerate(tell.rows) if _about(row, draft)][:DECIDING]
        told += [("deciding", _settling(tell, index)) for index in mine]
        if not mine:
            draft.withheld.append("Which figure would settle it: none on record moves it most.")
    return BriefPart("What is unknown, and which figures would settle it", tuple(told))


def _about(row: Mapping[str, Any], draft: _Draft) -> bool:
    """Whether a figure moves this product most, such as ``CN/ndfeb none ev@US +38 points``."""
    place = f"{draft.product}@{draft.region or ''}"
    return any(word.startswith(place) for word in str(row["moved_most"]).split())


def _settling(tell: Teller, index: int) -> Statement:
    row = tell.rows[index]
    ends = ""
    if row["low"] is not None and row["high"] is not None:
        low, high = tell.number(index, "low"), tell.number(index, "high")
        ends = f" between {low} and {high}"
    return tell.say(
        f"{tell.as_name(row['id'])} ({row['table']}, grade {row['evidence']}): a closer figure"
        f"{ends} would move {moved_words(tell, row['moved_most'], 'its loss')}."
    )


def statements(brief: Brief) -> Sequence[tuple[str, Statement]]:
    """Every statement of a brief with the name of its result."""
    return [told for part in brief.parts for told in part.told]
