"""Needs of unknown size: served no better than the sized uses beside them.

Nobody knows how many grams of yttrium a chip factory takes, only that it stops without. A program
would serve such a need before all others, since it costs nothing, and call that no loss. So, for
each material in a market with such needs, with one column m in 0..1:

    m <= served share of every sized use there   (of what its plant can still do)
    m <= what arrives / what arrived in the base year, where no use is sized
    served share of a product with an unsized need <= m + ahead

`ahead` is how far the product is ahead of them when nobody reroutes, where another input stopped
them. A need that other materials can replace is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from supplygraph.graph.balance_matrix import INFINITY, RowWriter

if TYPE_CHECKING:
    from supplygraph.baseline import Baseline
    from supplygraph.engines.cascade import Levels
    from supplygraph.graph import Matrix, SupplyGraph
    from supplygraph.solver import LinearProgram


def unsized_entries(graph: SupplyGraph) -> np.ndarray:
    """Mask of the inputs of which nobody states a quantity."""
    needs = graph.dataset.tables["needs"]
    blank = needs["quantity"].isna()
    pairs = set(zip(needs["product"][blank], needs["material"][blank], strict=True))
    product, material = graph.demands["product"].tolist(), graph.pools["material"].tolist()
    first = graph.n_activities
    users, pools = graph.inputs.user.tolist(), graph.inputs.pool.tolist()
    found = [
        user >= first and (product[user - first], material[pool]) in pairs
        for user, pool in zip(users, pools, strict=True)
    ]
    return np.array(found, dtype=bool)


class UnsizedNeeds:
    """Columns and rows that hold needs of unknown size back.

    Parameters
    ----------
    baseline
        Balanced base year.
    first_column
        Number of the first column of its own.
    """

    def __init__(self, baseline: Baseline, first_column: int) -> None:
        self.baseline, self.graph = baseline, baseline.graph
        graph, inputs = self.graph, self.graph.inputs
        self.base = np.concatenate([baseline.block("activity"), baseline.block("demand")])
        unsized = unsized_entries(graph)
        alone = np.bincount(inputs.group, minlength=inputs.n_groups)[inputs.group] == 1
        runs = self.base[inputs.user] > 0
        held = np.flatnonzero(unsized & inputs.essential & alone & runs)
        self.pools = np.unique(inputs.pool[held])
        number = np.full(len(graph.pools), -1)
        number[self.pools] = np.arange(len(self.pools))
        self.columns = first_column + np.arange(len(self.pools))
        sized = np.flatnonzero(
            ~unsized & runs & inputs.essential & (baseline.drawn > 0) & (number[inputs.pool] >= 0)
        )
        self.sized, self.sized_of = inputs.user[sized], number[inputs.pool[sized]]
        self.held, self.held_of = inputs.user[held], number[inputs.pool[held]]
        some = np.bincount(self.sized_of, minlength=len(self.pools)) > 0
        self.lone = np.flatnonzero(~some)
        self.rows = self._write()

    @property
    def n_columns(self) -> int:
        """Columns added, one a pool."""
        return len(self.pools)

    def _write(self) -> Matrix:
        writer, columns = RowWriter(), self.baseline.columns
        blocks = (columns.block("activity"), columns.block("demand"))
        level = np.concatenate([np.arange(block.start, block.stop) for block in blocks])
        first = writer.add_rows(len(self.sized), 0.0, INFINITY)
        own = first + np.arange(len(self.sized))
        writer.add(own, level[self.sized], 1.0 / self.base[self.sized])
        writer.add(own, self.columns[self.sized_of], -1.0)
        self._arrivals(writer)
        first = writer.add_rows(len(self.held), -INFINITY, 0.0)
        own = first + np.arange(len(self.held))
        writer.add(own, level[self.held], 1.0 / self.base[self.held])
        writer.add(own, self.columns[self.held_of], -1.0)
        return writer.matrix()

    def _arrivals(self, writer: RowWriter) -> None:
        """What arrives in markets where no use is sized."""
        baseline, columns, arcs = self.baseline, self.baseline.columns, self.graph.arcs
        home = baseline.made - baseline.exports + baseline.imports
        place = np.full(len(home), -1)
        place[columns.made_of] = np.arange(len(columns.made_of))
        for number in self.lone:
            pool = self.pools[number]
            row = writer.add_rows(1, 0.0 if home[pool] > 0 else -INFINITY, INFINITY)
            size = home[pool] if home[pool] > 0 else 1.0
            writer.add([row], [self.columns[number]], -1.0)
            if place[pool] >= 0:
                writer.add([row], [columns.start["made"] + place[pool]], 1.0 / size)
            for end, sign in (("destination", 1.0), ("origin", -1.0)):
                own = np.flatnonzero(arcs[end].to_numpy() == pool)
                writer.add(np.full(len(own), row), columns.start["arc"] + own, sign / size)

    def set_ahead(
        self, model: LinearProgram, first_row: int, none: Levels, able: np.ndarray
    ) -> None:
        """Put how far needs may be ahead, and what removed plants cannot do, on the rows.

        Parameters
        ----------
        model
            Whose rows from `first_row` on are these.
        first_row
            Number of the first of them.
        none
            Levels when nobody reroutes, one column.
        able
            Most of every activity.
        """
        level = none.user[:, 0]
        can = np.ones(len(level))
        n, base = len(able), self.base[: len(able)]
        can[:n] = np.minimum(np.divide(able, base, out=np.ones(n), where=base > 0), 1.0)
        rows = first_row + np.arange(len(self.sized))
        lacks = can[self.sized] - 1.0
        model.set_row_bounds(rows, lacks, np.full(len(rows), INFINITY))
        least = np.ones(len(self.pools))
        np.minimum.at(least, self.sized_of, level[self.sized] - lacks)
        least[self.lone] = np.minimum(none.home[self.pools[self.lone], 0], 1.0)
        ahead = np.maximum(level[self.held] - least[self.held_of], 0.0)
        rows = first_row + self.rows.n_rows - len(self.held) + np.arange(len(self.held))
        model.set_row_bounds(rows, np.full(len(rows), -INFINITY), ahead)
