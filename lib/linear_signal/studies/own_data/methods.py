"""The methods paragraph of an assessment, to be put into a paper, and whom to cite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linear_signal import __version__
from linear_signal.names import counted

if TYPE_CHECKING:
    from linear_signal.studies.own_data.assess import Assessment

_SCALINGS = {
    "none": "Values were used as they were handed over",
    "log1p": "Values were transformed to log(1 + x)",
    "cpm_log1p": "Counts were transformed to log(1 + counts per million)",
    "zero_one": "Each gene was scaled to run from 0 to 1 over all samples",
}
_CITED = (
    "Heil BJ, Crawford J, Greene CS. The effect of non-linear signal in classification problems using gene expression. PLOS "
    "Comput Biol 2023, doi:10.1371/journal.pcbi.1010984.",
    "Nadeau C, Bengio Y. Inference for the generalization error. Machine Learning 2003, doi:10.1023/A:1024068626366.",
    "Westfall PH, Young SS. Resampling-based multiple testing. Wiley 1993.",
    "Ritchie ME et al. limma powers differential expression analyses. Nucleic Acids Res 2015, doi:10.1093/nar/gkv007.",
    "Cramér H. Mathematical methods of statistics. Princeton 1946.",
)


def methods_paragraphs(found: Assessment) -> list[str]:
    """Write what was done, a paragraph, and the references, one each."""
    own = found.own
    size = f"{own.dataset.n_samples:,} samples x {own.dataset.n_genes:,} genes"
    groups = (
        f"Whole groups ({own.groups[0]}) were held out in every split. "
        if own.groups
        else "No groups were named, so that single samples were held out. "
    )
    if not found.answered:
        done = "No model was trained: the checks say that none could answer. "
    else:
        done = (
            f"{groups}Class means were made equal within training and judged samples, each by themselves (Heil et al. 2023; "
            "as removeBatchEffect of limma, Ritchie et al. 2015), and models fixed beforehand were asked to tell classes "
            "apart. The largest of their results, each against its own null, was compared with what they reach on residuals "
            "whose labels were permuted over whole groups, or within groups that hold several classes, with removal and "
            "cross-validation done anew each time (Westfall & Young 1993). Intervals allow for training samples that folds "
            "share (Nadeau & Bengio 2003). "
        )
    return [
        f"{own.label} was assessed in {size} ({own.dataset.name}, fingerprint {own.dataset.fingerprint}) with linear_signal "
        f"{__version__}. {_SCALINGS[own.scaling]}. Before any model, {counted(len(found.checks), 'check')} were run, among "
        f"them Cramér's V (Cramér 1946) and the rank of label and groups. {done}All random numbers are derived from names.",
        *_CITED,
    ]
