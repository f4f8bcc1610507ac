"""Ridge regressions: on which genes are perturbed, from another cell line, and on the control's covariance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, listed
from linear_signal.studies.ahlmann2025.additive import predictions
from linear_signal.studies.ahlmann2025.components import leading_components
from linear_signal.studies.ahlmann2025.conditions import canonical, multi_hot, targets_of
from linear_signal.studies.ahlmann2025.pseudobulk import Pseudobulk


def ridge_solution(inputs: np.ndarray, outputs: np.ndarray, penalty: float) -> np.ndarray:
    """Coefficients [inputs, outputs] that minimise ``|outputs - inputs B|^2 + penalty |B|^2``.

    Args:
        inputs: [samples, inputs].
        outputs: [samples, outputs].
        penalty: one for all, or one per input.
    """
    return np.linalg.solve(inputs.T @ inputs + np.diag(np.broadcast_to(penalty, inputs.shape[1])), inputs.T @ outputs)


def all_targets(data: Pseudobulk, train: Sequence[str]) -> list[str]:
    """Name the genes that the training conditions perturb, sorted.

    Raises:
        InputError: there is none.
    """
    targets = sorted({one for name in train for one in targets_of(name, control=data.control)})
    if not targets:
        raise InputError("The training set perturbs nothing; a model needs conditions beside the control to learn from.")
    return targets


def ridge_multi_hot(data: Pseudobulk, train: Sequence[str], wanted: Sequence[str], *, penalty: float = 0.1) -> pd.DataFrame:
    """Regress the change on which genes are perturbed, without an intercept: the control stays what it is.

    The additive model is its limit where a penalty of 0 meets singles alone.

    Args:
        data, train, wanted: as of every model.
        penalty: above 0.

    Raises:
        InputError: a penalty of 0 or less, or a gene that no training condition perturbs.
    """
    _check_penalty(penalty)
    targets = all_targets(data, train)
    inputs = multi_hot(train, targets, control=data.control)
    weights = ridge_solution(inputs, data.effects(train).to_numpy(), penalty)
    return predictions(data, wanted, multi_hot(wanted, targets, control=data.control) @ weights)


def transfer_prediction(
    data: Pseudobulk,
    train: Sequence[str],
    wanted: Sequence[str],
    *,
    other: Pseudobulk,
    rank: int = 30,
    penalty: float = 0.1,
) -> pd.DataFrame:
    """Predict a perturbation from what the same one does in another cell line: ridge between two principal subspaces.

    Changes of the training conditions, and of all conditions of the other line, are each reduced to ``rank`` principal
    components; a ridge regression with an unpenalised intercept relates the scores of the conditions that both have.

    Args:
        data, train, wanted: as of every model.
        other: the other line.
        rank: components of each.
        penalty: above 0.

    Raises:
        InputError: a penalty of 0 or less, fewer than two training conditions in common, or a wanted one that the other
            line lacks.

    Source: the authors' ``run_transfer_perturbation_prediction.R``.
    """
    _check_penalty(penalty)
    there = set(other.means.index)
    common = [one for one in (canonical(name, control=data.control) for name in train) if _of(one, data, other) in there]
    if len(common) < 2:
        raise InputError(f"{data.name!r} and {other.name!r} have {len(common)} training conditions in common; 2 are needed.")
    lacking = [one for one in wanted if _of(one, data, other) not in there]
    if lacking:
        raise InputError(f"{other.name!r} lacks {listed(lacking, most=3)}, so nothing is known of them. Leave them out.")
    changes, theirs = data.effects(train).to_numpy(), other.effects(other.means.index).to_numpy()
    centre = changes.mean(axis=0)
    scores, axes = leading_components(changes - centre, rank)
    other_scores = pd.DataFrame(leading_components(theirs - theirs.mean(axis=0), rank)[0], index=other.means.index)
    ours = pd.DataFrame(scores, index=[canonical(one, control=data.control) for one in train]).loc[common].to_numpy()

    def inputs(names: Sequence[str]) -> np.ndarray:
        theirs = other_scores.loc[[_of(one, data, other) for one in names]].to_numpy()
        return np.hstack([np.ones((len(names), 1)), theirs])

    shared = inputs(common)
    weights = ridge_solution(shared, ours, np.r_[0.0, np.full(shared.shape[1] - 1, penalty)])
    return predictions(data, wanted, inputs(wanted) @ weights @ axes + centre)


def covariance_prediction(
    data: Pseudobulk, train: Sequence[str], wanted: Sequence[str], *, covariance: pd.DataFrame
) -> pd.DataFrame:
    """Predict changes proportional to the control cells' covariance with the perturbed gene: A's is a x cov(., A).

    ``a`` is one number, fitted by least squares to the training singles. With the covariance destroyed
    (:func:`shuffled_covariance`) it is its own null.

    Args:
        data, train, wanted: as of every model.
        covariance: of control cells [perturbed genes, genes]; rows of genes that no condition perturbs play no part.

    Raises:
        InputError: a perturbed gene without a row, a read-out gene without a column, or no condition to fit to.

    Source: the covariance baseline of bioRxiv 2025.06.27.
    """
    lacking = sorted(set(data.genes) - set(covariance.columns))
    if lacking:
        raise InputError(f"The covariance lacks {listed(lacking, most=3)} among its columns; give all genes read out.")
    rows, values = list(covariance.index), covariance[data.genes].to_numpy()
    known = set(rows)
    usable = [
        one for one in train if targets_of(one, control=data.control) and set(targets_of(one, control=data.control)) <= known
    ]
    if not usable:
        raise InputError("No training condition perturbs a gene that the covariance has a row of; give rows of these genes.")
    shown = multi_hot(usable, rows, control=data.control) @ values
    slope = (shown * data.effects(usable).to_numpy()).sum() / (shown**2).sum()
    return predictions(data, wanted, slope * multi_hot(wanted, rows, control=data.control) @ values)


def shuffled_covariance(covariance: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Deal the rows out anew among the perturbed genes: as large as before, and of nobody in particular."""
    return pd.DataFrame(
        covariance.to_numpy()[random.permutation(len(covariance))], index=covariance.index, columns=covariance.columns
    )


def _of(condition: str, data: Pseudobulk, other: Pseudobulk) -> str:
    """Name a condition as the other data set does, whose control may be called otherwise."""
    targets = targets_of(condition, control=data.control)
    return canonical("+".join(targets) or other.control, control=other.control)


def _check_penalty(penalty: float) -> None:
    if not penalty > 0:
        raise InputError(f"penalty is {penalty}; it must be above 0.")
