"""Does a model that predicts loci in new contexts look at the context, or remember the loci? For anybody's data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from linear_signal.analysis.average_precision import (
    average_precision,
    average_precision_by_group,
    bootstrap_weights,
    percentile_bounds,
    skill,
)
from linear_signal.analysis.intervals import SMALLEST_GROUPS
from linear_signal.errors import InputError
from linear_signal.numbers import difference
from linear_signal.studies.schreiber2020.given_predictions import GivenPredictions, read_given

NOT_SAID = "not said"
_NONE = (np.nan, np.nan)
_SCHEMES = {
    (True, False): "known loci, new contexts",
    (False, True): "new loci, known contexts",
    (False, False): "new loci, new contexts",
    (True, True): "known loci, known contexts",
}


def check_memorisation(
    targets: Any,
    predictions: Any,
    loci: Iterable[Any] | None = None,
    contexts: Iterable[Any] | None = None,
    *,
    learnt_from: Any = None,
    n_draws: int = 200,
    confidence: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Hold predictions for loci in contexts (cell types, conditions) against what is known of the loci in other contexts.

    A model that is good at loci it has met, in a context it has not, may have learnt nothing but how often each locus is
    active. So its average precision is put beside that of the **average**: the share of the other contexts in which a locus
    is active. And it is taken once more **inside groups** of loci of the same average, where memory is worth nothing.

    Args:
        targets: what is true, 0 and 1 (or False and True): one per row, or a DataFrame of loci x contexts. Give all that is
            known, for the rows that a model learnt from as well: the average is taken over them. NaN: not known.
        predictions: a score per row, the larger the more likely 1; or a mapping or DataFrame of model -> scores. With
            targets as a DataFrame of loci x contexts: one like it, or a mapping of model -> such a one. NaN: not predicted.
        loci, contexts: of every row; left out with targets as a DataFrame of loci x contexts, which names them.
        learnt_from: whether the model learnt from a row, in the form of the targets. Such rows are not judged, and the
            others are told apart by whether their locus and their context were learnt from elsewhere; the average is that
            over contexts that were learnt from. None: all are judged, and the average is over all other contexts.
        n_draws, seed: of the bootstrap over loci, which is the same for all models.
        confidence: of the intervals.

    Returns:
        One row per model and scheme. All numbers are means over contexts in which loci of both kinds are judged:
        ``average_precision`` and ``prevalence``; ``of_average``, that of the average; ``difference``, how far the model is
        ahead of it, with the bounds ``lower`` and ``upper`` where there are 25 loci of either kind; ``skill``, the share won
        of what the average leaves; ``inside_groups``, and ``inside_groups_chance``, what a random order gets there;
        ``n_contexts`` and ``n_loci``; and a ``verdict`` in words.

    Raises:
        InputError: rows that do not fit each other, a pair of locus and context that is there twice, targets other than 0
            and 1, or nothing to judge.

    Source: Schreiber, Singh, Bilmes & Noble 2020, Genome Biology 21:282.

    >>> targets = pd.DataFrame({"A": [1, 1, 0, 0], "B": [1, 0, 0, 1], "C": [1, 1, 0, 0]}, index=["L1", "L2", "L3", "L4"])
    >>> check_memorisation(targets, targets * 0.5, n_draws=20)["average_precision"].tolist()
    [1.0]
    """
    given = read_given(targets, predictions, loci, contexts, learnt_from)
    draws = bootstrap_weights(len(given.active), n_draws, names=("memorisation", seed))
    rows = []
    for model, scores in given.scores.items():
        for scheme, judged in _judged(given, np.isfinite(scores) & np.isfinite(given.active)).items():
            found = [
                _in_context(given, context, scores, judged[:, context], draws)
                for context in np.flatnonzero(judged.any(axis=0))
            ]
            found = [each for each in found if each is not None]
            if found:
                rows.append({"model": model, "scheme": scheme, **_row(found, confidence, model)})
    if not rows:
        raise InputError(
            "No context has predictions for loci with target 0 and for loci with target 1 in rows not learnt from. Predict "
            "rows that were held out."
        )
    return pd.DataFrame(rows)


def _judged(given: GivenPredictions, known: np.ndarray) -> dict[str, np.ndarray]:
    """Tell apart, bool [loci, contexts] each, what is judged in which scheme."""
    if given.learnt is None:
        return {NOT_SAID: known}
    of_locus, of_context = given.learnt.any(axis=1)[:, None], given.learnt.any(axis=0)[None]
    judged = known & ~given.learnt
    return {
        name: judged & (of_locus == locus_known) & (of_context == context_known)
        for (locus_known, context_known), name in _SCHEMES.items()
    }


class _Context(NamedTuple):
    """One context: numbers of the model and of the average, NaN where there is no other context to average over."""

    loci: np.ndarray
    labels: np.ndarray
    precision: float
    of_average: float
    drawn: np.ndarray
    inside: float
    inside_chance: float


def _in_context(
    given: GivenPredictions, context: int, scores: np.ndarray, judged: np.ndarray, draws: np.ndarray
) -> _Context | None:
    """Judge in one context; None where its loci are all of one kind."""
    others = np.arange(len(given.contexts)) != context
    if given.learnt is not None:
        others &= given.learnt.any(axis=0)
    elsewhere = given.active[:, others]
    n_known = np.isfinite(elsewhere).sum(axis=1)
    averaged = judged & (n_known > 0)
    has_average = bool(averaged.any())
    kept = np.flatnonzero(averaged if has_average else judged)
    labels = given.active[kept, context] == 1
    if labels.all() or not labels.any():
        return None
    model = scores[kept, context]
    if not has_average:
        return _Context(kept, labels, float(average_precision(model, labels)), np.nan, np.full(len(draws), np.nan), *_NONE)
    average = np.nansum(elsewhere[kept], axis=1) / n_known[kept]
    both = np.stack([model, average])
    found = average_precision(both, labels)
    first, second = average_precision(both, labels, weights=draws[:, kept])
    groups = average_precision_by_group(model, labels, np.round(average, 9))
    inside = (float(groups.weighted[0]), groups.weighted_guessing) if groups.has_both.any() else _NONE
    return _Context(kept, labels, found[0], found[1], first - second, *inside)


def _row(found: list[_Context], confidence: float, model: str) -> dict[str, Any]:
    """Average over contexts, and say what it means."""

    def mean(field: str) -> float:
        return float(np.mean([getattr(each, field) for each in found]))

    precision, of_average = mean("precision"), mean("of_average")
    kinds = [np.unique(np.concatenate([each.loci[each.labels == kind] for each in found])) for kind in (True, False)]
    inside = [(each.inside, each.inside_chance) for each in found if np.isfinite(each.inside)]
    row = {
        "average_precision": precision,
        "prevalence": float(np.mean([each.labels.mean() for each in found])),
        "of_average": of_average,
        "difference": precision - of_average,
        "lower": np.nan,
        "upper": np.nan,
        "skill": float(skill(precision, of_average)),
        "inside_groups": float(np.mean([one for one, _ in inside])) if inside else np.nan,
        "inside_groups_chance": float(np.mean([one for _, one in inside])) if inside else np.nan,
        "n_contexts": len(found),
        "n_loci": len(np.union1d(*kinds)),
    }
    fewest = min(map(len, kinds))
    if np.isfinite(of_average) and fewest >= SMALLEST_GROUPS:
        drawn = np.array([each.drawn for each in found])
        # A draw may have left some contexts without loci of both kinds.
        n_drawn = np.isfinite(drawn).sum(axis=0)
        means = np.where(n_drawn > 0, np.nansum(drawn, axis=0) / np.maximum(n_drawn, 1), np.nan)
        row["lower"], row["upper"] = map(float, percentile_bounds(means, confidence))
    return row | {"verdict": _verdict(row, fewest, model)}


def _verdict(row: Mapping[str, float], fewest: int, model: str) -> str:
    if not np.isfinite(row["of_average"]):
        return f"Nothing is known of these loci in other contexts, so there is no average to hold {model} against."
    if fewest < SMALLEST_GROUPS:
        return f"Loci of the rarer kind: {fewest}; {SMALLEST_GROUPS} are needed to hold {model} against the average."
    size, average = difference(abs(row["difference"]), signed=False), "the average over other contexts"
    if row["upper"] < 0:
        return f"{model} is behind {average} by {size} in average precision: to remember the loci would be better."
    if row["lower"] > 0:
        return f"{model} is ahead of {average} by {size} in average precision: it tells more than memory of labels can."
    return f"{model} cannot be told from {average}: memory of the loci would explain it."
