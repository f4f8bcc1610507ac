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
        """Balanced accuracy of a classifier that ignores its input, on samples of all classes: 1 / number of classes."""
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


def permute_labels(task: Task, *, seed: int) -> Task:
    """Deal the labels of every group out among its samples at random: a control in which nothing can be learnt.

    Every group is first cut to the same number of samples of each class, and groups that lack a class are left out. Without
    that, a group with more of one class would hand its samples, which look like that class, its labels more often, and the
    tie that is to be cut would hold on through the composition of the groups.

    Returns:
        The task with "(labels permuted)" behind its name, over a data set with the permuted labels.

    Raises:
        InputError: fewer than two groups have samples of every class.
    """
    groups, names = task.dataset.groups, ("permuted labels", task.dataset.name, task.name, seed)
    rows, classes = [], []
    for group in np.unique(groups):
        of_class = [np.flatnonzero((groups == group) & (task.classes == one)) for one in range(task.n_classes)]
        n_each = min(map(len, of_class))
        if n_each:
            random = generator(*names, str(group))
            rows.append(np.concatenate([random.permutation(some)[:n_each] for some in of_class]))
            classes.append(random.permutation(np.repeat(np.arange(task.n_classes), n_each)))
    if len(rows) < 2:
        raise InputError(
            f"Task {task.name!r}: {len(rows)} groups (donors or studies) have samples of every class, so labels cannot be "
            "permuted within groups. Permute a task whose groups hold several classes each."
        )
    kept = np.concatenate(rows)
    order = np.argsort(kept)
    permuted = np.concatenate(classes)[order]
    note = (
        f"Cut to {len(kept):,} samples, as many of every label in each of {len(rows):,} groups, whose labels were permuted."
    )
    dataset = replace(task.dataset.take(kept[order], notes=(note,)), labels=np.array(task.class_names)[permuted])
    return replace(task, name=f"{task.name} (labels permuted)", dataset=dataset, classes=permuted)
