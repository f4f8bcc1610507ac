"""Signal removal: take every linear association between genes and label out of a set of samples."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from linear_signal.data.r_session import why_no_r
from linear_signal.errors import InputError, unknown

ENGINES = ("closed_form", "limma")


def remove_linear_signal(
    expression: np.ndarray,
    classes: np.ndarray,
    *,
    rows: np.ndarray | None = None,
    out: np.ndarray | None = None,
    engine: str = "closed_form",
) -> np.ndarray:
    """Move the class means of every gene onto one point, the unweighted mean of the class means.

    This is what limma's ``removeBatchEffect(expression, batch = label)`` does for one factor without a design. Afterwards
    no linear model can tell the classes of these very samples apart by a difference of means. It uses the labels of the
    samples it is given: an instrument of analysis, not a predictor.

    Args:
        expression: float [samples, genes]; a missing value stays missing and is left out of the means.
        classes: int [samples]; classes without samples are allowed, classes not present play no part.
        rows: int64 [samples], which rows of ``expression`` the samples are; all where None.
        out: where to put the result, of its shape; it may be ``expression`` itself where all rows are taken.
        engine: "closed_form" (NumPy) or "limma" (R, through rpy2); they agree to rounding.

    Returns:
        ``out``, or a new array [samples, genes] of the same dtype; sums are taken in float64. Nothing else is copied by
        "closed_form".

    Raises:
        InputError: fewer than two classes present, shapes that disagree, unknown engine, or limma without R.

    Source: Ritchie et al. 2015 (limma), ``removeBatchEffect``; Heil et al. 2023, Methods, "Signal removal".
    """
    if engine not in ENGINES:
        raise unknown("signal removal engine", engine, ENGINES)
    classes = np.asarray(classes)
    rows = np.arange(len(expression)) if rows is None else rows
    if expression.ndim != 2 or classes.shape != (len(rows),):
        raise InputError(
            f"Signal removal got expression of shape {expression.shape} and classes of shape {classes.shape}; "
            "samples x genes and one class per sample are needed."
        )
    result = np.empty((len(rows), expression.shape[1]), dtype=expression.dtype) if out is None else out
    # An unused level of the factor would change limma's answer: number the classes that are present.
    present, codes = np.unique(classes, return_inverse=True)
    if len(present) < 2:
        raise InputError(f"Signal removal needs at least two classes; only class {present.tolist()} is present.")
    if engine == "limma":
        result[:] = _limma(expression[rows], codes)
        return result
    means = _class_means(expression, rows, codes, len(present))
    shift = means - means.mean(axis=0)
    for row, code, cleaned in zip(rows.tolist(), codes.tolist(), result, strict=True):
        np.subtract(expression[row], shift[code], out=cleaned, casting="same_kind")
    return result


def limma_available() -> str | None:
    """Return None where limma can be called, else the reason why not in a few words."""
    reason = why_no_r()
    if reason:
        return reason
    from rpy2.robjects import r

    return None if r('isTRUE(suppressWarnings(requireNamespace("limma", quietly = TRUE)))')[0] else "R has no package limma"


def limma_versions() -> dict[str, str]:
    """Versions of R, limma and rpy2, for the record of what was computed with them.

    Raises:
        InputError: limma cannot be called.
    """
    _require_limma()
    from importlib.metadata import version

    from rpy2.robjects import r

    asked = {"R": "as.character(getRversion())", "limma": 'as.character(packageVersion("limma"))'}
    return {name: str(r(question)[0]) for name, question in asked.items()} | {"rpy2": version("rpy2")}


def _class_means(expression: np.ndarray, rows: np.ndarray, codes: np.ndarray, n_classes: int) -> np.ndarray:
    """Mean of every gene in every class, float64 [classes, genes], missing values left out."""
    # Sample by sample: each is read once, nothing is copied, and the sums stay in the processor's cache.
    sums = np.zeros((n_classes, expression.shape[1]))
    for row, code in zip(rows.tolist(), codes.tolist(), strict=True):
        sums[code] += expression[row]
    means = sums / np.bincount(codes, minlength=n_classes)[:, None]
    incomplete = np.isnan(sums).any(axis=0)
    if incomplete.any():
        means[:, incomplete] = _means_of_present(expression[np.ix_(rows, incomplete)], codes, n_classes)
    return means


def _means_of_present(expression: np.ndarray, codes: np.ndarray, n_classes: int) -> np.ndarray:
    sums, counts = np.zeros((2, n_classes, expression.shape[1]))
    for sample, code in zip(expression, codes.tolist(), strict=True):
        present = ~np.isnan(sample)
        sums[code] += np.where(present, sample, 0)
        counts[code] += present
    # A gene without a single value in a class has no mean there.
    with np.errstate(invalid="ignore"):
        return sums / counts


def _require_limma() -> None:
    reason = limma_available()
    if reason:
        raise InputError(
            f"Engine 'limma' was asked for, but {reason}. In the project's folder 'make r' gets what it needs; elsewhere "
            "install R with its package limma (Debian: apt install r-base-core r-base-dev r-bioc-limma), then "
            "linear-signal[r]. Engine 'closed_form' gives the same numbers."
        )


@cache  # to import a package of R takes longer than to call one of its functions
def _remove_batch_effect() -> Callable[..., np.ndarray]:
    from rpy2.robjects import r
    from rpy2.robjects.packages import importr

    # R remarks on an empty site library at every first import; that would end up on the page.
    r("options(warn = -1)")
    limma = importr("limma")
    r("options(warn = 0)")
    return limma.removeBatchEffect


def _limma(expression: np.ndarray, codes: np.ndarray) -> np.ndarray:
    _require_limma()
    remove_batch_effect = _remove_batch_effect()
    from rpy2.robjects import StrVector, default_converter, numpy2ri
    from rpy2.robjects.conversion import localconverter

    with localconverter(default_converter + numpy2ri.converter):
        # limma wants genes x samples in double precision, and the batch as labels.
        genes_by_samples = np.asfortranarray(expression.T.astype(np.float64))
        batch = StrVector([f"class {code}" for code in codes])
        corrected = remove_batch_effect(genes_by_samples, batch=batch)
    return np.ascontiguousarray(np.asarray(corrected).T).astype(expression.dtype, copy=False)


def engines_compared(values: np.ndarray, classes: np.ndarray) -> str:
    """Say how far both engines are apart on float [samples, genes], or why they cannot be compared here."""
    reason = limma_available()
    if reason:
        return f"not compared in this run, because {reason}; type make r, which gets it, and run this chapter again"
    ours, theirs = (remove_linear_signal(values.astype(float), classes, engine=engine) for engine in ENGINES)
    return f"largest absolute difference in this run: {abs(ours - theirs).max():.1e}"
