"""From a row of a results table back to its run: everything that the store keeps of one unit, in one object.

As a program: ``python -m linear_signal.experiment.trace <results folder> <key>``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from linear_signal.errors import InputError, listed
from linear_signal.experiment.store import ResultsStore
from linear_signal.numbers import TIMES

TABLES = ("fits", "trials", "trial_folds", "epochs", "tuning_epochs", "predictions")

_RECORDED = ("data", "code", "device", "processor", "threads", "versions", "finished", "seconds")


@dataclass(frozen=True, eq=False, kw_only=True)
class Trace:
    """Everything that is kept of one unit; printing it shows the account that a reader wants first.

    Attributes:
        key: of the unit.
        archive: the file all of this was read from.
        settings: all that decides the unit's numbers: dataset and its fingerprint, task, classes, model, condition, seed,
            fold, protocol, version of the numerical code.
        data: where the samples came from: name, fingerprint, source, synthetic, notes, samples, genes.
        code: version, digest of the library's files, commit and whether the checkout was modified.
        device: "cpu" or the model of the GPU.
        processor: model of the processor.
        threads: of PyTorch and of each numerical library, and the cores it could use.
        versions: of Python and the libraries, of R and limma where they were used.
        finished: date and time (UTC).
        seconds: computing time.
        hyperparameters: learning rate and weight decay that all fits of the unit used.
        fits: one row per training fraction.
        trials: one row per setting tried; empty where nothing was tuned, as the next is then.
        trial_folds: one row per setting tried and inner fold, with the loss there.
        epochs: one row per training fraction and epoch; empty for models without epochs, as the next is then.
        tuning_epochs: one row per setting tried, inner fold and epoch.
        predictions: one row per training fraction and validation sample.
    """

    key: str
    archive: Path
    settings: dict[str, Any]
    data: dict[str, Any]
    code: dict[str, Any]
    device: str
    processor: str
    threads: dict[str, int]
    versions: dict[str, str]
    finished: str
    seconds: float
    hyperparameters: dict[str, float]
    fits: pd.DataFrame
    trials: pd.DataFrame
    trial_folds: pd.DataFrame
    epochs: pd.DataFrame
    tuning_epochs: pd.DataFrame
    predictions: pd.DataFrame

    def __str__(self) -> str:
        """Tell in a few lines what was computed, from what, with what, and what came out."""
        settings, data, code = self.settings, self.data, self.code
        modified = {True: ", with changes that are in no commit", False: "", "unknown": ", changes unknown"}[
            code["modified"]
        ]
        tried = f"chosen from {len(self.trials)} trials" if len(self.trials) else "nothing was tuned"
        lines = [
            ("Unit", self.key),
            ("Task", f"{settings['task']} ({', '.join(settings['classes'])})"),
            ("Model", f"{settings['model']}, condition {settings['condition']}"),
            ("Place", f"split {settings['protocol']['split']}, seed {settings['seed']}, fold {settings['fold']}"),
            ("Data", f"{data['name']}, {data['samples']:,} samples {TIMES} {data['genes']:,} genes, {data['source']}"),
            ("Fingerprint", data["fingerprint"]),
            ("Code", f"version {code['version']}, digest {code['digest']}, commit {code['commit']}{modified}"),
            ("Computed", f"{self.finished}, {self.seconds:g} s on {self.device} ({self.processor})"),
            ("Threads", _pairs(self.threads)),
            ("Versions", _pairs(self.versions)),
            ("Settings", f"{_pairs({name: f'{value:g}' for name, value in self.hyperparameters.items()})}; {tried}"),
            ("Archive", str(self.archive)),
        ]
        shown = ["fraction", "train_samples", "balanced_accuracy", "epochs", "best_epoch"]
        parts = ["\n".join(f"{name:<12}{text}" for name, text in lines), self.fits[shown].to_string(index=False)]
        if len(self.trials):
            parts.append(self.trials.to_string(index=False))
        return "\n\n".join(parts)


def trace(store: ResultsStore, row: str | Mapping[str, Any] | pd.Series) -> Trace:
    """Gather everything that is known of the unit behind a row.

    Args:
        store: where the unit lies.
        row: a row of any results table, or a key, or the beginning of one (four digits at least).

    Raises:
        InputError: the row has no key, the store does not have it, or its archive cannot be read.
    """
    if not isinstance(row, str):
        if not isinstance(row, Mapping | pd.Series) or not isinstance(row.get("key"), str):
            raise InputError(
                f"A row of a results table with its column 'key', or a key, is needed; got a {type(row).__name__}. "
                "One row of a table is table.iloc[0]."
            )
        row = row["key"]
    key = store.find(row)
    settings, result = store.read(key)
    run = result.run
    missing = [name for name in _RECORDED if name not in run]
    if missing:
        raise InputError(
            f"{store.path(key)} does not record {listed(missing)} of its run; it was written by something else."
        )
    first = result.fits.iloc[0]
    return Trace(
        key=key,
        archive=store.path(key),
        settings=settings,
        hyperparameters={name: float(first[name]) for name in ("learning_rate", "weight_decay")},
        **{name: getattr(result, name) for name in TABLES},
        **{name: run[name] for name in _RECORDED},
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the account of a unit, or one of its tables as CSV; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m linear_signal.experiment.trace", description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="results folder, such as book/results/numerics-3")
    parser.add_argument("key", help="key of the unit, or its first digits")
    parser.add_argument("--table", choices=TABLES, help="print this table as CSV instead")
    asked = parser.parse_args(arguments)
    try:
        found = trace(ResultsStore(asked.folder), asked.key)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    print(getattr(found, asked.table).to_csv(index=False) if asked.table else found, end="" if asked.table else "\n")
    return 0


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


if __name__ == "__main__":
    sys.exit(main())
