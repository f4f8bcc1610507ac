"""An explorer as a Jupyter widget: the same module as in a page, with a state that Python reads and sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linear_signal.errors import InputError
from linear_signal.figures.explorer.page import Explorer, module, style

if TYPE_CHECKING:
    from anywidget import AnyWidget


def as_widget(explorer: Explorer) -> AnyWidget:
    """Make a widget of an explorer, for a notebook with a kernel; a page rendered of the notebook shows its HTML.

    Its trait ``state`` holds what is chosen, lists of texts by name, and changes with every choice of the reader;
    ``widget.state = {**widget.state, "task": ["all tissues"]}`` chooses from Python, and ``widget.observe`` listens.
    What stands in it for an explorer of runs, :func:`~linear_signal.figures.explorer.chosen.shown_fits` reads.

    Raises:
        InputError: the package anywidget is not installed.
    """
    try:
        import anywidget
        import traitlets
    except ModuleNotFoundError as error:
        raise InputError(
            f"A widget needs the package {error.name}, which is not installed: pip install anywidget. Without it an "
            "explorer is shown as it is in a page, where Python does not learn what is chosen."
        ) from None

    class ExplorerWidget(anywidget.AnyWidget):  # not all who import this library have the package, so it is made here
        _esm = module(explorer.kind)
        _css = style(explorer.kind)
        declaration = traitlets.Dict().tag(sync=True)
        columns = traitlets.Dict().tag(sync=True)
        state = traitlets.Dict().tag(sync=True)

        def _repr_mimebundle_(self, **options: Any) -> tuple[dict, dict]:
            shown = super()._repr_mimebundle_(**options) or {}
            data, metadata = shown if isinstance(shown, tuple) else (shown, {})
            return {**data, "text/html": explorer.html}, metadata

    start: dict[str, Any] = {name: list(values) for name, values in dict(explorer.declaration.get("start", {})).items()}
    widget = ExplorerWidget(declaration=dict(explorer.declaration), columns=dict(explorer.columns), state=start)
    widget.add_class("explorer")
    return widget
