"""Transfer: two data sets cut to the genes and labels they share, and put together into one task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from linear_signal.data.dataset import Dataset
from linear_signal.data.preprocessing import ZeroOneScaling
from linear_signal.data.tasks import Task, make_task
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


def shared_labels(first: Dataset, second: Dataset, *, min_groups: int = 5) -> list[str]:
    """List the labels that both data sets have in at least ``min_groups`` groups (donors or studies)."""
    return sorted(_often(first, min_groups) & _often(second, min_groups))


def with_clean_tissues(dataset: Dataset) -> Dataset:
    """Write the labels as ``clean_tissues`` does, so that ``Cervix Uteri`` of one data set is ``cervix`` of another.

    Samples whose label then says no tissue are dropped.
    """
    names = clean_tissues(dataset.labels.tolist()).names
    kept = names != ""
    return replace(dataset.take(kept), labels=names[kept])


def make_transfer_task(source: Dataset, target: Dataset, *, labels: Sequence[str], name: str) -> Task:
    """Make the task of learning on one data set and predicting the other; both have the same genes in the same order.

    Each keeps its own scaling: a model meets values of 0 to 1 on either side. For split "transfer".

    Args:
        source: learnt from.
        target: judged on.
        labels: two or more that both have.
        name: how results and figures call it ("GTEx to Recount3").

    Raises:
        InputError: different genes, a label that one of them lacks or has in one group only, or a sample id in both.
    """
    if not np.array_equal(source.gene_ids, target.gene_ids):
        raise InputError(f"{source.name} and {target.name} have different genes. Cut them with on_shared_genes first.")
    sides = [make_task(dataset, name=name, labels=labels).dataset for dataset in (source, target)]
    both = set(sides[0].sample_ids.tolist()) & set(sides[1].sample_ids.tolist())
    if both:
        raise InputError(f"{source.name} and {target.name} share samples: {listed(sorted(both))}. Leave them out of one.")
    joined = Dataset(
        name=f"{source.name} and {target.name}",
        expression=np.concatenate([side.expression for side in sides]),
        labels=np.concatenate([side.labels for side in sides]),
        # A donor and a study can bear one name.
        groups=np.array([f"{side.name}: {group}" for side in sides for group in side.groups.tolist()]),
        sample_ids=np.concatenate([side.sample_ids for side in sides]),
        gene_ids=source.gene_ids,
        source=f"{source.source}; {target.source}",
        synthetic=source.synthetic or target.synthetic,
        notes=source.notes + target.notes,
        scaling=source.scaling,  # what a saved model is to do with raw values: as with those it learnt from
    )
    trains_on = np.repeat([True, False], [side.n_samples for side in sides])
    return replace(make_task(joined, name=name), trains_on=trains_on)


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


def _often(dataset: Dataset, min_groups: int) -> set[str]:
    labels = dataset.labels
    return {label for label in set(labels.tolist()) if len(set(dataset.groups[labels == label].tolist())) >= min_groups}
