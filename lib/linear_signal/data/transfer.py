"""Transfer: two data sets cut to the genes and labels they share, and put together into one task."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from linear_signal.data.dataset import Dataset
from linear_signal.data.preprocessing import ZeroOneScaling
from linear_signal.data.row_blocks import fill
from linear_signal.data.sample_table import LABEL
from linear_signal.data.tasks import Task
from linear_signal.data.tissue_names import clean_tissues
from linear_signal.errors import InputError, listed


def on_shared_genes(first: Dataset, second: Dataset) -> tuple[Dataset, Dataset]:
    """Cut two data sets to the genes both have, in the order of the first.

    Genes meet by their Ensembl id without its version (``ENSG00000229807`` of ``ENSG00000229807.11``), as the two may come
    from different releases of one annotation; a gene's second copy on the Y chromosome (``..._PAR_Y``) stays apart.

    Raises:
        InputError: no gene in common, or a gene twice in one of them once versions are left out.
    """
    places = [_places(dataset) for dataset in (first, second)]
    shared = [gene for gene in places[0] if gene in places[1]]
    if not shared:
        raise InputError(
            f"{first.name} and {second.name} share no gene. Their ids look like {str(first.gene_ids[0])!r} and "
            f"{str(second.gene_ids[0])!r}; both need Ensembl ids."
        )
    return tuple(
        _with_genes(dataset, np.array([place[gene] for gene in shared]), np.array(shared))
        for dataset, place in zip((first, second), places, strict=True)
    )


def shared_labels(
    first: Dataset, second: Dataset, *, groups: tuple[str, str], min_groups: int = 5, target: str = LABEL
) -> list[str]:
    """List the labels that both data sets have in at least ``min_groups`` groups; ``groups`` names the column of either."""
    often = (_often(dataset, group, target, min_groups) for dataset, group in zip((first, second), groups, strict=True))
    return sorted(set.intersection(*often))


def with_clean_tissues(dataset: Dataset) -> Dataset:
    """Write the labels as ``clean_tissues`` does, so that ``Cervix Uteri`` of one data set is ``cervix`` of another.

    Samples whose label then says no tissue are dropped.
    """
    names = clean_tissues(dataset.column(LABEL).tolist()).names
    cleaned = replace(dataset, samples=dataset.samples.assign(**{LABEL: names}))
    return cleaned if (names != "").all() else cleaned.take(names != "")


def transfer_tasks(first: Task, second: Task, *, names: tuple[str, str]) -> tuple[Task, Task]:
    """Make the tasks of learning on the samples of one task and predicting those of another, and the other way round.

    The values of both are put together once, and either task is a view of them. Each data set keeps its own scaling: a model
    meets values of 0 to 1 on either side. For split "transfer".

    Args:
        first, second: with the same classes, of two data sets with the same genes in the same order.
        names: how results and figures call the two ("GTEx to Recount3", "Recount3 to GTEx"); the first learns on ``first``.

    Raises:
        InputError: different genes or classes, or a sample id in both.
    """
    sides = (first, second)
    if not np.array_equal(first.dataset.gene_ids, second.dataset.gene_ids):
        raise InputError(
            f"{first.dataset.name} and {second.dataset.name} have different genes. Cut them with on_shared_genes first."
        )
    if first.class_names != second.class_names:
        raise InputError(
            f"Tasks {first.name!r} and {second.name!r} have different classes: {', '.join(first.class_names)} and "
            f"{', '.join(second.class_names)}. Make both with the same labels."
        )
    ids = [side.sample_ids for side in sides]
    both = np.intersect1d(*ids)
    if len(both):
        raise InputError(
            f"{first.dataset.name} and {second.dataset.name} share samples: {listed(both)}. Leave them out of one."
        )
    expression = np.empty((first.n_samples + second.n_samples, first.dataset.n_genes), dtype=np.float32)
    fill(expression[: first.n_samples], first.dataset.expression, first.rows)
    fill(expression[first.n_samples :], second.dataset.expression, second.rows)
    # A donor and a study can bear one name.
    groups = np.array([f"{side.dataset.name}: {group}" for side in sides for group in side.groups.tolist()])
    classes = np.concatenate([side.classes for side in sides])
    samples = pd.DataFrame(
        {
            LABEL: np.concatenate([side.labels for side in sides]),
            "group": groups,
            "dataset": np.repeat([side.dataset.name for side in sides], [side.n_samples for side in sides]),
        },
        index=np.concatenate(ids),
    )
    there = _joined(first, second, expression, samples)
    back = _joined(second, first, there.expression, samples)
    of_first, of_second = np.split(np.arange(len(classes)), [first.n_samples])
    tasks = []
    for name, dataset, learnt, judged in zip(
        names, (there, back), (of_first, of_second), (of_second, of_first), strict=True
    ):
        rows = np.concatenate([learnt, judged])
        task = Task(
            name=name,
            dataset=dataset,
            rows=rows,
            classes=classes[rows],
            class_names=first.class_names,
            groups=groups[rows],
            trains_on=np.arange(len(rows)) < len(learnt),
        )
        tasks.append(task)
    return tuple(tasks)


def _joined(source: Task, target: Task, expression: np.ndarray, samples: pd.DataFrame) -> Dataset:
    one, other = source.dataset, target.dataset
    return Dataset(
        name=f"{one.name} and {other.name}",
        expression=expression,
        samples=samples,
        gene_ids=one.gene_ids,
        source=f"{one.source}; {other.source}",
        synthetic=one.synthetic or other.synthetic,
        notes=one.notes + other.notes,
        scaling=one.scaling,  # what a saved model is to do with raw values: as with those it learnt from
    )


def _places(dataset: Dataset) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, gene in enumerate(dataset.gene_ids.tolist()):
        known, _, version = gene.partition(".")
        key = f"{known}_PAR_Y" if version.endswith("_PAR_Y") else known
        if key in places:
            raise InputError(
                f"{dataset.name} has gene {key!r} twice once versions are left out. Remove {gene!r} or its double."
            )
        places[key] = place
    return places


def _with_genes(dataset: Dataset, columns: np.ndarray, gene_ids: np.ndarray) -> Dataset:
    scaling = dataset.scaling and ZeroOneScaling(
        minimum=dataset.scaling.minimum[columns], maximum=dataset.scaling.maximum[columns]
    )
    return replace(dataset, expression=dataset.expression[:, columns], gene_ids=gene_ids, scaling=scaling)


def _often(dataset: Dataset, group: str, target: str, min_groups: int) -> set[str]:
    counts = pd.DataFrame({"label": dataset.column(target), "group": dataset.column(group)}).groupby("label")["group"]
    return set(counts.nunique().loc[lambda count: count >= min_groups].index) - {""}
