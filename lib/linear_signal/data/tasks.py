"""Tasks: a dataset cut to one question, with integer classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from linear_signal.data.dataset import Dataset
from linear_signal.errors import InputError, listed, unknown
from linear_signal.seeds import generator


@dataclass(frozen=True, eq=False, kw_only=True)
class Task:
    """One classification question.

    Attributes:
        name: how results and figures call it ("Blood vs Brain").
        dataset: the samples that belong to the question, and no others.
        classes: int64 [samples], index into ``class_names``.
        class_names: the labels in alphabetical order.
        trains_on: for a transfer between two data sets, bool [samples]: the samples to learn from; the others judge.
    """

    name: str
    dataset: Dataset
    classes: np.ndarray
    class_names: tuple[str, ...]
    trains_on: np.ndarray | None = None

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def naive_accuracy(self) -> float:
        """Balanced accuracy of a classifier that ignores its input: 1 / number of classes."""
        return 1 / self.n_classes


def make_task(dataset: Dataset, *, name: str, labels: Sequence[str] | None = None) -> Task:
    """Cut ``dataset`` to the samples that carry one of ``labels`` (default: all labels there are).

    Raises:
        InputError: a label that the dataset lacks (with the nearest match), fewer than two classes, or a class whose
            samples all come from one group, which can never be in training and in validation.
    """
    present = sorted(set(dataset.labels.tolist()))
    labels = present if labels is None else list(labels)
    for label in labels:
        if label not in present:
            raise unknown(f"label of {dataset.name}", label, present)
    names = tuple(sorted(set(labels)))
    if len(names) < 2:
        raise InputError(f"Task {name!r} has {len(names)} class ({listed(names)}); at least two are needed.")
    kept = np.isin(dataset.labels, names)
    cut = dataset if kept.all() else dataset.take(kept)
    too_few = [label for label in names if len(set(cut.groups[cut.labels == label].tolist())) < 2]
    if too_few:
        raise InputError(
            f"Task {name!r}: all samples of {listed(too_few)} come from one group (donor or study), so the class cannot "
            "be in training and in validation. Leave the class out or add groups."
        )
    return Task(name=name, dataset=cut, classes=np.searchsorted(names, cut.labels), class_names=names)


def binary_pairs(dataset: Dataset, labels: Sequence[str]) -> list[Task]:
    """Make one task per pair of ``labels``, in alphabetical order: k labels give k (k - 1) / 2 tasks."""
    if len(set(labels)) < 2:
        raise InputError(f"Pairs need at least two different labels; got {list(labels)}.")
    pairs = combinations(sorted(set(labels)), 2)
    return [make_task(dataset, name=f"{first} vs {second}", labels=(first, second)) for first, second in pairs]


def select_pairs(dataset: Dataset, pairs: Sequence[str]) -> list[Task]:
    """Make the binary tasks named in ``pairs``, each written "Blood vs Brain"."""
    tasks = []
    for pair in pairs:
        ends = [end.strip() for end in pair.split(" vs ")]
        if len(ends) != 2 or ends[0] == ends[1]:
            raise InputError(f"Pair {pair!r} is not of the form 'Blood vs Brain' with two different labels.")
        tasks += binary_pairs(dataset, ends)
    return tasks


def permute_labels(task: Task, *, seed: int) -> Task:
    """Deal the labels of every group out among its samples at random: a control in which nothing can be learnt.

    Groups keep their composition, so what a group's mean says of its labels stays; only the tie between a sample and its
    label is cut. Samples of a group with a single label keep it.

    Returns:
        The task with "(labels permuted)" behind its name, over a data set with the permuted labels.

    Raises:
        InputError: no group has two different labels, so that nothing would change.
    """
    classes = task.classes.copy()
    groups = task.dataset.groups
    mixed = 0
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        mixed += len(np.unique(classes[rows])) > 1
        classes[rows] = generator("permuted labels", task.dataset.name, task.name, str(group), seed).permutation(
            classes[rows]
        )
    if not mixed:
        raise InputError(
            f"Task {task.name!r}: every group (donor or study) has one label only, so permuting labels within groups "
            "changes nothing. Permute a task whose groups have several."
        )
    dataset = replace(task.dataset, labels=np.array(task.class_names)[classes])
    return replace(task, name=f"{task.name} (labels permuted)", dataset=dataset, classes=classes)
