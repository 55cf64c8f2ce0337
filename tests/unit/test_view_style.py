"""Colours stay apart for the three common kinds of colour blindness."""

import itertools
import re
from importlib.resources import files

import numpy as np
import pytest

from supplygraph.views.style import DARK, LIGHT, PAPER

# Machado, Oliveira and Fernandes (2009), table 1, severity 1.0, on linear RGB.
SIGHT = {
    "full": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
APART = 10.0  # CIE 1976 difference; about 2.3 is just noticeable


def linear(colour: str) -> np.ndarray:
    part = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    ratio = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def least_difference(colours, sight: str) -> float:
    seen = [lab(np.array(SIGHT[sight]) @ linear(colour)) for colour in colours]
    return min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_stay_apart(palette, sight):
    assert len(palette) == 8
    assert least_difference(palette, sight) > APART


def test_red_and_green_of_one_lightness_would_fail():
    assert least_difference(("#C1443C", "#7A6A22"), "deuteranopia") < APART


def luminance(colour: str) -> float:
    return float(np.array([0.2126, 0.7152, 0.0722]) @ linear(colour))


def themes() -> list[dict[str, str]]:
    """Names of colours in the style sheet, light then dark."""
    css = files("supplygraph.views").joinpath("web/page.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root[^{]*\{([^}]*)\}", css)
    return [dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in blocks]


@pytest.mark.parametrize("theme", themes(), ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "card", "band"])
@pytest.mark.parametrize("ink", ["ink", "soft", "faint", "accent", "loss"])
def test_text_is_legible(theme, ground, ink):
    """WCAG 2.2, success criterion 1.4.3: 4.5 to 1 for text of any size."""
    light, dark = sorted((luminance(theme[ink]), luminance(theme[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_what_is_printed_has_the_colours_of_the_page_in_light():
    css = files("supplygraph.views").joinpath("web", "page.css").read_text(encoding="utf-8")
    light = css[: css.index("}")]
    found = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", light))
    assert {name: found[name] for name in PAPER} == PAPER
