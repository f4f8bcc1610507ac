"""The command ``python -m linear_signal assess``, its exit codes, and the command or call that makes a page again."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from linear_signal.errors import InputError

ANSWERED, REFUSED, CANNOT_BE_ASSESSED = 0, 2, 3
"""Exit codes; 1 is for whatever should not happen."""
_DEFAULTS = {"groups": [], "covariates": [], "minutes": 3.0, "layer": "", "orientation": "auto", "scaling": "auto"}


def main(arguments: Sequence[str]) -> int:
    """Assess data from a shell, write page and tables, print the answer, and return the exit code."""
    from linear_signal.studies.own_data.several_labels import assess_each

    options = _parser().parse_args(arguments)
    try:
        _check_writable(Path(options.output or "."))
        each = assess_each(
            options.expression,
            options.labels,
            options.group,
            label=options.label,
            covariates=options.covariate,
            minutes=options.minutes,
            layer=options.layer,
            orientation=options.orientation,
            scaling=options.scaling,
            say=None if options.quiet else _say,
        )
        folders = {}
        for name, found in each.items():
            named = f"{found.own.dataset.name}-{name}-assessment".replace(" ", "_")
            folders[name] = Path(options.output, *([named] if len(each) > 1 else [])) if options.output else Path(named)
            found.report(folders[name] / "report.html")
            found.save_tables(folders[name] / "tables")
    except InputError as error:
        print(f"{error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("Interrupted; nothing was written.", file=sys.stderr)
        return 130
    for name, found in each.items():
        place = folders[name]
        print(found.verdict)
        print(f"The page is {place / 'report.html'}; its tables, as CSV and Parquet, are in {place / 'tables'}.")
    return ANSWERED if all(found.answered for found in each.values()) else CANNOT_BE_ASSESSED


def reproducing(asked: Mapping[str, Any]) -> str:
    """Write the command that makes a page again, or, where data were handed over in Python, the call."""
    changed = {name: value for name, value in asked.items() if name in _DEFAULTS and value != _DEFAULTS[name]}
    if isinstance(asked.get("expression"), str) and not isinstance(asked.get("labels"), list):
        words = ["python", "-m", "linear_signal", "assess", asked["expression"]]
        words += ["--labels", asked["labels"]] if asked.get("labels") else []
        words += ["--label", asked["label"]]
        for name, value in changed.items():
            for one in value if isinstance(value, list) else [value]:
                words += [{"groups": "--group", "covariates": "--covariate"}.get(name, f"--{name}"), str(one)]
        return shlex.join(words)
    options = ", ".join(f"{name}={value!r}" for name, value in {"label": asked.get("label"), **changed}.items())
    return f"linear_signal.assess(expression, labels, {options})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m linear_signal assess",
        description="Does your data set hold signal that is not linear, of what kind, is the split leaking, is the label "
        "the batch? Exit codes: 0 answered, 2 input refused, 3 cannot be assessed.",
    )
    parser.add_argument(
        "expression", help=".csv .tsv (.gz) .gct .parquet .feather .h5ad .rda .rds; samples in rows or columns"
    )
    parser.add_argument("--labels", help="table with one row per sample; without it labels are looked for beside the genes")
    parser.add_argument(
        "--label",
        required=True,
        action="append",
        help="column of classes, such as tissue; repeated, a page each, and p-values are adjusted for their number",
    )
    parser.add_argument(
        "--group", action="append", default=[], help="column that is not torn apart: donor, study, batch; may be repeated"
    )
    parser.add_argument(
        "--covariate",
        action="append",
        default=[],
        help="age, sex, subtype: a floor, and taken off as another cause; may be repeated",
    )
    parser.add_argument("--minutes", type=float, default=3.0, help="for all of it, on two cores (default: 3)")
    parser.add_argument("--layer", default="", help="of an h5ad file; without it X")
    parser.add_argument("--orientation", default="auto", help="auto, samples_in_rows, genes_in_rows")
    parser.add_argument("--scaling", default="auto", help="auto, none, log1p, cpm_log1p, zero_one")
    parser.add_argument("--output", default="", help="folder for the page and its tables")
    parser.add_argument("--quiet", action="store_true", help="say nothing before the answer")
    return parser


def _check_writable(folder: Path) -> None:
    """Refuse a place that the page cannot be written to, before anything is computed."""
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
        if made:
            folder.rmdir()
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written to: {error.strerror or error}. Name another folder: --output."
        ) from None


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
