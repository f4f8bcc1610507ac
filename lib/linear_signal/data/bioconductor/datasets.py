"""Installed data sets as the book's own kind: values, a table of samples, where they come from, and what is to be known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from linear_signal.data.bioconductor.records import DEBIAN, PACKAGES, Record, find_record
from linear_signal.data.dataset import Dataset
from linear_signal.data.preprocessing import MostVariableGenes, ZeroOneScaling
from linear_signal.data.r_session import why_no_packages
from linear_signal.errors import InputError

# Runs in R. Of an ExpressionSet the parts are taken without the package that defines it.
_READ = """
function(package, data, columns) {
  place <- new.env()
  suppressWarnings(utils::data(list = data, package = package, envir = place))
  found <- get(ls(place)[1], place)
  if (isS4(found)) {
    values <- t(get("exprs", attr(found, "assayData")))
    facts <- attr(attr(found, "phenoData"), "data")
  } else {
    values <- found$x
    facts <- data.frame(tissue = found$y)
  }
  as_text <- function(one) ifelse(is.na(one), "", as.character(one))
  list(values, rownames(values), colnames(values), lapply(facts[columns], as_text))
}
"""


def why_not_installed() -> str | None:
    """Return None where all of these data sets can be read, else one sentence on what is missing and what gets it."""
    reason = why_no_packages(PACKAGES)
    if reason is None:
        return None
    return (
        f"The data sets of R's packages {', '.join(PACKAGES)} cannot be read, because {reason}. In the project's folder "
        f"'make r' gets what they need; elsewhere install R and these packages (Debian: apt install r-base-core r-base-dev "
        f"{' '.join(DEBIAN)}), then linear-signal[r]."
    )


def open_installed(name: str, *, n_genes: int, sizes_only: bool = False) -> Dataset:
    """Read an installed data set and keep its most variable genes, scaled to [0, 1] over all samples.

    No label takes part in the choice.

    Args:
        name: one of :data:`~linear_signal.data.bioconductor.records.RECORDS`.
        n_genes: genes to keep; all, where there are fewer.
        sizes_only: start no R: in its place a data set of the same sizes without values is returned.

    Raises:
        InputError: an unknown name, or R or the package is missing.
    """
    record = find_record(name)
    if n_genes < 1:
        raise InputError(f"n_genes is {n_genes}; at least one gene must be kept.")
    if sizes_only:
        return _sizes(record, n_genes)
    whole = read_installed(name)
    chosen = MostVariableGenes(min(n_genes, whole.n_genes), n_samples=whole.n_samples)
    chosen.add(whole.gene_ids.tolist(), whole.expression.T)
    genes = chosen.result()
    kept = f"Of {genes.n_seen:,} genes of {name} the {len(genes.gene_ids):,} most variable ones were kept."
    return replace(
        whole,
        expression=genes.expression,
        gene_ids=genes.gene_ids,
        notes=(*whole.notes, *([kept] if len(genes.gene_ids) < genes.n_seen else [])),
        scaling=ZeroOneScaling(minimum=genes.minimum, maximum=genes.maximum),
    )


def read_installed(name: str) -> Dataset:
    """Read an installed data set as it is: all samples and genes, log2 values, and the facts that its record names.

    Facts of ALL beside those of R: ``lineage`` (B or T, the first letter of the type), and ``fusion`` (BCR/ABL or NEG, of
    B cells alone: no T-cell leukaemia here has the fusion, so with them the lineage would tell it).

    Raises:
        InputError: an unknown name, or R or the package is missing.
    """
    record = find_record(name)
    missing = why_not_installed() if why_no_packages([record.package]) else None
    if missing:
        raise InputError(missing)
    from rpy2.robjects import StrVector, default_converter, numpy2ri, r
    from rpy2.robjects.conversion import localconverter

    read, version = r(_READ), r["as.character"](r["packageVersion"](record.package))[0]
    values, samples, genes, columns = read(record.package, record.data, StrVector(list(record.facts.values())))
    with localconverter(default_converter + numpy2ri.converter):
        expression = np.asarray(values, dtype=np.float32)
    facts = {ours: np.array(list(one), dtype=object) for ours, one in zip(record.facts, columns, strict=True)}
    dataset = Dataset(
        name=record.name,
        expression=expression,
        samples=pd.DataFrame(_with_derived(record.name, facts), index=list(samples)),
        gene_ids=np.array(list(genes)),
        source=record.source,
        synthetic=False,
        notes=(*record.cautions, f"{name} was read from R package {record.package} {version}."),
    )
    if dataset.fingerprint == record.fingerprint:
        return dataset
    other = f"The content of {name}, {dataset.fingerprint}, is not that of this book, {record.fingerprint}."
    return replace(dataset, notes=(*dataset.notes, other))


def _with_derived(name: str, facts: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    if name != "ALL":
        return facts
    lineage = np.array([one[:1] for one in facts["type_and_stage"]], dtype=object)
    is_asked = (lineage == "B") & np.isin(facts["molecular"].astype(str), ["BCR/ABL", "NEG"])
    return {**facts, "lineage": lineage, "fusion": np.where(is_asked, facts["molecular"], "")}


def _sizes(record: Record, n_genes: int) -> Dataset:
    n_samples = sum(next(iter(record.counts.values())).values())
    ids = [f"{record.name} {number}" for number in range(n_samples)]
    facts = {fact: np.repeat(list(counts), list(counts.values())) for fact, counts in record.counts.items()}
    n_genes = min(n_genes, record.n_genes)
    return Dataset(
        name=record.name,
        # Memory that was never written to costs nothing.
        expression=np.zeros((n_samples, n_genes), np.float32),
        samples=pd.DataFrame(facts | ({record.person: ids} if record.person else {}), index=ids),
        gene_ids=np.array([f"gene {number}" for number in range(n_genes)]),
        source=f"{record.name} in sizes alone, as many samples of every label as the package has",
        synthetic=True,
    )
