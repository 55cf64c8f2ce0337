"""How much of an element's need is covered in years to come when a country stops.

For an element and the regions that stand together (the pool): tonnes of the element in the
demand that can be served, over all of it, with mean capacities of the year and no stocks.
`cover_high` lets the pool be served first; `cover_low` is the least that is left to it when all
demand outside the stopped country, and that of the pool, counts by tonnes. For one region of the
pool both are ends of the interval that is open while the pool keeps 98 % of its optimum. Lines
that open without published tonnes add nothing there; `cover_unsized` lets them run as far as feed
and buyers go, and for a region beside the higher optimum of the pool, so it may be below the
`cover_high` of that region. Of the pool the truth lies between `cover_none` (base-year flows,
nobody reroutes, no project) and these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from supplygraph.analysis.deals.binding_step import BindingSteps
from supplygraph.analysis.deals.outlook_question import OutlookQuestion
from supplygraph.analysis.origins.element_content import ElementNetwork
from supplygraph.analysis.stocks.cover_grades import CoverGrades
from supplygraph.baseline import Baseline
from supplygraph.engines import Cascade
from supplygraph.engines.coverage import Outlook, YearCapacity
from supplygraph.engines.shocked_model import Allocation
from supplygraph.progress import steps
from supplygraph.scenario import Shock
from supplygraph.scenario.month_arrays import month_range
from supplygraph.scenario.portfolios import Portfolio, chosen, with_projects
from supplygraph.scenario.projects import Project
from supplygraph.vocabulary import ELEMENT_GROUPS

WORDS = ("binding", "evidence", "because")


def outlook_table(
    baseline: Baseline,
    projects: Mapping[str, Project],
    shock: Shock,
    question: OutlookQuestion,
    threads: int = 1,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Cover by element, year, portfolio and place.

    Parameters
    ----------
    baseline
        Balanced base year over the network without later projects.
    projects
        All projects of the dataset.
    shock
        What stops, such as all of one country.
    question
        Years, elements, regions and portfolios.

    Returns
    -------
    table : pandas.DataFrame
        Columns of kind ``outlook`` in `schema/results.csv`.
    warnings : tuple of str
    """
    work = Years(baseline, projects, shock, question.checked(baseline), threads)
    years = steps(work.question.years, "Years")
    rows = [row for year in years for row in work.rows(year)]
    return pd.DataFrame(rows), (*how_to_read(work.question), *work.notes())


def how_to_read(question: OutlookQuestion) -> tuple[str, ...]:
    """What each column of cover means, a sentence each."""
    pool = " + ".join(question.pool)
    one = "; of one of them: the {} it gets while together they keep 98 % of their most"
    least, most = (one.format(word) for word in ("least", "most"))
    if len(question.pool) == 1:
        least = most = ""
    notes = [
        "cover: share of the tonnes of an element that demand needs and gets; cover_none: nobody "
        "changes supplier, no project is built",
        f"cover_low: the least that {pool} get where all buyers outside what stops together get "
        f"the most, by tonnes, whoever they are{least}",
        f"cover_high: the most that {pool} get if they are served before all others{most}",
        "cover_unsized: cover_high if lines whose tonnes nobody states run too, as far as their "
        "feed and buyers go",
    ]
    if "odds" in question.variants:
        notes.append(
            f"odds: of {question.draws} draws of projects by their chance, 5 % cover less than "
            "cover_low and 5 % more than cover_high"
        )
    return tuple(notes)


class Years:
    """Answers for one question over one program."""

    def __init__(
        self,
        baseline: Baseline,
        projects: Mapping[str, Project],
        shock: Shock,
        question: OutlookQuestion,
        threads: int = 1,
    ) -> None:
        self.base, self.projects, self.question = baseline, projects, question
        self.shock, self.graph = shock, baseline.graph
        self.all = chosen(projects, ["announced"])
        whole = with_projects(self.graph, projects, Portfolio(chosen(projects, ["non_binding"])))
        last = f"{max(question.years)}-12"
        self.region = self.graph.demands["region"].to_numpy()
        self.pool = np.isin(self.region, question.pool)
        self.lines = {
            key: number
            for number, key in enumerate(
                zip(self.graph.lines["facility"], self.graph.lines["line"].astype(str), strict=True)
            )
        }
        self.tonnes = {name: self._tonnes(name) for name in question.elements}
        sums = {}
        for name, tonnes in self.tonnes.items():
            sums[f"{name} pool"] = np.where(self.pool, tonnes, 0.0)
            sums[f"{name} outside"] = np.where(self._outside, tonnes, 0.0)
        built = replace(baseline, graph=whole)
        self.program = Outlook(built, last, sums, threads=threads)
        cascade = Cascade(baseline)
        self.none = cascade.served(cascade.levels([shock]))[:, 0]
        self.unsized: set[str] = set()
        self.grades = CoverGrades(baseline, projects)
        self.steps = BindingSteps(self.graph, baseline.columns.block("activity"))

    def _tonnes(self, element: str) -> np.ndarray:
        """Tonnes of an element in the base units of every demand."""
        found = np.zeros(self.graph.n_demands)
        for name in ELEMENT_GROUPS.get(element, (element,)):
            network = ElementNetwork(self.graph, self.base.columns, name)
            found += network.flows(self.base.x).inflow[: self.graph.n_demands]
        return found

    def portfolio(self, variant: str) -> Portfolio:
        """Projects of a variant."""
        ids = chosen(self.projects, [variant]) if variant in ("binding", "none") else self.all
        late = int(variant.removeprefix("late-")) if variant.startswith("late-") else 0
        found = Portfolio(ids, delay_months=late, known_to=self.question.known_to)
        if variant.startswith("without-"):
            stage = variant.removeprefix("without-")
            found = found.without({name for name in ids if self.stage(name) == stage})
        return found

    def stage(self, project: str) -> str:
        """Stage of a project's first line."""
        line = self.projects[project].lines[0]
        number = self.lines[line.facility, line.line]
        rows = np.flatnonzero(self.graph.line_of == number)
        return str(self.graph.activities["stage"].iat[rows[0]])

    def capacity(self, portfolio: Portfolio, year: int) -> YearCapacity:
        """Mean capacities of a year."""
        graph = with_projects(self.graph, self.projects, portfolio)
        return YearCapacity.of(graph, month_range(f"{year}-01", 12))

    def with_unsized(self, capacity: YearCapacity, portfolio: Portfolio) -> YearCapacity:
        """The same, with project lines that nobody sizes limited by their feed alone."""
        lines = capacity.lines.copy()
        for name in portfolio.projects:
            for line in self.projects[name].lines:
                number = self.lines[line.facility, line.line]
                if np.isnan(lines[number]):
                    lines[number] = self._ample(number)
                    self.unsized.add(f"{line.facility} line {line.line}")
        return YearCapacity(lines, capacity.open)

    def _ample(self, number: int) -> float:
        """More than the world made of everything: feed and buyers are then the only bounds."""
        own = self.graph.line_of == number
        return float(self.base.made.sum()) * float(self.graph.line_units[own].max())

    def rows(self, year: int) -> Iterator[dict[str, object]]:
        """Rows of one year."""
        factor = (1.0 + self.question.growth) ** (year - self.graph.base_year)
        for variant in steps(self.question.variants, "Portfolios"):
            if variant == "odds":
                yield from self._odds(year, factor)
                continue
            portfolio = self.portfolio(variant)
            capacity = self.capacity(portfolio, year)
            ample = self.with_unsized(capacity, portfolio)
            regions = variant in ("announced", "binding") and len(self.question.pool) > 1
            found: dict[str, list[dict[str, object]]] = {}
            self.program.set_year(capacity, self.shock, factor)
            for element in self.question.elements:
                found[element] = list(self._stated(element, regions, portfolio, year))
            self.program.set_year(ample, self.shock, factor)
            for element in self.question.elements:
                for row in found[element]:
                    more = self._unsized(element, str(row["place"]))
                    head = {"year": year, "portfolio": variant, "element": element}
                    because = row.pop("because")
                    yield head | row | {"cover_unsized": more, "because": because}

    def _head(self, element: str, place: str, mask: np.ndarray) -> dict[str, object]:
        counted = np.where(mask, self.tonnes[element], 0.0)
        need = float(counted.sum())
        none = float(counted @ self.none / need) if need > 0 else np.nan
        factor = self.program.growth
        return {
            "place": place,
            "need": need * factor,
            "unit": f"t {element}/yr",
            "cover_none": none / max(factor, 1.0) if need > 0 else np.nan,
        }

    def _stated(
        self, element: str, regions: bool, portfolio: Portfolio, year: int
    ) -> Iterator[dict[str, object]]:
        """Cover of the pool, and of its regions if asked, at stated tonnes."""
        pool = np.where(self.pool, self.tonnes[element], 0.0)
        name = "+".join(self.question.pool)
        empty = {"cover_low": np.nan, "cover_high": np.nan} | dict.fromkeys(WORDS, "")
        if pool.sum() <= 0:
            yield self._head(element, name, self.pool) | empty
            return
        best = self.program.cover(f"{element} pool")
        high = _share(pool, best)
        outside = f"{element} outside"
        shared = _share(self.program.sums[outside], self.program.cover(outside))
        low = _share(pool, self.program.end(outside, shared, pool, most=False))
        yield self._head(element, name, self.pool) | {
            "cover_low": min(low, high),
            "cover_high": high,
            **self._behind(pool, best, portfolio, year),
        }
        for region in self.question.pool if regions else ():
            part = np.where(self.region == region, pool, 0.0)
            if part.sum() <= 0:
                yield self._head(element, region, self.region == region) | empty
                continue
            held = f"{element} pool"
            most = self.program.end(held, high, part, most=True)
            least = self.program.end(held, high, part, most=False)
            yield self._head(element, region, self.region == region) | {
                "cover_low": _share(part, least),
                "cover_high": _share(part, most),
                **self._behind(part, most, portfolio, year),
            }

    def _behind(
        self, counted: np.ndarray, answer: Allocation, portfolio: Portfolio, year: int
    ) -> dict[str, object]:
        """What limits a cover, and the weakest grade of what it rests on."""
        step = self.steps.of(counted, answer)
        grade = self.grades.of(counted, answer, portfolio, f"{year}-12", step.materials)
        return {
            "binding": " or ".join(step.materials),
            "evidence": "D" if self.question.growth else grade,
            "because": step.because,
        }

    def _unsized(self, element: str, place: str) -> float:
        pool = np.where(self.pool, self.tonnes[element], 0.0)
        if pool.sum() <= 0:
            return np.nan
        name = f"{element} pool"
        high = _share(pool, self.program.cover(name))
        if place not in self.question.pool:
            return high
        part = np.where(self.region == place, pool, 0.0)
        if part.sum() <= 0:
            return np.nan
        return _share(part, self.program.end(name, high, part, most=True))

    @property
    def _outside(self) -> np.ndarray:
        """Demands that count for `cover_low`: all outside what stops, and those of the pool.

        A market is left out where all its plants stop or none of its goods leaves. One that
        still sells counts, since what it sells was its own first.
        """
        graph, shock = self.graph, self.shock
        origin = graph.pools["market"].to_numpy()[graph.arcs["origin"].to_numpy()]
        stopped = _stopped(graph.activities["market"].to_numpy(), shock.activity)
        stopped |= _stopped(origin, shock.arc)
        return np.asarray(~graph.demands["market"].isin(stopped)) | self.pool

    def _odds(self, year: int, factor: float) -> Iterator[dict[str, object]]:
        """Fifth and ninety-fifth percentile when each project is built by its chance."""
        ids = chosen(self.projects, ["non_binding"])
        rng = np.random.default_rng(self.question.seed)
        chance = np.array([self.projects[name].chance for name in ids])
        draws = rng.random((self.question.draws, len(ids))) < chance
        found: dict[str, list[float]] = {name: [] for name in self.question.elements}
        ample: dict[str, list[float]] = {name: [] for name in self.question.elements}
        name = "+".join(self.question.pool)
        for draw in steps(draws, "Draws"):
            built = tuple(one for one, is_built in zip(ids, draw, strict=True) if is_built)
            portfolio = Portfolio(built, known_to=self.question.known_to)
            capacity = self.capacity(portfolio, year)
            for answers, lines in (
                (found, capacity),
                (ample, self.with_unsized(capacity, portfolio)),
            ):
                self.program.set_year(lines, self.shock, factor)
                for element in self.question.elements:
                    answers[element].append(self._unsized(element, name))
        for element in self.question.elements:
            low, high = np.percentile(found[element], [5, 95])
            yield (
                {"year": year, "portfolio": "odds", "element": element}
                | self._head(element, name, self.pool)
                | {
                    "cover_low": float(low),
                    "cover_high": float(high),
                    "binding": "",
                    "evidence": "D" if self.tonnes[element][self.pool].sum() > 0 else "",
                    "cover_unsized": float(np.percentile(ample[element], 95)),
                    "because": "",
                }
            )

    def notes(self) -> list[str]:
        """Lines that nobody sizes."""
        if not self.unsized:
            return []
        names = ", ".join(sorted(self.unsized))
        return [f"no tonnes published, at nothing in low and high: {names}"]


def _stopped(market: np.ndarray, left: np.ndarray) -> set[str]:
    """Markets of which nothing is left of what something was taken from."""
    return set(market[left <= 0]) - set(market[left > 0])


def _share(counted: np.ndarray, answer: Allocation) -> float:
    return float(counted @ answer.served / counted.sum())
