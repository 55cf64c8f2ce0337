"""Questions about the dataset: its size, every figure of a thing, its stored balance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from supplygraph.analysis.records.dataset_summary import info_table
from supplygraph.analysis.records.explain import explain as explained
from supplygraph.analysis.records.explain import stopped_by, stops
from supplygraph.baseline import BASELINE_FILE, baseline_text, reconcile
from supplygraph.errors import UsageError
from supplygraph.results import Results
from supplygraph.writing import write_text

if TYPE_CHECKING:
    from supplygraph.api.handle import Handle


def info(chain: Handle) -> Results:
    """Size of the dataset and how well it is founded."""
    return Results("info", info_table(chain.network), chain.about())


def explain(chain: Handle, *names: str, acts_as: str | None = None) -> Results:
    """Every figure of nodes, arcs, materials or products, and what is on record of documents.

    Parameters
    ----------
    names
        Ids of plants, products, materials, arcs, operators, countries, elements, measures,
        projects, deals or events.
    acts_as
        Whether exports stop or the plants themselves; exports where every removal lies in one
        country, else plants, if left out. One of ``export-stop`` or ``outage``.

    Raises
    ------
    UsageError
        If one of them is unknown, or none is given.
    """
    if not names:
        raise UsageError("explain what? Name an id, such as f-35 or CN-2025-18.")
    parts = []
    for name in dict.fromkeys(names):
        found = [explained(chain.baseline, name)]
        if name in set(chain.network.demands["product"]):
            found.append(stopped_by(chain.loaded.tracer(product=name), name, acts_as))
        elif name in set(chain.network.activities["id"]):
            found.append(stops(chain.loaded.tracer(), name, acts_as))
        parts += [table.assign(id=name) for table in found if len(table)]
    params = {"ids": list(dict.fromkeys(names)), "as": acts_as}
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "id", table.pop("id"))
    return chain.loaded.named(Results("explain", table, chain.about(), params))


def write_baseline(chain: Handle) -> Path:
    """Compute the balance anew and store it in the dataset's `derived/`."""
    path = chain.dataset.path / BASELINE_FILE
    return write_text(path, baseline_text(reconcile(chain.network)))
