"""Roadmap's expression from its public address, with the annotation that says on which chromosomes the genes lie."""

from __future__ import annotations

import hashlib
from pathlib import Path

from linear_signal.data.download import download

EXPRESSION = "57epigenomes.RPKM.pc.gz"
EXPRESSION_URL = f"https://egg2.wustl.edu/roadmap/data/byDataType/rna/expression/{EXPRESSION}"
EXPRESSION_SHA256 = "c3de00a53a7ef0b5f2529112f9e7fb33ec4e5f8012f8a633a279fe1a605fc843"
# Its hash is not known here; gzip carries a checksum, and the reader notices a file that is none.
GENES = "gencode.v10.annotation.gtf.gz"
GENES_URL = f"https://ftp.ebi.ac.uk/pub/databases/gencode/Gencode_human/release_10/{GENES}"


def download_roadmap_expression(folder: Path) -> tuple[Path, Path]:
    """Download RPKM of protein-coding genes in 57 columns (2.7 MB) and GENCODE 10 (some 30 MB); what is there is left alone.

    Returns:
        Paths of the expression and of the annotation.

    Raises:
        InputError: an address cannot be reached, or what came is not the published file; says how to place it by hand.
    """
    folder = Path(folder)
    expression = download(EXPRESSION_URL, folder / EXPRESSION, sha256=EXPRESSION_SHA256, check=expression_damage)
    return expression, download(GENES_URL, folder / GENES)


def expression_damage(path: Path) -> str | None:
    """Say what shows that a file is not the published expression; None where it is."""
    with Path(path).open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found == EXPRESSION_SHA256:
        return None
    return f"its SHA-256 is {found[:16]}..., that of the published file {EXPRESSION_SHA256[:16]}..."
