"""The sizes of the labelled samples of Recount3 in Heil et al. 2023, to count what a plan would compute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linear_signal.data.dataset import Dataset
from linear_signal.data.recount3.sex_labels import SEX_GENES
from linear_signal.data.sizes_only import sizes_only
from linear_signal.data.tissue_names import PAPER_TISSUES

# Read off the published curves, whose largest training set is four fifths of the samples (Heil et al. 2023, Figs 2 and 4).
# Five tissues follow from the ten pairs of them, by least squares; what is left of all 21 is shared out evenly.
_KNOWN = {"blood": 5502, "brain": 624, "breast": 1120, "cervix": 713, "stem cell": 745}
_ALL, _WITH_SEX = 12_582, 24_826
_STUDIES = 500
_SOURCE = "samples read off the curves of Heil et al. 2023"


@dataclass(frozen=True, kw_only=True)
class Recount3Sizes:
    """Stands for :class:`~linear_signal.data.recount3.source.Recount3Samples` where only sizes are asked for.

    Attributes:
        n_genes: genes of the data sets.
    """

    n_genes: int

    def tissues(self, tissues: Sequence[str] = (), *, min_studies: int = 10) -> Dataset:
        """Make the data set of tissues without values; every tissue of the paper is taken to have enough studies."""
        others = [tissue for tissue in PAPER_TISSUES if tissue not in _KNOWN]
        each = (_ALL - sum(_KNOWN.values())) // len(others)
        counts = _KNOWN | dict.fromkeys(others, each)
        asked = list(dict.fromkeys(tissues)) or list(counts)
        # A tissue that is not in the paper counts like one of which the paper shows no curve.
        return sizes_only(
            {tissue: counts.get(tissue, each) for tissue in asked},
            name="Recount3",
            n_genes=self.n_genes,
            group="study",
            n_groups=_STUDIES,
            source=_SOURCE,
        )

    def sexes(self) -> Dataset:
        """Make the data set of sex without values, half of the samples of either."""
        return self._of_sex("Recount3", n_genes=self.n_genes)

    def sex_genes(self) -> Dataset:
        """Make the data set of sex from the genes that tell it without values."""
        symbols = np.array(list(SEX_GENES.values()))
        return self._of_sex("Recount3, sex genes", n_genes=len(symbols), gene_ids=symbols)

    def _of_sex(self, name: str, **genes: object) -> Dataset:
        return sizes_only(
            dict.fromkeys(("female", "male"), _WITH_SEX // 2),
            name=name,
            group="study",
            n_groups=_STUDIES,
            source=_SOURCE,
            **genes,
        )
