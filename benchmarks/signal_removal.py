"""Signal removal on the full size of GTEx: the closed form against limma, called through rpy2.

Run with ``python -m benchmarks.signal_removal``; needs R with limma.
"""

from __future__ import annotations

import argparse

import numpy as np

from benchmarks.measure import ratio, report, side_by_side, spread
from linear_signal.data.signal_removal import limma_available, remove_linear_signal
from linear_signal.seeds import generator

N_CLASSES = 31


def compare(n_samples: int, n_genes: int, *, repeats: int) -> None:
    """Time both engines on random expression of either precision, and report."""
    reason = limma_available()
    if reason:
        raise SystemExit(f"Nothing to compare with: {reason}.")
    rows, raw = [], {}
    for kind in (np.float32, np.float64):
        random = generator("benchmarks", "signal_removal", n_samples, n_genes)
        expression = random.random((n_samples, n_genes), dtype=kind)
        classes = random.permutation(np.arange(n_samples) % N_CLASSES)
        removed: dict[str, np.ndarray] = {}

        def remove(
            engine: str,
            expression: np.ndarray = expression,
            classes: np.ndarray = classes,
            removed: dict[str, np.ndarray] = removed,
        ) -> None:
            removed.pop(engine, None)
            removed[engine] = remove_linear_signal(expression, classes, engine=engine)

        cases = {engine: lambda engine=engine: remove(engine) for engine in ("closed_form", "limma")}
        seconds = side_by_side(cases, repeats=repeats)
        name = np.dtype(kind).name
        raw[name] = seconds
        rows.append(
            {
                "samples x genes x classes": f"{n_samples:,} x {n_genes:,} x {N_CLASSES}",
                "type": name,
                "closed form (s)": spread(seconds["closed_form"]),
                "limma (s)": spread(seconds["limma"]),
                "times faster": spread(list(ratio(seconds["limma"], seconds["closed_form"]))),
                "largest difference": f"{max_difference(removed['closed_form'], removed['limma']):.0e}",
            }
        )
    report("signal_removal", rows, raw=raw)


def max_difference(first: np.ndarray, second: np.ndarray) -> float:
    """Largest absolute difference, sample by sample: the arrays are large."""
    return max(float(np.abs(one - other).max()) for one, other in zip(first, second, strict=True))


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.signal_removal", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the samples")
    parser.add_argument("--tiny", action="store_true", help="seconds; the numbers mean nothing")
    options = parser.parse_args(arguments)
    if options.tiny:
        compare(62, 20, repeats=1)
    else:
        compare(3000 if options.quick else 15_000, 5000, repeats=3)


if __name__ == "__main__":
    main()
