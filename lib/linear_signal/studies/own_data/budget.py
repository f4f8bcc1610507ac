"""How many samples, genes, repeats and permutations a time allows: a rule, not a clock, so that answers repeat."""

from __future__ import annotations

from dataclasses import dataclass

# Seconds of one core of 2026 per fit of a fold, as measured by benchmarks/own_data.py.
_PER_CALL = {"closed": 6e-3, "network": 1e-2, "boosted_trees": 5e-2}
_PER_VALUE = 5e-9  # squares: sample x gene
_PER_INNER = 1e-8  # kernel: sample x sample
_PER_SOLVE = 8e-12  # sample^3
_PER_PAIR = 6e-11  # sample x few^2
_PER_TREE = 3.5e-7  # sample x few x classes
_PER_WEIGHT = 1.5e-7  # sample x few
_CORES = 2
# Of the time; the rest is for planted signals or the ladder.
_SHARE = 0.55


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


def budget_of(n_samples: int, n_genes: int, n_classes: int, *, minutes: float, trained: bool, permutations: int) -> Budget:
    """Fit the design to a time.

    Args:
        n_samples, n_genes, n_classes: of the data.
        minutes: on two cores.
        trained: whether probes that are trained are wanted.
        permutations: for the others.
    """
    seconds = 60 * minutes * _CORES * _SHARE
    samples, genes, few = min(n_samples, 1500), min(n_genes, 10_000), min(n_genes, 300)
    while (closed := _closed_form(samples, genes, few) * 5 * (permutations + 1)) > 0.6 * seconds and (
        samples > 200 or genes > 500
    ):
        samples, genes = max(min(samples, 200), int(samples * 0.9)), max(min(genes, 500), int(genes * 0.9))
    costly, spent = (), 0.0
    for probe, cost in _trained(samples, few, n_classes).items() if trained else ():
        if spent + cost <= seconds - closed:
            costly, spent = (*costly, probe), spent + cost
    repeats = 3 if 3 * closed + spent <= seconds else 1
    return Budget(
        samples=samples,
        genes=genes,
        few=few,
        repeats=repeats,
        permutations=permutations,
        costly=costly,
        costly_permutations=39 if costly else 0,
    )


def _closed_form(samples: int, genes: int, few: int) -> float:
    kernel = _PER_INNER * samples**2 + _PER_SOLVE * samples**3
    return _PER_CALL["closed"] + _PER_VALUE * samples * genes + kernel + _PER_PAIR * samples * few**2


def _trained(samples: int, few: int, n_classes: int) -> dict[str, float]:
    """Seconds for all five folds and 39 permutations; only the first repeat has them."""
    network = _PER_CALL["network"] + _PER_WEIGHT * samples * few
    n_trees = 1 if n_classes == 2 else n_classes  # at a time
    trees = _PER_CALL["boosted_trees"] * n_trees + _PER_TREE * samples * few * n_trees
    return {"network": 200 * network, "boosted_trees": 200 * trees}
