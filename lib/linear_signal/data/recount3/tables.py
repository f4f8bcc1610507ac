"""The tables of a recount3 mirror: its index, the annotation of its gene sums, and what it says about the runs of a study.

They come from another machine, so they are read as strictly as users' files are
(:mod:`~linear_signal.data.text_columns`): as the text that stands there, with bounds on lines and sizes. The package's own
reader guesses a type per column, fills rows that are too short, and unpacks a file whatever its size. Where a file cannot be
used the functions raise ValueError, with the reason in half a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from linear_signal.data.number_text import why_no_number
from linear_signal.data.plain_text import why_no_name
from linear_signal.data.text_columns import read_text_columns
from linear_signal.data.text_lines import TextLines
from linear_signal.errors import InputError, listed

if TYPE_CHECKING:
    import pandas as pd

# Studies and runs become names of files here, and parts of addresses there.
_ACCESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_MISSING = "NA"
_MORE_LINES = 1_000  # than runs: what is repeated or foreign can still be named
_HOME, _MOST_BYTES_OF_HOMES = "data_sources/sra", 1 << 16
# GTF of genes alone has a line per gene; that of GENCODE 26 with all its features has 2.6 million.
_MOST_LINES_OF_ANNOTATION, _MOST_BYTES_OF_LINE = 4_000_000, 1 << 16
_GTF_FIELDS = 9


def check_homes(path: Path) -> None:
    """Check that the list of a mirror's parts names that of the sequence read archive."""
    with path.open("rb") as file:
        homes = file.read(_MOST_BYTES_OF_HOMES).decode().split()
    if _HOME not in homes:
        raise ValueError(f"it lists no {_HOME} (there: {', '.join(homes[:5])[:100] or 'nothing'})")


def read_index(path: Path) -> pd.DataFrame:
    """Read the columns ``study`` and ``run`` of all runs, by study and run."""
    index = _columns(path, {"study": "project", "run": "external_id"})
    for name in index.columns:
        odd = [seen for seen in index[name].unique().tolist() if not _ACCESSION.fullmatch(seen)]
        if odd:
            raise ValueError(f"it names a {name} {listed(odd)}; an accession is letters, digits, _ and -, as in SRP009615")
    if index["run"].duplicated().any():
        raise ValueError("runs are listed twice")
    return index.sort_values(["study", "run"], ignore_index=True)


def read_annotation(path: Path) -> pd.DataFrame:
    """Read the genes of a GTF file whose score column holds the length, as it does in recount3.

    Returns:
        ``gene_id``, ``gene_name`` and ``bp_length``, the bases that exons cover; missing where none is given, or zero.
    """
    import pandas as pd

    with _reasons(path), closing(TextLines(path, what="A GTF file")) as lines:
        genes = pd.DataFrame(list(_genes(lines)), columns=["gene_id", "gene_name", "bp_length"])
    if not len(genes) or genes["gene_id"].duplicated().any():
        raise ValueError("it must name each gene once, with a gene_id")
    return genes


def read_predictions(path: Path, *, study: str, runs: set[str]) -> pd.DataFrame:
    """Read what is said about the runs of a study: ``run``, ``tissue`` and ``type``, ``""`` where nothing.

    Args:
        path: the table; runs about which it says nothing may be missing.
        study: its accession.
        runs: all its runs.
    """
    columns = {"run": "external_id", "study": "study", "tissue": "curated.tissue", "type": "pattern.predict.type"}
    read = _columns(path, columns, most_lines=len(runs) + _MORE_LINES, may_be_empty=True)
    foreign = sorted(set(read["study"]) - {study}) or sorted(set(read["run"]) - runs)
    if foreign:
        raise ValueError(f"it is not of this study: it names {listed(foreign)}")
    if read["run"].duplicated().any():
        raise ValueError("a run is named twice")
    return read.drop(columns="study")


def _columns(path: Path, columns: dict[str, str], **options: int) -> pd.DataFrame:
    """Read columns under other names; ``""`` where nothing is said."""
    with _reasons(path):
        table = read_text_columns(path, list(columns.values()), **options)
    read = table.rename(columns={there: here for here, there in columns.items()})
    return read.apply(lambda column: column.str.strip().replace(_MISSING, ""))


@contextmanager
def _reasons(path: Path) -> Iterator[None]:
    """Turn a sentence about a user's file into a reason why one of a mirror is not used, for which others may do."""
    try:
        yield
    except InputError as error:
        # Its name here is one that the package gave it.
        raise ValueError(str(error).replace(str(path), "the file").replace(path.name, "the file")) from None


def _genes(lines: TextLines) -> Iterator[tuple[str, str | float, float]]:
    while (line := lines.next(_MOST_BYTES_OF_LINE)) is not None:
        if lines.number > _MOST_LINES_OF_ANNOTATION:
            raise ValueError(f"it goes on behind {_MOST_LINES_OF_ANNOTATION:,} lines, the most that an annotation may have")
        if line and not line.startswith(b"#"):
            fields = line.decode().split("\t")
            if len(fields) != _GTF_FIELDS:
                raise ValueError(f"line {lines.number:,} has {len(fields):,} fields; lines of GTF have {_GTF_FIELDS}")
            if fields[2] == "gene":
                yield _gene(fields, lines.number)


def _gene(fields: Sequence[str], number: int) -> tuple[str, str | float, float]:
    gene, name = (re.search(rf'\b{key} "([^"]*)"', fields[8]) for key in ("gene_id", "gene_name"))
    score = fields[5]
    if gene is None:
        raise ValueError(f"line {number:,} names no gene_id; it must name each gene once")
    for what, wrong in (
        ("gene_id", why_no_name(gene[1])),
        ("gene_name", why_no_name(name[1]) if name else ""),
        ("score, which is the length,", "" if score == "." else why_no_number(score, np.float64)),
    ):
        if wrong:
            raise ValueError(f"the {what} of line {number:,} {wrong}")
    length = np.nan if score == "." else float(score)
    return gene[1], name[1] if name else np.nan, length if length > 0 else np.nan
