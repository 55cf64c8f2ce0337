"""Which nodes of the rare-earth supply chain can stop which end products.

The public names are imported on first use, so that ``import supplygraph`` stays light.

Examples
--------
>>> import supplygraph as sg
>>> sg.SelectorError.exit_code
2
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from supplygraph.analysis.headlines import headline
    from supplygraph.analysis.structure.dominators import dominators
    from supplygraph.analysis.structure.flow_betweenness import flow_betweenness
    from supplygraph.analysis.structure.max_flow import most_vital, vitality
    from supplygraph.analysis.structure.shapley import shapley
    from supplygraph.analysis.suppliers.concentration import concentration
    from supplygraph.analysis.suppliers.criticality_indices import geopolrisk, supply_risk
    from supplygraph.api import load
    from supplygraph.errors import (
        DatasetError,
        Fault,
        InfeasibleError,
        NotConvergedError,
        ScenarioError,
        SelectorError,
        SupplygraphError,
        UnboundedError,
        UndefinedMetricError,
        UsageError,
    )
    from supplygraph.views.pictures import picture

    __version__: str

__all__ = [
    "DatasetError",
    "Fault",
    "InfeasibleError",
    "NotConvergedError",
    "ScenarioError",
    "SelectorError",
    "SupplygraphError",
    "UnboundedError",
    "UndefinedMetricError",
    "UsageError",
    "__version__",
    "concentration",
    "dominators",
    "flow_betweenness",
    "geopolrisk",
    "headline",
    "load",
    "most_vital",
    "picture",
    "shapley",
    "supply_risk",
    "vitality",
]

_HOMES = dict.fromkeys(__all__, "supplygraph.errors") | {
    "concentration": "supplygraph.analysis.suppliers.concentration",
    "dominators": "supplygraph.analysis.structure.dominators",
    "flow_betweenness": "supplygraph.analysis.structure.flow_betweenness",
    "geopolrisk": "supplygraph.analysis.suppliers.criticality_indices",
    "headline": "supplygraph.analysis.headlines",
    "load": "supplygraph.api",
    "most_vital": "supplygraph.analysis.structure.max_flow",
    "picture": "supplygraph.views.pictures",
    "shapley": "supplygraph.analysis.structure.shapley",
    "supply_risk": "supplygraph.analysis.suppliers.criticality_indices",
    "vitality": "supplygraph.analysis.structure.max_flow",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'supplygraph' has no attribute '{name}'")
    value = _version() if name == "__version__" else getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names, also those not imported yet, and nothing that this file merely uses."""
    return sorted(__all__)


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version("supplygraph")
    except metadata.PackageNotFoundError:  # a source tree that was never installed
        return "0+unknown"
