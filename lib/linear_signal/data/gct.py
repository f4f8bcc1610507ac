"""Read GCT 1.2 files (``.gct``, ``.gct.gz``) gene by gene, in memory that does not grow with the file.

What is accepted, and nothing else::

    file         version line, sizes line, header, one line per gene, then perhaps empty lines (a million at most)
    line         UTF-8 text that ends with LF or CR LF; the last one may end with the file
    version      "#1.2", then perhaps blanks and tabs
    sizes        genes, blanks or a tab, samples, then perhaps blanks and tabs; both whole numbers above zero, of at most
                 ten digits, without zeros in front
    header       "Name", tab, "Description" (in capitals or not), then per sample a tab and an id
    gene         id, tab, description (which may be empty), then per sample a tab and a number
    id           a name as in :mod:`~linear_signal.data.plain_text`; sample ids differ, and so do gene ids
    description  printable characters
    number       as in :mod:`~linear_signal.data.number_text`: zero or more, finite

The header has as many ids as the sizes line promises samples, each gene as many numbers, and there are as many genes as it
promises. No line is longer than a mebibyte and 64 bytes per sample.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import numpy as np

from linear_signal.data.number_text import parse_numbers, why_no_number
from linear_signal.data.plain_text import unprintable, why_no_name
from linear_signal.data.text_lines import AGAIN, TextLines
from linear_signal.errors import InputError, listed

_SIZES = re.compile(r"([1-9][0-9]{0,9})[\t ]+([1-9][0-9]{0,9})[\t ]*")
_FIRST_LINES = 1 << 12
_MOST_BYTES, _BYTES_PER_SAMPLE, _MOST_SAMPLES = 1 << 20, 64, 1_000_000
_EMPTY_AT_END = 1_000_000
_VALUES_AT_ONCE = 1 << 13


class GctReader:
    """A GCT 1.2 file, opened and its header checked; :meth:`blocks` reads the body once.

    Compression is recognised by content, not by name. Use as a context manager.

    Attributes:
        path: the file.
        n_genes: number of genes that line 2 promises.
        sample_ids: str [samples], from the header.

    Raises:
        InputError: the file is missing or unreadable, or its first three lines are not as the module says.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._lines = TextLines(self.path, what="A GCT file")
        try:
            self.n_genes, n_samples = self._read_sizes()
            self._most_bytes = _most_bytes(n_samples)
            self.sample_ids = self._read_header(n_samples)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> GctReader:
        """Return itself, to be closed at the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    def blocks(
        self,
        kept: np.ndarray | None = None,
        *,
        block_genes: int = 32,
        progress: Callable[[int, int], None] | None = None,
    ) -> Iterator[tuple[list[str], np.ndarray]]:
        """Yield the genes in file order, a block at a time.

        Args:
            kept: which samples to return, as integer columns or as a boolean mask [samples]; default: all. The other
                columns are checked all the same.
            block_genes: genes per block.
            progress: called after each block with the genes read so far and the genes promised.

        Yields:
            Gene ids, and their values as float32 [genes in block, kept samples].

        Raises:
            InputError: the body is not as the module says: it ends early or goes on for longer than line 2 promises, a line
                has another number of fields than the header, a value is no number, a gene is named twice.
        """
        columns = np.arange(len(self.sample_ids)) if kept is None else np.arange(len(self.sample_ids))[kept]
        take_all = len(columns) == len(self.sample_ids) and bool((columns == np.arange(len(columns))).all())
        seen: set[str] = set()
        names: list[str] = []
        texts: list[bytes] = []
        while len(seen) < self.n_genes:
            name, text = self._gene(len(seen))
            if name in seen:
                raise self._error(f"line {self._lines.number} names gene {name!r} again; gene ids must be unique.")
            seen.add(name)
            names.append(name)
            texts.append(text)
            if len(names) == block_genes or len(seen) == self.n_genes:
                if len(seen) == self.n_genes:
                    self._check_end()
                values = self._parse(names, texts)
                yield names, values if take_all else values[:, columns]
                names, texts = [], []
                if progress is not None:
                    progress(len(seen), self.n_genes)

    def _read_sizes(self) -> tuple[int, int]:
        version = (self._lines.next(_FIRST_LINES) or b"").decode(errors="backslashreplace")
        if version.rstrip("\t ") != "#1.2":
            raise self._error(f"the first line is {version[:60]!r}; a GCT 1.2 file starts with '#1.2'.")
        sizes = (self._lines.next(_FIRST_LINES) or b"").decode(errors="backslashreplace")
        match = _SIZES.fullmatch(sizes)
        if match is None:
            raise self._error(f"line 2 is {sizes[:60]!r}; it must hold the number of genes and the number of samples.")
        return int(match[1]), int(match[2])

    def _read_header(self, n_samples: int) -> np.ndarray:
        header = self._text(self._lines.next(self._most_bytes) or b"").split("\t")
        if len(header) < 3 or header[0].casefold() != "name" or header[1].casefold() != "description":
            start = [field[:40] for field in header[:2]]
            raise self._error(
                f"the header starts with {start}; it must be 'Name', 'Description' and one id per sample, separated by tabs."
            )
        ids = header[2:]
        if len(ids) != n_samples:
            raise self._error(f"line 2 promises {n_samples:,} samples, the header names {len(ids):,}. {AGAIN}")
        for column, sample in enumerate(ids, start=3):
            wrong = why_no_name(sample)
            if wrong:
                raise self._error(f"column {column} of the header {wrong}; every sample needs a plain id.")
        repeated = [name for name, count in Counter(ids).items() if count > 1]
        if repeated:
            raise self._error(f"sample ids must be unique; repeated: {listed(repeated)}. Remove or rename them.")
        return np.array(ids)

    def _gene(self, n_before: int) -> tuple[str, bytes]:
        """Read the line of a gene: its id, and the text of its values."""
        line = self._lines.next(self._most_bytes)
        if not line:
            if line is not None:
                self._check_end(ends_early=True)
            raise self._error(
                f"line 2 promises {self.n_genes:,} genes, the file holds {n_before:,}. It is truncated. {AGAIN}"
            )
        parts = line.split(b"\t", 2)
        gene, fields = self._text(parts[0]), _tabs(line) + 1
        if fields != len(self.sample_ids) + 2:
            raise self._error(
                f"line {self._lines.number} (gene {gene[:40]!r}) has {fields:,} fields; the header has "
                f"{len(self.sample_ids) + 2:,}. {AGAIN}"
            )
        wrong = why_no_name(gene)
        if wrong:
            raise self._error(f"the gene id of line {self._lines.number} {wrong}; every gene needs a plain id.")
        hidden = unprintable(self._text(parts[1]))
        if hidden:
            raise self._error(f"the description of gene {gene!r} holds a character that cannot be printed ({hidden}).")
        return gene, parts[2]

    def _check_end(self, *, ends_early: bool = False) -> None:
        """Check that only empty lines follow, and not many."""
        n_lines = 0
        while (line := self._lines.next(self._most_bytes)) is not None:
            n_lines += 1
            if line and ends_early:
                raise self._error(f"line {self._lines.number - 1:,} is empty; only behind the last gene may lines be empty.")
            if line:
                raise self._error(
                    f"line 2 promises {self.n_genes:,} genes, the file holds more. Correct line 2, or get the file again."
                )
            if n_lines > _EMPTY_AT_END:
                raise self._error(f"more than {_EMPTY_AT_END:,} empty lines follow the genes. {AGAIN}")

    def _text(self, characters: bytes) -> str:
        try:
            return characters.decode()
        except UnicodeDecodeError as error:
            raise self._error(
                f"line {self._lines.number} is no text in UTF-8: {characters[:40]!r} ({error.reason}). Save it as UTF-8."
            ) from None

    def _parse(self, names: list[str], texts: list[bytes]) -> np.ndarray:
        """Parse the values of some genes, float32 [genes, samples]."""
        n_samples = len(self.sample_ids)
        values = np.empty((len(names), n_samples), dtype=np.float32)
        # Few lines at once where they are long: what is being parsed should fit into the processor's cache.
        step = max(1, _VALUES_AT_ONCE // n_samples)
        for start in range(0, len(names), step):
            rows = slice(start, start + step)
            numbers = parse_numbers(b"\t".join(texts[rows]))
            if numbers is None:
                raise self._value_error(names[rows], texts[rows])
            values[rows] = numbers.reshape(-1, n_samples)
        return values

    def _value_error(self, names: list[str], texts: list[bytes]) -> InputError:
        """Find the value that stopped the parser; slow, and only ever called once."""
        for gene, text in zip(names, texts, strict=True):
            fields = text.decode(errors="backslashreplace").split("\t")
            for sample, field in zip(self.sample_ids.tolist(), fields, strict=True):
                wrong = why_no_number(field)
                if wrong:
                    return self._error(
                        f"the value of gene {gene!r} in sample {sample!r} {wrong}; expression must be a finite number of "
                        "zero or more, in plain digits."
                    )
        return self._error(f"a value of gene {listed(names)} cannot be read as a number.")

    def _error(self, what: str) -> InputError:
        return InputError(f"{self.path}: {what}")


def _most_bytes(n_samples: int) -> int:
    return _MOST_BYTES + _BYTES_PER_SAMPLE * min(n_samples, _MOST_SAMPLES)


def _tabs(line: bytes) -> int:
    # Many tabs are counted by NumPy in a tenth of the time that bytes.count takes.
    return int(np.count_nonzero(np.frombuffer(line, dtype=np.uint8) == ord("\t")))
