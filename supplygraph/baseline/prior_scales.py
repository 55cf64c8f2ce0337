"""How far a flow may lie from where it is expected.

The variance of a column is ``TAU^2 p P``, with p its expected flow and P that of its group: the
process of an activity, the material of an arc or draw, the product of a demand; of what nobody is
seen to use it is ``(TAU size)^2``, with size what the place makes and needs. Variances of parts add
up to that of the whole, so two halves of a plant pull as the plant does, and when a group's total
has to move all its members move in the same proportion.
"""

from __future__ import annotations

import numpy as np

from supplygraph.baseline.carried_output import main_outputs
from supplygraph.baseline.expected_flows import ExpectedFlows
from supplygraph.baseline.expected_levels import total_by_name

TAU = 0.7  # sd of the log of an expected flow: half to double, as plants and utilisation differ
# Expected flow that counts for the variance of a column nobody expected, as a share of its group:
# small enough that it stays near nothing unless the figures need it.
UNEXPECTED = 1e-3
UNSEEN_PLANT = 2e-3  # the same for a plant of which nothing is known but that it runs
CLOSING_ROW = 0.2  # and for a row that closes a group: it takes what is left
# Share of the world that what nobody uses may easily be in a place with a maker, however little is
# known of that maker.
MAKES = 0.1
NOTHING = 1e-9  # share of the largest group that stands for a group of which nothing is known


def spread_sizes(expected: ExpectedFlows) -> tuple[np.ndarray, np.ndarray]:
    """Expected flow that counts for the variance of every column, and that of its group."""
    columns, graph, inputs = expected.columns, expected.graph, expected.graph.inputs
    levels = expected.levels
    n = graph.n_activities
    world = _at_least(_world_sizes(expected), NOTHING)
    group = np.zeros(columns.total)
    floor = np.full(columns.total, UNEXPECTED)
    process = total_by_name(levels.process, levels.level)
    main = main_outputs(graph)
    reach = np.zeros(n)
    np.maximum.at(
        reach,
        graph.made_activity[main],
        (world[graph.made_pool] / graph.made_quantity)[main],
    )
    group[:n] = np.where(process > 0, process, reach)
    floor[:n] = (
        np.where(levels.unseen, np.where(levels.closing, CLOSING_ROW, UNSEEN_PLANT), UNEXPECTED)
        / levels.classes.size
    )
    demand = columns.block("demand")
    group[demand] = total_by_name(
        graph.demands["product"].to_numpy().astype(str), expected.value[demand]
    )
    own = inputs.draw >= 0
    draw = columns.start["draw"] + inputs.draw[own]
    group[draw] = world[inputs.pool[own]]
    twins = np.concatenate([levels.classes.size, np.ones(graph.n_demands)])
    floor[draw] = UNEXPECTED / twins[inputs.user[own]]
    group[columns.block("arc")] = world[graph.arcs["origin"].to_numpy()]
    group[columns.block("made")] = world[columns.made_of]
    counted = np.maximum(expected.value, floor * group)
    held = _held_sizes(expected, world)
    for name, size in (
        ("surplus", held[columns.surplus_of]),
        ("unexplained", held[columns.unexplained_of]),
        ("withheld", world[columns.made_of]),
    ):
        counted[columns.block(name)] = group[columns.block(name)] = size
    return counted, group


def spread(counted: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Standard deviation of flows of these sizes in groups of those."""
    return TAU * np.sqrt(counted * group)


def _held_sizes(expected: ExpectedFlows, world: np.ndarray) -> np.ndarray:
    """What the place of every pool makes and needs, by which its unused goods are measured.

    Large where it is made or figures say that it arrives, small where little is needed. Measured
    by the world, what one country cannot place would be sent to whoever buys a little of it.
    """
    columns, graph, levels = expected.columns, expected.graph, expected.levels
    flow = expected.value[columns.block("arc")]
    end = graph.arcs["destination"].to_numpy()
    reached = np.bincount(end, flow, minlength=len(graph.pools))
    least = np.full(len(graph.pools), UNEXPECTED)
    least[graph.made_pool[levels.open[graph.made_activity]]] = MAKES
    return np.maximum(levels.made + np.maximum(expected.need, reached), least * world)


def _world_sizes(expected: ExpectedFlows) -> np.ndarray:
    """World's size of the material of every pool: the most that anything says of it.

    What is made, what users could draw of it were it the only alternative, and any figure.
    """
    graph, columns, levels = expected.graph, expected.columns, expected.levels
    users = expected.value[graph.inputs.user]
    could = np.bincount(
        graph.inputs.pool, graph.inputs.quantity * users, minlength=len(graph.pools)
    )
    pool_of = np.full(columns.total, -1)
    pool_of[columns.block("arc")] = graph.arcs["origin"].to_numpy()
    own = graph.inputs.draw >= 0
    pool_of[columns.start["draw"] + graph.inputs.draw[own]] = graph.inputs.pool[own]
    said = np.zeros(len(graph.pools))
    for o in levels.fit:
        named = pool_of[o.columns[pool_of[o.columns] >= 0]]
        # A figure of several materials together says the size of none.
        if not o.is_share and len(set(levels.material[named])) == 1:
            np.maximum.at(said, named, o.value)
    _, kind = np.unique(levels.material, return_inverse=True)
    most = np.zeros(int(kind.max(initial=-1)) + 1)
    np.maximum.at(most, kind, said)
    return np.maximum.reduce([levels.world, total_by_name(levels.material, could), most[kind]])


def _at_least(quantity: np.ndarray, share: float) -> np.ndarray:
    """Quantities no smaller than a share of the largest; 1 where all are nothing."""
    largest = float(quantity.max(initial=0.0))
    return np.maximum(quantity, share * largest if largest > 0 else 1.0)
