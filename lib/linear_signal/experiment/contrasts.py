"""Contrasts between groups of runs: two kinds of splits, which share no folds, and two families of models, which do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, unknown
from linear_signal.experiment.comparison import RUN, against_naive
from linear_signal.experiment.intervals import corrected_t_interval
from linear_signal.names import model_family


def compare_splits(
    fits: pd.DataFrame,
    first: str = "sample",
    second: str = "group",
    *,
    by: Sequence[str] = ("task", "condition", "model"),
    fraction: float | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Difference in balanced accuracy between two kinds of splits.

    Their folds differ, so runs cannot be paired. Each mean has the variance that allows for overlapping training sets
    (:func:`~linear_signal.experiment.intervals.corrected_t_interval`); the variances add up, and the degrees of freedom
    are Welch's (1947, Biometrika 34:28-35).

    Args:
        fits: the results table, with both splits in column ``split``.
        first, second: names of the splits.
        by: one comparison per combination of these columns.
        fraction: share of the training samples; None takes the largest in the table.
        confidence: of the intervals.

    Returns:
        One row per combination: comparison ("splits"), ``by``, first, second, fraction, n_first and n_second (runs), n_pairs
        (the smaller of the two), n_seeds, first_mean, second_mean, difference, lower, upper, p_value, degrees_of_freedom,
        confidence, note.

    Raises:
        InputError: a split that is not in the table, or no combination that has both.
    """
    from scipy import stats

    for name in (first, second):
        if name not in set(fits["split"]):
            raise unknown("split", name, dict.fromkeys(fits["split"]))
    fraction = fits["fraction"].max() if fraction is None else fraction
    sides = [
        against_naive(fits[fits["split"] == name], by=by, fraction=fraction, confidence=confidence).set_index(list(by))
        for name in (first, second)
    ]
    rows = []
    for key in sides[0].index.intersection(sides[1].index, sort=False):
        left, right = (side.loc[key] for side in sides)
        difference = float(left["first_mean"] - right["first_mean"])
        errors, freedoms = (np.array(each) for each in zip(*map(_standard_error, (left, right)), strict=True))
        variances = errors**2
        bounds, note = (np.nan, np.nan, np.nan, 0.0), "a single run on one side: no interval"
        if (freedoms > 0).all() and variances.sum() > 0:
            freedom = variances.sum() ** 2 / (variances**2 / freedoms).sum()
            error = np.sqrt(variances.sum())
            half = stats.t.ppf((1 + confidence) / 2, freedom) * error
            bounds = (difference - half, difference + half, 2 * stats.t.sf(abs(difference) / error, freedom), freedom)
            note = ""
        elif (freedoms > 0).all():
            bounds, note = (difference, difference, float(difference == 0), freedoms.sum()), "the same in every run"
        place = key if isinstance(key, tuple) else (key,)
        rows.append(
            {"comparison": "splits", **dict(zip(by, place, strict=True)), "first": first, "second": second}
            | {"fraction": left["fraction"], "n_first": left["n_pairs"], "n_second": right["n_pairs"]}
            | {"n_pairs": min(left["n_pairs"], right["n_pairs"]), "n_seeds": min(left["n_seeds"], right["n_seeds"])}
            | {"first_mean": left["first_mean"], "second_mean": right["first_mean"], "difference": difference}
            | dict(zip(("lower", "upper", "p_value", "degrees_of_freedom"), map(float, bounds), strict=True))
            | {"confidence": confidence, "note": note}
        )
    if not rows:
        raise InputError(f"Nothing was run with both split {first!r} and split {second!r}; run both.")
    return pd.DataFrame(rows)


def gains(
    fits: pd.DataFrame,
    first: str,
    second: str,
    *,
    fraction: float | None = None,
) -> pd.DataFrame:
    """Difference between two conditions in every single run: one row per task, model, seed and fold that has both.

    Returns:
        task, model, seed, fold, fraction, gain (``first`` minus ``second``), train_samples, validation_samples.

    Raises:
        InputError: a condition that is not in the table, or several rows for one run.
    """
    for name in (first, second):
        if name not in set(fits["condition"]):
            raise unknown("condition", name, dict.fromkeys(fits["condition"]))
    wanted = fits["fraction"].max() if fraction is None else fraction
    at = fits[np.isclose(fits["fraction"].astype(float), wanted)]
    keys = ["task", "model", *RUN]
    sides = [at[at["condition"] == name].set_index(keys) for name in (first, second)]
    if any(side.index.has_duplicates for side in sides):
        raise InputError("Several rows for one task, model, seed and fold; keep one kind of split and of scaling.")
    joined = sides[0].join(sides[1][["balanced_accuracy"]], rsuffix="_second", how="inner")
    joined = joined.assign(gain=joined["balanced_accuracy"] - joined["balanced_accuracy_second"])
    return joined[["fraction", "gain", "train_samples", "validation_samples"]].dropna().reset_index()


def family_difference(
    fits: pd.DataFrame,
    first: str,
    second: str,
    *,
    families: tuple[str, str] = ("network", "linear"),
    fraction: float | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Test whether one family of models gains more than another from a change of condition.

    Within every run (seed and fold) the gains are averaged over the models of a family, and the families subtracted; the
    interval is that of :func:`~linear_signal.experiment.intervals.corrected_t_interval`.

    Args:
        fits: the results table.
        first, second: conditions; a gain is ``first`` minus ``second``.
        families: "linear", "network" or "other"; the difference is the first minus the second.
        fraction: share of the training samples; None takes the largest in the table.
        confidence: of the interval.

    Returns:
        One row per task: comparison ("gains"), task, first and second (families), first_mean, second_mean (mean gains),
        difference, lower, upper, p_value, degrees_of_freedom, confidence, n_pairs, n_seeds, n_folds, note.

    Raises:
        InputError: no run has models of both families under both conditions.
    """
    table = gains(fits, first, second, fraction=fraction)
    table["family"] = table["model"].map(model_family)
    rows = []
    for task, part in table.groupby("task", sort=False):
        part = part[part["family"].isin(families)]
        by_model = part.pivot(index=RUN, columns=["family", "model"], values="gain").dropna()
        if by_model.empty or not set(families) <= set(by_model.columns.get_level_values("family")):
            continue
        # Runs that lack a model would change what a family is made of.
        means = by_model.T.groupby(level="family").mean().T.reset_index()
        sizes = part["train_samples"].mean() / part["fraction"].iloc[0], part["validation_samples"].mean()
        interval = corrected_t_interval((means[families[0]] - means[families[1]]).to_numpy(), *sizes, confidence=confidence)
        rows.append(
            {"comparison": "gains", "task": task, "first": families[0], "second": families[1]}
            | {"first_mean": means[families[0]].mean(), "second_mean": means[families[1]].mean()}
            | {"difference": interval.mean, "lower": interval.lower, "upper": interval.upper}
            | {"p_value": interval.p_value, "degrees_of_freedom": interval.degrees_of_freedom, "confidence": confidence}
            | {"n_pairs": len(means), "n_seeds": means["seed"].nunique(), "n_folds": means["fold"].nunique()}
            | {"note": interval.note}
        )
    if not rows:
        raise InputError(f"No run has both {families[0]} and {families[1]} models under {first!r} and {second!r}; run both.")
    return pd.DataFrame(rows)


def _standard_error(row: pd.Series) -> tuple[float, float]:
    """Recover the standard error of a mean from its interval, and its degrees of freedom; 0 and 0 for a single run."""
    from scipy import stats

    freedom = row["degrees_of_freedom"]
    if not freedom:
        return 0.0, 0.0
    return (row["upper"] - row["lower"]) / 2 / stats.t.ppf((1 + row["confidence"]) / 2, freedom), float(freedom)
