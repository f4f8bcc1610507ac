"""What the chapter on installed data says: over all tasks, of each, and of labels that are confounded with batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from linear_signal.analysis.claims import Claim, some_lead
from linear_signal.analysis.confounding import Confounding, confounding
from linear_signal.analysis.intervals import SMALLEST_GROUPS
from linear_signal.analysis.rules import ABSENT, FAILS, FEW_GROUPS, HOLDS, OPEN, Judgement
from linear_signal.analysis.signal import judge_signal
from linear_signal.analysis.signal_verdict import signal_verdict
from linear_signal.analysis.verdict import upper_first
from linear_signal.data.dataset import Dataset
from linear_signal.models.titles import model_family, model_short
from linear_signal.names import counted, signal_phrase, signal_title
from linear_signal.numbers import MISSING, accuracy, share
from linear_signal.studies.heil2023.kinds import ALL_RUNGS

# Models that can be had in place of a linear one; a probe sees one kind of signal alone.
FLEXIBLE = ("network", "trees")
_WORDS = {HOLDS: "yes", FAILS: "no", OPEN: "open", ABSENT: "not run"}
CANNOT = "cannot be judged"


def flexible_ahead(fits: pd.DataFrame) -> Claim:
    """Some network or tree model is ahead of every linear model."""
    return some_lead(fits, FLEXIBLE, "linear")


def judgements(fits: pd.DataFrame) -> pd.DataFrame:
    """Judge every task: whether flexible models are ahead, and on every rung of removal that was run what is left.

    Args:
        fits: the results table; its largest training set counts.

    Returns:
        One row per task and signal: dataset, task, signal; linear and best, the highest mean of linear and of other models
        (with full signal of networks and trees alone), and best_model; verdict and cause, with full signal of "flexible
        models are ahead", on a rung of "there is non-linear signal"; smallest_class_groups.
    """
    fits = fits[fits["fraction"] == fits["fraction"].max()].dropna(subset=["balanced_accuracy"])
    rows = []
    for (task, signal), part in fits.groupby(["task", "signal"], sort=False):
        is_full = signal == "full"
        judged = flexible_ahead(part).judgement if is_full else judge_signal(fits, task, removed=signal).non_linear
        groups = int(part["smallest_class_groups"].min())
        if groups < SMALLEST_GROUPS:
            judged = Judgement(OPEN, FEW_GROUPS)
        family = part["model"].map(model_family)
        others = part[family.isin(FLEXIBLE) if is_full else family != "linear"]
        means = others.groupby("model")["balanced_accuracy"].mean()
        rows.append(
            {"dataset": part["dataset"].iloc[0], "task": task, "signal": signal}
            | {"linear": part[family == "linear"].groupby("model")["balanced_accuracy"].mean().max()}
            | {"best": means.max(), "best_model": means.idxmax() if len(means) else ""}
            | {"verdict": judged.verdict, "cause": judged.cause, "smallest_class_groups": groups}
        )
    return pd.DataFrame(rows)


def over_tasks(judged: pd.DataFrame) -> dict[str, str]:
    """Answer the questions over all tasks, by the names that the prose calls the answers.

    Args:
        judged: of :func:`judgements`.

    Returns:
        ``answer_ahead``, ``answer_left`` and ``answer_few``, sentences.
    """
    few = list(dict.fromkeys(judged.loc[judged["cause"] == FEW_GROUPS, "task"]))
    rest = judged[judged["cause"] != FEW_GROUPS]
    full = rest[rest["signal"] == "full"]
    rungs = [name for name in ALL_RUNGS[1:] if name in set(rest["signal"])]
    left = [f"{upper_first(signal_phrase(rung))}: {_counted(rest[rest['signal'] == rung])}." for rung in rungs]
    rare = f"a label has fewer than {SMALLEST_GROUPS} samples"
    return {
        "answer_ahead": f"With full signal, are networks or trees ahead of the linear model? {upper_first(_counted(full))}.",
        "answer_left": f"Is non-linear signal left? {' '.join(left)}" if left else "Nothing was removed.",
        "answer_few": f"{upper_first(', '.join(few))}: {CANNOT}, for {rare}." if few else f"In no task {rare}.",
    }


def full_table(judged: pd.DataFrame) -> pd.DataFrame:
    """Lay out, as text, what linear and flexible models reach with full signal, a row a task; ``judged`` as above."""
    full = judged[judged["signal"] == "full"]
    return pd.DataFrame(
        {
            "Task": full["task"].map(upper_first),
            "Rarest label": [counted(number, "sample") for number in full["smallest_class_groups"]],
            "Best linear model": full["linear"].map(accuracy),
            "Best network or trees": [_reached(row) for row in full.to_dict("records")],
            "Are these ahead?": [_verdict(row) for row in full.to_dict("records")],
        }
    )


def left_table(judged: pd.DataFrame) -> pd.DataFrame:
    """Lay out, as text, whether non-linear signal is left, a row a task and a column a rung; ``judged`` as above.

    Rungs that a task was not asked on are dashes.
    """
    rows = []
    for task, part in judged[judged["signal"] != "full"].groupby("task", sort=False):
        of_signal = part.set_index("signal").to_dict("index")
        row = {"Task": upper_first(task)}
        for signal in [name for name in ALL_RUNGS if name in of_signal]:
            row[signal_title(signal)] = f"{_verdict(of_signal[signal])}: {_reached(of_signal[signal])}"
        rows.append(row)
    return pd.DataFrame(rows).fillna(MISSING)


def in_words(fits: pd.DataFrame) -> list[str]:
    """Say of every task in a sentence whether there is linear signal, and non-linear signal once means are equal."""
    return [signal_verdict(fits, task) for task in dict.fromkeys(fits["task"])]


def _counted(rows: pd.DataFrame) -> str:
    """Say for how many tasks, and which, something is so, is not so, and is open."""
    parts = []
    for verdict, word in _WORDS.items():
        tasks = rows.loc[rows["verdict"] == verdict, "task"].tolist()
        parts += [f"{word} in {len(tasks)} ({', '.join(tasks)})"] if tasks else []
    return ", ".join(parts) or "no task was judged"


def _verdict(row: Mapping[str, Any]) -> str:
    if row["cause"] == FEW_GROUPS:
        return CANNOT
    return f"{_WORDS[row['verdict']]} ({row['cause']})" if row["verdict"] == OPEN else _WORDS[row["verdict"]]


def _reached(row: Mapping[str, Any]) -> str:
    return f"{accuracy(row['best'])}, {model_short(row['best_model'])}" if row["best_model"] else MISSING


def batches_of(dataset: Dataset, fact: str, *, batch: str = "batch", labels: Sequence[str] = ()) -> Confounding:
    """Count a fact of the samples by batch, of those with one of ``labels`` alone where these are given."""
    kept = dataset.samples[dataset.samples[fact].isin(labels)] if labels else dataset.samples
    return confounding(kept[fact].to_numpy(str), kept[batch].to_numpy(str))


def batch_answers(told: Confounding) -> dict[str, str]:
    """Say what two labels that go with batches leave to compare, by the names that the prose calls it.

    Returns:
        ``batch_v``, ``batch_alone``, ``batch_told``, ``batch_informative`` and ``batch_fewest``, parts of sentences; and
        ``batch_verdict``, which says why there is none.
    """
    first, second = told.counts.index
    alone = [
        f"batch {batch} is all {told.counts.index[column > 0][0].lower()}"
        for batch, column in ((name, told.counts[name].to_numpy()) for name in told.counts)
        if (column > 0).sum() == 1
    ]
    n_samples = int(told.counts.to_numpy().sum())
    return {
        "batch_v": f"{told.cramers_v:.2f}",
        "batch_alone": ", ".join(alone),
        "batch_told": share(told.told_by_batch),
        "batch_informative": f"{told.n_informative} of {n_samples}",
        "batch_fewest": str(told.fewest),
        "batch_verdict": f"{first} against {second.lower()} {CANNOT}: whole batches have to be held out, the rarer label "
        f"has {told.fewest_batches} of them, and intervals are believed from {SMALLEST_GROUPS} on.",
    }
