"""Read ``.rda`` and ``.rds`` files through R: a matrix, a table, an ExpressionSet or a SummarizedExperiment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.data.own.columnar import facts_of, table_of
from linear_signal.data.own.raw_table import RawTable
from linear_signal.data.r_session import why_no_r
from linear_signal.errors import InputError

# Runs in R. Of Bioconductor's objects the parts are taken without the packages that define them. R keeps an empty slot as a
# symbol. Of what is told of samples only plain columns are taken, runs of equal values among them.
_READ = """
function(path, is_rds) {
  if (is_rds) {
    found <- readRDS(path)
  } else {
    place <- new.env()
    load(path, place)
    found <- mget(ls(place), place)
    sizes <- sapply(found, object.size)
    found <- found[[which.max(sizes)]]
  }
  part <- function(from, ...) {
    for (name in c(...)) {
      from <- if (is.null(from)) NULL else attr(from, name, exact = TRUE)
      if (is.symbol(from)) from <- NULL
    }
    from
  }
  plain <- function(one) {
    if (!isS4(one)) one else if (class(one)[1] == "Rle") rep(part(one, "values"), part(one, "lengths"))
  }
  facts <- NULL
  if (isS4(found) && !is.null(part(found, "assayData"))) {
    values <- t(get("exprs", part(found, "assayData")))
    facts <- part(found, "phenoData", "data")
  } else if (isS4(found) && !is.null(part(found, "assays"))) {
    values <- t(as.matrix(part(found, "assays", "data", "listData")[[1]]))
    facts <- lapply(part(found, "colData", "listData"), plain)
    facts <- Filter(function(one) is.atomic(one) && length(one) == nrow(values), facts)
    samples <- part(found, "colData", "rownames")
    genes <- part(found, "NAMES")
    if (is.null(genes)) genes <- part(found, "rowRanges", "ranges", "NAMES")
    if (is.null(genes)) genes <- part(found, "rowRanges", "partitioning", "NAMES")
    if (!is.null(samples)) rownames(values) <- samples
    if (!is.null(genes)) colnames(values) <- genes
  } else if (is.data.frame(found)) {
    is_number <- sapply(found, is.numeric)
    values <- as.matrix(found[, is_number, drop = FALSE])
    facts <- if (all(is_number)) NULL else found[, !is_number, drop = FALSE]
  } else if (is.matrix(found) && is.numeric(found)) {
    values <- found
  } else {
    return(list(class(found)[1]))
  }
  as_text <- function(one) ifelse(is.na(one), "", as.character(one))
  facts <- if (is.null(facts)) list() else lapply(as.list(facts), as_text)
  one_by_one <- function(names, n) if (is.null(names)) as.character(seq_len(n)) else names
  storage.mode(values) <- "double"
  rows <- one_by_one(rownames(values), nrow(values))
  columns <- one_by_one(colnames(values), ncol(values))
  list("", values, rows, columns, facts, isS4(found))
}
"""


def read_r_data(path: Path) -> RawTable:
    """Read what R has kept; of several objects in an ``.rda`` the largest.

    Raises:
        InputError: R is missing, cannot read the file, or it holds something else.
    """
    missing = why_no_r()
    if missing:
        raise InputError(
            f"{path.name} is read through R, and {missing}. 'make r' gets it in the project's folder; or save the table "
            "from R: write.csv(exprs(object), 'expression.csv')."
        )
    from rpy2.rinterface_lib.embedded import RRuntimeError
    from rpy2.robjects import default_converter, numpy2ri, r
    from rpy2.robjects.conversion import localconverter

    try:
        found = r(_READ)(str(path), path.suffix.lower() == ".rds")
    except RRuntimeError as error:
        raise InputError(f"R cannot read {path.name}: {str(error).strip().splitlines()[-1][:160]}.") from None
    kind = str(found[0][0])
    if kind:
        raise InputError(
            f"{path.name} holds a {kind}; a matrix, a data frame, an ExpressionSet or a SummarizedExperiment is read. Save "
            "one of these, or write it as CSV."
        )
    # What is too large for a float becomes infinite, and is refused as such.
    with localconverter(default_converter + numpy2ri.converter), np.errstate(over="ignore"):
        values = np.asarray(found[1], dtype=np.float32)
    rows, columns, facts, annotated = list(found[2]), list(found[3]), _facts(found[4]), bool(found[5][0])
    raw = table_of(pd.DataFrame(values, index=pd.Index(rows, dtype=object), columns=columns), name=path.name)
    both = facts_of(pd.DataFrame(facts, index=pd.Index(rows, dtype=object)))
    return RawTable(
        name=path.name, facts=both, columns=raw.columns, blocks=raw.blocks, rows_are_samples=True if annotated else None
    )


def _facts(found: Any) -> dict[str, list[str]]:
    names = list(found.names) if len(found) else []
    return {str(name): [str(one) for one in column] for name, column in zip(names, found, strict=True)}
