"""What papermill is told of the chapters: how to read paths that begin with ``notebooks/``, and an engine by name."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from click import ClickException
from nbformat import NotebookNode

from linear_signal.book.home import stay_inside
from linear_signal.book.paths import project_root
from linear_signal.errors import InputError, unknown

PARAMETERS_TAG = "parameters"
# What papermill wants to know of a notebook, and chapters need not say.
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


class ChapterError(ClickException, InputError):
    """A chapter that cannot be read. As a click exception it is shown by papermill's command without a traceback."""


class ChapterHandler:
    """Reads py:percent chapters for papermill and refuses to write among them.

    papermill registers the class itself, not an instance: hence the static methods.
    """

    @staticmethod
    def read(path: str) -> str:
        """Return the chapter as the JSON of a notebook.

        Whoever reads a chapter in order to execute it hears what it says, unless another engine is asked for.

        Raises:
            ChapterError: there is no such chapter, it isn't a ``.py``, or it has no cell tagged ``parameters``.
        """
        from papermill.engines import papermill_engines

        stay_inside(project_root())
        papermill_engines.register(None, ChapterEngine)
        return nbformat.writes(read_chapter(Path(path)))

    @staticmethod
    def write(buf: str, path: str, extensions: list[str] | None = None) -> None:
        """Refuse: ``notebooks/`` holds sources, and an executed notebook must not end up among them."""
        raise ChapterError(
            f"{path} lies among the sources of the chapters, where no executed notebook is written. "
            f"Choose another place, such as {Path(path).name}."
        )

    @staticmethod
    def listdir(path: str) -> list[str]:
        """List the chapters of a folder."""
        return [chapter.name for chapter in _chapters(Path(path))]

    @staticmethod
    def pretty_path(path: str) -> str:
        """Name a path in papermill's messages."""
        return path


def read_chapter(path: Path) -> nbformat.NotebookNode:
    """Read a py:percent chapter as a notebook; errors as in :meth:`ChapterHandler.read`."""
    if path.suffix != ".py":
        hint = f"; pass {path.with_suffix('.py')}" if path.with_suffix(".py").is_file() else ""
        raise ChapterError(f"{path} is no chapter: chapters are .py files in the percent format{hint}.")
    if not path.is_file():
        names = [chapter.name for chapter in _chapters(path.parent)]
        where = f"There is no {path}. "
        raise ChapterError(where + (str(unknown("chapter", path.name, names)) if names else "The folder has no chapter."))
    chapter = jupytext.read(path, fmt="py:percent")
    tagged = [cell for cell in chapter.cells if PARAMETERS_TAG in cell.metadata.get("tags", [])]
    # Without the tag papermill puts what was passed at the very top, where the chapter's defaults overwrite it.
    if len(tagged) != 1:
        raise ChapterError(
            f"{path} has {len(tagged)} cells tagged {PARAMETERS_TAG!r}; it needs exactly one. "
            f'Begin the cell of the parameters with: # %% tags=["{PARAMETERS_TAG}"]'
        )
    # On the page parameters are a drawer, closed until somebody wants them.
    cell = tagged[0].metadata
    cell["tags"] = [*cell["tags"], "hide-input"] if "hide-input" not in cell["tags"] else cell["tags"]
    cell.setdefault("mystnb", {"code_prompt_show": "Parameters", "code_prompt_hide": "Parameters"})
    kernel = chapter.metadata.setdefault("kernelspec", KERNEL)
    if kernel.get("language") != "python":
        raise ChapterError(
            f"The header of {path} names a kernel whose language is {kernel.get('language')!r}, but chapters are written in "
            "Python. Remove the header: chapters need none."
        )
    return chapter


def _chapters(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.py"))


class ChapterEngine:
    """The engine of chapters, also ``papermill --engine linear_signal``: they say on the terminal how far they are.

    papermill loads it while it is being imported itself, so that what needs papermill is imported when it is used.
    """

    @staticmethod
    def execute_notebook(*arguments: Any, **options: Any) -> NotebookNode:
        """Execute a notebook; arguments are papermill's."""
        return _engine().execute_notebook(*arguments, **options)

    @staticmethod
    def nb_kernel_name(*arguments: Any, **options: Any) -> str:
        """Name the kernel of a notebook; arguments are papermill's."""
        return _engine().nb_kernel_name(*arguments, **options)

    @staticmethod
    def nb_language(*arguments: Any, **options: Any) -> str:
        """Name the language of a notebook; arguments are papermill's."""
        return _engine().nb_language(*arguments, **options)


def _engine() -> Any:
    from linear_signal.book.engine import SpeakingEngine

    return SpeakingEngine


def _register_the_rest() -> None:
    # By importing the modules alone, which register what they hold: papermill imports this one while it is imported itself.
    import linear_signal.book.papermill_translator
    import linear_signal.book.papermill_yaml  # noqa: F401

    # Of every chapter papermill would warn that it is no .ipynb; what is wrong with a path, the handler says.
    warnings.filterwarnings("ignore", r"The specified file \((\./)?notebooks/.*\.py\) does not end in one of", UserWarning)


_register_the_rest()
