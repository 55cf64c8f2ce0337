"""Published and worked reference cases, computed today beside what is published.

Each case names its source, what it measures and the tolerance within which the two agree; the
page of validation shows them and a test compares that table with what is computed now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import networkx as nx
import numpy as np

import supplygraph as sg
from tests.worked_examples import MINE_2024_EDITION_2025


@dataclass(frozen=True)
class Case:
    """One figure: where it is from, its published and its computed value, how near they must be."""

    source: str
    what: str
    published: float
    computed: float
    tolerance: float

    @property
    def difference(self) -> float:
        """Computed less published."""
        return self.computed - self.published

    @property
    def holds(self) -> bool:
        """Whether they agree."""
        return abs(self.difference) <= self.tolerance


RECOVERY = (
    "Simchi-Levi et al., Interfaces 45(5), 2015, doi:10.1287/inte.2015.0804 (teaching example)"
)
TIERS = "the same method on two tiers, solved by hand"
ESRI = "Diem et al., Sci. Rep. 12:7719, 2022, doi:10.1038/s41598-022-11522-z (worked by hand)"
SHAPLEY = "Shapley, A value for n-person games, 1953 (majority game with a veto, by hand)"
DOMINATORS = "dominators with AND over inputs (by hand)"
VITALITY = "Corley and Chang, Manage. Sci. 21(3), 1974 (most vital nodes, by hand)"
MIXING = "proportional mixing, absorbing chain (worked example)"
MINES = "USGS Mineral Commodity Summaries, January 2025, mine production of 2024"
RISK = "Blengini et al., EU criticality, 2017, doi:10.2760/73303 (worked example)"
CUSTOMS = (
    "Chinese customs, tariff line 8505.11.10, as press texts give it (calibrated to these months)"
)


def _recovery() -> Iterator[Case]:
    table = (
        sg.load("time-to-recover")
        .cover(each=["id=s1", "id=s2", "id=s3"], ttr=2, weights="value")
        .table
    )
    rows = table[
        (table["product"] == "total")
        & (table["cover"] == "central")
        & (table["rerouting"] == "least")
    ].set_index("removed")
    published = {"s1": (0, 2.25), "s2": (125_000, 1.286), "s3": (275_000, 0.900)}
    for name, (loss, survive) in published.items():
        row = rows.loc[f"id={name}"]
        yield Case(RECOVERY, f"loss without {name}, USD", loss, float(row["lost_usd"]), 0.01)
        # The source prints three decimals.
        yield Case(
            RECOVERY,
            f"time to survive without {name}, months",
            survive,
            float(row["tts_months"]),
            5e-4,
        )


def _tiers() -> Iterator[Case]:
    chain = sg.load("time-to-recover-tiers").remove("id=s1")
    for months, loss in ((1, 0), (2, 70), (3, 350), (6, 1280)):
        table = chain.cover(ttr=months, weights="value").table
        row = table[
            (table["product"] == "total")
            & (table["cover"] == "central")
            & (table["rerouting"] == "least")
        ].iloc[0]
        what = f"loss without s1 for {months} months, USD"
        yield Case(TIERS, what, loss, float(row["lost_usd"]), 5e-5 * loss)


def _esri() -> Iterator[Case]:
    table = sg.load("esri-toy").structure("esri").table.set_index("id")
    car = 0.05 * (0.7 / 0.95 * 0.7 + 0.3 / 0.95 * 0.3)
    expected = {"c1": 1.0, "s1": 500 / 550, "m2": (20 + 5 + 3.5 + 1.5 + 200 * car) / 550}
    for name, value in expected.items():
        yield Case(ESRI, f"index of {name.upper()}", value, float(table.loc[name, "esri"]), 1e-6)


def _shapley() -> Iterator[Case]:
    from supplygraph.analysis.structure.shapley import shapley

    found = shapley(["a", "b", "c"], lambda sets: [float(len(s) > 1 and "a" in s) for s in sets])
    for name, value in (("a", 2 / 3), ("b", 1 / 6), ("c", 1 / 6)):
        yield Case(SHAPLEY, f"share of {name}", value, float(found[name]), 1e-12)


def _dominators() -> Iterator[Case]:
    """A product of two kinds: one has two makers on one mine, the other a single maker."""
    from supplygraph.analysis.structure.dominators import Reach

    network = nx.DiGraph()
    network.add_edges_from([("mine", "left"), ("mine", "right"), ("left", "car"), ("right", "car")])
    network.add_edge("gas", "car")
    for tail, kind in (("left", "metal"), ("right", "metal"), ("gas", "gas")):
        network.edges[tail, "car"]["kind"] = kind
    reach = Reach(network)
    for name, stops in (("mine", 1), ("gas", 1), ("left", 0), ("right", 0)):
        runs = reach.runs(reach.closed([[name]]))[:, 0]
        stopped = float(not runs[reach.place["car"]])
        yield Case(DOMINATORS, f"{name} is on every way (1) or not (0)", stops, stopped, 0)


def _vitality() -> Iterator[Case]:
    from supplygraph.analysis.structure.max_flow import most_vital, vitality

    network = nx.DiGraph([("A", "line"), ("B", "line"), ("line", "use"), ("C", "use")])
    nx.set_node_attributes(network, {"A": 8, "B": 8, "line": 8, "C": 7, "use": 15}, "capacity")
    found = vitality(network)
    for name, value in (("A", 0), ("B", 0), ("C", 7)):
        yield Case(VITALITY, f"vitality of {name}, t", value, float(found[name]), 1e-9)
    _, loss = most_vital(network, 2, {name: (name,) for name in "ABC"})
    yield Case(VITALITY, "loss of the most vital pair (A, B), t", 8, float(loss), 1e-9)


def _mixing() -> Iterator[Case]:
    from supplygraph.graph.mixing import origin_shares, touched_share

    flows = [
        ("CN_mine", "CN_sep", 70),
        ("US_mine", "CN_sep", 15),
        ("AU_mine", "CN_sep", 5),
        ("AU_mine", "MY_sep", 10),
        ("CN_sep", "CN_mag", 80),
        ("CN_sep", "JP_mag", 10),
        ("MY_sep", "JP_mag", 8),
        ("MY_sep", "CN_mag", 2),
        ("CN_mag", "EV", 50),
        ("JP_mag", "EV", 18),
    ]
    shares = origin_shares(flows, "EV")
    for name, value in (("CN_mine", 0.67233), ("US_mine", 0.14407), ("AU_mine", 0.18360)):
        yield Case(MIXING, f"share of {name}", value, float(shares[name]), 5e-6)
    for name, value in (("CN_sep", 0.86442), ("CN_mag", 0.73529)):
        touched = float(touched_share(flows, "EV", [name]))
        yield Case(MIXING, f"share that touched {name}", value, touched, 5e-6)


def _indices() -> Iterator[Case]:
    from supplygraph.analysis.suppliers.criticality_indices import (
        governance_concentration,
        supply_risk,
    )

    yield Case(
        MINES,
        "concentration x 10,000",
        4923.6,
        1e4 * sg.concentration(MINE_2024_EDITION_2025),
        0.05,
    )
    world = {"CN": 0.68, "US": 0.12, "MM": 0.10, "AU": 0.07, "oth": 0.03}
    sourcing = {"CN": 0.85, "MY": 0.10, "US": 0.05}
    governance = {"CN": 6.1, "US": 3.0, "MM": 8.0, "AU": 1.9, "MY": 4.3, "oth": 5.0}
    for what, shares, value in (("supply", world, 2.9577), ("sourcing", sourcing, 4.4578)):
        found = float(governance_concentration(shares, governance))
        yield Case(RISK, f"concentration weighted by governance, {what}", value, found, 5.1e-5)
    risk = supply_risk(
        world,
        sourcing,
        governance,
        import_reliance=1.0,
        recycling_rate=0.01,
        substitution_index=0.95,
    )
    yield Case(RISK, "supply risk", 3.4871, float(risk), 5.1e-5)


def _customs() -> Iterator[Case]:
    from supplygraph.analysis.runs.backtest import CALIBRATION
    from supplygraph.analysis.runs.licence_curve import Curve

    base = {"04": 4775, "05": 4762, "06": 5147, "07": 5278, "08": 5326}
    seen = {"04": 2626, "05": 1238, "06": 3188, "07": 5577, "08": 6146}
    curve = Curve(
        CALIBRATION["floor"],
        CALIBRATION["grace"],
        CALIBRATION["middle"],
        CALIBRATION["width"],
        growth=CALIBRATION["growth"],
    )
    for month, tonnes in seen.items():
        found = float(np.asarray(curve.share(f"2025-{month}")) * base[month])
        # Five parameters, printed to three digits, on five months: two per cent.
        yield Case(CUSTOMS, f"magnets exported in 2025-{month}, t", tonnes, found, 0.02 * tonnes)


FAMILIES: tuple[Callable[[], Iterator[Case]], ...] = (
    _recovery,
    _tiers,
    _esri,
    _shapley,
    _dominators,
    _vitality,
    _mixing,
    _indices,
    _customs,
)


@cache
def cases() -> tuple[Case, ...]:
    """All reference cases, computed now."""
    return tuple(case for family in FAMILIES for case in family())
