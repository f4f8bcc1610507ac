"""Widgets that work in a static page: controls linked, without a kernel, to a stack of pictures drawn beforehand."""

from __future__ import annotations

import html
from base64 import b64encode
from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING

from linear_signal.errors import InputError
from linear_signal.figures.style import drawn_small

if TYPE_CHECKING:
    from ipywidgets import HTML, Stack, VBox
    from plotnine import ggplot

BUDGET = 6_000_000  # bytes of one widget in the page
_MOST_BUTTONS, _MOST_LETTERS = 4, 48
_NARROWEST = 560  # pixels a figure keeps on a narrow screen


def linked_panels(
    panels: Mapping[tuple[str, ...] | str, ggplot],
    controls: Sequence[str],
    *,
    alts: Mapping[tuple[str, ...] | str, str] | None = None,
    captions: Mapping[tuple[str, ...] | str, str] | None = None,
    budget: int = BUDGET,
) -> VBox:
    """Put figures behind one or two controls that a reader can turn in the rendered book.

    The controls are linked to the panels in the browser (``jslink``); nothing is computed when they are turned, so
    every combination has to be drawn now. Few short choices become buttons, others a drop-down list.

    Args:
        panels: figure per choice; the key is one choice per control, such as ``("Blood vs Brain", "Full signal")``
            (a plain string does for one control). Choices appear in the order in which they are first met.
        controls: labels of the one or two controls.
        alts: what a screen reader says instead of the picture, per key; made from the choices and the figure's labels
            where it is missing.
        captions: plain text below the picture, per key.
        budget: largest size in bytes.

    Returns:
        The widget; as the last expression of a cell it is stored in the page.

    Raises:
        InputError: no panels, not one or two controls, a key of the wrong length, a combination without a figure, a
            text for an unknown key, or a widget larger than the budget.
    """
    from ipywidgets import HBox, Layout, Stack, VBox, jslink

    panels = _keyed(panels)
    if not 1 <= len(controls) <= 2:
        raise InputError(f"A widget has one or two controls; got {len(controls)}: {', '.join(controls) or 'none'}.")
    if not panels:
        raise InputError("A widget without panels shows nothing; give it at least one figure.")
    choices = _choices(panels, controls)
    texts = [_keyed(given or {}) for given in (alts, captions)]
    for key in [key for given in texts for key in given if key not in panels]:
        raise InputError(f"There is a text for {_named(key)} but no panel of that name.")
    alts, captions = texts
    pictures = {
        key: _picture(plot, alts.get(key) or _described(key, plot), captions.get(key, "")) for key, plot in panels.items()
    }
    size = sum(len(picture.value) for picture in pictures.values())
    if size > budget:
        raise InputError(
            f"The widget takes {size / 1e6:.1f} MB and may take {budget / 1e6:.1f} MB. Show fewer choices "
            f"({len(panels)} panels now) or plainer figures."
        )
    turned = [_control(label, options) for label, options in zip(controls, choices, strict=True)]
    if len(controls) == 1:
        stacks: list[Stack] = []
        shown = Stack([pictures[(option,)] for option in choices[0]], selected_index=0)
    else:
        stacks = [Stack([pictures[(first, second)] for second in choices[1]], selected_index=0) for first in choices[0]]
        shown = Stack(stacks, selected_index=0)
    jslink((turned[0], "index"), (shown, "selected_index"))
    for stack in stacks:
        jslink((turned[1], "index"), (stack, "selected_index"))
    # Controls wrap onto a second line on a phone; pictures shrink with the page.
    bar = HBox(turned, layout=Layout(flex_flow="row wrap", width="100%"))
    return VBox([bar, shown], layout=Layout(width="100%"))


def _keyed(given: Mapping[tuple[str, ...] | str, object]) -> dict[tuple[str, ...], object]:
    return {(key,) if isinstance(key, str) else tuple(key): value for key, value in given.items()}


def _choices(panels: Mapping[tuple[str, ...], ggplot], controls: Sequence[str]) -> list[list[str]]:
    for key in panels:
        if len(key) != len(controls):
            raise InputError(
                f"The panel {_named(key)} names {len(key)} choices for {len(controls)} controls "
                f"({', '.join(controls)}); give one choice per control."
            )
    choices = [list(dict.fromkeys(key[place] for key in panels)) for place in range(len(controls))]
    missing = [key for key in product(*choices) if key not in panels]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InputError(f"No figure for {_named(missing[0])}{more}; every combination of the controls needs one.")
    return choices


def _control(label: str, options: Sequence[str]) -> object:
    from ipywidgets import Dropdown, Layout, ToggleButtons

    few = len(options) <= _MOST_BUTTONS and sum(map(len, options)) <= _MOST_LETTERS
    style = {"description_width": "initial"}
    layout = Layout(width="auto", max_width="100%", margin="2px 24px 2px 2px")
    if few:
        style["button_width"] = "auto"
    kind = ToggleButtons if few else Dropdown
    return kind(options=list(options), index=0, description=label, style=style, layout=layout)


def _picture(plot: ggplot, alt: str, caption: str) -> HTML:
    from ipywidgets import HTML, Layout

    # As <img>, not as inline SVG: inline ones share ids across the page and cut each other off.
    mime, data = drawn_small(plot)
    width = round(plot.theme.getp("figure_size")[0] * 100)
    # A phone scrolls sideways rather than shrink the letters until nobody can read them. The style sheet of the book knows
    # the class and fades the edge where a figure goes on; JupyterLab has no such sheet, hence the style.
    image = (
        f'<div class="figure-scroll" style="overflow-x:auto"><img src="data:{mime};base64,{b64encode(data).decode()}" '
        f'alt="{html.escape(alt)}" '
        f'style="width:{width}px;max-width:max(100%,{_NARROWEST}px);height:auto;background:white"></div>'
    )
    below = f'<figcaption style="font-size:90%;line-height:1.4">{html.escape(caption)}</figcaption>' if caption else ""
    return HTML(f'<figure style="margin:0">{image}{below}</figure>', layout=Layout(width="100%"))


def _described(key: tuple[str, ...], plot: ggplot) -> str:
    labels = plot.labels
    axes = " against ".join(part.replace("\n", " ") for part in (labels.y, labels.x) if part)
    return " ".join(f"{', '.join(key)}: {axes}. {labels.caption or ''}".split())


def _named(key: tuple[str, ...]) -> str:
    return " / ".join(map(repr, key))
