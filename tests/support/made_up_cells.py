"""Made-up cells as a user's own file would hold them: sparse counts, conditions of singles and doubles, a control."""

import numpy as np
import pandas as pd
from scipy import sparse

from linear_signal.seeds import generator


def cells_table(*, n_genes=80, n_singles=16, n_doubles=16, n_cells=24, other_line=False):
    """Make counts (sparse), their conditions and the names of genes; one perturbed gene is not among the latter.

    Genes come in programmes that fluctuate together in every cell; a perturbation moves those of its gene.
    """
    random = generator("made up cells", n_genes, n_singles, n_doubles)
    genes = [f"G{place:03d}" for place in range(n_genes)]
    programmes = random.standard_normal((n_genes, 4))
    base = random.gamma(2.0, 1.0, n_genes) + 0.5
    singles = random.choice(n_genes, n_singles, replace=False)
    pairs = [(one, other) for place, one in enumerate(singles) for other in singles[place + 1 :]]
    chosen = random.permutation(len(pairs))[:n_doubles]
    effects = {one: 0.25 * programmes[one] @ programmes.T / 2 for one in singles}
    conditions = {"ctrl": np.zeros(n_genes)} | {f"{genes[one]}+ctrl": its for one, its in effects.items()}
    conditions |= {f"{genes[b]}+{genes[a]}": effects[a] + effects[b] for a, b in (pairs[place] for place in chosen)}
    conditions["ELSEWHERE+ctrl"] = 0.2 * random.standard_normal(n_genes)
    random = generator("made up cells", "other line" if other_line else "first line")
    labels = [name for name in conditions for _ in range(n_cells * (5 if name == "ctrl" else 1))]
    labels.append(f"{genes[singles[0]]}+LONELY")
    conditions[labels[-1]] = np.zeros(n_genes)
    logs = np.stack([conditions[one] for one in labels])
    logs = logs + 0.3 * random.standard_normal((len(labels), 4)) @ programmes.T / 2
    counts = random.poisson(base * np.exp(logs))
    return sparse.csr_matrix(counts, dtype=np.float32), pd.Series(labels), genes


def write_cells(path, *, normalised=False, **changes):
    """Write an h5ad of such cells, as counts or as log-normalised values."""
    import anndata

    counts, labels, genes = cells_table(**changes)
    if normalised:
        sizes = np.asarray(counts.sum(axis=1)).ravel()
        counts = sparse.csr_matrix(sparse.diags_array(1e4 / sizes) @ counts).log1p()
    obs = pd.DataFrame({"condition": labels.to_numpy()}, index=[f"cell{place}" for place in range(len(labels))])
    anndata.AnnData(counts.astype(np.float32), obs=obs, var=pd.DataFrame(index=genes)).write_h5ad(path)
    return path
