"""The look of every figure: theme, colours, labels, captions, and drawing to bytes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from io import BytesIO
from typing import TYPE_CHECKING

import pandas as pd
from plotnine import element_blank, element_line, element_text, ggplot, theme, theme_minimal

from linear_signal.errors import InputError, listed, unknown
from linear_signal.figures.compact_png import compact_png
from linear_signal.figures.compact_svg import compact
from linear_signal.models.catalogue import CATALOGUE, SPARE_COLOURS
from linear_signal.models.titles import model_family, model_title, ordered_models
from linear_signal.names import counted, ordered_pretraining, ordered_signals, pretraining_title, signal_title, split_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from plotnine.iapi import panel_view
    from plotnine.scales.scale import scale

FACETS = ("task", "signal", "pretraining", "split")
FITS_COLUMNS = (*FACETS, "model", "seed", "fold", "fraction")
INTERVAL = "interval of the mean, corrected for overlapping training sets"
WIDTH = 7.6  # inches; 760 pixels at 100 dots per inch, the width of a page of the book
INK, GREY, PALE = "#2b2b2b", "#8a8a8a", "#e6e6e6"
_CAPTION_WIDTH = 116  # characters of the caption's size that fit WIDTH
# Labels come from users' files: a dollar sign is a dollar sign and never begins a formula. This holds for every text of a
# figure, so formulas are written in Unicode.
_TEXT_IS_TEXT = {"text.parse_math": False}

# What counts as level with chance, or with a difference of zero.
LEVEL_BAND = {"fill": GREY, "alpha": 0.16, "color": "none", "size": 0}

_SPARE_SHAPES = ["X", "p", "h", "<", ">"]
_MANY_POINTS = 1500  # as vectors they take several times the bytes of pixels, whatever else is in the figure
_VECTOR_DPI = 72  # which matplotlib takes for vectors, whatever it is told
_SMALL = 120_000  # bytes of a picture with text that is text, which no saving is worth


class _BookTheme(theme_minimal):
    """The theme that the book's starts from: in no text is there a formula."""

    def __init__(self) -> None:
        super().__init__(base_size=11)
        self._rcParams |= _TEXT_IS_TEXT  # the place that plotnine tells subclasses to change


def book_theme(*, height: float, legend: str = "top") -> theme:
    """Quiet theme at the book's width; ``height`` in inches."""
    return _BookTheme() + theme(
        figure_size=(WIDTH, height),
        dpi=100,
        text=element_text(color=INK),
        # No ground: a figure stands on that of its page, light or dark.
        plot_background=element_blank(),
        panel_background=element_blank(),
        panel_grid_major=element_line(color=PALE, size=0.5),
        panel_grid_minor=element_blank(),
        panel_border=element_blank(),
        panel_spacing=0.025,
        axis_line_x=element_line(color=GREY, size=0.6),
        axis_text=element_text(size=9.5, color="#4a4a4a"),
        axis_title=element_text(size=10),
        strip_text=element_text(size=10, color=INK, weight="bold"),
        strip_background=element_blank(),
        legend_position=legend,
        legend_title=element_blank(),
        legend_text=element_text(size=9.5),
        legend_key=element_blank(),
        legend_box_spacing=0.02,
        plot_title=element_text(size=12, weight="bold", ha="left"),
        plot_caption=element_text(size=8.5, color="#5a5a5a", ha="left", linespacing=1.35),
        plot_caption_position="plot",
        plot_title_position="plot",
    )


def model_scale(models: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Colours and marker shapes by model title, in the order of the legend; each model always looks the same."""
    colours, shapes = {}, {}
    spare = {family: list(values) for family, values in SPARE_COLOURS.items()}
    spare_shapes = list(_SPARE_SHAPES)
    for name in ordered_models(models):
        family = spare[model_family(name)]
        # A figure with more extra models than spare colours repeats the last one; the markers still differ.
        fallback = (family.pop(0) if len(family) > 1 else family[0]) if name not in CATALOGUE else ""
        colours[model_title(name)] = CATALOGUE[name].colour if name in CATALOGUE else fallback
        shapes[model_title(name)] = (
            CATALOGUE[name].shape if name in CATALOGUE else spare_shapes.pop(0) if spare_shapes else "o"
        )
    return colours, shapes


def titled(values: pd.Series, *, wrap: int = 0, like: pd.Series | None = None) -> pd.Categorical:
    """Replace names of a column (model, signal, pretraining, split, task) by titles, ordered as in every other figure.

    Args:
        values: the column; its name decides how it is read.
        wrap: break titles into lines of about so many characters; 0 leaves them whole.
        like: a longer column that the categories and their order are taken from.
    """
    order, title = _reading(str(values.name))
    names = order((values if like is None else like).dropna().unique())
    titles = {name: _balanced(title(name), wrap) if wrap else title(name) for name in names}
    return pd.Categorical(values.map(titles), categories=list(dict.fromkeys(titles.values())), ordered=True)


def with_titles(table: pd.DataFrame, fits: pd.DataFrame, wrap: dict[str, int]) -> pd.DataFrame:
    """Replace names by titles (``wrap``: column -> characters per line) in one layer of a figure of ``fits``."""
    # Categories come from the whole table of fits: layers that lack a level must not reorder panels or the legend.
    table = table.copy()
    for column in dict.fromkeys([*wrap, "model"]):
        table[column] = titled(table[column], wrap=wrap.get(column, 0), like=fits[column])
    return table


def checked_facets(fits: pd.DataFrame, *facets: str | None) -> list[str]:
    """Return the facets named; every other one must have a single value in a panel, or runs would be mixed up."""
    chosen = [facet for facet in facets if facet is not None]
    for facet in chosen:
        if facet not in FACETS:
            raise unknown("facet", facet, FACETS)
    if len(set(chosen)) < len(chosen):
        raise InputError(f"Rows and columns of panels are both {chosen[0]!r}; name two different ones.")
    for column in FACETS:
        if (
            column not in chosen
            and (fits.groupby(chosen)[column].nunique() if chosen else fits[[column]].nunique()).max() > 1
        ):
            values = ", ".join(map(str, fits[column].unique()))
            raise InputError(f"The table has several values of {column} ({values}): keep one, or make it a facet.")
    return chosen


def columns_of_panels(panels: int, *, most: int = 3) -> int:
    """Spread panels over rows as evenly as can be.

    >>> [columns_of_panels(panels) for panels in (2, 3, 4, 5, 10)]
    [2, 3, 2, 3, 3]
    """
    return -(-panels // -(-panels // most))


IN_PART = "in part"
Synthetic = bool | str  # all, none, or IN_PART: whether the data behind something were simulated


def synthetic_of(kinds: Iterable[bool]) -> Synthetic:
    """Say of data sets put together whether they are synthetic: True, False, or ``IN_PART``.

    >>> synthetic_of([True, True]), synthetic_of([False]), synthetic_of([True, False])
    (True, False, 'in part')
    """
    kinds = set(kinds)
    return IN_PART if len(kinds) > 1 else kinds == {True}


def caption(*sentences: str, synthetic: Synthetic) -> str:
    """Join sentences into a wrapped caption; synthetic data are named last, where nobody overlooks them.

    >>> caption("One run.", "", synthetic=True), caption("One run.", synthetic="in part")
    ('One run. Synthetic data.', 'One run. Synthetic data, in part.')
    """
    last = {IN_PART: "Synthetic data, in part.", True: "Synthetic data."}.get(synthetic, "")
    text = " ".join(sentence for sentence in (*sentences, last) if sentence)
    return "\n".join(textwrap.wrap(text, _CAPTION_WIDTH))


def runs_phrase(table: pd.DataFrame) -> str:
    """Say on how many runs the rows of a summary rest.

    >>> runs_phrase(pd.DataFrame({"n_runs": [5, 5], "n_seeds": [1, 1], "n_folds": [5, 5]}))
    '5 runs (1 seed × 5 folds)'
    """
    least, most = int(table["n_runs"].min()), int(table["n_runs"].max())
    grid = f"{counted(int(table['n_seeds'].max()), 'seed')} × {counted(int(table['n_folds'].max()), 'fold')}"
    if least < most:
        return f"{least:,} to {most:,} runs (at most {grid})"
    return f"{counted(most, 'run')} ({grid})"


def required(table: pd.DataFrame, columns: Sequence[str], *, what: str) -> pd.DataFrame:
    """Return a copy of the table; an empty one or a missing column is an :class:`InputError`."""
    missing = [column for column in columns if column not in table]
    if missing:
        raise InputError(f"The table of {what} lacks column {listed(missing)}; it has {', '.join(map(str, table))}.")
    if table.empty:
        raise InputError(f"The table of {what} is empty; there is nothing to draw.")
    return table.copy()


def legend_rows(models: Iterable[str]) -> int:
    """Rows of the legend that put each family of models into a column of its own, where they are few.

    >>> legend_rows(["logistic_regression", "linear_svm", "three_layer", "five_layer"])
    2
    """
    families = [model_family(name) for name in set(models)]
    return max(families.count(family) for family in families)


def told(plot: ggplot, *, numbers: pd.DataFrame, says: str = "") -> ggplot:
    """Note on a figure the numbers it shows, for who takes them along, and what they say, for who cannot see it."""
    plot.numbers, plot.says = numbers, says
    return plot


def drawn(plot: ggplot, *, kind: str = "svg") -> bytes:
    """Draw a figure as ``svg`` or as ``png`` (twice the size, for sharp screens).

    The bytes depend on the figure only, so that building the book twice gives the same pages.
    """
    with _figure(plot) as figure:
        return _written(figure, kind)


def drawn_small(plot: ggplot) -> tuple[str, bytes]:
    """Draw a figure as whatever is smaller: vectors for lines, pixels for clouds of points.

    Returns:
        The media type (``image/svg+xml`` or ``image/png``) and the bytes.
    """
    with _figure(plot) as figure:
        if _n_points(figure) > _MANY_POINTS:
            return "image/png", _written(figure, "png")
        vectors = _written(figure, "svg")
        pixels = _written(figure, "png") if len(vectors) > _SMALL else vectors
    return ("image/png", pixels) if len(pixels) < len(vectors) else ("image/svg+xml", vectors)


def _n_points(figure: Figure) -> int:
    return sum(len(one.get_offsets()) for axes in figure.axes for one in axes.collections)


@contextmanager
def _figure(plot: ggplot) -> Iterator[Figure]:
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    # Some texts of an axis are made only when it is drawn, where the theme no longer holds.
    with mpl.rc_context({"svg.hashsalt": "linear-signal", "svg.fonttype": "none"} | _TEXT_IS_TEXT):
        plot = deepcopy(plot)  # drawing adds scales to the object it is called on
        _without_minor_ticks(plot)
        figure = plot.draw()
        try:
            # Laid out once for all kinds it is written in: each would draw the whole of it once more for that alone.
            figure.set_dpi(_VECTOR_DPI)
            figure.get_layout_engine().execute(figure)
            figure.set_layout_engine(None)
            yield figure
        finally:
            plt.close(figure)


def _without_minor_ticks(plot: ggplot) -> None:
    """Let no minor ticks be made: the theme shows none, and they take a tenth of the time of a figure."""
    with_minor = plot.coordinates.setup_panel_params

    def without(scale_x: scale, scale_y: scale) -> panel_view:
        view = with_minor(scale_x, scale_y)
        view.x.minor_breaks = view.y.minor_breaks = []
        return view

    plot.coordinates.setup_panel_params = without


def _written(figure: Figure, kind: str) -> bytes:
    target = BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    # Whoever takes the pixels along puts them on grounds that nobody here knows.
    figure.savefig(target, format=kind, dpi=200 if kind == "png" else 100, metadata=metadata, transparent=kind == "svg")
    return compact(target.getvalue()) if kind == "svg" else compact_png(target.getvalue())


def _reading(column: str) -> tuple[Callable[[Iterable[str]], list[str]], Callable[[str], str]]:
    readings = {
        "model": (ordered_models, model_title),
        "signal": (ordered_signals, signal_title),
        "pretraining": (ordered_pretraining, pretraining_title),
        "split": (sorted, split_title),
    }
    return readings.get(column, (list, str))


def _balanced(text: str, width: int) -> str:
    # A class name too long for a line may break where a capital or its settings begin.
    text = " ".join(re.sub(r"(?<=[a-z])(?=[A-Z(])", "\x1f ", word) if len(word) > width else word for word in text.split())
    lines = textwrap.wrap(text, width)
    # As many lines as needed, all of about the same length: no word alone on the last one.
    while width > 1 and len(textwrap.wrap(text, width - 1)) == len(lines):
        width -= 1
    return "\n".join(textwrap.wrap(text, width)).replace("\x1f ", "").replace("\x1f", "")
