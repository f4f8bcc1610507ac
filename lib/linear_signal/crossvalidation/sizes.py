"""What a plan has to do, in sizes alone: fits, training samples and steps are known before there are any data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.unit import CrossValidationUnit, tuning_fits
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
    def n_tuning_fits(self) -> int:
        """Number of models trained only to choose hyperparameters."""
        return tuning_fits(self.model, self.design, self.allow_models)


@dataclass(frozen=True, kw_only=True)
class TaskSize:
    """A task in sizes.

    Attributes:
        name: of the task.
        samples: that can be learnt from; of a transfer those of the data set learnt from.
        genes, classes: of the task.
    """

    name: str
    samples: int
    genes: int
    classes: int


@dataclass(frozen=True, kw_only=True)
class SizedPlan:
    """A plan without data: ``make_plan`` with sizes in place of tasks.

    Attributes:
        tasks: sizes of the tasks.
        models: names.
        signals, pretraining: as in a plan.
        n_seeds: number of seeds.
        design: of all units.
        allow_models: packages beside scikit-learn that models may be imported from.
    """

    tasks: tuple[TaskSize, ...]
    models: tuple[str, ...]
    signals: tuple[str, ...] = ("full", "removed")
    pretraining: tuple[str, ...] = ("none",)
    n_seeds: int
    design: Design
    allow_models: tuple[str, ...] = ()

    @property
    def n_fits(self) -> int:
        """Number of trained models that end up in the results table."""
        return self.works().total() * len(self.design.fractions)

    @property
    def n_tuning_fits(self) -> int:
        """Number of models trained only to choose hyperparameters."""
        return sum(count * work.n_tuning_fits for work, count in self.works().items())

    def works(self) -> Counter[Work]:
        """Count the units by what they have to do."""
        return Counter({work: count * self.n_seeds * self.design.n_folds for work, count in Counter(self._each()).items()})

    def _each(self) -> Iterator[Work]:
        design = self.design.for_pretraining(self.pretraining)
        for task in self.tasks:
            for pretraining in self.pretraining:
                for model in self.models:
                    work = sized_work(task, model=model, pretraining=pretraining, design=design)
                    # How much signal there is does not change what there is to do.
                    yield from [replace(work, allow_models=self.allow_models)] * len(self.signals)


def sized_work(task: TaskSize, *, model: str, design: Design, pretraining: str = "none") -> Work:
    """Say what a unit has to do; folds are taken to be of one size."""
    fold = task.samples / design.n_folds
    halves = (design.n_folds // 2) * fold if design.set_aside_for_pretraining else 0.0
    return Work(
        model=model,
        genes=task.genes,
        classes=task.classes,
        train=task.samples - fold - halves,
        inner=task.samples - 2 * fold,
        pretrain=halves if pretraining == "pretrained" else 0.0,
        design=design,
    )


def work_of(unit: CrossValidationUnit) -> Work:
    """Say what a unit of a real plan has to do."""
    task, trains_on = unit.task, unit.task.trains_on
    size = TaskSize(
        name=task.name,
        samples=task.n_samples if trains_on is None else int(trains_on.sum()),
        genes=task.dataset.n_genes,
        classes=task.n_classes,
    )
    work = sized_work(size, model=unit.model, pretraining=unit.pretraining, design=unit.design)
    if isinstance(unit.design.split, GivenSplit):
        given = unit.design.split.given[unit.fold]
        work = replace(work, train=len(given.train) + len(given.tune), inner=len(given.train))
    return replace(work, allow_models=unit.allow_models)
