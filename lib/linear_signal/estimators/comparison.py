"""The book's comparison in one call: models on the same folds, with full signal and with the linear signal removed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from linear_signal.analysis.comparison import summarise
from linear_signal.analysis.family_comparison import contest
from linear_signal.analysis.metrics import BALANCED_ACCURACY
from linear_signal.analysis.signal_verdict import signal_verdict
from linear_signal.crossvalidation.design import Design
from linear_signal.errors import InputError
from linear_signal.estimators.on_arrays import NAME, SIGNALS, run_on, split_of, task_of
from linear_signal.estimators.scores import tidy_pairs
from linear_signal.models import given_model
from linear_signal.models.titles import model_family, ordered_models
from linear_signal.training.settings import TrainingSettings

MODELS = ("exact_logistic_regression", "three_layer", "boosted_trees", "squared_logistic")


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison:
    """What came of :func:`compare`.

    Attributes:
        verdict: the answer in words, by the rule book: is there linear signal, is there any beyond it, and is a network
            ahead of the linear models.
        fits: one row per model, signal, seed, fold and fraction: balanced accuracy and accuracy,
            chance, samples, groups, the chosen settings.
        summary: mean over the runs with its interval, one row per signal and model, at the largest training set.
        differences: models compared in pairs, run by run, one row per signal and pair; the intervals of a signal hold at
            once.
    """

    verdict: str
    fits: pd.DataFrame
    summary: pd.DataFrame
    differences: pd.DataFrame

    def __repr__(self) -> str:
        """Show the verdict."""
        return f"<Comparison of {self.fits['model'].nunique()} models: {self.verdict}>"


def compare(
    X: Any,
    y: Iterable[Hashable],
    groups: Iterable[Hashable] | None = None,
    *,
    models: Sequence[Any] = MODELS,
    n_seeds: int = 1,
    n_folds: int = 5,
    fractions: Sequence[float] = (1.0,),
    n_trials: int = 6,
    n_inner_folds: int = 1,
    learning_rate_range: tuple[float, float] = (1e-4, 3e-2),
    weight_decay_range: tuple[float, float] = (1e-6, 1e-2),
    max_epochs: int = 120,
    batch_size: int = 16,
    patience: int = 7,
    scale_on: str = "train",
    confidence: float = 0.95,
    name: str = NAME,
    allow_models: Sequence[str] = (),
    results_folder: str | Path | None = None,
    device: str = "auto",
    workers: int = 1,
    say: Callable[[str], None] | None = None,
) -> Comparison:
    """Ask whether complex models see anything in your data that simple ones do not.

    Every model meets the same folds twice: with full signal, and with the linear signal removed from training and judged
    samples, each by itself. What is still recognised then is no difference of class means. Learning rates, weight decays and
    penalties are chosen inside the training samples of each fold. Scikit-learn's classifiers keep their own settings; put a
    ``GridSearchCV`` among the models to have some chosen.

    Args:
        X: samples x features, array or DataFrame of finite numbers.
        y: one class per sample; every class in at least two groups.
        groups: donor, patient, study: what must be on one side of a split. None says that every sample stands for itself.
        models: names of the book's catalogue (``"three_layer"``, ``"dense(64, 64)"``), import paths of scikit-learn's
            classifiers, or classifiers and pipelines as they are.
        n_seeds, n_folds: repeats of the whole cross-validation, and folds of each (three or more). More of both make
            intervals narrower, which is why the defaults are for a first look.
        fractions: shares of the training samples to learn from: several make a learning curve.
        n_trials, n_inner_folds: settings tried per fold, and on how many of the other folds each is judged. 0 trials takes
            what the book takes where nothing is tuned.
        learning_rate_range, weight_decay_range: the trials are log-uniform on these.
        max_epochs, batch_size, patience: of models trained with Adam.
        scale_on: "train" brings every feature to 0..1 over the samples a model learns from; "all" leaves values as they are.
        confidence: of the intervals.
        name: of the data; folds and all other random numbers are derived from it.
        allow_models: packages beside scikit-learn that import paths may lead into.
        results_folder: where finished fits are kept and taken from; without one nothing stays on the disk.
        device: "auto", "cpu" or "cuda".
        workers: processes side by side. More than one are started anew from your script, which then needs
            ``if __name__ == "__main__":``.
        say: is told the plan, its progress and the verdict, such as ``print``; None for silence.

    Returns:
        Verdict and tables.

    Raises:
        InputError: what cannot be used, found before anything is computed; or a model that fails.
    """
    names = [given_model(model) if not isinstance(model, str) else model for model in _listed(models)]
    if n_seeds < 1:
        raise InputError(f"n_seeds is {n_seeds}; at least 1 is needed.")
    design = Design(
        split=split_of(groups),
        n_folds=n_folds,
        n_inner_folds=n_inner_folds,
        fractions=tuple(float(fraction) for fraction in fractions),
        n_trials=n_trials,
        learning_rate_range=tuple(learning_rate_range),
        weight_decay_range=tuple(weight_decay_range),
        scale_on=scale_on,
        training=TrainingSettings(max_epochs=max_epochs, batch_size=batch_size, patience=patience),
    )
    task = task_of(X, y, groups, name=name)
    fits = run_on(
        task,
        models=names,
        n_seeds=n_seeds,
        design=design,
        allow_models=allow_models,
        results_folder=results_folder,
        device=device,
        workers=workers,
        say=say,
    )
    largest = fits[fits["fraction"] == fits["fraction"].max()]
    shown = ordered_models(largest["model"])
    found = Comparison(
        verdict=_verdict(fits, task.name),
        fits=fits,
        summary=summarise(largest, by=["signal", "model"], metric=BALANCED_ACCURACY, confidence=confidence),
        differences=_differences(largest, list(combinations(shown, 2)), confidence),
    )
    if say:
        say(found.verdict)
    return found


def _listed(models: Any) -> list[Any]:
    if isinstance(models, str) or not isinstance(models, Iterable):
        raise InputError(f"models is {models!r}; a list is needed, such as models=['three_layer', LogisticRegression()].")
    return list(models)


def _verdict(fits: pd.DataFrame, task: str) -> str:
    sentences = [signal_verdict(fits, task)]
    if {"linear", "network"} <= set(fits["model"].map(model_family)):
        sentences.append(contest(fits, SIGNALS[0]))
    return " ".join(sentences)


def _differences(fits: pd.DataFrame, pairs: list[tuple[str, str]], confidence: float) -> pd.DataFrame:
    """Compare all pairs, the intervals of each signal holding at once."""
    parts = [
        tidy_pairs(part, pairs, by=("signal",), confidence=confidence, metric=BALANCED_ACCURACY)
        for _, part in fits.groupby("signal", sort=False)
        if pairs
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
