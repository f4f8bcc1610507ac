"""Findings of chapter 26 on installed data: claims of this book on genuine sets that the paper does not have."""

from __future__ import annotations

from collections.abc import Callable

from linear_signal.analysis import claims
from linear_signal.studies.heil2023.finding import HeilFinding
from linear_signal.studies.heil2023.installed import ASKED
from linear_signal.studies.heil2023.installed_answers import flexible_ahead


def _installed(task: str, says: str, signals: tuple[str, ...], claim: Callable) -> HeilFinding:
    where = {"chapter": "26_installed_data", "section": "task-by-task", "task": task, "about": ASKED[task].about}
    return HeilFinding(question="installed", says=says, signals=signals, claim=claim, **where)


FINDINGS: tuple[HeilFinding, ...] = (
    *(
        _installed(task, says, signals, claim)
        for says, signals, claim in (
            ("Some network, or trees, are ahead of every linear model.", ("full",), flexible_ahead),
            (
                "There is non-linear signal: some model does better than chance and than all linear ones.",
                ("full", "removed"),
                claims.non_linear_signal,
            ),
        )
        for task in ASKED
    ),
)
