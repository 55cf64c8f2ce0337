"""The handle that `import supplygraph as sg` gives: load, remove, solve, read.

A chain never changes: `remove` returns a new one that shares the compiled programs, so a
thousand removals in a loop are cheap.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property, partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import pandas as pd

from supplygraph.analysis.causes.caveats import beside_rankings
from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.analysis.losses.chokepoints import chokepoints, upper_limit
from supplygraph.analysis.losses.whatif import whatif
from supplygraph.analysis.records.dataset_summary import info_table
from supplygraph.analysis.records.explain import explain, stopped_by, stops
from supplygraph.baseline import (
    BASELINE_FILE,
    Baseline,
    baseline_text,
    flow_table,
    load_or_reconcile,
    reconcile,
)
from supplygraph.dataset import Dataset, read_dataset
from supplygraph.engines import product_weights
from supplygraph.engines.allocation import RATIONINGS
from supplygraph.engines.month_model import Month
from supplygraph.errors import UsageError
from supplygraph.graph import SupplyGraph, compile_graph
from supplygraph.precision import stated_table
from supplygraph.results import Results, load_results
from supplygraph.scenario import Shock, parse_shock
from supplygraph.scenario.shocks import UnsizedPlantError
from supplygraph.schema.commands import scale_of
from supplygraph.selectors import did_you_mean
from supplygraph.writing import write_text

if TYPE_CHECKING:
    import networkx as nx

    from supplygraph.scenario.model import Scenario
    from supplygraph.scenario.portfolios import Portfolio
    from supplygraph.scenario.projects import Project
    from supplygraph.views import View

DECIDING_FILE = Path("derived") / "deciding.json"
REROUTINGS = ("both", "none", "free")
LOADED = "Ask the loaded chain."
SCENARIO = "Put removals into the scenario instead, or ask the loaded chain."
_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")


def load(path: str | Path | None = None, *, threads: int = 1) -> Chain:
    """Read, check and compile a dataset.

    Parameters
    ----------
    path
        A folder or the name of a shipped dataset; ``rare-earths`` if left out.
    threads
        Threads the solver may use.

    Raises
    ------
    DatasetError
        With every fault found.
    UsageError
        If there is no such dataset.

    Examples
    --------
    >>> import supplygraph as sg
    >>> chain = sg.load("three-nodes")
    >>> hit = chain.remove("id=mine-a share=0.75").solve()
    >>> table = hit.shortage(by=["product", "region"])
    >>> [round(value, 4) for value in table.loc[0, ["loss_none", "loss_free"]]]
    [0.75, 0.6667]
    """
    dataset = read_dataset(path)
    return Chain(_Shared(dataset, threads))


def _whole(way_out: str) -> Callable[[Callable[_Asked, _Answer]], Callable[_Asked, _Answer]]:
    """Marks a question about a whole chain: one with removals refuses it with a way out.

    An answer that passed over the removals would look right.
    """

    def mark(question: Callable[_Asked, _Answer]) -> Callable[_Asked, _Answer]:
        name = question.__name__

        @wraps(question)
        def asked(*given: _Asked.args, **options: _Asked.kwargs) -> _Answer:
            chain = given[0]
            if isinstance(chain, Chain) and chain.removed:
                raise UsageError(
                    f"{name} asks about a whole chain, and this one is without "
                    f"{' and '.join(chain.removed)}. {way_out}"
                )
            return question(*given, **options)

        return asked

    return mark


class _Shared:
    """What chains of one dataset have in common: graph, balance, programs by question."""

    def __init__(self, dataset: Dataset, threads: int) -> None:
        self.dataset = dataset
        self.threads = max(1, min(threads, os.cpu_count() or 1))
        self.tracers: dict[tuple[Any, ...], Tracer] = {}
        self.built: dict[Portfolio, Baseline] = {}

    @cached_property
    def projects(self) -> dict[str, Project]:
        from supplygraph.scenario.projects import projects_of

        return projects_of(self.dataset)

    @cached_property
    def network(self) -> SupplyGraph:
        return compile_graph(self.dataset)

    @cached_property
    def balanced(self) -> tuple[Baseline, bool]:
        return load_or_reconcile(self.network)

    def tracer(
        self,
        at: str | None = None,
        weights: str = "sectors",
        product: str | None = None,
        region: str | None = None,
        portfolio: Portfolio | None = None,
    ) -> Tracer:
        key = (at, weights, product, region, portfolio)
        if key not in self.tracers:
            _check_month(at)
            baseline = self.with_portfolio(portfolio)
            month = Month(baseline, at, weights, product, region, self.threads)
            month.weights.setflags(write=False)
            self.tracers[key] = Tracer(month)
        return self.tracers[key]

    def with_portfolio(self, portfolio: Portfolio | None) -> Baseline:
        """The balance over a network whose later capacities are those of a portfolio."""
        base = self.balanced[0]
        if portfolio is None:
            return base
        if portfolio not in self.built:
            from supplygraph.scenario.portfolios import with_projects

            graph = with_projects(self.network, self.projects, portfolio)
            self.built[portfolio] = replace(base, graph=graph)
        return self.built[portfolio]

    def portfolio(self, words: Iterable[str], at: str | None) -> Portfolio | None:
        """The projects that words name; None in the base year, which knows none."""
        from supplygraph.scenario.portfolios import Portfolio, chosen

        built = chosen(self.projects, words)
        return None if at is None or not self.projects else Portfolio(built)


def _check_month(at: str | None, option: str = "month") -> None:
    if at is not None:
        from supplygraph.scenario.month_arrays import check_month

        check_month(at, option)


def _check_choice(value: str, known: Sequence[str], option: str) -> None:
    if value not in known:
        raise UsageError(f"{option} '{value}' is not known. {did_you_mean(value, known)}")


class Chain:
    """A supply chain with nothing, or something, removed.

    Made by :func:`load`; `remove` returns a new chain and leaves this one as it is. With removals
    `solve` and `cover` count them; every other question is refused. `dataset`, `network` and
    `baseline` are what was loaded, whatever is removed.
    """

    def __init__(self, shared: _Shared, removed: tuple[str, ...] = ()) -> None:
        self._shared = shared
        self.removed = removed

    def __repr__(self) -> str:
        without = f" without {', '.join(self.removed)}" if self.removed else ""
        return f"<Chain {self.dataset.name}{without}>"

    @property
    def dataset(self) -> Dataset:
        """The checked tables."""
        return self._shared.dataset

    @property
    def network(self) -> SupplyGraph:
        """The compiled arrays that the engines read."""
        return self._shared.network

    @property
    def baseline(self) -> Baseline:
        """Balanced flows of the base year."""
        return self._shared.balanced[0]

    @property
    def baseline_shipped(self) -> bool:
        """Whether the balance was read from the dataset and not computed now."""
        return self._shared.balanced[1]

    @property
    def graph(self) -> nx.MultiDiGraph:
        """Read-only networkx graph of what flows in the base year; see :meth:`to_networkx`."""
        return self.to_networkx()

    @_whole(LOADED)
    def to_networkx(self, *, all_edges: bool = False, intervals: bool = False) -> nx.MultiDiGraph:
        """Read-only networkx graph with base-year flows, grades and sources on its edges.

        Parameters
        ----------
        all_edges
            Edges without flow too: idle lines and arcs that trade could open. A measure that does
            not weigh edges by `quantity` would count them like the busiest.
        intervals
            Also the least and most of every arc.

        Examples
        --------
        >>> import supplygraph as sg
        >>> graph = sg.load("three-nodes").to_networkx()
        >>> graph.edges["ore-a@CN", "ore-a@JP", "ore-a:CN>JP"]["quantity"]
        90.0
        """
        from supplygraph.analysis.records.edge_facts import edge_facts

        facts = edge_facts(self.baseline, intervals=intervals)
        flows = flow_table(self.baseline)
        return self.network.to_networkx(flows, facts, all_edges=all_edges)

    @_whole(LOADED)
    def export(
        self,
        path: str | Path,
        *,
        format: str | None = None,
        all_edges: bool = False,
        intervals: bool = False,
        force: bool = False,
    ) -> list[Path]:
        """Write the network with its base-year flows, units and sources for other programs.

        Parameters
        ----------
        path
            File, or folder for csv and parquet.
        format
            ``graphml``, ``gexf``, ``cyjs``, ``xlsx``, ``csv`` or ``parquet``; by default from the
            ending, csv for a name without one.
        all_edges, intervals
            As in :meth:`to_networkx`.
        force
            Overwrite what is there.

        Returns
        -------
        list of Path
            The files written.

        Raises
        ------
        UsageError
            If the format is unknown, or something is there and `force` is not set.
        """
        from supplygraph.analysis.records.export_files import Export, choose_format

        kind = choose_format(Path(path), format, force)
        dataset, year = self.dataset, self.network.base_year
        title = f"{dataset.title or dataset.name}: flows of {year}"
        citation = f"supplygraph, dataset {dataset.name} {dataset.version} (hash {dataset.hash})."
        sources = dataset.tables["sources"]
        about = {"title": title, "citation": citation}
        graph = self.to_networkx(all_edges=all_edges, intervals=intervals)
        return Export(graph, sources, about).write(Path(path), kind)

    def remove(self, *selectors: str) -> Chain:
        """A new chain without what the selectors name.

        Parameters
        ----------
        selectors
            Such as ``country=CN process=heavy`` or ``id=my-lynas-lamp share=0.5``.

        Raises
        ------
        SelectorError
            If one does not parse or names nothing.
        UnsizedPlantError
            If one names a plant of which nobody states the tonnes; says how much it loses at most.
        """
        removed = (*self.removed, *selectors)
        try:
            parse_shock(self.network, selectors)
        except UnsizedPlantError as error:
            at_most = upper_limit(self._shared.tracer(), error.plant)
            raise UnsizedPlantError(error.plant, f"{error}{at_most}") from None
        return Chain(self._shared, removed)

    @cached_property
    def _shock(self) -> Shock:
        return parse_shock(self.network, self.removed)

    def solve(
        self,
        *,
        rerouting: str = "both",
        rationing: str = "value",
        weights: str = "sectors",
        product: str | None = None,
        region: str | None = None,
        at: str | None = None,
        measures: Sequence[str] = (),
        sets: Sequence[str] = (),
        projects: Sequence[str] = ("binding",),
        compared: Sequence[str] = (),
    ) -> Solution:
        """Losses of what was removed, under one bound or both.

        Parameters
        ----------
        rerouting
            ``both``, ``none`` (nobody reroutes) or ``free`` (least loss of any allocation).
        rationing
            ``value`` or ``proportional``, for ``free``.
        weights
            ``sectors``, ``value``, ``equal`` or ``mass``.
        product, region
            Count only these in the total; with a product, ``free`` is a bound on it alone.
        at
            Month ``YYYY-MM`` whose capacities hold.
        measures, sets
            Measures of states as they act in the month ``at``, held for good, and changes of
            their parameters.
        projects
            Projects that are built by ``at``: ids, or ``binding``, ``announced``,
            ``non_binding``, ``none``.
        compared
            Projects built besides; warnings say what each changes, or why it changes nothing.

        Raises
        ------
        UsageError
            If a word is unknown, or a measure acts on what a static answer does not have.
        """
        _check_choice(rerouting, REROUTINGS, "rerouting")
        _check_choice(rationing, RATIONINGS, "rationing")
        if compared and at is None:
            raise UsageError("--project is built later than the base year. Add --at, as 2030-01.")
        asked = (weights, product, region)
        portfolio = self._shared.portfolio([*projects, *compared], at)
        tracer = self._shared.tracer(at, *asked, portfolio)
        shock = self._shock
        if measures or sets:
            from supplygraph.analysis.runs.scenario_runs import standing_shock

            shock = shock.with_(standing_shock(self.baseline, at, measures, sets))
        table, warnings = whatif(tracer, shock, rerouting=rerouting, rationing=rationing)
        warnings += beside_rankings(self.network, self.removed)
        if compared:
            from supplygraph.analysis.losses.project_effects import what_projects_change

            warnings += what_projects_change(
                self._shared.projects,
                compared,
                lambda names: self._shared.tracer(at, *asked, self._shared.portfolio(names, at)),
                shock,
            )
        params = {
            "remove": list(self.removed),
            "rerouting": rerouting,
            "rationing": rationing,
            "weights": weights,
            "product": product,
            "region": region,
            "at": at,
            "measure": list(measures),
            "set": list(sets),
            "projects": list(projects),
            "project": list(compared),
        }
        return Solution(self._results("whatif", table, params, tracer.month, warnings))

    @_whole("Rank the loaded chain; solve() tells what several removals lose.")
    def chokepoints(self, by: str = "facility", **options: Any) -> pd.DataFrame:
        """Removals ranked by the loss they cause; see :meth:`rank` for the options."""
        return self.rank(by, **options).table

    @_whole("Rank the loaded chain; solve() tells what several removals lose.")
    def rank(
        self,
        by: str = "facility",
        *,
        product: str | None = None,
        region: str | None = None,
        at: str | None = None,
        rerouting: str = "both",
        rationing: str = "value",
        weights: str = "sectors",
        top: int | None = None,
        projects: Sequence[str] = ("binding",),
    ) -> Results:
        """Removals ranked by the loss they cause, with what they were made from.

        Parameters
        ----------
        by
            ``facility``, ``country``, ``country-stage``, ``country-process``, ``operator``,
            ``element``, ``element-country`` or ``arc``.
        product, region
            Count only these.
        at
            Month ``YYYY-MM`` whose capacities hold; losses are against that month.
        rerouting, rationing, weights
            As in :meth:`solve`.
        top
            Rows to keep.
        projects
            Projects that are built by ``at``, as in :meth:`solve`.

        Raises
        ------
        UsageError
            If an option is unknown, or something was removed already.
        """
        _check_choice(rerouting, REROUTINGS, "rerouting")
        _check_choice(rationing, RATIONINGS, "rationing")
        if top is not None and top < 1:
            raise UsageError(f"top '{top}' is below 1. Leave it out for all rows.")
        portfolio = self._shared.portfolio(projects, at)
        tracer = self._shared.tracer(at, weights, product, region, portfolio)
        table, warnings = chokepoints(
            tracer,
            by,
            product=product,
            region=region,
            rerouting=rerouting,
            rationing=rationing,
            top=top,
        )
        params = {
            "by": by,
            "product": product,
            "region": region,
            "at": at,
            "rerouting": rerouting,
            "rationing": rationing,
            "weights": weights,
            "top": top,
            "projects": list(projects),
        }
        return self._results("chokepoints", table, params, tracer.month, warnings)

    @_whole(LOADED)
    def structure(
        self,
        metric: str = "concentration",
        *,
        product: str | None = None,
        region: str | None = None,
        weights: str = "sectors",
        **options: str | Path | None,
    ) -> Results:
        """One measure of the network's structure, with how to read it in its params.

        Parameters
        ----------
        metric
            ``concentration``, ``dependence`` (of one region), ``dominators``, ``vitality``,
            ``betweenness``, ``shapley``, ``eu-supply-risk``, ``geopolrisk`` or ``esri`` (systemic
            risk of failing plants).
        product, region
            Only this product or region.
        weights
            Weights of products, for ``shapley`` and ``esri``.
        options
            ``by``, ``element``, ``process``, ``links``, ``rerouting``, ``governance`` and
            ``indices``, as far as the measure takes them.

        Raises
        ------
        UsageError
            If the measure or an option is unknown, or does not go with it.

        Examples
        --------
        >>> import supplygraph as sg
        >>> table = sg.load("esri-toy").structure("esri").table.set_index("id")
        >>> table.loc[["c1", "s1", "m2"], "esri"].round(4).tolist()
        [1.0, 0.9091, 0.0656]
        """
        from supplygraph.analysis.structure.indices import structure_results

        weighed = (product, region) if metric in ("shapley", "esri") else (None, None)
        tracer = self._shared.tracer(None, weights, *weighed)
        asked = {"product": product, "region": region, "weights": weights, **options}
        return structure_results(tracer, metric, asked)

    def cover(
        self,
        product: str | None = None,
        region: str | None = None,
        *,
        each: Sequence[str] = (),
        ttr: str | float | None = None,
        longest: float = 60.0,
        weights: str = "sectors",
    ) -> Results:
        """Stocks along the chain; with a removal, time to survive against time to recover.

        Parameters
        ----------
        product, region
            Rows asked for; all if left out.
        each
            Removals compared as scenarios of their own, each beside what this chain lacks.
        ttr
            Months to recovery, or the id of a row of `lags`; from `lags` if one fits.
        longest
            Months above which a time is only said to be longer.
        weights
            Of the total, and of its least loss.

        Raises
        ------
        UsageError
            If the product is not assembled in the region, or the TTR is no time.

        Examples
        --------
        >>> import supplygraph as sg
        >>> chain = sg.load("time-to-recover-tiers").remove("id=s1")
        >>> table = chain.cover(ttr=3, weights="value").table
        >>> last = table[(table["cover"] == "central") & (table["rerouting"] == "free")].iloc[-1]
        >>> round(float(last["tts_months"]), 4), round(float(last["lost_usd"]), 1)
        (1.5, 350.0)
        """
        from supplygraph.analysis.stocks.time_to_survive import check_longest

        check_longest(longest)
        tracer = self._shared.tracer(None, weights, product, region)
        params: dict[str, Any] = {"product": product, "region": region}
        if not self.removed and not each:
            if ttr is not None:
                raise UsageError("--ttr says when what was removed is back: remove something.")
            from supplygraph.analysis.stocks.stock_cover import cover_table

            table, found = cover_table(tracer, product, region)
            notes = (*self.dataset.warnings, *found)
            return Results("cover", table, self._about(), params, warnings=notes)
        from supplygraph.analysis.stocks.time_to_survive import survival_table

        scenarios = [(*self.removed, text) for text in each] or [self.removed]
        table, found = survival_table(
            tracer, scenarios, product=product, region=region, ttr=ttr, longest=longest
        )
        params |= {
            "remove": list(self.removed),
            "each": list(each),
            "ttr": None if ttr is None else str(ttr),
            "longest": longest,
            "weights": weights,
        }
        return self._results("survival", table, params, tracer.month, found)

    @_whole(LOADED)
    def explain(self, *names: str) -> Results:
        """Every figure of nodes, arcs, materials or products, and what is on record of documents.

        Parameters
        ----------
        names
            Ids of plants, products, materials, arcs, operators, countries, elements, measures,
            projects, deals or events.

        Raises
        ------
        UsageError
            If one of them is unknown, or none is given.
        """
        if not names:
            raise UsageError("explain what? Name an id, such as f-35 or CN-2025-18.")
        parts = []
        for name in dict.fromkeys(names):
            found = [explain(self.baseline, name)]
            if name in set(self.network.demands["product"]):
                found.append(stopped_by(self._shared.tracer(product=name), name))
            elif name in set(self.network.activities["id"]):
                found.append(stops(self._shared.tracer(), name))
            parts += [table.assign(id=name) for table in found if len(table)]
        table = pd.concat(parts, ignore_index=True)
        table.insert(0, "id", table.pop("id"))
        return Results("explain", table, self._about(), {"ids": list(dict.fromkeys(names))})

    @_whole(LOADED)
    def trace(
        self,
        product: str,
        *,
        region: str | None = None,
        element: str | None = None,
        by: str = "place",
        ranges: str = "auto",
    ) -> Results:
        """Where the elements in a product come from, stage by stage.

        Parameters
        ----------
        product
            Id of an end product.
        region, element
            Only this region, only this element.
        by
            ``place``, ``owner`` or ``all``.
        ranges
            ``all``, ``large`` (shares of a tenth and more), ``none``, or ``auto``: all for one
            element, else large.

        Raises
        ------
        UsageError
            If something named is unknown, or something was removed already.
        """
        from supplygraph.analysis.origins.trace import trace

        table, warnings = trace(
            self.baseline, product, region=region, element=element, by=by, ranges=ranges
        )
        params = {
            "product": product,
            "region": region,
            "element": element,
            "by": by,
            "ranges": ranges,
        }
        notes = (*self.dataset.warnings, *warnings)
        return Results("trace", table, self._about(), params, warnings=notes)

    @_whole(LOADED)
    def write_baseline(self) -> Path:
        """Compute the balance anew and store it in the dataset's `derived/`."""
        path = self.dataset.path / BASELINE_FILE
        return write_text(path, baseline_text(reconcile(self.network)))

    @_whole(LOADED)
    def deciding(
        self,
        *,
        progress: Callable[[str], None] | None = None,
        top: int | None = None,
        write: bool = False,
    ) -> Results:
        """Figures ranked by how far they move the conclusions.

        The dataset may carry the answer in `derived/`; it is used if it was made from these
        very tables. Computing it takes minutes.

        Parameters
        ----------
        progress
            Told what is going on.
        top
            Rows to keep.
        write
            Compute anew and store the answer in the dataset.
        """
        from supplygraph.analysis.losses.deciding_figures import deciding

        path = self.dataset.path / DECIDING_FILE
        if path.is_file() and not write:
            shipped = load_results(path)
            if shipped.dataset.get("hash") == self.dataset.tables_hash:
                return shipped.head(top)
        table = deciding(self.dataset, progress=progress)
        about = self._about() | {"hash": self.dataset.tables_hash}
        results = Results("deciding", table, about)
        if write:
            results.save(path)
        return results.head(top)

    @_whole(LOADED)
    def page(
        self,
        *,
        product: str | None = None,
        region: str | None = None,
        at: str | None = None,
        weights: str = "sectors",
    ) -> Results:
        """Everything a page shows; saved and loaded again it is drawn without a solver.

        Parameters
        ----------
        product, region, at, weights
            As in :meth:`rank`.

        Raises
        ------
        UsageError
            If an option is unknown, or something was removed already.
        """
        from supplygraph.analysis.pages.page_record import page_table

        portfolio = self._shared.portfolio(("binding",), at)
        tracer = self._shared.tracer(at, weights, product, region, portfolio)
        table, warnings = page_table(tracer, product=product, region=region)
        params = {"product": product, "region": region, "at": at, "weights": weights}
        return self._results("view", table, params, tracer.month, warnings)

    @_whole(LOADED)
    def view(self, **options: Any) -> View:
        """The chain as one page that opens from disk; see :meth:`page` for the options.

        Examples
        --------
        >>> import supplygraph as sg
        >>> page = sg.load("three-nodes").view()
        >>> page.html().startswith("<!doctype html>")
        True
        """
        from supplygraph.views import View

        return View(self.page(**options))

    @_whole(LOADED)
    def info(self) -> Results:
        """Size of the dataset and how well it is founded."""
        return Results("info", info_table(self.network), self._about())

    @_whole(LOADED)
    def scenarios(self) -> Results:
        """Scenarios of the dataset."""
        from supplygraph.analysis.runs.scenario_tables import scenario_table

        table, warnings = scenario_table(self.dataset)
        return Results("scenarios", table, self._about(), {}, warnings=warnings)

    @_whole(SCENARIO)
    def bounds(
        self,
        scenario: str | Path,
        month: str | None = None,
        sets: Iterable[str] = (),
        measures: Iterable[str] = (),
    ) -> Results:
        """Every bound that a scenario sets, and who set it; see `supplygraph scenario show`.

        Examples
        --------
        >>> import supplygraph as sg
        >>> shown = sg.load().bounds("april-2025-shock", "2025-05")
        >>> shown.table.set_index("id").loc["ndfeb-hre:CN>JP", "set_by"]
        'CN-2025-18'
        """
        from supplygraph.analysis.runs.scenario_tables import show_scenario

        return show_scenario(
            self.network, self.baseline, scenario, month=month, sets=sets, measures=measures
        )

    @_whole(SCENARIO)
    def duties(
        self,
        scenario: str | Path,
        *,
        prices: Iterable[str] = (),
        by_month: bool = False,
        sets: Iterable[str] = (),
        measures: Iterable[str] = (),
    ) -> Results:
        """What duties and leaks of a scenario cost, arc by arc; see `supplygraph scenario duties`.

        Parameters
        ----------
        scenario
            A scenario of the dataset, or a YAML file.
        prices
            ``MATERIAL=USD_PER_TONNE``, in place of prices on record.
        by_month
            Give rows of single months too.
        sets, measures
            Parameters changed and measures added, as in :meth:`bounds`.
        """
        from supplygraph.analysis.runs.duties import duty_table, parse_prices
        from supplygraph.scenario.load import load_scenario

        changes, added = list(sets), list(measures)
        told = load_scenario(self.dataset, scenario, changes, added, graph=self.network)
        given = parse_prices(self.dataset, prices)
        table, notes = duty_table(self.baseline, told, prices=given, by_month=by_month)
        params = {
            "scenario": told.name,
            "by_month": by_month,
            "set": changes,
            "measure": added,
            "price": given,
        }
        return Results("duties", table, self._about(), params, seed=told.seed, warnings=notes)

    @_whole(SCENARIO)
    def run(
        self,
        scenario: str | Path,
        *,
        months: int | None = None,
        rerouting: str = "both",
        rationing: str | None = None,
        covers: Sequence[str] = ("low", "central", "high"),
        by_month: bool = False,
        by: str = "product",
        weights: str = "sectors",
        product: str | None = None,
        region: str | None = None,
        sets: Iterable[str] = (),
        measures: Iterable[str] = (),
        projects: Iterable[str] = (),
    ) -> Run:
        """Step through the months of a scenario.

        Parameters
        ----------
        scenario
            Name in the dataset, or a YAML file.
        months
            Number of months; the scenario's if left out.
        rerouting
            ``both`` (none and free), ``all``, ``none``, ``qualified`` or ``free``.
        rationing
            ``value``, ``proportional`` or ``priority``; the scenario's if left out.
        covers
            Sizes of stocks: ``low``, ``central``, ``high``.
        by_month
            Rows of single months too, not only over all months.
        by
            ``product``, or ``element``: what of the demand for each element is lost, and when
            it is short.
        weights, product, region
            As in :meth:`solve`.
        sets, measures
            Parameters changed and measures added, as in :meth:`bounds`.
        projects
            Projects built besides those of the scenario.

        Raises
        ------
        ScenarioError
            If the scenario contradicts itself, or a window ends and nobody says what follows.
        """
        from supplygraph.analysis.runs.scenario_runs import run_scenario
        from supplygraph.scenario.load import load_scenario

        changes = [*sets, *([] if months is None else [f"months={months}"])]
        told = load_scenario(self.dataset, scenario, changes, measures, graph=self.network)
        built = [*told.projects, *projects]
        tracer = self._tracer_of(told, built, weights, product, region)
        table, notes, applied = run_scenario(
            tracer,
            told,
            rerouting=rerouting,
            rationing=rationing,
            covers=covers,
            by_month=by_month,
            by=by,
        )
        params = {
            "scenario": told.name,
            "months": told.months,
            "rerouting": rerouting,
            "rationing": rationing or told.rationing,
            "covers": list(covers),
            "by_month": by_month,
            "by": by,
            "weights": weights,
            "product": product,
            "region": region,
            "set": changes,
            "measure": list(measures),
            "applied": list(applied),
            "projects": built,
            "delay_months": told.delay_months,
        }
        kind = "run-by-element" if by == "element" else "run"
        return Run(told.name, self._results(kind, table, params, tracer.month, notes))

    @_whole(SCENARIO)
    def account(
        self,
        scenario: str | Path,
        *,
        exporter: str = "CN",
        months: int | None = None,
        rerouting: str = "both",
        rationing: str | None = None,
        covers: Sequence[str] = ("low", "central", "high"),
        by: str = "group",
        by_month: bool = False,
        weights: str = "sectors",
        sets: Iterable[str] = (),
        measures: Iterable[str] = (),
    ) -> Results:
        """Both sides of a scenario: what the exporter does not sell, what importers lose.

        Parameters
        ----------
        scenario, months, rerouting, rationing, covers, weights, sets, measures
            As in :meth:`run`.
        exporter
            Market whose exports are counted, such as ``CN``.
        by
            ``total``, ``group`` (stage or sector), ``region`` or ``item``.
        by_month
            Rows of single months too.

        Raises
        ------
        UsageError
            If the exporter is no market, or an option is unknown.

        Examples
        --------
        >>> import supplygraph as sg
        >>> table = sg.load().account("april-2025-shock", rerouting="none", by="total").table
        >>> sorted(set(table["side"]))
        ['exporter', 'home', 'importer', 'record']
        """
        from supplygraph.analysis.runs.account import account_table
        from supplygraph.scenario.load import load_scenario

        changes = [*sets, *([] if months is None else [f"months={months}"])]
        told = load_scenario(self.dataset, scenario, changes, measures, graph=self.network)
        tracer = self._shared.tracer(None, weights, None, None)
        table, notes, applied = account_table(
            tracer,
            told,
            exporter=exporter,
            rerouting=rerouting,
            rationing=rationing,
            covers=covers,
            by=by,
            by_month=by_month,
        )
        params = {
            "scenario": told.name,
            "title": told.title,
            "exporter": exporter,
            "months": told.months,
            "rerouting": rerouting,
            "rationing": rationing or told.rationing,
            "covers": list(covers),
            "by": by,
            "by_month": by_month,
            "weights": weights,
            "set": changes,
            "measure": list(measures),
            "applied": list(applied),
        }
        return self._results("account", table, params, tracer.month, notes)

    def _tracer_of(
        self,
        told: Scenario,
        built: Sequence[str],
        weights: str = "sectors",
        product: str | None = None,
        region: str | None = None,
    ) -> Tracer:
        """Engines over the capacities that a scenario's projects leave."""
        portfolio = self._shared.portfolio(built, told.start)
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
        return self._shared.tracer(None, weights, product, region, portfolio)

    @_whole(SCENARIO)
    def inferred_cover(
        self, scenario: str | Path, product: str | None = None, region: str | None = None
    ) -> Results:
        """Stock at which a scenario would first be short when somebody was: fitted, no test.

        Parameters
        ----------
        scenario
            Name in the dataset, or a YAML file.
        product, region
            Only these.

        Examples
        --------
        >>> import supplygraph as sg
        >>> found = sg.load().inferred_cover("april-2025-shock", "ice", "US").table
        >>> found.loc[0, "month"], found.loc[0, "flags"]
        ('2025-05', ('inferred',))
        """
        from supplygraph.analysis.runs.scenario_runs import cover_from_events
        from supplygraph.scenario.load import load_scenario

        told = load_scenario(self.dataset, scenario, graph=self.network)
        tracer = self._tracer_of(told, told.projects)
        table, notes = cover_from_events(tracer, told, product, region)
        params = {"scenario": told.name, "product": product, "region": region}
        return self._results("inferred-cover", table, params, tracer.month, notes)

    @_whole(SCENARIO)
    def compare(
        self,
        scenarios: Sequence[str | Path],
        by: Sequence[str] = ("product", "region"),
        **options: Any,
    ) -> Results:
        """Scenarios side by side; options as in :meth:`run`.

        A change of a measure is made in the scenarios that have the measure.

        Raises
        ------
        UsageError
            If fewer than two scenarios are named, or a change fits none of them.
        """
        from supplygraph.scenario.load import sets_by_scenario

        if len(scenarios) < 2:
            raise UsageError("compare: name at least two scenarios.")
        sets, added = list(options.pop("sets", ())), list(options.get("measures", ()))
        each = sets_by_scenario(self.dataset, scenarios, sets, added)
        runs = [
            self.run(name, sets=own, **options) for name, own in zip(scenarios, each, strict=True)
        ]
        return runs[0].compare(*runs[1:], by=by)

    @_whole(LOADED)
    def comply(
        self,
        rule: str,
        month: str | None = None,
        *,
        compliance: float | None = None,
        product: str | None = None,
        region: str | None = None,
        sets: Iterable[str] = (),
        projects: Iterable[str] = ("binding",),
    ) -> Results:
        """Supply that passes a rule of content against need, by mixing and by segregation.

        Parameters
        ----------
        rule
            Id of a measure of kind ``content_rule`` or ``import_restriction``.
        month
            Whose capacities count, ``YYYY-MM``; the base year's if left out.
        compliance
            Share of exporters that obey, everywhere; the measure's if left out.
        product, region
            Only these buyers.
        sets
            Parameters changed, as in :meth:`bounds`.
        projects
            Built by that month: ids, or ``binding``, ``announced``, ``non_binding``, ``none``.

        Raises
        ------
        UsageError
            If the measure tests no content, or nobody is bound by it.
        """
        from supplygraph.analysis.origins.comply import comply_rows, rule_of

        _check_month(month)
        changes, at = list(sets), month or self.network.base_month
        baseline = self._shared.with_portfolio(self._shared.portfolio(projects, month))
        measure = rule_of(self.dataset, rule, at, changes, compliance)
        table, notes = comply_rows(baseline, measure, at, product=product, region=region)
        params = {
            "rule": rule,
            "month": month,
            "compliance": compliance,
            "product": product,
            "region": region,
            "set": changes,
            "projects": list(projects),
        }
        warnings = (*self.dataset.warnings, *notes)
        return Results("comply", table, self._about(), params, warnings=warnings)

    @_whole("Name what stops in `without`, and ask the loaded chain.")
    def deals(
        self,
        by: str = "year",
        *,
        years: Sequence[int] = (2026, 2028, 2030),
        elements: Sequence[str] = ("NdPr", "Dy", "Tb", "Sm", "Y"),
        pool: Sequence[str] = ("US", "EU", "JP"),
        without: str = "country=CN",
        portfolios: Sequence[str] = ("usual",),
        growth: float = 0.0,
        known_to: str = "2026-10",
        seed: int = 0,
    ) -> Results:
        """What deals and projects add, and how much of the need they cover when something stops.

        Parameters
        ----------
        by
            ``year`` (cover by element), ``project`` (lines and their feed) or ``deal``.
        years, elements, pool
            Years, elements and the regions that stand together.
        without
            Selector of what stops.
        portfolios
            ``usual``, ``all``, or words of `supplygraph.analysis.deals.outlook_question.VARIANTS`.
        growth
            Of demand a year since the base year.
        known_to
            Last month whose steps came as dated; later ones slip in ``late-12`` and ``late-24``.
        seed
            Of ``odds``.

        Raises
        ------
        UsageError
            If a word is unknown, or the dataset has no projects.
        """
        from supplygraph.analysis.deals.cover_by_year import Years, outlook_table
        from supplygraph.analysis.deals.deal_tables import deal_table, project_table
        from supplygraph.analysis.deals.outlook_question import USUAL, VARIANTS, OutlookQuestion
        from supplygraph.scenario.projects import deals_of

        _check_choice(by, ("year", "project", "deal"), "by")
        if not self._shared.projects:
            raise UsageError("the dataset has no projects. Write some into its folder `projects`.")
        named = {"usual": USUAL, "all": VARIANTS}
        variants = tuple(dict.fromkeys(v for w in portfolios for v in named.get(w, (w,))))
        _check_month(known_to, "--known-to")
        question = OutlookQuestion(
            tuple(years), tuple(elements), tuple(pool), variants, growth, known_to, seed
        ).checked(self.baseline)
        shock, threads = parse_shock(self.network, [without]), self._shared.threads
        params = {
            "by": by,
            "years": list(years),
            "elements": list(elements),
            "pool": list(pool),
            "without": without,
            "portfolios": list(variants),
            "growth": growth,
            "known_to": known_to,
        }
        base, projects = self.baseline, self._shared.projects
        notes = self.dataset.warnings
        if by == "year":
            table, found = outlook_table(base, projects, shock, question, threads)
            return Results(
                "outlook", table, self._about(), params, seed=seed, warnings=(*notes, *found)
            )
        table = project_table(Years(base, projects, shock, question, threads))
        if by == "deal":
            table = deal_table(deals_of(self.dataset), table, max(years))
        return Results(f"{by}s", table, self._about(), params, warnings=notes)

    @_whole(LOADED)
    def backtest(
        self,
        months: int = 12,
        observed: str | Path | None = None,
        destinations: Sequence[str] = (),
    ) -> Results:
        """Forecasts of Chinese magnet exports from April 2025 on, beside what happened.

        Parameters
        ----------
        months
            Months from April 2025 on.
        observed
            CSV of later months: ``month, series, destination, quantity_t, unit, source``.
        destinations
            Only these; all that the dataset names by default.
        """
        from supplygraph.analysis.runs.backtest import backtest, read_observed
        from supplygraph.analysis.runs.licence_curve import FIT
        from supplygraph.scenario.month_arrays import month_range

        seen = None if observed is None else read_observed(observed)
        span = month_range(FIT[0], months)
        table, notes = backtest(
            self.dataset.tables["series"], span, seen, list(destinations) or None
        )
        params = {
            "months": months,
            "observed": None if observed is None else str(observed),
            "destinations": list(destinations),
        }
        warnings = (*self.dataset.warnings, *notes)
        return Results("backtest", table, self._about(), params, warnings=warnings)

    def about(self) -> dict[str, str]:
        """Name, version and hash of the dataset."""
        return self._about()

    def _about(self) -> dict[str, str]:
        dataset = self.dataset
        return {"name": dataset.name, "version": dataset.version, "hash": dataset.hash}

    def _results(
        self,
        kind: str,
        table: pd.DataFrame,
        params: dict[str, Any],
        month: Month,
        warnings: Iterable[str],
    ) -> Results:
        notes = (*self.dataset.warnings, *warnings)
        weights = product_weights(self.baseline, month.weights)
        return Results(kind, table, self._about(), params, weights, 0, tuple(notes))


class Run:
    """Months of one scenario."""

    def __init__(self, name: str, results: Results) -> None:
        self.name, self.results = name, results

    @property
    def table(self) -> pd.DataFrame:
        """One row per product, region, segment, rerouting and cover, and month if asked."""
        return self.results.table

    def compare(self, *others: Run, by: Sequence[str] = ("product", "region")) -> Results:
        """Months of output lost here and in other runs, and the difference."""
        from supplygraph.analysis.runs.compare import compare_runs

        if any(run.results.kind != "run" for run in (self, *others)):
            raise UsageError("compare: runs by element have no products. Run them by product.")
        names = [run.name for run in (self, *others)]
        tables: dict[str, pd.DataFrame] = {}
        for number, run in enumerate((self, *others), 1):
            name = run.name if names.count(run.name) == 1 else f"{run.name} ({number})"
            tables[name] = run.table
        params = {"scenarios": list(tables), "by": list(by)}
        notes = list(dict.fromkeys(w for run in (self, *others) for w in run.results.warnings))
        result = self.results
        return Results(
            "comparison",
            compare_runs(tables, by),
            result.dataset,
            params,
            result.weights,
            result.seed,
            tuple(notes),
        )


class Solution:
    """Losses of one removal."""

    def __init__(self, results: Results) -> None:
        self.results = results

    @property
    def table(self) -> pd.DataFrame:
        """One row per product, region and segment; last row the weighted total."""
        return self.results.table

    @property
    def total(self) -> dict[str, float]:
        """Weighted total under both bounds."""
        last = self.table.iloc[-1]
        return {"loss_none": float(last["loss_none"]), "loss_free": float(last["loss_free"])}

    def shortage(self, by: Sequence[str] = ("product", "region")) -> pd.DataFrame:
        """Share of base demand lost, by any of product, region and segment.

        Rows that are merged are weighted by their base demand; different units do not add,
        so `product` must be one of the keys.
        """
        by = [by] if isinstance(by, str) else by
        known = ("product", "region", "segment")
        for name in by:
            _check_choice(name, known, "by")
        if "product" not in by:
            raise UsageError("shortage: units of different products do not add. Keep 'product'.")
        rows = self.table.iloc[:-1]
        work = rows.assign(
            none=rows["loss_none"] * rows["demand"], free=rows["loss_free"] * rows["demand"]
        )
        grouped = work.groupby(list(by), sort=True, as_index=False)
        table = grouped.agg(
            demand=("demand", "sum"),
            unit=("unit", "first"),
            none=("none", lambda v: v.sum(min_count=len(v))),
            free=("free", lambda v: v.sum(min_count=len(v))),
        )
        table["loss_none"] = table["none"] / table["demand"]
        table["loss_free"] = table["free"] / table["demand"]
        table = table.drop(columns=["none", "free"])
        return stated_table(table, partial(scale_of, self.results.kind))
