"""Judge predictions of perturbations, ours or anybody's: every metric per condition, and errors by number of genes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from linear_signal.errors import InputError, listed, unknown
from linear_signal.studies.ahlmann2025.conditions import CONTROL, all_canonical
from linear_signal.studies.ahlmann2025.metrics import BY_COLUMN, METRICS, Judged
from linear_signal.studies.ahlmann2025.pseudobulk import TOP_GENES, check_values

# The numbers of genes at which the paper shows errors.
SHOWN_GENES = np.r_[1:101, 101:1001:10, 1001:20000:100]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What :func:`evaluate` found.

    Attributes:
        scores: a row per method and condition: method, condition, one column per metric.
        notes: what a reader should know of the predictions: what was not shared, values below 0.
    """

    scores: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def means(self) -> pd.DataFrame:
        """Mean over conditions: a row per method, a column per metric; conditions without a value are left out of it."""
        return self.scores.drop(columns="condition").groupby("method", sort=False).mean()


def evaluate(
    predictions: pd.DataFrame | Mapping[str, pd.DataFrame],
    truth: pd.DataFrame,
    control: pd.Series,
    *,
    training_mean: pd.Series | None = None,
    n_genes: int = TOP_GENES,
    metrics: Sequence[str] = tuple(BY_COLUMN),
    shared_only: bool = False,
    control_name: str = CONTROL,
) -> Evaluation:
    """Judge predicted means of conditions by every metric.

    Args:
        predictions: conditions x genes, mean of log1p-normalised expression; or several, by the method's name. Conditions in
            any notation, rows and columns in any order.
        truth: observed means of the conditions to judge; the control among them plays no part.
        control: control mean by gene.
        training_mean: mean of the training conditions by gene, for the metrics about it; None takes the mean of ``truth``,
            which nobody who predicts can know.
        n_genes: how many genes to judge on, those with the highest control mean.
        metrics: columns of ``METRICS``.
        shared_only: judge on the conditions and genes that truth and all predictions share, instead of refusing predictions
            that lack some; the notes say what was left out.
        control_name: name of the control in the conditions.

    Raises:
        InputError: an unknown metric; predictions that lack conditions or genes; values that are missing or look like raw
            counts; a condition or gene that is there twice; nothing in common.

    Source: Ahlmann-Eltze et al. 2025, Methods; the sources of the other metrics stand in their table.
    """
    for name in metrics:
        if name not in BY_COLUMN:
            raise unknown("metric", name, BY_COLUMN)
    if n_genes < 2:
        raise InputError(f"n_genes is {n_genes}; at least 2 genes are needed.")
    tables = {"prediction": predictions} if isinstance(predictions, pd.DataFrame) else dict(predictions)
    if not tables:
        raise InputError("There are no predictions; give a table of conditions x genes, or several by name.")
    truth = _table(truth, "The truth", control_name)
    tables = {name: _table(table, f"Prediction {name!r}", control_name) for name, table in tables.items()}
    conditions, genes, notes = _shared(truth, control, tables, shared_only)
    order = np.argsort(-control[genes].to_numpy(), kind="stable")[:n_genes]
    genes = [genes[place] for place in order]
    observed = truth.loc[conditions, genes].to_numpy()
    mean = observed.mean(axis=0) if training_mean is None else _known(training_mean, genes)
    parts = []
    for name, table in tables.items():
        predicted = table.loc[conditions, genes].to_numpy()
        below = int((predicted < 0).sum())
        if below:
            notes.append(f"{name}: {below:,} of {predicted.size:,} predicted means are below 0, which no expression can be.")
        judged = Judged(predicted=predicted, observed=observed, control=_known(control, genes), training_mean=mean)
        values = {metric.column: metric.measure(judged) for metric in METRICS if metric.column in metrics}
        parts.append(pd.DataFrame({"method": name, "condition": conditions, **values}))
    return Evaluation(pd.concat(parts, ignore_index=True), tuple(notes))


def error_by_genes(
    predictions: Mapping[str, pd.DataFrame], truth: pd.DataFrame, control: pd.Series, *, at: Sequence[int] = SHOWN_GENES
) -> pd.DataFrame:
    """L2 distance over the first n genes, for every n, with genes sorted in two ways.

    "expression" sorts genes by control mean, "change" by how much each condition changes them.

    Args:
        predictions: by the method's name; conditions x genes, of the conditions and genes of ``truth``.
        truth: observed means.
        control: control mean by gene.
        at: numbers of genes; larger ones than there are play no part.

    Returns:
        method, sorted_by, n_genes, l2 (mean over conditions), standard_error (of that mean).

    Source: Ahlmann-Eltze et al. 2025, Figure 1 and supplement; their standard error divides by the root of n_genes.
    """
    base, observed = control[truth.columns].to_numpy(), truth.to_numpy()
    orders = {
        "expression": np.broadcast_to(np.argsort(-base, kind="stable"), observed.shape),
        "change": np.argsort(-np.abs(observed - base), axis=1, kind="stable"),
    }
    at = np.unique([n for n in at if 1 <= n <= len(base)])
    parts = []
    for name, table in predictions.items():
        squares = (table.loc[truth.index, truth.columns].to_numpy() - observed) ** 2
        for sorted_by, order in orders.items():
            errors = np.sqrt(np.take_along_axis(squares, order, axis=1).cumsum(axis=1)[:, at - 1])
            spread = errors.std(axis=0, ddof=1) / np.sqrt(len(errors)) if len(errors) > 1 else np.full(len(at), np.nan)
            columns = {"n_genes": at, "l2": errors.mean(axis=0), "standard_error": spread}
            parts.append(pd.DataFrame({"method": name, "sorted_by": sorted_by, **columns}))
    return pd.concat(parts, ignore_index=True)


def _table(table: pd.DataFrame, what: str, control_name: str) -> pd.DataFrame:
    index = all_canonical(table.index, control=control_name, what=what)
    repeated = table.columns[table.columns.duplicated()].unique()
    if len(repeated):
        raise InputError(f"{what} names a gene twice: {listed(repeated, most=3)}. Keep one column of each.")
    table = table.set_axis(index, axis=0).astype(float)
    check_values(table, what, signed=True)
    return table


def _shared(
    truth: pd.DataFrame, control: pd.Series, tables: Mapping[str, pd.DataFrame], shared_only: bool
) -> tuple[list[str], list[str], list[str]]:
    """Find the conditions and genes to judge on, and say what was left out."""
    conditions = [one for one in truth.index if "+" in one]
    lacking = set(truth.columns) - set(control.index[control.notna()])
    if lacking:
        raise InputError(
            f"The control lacks {len(lacking):,} genes of the truth, such as {listed(sorted(lacking), most=3)}."
        )
    genes, notes = list(truth.columns), []
    for name, table in tables.items():
        for what, wanted, there in (("conditions", conditions, table.index), ("genes", genes, table.columns)):
            known = set(there)
            missing = [one for one in wanted if one not in known]
            if not missing:
                continue
            said = f"{name} lacks {len(missing):,} of {len(wanted):,} {what}, such as {listed(missing, most=3)}"
            if not shared_only:
                raise InputError(f"{said}. Predict them, or judge on what all share: shared_only=True.")
            notes.append(f"{said}; they are left out for all.")
    for table in tables.values():
        rows, columns = set(table.index), set(table.columns)
        conditions, genes = [one for one in conditions if one in rows], [one for one in genes if one in columns]
    if not conditions or len(genes) < 2:
        raise InputError(
            f"Truth and predictions share {len(conditions)} conditions and {len(genes)} genes; nothing to judge."
        )
    return conditions, genes, notes


def _known(values: pd.Series, genes: Sequence[str]) -> np.ndarray:
    known = values.reindex(genes)
    if known.isna().any():
        raise InputError(f"A mean lacks {listed(known.index[known.isna()], most=3)}; give a value for every gene judged.")
    return known.to_numpy(dtype=float)
