"""SVG of explorers as they open: axes, ticks and text, drawn without a plotting library so that they take few bytes."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable

from mizani.breaks import breaks_extended

from linear_signal.figures.axes import decades, powers_of_ten

WIDTH = 760


def element(tag: str, *inside: str, **attributes: object) -> str:
    """Write an element; an attribute is named with ``_`` for ``-``, and one that is None is left out."""
    told = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(_short(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{told}>{''.join(inside)}</{tag}>" if inside else f"<{tag}{told}/>"


def text(words: str, **attributes: object) -> str:
    """Write a text."""
    return element("text", html.escape(words), **attributes)


def fitted(words: str, width: float) -> str:
    """Cut what does not fit into so many pixels; letters of a figure are about 7 pixels wide.

    >>> fitted("cross-chromosome", 120), fitted("cross-chromosome", 50)
    ('cross-chromosome', 'cross-…')
    """
    return words if len(words) * 7 <= width else f"{words[: max(1, int(width // 7) - 1)]}…"


def room_for(labels: Iterable[str], least: float) -> float:
    """Return how many pixels the labels of a vertical axis take, ``least`` or more."""
    return max(least, 12.0 + 7 * max(map(len, labels), default=0))


def axis(ends: tuple[float, float], pixels: tuple[float, float], *, log: bool = False) -> Callable[[float], float]:
    """Return the function from numbers to pixels, with a little room on both sides, as the page has it."""
    read: Callable[[float], float] = math.log10 if log else float
    low, high = map(read, ends)
    if low == high:
        low, high = low - 0.5, high + 0.5
    room = (high - low) * 0.04
    low, high = low - room, high + room
    return lambda value: pixels[0] + (read(value) - low) / (high - low) * (pixels[1] - pixels[0])


def ticks(ends: tuple[float, float], *, count: int, log: bool = False) -> list[tuple[float, str]]:
    """Return the ticks of an axis, with what is written at them."""
    if log and ends[0] < ends[1]:
        powers = [value for value in decades(ends, most=count) if ends[0] * 0.8 <= value <= ends[1] * 1.25]
        if len(powers) > 1:
            return list(zip(powers, powers_of_ten(powers), strict=True))
    room = (ends[1] - ends[0]) * 0.03
    found = [value for value in breaks_extended(n=count)(ends) if ends[0] - room <= value <= ends[1] + room]
    # Where a logarithmic axis spans less than a decade its ticks are plain numbers, zero among them.
    return [(value, f"{value:g}".replace("-", "−")) for value in found if value > 0 or not log]


def key(entries: Iterable[tuple[str, str, int]], *, top: float, ink: str) -> tuple[list[str], float]:
    """Write what stands for what, in lines.

    Args:
        entries: an element drawn around (0, 0) at its left, the words beside it, and the width of the element.
        top: of the first line.
        ink: colour of the words.

    Returns:
        The elements, and the height they take.
    """
    drawn, left, line = [], 0.0, 0
    for mark, words, wide in entries:
        room = wide + 6 + 7 * len(words) + 18  # letters of this size are narrower than 7 pixels
        if left and left + room > WIDTH:
            left, line = 0.0, line + 1
        middle = top + 10 + 20 * line
        drawn.append(element("g", mark, transform=f"translate({_short(left)} {_short(middle)})"))
        drawn.append(text(words, x=left + wide + 6, y=middle + 4, fill=ink))
        left += room
    return drawn, 20.0 * (line + 1) if drawn else 0.0


def figure(inside: Iterable[str], *, height: float, alt: str) -> str:
    """Put elements together to a picture of the page's width."""
    return element(
        "svg",
        *inside,
        viewBox=f"0 0 {WIDTH} {_short(height)}",
        role="img",
        aria_label=alt,
        font_size=12,
        style=f"width:100%;min-width:35rem;max-width:{WIDTH}px;height:auto;display:block",
    )


def _short(value: object) -> str:
    return f"{round(value, 1):g}" if isinstance(value, float) else str(value)
