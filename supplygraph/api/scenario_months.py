"""Questions about scenarios: which there are, what they set, their months, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from supplygraph.api.run import Run
from supplygraph.errors import UsageError
from supplygraph.progress import steps
from supplygraph.results import Results

if TYPE_CHECKING:
    from supplygraph.api.handle import Handle


def scenarios(chain: Handle) -> Results:
    """Scenarios of the dataset."""
    import pandas as pd

    from supplygraph.analysis.records.scenario_list import scenario_rows

    rows, warnings = scenario_rows(chain.dataset.documents)
    return Results("scenarios", pd.DataFrame(rows), chain.about(), {}, warnings=warnings)


def bounds(
    chain: Handle,
    scenario: str | Path,
    month: str | None = None,
    sets: Sequence[str] = (),
    measures: Sequence[str] = (),
) -> Results:
    """Every bound that a scenario sets, and who set it; see `supplygraph scenario show`.

    Parameters
    ----------
    scenario
        Name in the dataset, or a YAML file.
    month
        Only this month, ``YYYY-MM``.
    sets
        Parameters of measures or of the scenario changed, such as ``CN-2025-18.approval.US=0.3`` or
        ``growth=0.02``.
    measures
        Measures or modifiers added, by id.

    Examples
    --------
    >>> import supplygraph as sg
    >>> shown = sg.load().bounds("april-2025-shock", "2025-05")
    >>> shown.table.set_index("id").loc["ndfeb-hre:CN>JP", "set_by"]
    'CN-2025-18'
    """
    from supplygraph.analysis.runs.scenario_tables import show_scenario

    return show_scenario(
        chain.network, chain.baseline, scenario, month=month, sets=sets, measures=measures
    )


def run(
    chain: Handle,
    scenario: str | Path,
    *,
    months: int | None = None,
    rerouting: str = "both",
    rationing: str | None = None,
    covers: Sequence[str] = ("low", "central", "high"),
    by_month: bool = False,
    by: str = "product",
    weights: str = "level",
    product: str | None = None,
    region: str | None = None,
    sets: Sequence[str] = (),
    measures: Sequence[str] = (),
    projects: Sequence[str] | None = None,
    besides: Sequence[str] = (),
) -> Run:
    """Step through the months of a scenario.

    Parameters
    ----------
    scenario
        Name in the dataset, or a YAML file.
    months
        Number of months; the scenario's if left out.
    rerouting
        Bounds asked for; ``both`` are ``none`` and ``least``. One of ``both``, ``all``, ``none``,
        ``qualified`` or ``least``.
    rationing
        How shortage is shared under ``qualified`` and ``least``; the scenario's if left out. One of
        ``value``, ``shared`` or ``priority``.
    covers
        Sizes of stocks. Any of ``low``, ``central`` or ``high``.
    by_month
        Rows of single months too, not only over all months.
    by
        What the rows are of: output lost of each product, or demand lost for each element and when
        it is short. One of ``product`` or ``element``.
    weights
        Scheme of weights of products in a total. One of ``level``, ``sectors``, ``value``,
        ``equal`` or ``mass``.
    product
        Only this product.
    region
        Only this region or country, such as ``US``, ``EU``, ``GB`` or ``ROW``; a country that
        shares its market with others is not told apart.
    sets
        Parameters of measures or of the scenario changed, such as ``CN-2025-18.approval.US=0.3`` or
        ``growth=0.02``.
    measures
        Measures or modifiers added, by id.
    projects
        Projects built by the month asked for: ids, or ``binding``, ``announced``, ``non_binding``,
        ``none``; the scenario's if left out.
    besides
        Projects built besides those that ``projects`` or the scenario names.

    Raises
    ------
    ScenarioError
        If the scenario contradicts itself, or a window ends and nobody says what follows.
    """
    from supplygraph.analysis.runs.scenario_runs import run_scenario

    told, changes = chain.loaded.scenario(scenario, sets, measures, months)
    built = [*(told.projects if projects is None else projects), *besides]
    tracer = chain.loaded.tracer_of_scenario(told, built, weights, product, region)
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
    return Run(told.name, chain.loaded.results(kind, table, params, notes, month=tracer.month))


def compare(
    chain: Handle,
    scenarios: Sequence[str | Path],
    by: Sequence[str] = ("product", "region"),
    *,
    months: int | None = None,
    rerouting: str = "both",
    rationing: str | None = None,
    covers: Sequence[str] = ("low", "central", "high"),
    weights: str = "level",
    product: str | None = None,
    region: str | None = None,
    sets: Sequence[str] = (),
    measures: Sequence[str] = (),
    projects: Sequence[str] | None = None,
    besides: Sequence[str] = (),
) -> Results:
    """Scenarios side by side: months of output lost in each, and the difference from the first.

    Parameters
    ----------
    scenarios
        Names in the dataset or YAML files, two or more; the first is what others are compared with.
    by
        Keys of the rows. Any of ``product`` or ``region``.
    months
        Number of months; the scenario's if left out.
    rerouting
        Bounds asked for; ``both`` are ``none`` and ``least``. One of ``both``, ``all``, ``none``,
        ``qualified`` or ``least``.
    rationing
        How shortage is shared under ``qualified`` and ``least``; the scenario's if left out. One of
        ``value``, ``shared`` or ``priority``.
    covers
        Sizes of stocks. Any of ``low``, ``central`` or ``high``.
    weights
        Scheme of weights of products in a total. One of ``level``, ``sectors``, ``value``,
        ``equal`` or ``mass``.
    product
        Only this product.
    region
        Only this region or country, such as ``US``, ``EU``, ``GB`` or ``ROW``; a country that
        shares its market with others is not told apart.
    sets
        Parameters of measures changed, each in the scenarios that have the measure.
    measures
        Measures or modifiers added, by id.
    projects
        Projects built by the month asked for: ids, or ``binding``, ``announced``, ``non_binding``,
        ``none``; the scenario's if left out.
    besides
        Projects built besides those that ``projects`` or the scenario names.

    Raises
    ------
    UsageError
        If fewer than two scenarios are named, or a change fits none of them.
    """
    from supplygraph.scenario.load import sets_by_scenario

    if len(scenarios) < 2:
        raise UsageError("compare: name at least two scenarios.")
    each = sets_by_scenario(chain.dataset, scenarios, list(sets), list(measures))
    runs = [
        run(
            chain,
            name,
            months=months,
            rerouting=rerouting,
            rationing=rationing,
            covers=covers,
            weights=weights,
            product=product,
            region=region,
            sets=own,
            measures=measures,
            projects=projects,
            besides=besides,
        )
        for name, own in steps(list(zip(scenarios, each, strict=True)), "Scenarios")
    ]
    return runs[0].compare(*runs[1:], by=by)
