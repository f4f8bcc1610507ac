"""The parameter file behind ``make assess``: a question about the reader's data, written from what was typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from linear_signal.errors import InputError
from linear_signal.files import write_whole

YOUR_DATA = "90_your_data"
QUESTION = {
    "data": "file with the expression",
    "labels": "table of labels; empty: they are beside the genes, or in obs",
    "label": "column of classes",
    "group": "columns that must not be torn apart, with commas between them",
    "minutes": "for all of it",
}
_USE = (
    "Use: make assess DATA=data.h5ad LABEL=tissue GROUP=donor, and LABELS=labels.csv where labels have a file of their own."
)


def write_question(root: Path, typed: Mapping[str, str]) -> Path:
    """Write the parameters of the chapter on your data into ``cache/assess``, and return the file.

    Args:
        root: of the project.
        typed: by the names of ``QUESTION``; empty where nothing was typed.

    Raises:
        InputError: no data or no label, files that are not there, or minutes that are no number.
    """
    for name in ("data", "label"):
        if not typed[name]:
            raise InputError(f"{name.upper()} is missing. {_USE}")
    files = {name: Path(typed[name]).expanduser().resolve() for name in ("data", "labels") if typed[name]}
    for name, path in files.items():
        if not path.is_file():
            raise InputError(f"{name.upper()} is {typed[name]!r}, and there is no such file. {_USE}")
    parameters = {"expression": str(files["data"]), "label": typed["label"]}
    parameters |= {"labels": str(files["labels"])} if "labels" in files else {}
    groups = [one.strip() for one in typed["group"].split(",") if one.strip()]
    parameters |= {"groups": groups} if groups else {}
    if typed["minutes"]:
        try:
            parameters["minutes"] = float(typed["minutes"])
        except ValueError:
            raise InputError(f"MINUTES is {typed['minutes']!r}; a number such as 10 is needed.") from None
    stem = re.sub(r"[^\w.-]+", "_", f"{files['data'].name.split('.')[0]}-{typed['label']}")
    path = root / "cache" / "assess" / f"{stem}.yaml"
    write_whole(path, yaml.safe_dump(parameters, allow_unicode=True, sort_keys=False).encode())
    return path
