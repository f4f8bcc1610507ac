"""What comparisons of models on the reader's data found, as tables and in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.analysis.comparison import against_naive, compare_models, summarise
from linear_signal.analysis.contrasts import compare_splits
from linear_signal.analysis.rules import HOLDS, OPEN, above, level
from linear_signal.analysis.verdict import interval_of, turned, verdict
from linear_signal.data.tasks import Task
from linear_signal.models.titles import listed_models, model_phrase, model_title
from linear_signal.numbers import difference, interval
from linear_signal.studies.own_data.answers import Brief

LINEAR, NETWORK, TREES = "exact_logistic_regression", "dense(64, dropout=0.5)", "boosted_trees"


def table_of_models(largest: pd.DataFrame) -> pd.DataFrame:
    """Lay out the models: model, title, mean, lower, upper, chance."""
    table = summarise(largest, by=["model"])
    titles = [model_title(one) for one in table["model"]]
    return table.assign(title=titles, chance=table["naive_accuracy"])[["model", "title", "mean", "lower", "upper", "chance"]]


def table_of_curve(fits: pd.DataFrame) -> pd.DataFrame:
    """Lay out the learning curve: fraction, n_train, model, mean, lower, upper; empty where there is one size."""
    if fits["fraction"].nunique() < 2:
        return pd.DataFrame()
    table = summarise(fits, by=["model", "fraction"]).rename(columns={"train_samples": "n_train"})
    return table[["fraction", "n_train", "model", "mean", "lower", "upper"]]


def verdict_in_words(largest: pd.DataFrame) -> tuple[str, Brief, tuple[str, ...], bool]:
    """Hold network and trees against the linear model, a sentence each, and all of them against chance.

    Returns:
        The sentences; the answer in brief; the models that are ahead of the linear one and above chance; and whether there
        is an interval for the linear one, and it is not shown to be above chance.
    """
    naive = against_naive(largest, by=("signal", "model")).set_index("model")
    at_chance = {one: bool(np.isfinite(row["lower"])) and above(row).verdict != HOLDS for one, row in naive.iterrows()}
    sentences, ahead, ahead_at_chance, causes = [], [], [], []
    seen, doubts = ["difference from the linear model"], []
    if at_chance[LINEAR]:
        row = naive.loc[LINEAR]
        reached = row["first_mean"] + np.array([0.0, row["lower"] - row["difference"], row["upper"] - row["difference"]])
        reached = "{:.2f} (95 % interval {:.2f} to {:.2f})".format(*reached.clip(0, 1))
        sentences.append(f"The linear model is not shown to be above chance: its balanced accuracy is {reached}.")
        doubts.append("the linear model is not shown to be above chance")
    for other in (one for one in (NETWORK, TREES) if one in set(largest["model"])):
        row = compare_models(largest, other, LINEAR, by=("signal",)).iloc[0]
        sentences.append(verdict(row))
        seen.append(f"{model_title(other)} {_with_bounds(row)}")
        if above(row).verdict == HOLDS:
            (ahead_at_chance if at_chance[other] else ahead).append(other)
            sentences += ["It is not shown to be above chance itself."] if at_chance[other] else []
        elif HOLDS not in (level(row).verdict, above(turned(row)).verdict):  # as its sentence has it
            causes.append(level(row).cause or above(row).cause)
    if NETWORK not in set(largest["model"]):
        doubts.append("the network was not compared, for want of time")
    if ahead_at_chance:
        doubts.append(f"ahead, but not shown to be above chance: {listed_models(ahead_at_chance)}")
    so, why = OPEN if causes else "not ahead", "; ".join(dict.fromkeys(causes))
    if ahead or ahead_at_chance:
        so, why = f"ahead: {listed_models(ahead)}" if ahead else "ahead, but not above chance", ""
    return " ".join(sentences), Brief(so, "\n".join(seen), why, tuple(doubts)), tuple(ahead), at_chance[LINEAR]


def leak_of(fits: pd.DataFrame) -> tuple[pd.DataFrame, str, Brief]:
    """Lay out both kinds of split (split, model, mean, lower, upper); say what samples let through, also in brief."""
    table = summarise(fits, by=["split", "model"])[["split", "model", "mean", "lower", "upper"]]
    inflation = compare_splits(fits, "sample", "group", by=("model",))
    row = inflation[inflation["model"] == LINEAR].iloc[0]
    size = difference(row["difference"])
    bounds = f" ({interval_of(row)})" if np.isfinite(row["lower"]) else f" ({row['note']})"
    seen = f"by samples less by groups, {model_phrase(LINEAR)}\n{_with_bounds(row)}"
    if np.isfinite(row["lower"]) and row["lower"] > 0:
        says = f"Split by single samples, the linear model's accuracy rises by {size}{bounds}: that much leaks."
        return table, says, Brief("a split by samples would leak", seen)
    says = f"Split by single samples instead of groups, the linear model's accuracy changes by {size}{bounds}."
    judged = level(row)
    return table, says, Brief("no leak seen" if judged.verdict == HOLDS else OPEN, seen, judged.cause)


def with_further(leak: pd.DataFrame, says: str, fits: pd.DataFrame, column: str) -> tuple[pd.DataFrame, str]:
    """Add what the linear model reaches with whole groups of one more column held out."""
    row = summarise(fits, by=["split", "model"])[["split", "model", "mean", "lower", "upper"]].assign(split=column)
    reached = f"With whole groups of {column} held out, the linear model reaches {row['mean'].iloc[0]:.2f}."
    return pd.concat([leak, row], ignore_index=True), f"{says} {reached}".strip()


def _with_bounds(row: Mapping[str, Any]) -> str:
    """Write a difference, with its interval where there is one."""
    bounds = f" ({interval(row['lower'], row['upper'], of=difference)})" if np.isfinite(row["lower"]) else ""
    return f"{difference(row['difference'])}{bounds}"


def errors_of(task: Task, predictions: pd.DataFrame) -> pd.DataFrame:
    """Find the samples that every model gets wrong: sample, label, and what each model predicts."""
    largest = predictions[predictions["fraction"] == predictions["fraction"].max()]
    wide = largest.pivot_table(index=["sample_id", "label"], columns="model", values="predicted", aggfunc="first")
    wide = wide.dropna().reset_index().rename(columns={"sample_id": "sample"})
    models = [name for name in wide if name not in ("sample", "label")]
    wrong = wide[models].ne(wide["label"], axis=0).all(axis=1)
    return wide[wrong].rename_axis(columns=None).reset_index(drop=True)
