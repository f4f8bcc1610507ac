"""The studies of the book, each a folder with its findings and what only it needs. A folder joins by being here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass

from linear_signal.analysis.finding import Finding, Question


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study and what it found.

    Attributes:
        name: of its folder.
        title: its authors and year, ``TITLE`` of the folder.
        questions: by key, in the order of the page; ``QUESTIONS`` of the folder's ``findings.py``.
        findings: ``FINDINGS`` of the same file.
    """

    name: str
    title: str
    questions: Mapping[str, Question]
    findings: tuple[Finding, ...]


def studies() -> list[Study]:
    """Return the studies that have findings, in the order of their chapters."""
    found = []
    for folder in pkgutil.iter_modules(__path__):
        package = f"{__name__}.{folder.name}"
        if importlib.util.find_spec(f"{package}.findings"):
            listed = importlib.import_module(f"{package}.findings")
            title = importlib.import_module(package).TITLE
            found.append(Study(name=folder.name, title=title, questions=listed.QUESTIONS, findings=tuple(listed.FINDINGS)))
    return sorted(found, key=lambda study: min(finding.chapter for finding in study.findings))
