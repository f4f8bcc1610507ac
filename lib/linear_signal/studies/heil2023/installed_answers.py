"""What the chapter on installed data says: over all tasks, of each, and of a set whose labels are confounded with batches."""

from __future__ import annotations

from collections.abc import Sequence

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
from linear_signal.names import counted, ordered_signals, signal_phrase, signal_title
from linear_signal.numbers import MISSING, accuracy, share

# Models that can be had in place of a linear one; a probe sees one kind of signal alone.
FLEXIBLE = ("network", "trees")
_WORDS = {HOLDS: "yes", FAILS: "no", OPEN: "open", ABSENT: "not run"}
CANNOT = "cannot be judged"


def flexible_ahead(fits: pd.DataFrame) -> Claim:
    """Some network or tree model is ahead of every linear model."""
    return some_lead(fits, FLEXIBLE, "linear")


def rungs_of(fits: pd.DataFrame) -> list[str]:
    """List the ways in which signal was removed, the mildest first."""
    return [name for name in ordered_signals(fits["signal"]) if name != "full"]


def over_tasks(fits: pd.DataFrame) -> dict[str, str]:
    """Answer the questions over all tasks, by the names that the prose calls the answers.

    Args:
        fits: the results table, with every rung of removal that was run.

    Returns:
        ``answer_ahead``, ``answer_left`` and ``answer_few``, sentences.
    """
    tasks = list(dict.fromkeys(fits["task"]))
    judged = [task for task in tasks if not is_few(fits, task)]
    few = [task for task in tasks if task not in judged]
    ahead = [task for task in judged if ahead_in(fits, task).verdict == HOLDS]
    left = []
    for rung in rungs_of(fits):
        found = [task for task in judged if judge_signal(fits, task, removed=rung).non_linear.verdict == HOLDS]
        left.append(f"in {len(found)} {signal_phrase(rung)}{_named(found)}")
    rare = f"a label has fewer than {SMALLEST_GROUPS} samples"
    return {
        "answer_ahead": f"Of {counted(len(judged), 'task')} that can be judged, a network or trees are ahead of every linear "
        f"model, with full signal, in {len(ahead)}{_named(ahead)}.",
        "answer_left": f"Non-linear signal is left {', '.join(left)}." if left else "Nothing was removed in this run.",
        "answer_few": f"{upper_first(', '.join(few))}: {CANNOT}, for {rare}." if few else f"In no task {rare}.",
    }


def overview(fits: pd.DataFrame) -> pd.DataFrame:
    """Lay out what is known of every task as text: accuracies, whether flexible models are ahead, what is left where.

    Args:
        fits: as of :func:`over_tasks`.
    """
    rows = []
    for task in dict.fromkeys(fits["task"]):
        of_task = fits[fits["task"] == task]
        few = is_few(fits, task)
        row = {"Task": upper_first(task), "Rarest label": counted(int(of_task["smallest_class_groups"].min()), "sample")}
        row |= {"Linear, full signal": _best(of_task, "full", ["linear"]), "Networks, trees": _best(of_task, "full", FLEXIBLE)}
        row["Are these ahead?"] = CANNOT if few else _WORDS[ahead_in(fits, task).verdict]
        for rung in rungs_of(fits):
            best = _best(of_task, rung)
            judged = judge_signal(fits, task, removed=rung).non_linear.verdict
            row[f"Left: {signal_title(rung).lower()}"] = f"{CANNOT if few else _WORDS[judged]} ({best})"
        rows.append(row)
    return pd.DataFrame(rows)


def in_words(fits: pd.DataFrame) -> list[str]:
    """Say of every task in a sentence whether there is linear and non-linear signal once means are equal."""
    return [signal_verdict(fits, task) for task in dict.fromkeys(fits["task"])]


def ahead_in(fits: pd.DataFrame, task: str) -> Judgement:
    """Judge whether a network or trees are ahead of every linear model in a task, with full signal, at its largest size."""
    chosen = fits[(fits["task"] == task) & (fits["signal"] == "full") & (fits["fraction"] == fits["fraction"].max())]
    return flexible_ahead(chosen.dropna(subset=["balanced_accuracy"])).judgement


def is_few(fits: pd.DataFrame, task: str) -> bool:
    """Whether a label of a task has too few groups for any interval to be believed."""
    return bool((fits.loc[fits["task"] == task, "smallest_class_groups"] < SMALLEST_GROUPS).any())


def _best(fits: pd.DataFrame, signal: str, families: Sequence[str] = ()) -> str:
    """Write the highest mean of some families, or of all but the linear one, and whose it is."""
    family = fits["model"].map(model_family)
    chosen = fits[(fits["signal"] == signal) & (family.isin(families) if families else family != "linear")]
    means = chosen[chosen["fraction"] == fits["fraction"].max()].groupby("model")["balanced_accuracy"].mean().dropna()
    return f"{accuracy(means.max())}, {model_short(means.idxmax())}" if len(means) else MISSING


def _named(tasks: Sequence[str]) -> str:
    return f" ({', '.join(tasks)})" if tasks else ""


def batches_of(dataset: Dataset, fact: str, *, batch: str = "batch", labels: Sequence[str] = ()) -> Confounding:
    """Count a fact of the samples by batch, of those with one of ``labels`` alone where these are given."""
    kept = dataset.samples[dataset.samples[fact].isin(labels)] if labels else dataset.samples
    return confounding(kept[fact].to_numpy(str), kept[batch].to_numpy(str))


def batch_answers(told: Confounding) -> dict[str, str]:
    """Say what two labels that go with batches leave to compare, by the names that the prose calls it.

    Returns:
        ``batch_v``, ``batch_told``, ``batch_informative``, ``batch_fewest`` and ``batch_groups``, numbers; and
        ``batch_verdict``, which is none.
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
        "batch_verdict": f"{first} against {second.lower()} {CANNOT}: whole batches have to be held out, the rarer label comes "
        f"from {counted(told.fewest_batches, 'batch').replace('batchs', 'batches')}, and intervals are believed from "
        f"{SMALLEST_GROUPS} on.",
    }
