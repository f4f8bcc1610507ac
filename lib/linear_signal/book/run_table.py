"""The table of a run on its page: data, counts, device, code, versions, and the key of every unit behind the page."""

from __future__ import annotations

import html
import json
import shlex
from collections.abc import Sequence
from typing import Any

import pandas as pd
from IPython.display import HTML, display

from linear_signal.book.display import seen_columns
from linear_signal.book.parameters import Parameters
from linear_signal.book.paths import project_root, relative_to_root
from linear_signal.data.dataset import Dataset
from linear_signal.experiment.provenance import UNKNOWN, code_version, versions
from linear_signal.experiment.run import Results
from linear_signal.models.titles import model_title
from linear_signal.numbers import TIMES, accuracy


def show_run(parameters: Parameters, datasets: Sequence[Dataset], results: Sequence[Results]) -> None:
    """Show what this run was: data, counts, device, code, versions, time, changed parameters, and the key of every unit."""
    units = sum(len(one.plan.units) for one in results)
    reused = sum(one.n_reused for one in results)
    computed_in = sum(one.fits.drop_duplicates("key")["seconds"].sum() for one in results)
    left_out = sum(int(one.fits["balanced_accuracy"].isna().sum()) for one in results)
    rows = [
        (
            "Data",
            "; ".join(
                f"{one.name}: {one.n_samples:,} samples {TIMES} {one.n_genes:,} genes "
                f"({'synthetic' if one.synthetic else 'real'}, fingerprint {one.fingerprint})"
                for one in datasets
            ),
        ),
        ("Plan", " ".join(one.plan.summary() for one in results)),
        ("From the store", f"{reused:,} of {units:,} units were computed by an earlier run with the same settings"),
        ("Left out", f"{left_out:,} fits with a single class in one of their sets"),
        ("Classes missing", _classes_missing(results)),
        ("Device", ", ".join(sorted({device for one in results for device in one.fits["device"].unique()}))),
        ("Computing time", f"{computed_in:,.0f} s over all units, whenever computed"),
        ("Code", _code()),
        ("Versions", ", ".join(f"{name} {version}" for name, version in versions().items())),
        ("Changed parameters", _listed(parameters.changed) or "none: these are the chapter's defaults"),
    ]
    table = "".join(f"<tr><th>{name}</th><td>{html.escape(text)}</td></tr>" for name, text in rows)
    display(HTML(f'<div class="table-scroll"><table class="this-run">{table}</table></div>{_units(results)}'))


def show_command(parameters: Parameters, chapter: str) -> None:
    """Show the command that makes this very page again, with every parameter that was changed."""
    command = f"papermill notebooks/{chapter}.py out.ipynb"
    for name, value in parameters.changed.items():
        command += f" \\\n    -y {shlex.quote(f'{name}: {json.dumps(value)}')}"
    display(HTML(f"<pre>{html.escape(command)}</pre>"))


def _classes_missing(results: Sequence[Results]) -> str:
    fits = pd.concat([one.fits for one in results], ignore_index=True)
    fits = fits[fits["balanced_accuracy"].notna()]
    counts = [int((fits[f"classes_missing_in_{part}"] > 0).sum()) for part in ("training", "validation")]
    return (
        f"in {counts[0]:,} of the {len(fits):,} fits made, the training samples lacked a class (whose samples are then all "
        f"wrong); in {counts[1]:,}, the validation fold did (the mean is over the classes it has)"
    )


def _code() -> str:
    code = code_version()
    modified = {True: ", with uncommitted changes", False: "", UNKNOWN: ""}[code["modified"]]
    return f"linear_signal {code['version']}, digest {code['digest']}, commit {code['commit']}{modified}"


def _units(results: Sequence[Results]) -> str:
    """List every unit with its result at the largest training set and its key: the way from a number to its run."""
    fits = pd.concat([one.fits for one in results], ignore_index=True)
    fits = fits[fits["fraction"] == fits.groupby("key")["fraction"].transform("max")]
    table = pd.DataFrame(
        {
            "Task": fits["task"],
            **seen_columns(fits),
            "Model": fits["model"].map(model_title),
            "Seed": fits["seed"],
            "Fold": fits["fold"],
            "Balanced accuracy": fits["balanced_accuracy"].map(accuracy),
            "Key": fits["key"],
        }
    )
    folder = relative_to_root(results[0].store.folder, project_root())
    command = html.escape(f"python -m linear_signal.experiment.trace {shlex.quote(folder)} {fits['key'].iloc[0]}")
    text = table.to_html(index=False, border=0, classes="dataframe", justify="left")
    return (
        f'<details class="units"><summary>The {len(table):,} units behind this page, each with its key</summary>'
        "<p>Balanced accuracies are those at the largest training set. A key leads to everything that is known of its unit: "
        f'</p><pre>{command}</pre><div class="table-scroll">{text}</div></details>'
    )


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())
