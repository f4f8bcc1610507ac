"""What the store keeps of runs beside their fits, gathered for a page: confusion, scores, trials, curves, hard samples."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from linear_signal.analysis.scored_fits import average_precision_of_classes, cross_entropy

if TYPE_CHECKING:
    from linear_signal.crossvalidation.unit import CrossValidationUnit
    from linear_signal.experiment.run import Results
    from linear_signal.experiment.store import Columns, ResultsStore

CONDITIONS = ("task", "signal", "pretraining", "split", "scale_on")
MOST_SAMPLES = 50  # listed of those that every model gets wrong
_TRIAL = ("learning_rate", "weight_decay", "inner_loss", "inner_balanced_accuracy", "chosen")
_EPOCH = ("epoch", "train_loss", "tune_loss")


@dataclass(frozen=True, eq=False, kw_only=True)
class RunDetails:
    """Tables of what a page shows of runs.

    Attributes:
        confusion: over all runs at the largest training set which class was taken for which: task, signal, pretraining,
            split, scale_on, model, truth, predicted, n; only what occurs has a row.
        judged: key, fraction, average_precision, loss, of fits whose scores are kept.
        trials: key, learning_rate, weight_decay, inner_loss, inner_balanced_accuracy, chosen; a row a setting tried.
        curves: key, epoch, train_loss, tune_loss, at the largest training set.
        wrong: samples that no run of any model got right at the largest training set, by the conditions above: sample,
            group, truth, predicted (as most runs say), said (how many do), runs, wrong and judged (numbers of samples); no
            more than ``MOST_SAMPLES`` rows each. Of conditions with one model there are none.
    """

    confusion: pd.DataFrame
    judged: pd.DataFrame
    trials: pd.DataFrame
    curves: pd.DataFrame
    wrong: pd.DataFrame


def run_details(*results: Results) -> RunDetails:
    """Gather what is kept of the runs of one or several plans on classifiers."""
    trials = _together([_columns_of(one.trials) for one in results], _TRIAL)
    return _gathered(_runs_of(results), trials, _curves([_columns_of(one.epochs) for one in results]))


def details_of_fits(fits: pd.DataFrame, store: ResultsStore) -> RunDetails:
    """Gather what the store keeps of the runs in a results table, whoever planned them.

    Args:
        fits: results table: key, model and the conditions of :class:`RunDetails`.
        store: where these runs lie; of those that it does not have there is nothing. Groups of samples are in none.
    """
    trials: list[Columns] = []
    epochs: list[Columns] = []

    def runs() -> Iterator[_Run]:
        for key, model, *names in fits.drop_duplicates("key")[["key", "model", *CONDITIONS]].itertuples(index=False):
            if not store.path(key).is_file():
                continue
            settings, kept = store.read_columns(key, ("predictions", "scores", "trials", "epochs"))
            for tables, name in ((trials, "trials"), (epochs, "epochs")):
                tables.append(kept[name] | {"key": np.full(_n_rows(kept[name]), key, dtype=object)})
            yield _Run(key, tuple(map(str, names)), model, settings["classes"], dict, kept)

    found = _gathered(runs(), pd.DataFrame(), pd.DataFrame())
    return replace(found, trials=_together(trials, _TRIAL), curves=_curves(epochs))


class _Run(NamedTuple):
    key: str
    conditions: tuple[str, ...]
    model: str
    classes: Sequence[str]
    groups: Callable[[], Mapping[str, str]]  # by sample
    tables: Mapping[str, Columns]


def _runs_of(results: Sequence[Results]) -> Iterator[_Run]:
    for one in results:
        for unit in one.plan.units:
            _, kept = one.store.read_columns(unit.key, ("predictions", "scores"))
            names = tuple(str(unit.names[column]) for column in CONDITIONS)
            yield _Run(unit.key, names, unit.model, unit.task.class_names, partial(_groups, unit), kept)


def _groups(unit: CrossValidationUnit) -> dict[str, str]:
    return dict(zip(map(str, unit.task.sample_ids), map(str, unit.task.groups), strict=True))


def _gathered(runs: Iterable[_Run], trials: pd.DataFrame, curves: pd.DataFrame) -> RunDetails:
    """Read one run at a time: the predictions of a whole chapter at the paper's sizes do not fit into memory."""
    confusion: Counter[tuple[str, ...]] = Counter()
    judged: list[tuple[str, float, float, float]] = []
    hard: dict[tuple[str, ...], _Hard] = defaultdict(_Hard)
    for run in runs:
        predictions = run.tables["predictions"]
        if not _n_rows(predictions):
            continue
        fractions = predictions["fraction"]
        largest = fractions == fractions.max()
        answers = [predictions[name][largest].tolist() for name in ("sample_id", "label", "predicted")]
        for pair, n in Counter(zip(*answers[1:], strict=True)).items():
            confusion[(*run.conditions, run.model, *map(str, pair))] += n
        hard[run.conditions].add(run, *answers)
        judged += _judged(run, predictions, run.tables["scores"])
    rows = [(*key, n) for key, n in confusion.items()]
    wrong = [(*names, *row) for names, one in hard.items() for row in one.rows()]
    return RunDetails(
        confusion=pd.DataFrame(rows, columns=[*CONDITIONS, "model", "truth", "predicted", "n"]),
        judged=pd.DataFrame(judged, columns=["key", "fraction", "average_precision", "loss"]),
        trials=trials,
        curves=curves,
        wrong=pd.DataFrame(wrong, columns=[*CONDITIONS, *_Hard.COLUMNS]),
    )


class _Hard:
    """Which samples of a task no run got right so far."""

    COLUMNS = ("sample", "group", "truth", "predicted", "said", "runs", "wrong", "judged")

    def __init__(self) -> None:
        self.models: set[str] = set()
        self.right: set[str] = set()
        self.answers: dict[str, Counter[str]] = defaultdict(Counter)
        self.truth: dict[str, str] = {}
        self.groups: dict[str, str] = {}

    def add(self, run: _Run, samples: list[str], labels: list[str], answers: list[str]) -> None:
        if not self.models:
            self.groups = dict(run.groups())
        self.models.add(run.model)
        for sample, label, predicted in zip(samples, labels, answers, strict=True):
            if label == predicted:
                self.right.add(str(sample))
            else:
                self.answers[str(sample)][str(predicted)] += 1
                self.truth[str(sample)] = str(label)

    def rows(self) -> list[tuple]:
        if len(self.models) < 2:
            return []
        never = [sample for sample in self.answers if sample not in self.right]
        counts = {sample: self.answers[sample].most_common(1)[0] for sample in never}
        # First those that most runs take for the same wrong class: mislabelled, perhaps.
        never.sort(key=lambda sample: (-counts[sample][1] / self.answers[sample].total(), -counts[sample][1], sample))
        sizes = (len(never), len(self.right | set(self.answers)))
        return [
            (sample, self.groups.get(sample, ""), self.truth[sample], *counts[sample], self.answers[sample].total(), *sizes)
            for sample in never[:MOST_SAMPLES]
        ]


def _judged(run: _Run, predictions: Columns, scores: Columns) -> list[tuple[str, float, float, float]]:
    if not _n_rows(scores):
        return []
    names = list(map(str, run.classes))
    columns = [f"score_{number}" for number in range(len(names))]
    if not set(columns) <= set(scores):
        return []  # a classifier without scores
    rows = []
    place = {name: number for number, name in enumerate(names)}
    fractions, samples, values = scores["fraction"], scores["sample_id"], np.stack([scores[one] for one in columns], axis=1)
    known = [predictions[column] for column in ("fraction", "sample_id", "label")]
    for fraction in np.unique(fractions):
        some, there = fractions == fraction, known[0] == fraction
        label = dict(zip(known[1][there].tolist(), known[2][there].tolist(), strict=True))
        classes = np.array([place.get(str(label[sample]), -1) for sample in samples[some].tolist()])
        of_classes = average_precision_of_classes(values[some], classes), cross_entropy(values[some], classes)
        rows.append((run.key, fraction, *of_classes))
    return rows


def _curves(epochs: Iterable[Columns]) -> pd.DataFrame:
    """Return the epochs at the largest training set of every unit in these tables."""
    every = _together(epochs, ("fraction", *_EPOCH))
    largest = every.groupby("key")["fraction"].transform("max")
    return every.loc[every["fraction"] == largest, ["key", *_EPOCH]].reset_index(drop=True)


def _columns_of(table: pd.DataFrame) -> Columns:
    return {str(name): column.to_numpy() for name, column in table.items()}


def _n_rows(table: Columns) -> int:
    return len(next(iter(table.values()), ()))


def _together(parts: Iterable[Columns], columns: tuple[str, ...]) -> pd.DataFrame:
    """Put those tables below one another that have these columns and a row, each row with its key in front."""
    names = ("key", *columns)
    parts = [part for part in parts if set(names) <= set(part) and _n_rows(part)]
    if not parts:
        return pd.DataFrame(columns=list(names))
    return pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in names})
