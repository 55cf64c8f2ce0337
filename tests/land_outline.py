"""Write the outline of land and borders that the page's map draws, small enough to stand in it.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tests/land_outline.py package/countries-110m.json

The file holds Natural Earth's countries at 1:110 million, which are in the public domain. Lines are
thinned (Douglas and Peucker 1973) to `TOLERANCE` degrees; islands below `LEAST` and Antarctica go.
Russia goes on beyond 180 degrees east.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np

OUT = Path(__file__).parents[1] / "supplygraph" / "views" / "web" / "land.js"
TOLERANCE, LEAST, SOUTH = 0.45, 3.0, -58.0
TENTHS = 10  # of a degree, in which coordinates are written


def lines_of(topology: dict) -> list[np.ndarray]:
    """Every arc of a quantized topology in degrees."""
    scale, shift = (np.array(topology["transform"][name]) for name in ("scale", "translate"))
    return [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in topology["arcs"]]


def thinned(line: np.ndarray) -> np.ndarray:
    """The points of a line without which it would leave its place by more than the tolerance."""
    if len(line) < 3:
        return line
    start, chord = line[0], line[-1] - line[0]
    length = float(np.hypot(*chord))
    away = line - start
    gap = (
        np.hypot(*away.T)
        if length == 0
        else abs(chord[0] * away[:, 1] - chord[1] * away[:, 0]) / length
    )
    far = int(gap.argmax())
    if gap[far] <= TOLERANCE:
        return line[[0, -1]]
    return np.vstack([thinned(line[: far + 1])[:-1], thinned(line[far:])])


def rings_of(topology: dict) -> list[list[int]]:
    """Arcs of every outer ring."""
    found = []
    for shape in topology["objects"]["countries"]["geometries"]:
        parts = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        found += [ring for rings in parts for ring in rings[:1]]
    return found


def path_of(line: np.ndarray) -> str:
    """Tenths of a degree, the first point and then steps, as a path of SVG; north is up."""
    points = np.round(line * TENTHS).astype(int) * [1, -1]
    steps = np.diff(points, axis=0)
    steps = steps[(steps != 0).any(axis=1)]
    text = " ".join(f"{x}{' ' if y >= 0 else ''}{y}" for x, y in steps)
    return text and f"M{points[0][0]} {points[0][1]}l{text}"


def outline(topology: dict) -> tuple[str, str]:
    """Land to fill, and borders that two countries share, as paths."""
    lines = lines_of(topology)
    rings = rings_of(topology)
    kept, shared = [], Counter(abs(a) if a >= 0 else ~a for ring in rings for a in ring)
    short = [thinned(line) for line in lines]
    for ring in rings:
        parts = [short[a] if a >= 0 else short[~a][::-1] for a in ring]
        whole = np.vstack([parts[0], *(part[1:] for part in parts[1:])])
        whole[1:, 0] -= np.cumsum(360.0 * np.round(np.diff(whole[:, 0]) / 360.0))  # past 180 east
        if np.ptp(whole, axis=0).max() >= LEAST and whole[:, 1].max() > SOUTH:
            kept.append(path_of(whole))
    borders = [path_of(short[a]) for a, count in sorted(shared.items()) if count > 1]
    return "".join(kept), "".join(borders)


if __name__ == "__main__":
    land, borders = outline(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    head = (
        "// Land and borders in tenths of a degree. Written by tests/land_outline.py from Natural\n"
        "// Earth, which is in the public domain.\n"
    )
    OUT.write_text(
        f'{head}const LAND = "{land}";\nconst BORDERS = "{borders}";\n', encoding="utf-8"
    )
