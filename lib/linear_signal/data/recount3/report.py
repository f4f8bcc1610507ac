"""What was read of recount3, what was dropped and what was skipped: counts, and sentences for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from linear_signal.data.recount3.passes import COUNTED, FirstPass
from linear_signal.data.recount3.values import MOST_ZEROS

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Recount3Report:
    """Counts of studies, runs and genes.

    Attributes:
        scope: "labelled" or "all".
        studies_listed: in the index of the mirror.
        studies_in_scope: to be read.
        studies_read: of those.
        skipped: study -> why it could not be read, also of studies whose labels could not.
        runs_listed: runs of the studies that were read.
        runs_absent: of those, runs that their gene sums do not hold.
        runs_single_cell: dropped because recount3 takes them for single cells.
        runs_mostly_zero: dropped because too many genes are zero.
        most_zeros: the share of zero genes that was allowed.
        runs_uncovered: dropped because no gene with a length is covered.
        runs_kept: the others; scaling and choice of genes are theirs.
        runs_untold: runs of the mirror, in scope or not, about which it says neither a tissue nor a type.
        labelled: runs in scope with a tissue or a sex that are not single cells.
        samples: those of them that were kept.
        genes_listed: in the annotation.
        genes_with_length: of those; the others cannot be converted and were dropped.
        genes_kept: the most variable ones.
        absent_markers: genes asked for that the annotation does not have.
    """

    scope: str
    studies_listed: int
    studies_in_scope: int
    studies_read: int
    skipped: Mapping[str, str]
    runs_listed: int
    runs_absent: int
    runs_single_cell: int
    runs_mostly_zero: int
    runs_uncovered: int
    runs_kept: int
    labelled: int
    samples: int
    genes_listed: int
    genes_with_length: int
    genes_kept: int
    runs_untold: int = 0
    most_zeros: float = MOST_ZEROS
    absent_markers: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        labels: pd.DataFrame,
        first: FirstPass,
        *,
        scope: str,
        n_listed: int,
        skipped: Mapping[str, str],
        genes: tuple[int, int, int],
        n_untold: int,
        n_labelled: int = 0,
        n_samples: int = 0,
        most_zeros: float = MOST_ZEROS,
        absent_markers: Sequence[str] = (),
    ) -> Recount3Report:
        """Count from the runs in scope and from what became of them."""
        totals = np.array(list(first.counts.values()), dtype=int).reshape(-1, len(COUNTED)).sum(axis=0)
        return cls(
            scope=scope,
            studies_listed=n_listed,
            studies_in_scope=labels["study"].nunique(),
            studies_read=len(first.counts),
            skipped=dict(sorted(skipped.items())),
            **{f"runs_{name}": int(total) for name, total in zip(COUNTED, totals, strict=True)},
            labelled=n_labelled,
            samples=n_samples,
            genes_listed=genes[0],
            genes_with_length=genes[1],
            genes_kept=genes[2],
            runs_untold=n_untold,
            most_zeros=most_zeros,
            absent_markers=tuple(absent_markers),
        )

    def sentences(self, *, most: int = 5) -> tuple[str, ...]:
        """Say it in sentences; of skipped studies the first ``most`` are named with the reason."""
        which = "with at least one labelled run" if self.scope == "labelled" else "of the mirror"
        said = [
            f"{self.studies_read:,} of {self.studies_in_scope:,} studies {which} were read (the mirror lists "
            f"{self.studies_listed:,}). Of their {self.runs_listed:,} runs {self.runs_kept:,} were kept and scaled "
            f"together; {self.runs_single_cell:,} were dropped as single-cell and {self.runs_mostly_zero:,} with more than "
            f"{self.most_zeros:.0%} zero genes.".replace("%", " %")
        ]
        if self.runs_uncovered:
            said.append(f"{self.runs_uncovered:,} runs were dropped that cover no gene with a length.")
        if self.runs_absent:
            said.append(f"{self.runs_absent:,} runs are listed but have no gene sums.")
        if self.runs_untold:
            # A table of labels that lost rows cannot be told from one that never had them.
            said.append(f"About {self.runs_untold:,} runs of the mirror it says neither a tissue nor a type.")
        if self.skipped:
            named = "; ".join(f"{study} ({why})" for study, why in list(self.skipped.items())[:most])
            rest = f" and {len(self.skipped) - most:,} more" if len(self.skipped) > most else ""
            said.append(
                f"Studies that could not be read: {len(self.skipped):,}, namely {named}{rest}. The next "
                "call tries them again."
            )
        if self.labelled:
            said.append(f"{self.samples:,} of {self.labelled:,} labelled runs passed the filters and are the samples here.")
        without = self.genes_listed - self.genes_with_length
        kept = f"; the {self.genes_kept:,} most variable ones were kept" if self.genes_kept else ""
        said.append(f"The annotation has {self.genes_listed:,} genes; {without:,} without a length were dropped{kept}.")
        if self.absent_markers:
            said.append(f"Not in the annotation: {', '.join(self.absent_markers)}.")
        return tuple(said)
