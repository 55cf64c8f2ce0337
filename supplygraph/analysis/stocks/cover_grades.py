"""How far a cover of a year to come is known: the weakest grade of what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from supplygraph.analysis.causes.evidence import Evidence
from supplygraph.baseline import Baseline
from supplygraph.engines.shocked_model import Allocation
from supplygraph.grades import weakest
from supplygraph.scenario.portfolios import Portfolio
from supplygraph.scenario.projects import Project

RUNS = 1e-6


class CoverGrades:
    """Grades of needs, of lines and of the projects that build them.

    Parameters
    ----------
    baseline
        Balanced base year.
    projects
        All projects of the dataset.
    """

    def __init__(self, baseline: Baseline, projects: Mapping[str, Project]) -> None:
        self.baseline, self.graph, self.projects = baseline, baseline.graph, projects
        sizes = Evidence(baseline).products
        self.needs = [sizes.get(str(p), ("D", "D"))[1] for p in self.graph.demands["product"]]

    def of(
        self,
        counted: np.ndarray,
        answer: Allocation,
        portfolio: Portfolio,
        last: str,
        binding: Sequence[str],
    ) -> str:
        """Weakest grade of one cover.

        Of the size of the needs that count, of the capacities of running makers of what binds,
        and of every project that runs: that it is planned, and its dates and ramp. D where
        steps come late, since nobody states that.

        Parameters
        ----------
        counted
            Tonnes that count, per demand.
        answer
            What covers most of them.
        portfolio
            What is built.
        last
            Last month of the year.
        binding
            Materials that bind, which replace each other; none if all is covered.
        """
        if portfolio.delay_months:
            return "D"
        graph = self.graph
        level = answer.x[self.baseline.columns.block("activity")]
        running = set(graph.line_of[level > RUNS].tolist())
        material = graph.pools["material"].to_numpy()
        makers = graph.made_activity[np.isin(material[graph.made_pool], binding)]
        at_issue = set(graph.line_of[makers].tolist()) & running
        grades = [self.needs[i] for i in np.flatnonzero(counted > 0)]
        keys = list(zip(graph.lines["facility"], graph.lines["line"].astype(str), strict=True))
        for number in sorted(at_issue):
            stated = graph.stated_capacity(number, last)
            grades.append(stated.evidence if stated else "D")
        at_work = {keys[number] for number in running}
        for name in portfolio.projects:
            project = self.projects[name]
            if any((line.facility, line.line) in at_work for line in project.lines):
                grades += [project.evidence, project.size_evidence]
        return weakest(grades)
