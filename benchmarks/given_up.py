"""What a night gives up against the paper's protocol, on genuine GTEx: python -m benchmarks.given_up FOLDER [--results R].

One option at a time, everything else as in the paper: networks on pairs of tissues with class means made equal, judged on
the same folds, so that differences are paired. FOLDER holds GTEx's expression (a GCT) and its table of samples, such as the
97 genes of the official file's first lines. A run that is stopped goes on where its results are.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from linear_signal.analysis.comparison import compare_models
from linear_signal.crossvalidation.design import Design
from linear_signal.crossvalidation.plan import make_plan
from linear_signal.data.gtex.source import open_gtex
from linear_signal.data.tasks import Task, make_task
from linear_signal.errors import InputError
from linear_signal.experiment.run import Results, run
from linear_signal.experiment.store import ResultsStore
from linear_signal.numbers import accuracy, difference, interval
from linear_signal.seeds import generator
from linear_signal.training.settings import TrainingSettings

PAIRS = {"Blood vs Brain": "easy", "Blood Vessel vs Skin": "hard"}
MODEL, SIGNAL = "three_layer", "removed"
PAPER = Design(fractions=(1.0,))
DONORS = 300  # of 948, so that all of it takes minutes


def _training(**options: int) -> dict[str, TrainingSettings]:
    return {"training": replace(PAPER.training, **options)}


NARROW = {"learning_rate_range": (1e-5, 0.01), "weight_decay_range": (1e-6, 0.01)}
NIGHT = {"n_trials": 8, "n_inner_folds": 1, **NARROW, **_training(max_epochs=15, batch_size=32)}
USUAL = {"learning_rate_range": (1e-4, 0.03), "weight_decay_range": (1e-6, 0.01)}
EVENING = {"n_trials": 4, "n_inner_folds": 1, **USUAL, **_training(max_epochs=30, batch_size=64)}
OPTIONS: dict[str, Design] = {
    "the paper's protocol": PAPER,
    "10 settings tried, not 25": replace(PAPER, n_trials=10),
    "4 settings tried, not 25": replace(PAPER, n_trials=4),
    "1 inner fold, not 4": replace(PAPER, n_inner_folds=1),
    "25 settings of rates 1e-5 to 0.01, decays 1e-6 to 0.01": replace(PAPER, **NARROW),
    "4 settings of rates 1e-5 to 0.01, decays 1e-6 to 0.01": replace(PAPER, n_trials=4, **NARROW),
    "batches of 32, not 16": replace(PAPER, **_training(batch_size=32)),
    "batches of 128, not 16": replace(PAPER, **_training(batch_size=128)),
    "15 epochs, not 50": replace(PAPER, **_training(max_epochs=15)),
    "a fifth of the training samples": replace(PAPER, fractions=(0.2,)),
    "all that a night gives up": replace(PAPER, **NIGHT),
    "all that an evening gives up": replace(PAPER, **EVENING),
}
FIRST = next(iter(OPTIONS))
# Successive halving (Jamieson & Talwalkar 2016): after so many epochs the better half of the settings goes on.
HALVINGS = (4, 8, 16)


def tasks_of(folder: Path, *, cache: Path) -> list[Task]:
    """Open the pairs of tissues of so many donors, values scaled as the paper did."""
    expression, attributes = (next(folder.glob(name), None) for name in ("GTEx_v8_gene*.gct*", "*Attributes*"))
    if not expression or not attributes:
        raise InputError(f"{folder} has no GTEx_v8_gene*.gct and *Attributes*; name the folder that has both.")
    files = {"expression_file": str(expression), "attributes_file": str(attributes)}
    whole = open_gtex("files", folder=cache, n_genes=1000, **files)
    donors = generator("given up", "donors").permutation(np.unique(whole.column("donor")))[:DONORS]
    some = whole.take(np.isin(whole.column("donor"), donors))
    return [make_task(some, name=pair, group="donor", labels=pair.split(" vs ")) for pair in PAIRS]


def halved(results: Results) -> pd.DataFrame:
    """What successive halving would have chosen: per task, shares of epochs run and of folds with the same choice.

    It looks at the mean loss on the tune samples that the inner folds recorded, so that nothing is trained anew.

    Returns:
        task, epochs (share of those without halving), same (share of folds), lost (inner balanced accuracy of what the
        protocol chose minus that of what halving chose, mean over the folds).
    """
    rows, recorded = [], results.from_store("tuning_epochs")
    for (task, fold), trials in results.trials.groupby(["task", "fold"], sort=False):
        epochs = recorded[(recorded["task"] == task) & (recorded["fold"] == fold)]
        losses = epochs.pivot_table(index="trial", columns="epoch", values="tune_loss").sort_index()
        # A setting that stopped early keeps its best loss.
        best = losses.ffill(axis=1).cummin(axis=1)
        left, spent = list(best.index), 0
        for after in HALVINGS:
            spent += int(epochs[epochs["trial"].isin(left) & epochs["epoch"].between(_before(after) + 1, after)].shape[0])
            column = best.columns[min(after, len(best.columns)) - 1]
            left = best.loc[left, column].nsmallest(-(-len(left) // 2)).index.tolist()
        spent += int(epochs[epochs["trial"].isin(left) & (epochs["epoch"] > HALVINGS[-1])].shape[0])
        of_trial = trials.set_index("trial")
        chosen, halving = of_trial.index[of_trial["chosen"]][0], of_trial.loc[left, "inner_loss"].idxmin()
        accuracies = of_trial["inner_balanced_accuracy"]
        lost = accuracies[chosen] - accuracies[halving]
        rows.append({"task": task, "epochs": spent / len(epochs), "same": chosen == halving, "lost": lost})
    return pd.DataFrame(rows).groupby("task", sort=False).mean().reset_index()


def _before(after: int) -> int:
    return max((one for one in HALVINGS if one < after), default=0)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of GTEx's files")
    parser.add_argument("--results", type=Path, default=Path("cache/given_up"), help="where finished units are kept")
    parser.add_argument("--only", nargs="*", choices=list(OPTIONS), help="these options, beside the paper's")
    asked = parser.parse_args()
    tasks, fits, store = tasks_of(asked.folder, cache=asked.results), [], ResultsStore(asked.results)
    shown: dict[str, float] = {}
    for task in tasks:
        print(f"{task.name}: {task.n_samples:,} samples of {len(np.unique(task.groups))} donors")
    for option, design in OPTIONS.items():
        if asked.only and option not in (FIRST, *asked.only):
            continue
        plan = make_plan(tasks, models=(MODEL,), signals=(SIGNAL,), seeds=(0,), design=design, keep_scores="none")
        results = run(plan, store=store, device="cpu", say=None)
        fits.append(results.fits.assign(model=option, fraction=1.0))
        shown[option] = float(sum((one["epochs"] * one["fit_samples"]).sum() for one in (results.fits, results.trial_folds)))
        if option == FIRST:
            print(
                f"\nsuccessive halving after {HALVINGS} epochs\n{halved(results).to_markdown(index=False, floatfmt='.3f')}"
            )
    table = pd.concat(fits, ignore_index=True)
    rows = []
    for option in dict.fromkeys(table["model"]):
        row = {"option": option, "samples shown": f"{shown[option] / shown[FIRST]:.3f}"}
        for task in PAIRS:
            of_task = table[table["task"] == task]
            if option == FIRST:
                row[task] = accuracy(of_task.loc[of_task["model"] == FIRST, "balanced_accuracy"].mean())
                continue
            (found,) = compare_models(of_task, option, FIRST).to_dict("records")
            bounds = interval(found["lower"], found["upper"], of=difference)
            row[task] = f"{difference(found['difference'])} ({bounds})"
        rows.append(row)
    print(f"\n{pd.DataFrame(rows).to_markdown(index=False)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
