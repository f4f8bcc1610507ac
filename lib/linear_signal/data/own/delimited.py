"""Read text with tabs, commas or semicolons, plain or gzip, as numbers with the texts beside them; GCT 1.2 as well."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from linear_signal.data.own.kinds import is_gzip
from linear_signal.data.own.raw_table import INDEX, RawTable, check_shape, drained
from linear_signal.data.text_lines import AGAIN, TextLines
from linear_signal.errors import InputError

_LINE = 1 << 26  # bytes that a line may have
_LEAST_READ, _MOST_READ, _LINES_AT_ONCE = 1 << 24, 1 << 28, 64
_NUMBER = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*|\s*[-+]?inf(inity)?\s*", re.IGNORECASE)
MISSING = frozenset(["", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "<NA>", "-nan", "n/a", "-NaN"])


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """How a file of text is laid out: what stands between fields, the header, and how many lines come before the rows."""

    separator: str
    header: list[str]
    first: list[str]
    skip: int
    decimal: str
    line_bytes: int
    promised: tuple[int, int] | None = None


def read_text_table(path: Path, *, texts: tuple[str, ...] = (), gct: bool = False) -> RawTable:
    """Read a table of numbers.

    Args:
        path: the file. The first line that is no comment names the columns; R's habit of leaving out the name of the first
            one is understood.
        texts: columns that are text whatever stands in them, such as a label that is written 0 and 1.
        gct: it is a GCT 1.2 file, whose first two lines are its own.

    Returns:
        The numbers, and as facts the columns whose first row is no number.

    Raises:
        InputError: nothing but a header, another number of fields in some line, a text among numbers, damage.
    """
    layout = _layout(path, gct=gct)
    check_shape(path.name, len(layout.header))
    kinds = ["text" if _is_text(layout, place, texts) else "number" for place in range(len(layout.header))]
    if "number" not in kinds:
        raise InputError(
            f"{path.name} holds no numbers in its first row ({', '.join(map(repr, layout.first[:4]))}). Expression is a "
            "table with one number per sample and gene, and names in its first line and first column."
        )
    numbers, blocks, chunks = [place for place, kind in enumerate(kinds) if kind == "number"], [], []
    others = [place for place, kind in enumerate(kinds) if kind == "text"]
    for batch in _batches(path, layout, kinds):
        blocks.append(_numbers(batch, numbers))
        chunks.append([batch.column(place).to_pylist() for place in others])
    names = distinct([layout.header[place] or INDEX for place in others])
    facts = pd.DataFrame({name: [one for chunk in chunks for one in chunk[k]] for k, name in enumerate(names)}, dtype=object)
    n_rows = sum(map(len, blocks))
    if not n_rows:
        raise InputError(f"{path.name} has a header and no rows. Is it the whole file?")
    if layout.promised and layout.promised != (n_rows, len(numbers)):
        raise InputError(
            f"{path.name}: line 2 promises {layout.promised[0]:,} genes x {layout.promised[1]:,} samples, the file holds "
            f"{n_rows:,} x {len(numbers):,}. {AGAIN}"
        )
    facts = facts if len(names) else pd.DataFrame(index=range(n_rows))
    _check_texts(path.name, facts, texts)
    header = [layout.header[place] for place in numbers]
    return RawTable(name=path.name, facts=facts, columns=header, blocks=drained(blocks))


def read_texts(path: Path) -> pd.DataFrame:
    """Read a table of labels: every column as the text that stands there.

    Raises:
        InputError: as of :func:`read_text_table`.
    """
    layout = _layout(path, gct=False)
    names = distinct([name or INDEX for name in layout.header])
    parts = [
        [batch.column(place).to_pylist() for place in range(len(names))]
        for batch in _batches(path, layout, ["text"] * len(names))
    ]
    table = {name: [one.strip() for part in parts for one in part[place]] for place, name in enumerate(names)}
    found = pd.DataFrame(table, dtype=object)
    if not len(found):
        raise InputError(f"{path.name} has a header and no rows; it needs one row per sample.")
    return found


def _layout(path: Path, *, gct: bool) -> _Layout:
    with closing(TextLines(path, what="A table of text")) as lines:
        promised = _gct_sizes(path, lines) if gct else None
        header = _decoded(path, lines.next(_LINE))
        while header is not None and (not header.strip() or (header.startswith("#") and "\t" not in header)):
            header = _decoded(path, lines.next(_LINE))
        if header is None:
            raise InputError(f"{path.name} is empty; it needs a header line, and rows.")
        skip, first = lines.number, ""
        while first is not None and not first.strip():
            first = _decoded(path, lines.next(_LINE))
    counts = {separator: header.count(separator) for separator in "\t;, "}
    separator = "\t" if counts["\t"] else max(";,", key=counts.get) if counts[";"] or counts[","] else " "
    if first is None:
        raise InputError(f"{path.name} has a header and no rows. Is it the whole file?")
    fields, values = (next(csv.reader([line], delimiter=separator)) for line in (header.removeprefix("\ufeff"), first))
    fields = ["", *fields] if len(values) == len(fields) + 1 else fields
    if len(fields) < 2:
        raise InputError(
            f"{path.name}: the header {header[:60]!r} is one field. Fields have tabs, commas or semicolons between them."
        )
    comma = separator == ";" and re.search(r"\d,\d", first) and not re.search(r"\d\.\d", first)
    return _Layout(
        separator=separator,
        header=[field.strip() for field in fields],
        first=values,
        skip=skip,
        decimal="," if comma else ".",
        line_bytes=max(len(header), len(first)),
        promised=promised,
    )


def _gct_sizes(path: Path, lines: TextLines) -> tuple[int, int]:
    version, sizes = (_decoded(path, lines.next(_LINE)) or "" for _ in range(2))
    if version.strip() != "#1.2":
        raise InputError(f"{path.name} begins with {version[:40]!r}; a GCT file begins with '#1.2', and no other is read.")
    found = sizes.split()
    if len(found) != 2 or not all(one.isdecimal() and len(one) < 11 for one in found):
        raise InputError(f"{path.name}: line 2 is {sizes[:40]!r}; it must hold the number of genes and that of samples.")
    return int(found[0]), int(found[1])


def _decoded(path: Path, line: bytes | None) -> str | None:
    try:
        return None if line is None else line.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is no text in UTF-8 ({error.reason}). Save it as UTF-8.") from None


def _is_text(layout: _Layout, place: int, texts: tuple[str, ...]) -> bool:
    if layout.header[place] in texts:
        return True
    if place >= len(layout.first):
        return False
    value = layout.first[place]
    # Names of rows may look like numbers; they stand first, under nothing or a word for them.
    names_rows = place == 0 and layout.header[0].lower() in _NAMES_OF_ROWS
    return names_rows or not (value.strip() in MISSING or _NUMBER.fullmatch(value))


_NAMES_OF_ROWS = frozenset(
    [
        *("", "id", "ids", "index", "name", "unnamed: 0", "run", "accession", "barcode"),
        *("sample", "samples", "sample_id", "sampleid", "sampid"),
        *("gene", "genes", "gene_id", "geneid", "gene_name", "symbol", "feature", "probe", "entrez", "entrezid"),
    ]
)


def _batches(path: Path, layout: _Layout, kinds: list[str]) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = [str(place) for place in range(len(kinds))]
    types = {name: pa.string() if kind == "text" else pa.float32() for name, kind in zip(names, kinds, strict=True)}
    size = min(max(_LEAST_READ, _LINES_AT_ONCE * layout.line_bytes), _MOST_READ)
    opened = gzip.open if is_gzip(path) else open
    try:
        with opened(path, "rb") as file:
            yield from arrow_csv.open_csv(
                file,
                read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=layout.skip, block_size=size),
                parse_options=arrow_csv.ParseOptions(delimiter=layout.separator),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=types, null_values=sorted(MISSING), decimal_point=layout.decimal
                ),
            )
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(f"{path.name} breaks off or is damaged ({error}). {AGAIN}") from None
    except pa.ArrowException as error:
        raise _reworded(path.name, layout, str(error)) from None


def _reworded(name: str, layout: _Layout, error: str) -> InputError:
    """Say in our words what Arrow found."""
    text = re.search(
        r"In CSV column #(\d+):(?: Row #(\d+):)? CSV conversion error to float: invalid value '(.*)'", error, re.S
    )
    if text:
        column, seen = layout.header[int(text[1])], text[3][:40]
        hint = ""
        if re.fullmatch(r"-?\d+(,\d+)+(\.\d*)?", seen.strip()):
            hint = " Write a point for a decimal comma, and nothing between thousands."
        return InputError(
            f"{name}: column {column!r} holds {seen!r} among numbers. Write a number there, or NA and leave the sample or "
            f"gene out.{hint}"
        )
    fields = re.search(r"Expected (\d+) columns, got (\d+)", error)
    if fields:
        return InputError(
            f"{name}: a line has {fields[2]} fields; the header has {fields[1]}. Write every field, empty ones as well; "
            "quote those that hold the separator."
        )
    if "UTF8" in error.upper().replace("-", ""):
        return InputError(f"{name} is no text in UTF-8. Save it as UTF-8.")
    return InputError(f"{name} cannot be read as a table: {error.splitlines()[0][:160]}. {AGAIN}")


def _numbers(batch: Any, places: list[int]) -> np.ndarray:
    block = np.empty((batch.num_rows, len(places)), dtype=np.float32)
    for column, place in enumerate(places):
        block[:, column] = batch.column(place).to_numpy(zero_copy_only=False)
    return block


def _check_texts(name: str, facts: pd.DataFrame, texts: tuple[str, ...]) -> None:
    """Refuse a column of numbers that begins with a text: it is neither."""
    for place, column in enumerate(facts):
        if column in texts or place == 0:
            continue
        values = facts[column].iloc[:1000]
        numbers = [bool(_NUMBER.fullmatch(value)) for value in values]
        if sum(numbers) > len(values) / 2:
            raise InputError(
                f"{name}: column {column!r} holds {values.iloc[numbers.index(False)][:40]!r} among numbers. Write a number "
                "there, or NA and leave the sample or gene out."
            )


def distinct(names: list[str]) -> list[str]:
    """Number names that come again, from the second on: "label", "label (2)"."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found
