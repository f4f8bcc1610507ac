"""Read on which chromosome genes lie, from one of three tables that are about; all of GENCODE 10, which is Ensembl 65.

* the annotation of GENCODE itself, in GTF: its lines of genes, with ``gene_id "ENSG00000223972.4"``;
* the table beside Roadmap's expression, ``Ensembl_v65.Gencode_v10.ENSG.gene_info``: gene, chromosome, start, end, ...
* a simplified one: chromosome, start, end, strand, gene, symbol.

Versions of ids are dropped, and chromosomes called ``chr1`` whether or not the table has it so.
"""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from linear_signal.data.text_lines import AGAIN, TextLines
from linear_signal.errors import InputError

_MOST_BYTES = 1 << 20
# Of GENCODE 10 the second copy of a gene, on Y, has an R in its id.
_GENE = re.compile(r"ENSG[\dR]\d{10}")
_GTF_GENE = re.compile(r'gene_id "(ENSG[\dR]\d{10})')
_CHROMOSOME = re.compile(r"(?:chr)?(\d{1,2}|X|Y|M|MT)")
_SIMPLIFIED = 6


class GenePositions(NamedTuple):
    """Where genes lie.

    Attributes:
        chromosomes: by gene, "chr1" to "chr22", "chrX", "chrY" or "chrM"; genes on other pieces are not among them.
        n_repeated: genes named again, of which the first place was kept.
    """

    chromosomes: dict[str, str]
    n_repeated: int


def read_gene_positions(path: Path) -> GenePositions:
    """Read the chromosome of every gene.

    Raises:
        InputError: the file is missing, damaged or truncated, or none of the three.
    """
    path = Path(path)
    chromosomes: dict[str, str] = {}
    n_repeated = 0
    with closing(TextLines(path, what="A table of genes and their chromosomes")) as lines:
        while (line := lines.next(_MOST_BYTES)) is not None:
            # Nine in ten lines of a GTF are of exons, and need not be taken apart.
            if not line or line.startswith(b"#") or (b"gene_id " in line and b"\tgene\t" not in line):
                continue
            gene, chromosome = _gene(line.decode(errors="replace").split("\t"))
            if not gene:
                raise InputError(
                    f"{path}: line {lines.number:,}, {line[:60].decode(errors='replace')!r}, names no gene such as "
                    f"ENSG00000000003 where one is looked for. Give GENCODE's annotation (GTF), Roadmap's gene_info, or a "
                    f"table of chromosome, start, end, strand, gene and symbol. {AGAIN}"
                )
            if gene in chromosomes:
                n_repeated += 1
            elif chromosome:
                chromosomes[gene] = chromosome
    if not chromosomes:
        raise InputError(f"{path} places no gene on a chromosome. {AGAIN}")
    return GenePositions(chromosomes, n_repeated)


def _gene(fields: list[str]) -> tuple[str, str]:
    """Return gene and chromosome of one line; the gene is "" where the line is none of the three."""
    if len(fields) == 9 and (match := _GTF_GENE.search(fields[8])):
        return match[1], _chromosome(fields[0])
    if len(fields) > 5 and _GENE.match(fields[0]):
        return fields[0].partition(".")[0], _chromosome(fields[1])
    if len(fields) == _SIMPLIFIED and _GENE.match(fields[4]):
        return fields[4].partition(".")[0], _chromosome(fields[0])
    return "", ""


def _chromosome(name: str) -> str:
    match = _CHROMOSOME.fullmatch(name)
    return f"chr{match[1].replace('MT', 'M')}" if match else ""
