"""What every chapter computes, in sizes: its plans for given parameters, on the data that the paper used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

from linear_signal.book.chapter import allow_models_of, design_of
from linear_signal.book.parameters import Parameters
from linear_signal.crossvalidation.design import PRETRAINING
from linear_signal.crossvalidation.sizes import SizedPlan, TaskSize
from linear_signal.errors import InputError, listed
from linear_signal.models import find_model
from linear_signal.studies.heil2023.published import published_curves

# Share of the samples in the largest training set of a published curve: four of five folds.
_TRAINED_ON = 0.8
# Heil et al. 2023, Methods: classes of the tasks with all tissues.
_GTEX_TISSUES, _RECOUNT3_TISSUES = 31, 21
# Of the 21 tissues of Recount3 GTEx v8 has 13 in at least ten donors, with so many samples together (counted in its table
# of sample attributes). How many samples Recount3 has of these 13 is not published; those of all 21 are an upper bound.
_SHARED_TISSUES, _GTEX_SAMPLES_OF_SHARED = 13, 11_116
_SEX_GENES = 5


def sized_plans(chapter: str, parameters: Parameters) -> list[SizedPlan]:
    """List the plans of a chapter, as its cells make them, on data of the paper's sizes.

    Samples are the largest training set of the published curve divided by 0.8; simulated data have the sizes that the
    parameters give them. Genes are those of the parameters, whatever the data may have.

    Raises:
        InputError: a chapter whose plans are not written down here.
    """
    if chapter not in _CHAPTERS:
        raise InputError(
            f"What chapter {chapter!r} computes is not written down, so its fits cannot be counted. Known: "
            f"{', '.join(_CHAPTERS)}. Add it to book/chapter_sizes.py."
        )
    return _CHAPTERS[chapter](parameters)


def published_samples(figure: str) -> dict[str, int]:
    """Samples behind the tasks of a published figure: task in lower case -> largest training set / 0.8."""
    curves = published_curves(figure)
    curves = curves[curves["split"] == "group"]
    largest = curves.groupby(curves["task"].str.casefold())["train_samples"].max()
    return {task: round(samples / _TRAINED_ON) for task, samples in largest.items()}


def _plan(
    tasks: Sequence[TaskSize],
    p: Parameters,
    *,
    signals: Sequence[str] = ("full", "removed"),
    pretraining: Sequence[str] = ("none",),
    **changes: Any,
) -> SizedPlan:
    models = changes.pop("models", p.models)
    for model in models:
        find_model(model, allow_models_of(p))
    return SizedPlan(
        tasks=tuple(tasks),
        models=tuple(models),
        signals=tuple(signals),
        pretraining=tuple(pretraining),
        n_seeds=p.n_seeds,
        design=design_of(p, **changes),
        allow_models=allow_models_of(p),
    )


def _simulations(p: Parameters) -> list[TaskSize]:
    genes = {"Simulated 1": p.n_features, "Simulated 2": p.n_features // 2, "Simulated 3": p.n_features}
    return [TaskSize(name=name, samples=p.n_samples, genes=genes[name], classes=2) for name in genes]


def _pairs(figure: str, p: Parameters) -> list[TaskSize]:
    """Size the pairs of tissues; one that is not published counts with the mean of those that are."""
    known = published_samples(figure)
    mean = round(sum(known.values()) / len(known))
    names = [f"{first} vs {second}" for first, second in combinations(sorted(set(p.tissues)), 2)]
    if not names:
        raise InputError(f"tissues are {listed(p.tissues)}; pairs need at least two different ones.")
    return [TaskSize(name=name, samples=known.get(name.casefold(), mean), genes=p.n_genes, classes=2) for name in names]


def _all_tissues(figure: str, classes: int, p: Parameters) -> TaskSize:
    return TaskSize(name="all tissues", samples=published_samples(figure)["all tissues"], genes=p.n_genes, classes=classes)


def _gtex(p: Parameters) -> TaskSize:
    return _all_tissues("gtex_multiclass_combined", _GTEX_TISSUES, p)


def _recount3(p: Parameters) -> TaskSize:
    return _all_tissues("recount_multiclass_combined", len(p.classes) or _RECOUNT3_TISSUES, p)


def _chapter_10(p: Parameters) -> list[SizedPlan]:
    tasks = _simulations(p)
    return [
        _plan(tasks, p),
        _plan(tasks[2:], p, signals=["removed_on_all_data"]),
    ]


def _chapter_20(p: Parameters) -> list[SizedPlan]:
    tasks = _pairs("gtex_binary_combined", p) + ([_gtex(p)] if p.all_tissues else [])
    return [_plan(tasks, p)]


def _chapter_30(p: Parameters) -> list[SizedPlan]:
    every = _recount3(p)
    tasks = _pairs("recount_binary_combined", p) + ([every] if p.all_tissues else [])
    plans = [_plan(tasks, p)]
    if p.all_tissues:  # once more, scaled the other way, at the largest training set alone
        plans.append(_plan([every], p, signals=["full"], fractions=(max(p.fractions),)))
    return plans


def _chapter_40(p: Parameters) -> list[SizedPlan]:
    samples = published_samples("sex_prediction_combined")["sex"]
    sex = TaskSize(name="sex", samples=samples, genes=p.n_genes, classes=2)
    markers = TaskSize(name="sex, from the sex genes", samples=samples, genes=_SEX_GENES, classes=2)
    largest = (max(p.fractions),)
    return [
        _plan([sex], p),
        _plan([markers], p, signals=["full"], models=["exact_logistic_regression"], fractions=largest),
    ]


def _chapter_50(p: Parameters) -> list[SizedPlan]:
    return [_plan([_recount3(p)], p, signals=["full"], split=split) for split in ("group", "sample")]


def _chapter_60(p: Parameters) -> list[SizedPlan]:
    # Nothing is tuned: how many inner folds there would be does not matter, and one is always possible.
    return [_plan([_recount3(p)], p, signals=["full"], pretraining=PRETRAINING, n_trials=0, n_inner_folds=1)]


def _chapter_70(p: Parameters) -> list[SizedPlan]:
    pairs = _pairs("gtex_binary_combined", p)
    return [
        _plan([*_simulations(p), _gtex(p)], p, signals=["removed", "removed_on_all_data"], fractions=(1.0,)),
        _plan(pairs, p),
        _plan(pairs, p, signals=["full"], fractions=(1.0,)),
    ]


def _chapter_75(p: Parameters) -> list[SizedPlan]:
    classes = len(p.tissues) or _SHARED_TISSUES
    samples = {
        "GTEx": _GTEX_SAMPLES_OF_SHARED,
        "Recount3": published_samples("recount_multiclass_combined")["all tissues"],
    }

    def tasks(ends: Sequence[tuple[str, str]]) -> list[TaskSize]:
        return [
            TaskSize(name=f"{one} to {other}", samples=samples[one], genes=p.n_genes, classes=classes) for one, other in ends
        ]

    across, within = [("GTEx", "Recount3"), ("Recount3", "GTEx")], [("GTEx", "GTEx"), ("Recount3", "Recount3")]
    return [
        _plan(tasks(across), p, split="transfer"),
        _plan(tasks(within), p, split="group"),
    ]


def _nothing(p: Parameters) -> list[SizedPlan]:
    return []


_CHAPTERS: dict[str, Callable[[Parameters], list[SizedPlan]]] = {
    "00_findings": _nothing,
    "10_simulation": _chapter_10,
    "20_gtex": _chapter_20,
    "30_recount3": _chapter_30,
    "40_sex_prediction": _chapter_40,
    "50_sample_wise_splits": _chapter_50,
    "60_pretraining": _chapter_60,
    "70_controls": _chapter_70,
    "75_transfer": _chapter_75,
}
