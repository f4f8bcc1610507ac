"""The ladder of baselines: what can be said of a cell type without any model of what its marks mean.

No rung knows labels or activity of the target at a judged locus. What they know beside that differs from what a model of the
scheme knows, and has to be said:

* In **cross_cell_type** the training cell types' labels at the judged loci are what models learn from.
* In **hybrid** models never see a judged locus in any cell type; the rungs look up there what is active in the training cell
  types, as the paper's average does. They answer the question what the simplest use of known data would get.
* In **cross_chromosome** models learn from the target alone. Nothing is known of other cell types, and all rungs but the
  prevalence have nothing to stand on: they refuse. The judged loci are those of hybrid, whose rungs may be put beside.

``nearest_by_expression`` and ``ridge_by_expression`` know one thing more, the target's own activity at loci that are *not*
judged, which no model of the two schemes is given: what a cheap experiment on a few loci would be worth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from linear_signal.analysis.average_precision import average_precision
from linear_signal.errors import InputError
from linear_signal.studies.schreiber2020.loci import LociTable
from linear_signal.studies.schreiber2020.schemes import Scheme

# Relative to the largest eigenvalue of the training cell types' covariance; infinite is the average signal itself.
_PENALTIES = (*np.logspace(-5, 2, 15).tolist(), np.inf)


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One baseline; called with a table and a scheme it returns float32 scores of the judged loci.

    Attributes:
        name: in tables.
        title: in figures.
        knows: what it looks at, half a sentence.
        compute: the scores, where it has what it needs.
        needs: says what a table or scheme lacks for it, or "".
    """

    name: str
    title: str
    knows: str
    compute: Callable[[LociTable, Scheme], np.ndarray]
    needs: Callable[[LociTable, Scheme], str]

    def __call__(self, table: LociTable, scheme: Scheme) -> np.ndarray:
        """Score the judged loci.

        Returns:
            float32 [judged loci], in the order of ``scheme.judge.loci``.

        Raises:
            InputError: the table or the scheme lacks what it needs.
        """
        lacking = self.needs(table, scheme)
        if lacking:
            raise InputError(f"Baseline {self.name!r} cannot be had in scheme {scheme.name!r} of {table.name}: {lacking}.")
        return self.compute(table, scheme).astype(np.float32)


def prevalence(table: LociTable, scheme: Scheme) -> np.ndarray:
    """Give every locus the same score: the average precision is the share of active loci, which is chance."""
    return np.zeros(len(scheme.judge.loci))


def average_label(table: LociTable, scheme: Scheme) -> np.ndarray:
    """Share of the training cell types in which a locus is active: the paper's baseline."""
    return table.labels[np.ix_(scheme.judge.loci, scheme.train.cell_types)].mean(axis=1)


def average_signal(table: LociTable, scheme: Scheme) -> np.ndarray:
    """Mean activity over the training cell types: the same before activity is cut into active and not."""
    return table.activity[np.ix_(scheme.judge.loci, scheme.train.cell_types)].mean(axis=1, dtype=np.float64)


def nearest_by_marks(table: LociTable, scheme: Scheme) -> np.ndarray:
    """Activity of the training cell type whose marks are most like the target's.

    Alike is the correlation over the judged loci, mark by mark, averaged over marks. The target's marks there are what every
    model is given.
    """
    target = table.signal[scheme.judge.loci, scheme.target]
    others = table.signal[np.ix_(scheme.judge.loci, scheme.train.cell_types)]
    alike = (_standard(others) * _standard(target)[:, None]).mean(axis=(0, 2))
    return table.activity[scheme.judge.loci, scheme.train.cell_types[np.argmax(alike)]]


def nearest_by_annotation(table: LociTable, scheme: Scheme) -> np.ndarray:
    """Activity of the nearest relative of the target, by annotation, that is a training cell type."""
    return table.activity[scheme.judge.loci, _relative(table, scheme)]


def nearest_by_expression(table: LociTable, scheme: Scheme) -> np.ndarray:
    """Activity of the training cell type whose activity is most like the target's at all loci that are not judged.

    Alike is the correlation. In hybrid these loci are those that models learn from in other cell types; in cross_cell_type,
    where all of those are judged, they are the rest of the table, chr1.
    """
    elsewhere = _not_judged(table, scheme)
    target = table.activity[elsewhere, scheme.target]
    others = table.activity[np.ix_(elsewhere, scheme.train.cell_types)]
    alike = (_standard(others) * _standard(target)[:, None]).mean(axis=0)
    return table.activity[scheme.judge.loci, scheme.train.cell_types[np.argmax(alike)]]


def ridge_over_cell_types(table: LociTable, scheme: Scheme) -> np.ndarray:
    """Predict activity by a weighted mean of the training cell types, with weights learnt on the validation cell types.

    The weights w minimise, over the loci to tune on, the squared error of ``mean + (activity - mean) @ w`` against the mean
    activity of the validation cell types, plus a penalty on w: without end it is the average signal. Of several validation
    cell types each is left out once, and the penalty that gives these the best mean average precision is taken; of a single
    one the penalty with the least squared error of loci left out one by one (in closed form). The target plays no part, so
    the weights suit cell types at large and not this one.
    """
    held = scheme.tune.cell_types
    labels = table.labels[np.ix_(scheme.tune.loci, held)] if len(held) > 1 else None
    return _ridge(table, scheme, scheme.tune.loci, table.activity[np.ix_(scheme.tune.loci, held)], labels)


def ridge_by_expression(table: LociTable, scheme: Scheme) -> np.ndarray:
    """Predict activity by the same weighted mean, with weights learnt on the target's own activity at loci not judged.

    The loci are those of :func:`nearest_by_expression`; the penalty is the one with the least error of loci left out one by
    one.
    """
    elsewhere = _not_judged(table, scheme)
    return _ridge(table, scheme, elsewhere, table.activity[elsewhere, scheme.target, None], None)


def _ridge(table: LociTable, scheme: Scheme, loci: np.ndarray, wanted: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
    """Learn weights of the training cell types at some loci, and score the judged ones.

    Args:
        table, scheme: of the rung.
        loci: to learn on.
        wanted: activity there of the cell types that are to be predicted, [loci, cell types].
        labels: their labels, to choose the penalty by cell types left out; None chooses it by loci left out.
    """
    mean, own = _about_mean(table.activity[np.ix_(loci, scheme.train.cell_types)])
    wanted = wanted - mean[:, None]
    wanted -= wanted.mean(axis=0)
    basis, spread, turned = np.linalg.svd(own, full_matrices=False)
    # What a penalty leaves of each direction, [penalties, directions]; the inverse of an endless one is 0.
    largest = max(spread[0] ** 2, np.finfo(float).tiny)  # a single cell type is its own mean
    kept = spread**2 / (spread**2 + np.array(_PENALTIES)[:, None] * largest)
    along = basis.T @ wanted
    if labels is None:
        errors = wanted.mean(axis=1) - (kept * along.mean(axis=1)) @ basis.T
        # Where a penalty fits every locus, none can be left out, and it is not chosen.
        left = 1 - kept @ (basis**2).T
        quality = -((errors / np.where(left > 1e-9, left, np.nan)) ** 2).mean(axis=1)
        quality = np.where(np.isnan(quality), -np.inf, quality)
    else:
        by_others = (along.sum(axis=1, keepdims=True) - along) / (along.shape[1] - 1)
        predicted = [mean + (kept * one) @ basis.T for one in by_others.T]
        quality = np.mean([average_precision(*pair) for pair in zip(predicted, labels.T, strict=True)], axis=0)
    # Cell types that are sums of others add directions without spread, which have no weight.
    inverse = np.divide(kept[np.argmax(quality)], spread, out=np.zeros_like(spread), where=spread > 1e-9 * spread[0])
    weights = turned.T @ (inverse * along.mean(axis=1))
    mean, own = _about_mean(table.activity[np.ix_(scheme.judge.loci, scheme.train.cell_types)])
    return mean + own @ weights


def _about_mean(activity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over cell types by locus, and what each cell type is above it; float64 [loci] and [loci, cell types]."""
    mean = activity.mean(axis=1, dtype=np.float64)
    return mean, activity - mean[:, None]


def _standard(values: np.ndarray) -> np.ndarray:
    """Bring values to mean 0 and variance 1 over the first dimension; what does not vary becomes 0."""
    centred = values - values.mean(axis=0, dtype=np.float64)
    spread = centred.std(axis=0)
    return centred / np.where(spread > 0, spread, np.inf)


def _not_judged(table: LociTable, scheme: Scheme) -> np.ndarray:
    return np.setdiff1d(np.arange(table.n_loci), scheme.judge.loci)


def _relative(table: LociTable, scheme: Scheme) -> int | None:
    names = table.relatives.get(table.cell_types[scheme.target], ())
    return next((place for place in map(table.place, names) if place in scheme.train.cell_types), None)


def _nothing(table: LociTable, scheme: Scheme) -> str:
    return ""


def _other_cell_types(table: LociTable, scheme: Scheme) -> str:
    return "it learns from the target alone" if scheme.name == "cross_chromosome" else ""


def _marks(table: LociTable, scheme: Scheme) -> str:
    return _other_cell_types(table, scheme) or ("" if table.n_marks else "the table has no marks")


def _relatives(table: LociTable, scheme: Scheme) -> str:
    known = _relative(table, scheme) is not None
    lacking = f"no training cell type is known as a relative of {table.cell_types[scheme.target]}"
    return _other_cell_types(table, scheme) or ("" if known else lacking)


def _loci_elsewhere(table: LociTable, scheme: Scheme) -> str:
    return _other_cell_types(table, scheme) or ("" if len(_not_judged(table, scheme)) > 2 else "all loci are judged")


_AT_JUDGED = "at the judged loci in training cell types"
BASELINES: dict[str, Rung] = {
    rung.name: rung
    for rung in (
        Rung(name="prevalence", title="Prevalence", knows="nothing", compute=prevalence, needs=_nothing),
        Rung(
            name="average_label",
            title="Average label",
            knows=f"labels {_AT_JUDGED}",
            compute=average_label,
            needs=_other_cell_types,
        ),
        Rung(
            name="average_signal",
            title="Average activity",
            knows=f"activity {_AT_JUDGED}",
            compute=average_signal,
            needs=_other_cell_types,
        ),
        Rung(
            name="nearest_by_marks",
            title="Nearest cell type by marks",
            knows=f"activity {_AT_JUDGED}, and marks there in these and the target",
            compute=nearest_by_marks,
            needs=_marks,
        ),
        Rung(
            name="nearest_by_annotation",
            title="Nearest cell type by annotation",
            knows=f"activity {_AT_JUDGED}, and which of these annotation calls the target's relatives",
            compute=nearest_by_annotation,
            needs=_relatives,
        ),
        Rung(
            name="nearest_by_expression",
            title="Nearest cell type by activity elsewhere",
            knows=f"activity {_AT_JUDGED}, and the target's own at loci that are not judged",
            compute=nearest_by_expression,
            needs=_loci_elsewhere,
        ),
        Rung(
            name="ridge_over_cell_types",
            title="Ridge over cell types",
            knows=f"activity {_AT_JUDGED}, and activity of validation cell types at the loci to tune on",
            compute=ridge_over_cell_types,
            needs=_other_cell_types,
        ),
        Rung(
            name="ridge_by_expression",
            title="Ridge by activity elsewhere",
            knows=f"activity {_AT_JUDGED}, and the target's own at loci that are not judged",
            compute=ridge_by_expression,
            needs=_loci_elsewhere,
        ),
    )
}
