"""What a unit has to do, in sizes alone: training samples, genes and classes, on which its time depends."""

from __future__ import annotations

from dataclasses import dataclass

from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.unit import GENES_FOR_ALL_THREADS, CrossValidationUnit, tuning_fits
from linear_signal.data.given_split import GivenSplit


@dataclass(frozen=True, kw_only=True)
class Work:
    """The work of one unit.

    Attributes:
        model: as in a plan.
        genes, classes: of its task.
        train: samples of the largest training set, of which every fraction is a part.
        inner: samples a tuning fit learns from.
        pretrain: samples learnt from before all of these; 0 without pretraining.
        design: of the plan.
        allow_models: of the plan.
    """

    model: str
    genes: int
    classes: int
    train: float
    inner: float
    pretrain: float
    design: Design
    allow_models: tuple[str, ...] = ()

    @property
    def kind(self) -> tuple[str, int, int]:
        """What decides the pace: model, genes and classes."""
        return self.model, self.genes, self.classes

    @property
    def is_large(self) -> bool:
        """Whether its unit has all cores (``Unit.is_large``)."""
        return self.genes >= GENES_FOR_ALL_THREADS

    @property
    def n_tuning_fits(self) -> int:
        """Number of models trained only to choose hyperparameters."""
        return tuning_fits(self.model, self.design, self.allow_models)


def work_of(unit: CrossValidationUnit) -> Work:
    """Say what a unit has to do; folds are taken to be of one size."""
    task, design, trains_on = unit.task, unit.design, unit.task.trains_on
    samples = task.n_samples if trains_on is None else int(trains_on.sum())
    fold = samples / design.n_folds
    halves = (design.n_folds // 2) * fold if design.set_aside_for_pretraining else 0.0
    train, inner = samples - fold - halves, samples - 2 * fold
    if isinstance(design.split, GivenSplit):
        given = design.split.given[unit.fold]
        train, inner = len(given.train) + len(given.tune), len(given.train)
    return Work(
        model=unit.model,
        genes=task.dataset.n_genes,
        classes=task.n_classes,
        train=train,
        inner=inner,
        pretrain=halves if unit.pretraining == "pretrained" else 0.0,
        design=design,
        allow_models=unit.allow_models,
    )
