"""Which kind of signal is left: the ladder of removal as tables, and what each rung takes away on the same folds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from linear_signal.analysis.comparison import against_naive, compare_signals
from linear_signal.analysis.rules import FAILS, HOLDS, Judgement, above, level
from linear_signal.analysis.signal import Signal, judge_signal
from linear_signal.data.removal_ladder import LADDER, RUNGS, WITHOUT_TRACES
from linear_signal.models.titles import model_family, model_short, ordered_models
from linear_signal.numbers import accuracy, difference, interval

# The ladder with what stands beside its second rung: equal means without the traces that removal leaves.
ALL_RUNGS = (*LADDER[:2], WITHOUT_TRACES, *LADDER[2:])
# What each rung makes equal that the one above it does not, inside a sentence.
MADE_EQUAL = dict(zip(LADDER[1:], ("means", "spreads", "distributions of single genes", "covariances"), strict=True))
# What a probe sees, by its model; all others may see anything.
SEES = {"squared_logistic": "spreads of genes", "pair_products": "pairs of genes"}
_LINEAR = "means of genes"
_NOTHING, _OPEN = "nothing that these models see", "cannot be said"


@dataclass(frozen=True, eq=False, kw_only=True)
class Kind:
    """What the ladder says of one task.

    Attributes:
        task: its name.
        rungs: what was judged, by rung from equal means down (:func:`~linear_signal.analysis.signal.judge_signal`).
        survived: rungs, from equal means down, on which there is non-linear signal; it ends where there is none, or where
            that is open.
        ended_by: the rung after these; empty where the signal survives them all.
    """

    task: str
    rungs: dict[str, Signal]
    survived: tuple[str, ...]
    ended_by: str

    @property
    def end(self) -> Judgement:
        """Whether there is non-linear signal on the rung that ended it, or on the last one."""
        return self.rungs[self.ended_by or self.survived[-1]].non_linear


def on_ladder(fits: pd.DataFrame) -> list[str]:
    """List the rungs that a results table has, from the top down."""
    return [rung for rung in LADDER if rung in set(fits["signal"])]


def kind_of_signal(fits: pd.DataFrame, task: str) -> Kind:
    """Judge, rung by rung, whether there is non-linear signal, and find where it ends.

    Args:
        fits: the results table, with the rungs as signals.
        task: the task asked about.

    Raises:
        InputError: an unknown task.
    """
    below = [rung for rung in on_ladder(fits) if rung != "full"]
    rungs = {rung: judge_signal(fits, task, removed=rung) for rung in below}
    holds = [rungs[rung].non_linear.verdict == HOLDS for rung in below]
    n = holds.index(False) if False in holds else len(below)
    return Kind(task=task, rungs=rungs, survived=tuple(below[:n]), ended_by=below[n] if n < len(below) else "")


def ladder_table(fits: pd.DataFrame) -> pd.DataFrame:
    """Lay out the ladder: one row per task, rung and model, at the largest training set.

    Args:
        fits: the results table, with some of :data:`ALL_RUNGS` as signals.

    Returns:
        task, rung, model, n_runs, n_seeds, balanced_accuracy, lower, upper (missing where there is no interval), chance,
        verdict ("above", "level", "below" or "open", by the rule book).
    """
    found = against_naive(fits[fits["signal"].isin(ALL_RUNGS)])
    rows = [
        {
            "task": row["task"],
            "rung": row["signal"],
            "model": row["model"],
            "n_runs": row["n_pairs"],
            "n_seeds": row["n_seeds"],
            "balanced_accuracy": row["first_mean"],
            "lower": row["lower"] + row["second_mean"],
            "upper": row["upper"] + row["second_mean"],
            "chance": row["second_mean"],
            "verdict": _verdict(row),
        }
        for row in found.to_dict("records")
    ]
    return _in_order(pd.DataFrame(rows))


def steps_table(fits: pd.DataFrame) -> pd.DataFrame:
    """Compare every rung with the one above it, on the same folds: what making one more thing equal takes away.

    Returns:
        task, rung, above (the rung above it), model, n_runs, difference (negative: lost), lower, upper, adjusted_for: the
        intervals of all models of a step hold at once.
    """
    tables, rungs = [], on_ladder(fits)
    for task in dict.fromkeys(fits["task"]):
        of_task = fits[fits["task"] == task]
        for upper, lower in pairwise(rungs):
            step = compare_signals(of_task, lower, upper, together=True)
            tables.append(step[step["n_pairs"] > 0].assign(rung=lower, above=upper))
    if not tables:
        return pd.DataFrame()
    columns = ["task", "rung", "above", "model", "n_runs", "difference", "lower", "upper", "adjusted_for"]
    return _in_order(pd.concat(tables, ignore_index=True).rename(columns={"n_pairs": "n_runs"})[columns])


def argument(ladder: pd.DataFrame) -> pd.DataFrame:
    """Write the ladder of one task as a table that reads as an argument: rungs down, models across, what still tells.

    Args:
        ladder: rows of one task from :func:`ladder_table`.

    Returns:
        Text: the rung, what still tells the classes apart as far as the probes say, and a column per model with its balanced
        accuracy and interval ("=" where it is level with chance, "?" where that is open).
    """
    models = ordered_models(ladder["model"])
    rows = []
    for rung in [rung for rung in LADDER if rung in set(ladder["rung"])]:
        cells = ladder[ladder["rung"] == rung].set_index("model").to_dict("index")
        row = {"Rung": RUNGS[rung].title, "What still tells classes apart": told_by(cells)}
        rows.append(row | {model_short(model): _cell(cells[model]) if model in cells else "" for model in models})
    return pd.DataFrame(rows)


def told_by(cells: dict[str, dict[str, object]]) -> str:
    """Say what tells the classes apart on a rung: what the probes see that are above chance.

    Args:
        cells: by model, rows of :func:`ladder_table` of one task and rung.
    """
    ahead = [model for model in ordered_models(cells) if cells[model]["verdict"] == "above"]
    if not ahead:
        return _NOTHING if all(cell["verdict"] in ("level", "below") for cell in cells.values()) else _OPEN
    seen = dict.fromkeys(SEES.get(model, _LINEAR if model_family(model) == "linear" else "") for model in ahead)
    named = [what for what in seen if what]
    free = [model_short(model) for model in ahead if not SEES.get(model) and model_family(model) != "linear"]
    return ", ".join(named) or f"what only these see: {', '.join(free)}"


def losses(steps: pd.DataFrame) -> pd.DataFrame:
    """Write what every rung takes away from every model of one task, as text with intervals."""
    models = ordered_models(steps["model"])
    rows = []
    for rung in [rung for rung in LADDER if rung in set(steps["rung"])]:
        cells = steps[steps["rung"] == rung].set_index("model").to_dict("index")
        written = {
            model_short(model): f"{difference(cells[model]['difference'])} ({_bounds(cells[model])})"
            for model in models
            if model in cells
        }
        rows.append({"Equal as well": MADE_EQUAL[rung]} | written)
    return pd.DataFrame(rows).fillna("")


def best_on(fits: pd.DataFrame, task: str, rung: str) -> str:
    """Name the model with the highest mean on a rung among those that may see anything: neither linear nor a probe.

    Empty where none was run.
    """
    chosen = fits[(fits["task"] == task) & (fits["signal"] == rung) & (fits["fraction"] == fits["fraction"].max())]
    chosen = chosen[~chosen["model"].map(model_family).isin(["linear", "probe"])]
    means = chosen.groupby("model")["balanced_accuracy"].mean().dropna()
    return str(means.idxmax()) if len(means) else ""


def _verdict(row: dict[str, object]) -> str:
    # The words for readers differ from those of the rule book: a row is about one model, not about a claim.
    if level(row).verdict == HOLDS:
        return "level"
    if above(row).verdict == HOLDS:
        return "above"
    return "below" if level(row).verdict == FAILS and row["difference"] < 0 else "open"


def _cell(cell: dict[str, object]) -> str:
    mark = {"level": " =", "open": " ?"}.get(cell["verdict"], "")
    return f"{accuracy(cell['balanced_accuracy'])}{mark} ({interval(cell['lower'], cell['upper'])})"


def _bounds(cell: dict[str, object]) -> str:
    return interval(cell["lower"], cell["upper"], of=difference)


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Sort rows of every task by rung, from the top down, and by model."""
    models = ordered_models(table["model"])
    keys = {"rung": ALL_RUNGS.index, "model": models.index, "task": list(dict.fromkeys(table["task"])).index}
    order = table.sort_values(["task", "rung", "model"], key=lambda column: column.map(keys[column.name]), kind="stable")
    return order.reset_index(drop=True)
