"""A sketch of signal removal: two genes of two classes, whose means and spreads a reader moves, before and after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linear_signal.data.signal_removal import remove_linear_signal
from linear_signal.figures.explorer.contour import zero_lines
from linear_signal.figures.explorer.look import BLUE, LOOK, ORANGE, SHAPES, by_theme
from linear_signal.figures.explorer.page import BUDGET, Explorer, checked, checked_name
from linear_signal.figures.explorer.svg import WIDTH, element, figure, key, text
from linear_signal.figures.style import caption
from linear_signal.seeds import generator

SHIFTS = [round(0.25 * k, 2) for k in range(13)]
RATIOS = [round(1 + 0.25 * k, 2) for k in range(9)]
DIRECTION = (1.0, 0.6)  # in which class B is moved
_DOMAIN = (-6.0, 8.0)
_CELLS = 60
_LEARN, _JUDGE = 60, 300  # samples of a class
_SAID = {
    "left": "After removal no line is left: the means are equal. The curve still sees that the classes differ in spread.",
    "nothing": "After removal nothing is left for either: the classes differed in their means alone.",
}


def removal_sketch(*, name: str = "removal", shift: float = 2.0, ratio: float = 2.5) -> Explorer:
    """Show what removal does to one pair of genes, with a linear and a non-linear boundary.

    Both are discriminants of normal distributions, one with the same covariance for both classes (a line), one with a
    covariance for each (a curve). Class means are removed as on all pages: of learning and new samples separately.

    Args:
        name: in addresses.
        shift, ratio: where the sliders begin, of ``SHIFTS`` and ``RATIOS``.
    """
    learn, judge = base_points()
    told: dict[str, Any] = {
        "name": checked_name(name),
        "alt": "Two genes of two classes before and after removal of class means, with a straight and a curved boundary.",
        "learn": learn.tolist(),
        "judge": judge.tolist(),
        "shifts": SHIFTS,
        "ratios": RATIOS,
        "direction": DIRECTION,
        "domain": _DOMAIN,
        "colours": [by_theme(BLUE), by_theme(ORANGE)],
        "shapes": [SHAPES["o"], SHAPES["^"]],
        "names": ["class A", "class B"],
        "titles": {"line": "Linear", "curve": "Non-linear"},
        "judged": f"Balanced accuracy on {2 * _JUDGE} new samples; chance is 0.50.",
        "said": _SAID,
        "start": {"shift": [str(SHIFTS.index(shift))], "ratio": [str(RATIOS.index(ratio))]},
        "look": LOOK,
    }
    words = "Move the sliders: a difference of means is taken away, a difference of spreads stays."
    still = _drawn(told, classes_of(learn, shift, ratio))
    below = " ".join(caption(words, synthetic=True).split())
    return checked(Explorer(kind="removal", declaration=told, columns={}, still=still, caption=below), budget=BUDGET)


def base_points() -> tuple[np.ndarray, np.ndarray]:
    """Return points of spread 1 around zero to learn from and to judge by, float [2 classes, points, 2 genes]."""
    random = generator("removal sketch")
    learn, judge = (random.standard_normal((2, count, 2)) for count in (_LEARN, _JUDGE))
    # Without it a sketch of few points would show accidents: every class has its mean and spread exactly.
    learn = (learn - learn.mean(axis=1, keepdims=True)) / learn.std(axis=1, keepdims=True)
    return learn.round(2), judge.round(2)


def classes_of(base: np.ndarray, shift: float, ratio: float) -> np.ndarray:
    """Return class A as it is, and class B stretched and moved."""
    return np.stack([base[0], base[1] * ratio + shift * np.asarray(DIRECTION)])


def without_means(classes: np.ndarray) -> np.ndarray:
    """Remove the class means from points [2, points, 2], as chapters do."""
    _, points, genes = classes.shape
    labels = np.repeat([0, 1], points)
    return remove_linear_signal(classes.reshape(-1, genes), labels).reshape(classes.shape)


def discriminants(classes: np.ndarray) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Return the scores of the line and of the curve, functions of points [..., 2]; above 0 they name class B."""
    middles = classes.mean(axis=1)
    spreads = np.stack([np.cov(points, rowvar=False) for points in classes])
    pooled = spreads.mean(axis=0)

    def away(spread: np.ndarray, middle: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        inverse, constant = np.linalg.inv(spread), np.log(np.linalg.det(spread))
        return lambda points: np.einsum("...i,ij,...j->...", points - middle, inverse, points - middle) + constant

    def score(first: np.ndarray, second: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        a, b = away(first, middles[0]), away(second, middles[1])
        return lambda points: a(points) - b(points)

    equal = np.linalg.norm(middles[0] - middles[1]) < 1e-9
    # Equal means leave a line nothing to go by; it names one class for all.
    line = (lambda points: np.full(points.shape[:-1], -1.0)) if equal else score(pooled, pooled)
    return {"line": line, "curve": score(*spreads)}


def _drawn(told: dict[str, Any], classes: np.ndarray) -> str:
    look, size, top = told["look"], (WIDTH - 16) / 2, 22.0
    drawn = []
    steps = np.linspace(*_DOMAIN, _CELLS)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1)
    for place, (title, points) in enumerate((("Before removal", classes), ("After removal", without_means(classes)))):
        left = place * (size + 16)
        over, up = _scale(left, left + size), _scale(top + size, top)
        drawn.append(text(title, x=left, y=top - 8, fill=look["ink"], font_weight="bold"))
        frame = f"M{left:.1f} {top:.1f}h{size:.1f}v{size:.1f}h-{size:.1f}z"
        drawn.append(element("path", d=frame, fill="none", stroke=look["grid"]))
        for k, own in enumerate(points):
            inside = [point for point in own if _DOMAIN[0] < point.min() and point.max() < _DOMAIN[1]]
            path = "".join(f"M{over(x):.0f} {up(y):.0f}{told['shapes'][k]}" for x, y in inside)
            drawn.append(element("path", d=path, fill=told["colours"][k], fill_opacity=0.7))
        for kind, score in discriminants(points).items():
            pieces = zero_lines(score(grid))
            ends = [np.interp(piece, range(_CELLS), steps) for piece in pieces]
            if kind == "line" and pieces:  # in one piece it can be dashed
                corners = sorted(np.reshape(ends, (-1, 2)).tolist(), key=lambda corner: corner[1])
                ends = [(*corners[0], *corners[-1])]
            path = "".join(f"M{over(a):.0f} {up(b):.0f}L{over(c):.0f} {up(d):.0f}" for a, b, c, d in ends)
            drawn += [_boundary(kind, path, look["ink"])] if path else []
    entries = [(element("path", d=f"M5 0{shape}", fill=colour), name, 10) for shape, colour, name in _marks(told)]
    entries += [(_boundary(kind, "M0 0h26", look["ink"]), title, 26) for kind, title in told["titles"].items()]
    keys, taken = key(entries, top=top + size + 8, ink=look["ink"])
    return figure([*drawn, *keys], height=top + size + 8 + taken, alt=told["alt"])


def _scale(start: float, end: float) -> Callable[[float], float]:
    return lambda value: start + (value - _DOMAIN[0]) / (_DOMAIN[1] - _DOMAIN[0]) * (end - start)


def _marks(told: dict[str, Any]) -> zip:
    return zip(told["shapes"], told["colours"], told["names"], strict=True)


def _boundary(kind: str, path: str, ink: str) -> str:
    return element(
        "path", d=path, fill="none", stroke=ink, stroke_width=2, stroke_dasharray="7 4" if kind == "line" else None
    )
