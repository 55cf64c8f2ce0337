"""The same losses under other weights of products: what a ranking owes to them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from supplygraph.analysis.losses.loss_columns import Loss
from supplygraph.engines.month_model import Month
from supplygraph.engines.weights import SCHEMES, demand_weights, product_weights

TOP = 10  # rows whose order a reader quotes
RANKS = tuple(f"rank_{name}" for name in SCHEMES)  # columns; empty where nobody asked for them


class OtherWeights:
    """Ranks of removals under every scheme, and without each product."""

    def __init__(self, month: Month) -> None:
        self.month, self.ids = month, list[str]()
        shown = month.weights > 0
        self.schemes = {
            name: np.where(shown, demand_weights(month.baseline, name), 0.0) for name in SCHEMES
        }
        self.schemes[month.scheme] = month.weights
        product = month.baseline.graph.demands["product"].to_numpy().astype(str)
        weights = product_weights(month.baseline, month.weights)
        self.dropped = {
            name: np.where(product == name, 0.0, month.weights) for name in sorted(weights)
        }
        self.lost: dict[str, list[float]] = {}

    def add(self, name: str, loss: Loss) -> None:
        """Take in one removal."""
        self.ids.append(name)
        for group in (self.schemes, self.dropped):
            for key, weights in group.items():
                abroad = np.where(loss.home, 0.0, weights)
                kind = "with" if group is self.schemes else "without"
                self.lost.setdefault(f"{kind} {key}", []).append(loss.mean(loss.ranked, abroad))

    def beside(self, table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """The ranking with the rank under each scheme, and sentences on what moves.

        Ranks are those of the loss abroad in the last step; equal losses share the first rank.
        """
        lost = pd.DataFrame(self.lost, index=self.ids).round(12)
        ranks = lost.rank(ascending=False, method="min", na_option="bottom").astype(int)
        own = f"with {self.month.scheme}"
        under = zip(RANKS, SCHEMES, strict=True)
        columns = {column: table["id"].map(ranks[f"with {name}"]) for column, name in under}
        notes = []
        some = lost[own] > 0
        if some.sum() > 1:
            alike = lost[some].corr(method="spearman")[own]
            others = [name for name in SCHEMES if name != self.month.scheme]
            words = [f"{name} {_told(alike[f'with {name}'])}" for name in others]
            notes.append(
                f"rank correlation (Spearman) with {self.month.scheme} over {int(some.sum())} rows "
                f"with a loss abroad: {', '.join(words)}"
            )
        return table.assign(**columns), (*notes, *self._without_one(ranks, own))

    def _without_one(self, ranks: pd.DataFrame, own: str) -> tuple[str, ...]:
        """What dropping any one product moves among the first rows."""
        first = ranks.index[ranks[own] <= TOP]
        moves = {
            name: (ranks.loc[first, f"without {name}"] - ranks.loc[first, own]).abs()
            for name in self.dropped
        }
        if not moves or not len(first):
            return ()
        name = max(moves, key=lambda product: (moves[product].max(), moves[product].sum()))
        most, row = int(moves[name].max()), str(moves[name].idxmax())
        if most == 0:
            return (f"dropping any one product moves none of the first {len(first)} rows",)
        before, after = int(ranks.loc[row, own]), int(ranks.loc[row, f"without {name}"])
        return (
            f"dropping one product moves no row of the first {len(first)} by more than {most}: "
            f"without {name} {row} goes from {before} to {after}",
        )


def _told(correlation: float) -> str:
    """A rank correlation; ranks that are all one have none."""
    return "all alike" if np.isnan(correlation) else f"{correlation:.2f}"
