"""Figures of the chapter on installed data: flexible models against linear ones, and samples by batch."""

from __future__ import annotations

import numpy as np
import pandas as pd
from plotnine import aes, geom_point, ggplot, labs, scale_color_manual, scale_shape_manual

from linear_signal.analysis.comparison import compare_pairs
from linear_signal.data.dataset import Dataset
from linear_signal.figures import difference_plot
from linear_signal.figures.style import Synthetic, book_theme, caption
from linear_signal.models.titles import model_family, ordered_models
from linear_signal.names import counted
from linear_signal.numbers import share
from linear_signal.studies.heil2023.installed_answers import FLEXIBLE

_BATCHES = ("#1b62a5", "#f08a24", "#2f7d32", "#8c6bb1", "#4d4d4d")
_STATES = {"Cancer": "o", "Normal": "^", "Biopsy": "s"}


def flexible_plot(fits: pd.DataFrame, *, synthetic: Synthetic) -> ggplot | None:
    """Draw how far networks and trees are ahead of linear models with full signal, paired on the same folds.

    Args:
        fits: the results table; its largest training set counts.
        synthetic: whether the data were simulated, all or in part; the caption says so.

    Returns:
        None where the run had no linear model, or no other to compare with it.
    """
    full = fits[fits["signal"] == "full"]
    models = ordered_models(full["model"])
    linear = [model for model in models if model_family(model) == "linear"]
    pairs = [(one, other) for one in models if model_family(one) in FLEXIBLE for other in linear]
    return difference_plot(compare_pairs(full, pairs, together=True), synthetic=synthetic) if pairs else None


def batches_plot(dataset: Dataset, *, state: str = "state", batch: str = "batch") -> ggplot:
    """Draw the samples by their two leading principal components: a colour a batch, a shape a state."""
    centred = dataset.expression - dataset.expression.mean(axis=0)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    shares = values**2 / (values**2).sum()
    batches = sorted(set(dataset.column(batch).tolist()))
    table = pd.DataFrame(
        {"first": left[:, 0] * values[0], "second": left[:, 1] * values[1], "state": dataset.column(state)}
        | {"batch": [f"Batch {one}" for one in dataset.column(batch)]}
    )
    return (
        ggplot(table, aes("first", "second", color="batch", shape="state"))
        + geom_point(size=2.4, alpha=0.8)
        + scale_color_manual(values=dict(zip([f"Batch {one}" for one in batches], _BATCHES, strict=False)))
        + scale_shape_manual(values=_STATES)
        + labs(
            x=f"First component, {share(shares[0])} of the variance",
            y=f"Second, {share(shares[1])}",
            caption=caption(
                f"Principal components of {counted(dataset.n_samples, 'sample')} over {counted(dataset.n_genes, 'gene')}, "
                "the most variable ones.",
                synthetic=dataset.synthetic,
            ),
        )
        + book_theme(height=4.2)
    )
