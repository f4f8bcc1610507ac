"""What is checked of the reader's data before any model: checks with codes that stay, and what each of them found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from linear_signal.analysis.intervals import SMALLEST_GROUPS
from linear_signal.data.own.open_own import OwnData
from linear_signal.data.row_blocks import row_blocks
from linear_signal.errors import listed
from linear_signal.names import counted
from linear_signal.numbers import share
from linear_signal.seeds import generator
from linear_signal.studies.own_data.confounded import Confounded, confounded_with

PASSED, ISSUE, NOT_APPLICABLE, NOT_ASSESSED = "passed", "issue", "not applicable", "not assessed"
FEWEST_GROUPS = 10
"""Groups that every class must have for a permutation test."""
FOLDS = 5
_STRONG = 0.3
_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Check:
    """What one check found.

    Attributes:
        code: stays the same from version to version.
        title: in a few words.
        status: "passed", "issue", "not applicable" (there is nothing that it could look at) or "not assessed" (there is, and
            it could not be).
        says: a sentence.
        blocks: why no question can be answered from these data; empty where that is not so.
    """

    code: str
    title: str
    status: str
    says: str
    blocks: str = ""

    @property
    def anchor(self) -> str:
        """Where the page on checks tells of it."""
        return self.code.lower()


@dataclass(frozen=True, kw_only=True)
class _Found:
    status: str
    says: str
    blocks: str = ""


def run_checks(own: OwnData) -> list[Check]:
    """Run every check, in the order of their codes; those on groups once for each column of groups."""
    found = [_check(code, title, look(own)) for code, (title, look) in _OF_DATA.items()]
    if not own.groups:
        none = _Found(
            status=NOT_APPLICABLE,
            says="No column of groups was named, so every sample stands for itself. Where several come from one donor, "
            "study or batch, name it: results are too good otherwise.",
        )
        return [*found, *(_check(code, title, none) for code, (title, _) in _OF_GROUPS.items())]
    for group in own.groups:
        confounded = confounded_with(own.labels, own.dataset.column(group))
        for code, (title, look) in _OF_GROUPS.items():
            of_group = f"{title} ({group})" if len(own.groups) > 1 else title
            found.append(_check(code, of_group, look(own, group, confounded)))
    return sorted(found, key=lambda one: one.code)


def table_of_checks(checks: list[Check]) -> pd.DataFrame:
    """One row per check: code, check, status, says."""
    rows = [{"code": one.code, "check": one.title, "status": one.status, "says": one.says} for one in checks]
    return pd.DataFrame(rows, columns=["code", "check", "status", "says"])


def _check(code: str, title: str, found: _Found) -> Check:
    return Check(code=code, title=title, status=found.status, says=found.says, blocks=found.blocks)


def _duplicates(own: OwnData) -> _Found:
    """Samples with equal values: sums along a few random directions are equal only where all values are."""
    values = own.dataset.expression
    random = generator("duplicated samples", own.dataset.n_genes).normal(size=(own.dataset.n_genes, 2)).astype(np.float32)
    sums = np.concatenate([block @ random for block in row_blocks(values)])
    alike = pd.DataFrame(sums).duplicated(keep=False).to_numpy()
    rows = [row for row in np.flatnonzero(alike) if _has_twin(values, row, np.flatnonzero(alike), sums)]
    if not rows:
        return _Found(status=PASSED, says=f"No two of {own.dataset.n_samples:,} samples have the same values.")
    names = own.dataset.sample_ids[rows]
    torn = [row for row in rows if own.groups and _is_torn(own, row, rows, sums)]
    worse = " Some lie in different groups, so that one may be learnt from and the other judged." if torn else ""
    worse = worse or ("" if own.groups else " Without groups, one may be learnt from and its twin judged.")
    return _Found(
        status=ISSUE, says=f"{len(rows):,} samples have the same values as another: {listed(names, most=3)}.{worse}"
    )


def _has_twin(values: np.ndarray, row: int, others: np.ndarray, sums: np.ndarray) -> bool:
    near = [other for other in others if other != row and (sums[other] == sums[row]).all()]
    return any((values[other] == values[row]).all() for other in near)


def _is_torn(own: OwnData, row: int, rows: list[int], sums: np.ndarray) -> bool:
    groups = own.dataset.column(own.groups[0])
    return any((sums[other] == sums[row]).all() and groups[other] != groups[row] for other in rows if other != row)


def _missing(own: OwnData) -> _Found:
    misspelt, unasked = own.tally["samples_misspelt"], own.tally["samples_unasked"]
    says = []
    if misspelt:
        says.append(
            f"{counted(misspelt, 'sample')} left out whose ids differ from those of the labels in signs or case only; 'what "
            "was seen, cut and left out' names one."
        )
    if unasked:
        what = " or ".join(["label", *(["group"] if own.groups else [])])
        says.append(f"{counted(unasked, 'sample')} without {what} left out; no value of expression is missing.")
    if says:
        return _Found(status=ISSUE, says=" ".join(says))
    n_values = own.dataset.n_samples * own.tally["genes_read"]
    return _Found(status=PASSED, says=f"None of {n_values:,} values is missing, and every sample has what is asked for.")


def _constant(own: OwnData) -> _Found:
    n, of = own.tally["genes_constant"], own.tally["genes_read"]
    if not n:
        return _Found(status=PASSED, says=f"Each of {of:,} genes varies over the samples.")
    return _Found(status=ISSUE, says=f"Left out, with one value over all samples: {n:,} of {of:,} genes.")


def _sizes(own: OwnData) -> _Found:
    groups = own.dataset.column(own.groups[0]) if own.groups else own.dataset.sample_ids
    unit = f"groups ({own.groups[0]})" if own.groups else "samples"
    sizes = pd.Series(groups).groupby(own.labels).nunique().sort_values()
    few, some = sizes[sizes < FEWEST_GROUPS], sizes[sizes < SMALLEST_GROUPS]
    counts = ", ".join(f"{name!r} {size}" for name, size in few.head(_SHOWN).items())
    counts += f" and {len(few) - _SHOWN:,} more" if len(few) > _SHOWN else ""
    if len(sizes) - len(few) < 2:
        says = f"Fewer than two classes have {FEWEST_GROUPS} {unit}: {counts}. So few cannot be told from chance."
        return _Found(status=ISSUE, says=says, blocks=f"too few {unit} in the classes ({counts})")
    if len(few):
        return _Found(status=ISSUE, says=f"Left out, with fewer than {FEWEST_GROUPS} {unit}: {counts}.")
    if len(some):
        says = (
            f"The smallest class, {sizes.index[0]!r}, has {sizes.iloc[0]} {unit}: enough for permutations, and below "
            f"{SMALLEST_GROUPS}, from where on intervals hold what they promise."
        )
        return _Found(status=ISSUE, says=says)
    return _Found(status=PASSED, says=f"The smallest class, {sizes.index[0]!r}, has {sizes.iloc[0]:,} {unit}.")


def _depth(own: OwnData) -> _Found:
    if own.scaling != "cpm_log1p":
        return _Found(status=NOT_APPLICABLE, says="Values are no counts, so that sums say nothing of sequencing depth.")
    medians = pd.Series(own.totals).groupby(own.labels).median()
    ratio = medians.max() / max(medians.min(), 1)
    says = f"Median counts per sample lie between {medians.min():,.0f} ({medians.idxmin()!r}) and {medians.max():,.0f}"
    says += f" ({medians.idxmax()!r}), a factor of {ratio:.2g}."
    if ratio >= 2:
        return _Found(status=ISSUE, says=f"{says} Depth alone may tell these classes apart; see the floor below.")
    return _Found(status=PASSED, says=says)


def _folds(own: OwnData, group: str, confounded: Confounded) -> _Found:
    n = confounded.counts.shape[1]
    if n < FOLDS:
        says = f"{counted(n, 'group')} in {group!r} for {FOLDS} folds; whole groups are held out, so {FOLDS} are needed."
        return _Found(status=ISSUE, says=says, blocks=f"{group} has {counted(n, 'group')} and {FOLDS} folds are dealt")
    if n == own.dataset.n_samples:
        says = f"{group!r} is another for every sample, so that it holds nothing together. Is it the right column?"
        return _Found(status=ISSUE, says=says)
    return _Found(status=PASSED, says=f"{n:,} groups in {group!r} can be dealt to {FOLDS} folds.")


def _estimable(own: OwnData, group: str, confounded: Confounded) -> _Found:
    says = confounded.sentence(group)
    if confounded.is_total:
        return _Found(status=ISSUE, says=says, blocks=f"label and {group} are confounded")
    return _Found(status=ISSUE if confounded.lost else PASSED, says=says)


def _association(own: OwnData, group: str, confounded: Confounded) -> _Found:
    v = confounded.cramers_v
    if np.isnan(v):
        return _Found(status=NOT_ASSESSED, says=f"{group!r} has one value, so that nothing goes with it.")
    alone = f"the commonest label of a sample's group is right for {share(confounded.told)} of the samples"
    says = f"Cramér's V of label and {group} is {v:.2f} (0: independent, 1: one follows from the other); {alone}."
    if confounded.nested:
        return _Found(
            status=NOT_APPLICABLE,
            says=f"Every {group} holds one class alone, as donors do, so that V is 1 by design. Whole groups are held out.",
        )
    return _Found(status=ISSUE if v >= _STRONG else PASSED, says=says)


_OF_DATA: dict[str, tuple[str, Callable[[OwnData], _Found]]] = {
    "OD101": ("Duplicated samples", _duplicates),
    "OD102": ("Missing values", _missing),
    "OD103": ("Constant genes", _constant),
    "OD104": ("Classes large enough", _sizes),
    "OD105": ("Equal sequencing depth", _depth),
}
_OF_GROUPS: dict[str, tuple[str, Callable[[OwnData, str, Confounded], _Found]]] = {
    "OD201": ("Groups enough for folds", _folds),
    "OD202": ("Classes can be told from groups", _estimable),
    "OD203": ("Label and groups independent", _association),
}
CODES = (*_OF_DATA, *_OF_GROUPS)
