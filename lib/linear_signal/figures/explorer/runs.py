"""The explorer of runs: means of models over their runs, by task and condition, and the runs behind every mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from linear_signal.analysis.intervals import SMALLEST_GROUPS
from linear_signal.errors import InputError, unknown
from linear_signal.figures.explorer.look import BLUE, LOOK, ORANGE, SHAPES, by_theme
from linear_signal.figures.explorer.packed import pack
from linear_signal.figures.explorer.page import BUDGET, Explorer, checked, checked_name
from linear_signal.figures.explorer.run_tables import packed_curves, packed_trials, packed_wrong
from linear_signal.figures.explorer.runs_still import draw_runs
from linear_signal.figures.style import Synthetic, caption, model_scale, required
from linear_signal.models.titles import model_family, model_short, model_title, ordered_models
from linear_signal.names import (
    ordered_pretraining,
    ordered_signals,
    pretraining_title,
    scaling_title,
    signal_title,
    split_title,
)

# What a fit may differ in beside task, model and size: column: (title, order of its values, how a value is called)
CONDITIONS: dict[str, tuple[str, Callable, Callable[[str], str]]] = {
    "signal": ("Signal", ordered_signals, signal_title),
    "split": ("Split", sorted, split_title),
    "pretraining": ("Pretraining", ordered_pretraining, pretraining_title),
    "scale_on": ("Scaling", sorted, scaling_title),
}
Y = {
    "balanced_accuracy": "Balanced accuracy",
    "accuracy": "Accuracy",
    "skill": "Skill (0 chance, 1 perfect)",
    "average_precision": "Average precision (mean over classes)",
    "loss": "Loss (cross-entropy, less is better)",
}
_SCALED = ("balanced_accuracy", "skill", "average_precision")  # what guessing gets is known
X = {
    "train_samples": "Training samples",
    "fraction": "Share of the training samples",
    "train_groups": "Groups trained on",
    "model": "Model",
    "task": "Task",
}
_NEEDED = ("task", "model", "seed", "fold", "fraction", "balanced_accuracy", "naive_accuracy", "train_samples")
_NUMBERS = ("seed", "fold", "fraction", "balanced_accuracy", "accuracy", "train_samples", "train_groups", "left_out_samples")
_NUMBERS += ("smallest_class_groups", "learning_rate", "weight_decay", "epochs", "average_precision", "loss")
_CONFUSED = ("truth", "predicted", "n")
_DASHES = ("", "7 4", "2 3", "9 3 2 3")
_BYTES_A_FIT = 20  # beyond what a page of quick size takes
_KEY_DIGITS = 12


def runs_explorer(
    fits: pd.DataFrame,
    *,
    name: str,
    alt: str,
    synthetic: Synthetic,
    published: pd.DataFrame | None = None,
    confusion: pd.DataFrame | None = None,
    trials: pd.DataFrame | None = None,
    curves: pd.DataFrame | None = None,
    wrong: pd.DataFrame | None = None,
    results_folder: str = "RESULTS",
    start: Mapping[str, str | Sequence[str]] | None = None,
    words: str = "",
    budget: int = BUDGET,
) -> Explorer:
    """Let readers explore a results table: choose task, condition, models and axes, pin points, compare two of them.

    Means, intervals and paired differences are computed in the page from the fits, by the formulas of
    :mod:`linear_signal.analysis`.

    Args:
        fits: results table; task, model, seed, fold, fraction, balanced_accuracy, naive_accuracy and train_samples are
            needed, signal, split, pretraining, scale_on, accuracy, average_precision, loss, hyperparameters, sizes and keys
            are shown where they are.
        name: in addresses (``#runs.task=sex``); of its own on its page.
        alt: what the figure shows, for those who do not see it.
        synthetic: whether the data were simulated; published curves, which rest on genuine ones, are off at first then.
        published: curves of others: task, model, fraction, train_samples, balanced_accuracy, and conditions.
        confusion: counts at the largest size over all runs: task, conditions, model, truth, predicted, n.
        trials, curves, wrong: settings tried and losses by epoch of a key, and samples that no run got right, as of
            :class:`~linear_signal.book.run_details.RunDetails`.
        results_folder: in the command that leads from a key to all that is kept of a run.
        start: what is chosen at first, by ``task``, a condition, ``models``, ``_x``, ``_y``, ``_show``.
        words: caption.
        budget: largest size in bytes; a table of more than a few thousand fits may take 20 for each.

    Raises:
        InputError: an empty table, a missing column, a run that stands twice, or an explorer larger than its budget.
    """
    fits = required(fits, _NEEDED, what="fits").reset_index(drop=True)
    conditions = [column for column in CONDITIONS if column in fits and fits[column].nunique() > 1]
    _check_once(fits, conditions)
    models, tasks = ordered_models(fits["model"]), list(dict.fromkeys(fits["task"]))
    colours, shapes = model_scale(models)
    fractions = sorted(fits["fraction"].unique())
    table = _packed_rows(fits, conditions)
    ys = [column for column in Y if column in ("balanced_accuracy", "skill") or table[column].notna().any()]
    keys = list(dict.fromkeys(table["key"]))
    xs = [column for column in X if _is_axis(column, table, tasks)]
    theirs = _published(published, fits, conditions)
    told: dict[str, Any] = {
        "name": checked_name(name),
        "alt": alt,
        "conditions": [_condition(column, fits) for column in conditions],
        "tasks": tasks,
        "models": models,
        "model": {
            one: {
                "title": model_title(one),
                "short": model_short(one),
                "colour": by_theme(colours[model_title(one)]),
                "shape": SHAPES.get(shapes[model_title(one)], SHAPES["o"]),
                "dash": _dash(one, models),
            }
            for one in models
        },
        "fractions": [float(f"{fraction:.6g}") for fraction in fractions],
        "x": xs,
        "y": ys,
        "range": {y: _range(fits, y) for y in ys},
        "scaled": list(_SCALED),
        "published": None if theirs.empty else pack(theirs, categories=["task", *conditions, "model"]),
        "confusion": None,
        "classes": {},
        "trials": packed_trials(trials, keys),
        "curves": packed_curves(curves, keys),
        "wrong": packed_wrong(wrong, conditions),
        "shades": [by_theme(BLUE), by_theme(ORANGE)],
        "least_groups": SMALLEST_GROUPS,
        "trace": f"python -m linear_signal.experiment.trace {results_folder}",
        "titles": {**X, **Y, **{column: title for column, (title, *_) in CONDITIONS.items()}, **_HEADS},
        "look": LOOK,
    }
    if confusion is not None and len(confusion):
        confusion = required(confusion, ["task", *conditions, "model", *_CONFUSED], what="confusion counts")
        confusion = confusion[["task", *conditions, "model", *_CONFUSED]]
        told["confusion"] = pack(confusion, categories=["task", *conditions, "model", "truth", "predicted"])
        told["classes"] = {task: sorted({*part.truth, *part.predicted}) for task, part in confusion.groupby("task")}
    told["start"] = _start(told, start or {}, synthetic)
    kept_out = [
        said for said, rows in (("trials", trials), ("curves", curves)) if rows is not None and len(rows) and not told[said]
    ]
    words += f" Too many for a page, and in the store: {' and '.join(kept_out)}." if kept_out else ""
    words = " ".join(caption(words, synthetic=synthetic).split())
    columns = pack(table, categories=["task", *conditions, "model"], digits=6)
    explorer = Explorer(kind="runs", declaration=told, columns=columns, still=draw_runs(told, fits), caption=words)
    return checked(explorer, budget=max(budget, _BYTES_A_FIT * len(fits)))


_HEADS = {"n": "Runs", "mean": "Mean", "lower": "Lower end", "upper": "Upper end", "chance": "Chance"}


def _packed_rows(fits: pd.DataFrame, conditions: Sequence[str]) -> pd.DataFrame:
    """Return what the page computes with, each number with as many digits as are shown."""
    table = fits[["task", *conditions, "model"]].copy()
    given = fits.assign(left_out_samples=fits.get("left_out_samples", fits.get("validation_samples", 0)))
    for column in _NUMBERS:
        table[column] = pd.to_numeric(given[column], errors="coerce") if column in given else float("nan")
    for column in ("balanced_accuracy", "accuracy", "average_precision", "loss"):
        table[column] = table[column].round(4)
    for column in ("learning_rate", "weight_decay"):
        table[column] = [float(f"{value:.2g}") for value in table[column]]
    table["chance"] = fits["naive_accuracy"].round(4)
    table["key"] = [str(key)[:_KEY_DIGITS] for key in fits["key"]] if "key" in fits else ""
    table["note"] = [_note(*facts) for facts in zip(*(_flags(fits, column) for column in _FLAGS), strict=True)]
    return table


_FLAGS = ("ended_at_last_epoch", "failed_training", "at_edge")


def _flags(fits: pd.DataFrame, column: str) -> list[Any]:
    return list(fits[column]) if column in fits else [None] * len(fits)


def _note(last: Any, failed: Any, edge: Any) -> str | None:
    notes = ["ended at the last epoch"] if not pd.isna(last) and last else []
    notes += ["failed training"] if not pd.isna(failed) and failed else []
    notes += [f"best at the edge: {edge}"] if isinstance(edge, str) and edge else []
    return "; ".join(notes) or None


def _check_once(fits: pd.DataFrame, conditions: Sequence[str]) -> None:
    of_a_run = ["task", *conditions, "model", "fraction", "seed", "fold"]
    if fits.duplicated(of_a_run).any():
        twice = fits.loc[fits.duplicated(of_a_run), of_a_run].iloc[0]
        raise InputError(
            f"A run stands twice in the table: {', '.join(f'{name} {value}' for name, value in twice.items())}. Give every "
            "task a name of its own, or remove the copies."
        )


def _condition(column: str, fits: pd.DataFrame) -> dict[str, Any]:
    _, order, title = CONDITIONS[column]
    values = list(order(fits[column].unique()))
    return {"column": column, "values": values, "labels": {value: title(value) for value in values}}


def _is_axis(column: str, table: pd.DataFrame, tasks: Sequence[str]) -> bool:
    if column == "task":
        return len(tasks) > 1
    return column == "model" or (table["fraction"].nunique() > 1 and table[column].notna().all())


def _dash(model: str, models: Sequence[str]) -> str:
    family = [one for one in models if model_family(one) == model_family(model)]
    return _DASHES[family.index(model) % len(_DASHES)]


def _range(fits: pd.DataFrame, y: str) -> list[float]:
    """Return the ends of an axis, from a round number below everything to what cannot be bettered."""
    skill = (fits["balanced_accuracy"] - fits["naive_accuracy"]) / (1 - fits["naive_accuracy"])
    lowest = (skill if y == "skill" else fits[y]).min()
    if math.isnan(lowest):
        raise InputError("No fit has a balanced accuracy; there is nothing to explore.")
    if y == "loss":
        return [0.0, math.ceil(fits[y].max() * 10) / 10]
    return [math.floor(min(lowest, 0.9) * 10) / 10, 1.0]


def _published(published: pd.DataFrame | None, fits: pd.DataFrame, conditions: Sequence[str]) -> pd.DataFrame:
    by = ["task", *conditions, "model"]
    columns = [*by, "train_samples", "fraction", "balanced_accuracy"]
    if published is None:
        return pd.DataFrame(columns=[*columns, "chance"])
    chances = fits.groupby(by, as_index=False)["naive_accuracy"].mean().rename(columns={"naive_accuracy": "chance"})
    alike = [column for column in CONDITIONS if column in published and column in fits and column not in conditions]
    for column in alike:  # what the table holds fixed, the curves have to agree in
        published = published[published[column] == fits[column].iloc[0]]
    if published.empty:
        return pd.DataFrame(columns=[*columns, "chance"])
    return required(published, columns, what="published curves")[columns].merge(chances, on=by)


def _start(told: Mapping[str, Any], given: Mapping[str, str | Sequence[str]], synthetic: Synthetic) -> dict[str, list[str]]:
    allowed = {
        "task": told["tasks"],
        **{one["column"]: one["values"] for one in told["conditions"]},
        "models": told["models"],
        "_x": told["x"],
        "_y": told["y"],
        "_show": ["runs", "intervals", "published", "close-up"],
    }
    start = {
        "task": told["tasks"][:1],
        **{one["column"]: one["values"] for one in told["conditions"]},
        "models": told["models"],
        "_x": told["x"][:1],
        "_y": told["y"][:1],
        "_size": [f"{told['fractions'][-1]:g}"],
        "_show": ["runs", "intervals", *(["published"] if told["published"] and synthetic is False else [])],
        "_matrix": ["own"],
        "_pin": [],
    }
    for key, value in given.items():
        if key not in allowed:
            raise unknown("choice to start with", key, allowed)
        start[key] = [value] if isinstance(value, str) else list(value)
        for one in start[key]:
            if one not in allowed[key]:
                raise unknown(f"value of {key} to start with", one, allowed[key])
    return start
