"""Names of genes for people, from the descriptions of the expression file: HBB in place of ENSG00000244734.3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from linear_signal.data.gtex.source import expression_path
from linear_signal.data.text_lines import TextLines

_LINES_BEFORE_GENES = 3
_LONGEST_LINE = 1 << 24


def open_gene_names(
    source: str, *, folder: Path | str, gene_ids: Iterable[str], expression_file: str = ""
) -> dict[str, str]:
    """Look names up in the expression file that a data set was read from.

    Args:
        source, folder, expression_file: as of :func:`~linear_signal.data.gtex.source.open_gtex`, which has read the file.
        gene_ids: those wanted; a large file is read until all are found.

    Returns:
        A name per id; the id itself where the file has no description, or the same one for several of these genes.

    Raises:
        InputError: the file is not there any more, or damaged.
    """
    wanted = set(gene_ids)
    found: dict[str, str] = {}
    lines = TextLines(expression_path(source, folder=folder, expression_file=expression_file), what="A GCT file")
    try:
        for _ in range(_LINES_BEFORE_GENES):
            lines.next(_LONGEST_LINE)
        while len(found) < len(wanted) and (line := lines.next(_LONGEST_LINE)) is not None:
            gene, _, rest = line.partition(b"\t")
            if gene.decode() in wanted:
                found[gene.decode()] = rest.partition(b"\t")[0].decode()
    finally:
        lines.close()
    times = Counter(found.values())
    return {gene: found[gene] if found.get(gene) and times[found[gene]] == 1 else gene for gene in wanted}
