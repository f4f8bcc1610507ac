"""The names by which stored results and saved models know what the code calls otherwise today.

A result is found by the hash of its settings, their names among them. What is given a better name in the code keeps the
stored one here: otherwise everything that was ever computed would have to be computed again.
"""

from __future__ import annotations

from typing import Any

# Signal and pretraining were one setting once, "condition", which could not say "pretrained, with the signal removed".
_SIGNALS = {
    "full": "full",
    "removed": "removed",
    "spreads_removed": "spreads_removed",
    "distributions_removed": "distributions_removed",
    "covariances_removed": "covariances_removed",
    "removed_without_traces": "removed_without_traces",
    "removed_on_all_data": "removed_full_dataset",
}
_PRETRAINING = {"none": "not_pretrained", "pretrained": "pretrained"}
_TUNE_ON = {"same": "condition", "full": "full"}


def stored_condition(signal: str, pretraining: str, *, set_aside: bool) -> str:
    """Name signal and pretraining as one, as stored results do.

    Args:
        signal, pretraining: of the unit.
        set_aside: whether half of its training folds are set aside for pretraining.

    >>> stored_condition("removed_on_all_data", "none", set_aside=False), stored_condition("full", "none", set_aside=True)
    ('removed_full_dataset', 'not_pretrained')
    >>> stored_condition("removed", "pretrained", set_aside=True)
    'pretrained, removed'
    """
    if not set_aside:
        return _SIGNALS[signal]
    name = _PRETRAINING[pretraining]
    return name if signal == "full" else f"{name}, {_SIGNALS[signal]}"


def signal_and_pretraining(condition: str) -> tuple[str, str]:
    """Split a stored condition into signal and pretraining.

    >>> signal_and_pretraining("removed_full_dataset"), signal_and_pretraining("not_pretrained")
    (('removed_on_all_data', 'none'), ('full', 'none'))
    """
    found = {
        stored_condition(signal, pretraining, set_aside=set_aside): (signal, pretraining)
        for signal in _SIGNALS
        for pretraining, set_aside in (("none", False), ("none", True), ("pretrained", True))
    }
    return found[condition]


def stored_design(design: dict[str, Any]) -> dict[str, Any]:
    """Name the settings of a design (:meth:`Design.as_dict`) as stored results do; the condition says what was set aside."""
    kept = {name: value for name, value in design.items() if name != "set_aside_for_pretraining"}
    # Younger than the results that are stored.
    if not kept["covariance_components"]:
        del kept["covariance_components"]
    return kept | {"tune_on": _TUNE_ON[design["tune_on"]]}
