"""What a project changes: the loss with it and without it, and why if it changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from supplygraph.analysis.causes.loss_causes import Tracer
from supplygraph.engines.month_model import Month
from supplygraph.errors import UsageError
from supplygraph.graph import SupplyGraph
from supplygraph.hints import did_you_mean
from supplygraph.scenario import Shock
from supplygraph.scenario.projects import Project

IDLE = 1e-3
WORLDS = {"alone": ["none"], "beside all that is announced": ["announced"]}


def what_projects_change(
    projects: Mapping[str, Project],
    asked: Sequence[str],
    tracer_of: Callable[[list[str]], Tracer],
    shock: Shock,
) -> tuple[str, ...]:
    """One sentence for each project: the least total loss with and without it, and its feed.

    Parameters
    ----------
    projects
        All projects of the dataset.
    asked
        Ids of those to judge.
    tracer_of
        Engines of a portfolio, by words as of :func:`supplygraph.scenario.portfolios.chosen`.
    shock
        What is taken away.

    Raises
    ------
    UsageError
        If one asked for is no id; words for many projects are not judged as one.
    """
    notes = []
    for name in asked:
        if name not in projects:
            titles = {one: project.title for one, project in projects.items()}
            raise UsageError(f"'{name}' is no project's id. {did_you_mean(name, titles, titles)}")
    for name in asked:
        parts = []
        for label, words in WORLDS.items():
            without, last = tracer_of([*words, f"-{name}"]), tracer_of([*words, name])
            parts.append(f"{label}: {_change(_loss(without, shock), _loss(last, shock))}")
        runs = " ".join(_runs(projects[name], last.month, shock))
        notes.append(f"project {name}: {'; '.join(parts)}. {runs}")
    return tuple(notes)


def _loss(tracer: Tracer, shock: Shock) -> float:
    month = tracer.month
    served, _ = month.program.served(shock)
    return float(month.weights @ (month.program.reference.served - served))


def _change(before: float, after: float) -> str:
    if f"{before:.3f}" == f"{after:.3f}":
        return f"total loss_least stays {after:.3f}"
    return f"total loss_least {before:.3f} without it, {after:.3f} with it"


def _runs(project: Project, month: Month, shock: Shock) -> Iterator[str]:
    """What each line of a project could run after the removal, and what holds it back."""
    graph, program = month.baseline.graph, month.program
    capacity, _ = graph.line_capacity(month.month)
    for line in project.lines:
        mask = (graph.lines["facility"] == line.facility) & (graph.lines["line"] == line.line)
        number = int(np.flatnonzero(mask.to_numpy())[0])
        own = np.flatnonzero(graph.line_of == number)
        named = f"{line.facility} line {line.line}"
        room = capacity[number]
        if np.isnan(room):
            yield f"{named}: nobody states its tonnes, so it adds none."
        elif room <= 0:
            yield f"{named}: not open in {month.month}."
        else:
            yield f"{named}: {_held_back(month, shock, own, room)}"
    if program.reference.warnings:
        yield " ".join(program.reference.warnings)


def _held_back(month: Month, shock: Shock, own: np.ndarray, room: float) -> str:
    """How much of a line's room its feed allows, and how much is wanted."""
    graph, program = month.baseline.graph, month.program
    block = program.columns.block("activity")
    units = graph.line_units[own]
    most = program.most(shock, own)
    able = float(units @ most.x[block][own]) / room
    wanted = float(units @ program.solve(shock).x[block][own]) / room
    could = f"its feed lets it run at {min(able, 1.0):.0%} of {room:,.0f} t a year"
    if able < IDLE:
        return f"it has no feed for its {room:,.0f} t a year."
    if able < 1 - IDLE:
        names = short_inputs(graph, own, most.price, 3)
        could += f" (short of {', '.join(names)})" if names else ""
    if wanted >= able - IDLE:
        return f"{could}, and all of that is used."
    return f"{could}; the least loss uses {wanted:.0%}: another step binds, not this one."


def short_inputs(graph: SupplyGraph, own: np.ndarray, price: np.ndarray, most: int) -> list[str]:
    """Inputs of some activities that have a price, dearest first.

    Parameters
    ----------
    graph
        Compiled network.
    own
        Numbers of the activities.
    price
        Price of every pool.
    most
        Names to give at most.
    """
    inputs, material = graph.inputs, graph.pools["material"]
    entries = np.flatnonzero(np.isin(inputs.user, own))
    worth = price[inputs.pool[entries]] * inputs.quantity[entries]
    order = [entries[i] for i in np.argsort(-worth, kind="stable") if worth[i] > 0]
    return list(dict.fromkeys(str(material.iat[inputs.pool[entry]]) for entry in order))[:most]
