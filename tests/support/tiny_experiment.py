"""An experiment of seconds; run as a script it is the process that the tests kill."""

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.base import BaseEstimator, ClassifierMixin

from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.plan import CrossValidationPlan, make_plan
from linear_signal.data.dataset import Dataset
from linear_signal.data.made_up.simulation import simulate
from linear_signal.data.tasks import Task, make_task
from linear_signal.experiment.run import run
from linear_signal.experiment.store import ResultsStore
from linear_signal.training.settings import TrainingSettings

MODELS = ("logistic_regression", "exact_logistic_regression", "three_layer")


def is_trial(features):
    """Tell the made-up samples on which a classifier is tried before a plan is made, which have fewer features."""
    return features.shape[1] < 12


class KilledInFit(ClassifierMixin, BaseEstimator):
    """A classifier whose process ends as if for want of memory."""

    def fit(self, features, classes):
        if not is_trial(features):
            os.kill(os.getpid(), signal.SIGKILL)
        return self

    def predict(self, features):
        return [0] * len(features)


class Constant(ClassifierMixin, BaseEstimator):
    """A classifier that answers one class and has no scores."""

    def fit(self, features, classes):
        self.answer = classes[0]
        return self

    def predict(self, features):
        return [self.answer] * len(features)


class OutOfMemory(ClassifierMixin, BaseEstimator):
    """A classifier that asks for more memory than there is."""

    def fit(self, features, classes):
        if not is_trial(features):
            raise MemoryError("Unable to allocate 7 EB")
        return self

    def predict(self, features):
        return [0] * len(features)


class SlowAndCounted(ClassifierMixin, BaseEstimator):
    """A classifier that takes its time and leaves a line for every fit in a file."""

    def __init__(self, seconds=0.2, file="", random_state=None):
        self.seconds, self.file, self.random_state = seconds, file, random_state

    def fit(self, features, classes):
        self.most = int(classes.sum() * 2 > len(classes))
        if is_trial(features):
            return self
        with Path(self.file).open("a") as file:
            file.write(f"{os.getpid()} {self.random_state} {torch.get_num_threads()}\n")
        time.sleep(self.seconds)
        return self

    def predict(self, features):
        return [self.most] * len(features)


class CountedDataset(Dataset):
    """A dataset that leaves a line in the file its source names whenever a process unpacks it."""

    def __setstate__(self, state):
        self.__dict__.update(state)
        with Path(self.source).open("a") as file:
            file.write(f"{os.getpid()}\n")


def tiny_task(name: str = "Simulated 1") -> Task:
    return make_task(simulate(name, n_samples=60, n_features=12), name=name, group=None)


def tiny_design(*, max_epochs=3, patience=7, patience_counts="since_improvement", batch_size=16, **changes):
    settings = {"n_folds": 3, "n_inner_folds": 1, "fractions": (0.5, 1.0), "n_trials": 2}
    training = TrainingSettings(
        max_epochs=max_epochs, patience=patience, patience_counts=patience_counts, batch_size=batch_size
    )
    return Design(**(settings | changes), training=training)


def tiny_plan(
    *,
    tasks=None,
    models=MODELS,
    signals=("full", "removed"),
    pretraining=("none",),
    seeds=(0,),
    keep_scores="largest",
    **design,
):
    settings = {"signals": signals, "pretraining": pretraining, "seeds": seeds, "keep_scores": keep_scores}
    settings |= {"design": tiny_design(**design)}
    return make_plan(tasks or [tiny_task()], models=models, allow_models=["tiny_experiment"], **settings)


def slow_plan(folder: Path, seconds: float = 0.1, n_seeds: int = 4):
    """Plan fits that take their time and are counted in a file of the folder."""
    model = f"tiny_experiment.SlowAndCounted(seconds={seconds}, file={str(folder / 'fits')!r})"
    return tiny_plan(models=[model], signals=["full"], seeds=range(n_seeds), fractions=(1.0,))


def with_fractions(plan: CrossValidationPlan, fractions: tuple[float, ...]) -> CrossValidationPlan:
    """Make a plan of fractions so small that ``make_plan`` refuses them, since no fit is possible at the smallest."""
    design = replace(plan.design, fractions=fractions)
    return CrossValidationPlan(tuple(replace(unit, design=design) for unit in plan.units), design)


def donors_dataset(n_classes=2):
    """Make 72 samples of 24 donors, three samples each."""
    values = np.random.default_rng(0).normal(size=(72, 10))
    classes = np.arange(72) % n_classes
    values[:, :5] += classes[:, None]
    return Dataset(
        name="donors",
        expression=values,
        samples=pd.DataFrame(
            {"label": np.array(list("ABCDEF"))[classes], "donor": [f"donor {number // 3}" for number in range(72)]},
            index=[f"S{number}" for number in range(72)],
        ),
        gene_ids=np.array([f"g{number}" for number in range(10)]),
        source="made by a test",
        synthetic=True,
    )


def donors_task(name="A vs B", n_classes=2, **changes):
    """Make the task of telling the classes of the donors' samples apart; changes are of the dataset."""
    return make_task(replace(donors_dataset(n_classes), **changes), name=name, group="donor")


if __name__ == "__main__":
    folder, workers = sys.argv[1:]
    run(tiny_plan(), store=ResultsStore(folder), device="cpu", workers=int(workers))
