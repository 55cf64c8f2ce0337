"""Where everything stands in the matrix of stage x country: the same data, the same places.

Lengths are pixels of a picture 1224 wide; the page scales it to its window.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from supplygraph.trade_words import word
from supplygraph.views.page_parts import PageRecord, Record
from supplygraph.views.style import COLOURED, colour_of, is_reported

WIDTH = 1224.0
LEFT = 138.0
RIGHT = 10.0
HEAD = 92.0
GAP = 26.0
CHAIN_TO_SECTOR = 1.46  # width of a column of plants, in columns of products
REST = "*"
NAMED = 0.03  # share of its column from which a process stands in the title


@dataclass
class Place:
    """A column with its left edge and width."""

    id: str
    x: float
    width: float
    title: str
    group: str
    block: str
    values: Record


@dataclass
class Lane:
    """A country's band; ``*`` holds the countries where nothing runs."""

    id: str
    name: str
    share: float
    colour: int
    y: float = 0.0
    height: float = 0.0


@dataclass
class Dot:
    """A node with its place."""

    id: str
    x: float
    y: float
    r: float
    values: Record
    largest: float = 0.0  # radius where there is room


@dataclass
class Ribbon:
    """Summed flow between two cells; ``back`` runs against the order of the columns."""

    origin: tuple[str, str]
    destination: tuple[str, str]
    quantity: float
    unit: str
    reported: float
    materials: list[list[Any]]
    width: float = 0.0
    ends: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    back: bool = False


@dataclass
class StageMatrix:
    """The whole picture."""

    width: float
    height: float
    columns: list[Place]
    lanes: list[Lane]
    dots: list[Dot]
    ribbons: list[Ribbon] = field(default_factory=list)
    hidden: int = 0


def columns_of(record: PageRecord) -> list[Place]:
    """Columns from mines to products, those of products narrower."""
    rows = record.rows("column")
    stages = [values["stage"] for values in rows.values()]
    products = sum(stage == "product" for stage in stages)
    gap = GAP if 0 < products < len(stages) else 0.0
    weights = [1.0 if stage == "product" else CHAIN_TO_SECTOR for stage in stages]
    unit = (WIDTH - LEFT - RIGHT - gap) / max(sum(weights), 1.0)
    found: list[Place] = []
    x = LEFT
    for (name, values), weight in zip(rows.items(), weights, strict=True):
        stage, split = values["stage"], stages.count(values["stage"]) > 1
        if stage == "product" and all(place.block != "product" for place in found):
            x += gap
        title = " · ".join(map(word, _main(values))) if split else word(stage)
        block = "product" if stage == "product" else name
        found.append(Place(name, x, unit * weight, title, word(stage), block, values))
        x += unit * weight
    return found


def lanes_of(record: PageRecord) -> list[Lane]:
    """Lanes of the countries where something runs, and one for all others; not yet placed."""
    rows = record.rows("country")
    active = [name for name, values in rows.items() if values["active"]]
    colours = colours_of(record)
    lanes = [
        Lane(name, rows[name]["name"], rows[name]["share"], colours.get(name, COLOURED))
        for name in active
    ]
    if len(active) < len(rows):
        lanes.append(Lane(REST, "Nothing runs yet", 0.0, COLOURED))
    return lanes


def colours_of(record: PageRecord) -> dict[str, int]:
    """Number of the colour of each country that has one: the largest that are no pool."""
    rows = record.rows("country")
    members: dict[str, int] = {}
    for values in rows.values():
        members[values["market"]] = members.get(values["market"], 0) + 1
    return colour_of(
        [
            name
            for name, values in rows.items()
            if values["active"]
            and values["share"] > 0
            and not (name == values["market"] and members[name] > 1)
        ]
    )


def lane_of(record: PageRecord) -> dict[str, str]:
    """Lane of each country."""
    return {
        name: name if values["active"] else REST for name, values in record.rows("country").items()
    }


def _main(values: Record) -> list[str]:
    """The processes that make a column's name: all but those too small to see."""
    return [p for p in values["processes"] if values["parts"].get(p, 0.0) >= NAMED] or values[
        "processes"
    ][:1]


def column_text(values: Record) -> list[str]:
    """Lines under a column's title: how many, how concentrated, who leads."""
    if values["stage"] == "product":
        return [_count(values["products"], "product"), _count(values["markets"], "market")]
    lines = [_count(values["sites"], "site")]
    if values["hhi"] is not None:
        lines.append(f"HHI {values['hhi']:,.0f}")
    top = values["top"][:3]
    if top:
        share = 100 * sum(part for _, part in top)
        lines.append(f"top {len(top)}: {share:.0f} %")
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def dot_pattern(values: Record) -> str:
    """How a dot is drawn: ``open`` runs not, ``estimated``, or ``reported``."""
    if not values["quantity"]:
        return "open"
    return "reported" if is_reported(values["grade"] or "") else "estimated"
