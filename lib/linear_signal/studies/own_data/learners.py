"""Probes that have to be trained: boosted trees and one small network, on the few genes that vary most."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import Any

import numpy as np

from linear_signal.studies.own_data.residuals import Residuals, SampleSet, removed

_TREES = {"max_iter": 20, "max_depth": 3, "learning_rate": 0.3, "max_bins": 32, "early_stopping": False}
_ONE_AT_A_TIME = Lock()
_WIDTH, _RATE, _DECAY, _EPOCHS = 64, 1e-2, 1e-4, 30


def tree_scores(residuals: Residuals, fit: SampleSet, judged: Sequence[SampleSet]) -> list[np.ndarray]:
    """Score samples by boosted trees: float64 [judged, classes] each, log odds or log shares; classes weigh alike."""
    from linear_signal.models.trees import binned

    values = removed(residuals.some, fit)
    sets = [removed(residuals.some, one) for one in judged]
    # Bins of their own: given weights, scikit-learn takes longer to find them than to grow the trees.
    values, others = binned(values, np.concatenate(sets), n_bins=_TREES["max_bins"])
    counts = np.bincount(fit.classes, minlength=len(fit.weights))
    trees = _of_threads()(random_state=0, **_TREES)
    trees.fit(values, fit.classes, sample_weight=len(values) / (counts * np.count_nonzero(counts))[fit.classes])
    scores = np.full((len(others), len(counts)), -np.inf)
    scores[:, trees.classes_] = np.log(np.maximum(trees.predict_proba(others), 1e-12))
    return np.split(scores, np.cumsum([len(some) for some in sets])[:-1])


def network_scores(
    residuals: Residuals, fit: SampleSet, tune: SampleSet, judged: Sequence[SampleSet], *, names: tuple[int, ...]
) -> list[np.ndarray]:
    """Score samples by a network with one hidden layer of 64: float32 [judged, classes] each.

    Args:
        residuals: of all samples.
        fit: to learn from.
        tune: whose loss stops the training.
        judged: to score.
        names: what first weights and mini-batches are derived from.
    """
    from linear_signal.models import Network
    from linear_signal.training.loop import train
    from linear_signal.training.member import Member
    from linear_signal.training.settings import TrainingSettings

    sets = [fit, tune, *judged]
    values = np.concatenate([removed(residuals.some, one) for one in sets])
    # On the scale they came on, as networks are used: what varies widely is seen best, where other probes see all alike.
    values *= residuals.deviation
    ends = np.cumsum([len(one.rows) for one in sets])
    rows = np.split(np.arange(len(values)), ends[:-1])
    member = Member(
        names=("own data", *names),
        fit_rows=rows[0],
        tune_rows=rows[1],
        judge_rows=np.arange(ends[1], len(values)),
        learning_rate=_RATE,
        weight_decay=_DECAY,
    )
    network = Network(hidden=(_WIDTH,), dropout=0.5)
    classes = np.concatenate([one.classes for one in sets])
    settings = TrainingSettings(max_epochs=_EPOCHS)
    trained = train(values, classes, [member], network, n_classes=len(fit.weights), settings=settings)[0]
    return np.split(trained.scores, ends[2:-1] - ends[1])


@cache
def _of_threads() -> type[Any]:
    """Boosted trees that may be grown in threads side by side.

    While scikit-learn bins, it takes off all filters of warnings, which a process has once for all its threads: two at a
    time leave it without any, and every later fit warns.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    class Trees(HistGradientBoostingClassifier):
        def _bin_data(self, *given: Any, **named: Any) -> Any:
            with _ONE_AT_A_TIME:
                return super()._bin_data(*given, **named)

    return Trees
