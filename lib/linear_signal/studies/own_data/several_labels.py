"""Several labels asked of the same samples: one assessment each, with p-values adjusted for how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from linear_signal.data.own.open_own import open_own_data
from linear_signal.errors import InputError
from linear_signal.studies.own_data.answers import recommendation
from linear_signal.studies.own_data.assess import Assessment, assess
from linear_signal.studies.own_data.signal_test import FOUND, LEVEL, NONE_FOUND

_READING = ("layer", "orientation", "scaling", "covariates")


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Adjust p-values so that a single false "found" among all of them is as rare as the level says: float64, in order.

    Source: Holm 1979, Scand J Stat 6:65-70.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    raised = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    result = np.empty(len(values))
    result[order] = np.minimum(raised, 1.0)
    return result


def assess_each(
    expression: Any,
    labels: Any = None,
    groups: str | Sequence[str] | None = None,
    *,
    label: Sequence[str],
    **options: Any,
) -> dict[str, Assessment]:
    """Assess several labels of the same samples, and call found what is so after Holm's correction.

    Args:
        expression, labels, groups: as of :func:`~linear_signal.studies.own_data.assess.assess`; labels must be a table.
        label: columns of classes. Each is given all of the minutes.
        options: of :func:`~linear_signal.studies.own_data.assess.assess`, but ``raise_on``.

    Raises:
        InputError: of any label, before the first is assessed.
    """
    if len(set(label)) < len(label) or not label:
        raise InputError(f"Labels are {list(label)}; one or more different columns are needed.")
    told = {name: options[name] for name in _READING if name in options}
    for one in label[1:]:
        open_own_data(expression, labels, label=one, groups=groups or (), **told)
    return adjusted({one: assess(expression, labels, groups, label=one, **options) for one in label})


def adjusted(found: Mapping[str, Assessment]) -> dict[str, Assessment]:
    """Adjust the p-values of assessments for their number; those that have none count for nothing."""
    p_values = {name: _p_value(one) for name, one in found.items()}
    tested = [name for name, p_value in p_values.items() if np.isfinite(p_value)]
    if len(tested) < 2:
        return dict(found)
    result = dict(found)
    for name, p_value in zip(tested, holm([p_values[one] for one in tested]), strict=True):
        one = found[name]
        said = f"Of {len(tested)} labels asked of these samples, p = {p_value:.3f} for this one after Holm's correction"
        lost = one.kind == FOUND and p_value > LEVEL
        kind = NONE_FOUND if lost else one.kind
        says = (
            f"{said}{': nothing is called found' if lost else ''}. {'Taken alone: ' if lost else ''}{one.answers['signal']}"
        )
        advice = recommendation(one.own, one.checks, one.sections, kind) if lost else one.advice
        brief = one.briefs["signal"]._replace(seen=f"p = {p_value:.3f} after Holm, of {len(tested)} labels")
        brief = brief._replace(so=kind, why="") if lost else brief
        answered = {"answers": one.answers | {"signal": says}, "briefs": one.briefs | {"signal": brief}}
        result[name] = replace(one, kind=kind, advice=advice, **answered)
    return result


def _p_value(found: Assessment) -> float:
    return next((one.found.p_value for one in found.sections if one.name == "signal" and one.found), float("nan"))
