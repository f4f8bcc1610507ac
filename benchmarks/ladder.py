"""The ladder of removal on data whose truth is known: python -m benchmarks.ladder [--only null] [--sets 400].

Two tables: how far from chance models are on every rung where labels mean nothing, and which planted kind of difference
which rung takes away.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from zlib import crc32

import numpy as np
import pandas as pd
import torch

from linear_signal.analysis.intervals import corrected_interval
from linear_signal.analysis.metrics import BALANCED_ACCURACY
from linear_signal.crossvalidation.before_and_after_fits import balanced_accuracy
from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.feature_rows import feature_rows
from linear_signal.crossvalidation.fit_interface import Job
from linear_signal.crossvalidation.model_fitters import make_fitter
from linear_signal.data.dataset import Dataset
from linear_signal.data.made_up.planted_kinds import GROUP, KINDS, make_planted_kind
from linear_signal.data.removal_ladder import LADDER, WITHOUT_TRACES
from linear_signal.data.tasks import Task, make_task
from linear_signal.experiment.machine import usable_cores
from linear_signal.models import find_model
from linear_signal.seeds import generator

RBF = "sklearn.svm.SVC(class_weight='balanced')"
CHEAP = ("exact_logistic_regression", "squared_logistic", "pair_products", "distance")
ALL = (*CHEAP, "boosted_trees", RBF)
TITLES = {
    "exact_logistic_regression": "linear",
    "squared_logistic": "squares",
    "pair_products": "pairs",
    "boosted_trees": "trees",
    RBF: "RBF",
}
DESIGN = Design(n_trials=0, fractions=(1.0,))
NULL_RUNGS = ("removed", WITHOUT_TRACES, *LADDER[2:])
N_FOLDS = 3


@dataclass(frozen=True)
class Null:
    """Data in which labels mean nothing: groups by class, samples by group of each class, and models that see them."""

    name: str
    groups: tuple[int, ...]
    each: tuple[int, ...]
    n_genes: int = 12
    models: tuple[str, ...] = CHEAP
    also: str = ""


NULLS = (
    Null("9 + 9 samples", (9, 9), (1, 1), models=(*CHEAP, RBF)),
    Null("10 rare to 200", (10, 200), (1, 1), models=(*CHEAP, RBF)),
    Null("30 + 60 samples, 60 genes", (30, 60), (1, 1), n_genes=60),
    Null("10 classes of 5 to 24", (5, 5, 6, 6, 8, 10, 12, 16, 20, 24), (1,) * 10),
    Null("8 + 32 studies of 4", (8, 32), (4, 4), models=(*CHEAP, RBF), also="boosted_trees"),
    Null("8 studies of 6, 40 of 1", (8, 40), (6, 1)),
)
# A model that takes longer than all others together is fitted on so many sets of a row.
FEW = 20


def null_task(null: Null, seed: int) -> Task:
    """Make up samples that look alike in all classes: correlated, skewed, with zeros, and with studies that differ."""
    random = np.random.default_rng([crc32(null.name.encode()), seed])
    classes = np.repeat(np.arange(len(null.groups)), np.array(null.groups) * null.each)
    group = np.repeat(np.arange(sum(null.groups)), np.repeat(null.each, null.groups))
    loadings = random.standard_normal((4, null.n_genes))
    values = 0.7 * random.standard_normal((len(classes), 4)) @ loadings
    values += random.standard_normal(values.shape)
    if max(null.each) > 1:
        values += random.standard_normal((group.max() + 1, null.n_genes))[group]
    # A third of the genes normal, a third skewed, and a third with zeros.
    third = null.n_genes // 3
    values[:, :third] = np.exp(0.7 * values[:, :third])
    values[:, third : 2 * third] = np.maximum(0, values[:, third : 2 * third])
    ids = np.arange(len(classes)).astype(str)
    dataset = Dataset(
        name=f"{null.name} {seed}",
        expression=values.astype(np.float32),
        samples=pd.DataFrame({"label": [f"class {one:02d}" for one in classes], GROUP: group.astype(str)}, index=ids),
        gene_ids=np.arange(null.n_genes).astype(str),
        source="made up for a benchmark",
        synthetic=True,
    )
    return make_task(dataset, name="null", group=GROUP)


def dealt(task: Task) -> np.ndarray:
    """Deal the groups of every class out to folds in equal numbers: fold of each sample.

    Folds that lack a class would put models that answer one class below chance, whatever the rung.
    """
    folds = np.empty(task.n_samples, dtype=np.int64)
    for one in range(task.n_classes):
        rows = np.flatnonzero(task.classes == one)
        codes = np.unique(task.groups[rows], return_inverse=True)[1]
        folds[rows] = generator("benchmark", task.name, task.dataset.name, one).permutation(codes.max() + 1)[codes] % N_FOLDS
    return folds


def accuracies(task: Task, rungs: tuple[str, ...], models: tuple[str, ...], folds: np.ndarray) -> pd.DataFrame:
    """Fit every model on every rung in every fold: rung, model, fold, accuracy less chance, ratio of samples."""
    torch.set_num_threads(1)
    rows = []
    for number in range(N_FOLDS):
        train, validation = np.flatnonzero(folds != number), np.flatnonzero(folds == number)
        judged, learnt = task.classes[validation], task.classes[train]
        for rung in rungs:
            features = feature_rows(task, rung, DESIGN)
            fit, judge = (features.add(some, learnt_from=train, judged=validation) for some in (train, validation))
            job = Job(names=("ladder", number), fit_rows=fit, tune_rows=fit[:0], judge_rows=judge)
            matrix = features.features()
            for model in models:
                if model == "distance":
                    predicted = by_distance(matrix[fit], learnt, matrix[judge])
                else:
                    fitter = make_fitter(find_model(model), DESIGN, torch.device("cpu"))
                    predicted = fitter.fit(features, [job], [fitter.default], task.n_classes)[0][0].predicted
                above = balanced_accuracy(judged, predicted) - 1 / len(np.unique(judged))
                ratio = len(judged) / len(learnt)
                rows.append({"rung": rung, "model": model, "fold": number, "above": above, "ratio": ratio})
    return pd.DataFrame(rows)


def by_distance(learnt: np.ndarray, classes: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Predict the class whose samples lie as far from the centre, on average, as a sample does."""
    deviation = learnt.std(axis=0)
    scale = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 0)
    far, farther = (np.log1p(np.square((some - learnt.mean(axis=0)) * scale).mean(axis=1)) for some in (learnt, judged))
    present = np.unique(classes)
    means = np.array([far[classes == one].mean() for one in present])
    return present[np.abs(farther[:, None] - means).argmin(axis=1)]


def _null_of(place: int, seed: int) -> pd.DataFrame:
    null = NULLS[place]
    task = null_task(null, seed)
    models = (*null.models, null.also) if null.also and seed < FEW else null.models
    return _judged(accuracies(task, NULL_RUNGS, models, dealt(task))).assign(data=null.name)


def _judged(fits: pd.DataFrame) -> pd.DataFrame:
    """Mean over the folds of a data set, and whether its 95 % interval lies above chance."""
    rows = []
    for (rung, model), runs in fits.groupby(["rung", "model"], sort=False):
        is_above = False
        if len(runs) > 1:
            interval = corrected_interval(runs["above"] + 0.5, 1.0, runs["ratio"].mean(), within=BALANCED_ACCURACY.within)
            is_above = interval.lower > 0.5
        rows.append({"rung": rung, "model": model, "mean": runs["above"].mean(), "is_above": is_above})
    return pd.DataFrame(rows)


def null_rates(sets: int) -> pd.DataFrame:
    """How far mean balanced accuracy is from chance, in points with standard error; how often an interval is above, in %."""
    asked = list(product(range(len(NULLS)), range(sets)))
    with ProcessPoolExecutor(usable_cores()) as pool:
        parts = pool.map(_null_of, *zip(*asked, strict=True), chunksize=4)
        judged = pd.concat(parts, ignore_index=True)
    rows = []
    for (data, rung, model), part in judged.groupby(["data", "rung", "model"], sort=False):
        mean, error = 100 * part["mean"].mean(), 100 * part["mean"].std() / np.sqrt(len(part))
        rows.append(
            {
                "data": data,
                "rung": rung,
                "model": TITLES.get(model, model),
                "cell": f"{mean:+.1f} ± {error:.1f} ({100 * part['is_above'].mean():.0f})",
            }
        )
    table = pd.DataFrame(rows).pivot(index=["data", "rung"], columns="model", values="cell")
    order = [(null.name, rung) for null in NULLS for rung in NULL_RUNGS]
    return table.reindex(order)[["linear", "squares", "pairs", "distance", "trees", "RBF"]].fillna("")


def _planted_of(kind: str, seed: int) -> pd.DataFrame:
    dataset = make_planted_kind(kind, n_samples=1500, n_genes=9, seed=seed)
    task = make_task(dataset, name="planted", group=None)
    return accuracies(task, LADDER, tuple(model for model in ALL if model != "distance"), dealt(task)).assign(kind=kind)


def planted_kinds(sets: int) -> pd.DataFrame:
    """Mean balanced accuracy by planted kind, rung and model."""
    asked = list(product(KINDS, range(sets)))
    with ProcessPoolExecutor(usable_cores()) as pool:
        fits = pd.concat(pool.map(_planted_of, *zip(*asked, strict=True)), ignore_index=True)
    fits["model"] = fits["model"].map(TITLES)
    means = fits.groupby(["kind", "rung", "model"])["above"].mean().add(0.5).unstack()
    order = list(product(KINDS, LADDER))
    return means.reindex(order)[["linear", "squares", "pairs", "trees", "RBF"]].map("{:.2f}".format)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=100, help="data sets per row of the first table")
    parser.add_argument("--only", choices=("null", "planted"))
    asked = parser.parse_args()
    tables: dict[str, Callable[[], pd.DataFrame]] = {
        "planted": partial(planted_kinds, 2),
        "null": partial(null_rates, asked.sets),
    }
    for name, table in tables.items():
        if asked.only in (None, name):
            print(f"\n{name}\n{table().to_markdown()}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
