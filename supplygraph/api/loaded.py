"""A dataset with what was computed from it once: network, balance, engines by question."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.baseline import Baseline, load_or_reconcile
from supplygraph.dataset import Dataset
from supplygraph.dataset.names import full_names
from supplygraph.dataset.sources import cited_sources
from supplygraph.engines import product_weights
from supplygraph.engines.month_model import Month
from supplygraph.graph import SupplyGraph, compile_graph
from supplygraph.progress import doing
from supplygraph.results import Results

if TYPE_CHECKING:
    from supplygraph.scenario.model import Scenario
    from supplygraph.scenario.portfolios import Portfolio
    from supplygraph.scenario.projects import Project


class Loaded:
    """What all chains of one dataset share, so that a thousand removals in a loop are cheap.

    Parameters
    ----------
    dataset
        The checked tables.
    threads
        Threads the solver may use; never more than the machine has.
    """

    def __init__(self, dataset: Dataset, threads: int) -> None:
        self.dataset = dataset
        self.threads = max(1, min(threads, os.cpu_count() or 1))
        self._tracers: dict[tuple[Any, ...], Tracer] = {}
        self._built: dict[Portfolio, Baseline] = {}
        self._seen: dict[str, Loaded] = {}

    @cached_property
    def projects(self) -> dict[str, Project]:
        """Projects of the dataset by id."""
        from supplygraph.scenario.projects import projects_of

        return projects_of(self.dataset)

    @cached_property
    def network(self) -> SupplyGraph:
        """The compiled arrays that the engines read."""
        with doing("Compiling the network"):
            return compile_graph(self.dataset)

    @cached_property
    def balanced(self) -> tuple[Baseline, bool]:
        """Balanced flows of the base year, and whether they were read and not computed now."""
        return load_or_reconcile(self.network)

    @property
    def baseline(self) -> Baseline:
        """Balanced flows of the base year."""
        return self.balanced[0]

    def tracer(
        self,
        at: str | None = None,
        weights: str = "level",
        product: str | None = None,
        region: str | None = None,
        portfolio: Portfolio | None = None,
        sector: str | None = None,
    ) -> Tracer:
        """Engines over one month's capacities, with causes; made once for the same question."""
        key = (at, weights, product, region, portfolio, sector)
        if key not in self._tracers:
            if at is not None:
                from supplygraph.scenario.month_arrays import check_month

                check_month(at, "month")
            baseline = self.with_portfolio(portfolio)
            month = Month(baseline, at, weights, product, region, self.threads, sector)
            # All later answers share these weights: a change by one would reach the others.
            month.weights.setflags(write=False)
            self._tracers[key] = Tracer(month)
        return self._tracers[key]

    def scenario(
        self,
        named: str | Path,
        sets: Sequence[str] = (),
        measures: Sequence[str] = (),
        months: int | None = None,
    ) -> tuple[Scenario, list[str]]:
        """A scenario of the dataset or of a file with its changes, and all changes as text."""
        from supplygraph.scenario.load import load_scenario

        changes = [*sets, *([] if months is None else [f"months={months}"])]
        return load_scenario(self.dataset, named, changes, measures, graph=self.network), changes

    def tracer_of_scenario(
        self,
        told: Scenario,
        built: Sequence[str],
        weights: str = "level",
        product: str | None = None,
        region: str | None = None,
    ) -> Tracer:
        """Engines over the capacities that a scenario leaves when these projects are built."""
        portfolio = self.portfolio(built, told.start)
        if portfolio is not None:
            from supplygraph.scenario.measures.technology_denial import slowed
            from supplygraph.scenario.network_queries import World

            ramp, first = slowed(told.acting, World(self.network, self.baseline))
            portfolio = replace(
                portfolio,
                delay_months=told.delay_months,
                slip=told.slip,
                known_to=told.start,
                ramp_factor=ramp,
                ramp_from=first,
            )
        return self.tracer(None, weights, product, region, portfolio)

    def portfolio(self, words: Iterable[str], at: str | None) -> Portfolio | None:
        """The projects that words name; None in the base year, which knows none."""
        from supplygraph.scenario.portfolios import Portfolio, chosen

        built = chosen(self.projects, words)
        return None if at is None or not self.projects else Portfolio(built)

    def with_portfolio(self, portfolio: Portfolio | None) -> Baseline:
        """The balance over a network whose later capacities are those of a portfolio."""
        if portfolio is None:
            return self.baseline
        if portfolio not in self._built:
            from supplygraph.scenario.portfolios import with_projects

            graph = with_projects(self.network, self.projects, portfolio)
            self._built[portfolio] = replace(self.baseline, graph=graph)
        return self._built[portfolio]

    def seen_from(self, place: str) -> Loaded:
        """The same with one market's products told apart from those of its region.

        Regions are how answers are told; flows, and what measures say of regions, stay. A place
        that is a region already, or no market with a demand, changes nothing.
        """
        demands = self.network.demands
        told = demands["market"] == place
        if place in set(demands["region"]) or not told.any():
            return self
        if place not in self._seen:
            seen = Loaded(self.dataset, self.threads)
            region = demands["region"].where(~told, place)
            network = replace(self.network, demands=demands.assign(region=region))
            baseline, shipped = self.balanced
            # In place of what would be compiled and balanced anew: no flow depends on regions.
            seen.network = network
            seen.balanced = replace(baseline, graph=network), shipped
            self._seen[place] = seen
        return self._seen[place]

    def about(self) -> dict[str, str]:
        """Name, version and hash of the dataset."""
        dataset = self.dataset
        return {"name": dataset.name, "version": dataset.version, "hash": dataset.hash}

    def results(
        self,
        kind: str,
        table: pd.DataFrame,
        params: Mapping[str, Any],
        warnings: Iterable[str] = (),
        *,
        month: Month | None = None,
        seed: int = 0,
    ) -> Results:
        """A table as results of this dataset, its warnings first.

        Parameters
        ----------
        kind, table, params, warnings, seed
            As in `supplygraph.results.Results`.
        month
            Engines that formed a weighted total; their weights stand beside it.
        """
        notes = (*self.dataset.warnings, *warnings)
        weights = {} if month is None else product_weights(self.baseline, month.weights)
        return self.named(Results(kind, table, self.about(), params, weights, seed, notes))

    def named(self, results: Results) -> Results:
        """A result with the full name of every id, and the sources that its rows cite."""
        sources = cited_sources(self.dataset, results.table)
        return replace(results, names=self.full_names, sources=sources)

    @property
    def full_names(self) -> dict[str, str]:
        """Full name of every id of the dataset's tables; where two share an id the first counts."""
        return full_names(self.dataset)
