"""The paper's linear model of unseen perturbations, and the six embeddings that genes and perturbations can have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, listed, unknown
from linear_signal.seeds import generator
from linear_signal.studies.ahlmann2025.additive import predictions
from linear_signal.studies.ahlmann2025.components import leading_components
from linear_signal.studies.ahlmann2025.conditions import canonical, targets_of
from linear_signal.studies.ahlmann2025.pseudobulk import Pseudobulk

EMBEDDINGS = {
    "training": "principal components of the training conditions' expression",
    "identity": "every gene or perturbation a dimension of its own",
    "zero": "nothing; the prediction is the mean change",
    "random": "independent N(0, 1)",
    "a table": "rows by name, such as those of a pretrained model or a Gene Ontology graph",
    "a data set": "principal components of another data set, such as another cell line",
}
Embedding = str | pd.DataFrame | Pseudobulk


@dataclass(frozen=True, eq=False)
class LinearPerturbationModel:
    """What :func:`linear_perturbation_model` fitted.

    Attributes:
        weights: W [gene dimensions, perturbation dimensions].
        intercept: b [genes], the mean change.
        genes: G [genes, gene dimensions].
    """

    weights: np.ndarray
    intercept: np.ndarray
    genes: np.ndarray

    def predict(self, perturbations: np.ndarray) -> np.ndarray:
        """Predict changes [perturbations, genes] from P [perturbation dimensions, perturbations]."""
        return (self.genes @ (self.weights @ perturbations)).T + self.intercept


def linear_perturbation_model(
    changes: np.ndarray, genes: np.ndarray, perturbations: np.ndarray, *, ridge: float = 0.1
) -> LinearPerturbationModel:
    """Fit Y = G W P + b, with a ridge on either side, in closed form.

    ``b`` is the mean of every row of Y, and W = (G'G + ridge I)^-1 G' (Y - b) P' (P P' + ridge I)^-1. Two ridge regressions
    one after the other, not the minimum of one penalised loss; the answer is the authors'.

    Args:
        changes: Y [genes, perturbations], change from the control; the control itself is a column of zeros.
        genes: G [genes, gene dimensions], the embedding of the genes read out.
        perturbations: P [perturbation dimensions, perturbations], the embedding of the perturbed genes.
        ridge: penalty on both sides, above 0.

    Raises:
        InputError: shapes that do not fit together, or a ridge of 0 or less.

    Source: Ahlmann-Eltze et al. 2025, equation 1; the authors' ``run_linear_pretrained_model.R``.

    >>> genes, perturbations = np.eye(3)[:, :2], np.array([[1.0, 0.0, -1.0]])
    >>> model = linear_perturbation_model(np.outer([1.0, 2.0, 0.0], perturbations), genes, perturbations, ridge=1e-9)
    >>> model.predict(np.array([[2.0]])).round(6).tolist()
    [[2.0, 4.0, 0.0]]
    """
    if not ridge > 0:
        raise InputError(f"ridge is {ridge}; it must be above 0.")
    if changes.shape != (len(genes), perturbations.shape[1]):
        raise InputError(
            f"changes are {changes.shape}; {len(genes)} genes with an embedding and {perturbations.shape[1]} perturbations "
            "ask for (genes, perturbations)."
        )
    intercept = changes.mean(axis=1)
    left = np.linalg.solve(genes.T @ genes + ridge * np.eye(genes.shape[1]), genes.T @ (changes - intercept[:, None]))
    square = perturbations @ perturbations.T + ridge * np.eye(len(perturbations))
    weights = np.linalg.solve(square, perturbations @ left.T).T
    return LinearPerturbationModel(weights, intercept, genes)


def linear_prediction(
    data: Pseudobulk,
    train: Sequence[str],
    wanted: Sequence[str],
    *,
    genes: Embedding = "training",
    perturbations: Embedding = "training",
    dimensions: int = 10,
    ridge: float = 0.1,
    seed: int = 1,
) -> pd.DataFrame:
    """Predict unseen single perturbations by the paper's linear model.

    Args:
        data, train, wanted: as of every model; training conditions that perturb a gene without an embedding are left out
            (their effect stays in no part of the fit), as are doubles.
        genes: embedding of the genes read out: a name of ``EMBEDDINGS``, a table [genes, dimensions] or a data set.
        perturbations: embedding of the perturbed genes: the same; a table is [perturbed genes, dimensions].
        dimensions: of "training", "random" and of a data set.
        ridge: penalty on both sides.
        seed: of "random".

    Returns:
        [wanted, genes]; only genes that have an embedding.

    Raises:
        InputError: an unknown embedding, fewer than two training perturbations with one, or a wanted one without
            (:func:`predictable` says beforehand which have one).

    Source: Ahlmann-Eltze et al. 2025, Methods; the authors' ``run_linear_pretrained_model.R``.
    """
    known = [one for one in train if len(targets_of(one, control=data.control)) == 1]
    left = gene_embedding(data, train, genes, dimensions=dimensions, seed=seed)
    right = perturbation_embedding(data, train, perturbations, dimensions=dimensions, seed=seed, also=wanted)
    learnt = predictable(data, known, right)
    lacking = sorted(set(wanted) - set(predictable(data, wanted, right)))
    if len(learnt) < 2 or lacking:
        raise InputError(
            f"{len(learnt)} training perturbations have an embedding, at least 2 are needed; of those wanted "
            f"{len(lacking)} have none{': ' + listed(lacking, most=3) if lacking else ''}. Leave them out, or embed them."
        )
    kept = data.restricted(left.index)
    changes = kept.effects([kept.control, *learnt]).to_numpy().T
    model = linear_perturbation_model(changes, left.to_numpy(), _columns(data, [data.control, *learnt], right), ridge=ridge)
    return predictions(kept, wanted, model.predict(_columns(data, wanted, right)))


def predictable(data: Pseudobulk, conditions: Sequence[str], embedding: pd.DataFrame) -> list[str]:
    """Keep the single perturbations whose gene has an embedding."""
    have = set(embedding.index)
    targets = [targets_of(one, control=data.control) for one in conditions]
    return [one for one, its in zip(conditions, targets, strict=True) if len(its) == 1 and its[0] in have]


def gene_embedding(
    data: Pseudobulk, train: Sequence[str], kind: Embedding, *, dimensions: int = 10, seed: int = 1
) -> pd.DataFrame:
    """Embed the genes read out: a table [genes, dimensions] of those that have an embedding.

    Raises:
        InputError: an unknown embedding, or fewer than two genes in common with a table or a data set.
    """
    return _embedding(data, train, kind, "gene_embedding", list(data.genes), dimensions, seed)


def perturbation_embedding(
    data: Pseudobulk,
    train: Sequence[str],
    kind: Embedding,
    *,
    dimensions: int = 10,
    seed: int = 1,
    also: Sequence[str] = (),
) -> pd.DataFrame:
    """Embed perturbed genes: a table [perturbed genes, dimensions] of those that have an embedding.

    From training data a perturbation is embedded as its gene is; only genes that are read out have one. Another data set
    embeds a perturbation by the components of what it did there.

    Args:
        data, train: as of every model.
        kind: as of :func:`linear_prediction`.
        dimensions, seed: as there.
        also: further conditions whose perturbed genes get one, where the kind has one for any.

    Raises:
        InputError: as of :func:`gene_embedding`.
    """
    targets = sorted({one for name in (*train, *also) for one in targets_of(name, control=data.control)})
    return _embedding(data, train, kind, "perturbation_embedding", targets, dimensions, seed)


def principal_components(expression: pd.DataFrame, dimensions: int, *, of: str) -> pd.DataFrame:
    """Scores of genes or of conditions on the principal components of expression [conditions, genes].

    Args:
        expression: conditions x genes.
        dimensions: how many components.
        of: "genes" centres every condition over genes; "conditions" centres every gene over conditions.

    Raises:
        InputError: more dimensions than the table has.
    """
    table = expression.T if of == "genes" else expression
    if not 1 <= dimensions <= min(table.shape):
        raise InputError(
            f"dimensions is {dimensions}; the table of {table.shape[0]} x {table.shape[1]} has from 1 on fewer."
        )
    centred = table.to_numpy() - table.to_numpy().mean(axis=0)
    return pd.DataFrame(leading_components(centred, dimensions)[0], index=table.index)


def _embedding(
    data: Pseudobulk, train: Sequence[str], kind: Embedding, what: str, names: list[str], dimensions: int, seed: int
) -> pd.DataFrame:
    if isinstance(kind, str):
        if kind == "training":
            return principal_components(data.rows(train), dimensions, of="genes")
        if kind == "identity":
            return pd.DataFrame(np.eye(len(names)), index=names)
        if kind == "zero":
            return pd.DataFrame(np.zeros((len(names), 1)), index=names)
        if kind == "random":
            return pd.DataFrame(generator(what, data.name, seed).standard_normal((len(names), dimensions)), index=names)
        raise unknown(what, kind, EMBEDDINGS)
    if isinstance(kind, Pseudobulk):
        kind = _of_other(kind, what, dimensions)
    common = [one for one in names if one in set(kind.index)]
    if len(common) < 2:
        raise InputError(
            f"The {what} has {len(common)} names in common with {data.name!r}, such as {names[:3]}; 2 are needed."
        )
    return kind.loc[common].astype(float)


def _of_other(other: Pseudobulk, what: str, dimensions: int) -> pd.DataFrame:
    if what == "gene_embedding":
        return principal_components(other.means, dimensions, of="genes")
    scores = principal_components(other.means, dimensions, of="conditions").loc[other.singles]
    return scores.set_axis([targets_of(one, control=other.control)[0] for one in other.singles], axis=0)


def _columns(data: Pseudobulk, conditions: Sequence[str], embedding: pd.DataFrame) -> np.ndarray:
    """P [dimensions, conditions]: the control is a column of zeros."""
    columns = np.zeros((embedding.shape[1], len(conditions)))
    targets = [targets_of(canonical(one, control=data.control), control=data.control) for one in conditions]
    perturbed = [place for place, its in enumerate(targets) if its]
    columns[:, perturbed] = embedding.loc[[targets[place][0] for place in perturbed]].to_numpy().T
    return columns
