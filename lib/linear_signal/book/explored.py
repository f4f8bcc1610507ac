"""The explorer of a chapter's results, made from what its runs left in the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from linear_signal.book.paths import project_root, relative_to_root
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
    fits = pd.concat([one.fits for one in results], ignore_index=True)
    return runs_explorer(
        fits,
        name=name,
        alt="Means of models over their runs, by task, signal and size of the training set.",
        synthetic=synthetic,
        published=published,
        confusion=confusion_counts(*results),
        results_folder=relative_to_root(results[0].store.folder, project_root()),
        start=start,
        words=_WORDS,
    )


def confusion_counts(*results: Results) -> pd.DataFrame:
    """Count over all runs at the largest training set which class was taken for which.

    Returns:
        task, signal, pretraining, split, scale_on, model, truth, predicted, n; only what occurs has a row.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    by = ["task", "signal", "pretraining", "split", "scale_on", "model"]
    for one in results:
        for unit in one.plan.units:
            # One unit at a time: the predictions of a whole chapter at the paper's sizes do not fit into memory.
            kept = one.store.load(unit, tables=("predictions",))
            if kept is None:
                continue
            predictions = kept.predictions
            largest = predictions[predictions["fraction"] == predictions["fraction"].max()]
            names = tuple(str(unit.names[column]) for column in by)
            for pair, n in Counter(zip(largest["label"], largest["predicted"], strict=True)).items():
                counts[(*names, *map(str, pair))] += n
    rows = [(*key, n) for key, n in counts.items()]
    return pd.DataFrame(rows, columns=[*by, "truth", "predicted", "n"])
