"""From a face near the optimum to the face of the optimum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from supplygraph.solver.faces import (
    FEASIBLE,
    PRICE,
    Face,
    SolvedFace,
    Wrong,
    solve_face,
)
from supplygraph.solver.linear import LinearProgram, Triplets
from supplygraph.solver.quadratic import FitProgram

TOGETHER = 12  # rounds in which all wrong bounds change at once, which is fast and may cycle
GROWTH = 3  # times the fewest wrong bounds so far: such a search runs away
# How wrong the sign of a price may be on a factorised face, whose prices are right to 1e-13. With
# 1e-9, one flow entered a round of the balance earlier or later for the sake of its last digits.
SIGN = 1e-11
ONE_BY_ONE = 400  # steps downhill that change one bound each, which is slow and does not cycle


def on_faces(program: FitProgram, face: Face) -> tuple[SolvedFace, Face] | None:
    """The face where the optimum lies, with the optimum; None if the search does not end."""
    start, fewest = face, np.inf
    for _ in range(TOGETHER):
        solved = solve_face(program, face)
        if solved is None:
            break
        found = contradictions(program, face, solved)
        if not found.count:
            return solved, face
        if found.count > GROWTH * fewest:
            break
        fewest = min(fewest, found.count)
        face = face.changed(found)
    return downhill(program, start)


def downhill(program: FitProgram, face: Face) -> tuple[SolvedFace, Face] | None:
    """From the interior point to the optimum: towards each face's own until a bound stops it."""
    face = face.touching(program)
    x = np.where(face.fixed, program.low, face.x)
    face = Face(face.fixed, face.row, program.tail(x), x)
    for _ in range(ONE_BY_ONE):
        solved = solve_face(program, face)
        if solved is None:
            return None
        step, stopped = first_stop(program, face, x, solved.x)
        x = x + step * (solved.x - x)
        if stopped is not None:
            face = stopped
            continue
        x = solved.x
        if not contradictions(program, face, solved).count:
            return solved, face
        # Where bounds depend on each other their prices are not unique: some may be right.
        price, direction = best_prices(program, face, solved)
        if direction is None:
            reduced = solved.slope + program.rows.T @ price
            return replace(solved, price=price, reduced=reduced), face
        x = along(program, face, x, direction)
        face = face_at(program, face, x, direction)
    return None


def best_prices(
    program: FitProgram, face: Face, solved: SolvedFace
) -> tuple[np.ndarray, np.ndarray | None]:
    """Prices of the rows that come nearest to proving an optimum, and a way down if none do.

    One linear program: the least t with every reduced cost in [-t, t], or above -t where the
    column is held. Its duals are the steepest way down that keeps to the bounds.
    """
    rows = np.flatnonzero(face.row)
    unit, slope = solved.unit, solved.slope / solved.unit
    part = program.rows[rows].T.tocoo()
    n, m = len(slope), len(rows)
    equal = program.kinds()[0][rows]
    low = np.where(equal | (face.row[rows] < 0), -np.inf, 0.0)
    high = np.where(equal | (face.row[rows] > 0), np.inf, 0.0)
    free = np.flatnonzero(~face.fixed)
    entries = Triplets(
        np.concatenate(
            [
                part.row,
                np.arange(n),
                n + np.searchsorted(free, part.row)[~face.fixed[part.row]],
                n + np.arange(len(free)),
            ]
        ),
        np.concatenate(
            [part.col, np.full(n, m), part.col[~face.fixed[part.row]], np.full(len(free), m)]
        ),
        np.concatenate(
            [part.data, np.ones(n), part.data[~face.fixed[part.row]], np.full(len(free), -1.0)]
        ),
        np.concatenate([-slope, np.full(len(free), -np.inf)]),
        np.concatenate([np.full(n, np.inf), -slope[free]]),
    )
    cost = np.concatenate([np.zeros(m), [1.0]])
    linear = LinearProgram(entries, cost, np.append(low, 0.0), np.append(high, np.inf))
    optimum = linear.solve("prices of the balance")
    price = np.zeros(len(program.lower))
    price[rows] = optimum.x[:m] * unit
    if optimum.x[m] <= PRICE:
        return price, None
    direction = optimum.dual[:n].copy()
    direction[free] += optimum.dual[n:]
    return price, direction if slope @ direction < 0 else -direction


def along(program: FitProgram, face: Face, x: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """The lowest point along a way down that breaks no bound."""
    _, above, below = program.kinds()
    value, growth = program.rows @ x, program.rows @ direction
    ways = (
        _steps(program.low - x, direction, direction < 0),
        _steps(program.upper - value, growth, above & (face.row != 1) & (growth > 0)),
        _steps(program.lower - value, growth, below & (face.row != -1) & (growth < 0)),
    )
    low, high = 0.0, min(min(float(way.min(initial=np.inf)) for way in ways), 1e12)
    for _ in range(80):  # halvings: the slope along a line only rises
        middle = (low + high) / 2
        falls = float(program.gradient(x + middle * direction) @ direction) < 0
        low, high = (middle, high) if falls else (low, middle)
    return np.maximum(x + low * direction, program.low)


def face_at(program: FitProgram, face: Face, x: np.ndarray, direction: np.ndarray) -> Face:
    """The face of a point reached along a direction."""
    equal, above, below = program.kinds()
    value, growth = program.rows @ x, program.rows @ direction
    still = np.abs(growth) <= PRICE
    row = equal.astype(int)
    row[above & (program.upper - value <= FEASIBLE) & (still | (growth > 0))] = 1
    row[below & (value - program.lower <= FEASIBLE) & (still | (growth < 0))] = -1
    fixed = (x - program.low <= FEASIBLE) & (direction <= PRICE)
    return Face(fixed, row, program.tail(x), face.x)


def first_stop(
    program: FitProgram, face: Face, x: np.ndarray, end: np.ndarray
) -> tuple[float, Face | None]:
    """How far towards an end nothing new binds, and the face with what binds there."""
    _, above, below = program.kinds()
    change = end - x
    value, growth = program.rows @ x, program.rows @ change
    lack, drift = program.figures @ x - program.values, program.figures @ change
    edge = np.where(face.tail != 0, face.tail, np.sign(drift)) * min(program.huber, 1e300)
    leaves = np.where(face.tail != 0, face.tail * drift < 0, np.isfinite(program.huber))
    ways = (
        _steps(program.low - x, change, ~face.fixed & (change < 0)),
        _steps(program.upper - value, growth, above & (face.row == 0) & (growth > 0)),
        _steps(program.lower - value, growth, below & (face.row == 0) & (growth < 0)),
        _steps(edge - lack, drift, leaves),
    )
    nearest = [float(way.min(initial=np.inf)) for way in ways]
    which = int(np.argmin(nearest))
    if nearest[which] >= 1.0:
        return 1.0, None
    place = int(np.argmin(ways[which]))
    fixed, row, tail = face.fixed.copy(), face.row.copy(), face.tail.copy()
    if which == 0:
        fixed[place] = True
    elif which == 3:
        tail[place] = 0.0 if tail[place] else np.sign(drift[place])
    else:
        row[place] = 1 if which == 1 else -1
    return nearest[which], Face(fixed, row, tail, face.x)


def contradictions(program: FitProgram, face: Face, solved: SolvedFace) -> Wrong:
    """What contradicts the optimality conditions, by how much."""
    x, price = solved.x, solved.price
    equal, above, below = program.kinds()
    beyond = np.where(face.fixed, 0.0, program.low - x)
    reduced = np.where(face.fixed, -solved.reduced, 0.0)
    value = program.rows @ x
    over = np.where(above & (face.row != 1), value - program.upper, 0.0)
    under = np.where(below & (face.row != -1), program.lower - value, 0.0)
    loose = np.where(equal, 0.0, -price * face.row)
    unit = SIGN * solved.unit
    lack = program.figures @ x - program.values
    kink = np.where(face.tail == 0, np.abs(lack) - program.huber, program.huber - face.tail * lack)
    moved = kink > FEASIBLE  # at the kink itself both parts of the loss have one slope
    tail = np.where(moved, program.tail(x), face.tail)
    return Wrong(
        np.where(beyond > FEASIBLE, beyond, 0.0),
        np.where(reduced > unit, reduced, 0.0),
        np.where(over > FEASIBLE, over, 0.0),
        np.where(under > FEASIBLE, under, 0.0),
        np.where(loose > unit, loose, 0.0),
        tail,
        moved,
    )


def _steps(room: np.ndarray, change: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Part of a change after which each room is used up; infinite where it does not count."""
    counts = counts & (np.abs(change) > FEASIBLE**1.5)
    part = np.divide(room, change, out=np.full(len(change), np.inf), where=counts)
    return np.where(counts, np.maximum(part, 0.0), np.inf)
