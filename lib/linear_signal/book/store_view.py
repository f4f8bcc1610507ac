"""What executed chapters left behind, to be explored: fits as one table, two runs compared, how one is made again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from linear_signal.book.kept_tables import KeptTable
from linear_signal.book.run_record import read_record
from linear_signal.book.run_table import command_of
from linear_signal.errors import InputError, unknown
from linear_signal.experiment.store import ResultsStore
from linear_signal.experiment.trace import Trace, trace
from linear_signal.models.titles import model_title
from linear_signal.names import signal_title

_OF_CLASSIFIERS = ("task", "signal", "model", "seed", "fold", "fraction", "balanced_accuracy", "naive_accuracy", "key")


def classifier_fits(tables: Mapping[str, KeptTable], *, where: str = "") -> pd.DataFrame:
    """Put the results tables of chapters on classifiers below each other.

    Args:
        tables: by chapter; those of other kinds of units are passed over.
        where: which rows to keep, as pandas' ``query`` has it, such as ``signal == "removed"``; empty keeps all.

    Returns:
        The columns of the tables, and in front ``chapter``; the number of the chapter stands before the name of every task.

    Raises:
        InputError: no chapter has fits of classifiers, or the condition cannot be read, or keeps nothing.
    """
    parts = []
    for chapter, table in tables.items():
        if table.fits is not None and set(_OF_CLASSIFIERS) <= set(table.fits):
            parts.append(table.fits.assign(chapter=chapter, task=chapter.partition("_")[0] + " " + table.fits["task"]))
    if not parts:
        raise InputError("None of the pages has fits of classifiers. Run a chapter first, or name another folder of pages.")
    fits = pd.concat(parts, ignore_index=True)
    fits = fits[["chapter", *(column for column in fits if column != "chapter")]]
    if not where:
        return fits
    try:
        chosen = fits.query(where)
    except Exception as error:  # whatever pandas makes of what was typed
        raise InputError(
            f"where is {where!r} and cannot be read ({error}). Write it like: signal == 'removed' and chapter == '20_gtex'. "
            f"The columns are {', '.join(fits)}."
        ) from None
    if chosen.empty:
        raise InputError(f"where is {where!r}, and no row of the {len(fits):,} is like that.")
    return chosen.reset_index(drop=True)


def two_runs(fits: pd.DataFrame) -> tuple[str, str]:
    """Choose two runs worth comparing: two models on one task, signal and fold; keys, the better one first."""
    fits = fits.dropna(subset=["balanced_accuracy"])
    best = fits[fits["signal"] != "full"].sort_values(["fraction", "balanced_accuracy"])
    best = (best if len(best) else fits.sort_values(["fraction", "balanced_accuracy"])).iloc[-1]
    alike = ["task", "signal", "split", "pretraining", "scale_on", "seed", "fold", "fraction"]
    others = fits[(fits[alike] == best[alike]).all(axis=1) & (fits["model"] != best["model"])]
    other = others.sort_values("balanced_accuracy").iloc[0] if len(others) else best
    return str(best["key"]), str(other["key"])


def compared(store: ResultsStore, first: str, second: str) -> pd.DataFrame:
    """Put two runs beside each other: what they are, what they reached, and on which samples they agree.

    Args:
        store: where they lie.
        first, second: keys, or the first digits of them.

    Returns:
        A row a fact, columns "", "A", "B", all text.

    Raises:
        InputError: a key that the store does not have, or one that no classifier left.
    """
    runs = [trace(store, key) for key in (first, second)]
    for run in runs:
        if "predictions" not in run.tables:
            raise InputError(f"The unit {run.key} is no classifier; compare two keys of classifiers.")
    rows = [("Key", *(run.key[:12] for run in runs)), *_settings(runs)]
    sizes = sorted(set(runs[0].fits["fraction"]) | set(runs[1].fits["fraction"]))
    for size in sizes:
        scores = [run.fits.set_index("fraction")["balanced_accuracy"].get(size, float("nan")) for run in runs]
        rows.append((f"Balanced accuracy, {size:.0%} of the training samples", *(f"{score:.3f}" for score in scores)))
    rows += _agreement(runs)
    return pd.DataFrame(rows, columns=["", "A", "B"])


def _settings(runs: list[Trace]) -> list[tuple[str, str, str]]:
    rows = []
    titles = {"model": model_title, "condition": lambda name: signal_title(name)}
    for name in ("dataset", "task", "condition", "model", "seed", "fold"):
        rows.append((name.capitalize(), *(str(titles.get(name, str)(run.settings[name])) for run in runs)))
    protocols = [run.settings["protocol"] for run in runs]
    for name in protocols[0]:
        if protocols[0][name] != protocols[1].get(name):
            rows.append((name, *(str(protocol.get(name)) for protocol in protocols)))
    return rows


def _agreement(runs: list[Trace]) -> list[tuple[str, str, str]]:
    """Count which samples either got right at the largest size; of other samples they have nothing in common."""
    largest = [run.predictions[run.predictions["fraction"] == run.predictions["fraction"].max()] for run in runs]
    right = [(one["label"] == one["predicted"]).set_axis(one["sample_id"]) for one in largest]
    shared = right[0].index.intersection(right[1].index)
    if shared.empty:
        return [("Samples judged by both", "0", "0")]
    a, b = (one.loc[shared] for one in right)
    return [
        ("Samples judged by both", *[f"{len(shared):,}"] * 2),
        ("Right in both", *[f"{int((a & b).sum()):,}"] * 2),
        ("Right in this one alone", f"{int((a & ~b).sum()):,}", f"{int((b & ~a).sum()):,}"),
        ("Wrong in both", *[f"{int((~a & ~b).sum()):,}"] * 2),
    ]


def parameters_again(pages: Path, fits: pd.DataFrame, key: str) -> tuple[str, dict[str, object]]:
    """Say which parameters make a run again, and as little beside it as its chapter allows.

    Args:
        pages: folder of executed chapters.
        fits: of :func:`classifier_fits`.
        key: of the run, or its first digits.

    Returns:
        The chapter, and its parameters as far as they are not its defaults.

    Raises:
        InputError: no run has such a key, or its page is gone.
    """
    rows = fits[fits["key"].str.startswith(key)] if key else fits.iloc[:0]
    if rows["key"].nunique() != 1:
        raise unknown("key", key, sorted(set(fits["key"].str[:12]))[:5])
    row = rows.iloc[0]
    chapter = str(row["chapter"])
    page = next((one for one in sorted(pages.glob("*.ipynb")) if one.stem.startswith(chapter)), None)
    if page is None:
        raise InputError(f"There is no page of {chapter} in {pages}, which would say with what parameters it was run.")
    record = read_record(page)
    narrowed = {"models": [str(row["model"])], "n_seeds": int(row["seed"]) + 1}
    return chapter, record.changed | {name: value for name, value in narrowed.items() if name in record.parameters}


def command_again(pages: Path, fits: pd.DataFrame, key: str) -> str:
    """Write the command that makes a run again (:func:`parameters_again`)."""
    return command_of(*parameters_again(pages, fits, key))
