"""The explorer of a chapter's results, or of those of many, made from what runs left in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from linear_signal.book.paths import project_root, relative_to_root
from linear_signal.book.run_details import RunDetails, details_of_fits, run_details
from linear_signal.experiment.run import Results
from linear_signal.experiment.store import ResultsStore
from linear_signal.figures.explorer import Explorer, runs_explorer
from linear_signal.figures.style import Synthetic, synthetic_of

_WORDS = "A point is the mean over runs (seeds × folds); short strokes are its runs, bars 95 % intervals."
Start = Mapping[str, str | Sequence[str]]


def explored(
    *results: Results,
    synthetic: Synthetic,
    name: str = "runs",
    published: pd.DataFrame | None = None,
    start: Start | None = None,
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
    fits = pd.concat([one.fits for one in results], ignore_index=True)
    kept, store = run_details(*results), results[0].store
    alt = "Means of models over their runs, by task, signal and size of the training set."
    return _explorer(fits, kept, store, name=name, alt=alt, synthetic=synthetic, published=published, start=start)


def explored_fits(fits: pd.DataFrame, store: ResultsStore, *, name: str, start: Start | None = None) -> Explorer:
    """Let readers explore a results table, with all that the store keeps of its runs.

    Args:
        fits: of :func:`~linear_signal.book.store_view.classifier_fits`.
        store: where their runs lie.
        name, start: as of :func:`explored`.
    """
    kept, synthetic = details_of_fits(fits, store), synthetic_of(fits["synthetic"])
    alt = "Means of models over their runs, by task."
    return _explorer(fits, kept, store, name=name, alt=alt, synthetic=synthetic, published=None, start=start)


def _explorer(
    fits: pd.DataFrame,
    kept: RunDetails,
    store: ResultsStore,
    *,
    name: str,
    alt: str,
    synthetic: Synthetic,
    published: pd.DataFrame | None,
    start: Start | None,
) -> Explorer:
    return runs_explorer(
        fits.merge(kept.judged.drop_duplicates(["key", "fraction"]), on=["key", "fraction"], how="left"),
        name=name,
        alt=alt,
        synthetic=synthetic,
        published=published,
        confusion=kept.confusion,
        trials=kept.trials,
        curves=kept.curves,
        wrong=kept.wrong,
        results_folder=relative_to_root(store.folder, project_root()),
        start=start,
        words=_WORDS,
    )
