"""Names of conditions: which genes were perturbed, in whatever order they are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

from linear_signal.errors import InputError, listed

CONTROL = "ctrl"


@cache
def targets_of(condition: str, *, control: str = CONTROL) -> tuple[str, ...]:
    """Name the perturbed genes of a condition, sorted; none for the control.

    Raises:
        InputError: a part is empty, or a gene is named twice.

    >>> targets_of("KLF1+CEBPE"), targets_of("KLF1+ctrl"), targets_of("KLF1"), targets_of("ctrl")
    (('CEBPE', 'KLF1'), ('KLF1',), ('KLF1',), ())
    """
    parts = str(condition).split("+")
    if not all(part.strip() for part in parts):
        raise InputError(f"Condition {condition!r} has an empty part; write 'A+{control}', 'A+B' or {control!r}.")
    targets = sorted(part.strip() for part in parts if part.strip() != control)
    if len(set(targets)) < len(targets):
        raise InputError(f"Condition {condition!r} names a gene twice; write 'A+{control}' for a gene alone.")
    return tuple(targets)


def canonical(condition: str, *, control: str = CONTROL) -> str:
    """Write a condition as all tables here have it: genes sorted, a single one with the control behind it.

    >>> canonical("KLF1+CEBPE"), canonical("ctrl+KLF1"), canonical("KLF1"), canonical("ctrl")
    ('CEBPE+KLF1', 'KLF1+ctrl', 'KLF1+ctrl', 'ctrl')
    """
    targets = targets_of(condition, control=control)
    return "+".join(targets if len(targets) > 1 else (*targets, control))


def all_canonical(conditions: Iterable[str], *, control: str = CONTROL, what: str = "The table") -> list[str]:
    """Write conditions as all tables here have them.

    Args:
        conditions: in any order and notation.
        control: name of the control.
        what: whose they are, for the error.

    Raises:
        InputError: two of them mean the same ("A+B" and "B+A"), or one of them is no condition.
    """
    written: dict[str, list[str]] = {}
    for condition in conditions:
        written.setdefault(canonical(condition, control=control), []).append(str(condition))
    twice = [" = ".join(names) for names in written.values() if len(names) > 1]
    if twice:
        raise InputError(f"{what} has the same condition more than once: {listed(twice, most=3)}. Keep one row of each.")
    return list(written)


def multi_hot(conditions: Sequence[str], targets: Sequence[str], *, control: str = CONTROL) -> np.ndarray:
    """Mark which genes each condition perturbs: float64 [conditions, targets], 1 or 0.

    Raises:
        InputError: a condition perturbs a gene that is not among the targets.

    >>> multi_hot(["A+B", "ctrl", "B+ctrl"], ["A", "B"]).tolist()
    [[1.0, 1.0], [0.0, 0.0], [0.0, 1.0]]
    """
    column = {target: place for place, target in enumerate(targets)}
    pairs = [(row, one) for row, name in enumerate(conditions) for one in targets_of(name, control=control)]
    unseen = sorted({target for _, target in pairs} - set(column))
    if unseen:
        raise InputError(
            f"{listed(unseen, most=3)}: perturbed in a condition that is asked for, but in none that is known of it. "
            "Add its single perturbation to the training set, or leave the condition out."
        )
    marks = np.zeros((len(conditions), len(column)))
    if pairs:
        rows, names = zip(*pairs, strict=True)
        marks[list(rows), [column[name] for name in names]] = 1
    return marks
