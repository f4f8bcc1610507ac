"""Arrays and tables as the library's tasks, folds and plans: the one place of this room that knows those."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from linear_signal.data.dataset import Dataset
from linear_signal.data.plain_text import why_no_name
from linear_signal.data.sample_table import LABEL
from linear_signal.data.splits import find_split
from linear_signal.data.tasks import Task, make_task
from linear_signal.errors import InputError, listed

if TYPE_CHECKING:
    from linear_signal.crossvalidation.design import Design

NAME = "data"
"""What data are called where no name is given; seeds are derived from it."""

SIGNALS = ("full", "removed")
_GROUP = "group"
LEARNT_FROM = {"signal": SIGNALS[0], "pretraining": "none"}
"""What the record of a saved model says that a classifier has learnt from."""


def task_of(X: Any, y: Iterable[Hashable], groups: Iterable[Hashable] | None, *, name: str = NAME) -> Task:
    """Make a classification task.

    Args:
        X: samples x features; a table's columns and index become ids.
        y: one class per sample, of any kind that can be told apart and named.
        groups: what must not be torn apart, one per sample; None where every sample stands for itself.
        name: of the data and of the task.

    Raises:
        InputError: what cannot be used, such as a measurement for classes, or a Series with the samples of X in another
            order; the message names the first offending sample or feature.
    """
    values, samples, features = _matrix(X)
    check_order(X, y=y, groups=groups)
    _check_classes(y)
    of_group = {} if groups is None else {_GROUP: _texts(groups, "groups", len(values))}
    return make_task(
        Dataset(
            name=name,
            expression=values,
            samples=pd.DataFrame({LABEL: _texts(y, "y", len(values)), **of_group}, index=samples),
            gene_ids=features,
            source="Handed over as arrays",
            synthetic=False,
        ),
        name=name,
        group=None if groups is None else _GROUP,
    )


def dealt_folds(
    n_samples: int, groups: Iterable[Hashable] | None, *, n_folds: int, seed: int, name: str = NAME
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Deal samples out as the engine does: (train rows, judged rows) per fold, int64, sorted.

    Raises:
        InputError: fewer than three folds, fewer groups than folds, or groups that are not one per sample.
    """
    task = _bare(np.zeros(n_samples, dtype=np.int64), groups, name)
    split = "sample" if groups is None else "group"
    return [(fold.train, fold.validation) for fold in find_split(split).folds(task, n_folds=n_folds, seed=seed)]


def held_out(
    classes: np.ndarray, groups: Iterable[Hashable] | None, *, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Hold out a share of the samples, or of the groups, to stop a training by: (fit rows, tune rows), int64, sorted.

    Args:
        classes: int64 [samples].

    Returns:
        None where both would not have two classes.
    """
    task = _bare(classes, groups, NAME)
    split = "sample" if groups is None else "group"
    return find_split(split).tune_set(task, np.arange(len(classes)), names=("classifier", seed), share=share)


def run_on(
    task: Task,
    *,
    models: Sequence[str],
    n_seeds: int,
    design: Design,
    allow_models: Sequence[str],
    results_folder: str | Path | None,
    device: str,
    workers: int,
    say: Callable[[str], None] | None,
) -> pd.DataFrame:
    """Run the comparison of a task with full signal and with the linear signal removed; return the table of fits.

    Args:
        results_folder: keeps finished fits and takes them from there; without one nothing is left on the disk.
        others: as of the functions that take them.
    """
    # Late: who deals folds or removes a signal needs no PyTorch.
    from linear_signal.crossvalidation.plan import make_plan
    from linear_signal.experiment.run import run
    from linear_signal.experiment.store import ResultsStore

    plan = make_plan(
        [task],
        models=models,
        signals=SIGNALS,
        seeds=range(n_seeds),
        design=design,
        allow_models=allow_models,
        keep_scores="none",
    )
    if results_folder:
        fits = run(plan, store=ResultsStore(results_folder), device=device, workers=workers, say=say).fits
    else:
        with TemporaryDirectory(prefix="linear-signal-") as folder:
            fits = run(plan, store=ResultsStore(folder), device=device, workers=workers, say=say).fits
    return fits.assign(model=fits["model"].map(str))


def split_of(groups: Any) -> str:
    """Name the kind of split: whole groups where there are some, single samples otherwise."""
    return "sample" if groups is None else "group"


def as_codes(classes: Iterable[Hashable], n_samples: int, *, what: str) -> np.ndarray:
    """Number what is in a list of labels of any kind, int64 [samples]; equal labels have equal numbers.

    Raises:
        InputError: another number of them than samples, one that is missing, or one that cannot be hashed.
    """
    found = _listed(classes, what, n_samples)
    try:
        codes = {one: number for number, one in enumerate(dict.fromkeys(found))}
        return np.array([codes[one] for one in found], dtype=np.int64)
    except TypeError as error:
        raise InputError(f"{what} holds something that cannot be a label ({error}). Use text or numbers.") from None


def check_order(table: Any, **of_samples: Any) -> None:
    """Refuse a Series with the samples of a table in another order: all goes by place, and would be of other samples.

    Raises:
        InputError: the first of them where this is so.
    """
    if not isinstance(table, pd.DataFrame):
        return
    for what, given in of_samples.items():
        if not isinstance(given, pd.Series) or len(given) != len(table) or given.index.equals(table.index):
            continue
        if table.index.is_unique and given.index.is_unique and given.index.isin(table.index).all():
            place = int(np.flatnonzero(given.index != table.index)[0])
            raise InputError(
                f"{what} has the samples of the table in another order: in row {place} it is of {given.index[place]!r}, the "
                f"table of {table.index[place]!r}. Take {what}.loc[table.index], or {what}.to_numpy() where this order is "
                "meant."
            )


def _check_classes(y: Any) -> None:
    """Refuse a measurement: numbers, broken ones among them, nearly all of which differ."""
    values = np.asarray(y) if isinstance(y, np.ndarray | pd.Series | list | tuple) else np.empty(0)
    if values.dtype.kind == "f" and values.ndim == 1 and np.isfinite(values).all() and (values % 1 != 0).any():
        n_different = len(np.unique(values))
        if n_different > len(values) / 2 and n_different > 2:
            raise InputError(
                f"y is a measurement: numbers from {values.min():g} to {values.max():g}, {n_different:,} different ones. "
                "Classes are asked for; cut it into a few, such as low and high."
            )


def _bare(classes: np.ndarray, groups: Iterable[Hashable] | None, name: str) -> Task:
    """Make a task that knows who belongs together, and nothing else: what folds are dealt from."""
    ids = _ids(len(classes))
    dataset = Dataset(
        name=name,
        expression=np.zeros((len(classes), 1)),
        samples=pd.DataFrame(index=ids),
        gene_ids=np.array(["none"]),
        source="",
        synthetic=False,
    )
    return Task(
        name=name,
        dataset=dataset,
        rows=np.arange(len(classes)),
        classes=classes,
        class_names=tuple(np.unique(classes).astype(str)),
        groups=ids if groups is None else _texts(groups, "groups", len(classes)),
    )


def _matrix(X: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take values, sample ids and feature ids from an array or a table."""
    from scipy.sparse import issparse

    if issparse(X):
        raise InputError("X is sparse; signal removal fills every zero. Pass X.toarray(), if memory allows.")
    if isinstance(X, pd.DataFrame):
        odd = [str(column) for column, kind in X.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
        if odd:
            raise InputError(f"The columns {listed(odd, most=3)} of X hold no numbers. Drop them, or convert them first.")
        values = X.to_numpy(dtype=np.float64, na_value=np.nan)
        features = _unique(X.columns, "feature")
    else:
        try:
            values = np.asarray(X, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"X holds something that is no number ({error}). Samples x features are needed.") from None
        if values.ndim != 2:
            raise InputError(f"X has shape {values.shape}; samples x features are needed.")
        features = np.array([f"feature {number}" for number in range(values.shape[1])])
    if 0 in values.shape:
        raise InputError(f"X has shape {values.shape}; at least one sample and one feature are needed.")
    # By their place, whatever the index of a table says: an array and a table of the same values are dealt out alike.
    return values, _ids(len(values)), features


def _unique(names: pd.Index, kind: str) -> np.ndarray:
    texts = [str(name) for name in names]
    return np.array(texts if not any(map(why_no_name, texts)) else [f"{kind} {number}" for number in range(len(texts))])


def _ids(n_samples: int) -> np.ndarray:
    return np.array([f"sample {number}" for number in range(n_samples)])


def _texts(labels: Iterable[Hashable], what: str, n_samples: int) -> np.ndarray:
    """Write labels of any kind as texts, so that different ones stay different."""
    found = _listed(labels, what, n_samples)
    as_codes(found, n_samples, what=what)
    texts = [str(one) for one in found]
    kinds = dict(zip(found, texts, strict=True))
    if len(set(kinds.values())) < len(kinds):  # such as 1 and "1"
        texts = [f"{one!r}" for one in found]
    if any(map(why_no_name, set(texts))):
        numbers = {text: f"{what} {number}" for number, text in enumerate(dict.fromkeys(texts))}
        texts = [numbers[text] for text in texts]
    return np.array(texts)


def _listed(labels: Iterable[Hashable], what: str, n_samples: int) -> list[Hashable]:
    if labels is None:
        raise InputError(f"{what} is missing; one for each of the {n_samples:,} samples is needed.")
    if isinstance(labels, np.ndarray) and labels.ndim != 1:
        raise InputError(f"{what} has shape {labels.shape}; one for each of the {n_samples:,} samples is needed.")
    found = labels.tolist() if isinstance(labels, np.ndarray | pd.Series | pd.Index) else list(labels)
    if len(found) != n_samples:
        raise InputError(f"{what} has {len(found):,} entries for {n_samples:,} samples; one for each is needed.")
    missing = [number for number, one in enumerate(found) if one is None or one is pd.NA or one is pd.NaT or one != one]
    if missing:
        raise InputError(f"{what} of sample {missing[0]} is missing, and of {len(missing) - 1:,} more. Leave these out.")
    return found
