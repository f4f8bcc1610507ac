"""Colours and marks of explorers: each colour by day and by night, so that it can be told from the page in either."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from linear_signal.errors import InputError, unknown
from linear_signal.models.catalogue import CATALOGUE

DAY, NIGHT = "#ffffff", "#121212"  # the page's ground, as the theme has it
# Of a mark to the ground. At least 3 (WCAG 2.2, 1.4.11); small marks on a dark ground want more.
BY_DAY, BY_NIGHT = 3.0, 4.5
# Drawn by a path from the middle of the mark; the keys are those of the catalogue of models.
SHAPES = {
    "o": "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
    "s": "m-3.5-3.5h7v7h-7z",
    "D": "m0-5l5 5l-5 5l-5-5z",
    "^": "m0-4.8l4.6 8h-9.2z",
    "v": "m0 4.8l4.6-8h-9.2z",
    "P": "m-1.7-4.7h3.4v3h3v3.4h-3v3h-3.4v-3h-3v-3.4h3z",
    "X": "m-2.8-5l2.8 2.8l2.8-2.8l2.2 2.2l-2.8 2.8l2.8 2.8l-2.2 2.2l-2.8-2.8l-2.8 2.8l-2.2-2.2l2.8-2.8l-2.8-2.8z",
    "*": "m0-5.6l1.3 3.9h4.1l-3.3 2.4l1.3 3.9l-3.4-2.4l-3.4 2.4l1.3-3.9l-3.3-2.4h4.1z",
}
BLUE, ORANGE = CATALOGUE["logistic_regression"].colour, CATALOGUE["three_layer"].colour
_PALETTE = [
    CATALOGUE[name].colour
    for name in ("logistic_regression", "three_layer", "boosted_trees", "five_layer", "squared_logistic", "linear_svm")
]


def by_theme(colour: str) -> str:
    """Return a colour for the light page and one for the dark one, each with enough contrast to its ground.

    >>> by_theme("#1b62a5"), by_theme("#ffffff")
    ('light-dark(#1b62a5,#4981b7)', 'light-dark(#949494,#ffffff)')
    """
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise InputError(f"A colour is written like '#1b62a5'; got {colour!r}.")
    return light_dark(_readable(colour, DAY, "#000000", BY_DAY), _readable(colour, NIGHT, "#ffffff", BY_NIGHT))


def light_dark(by_day: str, by_night: str) -> str:
    """Return the colour of CSS that has one value on a light page and another on a dark one."""
    return f"light-dark({by_day},{by_night})"


LOOK = {
    "ink": light_dark("#2b2b2b", "#d5d9de"),
    "muted": light_dark("#5a5a5a", "#a4acb6"),
    "grid": light_dark("#e6e6e6", "#2e353f"),
    "ground": light_dark(DAY, NIGHT),
}


def colours_of(names: Sequence[str], declared: Mapping[str, str]) -> dict[str, str]:
    """Return the colour of every name: the one declared, or one of the book's that is left."""
    spare = [colour for colour in _PALETTE if colour not in declared.values()] or _PALETTE
    others = iter(spare * len(names))
    return {name: by_theme(declared[name] if name in declared else next(others)) for name in names}


def shapes_of(names: Sequence[str], declared: Mapping[str, str]) -> dict[str, str]:
    """Return the path of the mark of every name: the one declared, or one that is left."""
    for shape in declared.values():
        if shape not in SHAPES:
            raise unknown("shape", shape, SHAPES)
    spare = [shape for shape in SHAPES if shape not in declared.values()] or list(SHAPES)
    others = iter(spare * len(names))
    return {name: SHAPES[declared[name] if name in declared else next(others)] for name in names}


def diverging(low: str, high: str, *, steps: int) -> list[str]:
    """Return colours from ``low`` over the ground of the page to ``high``."""
    half = steps // 2
    shares = [(half - step) / half for step in range(steps)]
    return [
        light_dark(
            *(_mixed(ground, low if share > 0 else high, abs(share) ** 0.8 * strength) for ground, strength in _GROUNDS)
        )
        for share in shares
    ]


_GROUNDS = ((DAY, 1.0), (NIGHT, 0.95))


def _readable(colour: str, ground: str, towards: str, least: float) -> str:
    """Mix a colour with black or white until it can be told from the ground."""
    for share in range(0, 101, 2):
        mixed = _mixed(colour, towards, share / 100)
        if contrast(mixed, ground) >= least:
            return mixed
    return towards


def _mixed(one: str, other: str, share: float) -> str:
    parts = zip(_rgb(one), _rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


def _rgb(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio").

    >>> contrast("#000000", "#ffffff")
    21.0
    """
    darker, lighter = sorted(map(_luminance, (one, other)))
    return round((lighter + 0.05) / (darker + 0.05), 3)


def _luminance(colour: str) -> float:
    parts = [part / 255 for part in _rgb(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
