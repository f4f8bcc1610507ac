"""On which scale values are (counts, transcripts per million, logarithms), seen from the values; and how they are scaled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linear_signal.data.preprocessing import ZeroOneScaling
from linear_signal.data.row_blocks import row_blocks
from linear_signal.errors import InputError, listed, unknown
from linear_signal.names import counted

AUTO, NONE, LOG1P, CPM_LOG1P, ZERO_ONE = "auto", "none", "log1p", "cpm_log1p", "zero_one"
SCALINGS = (AUTO, NONE, LOG1P, CPM_LOG1P, ZERO_ONE)
_LARGEST_LOG = 50.0  # 2 to the power of it is more than anybody has counted
_LARGEST = 1e15  # squares of single precision overflow at 1e38
_MILLION, _NEAR = 1e6, 0.02
_HARDLY = 1e-3  # of the largest value
_SHARE_OF_SAMPLES = 0.9


@dataclass(frozen=True, eq=False, kw_only=True)
class Survey:
    """What values look like.

    Attributes:
        minimum, maximum: float32 [genes].
        totals: float64 [samples], sums.
        zeros: float64 [samples], shares of exact zeros.
        whole: every value is a whole number.
    """

    minimum: np.ndarray
    maximum: np.ndarray
    totals: np.ndarray
    zeros: np.ndarray
    whole: bool

    @property
    def lowest(self) -> float:
        """The smallest value of all."""
        return float(self.minimum.min())

    @property
    def highest(self) -> float:
        """The largest value of all."""
        return float(self.maximum.max())


def survey(name: str, values: np.ndarray, *, samples: list[str], genes: list[str]) -> Survey:
    """Look at every value once.

    Args:
        name: for messages.
        values: float32 [samples, genes].
        samples, genes: their names.

    Raises:
        InputError: a value is missing or infinite; the message says which and how many.
    """
    n_samples, n_genes = values.shape
    minimum, maximum = np.full(n_genes, np.inf, np.float32), np.full(n_genes, -np.inf, np.float32)
    totals, zeros, whole, start = np.empty(n_samples), np.empty(n_samples), True, 0
    n_missing = n_infinite = n_below = 0
    of_genes, of_samples = np.zeros(n_genes, dtype=bool), 0
    first: tuple[int, int] | None = None
    for block in row_blocks(values):
        rows = slice(start, start + len(block))
        totals[rows] = block.sum(axis=1, dtype=np.float64)
        zeros[rows] = (block == 0).mean(axis=1)
        if not np.isfinite(totals[rows]).all():
            missing, infinite = np.isnan(block), np.isinf(block)
            n_missing, n_infinite = n_missing + int(missing.sum()), n_infinite + int(infinite.sum())
            n_below += int((infinite & (block < 0)).sum())
            of_genes |= (missing | infinite).any(axis=0)
            of_samples += int((missing | infinite).any(axis=1).sum())
            if first is None and (missing | infinite).any():
                row, gene = np.argwhere(missing | infinite)[0]
                first = (start + int(row), int(gene))
        elif first is None:
            np.minimum(minimum, block.min(axis=0), out=minimum)
            np.maximum(maximum, block.max(axis=0), out=maximum)
            whole = whole and bool((block == np.floor(block)).all())
        start += len(block)
    if first is not None:
        sample, gene = samples[first[0]], genes[first[1]]
        seen = " and ".join(
            f"{counted(n, 'value')} {'is' if n == 1 else 'are'} {what}"
            for n, what in ((n_missing, "missing"), (n_infinite, "infinite"))
            if n
        )
        logarithm = " Below zero they come of the logarithm of zero: take log(1 + x)." if n_below else ""
        raise InputError(
            f"{name}: {seen}, in {of_genes.sum():,} of {counted(n_genes, 'gene')}, {of_samples:,} of "
            f"{counted(n_samples, 'sample')}, the first in sample {sample!r}, gene {gene!r}. Leave these genes or samples "
            f"out, or impute the values.{logarithm}"
        )
    return Survey(minimum=minimum, maximum=maximum, totals=totals, zeros=zeros, whole=whole)


def choose_scaling(name: str, seen: Survey, scaling: str, *, samples: list[str]) -> tuple[str, str]:
    """Decide how to scale.

    Args:
        name: for messages.
        seen: the values.
        scaling: one of :data:`SCALINGS`.
        samples: their names.

    Returns:
        What to do, and a sentence on what was seen.

    Raises:
        InputError: an unknown scaling, values below zero where counts or their like are needed, or samples without a count.
    """
    if scaling not in SCALINGS:
        raise unknown("scaling", scaling, SCALINGS)
    if seen.lowest < 0 and seen.whole and seen.highest > _LARGEST_LOG and scaling == AUTO:
        raise InputError(
            f"{name} holds whole numbers from {seen.lowest:,.0f} to {seen.highest:,.0f}: counts, but for those below zero. "
            "Correct these, or, if they are no counts, say scaling='none'."
        )
    chosen, says = _seen_as(seen) if scaling == AUTO else (scaling, f"Scaling {scaling!r} was asked for.")
    if chosen in (NONE, ZERO_ONE) and max(seen.highest, -seen.lowest) > _LARGEST:
        raise InputError(
            f"{name} holds values up to {max(seen.highest, -seen.lowest):g}, and squares of what is beyond {_LARGEST:g} "
            "cannot be summed. Say scaling='log1p', or write them in other units."
        )
    if chosen in (LOG1P, CPM_LOG1P) and seen.lowest < 0 and not _hardly_below_zero(seen):
        raise InputError(
            f"{name} holds values below zero ({seen.lowest:g}), and scaling {chosen!r} takes the logarithm of counts or of "
            "transcripts per million. Are they logarithms already? Then say scaling='none'."
        )
    if chosen == CPM_LOG1P and (seen.totals == 0).any():
        empty = [samples[row] for row in np.flatnonzero(seen.totals == 0)]
        raise InputError(f"{name}: samples without a single count: {listed(empty, most=3)}. Leave them out.")
    return chosen, says


def scale_in_place(values: np.ndarray, seen: Survey, scaling: str) -> ZeroOneScaling | None:
    """Scale float32 [samples, genes] in place, some rows at a time."""
    if scaling == NONE:
        return None
    of_genes = ZeroOneScaling(minimum=seen.minimum, maximum=seen.maximum) if scaling == ZERO_ONE else None
    start = 0
    for block in row_blocks(values):
        if of_genes:
            of_genes.apply_to(block)
            continue
        if scaling == CPM_LOG1P:
            block *= (_MILLION / seen.totals[start : start + len(block)]).astype(np.float32)[:, None]
        np.maximum(block, 0, out=block)  # which changes nothing but the few that a correction took below zero
        np.log1p(block, out=block)
        start += len(block)
    return of_genes


def _hardly_below_zero(seen: Survey) -> bool:
    return not seen.whole and seen.highest > _LARGEST_LOG and -seen.lowest < _HARDLY * seen.highest


def _seen_as(seen: Survey) -> tuple[str, str]:
    span = f"from {seen.lowest:g} to {seen.highest:,.6g}"
    if seen.lowest < 0 and _hardly_below_zero(seen):
        return LOG1P, (
            f"Values {span}: too large for logarithms, and those below zero look like what a correction left. Taken as "
            "normalised; these were set to zero, and all made log(1 + x)."
        )
    if seen.lowest < 0 and seen.highest > _LARGEST_LOG:
        return NONE, (
            f"Values {span}, some below zero: left as they are, though they are too large for logarithms. Are they centred? "
            "Hand over what they were made from."
        )
    if seen.lowest < 0:
        return NONE, f"Values {span}, some below zero: taken as logarithms or centred values, and left as they are."
    if seen.whole and seen.highest > 1:
        return CPM_LOG1P, f"Whole numbers {span}: taken as counts, and made log(1 + counts per million)."
    if seen.highest <= _LARGEST_LOG:
        return NONE, f"Values {span}: taken as logarithms, or scaled already, and left as they are."
    near = np.abs(seen.totals / _MILLION - 1) < _NEAR
    if near.mean() > _SHARE_OF_SAMPLES:
        return LOG1P, f"Samples that sum to a million, values {span}: taken as transcripts per million, and made log(1 + x)."
    return LOG1P, (
        f"Fractions {span}: taken as normalised but no logarithms (such as TPM of some genes), and made log(1 + x). If they "
        "are estimated counts, say scaling='cpm_log1p'."
    )
