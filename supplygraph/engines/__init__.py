"""Engines over one compiled network: cascade (`none`) and allocation (`least`)."""

from supplygraph.engines.allocation import AllocationProgram
from supplygraph.engines.cascade import Cascade, Levels
from supplygraph.engines.shocked_model import Allocation
from supplygraph.engines.weights import SCHEMES, SECTORS, demand_weights, product_weights

__all__ = [
    "SCHEMES",
    "SECTORS",
    "Allocation",
    "AllocationProgram",
    "Cascade",
    "Levels",
    "demand_weights",
    "product_weights",
]
