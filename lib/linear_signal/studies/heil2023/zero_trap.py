"""Exact zeros, which removal turns into a mark of the class: what the chapter on controls asks of them, and says."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from linear_signal.analysis import claims, rules
from linear_signal.analysis.claims import Claim
from linear_signal.analysis.comparison import against_naive
from linear_signal.data.dataset import Dataset
from linear_signal.data.made_up.removal_traps import MASK, NO_ZEROS, ZEROS
from linear_signal.data.removal_ladder import WITHOUT_TRACES
from linear_signal.data.tasks import Task, make_task
from linear_signal.numbers import accuracy, share
from linear_signal.studies.heil2023.finding import HeilFinding

ZERO_MODELS = ("exact_logistic_regression", "three_layer", "boosted_trees")
ZERO_SIGNALS = ("removed", WITHOUT_TRACES, "distributions_removed")
TREES, _NETWORK = "boosted_trees", "three_layer"


def zero_tasks(datasets: Mapping[str, Dataset]) -> list[tuple[list[Task], tuple[str, ...]]]:
    """Lay out the tasks with the signals that are asked of them: values by every way of removal, zeros alone as they are.

    Args:
        datasets: of :func:`~linear_signal.data.made_up.removal_traps.simulate_zeros`.
    """
    tasks = {name: make_task(dataset, name=name, group=None) for name, dataset in datasets.items()}
    return [([tasks[ZEROS], tasks[NO_ZEROS]], ZERO_SIGNALS), ([tasks[MASK]], ("full",))]


def zero_answers(fits: pd.DataFrame, datasets: Mapping[str, Dataset]) -> dict[str, str]:
    """Say what trees and the network reach, by the names that the prose calls it; ``zeros_share`` of the values are zero."""
    largest = fits[fits["fraction"] == fits["fraction"].max()]
    means = largest.groupby(["task", "signal", "model"])["balanced_accuracy"].mean()
    asked = {
        "zeros_removed": (ZEROS, "removed", TREES),
        "zeros_network": (ZEROS, "removed", _NETWORK),
        "zeros_spread": (ZEROS, WITHOUT_TRACES, TREES),
        "zeros_cured": (ZEROS, "distributions_removed", TREES),
        "zeros_without": (NO_ZEROS, "removed", TREES),
        "zeros_mask": (MASK, "full", TREES),
    }
    said = {name: accuracy(means[key]) for name, key in asked.items()}
    return said | {"zeros_share": share(float((datasets[ZEROS].expression == 0).mean()))}


def trees_away_from_chance(fits: pd.DataFrame) -> Claim:
    """Boosted trees are above or below chance: either way they know the labels."""
    return _trees(fits, rules.away)


def trees_at_chance(fits: pd.DataFrame) -> Claim:
    """Boosted trees are at chance."""
    return _trees(fits, rules.level)


def _trees(fits: pd.DataFrame, rule: rules.Rule) -> Claim:
    fits = fits[fits["model"] == TREES].dropna(subset=["balanced_accuracy"])
    tables = [against_naive(fits, by=["signal", "pretraining", "split", "model"])] if len(fits) else []
    return claims.every_row(tables, rule)


_WHERE = {"question": "controls", "chapter": "70_controls", "section": "zeros", "simulated_there": True}
FINDINGS: tuple[HeilFinding, ...] = (
    HeilFinding(
        says="Removal turns exact zeros into a mark of the class, by which boosted trees predict it.",
        about="Simulated genes with zeros, means differ",
        task=ZEROS,
        signals=("removed",),
        claim=trees_away_from_chance,
        **_WHERE,
    ),
    HeilFinding(
        says="On the same genes without zeros, boosted trees are at chance after removal.",
        about="Simulated genes without zeros, means differ",
        task=NO_ZEROS,
        signals=("removed",),
        claim=trees_at_chance,
        **_WHERE,
    ),
    HeilFinding(
        says="With ranks within classes, zeros in random order, boosted trees are at chance.",
        about="Simulated genes with zeros, means differ",
        task=ZEROS,
        signals=("distributions_removed",),
        claim=trees_at_chance,
        **_WHERE,
    ),
)
