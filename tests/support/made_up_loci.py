"""A small table of loci for tests: random labels and signal, four chromosomes."""

import numpy as np

from linear_signal.studies.schreiber2020.loci import LociTable


def loci_table(*, n_loci=80, cell_types=("A", "B", "C", "D", "E", "F"), seed=0, **others):
    """Make a table whose loci lie on chr1 to chr4 in turn; ``others`` replaces fields."""
    random = np.random.default_rng(seed)
    activity = (random.normal(size=(n_loci, 1)) + random.normal(size=(n_loci, len(cell_types)))).astype(np.float32)
    fields = {
        "name": "made up",
        "source": "Made up for a test",
        "synthetic": True,
        "task": "expression",
        "loci": np.array([f"L{number}" for number in range(n_loci)]),
        "chromosomes": np.array([f"chr{1 + number % 4}" for number in range(n_loci)]),
        "cell_types": cell_types,
        "labels": activity > 0,
        "activity": activity,
        "signal": (activity[:, :, None] + random.normal(size=(n_loci, len(cell_types), 2))).astype(np.float32),
        "marks": ("first", "second"),
        "constant": random.integers(0, 4, size=(n_loci, 12), dtype=np.uint8),
    }
    return LociTable(**fields | others)
