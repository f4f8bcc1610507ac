"""On the full signal: linear against other models, split by sample against split by group, the learning curve, floors."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.plan import make_plan
from linear_signal.data.dataset import Dataset
from linear_signal.data.sample_table import LABEL
from linear_signal.data.tasks import Task, make_task
from linear_signal.errors import InputError
from linear_signal.experiment.run import run
from linear_signal.experiment.store import ResultsStore
from linear_signal.progress import duration
from linear_signal.seeds import generator
from linear_signal.studies.own_data.answers import NOT_IN_TIME, Brief
from linear_signal.studies.own_data.clock import compile_seconds
from linear_signal.studies.own_data.floors import floors
from linear_signal.studies.own_data.learning_curve import curve_in_words
from linear_signal.studies.own_data.stable_genes import stable_genes
from linear_signal.studies.own_data.words_of_comparison import (
    LINEAR,
    NETWORK,
    TREES,
    errors_of,
    leak_of,
    table_of_curve,
    table_of_models,
    verdict_in_words,
    with_further,
)
from linear_signal.training.settings import TrainingSettings

FRACTIONS = (0.25, 0.5, 1.0)
N_TOP = 50
"""Genes of the largest weights that count as used by a linear model."""
_N_FOLDS = 5
_FEWEST_OF_CURVE = 60
_SPARE = 2.0


@dataclass(frozen=True, eq=False, kw_only=True)
class OwnComparison:
    """What models reach on the full signal; a table is empty where its part was not done.

    Attributes:
        models: a row per model and floor: model, title, mean (balanced accuracy), lower, upper (95 %), chance.
        leak: a row per split and model: split, model, mean, lower, upper.
        curve: a row per model and training fraction: fraction, n_train, model, mean, lower, upper.
        genes: of the linear model: gene, class, share (of splits in which it is among the 50 largest weights of the class,
            with the same sign), sign, weight (mean).
        errors: samples that every model gets wrong: sample, label, and what each model predicts.
        says, leak_says, curve_says: a sentence or two each.
        briefs: the same in a few words: models, leak, curve, as far as they were done.
        ahead: models that are ahead of the linear one.
        linear_at_chance: the linear model has an interval, and is not shown to be above chance.
        notes: what was cut.
    """

    models: pd.DataFrame = field(default_factory=pd.DataFrame)
    leak: pd.DataFrame = field(default_factory=pd.DataFrame)
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    genes: pd.DataFrame = field(default_factory=pd.DataFrame)
    errors: pd.DataFrame = field(default_factory=pd.DataFrame)
    says: str = ""
    leak_says: str = ""
    curve_says: str = ""
    briefs: Mapping[str, Brief] = field(default_factory=dict)
    ahead: tuple[str, ...] = ()
    linear_at_chance: bool = False
    notes: tuple[str, ...] = ()


def compare_own(
    values: np.ndarray,
    labels: Sequence[str],
    groups: Sequence[str] | None = None,
    *,
    gene_ids: Sequence[str],
    sample_ids: Sequence[str],
    depth: pd.DataFrame | None = None,
    covariates: pd.DataFrame | None = None,
    further: Mapping[str, Sequence[str]] | None = None,
    names: Sequence[str | int] = ("data",),
    minutes: float = 1.0,
    until: float | None = None,
    say: Callable[[str], None] | None = None,
) -> OwnComparison:
    """Compare models on the same folds, with groups kept whole, and what the split, more samples and trivial features give.

    Args:
        values: float [samples, genes], finite.
        labels: [samples].
        groups: [samples], or None where every sample stands for itself.
        gene_ids, sample_ids: of the columns and rows.
        depth: [samples, features] of the measurement and not of biology, such as library size.
        covariates: [samples, columns], such as age and sex.
        further: columns of groups, [samples] each, whole groups of which are held out as well, one column after the other.
        names: what random numbers are derived from.
        minutes: of two cores; the genes that vary most, as many as fit, take part.
        until: reading of ``time.monotonic`` at which no fold and no part is begun any more; None: as many minutes from now.
        say: is told what is being done.

    Raises:
        InputError: a class in a single group, or fewer groups than folds.
    """
    say = say or (lambda _: None)
    values, gene_ids = np.asarray(values, dtype=np.float32), np.asarray(gene_ids).astype(str)
    until = time.monotonic() + 60 * minutes if until is None else until
    rows, genes, notes = _fitted(values, np.asarray(labels).astype(str), minutes, names)
    kept = np.ix_(rows, genes)
    given = [None if some is None else np.asarray(some)[rows] for some in (labels, groups, sample_ids)]
    task = _task(values[kept], *given, gene_ids[genes], names)
    say(f"Comparing models on {task.n_samples:,} samples and {len(genes):,} genes.")
    split = "group" if groups is not None else "sample"
    left_out = []
    with TemporaryDirectory(prefix="linear-signal-") as folder:
        run_part = partial(_run, task=task, store=ResultsStore(folder))
        began = time.monotonic()
        in_time = time.monotonic() + _SPARE * compile_seconds() < until
        chosen = (LINEAR, NETWORK, TREES) if in_time else (LINEAR, TREES)
        left_out += [] if in_time else ["the network, whose steps are yet to be compiled"]
        fits, predictions = run_part(chosen, split, (1.0,), until=until)
        spent = time.monotonic() - began
        if fits.empty:
            briefs = dict.fromkeys(("models", "curve", *(["leak"] if groups is not None else [])), NOT_IN_TIME)
            return OwnComparison(says=_too_short(minutes), briefs=briefs, notes=notes)
        if not fits["balanced_accuracy"].notna().any():
            raise InputError(
                "No fold has two classes on both sides, so that no model can be compared. Add groups of each class."
            )
        if fits["fold"].nunique() < _N_FOLDS:
            left_out.append(f"{_N_FOLDS - fits['fold'].nunique()} of {_N_FOLDS} folds")
        whole = _N_FOLDS / fits["fold"].nunique()  # what follows is done on all folds or not at all
        leak, leak_says, briefs = pd.DataFrame(), "", {}
        two = fits[fits["model"].isin((LINEAR, NETWORK))]
        if groups is not None and len(np.unique(given[1])) == task.n_samples:
            leak_says = "Every group is a single sample, so that splitting by samples is the same and shows no leak."
            briefs["leak"] = Brief("cannot be told", why="every group is a single sample")
        elif groups is not None:
            say("Splitting single samples, to see what the split by groups keeps out.")
            # Pace so far: fits of one training-set size take as long whatever the split.
            # Of fewer folds than all the one split judges other samples than the other, and the difference tells of these.
            expected = two["seconds"].sum() if whole == 1 else np.inf
            leaking = _in_time(run_part, chosen[:-1], "sample", (1.0,), until=until, expected=expected)
            if len(leaking):
                leak, leak_says, briefs["leak"] = leak_of(pd.concat([two, leaking], ignore_index=True))
            else:
                left_out.append("the split by samples")
                briefs["leak"] = NOT_IN_TIME
        each = whole * spent / 3
        for column, of in (further or {}).items():
            say(f"Holding out whole groups of {column}.")
            other = _task(values[kept], given[0], np.asarray(of)[rows], given[2], gene_ids[genes], (*names, column))
            found = _in_time(partial(run_part, task=other), (LINEAR,), "group", (1.0,), until=until, expected=each)
            if len(found) and found["balanced_accuracy"].notna().any():
                leak, leak_says = with_further(leak, leak_says, found, column)
            else:
                left_out.append(f"the split by {column}")
        genes_found = stable_genes(task, n_top=N_TOP, until=until)
        if genes_found is None:
            left_out.append("stable genes")
        smaller = FRACTIONS[:-1] if task.n_samples >= _FEWEST_OF_CURVE else ()
        curve = fits
        if smaller:
            say("Learning from fewer samples, for the learning curve.")
            for models in (chosen, (LINEAR,)):
                # A fit of few samples counts as much as one of all: trees find their splits among as many genes and bins.
                expected = whole * len(smaller) * fits.loc[fits["model"].isin(models), "seconds"].sum()
                more = _in_time(run_part, models, split, smaller, until=until, expected=expected)
                if len(more):
                    curve = pd.concat([fits[fits["model"].isin(models)], more], ignore_index=True)
                    break
            else:
                left_out.append("the learning curve")
                briefs["curve"] = NOT_IN_TIME
    facts = (None if some is None else some.iloc[rows] for some in (depth, covariates))
    trivial = floors(task.classes, task.groups if groups is not None else None, *facts)
    if left_out:
        notes = (*notes, f"To keep the time, left out: {', '.join(left_out)}.")
    says, briefs["models"], ahead, linear_at_chance = verdict_in_words(fits)
    curve_says, of_curve = curve_in_words(curve[curve["model"] == LINEAR])
    return OwnComparison(
        models=pd.concat([table_of_models(fits), trivial], ignore_index=True),
        curve=table_of_curve(curve),
        genes=pd.DataFrame() if genes_found is None else genes_found,
        errors=errors_of(task, predictions),
        says=says,
        ahead=ahead,
        linear_at_chance=linear_at_chance,
        leak=leak,
        leak_says=leak_says,
        curve_says=curve_says,
        briefs={"curve": of_curve} | briefs,
        notes=notes,
    )


def _fitted(
    values: np.ndarray, labels: np.ndarray, minutes: float, names: Sequence[str | int]
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Choose samples and genes for the time."""
    n_samples, n_genes = values.shape
    most_samples = 2000
    rows = np.sort(generator(*names, "compared").permutation(n_samples)[:most_samples])
    n_kept = min(n_genes, max(200, int(1.5e6 * minutes / len(rows) / max(1, len(np.unique(labels)) / 3))))
    deviation = values[rows].std(axis=0)
    genes = np.sort(np.argsort(-deviation, kind="stable")[:n_kept])
    notes = []
    if len(rows) < n_samples:
        notes.append(f"Models learn from and are judged on {len(rows):,} of {n_samples:,} samples, drawn at random.")
    if n_kept < n_genes:
        notes.append(f"Models are given the {n_kept:,} of {n_genes:,} genes that vary most, to fit the time.")
    notes.append("One repeat of five folds, and settings are not tuned: a first look. Tune before you rely on a difference.")
    return rows, genes, tuple(notes)


def _task(
    values: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray | None,
    sample_ids: np.ndarray,
    gene_ids: np.ndarray,
    names: Sequence[str | int],
) -> Task:
    of_group = {} if groups is None else {"group": groups.astype(str)}
    samples = pd.DataFrame({LABEL: labels.astype(str), **of_group}, index=pd.Index(sample_ids.astype(str)))
    name = " ".join(map(str, names))
    dataset = Dataset(
        name=name, expression=values, samples=samples, gene_ids=gene_ids, source="the reader's own", synthetic=False
    )
    return make_task(dataset, name=name, group=None if groups is None else "group")


def _run(
    models: Sequence[str], split: str, fractions: tuple[float, ...], *, task: Task, store: ResultsStore, until: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit every model in one fold after the other until the time is up: fits and predictions of the folds that are whole."""
    design = Design(
        split=split,
        n_trials=0,
        n_inner_folds=1,
        fractions=fractions,
        network_learning_rate=1e-3,
        scale_on="train",
        training=TrainingSettings(max_epochs=40),
    )
    plan = make_plan([task], models=models, signals=("full",), seeds=(0,), design=design, keep_scores="none")
    fits, predictions = [], []
    pace = 0.0  # seconds of the fold before
    for fold in sorted({unit.fold for unit in plan.units}):
        done, began = [], time.monotonic()
        if began + pace > until:
            break
        for unit in (unit for unit in plan.units if unit.fold == fold):
            if time.monotonic() > until:
                break
            done.append(run(replace(plan, units=(unit,)), store=store, device="cpu", workers=1, say=None))
        if len(done) < len(models):
            break
        pace = time.monotonic() - began
        fits += [one.fits for one in done]
        predictions += [one.from_store("predictions") for one in done]
    if not fits:
        return pd.DataFrame(), pd.DataFrame()
    together = pd.concat(fits, ignore_index=True)
    return together.assign(model=together["model"].map(str)), pd.concat(predictions, ignore_index=True)


def _in_time(
    run_part: Callable[..., tuple[pd.DataFrame, pd.DataFrame]],
    *what: Sequence[Any],
    until: float,
    expected: float,
) -> pd.DataFrame:
    """Run a part where its expected seconds fit; the fits of all its folds, or none."""
    if time.monotonic() + expected > until:
        return pd.DataFrame()
    fits, _ = run_part(*what, until=until)
    return fits if len(fits) and fits["fold"].nunique() == _N_FOLDS else pd.DataFrame()


def _too_short(minutes: float) -> str:
    return f"Models were not compared: one fold of each takes longer than the {duration(60 * minutes)} there were."
