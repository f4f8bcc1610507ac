"""Several figures of one kind behind a menu, in a static page and in JupyterLab alike; without JavaScript all are shown."""

from __future__ import annotations

import html
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linear_signal.errors import InputError
from linear_signal.figures.style import drawn_small

if TYPE_CHECKING:
    from plotnine import ggplot

BUDGET = 3_000_000  # bytes of all figures behind one menu
# Shows the figure that is chosen, and the menu, which does nothing where there is no script.
_SCRIPT = (
    "(()=>{const box=document.currentScript.parentElement,list=box.querySelector('select'),"
    "all=[...box.querySelectorAll('figure')];list.parentElement.hidden=false;"
    "const show=()=>all.forEach((one,k)=>{one.hidden=k!==list.selectedIndex});"
    "list.addEventListener('change',show);show();"
    "all.forEach((one)=>{one.querySelector('.choice-name').hidden=true})})()"
)


@dataclass(frozen=True, kw_only=True, repr=False)
class FigureChoice:
    """Figures behind a menu; as the last expression of a cell, or displayed, they stand in the page.

    Attributes:
        html: the menu, and the figures as pictures.
        names: of the choices.
    """

    html: str
    names: tuple[str, ...]

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        """Name the choices; a notebook keeps this text beside the page's."""
        return f"<FigureChoice: {', '.join(self.names)}>"


def figures_by_choice(
    figures: Mapping[str, ggplot], control: str, *, alts: Mapping[str, str] | None = None, budget: int = BUDGET
) -> FigureChoice:
    """Put figures behind a menu.

    Args:
        figures: by the name of the choice.
        control: label of the menu.
        alts: what a screen reader says instead of a picture, by name; made from the figure's labels where it is missing.
        budget: largest size in bytes.

    Raises:
        InputError: no figures, a text for an unknown one, or more bytes than the budget.
    """
    if not figures:
        raise InputError("A menu without figures shows nothing; give it at least one figure.")
    for name in alts or {}:
        if name not in figures:
            raise InputError(f"There is a text for {name!r} but no figure of that name.")
    shown = [_figure(name, plot, (alts or {}).get(name) or _described(name, plot)) for name, plot in figures.items()]
    options = "".join(f"<option>{html.escape(name)}</option>" for name in figures)
    menu = f'<label class="choice-menu" hidden>{html.escape(control)} <select>{options}</select></label>'
    # Names with dollar signs are no formulas.
    whole = (
        f'<div class="figure-choice tex2jax_ignore mathjax_ignore">{menu}{"".join(shown)}<script>{_SCRIPT}</script></div>'
    )
    if len(whole) > budget:
        raise InputError(
            f"The figures take {len(whole) / 1e6:.1f} MB and may take {budget / 1e6:.1f} MB. Show fewer choices "
            f"({len(figures)} now) or plainer figures."
        )
    return FigureChoice(html=whole, names=tuple(figures))


def _figure(name: str, plot: ggplot, alt: str) -> str:
    mime, data = drawn_small(plot)
    source = f"data:{mime};base64,{b64encode(data).decode()}"
    width, height = (round(inches * 100) for inches in plot.theme.getp("figure_size"))
    # The rendered book makes files of the pictures; one that is not chosen is not loaded then.
    return (
        f'<figure class="choice-figure" style="margin:0"><p class="choice-name"><strong>{html.escape(name)}</strong></p>'
        f'<div class="figure-scroll" style="overflow-x:auto"><img src="{source}" alt="{html.escape(alt)}" '
        f'width="{width}" height="{height}" loading="lazy" style="width:{width}px;height:auto"></div></figure>'
    )


def _described(name: str, plot: ggplot) -> str:
    labels = plot.labels
    axes = " against ".join(part.replace("\n", " ") for part in (labels.y, labels.x) if part)
    return " ".join(f"{name}: {axes}. {labels.caption or ''}".split())
