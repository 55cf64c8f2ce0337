"""The supply network: compiled arrays, recipes spelled out, the balance matrix."""

from supplygraph.dataset.recipes import Recipe, vectors
from supplygraph.graph.balance_matrix import Columns, Matrix, balance_matrix, columns_of
from supplygraph.graph.compile import compile_graph
from supplygraph.graph.network import BASE_YEAR, SupplyGraph

__all__ = [
    "BASE_YEAR",
    "Columns",
    "Matrix",
    "Recipe",
    "SupplyGraph",
    "balance_matrix",
    "columns_of",
    "compile_graph",
    "vectors",
]
