"""A figure on a page: its picture wide and narrow, its caption as text, and its numbers and pictures to take along."""

from __future__ import annotations

import html
from base64 import b64encode
from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np

from linear_signal.figures.narrow import narrowed
from linear_signal.figures.style import drawn_small

if TYPE_CHECKING:
    import pandas as pd
    from plotnine import ggplot

NARROW_SCREEN = 600  # pixels; below it the narrow picture is shown
_LINE = 0.16  # inches that a line of a caption takes in a picture
_SYNTHETIC = ("Synthetic data.", "Synthetic data, in part.")


def figure(plot: ggplot, *, alt: str) -> str:
    """Write a figure as HTML that needs nothing else, as a notebook shows it.

    The rendered book makes files of what is inside, numbers the figure and gives it an address
    (:mod:`~linear_signal.book.figure_files`).

    Args:
        plot: the figure; its caption becomes text below it.
        alt: what a screen reader says instead; what the figure itself knows of its result is said with it.
    """
    says = " ".join(filter(None, [alt, getattr(plot, "says", "")]))
    caption = " ".join((plot.labels.caption or "").split())
    plot = _without_caption(plot)
    narrow = narrowed(plot)
    kind, content = drawn_small(plot)
    narrow_kind, narrow_content = drawn_small(narrow)
    width, height = _pixels(plot)
    narrow_width, narrow_height = _pixels(narrow)
    numbers = as_csv(getattr(plot, "numbers", plot.data))
    # Where the picture is an SVG, a script of the page draws a PNG of it (figure_pixels.py).
    taken = [("CSV", "text/csv", numbers), ("SVG" if kind == "image/svg+xml" else "PNG", kind, content)]
    links = "".join(f'<a class="take" href="{as_data(of, what)}" download>{name}</a>' for name, of, what in taken)
    # JupyterLab has no style sheet of ours: there a figure stands on white, whatever the theme.
    return (
        f'<figure class="book-figure"><div class="figure-scroll"><picture><source media="(max-width: {NARROW_SCREEN}px)" '
        f'srcset="{as_data(narrow_kind, narrow_content)}" width="{narrow_width}" height="{narrow_height}">'
        f'<img src="{as_data(kind, content)}" alt="{html.escape(says, quote=True)}" width="{width}" height="{height}" '
        f'style="background:white;max-width:100%;height:auto"></picture></div>'
        f'<figcaption><span class="figure-number">Figure.</span> {_marked(caption)} <span class="takes">{links}</span>'
        "</figcaption></figure>"
    )


def _without_caption(plot: ggplot) -> ggplot:
    """Take the caption out of the picture, and the room it took."""
    from plotnine import theme

    lines = (plot.labels.caption or "").count("\n") + 1 if plot.labels.caption else 0
    plot = deepcopy(plot)
    plot.labels.caption = None
    width, height = plot.theme.getp("figure_size")
    plot += theme(figure_size=(width, height - _LINE * lines))
    return plot


def _pixels(plot: ggplot) -> tuple[int, int]:
    width, height = plot.theme.getp("figure_size")
    return round(100 * width), round(100 * height)


def _marked(caption: str) -> str:
    for words in _SYNTHETIC:
        if caption.endswith(words):
            return f'{html.escape(caption.removesuffix(words))}<span class="kind synthetic">{words}</span>'
    return html.escape(caption)


def as_csv(table: pd.DataFrame) -> bytes:
    """Write a table as CSV, without its index: fractions to six digits, and no column of whole lists.

    >>> import pandas as pd
    >>> as_csv(pd.DataFrame({"a": [0.12345678, 3e6], "draws": [[1], [2]]}))
    b'a\\n0.123457\\n3000000\\n'
    """
    lists = [name for name in table if any(isinstance(one, (list, np.ndarray)) for one in table[name])]
    return table.drop(columns=lists).to_csv(index=False, float_format=_six_digits).encode()


def _six_digits(number: float) -> str:
    return f"{number:.0f}" if float(number).is_integer() and abs(number) < 1e15 else f"{number:.6g}"


def as_data(kind: str, content: bytes) -> str:
    """Write bytes as an address that holds them."""
    return f"data:{kind};base64,{b64encode(content).decode()}"
