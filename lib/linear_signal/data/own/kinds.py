"""What a file is: by its ending, and by its first bytes, which must agree."""

from __future__ import annotations

from pathlib import Path

from linear_signal.errors import InputError

TEXT, GCT, H5AD, PARQUET, FEATHER, R_DATA = "text", "gct", "h5ad", "parquet", "feather", "R data"
_ENDINGS = {
    **dict.fromkeys([".csv", ".tsv", ".txt", ".tab"], TEXT),
    ".gct": GCT,
    ".h5ad": H5AD,
    **dict.fromkeys([".parquet", ".pq"], PARQUET),
    ".feather": FEATHER,
    **dict.fromkeys([".rda", ".rdata", ".rds"], R_DATA),
}
ENDINGS = ", ".join(_ENDINGS)
_MAGIC = (
    (b"PAR1", PARQUET, "a Parquet file"),
    (b"ARROW1", FEATHER, "a Feather file"),
    (b"FEA1", FEATHER, "a Feather file"),
    (b"\x89HDF\r\n\x1a\n", H5AD, "an HDF5 file"),
    (b"PK\x03\x04", "", "a zip archive or an Excel sheet"),
    (b"\xd0\xcf\x11\xe0", "", "an old Excel sheet"),
    (b"%PDF", "", "a PDF"),
    (b"RDX", R_DATA, "R data"),
    (b"X\n\x00\x00", R_DATA, "R data"),
    (b"BZh", R_DATA, "a bzip2 file"),
    (b"\xfd7zXZ", R_DATA, "an xz file"),
    (b"\xff\xfe", "", "text in UTF-16"),
    (b"\xfe\xff", "", "text in UTF-16"),
)
_GZIP = b"\x1f\x8b"


def kind_of(path: Path) -> str:
    """Say what kind of file it is.

    Raises:
        InputError: there is no such file, it is empty, its ending is none of those that are read, or its content is not
            what the ending says.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist. Check the path; a relative one starts from {Path.cwd()}.")
    if not path.is_file():
        raise InputError(f"{path} is no file. Name a file that ends with one of {ENDINGS}.")
    endings = [suffix.lower() for suffix in path.suffixes]
    packed = bool(endings) and endings[-1] == ".gz"
    ending = (endings[:-1] if packed else endings)[-1:]
    kind = _ENDINGS.get(ending[0]) if ending else None
    if kind is None or (packed and kind not in (TEXT, GCT)):
        raise InputError(
            f"{path.name} ends with {''.join(path.suffixes[-2:]) or 'nothing'!r}; files that are read end with {ENDINGS}, "
            "and text also with .gz behind it. Save it as one of these."
        )
    try:
        with path.open("rb") as file:
            start = file.read(1 << 12)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None
    if not start:
        raise InputError(f"{path.name} is empty. Write it again, or name another file.")
    _check_content(path, kind, start, packed=packed)
    return kind


def is_gzip(path: Path) -> bool:
    """Say whether a file is gzip, by its content."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP


def _check_content(path: Path, kind: str, start: bytes, *, packed: bool) -> None:
    found = next(((what, words) for magic, what, words in _MAGIC if start.startswith(magic)), None)
    gzipped = start.startswith(_GZIP)
    if found is None and gzipped:
        found = (kind, "") if kind in (TEXT, GCT, R_DATA) else ("", "a gzip file")
    if found is None and b"\x00" in start:
        found = ("", "no text but bytes")
    if found is None:
        found = (kind, "") if kind in (TEXT, GCT, R_DATA) else (TEXT, "text, or damaged")
    if packed and not gzipped:
        raise InputError(f"{path.name} ends with .gz and is no gzip file. Rename it without .gz, or get it again.")
    what, words = found
    if what == kind:
        return
    if what == "":
        advice = "Save it as text in UTF-8 with tabs or commas (.tsv, .csv), or as .parquet."
    else:
        ends = next(ending for ending, one in _ENDINGS.items() if one == what)
        advice = f"If it is one, rename it so that it ends with {ends}; else get it again."
    raise InputError(f"{path.name} is not what its ending says: its content is {words}. {advice}")
