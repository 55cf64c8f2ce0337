"""Long rankings under `least`: removals are tried together before each is tried alone.

Taking more away never loses less. So where the program without a whole group of plants still
serves everything, each of them alone loses nothing, exactly, and one solve answers for all; a
group that loses something is split in two. Only plants that carry a small part of their
materials are grouped: together they would otherwise exceed the spare capacity for certain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from supplygraph.engines.allocation import AllocationProgram
from supplygraph.scenario import Shock

ROOM = 0.05
LARGEST = 64


@dataclass(frozen=True)
class Ranking:
    """Served shares of many removals.

    Attributes
    ----------
    served
        Demands x removals.
    untouched
        Removals of what the optimum does not use.
    cleared
        Removals that lose nothing even together with others.
    """

    served: np.ndarray
    untouched: int
    cleared: int


def served_shares(program: AllocationProgram, shocks: Sequence[Shock]) -> Ranking:
    """Served shares that `AllocationProgram.served` gives for each shock, in fewer solves."""
    served = np.repeat(program.reference.served[:, None], len(shocks), axis=1)
    touched = [i for i, shock in enumerate(shocks) if not program.untouched(shock)]
    cleared = 0
    waiting = _groups(program, shocks, touched)[::-1]
    while waiting:
        group = waiting.pop()
        shares, _ = program.served(reduce(Shock.with_, (shocks[i] for i in group)))
        if len(group) == 1:
            served[:, group[0]] = shares
        elif (shares >= 1).all():
            cleared += len(group)
        else:
            middle = len(group) // 2
            waiting += [group[middle:], group[:middle]]
    return Ranking(served, len(shocks) - len(touched), cleared)


def _groups(
    program: AllocationProgram, shocks: Sequence[Shock], touched: Sequence[int]
) -> list[list[int]]:
    """Consecutive plants whose joint part of each material stays within `ROOM`."""
    if (program.reference.served < 1).any():
        return [[i] for i in touched]
    part = _Parts(program)
    groups: list[list[int]] = []
    total = np.full(part.materials, np.inf)
    for i in touched:
        own = part.of(shocks[i])
        if (total + own).max() > ROOM or len(groups[-1]) >= LARGEST:
            groups.append([])
            total = np.zeros(part.materials)
        groups[-1].append(i)
        total = total + own
    return groups


class _Parts:
    """Part of what the world makes of each material that a shock takes from the optimum."""

    def __init__(self, program: AllocationProgram) -> None:
        graph = program.graph
        names, kind = np.unique(graph.pools["material"].astype(str), return_inverse=True)
        level = program.reference.x[program.columns.block("activity")]
        self.activity, self.kind = graph.made_activity, kind[graph.made_pool]
        self.output = graph.made_quantity * level[graph.made_activity]
        self.materials = len(names)
        self.world = np.maximum(np.bincount(self.kind, self.output, minlength=len(names)), 1e-300)

    def of(self, shock: Shock) -> np.ndarray:
        """By material; infinite for a cut of pools or arcs, which is never grouped."""
        if (shock.made < 1).any() or (shock.arc < 1).any():
            return np.full(self.materials, np.inf)
        lost = (1.0 - shock.activity)[self.activity] * self.output
        return np.bincount(self.kind, lost, minlength=self.materials) / self.world
