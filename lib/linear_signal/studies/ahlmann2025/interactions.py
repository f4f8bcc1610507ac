"""Genetic interactions: where a double departs from the sum of its singles, of which kind, and who predicts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from linear_signal.analysis.local_fdr import LocalFdr
from linear_signal.errors import InputError
from linear_signal.studies.ahlmann2025.additive import additive
from linear_signal.studies.ahlmann2025.conditions import canonical, targets_of
from linear_signal.studies.ahlmann2025.pseudobulk import Pseudobulk

CLASSES = ("additive", "buffering", "synergy", "opposite", "other")
PREDICTED_CLASSES = ("buffering", "synergy", "opposite")
FDP_GRID = np.linspace(0, 1, 101)


def deviations(data: Pseudobulk, doubles: Sequence[str]) -> pd.DataFrame:
    """Departure of doubles from the sum of their singles, AB - (A + B - control) [doubles, genes].

    Raises:
        InputError: a double, or a single perturbation of its genes, that is not there.
    """
    return data.rows(doubles) - additive(data, data.singles, doubles)


def observed_classes(data: Pseudobulk, doubles: Sequence[str], null: LocalFdr, *, corrected: bool = False) -> pd.DataFrame:
    """Classify the departures of doubles [doubles, genes], by names of ``CLASSES``.

    Additive is what lies between the thresholds. Beyond them, where A, B and AB all move to the same side of the control,
    it is synergy if AB is further out than the sum and buffering if it falls short. All else is "other". The paper has a
    class "opposite" as well, which cannot occur, since its rule asks AB to be on the side of A; ``corrected`` gives the name
    to what it describes: A and B agree, and AB is on the other side of the control.

    Source: Ahlmann-Eltze et al. 2025, Methods; the authors' ``double_perturbation_analysis.Rmd``.
    """
    control, names = data.control_mean.to_numpy(), [canonical(one, control=data.control) for one in doubles]
    pairs = [targets_of(one, control=data.control) for one in names]
    strange = [one for one, its in zip(names, pairs, strict=True) if len(its) != 2]
    if strange:
        raise InputError(f"{strange[0]!r} is no double; interactions are of two perturbed genes.")
    first, second = (data.effects([its[place] for its in pairs]).to_numpy() for place in (0, 1))
    both = data.rows(names).to_numpy() - control
    departure = both - first - second
    agree = np.sign(first) == np.sign(second)
    along = np.sign(both) == np.sign(first)
    further = np.sign(departure) == np.sign(first)
    found = null.beyond(departure)
    kinds = [~found, agree & along & further, agree & along, agree & ~along & (np.sign(both) != 0) & corrected]
    labels = np.select(kinds, ["additive", "synergy", "buffering", "opposite"], "other")
    return pd.DataFrame(labels, index=names, columns=data.genes)


def predicted_classes(predicted: np.ndarray, sums: np.ndarray, control: np.ndarray) -> np.ndarray:
    """Classify predictions against the sum of the singles, by names of ``PREDICTED_CLASSES``.

    Buffering lies between control and sum, the control itself included; synergy beyond the sum; opposite on the other side
    of the control.

    Args:
        predicted, sums, control: arrays that broadcast.

    Source: Ahlmann-Eltze et al. 2025, Figure 1f.
    """
    side = np.sign(sums - control)
    place, length = (predicted - control) * side, np.abs(sums - control)
    return np.select([place < 0, place < length], ["opposite", "buffering"], "synergy")


def composition(classes: pd.DataFrame) -> pd.Series:
    """Count classes, in the order of ``CLASSES``; those that do not occur are 0."""
    return pd.Series(classes.to_numpy().ravel()).value_counts().reindex(CLASSES, fill_value=0)


def tpr_by_fdp(
    scores: np.ndarray, positive: np.ndarray, *, at: np.ndarray = FDP_GRID, interpolated: bool = False
) -> np.ndarray:
    """Largest share of the interactions found by a list of calls with at most a given share of false ones.

    Args:
        scores: how strongly each departure is predicted; the list takes the largest first, and equal ones at once.
        positive: whether it was observed to be one, boolean, same shape.
        at: false discovery proportions.
        interpolated: draw straight lines between lists, as the paper does. Where the first calls are right and no later
            list has so few false ones again, such a line promises interactions that no list delivers.

    Returns:
        True positive rates [at]; NaN where nothing is positive, or where all scores are equal and so no list can be made.

    Source: Ahlmann-Eltze et al. 2025, Figure 1c.
    """
    scores, positive = np.ravel(scores), np.ravel(positive).astype(bool)
    if not positive.any() or not np.ptp(scores) > 0:
        return np.full(len(at), np.nan)
    order = np.argsort(-scores, kind="stable")
    last = np.r_[np.flatnonzero(np.diff(scores[order])), len(order) - 1]
    found, called = positive[order].cumsum()[last], last + 1
    proportion = 1 - found / called
    sequence = np.argsort(proportion, kind="stable")
    proportion, rate = proportion[sequence], np.maximum.accumulate(found[sequence]) / positive.sum()
    if interpolated:
        levels, groups = np.unique(proportion, return_inverse=True)
        mean = np.bincount(groups, weights=rate) / np.bincount(groups)
        return np.interp(at, levels, mean, left=0.0, right=1.0)
    places = np.searchsorted(proportion, np.asarray(at) + 1e-12, side="right")
    return np.where(places > 0, rate[np.maximum(places - 1, 0)], 0.0)


def call_areas(scores: np.ndarray, positive: np.ndarray) -> dict[str, float]:
    """Areas below the ROC curve and the precision-recall curve (average precision), NaN where either class is missing."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    scores, positive = np.ravel(scores), np.ravel(positive).astype(bool)
    if positive.all() or not positive.any():
        return {"roc_auc": np.nan, "average_precision": np.nan}
    return {
        "roc_auc": float(roc_auc_score(positive, scores)),
        "average_precision": float(average_precision_score(positive, scores)),
    }


def top_calls(
    predictions: Mapping[str, pd.DataFrame],
    data: Pseudobulk,
    doubles: Sequence[str],
    classes: pd.DataFrame,
    *,
    n: int = 500,
) -> pd.DataFrame:
    """List the strongest calls of every method, what they claim and what was observed.

    Args:
        predictions: by the method's name [conditions, genes].
        data: the observed data; its genes are judged.
        doubles: which to look at.
        classes: observed ones (:func:`observed_classes`).
        n: calls per method.

    Returns:
        method, condition, gene, departure (observed), predicted_departure, predicted_class, observed_class; strongest first.
    """
    sums, observed = additive(data, data.singles, doubles), deviations(data, doubles)
    control, parts = data.control_mean.to_numpy(), []
    for name, table in predictions.items():
        said = table.loc[sums.index, sums.columns].to_numpy()
        strength = np.abs(said - sums.to_numpy())
        rows, columns = np.unravel_index(np.argsort(-strength, axis=None, kind="stable")[:n], strength.shape)
        claimed = predicted_classes(said[rows, columns], sums.to_numpy()[rows, columns], control[columns])
        parts.append(
            pd.DataFrame(
                {
                    "method": name,
                    "condition": sums.index[rows],
                    "gene": sums.columns[columns],
                    "departure": observed.to_numpy()[rows, columns],
                    "predicted_departure": said[rows, columns] - sums.to_numpy()[rows, columns],
                    "predicted_class": claimed,
                    "observed_class": classes.loc[sums.index, sums.columns].to_numpy()[rows, columns],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def recurring(calls: pd.DataFrame, column: str, *, most: int = 6) -> pd.DataFrame:
    """Count how often a gene or a condition recurs among the calls of each method; the rarer ones together as "other".

    Args:
        calls: of :func:`top_calls`.
        column: "gene" or "condition".
        most: how many to name, the most frequent over all methods.
    """
    named = calls[column].value_counts().index[:most]
    shown = calls[column].where(calls[column].isin(named), "other")
    return calls.assign(**{column: shown}).groupby(["method", column], sort=False).size().rename("n").reset_index()
