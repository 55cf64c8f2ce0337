"""The datasets that are damaged: the shipped one, two examples and a random network."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from tests.faults.folder import Files, read_folder
from tests.random_networks import random_network

ROOT = Path(__file__).parents[2]
SHIPPED = "rare-earths"
SMALL = ("three-nodes", "time-to-recover-tiers", "random")
# Networks of at most this many facilities are small: the oracle works through all of them.
RANDOM_SEEDS = 40

_DOCUMENTS = {
    "three-nodes": {
        "measures/ore-licence.yaml": """\
title: Licences on ore
kind: licence
imposed_by: [CN]
effective: 2025-02-01
covers: {materials: [ore-a]}
curve: {kind: steps, from_days: {0: 1.0, 30: 0.25, 120: 0.75}}
approval: {JP: 0.9, '*': 1.0}
evidence: D
""",
        "measures/strike.yaml": """\
title: Strike in the mine
kind: outage
select: id=mine-a
share: 0.5
effective: 2025-03-01
expires: 2025-05-31
evidence: D
""",
        "projects/more-ore.yaml": """\
title: A second shift in the mine
lines:
- {facility: mine-a, line: '1', full: 2025-09}
firmness: binding
odds: 0.8
evidence: D
""",
        "deals/pact.yaml": """\
title: Ore for magnets
date: '2025-01-15'
parties: [Op]
countries: [China, Japan]
kind: offtake
firmness: binding
projects: [more-ore]
evidence: D
""",
        "scenarios/stop.yaml": """\
title: Licences and a strike
start: 2025-01
months: 6
measures: [ore-licence, strike]
""",
        "scenarios/removal.yaml": """\
title: The mine at half speed
start: 2025-01
months: 4
removals:
- {select: id=mine-a, share: 0.5, effective: 2025-02-01}
measures:
- {id: more, title: More cars, kind: demand_shift, products: [ev], factor: 1.1,
   effective: 2025-02-01, evidence: D}
""",
    },
    "time-to-recover-tiers": {
        "measures/outage-s1.yaml": """\
title: Separator S1 stands still
kind: outage
select: id=s1
share: 1.0
effective: 2025-02-01
expires: 2025-04-30
evidence: D
""",
        "scenarios/s1-out.yaml": """\
title: Three months without S1
start: 2025-01
months: 6
measures: [outage-s1]
""",
    },
}
# What the project opens: a dated row beside those of the example.
_LATER = {"three-nodes": b"mine-a,1,dig,150,t_reo/yr,nameplate,2025-04\n"}


@cache
def _base(name: str) -> Files:
    if name == SHIPPED:
        return read_folder(ROOT / "datasets" / SHIPPED)
    files = read_folder(ROOT / "examples" / name)
    files["capacities.csv"] += _LATER.get(name, b"")
    return files | {path: text.encode() for path, text in _DOCUMENTS[name].items()}


@cache
def _random(seed: int) -> Files:
    with tempfile.TemporaryDirectory() as folder:
        random_network(seed).write(Path(folder))
        return read_folder(Path(folder))


def base_files(name: str, seed: int = 0) -> Files:
    """Files of a base dataset; `seed` chooses the random network."""
    return dict(_random(seed % RANDOM_SEEDS) if name == "random" else _base(name))
