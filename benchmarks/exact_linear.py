"""Ridge logistic regression over a path of penalties: ours against scikit-learn's L-BFGS, solved to the same tolerance.

Run with ``python -m benchmarks.exact_linear``. The tolerance: no entry of the gradient of the class-weighted mean
cross-entropy plus ``penalty / 2`` times the squared weights exceeds ``1e-5 * penalty``. scikit-learn is given just that
as ``tol``; it also stops where the objective no longer falls by more than rounding, so at weak penalties it stops early
(the table says by how much), while ours goes on. It starts cold at every penalty, as users of it do.

Of 25 penalties x 4 folds, both ways solve the same part, or the baseline would take hours. Fewer penalties are a
handicap to ours, whose preparation serves all of them.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
import scipy.special
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from benchmarks.measure import ratio, report, side_by_side, spread
from linear_signal.data.preprocessing import zero_one
from linear_signal.seeds import generator
from linear_signal.training.exact.ridge import LinearFit, ridge_path

PENALTIES = np.geomspace(10, 1e-6, 25)
N_FOLDS = 4
CELLS = [(n_samples, n_classes) for n_samples in (300, 1000, 5000) for n_classes in (2, 21)]


def generate(n_samples: int, n_genes: int, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Expression that looks like scaled RNA-seq, float32 [samples, genes] in [0, 1], and classes.

    Twenty factors shared by all genes, a class effect on one gene in twenty, noise, all on the logarithmic scale; then
    each gene is scaled to [0, 1], which leaves it skewed.
    """
    random = generator("benchmarks", "exact_linear", n_samples, n_genes, n_classes)
    classes = random.permutation(np.arange(n_samples) % n_classes)
    factors = random.normal(size=(n_samples, 20)) * np.geomspace(1, 0.1, 20)
    effects = random.normal(size=(n_classes, n_genes)) * (random.random((n_classes, n_genes)) < 0.05)
    logarithms = (
        factors @ random.normal(size=(20, n_genes)) + effects[classes] + 2 * random.normal(size=(n_samples, n_genes))
    )
    return np.ascontiguousarray(zero_one(np.exp(logarithms.T / 4))[0].T), classes


def scikit_learn_path(
    expression: np.ndarray, classes: np.ndarray, penalties: list[float], n_classes: int
) -> list[LinearFit]:
    """Solve for one penalty after the other, each from zero."""
    expression = expression.astype(np.float64)
    sample_weights = (1 / (np.bincount(classes) + 1))[classes]
    sample_weights /= sample_weights.sum()
    # With two classes scikit-learn fits the difference of their scores, which has twice the squared weights.
    factor = 2 if n_classes == 2 else 1
    fits = []
    for penalty in penalties:
        solver = LogisticRegression(C=factor / penalty, tol=1e-5 * penalty, max_iter=20_000)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the table shows how far it came
            solver.fit(expression, classes, sample_weight=sample_weights)
        weights, intercepts = solver.coef_.T, solver.intercept_
        if n_classes == 2:
            weights, intercepts = weights * [-0.5, 0.5], intercepts * [-0.5, 0.5]
        fits.append(LinearFit(penalty=penalty, weights=weights, intercepts=intercepts, converged=True))
    return fits


def gradient_over_tolerance(fits: list[LinearFit], expression: np.ndarray, classes: np.ndarray) -> float:
    """Largest entry of the gradient, in tolerances, over all fits; at most 1 where all are solved."""
    weights = (1 / (np.bincount(classes) + 1))[classes]
    weights /= weights.sum()
    largest = 0.0
    for fit in fits:
        errors = scipy.special.softmax(fit.scores(expression), axis=1)
        errors[np.arange(len(classes)), classes] -= 1
        errors *= weights[:, None]
        entries = np.abs(expression.T @ errors + fit.penalty * fit.weights).max(), np.abs(errors.sum(axis=0)).max()
        largest = max(largest, max(entries) / (1e-5 * fit.penalty))
    return largest


def compare(cells: list[tuple[int, int]], *, n_genes: int, every: int, folds: int, repeats: int, threads: int) -> None:
    """Time both ways on every cell, (samples, classes), and report."""
    rows, raw = [], {}
    for n_samples, n_classes in cells:
        # Where a single fit of the baseline takes up to a minute, three penalties have to do.
        penalties = PENALTIES[:: 12 if n_samples * n_classes > 50_000 and every > 1 else every].tolist()
        expression, classes = generate(n_samples, n_genes, n_classes)
        fold_of = np.arange(n_samples) % N_FOLDS
        solved: dict[str, list[LinearFit]] = {}

        def solve(
            way: str,
            *,
            data=(expression, classes, fold_of),
            penalties=penalties,
            n_classes=n_classes,
            solved=solved,
        ) -> None:
            expression, classes, fold_of = data
            for fold in range(folds):
                train = fold_of != fold
                if way == "ours":
                    solved[way] = ridge_path(expression[train], classes[train], penalties, n_classes=n_classes)
                else:
                    solved[way] = scikit_learn_path(expression[train], classes[train], penalties, n_classes)

        # The largest take minutes: there one run has to do.
        cases = {way: lambda way=way, solve=solve: solve(way) for way in ("ours", "scikit-learn")}
        with threadpool_limits(threads):
            seconds = side_by_side(cases, repeats=repeats if n_samples < 1000 else 1)
        name = f"{n_samples:,} x {n_genes:,}, {n_classes} classes"
        raw[name] = seconds
        last = fold_of != folds - 1
        samples, labels = expression[last].astype(np.float64), classes[last]
        rows.append(
            {
                "samples x genes": f"{n_samples:,} x {n_genes:,}",
                "classes": n_classes,
                "fits": f"{len(penalties)} penalties x {folds} of {N_FOLDS} folds",
                "ours (s)": spread(seconds["ours"]),
                "scikit-learn (s)": spread(seconds["scikit-learn"]),
                "times faster": spread(list(ratio(seconds["scikit-learn"], seconds["ours"])), 1),
                "gradient / tolerance, ours": f"{gradient_over_tolerance(solved['ours'], samples, labels):.2g}",
                "scikit-learn": f"{gradient_over_tolerance(solved['scikit-learn'], samples, labels):.2g}",
            }
        )
        print(rows[-1], flush=True)
    report("exact_linear", rows, raw={"threads": threads, "seconds": raw})


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exact_linear", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="300 and 1,000 samples, 5 penalties")
    parser.add_argument("--tiny", action="store_true", help="seconds; the numbers mean nothing")
    parser.add_argument("--full", action="store_true", help="all penalties and folds in both ways: hours")
    # Two threads that wait for a core which something else holds take longer than one.
    parser.add_argument("--threads", type=int, default=1, help="threads of the linear algebra, of both ways (default: 1)")
    options = parser.parse_args(arguments)
    shared = {"threads": options.threads}
    if options.tiny:
        compare([(40, 2), (40, 3)], n_genes=20, every=12, folds=1, repeats=1, **shared)
    elif options.quick:
        compare(CELLS[:4], n_genes=5000, every=6, folds=1, repeats=1, **shared)
    elif options.full:
        compare(CELLS, n_genes=5000, every=1, folds=N_FOLDS, repeats=1, **shared)
    else:
        compare(CELLS, n_genes=5000, every=4, folds=1, repeats=3, **shared)


if __name__ == "__main__":
    main()
