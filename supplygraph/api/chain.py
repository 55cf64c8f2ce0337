"""A supply chain as a handle: one line for each question that can be asked of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from supplygraph.api import (
    briefs,
    costs,
    disrupted,
    losses,
    networks,
    origins,
    outlook,
    pages,
    records,
    scenario_months,
    stocks,
)
from supplygraph.api.handle import Handle
from supplygraph.api.loaded import Loaded
from supplygraph.api.questions import question
from supplygraph.dataset import read_dataset

if TYPE_CHECKING:
    import networkx as nx


@question
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
    >>> [round(value, 4) for value in table.loc[0, ["loss_none", "loss_least"]]]
    [0.75, 0.6667]
    """
    return Chain(Loaded(read_dataset(path), threads))


class Chain(Handle):
    """A supply chain with nothing removed, made by `load`.

    `remove` gives a chain of its own without something and leaves this one as it is.

    Parameters
    ----------
    loaded
        Shared by all handles of the dataset.

    Examples
    --------
    >>> import supplygraph as sg
    >>> sg.load("three-nodes")
    <Chain three-nodes>
    """

    def __init__(self, loaded: Loaded) -> None:
        super().__init__(loaded)

    def __repr__(self) -> str:
        return f"<Chain {self.dataset.name}>"

    brief = question(briefs.brief)

    remove = question(disrupted.remove)
    stop_exports = question(disrupted.stop_exports)

    solve = question(losses.solve)
    rank = question(losses.rank)
    chokepoints = question(losses.chokepoints)
    deciding = question(losses.deciding)

    to_networkx = question(networks.to_networkx)
    export = question(networks.export)
    structure = question(networks.structure)

    trace = question(origins.trace)
    comply = question(origins.comply)

    cover = question(stocks.cover)
    inferred_cover = question(stocks.inferred_cover)

    scenarios = question(scenario_months.scenarios)
    bounds = question(scenario_months.bounds)
    run = question(scenario_months.run)
    compare = question(scenario_months.compare)
    account = question(costs.account)
    duties = question(costs.duties)

    deals = question(outlook.deals)
    backtest = question(outlook.backtest)

    info = question(records.info)
    explain = question(records.explain)
    write_baseline = question(records.write_baseline)

    page = question(pages.page)
    view = question(pages.view)

    @property
    def graph(self) -> nx.MultiDiGraph:
        """Read-only networkx graph of what flows in the base year; see `to_networkx`."""
        return self.to_networkx()
