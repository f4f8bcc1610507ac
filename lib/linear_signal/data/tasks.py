"""Tasks: some samples of a dataset with one question about them. They are views: no task copies a value."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from linear_signal.data.dataset import Dataset, content_digest
from linear_signal.data.sample_table import LABEL
from linear_signal.errors import InputError, listed, unknown
from linear_signal.seeds import generator


@dataclass(frozen=True, eq=False, kw_only=True)
class Task:
    """One classification question about some samples of a dataset.

    Whatever is said of the samples of a task goes by their place among ``rows``; so do the rows of splits.

    Attributes:
        name: how results and figures call it ("Blood vs Brain").
        dataset: the samples, and others; many tasks share one.
        rows: int64 [samples], the rows of the dataset that belong to the question, each once.
        classes: int64 [samples], index into ``class_names``.
        class_names: the labels in alphabetical order.
        groups: str [samples], what must not be torn apart by a split (donor or study; the sample where it stands alone).
        trains_on: for a transfer between two data sets, bool [samples]: the samples to learn from; the others judge.
        notes: one sentence per thing that a reader should know, beside those of the dataset.
    """

    name: str
    dataset: Dataset
    rows: np.ndarray
    classes: np.ndarray
    class_names: tuple[str, ...]
    groups: np.ndarray
    trains_on: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.rows)

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def naive_accuracy(self) -> float:
        """Balanced accuracy of a classifier that ignores its input, on samples of all classes: 1 / number of classes."""
        return 1 / self.n_classes

    @property
    def sample_ids(self) -> np.ndarray:
        """Ids of the samples, str [samples]."""
        return self.dataset.sample_ids[self.rows]

    @property
    def labels(self) -> np.ndarray:
        """Labels of the samples, str [samples]."""
        return np.array(self.class_names)[self.classes]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the dataset's name and these samples, their labels and groups: 16 digits that name this content."""
        return content_digest(self.dataset, self.rows, [self.labels, self.groups])

    @cached_property
    def without_dataset(self) -> Task:
        """The task with None in place of its dataset, always the same object: small, to be sent to where the dataset is."""
        other = self.over(None)
        other.__dict__["fingerprint"] = self.fingerprint  # which nobody could find out without the dataset
        return other

    def over(self, dataset: Dataset | None) -> Task:
        """Return this task over a dataset that has the same samples."""
        other = copy(self)
        object.__setattr__(other, "dataset", dataset)
        other.__dict__.pop("without_dataset", None)
        return other


def make_task(
    dataset: Dataset, *, name: str, group: str | None, labels: Sequence[str] | None = None, target: str = LABEL
) -> Task:
    """Ask for the label of the samples of ``dataset`` that carry one of ``labels`` (default: all labels there are).

    Args:
        dataset: the samples.
        name: of the task.
        group: the column that must not be torn apart: samples that agree in it ("donor", "study") stay on one side of every
            split. None: every sample stands by itself.
        labels: two or more.
        target: the column of the labels.

    Raises:
        InputError: a column or a label that the dataset lacks (with the nearest match), a sample without label or group,
            fewer than two classes, or a class whose samples all come from one group, which can never be in training and in
            validation.
    """
    found = dataset.column(target).astype(str)
    if labels is None:
        _check_present(dataset, np.arange(dataset.n_samples), found, target)
    present = sorted(set(found.tolist()) - {""})
    labels = present if labels is None else list(labels)
    for label in labels:
        if label not in present:
            raise unknown(f"label of {dataset.name}", label, present)
    names = tuple(sorted(set(labels)))
    if len(names) < 2:
        raise InputError(f"Task {name!r} has {len(names)} class ({listed(names)}); at least two are needed.")
    rows = np.flatnonzero(np.isin(found, names))
    classes = np.searchsorted(names, found[rows])
    groups = (dataset.sample_ids if group is None else dataset.column(group))[rows].astype(str)
    _check_present(dataset, rows, groups, group)
    check_groups(name, classes, names, groups)
    return Task(name=name, dataset=dataset, rows=rows, classes=classes, class_names=names, groups=groups)


def binary_pairs(dataset: Dataset, labels: Sequence[str], *, group: str | None, target: str = LABEL) -> list[Task]:
    """Make one task per pair of ``labels``, in alphabetical order: k labels give k (k - 1) / 2 tasks."""
    if len(set(labels)) < 2:
        raise InputError(f"Pairs need at least two different labels; got {list(labels)}.")
    return [
        make_task(dataset, name=f"{first} vs {second}", group=group, labels=(first, second), target=target)
        for first, second in combinations(sorted(set(labels)), 2)
    ]


def permute_labels(task: Task, *, seed: int) -> Task:
    """Deal the labels of every group out among its samples at random: a control in which nothing can be learnt.

    Every group is first cut to the same number of samples of each class, and groups that lack a class are left out. Without
    that, a group with more of one class would hand its samples, which look like that class, its labels more often, and the
    tie that is to be cut would hold on through the composition of the groups.

    Returns:
        The task with "(labels permuted)" behind its name, over the same data set.

    Raises:
        InputError: fewer than two groups have samples of every class.
    """
    names = ("permuted labels", task.dataset.name, task.name, seed)
    rows, classes = [], []
    for group in np.unique(task.groups):
        of_class = [np.flatnonzero((task.groups == group) & (task.classes == one)) for one in range(task.n_classes)]
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
    kept, permuted = kept[order], np.concatenate(classes)[order]
    note = (
        f"Cut to {len(kept):,} samples, as many of every label in each of {len(rows):,} groups, whose labels were permuted."
    )
    return replace(
        task,
        name=f"{task.name} (labels permuted)",
        rows=task.rows[kept],
        classes=permuted,
        groups=task.groups[kept],
        notes=(*task.notes, note),
    )


def check_groups(name: str, classes: np.ndarray, class_names: Sequence[str], groups: np.ndarray) -> None:
    """Refuse a task with a class whose samples all come from one group.

    Raises:
        InputError: there is one.
    """
    too_few = [label for one, label in enumerate(class_names) if len(np.unique(groups[classes == one])) < 2]
    if too_few:
        raise InputError(
            f"Task {name!r}: all samples of {listed(too_few)} come from one group (donor or study), so the class cannot "
            "be in training and in validation. Leave the class out or add groups."
        )


def _check_present(dataset: Dataset, rows: np.ndarray, values: np.ndarray, column: str | None) -> None:
    missing = dataset.sample_ids[rows[values == ""]]
    if len(missing):
        raise InputError(
            f"{dataset.name}: samples without a {column}: {listed(missing)}. Name the labels of the task, so that it leaves "
            "them out, or drop them."
        )
