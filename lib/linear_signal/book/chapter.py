"""What every chapter does alike: protocol and store from its parameters, the table of the run, figures, glued numbers."""

from __future__ import annotations

import html
import json
import math
import shlex
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from IPython.display import HTML, display

from linear_signal.book.parameters import Parameters
from linear_signal.book.paths import project_root, relative_to_root
from linear_signal.crossvalidation.design import Protocol
from linear_signal.crossvalidation.model_folder import ModelFolder
from linear_signal.data.dataset import Dataset
from linear_signal.experiment.execution import check_execution
from linear_signal.experiment.provenance import UNKNOWN, code_version, versions
from linear_signal.experiment.run import Results
from linear_signal.experiment.store import ResultsStore
from linear_signal.experiment.tracking import Tracker
from linear_signal.figures.style import IN_PART, Synthetic, drawn_small, synthetic_of
from linear_signal.models import check_model, check_packages
from linear_signal.models.titles import model_title
from linear_signal.names import condition_title
from linear_signal.numbers import TIMES, accuracy, interval
from linear_signal.software import NUMERICS_VERSION
from linear_signal.studies.heil2023.penalties import check_penalties
from linear_signal.training.saved_models import check_can_be_saved
from linear_signal.training.settings import TrainingSettings

if TYPE_CHECKING:
    from plotnine import ggplot


def protocol_of(parameters: Parameters, **fixed: Any) -> Protocol:
    """Build the protocol from a chapter's flat parameters (``params/README.md`` explains each).

    Args:
        parameters: of the chapter; what it has no parameter for takes the protocol's default.
        fixed: what the chapter decides itself, whatever its parameters say.
    """
    values = parameters.as_dict() | fixed
    training = {each.name: values[each.name] for each in fields(TrainingSettings) if each.name in values}
    values |= {"training": TrainingSettings(**training)}
    settings = {each.name: values[each.name] for each in fields(Protocol) if each.name in values}
    return Protocol(**{name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()})


def check_settings(parameters: Parameters, **fixed: Any) -> None:
    """Find what is wrong with models, protocol, execution and the folder for models before data are read or fetched.

    Args:
        parameters: of the chapter.
        fixed: as for :func:`protocol_of`.
    """
    protocol_of(parameters, **fixed)
    check_execution(parameters.execution, device=parameters.device, workers=parameters.workers)
    check_packages(allow_models_of(parameters))
    for model in parameters.models:
        found = check_model(model, allow_models_of(parameters))
        if parameters.save_models:
            check_can_be_saved(model, found)
    if parameters.save_models:
        ModelFolder(parameters.save_models)
    if "penalties" in parameters.as_dict():
        check_penalties(parameters.penalties)


def allow_models_of(parameters: Parameters) -> tuple[str, ...]:
    """Return the packages that models may be imported from beside scikit-learn; a chapter without classifiers has none."""
    return tuple(parameters.as_dict().get("allow_models", ()))


def store_of(parameters: Parameters) -> ResultsStore:
    """Open the results folder; left empty it is the book's own, one per version of the numerical code."""
    folder = parameters.results_folder or project_root() / "book" / "results" / f"numerics-{NUMERICS_VERSION}"
    return ResultsStore(Path(folder).expanduser())


def tracker_of(parameters: Parameters, chapter: str) -> Tracker | None:
    """Connect to the tracker that the parameter ``tracking`` names; None where it is empty."""
    return Tracker(parameters.tracking, experiment=chapter) if parameters.tracking else None


def glue(**numbers: Any) -> None:
    """Keep numbers of this run under a name, for the prose of the page: ``{glue:text}`name```.

    Accuracies and differences are written by :mod:`linear_signal.numbers` before they are kept.
    """
    from myst_nb import glue as glue_one

    for name, number in numbers.items():
        glue_one(name, number.item() if hasattr(number, "item") else number, display=False)


def show(plot: ggplot, *, alt: str) -> None:
    """Show a figure on the page; ``alt`` is what a screen reader says instead."""
    kind, content = drawn_small(plot)
    source = f"data:{kind};base64,{b64encode(content).decode()}"
    image = f'<img src="{source}" alt="{html.escape(alt, quote=True)}">'
    display(HTML(f'<div class="figure-scroll">{image}</div>'))


def show_accuracies(summary: pd.DataFrame) -> None:
    """Show mean balanced accuracies with their intervals as a table; ``summary`` comes from ``summarise``."""
    table = pd.DataFrame(
        {
            "Task": summary["task"],
            "Condition": summary["condition"].map(condition_title),
            "Model": summary["model"].map(model_title),
            "Runs": summary["n_runs"],
            "Balanced accuracy": summary["mean"].map(accuracy),
            "95 % interval": [
                f"none: {note.removesuffix(': no interval')}" if math.isnan(lower) else interval(lower, upper)
                for lower, upper, note in zip(summary["lower"], summary["upper"], summary["note"], strict=True)
            ],
        }
    )
    text = table.to_html(index=False, border=0, classes="dataframe accuracies", justify="left")
    display(HTML(f'<div class="table-scroll">{text}</div>'))


def origin(datasets: Sequence[Dataset]) -> HTML:
    """Say where the numbers of a page come from and whether they are synthetic; glued at the top of the page."""
    kind = synthetic_of(dataset.synthetic for dataset in datasets)
    words = {True: "Synthetic: ", False: "Real: "} if kind == IN_PART else {True: "", False: ""}
    lines = [f"{words[dataset.synthetic]}{html.escape(dataset.source)}." for dataset in datasets]
    notes = dict.fromkeys(html.escape(note) for dataset in datasets for note in dataset.notes)
    if notes:
        listed = "".join(f"<li>{note}</li>" for note in notes)
        lines.append(f"<details><summary>What was read, dropped and cleaned</summary><ul>{listed}</ul></details>")
    return origin_banner(kind, lines)


def origin_banner(synthetic: Synthetic, lines: Sequence[str]) -> HTML:
    """Say at the top of a page whether its data are synthetic, all or in part, and then the ``lines`` (HTML)."""
    titles = {
        True: "Synthetic data: nothing on this page was measured on people.",
        IN_PART: "Synthetic data, in part.",
        False: "Real data.",
    }
    look = "synthetic" if synthetic else "real"
    return HTML(f'<div class="origin {look}"><strong>{titles[synthetic]}</strong> {" ".join(lines)}</div>')


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
            "Condition": fits["condition"].map(condition_title),
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
