"""Read the table of gene expression of Roadmap Epigenomics: one line per gene, one column per cell type, in RPKM.

What is accepted, and nothing else: text, plain or gzip, with tabs between fields; a header of ``gene_id`` and a name for
every cell type; then per gene its id and as many numbers, as in :mod:`~linear_signal.data.number_text`. A line may end in a
tab, as those of the published file do.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linear_signal.data.number_text import parse_numbers, why_no_number
from linear_signal.data.plain_text import why_no_name
from linear_signal.data.text_lines import AGAIN, TextLines
from linear_signal.errors import InputError, listed

_MOST_BYTES = 1 << 20
_MOST_GENES = 1_000_000


@dataclass(frozen=True, eq=False, kw_only=True)
class GeneExpression:
    """Expression of genes in cell types.

    Attributes:
        gene_ids: str [genes], each once.
        cell_types: as the header names them.
        rpkm: float32 [genes, cell types].
        n_repeated: lines that were left out because they named a gene again.
    """

    gene_ids: np.ndarray
    cell_types: tuple[str, ...]
    rpkm: np.ndarray
    n_repeated: int


def read_expression(path: Path) -> GeneExpression:
    """Read all of a table; of a gene that is there twice the first line is kept.

    Raises:
        InputError: the file is missing, damaged, truncated, or not as the module says.
    """
    path = Path(path)
    with closing(TextLines(path, what="A table of genes x cell types")) as lines:
        cell_types = _header(path, lines)
        rows: dict[str, bytes] = {}
        n_repeated = 0
        while (line := lines.next(_MOST_BYTES)) is not None:
            if not line:
                continue
            gene, _, numbers = line.removesuffix(b"\t").partition(b"\t")
            name, found = gene.decode(errors="replace"), numbers.count(b"\t") + 1
            if found != len(cell_types) or why_no_name(name):
                wrong = why_no_name(name)
                what = (
                    f"its gene id {wrong}"
                    if wrong
                    else f"{found} values follow {name!r} and the header has {len(cell_types)}"
                )
                raise InputError(f"{path}: line {lines.number:,} is no line of this table: {what}. {AGAIN}")
            if name in rows:
                n_repeated += 1
                continue
            rows[name] = numbers
            if len(rows) > _MOST_GENES:
                raise InputError(f"{path} goes on behind {_MOST_GENES:,} genes. Is it the right file?")
    if not rows:
        raise InputError(f"{path} has a header and no genes. {AGAIN}")
    values = parse_numbers(b"\t".join(rows.values()))
    if values is None:
        raise _no_number(path, cell_types, rows)
    return GeneExpression(
        gene_ids=np.array(list(rows)),
        cell_types=cell_types,
        rpkm=values.reshape(len(rows), len(cell_types)),
        n_repeated=n_repeated,
    )


def _header(path: Path, lines: TextLines) -> tuple[str, ...]:
    fields = (lines.next(_MOST_BYTES) or b"").decode(errors="replace").removesuffix("\t").split("\t")
    if fields[0] != "gene_id" or len(fields) < 2:
        raise InputError(
            f"{path}: the first line begins with {fields[0][:40]!r}; it must name the columns, gene_id and the cell types, "
            "with tabs between them. Is it 57epigenomes.RPKM.pc.gz?"
        )
    names = fields[1:]
    wrong = next((why for why in map(why_no_name, names) if why), "")
    if wrong or len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise InputError(f"{path}: a cell type in the header {wrong or f'is there twice: {listed(twice)}'}. {AGAIN}")
    return tuple(names)


def _no_number(path: Path, cell_types: tuple[str, ...], rows: dict[str, bytes]) -> InputError:
    """Find the value that stopped the parser; slow, and only ever called once."""
    for gene, numbers in rows.items():
        for cell_type, field in zip(cell_types, numbers.decode(errors="replace").split("\t"), strict=True):
            if wrong := why_no_number(field):
                return InputError(
                    f"{path}: the value of gene {gene!r} in {cell_type} {wrong}; RPKM are plain numbers. {AGAIN}"
                )
    return InputError(f"{path}: a value cannot be read as a number. {AGAIN}")
