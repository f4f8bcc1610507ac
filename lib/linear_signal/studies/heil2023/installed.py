"""The study's questions of genuine data that packages of R bring along: which tasks there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linear_signal.analysis.intervals import SMALLEST_GROUPS
from linear_signal.data.bioconductor.datasets import open_installed
from linear_signal.data.bioconductor.records import RECORDS
from linear_signal.data.tasks import Task, make_task
from linear_signal.errors import InputError, unknown


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question of an installed data set.

    Attributes:
        dataset: its name.
        target: the fact that is predicted.
        labels: of it; empty: all there are.
        about: the data, in words.
    """

    dataset: str
    target: str
    about: str
    labels: tuple[str, ...] = ()


ASKED = {
    "seven tissues": Asked(dataset="tissue_gene_expression", target="tissue", about="Seven tissues, genuine microarrays"),
    "five tissues": Asked(
        dataset="tissue_gene_expression",
        target="tissue",
        labels=("cerebellum", "colon", "hippocampus", "kidney", "liver"),
        about="The five tissues with 25 samples or more, genuine microarrays",
    ),
    "lineage": Asked(dataset="ALL", target="lineage", about="B against T lineage of a leukaemia, genuine microarrays"),
    "BCR/ABL": Asked(
        dataset="ALL",
        target="fusion",
        labels=("BCR/ABL", "NEG"),
        about="BCR/ABL against no known fusion in B-cell leukaemia, genuine microarrays",
    ),
    "sex": Asked(dataset="ALL", target="sex", labels=("F", "M"), about="Sex in acute leukaemia, genuine microarrays"),
}


def open_asked(tasks: Sequence[str], *, n_genes: int, sizes_only: bool = False) -> list[Task]:
    """Read the data sets behind some questions and make their tasks; a person is never torn apart where persons are known.

    Args:
        tasks: names of :data:`ASKED`.
        n_genes, sizes_only: as of :func:`~linear_signal.data.bioconductor.datasets.open_installed`.

    Raises:
        InputError: no task or an unknown one, or R or one of its packages is missing.
    """
    if not tasks:
        raise InputError(f"tasks is empty; name some of {', '.join(ASKED)}.")
    for name in tasks:
        if name not in ASKED:
            raise unknown("task", name, ASKED)
    wanted = dict.fromkeys(ASKED[name].dataset for name in tasks)
    datasets = {name: open_installed(name, n_genes=n_genes, sizes_only=sizes_only) for name in wanted}
    made = []
    for name in tasks:
        asked = ASKED[name]
        named = {"labels": asked.labels or None, "target": asked.target, "group": RECORDS[asked.dataset].person or None}
        made.append(make_task(datasets[asked.dataset], name=name, **named))
    return made


def can_be_judged(task: Task) -> bool:
    """Whether every label of a task has as many groups as intervals need to be believed."""
    return all(len(np.unique(task.groups[task.classes == one])) >= SMALLEST_GROUPS for one in range(task.n_classes))
