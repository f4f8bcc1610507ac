"""How a finding of Heil et al. 2023 picks its rows from a results table, and its numbers from the published curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from linear_signal.analysis.averages import over_fractions, over_tasks
from linear_signal.analysis.finding import Finding
from linear_signal.models.titles import model_family
from linear_signal.studies.heil2023.published import published_models, published_tasks, published_value

PAIRS, PERMUTED = "pairs", "pairs with permuted labels"
_PERMUTED_NAME = " (labels permuted)"
# Above this share of the training samples a fit tells nothing of small samples.
_FEW = 0.1


@dataclass(frozen=True, kw_only=True)
class HeilFinding(Finding):
    """A finding about fits of one task.

    Attributes:
        task: name of a task in the table; ``PAIRS`` and ``PERMUTED`` are the mean over all pairs of tissues.
        signals: which fits of the task take part.
        pretraining, splits: likewise.
        over_sizes: whether every run is averaged over its training-set sizes; otherwise the largest one counts.
        few_samples: whether training sets of more than a tenth of the samples are left out; the largest of the rest counts.
    """

    task: str
    signals: tuple[str, ...]
    pretraining: tuple[str, ...] = ("none",)
    splits: tuple[str, ...] = ("group",)
    over_sizes: bool = False
    few_samples: bool = False

    def select(self, results: pd.DataFrame) -> pd.DataFrame:
        """Pick the fits of the task, at the largest training set that counts (or the mean over all sizes).

        Pairs of tissues are averaged within each run, and runs that lack one of them left out; ``attrs["tasks"]`` names
        what was averaged.
        """
        fits = results[results["signal"].isin(self.signals) & results["split"].isin(self.splits)]
        fits = fits[fits["pretraining"].isin(self.pretraining)].dropna(subset=["balanced_accuracy"])
        if self.few_samples:
            fits = fits[fits["fraction"] <= _FEW]
        permuted = fits["task"].str.endswith(_PERMUTED_NAME)
        pair = fits["task"].str.contains(" vs ", regex=False)
        by_name = {PAIRS: pair & ~permuted, PERMUTED: pair & permuted}
        fits = fits[by_name.get(self.task, fits["task"] == self.task)]
        if self.over_sizes and len(fits):
            fits = over_fractions(fits)
        fits = fits[fits["fraction"] == fits["fraction"].max()]
        return _together(fits, self.task) if self.task in by_name else fits

    def published(self, row: Mapping[str, object], selected: pd.DataFrame) -> float:
        """Look up a published balanced accuracy, or the difference of two; the mean over tasks that were averaged.

        Args:
            row: model, signal, pretraining, split and the same of the other side (``other_...``; missing where there is
                none).
            selected: what ``select`` picked; tasks that the figure does not have are left out.
        """
        tasks = selected.attrs.get("tasks", [self.task])
        tasks = [task for task in tasks if self.figure and task in published_tasks(self.figure)]
        if not tasks:
            return float("nan")

        def value(model: str, signal: str, pretraining: str, split: str) -> float:
            models = [one for one in published_models(self.figure) if model in (one, model_family(one))]
            place = {"pretraining": pretraining, "split": split, "over_sizes": self.over_sizes}
            values = [published_value(self.figure, one, signal, task=task, **place) for one in models for task in tasks]
            return sum(values) / len(values) if values else float("nan")

        names = ("model", "signal", "pretraining", "split")
        first, second = ([row[f"{side}{name}"] for name in names] for side in ("", "other_"))
        if {"network", "linear"} == {first[0], second[0]}:  # gains of whole families, each averaged over its models
            gains = [value(family, *first[1:]) - value(family, *second[1:]) for family in (first[0], second[0])]
            return gains[0] - gains[1]
        return value(*first) - (value(*second) if isinstance(second[0], str) else 0.0)


def _together(fits: pd.DataFrame, name: str) -> pd.DataFrame:
    """Average over the pairs within each run; empty where no run has them all."""
    tasks = list(dict.fromkeys(fits["task"]))
    keys = ["model", "signal", "pretraining", "split", "seed", "fold", "fraction"]
    if not tasks or not (fits.groupby(keys)["task"].nunique() == len(tasks)).any():
        return fits.iloc[:0]
    # What the pairs have in common survives the average: the data they are from.
    together = over_tasks(fits, tasks, name).assign(
        dataset=", ".join(fits["dataset"].unique()), synthetic=fits["synthetic"].any()
    )
    together.attrs["tasks"] = tasks
    return together
