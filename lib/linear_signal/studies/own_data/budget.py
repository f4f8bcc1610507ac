"""How many samples, genes, repeats and permutations a time allows: a rule, not a clock, so that answers repeat."""

from __future__ import annotations

from dataclasses import dataclass

# Seconds of one core of 2026, measured; see benchmarks/own_data.py.
_PER_VALUE = 5e-9  # squares: sample x gene, per fold
_PER_INNER = 1e-8  # kernel: sample x sample, and
_PER_SOLVE = 8e-12  # sample^3
_PER_PAIR = 6e-11  # sample x few^2
_PER_TREE = 7e-7  # sample x few x classes
_PER_WEIGHT = 5e-7  # sample x few
_CORES = 2
# Of the time: the rest is for the ladder, planted signals, and everything else on the page.
_SHARE = 0.45


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What the test may use.

    Attributes:
        samples, genes: at most.
        few: genes for probes that cannot look at all.
        repeats: of the cross-validation.
        permutations: for probes in closed form.
        costly: probes that are trained, those that fit.
        costly_permutations: for these.
    """

    samples: int
    genes: int
    few: int
    repeats: int
    permutations: int
    costly: tuple[str, ...]
    costly_permutations: int


def budget_of(n_samples: int, n_genes: int, n_classes: int, *, minutes: float) -> Budget:
    """Fit the design to a time.

    Args:
        n_samples, n_genes, n_classes: of the data.
        minutes: on two cores.
    """
    seconds = 60 * minutes * _CORES * _SHARE
    samples, genes, few = min(n_samples, 1500), min(n_genes, 10_000), min(n_genes, 300)
    while (closed := _closed_form(samples, genes, few) * 5 * 200) > 0.6 * seconds and (samples > 200 or genes > 500):
        samples, genes = max(min(samples, 200), int(samples * 0.9)), max(min(genes, 500), int(genes * 0.9))
    left = seconds - closed
    trained = _trained(samples, few, n_classes)
    costly, spent = (), 0.0
    for probe in ("network", "boosted_trees"):
        cost = trained[probe] * 5 * 40
        if spent + cost <= left:
            costly, spent = (*costly, probe), spent + cost
    repeats = 3 if 3 * (closed + spent) <= seconds and len(costly) == 2 else 1
    return Budget(
        samples=samples,
        genes=genes,
        few=few,
        repeats=repeats,
        permutations=199,
        costly=costly,
        costly_permutations=39 if costly else 0,
    )


def _closed_form(samples: int, genes: int, few: int) -> float:
    return _PER_VALUE * samples * genes + _PER_INNER * samples**2 + _PER_SOLVE * samples**3 + _PER_PAIR * samples * few**2


def _trained(samples: int, few: int, n_classes: int) -> dict[str, float]:
    return {"network": _PER_WEIGHT * samples * few, "boosted_trees": _PER_TREE * samples * few * max(1, n_classes - 1)}
