"""The table of a run on its page: data, counts, device, code, versions, and the key of every unit behind the page."""

from __future__ import annotations

import html
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from IPython.display import HTML, display

from linear_signal.book.figure import as_csv, as_data
from linear_signal.book.parameter_types import as_yaml
from linear_signal.book.parameters import Parameters
from linear_signal.book.paths import project_root, relative_to_root
from linear_signal.data.dataset import Dataset
from linear_signal.data.source import Source
from linear_signal.experiment.plan import Plan
from linear_signal.experiment.provenance import UNKNOWN, code_version, versions
from linear_signal.experiment.run import Results
from linear_signal.experiment.store import ResultsStore
from linear_signal.names import counted

_SHOWN = 20  # units of a kind


def show_run(parameters: Parameters, datasets: Sequence[Dataset | Source], results: Sequence[Results]) -> None:
    """Show what this run was: data, counts, device, code, versions, time, changed parameters, and the key of every unit."""
    units = sum(len(one.plan.units) for one in results)
    reused = sum(one.n_reused for one in results)
    computed_in = sum(one.main.drop_duplicates("key")["seconds"].sum() for one in results)
    kinds = _kinds(results)
    rows = [
        (
            "Data",
            "; ".join(f"{one.name}, {'synthetic' if one.synthetic else 'real'}: {one.summary}" for one in datasets),
        ),
        ("Plan", " ".join(one.plan.summary() for one in results)),
        *(
            [("From the store", f"{reused:,} of {units:,} units, from an earlier run with the same settings")]
            if reused
            else []
        ),
        *(fact for plan, table in kinds for fact in plan.facts(table)),
        ("Device", ", ".join(sorted({device for one in results for device in one.main["device"].unique()}))),
        ("Computing time", f"{computed_in:,.0f} s over all units, whenever computed"),
        ("Code", _code()),
        ("Versions", ", ".join(f"{name} {version}" for name, version in versions().items())),
        ("Changed parameters", _listed(parameters.changed) or "none: these are the chapter's defaults"),
    ]
    table = "".join(f"<tr><th>{name}</th><td>{html.escape(text)}</td></tr>" for name, text in rows)
    display(
        HTML(
            f'<details class="run"><summary>Data, device, code, versions and changed parameters of {counted(units, "unit")}'
            f'</summary><div class="table-scroll"><table class="this-run">{table}</table></div></details>'
            f"{_units(kinds, results[0].store)}"
        )
    )


def show_command(parameters: Parameters, chapter: str) -> None:
    """Show the command that makes this very page again, with every parameter that was changed."""
    display(HTML(f"<pre>{html.escape(command_of(chapter, parameters.changed))}</pre>"))


def command_of(chapter: str, changed: Mapping[str, Any]) -> str:
    """Write the command that runs a chapter with some parameters changed, one a line."""
    command = f"papermill notebooks/{chapter}.py out.ipynb"
    for name, value in changed.items():
        command += f" \\\n    -y {shlex.quote(as_yaml(name, value))}"
    return command


def _kinds(results: Sequence[Results]) -> list[tuple[Plan, pd.DataFrame]]:
    """Put the main tables of plans of one kind below one another, each with a plan that knows what they mean."""
    kinds = {type(one.plan): one.plan for one in results}
    return [
        (plan, pd.concat([one.main for one in results if type(one.plan) is kind], ignore_index=True))
        for kind, plan in kinds.items()
    ]


def _code() -> str:
    code = code_version()
    modified = {True: ", with uncommitted changes", False: "", UNKNOWN: ""}[code["modified"]]
    return f"linear_signal {code['version']}, digest {code['digest']}, commit {code['commit']}{modified}"


def _units(kinds: Sequence[tuple[Plan, pd.DataFrame]], store: ResultsStore) -> str:
    """List every unit with its result and its key: the way from a number to its run."""
    tables = [plan.listed(table) for plan, table in kinds]
    folder, key = relative_to_root(store.folder, project_root()), tables[0].iloc[0, -1]
    command = html.escape(f"python -m linear_signal.experiment.trace {shlex.quote(folder)} {key}")
    # Thousands of rows make a page heavy that few want to read: the first stand in it, all of them go along as a file.
    texts = [table.head(_SHOWN).to_html(index=False, border=0, classes="dataframe", justify="left") for table in tables]
    links = " · ".join(f'<a class="take" href="{as_data("text/csv", as_csv(table))}" download>CSV</a>' for table in tables)
    how_many = counted(sum(map(len, tables)), "unit")
    return (
        f'<details class="units"><summary>{how_many} behind this page, each with its key</summary>'
        f"<p>A key leads to everything that is known of its unit:</p><pre>{command}</pre>"
        f'<p>All of them: <span class="takes" data-name="units">{links}</span>. The first:</p>'
        f'{"".join(f"""<div class="table-scroll">{text}</div>""" for text in texts)}</details>'
    )


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())
