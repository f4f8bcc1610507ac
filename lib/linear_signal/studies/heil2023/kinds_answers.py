"""What chapter 25 says in words: on which rung the non-linear signal ends, and how much each rung takes away."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from linear_signal.analysis.rules import BELOW_RESOLUTION, FAILS
from linear_signal.analysis.training_state import training_warnings
from linear_signal.analysis.verdict import rests_on, upper_first
from linear_signal.models.titles import model_phrase
from linear_signal.numbers import accuracy, chance, difference, interval
from linear_signal.studies.heil2023.kinds import MADE_EQUAL, Kind, best_on, kind_of_signal, steps_table
from linear_signal.studies.heil2023.shown import LEFT_OUT, NO_GENUINE, questions_on

# By whether the data of the page are synthetic.
CAVEATS = {
    True: "On the miniature this is so by construction: in some tissues whole groups of genes are switched up or down "
    "together, which leaves spreads, shapes and covariances, and little else. It shows that the ladder tells them apart.",
    False: "",
}


def kind_answers(questions: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Answer what kind of signal is left, for the mean of the pairs and for all tissues.

    Args:
        questions: fits by name of the question, the pairs first, of
            :func:`~linear_signal.studies.heil2023.shown.tissue_questions`.

    Returns:
        ``kind_pairs``, ``taken_pairs``, ``kind_all``, ``taken_all``: sentences.
    """
    said = {"kind_all": LEFT_OUT, "taken_all": ""}
    for place, (task, fits) in zip(("pairs", "all"), questions.items(), strict=False):
        said |= {f"kind_{place}": kind_sentence(fits, task), f"taken_{place}": taken_sentence(fits, task)}
    return said


def genuine_answers(tables: Mapping[str, pd.DataFrame]) -> str:
    """Answer the same for results tables measured on genuine data, by the title of the set; says so where there are none."""
    said = []
    for title, fits in tables.items():
        pairs = [task for task in dict.fromkeys(fits["task"]) if " vs " in task]
        questions = questions_on(fits, pairs)
        said.append(f"{title}. {' '.join(kind_sentence(table, task) for task, table in questions.items())}")
    return " ".join(said) or NO_GENUINE


def repeated(genes: Mapping[str, pd.DataFrame], pairs: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Say how what was picked in one half of the donors did in the other: ``genes_repeated`` and ``pairs_repeated``."""
    found = {"genes_repeated": _repeated(genes, "log2_ratio", "genes", "the ratio of spreads (log2)")}
    return found | {"pairs_repeated": _repeated(pairs, "difference", "pairs", "the difference in correlation")}


def kind_sentence(fits: pd.DataFrame, task: str) -> str:
    """Say where on the ladder the non-linear signal of a task ends, and how well the best model does on every rung."""
    kind = kind_of_signal(fits, task)
    rungs = {rung: signal for rung, signal in kind.rungs.items() if len(signal.candidates)}
    if not rungs:
        return f"{upper_first(task)}: this run has no model that could see non-linear signal."
    best = {rung: signal.candidates.loc[signal.candidates["first_mean"].idxmax()] for rung, signal in rungs.items()}
    first = next(iter(best.values()))
    reached = ", ".join(
        f"{accuracy(row['first_mean'])} with equal {MADE_EQUAL[rung]} ({model_phrase(row['model'])})"
        for rung, row in best.items()
    )
    head = f"{upper_first(task)} (chance {chance(first['second_mean'])}, {rests_on(first)})"
    sentence = f"{head}: {_ended(kind)}. At best {reached}."
    warnings = training_warnings(fits[(fits["task"] == task) & (fits["fraction"] == fits["fraction"].max())])
    return f"{sentence} Of the training: {'; '.join(warnings)}." if warnings else sentence


def taken_sentence(fits: pd.DataFrame, task: str) -> str:
    """Say how much of what the best model has above chance with equal means each further rung takes, on the same folds."""
    best = best_on(fits, task, "removed")
    steps = steps_table(fits[fits["task"] == task]) if best else pd.DataFrame()
    steps = steps[(steps["model"] == best) & (steps["above"] != "full")] if len(steps) else steps
    if steps.empty:
        return ""
    reached = fits[(fits["task"] == task) & (fits["model"] == best) & (fits["fraction"] == fits["fraction"].max())]
    means = reached.groupby("signal")[["balanced_accuracy", "naive_accuracy"]].mean()
    beyond = means["balanced_accuracy"] - means["naive_accuracy"]
    taken = [f"equal {MADE_EQUAL[row['rung']]} take {_taken(row)}" for row in steps.to_dict("records")]
    adjusted, most = int(steps["adjusted_for"].max()), steps.loc[steps["difference"].idxmin()]
    holding = f", allowing for the choice among {adjusted} models" if adjusted > 1 else ""
    is_most = -most["difference"] > beyond["removed"] / 2 > 0
    summed_up = f" Most of it goes with {MADE_EQUAL[most['rung']]}." if is_most else ""
    return (
        f"Of {difference(beyond['removed'], signed=False)} above chance with equal means ({model_phrase(best)}), "
        f"{', '.join(taken)}; {difference(beyond[steps['rung'].iloc[-1]])} is left "
        f"(95 % intervals, paired over {int(steps['n_runs'].max())} folds{holding}).{summed_up}"
    )


def _ended(kind: Kind) -> str:
    *_, last = kind.rungs
    if not kind.ended_by:
        return f"there is non-linear signal on every rung, even with equal {MADE_EQUAL[last]}"
    what, end = MADE_EQUAL[kind.ended_by], kind.end
    if not kind.survived:
        if end.verdict == FAILS:
            return "there is no non-linear signal to explain"
        return f"whether there is non-linear signal at all cannot be said ({end.cause})"
    if end.verdict == FAILS:
        return f"what is left is gone once {what} are equal as well, and not before"
    survivor = MADE_EQUAL[kind.survived[-1]]
    if end.cause == BELOW_RESOLUTION:
        return f"what is left survives equal {survivor}, and hardly any of it equal {what} ({end.cause})"
    return f"what is left survives equal {survivor}; whether any is left with equal {what} cannot be said ({end.cause})"


def _taken(row: dict[str, object]) -> str:
    bounds = interval(-row["upper"], -row["lower"], of=difference)
    return f"{difference(-row['difference'])} ({bounds})"


def _repeated(tables: Mapping[str, pd.DataFrame], column: str, noun: str, what: str) -> str:
    table = pd.concat(tables.values()) if tables else pd.DataFrame()
    if table.empty:
        return "Halves of the donors of these data are too small to describe."
    same = int((table[column] * table["picked_at"] > 0).sum())
    picked, again = (table[name].abs().mean() for name in ("picked_at", column))
    return (
        f"Of {len(table)} {noun} picked, {same} differ in the same direction in the other half; there {what} is "
        f"{again:.2f} on average, where they were picked {picked:.2f}."
    )
