"""Questions about costs of a scenario: to both sides, and in duties."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from supplygraph.results import Results

if TYPE_CHECKING:
    from supplygraph.api.handle import Handle


def account(
    chain: Handle,
    scenario: str | Path,
    *,
    exporter: str = "CN",
    months: int | None = None,
    rerouting: str = "both",
    rationing: str | None = None,
    covers: Sequence[str] = ("low", "central", "high"),
    by: str = "group",
    by_month: bool = False,
    weights: str = "level",
    sets: Sequence[str] = (),
    measures: Sequence[str] = (),
) -> Results:
    """Both sides of a scenario: what the exporter does not sell, what importers lose.

    Parameters
    ----------
    scenario
        Name in the dataset, or a YAML file.
    exporter
        Market whose exports are counted.
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
    by
        Finest rows, where a group is a stage or sector; coarser ones are given too. One of
        ``total``, ``group``, ``region`` or ``item``.
    by_month
        Rows of single months too, not only over all months.
    weights
        Scheme of weights of products in a total. One of ``level``, ``sectors``, ``value``,
        ``equal`` or ``mass``.
    sets
        Parameters of measures or of the scenario changed, such as ``CN-2025-18.approval.US=0.3`` or
        ``growth=0.02``.
    measures
        Measures or modifiers added, by id.

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

    told, changes = chain.loaded.scenario(scenario, sets, measures, months)
    tracer = chain.loaded.tracer(None, weights, None, None)
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
    return chain.loaded.results("account", table, params, notes, month=tracer.month)


def duties(
    chain: Handle,
    scenario: str | Path,
    *,
    prices: Sequence[str] = (),
    by_month: bool = False,
    sets: Sequence[str] = (),
    measures: Sequence[str] = (),
) -> Results:
    """What duties and leaks of a scenario cost, arc by arc; see `supplygraph scenario duties`.

    Parameters
    ----------
    scenario
        Name in the dataset, or a YAML file.
    prices
        Prices in place of those on record, by material, such as ``ndfeb-hre=48000``.
    by_month
        Rows of single months too, not only over all months.
    sets
        Parameters of measures or of the scenario changed, such as ``CN-2025-18.approval.US=0.3`` or
        ``growth=0.02``.
    measures
        Measures or modifiers added, by id.
    """
    from supplygraph.analysis.runs.duties import duty_table, parse_prices

    told, changes = chain.loaded.scenario(scenario, sets, measures)
    given = parse_prices(chain.dataset, prices)
    table, notes = duty_table(chain.baseline, told, prices=given, by_month=by_month)
    params = {
        "scenario": told.name,
        "by_month": by_month,
        "set": changes,
        "measure": list(measures),
        "price": given,
    }
    return chain.loaded.named(Results("duties", table, chain.about(), params, warnings=notes))
