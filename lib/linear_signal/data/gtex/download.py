"""GTEx version 8 from its public addresses: which files, and how to tell that they are the ones."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from contextlib import suppress
from pathlib import Path

from linear_signal.data.download import download
from linear_signal.errors import InputError, listed
from linear_signal.files import set_aside, write_whole

# Newer address first; the older one is tried when it fails.
_ROOTS = ("https://storage.googleapis.com/adult-gtex/", "https://storage.googleapis.com/gtex_analysis_v8/")
EXPRESSION = "GTEx_Analysis_2017-06-05_v8_RNASeQCv1.1.9_gene_tpm.gct.gz"
ATTRIBUTES = "GTEx_Analysis_v8_Annotations_SampleAttributesDS.txt"
EXPRESSION_URLS = (f"{_ROOTS[0]}bulk-gex/v8/rna-seq/{EXPRESSION}", f"{_ROOTS[1]}rna_seq_data/{EXPRESSION}")
ATTRIBUTES_URLS = (f"{_ROOTS[0]}annotations/v8/metadata-files/{ATTRIBUTES}", f"{_ROOTS[1]}annotations/{ATTRIBUTES}")
# The project publishes no hashes that could stand here. What it does say of version 8: 56,200 genes and 17,382 samples.
SHAPE = b"56200\t17382"
_COLUMNS = (b"SAMPID", b"SMTS")
_LONGEST_LINE = 1 << 24


def download_gtex_v8(folder: Path) -> tuple[Path, Path]:
    """Download GTEx v8 bulk TPM (1.5 GB) and sample attributes to ``folder``; files that are there are left alone.

    The hash of the attributes table, which carries no checksum of its own, is noted beside it (``sha256sum -c`` takes the
    note). One that changed since, or was never the table, is set aside and downloaded again.

    Returns:
        Paths of the expression file (GCT, gzip) and of the attributes table.

    Raises:
        InputError: neither address can be reached, or what came is not version 8; says how to place the files by hand.
    """
    folder = Path(folder)
    target = folder / ATTRIBUTES
    note = target.with_name(f"{ATTRIBUTES}.sha256")

    def damage(path: Path) -> str | None:
        if path == target and note.exists() and note.read_text(errors="replace").split()[:1] != [_sha256(path)]:
            return f"its content is not what was downloaded ({note.name} holds its hash)"
        return attributes_damage(path)

    attributes = download(ATTRIBUTES_URLS, target, check=damage)
    line = f"{_sha256(attributes)}  {ATTRIBUTES}\n"
    # A folder that cannot be written, and is complete, is as good without the note.
    with suppress(OSError):
        if not note.exists() or note.read_text(errors="replace") != line:
            write_whole(note, line.encode())
    expression = download(EXPRESSION_URLS, folder / EXPRESSION, check=expression_damage)
    _check_together(expression, attributes)
    return expression, attributes


def attributes_damage(path: Path) -> str | None:
    """Say what shows that a file is not the table of sample attributes, or not all of it; None where nothing does."""
    with path.open("rb") as file:
        header = file.readline(_LONGEST_LINE).rstrip(b"\r\n").split(b"\t")
        if any(column not in header for column in _COLUMNS):
            seen = b"\t".join(header)[:60].decode(errors="replace")
            return f"its first line, {seen!r}, does not name the columns SAMPID and SMTS, as that of the table does"
        last = b""
        while line := file.readline(_LONGEST_LINE):
            last = line if line.strip() else last
    if not last:
        return "it has no rows"
    n_fields = last.count(b"\t") + 1
    return None if n_fields == len(header) else f"it breaks off in the middle of a row ({n_fields} of {len(header)} fields)"


def expression_damage(path: Path) -> str | None:
    """Say what shows that a file does not begin as the expression file does; None where nothing does."""
    try:
        with gzip.open(path) as file:
            version, shape = (file.readline(_LONGEST_LINE).strip() for _ in range(2))
    except (OSError, EOFError, zlib.error) as error:
        return f"it is no gzip file ({error})"
    if (version, shape) == (b"#1.2", SHAPE):
        return None
    begins = b" | ".join((version, shape))[:60].decode(errors="replace")
    return f"it begins with {begins!r}, and version 8 with '#1.2 | {SHAPE.decode()}'"


def _check_together(expression: Path, attributes: Path) -> None:
    """Stop where the attributes do not name every sample: they may have been cut at the end of a row."""
    with gzip.open(expression) as file:
        samples = [file.readline(_LONGEST_LINE) for _ in range(3)][2].split()[2:]
    with attributes.open("rb") as file:
        column = file.readline(_LONGEST_LINE).rstrip(b"\r\n").split(b"\t").index(_COLUMNS[0])
        named = {field for line in file for field in line.split(b"\t")[column : column + 1]}
    missing = [sample.decode(errors="replace") for sample in samples if sample not in named]
    if missing:
        raise InputError(
            f"{attributes} does not name the samples {listed(missing)} of {expression.name}, so it is not complete; "
            f"{set_aside(attributes)} it is downloaded again at the next run."
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
