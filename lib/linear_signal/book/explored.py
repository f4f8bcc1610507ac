"""The explorer of a chapter's results, made from what its runs left in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from linear_signal.book.paths import project_root, relative_to_root
from linear_signal.book.run_details import run_details
from linear_signal.experiment.run import Results
from linear_signal.figures.explorer import Explorer, runs_explorer
from linear_signal.figures.style import Synthetic

_WORDS = "A point is the mean over runs (seeds × folds); short strokes are its runs, bars 95 % intervals."


def explored(
    *results: Results,
    synthetic: Synthetic,
    name: str = "runs",
    published: pd.DataFrame | None = None,
    start: Mapping[str, str | Sequence[str]] | None = None,
) -> Explorer:
    """Let readers explore the runs of one or several plans on classifiers.

    Args:
        results: of plans whose tasks, or the conditions of the same task, differ.
        synthetic: whether the data were simulated, all or in part.
        name: of the explorer in addresses.
        published: curves of others, as of :func:`~linear_signal.figures.explorer.runs_explorer`.
        start: what is chosen at first, as there.

    Returns:
        The explorer; as the last expression of a cell it stands in the page.
    """
    kept = run_details(*results)
    fits = pd.concat([one.fits for one in results], ignore_index=True)
    fits = fits.merge(kept.judged.drop_duplicates(["key", "fraction"]), on=["key", "fraction"], how="left")
    return runs_explorer(
        fits,
        name=name,
        alt="Means of models over their runs, by task, signal and size of the training set.",
        synthetic=synthetic,
        published=published,
        confusion=kept.confusion,
        trials=kept.trials,
        curves=kept.curves,
        wrong=kept.wrong,
        results_folder=relative_to_root(results[0].store.folder, project_root()),
        start=start,
        words=_WORDS,
    )
