"""What is asked of the years to come: years, elements, regions and portfolios, all checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from supplygraph.baseline import Baseline
from supplygraph.dataset.names import full_names
from supplygraph.errors import UsageError
from supplygraph.hints import did_you_mean
from supplygraph.vocabulary import ELEMENT_GROUPS, STAGES

PROJECT_STAGES = STAGES[:-1]  # no project makes components
WHOLE = ("announced", "binding", "late-12", "late-24", "odds", "none")
VARIANTS = (*WHOLE, *(f"without-{stage}" for stage in PROJECT_STAGES))
USUAL = ("announced", "binding", "late-24", *(f"without-{stage}" for stage in PROJECT_STAGES))
DRAWS = 20
Word = TypeVar("Word", str, int)


@dataclass(frozen=True)
class OutlookQuestion:
    """What is asked of the years to come.

    Attributes
    ----------
    years, elements
        Years; elements, ``NdPr`` for neodymium and praseodymium together.
    pool
        Regions that stand together.
    variants
        Portfolios, of `VARIANTS`.
    growth
        Of demand a year since the base year.
    known_to
        Last month whose steps have come as dated; later ones slip in ``late-12`` and ``late-24``.
    seed, draws
        Of ``odds``: projects drawn by their chance, that many times.
    """

    years: tuple[int, ...] = (2026, 2028, 2030)
    elements: tuple[str, ...] = ("NdPr", "Dy", "Tb", "Sm", "Y")
    pool: tuple[str, ...] = ("US", "EU", "JP")
    variants: tuple[str, ...] = USUAL
    growth: float = 0.0
    known_to: str = "2026-10"
    seed: int = 0
    draws: int = DRAWS

    def checked(self, baseline: Baseline) -> OutlookQuestion:
        """The same with every word once, when all are known.

        Raises
        ------
        UsageError
            If a year, an element, a region or a portfolio is not, or none is asked for.
        """
        graph = baseline.graph
        known = {
            "portfolio": (self.variants, VARIANTS),
            "region": (self.pool, sorted(set(graph.demands["region"]))),
            "element": (self.elements, [*graph.dataset.tables["elements"]["id"], *ELEMENT_GROUPS]),
        }
        for what, (asked, there) in known.items():
            if not asked:
                raise UsageError(f"no {what} is asked for. Write such as {there[0]}.")
            for word in asked:
                if word not in there:
                    hint = did_you_mean(word, there, full_names(graph.dataset))
                    raise UsageError(f"no {what} '{word}'. {hint}")
        if not self.years:
            raise UsageError("no year is asked for. Write such as 2030.")
        for year in self.years:
            if not graph.base_year <= year <= 2040:
                raise UsageError(f"year {year} is out of {graph.base_year}..2040. Write 2030.")
        if not -0.5 <= self.growth <= 1.0:
            raise UsageError(f"growth {self.growth:g} a year is out of -0.5..1. Write 0.05.")
        return replace(
            self,
            years=_once(self.years),
            elements=_once(self.elements),
            pool=_once(self.pool),
            variants=_once(self.variants),
        )


def _once(words: tuple[Word, ...]) -> tuple[Word, ...]:
    return tuple(dict.fromkeys(words))
